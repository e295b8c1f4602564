package callgraph

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"

	"klockscan/cparse"
)

// Linking starts from the functions of the focus and follows every name that
// they mention, through macros, to the definition that their file sees. Only
// what is reached so becomes part of the program. Names without a definition
// are looked up in the directories around (search.go), for some rounds.

// A linker collects the functions of a program.
type linker struct {
	l      *loader
	s      *symbols
	known  func(string) bool // lock primitives: their names say all, nothing is followed into them
	macro  func(string) bool // macros that stay calls: those, and the rows of mechanisms.txt
	done   map[*cparse.Func]*Func
	queue  []def[*cparse.Func]
	wanted map[string]bool // names without a definition
	noted  map[string]bool // likewise, called inside macros that stay calls: not searched for
	failed map[string]bool
	count  int
	round  int                        // of reading files
	bodies map[*cparse.Func]expansion // of all rounds
	user   *Func                      // whose names are entered; nil: variables
	uses   map[*Func][]usedName
	vague  map[string]bool // names that mean nothing that was read
	outside
}

func newLinker(l *loader) *linker {
	known := l.opt.Opaque
	if known == nil {
		known = func(string) bool { return false }
	}
	hidden := hiddenNames()
	return &linker{l: l, done: map[*cparse.Func]*Func{}, failed: map[string]bool{}, known: known, bodies: map[*cparse.Func]expansion{},
		macro: func(name string) bool { return known(name) || hidden[name] }}
}

func (l *loader) link(ctx context.Context) (*Program, error) {
	k := newLinker(l)
	tried := map[string]bool{}
	for round := 0; ; round++ {
		k.round = round
		k.restart()
		if round == 0 {
			l.early = map[string]bool{}
			for _, f := range k.s.files {
				l.early[f.Path] = true
			}
		}
		if err := k.run(ctx); err != nil {
			return nil, err
		}
		names := k.missing(tried)
		if round >= l.opt.Rounds || len(names) == 0 {
			break
		}
		found := l.searchDefinitions(ctx, names)
		if len(found) == 0 {
			break
		}
		if err := l.loadAll(ctx, found); err != nil {
			return nil, err
		}
	}
	if l.opt.Linked != nil {
		l.opt.Linked()
	}
	return k.stores(ctx, k.program())
}

// restart links anew over the files that are loaded now. Expansions of earlier
// rounds stay: a file that a later one brings is none that their own files
// include, and what a name means there has not changed.
func (k *linker) restart() {
	l := k.l
	files := l.sorted()
	e := l.newEnv()
	e.setMacros(l.macros.table(files))
	k.read(l.reachable(files, e), e)
	k.roots()
}

// newEnv is the conditions of the architecture, without macros.
func (l *loader) newEnv() *env {
	return &env{arch: l.arch, kconfig: readKconfig(l.fsys, slices.Concat(l.opt.Dirs, l.opt.Alone, []string{l.arch.dir}))}
}

// read enters what files define; nothing is linked yet.
func (k *linker) read(files []*cparse.File, e *env) {
	l := k.l
	e.setMacros(l.macros.table(files))
	k.s = newSymbols(files, e, l.opt.Cache)
	k.s.resolve = l.resolve
	k.s.detached = detached(l.fsys, files, l.focus)
	k.s.closeIncludes(l.includes(files, e))
	k.s.instantiate(func(p string) ([]byte, error) { return readFile(l.fsys, p) })
	k.s.generate()
	k.user, k.uses, k.vague = nil, map[*Func][]usedName{}, map[string]bool{}
	k.done, k.wanted, k.noted, k.failed, k.count = map[*cparse.Func]*Func{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, 0
	k.outside = outside{storing: map[*cparse.Func]bool{}, stubs: map[*cparse.Func]*Func{}}
}

// sorted is the loaded files by path.
func (l *loader) sorted() []*cparse.File {
	files := make([]*cparse.File, 0, len(l.files))
	for _, p := range sortedKeys(l.files) {
		files = append(files, l.files[p])
	}
	return files
}

// includes is the numbers of the files that each file includes under
// conditions that hold.
func (l *loader) includes(files []*cparse.File, e *env) [][]int32 {
	index := make(map[string]int32, len(files))
	for i, f := range files {
		index[f.Path] = int32(i)
	}
	direct := make([][]int32, len(files))
	for i, f := range files {
		for _, inc := range f.Includes {
			if !e.holds(inc.Cond) {
				continue
			}
			if n, ok := index[l.resolve(f.Path, inc)]; ok {
				direct[i] = append(direct[i], n)
			}
		}
	}
	return direct
}

// reachable drops the headers that no source includes under conditions that
// hold: they would define names for another configuration or architecture.
func (l *loader) reachable(files []*cparse.File, e *env) []*cparse.File {
	direct := l.includes(files, e)
	noSources := !slices.ContainsFunc(files, func(f *cparse.File) bool { return !isHeader(f.Path) })
	seen := make([]bool, len(files))
	var stack []int32
	visit := func(i int32) {
		if !seen[i] {
			seen[i] = true
			stack = append(stack, i)
		}
	}
	for i, f := range files {
		if !isHeader(f.Path) || noSources && l.focus[f.Path] {
			visit(int32(i))
		}
	}
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, k := range direct[i] {
			visit(k)
		}
	}
	var out []*cparse.File
	for i, f := range files {
		if seen[i] {
			out = append(out, f)
		}
	}
	return out
}

// roots queues the functions of the focus, and what its variables mention.
func (k *linker) roots() {
	for i, f := range k.s.files {
		if !k.l.focus[f.Path] {
			continue
		}
		for _, fn := range k.s.fileFuncs(int32(i)) {
			k.push(fn, int32(i))
		}
		for _, g := range k.s.variables[int32(i)] {
			k.mention(g.Init, int32(i))
		}
	}
}

func (k *linker) push(fn *cparse.Func, file int32) {
	if _, ok := k.done[fn]; ok {
		return
	}
	k.done[fn] = nil
	k.queue = append(k.queue, def[*cparse.Func]{file, fn})
}

// run expands the queue, wave by wave, on all cores.
func (k *linker) run(ctx context.Context) error {
	for len(k.queue) > 0 {
		wave := k.queue
		k.queue = nil
		results := make([]expansion, len(wave))
		err := Parallel(ctx, len(wave), func(i int) {
			var ok bool
			if results[i], ok = k.bodies[wave[i].what]; !ok {
				results[i] = k.s.expand(wave[i].what, wave[i].file, k.macro)
				results[i].names = mentionsOf(results[i])
				results[i].late = k.round > 0
			}
		})
		if err != nil {
			return err
		}
		for i, r := range results {
			k.bodies[wave[i].what] = r
			k.count += r.count
			for name := range r.failed {
				k.failed[name] = true
			}
			k.accept(wave[i], r)
		}
	}
	return nil
}

// accept enters an expanded function and queues what it mentions.
func (k *linker) accept(d def[*cparse.Func], x expansion) {
	f := k.newFunc(d.what, x, d.file)
	k.done[d.what] = f
	k.user = f
	for _, in := range x.inside {
		k.mentionInside(in, f)
	}
	for _, m := range x.names {
		k.name(m.name, f.fileNo)
		if m.called {
			k.want(m.name, f)
		}
	}
}

// A mention is a name in a body that is none of its locals.
type mention struct {
	name   string
	called bool
}

// mentionsOf is the names in the instructions of a body, each once.
func mentionsOf(x expansion) []mention {
	l := mentionList{locals: x.locals, index: map[string]int{}}
	for _, b := range x.body.Blocks {
		for _, in := range b.Instrs {
			switch in := in.(type) {
			case *cparse.Assign:
				l.add(in.Src)
			case *cparse.Call:
				l.add(in.Fun)
				for _, a := range in.Args {
					l.add(a)
				}
				if i, ok := l.index[in.Fun.Name]; ok && in.Fun.Kind == cparse.EName {
					l.list[i].called = true
				}
			}
		}
		if r, ok := b.Term.(*cparse.Return); ok {
			l.add(r.X)
		}
	}
	return l.list
}

// A mentionList is a list of mentions under construction.
type mentionList struct {
	locals map[string]*cparse.Type
	index  map[string]int // in list
	list   []mention
}

func (l *mentionList) add(e *cparse.Expr) {
	switch {
	case e == nil:
		return
	case e.Kind != cparse.EName:
		l.add(e.X)
		l.add(e.Y)
		l.add(e.Z())
		for _, a := range e.Args() {
			l.add(a)
		}
		return
	case strings.HasPrefix(e.Name, "%") || l.locals[e.Name] != nil:
		return
	}
	if _, ok := l.index[e.Name]; !ok {
		l.index[e.Name] = len(l.list)
		l.list = append(l.list, mention{name: e.Name})
	}
}

func (k *linker) newFunc(fn *cparse.Func, x expansion, file int32) *Func {
	path, body := k.s.files[file].Path, x.body
	return &Func{Name: fn.Name, Path: path, ir: body, Focus: k.l.focus[path], Header: isHeader(path), fileNo: file, inside: x.inside, locals: x.locals, late: x.late}
}

// want notes a called name that has no definition.
func (k *linker) want(name string, f *Func) {
	if fn, _ := k.s.function(name, f.fileNo); (fn == nil || k.known(name)) && !k.s.isPointer(name, f.fileNo) {
		k.wanted[name] = true
		k.use(usedName{name: name})
	}
}

// mentionInside queues what a macro calls that stays a call, if it was read. It
// is not searched for where the macro's name says what it does to locks.
func (k *linker) mentionInside(in insideCall, f *Func) {
	if strings.HasPrefix(in.name, "%") || f.vars()[in.name] != nil {
		return
	}
	if !k.known(in.call.Fun.Name) {
		k.want(in.name, f)
	} else if fn, _ := k.s.function(in.name, f.fileNo); fn == nil || k.known(in.name) {
		k.noted[in.name] = true
		k.use(usedName{name: in.name, noted: true})
	}
	k.name(in.name, f.fileNo)
}

func (k *linker) mention(e *cparse.Expr, file int32) {
	walkNames(e, func(name string) { k.name(name, file) })
}

func (k *linker) name(name string, file int32) {
	if strings.HasPrefix(name, "%") || k.known(name) || k.s.traces[name] {
		return
	}
	if fn, at := k.s.function(name, file); fn != nil {
		k.push(fn, at)
		k.use(usedName{fn: fn})
		return
	}
	if len(k.s.protosOf(name)) > 0 {
		k.wanted[name] = true
		k.use(usedName{name: name})
		return
	}
	// An ops table outside the focus that the focus points to.
	g, at := k.s.global(name, file)
	if g == nil {
		k.vague[name] = true
	} else if g.Init != nil && !k.l.focus[k.s.files[at].Path] && !k.s.seenGlobals[g] {
		k.s.seenGlobals[g] = true
		k.mention(g.Init, at)
	}
}

// walkNames calls f for each plain name in an expression.
func walkNames(e *cparse.Expr, f func(string)) {
	if e == nil {
		return
	}
	if e.Kind == cparse.EName {
		f(e.Name)
		return
	}
	walkNames(e.X, f)
	walkNames(e.Y, f)
	walkNames(e.Z(), f)
	for _, a := range e.Args() {
		walkNames(a, f)
	}
}

// missing is the wanted names that no earlier round looked for, sorted.
func (k *linker) missing(tried map[string]bool) []string {
	var out []string
	for name := range k.wanted {
		if !tried[name] && !k.s.traces[name] && !k.known(name) && !k.s.macros.has(name) {
			tried[name] = true
			out = append(out, name)
		}
	}
	sort.Strings(out)
	return out
}

// program numbers the functions and adds the External ones.
func (k *linker) program() *Program {
	p := &Program{Arch: k.l.arch.name, Files: k.s.files, Searches: k.l.searches, syms: k.s, outside: k.outside, entryTable: cmp.Or(k.l.opt.Entries, DefaultEntries()), early: k.l.early, parts: k.l.parts, resolved: k.l.resolved}
	for _, f := range k.done {
		if f != nil {
			p.Funcs = append(p.Funcs, f)
		}
	}
	slices.SortFunc(p.Funcs, func(a, b *Func) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(a.IR().Pos.Line, b.IR().Pos.Line),
			cmp.Compare(a.IR().Pos.Col, b.IR().Pos.Col), strings.Compare(a.Name, b.Name))
	})
	p.homes = sync.OnceValue(p.staticHomes)
	first := len(p.Funcs)
	maps.Copy(k.wanted, k.noted)
	for name := range k.wanted {
		p.Funcs = append(p.Funcs, k.external(name))
	}
	for _, f := range k.stubs {
		p.Funcs = append(p.Funcs, f)
	}
	slices.SortFunc(p.Funcs[first:], compareFuncs)
	p.byName = map[string][]FuncID{}
	p.byIR = map[*cparse.Func]FuncID{}
	for i, f := range p.Funcs {
		f.ID = FuncID(i)
		p.byName[f.Name] = append(p.byName[f.Name], f.ID)
	}
	for _, known := range []map[*cparse.Func]*Func{k.done, k.stubs} {
		for src, f := range known {
			if f != nil {
				p.byIR[src] = f.ID
			}
		}
	}
	k.stats(p)
	k.numberUses(p)
	p.vague = k.vague
	return p
}

func (k *linker) external(name string) *Func {
	f := &Func{Name: name, External: true, Trace: k.s.traces[name], fileNo: -1}
	if defs := k.s.protosOf(name); len(defs) > 0 {
		f.ir, f.Path, f.fileNo = defs[0].what, k.s.files[defs[0].file].Path, defs[0].file
	}
	return f
}

func (k *linker) stats(p *Program) {
	st := &p.Stats
	st.Files, st.Functions, st.Expansions = len(p.Files)-len(k.s.part), len(k.done), k.count
	for _, f := range p.Files[:st.Files] {
		st.Bytes += int64(f.Size)
		if k.l.focus[f.Path] {
			st.FocusFiles++
		}
		for _, pr := range f.Problems {
			if k.l.focus[f.Path] || pr.Func != "" {
				st.Problems = append(st.Problems, FileProblem{f.Path, pr})
			}
		}
	}
	for _, f := range p.Funcs {
		if f.IR() != nil {
			for _, pr := range f.IR().Problems {
				st.Problems = append(st.Problems, FileProblem{f.Path, pr})
			}
		}
	}
	st.Problems = append(st.Problems, k.l.problems...)
	slices.SortStableFunc(st.Problems, func(a, b FileProblem) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(a.Pos.Line, b.Pos.Line), strings.Compare(a.Reason, b.Reason))
	})
	for name := range k.failed {
		st.Unexpanded = append(st.Unexpanded, name)
	}
	sort.Strings(st.Unexpanded)
}

// Lookup is the function of that name as f's file sees it, or NoFunc.
func (p *Program) Lookup(f *Func, name string) FuncID {
	if f.vars()[name] != nil {
		return NoFunc
	}
	if fn, at := p.syms.function(name, f.fileNo); fn != nil {
		if id, ok := p.idOf(fn, at); ok {
			return id
		}
	} else if p.syms.isPointer(name, f.fileNo) {
		return NoFunc
	}
	for _, id := range p.byName[name] {
		if f := p.Funcs[id]; f.External && (f.fileNo < 0 || !p.syms.part[f.fileNo] || !f.IR().Static) {
			return id
		}
	}
	return NoFunc
}

// ByName is all functions of that name, those of the focus first.
func (p *Program) ByName(name string) []FuncID {
	ids := slices.Clone(p.byName[name])
	slices.SortStableFunc(ids, func(a, b FuncID) int {
		fa, fb := p.Funcs[a], p.Funcs[b]
		switch {
		case fa.Focus == fb.Focus:
			return cmp.Compare(a, b)
		case fa.Focus:
			return -1
		}
		return 1
	})
	return ids
}
