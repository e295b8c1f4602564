package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"klockscan/reports"
)

// plantedDir is where the evaluation keeps planted bugs, beside the repository.
const plantedDir = "../../shared/eval/bugs"

// A plantedCase is what an expect.json says of one mutation of a kernel.
type plantedCase struct {
	Tree, Arch, Kind, Outer, Inner, Function, Basis string
	Bug                                             bool

	also map[string]bool // kind and function of what the change breaks too; true: found
}

// TestPlantedPatches makes a patch of each mutation that the evaluation plants in
// the pinned tree: diff --patch reports the planted bug and nothing else, and of a
// harmless change nothing.
func TestPlantedPatches(t *testing.T) {
	kernel := os.Getenv("KLOCKSCAN_KERNEL")
	if kernel == "" {
		t.Skip("KLOCKSCAN_KERNEL does not name a kernel tree")
	}
	if testing.Short() {
		t.Skip("checks a kernel for each planted bug: not in short mode")
	}
	for _, tool := range []string{"git", "python3", "sh"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the mutations need %s: %v", tool, err)
		}
	}
	cases, _ := filepath.Glob(filepath.Join(plantedDir, "*", "expect.json"))
	if len(cases) == 0 {
		t.Skipf("no planted bugs: %s is not there", plantedDir)
	}
	kernel, err := filepath.Abs(kernel)
	if err != nil {
		t.Fatal(err)
	}
	before := debug.SetGCPercent(300) // as the program itself has it, about: it is half of the time
	defer debug.SetGCPercent(before)
	cache, ran, effects := t.TempDir(), 0, plantedEffects(t)
	t.Run("cases", func(t *testing.T) { // ends with the last of those that run beside each other
		for _, file := range cases {
			var want plantedCase
			if err := json.Unmarshal([]byte(readFile(t, file)), &want); err != nil {
				t.Fatal(err)
			}
			name := filepath.Base(filepath.Dir(file))
			if filepath.Base(kernel) != "linux-source-"+want.Tree {
				continue
			}
			ran++
			want.also = effects[name]
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				status, doc, errs := runDiff(t, mutationPatch(t, kernel, name), "--cache", cache, "--arch", want.Arch, "--patch", "-", kernel)
				want.judge(t, status, doc.New, errs)
				if len(doc.Fixed) > 0 {
					t.Errorf("a planted bug mends nothing: %+v", doc.Fixed)
				}
			})
		}
	})
	if ran == 0 {
		t.Skipf("no planted bug is for the tree %s", filepath.Base(kernel))
	}
}

// judge compares the new findings with the planted one.
func (c *plantedCase) judge(t *testing.T, status int, found []reports.Finding, errs string) {
	t.Helper()
	if !c.Bug {
		if status != exitClean || len(found) > 0 {
			t.Errorf("status %d, %s: harmless, and found %s", status, errs, describe(found))
		}
		return
	}
	if status != exitFindings || len(found) == 0 {
		t.Errorf("status %d, %s: planted %s %s > %s in %s is not found", status, errs, c.Kind, c.Outer, c.Inner, c.Function)
	}
	named := false
	for _, f := range found {
		effect := f.Kind + " " + f.Function
		_, known := c.also[effect]
		switch {
		case c.is(f):
			named = true
		case known:
			c.also[effect] = true
		default:
			t.Errorf("not what was planted: %s", describe([]reports.Finding{f}))
		}
	}
	if !named {
		t.Errorf("only other effects of %s %s > %s in %s are found", c.Kind, c.Outer, c.Inner, c.Function)
	}
	for effect, seen := range c.also {
		if !seen {
			t.Errorf("the table says that the change breaks %q too, which is not found", effect)
		}
	}
}

// plantedEffects reads testdata/planted.txt: by case, kind and function.
func plantedEffects(t *testing.T) map[string]map[string]bool {
	t.Helper()
	out := map[string]map[string]bool{}
	for line := range strings.Lines(readFile(t, "testdata/planted.txt")) {
		row, reason, _ := strings.Cut(line, "#")
		f := strings.Fields(row)
		if len(f) == 0 {
			continue
		}
		if len(f) != 3 || strings.TrimSpace(reason) == "" {
			t.Fatalf("testdata/planted.txt: %q: want case, kind, function and a reason", line)
		}
		if out[f[0]] == nil {
			out[f[0]] = map[string]bool{}
		}
		out[f[0]][f[1]+" "+f[2]] = false
	}
	return out
}

// is reports whether a finding is the planted bug: at its function, by its locks.
func (c *plantedCase) is(f reports.Finding) bool {
	at := f.Function == c.Function || slices.ContainsFunc(slices.Concat(f.Chain, f.Reverse), func(s reports.Step) bool { return s.Function == c.Function })
	named := func(want string) bool {
		want = strings.TrimSuffix(want[strings.LastIndexAny(want, ">.")+1:], ")")
		return want == "" || slices.ContainsFunc([]*reports.Lock{f.Outer, f.Inner}, func(l *reports.Lock) bool {
			return l != nil && (strings.HasSuffix(l.Class, want) || strings.HasSuffix(strings.TrimSuffix(l.Name, ")"), want) || l.Mode == "context")
		})
	}
	return at && named(c.Outer) && named(c.Inner)
}

func describe(found []reports.Finding) string {
	var out []string
	for _, f := range found {
		out = append(out, f.Kind+" in "+f.Function+": "+f.Message)
	}
	return strings.Join(out, "; ")
}

// mutationPatch is a mutation as a patch of the tree.
func mutationPatch(t *testing.T, kernel, name string) string {
	t.Helper()
	mutated := filepath.Join(t.TempDir(), "b")
	apply := exec.Command("sh", filepath.Join(plantedDir, "apply.sh"), name, mutated)
	apply.Env = append(os.Environ(), "KERNELS="+filepath.Dir(kernel))
	if out, err := apply.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var patch bytes.Buffer
	_ = filepath.WalkDir(mutated, func(file string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(mutated, file)
		if err != nil {
			return err
		}
		old, _ := os.Stat(filepath.Join(kernel, rel))
		now, err := d.Info()
		if err != nil || os.SameFile(old, now) {
			return err // a hard link: not changed
		}
		before, _ := os.ReadFile(filepath.Join(kernel, rel))
		after, err := os.ReadFile(file)
		if err != nil || bytes.Equal(before, after) {
			return err
		}
		patch.WriteString(unifiedDiff(t, rel, filepath.Join(kernel, rel), file))
		return nil
	})
	if patch.Len() == 0 {
		t.Fatalf("%s changes nothing", name)
	}
	return patch.String()
}

// unifiedDiff is git's own diff of two files, under the name that they have in the tree.
func unifiedDiff(t *testing.T, name, old, now string) string {
	t.Helper()
	out, _ := exec.CommandContext(context.Background(), "git", "diff", "--no-index", "--no-color", old, now).Output() // 1: they differ
	at := bytes.Index(out, []byte("\n@@ "))
	if at < 0 {
		t.Fatalf("git made no diff of %s", name)
	}
	return "--- a/" + name + "\n+++ b/" + name + string(out[at:])
}
