package docs_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// The commands of the recipes, as their files have them.
const (
	githubFile = "../examples/github/klockscan.yml"
	gitlabFile = "../examples/gitlab/.gitlab-ci.yml"
)

// recipe reads a file of a CI system, and finds every text of it that calls a
// script of the examples.
func recipe(t *testing.T, file string) (doc map[string]any, calls []string) {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(src, &doc); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	var texts func(v any)
	texts = func(v any) {
		switch v := v.(type) {
		case string:
			if strings.Contains(v, "examples/") {
				calls = append(calls, v)
			}
		case []any:
			for _, e := range v {
				texts(e)
			}
		case map[string]any:
			for _, e := range v {
				texts(e)
			}
		}
	}
	texts(doc)
	slices.Sort(calls)
	return doc, calls
}

// at follows keys and places into what a YAML file says.
func at(t *testing.T, v any, path ...any) any {
	t.Helper()
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, ok := v.(map[string]any)
			if !ok || m[p] == nil {
				t.Fatalf("there is no %s of %v in the recipe", p, path)
			}
			v = m[p]
		case int:
			l, ok := v.([]any)
			if !ok || p >= len(l) {
				t.Fatalf("there is no place %d of %v in the recipe", p, path)
			}
			v = l[p]
		}
	}
	return v
}

// TestRecipes opens every script that the recipes call.
func TestRecipes(t *testing.T) {
	for _, file := range []string{githubFile, gitlabFile} {
		_, calls := recipe(t, file)
		if len(calls) != 1 {
			t.Errorf("%s calls %d scripts, want one that decides: %q", file, len(calls), calls)
		}
		for _, call := range calls {
			name := regexp.MustCompile(`examples/[\w./-]+`).FindString(call)
			if info, err := os.Stat(filepath.Join("..", name)); err != nil || info.Mode()&0o111 == 0 {
				t.Errorf("%s calls %s, which cannot be executed: %v", file, name, err)
			}
		}
	}
}

// A runner is the machine of a CI system: linux is a shallow clone, klockscan the
// repository of the examples.
type runner struct {
	dir, cache string
	commits    []string
}

func newRunner(t *testing.T) *runner {
	t.Helper()
	r := &runner{dir: t.TempDir(), cache: t.TempDir()}
	upstream := filepath.Join(r.dir, "upstream")
	r.commits = history(t, upstream)
	git(t, r.dir, "clone --quiet --depth 1 file://"+upstream+" linux")
	examples := absolute(t, "../examples")
	if err := os.Mkdir(filepath.Join(r.dir, "klockscan"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(examples, filepath.Join(r.dir, "klockscan/examples")); err != nil {
		t.Fatal(err)
	}
	return r
}

// run runs a script in the tree, with variables that the CI system sets.
func (r *runner) run(t *testing.T, script string, vars ...string) (int, string) {
	t.Helper()
	var set strings.Builder
	for _, v := range vars {
		name, value, _ := strings.Cut(v, "=")
		set.WriteString("export " + name + "='" + value + "'\n")
	}
	return shell(t, filepath.Join(r.dir, "linux"), r.cache, set.String()+script)
}

// read gives a file that a run left, by its path from the directory of the machine.
func (r *runner) read(t *testing.T, name string) string {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(r.dir, name))
	if err != nil {
		t.Fatalf("the recipe keeps a file that the run did not write: %v", err)
	}
	return string(src)
}

// TestGitHub runs the recipe's own line on a pull request that plants a defect,
// whose parent the clone has not.
func TestGitHub(t *testing.T) {
	r := newRunner(t)
	doc, calls := recipe(t, githubFile)
	summary := filepath.Join(r.dir, "summary.md")
	if err := os.WriteFile(summary, []byte("what another step wrote\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	status, out := r.run(t, calls[0], "BASE="+r.commits[0], "GITHUB_STEP_SUMMARY="+summary)
	if status != 1 || !strings.Contains(out, plantedFunction) || strings.Contains(out, "clock_publish takes") {
		t.Errorf("exit status %d, want 1 for the new finding alone:\n%s", status, out)
	}
	steps, _ := at(t, doc, "jobs", "locks", "steps").([]any)
	kept := map[string]bool{}
	for _, step := range steps {
		with, _ := step.(map[string]any)["with"].(map[string]any)
		for _, key := range []string{"sarif_file", "path"} {
			if name, ok := with[key].(string); ok && strings.Contains(name, ".") {
				kept[filepath.Ext(name)] = true
				checkArtifact(t, name, r.read(t, name))
			}
		}
	}
	if !kept[".sarif"] || !kept[".html"] {
		t.Errorf("the recipe keeps only %v", kept)
	}
	page := r.read(t, "summary.md")
	if !strings.HasPrefix(page, "what another step wrote\n") || !strings.Contains(page, plantedFunction) {
		t.Errorf("the summary of the job is not what was there and what is new:\n%s", page)
	}
	if status, out := r.run(t, calls[0], "BASE="+git(t, filepath.Join(r.dir, "linux"), "rev-parse HEAD")[:40]); status != 0 {
		t.Errorf("exit status %d, want 0 where nothing is new:\n%s", status, out)
	}
}

// TestGitLab does the same with the recipe for GitLab.
func TestGitLab(t *testing.T) {
	r := newRunner(t)
	doc, calls := recipe(t, gitlabFile)
	source := "KLOCKSCAN_SOURCE=" + filepath.Join(r.dir, "klockscan")
	const none = "CI_COMMIT_BEFORE_SHA=0000000000000000000000000000000000000000"
	status, out := r.run(t, calls[0], source, none, "CI_MERGE_REQUEST_DIFF_BASE_SHA="+r.commits[0])
	if status != 1 || !strings.Contains(out, plantedFunction) || strings.Contains(out, "clock_publish takes") {
		t.Errorf("exit status %d, want 1 for the new finding alone:\n%s", status, out)
	}
	for _, name := range []any{
		at(t, doc, "klockscan", "artifacts", "reports", "codequality"),
		at(t, doc, "klockscan", "artifacts", "paths", 0),
	} {
		checkArtifact(t, name.(string), r.read(t, "linux/"+name.(string)))
	}
	if status, out := r.run(t, calls[0], source, none); status != 1 || !strings.Contains(out, "clock_publish takes") {
		t.Errorf("exit status %d, want 1 for all findings where there is no commit before:\n%s", status, out)
	}
}

// checkArtifact wants the planted finding and an old one in a file that a CI system
// takes, in the form that it asks for.
func checkArtifact(t *testing.T, name, src string) {
	t.Helper()
	for _, function := range []string{plantedFunction, "clock_publish"} {
		if !strings.Contains(src, function) {
			t.Errorf("%s does not name %s", name, function)
		}
	}
	switch {
	case strings.HasSuffix(name, ".sarif"):
		var doc struct {
			Version string
			Runs    []struct{ Results []any }
		}
		if err := json.Unmarshal([]byte(src), &doc); err != nil || doc.Version != "2.1.0" || len(doc.Runs) != 1 || len(doc.Runs[0].Results) < 30 {
			t.Errorf("%s is not SARIF with the findings of the tree: %v", name, err)
		}
	case strings.HasSuffix(name, ".json"):
		var doc []struct{ Fingerprint string }
		if err := json.Unmarshal([]byte(src), &doc); err != nil || len(doc) < 30 {
			t.Errorf("%s is not a report of code quality: %v", name, err)
		}
	case strings.HasSuffix(name, ".html"):
		if !strings.HasPrefix(strings.ToLower(src), "<!doctype html>") {
			t.Errorf("%s is not a page", name)
		}
	default:
		t.Errorf("nothing is known of the form of %s", name)
	}
}

// TestCIStatus asks ci.sh what the recipes do not.
func TestCIStatus(t *testing.T) {
	r := newRunner(t)
	const script = "../klockscan/examples/ci.sh"
	tests := []struct {
		name, command string
		status        int
		says          string
	}{
		{"no arguments", script, 2, "usage"},
		{"no base", script + " ''", 1, "clock_publish takes"},
		{"base only", script + " HEAD", 0, "0 new"},
		{"no such commit", script + " 0123456789012345678901234567890123456789", 3, "there is no commit"},
		{"no such format", script + " HEAD no/such/directory/x.json", 3, "cannot write"},
		{"a name with a space", script + " HEAD 'a b.json' && grep -q clock_publish 'a b.json'", 0, "0 new"},
		{"a bad rules file", badRules + "; " + script + " HEAD out.json", 2, ".klockscan.yaml"},
		{"no program", "KLOCKSCAN=no-such-program " + script + " HEAD", 127, "no-such-program"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if status, out := r.run(t, test.command); status != test.status || !strings.Contains(out, test.says) {
				t.Errorf("exit status %d, want %d and %q in:\n%s", status, test.status, test.says, out)
			}
		})
	}
}

// TestMakefile runs the targets for a kernel tree.
func TestMakefile(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Skipf("no make: %v", err)
	}
	r := newRunner(t)
	git(t, filepath.Join(r.dir, "linux"), "fetch --quiet --unshallow")
	tests := []struct {
		target string
		status int // make ends with 2 if a recipe fails
		says   string
		writes []string
	}{
		{"klockscan", 2, "clock_publish takes", nil},
		{"klockscan-new", 2, "count_change takes", nil},
		{"klockscan-new KLOCKSCAN_BASE=HEAD", 0, "0 new", nil},
		{"klockscan-report", 0, "", []string{"klockscan-out/klockscan.html", "klockscan-out/klockscan.json"}},
		{"klockscan-baseline", 0, "", []string{"klockscan-baseline.json"}},
		{"klockscan KLOCKSCAN_FLAGS='--baseline klockscan-baseline.json'", 0, "0 findings", nil},
		{"klockscan-clean", 0, "", nil},
	}
	for _, test := range tests {
		t.Run(test.target, func(t *testing.T) {
			status, out := r.run(t, "make -f ../klockscan/examples/Makefile.klockscan "+test.target)
			if status != test.status || !strings.Contains(out, test.says) {
				t.Errorf("exit status %d, want %d and %q in:\n%s", status, test.status, test.says, out)
			}
			for _, name := range test.writes {
				if !strings.Contains(r.read(t, "linux/"+name), "clock_publish") {
					t.Errorf("%s does not hold the findings", name)
				}
			}
		})
	}
	if _, err := os.Stat(filepath.Join(r.dir, "linux/klockscan-out")); err == nil {
		t.Error("klockscan-clean leaves klockscan-out")
	}
}

// TestShell lets a checker of shell scripts look at the examples.
func TestShell(t *testing.T) {
	scripts, err := filepath.Glob("../examples/*.sh")
	if err != nil || len(scripts) < 2 {
		t.Fatalf("%d scripts: %v", len(scripts), err)
	}
	check := []string{"shellcheck"}
	if _, err := exec.LookPath("shellcheck"); err != nil {
		t.Log("no shellcheck: the scripts are only parsed")
		check = []string{"sh", "-n"}
	}
	for _, script := range scripts {
		if out, err := exec.Command(check[0], append(check[1:], script)...).CombinedOutput(); err != nil {
			t.Errorf("%s %s: %v\n%s", check[0], script, err, out)
		}
	}
}
