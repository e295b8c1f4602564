package reports

import (
	"slices"
	"strings"
)

// htmlSummary is the part of the page that is written here and not by its
// script: what the result is, what it rests on, and what is not in it. It stays
// readable where scripts are off.
type htmlSummary struct {
	Tool, Kernel, Scope, Arches string
	Compared                    string   // of a comparison, what with what
	Shown                       string   // the least confidence that is shown
	Units                       int      // as in Head
	Count                       string   // "4 findings in 2 places"
	Confidences                 []string // columns of the table
	Kinds                       []htmlKind
	Gaps                        []string // what is not understood, one sentence each
	Absent                      []string // findings that are not here: hidden, suppressed
	Stale                       []string
	Read                        []htmlRead
}

// An htmlKind is the row of one kind: places of each confidence.
type htmlKind struct {
	Kind   string
	Counts []int
	Total  int
}

// An htmlRead is what was read of one architecture, as rows of a table.
type htmlRead struct {
	Arch    string
	Rows    []htmlRow
	Unknown []string
}

type htmlRow struct {
	Name  string
	Value int64
	Gap   bool // a number that is better small
}

func newHTMLSummary(c Check) htmlSummary {
	h := c.Head
	places := fold(c.Findings)
	s := htmlSummary{
		Tool: clean(strings.TrimSpace(h.Tool + " " + h.Version)), Kernel: clean(h.Kernel), Units: h.Units,
		Scope: clean(strings.Join(h.Scope, " ")), Arches: clean(strings.Join(h.Arches, " ")), Shown: clean(h.Confidence),
		Compared: clean(c.compared),
		Count:    plural(len(c.Findings), "finding"), Gaps: htmlGaps(c), Absent: htmlAbsent(c),
	}
	if len(places) < len(c.Findings) {
		s.Count += " in " + plural(len(places), "place")
	}
	s.Confidences, s.Kinds = htmlKinds(places)
	for _, text := range c.Stale {
		s.Stale = append(s.Stale, clean(text))
	}
	for _, r := range h.Read {
		s.Read = append(s.Read, newHTMLRead(r))
	}
	return s
}

// htmlKinds counts the places by kind and confidence. Kinds come in the order of
// the first place of each, confidences in theirs; what is neither of the four
// (a document may come from anywhere) is a column of its own behind them.
func htmlKinds(places []place) ([]string, []htmlKind) {
	columns := slices.Clone(confidences)
	var kinds []htmlKind
	for _, p := range places {
		column := slices.Index(columns, clean(p.first.Confidence))
		if column < 0 {
			column = len(columns)
			columns = append(columns, clean(p.first.Confidence))
		}
		row := slices.IndexFunc(kinds, func(k htmlKind) bool { return k.Kind == clean(p.first.Kind) })
		if row < 0 {
			row = len(kinds)
			kinds = append(kinds, htmlKind{Kind: clean(p.first.Kind)})
		}
		k := &kinds[row]
		for len(k.Counts) <= column {
			k.Counts = append(k.Counts, 0)
		}
		k.Counts[column]++
		k.Total++
	}
	for i := range kinds {
		for len(kinds[i].Counts) < len(columns) {
			kinds[i].Counts = append(kinds[i].Counts, 0)
		}
	}
	return columns, kinds
}

// htmlGaps says what was not read and not understood, worst first. There is
// always a sentence: that nothing is missing is said too.
func htmlGaps(c Check) []string {
	var regions, calls, macros, locks, limits int
	for _, r := range c.Head.Read {
		regions, calls, macros = regions+r.Problems, calls+r.Unresolved, macros+r.Unexpanded
		locks += r.UnknownLocks
		for _, name := range sortedKeys(r.Limits) {
			limits += r.Limits[name]
		}
	}
	var out []string
	for _, gap := range []struct {
		n    int
		text string
	}{
		{len(c.Head.NotRead), plural(len(c.Head.NotRead), "file") + " not read"},
		{regions, plural(regions, "region") + " not understood"},
		{calls, plural(calls, "call") + " of unknown target"},
		{macros, plural(macros, "macro") + " not expanded"},
		{locks, plural(locks, "lock") + " of unknown class"},
		{limits, "a limit of the analysis hit " + plural(limits, "time")},
	} {
		if gap.n > 0 {
			out = append(out, gap.text)
		}
	}
	if len(c.Head.Read) == 0 {
		out = append(out, "what was read is not recorded")
	}
	if len(out) == 0 {
		out = append(out, "everything that was read was understood")
	}
	return out
}

// htmlAbsent says which findings there are that the page does not list.
func htmlAbsent(c Check) []string {
	var out []string
	for _, h := range c.Hidden {
		out = append(out, plural(h.Findings, "finding")+" more that are "+adjective(clean(h.Confidence))+" (--confidence "+clean(h.Confidence)+")")
	}
	if c.Suppressed > 0 {
		out = append(out, plural(c.Suppressed, "finding")+" suppressed by a rules file")
	}
	return out
}

func newHTMLRead(r Read) htmlRead {
	out := htmlRead{Arch: clean(r.Arch)}
	add := func(name string, n int64, gap bool) { out.Rows = append(out.Rows, htmlRow{name, n, gap && n > 0}) }
	add("files", int64(r.Files), false)
	add("of them in scope", int64(r.FocusFiles), false)
	add("bytes", r.Bytes, false)
	add("functions", int64(r.Functions), false)
	add("call edges", int64(r.Edges), false)
	add("acquisitions of locks", int64(r.Acquisitions), false)
	add("regions not understood", int64(r.Problems), true)
	add("calls of unknown target", int64(r.Unresolved), true)
	add("macros not expanded", int64(r.Unexpanded), true)
	add("locks of unknown class", int64(r.UnknownLocks), true)
	for _, name := range sortedKeys(r.Limits) {
		add("limit hit: "+clean(name), int64(r.Limits[name]), true)
	}
	for _, text := range r.Unknown {
		out.Unknown = append(out.Unknown, clean(text))
	}
	return out
}
