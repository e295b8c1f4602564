package cparse

import (
	"fmt"
	"strings"
)

func printParams(params []Param, variadic bool) string {
	var out []string
	for _, p := range params {
		switch {
		case p.Type == nil:
			out = append(out, p.Name)
		case p.Name == "":
			out = append(out, p.Type.String())
		default:
			out = append(out, p.Name+" "+p.Type.String())
		}
	}
	if variadic {
		out = append(out, "...")
	}
	return strings.Join(out, ", ")
}

func printList(list []*Expr) string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = orUnknown(e)
	}
	return strings.Join(out, ", ")
}

// orUnknown prints a missing expression as the unknown value that it stands for.
func orUnknown(e *Expr) string {
	if e == nil {
		return "?"
	}
	return e.String()
}

// printFun prints what is called, in parentheses where it is an operation.
func printFun(e *Expr) string {
	var b strings.Builder
	e.writeIn(&b, 0)
	return b.String()
}

// String is the function: its head and, block by block, its instructions.
func (f *Func) String() string {
	var b strings.Builder
	word := "func"
	if f.Macro {
		word = "macro"
	}
	fmt.Fprintf(&b, "%s %s(%s)", word, f.Name, printParams(f.Params, f.Variadic))
	if f.Result != nil {
		b.WriteString(" " + f.Result.String())
	}
	if f.Static {
		b.WriteString(" static")
	}
	if f.Cond != nil {
		b.WriteString(" if " + f.Cond.String())
	}
	for _, a := range f.Annots {
		fmt.Fprintf(&b, " %s(%s)", a.Name, strings.Join(a.Args, ", "))
	}
	b.WriteString("\n")
	for _, l := range f.Locals {
		fmt.Fprintf(&b, "\tvar %s %s\n", l.Name, l.Type)
	}
	for _, block := range f.Blocks {
		fmt.Fprintf(&b, "%d:\n", block.ID)
		for _, in := range block.Instrs {
			fmt.Fprintf(&b, "\t%s\n", PrintInstr(in))
		}
		fmt.Fprintf(&b, "\t%s\n", PrintTerm(block.Term))
	}
	return b.String()
}

// PrintInstr is an instruction with its line.
func PrintInstr(in Instr) string {
	switch in := in.(type) {
	case *Assign:
		word := ""
		if in.Decl {
			word = "decl "
		}
		return fmt.Sprintf("%d: %s%s = %s", in.Pos.Line, word, orUnknown(in.Dst), orUnknown(in.Src))
	case *Call:
		dst := ""
		if in.Dst != nil {
			dst = in.Dst.String() + " = "
		}
		text := fmt.Sprintf("%d: %scall#%d %s(%s)", in.Pos.Line, dst, in.Site, printFun(in.Fun), printList(in.Args))
		if in.Cleanup {
			text += " at the end of a scope"
		}
		if in.Loop {
			text += " heads a loop"
		}
		if in.Via != nil {
			text += " via " + in.Via.Macro
		}
		return text
	}
	return "?"
}

// PrintTerm is the end of a block.
func PrintTerm(t Term) string {
	switch t := t.(type) {
	case *Jump:
		return fmt.Sprintf("goto %d", t.To)
	case *Branch:
		return fmt.Sprintf("%d: if %s goto %d else %d", t.Pos.Line, orUnknown(t.Cond), t.Then, t.Else)
	case *Switch:
		var b strings.Builder
		fmt.Fprintf(&b, "%d: switch %s", t.Pos.Line, t.X)
		for _, c := range t.Cases {
			switch {
			case c.Lo == nil:
				fmt.Fprintf(&b, " default:%d", c.To)
			case c.Hi == nil:
				fmt.Fprintf(&b, " %s:%d", c.Lo, c.To)
			default:
				fmt.Fprintf(&b, " %s...%s:%d", c.Lo, c.Hi, c.To)
			}
		}
		return b.String()
	case *Config:
		return fmt.Sprintf("if config %s goto %d else %d", t.Cond, t.Then, t.Else)
	case *Return:
		if t.X == nil {
			return fmt.Sprintf("%d: return", t.Pos.Line)
		}
		return fmt.Sprintf("%d: return %s", t.Pos.Line, t.X)
	case *Stop:
		return "stop"
	}
	return "?"
}
