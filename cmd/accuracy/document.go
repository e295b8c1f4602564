package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"klockscan/reports"
)

// arches is what is measured of KVM.
var arches = []string{"x86", "arm64"}

// A document is all that docs/accuracy.md says.
type document struct {
	kernel   string
	compared comparison
	causes   *causes
	sites    []reports.IndirectSite
	samples  map[string][]sampled // by architecture
	verdicts map[string]verdict
	beyond   []beyond
	missing  []error // found while writing: what nobody judged
}

// measure runs klockscan and reads what people judged.
func measure(ctx context.Context, p places, again bool) (*document, error) {
	d := &document{samples: map[string][]sampled{}}
	beyondFile := filepath.Join(p.judged, "beyond.tsv")
	if again {
		if err := measureBeyond(ctx, p.kernel("6.12"), beyondFile); err != nil {
			return nil, err
		}
	}
	var err error
	if d.causes, err = readCauses(filepath.Join(p.judged, "causes.tsv")); err != nil {
		return nil, err
	}
	if d.verdicts, err = readVerdicts(filepath.Join(p.judged, "sample.tsv")); err != nil {
		return nil, err
	}
	if d.beyond, err = readBeyond(beyondFile); err != nil {
		return nil, err
	}
	truth, err := readTruth(p.truth)
	if err != nil {
		return nil, err
	}
	rows, err := klockscan(ctx, "edges", "--format", "tsv", "--arch", "x86", p.kernel("7.2"))
	if err != nil {
		return nil, err
	}
	d.compared = compare(truth, rows)
	text, err := klockscan(ctx, "edges", "--indirect", "--format", "json", "--arch", strings.Join(arches, ","), p.kernel("7.2"))
	if err != nil {
		return nil, err
	}
	var doc reports.Edges
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	d.kernel, d.sites = doc.Head.Kernel, doc.Indirect
	for _, arch := range arches {
		d.samples[arch] = sample(d.sites, arch)
	}
	return d, nil
}

// gaps is an *incomplete error for everything that nobody judged, or nil. It is
// known after write.
func (d *document) gaps() error {
	errs := slices.Clone(d.missing)
	if err := d.causes.unused(); err != nil {
		errs = append(errs, err)
	}
	if len(errs) == 0 {
		return nil
	}
	return &incomplete{errors.Join(errs...)}
}

func (d *document) write(w io.Writer) {
	fmt.Fprintf(w, `# Accuracy of the call graph

Written by `+"`go run ./cmd/accuracy`"+`; what people judged is in [accuracy/](accuracy). Do not edit.
All figures are of Linux %s, unless another version is named.

## Against the compiler

gcc's own call graph of KVM on x86, before inlining, of one .config. Recall is of the compiler's calls; precision is of our
edges by name or macro between functions that this compiler compiled and knows.

`, d.kernel)
	d.figures(w)
	d.differences(w)
	d.indirect(w)
	d.judgement(w)
	d.elsewhere(w)
}

func (d *document) figures(w io.Writer) {
	c := d.compared
	fmt.Fprint(w, "| | of | found | % |\n|---|---|---|---|\n")
	for _, g := range []string{written, scopeMacro, otherMacro} {
		fmt.Fprintf(w, "| recall, %s | %d | %d | %s |\n", g, c.all[g], c.found[g], percent(c.found[g], c.all[g]))
	}
	fmt.Fprintf(w, "| precision | %d | %d | %s |\n\n", c.claim, c.right, percent(c.right, c.claim))
}

func percent(n, of int) string {
	if of == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", 100*float64(n)/float64(of))
}

// differences lists every missed edge and every edge that gcc lacks.
func (d *document) differences(w io.Writer) {
	c := d.compared
	missed := slices.Concat(c.missed[written], c.missed[scopeMacro])
	fmt.Fprintf(w, "### Missed calls\n\nWritten in the caller, or out of KVM's own macros: %d.\n\n", len(missed))
	d.explain(w, "missed-written", missed)
	fmt.Fprintf(w, "### Edges that the compiler's graph has not\n\n%d.\n\n", len(c.wrong))
	d.explain(w, "wrong", c.wrong)
	fmt.Fprintf(w, "### Missed calls out of the core kernel's macros\n\n%d. For information: none of them can take a lock that is not"+
		" known as a primitive under the name of the macro.\n\n", len(c.missed[otherMacro]))
	d.explain(w, "missed-macro", c.missed[otherMacro])
}

// explain writes a table of edges, those of one callee and cause together.
func (d *document) explain(w io.Writer, what string, edges []edge) {
	if len(edges) == 0 {
		fmt.Fprint(w, "None.\n\n")
		return
	}
	callers := map[*cause][]string{}
	for _, e := range edges {
		why := d.causes.of(what, e)
		if why == nil {
			d.missing = append(d.missing, fmt.Errorf("no cause: %s\t%s\t%s\t%s", what, e.file, e.caller, e.callee))
			continue
		}
		callers[why] = append(callers[why], "`"+e.caller+"`")
	}
	rows := slices.SortedFunc(maps.Keys(callers), func(a, b *cause) int {
		return cmp.Or(cmp.Compare(len(callers[b]), len(callers[a])), compareEdges(a.edge, b.edge))
	})
	fmt.Fprint(w, "| callee | calls | cause | why | callers |\n|---|---|---|---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(w, "| `%s` | %d | %s | %s | %s |\n", r.callee, len(callers[r]), r.word, cell(r.why), strings.Join(callers[r], ", "))
	}
	fmt.Fprintln(w)
}

// cell makes a text fit for a cell of a table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

func (d *document) indirect(w io.Writer) {
	fmt.Fprint(w, "## Indirect calls\n\nCall sites through function pointers, of functions in KVM's directories and of those elsewhere that"+
		" are reached from there.\n\n| | call sites | with a target | % | targets of one, mean | filled by nothing | % of the others |\n|---|---|---|---|---|---|---|\n")
	for _, arch := range arches {
		siteRow(w, arch+", KVM", count(d.sites, arch, true), true)
		siteRow(w, arch+", elsewhere", count(d.sites, arch, false), true)
	}
	fmt.Fprint(w, "\nA call through a member that no table fills has no target to be found (`never set`). `set by nothing that was read` may mean"+
		" the same: the tree measured here has no drivers; in the whole of Linux 6.12 nothing fills struct irq_bypass_producer either."+
		"\n\nKVM's without a known target:\n\n| | where | callee | why |\n|---|---|---|---|\n")
	for _, s := range d.sites {
		if s.InScope && len(s.Targets) == 0 {
			fmt.Fprintf(w, "| %s | %s:%d `%s` | `%s` | %s |\n", s.Arch, s.File, s.Line, s.Caller, cell(s.Expr), cell(s.Reason))
		}
	}
	fmt.Fprintln(w)
}

// siteRow writes one row of figures; filled adds how many sites call through what
// nothing in the tree fills, so that there is no target to be found.
func siteRow(w io.Writer, name string, n reports.SiteCount, filled bool) {
	fmt.Fprintf(w, "| %s | %d | %d | %.1f | %.1f |", name, n.Sites, n.Resolved, n.Share(), n.Mean())
	if filled {
		empty := n.Open["never set"] + n.Open["set by nothing that was read"]
		fmt.Fprintf(w, " %d | %s |", empty, percent(n.Resolved, n.Sites-empty))
	}
	fmt.Fprintln(w)
}

// judgement writes the sample with the verdicts.
func (d *document) judgement(w io.Writer) {
	words := map[string]int{}
	var table strings.Builder
	for _, arch := range arches {
		for _, s := range d.samples[arch] {
			v, ok := d.verdicts[s.key]
			if !ok {
				d.missing = append(d.missing, fmt.Errorf("not judged: %s", s.key))
				continue
			}
			words[v.word]++
			fmt.Fprintf(&table, "| %s | %s:%d `%s` | `%s` | %s | %s | %s |\n", arch, s.site.File, s.site.Line, s.site.Caller,
				cell(s.site.Expr), targetNames(s.site), v.word, cell(v.why))
		}
	}
	fmt.Fprintf(w, "## A sample, judged\n\nResolved call sites of KVM, drawn by hash, each held against the source: %d right, %d wide, %d wrong."+
		" Right: every target is stored where the call reads, and none is missing of those that are there with every option on. Wide: the same, but some target is"+
		" stored by objects of the type that never come to this call; edges go by type and member, not by object.\n\n"+
		"| | where | callee | targets | verdict | why |\n|---|---|---|---|---|---|\n%s\n",
		words["right"], words["wide"], words["wrong"], table.String())
}

func (d *document) elsewhere(w io.Writer) {
	fmt.Fprint(w, "## Beyond KVM\n\nThe same engine on other directories of the whole Linux 6.12, x86: nothing in the code knows them."+
		" Function pointers that code outside these directories stores, and that was not read, have no target.\n\n"+
		"| | call sites | with a target | % | targets of one, mean |\n|---|---|---|---|---|\n")
	for _, b := range d.beyond {
		siteRow(w, b.scope, b.in, false)
		siteRow(w, b.scope+", elsewhere", b.elsewhere, false)
	}
}
