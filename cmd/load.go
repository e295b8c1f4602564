package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"klockscan/callgraph"
	"klockscan/cmd/store"
	"klockscan/lockflow"
	"klockscan/reports"
)

// A session is one opened tree with the options of the command.
type session struct {
	*options
	streams
	table    *scopeFile
	tree     *tree
	trees    []*tree      // all that were read
	store    *store.Store // of results; nil: none
	watch    *stopwatch
	given    *answerText // what was written, for the cache; nil: there is none
	made     keptCodes
	most     func(edges int) int // events that a function hands to its callers, see lockflow.Options; nil: as many as usual
	viewed   views
	loading  *sync.Mutex       // held by the architecture that is being read
	enter    func(arch string) // waits until there is room for it; nil: there is
	kernel   string
	scope    *scope
	locks    *lockflow.Table
	ways     *callgraph.EntryTable // into the code
	set      *settings
	known    *baseline // findings that are not reported; nil: none
	progress *progress
	cache    *callgraph.Cache   // parsed files that architectures share
	library  *callgraph.Library // sources that units share; nil: each searches the tree
	stated   treeRules
	failed   error // of a part of the work; the rest is reported

	keepsAll bool              // of a comparison: all findings and observed orders are kept
	all      []reports.Finding // of any confidence
	observed []reports.Pair
	side     reports.Side
	unbound  error // see checkedTree
	make     maker
}

// code is one architecture of the tree, linked.
type code struct {
	prog   *callgraph.Program
	graph  *callgraph.Graph
	result *lockflow.Result // nil until analyse

	bindings *lockflow.Bindings // of rules; made when they are asked for
	base     *baseWriter        // what a later run may start from; nil: nothing
}

// open opens the tree named by the last argument, and understands the options
// together with what the tree's own rules file says.
func (o *options) open(s streams, table *scopeFile, dir string) (*session, error) {
	t, kernel, err := openTree(dir)
	if err != nil {
		return nil, err
	}
	return o.openOn(s, table, t, kernel)
}

// openOn is open for a tree that is open, which is the session's from now on.
func (o *options) openOn(s streams, table *scopeFile, t *tree, kernel string) (*session, error) {
	out := &session{options: o, streams: s, table: table, tree: t, trees: []*tree{t}, kernel: kernel,
		cache: callgraph.NewCache(t), make: makeCode, watch: o.newStopwatch(), loading: new(sync.Mutex)}
	if err := out.configure(); err != nil {
		out.close()
		return nil, err
	}
	return out, nil
}

// configure reads the rules files, and extends the options and tables by what
// they say.
func (s *session) configure() (err error) {
	if s.set, err = readSettings(s.tree, s.options.rules, s.texts); err != nil {
		return err
	}
	if err = s.options.configure(s.set); err != nil {
		return err
	}
	if s.scope, err = s.table.scope(s.options.scope); err != nil {
		return err
	}
	if c := s.command; s.scope.whole && c != nil && c.Annotations[wholeMark] == "" {
		return usagef("%s does not take the whole tree (--scope %s) yet: name directories of it, as in --scope fs,mm", c.CommandPath(), s.table.Whole.Name)
	}
	if s.known, err = s.options.readBaseline(); err != nil {
		return err
	}
	if s.locks, err = s.options.lockTable(); err != nil {
		return err
	}
	if s.locks, err = s.locks.Extend("rules file", strings.NewReader(s.set.primitives)); err != nil {
		return usagef("%w", err)
	}
	if s.ways, err = callgraph.DefaultEntries().Extend("rules file", s.set.entries); err != nil {
		return usagef("%w", err)
	}
	s.progress = &progress{}
	if !s.quiet {
		s.progress = newProgress(s.err)
	}
	return nil
}

// lockTable is the table of lock primitives with the user's rows.
func (o *options) lockTable() (*lockflow.Table, error) {
	t, err := lockflow.DefaultTable()
	if err != nil {
		return nil, failf("the built-in table of lock primitives: %w", err)
	}
	if o.primitives == "" {
		return t, nil
	}
	text, err := o.texts.read(o.primitives, largestRules)
	if err != nil {
		return nil, usagef("--primitives: %w", err)
	}
	if t, err = t.Extend(o.primitives, bytes.NewReader(text)); err != nil {
		return nil, usagef("--primitives: %w", err)
	}
	return t, nil
}

// close ends the session: the display goes, the directory is released.
func (s *session) close() {
	s.progress.clear()
	s.tree.Close()
}

// each runs work for every architecture at the same time, and returns the
// results in the order of the options.
func each[T any](s *session, work func(arch string) (T, error)) ([]T, error) {
	results := make([]T, len(s.arches))
	errs := make([]error, len(s.arches))
	var wg sync.WaitGroup
	for i, arch := range s.arches {
		wg.Go(func() { results[i], errs[i] = work(arch) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return results, nil
}

// load reads, links and resolves the calls of every architecture.
func (s *session) load(ctx context.Context) ([]*code, error) {
	return s.work(ctx, false)
}

func (s *session) work(ctx context.Context, locks bool) ([]*code, error) {
	return each(s, func(arch string) (*code, error) {
		c, err := s.make(ctx, s, arch, locks)
		if err == nil && s.store != nil {
			s.made.later(c)
		}
		return c, err
	})
}

// A maker loads one architecture and, if locks says so, follows its locks.
type maker func(ctx context.Context, s *session, arch string, locks bool) (*code, error)

// makeCode is the maker of every command. Tests that run many commands on one
// tree put one around it that remembers.
func makeCode(ctx context.Context, s *session, arch string, locks bool) (*code, error) {
	c, err := s.loadArch(ctx, arch)
	if err != nil || !locks {
		return c, err
	}
	defer s.watch.stage(arch, "flow")()
	s.progress.step(arch, "following locks", 0, 0)
	opt := s.flowOptions(c.graph)
	if c.base = s.newBase().noteGraph(c.graph); c.base != nil {
		opt.State = c.base.locks
	}
	if c.result, err = lockflow.Analyze(c.prog, c.graph, opt); err != nil {
		return nil, failure(arch, err)
	}
	if ctx.Err() != nil {
		return nil, failure(arch, ctx.Err())
	}
	return c, nil
}

// flowOptions is how the locks of a graph are followed.
func (s *session) flowOptions(g *callgraph.Graph) lockflow.Options {
	opt := lockflow.Options{Table: s.locks}
	if s.most != nil {
		opt.Events = s.most(len(g.Edges))
	}
	return opt
}

// loadOptions is how an architecture is read; the error is a directory of the scope
// that is not there.
func (s *session) loadOptions(arch string) (callgraph.Options, error) {
	view := s.view(arch)
	dirs, err := s.scope.in(view, s.table, arch)
	return callgraph.Options{
		Arch: arch, Dirs: dirs, Alone: s.scope.alone, Opaque: s.locks.Opaque, Entries: s.ways,
		Cache: s.cache, Library: s.library, Asked: view.asked,
		Progress: func(stage string, done, total int) { s.progress.step(arch, stage, done, total) },
	}, err
}

func (s *session) loadArch(ctx context.Context, arch string) (*code, error) {
	opt, err := s.loadOptions(arch)
	if err != nil {
		return nil, err
	}
	// The next architecture is read while this one's pointers and locks are
	// followed: two at once need more memory and no less time.
	s.loading.Lock()
	next := sync.OnceFunc(s.loading.Unlock)
	defer next()
	if s.enter != nil {
		s.enter(arch)
	}
	opt.Linked = next
	end := s.watch.stage(arch, "read and link")
	prog, err := callgraph.Load(ctx, s.view(arch), opt)
	if err != nil {
		return nil, failure(arch, err)
	}
	end()
	s.watch.loaded(prog)
	defer s.watch.stage(arch, "edges")()
	s.progress.step(arch, "resolving calls", 0, 0)
	graph := callgraph.Build(prog)
	c := &code{prog: graph.Prog, graph: graph}
	if s.loading.TryLock() { // nobody else is linking, and asks the cache again
		s.cache.Trim()
		s.loading.Unlock()
	}
	return c, nil
}

// failure names the architecture at which the work stopped.
func failure(arch string, err error) error {
	if errors.Is(err, context.Canceled) {
		return failf("interrupted")
	}
	return failf("%s: %w", arch, err)
}

// analyse loads, and follows the locks of every architecture.
func (s *session) analyse(ctx context.Context) ([]*code, error) {
	return s.work(ctx, true)
}

// find looks a function up in every architecture; one that no architecture
// knows is wrong usage, and the nearest names are offered.
func find(codes []*code, spec string) ([][]callgraph.FuncID, error) {
	found := make([][]callgraph.FuncID, len(codes))
	known := false
	var similar []string
	for i, c := range codes {
		found[i] = c.prog.Find(spec)
		known = known || len(found[i]) > 0
	}
	if known {
		return found, nil
	}
	for _, c := range codes {
		for _, name := range c.prog.Similar(spec, 3) {
			if !slices.Contains(similar, name) {
				similar = append(similar, name)
			}
		}
	}
	hint := ""
	if len(similar) > 0 {
		hint = "; did you mean " + strings.Join(similar, ", ") + "?"
	}
	return nil, usagef("unknown function %q%s", spec, hint)
}

// A headPart is what one architecture adds to the head of a document.
type headPart struct {
	read     reports.Read
	lost     []reports.Lost
	problems []reports.Problem
}

func (c *code) headPart() headPart {
	return headPart{reports.NewRead(c.prog, c.graph, c.result), reports.NewLost(c.prog), reports.NewProblems(c.prog)}
}

// head is the head of a document about codes.
func (s *session) head(codes []*code) reports.Head {
	parts := make([]headPart, len(codes))
	for i, c := range codes {
		parts[i] = c.headPart()
	}
	return s.headOf(parts)
}

func (s *session) headOf(parts []headPart) reports.Head {
	h := reports.Head{
		Format: reports.Format, Tool: "klockscan", Version: Version(), Kernel: s.kernel,
		Arches: s.arches, Scope: s.scope.names, Confidence: s.confidence,
		Read: []reports.Read{}, NotRead: s.tree.notRead(), Problems: []reports.Problem{},
	}
	for _, p := range parts {
		h.NotRead = append(h.NotRead, p.lost...)
		h.Read = append(h.Read, p.read)
		h.Problems = append(h.Problems, p.problems...)
	}
	h.NotRead, h.Problems = reports.SortLost(h.NotRead), reports.SortProblems(h.Problems)
	return h
}

// lostInScope says what of the scope could not be read at all: a check that
// finds nothing is then no clean bill. Files elsewhere only cost precision.
func (s *session) lostInScope(h reports.Head) error {
	var lost []reports.Lost
	for _, l := range h.NotRead {
		if s.scope.holds(l.File, s.arches) {
			lost = append(lost, l)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	more := ""
	if len(lost) > 1 {
		more = fmt.Sprintf(" and %d more", len(lost)-1)
	}
	return failf("clean as far as could be read: %s: %s%s", lost[0].File, lost[0].Reason, more)
}
