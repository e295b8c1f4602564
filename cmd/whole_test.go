package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"klockscan/lockflow"
	"klockscan/reports"
)

// smallUnits makes units of a few hundred bytes, as long as a test runs.
func smallUnits(t *testing.T) {
	t.Helper()
	old := scopesText
	t.Cleanup(func() { scopesText = old })
	scopesText = regexp.MustCompile(`unit: [0-9.]+`).ReplaceAll(old, []byte("unit: 0.0006"))
	if bytes.Equal(scopesText, old) {
		t.Fatal("no size of units in the table")
	}
}

// TestUnits: a directory that is small enough stays whole, a larger one is divided
// into its own files and what lies below it, and small neighbours are joined.
func TestUnits(t *testing.T) {
	table, err := loadScopes([]byte(`
scopes: [{name: cars, reason: r, dirs: [{path: arch/$ARCH/cars, reason: r}, {path: big/cars, reason: r}], docs: [{path: D/c.rst, reason: r}]}]
documents: [{path: D/$DIR/l.rst, reason: r}]
whole:
  name: every
  reason: r
  arch: {path: arch/$ARCH, reason: r}
  megabytes: {unit: 0.001, reason: r}
  kilobytes: {header: 0, reason: r}
  without: [{path: out, reason: r}, {path: big/out, reason: r}]
`))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"huge/head.h": strings.Repeat("x", 5000)}
	for name, size := range map[string]int{
		"a/a.c": 300, "b/deep/b.c": 300, "c/c.c": 500, "big/own.c": 100, "big/one/a.c": 950, "big/two/sub/a.c": 900, "big/two/own.c": 200,
		"big/cars/a.c": 100, "big/out/a.c": 100, "big/zero/a.c": 100, "out/a.c": 100, "arch/x86/cars/a.c": 10, "arch/x86/k/a.c": 10, "arch/x86/own.c": 10,
		"arch/arm64/k/a.c": 10, "arch/mips/a.c": 10, ".hidden/a.c": 10, "texts/a.txt": 10, "small/x.c": 10,
	} {
		files[name] = strings.Repeat("x", size)
	}
	tr := newTree(t, files)
	for arches, want := range map[string]string{
		"x86": `x86: arch/$ARCH/cars big/cars
x86: a b
x86: big/*
x86: big/one
x86: big/two/*
x86: big/two/sub
x86: big/zero
x86: c small
x86: arch/x86/* arch/x86/k`,
		"arm64 x86": `arm64 x86: arch/$ARCH/cars big/cars
arm64 x86: a b
arm64 x86: big/*
arm64 x86: big/one
arm64 x86: big/two/*
arm64 x86: big/two/sub
arm64 x86: big/zero
arm64 x86: c small
arm64: arch/arm64
x86: arch/x86/* arch/x86/k`,
	} {
		s, err := newSurvey(context.Background(), tr)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, u := range table.units(s, strings.Fields(arches)) {
			line := strings.Join(u.arches, " ") + ":"
			for _, dir := range u.scope.alone {
				line += " " + dir + "/*"
			}
			got = append(got, strings.Join(append([]string{line}, u.scope.dirs...), " "))
			for _, dir := range slices.Concat(u.scope.dirs, u.scope.alone) {
				if doc := "D/" + dir + "/l.rst"; !slices.Contains(u.scope.docs, doc) && u.title != "cars" {
					t.Errorf("%s has no document %s", u.title, doc)
				}
			}
		}
		if all := strings.Join(got, "\n"); all != want {
			t.Errorf("%s:\n%s\nwant\n%s", arches, all, want)
		}
	}
}

const mutexes = `#ifndef MUTEXES
#define MUTEXES
struct mutex { int x; };
void mutex_lock(struct mutex *m);
void mutex_unlock(struct mutex *m);
struct car { struct mutex gate; struct mutex hood; int (*turn)(struct car *car); };
void road(struct car *car);
void jam(struct car *car);
static inline void twice(struct car *car) { mutex_lock(&car->gate); mutex_lock(&car->gate); }
#endif
`

// takes is a function that takes two locks, the first one named outside the second one.
func takes(name, first, second string) string {
	return fmt.Sprintf(`#include <linux/car.h>
void %s(struct car *car)
{
	mutex_lock(&car->%s);
	mutex_lock(&car->%s);
	mutex_unlock(&car->%[3]s);
	mutex_unlock(&car->%[2]s);
}
`, name, first, second)
}

// wholeFiles is a tree of several units.
func wholeFiles() map[string]string {
	padding := "/* " + strings.Repeat("x", 200) + " */\n"
	return map[string]string{
		"include/linux/car.h": mutexes,
		"virt/kvm/kvm.c":      takes("kvm", "gate", "hood") + "void kvm_turn(struct car *car) { car->turn(car); road(car); }\n",
		"kernel/road.c": "#include <linux/car.h>\n" + padding + "void road(struct car *car) { mutex_lock(&car->hood); mutex_unlock(&car->hood); }\n" +
			"void jam(struct car *car) { mutex_lock(&car->hood); road(car); mutex_unlock(&car->hood); }\n",
		"fs/own.c":            takes("own", "gate", "hood") + padding,
		"fs/one/one.c":        takes("one", "hood", "gate") + padding + "void go(struct car *car) { car->turn(car); }\nvoid near(struct car *car) { jam(car); }\n",
		"fs/two/two.c":        takes("two", "gate", "gate"),
		"fs/two/three.c":      "#include <linux/car.h>\n/*\n * Lock ordering:\n *  car->gate\n *    car->hood\n */\n" + padding + "void three(struct car *car) { twice(car); }\nvoid far(struct car *car) { jam(car); }\nvoid farther(struct car *car) { far(car); }\n",
		"drivers/x/x.c":       "#include <linux/car.h>\n" + padding + "static int left(struct car *car) { mutex_lock(&car->gate); return 0; }\nvoid probe(struct car *car) { car->turn = left; }\n",
		"drivers/y/y.c":       "#include <linux/car.h>\n" + padding + "int y(int x) { return x; }\n",
		"arch/x86/kernel/k.c": takes("k86", "hood", "hood"),
		"arch/x86/kvm/x86.c":  "#include <linux/car.h>\nvoid kvm(struct car *car);\nvoid kvm_x86(struct car *car) { mutex_lock(&car->hood); kvm(car); mutex_unlock(&car->hood); }\n",
		"arch/arm64/lib/l.c":  takes("larm", "hood", "hood"),
		"arch/mips/m.c":       takes("mips", "hood", "hood"),
		"tools/t.c":           takes("tool", "hood", "hood"),
	}
}

// checked is a result of check as JSON.
func checked(t *testing.T, c *cached, how string, args ...string) reports.Check {
	t.Helper()
	out := c.run(t, how, append([]string{"check", "--format", "json", "--confidence", "guess"}, args...)...)
	var doc reports.Check
	_, text, _ := strings.Cut(out, "\n")
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&doc); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return doc
}

// TestWholeIsItsUnits: the findings of a whole tree are those of its directories,
// each once, and what was read is counted once.
func TestWholeIsItsUnits(t *testing.T) {
	smallUnits(t)
	c := newCached(t, wholeFiles())
	got := checked(t, c, "cold", "--arch", "x86", "--scope", "all")
	want := map[string]reports.Finding{}
	focus, units := 0, []string{"kvm", "kernel", "fs/one", "fs/two", "drivers/x", "drivers/y", "arch/x86/kernel", "include"}
	for _, dir := range units {
		doc := checked(t, c, "cold", "--arch", "x86", "--scope", dir)
		for _, f := range doc.Findings {
			if old, ok := want[f.Fingerprint]; !ok || better(f, old) {
				want[f.Fingerprint] = f
			}
		}
		focus += doc.Head.Read[0].FocusFiles
	}
	sorted := slices.IsSortedFunc(got.Findings, compareFindings)
	if len(got.Findings) != len(want) || !sorted || len(want) < 4 {
		t.Errorf("%d findings, sorted: %v; want %d", len(got.Findings), sorted, len(want))
	}
	for _, f := range got.Findings {
		one, _ := json.Marshal(f)
		if other, _ := json.Marshal(want[f.Fingerprint]); !bytes.Equal(one, other) {
			t.Errorf("got  %s\nwant %s", one, other)
		}
	}
	read := got.Head.Read[0]
	if got.Head.Units != len(units)+1 || read.FocusFiles != focus+1 || read.Files != 11 { // fs/own.c is a unit too
		t.Errorf("%d units, %d files in scope, %d files; want %d, %d, 11", got.Head.Units, read.FocusFiles, read.Files, len(units)+1, focus+1)
	}
	if want := strings.Count(strings.Join(slices.Collect(maps.Values(wholeFiles())), ""), "\n}\n"); read.Functions < 12 || read.Functions > want+12 {
		t.Errorf("%d functions", read.Functions)
	}
	text := c.run(t, "cold", "check", "--arch", "x86", "--scope", "all")
	if !strings.HasPrefix(text, "1\n") || !strings.Contains(text, "\nworked through in 9 units") || strings.Contains(text, "tools/") || strings.Contains(text, "arch/mips") {
		t.Errorf("got\n%s", text)
	}
	both := checked(t, c, "cold", "--scope", "all")
	if len(both.Head.Read) != 2 || len(both.Findings) <= len(got.Findings) {
		t.Errorf("both architectures: %d read, %d findings", len(both.Head.Read), len(both.Findings))
	}
}

// TestMergedParts: a finding of two units is shown once, with the better witness,
// and what both have read is counted once.
func TestMergedParts(t *testing.T) {
	chain := func(names ...string) []reports.Step {
		var out []reports.Step
		for _, n := range names {
			out = append(out, reports.Step{Function: n})
		}
		return out
	}
	part := func(files []string, findings ...reports.Finding) *unitPart {
		a := archPart{Read: reports.Read{Arch: "x86", Functions: 2, Limits: map[string]int{"depth": 1}}, Files: files, Findings: findings, Unexpanded: []string{"M"}}
		for range files {
			a.Sizes = append(a.Sizes, 10)
		}
		a.Problems = []reports.Problem{{File: "b.h", Line: 1}}
		return &unitPart{Arches: []archPart{a}}
	}
	m := newMerged()
	m.add(part([]string{"a.c", "b.h"}, reports.Finding{Confidence: "likely", Fingerprint: "1", File: "b", Chain: chain("f", "g")}))
	m.add(part([]string{"b.h", "c.c"}, reports.Finding{Confidence: "likely", Fingerprint: "1", File: "b", Chain: chain("f")},
		reports.Finding{Confidence: "likely", Fingerprint: "2", File: "a"}))
	m.add(part(nil, reports.Finding{Confidence: "possible", Fingerprint: "1", File: "b"}, reports.Finding{Confidence: "certain", Fingerprint: "3", File: "z"}))
	var got []string
	for _, f := range m.findings([]string{"x86"}) {
		got = append(got, fmt.Sprint(f.Fingerprint, len(f.Chain)))
	}
	if !slices.Equal(got, []string{"30", "20", "11"}) {
		t.Errorf("findings %q", got)
	}
	read := m.heads([]string{"x86"})[0]
	if r := read.read; r.Files != 3 || r.Bytes != 30 || r.Functions != 6 || r.Unexpanded != 1 || r.Problems != 1 || r.Limits["depth"] != 3 {
		t.Errorf("read %+v", r)
	}
}

// TestWholeSameBytes: processors do not show in the result.
func TestWholeSameBytes(t *testing.T) {
	smallUnits(t)
	c := newCached(t, wholeFiles())
	want := c.run(t, "cold", "check", "--scope", "all", "--format", "json", "--confidence", "guess")
	for _, procs := range []int{1, 4} {
		old := runtime.GOMAXPROCS(procs)
		got := c.run(t, "cold", "check", "--scope", "all", "--format", "json", "--confidence", "guess")
		runtime.GOMAXPROCS(old)
		if got != want {
			t.Errorf("with %d processors:\n%s\nwant\n%s", procs, got, want)
		}
	}
}

// TestWholeFromTheCache edits, adds, removes and brings back files of a tree of
// several units, and compares each answer of the cache with the cold one.
func TestWholeFromTheCache(t *testing.T) {
	smallUnits(t)
	files := wholeFiles()
	c := newCached(t, files)
	rnd := rand.New(rand.NewSource(2))
	names := append(slices.Sorted(maps.Keys(wholeFiles())), "drivers/x/new.c", "kernel/new.c", "fs/new/new.c", ".klockscan.yaml")
	steps := 120
	if testing.Short() {
		steps = 30
	}
	args := []string{"check", "--scope", "all", "--arch", "x86", "--format", "json", "--confidence", "possible"}
	cold := 0
	for step := range steps {
		name := names[rnd.Intn(len(names))]
		text := wholeFiles()[name]
		if text == "" {
			text = takes("added", "hood", "gate") + "static int right(struct car *car) { return 1; }\nvoid other(struct car *car) { car->turn = right; road(car); }\n"
		}
		var did string
		switch all := variants(name, text); {
		case name == ".klockscan.yaml":
			did = []string{"", "suppress:\n  - kind: self-deadlock\n    function: twice\n    reason: test\n",
				"rules:\n  - outer: [car->hood]\n    inner: [car->gate]\n", "primitives:\n  - {name: road, action: sleep, reason: test}\n"}[rnd.Intn(4)]
			c.write(t, name, did)
		case rnd.Intn(5) == 0:
			did = "remove"
			os.Remove(filepath.Join(c.dir, name))
		default:
			did = all[[]int{0, 0, rnd.Intn(len(all))}[rnd.Intn(3)]]
			c.write(t, name, did)
		}
		before := c.loads
		got, want := c.run(t, "cache", args...), c.run(t, "cold", args...)
		if got != want {
			t.Fatalf("step %d: after %s: %q\nthe cache gives:\n%s\nand anew:\n%s", step, name, did, got, want)
		}
		cold += c.loads - before
	}
	if cold > steps*5 {
		t.Errorf("%d units were worked out in %d steps: the cache is of little use", cold, steps)
	}
}

// TestWhatAnEditCostsAWhole: an edit costs the units that read the file, or would
// get another answer from it.
func TestWhatAnEditCostsAWhole(t *testing.T) {
	smallUnits(t)
	files := wholeFiles()
	c := newCached(t, wholeFiles())
	args := []string{"check", "--scope", "all", "--arch", "x86"}
	first := c.run(t, "cache", args...)
	if c.loads != 9 {
		t.Fatalf("%d loads, want one for each unit", c.loads)
	}
	for _, step := range []struct {
		name, file, text string
		loads            int
	}{
		{"nothing", "tools/t.c", files["tools/t.c"], 0},
		{"what is left out", "tools/t.c", files["tools/t.c"] + "int more;\n", 0},
		{"a driver", "drivers/y/y.c", files["drivers/y/y.c"] + "int more(int x) { return x; }\n", 1},
		{"a driver that fills a table, elsewhere", "drivers/x/x.c", strings.Replace(files["drivers/x/x.c"], "return 0", "return 1", 1), 3},
		{"a driver that fills it with another function", "drivers/x/x.c", strings.ReplaceAll(files["drivers/x/x.c"], "left", "right"), 3},
		{"another one that fills it", "drivers/y/y.c", files["drivers/y/y.c"] + "int yy(struct car *car) { return 0; }\nvoid more(struct car *car) { car->turn = yy; }\n", 3},
		{"a file with a definition that others call", "kernel/road.c", files["kernel/road.c"] + "int more;\n", 4},
		{"a new file that defines nothing that is called", "kernel/more.c", "int more(int x) { return x; }\n", 1},
		{"all back", "", "", 0},
	} {
		if step.file != "" {
			c.write(t, step.file, step.text)
		} else {
			for name, text := range files {
				c.write(t, name, text)
			}
			os.Remove(filepath.Join(c.dir, "kernel/more.c"))
		}
		before := c.loads
		got := c.run(t, "cache", args...)
		if n := c.loads - before; n != step.loads {
			t.Errorf("%s: %d loads, want %d", step.name, n, step.loads)
		}
		if step.file == "" && got != first {
			t.Errorf("all back:\n%s\nwant\n%s", got, first)
		}
	}
}

// makeSome is a maker that fails for some units.
func makeSome(fails func(s *session) error) maker {
	return func(ctx context.Context, s *session, arch string, locks bool) (*code, error) {
		if err := fails(s); err != nil {
			return nil, err
		}
		return makeCode(ctx, s, arch, locks)
	}
}

// TestWholeInterrupted: a run that is interrupted says so, and the next one goes on
// where it stopped.
func TestWholeInterrupted(t *testing.T) {
	smallUnits(t)
	c := newCached(t, wholeFiles())
	ctx, cancel := context.WithCancel(context.Background())
	var begun atomic.Int64
	var out, errs bytes.Buffer
	args := []string{"check", "--scope", "all", "--arch", "x86", "--cache", c.cache, c.dir}
	status := run(ctx, args, streams{nil, &out, &errs}, makeSome(func(*session) error {
		if begun.Add(1) == 5 {
			cancel()
		}
		return nil
	}), false)
	if status != exitFailure || out.Len() > 0 || errs.String() != "klockscan: interrupted\n" {
		t.Errorf("status %d, stdout %q, stderr %q", status, &out, &errs)
	}
	got, want := c.run(t, "cache", "check", "--scope", "all", "--arch", "x86"), c.run(t, "cold", "check", "--scope", "all", "--arch", "x86")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if c.loads > 6 { // units are worked on in pairs
		t.Errorf("%d loads after the interrupt", c.loads)
	}
}

// TestFailedUnit: a unit that fails is named, the others count, and the status says
// that the work is not complete.
func TestFailedUnit(t *testing.T) {
	smallUnits(t)
	c := newCached(t, wholeFiles())
	var out, errs bytes.Buffer
	var mu sync.Mutex
	args := []string{"check", "--scope", "all", "--arch", "x86", "--cache", c.cache, c.dir}
	status := run(context.Background(), args, streams{nil, &out, &lockedWriter{&errs, &mu}}, makeSome(func(s *session) error {
		if slices.Contains(s.scope.dirs, "fs/two") {
			return failf("x86: lost its way")
		}
		return nil
	}), false)
	if status != exitFailure || !strings.Contains(out.String(), "arch/x86/kernel/k.c") || strings.Contains(out.String(), "\nfs/two/two.c") {
		t.Errorf("status %d, stdout %q", status, &out)
	}
	if want := "klockscan: fs/two: x86: lost its way\nklockscan: 1 of 9 units could not be checked: fs/two\n"; errs.String() != want {
		t.Errorf("stderr %q", &errs)
	}
	got, want := c.run(t, "cache", "check", "--scope", "all", "--arch", "x86"), c.run(t, "cold", "check", "--scope", "all", "--arch", "x86")
	if got != want || c.loads != 1 {
		t.Errorf("%d loads; got\n%s\nwant\n%s", c.loads, got, want)
	}
}

// A lockedWriter is a writer for several goroutines.
type lockedWriter struct {
	*bytes.Buffer
	mu *sync.Mutex
}

func (w *lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.Buffer.Write(p)
}

// TestWholeUsage: what does not take a whole tree says what to do instead.
func TestWholeUsage(t *testing.T) {
	c := newCached(t, wholeFiles())
	for args, want := range map[string]string{
		"order --scope all":    "2\n\nklockscan: klockscan order does not take the whole tree (--scope all) yet: name directories of it, as in --scope fs,mm\n",
		"check --scope all,fs": "2\n\nklockscan: --scope all is the whole tree: name nothing beside it\n",
	} {
		if got := c.run(t, "cold", strings.Fields(args)...); got != want {
			t.Errorf("%s: %q", args, got)
		}
	}
}

// TestOwnRuleOfAWhole: a rule that names a lock of one unit only is bound; one that
// no unit knows is an error.
func TestOwnRuleOfAWhole(t *testing.T) {
	smallUnits(t)
	files := wholeFiles()
	files[".klockscan.yaml"] = "rules:\n  - outer: [car->gate]\n    inner: [car->hood]\n"
	c := newCached(t, files)
	if got := c.run(t, "cold", "check", "--scope", "all", "--arch", "x86"); !strings.Contains(got, ".klockscan.yaml:2") {
		t.Errorf("got\n%s", got)
	}
	c.write(t, ".klockscan.yaml", "rules:\n  - outer: [car->gate]\n    inner: [car->keel]\n")
	if got := c.run(t, "cold", "check", "--scope", "all", "--arch", "x86"); !strings.HasPrefix(got, "2\n") || !strings.Contains(got, ".klockscan.yaml:2:5") {
		t.Errorf("got\n%s", got)
	}
}

// TestSpoiledPart: what is no part is none.
func TestSpoiledPart(t *testing.T) {
	if decodePart([]byte("no part")) != nil {
		t.Error("a spoiled part is taken for one")
	}
}

// TestMostEvents: a unit as large as KVM has all events, and no unit has no limit
// because it is too large.
func TestMostEvents(t *testing.T) {
	for edges, want := range map[int]int{0: 0, 36_000: 0, fullEdges: 0, 2 * fullEdges: lockflow.MaxEvents / 4, 1000 * fullEdges: 1} {
		if got := mostEvents(edges); got != want {
			t.Errorf("%d edges: %d events, want %d", edges, got, want)
		}
	}
}
