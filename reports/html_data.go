package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// htmlData is the document as the page's script reads it. Strings, steps, chains,
// locks and rules are written once and named by their index: findings share most
// of their chains' steps, and a whole kernel's page would be ten times as large.
// An index that may be missing is one more than it is, and 0 if it is.
type htmlData struct {
	Strings  []string      `json:"strings"`
	Steps    [][5]int      `json:"steps"`  // function, file, line, edge, via
	Chains   [][]int       `json:"chains"` // steps
	Locks    [][7]int      `json:"locks"`  // class, name, mode, try, function, file, line
	Rules    []htmlRule    `json:"rules"`
	Places   []htmlPlace   `json:"places"`
	Pairs    []htmlPair    `json:"pairs"`
	Orders   []htmlOrder   `json:"orders"`
	Sources  []htmlExcerpt `json:"sources"`
	Problems [][5]int      `json:"problems"` // file, line, function, reason, text
	Lost     [][2]int      `json:"lost"`     // file, reason
	Link     string        `json:"link"`
	Kernel   string        `json:"kernel"`
}

// An htmlRule is a Rule; its names are text and classes.
type htmlRule struct {
	Kind    int     `json:"kind"`
	Between string  `json:"between"` // as in text: the words between outer and inner names
	Arch    int     `json:"arch"`
	File    int     `json:"file"`
	Line    int     `json:"line"`
	Text    int     `json:"text"`
	Outer   [][]int `json:"outer,omitempty"` // name, then its classes
	Inner   [][]int `json:"inner,omitempty"`
	From    []int   `json:"from,omitempty"`
	Remark  int     `json:"remark,omitempty"` // index + 1
	Status  int     `json:"status"`
}

// An htmlPlace is the findings of one place, folded as in the text.
type htmlPlace struct {
	Kind       int       `json:"kind"`
	Confidence int       `json:"conf"`
	Arches     []int     `json:"arches"`
	Function   int       `json:"func"`
	File       int       `json:"file"`
	Line       int       `json:"line"`
	Prints     []int     `json:"prints"` // fingerprints of all findings
	ID         int       `json:"id"`     // the place's own, see mark: links name it
	Ways       []htmlWay `json:"ways"`   // the first finding, then those with another chain
}

// An htmlWay is one finding of a place.
type htmlWay struct {
	Arch    int      `json:"arch"`
	Print   int      `json:"print"`
	Message int      `json:"msg"`
	Rule    int      `json:"rule,omitempty"`  // index + 1
	Locks   [][2]int `json:"locks,omitempty"` // title, lock
	Chain   int      `json:"chain"`
	Reverse int      `json:"rev,omitempty"` // index + 1
	Assumed []int    `json:"assumed,omitempty"`
}

type htmlPair struct {
	Arch       int   `json:"arch"`
	Outer      int   `json:"outer"`
	Inner      int   `json:"inner"`
	Confidence int   `json:"conf"`
	Chain      int   `json:"chain"`
	Assumed    []int `json:"assumed,omitempty"`
}

type htmlExcerpt struct {
	File int      `json:"file"`
	Line int      `json:"line"`
	Text []string `json:"text"`
}

// encode writes the data as JSON for an element of HTML: encoding/json escapes
// <, >, & and the line ends of JavaScript, so that no name closes the element.
func (d *htmlData) encode() (string, error) {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(d); err != nil {
		return "", fmt.Errorf("data of the HTML report: %w", err)
	}
	return strings.TrimSpace(b.String()), nil
}

// An htmlMaker makes htmlData; the maps find what was written already.
type htmlMaker struct {
	d       *htmlData
	strings map[string]int
	steps   map[[5]int]int
	chains  map[string]int
	locks   map[[7]int]int
	rules   map[string]int
}

func newHTMLData(c Check, o HTMLOptions, styles map[[2]string]ArrowStyle) *htmlData {
	m := &htmlMaker{
		d:       &htmlData{Link: o.Link, Kernel: clean(c.Head.Kernel), Problems: [][5]int{}, Lost: [][2]int{}},
		strings: map[string]int{}, steps: map[[5]int]int{}, chains: map[string]int{}, locks: map[[7]int]int{}, rules: map[string]int{},
	}
	m.str("") // index 0 is always the empty string
	var places []place
	for _, p := range mark(c.Findings) {
		m.place(p)
		places = append(places, p.place)
	}
	for _, r := range c.LockOrder.Rules {
		m.rule(r)
	}
	for _, p := range c.LockOrder.Pairs {
		m.d.Pairs = append(m.d.Pairs, htmlPair{
			Arch: m.str(p.Arch), Outer: m.lock(&p.Outer), Inner: m.lock(&p.Inner),
			Confidence: m.str(p.Confidence), Chain: m.chain(p.Chain), Assumed: m.strs(p.Assumed),
		})
	}
	for _, one := range newOrders(c, places, styles) {
		m.order(one)
	}
	for _, x := range c.Sources {
		m.d.Sources = append(m.d.Sources, htmlExcerpt{File: m.str(x.File), Line: x.Line, Text: sourceLines(x.Text)})
	}
	for _, p := range c.Head.Problems {
		m.d.Problems = append(m.d.Problems, [5]int{m.str(p.File), p.Line, m.str(p.Function), m.str(p.Reason), m.str(p.Text)})
	}
	for _, l := range c.Head.NotRead {
		m.d.Lost = append(m.d.Lost, [2]int{m.str(l.File), m.str(l.Reason)})
	}
	return m.d
}

// str is the index of a string, cleaned (R1).
func (m *htmlMaker) str(s string) int {
	s = clean(s)
	i, ok := m.strings[s]
	if !ok {
		i = len(m.d.Strings)
		m.strings[s] = i
		m.d.Strings = append(m.d.Strings, s)
	}
	return i
}

func (m *htmlMaker) strs(all []string) []int {
	var out []int
	for _, s := range all {
		out = append(out, m.str(s))
	}
	return out
}

func (m *htmlMaker) chain(chain []Step) int {
	steps := make([]int, len(chain))
	for i, s := range chain {
		step := [5]int{m.str(s.Function), m.str(s.File), s.Line, m.str(s.Edge), m.str(s.Via)}
		at, ok := m.steps[step]
		if !ok {
			at = len(m.d.Steps)
			m.steps[step] = at
			m.d.Steps = append(m.d.Steps, step)
		}
		steps[i] = at
	}
	key := fmt.Sprint(steps)
	at, ok := m.chains[key]
	if !ok {
		at = len(m.d.Chains)
		m.chains[key] = at
		m.d.Chains = append(m.d.Chains, steps)
	}
	return at
}

func (m *htmlMaker) lock(l *Lock) int {
	try := 0
	if l.Try {
		try = 1
	}
	one := [7]int{m.str(l.Class), m.str(l.Name), m.str(l.Mode), try, m.str(l.Function), m.str(l.File), l.Line}
	at, ok := m.locks[one]
	if !ok {
		at = len(m.d.Locks)
		m.locks[one] = at
		m.d.Locks = append(m.d.Locks, one)
	}
	return at
}

// rule is the index of a rule: findings carry their rules by value.
func (m *htmlMaker) rule(r Rule) int {
	one := htmlRule{
		Kind: m.str(r.Kind), Between: between[r.Kind], Arch: m.str(r.Arch), File: m.str(r.File), Line: r.Line,
		Text: m.str(r.Text), Outer: m.names(r.Outer), Inner: m.names(r.Inner), Status: m.str(r.Status),
	}
	for _, from := range r.From {
		one.From = append(one.From, m.rule(from))
	}
	if r.Remark != nil {
		one.Remark = m.rule(*r.Remark) + 1
	}
	key := fmt.Sprint(one)
	at, ok := m.rules[key]
	if !ok {
		at = len(m.d.Rules)
		m.rules[key] = at
		m.d.Rules = append(m.d.Rules, one)
	}
	return at
}

func (m *htmlMaker) names(names []Name) [][]int {
	var out [][]int
	for _, n := range names {
		out = append(out, append([]int{m.str(n.Text)}, m.strs(n.Classes)...))
	}
	return out
}

func (m *htmlMaker) place(p marked) {
	f := p.first
	one := htmlPlace{
		Kind: m.str(f.Kind), Confidence: m.str(f.Confidence), Arches: m.strs(p.arches),
		Function: m.str(f.Function), File: m.str(f.File), Line: f.Line, Prints: m.strs(p.prints), ID: m.str(p.id),
	}
	for _, g := range append([]Finding{f}, p.also...) {
		one.Ways = append(one.Ways, m.way(g))
	}
	m.d.Places = append(m.d.Places, one)
}

func (m *htmlMaker) way(f Finding) htmlWay {
	w := htmlWay{Arch: m.str(f.Arch), Print: m.str(f.Fingerprint), Message: m.str(sentence(f)), Chain: m.chain(f.Chain), Assumed: m.strs(f.Assumed)}
	if f.Rule != nil {
		w.Rule = m.rule(*f.Rule) + 1
	}
	if len(f.Reverse) > 0 {
		w.Reverse = m.chain(f.Reverse) + 1
	}
	for _, r := range roles(f) {
		w.Locks = append(w.Locks, [2]int{m.str(r.word), m.lock(r.lock)})
	}
	return w
}

// sourceLines makes lines of C fit to be shown: tabs stay, for the browser knows
// how wide they are, and all else that is not printable is escaped (R1).
// A line that is longer than anybody reads is cut, and says so.
func sourceLines(lines []string) []string {
	const longest = 400
	out := make([]string, len(lines))
	for i, line := range lines {
		if len(line) > longest {
			cut := longest
			for cut > 0 && !utf8.RuneStart(line[cut]) {
				cut--
			}
			line = line[:cut] + "…"
		}
		parts := strings.Split(line, "\t")
		for j, part := range parts {
			parts[j] = clean(part)
		}
		out[i] = strings.Join(parts, "\t")
	}
	return out
}
