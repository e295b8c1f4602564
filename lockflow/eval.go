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
	fuel       int                      // evaluations left for this instruction: nested comparisons are evaluated twice each
	leaps      map[int32]map[int32]leap // by call site and directory, see leapOver
	dispatches map[int32]*dispatch      // by call site
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
		owner := x.structName(x.a.types, x.typeOf(x.a.types, e.X))
		var base apath
		if e.Arrow {
			base = x.val(s, e.X, depth+1).p
		} else {
			base = x.addr(s, e.X, depth+1)
		}
		if !base.valid() {
			base = apath{kind: rOld}
		}
		return base.field(owner, e.Name)
	case cparse.EIndex:
		return x.element(s, e, depth)
	case cparse.EUnary:
		if e.Op == "*" {
			return x.val(s, e.X, depth+1).p
		}
	case cparse.ECast:
		return x.addr(s, e.X, depth+1)
	}
	return apath{}
}

// addrOfName is the address of a variable.
func (x *frame) addrOfName(s *state, e *cparse.Expr) apath {
	i, ok := x.vars[e.Name]
	switch {
	case ok && x.static[i]:
		return globalPath(e.Name + "@" + x.f.Path)
	case ok:
		place := apath{kind: rLocal, idx: i}
		if aggregate(x.typeOf(x.a.types, e)) {
			if v, found := s.bound(place); found && v.kind == vPath {
				return v.p // a struct by value: what it was copied from
			}
		}
		return place
	}
	return globalPath(x.a.globalName(x.f, e.Name))
}

// element is the address of an element of an array. Two indexes are the same
// element only if they are the same constant.
func (x *frame) element(s *state, e *cparse.Expr, depth int) apath {
	base := x.val(s, e.X, depth+1).p
	if !base.valid() {
		return apath{}
	}
	if k, ok := x.a.types.Const(x.f, e.Y); ok {
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
	if i, ok := x.vars[e.Name]; ok {
		if !x.static[i] {
			place := apath{kind: rLocal, idx: i}
			if v, found := s.bound(place); found {
				return v
			}
			if aggregate(x.typeOf(x.a.types, e)) {
				return pathValue(place)
			}
			if len(x.varSites[i]) > 0 {
				return pathValue(apath{kind: rOld, idx: i + 1}) // some object that a call found
			}
			return top
		}
	} else if v, ok := x.flagValue(e); ok {
		return v
	} else if k, ok := x.a.types.Const(x.f, e); ok {
		return numValue(constNum(k))
	}
	place := x.addrOfName(s, e)
	if t := x.typeOf(x.a.types, e); aggregate(t) || t != nil && t.Kind == cparse.TFunc {
		return pathValue(place)
	}
	if x.a.isFunc(x.f, e.Name) {
		return pathValue(place)
	}
	return x.load(s, place, e)
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
	if place.kind != rGlobal {
		return top, false
	}
	steps := place.steps()
	if len(steps) < 2 || steps[0] != '.' || strings.ContainsAny(steps[1:], ".*[^") {
		return top, false
	}
	name, file, _ := strings.Cut(place.name(), "@")
	n, ok := a.types.ConstMember(file, name, steps[strings.IndexByte(steps, ':')+1:])
	return numValue(constNum(n)), ok
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
		for _, arg := range x.siteArgs[site] {
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
		return x.varSites[p.idx-1]
	case p.kind == rCall && p.idx < math.MinInt32/2: // a variable where paths meet
		i, _ := strconv.Atoi(p.name())
		return x.varSites[int32(i)]
	case p.kind == rCall:
		return []int32{p.idx}
	}
	return nil
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
	switch e.Op {
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
	case "!":
		v := x.val(s, e.X, depth+1)
		switch v.kind {
		case vPath:
			return predValue(v.p, isZero)
		case vPred, vEqual, vBits:
			return v.not()
		case vNum:
			return notNum(v.n)
		}
	case "-":
		if v := x.val(s, e.X, depth+1); v.kind == vNum && v.n.exact && v.n.k != -v.n.k {
			return numValue(constNum(-v.n.k))
		}
	case "+":
		return x.val(s, e.X, depth+1)
	}
	return x.opaque(s, e, depth)
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
	if inner != nil && inner.Kind == cparse.EBinary && inner.Op == "-" && isOffset(inner.Y) {
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
// arithmetic have a meaning; the rest gets a symbol.
func (x *frame) valOfBinary(s *state, e *cparse.Expr, depth int) value {
	if v, ok := x.orFlags(s, e, depth); ok {
		return v
	}
	if k, ok := x.a.types.Const(x.f, e); ok {
		return numValue(constNum(k))
	}
	switch e.Op {
	case "==", "!=", "<", ">", "<=", ">=":
		if v, mask, ok := x.comparison(s, e, depth); ok {
			switch n := s.numOf(v); {
			case n.mask&^mask == 0:
				return numValue(constNum(1))
			case n.mask&mask == 0:
				return numValue(constNum(0))
			case v.kind == vPath:
				return predValue(v.p, mask)
			case v.kind > vPath && mask == isZero:
				return v.not()
			case v.kind > vPath && mask&isZero == 0 && mask&isPos != 0:
				return v
			}
			return numValue(num{mask: isZero | isPos})
		}
		if v, ok := x.equality(s, e, depth); ok {
			return v
		}
	case "&", "|":
		if v, ok := x.bitwise(s, e, depth); ok {
			return v
		}
	case "+", "-":
		if x.isPointer(e.X) && (e.Op == "+" || !x.isPointer(e.Y)) {
			if v := x.val(s, e.X, depth+1); v.kind == vPath {
				return pathValue(v.p.with(someElement))
			}
		}
	}
	return x.opaque(s, e, depth)
}

// isPointer says whether an expression is a pointer or an array.
func (x *frame) isPointer(e *cparse.Expr) bool {
	t := x.typeOf(x.a.types, e)
	return t != nil && (t.Kind == cparse.TPtr || t.Kind == cparse.TArray)
}

// bitwise understands flags: testing a constant bit, and adding one.
func (x *frame) bitwise(s *state, e *cparse.Expr, depth int) (value, bool) {
	l, r := x.val(s, e.X, depth+1), x.val(s, e.Y, depth+1)
	if l.kind == vNum && l.n.exact {
		l, r = r, l
	}
	if r.kind != vNum || !r.n.exact || l.kind > vPath {
		return top, false
	}
	k, n := uint64(r.n.k), s.numOf(l)
	switch {
	case e.Op == "|":
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

// comparison understands `X op 0` and its mirror image: the value whose sign
// decides and the signs for which it holds.
func (x *frame) comparison(s *state, e *cparse.Expr, depth int) (value, uint8, bool) {
	l, r, op := x.val(s, e.X, depth+1), x.val(s, e.Y, depth+1), e.Op
	if l.kind == vNum && l.n.exact && !(r.kind == vNum && r.n.exact) {
		l, r, op = r, l, mirror[op]
	}
	if l.kind == vTop || r.kind != vNum || !r.n.exact || l.kind > vPath && r.n.k != 0 {
		return top, 0, false
	}
	mask, ok := signsFor(op, r.n.k)
	return l, mask, ok
}

// equality understands `X == K` and `X != K` for constants that signs do not tell.
func (x *frame) equality(s *state, e *cparse.Expr, depth int) (value, bool) {
	l, r := x.val(s, e.X, depth+1), x.val(s, e.Y, depth+1)
	if l.kind == vNum && l.n.exact && r.kind == vPath {
		l, r = r, l
	}
	if l.kind != vPath || r.kind != vNum || !r.n.exact || e.Op != "==" && e.Op != "!=" {
		return top, false
	}
	v := equalValue(l.p, r.n.k, e.Op == "==")
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
// same test made twice has one outcome.
func (x *frame) opaque(s *state, e *cparse.Expr, depth int) value {
	key, ok := x.exprKey(s, e, depth)
	if !ok || len(key) > maxSteps {
		return top
	}
	return pathValue(apath{kind: rExpr, text: textOf(key, "")})
}

// exprKey is a text for an operator over values that have names.
func (x *frame) exprKey(s *state, e *cparse.Expr, depth int) (string, bool) {
	if e == nil || depth > maxExprDepth {
		return "", false
	}
	switch e.Kind {
	case cparse.EUnary:
		k, ok := x.valueKey(s, e.X, depth+1)
		return e.Op + k, ok
	case cparse.EBinary:
		l, ok1 := x.valueKey(s, e.X, depth+1)
		r, ok2 := x.valueKey(s, e.Y, depth+1)
		return "(" + l + e.Op + r + ")", ok1 && ok2
	}
	return "", false
}

// valueKey is a text for one value; not ok if it has no name.
func (x *frame) valueKey(s *state, e *cparse.Expr, depth int) (string, bool) {
	v := x.val(s, e, depth)
	switch v.kind {
	case vPath:
		return v.p.key(), v.p.stable()
	case vNum:
		return strconv.FormatInt(v.n.k, 10), v.n.exact
	case vPred, vEqual, vBits:
		return "?" + strconv.Itoa(int(v.kind)) + strconv.Itoa(int(v.mask)) + "," + strconv.FormatInt(v.n.k, 10) + v.p.key(), v.p.stable()
	}
	if e != nil && e.Kind == cparse.EName && x.a.isMacroName(x.vars, e.Name) {
		return e.Name, true
	}
	return "", false
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
		return x.val(s, e.Z, depth+1)
	}
	a, b := x.val(s, yes, depth+1), x.val(s, e.Z, depth+1)
	if a == b {
		return a
	}
	return numValue(s.numOf(a).join(s.numOf(b)))
}
