package callgraph

import (
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"klockscan/cparse"
)

// env answers preprocessor conditions for one architecture (cparse.Env).
type env struct {
	arch    *arch
	kconfig map[string]cparse.Tri // without CONFIG_
	macros  *macroTable
	memo    sync.Map // *cparse.Cond → bool
	names   sync.Map // macro name → cparse.Tri: Defined
}

// setMacros enters the macros of the files that make up the program.
func (e *env) setMacros(t *macroTable) {
	e.macros = t
	e.memo.Clear()
	e.names.Clear()
}

// Defined says whether a name is defined. A CONFIG_ option is on unless the
// table or Kconfig says otherwise; another name is defined if a file that was
// read defines it, under conditions that may hold, other than as a default of
// its own (#ifndef X, #define X).
func (e *env) Defined(name string) cparse.Tri {
	if v, ok := e.names.Load(name); ok {
		return v.(cparse.Tri)
	}
	v := nameEnv{e, nil}.Defined(name)
	e.names.Store(name, v)
	return v
}

// A nameEnv decides the conditions that definitions stand under. A name whose
// definition depends on itself counts as defined there.
type nameEnv struct {
	*env
	active []string
}

func (n nameEnv) Defined(name string) cparse.Tri {
	e := n.env
	if v, ok := e.arch.settled(name); ok {
		return v
	}
	if opt, ok := strings.CutPrefix(name, "CONFIG_"); ok {
		if v, ok := e.kconfig[strings.TrimSuffix(opt, "_MODULE")]; ok {
			return v
		}
		if strings.HasSuffix(opt, "_MODULE") {
			return cparse.False
		}
		return cparse.True
	}
	inner := nameEnv{e, append(n.active[:len(n.active):len(n.active)], name)}
	for d := range e.macros.all(name) {
		m := d.what
		if m.Undef || defaultOf(m) {
			continue
		}
		if m.Cond == nil || len(inner.active) > maxGenerated || slices.Contains(n.active, name) || m.Cond.Eval(inner) != cparse.False {
			return cparse.True
		}
	}
	return cparse.False
}

// defaultOf reports whether a definition stands under #ifndef of its own name.
func defaultOf(m *cparse.Macro) bool {
	for c := m.Cond; c != nil; c = c.Outer {
		if strings.Contains(c.Text, m.Name) {
			return true
		}
	}
	return false
}

// Value is the number that a name is defined as, through names that stand for
// names.
func (e *env) Value(name string) (int64, bool) { return e.valueOf(name, 0) }

func (e *env) valueOf(name string, depth int) (int64, bool) {
	if n, ok := e.arch.number(name); ok {
		return n, true
	}
	if v, ok := e.arch.settled(name); ok && strings.HasPrefix(name, "CONFIG_") {
		if v == cparse.True {
			return 1, true
		}
		return 0, v == cparse.False
	}
	for d := range e.macros.all(name) {
		m := d.what
		if m.FuncLike || m.Undef {
			continue
		}
		if v := m.Value(); v != nil && v.Kind == cparse.EName && v.Name != name && depth < maxGenerated {
			return e.valueOf(v.Name, depth+1)
		}
		n, err := strconv.ParseInt(strings.Trim(m.Body, " \t\nuUlL()"), 0, 64)
		return n, err == nil
	}
	return 0, false
}

// holds is whether code under c is part of the program. What cannot be decided
// counts as there.
func (e *env) holds(c *cparse.Cond) bool {
	if c == nil {
		return true
	}
	if v, ok := e.memo.Load(c); ok {
		return v.(bool)
	}
	v := c.Eval(e) != cparse.False
	e.memo.Store(c, v)
	return v
}

// readKconfig settles options that nobody can set: declared in a Kconfig file
// beside the code without prompt or default, and selected by none of them.
func readKconfig(fsys fs.FS, dirs []string) map[string]cparse.Tri {
	hidden, selected := map[string]bool{}, map[string]bool{}
	for _, dir := range kconfigDirs(dirs) {
		src, err := fs.ReadFile(fsys, path.Join(dir, "Kconfig"))
		if err != nil {
			continue
		}
		parseKconfig(string(src), hidden, selected)
	}
	out := map[string]cparse.Tri{}
	for name, h := range hidden {
		if h && !selected[name] {
			out[name] = cparse.False
		}
	}
	return out
}

// kconfigDirs is the directories and those above them, each once.
func kconfigDirs(dirs []string) []string {
	var out []string
	for _, d := range dirs {
		for d = path.Clean(d); d != "." && d != "/"; d = path.Dir(d) {
			if !slices.Contains(out, d) {
				out = append(out, d)
			}
		}
	}
	return out
}

func parseKconfig(text string, hidden, selected map[string]bool) {
	current := ""
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		switch f[0] {
		case "config", "menuconfig":
			current = ""
			if len(f) > 1 {
				current = f[1]
				if _, seen := hidden[current]; !seen {
					hidden[current] = true
				}
			}
		case "select", "imply":
			if len(f) > 1 {
				selected[f[1]] = true
			}
		case "def_bool", "def_tristate", "default", "prompt":
			hidden[current] = false
		case "bool", "tristate", "int", "hex", "string":
			if len(f) > 1 {
				hidden[current] = false
			}
		}
	}
}
