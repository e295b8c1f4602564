package callgraph

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math/rand"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"klockscan/cparse"
)

// loadFixture is the program of a fixture for x86.
func loadFixture(t *testing.T, name string, opt Options) *Program {
	t.Helper()
	ar := fixtures(t)[name]
	if ar == nil {
		t.Fatalf("no fixture %s", name)
	}
	tree, _ := readTree(ar)
	opt.Arch, opt.Dirs = "x86", []string{"drv"}
	p, err := Load(context.Background(), tree, opt)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestDocExample keeps the package comment true: the C of the example and the
// graph that it shows are those of testdata/doc.txtar, line by line.
func TestDocExample(t *testing.T) {
	src, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for line := range strings.Lines(string(src)) {
		if text, ok := strings.CutPrefix(line, "//\t"); ok {
			shown[strings.TrimSpace(text)] = true
		}
	}
	want := Build(loadFixture(t, "doc", Options{})).String()
	for _, f := range fixtures(t)["doc"].Files {
		if strings.HasSuffix(f.Name, ".c") || strings.HasSuffix(f.Name, ".h") {
			want += f.Name + "\n" + string(f.Data)
		}
	}
	for line := range strings.Lines(want) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "#include") && !shown[line] {
			t.Errorf("doc.go does not show %q", line)
		}
	}
	if t.Failed() {
		t.Logf("the example is\n%s", want)
	}
}

func TestLoadErrors(t *testing.T) {
	tree := fstest.MapFS{"drv/a.c": {Data: []byte("void f(void) { g(); }\n")}}
	done, cancel := context.WithCancel(context.Background())
	cancel()
	for _, test := range []struct {
		ctx  context.Context
		opt  Options
		want string
	}{
		{context.Background(), Options{Arch: "vax", Dirs: []string{"drv"}}, "unknown architecture"},
		{context.Background(), Options{Arch: "x86", Dirs: []string{"nowhere"}}, "nowhere"},
		{context.Background(), Options{Arch: "x86", Dirs: []string{"drv", "../etc"}}, "../etc"},
		{done, Options{Arch: "x86", Dirs: []string{"drv"}}, context.Canceled.Error()},
	} {
		p, err := Load(test.ctx, tree, test.opt)
		if p != nil || err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: got %v, %v, want %q", test.opt, p, err, test.want)
		}
	}
	if _, err := Load(context.Background(), tree, Options{Arch: "x86", Dirs: []string{"nowhere"}}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing directory is %v", err)
	}
}

// TestUnreadableFiles: what cannot be read is said, and the rest goes on.
func TestUnreadableFiles(t *testing.T) {
	tree := fstest.MapFS{
		"drv/a.c":       {Data: []byte("#include \"link.h\"\n#include \"../../out.h\"\n#include \"a.c\"\n#include <>\nvoid f(void) { g(); }\n")},
		"drv/binary.c":  {Data: []byte("\x7fELF\x00\x00void h(void) { }")},
		"drv/huge.h":    {Data: bytes.Repeat([]byte("#define A 1\n"), maxFile/12+1)},
		"drv/link.h":    {Data: []byte("/etc/passwd"), Mode: fs.ModeSymlink | 0o777},
		"drv/pipe.c":    {Mode: fs.ModeNamedPipe},
		"drv/empty.c":   {},
		"drv/dir.c/b.c": {Data: []byte("void in_dir(void) { }")},
		"out.h":         {Data: []byte("void out(void) { }")},
	}
	p, err := Load(context.Background(), tree, Options{Arch: "x86", Dirs: []string{"drv"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(Check(p), Build(p).Check()); err != nil {
		t.Error(err)
	}
	if len(p.Find("f")) != 1 || len(p.Find("in_dir")) != 1 || len(p.Find("h")) != 0 {
		t.Error("the functions of readable files are not all there, or others are")
	}
	said := map[string]string{}
	for _, pr := range p.Stats.Problems {
		said[pr.Path] += pr.Reason
	}
	for path, want := range map[string]string{"drv/binary.c": "not text", "drv/huge.h": "larger than the size limit"} {
		if said[path] != want {
			t.Errorf("%s: problem %q, want %q", path, said[path], want)
		}
	}
	if said["drv/a.c"] != "" || said["drv/empty.c"] != "" {
		t.Errorf("problems of files that have none: %q", said)
	}
}

func TestProgress(t *testing.T) {
	ar := fixtures(t)["direct"]
	tree, _ := readTree(ar)
	last, calls := 0, 0
	_, err := Load(context.Background(), tree, Options{Arch: "x86", Dirs: []string{"drv"}, Progress: func(stage string, done, total int) {
		if calls++; stage == "" || done < 1 || done > total {
			t.Errorf("%q %d of %d", stage, done, total)
		}
		last = total - done
	}})
	if err != nil || calls == 0 || last != 0 {
		t.Errorf("%v: %d calls, %d left", err, calls, last)
	}
}

func TestByNameAndLookup(t *testing.T) {
	p := loadFixture(t, "static_twins", Options{})
	if ids := p.ByName("reset"); len(ids) != 3 || p.Funcs[ids[2]].Path != "" {
		t.Errorf("ByName(reset): %d functions, the one without a body not last", len(ids))
	}
	for spec, want := range map[string]string{"a_reset": "drv/a.c:reset", "b_reset": "drv/b.c:reset", "c_reset": "reset"} {
		f := oneFunc(t, p, spec)
		if id := p.Lookup(f, "reset"); id == NoFunc || p.Funcs[id].String() != want {
			t.Errorf("reset in %s is function %d, want %s", spec, id, want)
		}
	}
}

// breaks are ways to break a program or its graph, each with what the checkers
// must say. A checker that finds nothing in any of them checks nothing.
var breaks = []struct {
	want   string
	damage func(p *Program, g *Graph)
}{
	{"has ID", func(p *Program, _ *Graph) { p.Funcs[1].ID = 0 }},
	{"functions drv", func(p *Program, _ *Graph) { p.Funcs[0], p.Funcs[1] = p.Funcs[1], p.Funcs[0] }},
	{"out of order", func(p *Program, _ *Graph) { p.Files[0], p.Files[1] = p.Files[1], p.Files[0] }},
	{"is not a file", func(p *Program, _ *Graph) { p.Funcs[0].Path = "drv/zz.c" }},
	{"outside of the file", func(p *Program, _ *Graph) { p.Funcs[0].IR().Pos.Line = 1 << 20 }},
	{"outside of the file", func(p *Program, _ *Graph) { p.Funcs[0].IR().Pos.Col = 0 }},
	{"has no body", func(p *Program, _ *Graph) { p.Funcs[0].ir = nil }},
	{"has a body", func(p *Program, _ *Graph) { p.Funcs[0].External = true }},
	{"has ID", func(p *Program, _ *Graph) { p.Funcs[0].IR().Blocks[0].ID = 7 }},
	{"has no end", func(p *Program, _ *Graph) { p.Funcs[0].IR().Blocks[0].Term = nil }},
	{"leads to block", func(p *Program, _ *Graph) { p.Funcs[0].IR().Blocks[0].Term = &cparse.Jump{To: -1} }},
	{"#if that was not decided", func(p *Program, _ *Graph) { p.Funcs[0].IR().Blocks[0].Term = &cparse.Config{} }},
	{"not numbered", func(p *Program, _ *Graph) { firstCall(p).Site = 9 }},
	{"calls nothing", func(p *Program, _ *Graph) { firstCall(p).Fun = nil }},
	{"outside of lines", func(p *Program, _ *Graph) { firstCall(p).Pos.Line = 1 << 20 }},
	{"macro m used", func(p *Program, _ *Graph) { firstCall(p).Via = &cparse.Expansion{Macro: "m", Path: "gone.h"} }},
	{"do not exist", func(_ *Program, g *Graph) { g.Edges[0].Callee = 99 }},
	{"do not exist", func(_ *Program, g *Graph) { g.Edges[0].Caller = -1 }},
	{"has the kind", func(_ *Program, g *Graph) { g.Edges[0].Kind = BadKind }},
	{"has the kind", func(_ *Program, g *Graph) { g.Edges[0].Kind = 99 }},
	{"which does not exist", func(_ *Program, g *Graph) { g.Edges[len(g.Edges)-1].Site = 99 }},
	{"its call", func(_ *Program, g *Graph) { g.Edges[0].Pos.Line++ }},
	{"goes via", func(_ *Program, g *Graph) { g.Edges[0].Via = "" }},
	{"evidence", func(_ *Program, g *Graph) { g.Edges[0].Evidence = []Place{{Path: "gone.c"}} }},
	{"out of order", func(_ *Program, g *Graph) { slices.Reverse(g.Edges) }},
	{"out of order", func(_ *Program, g *Graph) { g.Edges[1] = g.Edges[0] }},
	{"rows of the index", func(_ *Program, g *Graph) { g.out[len(g.out)-1]-- }},
	{"listed as entering", func(_ *Program, g *Graph) { slices.Reverse(g.inEdges) }},
	{"has no edge and is not unresolved", func(_ *Program, g *Graph) { g.Unresolved = nil }},
	{"lacks a reason", func(_ *Program, g *Graph) { g.Unresolved[0].Reason = "" }},
	{"does not exist", func(_ *Program, g *Graph) { g.Unresolved[0].Site = 99 }},
	{"is unresolved and has edges", func(_ *Program, g *Graph) { g.Unresolved[0].Site, g.Unresolved[0].Pos = 0, g.Edges[0].Pos }},
	{"lacks a reason, is listed twice", func(_ *Program, g *Graph) { g.Unresolved = append(g.Unresolved, g.Unresolved[0]) }},
}

func firstCall(p *Program) *cparse.Call {
	for _, b := range p.Funcs[p.Find("submit")[0]].IR().Blocks {
		for _, in := range b.Instrs {
			if c, ok := in.(*cparse.Call); ok {
				return c
			}
		}
	}
	return nil
}

func TestCheck(t *testing.T) {
	for i, b := range breaks {
		p := loadFixture(t, "doc", Options{})
		g := Build(p)
		if err := errors.Join(Check(p), g.Check()); err != nil {
			t.Fatalf("before anything is broken: %v", err)
		}
		b.damage(p, g)
		if err := errors.Join(Check(p), g.Check()); err == nil || !strings.Contains(err.Error(), b.want) {
			t.Errorf("break %d: got %v, want %q", i, err, b.want)
		}
	}
}

// TestCheckReportsAll: every problem is in the one error.
func TestCheckReportsAll(t *testing.T) {
	p := loadFixture(t, "doc", Options{})
	p.Funcs[0].ir.Pos.Col, p.Funcs[1].ir = 0, nil
	err := Check(p)
	for _, want := range []string{"drv/core.c:2:0 is outside", "drv/core.c:submit has no body"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}

// TestMutatedTrees damages fixtures at random: nothing may panic or hang, and
// what comes out must still pass the checks.
func TestMutatedTrees(t *testing.T) {
	rnd := rand.New(rand.NewSource(7))
	all := fixtures(t)
	names := sortedKeys(all)
	pieces := []string{"(", ")", "{", "}", ";", "##", "#if 1\n", "#else\n", "#endif\n", "\\\n", "...", ",", "\"", "struct ", "\x00", "#define a(b) b a(b)\n", "->"}
	for round := range 150 {
		tree, _ := readTree(all[names[round%len(names)]])
		for _, p := range sortedKeys(tree) {
			src := slices.Clone(tree[p].Data)
			for range 1 + rnd.Intn(4) {
				at, end := rnd.Intn(len(src)+1), rnd.Intn(len(src)+1)
				switch rnd.Intn(3) {
				case 0: // a piece put in
					src = slices.Insert(src, at, []byte(pieces[rnd.Intn(len(pieces))])...)
				case 1: // a stretch left out
					src = slices.Delete(src, min(at, end), max(at, end))
				default: // a stretch twice
					src = append(src, src[min(at, end):max(at, end)]...)
				}
			}
			tree[p] = &fstest.MapFile{Data: src}
		}
		for _, arch := range Arches() {
			p, err := Load(context.Background(), tree, Options{Arch: arch, Dirs: []string{"drv"}})
			if err != nil {
				t.Fatal(err)
			}
			g := Build(p)
			if err := errors.Join(Check(p), g.Check()); err != nil {
				t.Errorf("round %d, %s: %v", round, names[round%len(names)], err)
			}
			_ = g.String()
		}
	}
}
