package lockflow

import (
	"io/fs"
	"regexp"
	"strings"
)

// A LockDoc is what a document says of one lock, in a section with fields:
//
//	``kvm->srcu``
//	^^^^^^^^^^^^^
//	:Type:		srcu lock
//	:Arch:		any
//	:Protects:	- kvm->memslots
type LockDoc struct {
	Name     string
	File     string
	Line     int
	Type     string
	Arch     string // as written; "any" is every architecture
	Protects string
}

var (
	quotedTitle = regexp.MustCompile("^``([^`]+)``$")
	fieldLine   = regexp.MustCompile(`^:([A-Za-z]+):\s*(.*)$`)
)

// ReadLockDocs reads the sections about single locks of documents. Files that
// cannot be read have none: ReadRules tells about them.
func ReadLockDocs(fsys fs.FS, docs []string) []LockDoc {
	var out []LockDoc
	for _, name := range docs {
		if text, err := readRuleFile(fsys, name); err == nil {
			out = append(out, lockDocs(name, text)...)
		}
	}
	return out
}

// lockDocs reads one document. A section without a type is about something else.
func lockDocs(file, text string) []LockDoc {
	var out []LockDoc
	var cur *LockDoc
	var field *string
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		line = strings.TrimRight(expandTabs(line), " \r")
		switch m, f := quotedTitle.FindStringSubmatch(line), fieldLine.FindStringSubmatch(line); {
		case m != nil && i+1 < len(lines) && isRuler(strings.TrimSpace(lines[i+1])):
			out = append(out, LockDoc{Name: m[1], File: file, Line: i + 1})
			cur, field = &out[len(out)-1], nil
		case cur == nil:
		case f != nil:
			field = cur.field(f[1])
			if field != nil {
				*field = f[2]
			}
		case line == "" || isRuler(line):
			if field != nil {
				cur, field = nil, nil // the fields are over
			}
		case field != nil && strings.HasPrefix(line, " "):
			*field += " " + strings.TrimSpace(line)
		}
	}
	typed := out[:0]
	for _, d := range out {
		if d.Type != "" {
			d.Protects = strings.TrimLeft(foldSpace(d.Protects), "- ")
			typed = append(typed, d)
		}
	}
	return typed
}

// field is where a field of this name goes; nil if it is of no interest.
func (d *LockDoc) field(name string) *string {
	switch strings.ToLower(name) {
	case "type":
		return &d.Type
	case "arch":
		return &d.Arch
	case "protects":
		return &d.Protects
	}
	return nil
}

// speaksOf says whether the documented type may be the declared one: one of the
// words of "spinlock_t or rwlock_t" names it, by its type or without "struct" and
// "_t" ("mutex", "srcu lock", "rwsem").
func (d *LockDoc) speaksOf(typ string) bool {
	want := lockWordOf(typ)
	for _, alt := range alternative.Split(d.Type, maxListNames) {
		if got := lockWordOf(foldSpace(strings.ToLower(alt))); got == want || got != "" && strings.HasPrefix(want, got) {
			return true
		}
	}
	return false
}

// lockWordOf is the plain name of a lock type.
func lockWordOf(typ string) string {
	typ = strings.TrimSuffix(strings.TrimPrefix(typ, "struct "), "_t")
	typ = strings.TrimSuffix(strings.TrimSuffix(typ, " lock"), "_struct")
	if full, ok := lockNicknames[typ]; ok {
		return full
	}
	return typ
}

// lockNicknames are short names that prose uses for types.
var lockNicknames = map[string]string{"rwsem": "rw_semaphore", "percpu rwsem": "percpu_rw_semaphore", "spin": "spinlock", "rw": "rwlock"}
