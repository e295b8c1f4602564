package lockflow

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"klockscan/callgraph"
)

// The fixtures are C files under testdata. Each says at its lines what the
// engine must find there:
//
//	// want "KIND OUTER > INNER"   a finding of at least Likely, reported in this line
//	// possible "KIND OUTER > …"   a finding below Likely, hidden by default
//	// pair "OUTER > INNER"        a pair whose inner lock is taken in this line
//	// nopair "OUTER > INNER"      no such pair anywhere in the file
//	// clean                       nothing at all is found in this file
//	// rule L7                     what the file shows
//	// part DIR/NAME               what follows is another file of the focus
//
// What is found and not wanted fails as well. INNER is left out for leaks and
// double unlocks.
var expectation = regexp.MustCompile(`// (want|possible|pair|nopair) "([^"]*)"`)

var part = regexp.MustCompile(`(?m)^// part (\S+)$`)

// treeOf is a tree with one file of kernel code, or several.
func treeOf(t testing.TB, src string) fstest.MapFS {
	t.Helper()
	head, err := os.ReadFile(filepath.Join("testdata", "kernel.h"))
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{"include/linux/kernel.h": {Data: head}}
	name, from := "case.c", 0
	for _, m := range append(part.FindAllStringSubmatchIndex(src, -1), []int{len(src), len(src), 0, 0}) {
		text := strings.Repeat("\n", strings.Count(src[:from], "\n")) + src[from:m[0]] // lines keep their numbers
		fsys["focus/"+name] = &fstest.MapFile{Data: []byte(text)}
		name, from = src[m[2]:m[3]], m[1]
	}
	return fsys
}

// analyzeText runs the whole pipeline over one file of kernel code, or several.
func analyzeText(t testing.TB, src string, o Options) *Result {
	t.Helper()
	_, res := analyzeTree(t, treeOf(t, src), o)
	return res
}

// loading is how trees of tests are loaded.
func loading(t testing.TB) (*Table, callgraph.Options) {
	t.Helper()
	table, err := DefaultTable()
	if err != nil {
		t.Fatal(err)
	}
	return table, callgraph.Options{Arch: "x86", Dirs: []string{"focus"}, Opaque: table.Opaque, Entries: callgraph.DefaultEntries()}
}

// analyzeTree runs the whole pipeline over a tree.
func analyzeTree(t testing.TB, fsys fstest.MapFS, o Options) (*callgraph.Graph, *Result) {
	t.Helper()
	table, opt := loading(t)
	p, err := callgraph.Load(context.Background(), fsys, opt)
	if err != nil {
		t.Fatal(err)
	}
	o.Table = table
	g := callgraph.Build(p)
	res, err := Analyze(g.Prog, g, o)
	if err != nil {
		t.Fatal(err)
	}
	return g, res
}

func TestFixtures(t *testing.T) {
	files, err := filepath.Glob("testdata/*.c")
	if err != nil || len(files) == 0 {
		t.Fatal("no fixtures", err)
	}
	shown := map[string]bool{}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`rule (L\d+)`).FindAllStringSubmatch(string(src), -1) {
			shown[m[1]] = true
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".c"), func(t *testing.T) { checkFixture(t, string(src)) })
	}
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^//\t(L\d+) `).FindAllStringSubmatch(string(doc), -1) {
		if !shown[m[1]] {
			t.Errorf("no fixture shows rule %s", m[1])
		}
	}
}

// checkFixture compares what is found with what the lines say.
func checkFixture(t *testing.T, src string) {
	res := analyzeText(t, src, Options{})
	var want, have []string
	noPair := map[string]bool{}
	pairsAsked := false
	for i, line := range strings.Split(src, "\n") {
		for _, m := range expectation.FindAllStringSubmatch(line, -1) {
			if m[1] == "nopair" {
				noPair[m[2]] = true
				continue
			}
			pairsAsked = pairsAsked || m[1] == "pair"
			want = append(want, fmt.Sprintf("%d %s %s", i+1, m[1], m[2]))
		}
	}
	if len(want)+len(noPair) == 0 && !strings.Contains(src, "// clean") {
		t.Fatal("a fixture without expectations")
	}
	for _, f := range res.Findings {
		have = append(have, describe(f))
	}
	for _, p := range res.Pairs {
		text := p.Outer.Class.String() + " > " + p.Inner.Class.String()
		if noPair[text] {
			t.Errorf("pair %s by %v", text, p.Chain)
		}
		if line := fmt.Sprintf("%d pair %s", p.Inner.Line, text); slices.Contains(want, line) {
			have = append(have, line)
		}
	}
	slices.Sort(want)
	slices.Sort(have)
	have = slices.Compact(have)
	if !slices.Equal(want, have) {
		t.Errorf("want\n  %s\nhave\n  %s", strings.Join(want, "\n  "), strings.Join(have, "\n  "))
	}
}

func describe(f Finding) string {
	word := "want"
	if f.Confidence < Likely {
		word = "possible"
	}
	text := f.Outer.Class.String()
	if f.Inner != nil {
		text += " > " + f.Inner.Class.String()
		if f.Inner.Mode == Sleep {
			text = f.Outer.Class.String() + " > " + f.Inner.Name
		}
	}
	return fmt.Sprintf("%d %s %s %s", f.Line, word, f.Kind, text)
}

// TestSameResult runs with different numbers of workers: the order in which
// functions are solved must not show.
func TestSameResult(t *testing.T) {
	src, err := os.ReadFile("testdata/wrappers.c")
	if err != nil {
		t.Fatal(err)
	}
	for name, src := range map[string]string{"wrappers": string(src), "circles": circles(2 * fewFuncs)} {
		one := analyzeText(t, src, Options{Workers: 1})
		if len(one.Pairs) == 0 {
			t.Errorf("%s: no pairs", name)
		}
		for _, n := range []int{2, 3, 7} {
			if res := analyzeText(t, src, Options{Workers: n}); !reflect.DeepEqual(res, one) {
				t.Errorf("%s: %d workers find something else than one", name, n)
			}
		}
	}
}

// circles is n functions that call each other round in many circles, each of
// them with one of ten locks held.
func circles(n int) string {
	var b strings.Builder
	b.WriteString("#include <linux/kernel.h>\n")
	for i := range 10 {
		fmt.Fprintf(&b, "static DEFINE_MUTEX(lock%d);\n", i)
	}
	for i := range n {
		fmt.Fprintf(&b, "int f%d(int x);\n", i)
	}
	for i := range n {
		fmt.Fprintf(&b, "int f%d(int x)\n{\n\tif (x == %d)\n\t\treturn f%d(x + 1);\n\tmutex_lock(&lock%d);\n\tif (x > 3)\n\t\tf%d(x - 1);\n\tmutex_unlock(&lock%d);\n\treturn f%d(x) + f%d(0);\n}\n",
			i, i, (i+1)%n, i%10, (i*7+3)%n, i%10, (i*5+2)%n, (i+n/2)%n)
	}
	return b.String()
}

func TestNoProgram(t *testing.T) {
	if _, err := Analyze(nil, nil, Options{}); err == nil {
		t.Error("no error")
	}
}

// FuzzAnalyze runs the pipeline over any bytes: nothing may panic or hang, and
// the same bytes give the same findings.
// TestEventLimit: what a function hands to its callers can be bounded, and the
// result says so.
func TestEventLimit(t *testing.T) {
	var src strings.Builder
	for i := range 2 * minEvents {
		fmt.Fprintf(&src, "static DEFINE_MUTEX(m%d);\n", i)
	}
	src.WriteString("void all(void)\n{\n")
	for i := range 2 * minEvents {
		fmt.Fprintf(&src, "\tmutex_lock(&m%d);\n\tmutex_unlock(&m%d);\n", i, i)
	}
	src.WriteString("}\nstatic DEFINE_MUTEX(outer);\nvoid caller(void)\n{\n\tmutex_lock(&outer);\n\tall();\n\tmutex_unlock(&outer);\n}\n")
	const limit = "events of a function"
	for _, test := range []struct{ events, pairs int }{{0, 2 * minEvents}, {1, minEvents}} {
		res := analyzeText(t, src.String(), Options{Events: test.events})
		if len(res.Pairs) != test.pairs {
			t.Errorf("%d events: %d pairs, want %d", test.events, len(res.Pairs), test.pairs)
		}
		if (res.Stats.Limits[limit] > 0) != (test.events > 0) {
			t.Errorf("%d events: limits %v", test.events, res.Stats.Limits)
		}
	}
}

func FuzzAnalyze(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.c")
	for _, file := range files {
		if src, err := os.ReadFile(file); err == nil {
			f.Add(string(src))
		}
	}
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 20000 {
			t.Skip("long inputs only cost time")
		}
		start := time.Now()
		defer func() {
			if d := time.Since(start); d > 5*time.Second {
				t.Errorf("%d bytes took %v", len(src), d)
			}
		}()
		a, b := analyzeText(t, src, Options{}), analyzeText(t, src, Options{Workers: 3})
		if len(a.Findings) != len(b.Findings) || len(a.Pairs) != len(b.Pairs) {
			t.Error("two runs differ")
		}
	})
}
