package cparse

import (
	"bytes"
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

// definers.txt lists the macros that define a variable at file scope.
//
//go:embed definers.txt
var definersText string

// A definer tells which argument of a macro names the variable that it
// defines, and its type: a text, or the argument that holds it.
type definer struct {
	nameArg, typeArg int // typeArg -1: text
	text             string
	array            bool
}

var definers = sync.OnceValue(func() map[string]definer {
	rows := map[string]definer{}
	for line := range strings.Lines(definersText) {
		f := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if len(f) < 3 || strings.HasPrefix(f[0], "#") {
			continue
		}
		typ, _, _ := strings.Cut(f[2], "#")
		typ = strings.TrimSpace(typ)
		d := definer{typeArg: -1, text: typ}
		d.nameArg, _ = strconv.Atoi(f[1])
		if rest, ok := strings.CutPrefix(typ, "arg"); ok {
			d.typeArg, _ = strconv.Atoi(rest)
		}
		if rest, ok := strings.CutSuffix(d.text, "[]"); ok {
			d.text, d.array = rest, true
		}
		rows[f[0]] = d
	}
	return rows
})

// define adds what a macro invocation at file scope defines: a variable, or
// the constructor and destructor of a guard class.
func (l *lowerer) define(tc *TopCall, init *Expr) {
	if d, ok := definers()[tc.Name]; ok {
		l.defineVar(tc, d, init)
		return
	}
	text := classText(tc.Name, tc.Raw)
	if text == "" {
		return
	}
	sub := l.sub(text, tc.Pos)
	if sub == nil {
		return
	}
	before := len(l.file.Funcs)
	sub.unit()
	for _, f := range l.file.Funcs[before:] {
		f.Cond = tc.Cond
	}
}

func (l *lowerer) defineVar(tc *TopCall, d definer, init *Expr) {
	if d.nameArg >= len(tc.Raw) || d.typeArg >= len(tc.Raw) {
		return
	}
	text := d.text
	if d.typeArg >= 0 {
		text = tc.Raw[d.typeArg]
	}
	name, _, isArray := strings.Cut(tc.Raw[d.nameArg], "[")
	t := l.typeText(text, tc.Pos)
	if d.array || isArray {
		t = &Type{Kind: TArray, Elem: t}
	}
	l.file.Globals = append(l.file.Globals,
		&Global{Name: strings.TrimSpace(name), Type: t, Static: tc.Static, Init: init, Pos: tc.Pos, Cond: tc.Cond})
}

// defineLocal declares the variable that a macro among statements defines; node
// i is the invocation. It reports false if the macro defines none.
func (b *builder) defineLocal(i int32) bool {
	l := b.l
	fn := l.t.child(i, "function")
	d, ok := definers()[l.t.text(fn)]
	if !ok || l.kind(fn) != "identifier" {
		return false
	}
	var args []int32
	l.children(l.t.child(i, "arguments"), func(k int32) { args = append(args, k) })
	if d.nameArg >= len(args) || d.typeArg >= len(args) || l.kind(args[d.nameArg]) != "identifier" {
		return false
	}
	pos := l.pos(i)
	t := l.typeText(d.text, pos)
	if d.typeArg >= 0 {
		if e := b.exprs().expr(args[d.typeArg]); e.Kind == EType {
			t = e.Type()
		}
	}
	if d.array {
		t = &Type{Kind: TArray, Elem: t}
	}
	// The cure has blanked a static before it.
	before := bytes.TrimRight(l.c.src[:l.t.nodes[i].start], " \t\r\n")
	b.declare(l.name(args[d.nameArg]), t, bytes.HasSuffix(before, []byte("static")), pos)
	return true
}

// sub makes a lowerer for a text made up for the place pos: every line of it
// counts as that place's.
func (l *lowerer) sub(text string, pos Pos) *lowerer {
	if l.texts >= maxTexts {
		return nil
	}
	c := cure([]byte(strings.Map(flat, text)))
	t, err := parseTree(c.text, parseLimit)
	if err != nil {
		return nil
	}
	sub := newLowerer(l.file, t, c)
	sub.base, sub.flat, sub.texts = pos, true, l.texts+1
	return sub
}

func flat(r rune) rune {
	if r == '\n' || r == '\r' {
		return ' '
	}
	return r
}

// classText is the C text of the constructor and destructor of a guard class
// (include/linux/cleanup.h), in a form in which the guard is the lock itself:
// the constructor returns the lock it took, or NULL if it took none, and the
// destructor takes that value. "" if name defines no class.
func classText(name string, a []string) string {
	if len(a) < 3 {
		return ""
	}
	switch name {
	case "DEFINE_GUARD":
		if len(a) >= 4 {
			return guardText(a[0], a[1]+" _T", a[2]+"; return _T", a[1]+" _T", a[3])
		}
	case "DEFINE_LOCK_GUARD_1":
		if len(a) >= 4 {
			param := a[1] + " *_T"
			return guardText(a[0], param, lockMember(a[2])+"; return _T", param, lockMember(a[3]))
		}
	case "DEFINE_LOCK_GUARD_0":
		return guardText(a[0], "void", a[1]+"; return 1", "void *_T", a[2])
	case "DEFINE_GUARD_COND", "DEFINE_LOCK_GUARD_1_COND":
		cond := "_RET"
		if len(a) > 3 {
			cond = a[3]
		}
		return guardText(a[0]+a[1], "void *_T", "long _RET = "+lockMember(a[2])+"; if ("+cond+") return _T; return 0",
			"void *_T", "if (_T) class_"+a[0]+"_destructor(_T)")
	case "DEFINE_CLASS":
		if len(a) >= 4 {
			return guardText(a[0], classParams(a[4:]), "return "+a[3], a[1]+" _T", a[2])
		}
	case "EXTEND_CLASS":
		return guardText(a[0]+a[1], classParams(a[3:]), "return "+a[2], "void *_T", "class_"+a[0]+"_destructor(_T)")
	case "DEFINE_FREE":
		return "static inline void __free_" + a[0] + "(" + a[1] + " _T) { " + a[2] + "; }"
	}
	return ""
}

func guardText(class, ctorParams, ctor, dtorParam, dtor string) string {
	result := "void *"
	if t, ok := strings.CutSuffix(dtorParam, " _T"); ok && !strings.HasPrefix(dtorParam, "void") {
		result = t + " "
	}
	return "static inline " + result + "class_" + class + "_constructor(" + ctorParams + ") { " + ctor + "; } " +
		"static inline void class_" + class + "_destructor(" + dtorParam + ") { " + dtor + "; }"
}

// lockMember writes a lock guard's lock pointer, a member of the guard, as the
// guard itself.
func lockMember(s string) string { return strings.ReplaceAll(s, "_T->lock", "_T") }

func classParams(a []string) string {
	if len(a) == 0 {
		return "void"
	}
	return strings.Join(a, ", ")
}
