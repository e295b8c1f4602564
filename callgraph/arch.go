package callgraph

import (
	_ "embed"
	"fmt"
	"path"
	"strconv"
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
	value   map[string]int64 // of what is a number
}

type archTable struct {
	order  []string
	byName map[string]*arch
	common arch
}

var arches = sync.OnceValue(func() *archTable {
	t := &archTable{byName: map[string]*arch{}, common: *newArch("")}
	into := &t.common
	for line := range strings.Lines(archesText) {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		switch {
		case len(f) == 2 && f[0] == "arch":
			into = newArch(f[1])
			t.order = append(t.order, into.name)
			t.byName[into.name] = into
		case len(f) == 2 && f[1] == "y":
			into.defined[f[0]] = cparse.True
		case len(f) == 2 && f[1] == "n":
			into.defined[f[0]] = cparse.False
		case len(f) == 2:
			n, err := strconv.ParseInt(f[1], 0, 64)
			if err != nil {
				panic("arches.txt: " + err.Error()) // embedded data, covered by a test
			}
			into.defined[f[0]], into.value[f[0]] = cparse.True, n
		}
	}
	return t
})

func newArch(name string) *arch {
	return &arch{name: name, dir: path.Join("arch", name), defined: map[string]cparse.Tri{}, value: map[string]int64{}}
}

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
	v, ok := arches().common.defined[name]
	return v, ok
}

// number is the value that the table gives a name.
func (a *arch) number(name string) (int64, bool) {
	if n, ok := a.value[name]; ok {
		return n, true
	}
	n, ok := arches().common.value[name]
	return n, ok
}
