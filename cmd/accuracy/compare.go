package main

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
)

// An edge is a call of callee in caller, which file defines.
type edge struct {
	file, caller, callee string
}

func compareEdges(a, b edge) int {
	return cmp.Or(cmp.Compare(a.callee, b.callee), cmp.Compare(a.file, b.file), cmp.Compare(a.caller, b.caller))
}

// A truth is a compiler's call graph of one configuration.
type truth struct {
	calls   map[edge]string     // "call" if the callee's name stands in the caller's text, "macro" if not
	known   map[string]bool     // all functions that it calls or refers to
	defined map[[2]string]bool  // file, function
	files   map[string][]string // function → the files that define it
}

func readTruth(name string) (*truth, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	t := &truth{calls: map[edge]string{}, known: map[string]bool{}, defined: map[[2]string]bool{}, files: map[string][]string{}}
	lines := bufio.NewScanner(unpacked)
	for n := 1; lines.Scan(); n++ {
		cells := strings.Split(lines.Text(), "\t")
		if len(cells) != 4 {
			return nil, fmt.Errorf("%s:%d: want kind, file, caller, callee", name, n)
		}
		t.add(cells[0], edge{cells[1], cells[2], cells[3]})
	}
	return t, lines.Err()
}

func (t *truth) add(kind string, e edge) {
	if kind == "fun" {
		t.defined[[2]string{e.file, e.caller}] = true
		t.files[e.caller] = append(t.files[e.caller], e.file)
		return
	}
	t.known[e.caller], t.known[e.callee] = true, true
	if kind == "call" || kind == "macro" {
		t.calls[e] = kind
	}
}

// The groups of a compiler's calls.
const (
	written    = "written"
	scopeMacro = "kvm macro"
	otherMacro = "other macro"
)

// group says which recall a call of the compiler counts for, "" for none: its
// caller and callee are functions of the tree that are seen in the sources.
func (t *truth) group(e edge) string {
	switch {
	case !t.defined[[2]string{e.file, e.caller}] || len(t.files[e.callee]) == 0:
		return ""
	case t.calls[e] == "call":
		return written
	case slices.ContainsFunc(t.files[e.callee], func(f string) bool {
		return strings.Contains(f, "/kvm/") || strings.HasPrefix(path.Base(f), "kvm")
	}):
		return scopeMacro
	}
	return otherMacro
}

// A comparison is our edges held against a compiler's.
type comparison struct {
	found, all   map[string]int // by group
	missed       map[string][]edge
	right, claim int
	wrong        []edge // ours, by name or macro, between functions that it compiled, and not in its graph
}

// compare holds the rows file, caller, callee, kind against the truth. Direct
// and macro edges of functions that it compiled, to functions that it knows,
// must be in its graph.
func compare(t *truth, rows []byte) comparison {
	c := comparison{found: map[string]int{}, all: map[string]int{}, missed: map[string][]edge{}}
	ours, sure := map[edge]bool{}, map[edge]bool{}
	for line := range bytes.Lines(rows) {
		cells := strings.Split(strings.TrimSuffix(string(line), "\n"), "\t")
		e := edge{cells[0], cells[1], cells[2]}
		ours[e] = true
		if cells[3] == "direct" || cells[3] == "macro" {
			sure[e] = true
		}
	}
	compiled := map[[2]string]bool{}
	for e := range t.calls {
		compiled[[2]string{e.file, e.caller}] = true
		group := t.group(e)
		if group == "" {
			continue
		}
		c.all[group]++
		if ours[e] {
			c.found[group]++
		} else {
			c.missed[group] = append(c.missed[group], e)
		}
	}
	for e := range sure {
		at := [2]string{e.file, e.caller}
		if !compiled[at] || !t.defined[at] || !t.known[e.callee] || len(t.files[e.callee]) == 0 {
			continue
		}
		c.claim++
		if t.calls[e] != "" {
			c.right++
		} else {
			c.wrong = append(c.wrong, e)
		}
	}
	for _, list := range c.missed {
		slices.SortFunc(list, compareEdges)
	}
	slices.SortFunc(c.wrong, compareEdges)
	return c
}
