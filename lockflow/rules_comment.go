package lockflow

import (
	"regexp"
	"slices"
	"strings"
)

// A comment of a C file: its lines without the leading asterisks, tabs expanded,
// indentation kept.
type comment struct {
	lines []string
	line  int // of lines[0]
}

// maxCommentLines bounds a comment; a tree of locks is never that long.
const maxCommentLines = 2000

// maxColumn bounds the indentation that is told apart.
const maxColumn = 200

var (
	notOrder    = regexp.MustCompile(`(?i)deadlock|\b(inver\w*|revers\w*|violat\w*|opposite|wrong)\b|^\s*if\b`)
	lockHeading = regexp.MustCompile(`(?i)\block\w*[ -]+(order\w*|hierarch\w*|nest\w*|rank\w*)\b|\border\w*\b[^.]{0,30}\block\w*\b|\block\w*\b[^.]{0,30}\b(this|following) order\b`)
	orderWords  = []string{"order", "hierarch", "nest", "rank"}
	preps       = []string{"outside", "inside", "within", "nest", "before", "after"}
	proseWords  = regexp.MustCompile(`(?i)\b(outside|inside|within|nests?|before|after)\b`)
)

// containsAny is a quick look that spares most texts the slow ones.
func containsAny(s string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, w) })
}

// isHeading says whether a line announces an order that code keeps to; lines
// about a wrong or imagined order ("deadlock", "inversion", "if …") do not.
func isHeading(line string) bool { return lockHeading.MatchString(line) && !notOrder.MatchString(line) }

// readComments is the rules that the comments of a C file state: trees and
// chains below a heading about lock order, and sentences of the forms that
// rules_sentence.go knows, when they name both locks.
func readComments(file, text string) []*Rule {
	var rules []*Rule
	arch := archOfPath(file)
	for _, c := range comments(text) {
		joined := strings.Join(c.lines, "\n")
		if !speaksOfLocks(joined) {
			continue
		}
		low := strings.ToLower(joined)
		if containsAny(low, orderWords) && lockHeading.MatchString(joined) {
			rules = append(rules, c.orders(file, arch)...)
		}
		if containsAny(low, preps) && proseWords.MatchString(joined) {
			rules = append(rules, c.prose(file, arch)...)
		}
	}
	return rules
}

// prose is the rules of the comment's sentences. Pronouns are not followed, and
// permissions and remarks are left out: what comments say in passing is about
// the code at hand more often than about the lock.
func (c comment) prose(file, arch string) []*Rule {
	r := reader{file: file, arch: arch, explicit: true}
	var rules []*Rule
	for _, p := range c.paragraphs() {
		for _, s := range p.sentences() {
			if !mayName(s.text) {
				continue
			}
			for _, rule := range r.sentence(s) {
				if rule.Kind == RuleOrder || rule.Kind == RuleNotInside {
					rules = append(rules, rule)
				}
			}
		}
	}
	return rules
}

// paragraphs splits a comment at blank lines and at changes of indentation.
func (c comment) paragraphs() []paragraph {
	var out []paragraph
	open, indent := false, 0
	for i, l := range c.lines {
		body := strings.TrimLeft(l, " ")
		if body == "" {
			open = false
			continue
		}
		if in := len(l) - len(body); !open || in != indent && in != indent+len("- ") {
			out = append(out, paragraph{line: c.line + i})
			indent, open = in, true
		}
		last := &out[len(out)-1]
		last.lines = append(last.lines, strings.TrimLeft(body, "-*• "))
	}
	return out
}

// speaksOfLocks is a quick look that spares most comments the slow ones.
func speaksOfLocks(s string) bool { return containsAny(s, []string{"ock", "utex", "LOCK"}) }

// comments finds the comments of a C text that speak of locks. Strings and
// character constants are stepped over; adjoining // lines are one comment.
func comments(text string) []comment {
	var out []comment
	line, start := 1, 0 // the current line and where it begins
	slashes := -1       // line of the last // comment
	for i := 0; i < len(text); {
		c := text[i]
		if c == '"' || c == '\'' {
			i = endOfQuote(text, i)
			continue
		}
		if c == '\n' {
			line, start = line+1, i+1
		}
		if c != '/' || i+1 == len(text) || text[i+1] != '/' && text[i+1] != '*' {
			i++
			continue
		}
		if text[i+1] == '/' {
			n := strings.IndexByte(text[i:], '\n')
			if n < 0 {
				n = len(text) - i
			}
			l := strings.TrimRight(expandTabs(text[i+2:i+n]), " \r")
			if last := len(out) - 1; slashes == line-1 && last >= 0 && len(out[last].lines) < maxCommentLines {
				out[last].lines = append(out[last].lines, l)
			} else {
				out = append(out, comment{lines: []string{l}, line: line})
			}
			slashes, i = line, i+n
			continue
		}
		n := strings.Index(text[i+2:], "*/")
		if n < 0 {
			return out
		}
		body := text[i+2 : i+2+n]
		if speaksOfLocks(body) {
			out = append(out, comment{lines: blockLines(text[max(start, i-maxColumn):i], body), line: line})
			slashes = -1
		}
		if nl := strings.LastIndexByte(body, '\n'); nl >= 0 {
			line += strings.Count(body, "\n")
			start = i + 2 + nl + 1
		}
		i += n + 4
	}
	return out
}

// endOfQuote is the index after the literal that opens at i; a literal ends with
// its line at the latest, so that a stray quote costs a line and no more.
func endOfQuote(text string, i int) int {
	quote := text[i]
	for i++; i < len(text) && text[i] != '\n'; i++ {
		if text[i] == '\\' && i+1 < len(text) && text[i+1] != '\n' {
			i++
		} else if text[i] == quote {
			return i + 1
		}
	}
	return i
}

// blockLines is the lines of a block comment without their asterisks. lead is
// what stands before the comment on its first line: columns count from there.
func blockLines(lead, body string) []string {
	lines := strings.Split(body, "\n")
	lines = lines[:min(len(lines), maxCommentLines)]
	lines[0] = strings.Repeat(" ", min(len(expandTabs(lead)), maxColumn)) + "  " + lines[0]
	for i, l := range lines {
		l = strings.TrimRight(expandTabs(l), " \r")
		if rest := strings.TrimLeft(l, " "); i > 0 && strings.HasPrefix(rest, "*") {
			at := len(l) - len(rest)
			l = l[:at] + " " + strings.TrimLeft(rest[1:], "*")
		}
		lines[i] = l
	}
	return lines
}
