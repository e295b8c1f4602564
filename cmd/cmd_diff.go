package cmd

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"klockscan/cmd/overlay"
	"klockscan/lockflow"
	"klockscan/reports"
)

// diffFlags say which trees are compared.
type diffFlags struct {
	git   string   // a repository: the arguments are revisions
	patch []string // files: the argument is the tree that they are laid over
}

func (a *app) diffCommand() *cobra.Command {
	var o options
	var f diffFlags
	c := &cobra.Command{
		Use:   "diff OLD NEW | diff --git REPO REV1 REV2 | diff --patch FILE [TREE]",
		Short: "compare the findings of two trees, or tell what a patch introduces",
		Long: "diff checks two trees and tells which findings are new, fixed and unchanged, which lock orders were added or\n" +
			"removed, and which rules the documents added, removed or reversed. It exits with status 1 only for what is new.\n\n" +
			"The trees are two directories; or two revisions of a git repository, which are read without a checkout; or a\n" +
			"tree and the same with a patch laid over it in memory. A patch is a unified diff or a series of mails as from\n" +
			"git format-patch --stdout; - is standard input. A hunk that does not apply is an error.",
	}
	c.Args = func(c *cobra.Command, given []string) error {
		switch {
		case len(f.patch) > 0:
			return args(0, 1, "TREE alone")(c, given)
		case f.git != "":
			return args(2, 2, "REV1 and REV2")(c, given)
		}
		return args(2, 2, "OLD and NEW")(c, given)
	}
	c.RunE = func(c *cobra.Command, given []string) error {
		if err := o.validate(c); err != nil {
			return err
		}
		o.useProcessors()
		old, now, err := a.openSides(c.Context(), &o, &f, given)
		if err != nil {
			return err
		}
		defer old.close()
		defer now.close()
		now.trees = append(now.trees, old.tree)
		// The key of the answer: the same words may name other trees elsewhere.
		question := slices.Concat(given, []string{old.tree.id, fmt.Sprint(old.side, now.side)}, now.notes())
		return now.answer(c, question, func(c *cobra.Command, _ *session, _ []string) error {
			return now.diff(c.Context(), old)
		})
	}
	o.treeFlags(c, a.table)
	o.outFlags(c, checkFormats...)
	o.confidenceFlag(c, "finding that is shown")
	o.findingFlags(c)
	c.Flags().StringVar(&f.git, "git", "", "compare two revisions of this git repository")
	c.Flags().StringArrayVar(&f.patch, "patch", nil, "tell what this patch introduces; may be repeated, in order")
	c.MarkFlagsMutuallyExclusive("git", "patch")
	return c
}

// diff compares the session's tree with an older one and writes what it found.
func (s *session) diff(ctx context.Context, old *session) error {
	doc, err := s.against(ctx, old)
	if broken := cmp.Or(s.tree.failure(), old.tree.failure()); broken != nil {
		err = failf("a tree could not be read to its end: %w", broken) // what was found is a part
	}
	if err != nil {
		return err
	}
	return s.publish(doc, s.diffWriters(doc), s.verdict(doc.Check()))
}

// A checkedTree is what is known of one of two trees.
type checkedTree struct {
	doc   reports.Check
	all   []reports.Finding // of any confidence
	pairs []reports.Pair    // likewise

	unbound error // rules of the user's about locks that this tree does not have
}

// surePairs is the pairs that are as certain as --confidence asks.
func (s *session) surePairs(all []reports.Pair) []reports.Pair {
	out := []reports.Pair{}
	for _, p := range all {
		if doubt(p.Confidence) <= doubt(s.confidence) {
			out = append(out, p)
		}
	}
	return out
}

// checkedTrees checks both trees, the old one first: it is the one that is in the cache,
// and what is worked out of it serves for the other. If all of it is there, both at a time.
func (s *session) checkedTrees(ctx context.Context, old *session) (before, after checkedTree, err error) {
	var wg sync.WaitGroup
	var failed error
	both := s.tree.base == old.tree && old.isKept()
	if both {
		wg.Go(func() { before, failed = old.checkedTree(ctx) })
	} else if before, err = old.checkedTree(ctx); err != nil {
		return before, after, err
	} else {
		old.keepCodes() // the new tree's are kept with the answer
	}
	after, err = s.checkedTree(ctx)
	if wg.Wait(); failed != nil {
		return before, after, failed
	}
	if both {
		old.keepCodes()
	}
	return before, after, err
}

// isKept reports whether every architecture is in the cache.
func (s *session) isKept() bool {
	return !slices.ContainsFunc(s.arches, func(arch string) bool { return !s.codeMemo(s.tree.id, arch, true).holdsFor(s.view(arch)) })
}

// against compares the trees.
func (s *session) against(ctx context.Context, old *session) (reports.Diff, error) {
	before, after, err := s.checkedTrees(ctx, old)
	if err != nil {
		return reports.Diff{}, err
	}
	doc := reports.Diff{Head: after.doc.Head, Old: old.side, To: s.side, Hidden: after.doc.Hidden, Suppressed: after.doc.Suppressed,
		Known: after.doc.Known, LockOrder: after.doc.LockOrder, Sources: after.doc.Sources, Notes: s.notes()}
	doc.New, doc.Fixed, doc.Unchanged = reports.CompareFindings(before.doc.Findings, after.doc.Findings, before.all, after.all)
	doc.Orders = reports.ComparePairs(s.surePairs(before.pairs), s.surePairs(after.pairs), before.pairs, after.pairs)
	if before.unbound != nil && after.unbound != nil {
		return doc, after.unbound
	}
	stated := namedLocks(slices.Concat(before.doc.Findings, doc.New), slices.Concat(before.doc.LockOrder.Rules, after.doc.LockOrder.Rules))
	statedFirst(doc.Orders.Added, stated)
	statedFirst(doc.Orders.Removed, stated)
	doc.Rules = reports.NewChanges(lockflow.CompareRules(old.statedRules(), s.statedRules()))
	if s.showsSources() {
		doc.OldSources = old.excerpts(reports.Check{Findings: doc.Fixed})
	}
	return doc, nil
}

// checkedTree checks the tree of a session.
func (s *session) checkedTree(ctx context.Context) (checkedTree, error) {
	s.keepsAll = true
	doc, err := s.checked(ctx)
	if err == nil && s.failed != nil {
		err = s.failed
	}
	return checkedTree{doc, s.all, s.observed, s.unbound}, err
}

// openSides opens both trees. What the rules file of the first that is opened says of
// flags is said for both: they are to be compared under the same conditions.
func (a *app) openSides(ctx context.Context, o *options, f *diffFlags, given []string) (old, now *session, err error) {
	switch {
	case len(f.patch) > 0:
		return a.openPatched(o, f.patch, treeArg(given, 0))
	case f.git != "":
		return a.openRevisions(ctx, o, f.git, given)
	}
	if now, err = a.openSide(o, given[1]); err != nil {
		return nil, nil, err
	}
	if old, err = a.openSide(o, given[0]); err != nil {
		now.close()
		return nil, nil, err
	}
	return old, now, nil
}

// openSide opens a directory.
func (a *app) openSide(o *options, dir string) (*session, error) {
	t, kernel, err := openTree(dir)
	if err != nil {
		return nil, err
	}
	return a.side(o, t, reports.Side{Name: dir, Kernel: kernel})
}

// side is a session on a tree that is compared.
func (a *app) side(o *options, t *tree, side reports.Side) (*session, error) {
	s, err := o.openOn(a.streams, a.table, t, side.Kernel)
	if err != nil {
		return nil, err
	}
	if err := a.ready(s); err != nil {
		s.close()
		return nil, err
	}
	s.side = side
	return s, nil
}

// openRevisions opens two revisions of a repository.
func (a *app) openRevisions(ctx context.Context, o *options, repo string, revs []string) (old, now *session, err error) {
	t, kernel, err := openRevision(ctx, repo, revs[1])
	if err != nil {
		return nil, nil, err
	}
	if now, err = a.side(o, t, reports.Side{Name: revs[1], Commit: t.git.Commit(), Kernel: kernel}); err != nil {
		return nil, nil, err
	}
	if t, kernel, err = openRevision(ctx, repo, revs[0]); err == nil {
		if old, err = now.beside(t, kernel); err == nil {
			old.side = reports.Side{Name: revs[0], Commit: t.git.Commit(), Kernel: kernel}
			return old, now, nil
		}
	}
	now.close()
	return nil, nil, err
}

// openPatched opens a tree, and it with patches over it.
func (a *app) openPatched(o *options, files []string, dir string) (old, now *session, err error) {
	var patches []overlay.Patch
	for _, name := range files {
		text, err := a.readPatch(name)
		if err != nil {
			return nil, nil, err
		}
		patches = append(patches, overlay.Patch{Name: name, Text: text})
	}
	if old, err = a.openSide(o, dir); err != nil {
		return nil, nil, err
	}
	t, kernel, err := openOverlay(old.tree, patches...)
	if err == nil {
		if now, err = old.beside(t, kernel); err == nil {
			now.side = reports.Side{Name: dir + " with " + strings.Join(files, ", "), Kernel: kernel}
			return old, now, nil
		}
	}
	old.close()
	return nil, nil, err
}

// readPatch reads a patch file; - is standard input.
func (a *app) readPatch(name string) ([]byte, error) {
	text, err := readInput(name, a.in, largestFile)
	if err != nil {
		return nil, failf("cannot read the patch %s: %w", name, unpath(err))
	}
	return text, nil
}

// notes is what should be known of how patches were applied.
func (s *session) notes() []string {
	if s.tree.over == nil {
		return nil
	}
	var out []string
	for _, n := range s.tree.over.Notes() {
		out = append(out, n.String())
	}
	return out
}

// statedFirst puts the orders of locks that rules or findings name first: of the
// many that a kernel gains and loses, those are what is asked for.
func statedFirst(pairs []reports.Pair, stated map[string]bool) {
	rank := func(p reports.Pair) int {
		switch {
		case stated[p.Outer.Class] && stated[p.Inner.Class]:
			return 0
		case stated[p.Outer.Class] || stated[p.Inner.Class]:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(pairs, func(a, b reports.Pair) int { return rank(a) - rank(b) })
}
