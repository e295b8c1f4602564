package callgraph

import (
	_ "embed"
	"fmt"
	"path"
	"strings"
	"sync"

	"klockscan/cparse"
)

// arches.txt says what each architecture defines.
//
//go:embed arches.txt
var archesText string

// An arch is one architecture: where it lies and which names it settles.
type arch struct {
	name    string
	dir     string
	defined map[string]cparse.Tri
}

type archTable struct {
	order  []string
	byName map[string]*arch
	common map[string]cparse.Tri
}

var arches = sync.OnceValue(func() *archTable {
	t := &archTable{byName: map[string]*arch{}, common: map[string]cparse.Tri{}}
	into := t.common
	for line := range strings.Lines(archesText) {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		switch {
		case len(f) == 2 && f[0] == "arch":
			a := &arch{name: f[1], dir: path.Join("arch", f[1]), defined: map[string]cparse.Tri{}}
			t.order = append(t.order, a.name)
			t.byName[a.name] = a
			into = a.defined
		case len(f) == 2 && f[1] == "y":
			into[f[0]] = cparse.True
		case len(f) == 2 && f[1] == "n":
			into[f[0]] = cparse.False
		}
	}
	return t
})

// Arches is the names of the architectures that Load knows.
func Arches() []string { return arches().order }

func archByName(name string) (*arch, error) {
	if a := arches().byName[name]; a != nil {
		return a, nil
	}
	return nil, fmt.Errorf("unknown architecture %q; known: %s", name, strings.Join(Arches(), ", "))
}

// includes is the directories where <...> is looked up (the kernel's top Makefile, LINUXINCLUDE).
func (a *arch) includes() []string {
	return []string{
		path.Join(a.dir, "include"), "include", path.Join(a.dir, "include/uapi"), "include/uapi",
	}
}

// settled is what the table says of a name.
func (a *arch) settled(name string) (cparse.Tri, bool) {
	if v, ok := a.defined[name]; ok {
		return v, true
	}
	v, ok := arches().common[name]
	return v, ok
}
