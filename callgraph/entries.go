package callgraph

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"klockscan/cparse"
)

// entries.txt lists where control comes in from code that was not read.
//
//go:embed entries.txt
var entriesText string

// An entryRow is one row of the table.
type entryRow struct {
	what    string // member, async, macro, name
	pattern string // "struct file_operations.release", "work", "module_init", "__do_sys_"
	open    bool   // any rest may follow the pattern: it ended in *
	arg     int    // macro: the argument that names the function
	kind    string
}

func (r *entryRow) fits(text string) bool {
	return text == r.pattern || r.open && strings.HasPrefix(text, r.pattern)
}

// An EntryTable says by what functions are known as entry points.
type EntryTable struct {
	rows  []entryRow
	sorts map[string][]int // the indexes of the rows of each sort, in their order
	ranks map[string]int   // the place of each kind in reports: that of its first row
}

// DefaultEntries is the table of entries.txt.
var DefaultEntries = sync.OnceValue(func() *EntryTable {
	rows, err := parseEntries("entries.txt", entriesText)
	if err != nil {
		panic(err) // embedded data, covered by a test
	}
	return newEntryTable(rows)
})

// Extend is the table with further rows before its own, in the form of
// entries.txt; file is where they stand, for errors.
func (t *EntryTable) Extend(file, text string) (*EntryTable, error) {
	rows, err := parseEntries(file, text)
	if err != nil {
		return nil, err
	}
	return newEntryTable(append(rows, t.rows...)), nil
}

func newEntryTable(rows []entryRow) *EntryTable {
	t := &EntryTable{rows: rows, sorts: map[string][]int{}, ranks: map[string]int{}}
	for i, r := range rows {
		t.sorts[r.what] = append(t.sorts[r.what], i)
		if _, done := t.ranks[r.kind]; !done {
			t.ranks[r.kind] = i
		}
	}
	for i, kind := range []string{otherTable, otherCode, unknownEntry} {
		t.ranks[kind] = len(rows) + i
	}
	return t
}

// kind is the index of the first row of a sort that fits; -1 if none does.
func (t *EntryTable) kind(what, text string) int {
	for _, i := range t.sorts[what] {
		if t.rows[i].fits(text) {
			return i
		}
	}
	return -1
}

func parseEntries(file, text string) ([]entryRow, error) {
	words := map[string]int{"member": 2, "async": 1, "macro": 2, "name": 1} // of the pattern
	var rows []entryRow
	seen := map[string]bool{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		body, why, _ := strings.Cut(line, "#")
		f := strings.Fields(body)
		if len(f) == 0 {
			continue
		}
		want := words[f[0]]
		if want == 0 || len(f) < want+2 || strings.TrimSpace(why) == "" {
			return nil, fmt.Errorf("%s:%d: want member, async, macro or name, what it is, a kind and a reason: %q", file, n, strings.TrimSpace(line))
		}
		r := entryRow{what: f[0], pattern: f[1], kind: strings.Join(f[want+1:], " ")}
		switch r.what {
		case "member":
			r.pattern += " " + f[2]
		case "macro":
			var err error
			if r.arg, err = strconv.Atoi(f[2]); err != nil || r.arg < 0 {
				return nil, fmt.Errorf("%s:%d: %q is no number of an argument", file, n, f[2])
			}
		}
		key := r.what + " " + r.pattern
		if seen[key] {
			return nil, fmt.Errorf("%s:%d: second row for %s", file, n, key)
		}
		seen[key] = true
		r.pattern, r.open = strings.CutSuffix(r.pattern, "*")
		rows = append(rows, r)
	}
	return rows, nil
}

// An Entry is a function that code which was not read calls, as far as is known:
// a task, an interrupt or another module comes in there.
type Entry struct {
	Func  FuncID
	Kind  string // in words: "ioctl", "MMU notifier"; "" if nothing tells why there is no caller
	Via   string // what it rests on: "struct file_operations.unlocked_ioctl", "module_init", "argument of sort()"
	Place Place  // where it is stored, handed over or named; the zero Place if Kind is ""
}

// The kinds that no row of the table gives.
const (
	otherTable   = "other table"                        // stored, and no call through that was read
	otherCode    = "callback of code that was not read" // handed over to an External function
	unknownEntry = ""
)

// Entries is the entry points of a program, in the order of entries.txt, of a
// kind in the order of the program. A function is one if
//
//   - nothing calls it as part of a task (EdgeKind.Sync; its own recursion does
//     not count). These are the functions that lockflow's witnesses begin at, too;
//   - or a member row of entries.txt describes where it is stored, or an async
//     edge leads to it: its caller runs it in a context of its own, whether or not
//     code was read that calls through the member or runs the work.
//
// A function that calls in a circle with others, and that nothing else calls, is
// none: no entry point leads to it.
//
// Build finds them, so that no query has to wait: it means a look at every call.
// The slice is the graph's own.
func (g *Graph) Entries() []Entry {
	g.entriesOnce.Do(func() { g.entries = g.findEntries() })
	return g.entries
}

func (g *Graph) findEntries() []Entry {
	table := g.Prog.entryTable
	members := g.tableMembers()
	best := make([]entryReason, len(g.Prog.Funcs))
	makes := make([]bool, len(g.Prog.Funcs))
	for f := range best {
		best[f].rank = len(table.rows) + 2
	}
	note := func(f FuncID, r entryReason) {
		if r.rank < best[f].rank {
			best[f] = r
		}
	}
	for _, s := range g.stored {
		r := entryReason{rank: table.kind("member", s.via), via: s.via, place: s.place}
		if r.rank < 0 {
			r.rank = len(table.rows)
		} else {
			makes[s.fn] = true
		}
		note(s.fn, r)
	}
	asyncKind := map[string]int{}
	called := make([]bool, len(best))
	for i := range g.Edges {
		e := &g.Edges[i]
		switch {
		case e.Kind == Async:
			rank, known := asyncKind[e.Via]
			if !known {
				rank = table.kind("async", e.Via)
				asyncKind[e.Via] = rank
			}
			makes[e.Callee] = true
			note(e.Callee, entryReason{rank, e.Via, Place{g.Prog.Funcs[e.Caller].Path, e.Pos}})
		case e.Kind.Sync() && e.Caller != e.Callee && !(e.Kind == Ops && members[e.Via]):
			called[e.Callee] = true
		}
	}
	g.Prog.nameEntries(note)
	var out []Entry
	for _, f := range g.Prog.Funcs {
		if f.External || f.Trace || called[f.ID] && !makes[f.ID] {
			continue
		}
		out = append(out, best[f.ID].entry(f.ID, table.rows))
	}
	slices.SortStableFunc(out, func(a, b Entry) int { return cmp.Compare(table.ranks[a.Kind], table.ranks[b.Kind]) })
	return out
}

// An entryReason is why a function may be an entry point.
type entryReason struct {
	rank  int // row of the table; after those: stored elsewhere, argument of unread code, nothing
	via   string
	place Place
}

func (r entryReason) entry(f FuncID, rows []entryRow) Entry {
	e := Entry{Func: f, Via: r.via, Place: r.place}
	switch {
	case r.rank < len(rows):
		e.Kind = rows[r.rank].kind
	case r.rank == len(rows):
		e.Kind = otherTable
	case r.rank == len(rows)+1:
		e.Kind = otherCode
	}
	return e
}

// A Reaching is an entry point with its best chain to what was asked for, and
// the commands that lead there by any chain.
type Reaching struct {
	Entry
	Chain Chain
	Cases Cases
}

// EntriesTo is the entry points that reach one of the functions, by kind and
// then the best chain first. No chain goes back out through the table by which
// an entry point is called: what comes in there begins there.
func (g *Graph) EntriesTo(to []FuncID, allow Allow) []Reaching {
	entries := g.Entries()
	q := Query{From: entryFuncs(entries), To: to, Allow: allow, Within: true}
	chains := g.FromEach(q)
	every := newSearch(g, &q, allow) // whatever the class of certainty
	every.measure(to)
	type order struct {
		Reaching
		kind, class int
		cost        uint64
	}
	var found []order // what the order depends on is found once for each
	for i, c := range chains {
		if c != nil {
			found = append(found, order{Reaching{entries[i], c, every.casesOf(entries[i].Func)}, g.Prog.entryTable.ranks[entries[i].Kind], c.class(), c.cost()})
		}
	}
	slices.SortStableFunc(found, func(a, b order) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.class, b.class), cmp.Compare(a.cost, b.cost))
	})
	out := make([]Reaching, len(found))
	for i := range found {
		out[i] = found[i].Reaching
	}
	return out
}

func entryFuncs(entries []Entry) []FuncID {
	funcs := make([]FuncID, len(entries))
	for i, e := range entries {
		funcs[i] = e.Func
	}
	return funcs
}

// tableMembers is the members of edges of the graph that a member row describes.
func (g *Graph) tableMembers() map[string]bool {
	listed := map[string]bool{}
	for i := range g.Edges {
		if e := &g.Edges[i]; e.Kind == Ops {
			if _, known := listed[e.Via]; !known {
				listed[e.Via] = g.Prog.entryTable.kind("member", e.Via) >= 0
			}
		}
	}
	return listed
}

// nameEntries notes what file-scope macros, names and calls of code that was not
// read say of functions.
func (p *Program) nameEntries(note func(FuncID, entryReason)) {
	for i, file := range p.Files {
		for _, tc := range file.TopCalls {
			rank := p.entryTable.kind("macro", tc.Name)
			if rank < 0 || p.entryTable.rows[rank].arg >= len(tc.Raw) || !p.syms.env.holds(tc.Cond) {
				continue
			}
			fn, _ := p.syms.function(strings.TrimSpace(tc.Raw[p.entryTable.rows[rank].arg]), int32(i))
			if id, ok := p.byIR[fn]; ok {
				note(id, entryReason{rank, tc.Name, Place{file.Path, tc.Pos}})
			}
		}
	}
	for _, f := range p.Funcs {
		if rank := p.entryTable.kind("name", f.Name); rank >= 0 {
			note(f.ID, entryReason{rank, f.Name, Place{f.Path, f.Pos()}})
		}
		if f.IR() == nil || f.External {
			continue
		}
		for _, b := range f.IR().Blocks {
			for _, in := range b.Instrs {
				if c, ok := in.(*cparse.Call); ok {
					p.passed(f, c, note)
				}
			}
		}
	}
}

// passed notes the functions that a call hands to a function without a body.
func (p *Program) passed(f *Func, c *cparse.Call, note func(FuncID, entryReason)) {
	if c.Fun == nil || c.Fun.Kind != cparse.EName {
		return
	}
	to := NoFunc
	for _, a := range c.Args {
		a = bare(a, "&")
		if a == nil || a.Kind != cparse.EName || len(p.byName[a.Name]) == 0 {
			continue
		}
		if to == NoFunc {
			if to = p.Lookup(f, c.Fun.Name); to == NoFunc || !p.Funcs[to].External {
				return
			}
		}
		if id := p.Lookup(f, a.Name); id != NoFunc {
			note(id, entryReason{len(p.entryTable.rows) + 1, "argument of " + c.Fun.Name + "()", Place{f.Path, c.Pos}})
		}
	}
}

// A store is a function in a place that outlives calls: a member, a variable, a
// slot.
type store struct {
	fn    FuncID
	via   string
	place Place
}

// Stored calls yield for each function and each place that outlives calls and
// holds it, in words: "struct preempt_ops.sched_out", "variable handlers". The
// order is that of the program.
func (g *Graph) Stored(yield func(f FuncID, via string) bool) {
	for _, s := range g.stored {
		if !yield(s.fn, s.via) {
			return
		}
	}
}

// stores is what the cells of a solved program hold, by function.
func (s *solver) stores() []store {
	var out []store
	for i, c := range s.cells {
		switch c.key.owner.(type) {
		case FuncID, resultOf, siteKey:
			continue
		}
		for _, f := range c.order {
			o := s.into(int32(i), c.holds[f])
			if o.handed {
				continue // its edge says so, where it was handed over
			}
			if owner, ok := c.key.owner.(*cparse.Struct); ok {
				o.via = s.memberName(owner, c.key.name)
			}
			out = append(out, store{f, o.via, o.place})
		}
	}
	slices.SortFunc(out, func(a, b store) int {
		return cmp.Or(cmp.Compare(a.fn, b.fn), cmp.Compare(a.via, b.via), cmp.Compare(a.place.Path, b.place.Path),
			cmp.Compare(a.place.Pos.Line, b.place.Pos.Line), cmp.Compare(a.place.Pos.Col, b.place.Pos.Col))
	})
	return slices.CompactFunc(out, func(a, b store) bool { return a.fn == b.fn && a.via == b.via })
}
