package lockflow

import (
	"strings"
)

// The reader of English knows the sentences in which the kernel's documents
// state lock orders. It is a matcher of clauses, not a parser of the language:
//
//	A is taken outside B and C            order: A > B, A > C
//	A is taken inside B                   order: B > A
//	A must be taken before B              order: A > B
//	A cannot be taken inside a B read-side critical section   not-inside
//	A can be taken inside a B read-side critical section      may-inside
//	synchronize_srcu(&S) is called inside critical sections for A, B   wait-under
//	A is released before the call to synchronize_srcu(&S)     released
//	critical sections for A must also take B                  requires
//	A cannot be taken without already holding B               requires
//	MMU notifiers must not take either A or B                 must-not
//	Everything else is a leaf                                 leaf
//	Taking A outside of B is problematic                      note
//
// "These locks" and "they" are the last enumeration, "it" the last subject. A
// clause that is none of these states nothing; a sentence that opens with a
// condition ("if", "when") is left alone, because half a condition is worse
// than none.

// The vocabulary.
var (
	determiners  = wordSet("the a an either both any of all each such one")
	connectives  = wordSet("and or and/or nor & /")
	takeVerbs    = wordSet("taken acquired held nested locked grabbed")
	nestVerbs    = wordSet("nests nest")
	activeVerbs  = wordSet("take acquire grab hold")
	gerunds      = wordSet("taking acquiring holding grabbing locking")
	outerPreps   = wordSet("outside before")
	innerPreps   = wordSet("inside within under after")
	auxiliaries  = wordSet("is are be been must should shall can may might could cannot can't not never has have to needs need mustn't")
	adverbs      = wordSet("instead also always only therefore then thus usually typically normally generally already currently hence")
	negations    = wordSet("not cannot can't never mustn't")
	permissions  = wordSet("can may might could")
	obligations  = wordSet("must should shall needs need always")
	conditions   = wordSet("if when whenever unless suppose supposing assuming where")
	clauseWords  = wordSet("so though although while whereas but thus therefore hence because since as which unless if when")
	openers      = wordSet("unlike like")
	pronouns     = wordSet("it they these those both this")
	noContext    = wordSet("caller callers function functions code you we it they i user users driver drivers this that these those one who which")
	prohibitions = wordSet("deadlock deadlocks forbidden illegal broken disallowed prohibited")
)

// A sentence with the line on which it begins.
type sentence struct {
	text string
	line int
}

// A reader reads the sentences of one paragraph, in order: what pronouns mean
// is carried from one to the next.
type reader struct {
	file, arch string
	explicit   bool   // in comments: pronouns are not followed
	domain     []Name // the last SRCU domain that was named
	subject    []Name
	list       []Name // the last enumeration of two or more, else of one
	last       *Rule  // what an elliptical clause repeats
	text       string
	line       int
}

// sentence is the rules that one sentence states.
func (r *reader) sentence(s sentence) []*Rule {
	r.text, r.line, r.last = s.text, s.line, nil
	ts := withoutRemarks(tokens(s.text))
	if len(ts) == 0 || ts[0].in(conditions) {
		return nil
	}
	var rules []*Rule
	var contrast []Name
	if ts[0].in(openers) {
		contrast, ts = opening(ts)
	}
	for _, c := range clauses(ts) {
		if len(c) > 0 && !c[0].in(conditions) {
			rules = append(rules, r.clause(c)...)
		}
	}
	// "Unlike A, B is released before the wait": A is held over it.
	if len(contrast) > 0 && len(rules) == 1 && rules[0].Kind == RuleReleased {
		rules = append(rules, r.rule(RuleWaitUnder, contrast, rules[0].Inner))
	}
	return rules
}

// opening splits "Unlike A, …" into the names of A and the rest.
func opening(ts []token) ([]Name, []token) {
	for i, t := range ts {
		if t.is(",") {
			names, _ := listAt(ts[:i], 1)
			return names, ts[i+1:]
		}
	}
	return nil, ts
}

// clauses splits a sentence at semicolons, at colons, and at commas that open a
// clause of their own.
func clauses(ts []token) [][]token {
	var out [][]token
	start := 0
	for i := range ts {
		if !ts[i].is(";") && !ts[i].is(":") && !ts[i].is(".") && (!ts[i].is(",") || !opensClause(ts[i+1:])) {
			continue
		}
		out = append(out, ts[start:i])
		start = i + 1
	}
	return append(out, ts[start:])
}

// opensClause says whether what follows a comma is a clause rather than the
// next name of an enumeration.
func opensClause(ts []token) bool {
	if len(ts) < 2 {
		return false
	}
	return ts[0].in(clauseWords) || ts[0].in(connectives) && ts[1].kind == word && !ts[1].in(determiners)
}

// clause is the rules of one clause. The forms are tried from the most
// particular to the most general.
func (r *reader) clause(ts []token) []*Rule {
	for len(ts) > 1 && (ts[0].in(clauseWords) || ts[0].in(connectives) || ts[0].in(adverbs) || ts[0].is(",")) {
		ts = ts[1:]
	}
	forms := []func([]token) []*Rule{
		r.leaf, r.waitUnder, r.alsoTake, r.released, r.without, r.mustNot, r.remark, r.passive, r.active, r.ellipsis,
	}
	for _, form := range forms {
		if rules := form(ts); len(rules) > 0 {
			r.last = rules[len(rules)-1]
			return rules
		}
	}
	for i := range ts { // a clause without a rule still says what "it" is
		if ts[i].in(auxiliaries) {
			if names := listBefore(ts, i); len(names) > 0 {
				r.remember(names)
			}
			break
		}
	}
	return nil
}

// rule makes a rule of the current sentence.
func (r *reader) rule(kind RuleKind, outer, inner []Name) *Rule {
	return &Rule{Kind: kind, File: r.file, Line: r.line, Text: r.text, Arch: r.arch, Outer: outer, Inner: inner}
}

// remember notes a subject for the pronouns that follow.
func (r *reader) remember(names []Name) {
	r.subject = names
	if len(names) > 1 || len(r.list) == 0 {
		r.list = names
	}
}

// find is the index of the first token among words from i on, or -1.
func find(ts []token, i int, words map[string]bool) int {
	for ; i < len(ts); i++ {
		if ts[i].in(words) {
			return i
		}
	}
	return -1
}

// leaf: "Everything else is a leaf".
func (r *reader) leaf(ts []token) []*Rule {
	if l := find(ts, 0, wordSet("leaf leaves")); l > 0 && ts[0].in(wordSet("everything all")) &&
		find(ts[:l], 0, wordSet("else others other")) >= 0 {
		return []*Rule{r.rule(RuleLeaf, nil, nil)}
	}
	return nil
}

// criticalSections is the index after "critical section(s) for|of", or -1.
func criticalSections(ts []token) int {
	for i := 0; i+2 < len(ts); i++ {
		if ts[i].is("critical") && strings.HasPrefix(ts[i+1].low, "section") && (ts[i+2].is("for") || ts[i+2].is("of")) {
			return i + 3
		}
	}
	return -1
}

// waitUnder: "synchronize_srcu(&S) is called inside critical sections for L",
// "… is called with L held", "… is called under L".
func (r *reader) waitUnder(ts []token) []*Rule {
	called := find(ts, 1, wordSet("called invoked"))
	if called < 0 {
		return nil
	}
	domain := r.waitedFor(ts[:called])
	at := criticalSections(ts)
	if at < 0 {
		at = find(ts, called, wordSet("holding under with inside within")) + 1
	}
	if at <= called || len(domain) == 0 || negated(ts[:called]) {
		return nil
	}
	outer, _ := listAt(ts, at)
	if len(outer) == 0 {
		return nil
	}
	r.remember(outer)
	return []*Rule{r.rule(RuleWaitUnder, outer, domain)}
}

// waitedFor is the SRCU domain of the first synchronize_…() call among ts; a
// call without an argument means the domain named last.
func (r *reader) waitedFor(ts []token) []Name {
	for _, t := range ts {
		m := waitCall.FindStringSubmatch(t.text)
		if t.kind != name || m == nil {
			continue
		}
		if m[1] != "" {
			r.domain = []Name{{Text: m[1]}}
		}
		return r.domain
	}
	return nil
}

func negated(ts []token) bool { return find(ts, 0, negations) >= 0 }

// alsoTake: "critical sections for L must also take M".
func (r *reader) alsoTake(ts []token) []*Rule {
	at := criticalSections(ts)
	if at < 0 {
		return nil
	}
	inner, end := listAt(ts, at)
	verb := find(ts, end, activeVerbs)
	if len(inner) == 0 || verb < 0 || find(ts[end:verb], 0, obligations) < 0 || negated(ts[end:verb]) {
		return nil
	}
	outer, _ := listAt(ts, verb+1)
	if len(outer) == 0 {
		return nil
	}
	r.remember(inner)
	return []*Rule{r.rule(RuleRequires, outer, inner)}
}

// released: "L is released before [the call to] synchronize_srcu([&S])".
func (r *reader) released(ts []token) []*Rule {
	verb := find(ts, 1, wordSet("released dropped unlocked"))
	if verb < 0 || negated(ts[:verb]) {
		return nil
	}
	before := find(ts, verb, wordSet("before"))
	if before < 0 {
		return nil
	}
	domain, subject := r.waitedFor(ts[before:]), r.subjectOf(ts, verb)
	if len(domain) == 0 || len(subject) == 0 {
		return nil
	}
	r.remember(subject)
	return []*Rule{r.rule(RuleReleased, subject, domain)}
}
