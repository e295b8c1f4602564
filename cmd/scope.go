package cmd

import (
	_ "embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

//go:embed scopes.yaml
var scopesText []byte

// A scopeFile is the form of scopes.yaml.
type scopeFile struct {
	Default   string       `yaml:"default"`
	Scopes    []namedScope `yaml:"scopes"`
	Documents []scopePath  `yaml:"documents"`
	Whole     wholeScope   `yaml:"whole"`
}

// A wholeScope says how a whole tree is divided into units.
type wholeScope struct {
	Name      string    `yaml:"name"`
	Reason    string    `yaml:"reason"`
	Arch      scopePath `yaml:"arch"` // of several beside each other, those of architectures that are analysed count
	Megabytes struct {
		Unit   float64 `yaml:"unit"`
		Reason string  `yaml:"reason"`
	} `yaml:"megabytes"`
	Kilobytes struct {
		Header int64  `yaml:"header"`
		Reason string `yaml:"reason"`
	} `yaml:"kilobytes"`
	Without []scopePath `yaml:"without"`
}

// rows is what must have a name and a reason.
func (w *wholeScope) rows() []scopePath {
	if w.Name == "" {
		return nil
	}
	return append([]scopePath{{w.Name, w.Reason}, w.Arch, {"megabytes", w.Megabytes.Reason}, {"kilobytes", w.Kilobytes.Reason}}, w.Without...)
}

type scopePath struct {
	Path   string `yaml:"path"`
	Reason string `yaml:"reason"`
}

type namedScope struct {
	Name   string      `yaml:"name"`
	Reason string      `yaml:"reason"`
	Dirs   []scopePath `yaml:"dirs"`
	Docs   []scopePath `yaml:"docs"`
}

// loadScopes decodes the embedded table. Every row must give its reason.
func loadScopes(text []byte) (*scopeFile, error) {
	var f scopeFile
	if err := yaml.UnmarshalWithOptions(text, &f, yaml.DisallowUnknownField()); err != nil {
		return nil, fmt.Errorf("scopes.yaml: %w", err)
	}
	rows := slices.Concat(f.Documents, f.Whole.rows())
	for _, s := range f.Scopes {
		rows = append(rows, scopePath{s.Name, s.Reason})
		rows = append(append(rows, s.Dirs...), s.Docs...)
	}
	for _, r := range rows {
		if r.Path == "" || r.Reason == "" {
			return nil, fmt.Errorf("scopes.yaml: row %q without a name or a reason", r.Path)
		}
	}
	return &f, nil
}

func (f *scopeFile) named(name string) *namedScope {
	for i := range f.Scopes {
		if f.Scopes[i].Name == name {
			return &f.Scopes[i]
		}
	}
	return nil
}

// A scope is what is analysed of a tree, before an architecture is chosen.
type scope struct {
	names []string // as given
	dirs  []string // may contain $ARCH
	alone []string // likewise, but without the directories below them
	docs  []string
	whole bool // the tree, in units; the rest is empty
}

// scope understands the value of --scope: names of the table, or directories.
func (f *scopeFile) scope(values []string) (*scope, error) {
	s := &scope{names: values}
	if f.Whole.Name != "" && slices.Contains(values, f.Whole.Name) {
		if len(values) > 1 {
			return nil, usagef("--scope %s is the whole tree: name nothing beside it", f.Whole.Name)
		}
		s.whole = true
		return s, nil
	}
	for _, v := range values {
		if named := f.named(v); named != nil {
			s.add(named)
			continue
		}
		dir := path.Clean(v)
		if !fs.ValidPath(dir) || v == "" {
			return nil, usagef("bad scope %q: give %s, or directories below the tree", v, f.scopeNames())
		}
		s.dirs = append(s.dirs, dir)
		s.docs = append(s.docs, f.documents(dir)...)
	}
	return s, nil
}

// documents is where the documents of a directory may lie.
func (f *scopeFile) documents(dir string) []string {
	var docs []string
	for _, p := range f.Documents {
		docs = append(docs, strings.ReplaceAll(p.Path, "$DIR", dir))
	}
	return docs
}

// add adds what a named scope is made of.
func (s *scope) add(named *namedScope) {
	for _, p := range named.Dirs {
		s.dirs = append(s.dirs, p.Path)
	}
	for _, p := range named.Docs {
		s.docs = append(s.docs, p.Path)
	}
}

func (f *scopeFile) scopeNames() string {
	var names []string
	for _, s := range f.Scopes {
		names = append(names, s.Name)
	}
	if f.Whole.Name != "" {
		names = append(names, f.Whole.Name)
	}
	return strings.Join(names, ", ")
}

// in is the scope's directories for one architecture that exist in the tree. A
// directory that the user named must exist; one of the table may not, because
// trees of other versions differ.
func (s *scope) in(t *tree, f *scopeFile, arch string) ([]string, error) {
	var dirs []string
	for _, d := range s.dirs {
		dir := strings.ReplaceAll(d, "$ARCH", arch)
		if info, err := t.Stat(dir); err == nil && info.IsDir() {
			dirs = append(dirs, dir)
		} else if slices.ContainsFunc(s.names, func(n string) bool { return path.Clean(n) == d && f.named(n) == nil }) {
			return nil, usagef("scope %q is not a directory of the tree", dir)
		}
	}
	if len(dirs)+len(s.alone) == 0 {
		return nil, failf("the tree has no directory of the scope %s", strings.Join(s.names, ","))
	}
	slices.Sort(dirs)
	return slices.Compact(dirs), nil
}

// holds reports whether a file lies in the scope, for one of the architectures.
func (s *scope) holds(file string, arches []string) bool {
	if slices.Contains(s.alone, path.Dir(file)) {
		return true
	}
	for _, arch := range arches {
		for _, d := range s.dirs {
			if d = strings.ReplaceAll(d, "$ARCH", arch); d == "." || file == d || strings.HasPrefix(file, d+"/") {
				return true
			}
		}
	}
	return false
}

// docsIn is the scope's documents that exist in the tree.
func (s *scope) docsIn(t *tree) []string {
	var docs []string
	for _, d := range s.docs {
		if info, err := t.Stat(d); err == nil && info.Mode().IsRegular() {
			docs = append(docs, d)
		}
	}
	slices.Sort(docs)
	return slices.Compact(docs)
}
