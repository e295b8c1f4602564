package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"klockscan/reports"
)

// small is a compiler's graph: a.c has f and g, b.c has h; macros call h.
func small() *truth {
	t := &truth{calls: map[edge]string{}, known: map[string]bool{}, defined: map[[2]string]bool{}, files: map[string][]string{}}
	for _, row := range [][4]string{
		{"fun", "drv/a.c", "f", ""}, {"fun", "drv/a.c", "g", ""}, {"fun", "drv/kvm/b.c", "h", ""},
		{"fun", "lib/c.c", "low", ""}, {"fun", "lib/c.c", "seen", ""},
		{"call", "drv/a.c", "f", "g"}, {"macro", "drv/a.c", "f", "h"}, {"macro", "drv/a.c", "f", "low"},
		{"call", "drv/a.c", "f", "builtin"}, {"call", "drv/a.c", "not_ours", "g"}, {"ref", "drv/a.c", "f", "seen"},
	} {
		t.add(row[0], edge{row[1], row[2], row[3]})
	}
	return t
}

func TestCompare(t *testing.T) {
	rows := strings.Join([]string{
		"drv/a.c\tf\tg\tdirect",      // right
		"drv/a.c\tf\th\tops",         // found, and not claimed
		"drv/a.c\tf\tseen\tdirect",   // wrong: known, never called there
		"drv/a.c\tf\tstrange\tmacro", // gcc does not know it
		"drv/a.c\tg\tseen\tdirect",   // g was not compiled
	}, "\n") + "\n"
	c := compare(small(), []byte(rows))
	if c.all[written] != 1 || c.found[written] != 1 || c.all[scopeMacro] != 1 || c.found[scopeMacro] != 1 {
		t.Errorf("all %v, found %v", c.all, c.found)
	}
	if want := []edge{{"drv/a.c", "f", "low"}}; !slices.Equal(c.missed[otherMacro], want) || len(c.missed) != 1 {
		t.Errorf("missed %v, want %v", c.missed, want)
	}
	if want := []edge{{"drv/a.c", "f", "seen"}}; !slices.Equal(c.wrong, want) || c.claim != 2 || c.right != 1 {
		t.Errorf("wrong %v of %d, want %v", c.wrong, c.claim, want)
	}
}

// TestCauses: the most specific row explains, and a row that explains nothing
// is an error.
func TestCauses(t *testing.T) {
	name := filepath.Join(t.TempDir(), "causes.tsv")
	text := "# comment\nwrong\t*\t*\tx\tfolded\tany\nwrong\ta.c\t*\tx\tfolded\tfile\nwrong\ta.c\tf\tx\tfolded\tboth\nwrong\t*\t*\ty\tconfig\tnever\n"
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	c, err := readCauses(name)
	if err != nil {
		t.Fatal(err)
	}
	for e, want := range map[edge]string{
		{"a.c", "f", "x"}: "both", {"a.c", "g", "x"}: "file", {"b.c", "f", "x"}: "any",
	} {
		if got := c.of("wrong", e); got == nil || got.why != want {
			t.Errorf("cause of %v: %v, want %s", e, got, want)
		}
	}
	if c.of("missed-written", edge{"a.c", "f", "x"}) != nil {
		t.Error("a row explains another kind of difference")
	}
	if err := c.unused(); err == nil || !strings.Contains(err.Error(), ":5:") || strings.Contains(err.Error(), ":4:") {
		t.Errorf("unused rows: %v", err)
	}
}

func TestTablesAreChecked(t *testing.T) {
	for text, want := range map[string]string{
		"a\tb\n":                               "1: 2 cells instead of 8",
		"x86\ta.c\t1\tf\tp\tg\tperhaps\twhy\n": "1: judged twice",
		"x86\ta.c\t1\tf\tp\tg\tright\t\n":      "1: judged twice",
		"x86\ta.c\t1\tf\tp\tg\tright\twhy\nx86\ta.c\t1\tf\tp\tg\twrong\twhy not\n": "2: judged twice",
	} {
		name := filepath.Join(t.TempDir(), "sample.tsv")
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := readVerdicts(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

// sites makes call sites, each with its own target.
func sites(n int) []reports.IndirectSite {
	out := make([]reports.IndirectSite, n)
	for i := range out {
		out[i] = reports.IndirectSite{Arch: "x86", File: "a.c", Line: i + 1, Caller: "f", Expr: "p->m", InScope: true,
			Targets: []reports.Call{{Callee: fmt.Sprint("g", i)}}}
	}
	return out
}

// TestSampleIsStable: a site that goes changes one place of the sample.
func TestSampleIsStable(t *testing.T) {
	all := sites(300)
	before := sample(all, "x86")
	if len(before) != sampleSize {
		t.Fatalf("%d sampled, want %d", len(before), sampleSize)
	}
	gone := before[7].site.Line
	after := sample(slices.Delete(slices.Clone(all), gone-1, gone), "x86")
	same := 0
	for _, s := range after {
		if slices.ContainsFunc(before, func(b sampled) bool { return b.key == s.key }) {
			same++
		}
	}
	if same != sampleSize-1 {
		t.Errorf("%d of %d are as before", same, sampleSize)
	}
	all[3].Targets, all[4].InScope, all[5].Arch = nil, false, "arm64"
	for _, s := range sample(all, "x86") {
		if line := s.site.Line; line >= 4 && line <= 6 {
			t.Errorf("line %d is sampled", line)
		}
	}
}

func TestTargetNames(t *testing.T) {
	one := reports.IndirectSite{Targets: []reports.Call{{Callee: "b"}, {Callee: "a"}, {Callee: "b"}}}
	if got := targetNames(one); got != "a, b" {
		t.Errorf("targets %q", got)
	}
	var many reports.IndirectSite
	for i := range 20 {
		many.Targets = append(many.Targets, reports.Call{Callee: fmt.Sprintf("t%02d", i)})
	}
	first := targetNames(many)
	many.Targets[19].Callee = "other"
	if second := targetNames(many); first == second || !strings.Contains(first, "(20, ") {
		t.Errorf("a changed target does not show: %q, %q", first, second)
	}
}

// TestDocumentIsComplete: what nobody judged stops the document.
func TestDocumentIsComplete(t *testing.T) {
	all := sites(3)
	d := &document{kernel: "9.4", compared: compare(small(), nil), causes: &causes{}, sites: all,
		samples: map[string][]sampled{"x86": sample(all, "x86")}, verdicts: map[string]verdict{}}
	var text strings.Builder
	d.write(&text)
	var gaps *incomplete
	if err := d.gaps(); !errors.As(err, &gaps) || strings.Count(err.Error(), "not judged: x86\ta.c") != 3 ||
		strings.Count(err.Error(), "no cause: missed-") != 3 {
		t.Errorf("gaps: %v", err)
	}
	for _, s := range d.samples["x86"] {
		d.verdicts[s.key] = verdict{"right", "one table|one object"}
	}
	for _, row := range []cause{
		{what: "missed-written", edge: edge{"*", "*", "g"}}, {what: "missed-macro", edge: edge{"*", "*", "low"}},
		{what: "missed-written", edge: edge{"*", "*", "h"}},
	} {
		d.causes.rows = append(d.causes.rows, &row)
	}
	d.missing = nil
	text.Reset()
	d.write(&text)
	if err := d.gaps(); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"3 right, 0 wide, 0 wrong", `one table\|one object`, "| x86, KVM | 3 | 3 | 100.0 | 1.0 | 0 | 100.00 |"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in the document:\n%s", want, &text)
		}
	}
}
