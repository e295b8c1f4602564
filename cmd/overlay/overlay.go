package overlay

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
)

// maxFile bounds the files that are patched, in bytes.
const maxFile = 32 << 20

// A Patch is the text of a patch or mailbox, and the name that errors give it.
type Patch struct {
	Name string
	Text []byte
}

// A Note is something that one should know of patches that were applied.
type Note struct {
	Patch string // its name, and of a mailbox the mail
	File  string // of the tree; "" if the note is about the patch
	Text  string
}

// String is the note on one line. It quotes names as they are.
func (n Note) String() string {
	if n.File == "" {
		return n.Patch + ": " + n.Text
	}
	return n.Patch + ": " + n.File + ": " + n.Text
}

// An FS is a tree with patches laid over it. It is safe for concurrent use if its
// base is.
type FS struct {
	base fs.FS
	*layer
}

// A layer is what patches make of a tree. It is not changed once it is made.
type layer struct {
	files map[string]*entry    // whose content, mode or being there differs from the base
	dirs  map[string]*children // of directories that are listed otherwise than the base lists them
	empty map[string]bool      // directories of the base of which nothing is left
	notes []Note
}

// An entry is a file as the patches leave it.
type entry struct {
	text []byte
	mode fs.FileMode
	gone bool
}

// New applies patches in order. An error is about the first that cannot be.
func New(base fs.FS, patches ...Patch) (*FS, error) {
	f := &FS{base, &layer{files: map[string]*entry{}, dirs: map[string]*children{}, empty: map[string]bool{}}}
	for _, p := range patches {
		if err := f.apply(p); err != nil {
			return nil, err
		}
	}
	if err := f.settle(); err != nil {
		return nil, err
	}
	return f, nil
}

// On is the same layer on another base. It is right only if both bases answer the
// same: it serves to watch what is asked.
func (f *FS) On(base fs.FS) *FS { return &FS{base, f.layer} }

// apply applies the messages of a patch.
func (f *FS) apply(p Patch) error {
	messages, err := split(p)
	if err != nil {
		return err
	}
	applied := 0
	for _, m := range messages {
		if !m.hasDiff() {
			f.note(m, "", "holds no diff, skipped")
			continue
		}
		if err := f.applyMessage(m); err != nil {
			return err
		}
		applied++
	}
	if applied == 0 {
		return fmt.Errorf("%s: no diff in it: want a unified diff, a patch of git, or mails with such", p.Name)
	}
	return nil
}

func (f *FS) note(m message, file, text string) {
	f.notes = append(f.notes, Note{m.title, file, text})
}

// settle drops what the patches left as it was, and finds out how directories are
// listed.
func (f *FS) settle() error {
	for _, name := range sortedKeys(f.files) {
		same, err := f.asBefore(name)
		if err != nil {
			return err
		}
		if same {
			delete(f.files, name)
		}
	}
	for _, name := range sortedKeys(f.files) {
		f.enlist(name, f.files[name])
	}
	for _, name := range sortedKeys(f.files) {
		if f.files[name].gone {
			if err := f.clear(path.Dir(name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// asBefore reports whether a file is in the end what the base has.
func (f *FS) asBefore(name string) (bool, error) {
	e := f.files[name]
	info, err := fs.Stat(f.base, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return e.gone, nil
	case err != nil:
		return false, err
	case e.gone || !info.Mode().IsRegular() || info.Size() != int64(len(e.text)) || info.Mode() != e.mode:
		return false, nil
	}
	text, err := fs.ReadFile(f.base, name)
	return err == nil && bytes.Equal(text, e.text), err
}

// clear notes a directory of which deleted files have left nothing, and looks at
// those above: git knows no empty directories.
func (f *FS) clear(dir string) error {
	for ; dir != "."; dir = path.Dir(dir) {
		entries, err := f.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if len(entries) > 0 {
			return nil
		}
		f.empty[dir] = true
		f.children(path.Dir(dir)).hide(path.Base(dir))
	}
	return nil
}

// Changed is the files whose content differs from the base, those that are new and
// those that are gone, sorted.
func (f *FS) Changed() []string {
	names := slices.DeleteFunc(sortedKeys(f.files), func(name string) bool { // all but the mode
		text, err := fs.ReadFile(f.base, name)
		return err == nil && !f.files[name].gone && bytes.Equal(text, f.files[name].text)
	})
	return slices.Clip(names)
}

// Notes is what was noted, in the order of the patches.
func (f *FS) Notes() []Note { return slices.Clone(f.notes) }

// Touches reports whether the answer about a path may be another than the base
// gives.
func (f *FS) Touches(name string) bool {
	return f.files[name] != nil || f.dirs[name] != nil || f.empty[name]
}

// Digest is of all that the patches made: paths, modes and contents.
func (f *FS) Digest() [sha256.Size]byte {
	h := sha256.New()
	put := func(kind byte, text []byte) {
		h.Write(binary.AppendUvarint([]byte{kind}, uint64(len(text))))
		h.Write(text)
	}
	for _, name := range sortedKeys(f.files) {
		put('n', []byte(name))
		if e := f.files[name]; e.gone {
			put('-', nil)
		} else {
			put('m', binary.AppendUvarint(nil, uint64(e.mode)))
			put('t', e.text)
		}
	}
	for _, name := range sortedKeys(f.empty) {
		put('e', []byte(name))
	}
	return [sha256.Size]byte(h.Sum(nil))
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
