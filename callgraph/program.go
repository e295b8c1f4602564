package callgraph

import (
	"klockscan/cparse"
)

// FuncID numbers the functions of a Program from 0.
type FuncID int32

// NoFunc is no function.
const NoFunc FuncID = -1

// A Func is a function of a linked program.
type Func struct {
	ID       FuncID
	Name     string
	Path     string                  // file that defines it, relative to the tree; of the declaration, or "", if External
	Focus    bool                    // lies in the scope's directories: findings start here
	Header   bool                    // defined in a header (static inline)
	External bool                    // no body was found in what was read
	Trace    bool                    // a generated tracepoint function
	Registry string                  // of an instance: the list of objects whose functions it runs, see instances.go
	ir       *cparse.Func            // see IR
	unread   *unread                 // of a resumed program: what IR reads first; may be nil
	fileNo   int32                   // number of its file in symbols
	locals   map[string]*cparse.Type // parameters and locals of IR
	inside   []insideCall            // what the macros call that stay calls in IR
	late     bool                    // its body was made when all files had been read
	later    *laterBody              // of a resumed program: what Body makes; else nil
	idle     bitset                  // of the instructions in order: no function pointer goes through; nil: not known
	cases    *cparse.Decoder         // of a program that was decoded: what caseBody reads
}

// IR is the function for this architecture: #if chosen, macros spliced; Blocks is nil if
// it is External. In a resumed program it is the head alone. Safe for concurrent use; nil
// if the function is not even declared.
func (f *Func) IR() *cparse.Func {
	if f.unread != nil {
		return f.unread.head()
	}
	return f.ir
}

// known reports whether IR is there, without reading it.
func (f *Func) known() bool { return f.unread != nil || f.ir != nil }

// Pos is where the function is defined.
func (f *Func) Pos() cparse.Pos {
	switch {
	case f.unread != nil:
		return f.unread.pos
	case f.ir == nil:
		return cparse.Pos{}
	}
	return f.ir.Pos
}

// Body is the function with its Blocks and Locals. In a resumed program they are made
// when somebody asks for the first time. Safe for concurrent use; nil if IR is.
func (f *Func) Body() *cparse.Func {
	if f.later == nil {
		return f.IR()
	}
	return f.later.expanded().body
}

// vars is the parameters and locals of Body.
func (f *Func) vars() map[string]*cparse.Type {
	if f.later == nil {
		return f.locals
	}
	return f.later.expanded().locals
}

// insideCalls is what the macros call that stay calls in Body.
func (f *Func) insideCalls() []insideCall {
	if f.later == nil {
		return f.inside
	}
	return f.later.expanded().inside
}

// A Program is the code of one architecture, linked.
type Program struct {
	Arch       string
	Files      []*cparse.File // sorted by path; then those read for their stores only, sorted for each round
	Funcs      []*Func        // Funcs[i].ID == i; sorted by path and line, then External ones, by name and path, then instances
	Stats      Stats
	Searches   []*Search // what the library was asked
	syms       *symbols
	byName     map[string][]FuncID
	byIR       map[*cparse.Func]FuncID // by the function as parsed
	bySource   map[source]FuncID       // of a resumed program: functions of files that were not edited
	entryTable *EntryTable
	vague      map[string]bool                  // names in functions that mean nothing that was read
	needed     map[string]bool                  // members through which calls go whose targets were searched for
	uses       [][]use                          // what functions use by name; the last: what variables of the focus do
	early      map[string]bool                  // see loader
	parts      map[string]part                  // likewise
	resolved   map[includeKey]string            // likewise
	sizes      struct{ cells, edges int }       // about what Build needs
	homes      func() map[*cparse.Global]string // see HomeOf
	outside
}

// idOf is the function of the program that was parsed in a file.
func (p *Program) idOf(fn *cparse.Func, file int32) (FuncID, bool) {
	if id, ok := p.byIR[fn]; ok || p.bySource == nil {
		return id, ok
	}
	n, ok := p.syms.onDemand.numberOf(file, fn)
	if ok {
		var id FuncID
		id, ok = p.bySource[source{file, n}]
		return id, ok
	}
	return NoFunc, false
}

// Intact reports whether all files that a resumed program asked for could be read. It is to
// be asked when all else was.
func (p *Program) Intact() bool { return !p.syms.onDemand.failed.Load() }

// Stats counts what was read and what was not understood.
type Stats struct {
	Files, FocusFiles int
	Bytes             int64
	Functions         int
	Expansions        int      // macro invocations spliced
	Unexpanded        []string // macros that could not be spliced, sorted, each once
	Problems          []FileProblem
}

// A FileProblem is a Problem with its file.
type FileProblem struct {
	Path string
	cparse.Problem
}

// EdgeKind says how a call was resolved, most certain first.
type EdgeKind uint8

// The kinds of Edge.
const (
	BadKind  EdgeKind = iota
	Direct            // the callee is named where it is called
	Macro             // likewise, but the call comes out of a macro
	Ops               // through a member of a known struct type, or a static call
	Table             // through an array of handlers
	Callback          // a function passed as an argument that the callee calls
	Guess             // the signature only
	Async             // starts a new context: work, timer, kthread, RCU callback, irq handler, …
	Deferred          // a request made here and carried out where it is tested
	Waits             // the caller waits until the function, which another context runs, is done
)

// A Place is a line of a file of the tree.
type Place struct {
	Path string
	Pos  cparse.Pos
}

// An Edge is one target of one call site.
type Edge struct {
	Caller, Callee FuncID
	Kind           EdgeKind
	Site           int32      // cparse.Call.Site in the caller; NoSite if an assignment hands the function over
	Pos            cparse.Pos // in the caller's file
	Via            string     // the macro, the member ("struct kvm_x86_ops.vcpu_run"), the request, … ; "" for Direct
	Evidence       []Place    // where the function was stored or passed
}

// NoSite is the site of an Async edge that stands at no call: an assignment to a
// member hands the function over.
const NoSite int32 = -1

// Sync says whether locks held by the caller are held in the callee.
func (k EdgeKind) Sync() bool { return k != BadKind && k < Async }

var kindNames = [...]string{"bad", "direct", "macro", "ops", "table", "callback", "guess", "async", "deferred", "waits"}

// String is the kind's name in every report.
func (k EdgeKind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "bad"
}

// Unresolved is a call whose target is not known.
type Unresolved struct {
	Caller FuncID
	Site   int32
	Pos    cparse.Pos
	Expr   string // the callee as written
	Cause  Cause
	Reason string // the cause and, after ": ", what it is about
}

// A Step is one function of a chain; Edge leads to it from the step before and
// is nil for the first.
type Step struct {
	Func FuncID
	Edge *Edge
}
