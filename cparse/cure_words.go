package cparse

import (
	_ "embed" // the tables
	"fmt"
	"strings"
	"sync"
)

// What the cure knows of words: C's keywords here, the kernel's macros in
// tables.

// wordCls is what a word means to the cure.
type wordCls uint8

const (
	clsPlain    wordCls = iota // an identifier
	clsType                    // names a type alone or with others: int, unsigned
	clsPrim                    // typedef names that the grammar takes for keywords: size_t
	clsTag                     // struct, union, enum
	clsQual                    // const, volatile, restrict
	clsStorage                 // static, extern, inline, typedef, …
	clsCtrl                    // if, while, for, switch: a statement follows the parentheses
	clsStmt                    // return, goto, else, case, …
	clsSizeof                  // sizeof and its like: a type may stand in the parentheses
	clsOffset                  // offsetof
	clsTypeof                  // typeof and its like
	clsAsm                     // asm
	clsAuto                    // auto as a type
	clsLabel                   // __label__
	clsOther                   // other keywords, which never are names
	clsAttr                    // attribute macro of attributes.txt
	clsTagMacro                // macro of attributes.txt that stands for struct and a tag
)

// isDecl tells the words that declarations begin with.
func (c wordCls) isDecl() bool { return c >= clsType && c <= clsStorage }

// The classes draw the lines that the passes need and no finer: whether a word
// may stand in a declaration, whether it names a type by itself, whether a
// statement follows its parentheses.

// keywords lists C's words and GNU C's by class.
var keywords = map[wordCls]string{
	clsType: "void char short int long float double signed unsigned bool _Bool __int128 __int128_t __uint128_t _Complex",
	clsPrim: "size_t ssize_t ptrdiff_t intptr_t uintptr_t int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t " +
		"uint64_t max_align_t charptr_t nullptr_t char8_t char16_t char32_t char64_t",
	clsTag:     "struct union enum",
	clsQual:    "const volatile restrict _Atomic __restrict__",
	clsStorage: "static extern inline register typedef __inline __inline__ _Thread_local __thread",
	clsCtrl:    "if while for switch",
	clsStmt:    "return goto break continue do else case default",
	clsSizeof:  "sizeof _Alignof __alignof__ __alignof alignof",
	clsOffset:  "offsetof __builtin_offsetof",
	clsTypeof:  "typeof __typeof__ __typeof typeof_unqual __typeof_unqual__",
	clsAsm:     "asm __asm__ __asm",
	clsAuto:    "auto",
	clsLabel:   "__label__",
	clsOther:   "_Generic",
}

//go:embed attributes.txt
var attributesText string

//go:embed macroforms.txt
var macroFormsText string

// attribute is a row of attributes.txt.
type attribute struct {
	args   byte   // 0: no parentheses, 1: with, 2: either
	fact   bool   // kept in cured.annots
	typ    bool   // stands for a type, like typeof
	become string // a word to put in its place
}

// macroForm is a row of macroforms.txt.
type macroForm struct {
	form string // "field", "group", "function" or "undefined"
	name int    // field, function: the argument that is the name
	text string // field: the type; function: what stands before the name
	typ  int    // field: the argument that is the type, or -1; function: first of the parameters, or -1
	tail string // field: "[]", "[n]" or ""; function: "pairs" or "plain"
}

// wordTables holds keywords and tables by word.
type wordTables struct {
	classes map[string]wordCls
	attrs   map[string]attribute
	forms   map[string]macroForm
}

// wordTable loads the tables. A bad row is a mistake in the program, found by
// its tests.
var wordTable = sync.OnceValue(func() *wordTables {
	t := &wordTables{classes: map[string]wordCls{}, attrs: map[string]attribute{}, forms: map[string]macroForm{}}
	for cls, words := range keywords {
		for _, w := range strings.Fields(words) {
			t.classes[w] = cls
		}
	}
	for n, f := range tableRows("attributes.txt", attributesText) {
		if err := t.addAttribute(f); err != nil {
			panic(fmt.Sprintf("attributes.txt: row %d: %v", n+1, err))
		}
	}
	for n, f := range tableRows("macroforms.txt", macroFormsText) {
		if err := t.addForm(f); err != nil {
			panic(fmt.Sprintf("macroforms.txt: row %d: %v", n+1, err))
		}
	}
	return t
})

// tableRows cuts a table into rows of tab-separated columns. Lines that are
// empty or begin with # are comments; the last column is the reason.
func tableRows(name, text string) [][]string {
	var rows [][]string
	for n, line := range strings.Split(text, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.FieldsFunc(line, func(r rune) bool { return r == '\t' })
		if len(f) < 3 {
			panic(fmt.Sprintf("%s:%d: want columns and a reason: %q", name, n+1, line))
		}
		rows = append(rows, f)
	}
	return rows
}

// addAttribute takes a row of attributes.txt. Names that stand twice are
// refused: the second row would silently win.
func (t *wordTables) addAttribute(f []string) error {
	if len(f) != 4 {
		return fmt.Errorf("%d columns, want 4: %q", len(f), f)
	}
	var a attribute
	cls := clsAttr
	switch f[1] {
	case "bare":
	case "args":
		a.args = 1
	case "either":
		a.args = 2
	default:
		return fmt.Errorf("unknown form %q", f[1])
	}
	switch use := f[2]; {
	case use == "drop":
	case use == "fact":
		a.fact = true
	case use == "type":
		a.typ = true
	case use == "asm":
		cls = clsAsm
	case strings.HasPrefix(use, "="):
		a.become = use[1:]
		if t.classes[a.become] == clsTag {
			cls = clsTagMacro
		}
	default:
		return fmt.Errorf("unknown use %q", use)
	}
	for _, name := range strings.Fields(f[0]) {
		if _, dup := t.classes[name]; dup {
			return fmt.Errorf("%s stands twice", name)
		}
		if len(a.become) > len(name) {
			return fmt.Errorf("%q does not fit in the place of %s", a.become, name)
		}
		t.classes[name], t.attrs[name] = cls, a
	}
	return nil
}

// addForm takes a row of macroforms.txt.
func (t *wordTables) addForm(f []string) error {
	if len(f) != 7 {
		return fmt.Errorf("%d columns, want 7: %q", len(f), f)
	}
	m := macroForm{form: f[1], text: f[3], tail: f[5]}
	switch m.form {
	case "field", "group", "function", "undefined":
	default:
		return fmt.Errorf("unknown form %q", m.form)
	}
	if _, err := fmt.Sscan(f[2], &m.name); err != nil {
		return err
	}
	if _, err := fmt.Sscan(f[4], &m.typ); err != nil {
		return err
	}
	if m.text == "-" {
		m.text = ""
	}
	for _, name := range strings.Fields(f[0]) {
		if _, dup := t.forms[name]; dup {
			return fmt.Errorf("%s stands twice", name)
		}
		t.forms[name] = m
	}
	return nil
}
