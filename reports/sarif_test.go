package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// A sarifLog is what a reader of a log sees.
type sarifLog struct {
	Version string `json:"version"`
	Runs    []struct {
		Tool struct {
			Driver sarifDriver `json:"driver"`
		} `json:"tool"`
		Results     []sarifResult     `json:"results"`
		Invocations []sarifInvocation `json:"invocations"`
		Bag         sarifRunBag       `json:"properties"`
	} `json:"runs"`
}

// sarifOf writes a document and reads the log back.
func sarifOf(t *testing.T, c Check) (sarifLog, []byte) {
	t.Helper()
	var b bytes.Buffer
	if err := c.WriteSARIF(&b); err != nil {
		t.Fatal(err)
	}
	var log sarifLog
	if err := json.Unmarshal(b.Bytes(), &log); err != nil {
		t.Fatalf("%v in %.2000s", err, &b)
	}
	if len(log.Runs) != 1 || log.Version != "2.1.0" {
		t.Fatalf("%d runs of version %s", len(log.Runs), log.Version)
	}
	return log, b.Bytes()
}

// indented is a log laid out for a person: one result a line is not.
func indented(write func(io.Writer) error) func(io.Writer) error {
	return func(w io.Writer) error {
		var b, out bytes.Buffer
		if err := write(&b); err != nil {
			return err
		}
		if err := json.Indent(&out, b.Bytes(), "", " "); err != nil {
			return err
		}
		_, err := w.Write(out.Bytes())
		return err
	}
}

func TestSARIF(t *testing.T) {
	golden(t, "check-formats.sarif", indented(formats(t).WriteSARIF))
}

// TestSARIFOneResultALine: two logs can be compared with diff.
func TestSARIFOneResultALine(t *testing.T) {
	doc := formats(t)
	_, text := sarifOf(t, doc)
	if got, want := bytes.Count(text, []byte("\n{\"ruleId\"")), len(fold(doc.Findings)); got != want {
		t.Errorf("%d lines of results, want %d", got, want)
	}
}

// TestSARIFFlowsHoldTheChains follows each flow of the log: with its calls taken
// alone it must be the chain, step by step.
func TestSARIFFlowsHoldTheChains(t *testing.T) {
	doc := formats(t)
	log, _ := sarifOf(t, doc)
	written := map[string]int{}
	for _, r := range log.Runs[0].Results {
		for _, flow := range r.Flows {
			for _, thread := range flow.Threads {
				var calls []string
				for i, s := range thread.Steps {
					if s.Importance == "essential" { // what is done with a lock
						continue
					}
					if s.Nesting != max(len(calls)-1, 0) {
						t.Errorf("%s: step %d is nested %d deep", r.Prints.Own, i, s.Nesting)
					}
					at := s.Location.Physical
					calls = append(calls, fmt.Sprintf("%s:%d %s", at.Artifact.URI, at.Region.StartLine, s.Location.Message.Text))
				}
				written[strings.Join(calls, "\n")]++
			}
		}
	}
	for _, f := range doc.Findings {
		for _, chain := range [][]Step{f.Chain, f.Reverse} {
			var calls []string
			for i, s := range chain {
				text := "enters " + s.Function + "()"
				if i > 0 {
					verb := map[string]string{"->": " calls ", "~>": " leaves for later "}[arrow(s.Edge)]
					text = strings.TrimSpace(chain[i-1].Function + "()" + verb + s.Function + "() " + edgeLabel(s))
				}
				calls = append(calls, fmt.Sprintf("%s:%d %s", strings.ReplaceAll(s.File, " ", "%20"), s.Line, text))
			}
			if want := strings.Join(calls, "\n"); len(chain) > 0 && written[want] == 0 {
				t.Errorf("finding %s: no flow is\n%s\nbut there are %v", f.Fingerprint, want, written)
			}
		}
	}
}

// TestSARIFLinksLead resolves every link of a message.
func TestSARIFLinksLead(t *testing.T) {
	log, _ := sarifOf(t, formats(t))
	link := regexp.MustCompile(`\]\((\d+)\)`)
	links := 0
	for _, r := range log.Runs[0].Results {
		ids := map[string]bool{}
		for _, l := range r.Related {
			ids[fmt.Sprint(*l.ID)] = true
		}
		if len(ids) != len(r.Related) {
			t.Errorf("%s: ids of related locations are not unique", r.Prints.Own)
		}
		for _, m := range link.FindAllStringSubmatch(r.Message.Text, -1) {
			if links++; !ids[m[1]] {
				t.Errorf("%s: link %s of %q leads nowhere", r.Prints.Own, m[0], r.Message.Text)
			}
		}
	}
	if links == 0 {
		t.Error("no links")
	}
}

// TestFingerprintsSurviveShifts moves every line of a document: the results stay
// those that they were.
func TestFingerprintsSurviveShifts(t *testing.T) {
	prints := func(c Check) (out []string) {
		log, _ := sarifOf(t, c)
		for _, r := range log.Runs[0].Results {
			if r.Prints.GitHub != r.Prints.Own {
				t.Errorf("GitHub would know %s by %s", r.Prints.Own, r.Prints.GitHub)
			}
			out = append(out, r.Prints.Own)
		}
		return out
	}
	before := prints(formats(t))
	moved := formats(t)
	for i := range moved.Findings {
		f := &moved.Findings[i]
		f.Line += 100
		for j := range f.Chain {
			f.Chain[j].Line += 100
		}
	}
	if after := prints(moved); !slices.Equal(before, after) {
		t.Errorf("%q became %q", before, after)
	}
}

// TestFingerprintsAreUnique: also of findings that have one fingerprint, or none.
func TestFingerprintsAreUnique(t *testing.T) {
	var c Check
	for i, print := range []string{"a", "a", "a-2", "a", "", "", "b"} {
		c.Findings = append(c.Findings, Finding{Kind: "leak", Fingerprint: print, File: "f.c", Line: i + 1})
	}
	log, _ := sarifOf(t, c)
	var b bytes.Buffer
	if err := c.WriteGitLab(&b); err != nil {
		t.Fatal(err)
	}
	var issues []gitlabIssue
	if err := json.Unmarshal(b.Bytes(), &issues); err != nil {
		t.Fatal(err)
	}
	sarif, gitlab := map[string]bool{}, map[string]bool{}
	for i, r := range log.Runs[0].Results {
		sarif[r.Prints.Own], gitlab[issues[i].Fingerprint] = true, true
	}
	page := map[int]bool{}
	for _, p := range newHTMLData(c, HTMLOptions{}, nil).Places {
		page[p.ID] = true
	}
	if len(page) != len(c.Findings) {
		t.Errorf("places of the page: %v", page)
	}
	if len(sarif) != len(c.Findings) || len(gitlab) != len(c.Findings) || sarif[""] || !sarif["a"] || !sarif["b"] {
		t.Errorf("fingerprints %v and %v", sarif, gitlab)
	}
}

func TestSARIFLocations(t *testing.T) {
	for file, want := range map[string]sarifArtifact{
		"virt/kvm/a b.c":   {"virt/kvm/a%20b.c", sarifBase},
		"c:evil/100%#?.c":  {"c%3Aevil/100%25%23%3F.c", sarifBase},
		"back\\slash\n.c":  {"back%5Cslash%0A.c", sarifBase},
		"é.c":              {"%C3%A9.c", sarifBase},
		"\xff.c":           {"%FF.c", sarifBase},
		"/home/x/rules.y":  {"file:///home/x/rules.y", ""},
		"//host/share":     {"file:///host/share", ""},
		"../my rules.yaml": {"../my%20rules.yaml", ""},
	} {
		if got := artifact(file); got != want {
			t.Errorf("%q: %v, want %v", file, got, want)
		}
	}
	doc := Check{Sources: []Excerpt{{"a.c", 10, []string{"ten", "eleven"}}, {"a.c", 20, []string{"twenty", strings.Repeat("x", 2000)}}}}
	s := &sarifWriter{sources: newSourceIndex(doc.Sources)}
	for line, want := range map[int]string{9: "", 10: "ten", 11: "eleven", 12: "", 19: "", 20: "twenty", 21: "", 22: "", -1: ""} {
		at := s.location("a.c", line, "").Physical.Region
		if got := at; want == "" && got != nil && got.Snippet != nil || want != "" && got.Snippet.Text != want {
			t.Errorf("line %d: %v, want %q", line, got, want)
		}
	}
}

func TestSARIFOfPoorDocuments(t *testing.T) {
	for _, c := range poor() {
		log, _ := sarifOf(t, c)
		if len(log.Runs[0].Results) != len(c.Findings) || log.Runs[0].Tool.Driver.Name == "" {
			t.Errorf("%+v: %d results", c, len(log.Runs[0].Results))
		}
		for _, r := range log.Runs[0].Results {
			if rules := log.Runs[0].Tool.Driver.Rules; r.RuleIndex >= len(rules) || rules[r.RuleIndex].ID != r.RuleID {
				t.Errorf("rule %s is not number %d", r.RuleID, r.RuleIndex)
			}
		}
	}
}

// TestSARIFOfHostileNames holds R2, and that a name makes no link and no
// argument of its own.
func TestSARIFOfHostileNames(t *testing.T) {
	for _, name := range append([]string{"[x](0)", "[x](file:///etc)", "{0}", `\[`, "](1)"}, hostile...) {
		log, text := sarifOf(t, hostileCheck(name))
		for _, r := range string(text) {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Errorf("name %.20q prints %q", name, r)
			}
		}
		message := log.Runs[0].Results[0].Message.Text
		links := regexp.MustCompile(`(^|[^\\])\]\(`).FindAllString(message, -1)
		if want := map[bool]int{true: 0, false: 3}[name == ""]; len(links) != want {
			t.Errorf("name %.20q: %d links in %.200q, want %d", name, len(links), message, want)
		}
		if rest := strings.NewReplacer("{{", "", "}}", "").Replace(message); strings.ContainsAny(rest, "{}") {
			t.Errorf("name %.20q: an argument in %.200q", name, message)
		}
	}
}

func TestSARIFText(t *testing.T) {
	if got, want := linkText(`a[i](0){1}\`), `a\[i\](0){{1}}\\`; got != want {
		t.Errorf("link text %s, want %s", got, want)
	}
	if got, want := plainText("a[i](0){1}\n"), `a[i] (0){{1}}\n`; got != want {
		t.Errorf("plain text %s, want %s", got, want)
	}
}

// TestKindsAreREADMEs: ids and sentences are those of the table in the README.
func TestKindsAreREADMEs(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "## What it finds")
	table, _, _ = strings.Cut(table, "\n\nThe rules come")
	var want, got []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| (.*) \\|$").FindAllStringSubmatch(table, -1) {
		want = append(want, m[1]+": "+strings.ToUpper(m[2][:1])+m[2][1:]+".")
	}
	for _, k := range kinds {
		got = append(got, string(k.kind)+": "+k.short)
	}
	if !slices.Equal(got, want) {
		t.Errorf("kinds are\n%s\nREADME has\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
