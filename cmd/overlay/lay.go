package overlay

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"strings"
)

// A laying is the application of one message. Its diffs are of one moment: a copy
// or rename takes a file as it was before the message.
type laying struct {
	*FS
	message
	before  *FS
	written map[string]bool
	leaving map[string]bool // old names of renames and deletions
}

// applyMessage applies the diffs of a message.
func (f *FS) applyMessage(m message) error {
	changes, err := f.read(m)
	if err != nil {
		return err
	}
	past := *f.layer
	past.files = maps.Clone(f.files)
	l := &laying{f, m, &FS{f.base, &past}, map[string]bool{}, map[string]bool{}}
	for i := range changes {
		c := &changes[i]
		if err := c.check(); err != nil {
			return fmt.Errorf("%s: %w", m.title, err)
		}
		if c.kind == modifies && len(c.hunks) == 1 && c.hunks[0].fillsEmpty() && !f.exists(c.old) {
			c.kind = creates // diff -N
		}
		if c.kind == renames || c.kind == deletes {
			l.leaving[c.old] = true
		}
	}
	for _, c := range changes {
		if err := l.lay(c); err != nil {
			return fmt.Errorf("%s: %s: %w", m.title, c.name(), err)
		}
	}
	return nil
}

// name is the path that the change is about.
func (c *change) name() string {
	if c.kind == deletes || c.kind == renames || c.kind == copies {
		return c.old
	}
	return c.new
}

// read parses a message as it fits to the tree: with directories before the names
// ("a/", "b/"), which is usual, or without.
func (f *FS) read(m message) ([]change, error) {
	usual, err := parse(m, 1)
	missing := f.missing(usual)
	if err == nil && missing == 0 {
		return usual, nil
	}
	bare, bareErr := parse(m, 0)
	switch lost := f.missing(bare); {
	case bareErr != nil:
		return usual, err
	case err != nil || lost < missing:
		return bare, nil
	case lost == missing && !bytes.Contains(m.text, []byte("--- a/")) && !bytes.Contains(m.text, []byte("+++ b/")):
		return bare, nil // the error names the file as the patch does
	}
	return usual, nil
}

// missing counts the changes whose files, or whose directories if they are new, are
// not in the tree.
func (f *FS) missing(changes []change) int {
	made := map[string]bool{}
	n := 0
	for _, c := range changes {
		look := c.old
		if c.kind == creates {
			look, _, _ = strings.Cut(c.new, "/")
			if look == c.new {
				look = "."
			}
		}
		if !made[look] && !f.exists(look) {
			n++
		}
		made[c.new] = true
	}
	return n
}

func (f *FS) exists(name string) bool {
	if e := f.files[name]; e != nil {
		return !e.gone
	}
	_, err := fs.Stat(f.base, name)
	return err == nil
}

// lay applies one change.
func (l *laying) lay(c change) error {
	if c.special == "" && c.kind != creates && l.linkAbove(c.old) == c.old && l.exists(c.old) {
		c.special = "a symbolic link" // renamed as it is, which the diff does not say
	}
	if c.special != "" {
		return l.skip(c)
	}
	old := &entry{mode: 0o644}
	if c.kind != creates {
		var err error
		if old, err = l.take(c); err != nil {
			return err
		}
	}
	text, places, err := patch(old.text, c.hunks)
	switch {
	case err != nil:
		return err
	case len(text) > maxFile:
		return fmt.Errorf("patched, it would be larger than %d MiB", maxFile>>20)
	case c.kind == deletes && len(c.hunks) > 0 && len(text) > 0:
		return errors.New("the diff deletes the file, and leaves something of it")
	}
	for _, p := range places {
		l.note(l.message, c.name(), p.String())
	}
	switch c.kind {
	case deletes:
		l.drop(c.old)
		return nil
	case renames:
		defer l.drop(c.old)
	}
	mode := old.mode
	if c.mode&0o100000 != 0 {
		mode = fs.FileMode(c.mode & 0o777)
	}
	return l.write(c, &entry{text: text, mode: mode})
}

// take is the file that a change begins with.
func (l *laying) take(c change) (*entry, error) {
	if c.kind == renames || c.kind == copies {
		if e, err := l.before.entry(c.old); err == nil {
			return e, nil
		}
	}
	return l.entry(c.old)
}

// entry is a regular file of the tree.
func (f *FS) entry(name string) (*entry, error) {
	if e := f.files[name]; e != nil {
		if e.gone {
			return nil, errors.New("an earlier diff removed the file")
		}
		return e, nil
	}
	if at := f.linkAbove(name); at != "" {
		return nil, fmt.Errorf("%s is a symbolic link", at)
	}
	info, err := fs.Stat(f.base, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("the tree has no such file")
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	case info.Size() > maxFile:
		return nil, fmt.Errorf("larger than %d MiB", maxFile>>20)
	}
	text, err := fs.ReadFile(f.base, name)
	return &entry{text: text, mode: info.Mode()}, err
}

// linkAbove is the part of a path of the base that is a symbolic link, "" if none.
// A base that tells nothing of links has none.
func (f *FS) linkAbove(name string) string {
	for at := name; at != "."; at = path.Dir(at) {
		if info, err := fs.Lstat(f.base, at); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			return at
		}
	}
	return ""
}

// drop removes a file, unless another diff of the message has written it.
func (l *laying) drop(name string) {
	if !l.written[name] {
		l.files[name] = &entry{gone: true}
	}
}

// write puts a file where a change wants it.
func (l *laying) write(c change, e *entry) error {
	if c.kind != modifies {
		if err := l.free(c.new); err != nil {
			return err
		}
	}
	l.files[c.new] = e
	l.written[c.new] = true
	return nil
}

// free reports whether a new file can be made.
func (l *laying) free(name string) error {
	if at := l.linkAbove(name); at != "" && l.exists(at) {
		return fmt.Errorf("%s is a symbolic link", at)
	}
	if l.exists(name) && (l.written[name] || !l.leaving[name]) {
		return fmt.Errorf("%s exists already", name)
	}
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if e := l.files[dir]; e != nil && !e.gone {
			return fmt.Errorf("%s is a file", dir)
		} else if e != nil {
			continue
		}
		if info, err := fs.Stat(l.base, dir); err == nil && !info.IsDir() {
			return fmt.Errorf("%s is a file", dir)
		}
	}
	return nil
}

// skip leaves what is no text as it is, and says so; it can be removed and renamed.
func (l *laying) skip(c change) error {
	if c.special == "binary" && isC(c.name()) {
		return errors.New("a binary diff of a C source")
	}
	switch {
	case c.kind == deletes:
		l.drop(c.old)
		return nil
	case c.kind == modifies && c.special == "binary" && !l.exists(c.old):
		return errors.New("the tree has no such file")
	}
	l.note(l.message, c.name(), "is "+c.special+", not patched")
	return nil
}

func isC(name string) bool {
	ext := path.Ext(name)
	return ext == ".c" || ext == ".h" || ext == ".S"
}
