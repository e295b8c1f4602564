package docs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"klockscan/cmd"
	"klockscan/reports"
)

// What the sample's patch plants.
const (
	plantedKind     = "order"
	plantedFunction = "count_change"
)

// badRules is a rules file that klockscan refuses.
const badRules = "echo 'no-such-key: 1' > .klockscan.yaml"

// loop makes a file of the scope one that cannot be read.
const loop = "ln -sf users.c virt/kvm/users.c"

// TestBisect has six commits, of which the fifth plants a defect and the third
// cannot be checked.
func TestBisect(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "linux")
	commits := repository(t, dir,
		commit{"a remark", "echo '/* one */' >> virt/kvm/users.c"},
		commit{"a bad rules file", badRules},
		commit{"no rules file", "rm .klockscan.yaml"},
		commit{"the defect", "git apply " + absolute(t, sample)},
		commit{"another remark", "echo '/* two */' >> virt/kvm/users.c"})
	planted := fingerprint(t, dir)
	cache, script := t.TempDir(), absolute(t, "../examples/bisect.sh")
	for _, question := range []string{planted, plantedKind + " " + plantedFunction} {
		git(t, dir, "bisect start HEAD "+commits[0])
		status, out := shell(t, dir, cache, "git bisect run "+script+" "+question)
		if status != 0 || !strings.Contains(out, commits[4]+" is the first bad commit") {
			t.Errorf("bisect run bisect.sh %s: exit status %d, and not the fifth of %v:\n%s", question, status, commits, out)
		}
		git(t, dir, "bisect reset")
	}
}

// TestBisectStatus asks the script alone, since git tells little of a wrong status.
func TestBisectStatus(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "linux")
	history(t, dir)
	cache, script := t.TempDir(), absolute(t, "../examples/bisect.sh")
	planted := fingerprint(t, dir)
	tests := []struct {
		name, before, question string
		status                 int
	}{
		{"there by fingerprint", "", planted, 1},
		{"there by function", "", "order count_change", 1},
		{"another kind", "", "leak count_change", 0},
		{"another function", "", "order count_chang", 0},
		{"the pattern is no pattern", "", "order 'count_.*'", 0},
		{"another fingerprint", "", "0123456789abcdef", 0},
		{"one architecture", "KLOCKSCAN_FLAGS='--arch arm64'; export KLOCKSCAN_FLAGS", "order fast_enter", 0},
		{"both architectures", "", "order fast_enter", 1},
		{"less certain findings too", "", "order mirror_destroy", 1},
		{"a bad rules file", badRules, planted, 125},
		{"no kernel", "mkdir empty; cd empty", planted, 125},
		{"good, and a file that cannot be read", loop, "0123456789abcdef", 125},
		{"bad, and a file that cannot be read", loop, planted, 1},
		{"no program", "KLOCKSCAN=no-such-program; export KLOCKSCAN", planted, 255},
		{"no question", "", "", 255},
		{"too long a question", "", "order a b", 255},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if status, out := shell(t, dir, cache, test.before+"\n"+script+" "+test.question); status != test.status {
				t.Errorf("exit status %d, want %d: %s", status, test.status, out)
			}
			git(t, dir, "checkout --quiet --force master")
			git(t, dir, "clean --quiet --force -d")
		})
	}
}

// fingerprint is that of the planted defect in a tree that has it.
func fingerprint(t *testing.T, dir string) string {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Run(context.Background(), []string{"check", "--no-cache", "--format", "json", dir}, strings.NewReader(""), &out, &errs)
	var doc reports.Check
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatalf("%v\n%s", err, &errs)
	}
	for _, f := range doc.Findings {
		if f.Kind == plantedKind && f.Function == plantedFunction {
			return f.Fingerprint
		}
	}
	t.Fatal("the planted defect is not found")
	return ""
}
