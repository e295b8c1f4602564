package lockflow

import (
	"regexp"
	"strings"
)

// The limits of what is taken for a sentence about locks. Prose that exceeds
// them is not prose.
const (
	maxSentenceTokens = 400
	maxListNames      = 32
	maxNameLength     = 200
)

// tokenKind tells words, lock names and punctuation apart.
type tokenKind uint8

const (
	word tokenKind = iota + 1
	name
	punct
)

// A token of a sentence. low is the text in lower case, for words.
type token struct {
	kind tokenKind
	text string
	low  string
}

var (
	callPattern  = regexp.MustCompile(`^[A-Za-z_]\w*\([^()\s]*\)$`)
	pathPattern  = regexp.MustCompile(`^&?(->)?[A-Za-z_]\w*(\[\w*\])?((->|\.|::)[A-Za-z_]\w*(\[\w*\])?)*$`)
	lockSuffix   = regexp.MustCompile(`(^|_)(lock|mutex|sem|sema|rwsem|spinlock|rwlock|mtx|srcu)$`)
	notAName     = regexp.MustCompile(`^(e\.g|i\.e|a\.k\.a|w\.r\.t)$|\.(c|h|S|rst|txt|org|com)$`)
	callSpaces   = regexp.MustCompile(`[A-Za-z_]\w*\([^()]{0,80}\)`)
	emphasis     = regexp.MustCompile(`^[_*]+([A-Za-z]+)[_*]+$`)
	waitCall     = regexp.MustCompile(`^synchronize_\w+\(&?([^()]*)\)$`)
	abbreviation = regexp.MustCompile(`(^|[\s(])(e\.g|i\.e|etc|vs|cf|resp|w\.r\.t)\.$`)
)

// tokens splits a sentence into words, names of locks and punctuation. Markup
// (“literal”, _emphasis_) is dropped.
func tokens(text string) []token {
	text = strings.ReplaceAll(text, "`", "")
	if strings.Contains(text, "(") {
		text = callSpaces.ReplaceAllStringFunc(text, func(call string) string { return strings.ReplaceAll(call, " ", "") })
	}
	var out []token
	for _, w := range strings.Fields(text) {
		out = appendWord(out, w)
		if len(out) > maxSentenceTokens {
			return out[:maxSentenceTokens]
		}
	}
	return out
}

// appendWord appends a blank-delimited word and the punctuation around it.
func appendWord(out []token, w string) []token {
	w = withoutEmphasis(w)
	for len(w) > 1 && strings.ContainsRune(`("'[{`, rune(w[0])) {
		out = append(out, token{kind: punct, text: w[:1]})
		w = w[1:]
	}
	var after []token
	for len(w) > 1 && strings.ContainsRune(`,;:.!?)"'*]}`, rune(w[len(w)-1])) && !(w[len(w)-1] == ')' && callPattern.MatchString(w)) {
		after = append(after, token{kind: punct, text: w[len(w)-1:]})
		w = w[:len(w)-1]
	}
	w = strings.TrimSuffix(w, "'s")
	w = withoutEmphasis(w)
	switch {
	case w == "":
	case isLockName(w):
		out = append(out, token{kind: name, text: strings.TrimPrefix(w, "&")})
	case len(w) == 1 && strings.ContainsAny(w, `,;:.!?()"'-`):
		out = append(out, token{kind: punct, text: w})
	default:
		out = append(out, token{kind: word, text: w, low: strings.ToLower(w)})
	}
	for i := len(after) - 1; i >= 0; i-- {
		out = append(out, after[i])
	}
	return out
}

// withoutEmphasis is a word without the markup around it.
func withoutEmphasis(w string) string {
	if strings.HasPrefix(w, "_") || strings.HasPrefix(w, "*") {
		return emphasis.ReplaceAllString(w, "$1")
	}
	return w
}

// nameMarks is the characters of which the name of a lock in prose has one.
const nameMarks = "_(-:."

// mayName is a quick look that spares most sentences the slow ones: it is false if no
// word is the name of a lock.
func mayName(text string) bool {
	last := strings.TrimRight(text, ".") // of the sentence
	return strings.ContainsAny(last, nameMarks)
}

// isLockName says whether a word of prose is meant as the name of a lock: a
// call, a path through a structure, or an identifier that ends like a lock's.
// Plain English words ("lock", "mutex") are not names, nor are file names.
func isLockName(w string) bool {
	if len(w) > maxNameLength || !strings.ContainsAny(w, nameMarks) || notAName.MatchString(w) {
		return false
	}
	if callPattern.MatchString(w) {
		return true
	}
	if !pathPattern.MatchString(w) {
		return false
	}
	if strings.Contains(w, "->") || strings.Contains(w, "::") {
		return true
	}
	last := w[strings.LastIndexByte(w, '.')+1:]
	if strings.Contains(w, ".") {
		return lockSuffix.MatchString(last)
	}
	return strings.Contains(w, "_") && lockSuffix.MatchString(last)
}

// in says whether the token is one of the words.
func (t token) in(words map[string]bool) bool { return t.kind == word && words[t.low] }

// is says whether the token is this word or this punctuation.
func (t token) is(text string) bool {
	return t.kind == word && t.low == text || t.kind == punct && t.text == text
}

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// listAt reads the list of names that starts at i ("either A or B", "A, B and
// C") and returns it with the index after it; no names if there is none.
func listAt(ts []token, i int) ([]Name, int) {
	var names []Name
	end := i
	for i < len(ts) && len(names) < maxListNames {
		for i < len(ts) && ts[i].in(determiners) {
			i++
		}
		if i >= len(ts) || ts[i].kind != name {
			break
		}
		names = append(names, Name{Text: ts[i].text})
		i++
		end = i
		glue := i
		for glue < len(ts) && (ts[glue].is(",") || ts[glue].in(connectives)) {
			glue++
		}
		if glue == i {
			break
		}
		i = glue
	}
	return names, end
}

// listBefore reads the list of names that ends just before end. A comma is
// crossed only inside an enumeration that an "and" or "or" closes: in "Unlike
// A, B is …" the subject is B alone.
func listBefore(ts []token, end int) []Name {
	i, closed := end, false
	var names []Name
	for i > 0 && len(names) < maxListNames {
		t := ts[i-1]
		switch {
		case t.kind == name:
			names = append(names, Name{Text: t.text})
		case len(names) == 0:
			return nil
		case t.in(connectives):
			closed = true
		case t.in(determiners):
		case t.is(",") && closed:
		default:
			return reversed(names)
		}
		i--
	}
	return reversed(names)
}

func reversed(names []Name) []Name {
	for i, j := 0, len(names)-1; i < j; i, j = i+1, j-1 {
		names[i], names[j] = names[j], names[i]
	}
	return names
}

// withoutRemarks drops what stands in parentheses.
func withoutRemarks(ts []token) []token {
	var out []token
	depth := 0
	for _, t := range ts {
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			depth = max(depth-1, 0)
		case depth == 0:
			out = append(out, t)
		}
	}
	return out
}
