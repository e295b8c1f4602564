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
	rows := slices.Clone(f.Documents)
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
	docs  []string
}

// scope understands the value of --scope: names of the table, or directories.
func (f *scopeFile) scope(values []string) (*scope, error) {
	s := &scope{names: values}
	for _, v := range values {
		if named := f.named(v); named != nil {
			for _, p := range named.Dirs {
				s.dirs = append(s.dirs, p.Path)
			}
			for _, p := range named.Docs {
				s.docs = append(s.docs, p.Path)
			}
			continue
		}
		dir := path.Clean(v)
		if !fs.ValidPath(dir) || v == "" {
			return nil, usagef("bad scope %q: give %s, or directories below the tree", v, f.scopeNames())
		}
		s.dirs = append(s.dirs, dir)
		for _, p := range f.Documents {
			s.docs = append(s.docs, strings.ReplaceAll(p.Path, "$DIR", dir))
		}
	}
	return s, nil
}

func (f *scopeFile) scopeNames() string {
	names := make([]string, len(f.Scopes))
	for i, s := range f.Scopes {
		names[i] = s.Name
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
	if len(dirs) == 0 {
		return nil, failf("the tree has no directory of the scope %s", strings.Join(s.names, ","))
	}
	slices.Sort(dirs)
	return slices.Compact(dirs), nil
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
