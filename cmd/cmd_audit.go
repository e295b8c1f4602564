package cmd

import (
	"io"
	"io/fs"
	"slices"

	"github.com/aymanbagabas/go-udiff"
	"github.com/spf13/cobra"

	"klockscan/lockflow"
	"klockscan/reports"
)

// auditFlags are those of audit alone.
type auditFlags struct {
	old   string
	patch bool
	top   int
	leave bool
}

func (a *app) auditCommand() *cobra.Command {
	var o options
	var f auditFlags
	c := &cobra.Command{
		Use:   "audit [TREE]",
		Short: "compare the documented lock order with what the code does",
		Long: "audit turns check around: which rules the code contradicts, which contradict each other, which no path\n" +
			"exercises, which orders the code relies on and no rule states (each as a sentence for the document, with sample\n" +
			"chains), and where names, types and architectures of the text no longer fit the code. --old compares the rules\n" +
			"with those of another tree. --patch prints the proposals as a patch of the document. It exits with status 1 if\n" +
			"rules are contradicted, by the code or by each other.",
		Args: args(0, 1, "TREE alone"),
	}
	c.RunE = a.run(&o, 0, func(c *cobra.Command, s *session, _ []string) error {
		codes, err := s.analyse(c.Context())
		if err != nil {
			return err
		}
		audit, err := s.audit(codes)
		if err != nil {
			return err
		}
		if f.leave {
			doc := reports.LeaveOut{Kernel: s.kernel, Orders: reports.NewLeftOuts(lockflow.LeaveOut(audit.inputs))}
			return s.publishOnly(doc, writers{"text": doc.WriteText, "markdown": doc.WriteText}) // its text is a table of markdown
		}
		if f.patch {
			return s.write(func(w io.Writer, _ output) error {
				return s.writePatch(w, audit.proposals[:min(len(audit.proposals), f.top)])
			})
		}
		if f.old != "" {
			changes, err := s.changesSince(f.old)
			if err != nil {
				return err
			}
			audit.Changes = changes
		}
		return s.finishAudit(audit.Audit)
	})
	o.treeFlags(c, a.table)
	o.outFlags(c, checkFormats...)
	o.linkFlag(c)
	o.confidenceFlag(c, "path that contradicts a rule")
	fl := c.Flags()
	fl.StringVar(&f.old, "old", "", "another tree: which rules were added, removed or reversed since")
	fl.BoolVar(&f.patch, "patch", false, "print the first proposals as a patch of the document, for git apply")
	fl.BoolVar(&f.leave, "leave-out", false, "instead: take each stated order out of the text in turn and tell whether it is proposed again, as a table")
	fl.IntVar(&f.top, "top", defaultTop, "how many proposals --patch takes")
	return c
}

// finishAudit writes an audit.
func (s *session) finishAudit(doc reports.Audit) error {
	status := error(errFindings)
	if len(doc.Contradicted)+len(doc.Circles) == 0 {
		status = s.lostInScope(doc.Head)
	}
	if s.showsSources() {
		doc.Sources = s.excerpts(doc.Check())
	}
	return s.publish(doc, s.auditWriters(doc), status)
}

// defaultTop is how many proposals a patch has.
const defaultTop = 5

// An audited is the document of an audit, with what a patch needs.
type audited struct {
	reports.Audit
	inputs    []lockflow.AuditInput
	proposals []lockflow.Proposal
}

// audit compares text and code on every architecture.
func (s *session) audit(codes []*code) (audited, error) {
	docs := lockflow.ReadLockDocs(s.tree, s.scope.docsIn(s.tree))
	var inputs []lockflow.AuditInput
	var drifts []lockflow.DriftInput
	var circles []lockflow.Contradiction
	broken := map[string]*reports.BrokenRule{}
	var order []string // of broken
	var idle [][]reports.Rule
	var bound []boundRules
	var parts []checkPart
	for _, c := range codes {
		rules, notes := s.rulesFor(c)
		parts = append(parts, checkPart{boundRules: boundRules{c.prog.Arch, rules}, pairs: s.pairs(c)})
		bound = append(bound, boundRules{c.prog.Arch, rules})
		input, drift := s.compare(c, rules, notes, docs)
		inputs, drifts = append(inputs, input), append(drifts, drift)
		circles = append(circles, lockflow.Contradictions(rules, c.prog.Arch)...)
		idle = append(idle, idleRules(c.result, rules))
		for _, f := range s.contradicting(lockflow.Check(c.result, rules, c.prog.Arch)) {
			r := *f.Rule
			key := r.File + "\n" + r.Text
			if broken[key] == nil {
				broken[key] = &reports.BrokenRule{Rule: r}
				order = append(order, key)
			}
			broken[key].Findings = append(broken[key].Findings, f)
		}
	}
	doc := audited{inputs: inputs, proposals: lockflow.Proposals(inputs)}
	doc.Audit = reports.Audit{Head: s.head(codes), Contradicted: []reports.BrokenRule{}, Circles: reports.NewCircles(circles),
		Unexercised: inAll(idle, codes), Undocumented: reports.NewProposals(doc.proposals), Drift: reports.NewDrifts(lockflow.Drifts(docs, drifts))}
	for _, key := range order {
		doc.Contradicted = append(doc.Contradicted, *broken[key])
	}
	if s.showsOrders() {
		doc.LockOrder = lockOrder(doc.Check().Findings, parts)
	}
	return doc, unboundRules(s.set.rules, bound)
}

// contradicting is the findings that contradict a rule and are shown.
func (s *session) contradicting(all []lockflow.Finding) []reports.Finding {
	var reported, out []reports.Finding
	for _, f := range all {
		reported = append(reported, reports.NewFinding(f))
	}
	silent := s.set.silence(reported)
	for i, f := range all {
		if f.Rule != nil && f.Kind != lockflow.KindRules && f.Confidence >= s.least() && !silent[i] {
			out = append(out, reported[i])
		}
	}
	return out
}

// compare prepares what the comparison needs of one architecture.
func (s *session) compare(c *code, rules []*lockflow.Rule, notes []lockflow.BindNote, docs []lockflow.LockDoc) (lockflow.AuditInput, lockflow.DriftInput) {
	names := make([]*lockflow.Rule, len(docs))
	for i, d := range docs {
		names[i] = &lockflow.Rule{Kind: lockflow.RuleNote, File: d.File, Line: d.Line, Outer: []lockflow.Name{{Text: d.Name}}}
	}
	binder := lockflow.NewBinder(c.prog, s.locks.Object, append(slices.Clone(rules), names...))
	drift := lockflow.DriftInput{Arch: c.prog.Arch, Notes: notes}
	if b, ok := binder.(lockflow.Suggester); ok {
		drift.Suggest = b.Suggest
	}
	var classes []lockflow.Class
	for i, d := range docs {
		bound, why := binder.BindName(d.Name, names[i])
		drift.Classes, drift.Why = append(drift.Classes, bound), append(drift.Why, why)
		classes = append(classes, bound...)
	}
	for _, p := range c.result.Pairs {
		classes = append(classes, p.Outer.Class, p.Inner.Class)
	}
	spoken := map[lockflow.Class]string{}
	for i, bound := range drift.Classes {
		for _, class := range bound {
			spoken[class] = docs[i].Name
		}
	}
	homes := lockflow.LockHomes(c.prog, classes)
	drift.Homes = homes
	inScope := map[string]bool{}
	for _, f := range c.prog.Funcs {
		inScope[f.Path] = inScope[f.Path] || f.Focus
	}
	return lockflow.AuditInput{Result: c.result, Rules: rules, Homes: homes, Names: spoken,
		Scope: func(file string) bool { return inScope[file] }}, drift
}

// idleRules is the rules of an architecture that no path exercises.
func idleRules(res *lockflow.Result, rules []*lockflow.Rule) []reports.Rule {
	var out []reports.Rule
	for _, a := range lockflow.Audit(res, rules) {
		if a.Unexercised() {
			out = append(out, reports.NewRule(a.Rule))
		}
	}
	return out
}

// inAll is the rules that are idle on every architecture that they are about.
func inAll(idle [][]reports.Rule, codes []*code) []reports.Rule {
	out := []reports.Rule{}
	same := func(r reports.Rule) func(reports.Rule) bool {
		return func(o reports.Rule) bool {
			return o.File == r.File && o.Line == r.Line && o.Text == r.Text && o.Kind == r.Kind
		}
	}
	for i := range idle {
		for _, r := range idle[i] {
			everywhere := true
			for k := range idle {
				about := r.Arch == "" || r.Arch == codes[k].prog.Arch
				everywhere = everywhere && (!about || slices.ContainsFunc(idle[k], same(r)))
			}
			if everywhere && !slices.ContainsFunc(out, same(r)) {
				out = append(out, r)
			}
		}
	}
	return out
}

// changesSince compares the rules with those of another tree.
func (s *session) changesSince(old string) ([]reports.RuleChange, error) {
	o, err := s.options.open(s.streams, s.table, old)
	if err != nil {
		return nil, err
	}
	defer o.close()
	s.trees = append(s.trees, o.tree)
	return reports.NewChanges(lockflow.CompareRules(o.statedRules(), s.statedRules())), nil
}

// writePatch writes the proposals as a patch of the scope's document that states
// the most orders.
func (s *session) writePatch(w io.Writer, proposals []lockflow.Proposal) error {
	for _, name := range s.scope.docsIn(s.tree) {
		text, err := fs.ReadFile(s.tree, name)
		if err != nil {
			return failf("%s: %w", name, err)
		}
		patched := lockflow.InsertProposals(name, string(text), proposals, s.statedRules())
		if _, err := io.WriteString(w, udiff.Unified("a/"+name, "b/"+name, string(text), patched)); err != nil {
			return err
		}
	}
	return nil
}
