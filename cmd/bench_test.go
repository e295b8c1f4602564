package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"klockscan/reports"
)

// TestMedian: of an even number of values the lower middle one.
func TestMedian(t *testing.T) {
	for _, test := range []struct {
		in   []float64
		want float64
	}{{[]float64{3}, 3}, {[]float64{2, 1}, 1}, {[]float64{9, 1, 5}, 5}} {
		if got := median(test.in); got != test.want {
			t.Errorf("median(%v) = %v, want %v", test.in, got, test.want)
		}
	}
}

// benchTree measures a tree once, for x86.
func benchTree(t *testing.T, dir string, flags benchFlags) (doc reports.Bench) {
	t.Helper()
	flags.arches, flags.runs = []string{"x86"}, 1
	b := &bench{benchFlags: &flags, ctx: context.Background(), self: os.Args[0], tree: dir, work: t.TempDir()}
	t.Setenv(playEnv, "1")
	if err := b.cold(&doc); err != nil {
		t.Fatal(err)
	}
	if err := b.warm(&doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestBench: the program measures itself; here the test binary plays its part.
func TestBench(t *testing.T) {
	dir := newTree(t, map[string]string{"virt/kvm/car.c": twoLocks + "void car_close(struct car *car) { car_open(car); }\n"}).path
	doc := benchTree(t, dir, benchFlags{scope: []string{"kvm"}})
	for name, value := range map[string]float64{"raw": doc.Raw, "cold": doc.Cold, "cpu": doc.ColdCPU, "peak": doc.PeakMB, "warm": doc.Warm,
		"edit": doc.Edit, "chain": doc.Chain, "callers": doc.Callers, "order": doc.Order, "files": float64(doc.Parsed)} {
		if value <= 0 {
			t.Errorf("%s = %v", name, value)
		}
	}
	if doc.Edited != "virt/kvm/car.c" || doc.Bytes < int64(len(twoLocks)) {
		t.Errorf("edited %s, %d bytes", doc.Edited, doc.Bytes)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "virt/kvm/car.c")); err != nil || strings.Contains(string(text), "bench") {
		t.Errorf("the tree itself was edited: %v", err)
	}
	var out bytes.Buffer
	if err := doc.WriteText(&out, reports.Style{}); err != nil || !strings.Contains(out.String(), "raw parse") {
		t.Errorf("%v: %s", err, &out)
	}
	if _, err := json.Marshal(doc); err != nil {
		t.Error(err)
	}
}

// TestBenchWhole: of a whole tree checks are measured.
func TestBenchWhole(t *testing.T) {
	doc := benchTree(t, newTree(t, wholeFiles()).path, benchFlags{scope: []string{"all"}, whole: true})
	if doc.Raw <= 0 || doc.Cold <= 0 || doc.Warm <= 0 || doc.Edit <= 0 || doc.Chain != 0 || doc.Parsed != 11 {
		t.Errorf("%+v", doc)
	}
	var out bytes.Buffer
	if err := doc.WriteText(&out, reports.Style{}); err != nil || strings.Contains(out.String(), "chain") {
		t.Errorf("%v: %s", err, &out)
	}
}

// TestSums: the units' times of one stage are one time.
func TestSums(t *testing.T) {
	r := runTimes{Stages: []stageTime{{"x86", "flow", 1}, {"", "rules", 3}, {"x86", "flow", 2}}}
	if got := r.sums(); got["x86 flow"] != 3 || got["rules"] != 3 || len(got) != 2 {
		t.Errorf("%v", got)
	}
}
