package reports

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode"
)

func TestGitLab(t *testing.T) {
	golden(t, "check-formats.gitlab.json", formats(t).WriteGitLab)
}

// gitlabOf writes a document and reads the report back, strictly: GitLab refuses
// a whole report if one entry lacks a field.
func gitlabOf(t *testing.T, c Check) []gitlabIssue {
	t.Helper()
	var b bytes.Buffer
	if err := c.WriteGitLab(&b); err != nil {
		t.Fatal(err)
	}
	for _, r := range b.String() {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Errorf("prints %q", r)
		}
	}
	if !strings.HasPrefix(b.String(), "[") {
		t.Errorf("not an array: %.20q", &b)
	}
	var issues []gitlabIssue
	dec := json.NewDecoder(&b)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&issues); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, i := range issues {
		if i.Description == "" || i.CheckName == "" || i.Fingerprint == "" || i.Location.Path == "" || i.Location.Lines.Begin < 1 ||
			!slices.Contains(severities, i.Severity) || seen[i.Fingerprint] {
			t.Errorf("GitLab takes no %+.300v", i)
		}
		seen[i.Fingerprint] = true
	}
	return issues
}

func TestGitLabTakesEverything(t *testing.T) {
	docs := append(poor(), formats(t), stored[Check](t, "check.json"))
	for _, name := range hostile {
		docs = append(docs, hostileCheck(name))
	}
	for _, c := range docs {
		if got, want := len(gitlabOf(t, c)), len(fold(c.Findings)); got != want {
			t.Errorf("%d issues of %d places", got, want)
		}
	}
}

// TestGitLabOfRulesNamesTheDocument: a finding about the text has no code.
func TestGitLabOfRulesNamesTheDocument(t *testing.T) {
	c := Check{Findings: []Finding{{Kind: "rules", Confidence: "certain", Rule: &Rule{File: "Documentation/car.rst", Line: 5}}}}
	if at := gitlabOf(t, c)[0].Location; at.Path != "Documentation/car.rst" || at.Lines.Begin != 5 {
		t.Errorf("shown at %v", at)
	}
}

func TestSeverity(t *testing.T) {
	for want, f := range map[string]Finding{
		"blocker": {Kind: "self-deadlock", Confidence: "certain"}, "critical": {Kind: "order", Confidence: "certain"},
		"major": {Kind: "rules", Confidence: "certain"}, "minor": {Kind: "leak", Confidence: "possible"}, "info": {Kind: "rules", Confidence: "?"},
	} {
		if got := severity(f); got != want {
			t.Errorf("%s %s is %s, want %s", f.Confidence, f.Kind, got, want)
		}
	}
}
