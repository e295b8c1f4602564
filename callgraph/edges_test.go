package callgraph

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
)

// A fixture in testdata is a txtar archive: a tiny kernel tree in C, and what
// must hold of its call graph in a file "edges" (for x86) or "edges.ARCH". The
// notation, one expectation a line, # for comments:
//
//	a --ops--> b                  the edge exists with this kind
//	a --ops struct x.run--> b     and this Via
//	a --> b                       the edge exists
//	!a --> b   !a --ops--> b      it does not; both functions do
//	unresolved f [callee]         f has an unresolved call [of this text]
//	!unresolved f                 it has none
//	unresolved f callee: reason   the reason begins so
//	external f                    f is called and has no body in the program
//	absent f                      the tree mentions f, the program does not have it
//	unexpanded m                  the macro is in Stats.Unexpanded
//	todo LINE                     a known miss: fails when LINE comes to hold
//	imprecise LINE                a known false edge: fails when LINE ceases to hold
//	dirs d ...                    the focus; drv if there is no such line
//	rounds N                      Options.Rounds
//	opaque m ...                  macros that stay calls
//
// A function is NAME or PATH:NAME, and must be unique; NAME[REGISTRY] is its instance
// for a registry.

//go:embed testdata
var testdata embed.FS

// readTree splits an archive into a tree and its expectations by architecture.
func readTree(ar *txtar.Archive) (fstest.MapFS, map[string]string) {
	tree, want := fstest.MapFS{}, map[string]string{}
	for _, f := range ar.Files {
		if f.Name == "edges" {
			want["x86"] = string(f.Data)
		} else if arch, ok := strings.CutPrefix(f.Name, "edges."); ok {
			want[arch] = string(f.Data)
		} else {
			tree[f.Name] = &fstest.MapFile{Data: f.Data, Mode: 0o444}
		}
	}
	return tree, want
}

// checkFixture returns what is wrong with a fixture; nothing if all holds.
func checkFixture(ar *txtar.Archive) []string {
	tree, want := readTree(ar)
	if len(want) == 0 {
		return []string{"no expectations: the archive has no file named edges or edges.ARCH"}
	}
	var wrong []string
	for _, arch := range sortedKeys(want) {
		wrong = append(wrong, checkEdges(tree, arch, want[arch])...)
	}
	return wrong
}

// expected is the options of a fixture for an architecture, and the lines that must hold.
func expected(arch, expectations string) (opt Options, lines []string) {
	opt = Options{Arch: arch, Dirs: []string{"drv"}}
	for line := range strings.Lines(expectations) {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		switch {
		case len(f) == 0:
		case f[0] == "dirs":
			opt.Dirs = f[1:]
		case f[0] == "rounds" && len(f) == 2:
			opt.Rounds, _ = strconv.Atoi(f[1])
		case f[0] == "opaque":
			opt.Opaque = func(name string) bool { return slices.Contains(f[1:], name) }
		default:
			lines = append(lines, strings.Join(f, " "))
		}
	}
	return opt, lines
}

// checkEdges builds the graph of a tree and compares it with expectations.
func checkEdges(tree fs.FS, arch, expectations string) []string {
	opt, lines := expected(arch, expectations)
	if len(lines) == 0 {
		return []string{"no expectations for " + arch}
	}
	p, err := Load(context.Background(), tree, opt)
	if err != nil {
		return []string{err.Error()}
	}
	g := Build(p)
	var wrong []string
	for _, err := range []error{Check(p), Check(g.Prog), g.Check()} {
		if err != nil {
			wrong = append(wrong, "check: "+err.Error())
		}
	}
	x := expecter{g, tree}
	for _, line := range lines {
		if msg := x.line(line); msg != "" {
			wrong = append(wrong, fmt.Sprintf("%s: %s: %s", arch, line, msg))
		}
	}
	if len(wrong) > 0 {
		wrong = append(wrong, "the graph is\n"+notation(g))
	}
	return wrong
}

// notation prints a graph as expectations.
func notation(g *Graph) string {
	var b strings.Builder
	for _, e := range g.Edges {
		arrow := strings.TrimSpace(e.Kind.String() + " " + e.Via)
		fmt.Fprintf(&b, "\t%s --%s--> %s\n", spec(g.Prog, e.Caller), arrow, spec(g.Prog, e.Callee))
	}
	for _, u := range g.Unresolved {
		fmt.Fprintf(&b, "\tunresolved %s %s: %s\n", spec(g.Prog, u.Caller), u.Expr, u.Reason)
	}
	for _, f := range g.Prog.Funcs {
		if f.External {
			fmt.Fprintf(&b, "\texternal %s\n", f.Name)
		}
	}
	for _, m := range g.Prog.Stats.Unexpanded {
		fmt.Fprintf(&b, "\tunexpanded %s\n", m)
	}
	for _, pr := range g.Prog.Stats.Problems {
		fmt.Fprintf(&b, "\t# problem %s:%d: %s %q\n", pr.Path, pr.Pos.Line, pr.Reason, pr.Text)
	}
	return b.String()
}

// spec is the shortest name of a function that is unique.
func spec(p *Program, id FuncID) string {
	f := p.Funcs[id]
	switch {
	case f.Registry != "":
		return f.Name + "[" + f.Registry + "]"
	case len(p.Find(f.Name)) > 1:
		return f.String()
	}
	return f.Name
}

// An expecter judges expectations about one graph.
type expecter struct {
	g    *Graph
	tree fs.FS
}

var (
	edgeLine   = regexp.MustCompile(`^(!?)([^\s\[]+(?:\[.*?\])?) --(?:([a-z]+)(?: (.+))?--)?> ([^\s\[]+(?:\[.*?\])?)$`)
	unresolved = regexp.MustCompile(`^(!?)unresolved (\S+)(?: ([^:]+?)(?:: (.+))?)?$`)
	stateLine  = regexp.MustCompile(`^(external|absent|unexpanded) (\S+)$`)
)

// line judges one expectation: "" if it holds, else what is wrong.
func (x expecter) line(line string) string {
	for _, word := range []string{"todo", "imprecise"} {
		rest, ok := strings.CutPrefix(line, word+" ")
		if !ok {
			continue
		}
		holds, msg := x.judge(rest)
		switch {
		case msg != "":
			return msg
		case holds && word == "todo":
			return "holds now: drop the word todo"
		case !holds && word == "imprecise":
			return "no longer holds: turn it into a sharp expectation"
		}
		return ""
	}
	if holds, msg := x.judge(line); msg != "" || !holds {
		return cmp.Or(msg, "does not hold")
	}
	return ""
}

// judge says whether an expectation holds; msg is why it cannot be judged.
func (x expecter) judge(line string) (holds bool, msg string) {
	if m := edgeLine.FindStringSubmatch(line); m != nil {
		return x.edge(m[1] == "!", m[2], m[3], m[4], m[5])
	}
	if m := unresolved.FindStringSubmatch(line); m != nil {
		return x.unresolved(m[1] == "!", m[2], m[3], m[4])
	}
	if m := stateLine.FindStringSubmatch(line); m != nil {
		return x.state(m[1], m[2])
	}
	return false, "unknown notation"
}

func (x expecter) one(spec string) (FuncID, string) {
	name, registry, named := strings.Cut(strings.TrimSuffix(spec, "]"), "[")
	ids := slices.Clone(x.g.Prog.Find(name))
	if named {
		ids = slices.DeleteFunc(ids, func(f FuncID) bool { return x.g.Prog.Funcs[f].Registry != registry })
	}
	switch len(ids) {
	case 1:
		return ids[0], ""
	case 0:
		return NoFunc, "there is no function " + spec
	}
	return NoFunc, fmt.Sprintf("%s is ambiguous: %d functions", spec, len(ids))
}

func (x expecter) edge(not bool, from, kind, via, to string) (bool, string) {
	if kind != "" && !slices.Contains(kindNames[1:], kind) {
		return false, "unknown edge kind " + kind
	}
	a, msgA := x.one(from)
	b, msgB := x.one(to)
	if msg := cmp.Or(msgA, msgB); msg != "" {
		return false, msg
	}
	found := slices.ContainsFunc(x.g.Out(a), func(e Edge) bool {
		return e.Callee == b && (kind == "" || e.Kind.String() == kind) && (via == "" || e.Via == via)
	})
	return found != not, ""
}

func (x expecter) unresolved(not bool, fn, expr, reason string) (bool, string) {
	id, msg := x.one(fn)
	if msg != "" {
		return false, msg
	}
	found := slices.ContainsFunc(x.g.Unresolved, func(u Unresolved) bool {
		return u.Caller == id && (expr == "" || u.Expr == expr) && strings.HasPrefix(u.Reason, reason)
	})
	return found != not, ""
}

func (x expecter) state(word, name string) (bool, string) {
	switch ids := x.g.Prog.Find(name); word {
	case "external":
		return len(ids) == 1 && x.g.Prog.Funcs[ids[0]].External, ""
	case "unexpanded":
		return slices.Contains(x.g.Prog.Stats.Unexpanded, name), ""
	default:
		if !x.mentions(name) {
			return false, "nothing in the tree mentions " + name
		}
		return len(ids) == 0, ""
	}
}

// mentions reports whether the tree has a function's name, in the right file if
// the spec says which: a misspelt "absent" must not pass.
func (x expecter) mentions(spec string) bool {
	file, name := "", spec
	if i := strings.LastIndexByte(spec, ':'); i >= 0 {
		file, name = spec[:i], spec[i+1:]
	}
	word := regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`)
	found := false
	_ = fs.WalkDir(x.tree, ".", func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && (file == "" || p == file) {
			if src, err := fs.ReadFile(x.tree, p); err == nil && word.Match(src) {
				found = true
			}
		}
		return nil
	})
	return found
}

// fixtures is the archives in testdata by name.
func fixtures(t *testing.T) map[string]*txtar.Archive {
	t.Helper()
	names, err := fs.Glob(testdata, "testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal("no fixtures", err)
	}
	out := map[string]*txtar.Archive{}
	for _, name := range names {
		src, err := fs.ReadFile(testdata, name)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(path.Base(name), ".txtar")] = txtar.Parse(src)
	}
	return out
}

func TestEdges(t *testing.T) {
	all := fixtures(t)
	for _, name := range sortedKeys(all) {
		t.Run(name, func(t *testing.T) {
			if strings.TrimSpace(string(all[name].Comment)) == "" {
				t.Error("the archive does not say what it is about")
			}
			for _, msg := range checkFixture(all[name]) {
				t.Error(msg)
			}
		})
	}
}

// TestExpectationsFail tests the tests: what is misspelt, unread, contradicted
// or absent must fail, and say what is wrong.
func TestExpectationsFail(t *testing.T) {
	const tree = "-- drv/a.c --\nvoid g(void) { }\nvoid h(void) { }\nvoid f(void (*p)(void)) { g(); p(); }\nstatic void twin(void) { }\n" +
		"-- drv/b.c --\nstatic void twin(void) { }\n"
	for line, want := range map[string]string{
		"f --direct--> g": "", "!f --> h": "", "f --> g": "", "!f --ops--> g": "", "unresolved f p": "", "!unresolved g": "",
		"todo f --> h": "", "imprecise f --> g": "",
		"f --> h": "does not hold", "!f --> g": "does not hold", "f --macro--> g": "does not hold",
		"f --direct x--> g": "does not hold", "unresolved g": "does not hold", "unresolved f q": "does not hold",
		"unresolved f p: because": "does not hold", "!unresolved f": "does not hold", "external g": "does not hold",
		"absent g": "does not hold", "unexpanded g": "does not hold",
		"todo f --> g": "holds now", "imprecise f --> h": "no longer holds",
		"f -> g": "unknown notation", "f --> g h": "unknown notation", "f calls g": "unknown notation", "f": "unknown notation",
		"f --drect--> g": "unknown edge kind", "f --bad--> g": "unknown edge kind",
		"!f --> typo": "there is no function typo", "!typo --> g": "there is no function typo", "!unresolved typo": "there is no function",
		"absent typo": "nothing in the tree", "absent drv/b.c:g": "nothing in the tree",
		"!f --> twin": "ambiguous", "todo f --> typo": "there is no function",
		"": "no expectations", "# only a comment": "no expectations", "dirs drv": "no expectations",
		"dirs nowhere\nf --> g": "file does not exist",
	} {
		got := checkFixture(txtar.Parse([]byte(tree + "-- edges --\n" + line + "\n")))
		switch {
		case want == "" && len(got) > 0:
			t.Errorf("%q fails: %s", line, got)
		case want != "" && (len(got) == 0 || !strings.Contains(got[0], want)):
			t.Errorf("%q: got %q, want %q", line, got, want)
		case want == "does not hold" && !strings.Contains(got[len(got)-1], "f --direct--> g\n"):
			t.Errorf("%q: the actual graph is not shown: %q", line, got)
		}
	}
	for _, bad := range []string{tree, tree + "-- edges.vax --\nf --> g\n"} {
		if len(checkFixture(txtar.Parse([]byte(bad)))) == 0 {
			t.Errorf("no failure for\n%s", bad)
		}
	}
}
