package lockflow

import (
	"klockscan/callgraph"
	"klockscan/cparse"
)

// A survey counts over all functions what a look at one of them does not tell.
type survey struct {
	locals  map[string]int  // by tag: local variables that are such a struct
	set     map[flagBit]int // calls that set the flag
	cleared map[flagBit]int // calls that clear it
}

func newSurvey() survey {
	return survey{map[string]int{}, map[flagBit]int{}, map[flagBit]int{}}
}

// surveyAll counts over the functions of the program.
func (a *analysis) surveyAll() survey {
	s := newSurvey()
	for _, f := range a.prog.Funcs {
		a.count(s, f, 1)
	}
	return s
}

// count adds what one function has, or with -1 takes it away.
func (a *analysis) count(s survey, f *callgraph.Func, by int) {
	if f.IR() == nil {
		return
	}
	body := f.Body()
	for _, l := range body.Locals {
		if t := l.Type; t != nil && t.Kind == cparse.TStruct && t.Name != "" {
			s.locals[t.Name] += by
		}
	}
	for _, b := range body.Blocks {
		for _, in := range b.Instrs {
			c, ok := in.(*cparse.Call)
			if !ok || c.Fun == nil || c.Fun.Kind != cparse.EName {
				continue
			}
			p := a.table.lookup(c.Fun.Name)
			if p == nil || p.Action != actBitSet && p.Action != actBitClear {
				continue
			}
			if flag, known := a.flagBit(f, c, p); known && p.Action == actBitSet {
				s.set[flag] += by
			} else if known {
				s.cleared[flag] += by
			}
		}
	}
}

// setSurvey makes the survey that of the analysis.
func (a *analysis) setSurvey(s survey) {
	a.survey, a.onStack, a.oneWay = s, s.onStack(), s.oneWay()
}

// onStack lists the struct types that functions keep on their stacks: only for
// those can a call chain show what a member holds.
func (s survey) onStack() map[string]bool {
	out := map[string]bool{}
	for tag, n := range s.locals {
		if n > 0 {
			out[tag] = true
		}
	}
	return out
}

// oneWay lists the flags that tell whether something has happened: some code sets
// them, none clears them.
func (s survey) oneWay() map[flagBit]bool {
	out := map[flagBit]bool{}
	for flag, n := range s.set {
		if n > 0 && s.cleared[flag] == 0 {
			out[flag] = true
		}
	}
	return out
}
