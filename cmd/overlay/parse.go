package overlay

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// A change is what a diff does to one file.
type change struct {
	old, new string // paths; "" if there is none
	kind     changeKind
	mode     uint32 // as git writes it; 0: as it was
	special  string // what the file is, if it is not a text
	hunks    []hunk
}

type changeKind uint8

const (
	modifies changeKind = iota + 1
	creates
	deletes
	renames
	copies
)

// A hunk is some lines that stand together and change.
type hunk struct {
	header            string
	at                int // line where the old text begins, from 1; of one without lines, the line before
	old, new          []string
	leading, trailing int // lines of context
}

// The first line of a diff: all before it is message.
var (
	gitHead   = regexp.MustCompile(`(?m)^diff --git `)
	plainHead = regexp.MustCompile(`(?m)^--- .*\r?\n\+\+\+ .*\r?\n@@ -`)
)

// diffStart is where the first diff begins, -1 if there is none.
func diffStart(text []byte) int {
	start := -1
	for _, head := range []*regexp.Regexp{gitHead, plainHead} {
		if at := head.FindIndex(text); at != nil && (start < 0 || at[0] < start) {
			start = at[0]
		}
	}
	return start
}

func (m message) hasDiff() bool { return diffStart(m.text) >= 0 }

// A strip is how many leading directories of the names in a diff are not part of
// the path.
type strip int

// parse reads the diffs of a message.
func parse(m message, p strip) ([]change, error) {
	start := diffStart(m.text)
	lines := bytes.Count(m.text[:start], []byte("\n"))
	text := withoutCR(m.text[start:])
	ofGit := gitHead.Match(text)
	if ofGit && p == 0 {
		text = prefixed(text) // the library takes one directory away
	}
	text = append(bytes.Repeat([]byte("\n"), lines), text...) // for the numbers of lines in errors
	files, _, err := gitdiff.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %s", m.title, strings.TrimPrefix(err.Error(), "gitdiff: "))
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: the diff is cut short", m.title)
	}
	var out []change
	for _, f := range files {
		c := newChange(f)
		if !ofGit {
			c.old, c.new = cutDirs(c.old, p), cutDirs(c.new, p)
		}
		out = append(out, c)
	}
	return out, nil
}

// withoutCR is a diff without carriage returns that were added on its way: all
// lines have one, those of the diff itself too.
func withoutCR(text []byte) []byte {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	if !bytes.HasSuffix(first, []byte("\r")) {
		return text
	}
	return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
}

// prefixed is a diff of git made with --no-prefix, with one.
func prefixed(text []byte) []byte {
	var out []byte
	head := false
	for line := range bytes.Lines(text) {
		word, name, _ := bytes.Cut(line, []byte(" "))
		switch {
		case bytes.HasPrefix(line, []byte("diff --git ")):
			head = true
			names := bytes.TrimSuffix(line[len("diff --git "):], []byte("\n"))
			half := len(names) / 2
			if len(names)%2 == 1 && names[half] == ' ' && bytes.Equal(names[:half], names[half+1:]) {
				line = fmt.Appendf(nil, "diff --git %s %s\n", withDir(names[:half]), withDir(names[half+1:]))
			}
		case bytes.HasPrefix(line, []byte("@@ -")):
			head = false
		case head && (string(word) == "---" || string(word) == "+++") && !bytes.HasPrefix(name, []byte("/dev/null")):
			line = fmt.Appendf(nil, "%s %s", word, withDir(name))
		}
		out = append(out, line...)
	}
	return out
}

// withDir is a name, quoted or not, in a directory.
func withDir(name []byte) string {
	if unquoted, ok := bytes.CutPrefix(name, []byte(`"`)); ok {
		return `"p/` + string(unquoted)
	}
	return "p/" + string(name)
}

// cutDirs is a name without its leading directories; one that has too few stays.
func cutDirs(name string, p strip) string {
	for ; p > 0; p-- {
		if _, rest, ok := strings.Cut(name, "/"); ok {
			name = rest
		}
	}
	return name
}

// newChange takes over what the library has read.
func newChange(f *gitdiff.File) change {
	c := change{old: f.OldName, new: f.NewName, kind: modifies, mode: uint32(f.NewMode)}
	switch {
	case f.IsNew:
		c.kind, c.old = creates, ""
	case f.IsDelete:
		c.kind, c.new = deletes, ""
	case f.IsRename:
		c.kind = renames
	case f.IsCopy:
		c.kind = copies
	}
	switch kind := uint32(f.OldMode|f.NewMode) &^ 0o7777; {
	case kind == 0o120000:
		c.special = "a symbolic link"
	case kind == 0o160000:
		c.special = "a submodule"
	case f.IsBinary:
		c.special = "binary"
	}
	for _, t := range f.TextFragments {
		c.hunks = append(c.hunks, newHunk(t))
	}
	slices.SortStableFunc(c.hunks, func(a, b hunk) int { return a.at - b.at })
	return c
}

// mostLines is more than any file has, so that what a hunk says can be counted with.
const mostLines = 1 << 30

func newHunk(t *gitdiff.TextFragment) hunk {
	h := hunk{header: t.Header(), at: int(max(0, min(t.OldPosition, mostLines))), leading: int(t.LeadingContext), trailing: int(t.TrailingContext)}
	for _, l := range t.Lines {
		if l.Old() {
			h.old = append(h.old, l.Line)
		}
		if l.New() {
			h.new = append(h.new, l.Line)
		}
	}
	h.header = strings.TrimSpace(h.header)
	return h
}

// check refuses names that are no paths of a tree.
func (c *change) check() error {
	names := []string{c.old, c.new}
	switch c.kind {
	case creates:
		names = names[1:]
	case deletes:
		names = names[:1]
	}
	for _, name := range names {
		if !isPath(name) {
			return fmt.Errorf("%q is no path in a tree", name)
		}
	}
	if c.kind == modifies && c.old != c.new {
		return errors.New("a diff of two files that is no rename")
	}
	return nil
}
