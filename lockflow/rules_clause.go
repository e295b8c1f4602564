package lockflow

import (
	"strings"
)

// subjectOf is what a verb at index verb is said of: the names before its
// auxiliaries, else what a pronoun there stands for, else, in a clause that
// opens with its verb, the last subject.
func (r *reader) subjectOf(ts []token, verb int) []Name {
	start := auxStart(ts, verb)
	if names := listBefore(ts, start); len(names) > 0 {
		return names
	}
	if r.explicit {
		return nil
	}
	if start == 0 {
		return r.subject
	}
	for i := start - 1; i >= 0 && i >= start-2; i-- { // "it", "these locks"
		switch {
		case ts[i].is("it") || ts[i].is("this"):
			return r.subject
		case ts[i].in(pronouns):
			return r.list
		}
	}
	return nil
}

// auxStart is the index of the first auxiliary or adverb of the run that ends at
// verb.
func auxStart(ts []token, verb int) int {
	for verb > 0 && (ts[verb-1].in(auxiliaries) || ts[verb-1].in(adverbs)) {
		verb--
	}
	return verb
}

// without: "L cannot be taken without [already] holding M".
func (r *reader) without(ts []token) []*Rule {
	verb := find(ts, 1, takeVerbs)
	if verb < 0 || !negated(ts[auxStart(ts, verb):verb]) {
		return nil
	}
	at := find(ts, verb, wordSet("without"))
	if at < 0 {
		return nil
	}
	at = find(ts, at, gerunds)
	if at < 0 {
		return nil
	}
	inner, subject := r.subjectOf(ts, verb), []Name(nil)
	if subject, _ = listAt(ts, at+1); len(subject) == 0 || len(inner) == 0 {
		return nil
	}
	r.remember(inner)
	return []*Rule{r.rule(RuleRequires, subject, inner)}
}

// mustNot: "MMU notifiers must not take either L or M". With a lock for a
// subject it is the order of two locks.
func (r *reader) mustNot(ts []token) []*Rule {
	verb := find(ts, 2, activeVerbs)
	if verb < 0 {
		return nil
	}
	start := auxStart(ts, verb)
	inner, end := listAt(ts, verb+1)
	if start == 0 || len(inner) == 0 || !negated(ts[start:verb]) || find(ts[start:verb], 0, wordSet("must may should can cannot never mustn't can't")) < 0 {
		return nil
	}
	if end < len(ts) && find(ts[end:], 0, conditions) >= 0 { // "… unless Y": not a prohibition
		return nil
	}
	context := contextPhrase(ts[:start])
	if context == "" || (end < len(ts) && (ts[end].in(innerPreps) || ts[end].in(outerPreps))) {
		return nil
	}
	return []*Rule{r.rule(RuleMustNot, []Name{{Text: context, Context: contextKey(context)}}, inner)}
}

// contextPhrase is the noun phrase that names a context of execution: up to
// five plain words, none of which speaks of nobody in particular.
func contextPhrase(ts []token) string {
	for len(ts) > 0 && ts[0].in(determiners) {
		ts = ts[1:]
	}
	if len(ts) == 0 || len(ts) > 5 {
		return ""
	}
	var words []string
	for _, t := range ts {
		if t.kind != word || t.in(noContext) {
			return ""
		}
		words = append(words, t.text)
	}
	return strings.Join(words, " ")
}

// remark: "Taking L outside of M is …": a prohibition if it says that this
// deadlocks or is not allowed, else a note.
func (r *reader) remark(ts []token) []*Rule {
	if !ts[0].in(gerunds) {
		return nil
	}
	first, end := listAt(ts, 1)
	second, outside, end := r.object(ts, end)
	if len(first) == 0 || len(second) == 0 {
		return nil
	}
	kind, rest := RuleNote, ts[end:]
	if find(rest, 0, prohibitions) >= 0 || negated(rest) && find(rest, 0, wordSet("allowed permitted ok safe legal")) >= 0 {
		kind = RuleNotInside
	}
	if !outside {
		first, second = second, first
	}
	return []*Rule{r.rule(kind, first, second)}
}

// object reads a preposition at i and the names after it ("outside of A and B",
// "inside a S read-side critical section", "before taking A"). outside says
// which way round it is.
func (r *reader) object(ts []token, i int) (names []Name, outside bool, end int) {
	if i >= len(ts) || !ts[i].in(outerPreps) && !ts[i].in(innerPreps) {
		return nil, false, i
	}
	outside = ts[i].in(outerPreps)
	for i++; i < len(ts) && (ts[i].in(gerunds) || ts[i].is("of")); i++ {
	}
	names, end = listAt(ts, i)
	if end < len(ts) && strings.HasPrefix(ts[end].low, "read-side") && len(names) > 0 {
		r.domain = names[len(names)-1:]
	}
	return names, outside, end
}

// passive: "L is taken outside M", "L nests inside M", with its modal verb.
func (r *reader) passive(ts []token) []*Rule {
	for i := range ts {
		if !ts[i].in(takeVerbs) && !ts[i].in(nestVerbs) {
			continue
		}
		prep := i + 1
		for prep < len(ts) && ts[prep].in(adverbs) {
			prep++
		}
		object, outside, _ := r.object(ts, prep)
		if len(object) == 0 {
			continue
		}
		start := auxStart(ts, i)
		subject := r.subjectOf(ts, i)
		if len(subject) == 0 || start == i && !ts[i].in(nestVerbs) {
			continue
		}
		kind := r.modality(ts[start:i], ts[i], ts[prep])
		if kind == "" {
			continue
		}
		r.remember(subject)
		if outside {
			return []*Rule{r.rule(kind, subject, object)}
		}
		return []*Rule{r.rule(kind, object, subject)}
	}
	return nil
}

// modality is the kind of rule that the auxiliaries of a verb make of it.
// "Before" and "after" may tell a story ("A is taken after B is released"), so
// they need an obligation, or lockdep as the audience.
func (r *reader) modality(aux []token, verb, prep token) RuleKind {
	timely := prep.is("before") || prep.is("after")
	must := find(aux, 0, obligations) >= 0 || strings.Contains(r.text, "lockdep")
	switch {
	case timely && !must:
		return ""
	case negated(aux):
		return RuleNotInside
	case find(aux, 0, permissions) >= 0:
		return RuleMayInside
	case timely && verb.is("held"):
		return RuleRequires
	}
	return RuleOrder
}

// active: "always take L before M", "must take L outside M", "never take L
// inside M".
func (r *reader) active(ts []token) []*Rule {
	verb := find(ts, 0, wordSet("take acquire grab"))
	if verb < 0 {
		return nil
	}
	start := auxStart(ts, verb)
	subject, end := listAt(ts, verb+1)
	object, outside, _ := r.object(ts, end)
	if len(subject) == 0 || len(object) == 0 {
		return nil
	}
	kind := RuleOrder
	switch {
	case negated(ts[start:verb]):
		kind = RuleNotInside
	case find(ts[start:verb], 0, obligations) < 0 && verb > 0:
		return nil // "others take A before B" tells what happens, not what must
	}
	r.remember(subject)
	if outside {
		return []*Rule{r.rule(kind, subject, object)}
	}
	return []*Rule{r.rule(kind, object, subject)}
}

// ellipsis: ", while M cannot", which repeats the clause before with the
// opposite sense.
func (r *reader) ellipsis(ts []token) []*Rule {
	names, end := listAt(ts, 0)
	if len(names) == 0 || r.last == nil || end >= len(ts) || end+2 < len(ts) {
		return nil
	}
	not := negated(ts[end:])
	if !not && find(ts[end:], 0, permissions) < 0 {
		return nil
	}
	switch {
	case r.last.Kind == RuleMayInside && not:
		return []*Rule{r.rule(RuleNotInside, r.last.Outer, names)}
	case r.last.Kind == RuleNotInside && !not:
		return []*Rule{r.rule(RuleMayInside, r.last.Outer, names)}
	}
	return nil
}
