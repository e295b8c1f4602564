package overlay

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// A moved is a hunk that was found elsewhere.
type moved struct {
	header   string
	line, by int
}

// String says it as patch does.
func (m moved) String() string {
	return fmt.Sprintf("hunk %q applied at line %d, offset %+d", m.header, m.line, m.by)
}

// patch applies hunks, in the order of their places, to a text.
func patch(text []byte, hunks []hunk) ([]byte, []moved, error) {
	lines := splitLines(text)
	var out []string
	var all []moved
	done, drift := 0, 0 // lines of the old text; how far the last hunk was moved
	for _, h := range hunks {
		at, err := h.find(lines, done, drift)
		if err != nil {
			return nil, nil, err
		}
		if drift = at - h.stated(); drift != 0 {
			all = append(all, moved{h.header, at + 1, drift})
		}
		out = append(append(out, lines[done:at]...), h.new...)
		done = at + len(h.old)
	}
	out = append(out, lines[done:]...)
	for i, l := range out[:max(0, len(out)-1)] {
		if !strings.HasSuffix(l, "\n") {
			return nil, nil, fmt.Errorf("line %d would have no end, and is not the last", i+1)
		}
	}
	return []byte(strings.Join(out, "")), all, nil
}

func splitLines(text []byte) []string {
	return slices.Collect(strings.Lines(string(text)))
}

// stated is the index of the line where the hunk says it begins.
func (h *hunk) stated() int {
	if len(h.old) == 0 {
		return h.at // after this line
	}
	return max(0, h.at-1)
}

// fillsEmpty reports whether the hunk expects an empty file or none.
func (h *hunk) fillsEmpty() bool { return h.at == 0 && len(h.old) == 0 }

// only is the one line where the hunk may apply, -1 if it may anywhere: context
// that is missing at one end says that the file ends there, and without any nothing
// would tell a wrong place.
func (h *hunk) only(lines []string, want int) int {
	switch {
	case h.leading == 0 && h.trailing == 0:
		return want
	case h.trailing == 0:
		return len(lines) - len(h.old)
	case h.leading == 0 && h.at <= 1:
		return 0
	}
	return -1
}

// find is the index of the line where the hunk applies, the nearest to where it is
// expected and not before the lines that are done.
func (h *hunk) find(lines []string, done, drift int) (int, error) {
	want := h.stated() + drift
	only := h.only(lines, want)
	allowed := func(at int) bool { return at >= done && at+len(h.old) <= len(lines) && (only < 0 || at == only) }
	if allowed(want) && slices.Equal(lines[want:want+len(h.old)], h.old) {
		return want, nil
	}
	best := -1
	for _, at := range occurrences(lines, h.old) {
		if allowed(at) && (best < 0 || abs(at-want) <= abs(best-want)) {
			best = at
		}
	}
	if best < 0 {
		return 0, fmt.Errorf("hunk %q does not apply: %s", h.header, h.conflict(lines, want, done))
	}
	return best, nil
}

// occurrences is where a list stands within another, from first to last. It is the
// search of Knuth, Morris and Pratt: files of a million equal lines exist.
func occurrences(lines, of []string) []int {
	if len(of) == 0 {
		return nil
	}
	back := make([]int, len(of)+1) // how much of the list also ends what matches so far
	back[0] = -1
	step := func(k int, line string) int {
		for k >= 0 && (k == len(of) || of[k] != line) {
			k = back[k]
		}
		return k + 1
	}
	for i := 1; i < len(of); i++ {
		back[i+1] = step(back[i], of[i])
	}
	var out []int
	k := 0
	for i, line := range lines {
		if k = step(k, line); k == len(of) {
			out = append(out, i+1-k)
		}
	}
	return out
}

// conflict says what a hunk expects and what stands there, at the place that is most
// like it.
func (h *hunk) conflict(lines []string, want, done int) string {
	if len(h.old) == 0 {
		return "it has no context, and the file ends before its place or an earlier hunk is there"
	}
	at := h.likeliest(lines, want)
	for k, l := range h.old {
		switch {
		case at+k >= len(lines):
			return fmt.Sprintf("in line %d it expects %s, and the file ends before", at+k+1, quote(l))
		case lines[at+k] != l:
			return fmt.Sprintf("in line %d it expects %s, and there stands %s", at+k+1, quote(l), quote(lines[at+k]))
		}
	}
	switch end := at + len(h.old); {
	case at < done:
		return fmt.Sprintf("its lines stand in line %d, which an earlier hunk has passed", at+1)
	case h.leading == 0 && h.trailing == 0:
		return fmt.Sprintf("its lines stand in line %d, but without context that may be a wrong place", at+1)
	case h.trailing == 0:
		return fmt.Sprintf("it is the end of the file, which goes on in line %d with %s", end+1, quote(lines[end]))
	}
	return fmt.Sprintf("it is the beginning of the file, and its lines stand in line %d", at+1)
}

// mostCompared bounds the lines by which places are judged.
const mostCompared = 64

// likeliest is the line where most lines of the hunk stand, the nearest of such.
func (h *hunk) likeliest(lines []string, want int) int {
	at, best := max(0, min(want, len(lines))), 0
	for i := range lines {
		same := 0
		for k, l := range h.old[:min(len(h.old), mostCompared)] {
			if i+k < len(lines) && lines[i+k] == l {
				same++
			}
		}
		if same > best || same == best && same > 0 && abs(i-want) < abs(at-want) {
			at, best = i, same
		}
	}
	return at
}

func abs(n int) int { return max(n, -n) }

// quote is a line as a message shows it: what cannot be seen is written out.
func quote(line string) string {
	text, ended := strings.CutSuffix(line, "\n")
	text = fmt.Sprintf("%q", shorten(text))
	if !ended {
		text += " without a line end"
	}
	return text
}

// isPath reports whether a name is the path of a file in a tree.
func isPath(name string) bool {
	return fs.ValidPath(name) && name != "." && !bytes.ContainsRune([]byte(name), 0)
}
