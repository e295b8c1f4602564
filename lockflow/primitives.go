package lockflow

import (
	"bufio"
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

//go:embed primitives.txt
var primitivesText []byte

// action is what a primitive does.
type action uint8

const (
	actNone action = iota
	actLock
	actTry
	actUnlock
	actDowngrade
	actWait
	actSleep
	actAssert
	actForbid
	actLastRef
	actValue
	actIsNeg
	actIsNull
	actIsNegNull
	actTruth
	actBitTest
	actBitSet
	actBitClear
	actIgnore
	actStop
)

var actionNames = map[string]action{
	"lock": actLock, "trylock": actTry, "unlock": actUnlock, "downgrade": actDowngrade, "wait": actWait,
	"sleep": actSleep, "assert": actAssert, "forbid": actForbid, "lastref": actLastRef, "value": actValue, "isneg": actIsNeg,
	"isnull": actIsNull, "isnegnull": actIsNegNull, "truth": actTruth, "bittest": actBitTest, "bitset": actBitSet, "bitclear": actBitClear, "ignore": actIgnore, "stop": actStop,
}

// result says which return values mean that the lock was taken.
type result uint8

const (
	resVoid    result = iota // always taken
	resZero                  // 0 means taken
	resNonZero               // non-zero means taken
)

// primFlags are the flags of a row, see primitives.txt.
type primFlags uint16

const (
	flagSleep primFlags = 1 << iota
	flagSpin
	flagIRQ
	flagNested
	flagEnable
	flagUser
	flagCallback
	flagCounted
	flagDeref
	flagAny
)

var flagNames = map[string]primFlags{
	"sleep": flagSleep, "spin": flagSpin, "irq": flagIRQ, "nested": flagNested, "enable": flagEnable,
	"user": flagUser, "callback": flagCallback, "counted": flagCounted, "deref": flagDeref, "any": flagAny,
}

var modeNames = map[string]Mode{"-": 0, "write": Write, "read": Read, "readrec": ReadRec, "context": Context}

var resultNames = map[string]result{"-": resVoid, "void": resVoid, "zero": resZero, "nonzero": resNonZero}

// A primitive is one row of the table: what one function does with a lock.
type primitive struct {
	Name   string
	Action action
	Arg    int    // the argument that points to the lock; -1 if none
	Global string // the lock, if no argument does
	Mode   Mode
	Result result
	Flags  primFlags
	Nest   int // the argument that names the lock under which many of a class are taken; -1
	GFP    int // the argument with allocation flags; -1
	place  string
}

// has says whether the row has a flag.
func (p *primitive) has(f primFlags) bool { return p.Flags&f != 0 }

// A contextRow names functions that run in a context that is no lock: those in
// some members of a struct type, or those that a mechanism runs elsewhere.
type contextRow struct {
	Name    string
	Struct  string   // tag of the struct type; "" if Async
	Members []string // in Struct
	Async   string   // word of the mechanism, as async edges carry it
	Atomic  bool     // the context must not sleep
}

// A Table says what the kernel's lock primitives do. It is data: DefaultTable
// holds the embedded rows, Extend adds or replaces some.
type Table struct {
	rows         map[string]*primitive
	gfp          map[string]bool
	contexts     []contextRow
	handovers    []handoverRow
	constructors []string
	fresh        map[string]bool // kinds of entry point at which a task holds no lock of the scope
	mustHold     map[string]Mode // annotations of functions that name a lock their callers hold
	letsGo       map[string]bool // annotations of functions that name a lock of their callers' that they release
}

// DefaultTable is the table of the embedded primitives.txt.
func DefaultTable() (*Table, error) {
	t := &Table{}
	return t.Extend("primitives.txt", bytes.NewReader(primitivesText))
}

// Extend is a copy of the table with the rows of r added; a row for a name that
// the table already has replaces it, but one name twice in r is an error. All
// errors are collected, each with file and line.
func (t *Table) Extend(file string, r io.Reader) (*Table, error) {
	n := &Table{rows: make(map[string]*primitive, len(t.rows)), gfp: map[string]bool{}, fresh: map[string]bool{},
		contexts: slices.Clone(t.contexts), handovers: slices.Clone(t.handovers), constructors: slices.Clone(t.constructors), mustHold: map[string]Mode{}, letsGo: map[string]bool{}}
	maps.Copy(n.rows, t.rows)
	maps.Copy(n.gfp, t.gfp)
	maps.Copy(n.fresh, t.fresh)
	maps.Copy(n.mustHold, t.mustHold)
	maps.Copy(n.letsGo, t.letsGo)
	var errs []error
	seen := map[string]bool{}
	sc := bufio.NewScanner(r)
	for line := 1; sc.Scan(); line++ {
		place := fmt.Sprintf("%s:%d", file, line)
		if err := n.addLine(sc.Text(), place, seen); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", place, err))
		}
	}
	if err := sc.Err(); err != nil {
		errs = append(errs, fmt.Errorf("%s: %w", file, err))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return n, nil
}

// addLine reads one line into the table.
func (t *Table) addLine(line, place string, seen map[string]bool) error {
	text, reason, _ := strings.Cut(line, "#")
	w := strings.Fields(text)
	if len(w) == 0 {
		return nil
	}
	if strings.TrimSpace(reason) == "" {
		return errors.New("a row without a reason: end it with # and why")
	}
	switch w[0] {
	case "gfp":
		return t.addWord(w, func(s string) { t.gfp[s] = true })
	case "fresh":
		if len(w) < 2 {
			return errors.New("want: fresh KIND OF ENTRY POINT")
		}
		t.fresh[strings.Join(w[1:], " ")] = true
		return nil
	case "lets-go":
		return t.addWord(w, func(s string) { t.letsGo[s] = true })
	case "must-hold":
		if len(w) != 3 || modeNames[w[2]] == 0 {
			return errors.New("want: must-hold ANNOTATION MODE")
		}
		t.mustHold[w[1]] = modeNames[w[2]]
		return nil
	case "constructor":
		return t.addWord(w, func(s string) { t.constructors = append(t.constructors, s) })
	case "handover":
		if len(w) != 5 || w[1] != "struct" {
			return errors.New("want: handover struct TYPE MEMBER MEMBER,...")
		}
		t.handovers = append(t.handovers, handoverRow{Struct: w[2], Giver: w[3], Takers: strings.Split(w[4], ",")})
		return nil
	case "context":
		return t.addContext(w)
	}
	p, err := parsePrimitive(w)
	if err != nil {
		return err
	}
	if seen[p.Name] {
		return fmt.Errorf("%s: second row for one name", p.Name)
	}
	seen[p.Name], p.place = true, place
	t.rows[p.Name] = p
	return nil
}

// addContext reads a row that names a context.
func (t *Table) addContext(w []string) error {
	row := contextRow{}
	if n := len(w) - 1; w[n] == "atomic" {
		w, row.Atomic = w[:n], true
	}
	switch {
	case len(w) == 5 && w[2] == "struct":
		row.Struct, row.Members = w[3], strings.Split(w[4], ",")
	case len(w) == 4 && w[2] == "async":
		row.Async = w[3]
	default:
		return errors.New("want: context NAME struct TYPE MEMBER,... [atomic] or context NAME async WORD [atomic]")
	}
	row.Name = w[1]
	t.contexts = append(t.contexts, row)
	return nil
}

// addWord reads a row of two words.
func (t *Table) addWord(w []string, add func(string)) error {
	if len(w) != 2 {
		return fmt.Errorf("want: %s NAME", w[0])
	}
	add(w[1])
	return nil
}

// parsePrimitive reads the six columns of a row.
func parsePrimitive(w []string) (*primitive, error) {
	if len(w) != 6 {
		return nil, fmt.Errorf("%d columns, want 6: name action object mode result flags", len(w))
	}
	p := &primitive{Name: w[0], Arg: -1, Nest: -1, GFP: -1}
	var ok bool
	if p.Action, ok = actionNames[w[1]]; !ok {
		return nil, fmt.Errorf("unknown action %q", w[1])
	}
	switch {
	case w[2] == "-":
	case len(w[2]) > 1 && w[2][0] == '=':
		p.Global = w[2][1:]
	default:
		n, err := strconv.Atoi(w[2])
		if err != nil || n < 0 || n > 15 {
			return nil, fmt.Errorf("unknown object %q: want an argument's number, =NAME or -", w[2])
		}
		p.Arg = n
	}
	if p.Mode, ok = modeNames[w[3]]; !ok {
		return nil, fmt.Errorf("unknown mode %q", w[3])
	}
	if p.Result, ok = resultNames[w[4]]; !ok {
		return nil, fmt.Errorf("unknown result %q", w[4])
	}
	if err := p.parseFlags(w[5]); err != nil {
		return nil, err
	}
	return p, p.check()
}

// parseFlags reads the last column.
func (p *primitive) parseFlags(text string) error {
	if text == "-" {
		return nil
	}
	for f := range strings.SplitSeq(text, ",") {
		name, arg, numbered := strings.Cut(f, ":")
		if !numbered {
			bit, ok := flagNames[f]
			if !ok {
				return fmt.Errorf("unknown flag %q", f)
			}
			p.Flags |= bit
			continue
		}
		n, err := strconv.Atoi(arg)
		if err != nil || n < 0 || n > 15 {
			return fmt.Errorf("flag %q: want the number of an argument", f)
		}
		switch name {
		case "nest":
			p.Nest = n
		case "gfp":
			p.GFP = n
		default:
			return fmt.Errorf("unknown flag %q", f)
		}
	}
	return nil
}

// check refuses rows whose columns contradict each other.
func (p *primitive) check() error {
	locks := p.Action == actLock || p.Action == actTry || p.Action == actUnlock
	switch {
	case locks && p.Arg < 0 && p.Global == "":
		return errors.New("a lock needs an object")
	case locks && p.Mode == 0:
		return errors.New("a lock needs a mode")
	case p.Action == actTry && p.Result == resVoid:
		return errors.New("a trylock needs a result")
	}
	return nil
}

// lookup is the row for a name, or nil.
func (t *Table) lookup(name string) *primitive { return t.rows[name] }

// Opaque says whether the engine knows name as a primitive: calls of it are
// neither expanded nor followed.
func (t *Table) Opaque(name string) bool { return t.rows[name] != nil }

// Object is the lock class that a primitive without a lock argument stands for:
// cpus_read_lock() is cpu_hotplug_lock.
func (t *Table) Object(name string) (Class, bool) {
	if p := t.rows[name]; p != nil && p.Global != "" {
		return Class{Path: p.Global}, true
	}
	return Class{}, false
}

// constructor says whether a function hands locks to its caller by design.
func (t *Table) constructor(name string) bool {
	return slices.ContainsFunc(t.constructors, func(s string) bool { return strings.HasSuffix(name, s) })
}

// Len is the number of primitives.
func (t *Table) Len() int { return len(t.rows) }
