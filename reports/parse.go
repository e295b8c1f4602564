package reports

import (
	"io"
	"strings"

	"klockscan/cparse"
)

// Parse is the document of one parsed file.
type Parse struct {
	Format    int        `json:"format"`
	File      string     `json:"file"`
	Bytes     int        `json:"bytes"`
	Functions []ParsedFn `json:"functions"`
	Types     []string   `json:"types"`
	Variables []string   `json:"variables"`
	Macros    []string   `json:"macros"`
	Calls     []string   `json:"file_scope_calls"` // macro invocations at file scope
	Problems  []Problem  `json:"problems"`
}

// A ParsedFn is a function in the form that the analyses see.
type ParsedFn struct {
	Name   string   `json:"name"`
	Line   int      `json:"line"`
	Errors int      `json:"errors"` // places in it that the grammar could not read
	IR     []string `json:"ir"`     // the lines of the printed function
}

// NewParse copies a parsed file.
func NewParse(f *cparse.File) Parse {
	p := Parse{Format: Format, File: f.Path, Bytes: f.Size, Functions: []ParsedFn{}, Types: []string{},
		Variables: []string{}, Macros: []string{}, Calls: []string{}, Problems: []Problem{}}
	for _, fn := range f.Funcs {
		p.Functions = append(p.Functions, ParsedFn{
			Name: fn.Name, Line: int(fn.Pos.Line), Errors: fn.Errors,
			IR: strings.Split(strings.TrimSuffix(fn.String(), "\n"), "\n"),
		})
	}
	for _, s := range f.Structs {
		word := "struct "
		if s.Union {
			word = "union "
		}
		p.Types = append(p.Types, word+s.Name)
	}
	for _, t := range f.Typedefs {
		p.Types = append(p.Types, "typedef "+t.Name+" "+t.Type.String())
	}
	for _, g := range f.Globals {
		p.Variables = append(p.Variables, g.Name+" "+g.Type.String())
	}
	for _, m := range f.Macros {
		p.Macros = append(p.Macros, macroHead(m))
	}
	for _, c := range f.TopCalls {
		p.Calls = append(p.Calls, c.Name+"("+strings.Join(c.Raw, ", ")+")")
	}
	for _, one := range f.Problems {
		p.Problems = append(p.Problems, Problem{f.Path, int(one.Pos.Line), one.Func, one.Reason, one.Text})
	}
	return p
}

func macroHead(m *cparse.Macro) string {
	switch {
	case m.Undef:
		return "undef " + m.Name
	case m.FuncLike:
		return m.Name + "(" + strings.Join(m.Params, ", ") + ")"
	}
	return m.Name
}

// WriteText writes the functions, with all the rest too, and then the problems.
func (p Parse) WriteText(w io.Writer, style Style, all bool) error {
	t := newText(w, style)
	for _, f := range p.Functions {
		for i, line := range f.IR {
			head := ""
			if i == 0 {
				head = where(p.File, f.Line) + ": "
			}
			t.printf("%s", head)
			t.indented(line)
		}
		t.printf("\n")
	}
	if all {
		t.section("types", p.Types)
		t.section("variables", p.Variables)
		t.section("macros", p.Macros)
		t.section("macro calls at file scope", p.Calls)
	}
	for _, one := range p.Problems {
		t.problem(one)
	}
	t.printf("%s: %s; not understood: %s\n", p.File, plural(len(p.Functions), "function"), plural(len(p.Problems), "region"))
	return t.end()
}

// indented writes a line of IR: its tabs are ours, the rest is the file's.
func (t *text) indented(line string) {
	rest := strings.TrimLeft(line, "\t")
	t.printf("%s%s\n", strings.Repeat("    ", len(line)-len(rest)), rest)
}

func (t *text) section(title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	t.printf("%v%s:%v\n", bold, title, reset)
	for _, l := range lines {
		t.printf("  %s\n", l)
	}
}
