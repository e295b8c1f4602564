package reports

import (
	"fmt"
	"io"
	"strings"

	"klockscan/lockflow"
)

// LeaveOut is the document of what an audit proposes back when each stated order is
// taken out of the text in turn.
type LeaveOut struct {
	Kernel string    `json:"kernel"`
	Orders []LeftOut `json:"orders"`
}

// A LeftOut is one order of one rule.
type LeftOut struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Arch   string `json:"arch,omitempty"`
	Outer  string `json:"outer"`
	Inner  string `json:"inner"`
	Rank   int    `json:"rank"` // of the proposal that states it again, 0 if none does
	Reason string `json:"reason,omitempty"`
}

// NewLeftOuts copies what became of each order.
func NewLeftOuts(all []lockflow.LeftOut) []LeftOut {
	out := []LeftOut{}
	for _, l := range all {
		out = append(out, LeftOut{File: l.Rule.File, Line: l.Rule.Line, Arch: l.Rule.Arch, Outer: l.Outer, Inner: l.Inner, Rank: l.Rank, Reason: l.Reason})
	}
	return out
}

// WriteText writes a Markdown document.
func (d LeaveOut) WriteText(w io.Writer, style Style) error {
	t := newText(w, style)
	back := 0
	for _, o := range d.Orders {
		if o.Rank > 0 {
			back++
		}
	}
	t.printf("# What the code tells of the documented order\n\nWritten by `klockscan audit --leave-out`. Do not edit.\n\n")
	t.printf("Linux %s. Each order that the text states is taken out in turn: does the audit propose it back? %s of %s are.\n\n",
		d.Kernel, fmt.Sprint(back), plural(len(d.Orders), "order"))
	t.printf("| stated in | architecture | order | proposed back | why not |\n|---|---|---|---|---|\n")
	for _, o := range d.Orders {
		arch := o.Arch
		if arch == "" {
			arch = "every"
		}
		rank := "no"
		if o.Rank > 0 {
			rank = fmt.Sprintf("yes, place %d", o.Rank)
		}
		t.printf("| %s | %s | `%s` outside `%s` | %s | %s |\n", where(o.File, o.Line), arch, cell(o.Outer), cell(o.Inner), rank, cell(o.Reason))
	}
	return t.end()
}

// cell is a text inside a table of Markdown.
func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }
