package cmd

import (
	"cmp"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"klockscan/lockflow"
	"klockscan/reports"
)

// checkFormats is what findings are written as.
var checkFormats = []string{"text", "json", "sarif", "gitlab", "markdown", "html", "dot", "svg"}

// checkWriters writes findings in each of these.
func (o *options) checkWriters(doc reports.Check) writers {
	picture := sync.OnceValue(func() reports.Picture { return doc.LockPicture().Legible() })
	return writers{
		"text": doc.WriteText, "sarif": plain(doc.WriteSARIF), "gitlab": plain(doc.WriteGitLab), "markdown": plain(doc.WriteMarkdown),
		"html": plain(func(w io.Writer) error { return doc.WriteHTML(w, reports.HTMLOptions{Link: o.link}) }),
		"dot":  plain(func(w io.Writer) error { return picture().WriteDOT(w) }),
		"svg":  plain(func(w io.Writer) error { return picture().WriteSVG(w) }),
	}
}

// diffWriters writes a comparison: in formats that know findings only, what is new.
func (o *options) diffWriters(doc reports.Diff) writers {
	how := o.checkWriters(doc.Check())
	how["text"] = doc.WriteText
	return how
}

// auditWriters writes an audit: in formats that know findings only, what contradicts
// a rule.
func (o *options) auditWriters(doc reports.Audit) writers {
	how := o.checkWriters(doc.Check())
	how["text"] = doc.WriteText
	return how
}

// findingFlags adds the flags of commands that report findings.
func (o *options) findingFlags(c *cobra.Command) {
	f := c.Flags()
	f.StringSliceVar(&o.failOn, "fail-on", []string{allKinds}, "kinds of findings that lead to exit status 1: "+strings.Join(kindNames(), ", ")+"; "+allKinds+", "+noKind)
	o.linkFlag(c)
	f.StringVar(&o.baseline, "baseline", "", "file of known findings, which are counted and not reported (klockscan baseline write makes it)")
}

// linkFlag adds --link.
func (o *options) linkFlag(c *cobra.Command) {
	c.Flags().StringVar(&o.link, "link", "", "of the format html: address of a source browser, with {file}, {line} and {kernel}, that places lead to")
}

// Values of --fail-on that are no kinds.
const (
	allKinds = "all"
	noKind   = "none"
)

func kindNames() []string {
	var out []string
	for _, k := range lockflow.Kinds() {
		out = append(out, string(k))
	}
	return out
}

// validFailOn refuses kinds that do not exist.
func (o *options) validFailOn() error {
	for _, k := range o.failOn {
		if k != allKinds && k != noKind && !slices.Contains(kindNames(), k) {
			return usagef("--fail-on %q: kinds are %s, %s and %s", k, strings.Join(kindNames(), ", "), allKinds, noKind)
		}
	}
	if o.command.Flags().Lookup("fail-on") != nil && len(o.failOn) == 0 {
		return usagef("--fail-on names no kind: kinds are %s, %s and %s", strings.Join(kindNames(), ", "), allKinds, noKind)
	}
	if len(o.failOn) > 1 && (slices.Contains(o.failOn, allKinds) || slices.Contains(o.failOn, noKind)) {
		return usagef("--fail-on %s: %s and %s stand alone", strings.Join(o.failOn, ","), allKinds, noKind)
	}
	return nil
}

// fails reports whether a finding leads to exit status 1.
func (o *options) fails(f reports.Finding) bool {
	return slices.Contains(o.failOn, allKinds) || slices.Contains(o.failOn, f.Kind)
}

// showsOrders reports whether a report has the lock order.
func (o *options) showsOrders() bool {
	return slices.ContainsFunc([]string{"json", "html", "dot", "svg"}, o.writes)
}

// showsSources reports whether a report has source lines.
func (o *options) showsSources() bool {
	return slices.ContainsFunc([]string{"json", "html", "sarif"}, o.writes) || o.verbose && o.writes("text")
}

// pairs is the observed orders of real locks on one architecture, of each two
// classes the most certain with the shortest chain.
func (s *session) pairs(c *code) []reports.Pair {
	if !s.showsOrders() && !s.keepsAll {
		return nil
	}
	at := map[[2]string]int{}
	var best []lockflow.Pair
	for _, p := range c.result.Pairs {
		if p.Confidence < s.least() && !s.keepsAll || !isLock(p.Outer) || !isLock(p.Inner) {
			continue
		}
		key := [2]string{p.Outer.Class.String(), p.Inner.Class.String()}
		i, ok := at[key]
		switch {
		case !ok:
			at[key] = len(best)
			best = append(best, p)
		case p.Confidence > best[i].Confidence || p.Confidence == best[i].Confidence && len(p.Chain) < len(best[i].Chain):
			best[i] = p
		}
	}
	out := make([]reports.Pair, len(best))
	for i, p := range best {
		out[i] = reports.NewPair(c.prog.Arch, p)
	}
	return out
}

// lockOrder is the rules that state an order, and of the observed orders those of
// locks that the rules or findings name: of all that a kernel does, that is what a
// reader of the findings asks for.
func lockOrder(findings []reports.Finding, parts []checkPart) reports.LockOrder {
	var bound [][]reports.Rule
	for _, p := range parts {
		var one []reports.Rule
		for _, r := range p.rules {
			if r.Status == "" && len(r.Outer) > 0 && len(r.Inner) > 0 && (r.Arch == "" || r.Arch == p.arch) {
				one = append(one, reports.NewRule(r))
			}
		}
		bound = append(bound, one)
	}
	out := reports.LockOrder{Rules: reports.MergeRules(bound), Pairs: []reports.Pair{}}
	named := namedLocks(findings, out.Rules)
	for _, p := range parts {
		for _, pair := range p.pairs {
			if named[pair.Outer.Class] && named[pair.Inner.Class] {
				out.Pairs = append(out.Pairs, pair)
			}
		}
	}
	return out
}

// namedLocks is the lock classes of findings and rules.
func namedLocks(findings []reports.Finding, rules []reports.Rule) map[string]bool {
	out := map[string]bool{}
	for _, f := range findings {
		for _, l := range []*reports.Lock{f.Outer, f.Inner} {
			if l != nil {
				out[l.Class] = true
			}
		}
	}
	for _, r := range rules {
		for _, n := range slices.Concat(r.Outer, r.Inner) {
			for _, c := range n.Classes {
				out[c] = true
			}
		}
	}
	return out
}

// Bounds of the sources in a report, in lines: around a place, and in all.
const (
	aroundPlace = 3
	mostSource  = 100_000
)

// excerpts is the source lines around all places of the findings, and of the
// acquisitions of observed orders.
func (s *session) excerpts(doc reports.Check) []reports.Excerpt {
	lines := map[string]map[int]bool{}
	count := 0
	note := func(file string, line int) {
		if file == "" || line <= 0 || count > mostSource {
			return
		}
		if lines[file] == nil {
			lines[file] = map[int]bool{}
		}
		for l := max(line-aroundPlace, 1); l <= line+aroundPlace; l++ {
			if !lines[file][l] {
				lines[file][l] = true
				count++
			}
		}
	}
	for _, f := range doc.Findings {
		notePlaces(f, note)
	}
	for _, p := range doc.LockOrder.Pairs {
		note(p.Outer.File, p.Outer.Line)
		note(p.Inner.File, p.Inner.Line)
	}
	var out []reports.Excerpt
	for _, file := range sortedKeys(lines) {
		if text, err := fs.ReadFile(s.tree, file); err == nil {
			out = append(out, cutExcerpts(file, string(text), lines[file])...)
		}
	}
	return out
}

// notePlaces calls note for each place that a finding names.
func notePlaces(f reports.Finding, note func(file string, line int)) {
	note(f.File, f.Line)
	for _, l := range []*reports.Lock{f.Outer, f.Inner} {
		if l != nil {
			note(l.File, l.Line)
		}
	}
	for _, step := range slices.Concat(f.Chain, f.Reverse) {
		note(step.File, step.Line)
	}
	if f.Rule != nil {
		note(f.Rule.File, f.Rule.Line)
		for _, from := range f.Rule.From {
			note(from.File, from.Line)
		}
	}
}

// longestLine bounds a line of a report in bytes: some tables have very long ones.
const longestLine = 400

// cutExcerpts takes lines out of a text.
func cutExcerpts(file, text string, wanted map[int]bool) []reports.Excerpt {
	var out []reports.Excerpt
	before := -1 // the last line that was taken
	line := 0
	for t := range strings.Lines(text) {
		line++
		if !wanted[line] {
			continue
		}
		if before != line-1 {
			out = append(out, reports.Excerpt{File: file, Line: line})
		}
		before = line
		t = strings.ToValidUTF8(strings.TrimRight(t, "\r\n"), "\uFFFD")
		if len(t) > longestLine {
			t = strings.ToValidUTF8(t[:longestLine], "") + "…"
		}
		last := &out[len(out)-1]
		last.Text = append(last.Text, t)
	}
	return out
}

// compareFindings puts the most certain first, then goes by place.
func compareFindings(a, b reports.Finding) int {
	return cmp.Or(cmp.Compare(doubt(a.Confidence), doubt(b.Confidence)), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Fingerprint, b.Fingerprint))
}

func isLock(l lockflow.Lock) bool { return l.Mode != lockflow.Context && l.Mode != lockflow.Sleep }
