package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// incomplete is what people have to judge before the document can be written.
type incomplete struct{ err error }

func (e *incomplete) Error() string { return e.err.Error() }

// Unwrap is the list of gaps.
func (e *incomplete) Unwrap() error { return e.err }

// readTable reads rows of so many cells with tabs between them; # begins a
// comment line. lines is where each row stands.
func readTable(name string, cells int) (rows [][]string, lines []int, err error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, err
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimRight(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		row := strings.Split(line, "\t")
		if len(row) != cells {
			return nil, nil, fmt.Errorf("%s:%d: %d cells instead of %d", name, n, len(row), cells)
		}
		rows, lines = append(rows, row), append(lines, n)
	}
	return rows, lines, nil
}

// A cause says why edges differ from the compiler's; file and caller may be *.
type cause struct {
	what string // missed-written, missed-macro, wrong
	edge
	word, why string
	line      int
	used      bool
}

// causes is the rows of causes.tsv, and which differences they explain.
type causes struct {
	name string
	rows []*cause
}

func readCauses(name string) (*causes, error) {
	rows, lines, err := readTable(name, 6)
	if err != nil {
		return nil, err
	}
	c := &causes{name: name}
	for i, r := range rows {
		c.rows = append(c.rows, &cause{what: r[0], edge: edge{r[1], r[2], r[3]}, word: r[4], why: r[5], line: lines[i]})
	}
	return c, nil
}

// of is the most specific row for a difference, or nil.
func (c *causes) of(what string, e edge) *cause {
	fits := func(pattern, s string) bool { return pattern == "*" || pattern == s }
	var best *cause
	exact := -1
	for _, r := range c.rows {
		if r.what != what || r.callee != e.callee || !fits(r.file, e.file) || !fits(r.caller, e.caller) {
			continue
		}
		n := 0
		if r.file != "*" {
			n++
		}
		if r.caller != "*" {
			n += 2
		}
		if n > exact {
			best, exact = r, n
		}
	}
	if best != nil {
		best.used = true
	}
	return best
}

// unused is an error for each row that explains nothing.
func (c *causes) unused() error {
	var errs []error
	for _, r := range c.rows {
		if !r.used {
			errs = append(errs, fmt.Errorf("%s:%d: no such difference any more: %s %s", c.name, r.line, r.what, r.callee))
		}
	}
	return errors.Join(errs...)
}

// A verdict is what a reader of the source says of one resolved call.
type verdict struct {
	word, why string // right, wide or wrong
}

// verdictWords are what a verdict may say; wide is right by the rule that makes
// the edge, and holds a target that only other objects of the type have.
var verdictWords = []string{"right", "wide", "wrong"}

// readVerdicts reads sample.tsv: arch, file, line, caller, callee as written,
// targets, verdict, why. The key is all but the last two: when the targets
// change, the verdict is gone.
func readVerdicts(name string) (map[string]verdict, error) {
	rows, lines, err := readTable(name, 8)
	if err != nil {
		return nil, err
	}
	out := map[string]verdict{}
	for i, r := range rows {
		key := strings.Join(r[:6], "\t")
		if _, twice := out[key]; twice || !slices.Contains(verdictWords, r[6]) || r[7] == "" {
			return nil, fmt.Errorf("%s:%d: judged twice, or no verdict with a reason", name, lines[i])
		}
		out[key] = verdict{r[6], r[7]}
	}
	return out, nil
}
