package cparse

import "sync"

// Pos is a place in a file: 1-based line and column (in bytes). The zero Pos
// means "no place". The file is known from the value that holds the Pos.
type Pos struct {
	Line, Col int32
}

// A File is the IR of one C source file or header, a pure function of its bytes.
type File struct {
	Path     string // as given to Parse; only a label
	Includes []Include
	Funcs    []*Func   // functions with a body, in source order
	Protos   []*Func   // declarations of functions without a body; Blocks is nil
	Macros   []*Macro  // every #define and #undef, in source order
	Structs  []*Struct // struct and union definitions with a tag or a typedef name, nested ones included
	Typedefs []Typedef // in source order
	Globals  []*Global // variables at file scope, and those that DEFINE_MUTEX() and the like define
	Enums    []EnumConst
	TopCalls []*TopCall // macro invocations at file scope, e.g. EXPORT_SYMBOL(x), KVM_X86_OP(x)
	Problems []Problem  // what was not understood, in source order
	Size     int        // bytes of source
}

// An Include is one #include line.
type Include struct {
	Name   string // path as written, without the quotes or angle brackets
	Quoted bool   // "x" rather than <x>
	Func   string // the function whose body the line stands in; "" at file scope
	Pos    Pos
	Cond   *Cond
}

// A Problem is a region that could not be understood.
type Problem struct {
	Pos    Pos
	Func   string // the function in whose head or body it lies; "" elsewhere
	Reason string // "syntax", "time limit", "size limit", "nesting limit", …
	Text   string // the first characters of the region, control characters escaped
}

// A Macro is a #define (or #undef). Function-like macros become functions of
// their own by Func; object-like ones become expressions by Value.
type Macro struct {
	Name     string
	Params   []string // nil for an object-like macro; a variadic one ends in "..." or "name..."
	FuncLike bool
	Undef    bool   // this row is an #undef
	Body     string // replacement text, comments and line continuations blanked
	Pos      Pos
	Cond     *Cond
	Offset   int // byte offset of the directive in the file, to order it against uses

	once      sync.Once
	fn        *Func
	value     *Expr
	assocOnce sync.Once
	assocs    []*Expr
}

// A TopCall is a macro invocation at file scope.
type TopCall struct {
	Name   string
	Static bool
	Raw    []string // the arguments' text, trimmed
	Pos    Pos
	Cond   *Cond
	Offset int
}

// A Struct is a struct or union definition.
type Struct struct {
	Tag    string // "" if anonymous
	Name   string // the tag, or the typedef name of an untagged struct, or ""
	Union  bool
	Fields []Field
	Pos    Pos
	Cond   *Cond
}

// A Field is one member. An anonymous struct or union member has no Name and a
// Type whose Def holds its fields.
type Field struct {
	Name string
	Type *Type
	Pos  Pos
	Cond *Cond
}

// A Typedef gives a name to a type.
type Typedef struct {
	Name string
	Type *Type
	Pos  Pos
	Cond *Cond
}

// An EnumConst is an enumerator; Value is its expression, or nil.
type EnumConst struct {
	Name  string
	First bool // the first of its enum: it counts from 0
	Value *Expr
	Pos   Pos
	Cond  *Cond
}

// A Global is a variable at file scope.
type Global struct {
	Name   string
	Type   *Type
	Init   *Expr // EInit, an expression, or nil
	Static bool
	Extern bool // a declaration only
	Const  bool // never written: declared const, and not as a pointer to what is
	Pos    Pos
	Cond   *Cond
}

// TypeKind tells the kinds of Type apart.
type TypeKind uint8

// The kinds of Type.
const (
	TBad    TypeKind = iota // not understood
	TVoid                   // void
	TInt                    // any arithmetic type, bool and enums; Name as written ("unsigned long", "enum x")
	TNamed                  // a typedef name
	TStruct                 // struct or union by tag (Name, Union) or by definition (Def)
	TPtr                    // pointer to Elem
	TArray                  // array of Elem
	TFunc                   // function returning Elem with Params
	TTypeof                 // typeof(Expr) or typeof(Elem)
	TAuto                   // __auto_type, and temporaries: the type of Expr
)

// A Type is a C type as written; callgraph resolves typedefs and tags.
type Type struct {
	Kind     TypeKind
	Name     string  // typedef name, tag, or spelling of an arithmetic type
	Union    bool    // TStruct: a union
	Elem     *Type   // TPtr, TArray: element; TFunc: result; TTypeof: the type, if it is not an expression
	Params   []Param // TFunc
	Variadic bool    // TFunc
	Def      *Struct // TStruct defined in place
	Expr     *Expr   // TTypeof, TAuto
}

// A Param is a parameter of a function or of a function type.
type Param struct {
	Name string // "" if unnamed
	Type *Type  // nil for a parameter of a macro
}

// ExprKind tells the kinds of Expr apart.
type ExprKind uint8

// The kinds of Expr. In the instructions of a function no Expr contains a call,
// an assignment or a statement: those are instructions of their own, and their
// values are temporaries (ENames that start with '%'). File-scope initialisers
// and arguments of TopCalls may contain ECall.
const (
	EBad     ExprKind = iota // not understood
	EName                    // identifier: local, parameter, temporary, global, function, enumerator, macro
	EPaste                   // token paste in a macro body; Name is the template, e.g. "kvm_x86_##func"
	EInt                     // integer or character constant: Int, and Type if that is not int
	EStr                     // string literal
	EMember                  // X.Name, or X->Name if Arrow
	EIndex                   // X[Y]
	EUnary                   // Op X: & * - + ! ~
	EBinary                  // X Op Y, Op never an assignment; && and || only where neither side has effects
	ECast                    // (Type) X
	ECond                    // X ? Y : Z, without effects (Y nil for the GNU form X ?: Z)
	ECall                    // X(Args...), only at file scope
	EInit                    // { Args... }: braced initialiser; elements may be EDesig; Type is set for a compound literal
	EDesig                   // .Name = X or [Y] = X or [Y ... Z] = X in an initialiser (Name "" for an index); nested designators nest in X
	ESizeof                  // sizeof of X or of Type, which are not evaluated; both nil: an integer of unknown value (alignof, offsetof, …)
	EType                    // a type as a macro argument: Type
	EString                  // #param in a macro body
	EGeneric                 // _Generic(X, Args...) inside functions; Args are EAssoc. callgraph selects by the type of X
	EAssoc                   // Type: X in an EGeneric; Type nil for default. Without X: Y is the macro invocation (ECall) that stands for associations
	EUnder                   // an element X of an EInit that stands under the #if condition Name
)

// An Expr is an expression without effects. There are many: what few of them have
// is in Rare.
type Expr struct {
	Kind  ExprKind
	Arrow bool
	op    operator // of EUnary and EBinary
	Pos   Pos
	Name  string
	Int   int64
	X, Y  *Expr
	Rare  *Rare // nil: all empty; may be shared, so that it is replaced and never changed
}

// Rare is the rest of an Expr.
type Rare struct {
	Z    *Expr
	Args []*Expr
	Type *Type
}

// WithZ sets the third operand of an expression that is being made, and returns it.
func (e *Expr) WithZ(z *Expr) *Expr { return e.WithRest(z, e.Args(), e.Type()) }

// WithArgs sets the arguments or elements, likewise.
func (e *Expr) WithArgs(args []*Expr) *Expr { return e.WithRest(e.Z(), args, e.Type()) }

// WithType sets the type, likewise.
func (e *Expr) WithType(t *Type) *Expr { return e.WithRest(e.Z(), e.Args(), t) }

// WithRest sets all that is in Rare, likewise.
func (e *Expr) WithRest(z *Expr, args []*Expr, t *Type) *Expr {
	e.Rare = nil
	if z != nil || args != nil || t != nil {
		e.Rare = &Rare{z, args, t}
	}
	return e
}

// An operator is the index of its text.
type operator uint8

var operators = [...]string{"", "&", "*", "-", "+", "!", "~", "/", "%", "<<", ">>", "|", "^", "<", ">", "<=", ">=", "==", "!=", "&&", "||"}

var operatorOf = sync.OnceValue(func() map[string]operator {
	m := map[string]operator{}
	for i, text := range operators {
		m[text] = operator(i)
	}
	return m
})

// Op is the operator of an EUnary or EBinary, "" for any other kind.
func (e *Expr) Op() string { return operators[e.op] }

// NewUnary is op x; an operator that C does not have is "".
func NewUnary(op string, x *Expr, pos Pos) *Expr {
	return &Expr{Kind: EUnary, op: operatorOf()[op], X: x, Pos: pos}
}

// NewBinary is x op y, likewise.
func NewBinary(op string, x, y *Expr, pos Pos) *Expr {
	return &Expr{Kind: EBinary, op: operatorOf()[op], X: x, Y: y, Pos: pos}
}

// Z is the third operand, or nil.
func (e *Expr) Z() *Expr {
	if e.Rare == nil {
		return nil
	}
	return e.Rare.Z
}

// Args is the arguments or elements; none may be changed.
func (e *Expr) Args() []*Expr {
	if e.Rare == nil {
		return nil
	}
	return e.Rare.Args
}

// Type is the type that the expression names, or nil.
func (e *Expr) Type() *Type {
	if e.Rare == nil {
		return nil
	}
	return e.Rare.Type
}

// A Func is a function, or a function-like macro in the form of one.
type Func struct {
	Name     string
	Params   []Param
	Result   *Type // nil for a macro
	Variadic bool
	Static   bool
	Inline   bool
	Weak     bool
	Macro    bool  // a function-like macro: parameters have no type, the value of the body is the Expr of its Returns
	Value    *Expr // Macro only: the value, if the body is an expression or statement expression; nil for statements
	Locals   []Local
	Blocks   []*Block // Blocks[0] is the entry; nil for a prototype
	Annots   []Annot
	Pos      Pos
	End      Pos
	Cond     *Cond
	Errors   int       // ERROR and MISSING nodes of the syntax tree inside the head or body
	Problems []Problem // of a body that was read later than its file: what of it was not understood
	pending  *pending  // the body, if it is read later: see Body
}

// A Local is a local variable. A variable that shadows another is renamed
// ("ret.2"); temporaries are named "%1", "%2", … and have a TAuto type.
type Local struct {
	Name   string
	Type   *Type
	Static bool
	Pos    Pos
}

// An Annot is an annotation of a function or, with Field set, of a field:
// __must_hold(x), __acquires(x), __releases(x), __guarded_by(x), …
type Annot struct {
	Name string
	Args []string
	Pos  Pos
}

// A Block is a straight run of instructions; control leaves it by Term.
type Block struct {
	ID     int
	Instrs []Instr
	Term   Term
}

// An Instr is *Assign or *Call.
type Instr interface {
	InstrPos() Pos
	instr()
}

// Assign is Dst = Src. Dst is an lvalue (EName, EMember, EIndex, unary *).
// Src is nil where a variable takes an unknown value (asm output, loop macro).
type Assign struct {
	Dst, Src *Expr
	Decl     bool // the initialisation of a local
	Pos      Pos
	Via      *Expansion
}

// Call is Dst = Fun(Args...); Dst is a temporary or nil. A guard, CLASS(),
// scoped_guard() or __free() is a Call of the class's constructor where it
// stands (class_NAME_constructor, __free has none) and a Call of its destructor
// (class_NAME_destructor, __free_NAME) with Cleanup set on every way out of its
// scope; the destructor's argument is the constructor's value.
type Call struct {
	Dst     *Expr
	Fun     *Expr
	Args    []*Expr
	Loop    bool  // the head of a loop macro (list_for_each_entry(...) { }): arguments that are local names take unknown values
	Cleanup bool  // runs because a scope ends
	Site    int32 // number of this call in its function, from 0, dense
	Pos     Pos
	Via     *Expansion
}

// Value is the call as an expression, which is what the type of Dst depends on.
func (c *Call) Value() *Expr { return (&Expr{Kind: ECall, X: c.Fun, Pos: c.Pos}).WithArgs(c.Args) }

// IncludeCall is the name that an #include inside a body calls, with the file
// as a string, in quotes if it is quoted: an X-macro header, whose invocations
// stand there. callgraph puts them in its place.
const IncludeCall = "#include"

// An Expansion says out of which macro an instruction came: set by callgraph
// when it splices macro bodies, nil for written code.
type Expansion struct {
	Macro  string     // its name
	Path   string     // file of the definition
	Pos    Pos        // in that file
	Parent *Expansion // the macro whose expansion contains this one, or nil
}

func (a *Assign) InstrPos() Pos { return a.Pos }
func (c *Call) InstrPos() Pos   { return c.Pos }
func (*Assign) instr()          {}
func (*Call) instr()            {}

// A Term ends a block: *Jump, *Branch, *Switch, *Config, *Return or *Stop.
type Term interface {
	Succs(to []int) []int // to, with the blocks that control may go to
	term()
}

// Jump goes to block To.
type Jump struct{ To int }

// Branch goes to Then if Cond is non-zero, else to Else. A nil Cond is a choice
// that the analysis cannot know (asm goto, the head of a loop macro).
type Branch struct {
	Cond       *Expr
	Then, Else int
	Pos        Pos
}

// Switch goes to the case whose range Lo..Hi holds X (Hi nil: Lo alone; both
// nil: default). There is always a default.
type Switch struct {
	X     *Expr
	Cases []Case
	Pos   Pos
}

// A Case is one target of a Switch.
type Case struct {
	Lo, Hi *Expr
	To     int
	Cond   *Cond // the #if inside the function that the label stands under
}

// Config is an #if inside a function: Then if Cond holds, else Else. callgraph
// resolves it for an architecture; no Config is left in a linked program.
type Config struct {
	Cond       *Cond
	Then, Else int
}

// Return leaves the function; X is nil without a value.
type Return struct {
	X   *Expr
	Pos Pos
}

// Stop ends a path that never continues (BUG(), unreachable code after a noreturn).
type Stop struct{}

func (t *Jump) Succs(to []int) []int   { return append(to, t.To) }
func (t *Branch) Succs(to []int) []int { return append(to, t.Then, t.Else) }
func (t *Switch) Succs(to []int) []int {
	for _, c := range t.Cases {
		to = append(to, c.To)
	}
	return to
}
func (t *Config) Succs(to []int) []int { return append(to, t.Then, t.Else) }
func (t *Return) Succs(to []int) []int { return to }
func (t *Stop) Succs(to []int) []int   { return to }

func (*Jump) term()   {}
func (*Branch) term() {}
func (*Switch) term() {}
func (*Config) term() {}
func (*Return) term() {}
func (*Stop) term()   {}
