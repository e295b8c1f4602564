package callgraph

import (
	"fmt"
	"strings"

	"klockscan/cparse"
)

// A Cause is why no target of a call is known.
type Cause uint8

// The causes.
const (
	BadCause     Cause = iota
	TypeUnknown        // the pointer's type is not known
	NeverSet           // variables of the struct were read, and none fills the member
	NotRead            // nothing that fills the member, variable or static call was read
	NeverPassed        // a parameter for which no call in what was read has a function
	NeverCalled        // a parameter of a function that nothing in what was read calls
	NoResult           // the result of a function that returns none, or whose body was not read
	NoAssignment       // a local variable to which no function is assigned
)

var causeNames = [...]string{"bad", "the type of the pointer is not known", "never set", "set by nothing that was read",
	"no caller passes a function", "parameter of what nothing calls", "no function is returned", "no function is assigned"}

// String is the cause in every report; Unresolved.Reason begins with it.
func (c Cause) String() string {
	if int(c) < len(causeNames) {
		return causeNames[c]
	}
	return causeNames[BadCause]
}

// reason says why a call has no target: the cell that it goes through is empty,
// and so are all that lead to it; what lacks is at the first of those.
func (s *solver) reason(site indirectSite, from map[int32][]int32) (Cause, string) {
	if site.cell < 0 {
		return TypeUnknown, TypeUnknown.String()
	}
	c, seen := site.cell, map[int32]bool{}
	for len(from[c]) > 0 && !seen[c] {
		seen[c] = true
		c = from[c][0]
	}
	cause, detail := s.lacks(s.cells[c].key)
	return cause, cause.String() + ": " + detail
}

// lacks says what is missing at a cell into which nothing leads.
func (s *solver) lacks(key cellKey) (Cause, string) {
	switch owner := key.owner.(type) {
	case *cparse.Struct:
		member := s.memberName(owner, key.name)
		if n := s.tables[owner]; n > 0 {
			return NeverSet, fmt.Sprintf("%s is empty in all variables that were read (%d)", member, n)
		}
		return NotRead, member
	case *cparse.Global:
		return NotRead, "variable " + owner.Name
	case string:
		if owner == "global" {
			return NotRead, "variable " + key.name
		}
		return NotRead, owner + " " + key.name
	case resultOf:
		return NoResult, s.funcs[owner].Name + "()"
	case FuncID:
		return s.lacksLocal(s.funcs[owner], key.name)
	}
	return NoAssignment, "a choice"
}

// lacksLocal says what is missing at a parameter, local or temporary of f.
func (s *solver) lacksLocal(f *Func, name string) (Cause, string) {
	switch {
	case hasParam(f.IR(), name) && s.called[f.ID]:
		return NeverPassed, fmt.Sprintf("%s of %s()", name, f.Name)
	case hasParam(f.IR(), name):
		return NeverCalled, fmt.Sprintf("%s of %s()", name, f.Name)
	case strings.HasPrefix(name, "%"):
		return NoResult, f.calleeText(&cparse.Call{Fun: &cparse.Expr{Kind: cparse.EName, Name: name}})
	}
	return NoAssignment, name
}
