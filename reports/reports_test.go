package reports

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

var update = flag.Bool("update", false, "write the expected outputs anew")

// stored reads a document that was stored as JSON.
func stored[T any](t *testing.T, name string) T {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var doc T
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// golden compares output with testdata/name.
func golden(t *testing.T, name string, write func(io.Writer) error) {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, b.String(), want)
	}
}

func TestStoredDocuments(t *testing.T) {
	check, order := stored[Check](t, "check.json"), stored[Order](t, "order.json")
	chains, rules := stored[Chains](t, "chains.json"), stored[Rules](t, "rules.json")
	bounded, entries := stored[Chains](t, "chains-bounded.json"), stored[Entries](t, "entries.json")
	plain, verbose, color := Style{}, Style{Verbose: true}, Style{Color: true}
	for name, write := range map[string]func(io.Writer) error{
		"check.txt":         func(w io.Writer) error { return check.WriteText(w, plain) },
		"check-verbose.txt": func(w io.Writer) error { return check.WriteText(w, verbose) },
		"check-color.txt":   func(w io.Writer) error { return check.WriteText(w, color) },
		"order.txt":         func(w io.Writer) error { return order.WriteText(w, plain) },
		"order-verbose.txt": func(w io.Writer) error { return order.WriteText(w, verbose) },
		"order.dot": func(w io.Writer) error {
			return Check{Head: order.Head, LockOrder: LockOrder{Pairs: order.Edges}}.LockPicture().WriteDOT(w)
		},
		"chains.txt":          func(w io.Writer) error { return chains.WriteText(w, plain) },
		"chains-bounded.txt":  func(w io.Writer) error { return bounded.WriteText(w, plain) },
		"entries.txt":         func(w io.Writer) error { return entries.WriteText(w, plain) },
		"entries-verbose.txt": func(w io.Writer) error { return entries.WriteText(w, verbose) },
		"rules.txt":           func(w io.Writer) error { return rules.WriteText(w, plain) },
		"chains.dot": func(w io.Writer) error {
			return ChainPicture("first to last", chains.Arches[0].Chains).WriteDOT(w)
		},
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, write) })
	}
}

// TestJSONReadsBack writes a document and reads the same one back.
func TestJSONReadsBack(t *testing.T) {
	doc := stored[Check](t, "check.json")
	var one, two bytes.Buffer
	if err := WriteJSON(&one, doc); err != nil {
		t.Fatal(err)
	}
	var back Check
	if err := json.Unmarshal(one.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if err := WriteJSON(&two, back); err != nil {
		t.Fatal(err)
	}
	if one.String() != two.String() {
		t.Errorf("the document changed on its way:\n%s\n%s", &one, &two)
	}
	if !strings.Contains(one.String(), "car->gate") {
		t.Error("-> is escaped in JSON")
	}
}

// hostile are names as a malicious tree may have them.
var hostile = []string{
	"\x1b[2J\x1b]0;title\x07", "a\nFINDING: forged", "tab\there", "back\\slash\\N\\l", `quo"te`, "<script>alert(1)</script>",
	"&lt;b&gt;", "]]>", "\xff\xfe", "\u202eevil", "\u009b31m", "\x7f", "\x00", "*/ -->", "é", strings.Repeat("long", 1000), "",
	"\U0001d11e\U000e0001",
}

func hostileStep(name string) Step {
	return Step{Function: name, File: name, Line: 3, Edge: "ops", Via: name}
}

// TestTextNeverLeavesItsLine holds R1: the shape of the output does not depend
// on names, and every byte is printable.
func TestTextNeverLeavesItsLine(t *testing.T) {
	outputs := func(name string) map[string]func(io.Writer) error {
		lock := &Lock{Class: name, Name: name, Mode: "write", Function: name, File: name, Line: 1}
		chain := []Step{hostileStep(name), hostileStep(name)}
		rule := Rule{Kind: "order", File: name, Text: name + "x", Outer: []Name{{Text: name}}, Inner: []Name{{Text: name}}, Status: name + "x"}
		head := Head{NotRead: []Lost{{name, name}}, Problems: []Problem{{name, 1, name + "x", name, name + "x"}}}
		verbose := Style{Verbose: true}
		return map[string]func(io.Writer) error{
			"check": func(w io.Writer) error {
				return Check{Head: head, Findings: []Finding{{Kind: "order", Message: name, Outer: lock, Inner: lock, Rule: &rule,
					Chain: chain, Assumed: []string{name}, Function: name}}}.WriteText(w, verbose)
			},
			"order": func(w io.Writer) error {
				return Order{Edges: []Pair{{Outer: *lock, Inner: *lock, Chain: chain}}}.WriteText(w, verbose)
			},
			"rules": func(w io.Writer) error { return Rules{Rules: []Rule{rule}}.WriteText(w, verbose) },
			"chains": func(w io.Writer) error {
				return Chains{From: name, To: name, Arches: []ArchChains{{Chains: [][]Step{chain}, Nearest: &Nearest{
					Async: chain, Callers: []string{name}, Gaps: []OpenCall{{Caller: name, Expr: name}}}}}}.WriteText(w, verbose)
			},
			"bounded chains": func(w io.Writer) error {
				point := &EntryPoint{Kind: name + "x", Via: name + "x", File: name + "x", Line: 1}
				return Chains{Lock: name + "x", Through: []string{name}, Avoid: []string{name}, Missing: []Missing{{What: "lock", Name: name}, {Name: name, Avoid: true}},
					Arches: []ArchChains{{Arch: name, Chains: [][]Step{chain}, About: []About{{point, lock, []string{name}}}, More: 1, Cut: true,
						Nearest: &Nearest{Callers: []string{name}}}}}.WriteText(w, verbose)
			},
			"entries": func(w io.Writer) error {
				doc := Entries{Function: name, Arches: []ArchEntries{{Arch: name, Entries: []Reaching{
					{EntryPoint{name + "x", name + "x", name + "x", 1}, chain, []string{name + "x"}, true}}}, {}}}
				return errors.Join(doc.WriteText(w, Style{}), doc.WriteText(w, verbose))
			},
			"tree": func(w io.Writer) error {
				return Tree{Arches: []ArchTree{{Hops: []Hop{{Step: chain[0]}, {Step: chain[0], Depth: 1}}}}}.WriteText(w, verbose)
			},
			"edges": func(w io.Writer) error {
				return Edges{Edges: []Call{{Caller: name, Callee: name, File: name, Kind: "direct"}}}.WriteText(w, verbose)
			},
			"tsv": func(w io.Writer) error {
				return Edges{Edges: []Call{{Caller: name, Callee: name, File: name, Kind: "direct"}}}.WriteTSV(w)
			},
		}
	}
	shape := func(write func(io.Writer) error) (lines, tabs int, text string) {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		return strings.Count(b.String(), "\n"), strings.Count(b.String(), "\t"), b.String()
	}
	harmless := outputs("name")
	for _, name := range hostile {
		for format, write := range outputs(name) {
			lines, tabs, text := shape(write)
			wantLines, wantTabs, _ := shape(harmless[format])
			if lines != wantLines || tabs != wantTabs {
				t.Errorf("%s: name %.20q changes the shape: %d lines and %d tabs, want %d and %d", format, name, lines, tabs, wantLines, wantTabs)
			}
			for _, r := range text {
				if r != '\n' && r != '\t' && !unicode.IsPrint(r) || r == unicode.ReplacementChar {
					t.Errorf("%s: name %.20q prints %q", format, name, r)
				}
			}
		}
	}
}

func TestCleanTwiceIsCleanOnce(t *testing.T) {
	for _, name := range hostile {
		if once := clean(name); clean(once) != once {
			t.Errorf("%.20q: %q, then %q", name, once, clean(once))
		}
	}
}

// TestJSONPrintsNothingStrange holds R2.
func TestJSONPrintsNothingStrange(t *testing.T) {
	for _, name := range hostile {
		var b bytes.Buffer
		if err := WriteJSON(&b, Call{Caller: name}); err != nil {
			t.Fatal(err)
		}
		for _, r := range b.String() {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Errorf("name %.20q prints %q", name, r)
			}
		}
		var back Call
		if err := json.Unmarshal(b.Bytes(), &back); err != nil {
			t.Fatalf("name %.20q: %v in %s", name, err, &b)
		}
		if want := strings.ToValidUTF8(name, "\ufffd"); back.Caller != want && !strings.Contains(name, "\xff") {
			t.Errorf("name %.20q reads back as %.20q", name, back.Caller)
		}
	}
}

// hostilePicture has a box and an arrow for every hostile name.
func hostilePicture() Picture {
	p := Picture{Title: hostile[0] + hostile[5], Caption: hostile}
	for i, name := range hostile {
		p.Boxes = append(p.Boxes, Box{ID: name, Label: name, Note: name, Group: hostile[i/3], Mark: i%2 == 0})
		p.Arrows = append(p.Arrows, Arrow{From: i, To: (i * 7) % len(hostile), Label: name, Note: name, Dashed: i%2 == 0, Dotted: i%3 == 0,
			Style: ArrowStyle(i % 5)})
	}
	return p
}

// TestSVGHoldsOnlyItsElements holds R3 for SVG: it is well formed, and names
// make no element and no attribute of their own.
func TestSVGHoldsOnlyItsElements(t *testing.T) {
	var b bytes.Buffer
	if err := hostilePicture().WriteSVG(&b); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"svg": true, "title": true, "path": true, "rect": true, "g": true, "text": true}
	boxes, arrows := 0, 0
	dec := xml.NewDecoder(&b)
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if !known[e.Name.Local] {
			t.Errorf("element %s", e.Name.Local)
		}
		for _, a := range e.Attr {
			switch name := a.Name.Local; {
			case strings.HasPrefix(name, "on"), name == "href", name == "style", name == "id":
				t.Errorf("attribute %s", name)
			case name == "class" && strings.HasPrefix(a.Value, "box"):
				boxes++
			case name == "class" && strings.HasPrefix(a.Value, "arrow "):
				arrows++
			}
		}
	}
	if boxes != len(hostile) || arrows != len(hostile) {
		t.Errorf("%d boxes and %d arrows, want %d", boxes, arrows, len(hostile))
	}
}

// TestDOTStringsEnd holds R3 for DOT with a small scanner of its strings.
func TestDOTStringsEnd(t *testing.T) {
	var b bytes.Buffer
	if err := hostilePicture().WriteDOT(&b); err != nil {
		t.Fatal(err)
	}
	var outside strings.Builder
	inside := false
	text := b.String()
	for i := 0; i < len(text); i++ {
		switch {
		case inside && text[i] == '\\':
			i++
			if text[i] != '\\' && text[i] != '"' && text[i] != 'n' {
				t.Errorf("escape \\%c", text[i])
			}
		case text[i] == '"':
			inside = !inside
		case inside && text[i] == '\n':
			t.Error("a line ends inside a string")
		case !inside:
			outside.WriteByte(text[i])
		}
	}
	if inside {
		t.Error("a string does not end")
	}
	if rest := outside.String(); strings.Contains(rest, "script") || strings.Contains(rest, "evil") || strings.Contains(rest, "&") {
		t.Errorf("a name stands outside of strings:\n%s", rest)
	}
	if got, want := strings.Count(outside.String(), " -> n"), len(hostile); got != want {
		t.Errorf("%d arrows, want %d", got, want)
	}
}

func TestWritersReportErrors(t *testing.T) {
	doc := stored[Check](t, "check.json")
	for name, err := range map[string]error{
		"text":     doc.WriteText(failing{}, Style{}),
		"json":     WriteJSON(failing{}, doc),
		"sarif":    doc.WriteSARIF(failing{}),
		"gitlab":   doc.WriteGitLab(failing{}),
		"markdown": doc.WriteMarkdown(failing{}),
		"dot":      hostilePicture().WriteDOT(failing{}),
		"svg":      hostilePicture().WriteSVG(failing{}),
		"tsv":      Edges{Edges: []Call{{}}}.WriteTSV(failing{}),
	} {
		if err == nil {
			t.Errorf("%s: a write error is lost", name)
		}
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, fmt.Errorf("disk full") }
