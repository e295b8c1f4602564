package reports

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What keeps names out of markdown (R4). Backslashes before everything that could
// mean something would be safe too, but this is to be read in a mail: there
// kvm-\>lock is spoilt, and `kvm->lock` is not. So a word that is more than
// letters, digits and the punctuation of prose becomes a code span as a whole.

// columns is how wide a line of prose is: a mail that is quoted four times still
// fits into 80.
const columns = 72

// words splits prose into words that mean nothing to markdown.
func words(s string) []string {
	all := strings.Fields(clean(s))
	for i, w := range all {
		all[i] = guard(w)
	}
	return all
}

// guard makes a code span of a word that needs one; punctuation around it stays
// outside, where a reader expects it.
func guard(w string) string {
	if isProse(w) {
		return w
	}
	start, end := 0, len(w)
	for start < end && (w[start] == '"' || w[start] == '(' && strings.Count(w[start:end], "(") > strings.Count(w[start:end], ")")) {
		start++
	}
	for end > start && (strings.IndexByte(`",.;:`, w[end-1]) >= 0 ||
		w[end-1] == ')' && strings.Count(w[start:end], ")") > strings.Count(w[start:end], "(")) {
		end--
	}
	if start == end {
		return code(w)
	}
	return w[:start] + code(w[start:end]) + w[end:]
}

// linked are words that GitHub or GitLab make something else of: addresses,
// commits, issues, :smileys: (file.c:100: is one too) and, at the beginning of a
// line, commands like /close.
var linked = regexp.MustCompile(`(?i)://|www\.|^(mailto|xmpp):|^[0-9a-f]{7,40}$|^gh-[0-9]+|:[a-z0-9_-]+:|^/`)

// isProse says whether a word is nothing to markdown wherever it stands, but for
// the beginning of a line (see atStart). Beyond ASCII there is no markdown.
func isProse(w string) bool {
	letters := false
	for i, r := range w {
		switch {
		case r >= utf8.RuneSelf || unicode.IsLetter(r) || unicode.IsDigit(r):
			letters = true
		case r == '_': // no emphasis between letters
			if i == 0 || i == len(w)-1 || !wordByte(w[i-1]) || !wordByte(w[i+1]) {
				return false
			}
		case strings.ContainsRune(`.,;:()'"/-?`, r):
		default:
			return false
		}
	}
	return letters && !linked.MatchString(w) && !linked.MatchString(strings.Trim(w, `.,;:()"'?`))
}

func wordByte(c byte) bool {
	return c == '_' || c >= utf8.RuneSelf || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// code is a name as one code span, which a line end never divides.
func code(name string) string {
	name = clean(name)
	if strings.TrimSpace(name) == "" {
		return "(no name)"
	}
	fence := strings.Repeat("`", longestRun(name)+1)
	if strings.HasPrefix(name, "`") || strings.HasSuffix(name, "`") || strings.HasPrefix(name, " ") && strings.HasSuffix(name, " ") {
		name = " " + name + " " // of which markdown takes one off again
	}
	return fence + name + fence
}

// longestRun is the length of the longest run of backticks.
func longestRun(s string) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// fill writes words into lines, the first after first, the others after rest.
func (m *markdown) fill(first, rest string, parts ...[]string) {
	line, empty := first, true
	for _, w := range join(parts) {
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(w) > columns {
			m.line(line)
			line, empty = rest, true
		}
		if empty {
			line += atStart(w)
		} else {
			line += " " + w
		}
		empty = false
	}
	if empty {
		line += "(nothing)"
	}
	m.line(line)
}

// numbered is a word that would begin a numbered list.
var numbered = regexp.MustCompile(`^([0-9]+)([.)])$`)

// atStart keeps a word from beginning a list.
func atStart(w string) string { return numbered.ReplaceAllString(w, `$1\$2`) }

// join is all words of several parts.
func join(parts [][]string) []string { return slices.Concat(parts...) }

// ended puts a full stop behind the last word.
func ended(all []string) []string { return append(all[:len(all)-1:len(all)-1], all[len(all)-1]+".") }
