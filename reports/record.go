package reports

// Format is the version of the JSON documents. It changes when a field changes
// its meaning or goes away, not when one is added.
const Format = 1

// A Head says what a document rests on.
type Head struct {
	Format     int       `json:"format"`
	Tool       string    `json:"tool"`
	Version    string    `json:"version"`
	Kernel     string    `json:"kernel"` // as the tree's Makefile says, "" if it does not
	Arches     []string  `json:"arches"`
	Scope      []string  `json:"scope"`
	Confidence string    `json:"confidence,omitempty"` // the least that is shown
	Read       []Read    `json:"read"`                 // one an architecture
	NotRead    []Lost    `json:"not_read"`             // files that were left out, sorted
	Problems   []Problem `json:"problems"`             // regions that were not understood, sorted, each once
}

// Read counts what was read of one architecture, and the limits of the result.
type Read struct {
	Arch         string         `json:"arch"`
	Files        int            `json:"files"`
	FocusFiles   int            `json:"focus_files"`
	Bytes        int64          `json:"bytes"`
	Functions    int            `json:"functions"`
	Edges        int            `json:"edges"`
	Unresolved   int            `json:"unresolved_calls"`
	Unexpanded   int            `json:"unexpanded_macros"`
	Problems     int            `json:"problems"`
	Acquisitions int            `json:"acquisitions,omitempty"`
	UnknownLocks int            `json:"unknown_locks,omitempty"`
	Unknown      []string       `json:"unknown,omitempty"` // the first of the unknown locks
	Limits       map[string]int `json:"limits,omitempty"`  // limit → how often it was hit
}

// Lost is a file that was not read at all.
type Lost struct {
	File   string `json:"file"`
	Reason string `json:"reason"`
}

// A Problem is a region of a file that was not understood.
type Problem struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	Function string `json:"function,omitempty"`
	Reason   string `json:"reason"`
	Text     string `json:"text,omitempty"`
}

// A Step is one function of a chain; File and Line are where it is called, for
// the first step where it is defined.
type Step struct {
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	Edge     string `json:"edge"`          // kind of the edge that leads here, "" for the first step
	Via      string `json:"via,omitempty"` // the macro, member or request of that edge
}

// A Lock is a lock class, where and how it is taken or waited for.
type Lock struct {
	Class    string `json:"class"`
	Name     string `json:"name"`
	Mode     string `json:"mode,omitempty"`
	Try      bool   `json:"try,omitempty"`
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line"`
}

// A Rule is one statement of the documented hierarchy.
type Rule struct {
	Kind   string `json:"kind"`
	Arch   string `json:"arch,omitempty"`
	File   string `json:"file"`
	Line   int    `json:"line"`
	Text   string `json:"text"`
	Outer  []Name `json:"outer,omitempty"`
	Inner  []Name `json:"inner,omitempty"`
	From   []Rule `json:"from,omitempty"`   // the rules that a derived rule follows from
	Status string `json:"status,omitempty"` // why it was not understood, or not bound
}

// A Name is a lock as a rule writes it, with the classes that it stands for.
type Name struct {
	Text    string   `json:"text"`
	Classes []string `json:"classes,omitempty"`
	Context string   `json:"context,omitempty"`
}

// A Finding is one defect.
type Finding struct {
	Kind        string   `json:"kind"`
	Arch        string   `json:"arch"`
	Confidence  string   `json:"confidence"`
	Fingerprint string   `json:"fingerprint"`
	Function    string   `json:"function"`
	File        string   `json:"file"`
	Line        int      `json:"line"`
	Message     string   `json:"message"`
	Outer       *Lock    `json:"outer"`
	Inner       *Lock    `json:"inner"`
	Rule        *Rule    `json:"rule"`
	Chain       []Step   `json:"chain"`
	Reverse     []Step   `json:"reverse,omitempty"`
	Assumed     []string `json:"assumed,omitempty"`
}

// A Pair is an observed order: Inner taken with Outer held.
type Pair struct {
	Arch       string   `json:"arch"`
	Outer      Lock     `json:"outer"`
	Inner      Lock     `json:"inner"`
	Confidence string   `json:"confidence"`
	Chain      []Step   `json:"chain"`
	Assumed    []string `json:"assumed,omitempty"`
}

// Check is the document of findings.
type Check struct {
	Head     Head      `json:"head"`
	Findings []Finding `json:"findings"`
	Hidden   []Hidden  `json:"hidden"` // findings that are not certain enough to be shown
}

// Hidden counts findings of one confidence that are not shown.
type Hidden struct {
	Confidence string `json:"confidence"`
	Findings   int    `json:"findings"`
}

// Order is the document of observed lock orders.
type Order struct {
	Head  Head   `json:"head"`
	Edges []Pair `json:"edges"`
}

// Rules is the document of the documented hierarchy.
type Rules struct {
	Head  Head   `json:"head"`
	Rules []Rule `json:"rules"`
	Notes []Note `json:"notes"` // names that were not bound the plain way
}

// A Note says how a name of a rule was bound to lock classes, or why it was not.
type Note struct {
	File  string `json:"file"`
	Line  int    `json:"line"`
	Name  string `json:"name"`
	Text  string `json:"text"`
	Bound bool   `json:"bound"`
}

// Chains is the document of call chains from one function to another.
type Chains struct {
	Head   Head         `json:"head"`
	From   string       `json:"from"`
	To     string       `json:"to"`
	Arches []ArchChains `json:"arches"` // those that know both functions
}

// ArchChains is the chains of one architecture; Nearest is set if there is none.
type ArchChains struct {
	Arch    string   `json:"arch"`
	Chains  [][]Step `json:"chains"`
	Nearest *Nearest `json:"nearest,omitempty"`
}

// Nearest is what there is instead of a chain.
type Nearest struct {
	Async      []Step     `json:"async,omitempty"`       // a chain that hands over to another context
	Guess      []Step     `json:"guess,omitempty"`       // a chain with a guessed edge
	Reverse    []Step     `json:"reverse,omitempty"`     // a chain the other way round
	CommonFrom []Step     `json:"common_from,omitempty"` // from the nearest function that reaches both, to FROM
	CommonTo   []Step     `json:"common_to,omitempty"`   // and from it to TO
	Callers    []string   `json:"callers"`               // of TO
	Reached    int        `json:"reached"`               // functions that FROM reaches
	Gaps       []OpenCall `json:"gaps"`                  // calls of unknown target there, the nearest first
}

// Tree is the document of callers or callees.
type Tree struct {
	Head    Head       `json:"head"`
	Callers bool       `json:"callers"` // up; else callees, down
	Arches  []ArchTree `json:"arches"`
}

// ArchTree is the tree of one architecture in drawing order.
type ArchTree struct {
	Arch string `json:"arch"`
	Hops []Hop  `json:"hops"`
}

// A Hop is one line of a tree. File and Line are the call's, at depth 0 the
// function's.
type Hop struct {
	Step
	Depth int  `json:"depth"`
	Sites int  `json:"sites"`           // calls of that kind between the two
	Again bool `json:"again,omitempty"` // opened at another line of the tree
}
