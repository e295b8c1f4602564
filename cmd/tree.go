package cmd

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"klockscan/callgraph"
	"klockscan/cmd/gittree"
	"klockscan/cmd/overlay"
	"klockscan/reports"
)

// largestFile bounds what is read of one file: the largest sources of a kernel
// are generated register headers of 25 MB.
const largestFile = 32 << 20

// A tree is a directory as a file system that cannot be left: os.Root refuses
// paths and links that lead out. It remembers which sources it had to refuse.
// trees.go has those that are no directories. It is safe for concurrent use.
type tree struct {
	root   *os.Root // nil: no directory
	fsys   fs.FS
	path   string // absolute; "" if it is no directory
	id     string // tells it from other trees, in the cache; of a directory the path
	ledger *ledger
	mu     sync.Mutex
	lost   map[string]string // file → why it was not read

	compared comparison
	verdicts sync.Map    // claim → whether it holds
	parent   *tree       // of a view
	git      *gittree.FS // the tree of a commit; nil: it is none
	base     *tree       // of patches: the tree below, whose ledger this one has; nil: there are none
	over     *overlay.FS // the patches

	remembers bool // contents are entered in the ledger: there is a cache
}

var (
	errNotRegular = errors.New("not a regular file")
	errTooLarge   = fmt.Errorf("larger than %d MiB", largestFile>>20)
)

// openTree opens a kernel tree and returns its version.
func openTree(dir string) (*tree, string, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, "", failf("cannot read the tree: %w", err)
	}
	if !info.IsDir() {
		return nil, "", failf("%s is not a directory: TREE must be a Linux kernel source tree", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, "", failf("cannot read the tree: %w", err)
	}
	t := &tree{root: root, fsys: root.FS(), ledger: newLedger(), lost: map[string]string{}, remembers: true}
	if t.path, err = filepath.Abs(dir); err != nil {
		root.Close()
		return nil, "", failf("cannot read the tree: %w", err)
	}
	t.id = t.path
	version, ok := t.kernelVersion()
	if !ok {
		root.Close()
		return nil, "", failf("%s is not a Linux kernel source tree: no Makefile that states VERSION and PATCHLEVEL", dir)
	}
	return t, version, nil
}

// Close releases the directory, or ends git. Patches have nothing to release; what
// they lie on is closed by itself.
func (t *tree) Close() error {
	switch {
	case t.root != nil:
		return t.root.Close()
	case t.git != nil:
		return t.git.Close()
	}
	return nil
}

var makefileLine = regexp.MustCompile(`(?m)^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION) *= *([0-9A-Za-z._-]*)\s*$`)

// kernelVersion reads the version from the first lines of the top Makefile.
func (t *tree) kernelVersion() (string, bool) {
	text, err := t.ReadFile("Makefile")
	if err != nil {
		return "", false
	}
	value := map[string]string{}
	for _, m := range makefileLine.FindAllSubmatch(text[:min(len(text), 4096)], -1) {
		if _, ok := value[string(m[1])]; !ok {
			value[string(m[1])] = string(m[2])
		}
	}
	if value["VERSION"] == "" || value["PATCHLEVEL"] == "" {
		return "", false
	}
	version := value["VERSION"] + "." + value["PATCHLEVEL"]
	if value["SUBLEVEL"] != "" {
		version += "." + value["SUBLEVEL"]
	}
	return version + value["EXTRAVERSION"], true
}

// Open opens a directory or a regular file of bounded size. It asks before it
// opens, because opening a FIFO would wait for a writer.
func (t *tree) Open(name string) (fs.File, error) {
	if b := t.below(name); b != nil {
		return b.Open(name)
	}
	info, err := fs.Stat(t.fsys, name)
	if err == nil && !info.IsDir() {
		err = readable(info)
	}
	if err != nil {
		return nil, t.refuse("open", name, err)
	}
	f, err := t.fsys.Open(name)
	if err != nil {
		return nil, t.refuse("open", name, err)
	}
	if info.IsDir() {
		t.noteLost() // a directory is listed by ReadDir
		return f, nil
	}
	// What is opened is only looked through, and there is much of it: its stamp has
	// to do. One that was changed right before needs its content.
	if s := stampOf(info); t.remembers && !t.follows() && t.ledger.trust(s) == (stamp{}) {
		text, err := fs.ReadFile(t.fsys, name)
		if err != nil {
			return nil, errors.Join(t.refuse("read", name, err), f.Close())
		}
		t.noteRead(name, s, text)
	} else {
		t.note(name, fact{kind: isRead, stamp: s})
	}
	return f, nil
}

func readable(info fs.FileInfo) error {
	switch {
	case !info.Mode().IsRegular():
		return errNotRegular
	case info.Size() > largestFile:
		return errTooLarge
	}
	return nil
}

// ReadFile reads a regular file of bounded size.
func (t *tree) ReadFile(name string) ([]byte, error) {
	if b := t.below(name); b != nil {
		return b.ReadFile(name)
	}
	info, err := fs.Stat(t.fsys, name)
	if err == nil {
		err = readable(info)
	}
	if err != nil {
		return nil, t.refuse("read", name, err)
	}
	text, err := fs.ReadFile(t.fsys, name)
	if err != nil {
		return nil, t.refuse("read", name, err)
	}
	t.noteRead(name, stampOf(info), text)
	return text, nil
}

// ReadFileTo is ReadFile for [callgraph.BufferedFS]: the file is opened once, and
// without waiting for the writer of a FIFO.
func (t *tree) ReadFileTo(name string, buf []byte, most int64) ([]byte, error) {
	if t.root == nil {
		return t.readHeld(name, buf, most)
	}
	if noWait == 0 { // it has to be asked for first
		if info, err := t.Stat(name); err != nil {
			return nil, err
		} else if !info.Mode().IsRegular() {
			return nil, fmt.Errorf("%s: %w", name, errNotRegular)
		}
	}
	f, err := t.root.OpenFile(name, os.O_RDONLY|noWait, 0)
	if err != nil {
		if _, err := t.Stat(name); err != nil {
			return nil, err
		}
		return nil, t.refuse("read", name, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, t.refuse("read", name, err)
	}
	t.noteInfo(name, info)
	switch {
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: %w", name, errNotRegular)
	case info.Size() > most:
		return nil, fmt.Errorf("%s: %w", name, callgraph.ErrTooLarge)
	}
	text := bytes.NewBuffer(slices.Grow(buf[:0], int(info.Size())+bytes.MinRead))
	if _, err := text.ReadFrom(f); err != nil {
		return nil, t.refuse("read", name, err)
	}
	t.noteRead(name, stampOf(info), text.Bytes())
	return text.Bytes(), nil
}

// Stat is the file's, through links inside the tree.
func (t *tree) Stat(name string) (fs.FileInfo, error) {
	if b := t.below(name); b != nil {
		return b.Stat(name)
	}
	info, err := fs.Stat(t.fsys, name)
	switch {
	case err == nil:
		t.noteInfo(name, info)
	case errors.Is(err, fs.ErrNotExist):
		t.note(name, fact{kind: isAbsent})
	default:
		t.noteLost()
	}
	return info, err
}

// fastStat is Stat without the guard against links that lead out of the tree: it
// serves to compare, not to read.
func (t *tree) fastStat(name string) (fs.FileInfo, error) {
	if b := t.below(name); b != nil {
		return b.fastStat(name)
	}
	if t.root == nil {
		return fs.Stat(t.fsys, name)
	}
	return os.Stat(filepath.Join(t.path, filepath.FromSlash(name)))
}

// ReadDir lists a directory. A walker skips what is no regular file, so sources
// that are links out of the tree, or no files, are noted here.
func (t *tree) ReadDir(name string) ([]fs.DirEntry, error) {
	if b := t.below(name); b != nil {
		return b.ReadDir(name)
	}
	info, err := fs.Stat(t.fsys, name)
	if err != nil {
		return nil, t.refuse("readdir", name, err)
	}
	entries, err := fs.ReadDir(t.fsys, name)
	if err != nil {
		return nil, t.refuse("readdir", name, err)
	}
	t.note(name, fact{isListed, stampOf(info), namesOf(entries)})
	for _, e := range entries {
		full := path.Join(name, e.Name())
		if e.Type().IsRegular() || e.IsDir() || !isSource(full) {
			continue
		}
		if info, err := fs.Stat(t.fsys, full); err != nil {
			_ = t.refuse("stat", full, err)
		} else if !info.IsDir() && !info.Mode().IsRegular() {
			_ = t.refuse("stat", full, errNotRegular)
		}
	}
	return entries, nil
}

func isSource(name string) bool {
	return strings.HasSuffix(name, ".c") || strings.HasSuffix(name, ".h")
}

// refuse notes that something of the tree could not be read. What does not exist
// is no loss: include paths are searched by trying. A link to nowhere is one.
func (t *tree) refuse(op, name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		if info, lerr := fs.Lstat(t.fsys, name); lerr != nil || info.Mode()&fs.ModeSymlink == 0 {
			t.note(name, fact{kind: isAbsent})
			return &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
		}
		err = errors.New("link to nothing")
	}
	var inner *fs.PathError
	if errors.As(err, &inner) {
		err = inner.Err
	}
	t.noteLost()
	for t.lost == nil {
		t = t.parent
	}
	t.mu.Lock()
	t.lost[name] = err.Error()
	t.mu.Unlock()
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// notRead is what was refused so far, sorted.
func (t *tree) notRead() []reports.Lost {
	out := []reports.Lost{}
	if t.base != nil {
		out = slices.DeleteFunc(t.base.notRead(), func(l reports.Lost) bool { return t.over.Touches(l.File) })
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for name, why := range t.lost {
		out = append(out, reports.Lost{File: name, Reason: why})
	}
	slices.SortFunc(out, func(a, b reports.Lost) int { return cmp.Compare(a.File, b.File) })
	return out
}

// sources lists the C files and headers below dirs, sorted.
func (t *tree) sources(dirs []string) []string {
	var names []string
	for _, dir := range dirs {
		_ = fs.WalkDir(t, dir, func(name string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && isSource(name) {
				names = append(names, name)
			}
			return nil // refuse has noted what could not be read
		})
	}
	slices.Sort(names)
	return slices.Compact(names)
}
