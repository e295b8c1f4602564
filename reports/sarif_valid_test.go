package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
)

// multitool is Microsoft's validator, if the environment names it.
func multitool(t *testing.T) string {
	t.Helper()
	tool := os.Getenv("KLOCKSCAN_SARIF_MULTITOOL")
	if tool == "" {
		t.Skip("KLOCKSCAN_SARIF_MULTITOOL does not name a command (npm: Sarif.Multitool of @microsoft/sarif-multitool-linux)")
	}
	return tool
}

// accepted are the complaints of the multitool that stay: klockscan has no page
// of its own yet.
var accepted = regexp.MustCompile("does not provide 'informationUri'")

// validate runs the multitool's own rules and those of GitHub's code scanning on
// a log, and returns the errors and warnings.
func validate(t *testing.T, log []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "log.sarif")
	if err := os.WriteFile(file, log, 0o600); err != nil {
		t.Fatal(err)
	}
	// Not all complaints of the tool change its status: what it prints decides.
	out, err := exec.Command(multitool(t), "validate", file, "--rule-kind=Sarif;Ghas").CombinedOutput()
	if !bytes.Contains(out, []byte("1 files scanned")) {
		t.Fatalf("%v\n%s", err, out)
	}
	var bad []string
	for line := range strings.Lines(string(out)) {
		if regexp.MustCompile(`: (error|warning) [A-Z]+\d+:`).MatchString(line) && !accepted.MatchString(line) {
			bad = append(bad, line)
		}
	}
	return strings.Join(bad, "")
}

// schema is the schema that comes with the multitool, which itself looks at a
// part of it only: it does not mind a level that there is not.
func schema(t *testing.T) *jsonschema.Resolved {
	t.Helper()
	tool, err := filepath.EvalSymlinks(multitool(t))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(tool), "sarif-2.1.0.json"))
	if err != nil {
		t.Skipf("the schema is not beside the multitool: %v", err)
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

// fits holds a log against the schema.
func fits(t *testing.T, s *jsonschema.Resolved, log []byte) error {
	t.Helper()
	var v any
	if err := json.Unmarshal(log, &v); err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

// validLogs are written by documents of all sorts.
func validLogs(t *testing.T) map[string][]byte {
	t.Helper()
	bad := hostileCheck("[x](0) {0} \x1b \xff <b> é:%")
	logs := map[string][]byte{}
	docs := map[string]Check{"formats": formats(t), "check": stored[Check](t, "check.json"), "empty": {}, "hostile": bad,
		"many": many(2000, func(i int) string { return "x" })}
	for name, doc := range docs {
		doc.Head.Version = "0.1.0"
		_, logs[name] = sarifOf(t, doc)
	}
	for i, doc := range poor() {
		_, logs[fmt.Sprint("poor ", i)] = sarifOf(t, doc)
	}
	return logs
}

func TestSARIFFitsTheSchema(t *testing.T) {
	s := schema(t)
	for name, log := range validLogs(t) {
		if err := fits(t, s, log); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, log := sarifOf(t, formats(t))
	for old, bad := range faults {
		if fits(t, s, bytes.ReplaceAll(log, []byte(old), []byte(bad))) == nil {
			t.Errorf("%s is not noticed", bad)
		}
	}
	if fits(t, s, bytes.ReplaceAll(log, []byte(`"level":"error"`), []byte(`"level":"fatal"`))) == nil {
		t.Error("a level that there is not is not noticed")
	}
}

func TestSARIFPassesTheMultitool(t *testing.T) {
	for name, log := range validLogs(t) {
		if strings.HasPrefix(name, "poor") { // a second each
			continue
		}
		if bad := validate(t, log); bad != "" {
			t.Errorf("%s:\n%s", name, bad)
		}
	}
	_, log := sarifOf(t, formats(t))
	for old, bad := range faults {
		if validate(t, bytes.ReplaceAll(log, []byte(old), []byte(bad))) == "" {
			t.Errorf("%s is not noticed", bad)
		}
	}
}

// faults break a log, so that a validator that says nothing to anything is
// noticed.
var faults = map[string]string{
	`"startLine":31`: `"startLine":0`, `"executionSuccessful":true`: `"executionSuccess":true`,
}
