package reports

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// levels and ranks go with confidences; what is not known is a note.
var (
	levels = []string{"error", "warning", "note", "note", "note"}
	ranks  = []float64{90, 70, 40, 10, 0}
)

// result makes the result of one place.
func (s *sarifWriter) result(p marked) sarifResult {
	f, sure := p.first, certainty(p.first.Confidence)
	r := sarifResult{
		RuleID: f.Kind, RuleIndex: kindIndex(f.Kind), Level: levels[sure], Rank: ranks[sure],
		Prints: sarifPrints{Own: p.id, GitHub: p.id},
		Bag:    sarifBag{Confidence: f.Confidence, Arch: p.arches, Assumed: f.Assumed},
	}
	if r.RuleIndex == len(kinds) {
		r.RuleID, r.Bag.Kind = otherKind, f.Kind
	}
	if len(p.prints) > 1 {
		r.Bag.Fingerprints = p.prints
	}
	file, line := shownAt(f)
	if at := s.location(file, line, f.Function); at.Physical != nil || at.Logical != nil {
		r.Locations = []sarifLocation{at}
	}
	links := s.related(f, &r)
	s.flows(p, &r)
	r.Message.Text = period(plainText(sentence(f))) + links
	for _, a := range f.Assumed {
		r.Message.Text += " Assumed: " + period(plainText(a))
	}
	return r
}

// related lists the acquisitions and the rule's lines, and returns a sentence for
// each with a link to it.
func (s *sarifWriter) related(f Finding, r *sarifResult) string {
	links, left := "", 0
	add := func(title, link, file string, line int, function, message string) {
		if file == "" {
			if link != "" {
				links += " " + title + ": " + period(plainText(link))
			}
			return
		}
		if len(r.Related) == maxRelated {
			left++
			return
		}
		at := s.location(file, line, function)
		id := len(r.Related)
		at.ID, at.Message = &id, &sarifMessage{Text: period(plainText(message))}
		r.Related = append(r.Related, at)
		if link != "" {
			links += fmt.Sprintf(" %s: [%s](%d).", title, linkText(link), id)
		}
	}
	for _, one := range roles(f) {
		l := one.lock
		message := fmt.Sprintf("%s: %s, %s, in %s()", one.word, l.Name, how(*l), l.Function)
		add(capital(one.word), l.Name, l.File, l.Line, l.Function, message)
	}
	for i, rule := range ruleLines(f.Rule) {
		link := "" // one link for the rule itself is enough in a message
		if i == 0 {
			link = where(rule.File, rule.Line)
		}
		add("Rule", link, rule.File, rule.Line, "", rule.title+": "+rule.Text)
	}
	if left > 0 {
		r.Bag.LeftOut = fmt.Sprintf("%d related locations", left)
	}
	return links
}

// A ruleLine is a line of the text and what it is to the finding.
type ruleLine struct {
	title string
	Rule
}

// ruleLines is a rule, the remark beside it, and the rules that it follows from.
func ruleLines(r *Rule) []ruleLine {
	if r == nil {
		return nil
	}
	out := []ruleLine{{"rule", *r}}
	if r.Remark != nil {
		out = append(out, ruleLine{"remark", *r.Remark})
	}
	for _, from := range r.From {
		out = append(out, ruleLine{"follows from", from})
		if from.Remark != nil {
			out = append(out, ruleLine{"remark", *from.Remark})
		}
	}
	return out
}

// flows makes the chain of the first finding a code flow, and each other chain of
// the place. A way round a cycle is a second thread of the flow.
func (s *sarifWriter) flows(p marked, r *sarifResult) {
	room := maxSteps
	left := 0
	thread := func(id string, chain []Step, locks []role) []sarifThread {
		steps := s.steps(chain, locks)
		if len(steps) > room { // the ends of a chain say most
			left += len(steps) - room
			steps = slices.Concat(steps[:room/2], steps[len(steps)-(room-room/2):])
		}
		if room -= len(steps); len(steps) == 0 {
			return nil
		}
		return []sarifThread{{ID: id, Steps: steps}}
	}
	for _, f := range slices.Concat([]Finding{p.first}, p.also) {
		threads := slices.Concat(thread("this order", f.Chain, roles(f)), thread("the other order", f.Reverse, nil))
		if len(threads) == 0 {
			continue
		}
		r.Flows = append(r.Flows, sarifFlow{Message: &sarifMessage{Text: plainText("On " + f.Arch + ".")}, Threads: threads})
	}
	if left > 0 {
		r.Bag.LeftOut = strings.TrimPrefix(r.Bag.LeftOut+fmt.Sprintf(", %d steps of its chains", left), ", ")
	}
}

// steps is a chain from its first function to the last: entering the first, each
// call where it stands in its caller, and each acquisition in its function. A
// lock that is taken in a callee that is not part of the chain is among the
// related locations only: when it was taken is not known here.
func (s *sarifWriter) steps(chain []Step, locks []role) []sarifStep {
	var out []sarifStep
	for i := range chain {
		out = append(out, s.call(chain, i))
		for _, one := range locks {
			if takenAt(one, chain) != i {
				continue
			}
			l := one.lock
			what := fmt.Sprintf("%s: %s, %s", one.word, l.Name, how(*l))
			act := []string{"acquire", "lock"}
			if one.word != "held" && one.word != "taken" {
				act = []string{"danger"} // something sleeps, waits or is asserted: no lock is taken there
			}
			out = append(out, s.step(l.File, l.Line, l.Function, what, i, "essential", act...))
		}
	}
	return out
}

// call is the call that leads to a step of a chain, or the entry of its first.
func (s *sarifWriter) call(chain []Step, i int) sarifStep {
	step, verb := chain[i], " calls "
	if i == 0 {
		return s.step(step.File, step.Line, step.Function, "enters "+step.Function+"()", 0, "important", "enter", "function")
	}
	if arrow(step.Edge) == "~>" { // what is held here is not held there
		verb = " leaves for later "
	}
	what := strings.TrimSpace(chain[i-1].Function + "()" + verb + step.Function + "() " + edgeLabel(step))
	return s.step(step.File, step.Line, chain[i-1].Function, what, i-1, "important", "call", "function")
}

// takenAt is the step in which a lock is taken, -1 for none: a lock that is held
// from there on in the first of its function, what is done inside in the last.
func takenAt(one role, chain []Step) int {
	at := -1
	for i, step := range chain {
		if step.Function != one.lock.Function {
			continue
		}
		at = i
		if one.word == "held" {
			break
		}
	}
	return at
}

func (s *sarifWriter) step(file string, line int, function, what string, depth int, importance string, kinds ...string) sarifStep {
	at := s.location(file, line, function)
	at.Message = &sarifMessage{Text: plainText(what)}
	return sarifStep{Location: at, Kinds: kinds, Nesting: depth, Importance: importance}
}

// maxSnippet is the longest source line that is shown.
const maxSnippet = 1000

// location is a place of the tree, with its line of source if the document has
// it. Without a file it is the function alone.
func (s *sarifWriter) location(file string, line int, function string) sarifLocation {
	var at sarifLocation
	if file != "" {
		at.Physical = &sarifPhysical{Artifact: artifact(file)}
		if isLine(int64(line)) {
			at.Physical.Region = &sarifRegion{StartLine: line}
			if text, ok := s.sources.line(file, line); ok && len(text) <= maxSnippet && utf8.ValidString(text) {
				at.Physical.Region.Snippet = &sarifMessage{Text: text}
			}
		}
	}
	if function != "" {
		at.Logical = []sarifLogicalName{{Name: clean(function), Kind: "function"}}
	}
	return at
}

// artifact names a file of the tree relative to its root. A rules file of the
// user's may lie elsewhere, and is then not relative to the root.
func artifact(file string) sarifArtifact {
	segments := strings.Split(file, "/")
	outside := file[0] == '/' || slices.Contains(segments, "..")
	for i, one := range segments {
		segments[i] = strings.ReplaceAll(url.PathEscape(one), ":", "%3A") // a first segment with a colon would be a scheme
	}
	uri := strings.Join(segments, "/")
	switch {
	case file[0] == '/':
		return sarifArtifact{URI: "file:///" + strings.TrimLeft(uri, "/")}
	case outside:
		return sarifArtifact{URI: uri}
	}
	return sarifArtifact{URI: uri, Base: sarifBase}
}

// plainText makes words of the document fit for a message: braces stand for
// arguments there, and "](" in a name would make a link of it.
func plainText(s string) string {
	return strings.NewReplacer("{", "{{", "}", "}}", "](", "] (").Replace(clean(s))
}

// linkText is the same inside the brackets of a link.
func linkText(s string) string {
	return strings.NewReplacer("{", "{{", "}", "}}", "[", `\[`, "]", `\]`, `\`, `\\`).Replace(clean(s))
}

// period ends a sentence.
func period(s string) string {
	if strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

// capital begins a sentence with one of our own words.
func capital(word string) string { return strings.ToUpper(word[:1]) + word[1:] }
