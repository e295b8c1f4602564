package lockflow

import (
	"strings"

	"klockscan/callgraph"
)

// A Class is a lock class: the nearest tagged struct that holds the lock and
// the path of members from there, or a variable at file scope.
type Class struct {
	Owner string // "struct kvm"; "" for a variable
	Path  string // "slots_lock", "irqfds.lock"; the variable's name ("kvm_lock")
	File  string // for a static variable: its file, so that two of one name differ; else ""
}

// A Lock is a lock class at a place of the code, in the words of a report.
type Lock struct {
	Class    Class
	Name     string // in the manner of the documentation: "kvm->slots_lock", "synchronize_srcu(kvm->srcu)", "schedule()"
	Mode     Mode
	Try      bool
	Function string // where it is taken (or waited for)
	File     string
	Line     int
}

// Mode is how a lock is held, or what is done instead of taking one.
type Mode uint8

// The modes.
const (
	Write   Mode = iota + 1
	Read         // shared: rwlock, rwsem
	ReadRec      // shared and recursive: srcu, rcu
	Wait         // waits for all readers of the class: synchronize_srcu
	Sleep        // may sleep; no lock
	Context      // not a lock: a context that forbids something (an MMU notifier)
)

// Kind is the kind of a finding.
type Kind string

// The kinds of finding.
const (
	KindOrder        Kind = "order"         // against a documented order
	KindSRCU         Kind = "srcu"          // a lock or wait inside an SRCU read side that a waiter for it holds
	KindMustNot      Kind = "must-not"      // a lock that a context must not take
	KindRequires     Kind = "requires"      // a lock taken without the one that its rule demands
	KindSelfDeadlock Kind = "self-deadlock" // the same lock twice
	KindCycle        Kind = "cycle"         // two orders that no rule decides
	KindAtomicSleep  Kind = "atomic-sleep"  // may sleep under a spinning lock
	KindLeak         Kind = "leak"          // held on a way out that others leave released
	KindDoubleUnlock Kind = "double-unlock" // released when surely not held
	KindAssert       Kind = "assert"        // a caller that cannot hold what the callee asserts
	KindRules        Kind = "rules"         // the text contradicts itself
)

// Kinds lists the kinds of finding.
func Kinds() []Kind {
	return []Kind{KindOrder, KindSRCU, KindMustNot, KindRequires, KindSelfDeadlock, KindCycle, KindAtomicSleep, KindLeak,
		KindDoubleUnlock, KindAssert, KindRules}
}

// Confidence is how sure a finding is: its weakest step's.
type Confidence uint8

// The confidences, weakest first.
const (
	Guessed  Confidence = iota + 1 // rests on a guessed edge
	Possible                       // rests on an assumption: last reference, two names of one object
	Likely                         // through a resolved indirect call
	Certain                        // written calls only
)

// String is the confidence's name in every report.
func (c Confidence) String() string {
	switch c {
	case Guessed:
		return "guess"
	case Possible:
		return "possible"
	case Likely:
		return "likely"
	case Certain:
		return "certain"
	}
	return "none"
}

// A ChainStep is one function of a witness: Edge is how it is reached from the
// step before ("" for the first), File and Line where that call stands (for the
// first step: where the function is defined). The last step's Line is where the
// inner lock is taken... see Finding.Inner for that.
type ChainStep struct {
	Function string
	File     string
	Line     int
	Edge     string
}

// A Finding is one defect, with its whole chain.
type Finding struct {
	Kind        Kind
	Arch        string
	Confidence  Confidence
	Fingerprint string // survives line shifts: kind, arch, classes, functions
	Function    string // where the defect shows: the inner acquisition, the leaking return, …
	File        string
	Line        int
	Outer       *Lock // held
	Inner       *Lock // taken
	Rule        *Rule
	Chain       []ChainStep // from an entry point through the outer acquisition to the inner one
	Reverse     []ChainStep // cycle: the witness of the other order
	Assumed     []string    // conditions that had to be assumed, in words
	Message     string      // one sentence
}

// A Pair is an observed order: Inner was taken with Outer held.
type Pair struct {
	Outer, Inner Lock
	Confidence   Confidence
	Same         SameObject  // Outer.Class == Inner.Class: whether it may be one object
	Chain        []ChainStep // from an entry point
	Assumed      []string
	Also         []Class          // further classes surely held (write) at every occurrence of the pair: a common one makes a cycle harmless
	Func         callgraph.FuncID // the function that holds Outer when it takes Inner or calls towards it
}

// SameObject compares two locks of one class.
type SameObject uint8

// The values of SameObject.
const (
	MayBeSame SameObject = iota
	IsSame
	IsDifferent // nest_lock, subclass, or surely two objects
)

// A Result is what the analysis of one architecture found out.
type Result struct {
	Arch         string
	Pairs        []Pair        // sorted by classes, then confidence; one best witness for each (outer class+mode, inner class+mode, try)
	Findings     []Finding     // semantic ones: self-deadlock, atomic-sleep, leak, double-unlock; Rule nil
	Acquisitions []Acquisition // sorted by class, mode and place
	Stats        Stats
}

// Stats counts what the analysis met, and the limits that it hit.
type Stats struct {
	Functions, Acquisitions int
	UnknownLocks            int            // acquisitions whose class could not be told
	Unknown                 []string       // the first of them: "file:line: expression"
	Limits                  map[string]int // name of a limit → how often it was hit
}

// A Rule is one statement of the hierarchy, read from the tree or from the user.
type Rule struct {
	Kind   RuleKind
	File   string
	Line   int
	Column int    // of a row of the user's; 0 elsewhere
	Text   string // the sentence as written, white space folded
	Outer  []Name // order: taken outside Inner; no-wait: held over the wait
	Inner  []Name
	From   []*Rule // a derived (transitive) rule: the rules that it follows from
	Remark *Rule   // a note about the same two locks: what the text says of the order beside it
	Status string  // "" understood; otherwise why not ("no lock class for …")
	Arch   string  // "" for all
}

// inCode says whether a comment states the rule, and not a document.
func (r *Rule) inCode() bool {
	return strings.HasSuffix(r.File, ".c") || strings.HasSuffix(r.File, ".h")
}

// RuleKind is what a rule states.
type RuleKind string

// The kinds of rule.
const (
	RuleOrder     RuleKind = "order"      // Outer is taken outside Inner
	RuleNotInside RuleKind = "not-inside" // Inner cannot be taken inside (the read side of) Outer
	RuleMayInside RuleKind = "may-inside" // Inner can be taken inside Outer
	RuleWaitUnder RuleKind = "wait-under" // Inner (an SRCU domain) is waited for with Outer held
	RuleReleased  RuleKind = "released"   // Outer is released before the wait for Inner
	RuleMustNot   RuleKind = "must-not"   // context Outer must not take Inner
	RuleRequires  RuleKind = "requires"   // who takes Inner must hold Outer
	RuleLeaf      RuleKind = "leaf"       // no other lock inside: every class that no other rule names
	RuleNote      RuleKind = "note"       // text about locks that states no rule that klockscan knows
)

// A Name is a lock as a rule writes it, and the classes that it binds to.
type Name struct {
	Text    string // "vcpu->mutex"
	Classes []Class
	Context string // "" or a context that is not a lock, e.g. "MMU notifiers"
}
