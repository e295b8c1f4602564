package cparse

import (
	"strings"
	"testing"
)

// TestCheckFinds breaks a good File in one way after another: each promise of
// ir.go that Check is to verify must be able to fail.
func TestCheckFinds(t *testing.T) {
	src := inFunction("if (n) n = a(d);\nswitch (n) {\ncase 1:\n\tb();\n}\n{\n\tint x = 1;\n\tguard(m)(d);\n}\nreturn n + 1;") +
		"#define m(a) f(a)\n#define v 1\nint g;\nint h(void);\nMODULE(x);\n"
	entry := func(f *File) *Block { return f.Funcs[0].Blocks[0] }
	call := func(f *File) *Call { return f.Funcs[0].Blocks[1].Instrs[0].(*Call) }
	assign := func(f *File) *Assign { return f.Funcs[0].Blocks[1].Instrs[1].(*Assign) }
	sw := func(f *File) *Switch { return f.Funcs[0].Blocks[2].Term.(*Switch) }
	last := func(f *File) *Block { return f.Funcs[0].Blocks[len(f.Funcs[0].Blocks)-1] }
	cleanup := func(f *File) *Call { k := last(f); return k.Instrs[len(k.Instrs)-1].(*Call) }
	for want, breakIt := range map[string]func(f *File){
		"has ID 7":                    func(f *File) { entry(f).ID = 7 },
		"has no end":                  func(f *File) { entry(f).Term = nil },
		"goes to 99":                  func(f *File) { entry(f).Term = &Jump{To: 99} },
		"goes to -1":                  func(f *File) { entry(f).Term = &Jump{To: -1} },
		"nothing leads to block":      func(f *File) { entry(f).Term = &Return{Pos: f.Funcs[0].Pos} },
		"no blocks":                   func(f *File) { f.Funcs[0].Blocks = nil },
		"has site 5":                  func(f *File) { call(f).Site = 5 },
		"no temporary":                func(f *File) { call(f).Dst.Name = "n" },
		"a call of nothing":           func(f *File) { call(f).Fun = nil },
		"a call inside an expression": func(f *File) { assign(f).Src = &Expr{Kind: ECall, X: assign(f).Dst} },
		"is not declared":             func(f *File) { assign(f).Src = &Expr{Kind: EName, Name: "%9"} },
		"no place to assign to":       func(f *File) { assign(f).Dst = &Expr{Kind: EInt} },
		"operator \"\"":               func(f *File) { last(f).Term.(*Return).X.op = 0 },
		"an expression is missing":    func(f *File) { last(f).Term.(*Return).X.Y = nil },
		"without a name":              func(f *File) { last(f).Term.(*Return).X.X.Name = "" },
		"expression of kind 99":       func(f *File) { last(f).Term.(*Return).X.X.Kind = 99 },
		"a switch without default":    func(f *File) { sw(f).Cases = sw(f).Cases[:1]; sw(f).Cases[0].To = 4 },
		"an end and no start":         func(f *File) { sw(f).Cases[1].Hi = sw(f).X },
		"takes one value":             func(f *File) { cleanup(f).Args = nil },
		"outside the function":        func(f *File) { assign(f).Pos = f.Globals[0].Pos },
		"outside the file":            func(f *File) { assign(f).Pos.Line = 1 << 20 },
		"declared twice":              func(f *File) { f.Funcs[0].Locals[0].Name = "n" },
		"a type is missing":           func(f *File) { f.Globals[0].Type = nil },
		"type of kind 99":             func(f *File) { f.Globals[0].Type = &Type{Kind: 99} },
		"typeof of a type":            func(f *File) { f.Globals[0].Type = &Type{Kind: TTypeof} },
		"has a body":                  func(f *File) { f.Protos[0].Blocks = f.Funcs[0].Blocks },
		"no name":                     func(f *File) { f.Funcs[0].Name = "" },
		"only a macro has a value":    func(f *File) { f.Funcs[0].Value = assign(f).Dst },
		"is not its own":              func(f *File) { f.Macros[0].Func().Name = "other" },
		"stands before the one":       func(f *File) { f.Macros[0], f.Macros[1] = f.Macros[1], f.Macros[0] },
		"offset -1":                   func(f *File) { f.TopCalls[0].Offset = -1 },
		"a choice by no condition": func(f *File) {
			br := entry(f).Term.(*Branch)
			entry(f).Term = &Config{Then: br.Then, Else: br.Else}
		},
	} {
		f := parse(t, src)
		breakIt(f)
		if err := Check(f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: Check says %v", want, err)
		}
	}
}

// TestCheckJoins: every problem is told, up to a bound.
func TestCheckJoins(t *testing.T) {
	f := parse(t, strings.Repeat("int x;\n", maxComplaints+10))
	for _, g := range f.Globals {
		g.Type = nil
	}
	if got := strings.Count(Check(f).Error(), "a type is missing"); got != maxComplaints {
		t.Errorf("%d complaints, want %d", got, maxComplaints)
	}
}
