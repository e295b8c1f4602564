package callgraph

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"klockscan/cparse"
)

// Expansion makes the body of a function for one architecture: each #if inside
// it is decided, and each call of a function-like macro is replaced by the
// macro's body, parameters substituted, locals renamed; the value of the macro
// is assigned to the temporary of the call. It is what the preprocessor does,
// on the control-flow graph instead of the text. A macro is not expanded inside
// its own expansion (C11 6.10.3.4).

// Limits of one function's expansion; hits are counted in Stats.Unexpanded.
const (
	maxMacroDepth = 24
	maxBlocks     = 20000
)

// An aheadCall is a call in the value of an object-like macro, or what is left of
// one that only computes.
type aheadCall struct {
	call *cparse.Call
	fr   frame
	left []*cparse.Call // of one that only computes: nothing else is made; call is nil
}

// An aheadKey names a call in the value of an object-like macro, as a file sees
// it: it has no arguments that could make a difference.
type aheadKey struct {
	value *cparse.Expr
	file  int32
	deep  bool // inside a macro that stays a call, where none does
}

// An expansion is the body of a function for one program.
type expansion struct {
	body   *cparse.Func
	failed map[string]bool         // macros that could not be expanded
	count  int                     // of those that could
	locals map[string]*cparse.Type // parameters and locals of body
	inside []insideCall            // what the macros call that stay calls
	names  []mention               // that body uses; set by the linker
	late   bool                    // made after the first round; likewise
}

// A frame is what a body is copied under: the macro expansion it is part of.
type frame struct {
	file   int32 // where names and macros are looked up first
	line   int32 // in that file
	pos    cparse.Pos
	via    *cparse.Expansion
	active *activeMacro // macros being expanded
	sub    *subst
	loop   bool       // the head of a loop macro
	inner  string     // the temporary that stands for all of that head: another loop macro
	use    cparse.Pos // of the object-like macro whose value is copied
}

// expand returns the body of fn, defined in file number file, for this program.
func (s *symbols) expand(fn *cparse.Func, file int32, opaque func(string) bool) expansion {
	fn = fn.Body()
	out := *fn
	x := newExpander(s, &out, file, opaque)
	defer x.free()
	for _, p := range out.Params {
		x.scope.locals[p.Name] = p.Type
	}
	for i, l := range out.Locals {
		x.types[l.Name] = i
		x.scope.locals[l.Name] = l.Type
	}
	x.copyBody(fn.Blocks, frame{file: file, line: fn.Pos.Line}, nil, nil)
	x.finish()
	locals := make(map[string]*cparse.Type, len(x.scope.locals)) // no larger than it must be, which a clone would be
	maps.Copy(locals, x.scope.locals)
	return expansion{body: &out, failed: x.failed, count: x.count, locals: locals, inside: x.insideOf(&out)}
}

// copyBody copies blocks to the output and returns the copy of the entry. A
// macro's returns assign to dst and go to cont; a function's stay returns
// (cont nil).
func (x *expander) copyBody(blocks []*cparse.Block, fr frame, dst *cparse.Expr, cont *cparse.Block) *cparse.Block {
	first := len(x.out.Blocks)
	copies := make([]*cparse.Block, len(blocks))
	for i := range blocks {
		copies[i] = x.block()
		copies[i].Term = &cparse.Stop{}
	}
	// A block to which no decided branch leads is left empty: what it calls is
	// not there. Blocks stand in reverse postorder, so one pass does, but for
	// blocks that only a jump backwards leads to.
	reached, done := make([]bool, len(blocks)), make([]bool, len(blocks))
	reached[0] = true
	for again := true; again; {
		again = false
		for i, b := range blocks {
			if !reached[i] || done[i] {
				continue
			}
			done[i] = true
			end := x.copyInstrs(b, copies[i], fr)
			term := x.copyTerm(b.Term, copies, end, fr, dst, cont)
			end = x.callAhead(end)
			end.Term = term
			for _, to := range end.Term.Succs(nil) {
				if n := to - first; n >= 0 && n < len(blocks) && !reached[n] {
					reached[n] = true
					again = again || n < i
				}
			}
		}
	}
	return copies[0]
}

// copyInstrs copies the instructions of b to k, expanding macro calls, and
// returns the block in which control is after them.
func (x *expander) copyInstrs(b, k *cparse.Block, fr frame) *cparse.Block {
	for _, in := range b.Instrs {
		switch in := in.(type) {
		case *cparse.Assign:
			a := *in
			a.Dst, a.Src = x.value(in.Dst, fr), x.value(in.Src, fr)
			a.Pos, a.Via = fr.place(in.Pos), fr.via
			x.assigned(a.Dst, a.Src)
			k = x.callAhead(k)
			k.Instrs = append(k.Instrs, &a)
		case *cparse.Call:
			k = x.copyCall(in, k, fr)
		}
	}
	return k
}

// place is where an instruction counts as standing: a macro's at the call.
func (fr *frame) place(p cparse.Pos) cparse.Pos {
	if fr.via != nil {
		return fr.pos
	}
	return p
}

func (x *expander) copyCall(in *cparse.Call, k *cparse.Block, fr frame) *cparse.Block {
	c := *in
	c.Pos, c.Via = fr.place(in.Pos), fr.via
	c.Fun, c.Dst = x.value(in.Fun, fr), x.value(in.Dst, fr)
	c.Args = x.args(in.Args, fr)
	x.retype(in, &c)
	k = x.callAhead(k)
	if c.Fun.Kind == cparse.EName {
		c.Fun = x.named(c.Fun)
	}
	if c.Fun.Kind == cparse.EStr { // an operand of asm that a macro passes on: "D" (x)
		return k
	}
	if x.cast(&c, k) {
		return k
	}
	if c.Fun.Kind == cparse.EName {
		if c.Fun.Name == cparse.IncludeCall {
			return x.include(&c, k, fr)
		}
		if n, ok := x.decided(c.Fun.Name, c.Args); ok {
			if c.Dst != nil {
				k.Instrs = append(k.Instrs, &cparse.Assign{Dst: c.Dst, Src: n, Pos: c.Pos, Via: c.Via})
				x.learn(c.Dst, n)
			}
			return k
		}
		if m, at := x.macroFor(c.Fun.Name, fr, c.Pos.Line); m != nil {
			if next := x.splice(m, at, &c, k, fr); next != nil {
				return next
			}
		}
		if x.opaque(c.Fun.Name) {
			x.lookInside(&c, fr)
		}
	}
	k.Instrs = append(k.Instrs, &c)
	return k
}

// cast makes an assignment of (type)(x), which reads like a call where type is
// a parameter of a macro, a macro that stands for a type, or a typedef inside a
// macro's body. In (a)(b)(x) the first such call gives type a to its temporary.
func (x *expander) cast(c *cparse.Call, k *cparse.Block) bool {
	t, empty := x.castTo(c.Fun), c.Fun.Kind == cparse.EInt
	if t == nil && !empty || len(c.Args) != 1 {
		return false
	}
	switch {
	case c.Dst == nil:
	case empty: // an empty argument before (x): what is left is x
		x.setType(c.Dst, &cparse.Type{Kind: cparse.TAuto, Expr: c.Args[0]})
		k.Instrs = append(k.Instrs, &cparse.Assign{Dst: c.Dst, Src: c.Args[0], Pos: c.Pos, Via: c.Via})
	case x.castTo(c.Args[0]) != nil:
		x.setType(c.Dst, &cparse.Type{Kind: cparse.TAuto, Expr: (&cparse.Expr{Kind: cparse.EType, Pos: c.Pos}).WithType(t)})
	default:
		value := (&cparse.Expr{Kind: cparse.ECast, X: c.Args[0], Pos: c.Pos}).WithType(t)
		x.setType(c.Dst, &cparse.Type{Kind: cparse.TAuto, Expr: value})
		k.Instrs = append(k.Instrs, &cparse.Assign{Dst: c.Dst, Src: value, Pos: c.Pos, Via: c.Via})
	}
	return true
}

// named is the function or macro whose name is the value of a macro, as in
// PASTE(do_, 2)(x); any other callee stays.
func (x *expander) named(fun *cparse.Expr) *cparse.Expr {
	e := fun
	for range maxMacroDepth {
		i, local := x.types[e.Name]
		switch {
		case !local:
			return e
		case !strings.HasPrefix(e.Name, "%"):
			return fun
		}
		if e = x.out.Locals[i].Type.Expr; e == nil || e.Kind != cparse.EName {
			return fun
		}
	}
	return fun
}

// castTo is the type that an expression in the place of a callee names, or nil.
func (x *expander) castTo(fun *cparse.Expr) *cparse.Type {
	if fun.Kind == cparse.EName {
		i, local := x.types[fun.Name]
		switch {
		case local && strings.HasPrefix(fun.Name, "%"):
			if t := x.out.Locals[i].Type; t.Kind == cparse.TAuto && t.Expr != nil {
				fun = t.Expr
			}
		case !local && len(x.s.typedefsOf(fun.Name)) > 0:
			return &cparse.Type{Kind: cparse.TNamed, Name: fun.Name}
		}
	}
	if fun.Kind == cparse.EType {
		return fun.Type()
	}
	return nil
}

func (x *expander) setType(dst *cparse.Expr, t *cparse.Type) {
	if i, ok := x.types[dst.Name]; ok {
		x.out.Locals[i].Type = t
		x.scope.locals[dst.Name] = t
	}
}

// retype gives the temporary of a call the type of the call as copied, if macros
// in its arguments stand for something else than they read.
func (x *expander) retype(in, c *cparse.Call) {
	if c.Dst == nil || slices.Equal(in.Args, c.Args) {
		return
	}
	if i, ok := x.types[c.Dst.Name]; ok {
		if t := x.out.Locals[i].Type; t.Kind == cparse.TAuto && t.Expr != nil && t.Expr.Kind == cparse.ECall {
			x.setType(c.Dst, &cparse.Type{Kind: cparse.TAuto, Expr: c.Value()})
		}
	}
}

// args substitutes the arguments of a call; a variadic one becomes several.
func (x *expander) args(in []*cparse.Expr, fr frame) []*cparse.Expr {
	out := make([]*cparse.Expr, 0, len(in))
	for _, a := range in {
		if fr.sub != nil && a.Kind == cparse.EName && a.Name == fr.sub.rest {
			out = append(out, fr.sub.restArgs...)
			continue
		}
		if fr.sub != nil && a.Kind == cparse.EPaste && strings.HasSuffix(a.Name, "##"+fr.sub.rest) && fr.sub.rest != "" {
			out = append(out, fr.sub.restArgs...)
			continue
		}
		out = append(out, x.value(a, fr))
	}
	return out
}

// macroFor is the function-like macro that a call means, or nil: functions that
// the caller's own expansion defines come first. A local hides no macro that the
// file sees: the preprocessor knows no scopes.
func (x *expander) macroFor(name string, fr frame, line int32) (*cparse.Macro, int32) {
	_, local := x.types[name]
	if local {
		name = plain(name)
	}
	local = local || slices.ContainsFunc(x.out.Params, func(p cparse.Param) bool { return p.Name == name })
	if x.opaque(name) || fr.active.has(name) || strings.HasPrefix(name, "%") {
		return nil, -1
	}
	if strings.HasPrefix(name, "class_") && len(x.s.funcsOf(name)) > 0 {
		return nil, -1
	}
	if fr.via == nil {
		fr.line = line
	}
	m, at := x.s.macro(name, x.file, x.lineIn(fr))
	if m == nil && fr.file != x.file {
		m, at = x.s.macro(name, fr.file, lastLine)
	}
	if m == nil || !m.FuncLike || local && !x.s.sees[x.file].has(at) {
		return nil, -1
	}
	return m, at
}

func (x *expander) lineIn(fr frame) int32 {
	if fr.via == nil {
		return fr.line
	}
	return fr.pos.Line
}

// splice replaces the call c by the body of macro m and returns the block
// behind it; nil if the macro cannot be expanded.
func (x *expander) splice(m *cparse.Macro, at int32, c *cparse.Call, k *cparse.Block, fr frame) *cparse.Block {
	body := m.Func()
	if body == nil || fr.active.count() >= maxMacroDepth || len(x.out.Blocks) > maxBlocks {
		x.fail(m.Name)
		return nil
	}
	sub := x.subst()
	defer x.substDone(sub)
	if !sub.give(body, x.words(m, c.Args, fr)) {
		x.fail(m.Name)
		return nil
	}
	x.count++
	x.meet(m.Name)
	sub.rename(body.Locals, "@"+strconv.Itoa(x.count))
	inner := frame{file: at, line: m.Pos.Line, pos: fr.place(c.Pos), sub: sub, active: fr.active.and(m.Name),
		via:  &cparse.Expansion{Macro: m.Name, Path: x.s.files[at].Path, Pos: m.Pos, Parent: fr.via},
		loop: c.Loop || fr.loop && (c.Dst == nil || c.Dst.Name == fr.inner)}
	for _, l := range body.Locals {
		t := sub.typ(l.Type)
		if name := sub.named(l.Name); name != nil {
			x.declare(name.Name, t, l.Static, inner.pos)
			continue
		}
		x.addLocal(cparse.Local{Name: sub.local(l.Name), Type: t, Static: l.Static, Pos: inner.pos})
	}
	ahead := len(x.ahead)
	value := x.value(body.Value, inner)
	x.ahead = x.ahead[:ahead] // the body returns the value: calls in it are made there
	if inner.loop && value != nil && value.Kind == cparse.EName {
		inner.inner = value.Name
	}
	if c.Dst != nil && value != nil {
		x.setType(c.Dst, &cparse.Type{Kind: cparse.TAuto, Expr: value})
	}
	after := x.block()
	entry := x.copyBody(body.Blocks, inner, c.Dst, after)
	if c.Dst != nil {
		x.learn(c.Dst, value)
	}
	k.Term = &cparse.Jump{To: entry.ID}
	return after
}

// words puts in the place of temporaries the numbers and names that are known to
// be their values: names are pasted with counts of arguments, and of pieces that
// other macros make. So does it for what a macro passes on that stands for a
// number, which the preprocessor expands before it is pasted.
func (x *expander) words(m *cparse.Macro, args []*cparse.Expr, fr frame) []*cparse.Expr {
	pastes := strings.Contains(m.Body, "##")
	out := slices.Clone(args)
	for i, a := range out {
		if a.Kind != cparse.EName {
			continue
		}
		n, ok := x.known[a.Name]
		switch {
		case ok:
			out[i] = &cparse.Expr{Kind: cparse.EInt, Int: n, Pos: a.Pos}
		case pastes && strings.HasPrefix(a.Name, "%"):
			out[i] = x.named(a)
		case pastes && fr.sub.given(a.Name):
			if v := x.macroNumber(a.Name, fr); v != nil {
				out[i] = v
			}
		}
	}
	return out
}

// macroNumber is the number that an object-like macro stands for, or nil.
func (x *expander) macroNumber(name string, fr frame) *cparse.Expr {
	if !x.s.macros.has(name) {
		return nil
	}
	m, _ := x.s.macro(name, x.file, x.lineIn(fr))
	if m == nil || m.FuncLike {
		return nil
	}
	if v := m.Value(); v != nil && v.Kind == cparse.EInt {
		return v
	}
	return nil
}

// declare enters a variable that a macro declares under a name that it is given:
// the caller may use it.
func (x *expander) declare(name string, t *cparse.Type, static bool, pos cparse.Pos) {
	if i, ok := x.types[name]; !ok {
		x.addLocal(cparse.Local{Name: name, Type: t, Static: static, Pos: pos})
	} else if strings.HasPrefix(name, "%") { // a name that a macro made
		x.setType(&cparse.Expr{Name: x.out.Locals[i].Name}, t)
	}
}

func (x *expander) addLocal(l cparse.Local) {
	x.types[l.Name] = len(x.out.Locals)
	x.scope.locals[l.Name] = l.Type
	x.out.Locals = append(x.out.Locals, l)
}

// copyTerm copies what ends a block; k is the block that it will end.
func (x *expander) copyTerm(t cparse.Term, copies []*cparse.Block, k *cparse.Block, fr frame, dst *cparse.Expr, cont *cparse.Block) cparse.Term {
	to := func(i int) int { return copies[i].ID }
	switch t := t.(type) {
	case *cparse.Jump:
		return &cparse.Jump{To: to(t.To)}
	case *cparse.Branch:
		if fr.loop {
			return &cparse.Branch{Then: to(t.Then), Else: to(t.Else), Pos: fr.pos}
		}
		return x.branch(x.value(t.Cond, fr), to(t.Then), to(t.Else), fr.place(t.Pos))
	case *cparse.Config:
		if x.s.env.holds(t.Cond) {
			return &cparse.Jump{To: to(t.Then)}
		}
		return &cparse.Jump{To: to(t.Else)}
	case *cparse.Switch:
		sw := &cparse.Switch{X: x.value(t.X, fr), Pos: fr.place(t.Pos)}
		for _, c := range t.Cases {
			if x.s.env.holds(c.Cond) {
				sw.Cases = append(sw.Cases, cparse.Case{Lo: x.value(c.Lo, fr), Hi: x.value(c.Hi, fr), To: to(c.To)})
			}
		}
		if fr.via != nil { // nobody writes a constant choice but in a macro
			return x.decidedSwitch(sw)
		}
		return sw
	case *cparse.Return:
		if cont == nil {
			return &cparse.Return{X: x.value(t.X, fr), Pos: fr.place(t.Pos)}
		}
		if dst != nil && t.X != nil {
			k.Instrs = append(k.Instrs, &cparse.Assign{Dst: dst, Src: x.value(t.X, fr), Pos: fr.pos, Via: fr.via})
		}
		return &cparse.Jump{To: cont.ID}
	}
	return &cparse.Stop{}
}

// value copies an expression under a frame, and replaces object-like macros
// that stand for something other than a number.
func (x *expander) value(e *cparse.Expr, fr frame) *cparse.Expr {
	if e == nil {
		return nil
	}
	if e.Kind == cparse.EInit {
		e = x.s.underConditions(e)
	}
	if fr.sub != nil {
		e = fr.sub.expr(e)
	}
	return x.objects(e, fr, 0)
}

// objects replaces the object-like macros in e by their values.
func (x *expander) objects(e *cparse.Expr, fr frame, depth int) *cparse.Expr {
	if e == nil || depth > maxMacroDepth {
		return e
	}
	if e.Kind == cparse.EName {
		return x.object(e, fr, depth)
	}
	a, b, c := x.objects(e.X, fr, depth), x.objects(e.Y, fr, depth), x.objects(e.Z(), fr, depth)
	args, same := changedExprs(e.Args(), func(a *cparse.Expr) *cparse.Expr { return x.objects(a, fr, depth) })
	if e.Kind == cparse.EMember {
		if chain := x.memberMacro(e.Name, fr); chain != nil {
			n := *e
			n.X = a
			return onto(&n, chain)
		}
	}
	if same && a == e.X && b == e.Y && c == e.Z() && e.Kind != cparse.EGeneric {
		return e
	}
	n := *e
	n.X, n.Y = a, b
	if !same || c != e.Z() {
		n.WithRest(c, args, e.Type())
	}
	if n.Kind == cparse.EGeneric {
		return x.selected(&n)
	}
	return &n
}

// memberMacro is the chain of members a.b that an object-like macro in the place
// of a member stands for, or nil.
func (x *expander) memberMacro(name string, fr frame) *cparse.Expr {
	if !x.s.macros.has(name) {
		return nil
	}
	m, at := x.s.macro(name, x.file, x.lineIn(fr))
	if m == nil || m.FuncLike || !x.s.sees[x.file].has(at) {
		return nil
	}
	v := m.Value()
	root := v
	for root != nil && root.Kind == cparse.EMember && !root.Arrow {
		root = root.X
	}
	if root == nil || root == v || root.Kind != cparse.EName || len(x.s.globalsOf(root.Name)) > 0 {
		return nil
	}
	return v
}

// onto makes the chain of members a.b the members x.a.b or x->a.b of e's object.
func onto(e, chain *cparse.Expr) *cparse.Expr {
	n := *e
	if chain.Kind == cparse.EName {
		n.Name = chain.Name
		return &n
	}
	return &cparse.Expr{Kind: cparse.EMember, X: onto(e, chain.X), Name: chain.Name, Pos: e.Pos}
}

// sees reports whether the preprocessor can know a macro of file at: the function's
// file or that of the macro around includes it, or the other way round.
func (x *expander) sees(at int32, fr frame) bool {
	s := x.s.sees
	return s[x.file].has(at) || s[fr.file].has(at) || s[at].has(x.file)
}

func (x *expander) object(e *cparse.Expr, fr frame, depth int) *cparse.Expr {
	if _, local := x.types[e.Name]; local || strings.HasPrefix(e.Name, "%") || !x.s.macros.has(e.Name) {
		return e
	}
	m, at := x.s.macro(e.Name, x.file, x.lineIn(fr))
	if m == nil || m.FuncLike || fr.active.has(e.Name) || !x.sees(at, fr) {
		return e
	}
	if depth == 0 {
		fr.use = e.Pos
	}
	v := m.Value()
	if v != nil {
		x.callsOf(v, m, at, fr, fr.use)
	}
	if v == nil || !worthReplacing(v) || v.Kind == cparse.EName && v.Name == e.Name {
		return e
	}
	x.meet(e.Name)
	fr.active = fr.active.and(e.Name)
	fr.file = at
	return x.objects(v, fr, depth+1)
}

// worthReplacing reports whether the value of a macro names something: numbers
// stay under their name, which reads better in reports.
func worthReplacing(v *cparse.Expr) bool {
	switch v.Kind {
	case cparse.EName, cparse.EMember, cparse.EIndex:
		return true
	case cparse.EUnary:
		return (v.Op() == "&" || v.Op() == "*") && worthReplacing(v.X)
	case cparse.ECast:
		return worthReplacing(v.X)
	}
	return false
}

// meet notes, on trial, that macros were expanded.
func (x *expander) meet(macros ...string) {
	if x.met == nil {
		return
	}
	for _, name := range macros {
		x.met[name] = true
	}
}

// callsOf notes the calls in the value of an object-like macro, arguments before
// the call. The macro's name stays in the expression: it names the same object
// each time, which a temporary would not.
func (x *expander) callsOf(v *cparse.Expr, m *cparse.Macro, at int32, fr frame, pos cparse.Pos) {
	if v == nil {
		return
	}
	for _, part := range []*cparse.Expr{v.X, v.Y, v.Z()} {
		x.callsOf(part, m, at, fr, pos)
	}
	for _, a := range v.Args() {
		x.callsOf(a, m, at, fr, pos)
	}
	if v.Kind != cparse.ECall || v.X.Kind != cparse.EName {
		return
	}
	c := &cparse.Call{Fun: v.X, Pos: pos}
	for _, a := range v.Args() {
		if hasCall(a) {
			a = &cparse.Expr{Kind: cparse.EBad, Pos: a.Pos}
		}
		c.Args = append(c.Args, a)
	}
	if t := x.trial(aheadKey{v, x.file, x.deep}, c, m, at); t.idle && !(len(t.inert) > 0 && t.meets(fr.active)) {
		if len(t.inert) > 0 {
			x.meet(t.macros...)
			x.ahead = append(x.ahead, aheadCall{left: t.inert, fr: frame{pos: fr.place(pos), via: fr.via}})
		}
		return
	}
	x.ahead = append(x.ahead, aheadCall{call: c, fr: frame{file: at, line: m.Pos.Line, pos: fr.place(pos),
		active: fr.active.and(m.Name),
		via:    &cparse.Expansion{Macro: m.Name, Path: x.s.files[at].Path, Pos: m.Pos, Parent: fr.via}}})
}

// A trial is what a call in the value of an object-like macro comes to. If it is
// idle it only computes: its own value is never used, and all that is left of it
// is the calls of macros that are inert (mechanisms.txt).
type trial struct {
	idle   bool
	inert  []*cparse.Call
	macros []string // that were expanded
}

// meets reports whether the call comes to something else where these macros are
// being expanded already.
func (t *trial) meets(active *activeMacro) bool {
	return slices.ContainsFunc(t.macros, active.has)
}

// trial expands a call in the value of macro m by way of trial; the result
// depends on the file alone, and not on who asks first.
func (x *expander) trial(key aheadKey, c *cparse.Call, m *cparse.Macro, at int32) trial {
	if v, ok := x.s.trials.Load(key); ok {
		return v.(trial)
	}
	try := newExpander(x.s, &cparse.Func{}, x.file, x.opaque)
	defer try.free()
	try.deep, try.met = x.deep, map[string]bool{}
	try.copyCall(c, try.block(), frame{file: at, line: m.Pos.Line, pos: cparse.Pos{Line: lastLine}, active: (*activeMacro)(nil).and(m.Name),
		via: &cparse.Expansion{Macro: m.Name, Path: x.s.files[at].Path, Pos: m.Pos}})
	try.finish()
	var t trial
	t.inert, t.idle = onlyComputes(try.out.Blocks)
	if t.idle && len(t.inert) > 0 {
		t.macros = sortedKeys(try.met)
	}
	x.s.trials.Store(key, t)
	return t
}

func hasCall(e *cparse.Expr) bool {
	return e != nil && (e.Kind == cparse.ECall || hasCall(e.X) || hasCall(e.Y) || hasCall(e.Z()) || slices.ContainsFunc(e.Args(), hasCall))
}

// callAhead makes the calls that were noted, and returns the block behind them.
func (x *expander) callAhead(k *cparse.Block) *cparse.Block {
	todo := x.ahead
	x.ahead = nil
	for _, a := range todo {
		if a.call != nil {
			k = x.copyCall(a.call, k, a.fr)
		}
		for _, c := range a.left {
			k.Instrs = append(k.Instrs, &cparse.Call{Fun: c.Fun, Pos: a.fr.pos, Via: within(c.Via, a.fr.via)})
		}
	}
	return k
}

// within is an expansion that stands in another one.
func within(via, outer *cparse.Expansion) *cparse.Expansion {
	switch {
	case via == nil:
		return outer
	case outer == nil:
		return via
	}
	n := *via
	n.Parent = within(via.Parent, outer)
	return &n
}

// onlyComputes reports whether blocks do nothing but give values to temporaries
// and to the locals of macros, and call what is inert.
func onlyComputes(blocks []*cparse.Block) (calls []*cparse.Call, ok bool) {
	for _, b := range blocks {
		for _, in := range b.Instrs {
			switch in := in.(type) {
			case *cparse.Assign:
				if in.Dst.Kind != cparse.EName || !strings.ContainsAny(in.Dst.Name, "%@") {
					return nil, false
				}
			case *cparse.Call:
				if in.Fun.Kind != cparse.EName || !inert(in.Fun.Name) {
					return nil, false
				}
				calls = append(calls, in)
			}
		}
	}
	return calls, true
}

// include makes the calls of an X-macro header that is included inside a body,
// with the macros that hold there. Another header makes none.
func (x *expander) include(c *cparse.Call, k *cparse.Block, fr frame) *cparse.Block {
	inc := cparse.Include{Name: strings.Trim(c.Args[0].Name, `"`), Quoted: strings.HasPrefix(c.Args[0].Name, `"`)}
	at, ok := x.s.resolved(x.file, inc)
	if !ok || fr.via != nil || !isXHeader(x.s.content(at)) {
		return k
	}
	fr.line = c.Pos.Line
	for _, tc := range x.s.content(at).TopCalls {
		if !x.s.env.holds(tc.Cond) {
			continue
		}
		in := &cparse.Call{Fun: &cparse.Expr{Kind: cparse.EName, Name: tc.Name, Pos: c.Pos}, Pos: c.Pos}
		for _, raw := range tc.Raw {
			in.Args = append(in.Args, cparse.ParseExpr(raw))
		}
		k = x.copyCall(in, k, fr)
	}
	return k
}
