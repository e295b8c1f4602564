package lockflow

import (
	"regexp"
	"strings"
)

// Below a heading such as "Lock ordering:" comments write orders in four ways:
//
//	a tree            a list          a numbered list    chains
//	  a->lock           a_lock          1. a_lock          a_lock -> b_lock -> c_lock
//	    b->lock         b_lock          2. b_lock: why     b_lock > d_lock
//	      c->lock
//
// In a tree the children of one parent have no order among themselves. A name
// may have a remark after it; a remark that speaks of a trylock takes its line
// out, because a trylock is not bound by the order.

// An entry is one line of a tree or list.
type entry struct {
	names    []Name
	indent   int
	line     int
	text     string
	numbered bool
	arrow    bool // "->name"
	try      bool
	remark   string // what stands after the name, if it demands something
}

var (
	numberPrefix = regexp.MustCompile(`^\d{1,2}[.)]\s+`)
	remarkStart  = regexp.MustCompile(`\s\(|\s{2,}|\s-\s|:\s|\swhere\b|:$`)
	alternative  = regexp.MustCompile(`\s+or\s+|\s+and\s+|\s*,\s*|\s+/\s+`)
	chainArrow   = regexp.MustCompile(`\s(?:-+>|=+>|>)\s`)
	unlockOrder  = regexp.MustCompile(`(?i)\bunlock\w*[ -]order`)
	remarkText   = regexp.MustCompile(`\([^()]*\)`)
	lockWord     = regexp.MustCompile(`(?i)lock|mutex|sem\b|sema|srcu`)
	identifier   = regexp.MustCompile(`^[A-Za-z_]\w*$`)
	demand       = regexp.MustCompile(`\b(must|needs?|always|never|only)\b`)
)

// maxEntryWords bounds the words of a name in a tree ("inode LRU list locks").
const maxEntryWords = 4

// A treeReader goes through the lines of one comment.
type treeReader struct {
	file, arch string
	active     bool   // below a heading about lock order
	heading    string // the last line that ended in a colon, or the heading
	direct     bool   // the run follows a heading about lock order
	run        []entry
	open       int // parentheses of a remark that goes on
	rules      []*Rule
}

// orders is the rules of the comment's trees, lists and chains. A heading that
// promises an order and below which none was understood becomes a note.
func (c comment) orders(file, arch string) []*Rule {
	t := treeReader{file: file, arch: arch}
	first, promise := 0, ""
	for i := 0; i < len(c.lines); i++ {
		body := strings.TrimSpace(c.lines[i])
		if strings.HasSuffix(body, ":") && isHeading(body) && promise == "" {
			first, promise = c.line+i, body
		}
		i += t.add(c.lines[i:], c.line+i)
	}
	t.close()
	if len(t.rules) == 0 && promise != "" {
		return []*Rule{{Kind: RuleNote, File: file, Line: first, Text: promise, Arch: arch, Status: "not understood"}}
	}
	return t.rules
}

// add takes the line lines[0] and returns how many further lines it consumed.
func (t *treeReader) add(lines []string, n int) int {
	body := strings.TrimSpace(lines[0])
	switch {
	case t.open > 0: // inside a remark of several lines
		t.open = max(t.open+parens(body), 0)
		return 0
	case body == "":
		t.close()
		return 0
	case unlockOrder.MatchString(body):
		t.close()
		t.active = false
		return 0
	case notOrder.MatchString(body):
		t.close()
		return 0
	case isHeading(body):
		t.close()
		t.active, t.direct, t.heading = true, true, body
	}
	if !t.active {
		return 0
	}
	if chain, used := chainLines(lines); len(chain) > 1 {
		t.close()
		t.chain(chain, n)
		return used
	}
	if e, ok := parseEntry(lines[0]); ok {
		e.line = n
		t.run = append(t.run, e)
		t.open = max(parens(body), 0)
		return 0
	}
	if t.heading != body {
		t.close()
		t.direct = false
		if strings.HasSuffix(body, ":") {
			t.heading = body
		}
	}
	return 0
}

func parens(s string) int { return strings.Count(s, "(") - strings.Count(s, ")") }

// parseEntry reads a line of a tree.
func parseEntry(line string) (entry, bool) {
	body := strings.TrimLeft(line, " ")
	e := entry{indent: len(line) - len(body)}
	if m := numberPrefix.FindString(body); m != "" {
		e.numbered, body = true, body[len(m):]
	} else if strings.HasPrefix(body, "- ") || strings.HasPrefix(body, "+ ") {
		body = strings.TrimLeft(body[2:], " ")
	}
	if rest, ok := strings.CutPrefix(body, "->"); ok {
		e.arrow, body = true, strings.TrimLeft(rest, " ")
	}
	if strings.HasSuffix(body, ");") || strings.ContainsAny(body[:min(len(body), 1)], "=*@#|<") {
		return e, false
	}
	head := body
	if m := remarkStart.FindStringIndex(body); m != nil && m[0] > 0 {
		head = body[:m[0]]
		e.try = strings.Contains(body[m[0]:], "trylock")
		if demand.MatchString(body[m[0]:]) {
			e.remark = foldSpace(body[m[0]:])
		}
		if strings.HasPrefix(body[m[0]:], ":") && !e.numbered {
			return e, false // "name:" is a heading
		}
	}
	head = strings.TrimRight(strings.TrimSpace(head), ";.,")
	for _, alt := range alternative.Split(head, maxListNames) {
		if !entryName(alt) {
			return e, false
		}
		e.names = append(e.names, Name{Text: strings.TrimPrefix(strings.TrimPrefix(alt, "->"), "&")})
	}
	e.text = head
	return e, len(e.names) > 0
}

// entryName says whether the words of a line of a tree can be a lock: one
// identifier or path, or a few plain words that speak of a lock.
func entryName(s string) bool {
	s = strings.TrimPrefix(s, "->")
	if len(s) > maxNameLength || strings.ContainsAny(s, "=+{}\"'") {
		return false
	}
	words := strings.Fields(s)
	switch {
	case len(words) == 0 || len(words) > maxEntryWords:
		return false
	case len(words) == 1:
		return isLockName(s) || identifier.MatchString(s) && (strings.Contains(s, "_") || lockSuffix.MatchString(s)) || pathPattern.MatchString(s) && strings.Contains(s, ".")
	}
	for _, w := range words {
		tok := token{kind: word, low: strings.ToLower(w)}
		if tok.in(determiners) || tok.in(auxiliaries) || tok.in(innerPreps) || tok.in(conditions) {
			return false
		}
	}
	return lockWord.MatchString(s)
}

// close reads the run of entries that has ended.
func (t *treeReader) close() {
	run := t.run
	t.run, t.open = nil, 0
	if len(run) < 2 {
		return
	}
	numbered, flat, locks := true, true, 0
	for i := range run {
		if lockWord.MatchString(run[i].text) {
			locks++
		}
		numbered = numbered && run[i].numbered
		flat = flat && run[i].indent == run[0].indent && run[i].arrow == run[0].arrow
	}
	switch {
	case locks < 2 || 2*locks < len(run): // a list of something else
	case numbered || flat && t.direct && locks == len(run):
		for i := range run[1:] {
			t.rule(run[i], run[i+1])
		}
	case !flat:
		t.tree(run)
	}
}

// tree reads nesting from indentation. "->name" below a root at the same
// indentation is a child of it.
func (t *treeReader) tree(run []entry) {
	var stack []entry
	for _, e := range run {
		if e.try {
			continue
		}
		if e.arrow && !run[0].arrow && e.indent == run[0].indent {
			e.indent++
		}
		for len(stack) > 0 && stack[len(stack)-1].indent >= e.indent {
			stack = stack[:len(stack)-1]
		}
		if len(stack) > 0 {
			t.rule(stack[len(stack)-1], e)
		}
		stack = append(stack, e)
	}
}

// rule states that outer is taken outside inner.
func (t *treeReader) rule(outer, inner entry) {
	if outer.try || inner.try {
		return
	}
	text := foldSpace(t.heading + " " + outer.text + " > " + inner.text)
	t.rules = append(t.rules, &Rule{
		Kind: RuleOrder, File: t.file, Line: inner.line, Text: text, Arch: t.arch, Outer: outer.names, Inner: inner.names,
	})
	if inner.remark != "" { // kept as the text has it: no check knows what it demands
		t.rules = append(t.rules, &Rule{Kind: RuleNote, File: t.file, Line: inner.line, Text: inner.text + " " + inner.remark, Arch: t.arch, Inner: inner.names})
	}
}

// chainLines reads "a -> b -> c" from lines[0] and the lines that continue it,
// and says how many those are. No entries if it is not a chain of locks.
func chainLines(lines []string) ([]entry, int) {
	text, used := strings.TrimSpace(lines[0]), 0
	if !chainArrow.MatchString(text + " ") {
		return nil, 0
	}
	for used+1 < len(lines) && used < 8 {
		next := strings.TrimSpace(lines[used+1])
		if !strings.HasSuffix(text, "->") && !strings.HasPrefix(next, "-> ") {
			break
		}
		text += " " + next
		used++
	}
	text = remarkText.ReplaceAllString(strings.NewReplacer("[", " ", "]", " ").Replace(text), " ")
	parts := chainArrow.Split(strings.ReplaceAll(text, "->  ->", "->"), maxListNames)
	var chain []entry
	locks := 0
	for i, p := range parts {
		n := chainName(p, i == 0, i == len(parts)-1)
		if n == "" {
			return nil, 0
		}
		if isLockName(n) {
			locks++
		}
		chain = append(chain, entry{names: []Name{{Text: n}}, text: n})
	}
	if locks < 2 {
		return nil, 0
	}
	return chain, used
}

// chainName is the name in one link of a chain. Prose may stand before the
// first and after the last.
func chainName(p string, first, last bool) string {
	words := strings.Fields(p)
	switch {
	case len(words) == 0:
		return ""
	case first && len(words) > 1:
		words = words[len(words)-1:]
	case last && isLockName(strings.TrimRight(words[0], ".,;:")):
		words = words[:1]
	}
	n := strings.TrimRight(strings.Join(words, " "), ".,;:")
	if len(words) > maxEntryWords || len(n) > maxNameLength || len(words) == 1 && !pathPattern.MatchString(n) && !isLockName(n) {
		return ""
	}
	return strings.TrimPrefix(n, "&")
}

// chain states the order of each two neighbours.
func (t *treeReader) chain(chain []entry, line int) {
	for i := range chain[1:] {
		chain[i+1].line = line
		t.rule(chain[i], chain[i+1])
	}
}
