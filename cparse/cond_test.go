package cparse

import (
	"runtime/debug"
	"strings"
	"testing"
)

// world knows some names: those with "yes" are defined with no value, those
// with "no" are not defined, numbers are values.
type world map[string]string

func (w world) Defined(name string) Tri {
	switch w[name] {
	case "":
		return Unknown
	case "no":
		return False
	}
	return True
}

func (w world) Value(name string) (int64, bool) {
	v := w[name]
	if v == "" || v == "no" || v == "yes" {
		return 0, false
	}
	return intValue(v)
}

func TestCondEval(t *testing.T) {
	w := world{"YES": "yes", "NO": "no", "THREE": "3", "ZERO": "0"} // and MAYBE: nothing is known
	for text, want := range map[string]Tri{
		"1":                               True,
		"0":                               False,
		"defined(YES)":                    True,
		"defined NO":                      False,
		"defined(MAYBE)":                  Unknown,
		"!defined(NO)":                    True,
		"!defined(MAYBE)":                 Unknown,
		"defined(YES) && defined(MAYBE)":  Unknown,
		"defined(NO) && defined(MAYBE)":   False,
		"defined(MAYBE) && defined(NO)":   False,
		"defined(YES) || defined(MAYBE)":  True,
		"defined(MAYBE) || defined(YES)":  True,
		"defined(MAYBE) || defined(NO)":   Unknown,
		"IS_ENABLED(YES)":                 True,
		"IS_REACHABLE(NO)":                False,
		"IS_MODULE(MAYBE)":                Unknown,
		"THREE":                           True,
		"ZERO":                            False,
		"NO":                              False,
		"YES":                             Unknown,
		"MAYBE":                           Unknown,
		"NO == 0":                         True,
		"THREE > 2 && THREE < 0x4":        True,
		"THREE * 2 == 6UL":                True,
		"1 + 2 * 3 == 7":                  True,
		"8 - 2 - 1 == 5":                  True,
		"(8 - 2) >> 1 == 3":               True,
		"-1 < 0 && ~0 == -1 && +1 == 1":   True,
		"MAYBE > 3":                       Unknown,
		"THREE ? 0 : MAYBE":               False,
		"MAYBE ? 1 : 1":                   True,
		"MAYBE ? 1 : 0":                   Unknown,
		"0 ? 1 : 0 ? 2 : 3":               True,
		"VERSION(6, (1), 2) > THREE":      Unknown,
		"1 / ZERO":                        Unknown,
		"1 << 64":                         Unknown,
		"":                                Unknown,
		"1 +":                             Unknown,
		"(1":                              Unknown,
		"1 1":                             Unknown,
		"\"x\"":                           Unknown,
		"1 /* one */ && 1 // and one":     True,
		"defined(YES) \\\n && THREE == 3": True,
	} {
		if got := (&Cond{Text: text}).Eval(w); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

// TestCondConjunction: a Cond holds with all that stand around it.
func TestCondConjunction(t *testing.T) {
	w := world{"YES": "yes", "NO": "no"}
	cond := func(texts ...string) (c *Cond) {
		for _, s := range texts {
			text, neg := strings.CutPrefix(s, "!")
			c = &Cond{Text: text, Neg: neg, Outer: c}
		}
		return c
	}
	for _, tt := range []struct {
		cond   *Cond
		want   Tri
		prints string
	}{
		{nil, True, "1"},
		{cond("defined(YES)", "!defined(NO)"), True, "defined(YES) && !(defined(NO))"},
		{cond("defined(YES)", "defined(M)"), Unknown, "defined(YES) && defined(M)"},
		{cond("defined(M)", "!defined(YES)"), False, "defined(M) && !(defined(YES))"},
		{cond("defined(NO)", "defined(M)"), False, "defined(NO) && defined(M)"},
	} {
		if got := tt.cond.Eval(w); got != tt.want {
			t.Errorf("%v: %v, want %v", tt.cond, got, tt.want)
		}
		if got := tt.cond.String(); got != tt.prints {
			t.Errorf("prints %s, want %s", got, tt.prints)
		}
	}
}

// TestCondHostile: no text of a condition exhausts the stack.
func TestCondHostile(t *testing.T) {
	defer debug.SetMaxStack(debug.SetMaxStack(4 << 20)) // the default is 1 GB, which takes long to fill
	for _, s := range []string{"1?", "(", "!", "-", "a(", "1||", "defined "} {
		if got := (&Cond{Text: strings.Repeat(s, 1<<16)}).Eval(world{}); got != Unknown {
			t.Errorf("%s and so on: %v", s, got)
		}
	}
}

// configs is bodies of a function with conditionals in them.
var configs = []lowering{
	{"ifdef", "#ifdef A\n\ta();\n#endif\n\tb();", `
0: if config defined(A) goto 1 else 2
1: a(); goto 2
2: b(); return`},
	{"ifndef and else", "#ifndef A\n\ta();\n#else\n\tb();\n#endif", `
0: if config !defined(A) goto 1 else 2
1: a(); goto 3
2: b(); goto 3
3: return`},
	{"elif", "#if A > 1\n\ta();\n#elif defined(B)\n\tb();\n#else\n\tc();\n#endif", `
0: if config A > 1 goto 1 else 2
1: a(); goto 5
2: if config defined(B) goto 3 else 4
3: b(); goto 5
4: c(); goto 5
5: return`},
	{"return in one branch", "#ifdef A\n\treturn 1;\n#endif\n\treturn 0;", `
0: if config defined(A) goto 1 else 2
1: return 1
2: return 0`},
	{"nested", "#ifdef A\n#ifdef B\n\tab();\n#endif\n\ta();\n#endif", `
0: if config defined(A) goto 1 else 4
1: if config defined(B) goto 2 else 3
2: ab(); goto 3
3: a(); goto 4
4: return`},
	{"dead", "#if 0\n\ta();\n#endif\n\tb();", "0: b(); return"},
	{"guard around", "\tguard(mutex)(&d->m);\n#ifdef A\n\treturn 1;\n#endif\n\tb();", `
0: %1 = class_mutex_constructor(&d->m); if config defined(A) goto 1 else 2
1: !class_mutex_destructor(%1); return 1
2: b(); !class_mutex_destructor(%1); return`},
}

func TestConfig(t *testing.T) { testLowerings(t, configs) }

// TestConfigCase: a case under #if says so.
func TestConfigCase(t *testing.T) {
	f := parse(t, inFunction("switch (n) {\ncase 1:\n\ta();\n\tbreak;\n#ifdef A\ncase 2:\n\tb();\n\tbreak;\n#endif\ndefault:\n\tc();\n}"))
	sw := function(t, f, "f").Blocks[0].Term.(*Switch)
	var got []string
	for _, c := range sw.Cases {
		got = append(got, c.Cond.String())
	}
	if s := strings.Join(got, ", "); s != "1, defined(A), 1" {
		t.Errorf("conditions of the cases: %s", s)
	}
}

// TestBothVariants: definitions under opposite conditions are both there, and
// each knows its condition.
func TestBothVariants(t *testing.T) {
	f := parse(t, "#ifdef A\nint f(void) { return 1; }\n#else\nint f(void) { return 2; }\n#endif\nint g(void) { return 3; }\n")
	var got []string
	for _, fn := range f.Funcs {
		got = append(got, fn.Name+" "+strings.TrimPrefix(blocks(fn), "0: ")+" if "+fn.Cond.String())
	}
	want := "f return 1 if defined(A), f return 2 if !(defined(A)), g return 3 if 1"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("functions:\n got %s\nwant %s", s, want)
	}
}
