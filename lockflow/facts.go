package lockflow

import "klockscan/cparse"

// What an expression names, its type, and whether it is constant are the same in
// every state that a function is in: they are worked out once for an expression,
// and not once for a state.

// exprFacts is what is known of an expression of a function without any state.
type exprFacts struct {
	typ      *cparse.Type
	typed    bool       // typ is known, or being worked out
	folded   bool       // constant is known
	weighed  bool       // varies is known
	varies   bool       // a local variable decides it: it is no constant
	constant *int64     // the value, if it is a constant
	name     *nameFacts // of a name; nil if it was not asked for yet
	step     *string    // of a member: the step from its struct to it; nil if it was not asked for yet
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
	f := &b.factSlab.take(1)[0]
	b.facts[e] = f
	return f
}

// constant is the number that an expression is in every state.
func (x *frame) constant(e *cparse.Expr) (int64, bool) {
	if e == nil {
		return 0, false
	}
	if x.varies(e, 0) {
		return 0, false
	}
	f := x.factsOf(e)
	if !f.folded {
		f.folded = true
		if k, ok := x.a.types.Const(x.f, e); ok {
			f.constant = &k
		}
	}
	if f.constant == nil {
		return 0, false
	}
	return *f.constant, true
}

// varies says whether a local variable, or what is stored in memory, stands where
// an expression must be constant to be one. Most do, and need no closer look.
func (x *frame) varies(e *cparse.Expr, depth int) bool {
	if e == nil || depth > maxExprDepth {
		return true
	}
	switch e.Kind {
	case cparse.EInt:
		return false
	case cparse.EName:
		_, local := x.vars[e.Name]
		return local
	case cparse.ECast, cparse.EUnary, cparse.ECond:
		return x.varies(e.X, depth+1)
	case cparse.EBinary:
		f := x.factsOf(e)
		if !f.weighed {
			f.weighed, f.varies = true, x.varies(e.X, depth+1) || x.varies(e.Y, depth+1)
		}
		return f.varies
	}
	return true
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
		if len(x.names) == 0 {
			x.names = zeros(x.names, len(x.types))
		}
		x.names[i] = nameFacts{local: true, idx: i, place: apath{kind: rLocal, idx: i}}
		return &x.names[i]
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
	if f.step == nil {
		step := "." + x.structName(x.a.types, x.typeOf(x.a.types, e.X)) + ":" + e.Name
		f.step = &step
	}
	return *f.step
}
