package lockflow

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// maxRuleFile bounds what is read of one file in search of rules; the largest
// C files of a kernel are generated register tables that state none.
const maxRuleFile = 8 << 20

// errRule is wrapped by every error about a rule of the user's.
var errRule = errors.New("lock rule")

// ReadRules reads the lock hierarchy that a tree states about itself: from docs,
// reStructuredText files with sections on lock order, and from the comments of
// sources, C files. Both are paths in fsys. The rules come in the order of the
// arguments, then by line; they are not bound to lock classes yet (see Bind).
//
// A file that cannot be read is an error among those joined in the result; the
// rules of the others are returned all the same.
func ReadRules(fsys fs.FS, docs []string, sources []string) ([]*Rule, error) {
	arches := archNames(fsys)
	var rules []*Rule
	var errs []error
	for _, name := range docs {
		text, err := readRuleFile(fsys, name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		rules = append(rules, readDocument(name, text, arches)...)
	}
	fromSources, err := readSources(fsys, sources)
	return append(rules, fromSources...), errors.Join(append(errs, err)...)
}

// readSources reads the comments of all sources, as many files at a time as
// there are processors; each result goes to its file's index, so that the order
// does not depend on who finishes first.
func readSources(fsys fs.FS, sources []string) ([]*Rule, error) {
	found := make([][]*Rule, len(sources))
	errs := make([]error, len(sources))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(sources)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(sources); i = int(next.Add(1)) - 1 {
				text, err := readRuleFile(fsys, sources[i])
				if err != nil {
					errs[i] = err
					continue
				}
				found[i] = readComments(sources[i], text)
			}
		})
	}
	wg.Wait()
	return slices.Concat(found...), errors.Join(errs...)
}

// readRuleFile is the file's text, cut at maxRuleFile.
func readRuleFile(fsys fs.FS, name string) (string, error) {
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return "", fmt.Errorf("reading lock rules: %w", err)
	}
	return string(b[:min(len(b), maxRuleFile)]), nil
}

// archNames is the names of the tree's architectures, its directories of arch/:
// the words that a heading such as "On x86:" may name.
func archNames(fsys fs.FS) map[string]string {
	names := map[string]string{"x86": "x86", "arm64": "arm64"}
	entries, _ := fs.ReadDir(fsys, "arch") // a part of a tree may have none
	for _, e := range entries {
		if e.IsDir() {
			names[strings.ToLower(e.Name())] = e.Name()
		}
	}
	return names
}

// archOfPath is the architecture whose directory a source lies in, "" for
// common code.
func archOfPath(name string) string {
	parts := strings.Split(path.Clean(name), "/")
	if len(parts) > 2 && parts[0] == "arch" {
		return parts[1]
	}
	return ""
}

// A UserRule is a row of the user's own rules, as decoded from a file. Either
// Kind, Outer and Inner state the rule, or Text alone is a sentence in the
// words of the kernel's documents.
type UserRule struct {
	Kind   string   // a RuleKind, "order" if empty
	Outer  []string // names of locks; must-not: the context
	Inner  []string
	Arch   string
	Text   string
	File   string
	Line   int
	Column int
}

// UserRules turns decoded rows into rules. All bad rows are reported, each with
// its place.
func UserRules(rows []UserRule) ([]*Rule, error) {
	var rules []*Rule
	var errs []error
	for _, row := range rows {
		got, err := row.rules()
		for _, r := range got {
			r.Column = row.Column
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s:%d:%d: %w: %w", row.File, row.Line, row.Column, errRule, err))
			continue
		}
		rules = append(rules, got...)
	}
	return rules, errors.Join(errs...)
}

// rules is what one row states.
func (u UserRule) rules() ([]*Rule, error) {
	if u.Kind == "" && len(u.Outer)+len(u.Inner) == 0 {
		r := reader{file: u.File, arch: u.Arch}
		got := r.sentence(sentence{text: foldSpace(u.Text), line: u.Line})
		if len(got) == 0 {
			return nil, fmt.Errorf("not understood: %q", u.Text)
		}
		return got, nil
	}
	kind := RuleKind(cmp.Or(u.Kind, string(RuleOrder)))
	if !slices.Contains(userKinds(), kind) {
		return nil, fmt.Errorf("unknown kind %q", u.Kind)
	}
	if len(u.Inner) == 0 || len(u.Outer) == 0 {
		return nil, errors.New("a rule needs both outer and inner")
	}
	rule := &Rule{Kind: kind, File: u.File, Line: u.Line, Arch: u.Arch, Inner: namesOf(u.Inner)}
	rule.Text = cmp.Or(foldSpace(u.Text),
		fmt.Sprintf("%s: %s > %s", kind, strings.Join(u.Outer, ", "), strings.Join(u.Inner, ", ")))
	if kind == RuleMustNot {
		for _, c := range u.Outer {
			rule.Outer = append(rule.Outer, Name{Text: c, Context: contextKey(c)})
		}
	} else {
		rule.Outer = namesOf(u.Outer)
	}
	return []*Rule{rule}, nil
}

// userKinds is the kinds that a row may have. The others speak about a document.
func userKinds() []RuleKind {
	return []RuleKind{RuleOrder, RuleNotInside, RuleMayInside, RuleWaitUnder, RuleReleased, RuleMustNot, RuleRequires}
}

func namesOf(texts []string) []Name {
	names := make([]Name, len(texts))
	for i, t := range texts {
		names[i] = Name{Text: strings.TrimSpace(t)}
	}
	return names
}

// contextKey is the name under which a context is compared: lower case, single
// underscores, the plural's "s" dropped ("MMU notifiers" → "mmu_notifier").
func contextKey(text string) string {
	fields := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	key := strings.Join(fields, "_")
	if len(key) > 3 && !strings.HasSuffix(key, "ss") {
		key = strings.TrimSuffix(key, "s")
	}
	return key
}

// foldSpace replaces every run of white space by one blank.
func foldSpace(s string) string { return strings.Join(strings.Fields(s), " ") }
