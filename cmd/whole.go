package cmd

import (
	"cmp"
	"context"
	"fmt"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"

	"klockscan/callgraph"
	"klockscan/lockflow"
	"klockscan/reports"
)

// A whole tree is too much for one program. It is worked through in units
// (survey.go), each as if it were the scope, and the result is what they found
// together. While the locks of one unit are followed the next is read.

// atOnce is how many units are worked on at the same time: more need more memory.
const atOnce = 2

// Limits of memory, in bytes, of a check of a whole tree: what is in use when the
// next unit is not yet read beside another; and what the collector keeps to, by
// running more often.
const (
	crowded     = 1200 << 20
	wholeMemory = 2900 << 20
)

// fullEdges is the number of call edges up to which a unit of a whole tree has all
// the events that it would have as a scope. Events are handed along edges, and some
// drivers call everything through tables that lead to everything: beyond, a function
// hands on fewer, so that the cost of a unit does not grow with its edges. The worst
// of Linux 7.2 takes two minutes and 5 GB as a scope of its own.
const fullEdges = 40_000

// mostEvents is how many events a function of a unit may hand to its callers; 0: as
// many as usual.
func mostEvents(edges int) int {
	if edges <= fullEdges {
		return 0
	}
	few := float64(fullEdges) / float64(edges)
	return max(int(lockflow.MaxEvents*few*few), 1)
}

// A room is where units are worked on, each architecture for itself.
type room struct {
	mu   sync.Mutex
	busy map[seat]bool
	left sync.Cond // signalled when one leaves
}

// A seat is one architecture of one unit.
type seat struct {
	unit int
	arch string
}

func newRoom() *room {
	r := &room{busy: map[seat]bool{}}
	r.left.L = &r.mu
	return r
}

// enter waits until there is room for one more.
func (r *room) enter(s seat) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.busy) > 0 && inUse() > crowded {
		r.left.Wait()
	}
	r.busy[s] = true
}

// leave makes room, if it was taken.
func (r *room) leave(s seat) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.busy, s)
	r.left.Broadcast()
}

// inUse is the heap, in bytes, that the last collection left.
func inUse() uint64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return live[0].Value.Uint64()
}

// A whole is a check of a whole tree.
type whole struct {
	*session
	survey  *survey
	sources *sourceList // as they are now
	units   []unit
	room    *room

	mu    sync.Mutex
	parts []*unitPart // of the units; nil: not known yet, or failed
	errs  []error     // of the units
	begun []*openUnit // by unit
	texts texts       // of all parts
}

// checkWhole checks the whole tree. If units failed, the session knows, and the
// findings are those of the others.
func (s *session) checkWhole(ctx context.Context) (reports.Check, error) {
	w, err := s.newWhole(ctx)
	if err != nil {
		return reports.Check{}, err
	}
	before := debug.SetMemoryLimit(-1)
	debug.SetMemoryLimit(min(before, wholeMemory))
	defer debug.SetMemoryLimit(before)
	w.recallParts(ctx)
	if err := w.work(ctx); err != nil {
		return reports.Check{}, err
	}
	s.failed = w.failedUnits()
	return w.document()
}

// newWhole lists the tree and divides it.
func (s *session) newWhole(ctx context.Context) (*whole, error) {
	s.progress.step(strings.Join(s.arches, ","), "listing the tree", 0, 0)
	survey, err := newSurvey(ctx, s.tree)
	if err != nil {
		return nil, err
	}
	w := &whole{session: s, survey: survey, room: newRoom(), texts: texts{}, units: s.table.units(survey, s.arches)}
	if len(w.units) == 0 {
		return nil, failf("the tree has no directory of the scope %s", s.table.Whole.Name)
	}
	s.library = callgraph.NewLibrary(s.tree, sortedKeys(survey.files))
	w.sources = newSourceList(survey)
	w.parts, w.errs, w.begun = make([]*unitPart, len(w.units)), make([]error, len(w.units)), make([]*openUnit, len(w.units))
	for _, u := range w.units { // what lies in the scope
		s.scope.dirs = append(s.scope.dirs, u.scope.dirs...)
		s.scope.alone = append(s.scope.alone, u.scope.alone...)
		s.scope.docs = append(s.scope.docs, u.scope.docs...)
	}
	return w, nil
}

// inUnit is a session for one unit, with a view of the tree of its own.
func (w *whole) inUnit(i int) *session {
	u, s := w.units[i], w.session
	own := *s.options
	own.arches = u.arches
	view := s.tree.view()
	return &session{options: &own, streams: s.streams, table: s.table, tree: view, trees: []*tree{view}, store: s.store, watch: s.watch,
		most: mostEvents, loading: s.loading, kernel: s.kernel, scope: u.scope, locks: s.locks, ways: s.ways, set: s.set,
		progress: s.progress.within(fmt.Sprintf("unit %d of %d (%s)", i+1, len(w.units), u.title)), cache: s.cache, library: s.library, make: s.make,
		enter: func(arch string) { w.room.enter(seat{i, arch}) }}
}

// A job is one architecture of a unit: the arch-th of its architectures.
type job struct{ unit, arch int }

// work works out the parts that are not known.
func (w *whole) work(ctx context.Context) error {
	var jobs []job
	for i, u := range w.units {
		if w.parts[i] != nil {
			continue
		}
		w.begun[i] = &openUnit{session: w.inUnit(i), part: unitPart{Arches: make([]archPart, len(u.arches))}, left: len(u.arches)}
		for a := range u.arches {
			jobs = append(jobs, job{i, a})
		}
	}
	next := make(chan job)
	var wg sync.WaitGroup
	for range atOnce {
		wg.Go(func() {
			for j := range next {
				part, err := w.archPart(ctx, j)
				w.finish(ctx, j, part, err)
			}
		})
	}
	for _, j := range jobs {
		if ctx.Err() != nil {
			break
		}
		next <- j
	}
	close(next)
	wg.Wait()
	if ctx.Err() != nil {
		return failf("interrupted")
	}
	return nil
}

// An openUnit is a unit that is worked on.
type openUnit struct {
	session *session
	part    unitPart
	left    int // architectures that are not done
}

// archPart works out one architecture of a unit.
func (w *whole) archPart(ctx context.Context, j job) (archPart, error) {
	if ctx.Err() != nil {
		return archPart{}, ctx.Err()
	}
	s, arch := w.begun[j.unit].session, w.units[j.unit].arches[j.arch]
	defer w.room.leave(seat{j.unit, arch})
	c, err := s.make(ctx, s, arch, true)
	if err != nil {
		return archPart{}, err
	}
	return newArchPart(s.checkOne(c), c, s.set.rules), nil
}

// finish notes what a job came to. The last of a unit keeps the unit's part for the
// next run, and makes room for the next unit.
func (w *whole) finish(ctx context.Context, j job, part archPart, err error) {
	w.mu.Lock()
	u := w.begun[j.unit]
	u.part.Arches[j.arch] = part
	if u.left--; err != nil {
		w.errs[j.unit] = err
	}
	last, failed := u.left == 0, w.errs[j.unit]
	if last {
		w.begun[j.unit] = nil
	}
	if last && failed != nil && ctx.Err() == nil {
		u.session.progress.clear()
		fmt.Fprintf(w.err, "klockscan: %s: %s\n", w.units[j.unit].title, oneLine(failed.Error()))
	}
	w.mu.Unlock()
	if last && failed == nil {
		w.keepPart(j.unit, &u.part, u.session.trees)
		w.trim(w.parts[j.unit])
	}
	if last {
		w.cache.Next()
	}
}

// failedUnits is the error of a check of which some units failed.
func (w *whole) failedUnits() error {
	var titles []string
	for i, err := range w.errs {
		if err != nil {
			titles = append(titles, w.units[i].title)
		}
	}
	if titles == nil {
		return nil
	}
	return failf("%d of %d units could not be checked: %s", len(titles), len(w.units), strings.Join(titles, "; "))
}

// document joins the parts.
func (w *whole) document() (reports.Check, error) {
	m := newMerged()
	for _, p := range w.parts {
		if p != nil {
			m.add(p)
		}
	}
	doc := w.findingsOf(m.findings(w.arches))
	doc.Head = w.headOf(m.heads(w.arches))
	doc.Head.Units = len(w.units)
	return doc, unboundRules(w.set.rules, m.bound)
}

// A merged is what units found together.
type merged struct {
	best  map[string]map[reports.Identity]reports.Finding // architecture → finding → its best witness
	read  map[string]*mergedRead                          // by architecture
	bound []boundRules
}

// A mergedRead is what units read of one architecture.
type mergedRead struct {
	headPart
	files      map[string]int64 // path → bytes
	unexpanded map[string]bool
}

func newMerged() *merged {
	return &merged{best: map[string]map[reports.Identity]reports.Finding{}, read: map[string]*mergedRead{}}
}

// add adds a unit, in the order of units.
func (m *merged) add(p *unitPart) {
	for _, a := range p.Arches {
		arch := a.Read.Arch
		if m.read[arch] == nil {
			m.best[arch] = map[reports.Identity]reports.Finding{}
			m.read[arch] = &mergedRead{headPart: headPart{read: reports.Read{Arch: arch}}, files: map[string]int64{}, unexpanded: map[string]bool{}}
		}
		for _, f := range a.Findings {
			if old, ok := m.best[arch][f.Identity()]; !ok || better(f, old) {
				m.best[arch][f.Identity()] = f
			}
		}
		m.read[arch].add(a)
		m.bound = append(m.bound, a.bound())
	}
}

// better compares two witnesses of the same finding, as lockflow does in one
// program.
func better(a, b reports.Finding) bool {
	return cmp.Or(cmp.Compare(doubt(a.Confidence), doubt(b.Confidence)), cmp.Compare(len(a.Chain), len(b.Chain)), cmp.Compare(a.Line, b.Line)) < 0
}

// add adds what one unit read. What units have in common is counted once where it
// can be told: files, macros and regions are, functions and calls are those that
// the units are about, and the rest is a sum.
func (r *mergedRead) add(a archPart) {
	for i, name := range a.Files {
		r.files[name] = a.Sizes[i]
	}
	for _, name := range a.Unexpanded {
		r.unexpanded[name] = true
	}
	r.lost, r.problems = append(r.lost, a.Lost...), append(r.problems, a.Problems...)
	to, one := &r.read, a.Read
	to.FocusFiles += one.FocusFiles
	to.Functions += one.Functions
	to.Edges += one.Edges
	to.Unresolved += one.Unresolved
	to.Acquisitions += one.Acquisitions
	to.UnknownLocks += one.UnknownLocks
	to.Unknown = append(to.Unknown, one.Unknown...)
	for name, n := range one.Limits {
		if to.Limits == nil {
			to.Limits = map[string]int{}
		}
		to.Limits[name] += n
	}
}

// findings is the findings in the order of a check.
func (m *merged) findings(arches []string) []reports.Finding {
	var out []reports.Finding
	for _, arch := range arches {
		var of []reports.Finding
		for _, f := range m.best[arch] {
			of = append(of, f)
		}
		slices.SortFunc(of, compareFindings) // no two are equal: it ends with file, kind and fingerprint
		out = append(out, of...)
	}
	return out
}

// heads is what was read of each architecture.
func (m *merged) heads(arches []string) []headPart {
	var out []headPart
	for _, arch := range arches {
		r := m.read[arch]
		if r == nil {
			continue
		}
		r.problems = reports.SortProblems(r.problems)
		r.read.Files, r.read.Unexpanded, r.read.Problems = len(r.files), len(r.unexpanded), len(r.problems)
		for _, size := range r.files {
			r.read.Bytes += size
		}
		slices.Sort(r.read.Unknown)
		r.read.Unknown = slices.Compact(r.read.Unknown)
		r.read.Unknown = r.read.Unknown[:min(len(r.read.Unknown), mostUnknown)]
		out = append(out, r.headPart)
	}
	return out
}

// mostUnknown is how many unknown locks are listed; all are counted.
const mostUnknown = 50
