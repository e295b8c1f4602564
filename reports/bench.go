package reports

import (
	"fmt"
	"io"
	"strings"
)

// Bench is the document of a benchmark. Times are seconds of wall clock, and
// medians.
type Bench struct {
	Kernel     string       `json:"kernel"`
	Scope      []string     `json:"scope"`
	Arches     []string     `json:"arches"`
	Processors int          `json:"processors"`
	Counts     []Read       `json:"read"`
	Parsed     int          `json:"parsed"` // files of all architectures, each once
	Bytes      int64        `json:"bytes"`  // in these files
	Raw        float64      `json:"raw"`    // tree-sitter alone on all cores, trees thrown away
	Cold       float64      `json:"cold"`
	ColdRatio  float64      `json:"cold_ratio"` // Cold ÷ Raw
	ColdCPU    float64      `json:"cold_cpu"`
	PeakMB     float64      `json:"peak_mb"` // of the cold runs, the largest resident size
	Stages     []BenchStage `json:"stages"`
	Warm       float64      `json:"warm"` // check, nothing changed since
	Edit       float64      `json:"edit"` // check, after a function was appended to Edited
	Edited     string       `json:"edited"`
	Chain      float64      `json:"chain"` // warm, like the next two; 0 of a whole tree
	Callers    float64      `json:"callers"`
	Order      float64      `json:"order"`
}

// A BenchStage is a stage of the cold runs; those of several architectures
// overlap.
type BenchStage struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}

// WriteText writes a table.
func (b Bench) WriteText(w io.Writer, style Style) error {
	t := newText(w, style)
	t.printf("Linux %s, scope %s, %s, %s\n", b.Kernel, strings.Join(b.Scope, ","), strings.Join(b.Arches, " and "), plural(b.Processors, "processor"))
	for _, r := range b.Counts {
		t.printf("%s: %s, %s, %s\n", r.Arch, plural(r.Files, "file"), plural(r.Functions, "function"), plural(r.Edges, "call edge"))
	}
	row := func(name string, seconds float64, more string) {
		t.printf("  %-28s %8.3f s  %s\n", name, seconds, more)
	}
	row("raw parse", b.Raw, fmt.Sprintf("%d files, %.1f MB", b.Parsed, float64(b.Bytes)/1e6))
	row("check, cold", b.Cold, fmt.Sprintf("%.2f x raw; CPU %.1f s, peak %.0f MB", b.ColdRatio, b.ColdCPU, b.PeakMB))
	for _, s := range b.Stages {
		row("  "+s.Name, s.Seconds, "")
	}
	row("check, warm", b.Warm, "")
	row("check, one file edited", b.Edit, b.Edited)
	if b.Chain > 0 { // not of a whole tree
		row("chain, warm", b.Chain, "")
		row("callers, warm", b.Callers, "")
		row("order, warm", b.Order, "")
	}
	return t.end()
}
