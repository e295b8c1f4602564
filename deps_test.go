// Package klockscan_test tests the module as a whole.
package klockscan_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// allowed is which package may import what, beside the standard library: the
// architecture of docs/design.md. A change of this table is a decision about
// the design and says why in its commit. The stages stand in the order of the
// pipeline; each imports earlier ones only.
var allowed = map[string]struct {
	ours    []string // packages of this module
	outside []string // prefixes of import paths
	doors   []string // files that alone may import from outside; nil: any
}{
	"cparse": {
		outside: []string{"github.com/smacker/go-tree-sitter", "github.com/tree-sitter/tree-sitter-c"},
		doors:   []string{"door.go"},
	},
	"callgraph": {
		ours:    []string{"cparse"},
		outside: []string{"github.com/dominikbraun/graph"},
		doors:   []string{"query_lib.go"},
	},
	"lockflow":    {ours: []string{"cparse", "callgraph"}},
	"reports":     {ours: []string{"cparse", "callgraph", "lockflow"}},
	"cmd/store":   {outside: []string{"github.com/klauspost/compress"}},
	"cmd/memfile": {},
	"cmd/gittree": {ours: []string{"cmd/memfile"}},
	"cmd/overlay": {
		ours:    []string{"cmd/memfile"},
		outside: []string{"github.com/bluekeyes/go-gitdiff"},
		doors:   []string{"parse.go"},
	},
	"cmd": {
		ours:    []string{"cparse", "callgraph", "lockflow", "reports", "cmd/store", "cmd/overlay", "cmd/gittree"},
		outside: []string{"github.com/spf13/pflag", "github.com/spf13/cobra", "github.com/goccy/go-yaml", "golang.org/x/term", "github.com/aymanbagabas/go-udiff"},
	},
	"cmd/klockscan": {ours: []string{"cmd"}},
	"cmd/accuracy":  {ours: []string{"cmd", "reports"}}, // measures the released command line, reads its documents
	"cmd/growth":    {ours: []string{"reports"}},        // runs the released program, reads its documents
	"fixtures":      {},
}

// sourceFiles lists the Go files of the module, tests apart.
func sourceFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestImports holds every import against the table.
func TestImports(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range sourceFiles(t) {
		pkg := path.Dir(name)
		rule, ok := allowed[pkg]
		if !ok {
			t.Errorf("%s: package %s is not in the table", name, pkg)
			continue
		}
		seen[pkg] = true
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			ours, mine := strings.CutPrefix(imported, "klockscan/")
			switch {
			case mine && !slices.Contains(rule.ours, ours):
				t.Errorf("%s imports %s: %s may import of ours only %v", name, imported, pkg, rule.ours)
			case !mine && strings.Contains(strings.SplitN(imported, "/", 2)[0], "."):
				within := func(prefix string) bool { return imported == prefix || strings.HasPrefix(imported, prefix+"/") }
				if !slices.ContainsFunc(rule.outside, within) {
					t.Errorf("%s imports %s: %s may import from outside only %v", name, imported, pkg, rule.outside)
				} else if rule.doors != nil && !slices.Contains(rule.doors, path.Base(name)) {
					t.Errorf("%s imports %s: only %v may", name, imported, rule.doors)
				}
			}
		}
	}
	for pkg := range allowed {
		if !seen[pkg] {
			t.Errorf("package %s of the table does not exist", pkg)
		}
	}
}
