package callgraph

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"klockscan/cparse"
)

// resumeTree is what the edits of TestResume are made to.
var resumeTree = map[string]string{
	"include/linux/ops.h": `
struct dev;
struct ops { int (*open)(struct dev *d); void (*close)(struct dev *d); };
struct dev { const struct ops *ops; int state; };
#define dev_open(d) ((d)->ops->open(d))
#define max(a, b) ({ __auto_type x = (a); __auto_type y = (b); x > y ? x : y; })
static inline void touch(struct dev *d) { d->state++; }
static inline void tap(struct dev *d) { touch(d); }
static inline void taps(struct dev *d) { tap(d); tap(d); }
static inline void searches(void) { unheard(2); }
static inline void fills(struct dev *d, struct ops *o) { d->ops = o; }
void grab(int *lock);
void outside(int n);
int helper(struct dev *d);
`,
	"drv/main.c": `#include <linux/ops.h>
#define LIMIT 4
static int count;

static void none(void) { }

static int first_open(struct dev *d)
{
	count++;
	touch(d);
	return helper(d);
}

static void first_close(struct dev *d)
{
	count--;
	outside(count);
}

struct pair { int a; int b; };
struct row { int n; void (*run)(void); };
static struct row rows[] = { { 1, none }, { 2, none } };
struct far { int (*missing)(void); };

static int all(struct far *f, struct pair *p)
{
	rows[p->a].run();
	return f->missing();
}

static const struct ops first = { .open = first_open, .close = first_close };

void start(struct dev *d)
{
	int n = LIMIT;

	d->ops = &first;
	if (dev_open(d))
		return;
	outside(n);
	touch(d);
}

void stop(struct dev *d)
{
	d->ops->close(d);
	outside(0);
	touch(d);
	helper(d);
}
`,
	"drv/more.c": `#include <linux/ops.h>
int helper(struct dev *d)
{
	outside(1);
	return d->state;
}

int user(struct dev *d)
{
	start(d);
	stop(d);
	touch(d);
	return helper(d);
}

int several(struct dev *d)
{
	union { int (*open)(struct dev *d); struct dev *other; } u;

	u.open = d->ops->open;
	nowhere(d);
	touch(d);
	outside(2);
	return u.open(d);
}

void serves(struct dev *d)
{
	if (kvm_check_request(REQ_STOP, d))
		touch(d);
	if (kvm_check_request(REQ_LATER, d))
		touch(d);
}

void asks(struct dev *d)
{
	kvm_make_request(REQ_STOP, d);
	kvm_make_request(REQ_OTHER, d);
	outside(nowhere_yet);
}
`,
}

func mapFS(files map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, text := range files {
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

// whole is the graph of a tree, worked out anew.
func whole(t *testing.T, tree fstest.MapFS, opt Options) *Graph {
	t.Helper()
	opt.Cache = nil
	p, err := Load(context.Background(), tree, opt)
	if err != nil {
		t.Fatal(err)
	}
	return Build(p)
}

// baseOf is what Resume starts from.
func baseOf(t *testing.T, g *Graph) []byte {
	t.Helper()
	e := cparse.NewEncoder()
	g.Encode(e)
	if !g.EncodeBase(e) {
		t.Fatal("the graph cannot be a base")
	}
	return e.Bytes()
}

// resumed edits a file and resumes; nil if that cannot be done. What comes out must be
// what comes out of the edited tree.
func resumed(t *testing.T, files map[string]string, base []byte, opt Options, path, text string) *Difference {
	t.Helper()
	edited := maps.Clone(files)
	edited[path] = text
	tree := mapFS(edited)
	opt.Cache = nil
	from := cparse.NewDecoder(base)
	old, err := DecodeGraph(from, DefaultEntries())
	if err != nil {
		t.Fatal(err)
	}
	g, d, ok, err := Resume(context.Background(), tree, opt, old, from, []Edit{{path, []byte(files[path])}})
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		return nil
	}
	sameGraph(t, g, whole(t, tree, opt))
	return d
}

// sameGraph compares all that is known of two graphs.
func sameGraph(t *testing.T, got, want *Graph) {
	t.Helper()
	a, b := cparse.NewEncoder(), cparse.NewEncoder()
	got.Encode(a)
	want.Encode(b)
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Errorf("the graphs differ")
		for i := range min(len(got.Edges), len(want.Edges)) {
			if x, y := fmt.Sprint(got.Edges[i]), fmt.Sprint(want.Edges[i]); x != y {
				t.Errorf("edge %d is %s, should be %s", i, x, y)
				break
			}
		}
		for _, pair := range [][2]any{{got.Prog.Stats, want.Prog.Stats}, {got.Unresolved, want.Unresolved}, {got.Entries(), want.Entries()}} {
			if x, y := fmt.Sprint(pair[0]), fmt.Sprint(pair[1]); x != y {
				t.Errorf("%s\nshould be %s", x, y)
			}
		}
	}
	if len(got.stored)+len(want.stored) > 0 && !reflect.DeepEqual(got.stored, want.stored) {
		t.Errorf("stored is %v, should be %v", got.stored, want.stored)
	}
	if len(got.tables)+len(want.tables) > 0 && !reflect.DeepEqual(got.tables, want.tables) {
		t.Errorf("tables are %v, should be %v", got.tables, want.tables)
	}
	for i, f := range want.Prog.Funcs {
		if f.IR() == nil || i >= len(got.Prog.Funcs) {
			continue
		}
		if x, y := bodyText(got.Prog.Funcs[i].Body()), bodyText(f.Body()); x != y {
			t.Errorf("%s is\n%s\nshould be\n%s", f.Name, x, y)
		}
	}
}

// bodyText is a function with its places.
func bodyText(f *cparse.Func) string {
	var b strings.Builder
	fmt.Fprintln(&b, f.Name, f.Pos, f.Params, len(f.Locals))
	for _, block := range f.Blocks {
		for _, in := range block.Instrs {
			fmt.Fprintln(&b, block.ID, in.InstrPos(), cparse.PrintInstr(in))
		}
		fmt.Fprintln(&b, block.ID, cparse.PrintTerm(block.Term))
	}
	return b.String()
}

func TestResume(t *testing.T) {
	opt := Options{Arch: "x86", Dirs: []string{"drv"}, Opaque: func(name string) bool { return name == "grab" }}
	base := baseOf(t, whole(t, mapFS(resumeTree), opt))
	for _, test := range []struct {
		name, path, old, now string
		changed              string // names of functions, in order; "-": not resumed
	}{
		{"a line above", "drv/main.c", "static int count;", "static int count;\n/* a comment */", ""},
		{"a comment inside", "drv/main.c", "\tcount++;", "\tcount++; /* more */", "first_open"},
		{"a statement more", "drv/main.c", "\tcount++;", "\tcount++;\n\tcount++;", "first_open"},
		{"a call less that others make", "drv/main.c", "\toutside(0);\n", "", "stop"},
		{"a call less, here", "drv/more.c", "\toutside(1);", "", "helper"},
		{"a call more", "drv/more.c", "\tstart(d);", "\tstart(d);\n\ttouch(d);", "user"},
		{"calls exchanged", "drv/main.c", "\toutside(n);\n\ttouch(d);", "\ttouch(d);\n\toutside(n);", "start"},
		{"a call through a table moves", "drv/main.c", "\td->ops->close(d);\n\toutside(0);", "\toutside(0);\n\td->ops->close(d);", "stop"},
		{"a branch around a call through a table", "drv/main.c", "\td->ops->close(d);", "\tif (d->state)\n\t\td->ops->close(d);", "stop"},
		{"a function more, called", "drv/more.c", "int user(struct dev *d)\n{", "static void twice(struct dev *d)\n{\n\ttouch(d);\n\ttouch(d);\n}\n\nint user(struct dev *d)\n{\n\ttwice(d);", "twice user"},
		{"another number", "drv/main.c", "int n = LIMIT;", "int n = LIMIT + 1;", "start"},

		{"a call more, beside a type of the function's own", "drv/more.c", "\toutside(2);", "\ttouch(d);\n\toutside(2);", "several"},
		{"variables of a macro more", "drv/more.c", "\toutside(2);", "\toutside(max(d->state, 2));", "several"},
		{"a call more of what nothing defines", "drv/more.c", "\ttouch(d);\n\toutside(2);", "\tnowhere(d);\n\ttouch(d);\n\toutside(2);", "several"},
		{"a function more, with variables of a macro", "drv/more.c", "int several(", "static int most(int n)\n{\n\treturn max(max(n, 4), 5);\n}\n\nint several(", "-"},
		{"a function more, with variables of a macro, called", "drv/more.c", "int several(struct dev *d)\n{",
			"static int most(int n)\n{\n\treturn max(max(n, 4), 5);\n}\n\nint several(struct dev *d)\n{\n\tint n = most(d->state);\n", "most several"},

		{"a call more of a header's function", "drv/more.c", "\ttouch(d);\n\toutside(2);", "\ttaps(d);\n\ttouch(d);\n\toutside(2);", "several tap taps"},
		{"a call more of a lock primitive", "drv/more.c", "\ttouch(d);\n\toutside(2);", "\tgrab(&d->state);\n\ttouch(d);\n\toutside(2);", "several grab"},
		{"a call less of what others name", "drv/more.c", "\ttouch(d);\n\toutside(2);", "\ttouch(d);", "several"},

		{"a variable and a macro more", "drv/more.c", "int several(struct dev *d)\n{", "#define HIGHEST 7\nstatic int peak = HIGHEST;\n\nint several(struct dev *d)\n{\n\tpeak++;\n", "several"},
		{"a struct and an object of it more", "drv/more.c", "int several(struct dev *d)\n{",
			"struct gauge {\n\tint peak;\n\tstruct ops *how;\n};\ntypedef struct gauge gauge_t;\nstatic gauge_t dial = { .peak = 1 };\n\nint several(struct dev *d)\n{\n\tdial.peak++;\n", "several"},
		{"a member more", "drv/main.c", "struct pair { int a;", "struct pair { int a; int between;", ""},

		{"the only call moves to another function", "drv/more.c", "\tstop(d);\n\ttouch(d);\n\treturn helper(d);\n}\n\nint several(struct dev *d)\n{\n",
			"\ttouch(d);\n\treturn helper(d);\n}\n\nint several(struct dev *d)\n{\n\tstop(d);\n", "user several"},
		{"a request more that others make", "drv/more.c", "\toutside(2);", "\tkvm_make_request(REQ_STOP, d);\n\toutside(2);", "several"},
		{"a request less", "drv/more.c", "\tkvm_make_request(REQ_STOP, d);\n", "", "asks"},
		{"a request that nobody made", "drv/more.c", "\toutside(2);", "\tkvm_make_request(REQ_LATER, d);\n\toutside(2);", "-"},
		{"a request is served elsewhere too", "drv/more.c", "\toutside(2);", "\tif (kvm_check_request(REQ_STOP, d))\n\t\treturn 1;\n\toutside(2);", "-"},
		{"another parameter", "drv/main.c", "static int all(struct far *f, struct pair *p)\n{", "static int all(struct far *f, int n, struct pair *p)\n{", "all"},
		{"another parameter of a function that is called elsewhere", "drv/main.c", "void start(struct dev *d)", "void start(int n, struct dev *d)", "-"},
		{"another parameter of a function that is stored", "drv/main.c", "first_open(struct dev *d)", "first_open(int n, struct dev *d)", "-"},
		{"a member more in a header", "include/linux/ops.h", "int state; };", "int state; int between; };", ""},
		{"a prototype more in a header", "include/linux/ops.h", "void outside(int n);", "void outside(int n);\nint between(int n);", ""},
		{"a line more in a header", "include/linux/ops.h", "void outside(int n);", "\nvoid outside(int n);", ""},
		{"another body in a header", "include/linux/ops.h", "d->state++;", "d->state += 2;", "touch"},
		{"another body in a header that nobody uses", "include/linux/ops.h", "tap(d); tap(d);", "tap(d);", ""},

		{"another macro in a header", "include/linux/ops.h", "x > y ? x : y", "x < y ? y : x", "-"},
		{"a function more in a header", "include/linux/ops.h", "void outside(int n);", "void outside(int n);\nstatic inline int between(void) { return 1; }", ""},
		{"a member more, where objects list theirs in order", "drv/main.c", "struct row { int n;", "struct row { int n; int between;", "-"},
		{"a member more, of a name that others have", "drv/main.c", "struct pair { int a;", "struct pair { int a; int state;", "-"},
		{"a variable more of a name that others have", "drv/more.c", "int several(struct dev *d)\n{", "static int n;\n\nint several(struct dev *d)\n{", "-"},
		{"a variable more that holds a function", "drv/more.c", "int several(struct dev *d)\n{", "static void (*hook)(struct dev *) = stop;\n\nint several(struct dev *d)\n{", "-"},
		{"a struct more with a member that calls go through", "drv/more.c", "int several(struct dev *d)\n{", "struct other_ops { int (*missing)(void); };\n\nint several(struct dev *d)\n{", "-"},
		{"a call more of a header's function that searches", "drv/more.c", "\toutside(2);", "\toutside(2);\n\tsearches();", "-"},
		{"a call more of a header's function that stores what it is given", "drv/more.c", "\toutside(2);", "\toutside(2);\n\tstruct ops o = { .close = stop };\n\tfills(d, &o);", "-"},
		{"a function more that another one names", "drv/more.c", "int several(struct dev *d)\n{",
			"static int nowhere_yet(void)\n{\n\treturn 1;\n}\n\nint several(struct dev *d)\n{\n\tnowhere_yet();\n", "-"},
		{"a function more, not called", "drv/more.c", "int user(", "int idle(void)\n{\n\treturn 1;\n}\n\nint user(", "-"},
		{"a macro changes", "drv/main.c", "#define LIMIT 4", "#define LIMIT 5", "-"},
		{"a variable more", "drv/main.c", "static int count;", "static int count, other;", "-"},
		{"a head changes", "drv/main.c", "void stop(struct dev *d)", "int stop(struct dev *d)", "-"},
		{"another table entry", "drv/main.c", ".close = first_close", ".close = stop", "-"},
		{"a table is not used", "drv/main.c", "\td->ops = &first;\n", "", "-"},
		{"a pointer is stored", "drv/main.c", "\tcount++;", "\tcount++;\n\tstruct ops o = { .close = stop };", "-"},
		{"the only call goes", "drv/more.c", "\tstop(d);\n", "", "-"},
		{"what nobody called is called", "drv/main.c", "\toutside(0);", "\tuser(d);", "-"},
		{"a call of what nothing defines", "drv/more.c", "\toutside(1);", "\tunheard(1);", "-"},
		{"a function less", "drv/more.c", "int user(struct dev *d)\n{\n\tstart(d);\n\tstop(d);\n\ttouch(d);\n\treturn helper(d);\n}\n", "", "-"},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := strings.Replace(resumeTree[test.path], test.old, test.now, 1)
			d := resumed(t, resumeTree, base, opt, test.path, text)
			got := "-"
			if d != nil {
				var names []string
				edited := maps.Clone(resumeTree)
				edited[test.path] = text
				g := whole(t, mapFS(edited), opt)
				for _, id := range d.Changed {
					names = append(names, g.Prog.Funcs[id].Name)
				}
				got = strings.Join(names, " ")
			}
			if got != test.changed && text != resumeTree[test.path] {
				t.Errorf("changed: %q, should be %q", got, test.changed)
			}
		})
	}
}

// TestResumeRandomly repeats and deletes lines of the trees of testdata, and compares
// what Resume makes of that with what the edited tree is.
func TestResumeRandomly(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	done, tried := 0, 0
	all := fixtures(t)
	for _, name := range sortedKeys(all) {
		tree, want := readTree(all[name])
		opt, _ := expected("x86", want["x86"])
		files := map[string]string{}
		for path, f := range tree {
			files[path] = string(f.Data)
		}
		base := baseOf(t, whole(t, tree, opt))
		for _, path := range sortedKeys(files) {
			text := files[path]
			if !strings.HasSuffix(path, ".c") && !strings.HasSuffix(path, ".h") {
				continue
			}
			for range 6 {
				lines := strings.SplitAfter(text, "\n")
				at := r.Intn(len(lines))
				if r.Intn(2) == 0 {
					lines[at] += lines[at]
				} else {
					lines[at] = ""
				}
				tried++
				if resumed(t, files, base, opt, path, strings.Join(lines, "")) != nil {
					done++
				}
				if t.Failed() {
					t.Fatalf("%s: %s, line %d", name, path, at+1)
				}
			}
		}
	}
	t.Logf("%d of %d edits resumed", done, tried)
	if done < tried/8 {
		t.Errorf("%d of %d edits resumed", done, tried)
	}
}
