package cmd

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/term"
)

// writeOut runs write on standard output, or on a new file that takes the place
// of name only when everything is written and on disk: a reader sees the old
// file or the new one, never a part.
func writeOut(name string, stdout io.Writer, write func(io.Writer) error) error {
	if name == "" || name == "-" {
		w := bufio.NewWriter(stdout)
		if err := write(w); err != nil {
			return failf("cannot write the report: %w", err)
		}
		if err := w.Flush(); err != nil {
			return failf("cannot write the report: %w", err)
		}
		return nil
	}
	if err := replaceFile(name, &unfinished, write); err != nil {
		return failf("cannot write %s: %w", name, unpath(err))
	}
	return nil
}

// checkOut says early that an output cannot be written, before the work.
func checkOut(name string) error {
	if name == "" || name == "-" {
		return nil
	}
	target, direct, err := outputTarget(name)
	if err != nil {
		return failf("cannot write %s: %w", name, unpath(err))
	}
	if direct {
		return nil
	}
	f, err := createBeside(target)
	if err != nil {
		return failf("cannot write %s: %w", name, unpath(err))
	}
	f.Close()
	os.Remove(f.Name())
	return nil
}

// outputTarget follows links, so that a link stays one and its target is
// replaced. A device or pipe (/dev/stdout) is written directly: there is nothing
// to replace.
func outputTarget(name string) (target string, direct bool, err error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return name, false, nil
	case err != nil:
		return "", false, err
	case info.IsDir():
		return "", false, errors.New("is a directory")
	case !info.Mode().IsRegular():
		return name, true, nil
	}
	target, err = filepath.EvalSymlinks(name)
	return target, false, err
}

// createBeside makes a new file in the directory of target, because a file can
// be renamed in its own file system only.
func createBeside(target string) (*os.File, error) {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	name := filepath.Join(filepath.Dir(target), "."+filepath.Base(target)+"."+hex.EncodeToString(random[:])+".tmp")
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}

func replaceFile(name string, files *fileSet, write func(io.Writer) error) (err error) {
	target, direct, err := outputTarget(name)
	if err != nil {
		return err
	}
	if direct {
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	}
	f, err := createBeside(target)
	if err != nil {
		return err
	}
	files.add(f.Name())
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
		files.drop(f.Name())
	}()
	if info, err := os.Stat(target); err == nil {
		_ = f.Chmod(info.Mode().Perm()) // as far as we may
	}
	w := bufio.NewWriter(f)
	err = errors.Join(write(w), w.Flush(), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), target)
}

// unfinished is the files that are being written now.
var unfinished fileSet

// A fileSet is names of files. It is safe for concurrent use.
type fileSet struct {
	mu    sync.Mutex
	names map[string]bool
}

func (s *fileSet) add(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.names == nil {
		s.names = map[string]bool{}
	}
	s.names[name] = true
}

func (s *fileSet) drop(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.names, name)
}

// remove removes the files; the set stays locked, so that none becomes another's.
func (s *fileSet) remove() {
	s.mu.Lock()
	for name := range s.names {
		os.Remove(name)
	}
}

// unpath drops the name of the temporary file from an error.
func unpath(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	var linkErr *os.LinkError
	if errors.As(err, &linkErr) {
		return linkErr.Err
	}
	return err
}

// isTerminal says whether a stream is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
