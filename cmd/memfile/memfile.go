// Package memfile is open files and directories whose content is in memory, for
// file systems that make theirs.
package memfile

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"time"
)

// An info is what a stat tells of a file that has no time and no owner.
type info struct {
	name string
	size int64
	mode fs.FileMode
}

// Info is of the file or directory at a path.
func Info(name string, mode fs.FileMode, size int64) fs.FileInfo {
	return info{path.Base(name), size, mode}
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) Mode() fs.FileMode  { return i.mode }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.mode.IsDir() }
func (i info) Sys() any           { return nil }

// A file is an open file.
type file struct {
	*bytes.Reader
	info fs.FileInfo
}

// Open is an open file with a content, which nobody may change.
func Open(info fs.FileInfo, text []byte) fs.File { return &file{bytes.NewReader(text), info} }

// Stat is what the file was opened with.
func (f *file) Stat() (fs.FileInfo, error) { return f.info, nil }

// Close does nothing.
func (f *file) Close() error { return nil }

// A dir is an open directory.
type dir struct {
	info fs.FileInfo
	name string
	rest []fs.DirEntry
}

// OpenDir is an open directory; name is its whole path.
func OpenDir(info fs.FileInfo, name string, entries []fs.DirEntry) fs.ReadDirFile {
	return &dir{info, name, entries}
}

// Stat is what the directory was opened with.
func (d *dir) Stat() (fs.FileInfo, error) { return d.info, nil }

// Close does nothing.
func (d *dir) Close() error { return nil }

// Read is an error: directories have no content.
func (d *dir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: ErrIsDir}
}

// ErrIsDir is why a directory cannot be read as a file.
var ErrIsDir = errors.New("is a directory")

// ErrNotDir is why a file cannot be listed.
var ErrNotDir = errors.New("not a directory")

// ReadDir is that of [fs.ReadDirFile].
func (d *dir) ReadDir(n int) ([]fs.DirEntry, error) {
	if n > 0 && len(d.rest) == 0 {
		return nil, io.EOF
	}
	if n <= 0 || n > len(d.rest) {
		n = len(d.rest)
	}
	out := slices.Clone(d.rest[:n])
	d.rest = d.rest[n:]
	return out, nil
}
