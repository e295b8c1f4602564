package lockflow

import (
	"math"
	"strconv"
	"strings"

	"klockscan/cparse"
)

// frame evaluates expressions of one function.
type frame struct {
	*body
	a     *analysis
	col   *collector                     // nil until the solution is there
	first *firstTime                     // not nil: this is the second time, see confirmDoubles
	cur   int32                          // the block that is replayed
	sink  func(from, to int32, s *state) // not nil: takes the states that leave a block
	// lockLoops are the loops that lock or unlock.
	lockLoops  []loop
	only       [1]*state                // see just
	text       []byte                   // see opaque
	fuel       int                      // evaluations left for this instruction: nested comparisons are evaluated twice each
	leaps      map[int32]map[int32]leap // by call site and directory, see leapOver
	dispatches map[int32]*dispatch      // by call site
	narrower   map[narrowed]*dispatch   // see ofOneTable
	tableTexts map[int32]string         // by call site: the object whose member is called; nil: not made yet
	sets       []*eventSet              // to be freed
	liftings   []*lifting               // free ones
}

// free gives the memory of the frame back: nothing may look at it any more, nor at
// its events.
func (x *frame) free() {
	x.body.free()
	for _, s := range x.sets {
		s.free()
	}
	for _, l := range x.liftings {
		l.free()
	}
}

// newSet is an event set that lives as long as the frame.
func (x *frame) newSet() *eventSet {
	s := newEventSet()
	x.sets = append(x.sets, s)
	return s
}

// maxFuel bounds the evaluations that one instruction may cost.
const maxFuel = 4000

// maxExprDepth bounds recursion over hostile expressions.
const maxExprDepth = 60

// addr is the address of an lvalue; no path if it cannot be told.
func (x *frame) addr(s *state, e *cparse.Expr, depth int) apath {
	if e == nil || depth > maxExprDepth {
		return apath{}
	}
	switch e.Kind {
	case cparse.EName:
		return x.addrOfName(s, e)
	case cparse.EMember:
		step := x.memberStep(e)
		var base apath
		if e.Arrow {
			base = x.val(s, e.X, depth+1).p
		} else {
			base = x.addr(s, e.X, depth+1)
		}
		if !base.valid() {
			base = apath{kind: rOld}
		}
		return base.with(step)
	case cparse.EIndex:
		return x.element(s, e, depth)
	case cparse.EUnary:
		if e.Op() == "*" {
			return x.val(s, e.X, depth+1).p
		}
	case cparse.ECast:
		return x.addr(s, e.X, depth+1)
	}
	return apath{}
}

// addrOfName is the address of a variable.
func (x *frame) addrOfName(s *state, e *cparse.Expr) apath {
	n := x.named(e)
	if n.local && aggregate(x.typeOf(x.a.types, e)) {
		if v, found := s.bound(n.place); found && v.kind == vPath {
			return v.p // a struct by value: what it was copied from
		}
	}
	return n.place
}

// element is the address of an element of an array. Two indexes are the same
// element only if they are the same constant.
func (x *frame) element(s *state, e *cparse.Expr, depth int) apath {
	base := x.val(s, e.X, depth+1).p
	if !base.valid() {
		return apath{}
	}
	if k, ok := x.constant(e.Y); ok {
		return base.with("[" + strconv.FormatInt(k, 10) + "]")
	}
	return base.with(someElement)
}

// val is the value of an expression.
func (x *frame) val(s *state, e *cparse.Expr, depth int) value {
	x.fuel--
	if e == nil || depth > maxExprDepth || x.fuel < 0 {
		return top
	}
	switch e.Kind {
	case cparse.EInt:
		return numValue(constNum(e.Int))
	case cparse.EStr, cparse.EString:
		return numValue(num{mask: isPos})
	case cparse.EName:
		return x.valOfName(s, e)
	case cparse.EMember, cparse.EIndex:
		place := x.addr(s, e, depth+1)
		if aggregate(x.typeOf(x.a.types, e)) {
			return pathValue(place)
		}
		return x.load(s, place, e)
	case cparse.EUnary:
		return x.valOfUnary(s, e, depth)
	case cparse.ECast:
		return x.valOfCast(s, e, depth)
	case cparse.EBinary:
		return x.valOfBinary(s, e, depth)
	case cparse.ECond:
		return x.valOfCond(s, e, depth)
	case cparse.ESizeof:
		return numValue(num{mask: isZero | isPos})
	}
	return top
}

// valOfName is the value of a variable, constant or function.
func (x *frame) valOfName(s *state, e *cparse.Expr) value {
	n := x.named(e)
	switch {
	case n.fixed:
		return n.v
	case !n.local:
		return x.load(s, n.place, e)
	}
	if v, found := s.bound(n.place); found {
		return v
	}
	if aggregate(x.typeOf(x.a.types, e)) {
		return pathValue(n.place)
	}
	if len(x.varSites[n.idx]) > 0 {
		return pathValue(apath{kind: rOld, idx: n.idx + 1}) // some object that a call found
	}
	return top
}

// load is the value at a place: what this function stored there, or what a
// member that leads back up must hold (rule L2), or a symbol for it.
func (x *frame) load(s *state, place apath, e *cparse.Expr) value {
	if !place.valid() {
		return top
	}
	if v, ok := s.bound(place); ok {
		return v
	}
	if place.kind == rLocal && place.steps() == "" {
		return top
	}
	member := place.steps()[strings.LastIndexByte(place.steps(), ':')+1:]
	if p, ok := x.up(place, x.target(x.a.types, e), member); ok {
		return pathValue(p)
	}
	if v, ok := x.a.constMember(place); ok {
		return v
	}
	return pathValue(place.with("*"))
}

// constMember is the number in a member of a constant table.
func (a *analysis) constMember(place apath) (value, bool) {
	file, name, member := tableMember(place)
	if member == "" {
		return top, false
	}
	n, ok := a.types.ConstMember(file, name, member)
	return numValue(constNum(n)), ok
}

// constFunction is the name of the function in a member of a constant table, given the
// value of the member; "" if it is NULL.
func (a *analysis) constFunction(v apath) (string, bool) {
	steps := v.steps()
	if v.kind != rGlobal || !strings.HasSuffix(steps, "*") {
		return "", false
	}
	file, name, member := tableMember(v.at(steps[:len(steps)-1]))
	if member == "" {
		return "", false
	}
	return a.types.ConstFunction(file, name, member)
}

// tableMember is the variable and the member that a place is; no member if it is
// anything else.
func tableMember(place apath) (file, name, member string) {
	steps := place.steps()
	if place.kind != rGlobal || len(steps) < 2 || steps[0] != '.' || strings.ContainsAny(steps[1:], ".*[^") {
		return "", "", ""
	}
	name, file, _ = strings.Cut(place.name(), "@")
	return file, name, steps[strings.IndexByte(steps, ':')+1:]
}

// up applies rule L2 to a pointer member: it leads back to the object that the
// path came from, or that the call which found the path's root was given.
func (x *frame) up(place apath, target, member string) (apath, bool) {
	if p, ok := place.backPointer(target, member); ok {
		return p, true
	}
	if target == "" || (target != member && !strings.HasSuffix(target, "_"+member)) || pointeeOf(place.steps()) == target {
		return apath{}, false
	}
	for _, from := range x.origins(place, 0) {
		if p, ok := from.prefixOf(target); ok && p.stable() {
			return p, true
		}
	}
	for _, site := range x.foundBy(place) {
		for _, arg := range x.argsOf(site) {
			if p, ok := arg.prefixOf(target); ok && p.stable() {
				return p, true
			}
			if x.rootTarget(arg) == target && arg.steps() == "" {
				return arg, true
			}
		}
	}
	return apath{}, false
}

// foundBy is the call sites that may have yielded the root of a path.
func (x *frame) foundBy(p apath) []int32 {
	switch {
	case p.kind == rOld && p.idx > 0:
		return x.sitesOf(p.idx - 1)
	case p.kind == rCall && p.idx < math.MinInt32/2: // a variable where paths meet
		i, _ := strconv.Atoi(p.name())
		return x.sitesOf(int32(i))
	case p.kind == rCall:
		return []int32{p.idx}
	}
	return nil
}

// sitesOf is the call sites that a variable may get its value from.
func (b *body) sitesOf(i int32) []int32 {
	if i < 0 || int(i) >= len(b.varSites) {
		return nil
	}
	return b.varSites[i]
}

// rootTarget is the struct that a parameter passed on unchanged points to.
func (x *frame) rootTarget(p apath) string {
	if p.kind != rParam || int(p.idx) >= len(x.types) || p.steps() != "" {
		return ""
	}
	return x.structName(x.a.types, x.a.types.Resolve(x.f, x.types[p.idx]))
}

// valOfUnary handles the unary operators.
func (x *frame) valOfUnary(s *state, e *cparse.Expr, depth int) value {
	switch e.Op() {
	case "&":
		return pathValue(x.addr(s, e.X, depth+1))
	case "*":
		place := x.val(s, e.X, depth+1)
		if place.kind != vPath {
			return top
		}
		if aggregate(x.typeOf(x.a.types, e)) {
			return place
		}
		return x.load(s, place.p, e)
	case "+":
		return x.val(s, e.X, depth+1)
	}
	v := x.val(s, e.X, depth+1)
	switch {
	case e.Op() == "!" && v.kind == vPath:
		return predValue(v.p, isZero)
	case e.Op() == "!" && v.kind > vPath:
		return v.not()
	case e.Op() == "!" && v.kind == vNum:
		return notNum(v.n)
	case e.Op() == "-" && v.kind == vNum && v.n.exact && v.n.k != -v.n.k:
		return numValue(constNum(-v.n.k))
	}
	key, ok := x.appendValue(append(x.text[:0], e.Op()...), v, e.X)
	return x.opaque(key, ok)
}

// notNum is the negation of a number.
func notNum(n num) value {
	switch {
	case n.mask == isZero:
		return numValue(constNum(1))
	case n.mask&isZero == 0:
		return numValue(constNum(0))
	}
	return numValue(num{mask: isZero | isPos})
}

// valOfCast sees through casts, and sees container_of(): a pointer from which
// an offset is subtracted becomes the struct that the cast names (rule L3).
func (x *frame) valOfCast(s *state, e *cparse.Expr, depth int) value {
	inner := e.X
	for inner != nil && inner.Kind == cparse.ECast {
		inner = inner.X
	}
	if inner != nil && inner.Kind == cparse.EBinary && inner.Op() == "-" && isOffset(inner.Y) {
		if v := x.val(s, inner.X, depth+1); v.kind == vPath {
			return pathValue(v.p.container(x.structName(x.a.types, x.typeOf(x.a.types, e))))
		}
		return top
	}
	return x.val(s, e.X, depth+1)
}

// isOffset says whether an expression is an offsetof(), which the IR leaves without a value.
func isOffset(e *cparse.Expr) bool {
	for e != nil && e.Kind == cparse.ECast {
		e = e.X
	}
	return e != nil && e.Kind == cparse.ESizeof
}

// valOfBinary handles the binary operators: constants, tests, flags and pointer
// arithmetic have a meaning; the rest gets a symbol. Each operand is evaluated
// once: operators are nested deeply in what macros make.
func (x *frame) valOfBinary(s *state, e *cparse.Expr, depth int) value {
	flags := e.Op() == "|" && x.namesFlag(e, 0)
	if !flags {
		if k, ok := x.constant(e); ok {
			return numValue(constNum(k))
		}
	}
	l, r := x.val(s, e.X, depth+1), x.val(s, e.Y, depth+1)
	if flags {
		return orFlags(s.numOf(l), s.numOf(r))
	}
	switch e.Op() {
	case "==", "!=", "<", ">", "<=", ">=":
		if v, ok := comparison(s, e.Op(), l, r); ok {
			return v
		}
		if v, ok := equality(s, e.Op(), l, r); ok {
			return v
		}
	case "&", "|":
		if v, ok := bitwise(s, e.Op(), l, r); ok {
			return v
		}
	case "+", "-":
		if x.isPointer(e.X) && (e.Op() == "+" || !x.isPointer(e.Y)) && l.kind == vPath {
			return pathValue(l.p.with(someElement))
		}
	}
	key, ok := x.appendValue(append(x.text[:0], '('), l, e.X)
	if ok {
		key, ok = x.appendValue(append(key, e.Op()...), r, e.Y)
	}
	return x.opaque(append(key, ')'), ok)
}

// isPointer says whether an expression is a pointer or an array.
func (x *frame) isPointer(e *cparse.Expr) bool {
	t := x.typeOf(x.a.types, e)
	return t != nil && (t.Kind == cparse.TPtr || t.Kind == cparse.TArray)
}

// bitwise understands flags: testing a constant bit, and adding one.
func bitwise(s *state, op string, l, r value) (value, bool) {
	if l.kind == vNum && l.n.exact {
		l, r = r, l
	}
	if r.kind != vNum || !r.n.exact || l.kind > vPath {
		return top, false
	}
	k, n := uint64(r.n.k), s.numOf(l)
	switch {
	case op == "|":
		if l.kind == vPath && n.ones() == 0 && n.zeros() == 0 && k == 0 {
			return l, true
		}
		return numValue(bits(n.ones()|k, n.zeros()&^k)), true
	case n.zeros()&k == k:
		return numValue(constNum(0)), true
	case l.kind == vPath && n.ones()&k == 0:
		return bitsValue(l.p, r.n.k), true
	case n.ones()&k != 0:
		return numValue(nonZero), true
	}
	return top, false
}

// comparison understands `X op 0` and its mirror image, which signs decide.
func comparison(s *state, op string, l, r value) (value, bool) {
	if l.kind == vNum && l.n.exact && !(r.kind == vNum && r.n.exact) {
		l, r, op = r, l, mirror[op]
	}
	if l.kind == vTop || r.kind != vNum || !r.n.exact || l.kind > vPath && r.n.k != 0 {
		return top, false
	}
	mask, ok := signsFor(op, r.n.k)
	if !ok {
		return top, false
	}
	switch n := s.numOf(l); {
	case n.mask&^mask == 0:
		return numValue(constNum(1)), true
	case n.mask&mask == 0:
		return numValue(constNum(0)), true
	case l.kind == vPath:
		return predValue(l.p, mask), true
	case l.kind > vPath && mask == isZero:
		return l.not(), true
	case l.kind > vPath && mask&isZero == 0 && mask&isPos != 0:
		return l, true
	}
	return numValue(num{mask: isZero | isPos}), true
}

// equality understands `X == K` and `X != K` for constants that signs do not tell.
func equality(s *state, op string, l, r value) (value, bool) {
	if l.kind == vNum && l.n.exact && r.kind == vPath {
		l, r = r, l
	}
	if l.kind != vPath || r.kind != vNum || !r.n.exact || op != "==" && op != "!=" {
		return top, false
	}
	v := equalValue(l.p, r.n.k, op == "==")
	if n := s.numOf(v); n.exact {
		return numValue(n), true
	}
	return v, true
}

var mirror = map[string]string{"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}

// signsFor is the signs that `x op k` is equivalent to; not ok if signs do not
// tell. -1 tells nothing: it may be the largest unsigned number (ULONG_MAX).
func signsFor(op string, k int64) (uint8, bool) {
	switch {
	case k == 0:
		m, ok := map[string]uint8{"==": isZero, "!=": isNeg | isPos, "<": isNeg, ">": isPos,
			"<=": isNeg | isZero, ">=": isZero | isPos}[op]
		return m, ok
	case k == 1 && op == "<":
		return isNeg | isZero, true
	case k == 1 && op == ">=":
		return isPos, true
	}
	return 0, false
}

// opaque gives an expression without a path of its own a symbol, so that the
// same test made twice has one outcome: key is a text for an operator over values
// that have names.
func (x *frame) opaque(key []byte, ok bool) value {
	x.text = key // its memory is used again
	if !ok || len(key) > maxSteps {
		return top
	}
	return pathValue(apath{kind: rExpr, text: nameOf(key)})
}

// appendValue appends a text for the value of an operand; not ok if it has no name.
func (x *frame) appendValue(to []byte, v value, e *cparse.Expr) ([]byte, bool) {
	switch v.kind {
	case vPath:
		return v.p.appendKey(to), v.p.stable()
	case vNum:
		return strconv.AppendInt(to, v.n.k, 10), v.n.exact
	case vPred, vEqual, vBits:
		to = append(to, '?', '0'+byte(v.kind), '0'+v.mask, ',')
		return v.p.appendKey(strconv.AppendInt(to, v.n.k, 10)), v.p.stable()
	}
	if e != nil && e.Kind == cparse.EName && x.a.isMacroName(x.vars, e.Name) {
		return append(to, e.Name...), true
	}
	return to, false
}

// valOfCond is the value of `X ? Y : Z`: one side if X is decided, else what both share.
func (x *frame) valOfCond(s *state, e *cparse.Expr, depth int) value {
	c := s.numOf(x.val(s, e.X, depth+1))
	yes := e.Y
	if yes == nil {
		yes = e.X
	}
	switch {
	case c.mask&isZero == 0:
		return x.val(s, yes, depth+1)
	case c.mask == isZero:
		return x.val(s, e.Z(), depth+1)
	}
	a, b := x.val(s, yes, depth+1), x.val(s, e.Z(), depth+1)
	if a == b {
		return a
	}
	return numValue(s.numOf(a).join(s.numOf(b)))
}
