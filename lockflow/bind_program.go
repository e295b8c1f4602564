package lockflow

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// A programBinder binds names by how the code of a program itself uses them:
// `vcpu->mutex` is the member mutex of the struct to which most variables
// called vcpu point. Code near the rule is asked first: in the rule's file, then
// its directory, then the scope's focus, then everywhere.
type programBinder struct {
	p       *callgraph.Program
	types   typer
	calls   func(string) (Class, bool)
	locks   map[string]waiting // locktypes.txt
	uses    map[string][]varUse
	fields  map[string][]lockField // lock members by name
	globals map[string][]lockGlobal
	embeds  map[string]map[string]bool // the members and variables that are a struct, by its name
	view    *callgraph.Func
}

// A varUse is a variable of a function that points to, or is, a struct.
type varUse struct {
	f  *callgraph.Func
	st *cparse.Struct
}

// A lockField is a member that is a lock.
type lockField struct {
	class Class
	file  string
}

// A lockGlobal is a lock at file scope.
type lockGlobal struct {
	class Class
	file  string
}

// NewBinder makes the binder of a program. calls names the lock of a primitive
// that takes no lock as argument (Table.Object). Only what the names of these
// rules need is indexed.
func NewBinder(p *callgraph.Program, calls func(name string) (Class, bool), rules []*Rule) Binder {
	b := &programBinder{
		p: p, types: p, calls: calls, locks: lockTypes(),
		uses: map[string][]varUse{}, fields: map[string][]lockField{}, globals: map[string][]lockGlobal{}, embeds: map[string]map[string]bool{},
	}
	heads, lasts := namesIn(rules)
	b.indexUses(heads)
	for _, f := range p.Files {
		b.indexFile(f, lasts)
	}
	return b
}

// namesIn is the first and the last parts of the names of rules.
func namesIn(rules []*Rule) (heads, lasts map[string]bool) {
	heads, lasts = map[string]bool{}, map[string]bool{}
	for _, r := range rules {
		for _, n := range slices.Concat(r.Outer, r.Inner) {
			name := splitName(n.Text)
			heads[name.head], lasts[name.last()] = true, true
		}
	}
	delete(heads, "")
	delete(lasts, "")
	return heads, lasts
}

// Arch is the architecture of the program.
func (b *programBinder) Arch() string { return b.p.Arch }

// indexUses notes the variables called like the head of a name. The first
// function of the focus is the view from which bare struct tags are looked up.
func (b *programBinder) indexUses(heads map[string]bool) {
	for _, f := range b.p.Funcs {
		if f.IR() == nil || f.IR().Macro {
			continue
		}
		if b.view == nil || f.Focus && !b.view.Focus {
			b.view = f
		}
		b.usesOf(f, heads)
	}
}

// usesOf notes such variables of one function.
func (b *programBinder) usesOf(f *callgraph.Func, heads map[string]bool) {
	if f.IR() == nil || f.IR().Macro {
		return
	}
	for _, v := range f.IR().Params {
		b.use(f, heads, v.Name, v.Type)
	}
	for _, v := range f.Body().Locals {
		name, _, _ := strings.Cut(v.Name, ".") // "ret.2" shadows ret
		b.use(f, heads, name, v.Type)
	}
}

func (b *programBinder) use(f *callgraph.Func, heads map[string]bool, name string, t *cparse.Type) {
	if !heads[name] || t == nil {
		return
	}
	if st := b.types.StructOf(f, t); st != nil && st.Name != "" {
		b.uses[name] = append(b.uses[name], varUse{f, st})
	}
}

// indexFile notes the locks of a file that have the last part of a name, and
// which structs are embedded where.
func (b *programBinder) indexFile(f *cparse.File, lasts map[string]bool) {
	for _, s := range f.Structs {
		if s.Name != "" {
			b.indexStruct(f.Path, Class{Owner: "struct " + s.Name}, s, lasts)
		}
	}
	for _, g := range f.Globals {
		if !g.Extern {
			b.embed(typeName(g.Type), g.Name)
		}
		if !lasts[g.Name] || g.Extern || !b.isLock(g.Type) {
			continue
		}
		c := Class{Path: g.Name}
		if g.Static {
			c.File = f.Path
		}
		b.globals[g.Name] = append(b.globals[g.Name], lockGlobal{c, f.Path})
	}
}

// embed notes that a member or variable is a struct, not a pointer to one.
func (b *programBinder) embed(typ, where string) {
	if typ == "" || typ == "struct " || b.locks[typ] != waitsUnknown {
		return
	}
	if b.embeds[typ] == nil {
		b.embeds[typ] = map[string]bool{}
	}
	b.embeds[typ][where] = true
}

// indexStruct notes the members of a struct and of the untagged structs in it;
// tagged ones are in the file's list themselves.
func (b *programBinder) indexStruct(file string, at Class, s *cparse.Struct, lasts map[string]bool) {
	eachMember(at, s, 0, func(c Class, fd *cparse.Field) {
		b.embed(typeName(fd.Type), c.String())
		if untagged(fd.Type) == nil && lasts[fd.Name] && b.isLock(fd.Type) {
			b.fields[fd.Name] = append(b.fields[fd.Name], lockField{c, file})
		}
	})
}

// untagged is the definition of an untagged struct that a type (or the elements
// of an array) is; nil for others.
func untagged(t *cparse.Type) *cparse.Struct {
	for range maxListNames {
		switch {
		case t == nil:
			return nil
		case t.Kind == cparse.TArray:
			t = t.Elem
		case t.Kind == cparse.TStruct && t.Def != nil && t.Def.Name == "":
			return t.Def
		default:
			return nil
		}
	}
	return nil
}

// isLock says whether a variable of this type is a lock, or an array of locks.
func (b *programBinder) isLock(t *cparse.Type) bool {
	name := typeName(t)
	if b.locks[name] != waitsUnknown || name == "" || b.view == nil || strings.HasPrefix(name, "struct ") {
		return b.locks[name] != waitsUnknown
	}
	return b.locks[typeName(b.types.Resolve(b.view, t))] != waitsUnknown
}

// BindName is the classes that a name means.
func (b *programBinder) BindName(text string, rule *Rule) ([]Class, string) {
	name := splitName(text)
	switch {
	case name.head == "":
		return nil, "no lock class for " + text + ": not a name of C"
	case name.call:
		if c, ok := b.calls(name.head); ok {
			return []Class{c}, ""
		}
		return nil, "no lock class for " + text + ": not a primitive with a lock of its own"
	case len(name.members) == 0 && !name.tagged:
		return b.bare(name.head, rule)
	}
	why := fmt.Sprintf("no lock class for %s: no struct is known for %s", text, name.head)
	for _, st := range b.heads(name, rule) {
		c, note := b.member(st, name.members)
		if c.known() {
			return []Class{c}, note
		}
		why = "no lock class for " + text + ": " + note
	}
	return nil, why
}

// heads is the structs that the head of a name may mean, best first: one for
// each circle around the rule in which most variables of the name agree, then
// the struct with that tag.
func (b *programBinder) heads(name pathName, rule *Rule) []varUse {
	var out []varUse
	add := func(u varUse) {
		if !slices.ContainsFunc(out, func(o varUse) bool { return o.st.Name == u.st.Name }) {
			out = append(out, u)
		}
	}
	tag := func() {
		if b.view == nil {
			return
		}
		if st := b.types.StructOf(b.view, &cparse.Type{Kind: cparse.TStruct, Name: name.head}); st != nil {
			add(varUse{b.view, st})
		}
	}
	if name.tagged {
		tag()
		return out
	}
	for _, u := range majorities(b.uses[name.head], rule.File) {
		if u.st != nil {
			add(u)
		}
	}
	tag()
	return out
}

// The circles around a rule.
const (
	sameFile = iota
	sameDir
	inFocus
	farAway
)

// distance is the narrowest circle around a file that contains a function.
func distance(file string, f *callgraph.Func) int {
	switch {
	case f.Path == file:
		return sameFile
	case path.Dir(f.Path) == path.Dir(file):
		return sameDir
	case f.Focus:
		return inFocus
	}
	return farAway
}

// majorities is, for each circle around a file, the struct of more than half of the uses
// in it, as the first of them sees it; none if there is no such struct.
func majorities(uses []varUse, file string) (out [farAway + 1]varUse) {
	var votes, first [farAway + 1]map[string]int
	var total [farAway + 1]int
	for c := range votes {
		votes[c], first[c] = map[string]int{}, map[string]int{}
	}
	at := map[string]int{} // by path
	for i, u := range uses {
		c, known := at[u.f.Path]
		if !known {
			c = distance(file, u.f)
			at[u.f.Path] = c
		}
		for ; c <= farAway; c++ {
			total[c]++
			votes[c][u.st.Name]++
			if votes[c][u.st.Name] == 1 {
				first[c][u.st.Name] = i
			}
		}
	}
	for c := range out {
		for tag, n := range votes[c] {
			if 2*n > total[c] {
				out[c] = uses[first[c][tag]]
			}
		}
	}
	return out
}

// bare binds a name without members: a lock at file scope, else the only lock
// member of that name, the nearer the better.
func (b *programBinder) bare(name string, rule *Rule) ([]Class, string) {
	var classes []Class
	near := func(file string) int {
		switch {
		case file == rule.File:
			return sameFile
		case path.Dir(file) == path.Dir(rule.File):
			return sameDir
		}
		return farAway
	}
	for _, circle := range []int{sameFile, sameDir, farAway} {
		classes = classes[:0]
		for _, g := range b.globals[name] {
			if near(g.file) <= circle {
				classes = append(classes, g.class)
			}
		}
		if classes = distinct(classes); len(classes) == 1 {
			return classes, ""
		}
		if len(classes) > 0 {
			continue
		}
		for _, f := range b.fields[name] {
			if near(f.file) <= circle {
				classes = append(classes, f.class)
			}
		}
		if classes = distinct(classes); len(classes) == 1 {
			return classes, "the only lock of that name: " + classes[0].String()
		}
	}
	if len(classes) > 1 {
		return nil, fmt.Sprintf("no lock class for %s: %d locks have that name", name, len(classes))
	}
	return nil, "no lock class for " + name
}

// distinct sorts classes and drops doubles.
func distinct(classes []Class) []Class {
	slices.SortFunc(classes, compareClass)
	return slices.Compact(classes)
}

// member follows the members of a name from a struct to the class of the lock.
func (b *programBinder) member(u varUse, members []string) (Class, string) {
	st := u.st
	at := Class{Owner: "struct " + st.Name}
	embedded := ""
	for i, m := range members {
		fd, _ := b.types.Member(u.f, st, m)
		if fd == nil {
			return b.elsewhere(u, members[len(members)-1], fmt.Sprintf("struct %s has no member %s", st.Name, m))
		}
		at.Path = strings.TrimPrefix(at.Path+"."+m, ".")
		if i == len(members)-1 {
			break
		}
		next := b.types.StructOf(u.f, fd.Type)
		if next == nil {
			return Class{}, fmt.Sprintf("the struct of %s.%s is not known", st.Name, m)
		}
		if st = next; st.Name != "" {
			at = Class{Owner: "struct " + st.Name}
			embedded = typeName(fd.Type)
		}
	}
	fd, _ := b.types.Member(u.f, st, members[len(members)-1])
	if fd == nil || !b.isLock(fd.Type) {
		return Class{}, at.String() + " is no lock"
	}
	if n := len(b.embeds[embedded]); embedded != "" && n > generalPurpose {
		return Class{}, fmt.Sprintf("%s belongs to %d members of other structs, not to this one alone", at, n)
	}
	return at, ""
}

// elsewhere finds the only lock of that name in a struct or those embedded in
// it: documents outlive the place of a member.
func (b *programBinder) elsewhere(u varUse, last, why string) (Class, string) {
	var found []Class
	seen := map[*cparse.Struct]bool{}
	var walk func(st *cparse.Struct, at Class, depth int)
	walk = func(st *cparse.Struct, at Class, depth int) {
		if seen[st] || depth > maxEmbedding {
			return
		}
		seen[st] = true
		for i := range st.Fields {
			fd := &st.Fields[i]
			inner := at
			if fd.Name != "" {
				inner.Path = strings.TrimPrefix(at.Path+"."+fd.Name, ".")
			}
			if fd.Name == last && b.isLock(fd.Type) {
				found = append(found, inner)
			}
			if typeName(fd.Type) == "" || b.locks[typeName(fd.Type)] != waitsUnknown {
				continue
			}
			if next := b.types.StructOf(u.f, fd.Type); next != nil {
				if next.Name != "" {
					inner = Class{Owner: "struct " + next.Name}
				}
				walk(next, inner, depth+1)
			}
		}
	}
	walk(u.st, Class{Owner: "struct " + u.st.Name}, 0)
	found = distinct(found)
	if len(found) != 1 {
		return Class{}, why
	}
	return found[0], fmt.Sprintf("%s, but %s is the only lock of that name in it", why, cmp.Or(found[0].String(), last))
}

// generalPurpose is the number of embeddings above which a struct is taken for a
// general one (a tree, a queue): its lock class then says nothing about the one
// member that a rule names. A struct that is part of a larger one has one
// embedding, or a few where code for another privilege level copies it.
const generalPurpose = 3

// maxEmbedding bounds the nesting of structs that is searched for a lock.
const maxEmbedding = 6
