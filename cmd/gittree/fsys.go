package gittree

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"klockscan/cmd/memfile"
)

var (
	errLeaves = errors.New("link out of the tree")
	errLoop   = errors.New("too many links")
)

// mostLinks bounds how many links are followed for one path, longestLink their length.
const (
	mostLinks   = 40
	longestLink = 4096
)

// resolve is the path of the file or directory that a path leads to, over links; the
// last is followed if last is true.
func (f *FS) resolve(name string, last bool) (string, error) {
	if !fs.ValidPath(name) {
		return "", fs.ErrInvalid
	}
	if b := f.files[name]; b != nil && !(b.isLink() && last) || f.isDir(name) {
		return name, nil
	}
	at, rest := ".", strings.Split(name, "/")
	for links := 0; len(rest) > 0; {
		part := rest[0]
		rest = rest[1:]
		next := path.Join(at, part)
		b := f.files[next]
		switch {
		case part == "" || part == ".":
		case part == ".." && at == ".":
			return "", errLeaves
		case part == "..":
			at = path.Dir(at)
		case f.isDir(next):
			at = next
		case b == nil:
			return "", fs.ErrNotExist
		case b.isLink() && (last || len(rest) > 0):
			if links++; links > mostLinks {
				return "", errLoop
			}
			target, err := f.target(next, b)
			if err != nil {
				return "", err
			}
			rest = append(strings.Split(target, "/"), rest...)
		case len(rest) > 0:
			return "", fs.ErrNotExist
		default:
			return next, nil
		}
	}
	return at, nil
}

// target is where a link leads.
func (f *FS) target(name string, b *blob) (string, error) {
	if t, ok := f.targets.Load(name); ok {
		return t.(string), nil
	}
	if b.size > longestLink {
		return "", errLoop
	}
	text, err := f.pool.read(b, nil)
	if err != nil {
		return "", err
	}
	if strings.HasPrefix(string(text), "/") {
		return "", errLeaves
	}
	f.targets.Store(name, string(text))
	return string(text), nil
}

// info is of a path that was resolved.
func (f *FS) info(name, real string) fs.FileInfo {
	if b := f.files[real]; b != nil {
		return memfile.Info(name, b.mode, b.size)
	}
	return memfile.Info(name, dirMode, 0)
}

// Stat is of a file or directory, through links.
func (f *FS) Stat(name string) (fs.FileInfo, error) { return f.stat(name, true) }

// Lstat is of a file, directory or link.
func (f *FS) Lstat(name string) (fs.FileInfo, error) { return f.stat(name, false) }

func (f *FS) stat(name string, last bool) (fs.FileInfo, error) {
	real, err := f.resolve(name, last)
	if err != nil {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	return f.info(name, real), nil
}

// ReadLink is where a link leads, as it is written.
func (f *FS) ReadLink(name string) (string, error) {
	real, err := f.resolve(name, false)
	if err == nil {
		if b := f.files[real]; b == nil || !b.isLink() {
			err = fs.ErrInvalid
		} else if text, rerr := f.pool.read(b, nil); rerr == nil {
			return string(text), nil
		} else {
			err = rerr
		}
	}
	return "", &fs.PathError{Op: "readlink", Path: name, Err: err}
}

// ReadDir lists a directory, sorted by name.
func (f *FS) ReadDir(name string) ([]fs.DirEntry, error) {
	real, err := f.resolve(name, true)
	if err == nil && !f.isDir(real) {
		err = memfile.ErrNotDir
	}
	if err != nil {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: err}
	}
	return slices.Clone(f.dirs[real]), nil
}

// ReadFile is the content of a file.
func (f *FS) ReadFile(name string) ([]byte, error) { return f.ReadInto(name, nil) }

// ReadInto is ReadFile into memory that is given, if that is enough.
func (f *FS) ReadInto(name string, buf []byte) ([]byte, error) {
	real, err := f.resolve(name, true)
	if err == nil {
		b := f.files[real]
		if b == nil {
			err = memfile.ErrIsDir
		} else {
			buf, err = f.pool.read(b, buf)
		}
	}
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return buf, nil
}

// Open opens a file or directory. A file is read at once.
func (f *FS) Open(name string) (fs.File, error) {
	real, err := f.resolve(name, true)
	if err == nil {
		b := f.files[real]
		if b == nil {
			return memfile.OpenDir(f.info(name, real), name, f.dirs[real]), nil
		}
		var text []byte
		if text, err = f.pool.read(b, nil); err == nil {
			return memfile.Open(f.info(name, real), text), nil
		}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: err}
}
