package overlay

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"klockscan/cmd/memfile"
)

// children is how a directory differs from the base: what is not taken from there,
// and what is added.
type children struct {
	hidden map[string]bool
	added  map[string]fs.FileInfo
}

func (c *children) hide(name string) { c.hidden[name] = true }

// children is those of a directory, made if it is not known.
func (f *FS) children(dir string) *children {
	if f.dirs[dir] == nil {
		f.dirs[dir] = &children{map[string]bool{}, map[string]fs.FileInfo{}}
	}
	return f.dirs[dir]
}

// enlist enters a file in its directory and, if it is there, the directory in those
// above it.
func (f *FS) enlist(name string, e *entry) {
	dir, base := path.Dir(name), path.Base(name)
	c := f.children(dir)
	c.hide(base)
	if e.gone {
		return
	}
	c.added[base] = infoOf(base, e)
	for ; dir != "."; dir = path.Dir(dir) {
		up, base := f.children(path.Dir(dir)), path.Base(dir)
		up.hide(base)
		up.added[base] = memfile.Info(base, dirMode, 0)
	}
}

const dirMode = fs.ModeDir | 0o755

func infoOf(name string, e *entry) fs.FileInfo {
	return memfile.Info(name, e.mode, int64(len(e.text)))
}

// Stat is of a file or directory of the overlay.
func (f *FS) Stat(name string) (fs.FileInfo, error) {
	if !fs.ValidPath(name) {
		return nil, pathError("stat", name, fs.ErrInvalid)
	}
	if !f.Touches(name) {
		return fs.Stat(f.base, name)
	}
	if e := f.files[name]; e != nil && !e.gone {
		return infoOf(name, e), nil
	}
	i, err := f.baseDir(name)
	switch {
	case err != nil:
		return nil, err
	case i != nil && !f.empty[name]:
		return i, nil
	case len(f.addedTo(name)) > 0:
		return memfile.Info(name, dirMode, 0), nil
	}
	return nil, pathError("stat", name, fs.ErrNotExist)
}

// baseDir is the directory of the base, nil if it has none of this name.
func (f *FS) baseDir(name string) (fs.FileInfo, error) {
	i, err := fs.Stat(f.base, name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !i.IsDir() {
		return nil, nil
	}
	return i, err
}

func (f *FS) addedTo(dir string) map[string]fs.FileInfo {
	if c := f.dirs[dir]; c != nil {
		return c.added
	}
	return nil
}

// ReadFile is the content of a file.
func (f *FS) ReadFile(name string) ([]byte, error) {
	switch e := f.files[name]; {
	case !fs.ValidPath(name):
		return nil, pathError("read", name, fs.ErrInvalid)
	case !f.Touches(name):
		return fs.ReadFile(f.base, name)
	case e != nil && !e.gone:
		return slices.Clone(e.text), nil
	}
	if _, err := f.Stat(name); err != nil {
		return nil, err
	}
	return nil, pathError("read", name, memfile.ErrIsDir)
}

// ReadDir lists a directory, sorted by name.
func (f *FS) ReadDir(name string) ([]fs.DirEntry, error) {
	if !fs.ValidPath(name) {
		return nil, pathError("readdir", name, fs.ErrInvalid)
	}
	if !f.Touches(name) {
		return fs.ReadDir(f.base, name)
	}
	i, err := f.Stat(name)
	if err != nil {
		return nil, err
	}
	if !i.IsDir() {
		return nil, pathError("readdir", name, memfile.ErrNotDir)
	}
	var entries []fs.DirEntry
	if i, err = f.baseDir(name); err != nil {
		return nil, err
	} else if i != nil {
		if entries, err = fs.ReadDir(f.base, name); err != nil {
			return nil, err
		}
	}
	return f.merge(name, entries), nil
}

// merge is what the base lists of a directory, with what patches did to it.
func (f *FS) merge(name string, entries []fs.DirEntry) []fs.DirEntry {
	c := f.dirs[name]
	if c == nil {
		return entries
	}
	out := slices.DeleteFunc(slices.Clone(entries), func(e fs.DirEntry) bool {
		added := c.added[e.Name()]
		return c.hidden[e.Name()] && (added == nil || !added.IsDir() || !e.IsDir())
	})
	kept := map[string]bool{}
	for _, e := range out {
		kept[e.Name()] = true
	}
	for _, base := range sortedKeys(c.added) {
		if !kept[base] {
			out = append(out, fs.FileInfoToDirEntry(c.added[base]))
		}
	}
	slices.SortFunc(out, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return out
}

// Open opens a file or directory.
func (f *FS) Open(name string) (fs.File, error) {
	if fs.ValidPath(name) && !f.Touches(name) {
		return f.base.Open(name)
	}
	i, err := f.Stat(name)
	if err != nil {
		return nil, reopen(err)
	}
	if i.IsDir() {
		entries, err := f.ReadDir(name)
		if err != nil {
			return nil, reopen(err)
		}
		return memfile.OpenDir(i, name, entries), nil
	}
	return memfile.Open(i, f.files[name].text), nil
}

func pathError(op, name string, err error) error {
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// reopen is an error as Open gives it.
func reopen(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return pathError("open", p.Path, p.Err)
	}
	return err
}
