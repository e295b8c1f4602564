package callgraph

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync/atomic"

	"klockscan/cparse"
)

// A declaration of something of which nobody spoke changes nothing but for those who
// speak of it now: functions that changed. So an edited file may declare more than it
// did, if the names are new to the whole program.

// mayAdd reports whether what the edited files declare more says nothing by itself.
func (r *resumer) mayAdd() bool {
	var names []string
	for path, e := range r.edits {
		more := &e.versions.More
		names = append(names, more.Names...)
		for _, s := range more.Structs {
			if slices.ContainsFunc(s.Fields, func(f cparse.Field) bool { return r.base.needed[f.Name] }) {
				return false // who has such a member decides where its targets were searched for
			}
		}
		if slices.ContainsFunc(more.Calls, func(macro string) bool {
			return len(mechanisms()[macro]) > 0 || r.entryTable().kind("macro", macro) >= 0
		}) {
			return false
		}
		for _, s := range more.Within {
			if s.Name == "" || r.base.inOrder[s.Name] {
				return false
			}
		}
		for _, g := range more.Globals {
			speaks := false
			walkNames(g.Init, func(name string) {
				speaks = speaks || !slices.Contains(more.Names, name) && r.meansCode(name, r.k.s.index[path])
			})
			if speaks {
				return false
			}
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return !slices.ContainsFunc(names, r.hasMeaning) && r.isNews(names)
}

func (r *resumer) entryTable() *EntryTable { return cmp.Or(r.k.l.opt.Entries, DefaultEntries()) }

// meansCode reports whether a name in an initialiser may make something part of the
// program.
func (r *resumer) meansCode(name string, file int32) bool {
	s := r.k.s
	g, _ := s.global(name, file)
	return len(s.funcsOf(name))+len(s.protosOf(name)) > 0 || g != nil && g.Init != nil
}

// hasMeaning reports whether a name means something to the tables, or might have meant what
// is declared now.
func (r *resumer) hasMeaning(name string) bool {
	return r.base.vague[name] || r.k.known(name) || len(mechanisms()[name]) > 0 || listed()[name] || r.k.s.traces[name]
}

// isNews reports whether no file has these words, but for edited ones, which had not.
func (r *resumer) isNews(names []string) bool {
	if len(names) == 0 {
		return true
	}
	words, old := cparse.PlainWordSet(names), atomic.Bool{}
	files := r.base.graph.Prog.Files
	err := Parallel(context.Background(), len(files), func(i int) {
		text, err := r.before(files[i].Path)
		if err != nil || words.In(text) {
			old.Store(true)
		}
	})
	return err == nil && !old.Load()
}

// before is a file as it was.
func (r *resumer) before(path string) ([]byte, error) {
	if e := r.edits[path]; e != nil {
		return e.text, nil
	}
	return readFile(r.k.l.fsys, path)
}

// addsNothing reports whether the variables that edited files of the focus declare more
// hold no function.
func (r *resumer) addsNothing() bool {
	for path, e := range r.edits {
		file := r.k.s.index[path]
		for _, g := range e.versions.More.Globals {
			if !r.k.l.focus[path] || !r.k.s.env.holds(g.Cond) {
				continue
			}
			s := newSolver(r.p)
			s.variable(r.k.s.initialised(g), file)
			if !s.isIdle() || r.counts(s) {
				return false
			}
		}
	}
	return true
}

// declared is the names that the edited files declare more, those of members too.
func (r *resumer) declared() []string {
	var out []string
	for _, e := range r.edits {
		out = append(out, e.versions.More.Names...)
		for _, s := range e.versions.More.Structs {
			out = appendMembers(out, s, 0)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// appendMembers appends the names of the members of a struct, and of untagged ones in it.
func appendMembers(names []string, s *cparse.Struct, depth int) []string {
	for i := range s.Fields {
		f := &s.Fields[i]
		names = append(names, f.Name)
		if f.Type != nil && f.Type.Def != nil && depth < maxType {
			names = appendMembers(names, f.Type.Def, depth+1)
		}
	}
	return names
}

// isIdle reports whether nothing that was entered holds a function.
func (s *solver) isIdle() bool {
	for _, c := range s.cells {
		if len(c.order)+len(c.to)+len(c.calls) > 0 {
			return false
		}
	}
	return len(s.requests.made)+len(s.requests.served) == 0
}

// counts reports whether the reason of a call of unknown target tells how many objects
// there are of a type of which one was entered.
func (r *resumer) counts(s *solver) bool {
	for st := range s.tables {
		if slices.ContainsFunc(r.base.graph.Unresolved, func(u Unresolved) bool { return strings.Contains(u.Reason, st.Name+".") }) {
			return true
		}
	}
	return false
}
