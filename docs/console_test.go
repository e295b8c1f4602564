package docs_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A step is one command of a block and the output that stands below it.
type step struct {
	command string
	shown   string
}

// steps divides a block of console: a command stands after "$ ", and goes on in
// lines after "> "; what follows is its output.
func steps(text string) ([]step, error) {
	var out []step
	for _, line := range strings.SplitAfter(text, "\n") {
		switch {
		case line == "":
		case strings.HasPrefix(line, "$ "):
			out = append(out, step{command: line[2:]})
		case len(out) == 0:
			return nil, fmt.Errorf("the block does not begin with a command: %s", line)
		case strings.HasPrefix(line, "> ") && out[len(out)-1].shown == "":
			out[len(out)-1].command += line[2:]
		default:
			out[len(out)-1].shown += line
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("the block has no command")
	}
	return out, nil
}

// commands divides a block of shell: a command is a line, with those that it goes on
// in after a backslash or as the text between <<'EOF' and EOF.
func commands(text string) []step {
	var out []step
	open := ""
	for line := range strings.Lines(text) {
		if open == "" {
			out = append(out, step{})
		}
		last := &out[len(out)-1]
		last.command += line
		switch {
		case strings.Contains(line, "<<'EOF'"):
			open = "EOF\n"
		case open == "EOF\n" && line != open:
		case strings.HasSuffix(line, "\\\n"):
			open = "\\"
		default:
			open = ""
		}
	}
	return out
}

// shows reports whether an output is what a document shows of it. A line of dots
// stands for any lines, dots at a line's end for the rest of it.
func shows(shown, output string) bool {
	var b strings.Builder
	b.WriteString(`\A`)
	for line := range strings.Lines(shown) {
		line = strings.TrimSuffix(line, "\n")
		start, cut := strings.CutSuffix(line, " ...")
		switch {
		case line == "...":
			b.WriteString(`(?:[^\n]*\n)*?`)
		case cut:
			b.WriteString(regexp.QuoteMeta(start) + ` [^\n]*\n`)
		default:
			b.WriteString(regexp.QuoteMeta(line) + `\n`)
		}
	}
	b.WriteString(`\z`)
	return regexp.MustCompile(b.String()).MatchString(output)
}

// The comparison must be able to fail.
func TestShows(t *testing.T) {
	const out = "one\ntwo words\nthree\n"
	tests := []struct {
		shown string
		want  bool
	}{
		{"one\ntwo words\nthree\n", true},
		{"...\n", true},
		{"one\n...\n", true},
		{"...\nthree\n", true},
		{"one\n...\ntwo words\n...\nthree\n", true},
		{"one\ntwo ...\nthree\n", true},
		{"one\n...\nthree\n", true},
		{"", false},
		{"one\n", false},
		{"two words\nthree\n", false},
		{"one\nthree\n", false},
		{"...\nthree\n...\none\n", false},
		{"one\ntwo\nthree\n", false},
		{"one\n.*\nthree\n", false},
	}
	for _, test := range tests {
		if got := shows(test.shown, out); got != test.want {
			t.Errorf("shows(%q) = %v", test.shown, got)
		}
	}
	if !shows("", "") || shows("x\n", "") {
		t.Error("an empty output is not told from another")
	}
}

func TestSteps(t *testing.T) {
	got, err := steps("$ a b\n$ c \\\n> d\nout\n> out too\n")
	want := []step{{command: "a b\n"}, {command: "c \\\nd\n", shown: "out\n> out too\n"}}
	if err != nil || len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("steps %q, %v; want %q", got, err, want)
	}
	for _, bad := range []string{"", "out\n", "out\n$ a\n"} {
		if _, err := steps(bad); err == nil {
			t.Errorf("steps(%q) found no fault", bad)
		}
	}
}

func TestCommands(t *testing.T) {
	var got []string
	for _, s := range commands("a b\nc \\\nd\ncat <<'EOF'\ne \\\nf\nEOF\ng\n") {
		got = append(got, s.command)
	}
	want := []string{"a b\n", "c \\\nd\n", "cat <<'EOF'\ne \\\nf\nEOF\n", "g\n"}
	if !slices.Equal(got, want) {
		t.Errorf("commands %q, want %q", got, want)
	}
}
