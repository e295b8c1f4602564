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
	Units      int       `json:"units,omitempty"`      // in which a whole tree was worked through; 0: at once
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
	Remark *Rule  `json:"remark,omitempty"` // a note of the same text about these locks
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
	Head       Head      `json:"head"`
	Findings   []Finding `json:"findings"`
	Hidden     []Hidden  `json:"hidden"`                       // findings that are not certain enough to be shown
	Suppressed int       `json:"suppressed,omitempty"`         // findings that a rules file silences
	Stale      []string  `json:"stale_suppressions,omitempty"` // rows that silence nothing: place and reason
	Known      int       `json:"in_baseline,omitempty"`        // findings that the baseline has
	Gone       []string  `json:"gone_from_baseline,omitempty"` // findings of the baseline that are found no more
	LockOrder  LockOrder `json:"lock_order,omitzero"`
	Sources    []Excerpt `json:"sources,omitempty"` // around the places that the findings name; sorted, none overlap

	compared string // of what is new only: between what; "" for all findings
}

// A LockOrder is the rules that were bound to lock classes, and the observed orders
// of the locks that they or the findings are about.
type LockOrder struct {
	Rules []Rule `json:"rules"`
	Pairs []Pair `json:"pairs"`
}

// An Excerpt is consecutive lines of a file.
type Excerpt struct {
	File string   `json:"file"`
	Line int      `json:"line"` // of the first
	Text []string `json:"text"`
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
	Head  Head      `json:"head"`
	Rules []Rule    `json:"rules"`
	Notes []Note    `json:"notes"` // names that were not bound the plain way
	Locks []LockDoc `json:"locks"` // what documents say of single locks
}

// A LockDoc is what a document says of one lock.
type LockDoc struct {
	Name     string   `json:"name"`
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Type     string   `json:"type"` // as written
	Arch     string   `json:"arch,omitempty"`
	Protects string   `json:"protects,omitempty"`
	Classes  []string `json:"classes,omitempty"` // that the name binds to
}

// A Note says how a name of a rule was bound to lock classes, or why it was not.
type Note struct {
	File  string `json:"file"`
	Line  int    `json:"line"`
	Name  string `json:"name"`
	Text  string `json:"text"`
	Bound bool   `json:"bound"`
}
