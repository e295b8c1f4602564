package lockflow

import "klockscan/cparse"

// What an expression names, its type, and whether it is constant are the same in
// every state that a function is in: they are worked out once for an expression,
// and not once for a state.

// exprFacts is what is known of an expression of a function without any state.
type exprFacts struct {
	typ      *cparse.Type
	typed    bool // typ is known, or being worked out
	folded   bool // k and constant are known
	constant bool // the value is k
	walked   bool // followed is known
	k        int64
	name     *nameFacts     // of a name; nil if it was not asked for yet
	step     string         // of a member: the step from its struct to it; "" if it was not asked for yet
	followed []*cparse.Expr // the local pointers that evaluating it surely follows
}

// nameFacts is what a name stands for.
type nameFacts struct {
	local bool // variable idx of this function
	place apath
	idx   int32
	fixed bool  // the value is v in every state
	v     value // a number, or the address that an array's or function's name is
}

// factsOf is the facts of an expression, as far as they were asked for.
func (b *body) factsOf(e *cparse.Expr) *exprFacts {
	if f := b.facts[e]; f != nil {
		return f
	}
	if len(b.spare) == 0 {
		b.spare = make([]exprFacts, factsSlab)
	}
	f := &b.spare[0]
	b.spare = b.spare[1:]
	b.facts[e] = f
	return f
}

// factsSlab is how many facts are allocated at once.
const factsSlab = 32

// constant is the number that an expression is in every state.
func (x *frame) constant(e *cparse.Expr) (int64, bool) {
	if e == nil {
		return 0, false
	}
	f := x.factsOf(e)
	if !f.folded {
		f.folded = true
		f.k, f.constant = x.a.types.Const(x.f, e)
	}
	return f.k, f.constant
}

// named is what a name stands for.
func (x *frame) named(e *cparse.Expr) *nameFacts {
	f := x.factsOf(e)
	if f.name == nil {
		f.name = x.nameFacts(e)
	}
	return f.name
}

// nameFacts works out what named remembers.
func (x *frame) nameFacts(e *cparse.Expr) *nameFacts {
	i, local := x.vars[e.Name]
	if local && !x.static[i] {
		return &nameFacts{local: true, idx: i, place: apath{kind: rLocal, idx: i}}
	}
	var n nameFacts
	if local {
		n.place = globalPath(e.Name + "@" + x.f.Path)
	} else {
		n.place = globalPath(x.a.globalName(x.f, e.Name))
		if v, ok := x.flagValue(e); ok {
			n.fixed, n.v = true, v
			return &n
		}
		if k, ok := x.constant(e); ok {
			n.fixed, n.v = true, numValue(constNum(k))
			return &n
		}
	}
	if t := x.typeOf(x.a.types, e); aggregate(t) || t != nil && t.Kind == cparse.TFunc || x.a.isFunc(x.f, e.Name) {
		n.fixed, n.v = true, pathValue(n.place)
	}
	return &n
}

// memberStep is the step from a struct to the member that an expression names.
func (x *frame) memberStep(e *cparse.Expr) string {
	f := x.factsOf(e)
	if f.step == "" {
		f.step = "." + x.structName(x.a.types, x.typeOf(x.a.types, e.X)) + ":" + e.Name
	}
	return f.step
}
