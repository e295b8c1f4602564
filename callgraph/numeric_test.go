package callgraph

import (
	"slices"
	"testing"

	"klockscan/cparse"
)

// TestNumbers: what is told of macros by their words, and what is not.
func TestNumbers(t *testing.T) {
	p := loadC(t, `
void run(void) { }
int level;
enum { ONE = 1 };
#define LOW(x) ((x) & 7)
#define BOTH(a, b) (LOW(a) | LOW(b) << ONE)
#define A(x) .a = LOW(x)
#define DESC(n) .name = #n, A(n), .b = 2
#define CALLS(x) (x + run)
#define HOOK(f) .a = 1, .go = f ## _hook
#define ALSO(x) A(x), run
#define PAIR 1, 2
#define ALIAS PAIR
#define NOTHING
#define ROW(x) { .a = x }
#define RUN(x) { .a = x, .go = run }
#define NAMED(x) { .run = x, .name = "run", . level = 'r' }
#define SELF(x) SELF(x)
#define GLOBAL level
`, Options{})
	for text, want := range map[string]meaning{
		"LOW(3)":                        aNumber,
		"BOTH(ONE, 3)":                  aNumber,
		"UNKNOWN":                       aNumber,
		"PAIR":                          {plain: true},
		"ALIAS":                         {plain: true},
		"NOTHING":                       {plain: true},
		"A(1)":                          {plain: true, last: "a"},
		"DESC(ONE)":                     {plain: true, last: "b"},
		"A(run)":                        {},
		"LOW(run)":                      {},
		"CALLS(1)":                      {},
		"HOOK(x)":                       {},
		"ALSO(1)":                       {},
		"ROW(1)":                        {plain: true},
		"ROW(PAIR)":                     {plain: true},
		"ROW(run)":                      {},
		"RUN(1)":                        {},
		"NAMED(1)":                      {plain: true},
		"(struct x){ .run = ONE }":      {plain: true},
		"(struct x){ .run = run }":      {},
		"(struct x){ \"run\", ROW(2) }": {plain: true},
		"SELF(1)":                       {},
		"GLOBAL":                        {},
		"LOW((int)GLOBAL)":              {},
		"DESC(sizeof(int))":             {plain: true, last: "b"},
	} {
		n := numbers{p, map[string]meaning{}}
		if got := n.of(cparse.ParseExpr(text)); got != want {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
}

// TestBehindNumbers: what stands behind a macro that gives numbers to members is
// for the member behind the last of these.
func TestBehindNumbers(t *testing.T) {
	p := loadC(t, `
struct desc { const char *name; int a, b; void (*go)(void); int c; };
static void run(void) { }
static void stop(void) { }
#define A(x) .a = (x) & 7
#define B(x) .b = x
#define DESC(n) .name = #n, A(n), B(n)
static const struct desc table[] = { { DESC(3), run }, { .go = stop, B(2) } };
void f(int i) { table[i].go(); }
`, Options{})
	g := Build(p)
	var got []string
	for _, e := range g.Out(oneFunc(t, p, "f").ID) {
		got = append(got, p.Funcs[e.Callee].Name)
	}
	if !slices.Equal(got, []string{"run", "stop"}) {
		t.Errorf("f calls %v", got)
	}
}
