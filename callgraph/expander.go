package callgraph

import (
	"slices"
	"sync"

	"klockscan/cparse"
)

// An expander makes the body of one function.
type expander struct {
	s      *symbols
	opaque func(string) bool
	file   int32
	out    *cparse.Func
	count  int              // expansions so far
	failed map[string]bool  // macros that could not be expanded
	types  map[string]int   // index in out.Locals by name
	known  map[string]int64 // temporaries whose value the compiler knows
	set    map[string]bool  // temporaries that a block assigns to
	scope  scopeOf          // what expressions of the body are typed in
	deep   bool             // inside a macro that stays a call
	inside []insideCall     // what such macros call
	met    map[string]bool  // on trial: macros expanded so far
	ahead  []aheadCall      // calls of object-like macros, to be made before the instruction that is copied

	blocks []*cparse.Block // memory of out.Blocks
	locals []cparse.Local  // memory of out.Locals
	spare  []*cparse.Block // blocks that were dropped
	substs []*subst        // that are done
}

// block is a new block at the end of the output.
func (x *expander) block() *cparse.Block {
	b := &cparse.Block{}
	if n := len(x.spare); n > 0 {
		b, x.spare = x.spare[n-1], x.spare[:n-1]
	}
	b.ID = len(x.out.Blocks)
	x.out.Blocks = append(x.out.Blocks, b)
	return b
}

// An activeMacro is a macro that is being expanded.
type activeMacro struct {
	name  string
	depth int
	outer *activeMacro
}

// and is the macros with one more.
func (a *activeMacro) and(name string) *activeMacro { return &activeMacro{name, a.count() + 1, a} }

func (a *activeMacro) count() int {
	if a == nil {
		return 0
	}
	return a.depth
}

// has reports whether a macro of that name is being expanded.
func (a *activeMacro) has(name string) bool {
	for ; a != nil; a = a.outer {
		if a.name == name {
			return true
		}
	}
	return false
}

// expanders keeps the memory of expanders that are done.
var expanders = sync.Pool{New: func() any {
	return &expander{types: map[string]int{}, known: map[string]int64{}, set: map[string]bool{}, scope: scopeOf{locals: map[string]*cparse.Type{}}}
}}

// maxKeptLocals bounds the memory of an expander that is kept.
const maxKeptLocals = 1 << 10

// newExpander is an expander that writes to out. It is to be freed.
func newExpander(s *symbols, out *cparse.Func, file int32, opaque func(string) bool) *expander {
	x := expanders.Get().(*expander)
	x.s, x.opaque, x.file, x.out = s, opaque, file, out
	x.scope.s, x.scope.file = s, file
	out.Blocks, out.Locals = x.blocks[:0], append(x.locals[:0], out.Locals...)
	return x
}

// finish brings the output in order, in memory of its own.
func (x *expander) finish() {
	out := x.out
	x.blocks, x.locals = out.Blocks, out.Locals
	cparse.Finish(out)
	out.Locals = slices.Clone(out.Locals)
	for _, b := range x.blocks {
		if b.ID >= len(out.Blocks) || out.Blocks[b.ID] != b {
			x.drop(b)
		}
	}
}

// free gives the memory of the expander back, when the output is finished.
func (x *expander) free() {
	if len(x.types) > maxKeptLocals {
		return
	}
	clear(x.types)
	clear(x.known)
	clear(x.set)
	clear(x.scope.locals)
	clear(x.blocks)
	clear(x.locals)
	*x = expander{types: x.types, known: x.known, set: x.set, scope: scopeOf{locals: x.scope.locals}, blocks: x.blocks[:0], locals: x.locals[:0],
		spare: x.spare, substs: x.substs}
	expanders.Put(x)
}

// drop keeps the memory of a block that is not part of the output.
func (x *expander) drop(b *cparse.Block) {
	clear(b.Instrs)
	*b = cparse.Block{Instrs: b.Instrs[:0]}
	x.spare = append(x.spare, b)
}

// fail notes a macro that could not be expanded.
func (x *expander) fail(macro string) {
	if x.failed == nil {
		x.failed = map[string]bool{}
	}
	x.failed[macro] = true
}
