package cmd

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"klockscan/reports"
)

// runDiff runs diff and decodes what it writes as JSON.
func runDiff(t *testing.T, stdin string, args ...string) (int, reports.Diff, string) {
	t.Helper()
	var out, errs bytes.Buffer
	status := Run(context.Background(), append([]string{"diff", "--format", "json"}, args...), strings.NewReader(stdin), &out, &errs)
	var doc reports.Diff
	if status <= exitFindings {
		if err := strictly(out.Bytes(), &doc); err != nil {
			t.Fatalf("%v in\n%s", err, &out)
		}
	}
	return status, doc, errs.String()
}

// functions is where findings are, each once.
func functions(findings []reports.Finding) string {
	var out []string
	for _, f := range findings {
		if len(out) == 0 || out[len(out)-1] != f.Function {
			out = append(out, f.Function)
		}
	}
	return strings.Join(out, " ")
}

// with is files with some of them changed.
func with(files map[string]string, changed ...string) map[string]string {
	out := maps.Clone(files)
	for i := 0; i+1 < len(changed); i += 2 {
		out[changed[i]] = changed[i+1]
	}
	return out
}

func TestDiffOfDirectories(t *testing.T) {
	old := newTree(t, twoOrders).path
	now := newTree(t, with(twoOrders,
		"virt/kvm/car.c", "\n\n/* moved */\n"+twoLocks, // the same finding at another line
		"virt/kvm/other.c", strings.NewReplacer("car_open", "car_third", "struct mutex hood", "struct mutex hood; struct mutex boot", "car->gate", "car->boot").Replace(twoLocks),
		"virt/kvm/new.c", strings.ReplaceAll(twoLocks, "car_open", "car_new"),
		"Documentation/virt/kvm/locking.rst", twoOrders["Documentation/virt/kvm/locking.rst"]+"\n- car->boot is taken outside car->gate\n",
	)).path
	status, doc, errs := runDiff(t, "", "--arch", "x86", old, now)
	if status != exitFindings || functions(doc.New) != "car_new" || functions(doc.Fixed) != "car_again" || functions(doc.Unchanged) != "car_open" {
		t.Errorf("status %d, %s: new %s, fixed %s, unchanged %s", status, errs, functions(doc.New), functions(doc.Fixed), functions(doc.Unchanged))
	}
	if doc.Unchanged[0].Line != 12 {
		t.Errorf("unchanged at line %d, want that of the new tree", doc.Unchanged[0].Line)
	}
	if len(doc.Orders.Added) != 1 || doc.Orders.Added[0].Inner.Class != "struct car.boot" || len(doc.Orders.Removed) != 0 || len(doc.Orders.Added[0].Chain) == 0 {
		t.Errorf("orders %+v", doc.Orders)
	}
	if len(doc.Rules) != 1 || doc.Rules[0].Change != "added" {
		t.Errorf("rules %+v", doc.Rules)
	}
	if len(doc.Sources) == 0 || len(doc.OldSources) == 0 || doc.Old.Name != old || doc.To.Kernel != "9.4.2-rc1" {
		t.Errorf("%+v", doc)
	}
	if status, doc, _ := runDiff(t, "", "--arch", "x86", now, now); status != exitClean || len(doc.New)+len(doc.Fixed) != 0 || len(doc.Unchanged) != 2 {
		t.Errorf("a tree against itself: status %d, %+v", status, doc)
	}
	if status, doc, _ := runDiff(t, "", "--arch", "x86", now, old); status != exitFindings || functions(doc.New) != "car_again" || functions(doc.Fixed) != "car_new" {
		t.Errorf("backwards: status %d, new %s, fixed %s", status, functions(doc.New), functions(doc.Fixed))
	}
	if status, _, _ := runDiff(t, "", "--arch", "x86", "--fail-on", "leak", old, now); status != exitClean {
		t.Errorf("--fail-on leak: status %d", status)
	}
}

// TestDiffLessCertain: what the new tree still has, but less certain, is not fixed.
func TestDiffLessCertain(t *testing.T) {
	finding := func(fingerprint, confidence string) reports.Finding {
		return reports.Finding{Fingerprint: fingerprint, Confidence: confidence}
	}
	old := []reports.Finding{finding("a", "likely"), finding("b", "likely"), finding("c", "likely")}
	shown := []reports.Finding{finding("a", "certain"), finding("d", "likely")}
	added, fixed, unchanged := reports.CompareFindings(old, shown, old, append(shown, finding("b", "possible")))
	if len(added) != 1 || added[0].Fingerprint != "d" || len(fixed) != 1 || fixed[0].Fingerprint != "c" || len(unchanged) != 1 {
		t.Errorf("new %v, fixed %v, unchanged %v", added, fixed, unchanged)
	}
}

func TestDiffText(t *testing.T) {
	old := newTree(t, twoOrders).path
	now := newTree(t, with(twoOrders, "virt/kvm/other.c", strings.ReplaceAll(twoLocks, "car_open", "car_new"))).path
	cache := t.TempDir()
	var first string
	for range 2 {
		var out, errs bytes.Buffer
		status := Run(context.Background(), []string{"diff", "--cache", cache, "--arch", "x86", old, now}, nil, &out, &errs)
		if status != exitFindings || !strings.Contains(out.String(), "1 new, 1 fixed, 1 unchanged") || !strings.Contains(out.String(), "fixed: virt/kvm/other.c:9: order: car_again") {
			t.Errorf("status %d, %s\n%s", status, &errs, &out)
		}
		if first != "" && first != out.String() {
			t.Errorf("the cache gives\n%s", &out)
		}
		first = out.String()
	}
	for _, args := range [][]string{{"diff", now}, {"diff", now, now, now}, {"diff", filepath.Join(now, "no"), now}, {"diff", "--scope", "no", now, now}} {
		var out, errs bytes.Buffer
		if status := Run(context.Background(), args, nil, &out, &errs); status < exitUsage {
			t.Errorf("%q: status %d", args, status)
		}
	}
}

// TestDiffElsewhere: relative names are of the working directory, also in the cache.
func TestDiffElsewhere(t *testing.T) {
	cache, now := t.TempDir(), newTree(t, twoOrders).path
	for _, c := range []struct{ car, added string }{{twoLocks, ""}, {"int nothing;\n", "car_open"}} {
		here := t.TempDir()
		if err := os.Symlink(newTree(t, with(twoOrders, "virt/kvm/car.c", c.car)).path, filepath.Join(here, "old")); err != nil {
			t.Fatal(err)
		}
		t.Chdir(here)
		if _, doc, errs := runDiff(t, "", "--cache", cache, "--arch", "x86", "old", now); functions(doc.New) != c.added {
			t.Errorf("%s: new %q, want %q", errs, functions(doc.New), c.added)
		}
	}
}

// carPatch adds a function that takes the locks in the wrong order.
const carPatch = `From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001
From: A Driver <driver@example.org>
Date: Mon, 1 Jan 2024 00:00:00 +0000
Subject: [PATCH] car: park

Parking is new.
---
 virt/kvm/other.c | 8 ++++++++
 1 file changed, 8 insertions(+)

--- a/virt/kvm/other.c
+++ b/virt/kvm/other.c
@@ -12,3 +12,11 @@
 	mutex_unlock(&car->gate);
 	mutex_unlock(&car->hood);
 }
+
+void car_park(struct car *car)
+{
+	mutex_lock(&car->hood);
+	mutex_lock(&car->gate);
+	mutex_unlock(&car->gate);
+	mutex_unlock(&car->hood);
+}
-- 
2.39.5
`

func TestDiffOfPatch(t *testing.T) {
	tree, cache := newTree(t, twoOrders).path, t.TempDir()
	for range 2 {
		status, doc, errs := runDiff(t, carPatch, "--cache", cache, "--patch", "-", tree)
		if status != exitFindings || functions(doc.New) != "car_park" || len(doc.Fixed) != 0 || len(doc.Unchanged) != 4 {
			t.Errorf("status %d, %s: new %s, fixed %s, %d unchanged", status, errs, functions(doc.New), functions(doc.Fixed), len(doc.Unchanged))
		}
	}
	if text := readFile(t, filepath.Join(tree, "virt/kvm/other.c")); strings.Contains(text, "car_park") {
		t.Error("the patch was written to the tree")
	}
	harmless := strings.NewReplacer("\n+	mutex_lock(&car->hood);\n+	mutex_lock(&car->gate);", "\n+	mutex_lock(&car->gate);\n+	mutex_lock(&car->hood);").Replace(carPatch)
	if status, doc, errs := runDiff(t, harmless, "--cache", cache, "--patch", "-", tree); status != exitClean || len(doc.New) != 0 {
		t.Errorf("harmless: status %d, %s: new %s", status, errs, functions(doc.New))
	}
	name := filepath.Join(t.TempDir(), "moved.patch")
	if err := os.WriteFile(name, []byte(strings.Replace(carPatch, "@@ -12,3 +12,11 @@", "@@ -14,3 +14,11 @@", 1)), 0o666); err != nil {
		t.Fatal(err)
	}
	if status, doc, errs := runDiff(t, "", "--patch", name, tree); status != exitFindings || len(doc.Notes) != 1 || !strings.Contains(doc.Notes[0], "offset") {
		t.Errorf("a moved hunk: status %d, %s: notes %q", status, errs, doc.Notes)
	}
	for what, patch := range map[string]string{
		"the context differs": strings.Replace(carPatch, " 	mutex_unlock(&car->gate);", " 	mutex_unlock(&car->boot);", 1),
		"no such file":        strings.ReplaceAll(carPatch, "other.c", "none.c"),
		"no patch":            "hello\n", "nothing": "",
	} {
		status, _, errs := runDiff(t, patch, "--patch", "-", tree)
		if status != exitFailure || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: status %d, %s", what, status, errs)
		}
	}
	if status, _, _ := runDiff(t, "", "--patch", filepath.Join(tree, "no.patch"), tree); status != exitFailure {
		t.Errorf("no patch file: status %d", status)
	}
}

// TestPatchOfOneArchitecture: the other one is not worked out again, nor is that one if
// it can be resumed.
func TestPatchOfOneArchitecture(t *testing.T) {
	c := newCached(t, maps.Clone(twoOrders))
	if c.run(t, "cache", "check"); c.loads != 2 {
		t.Fatalf("%d loads, want 2", c.loads)
	}
	dir := t.TempDir()
	for i, p := range []struct {
		file, more string
		loads      int
	}{
		{"arch/x86/kvm/x86.c", "#include <linux/more.h>", 1}, {"arch/arm64/kvm/arm.c", "#include <linux/more.h>", 1},
		{"arch/x86/kvm/x86.c", "int more;", 0}, {"arch/arm64/kvm/arm.c", "int more;", 0}, {"Documentation/virt/kvm/unstated.rst", "More.", 0},
		{"arch/x86/kvm/x86.c", "", 0}, {"arch/arm64/kvm/arm.c", "", 0},
	} {
		patch := filepath.Join(dir, fmt.Sprint(i, ".patch"))
		was := strings.TrimSuffix(twoOrders[p.file], "\n")
		if err := os.WriteFile(patch, []byte("--- a/"+p.file+"\n+++ b/"+p.file+"\n@@ -1 +1,2 @@\n-"+was+"\n+"+was+" \n+"+p.more+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
		before := c.loads
		got := c.run(t, "cache", "diff", "--patch", patch)
		if n := c.loads - before; n != p.loads || !strings.Contains(got, "0 new, 0 fixed, 4 unchanged") {
			t.Errorf("%d: %s: %d loads, want %d\n%s", i, p.file, n, p.loads, got)
		}
		if cold := c.run(t, "cold", "diff", "--patch", patch); got != cold {
			t.Errorf("%s: from the cache\n%s\ncold\n%s", p.file, got, cold)
		}
	}
}

func TestDiffOfRevisions(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skipf("no git: %v", err)
	}
	repo := newTree(t, twoOrders).path
	git := func(args ...string) {
		t.Helper()
		c := exec.Command("git", append([]string{"-C", repo, "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"}, args...)...)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	git("init", "-q")
	git("add", "-A")
	git("commit", "-qm", "first")
	if err := os.WriteFile(filepath.Join(repo, "virt/kvm/new.c"), []byte(strings.ReplaceAll(twoLocks, "car_open", "car_new")), 0o666); err != nil {
		t.Fatal(err)
	}
	git("add", "-A")
	git("commit", "-qm", "second")
	git("rm", "-rq", "virt", "arch") // the checkout is not what is read
	for range 2 {
		status, doc, errs := runDiff(t, "", "--cache", filepath.Join(t.TempDir(), "c"), "--arch", "x86", "--git", repo, "HEAD^", "HEAD")
		if status != exitFindings || functions(doc.New) != "car_new" || len(doc.Unchanged) != 2 || doc.Old.Name != "HEAD^" || len(doc.To.Commit) != 40 {
			t.Errorf("status %d, %s: %+v %+v new %s", status, errs, doc.Old, doc.To, functions(doc.New))
		}
	}
	for _, args := range [][]string{{"--git", repo, "HEAD", "nowhere"}, {"--git", repo, "HEAD", "--upload-pack=x"}, {"--git", t.TempDir(), "a", "b"}, {"--git", repo, "HEAD"}, {"--git", repo, "--patch", "x", "HEAD"}} {
		if status, _, errs := runDiff(t, "", args...); status < exitUsage {
			t.Errorf("%q: status %d, %s", args, status, errs)
		}
	}
}

// TestDiffSilenced: what a patch silences is neither fixed nor passed over in silence,
// and a patch does not change how it is judged.
func TestDiffSilenced(t *testing.T) {
	old := newTree(t, twoOrders).path
	row := "suppress:\n  - {kind: order, function: car_open, reason: test}\n"
	now := newTree(t, with(twoOrders, ".klockscan.yaml", row)).path
	if status, doc, errs := runDiff(t, "", "--arch", "x86", old, now); status != exitClean || len(doc.Fixed) != 0 || doc.Suppressed != 1 {
		t.Errorf("status %d, %s: fixed %s, %d suppressed", status, errs, functions(doc.Fixed), doc.Suppressed)
	}
	patch := carPatch + "\n--- /dev/null\n+++ b/.klockscan.yaml\n@@ -0,0 +1,2 @@\n+options:\n+  fail-on: [none]\n"
	if status, doc, errs := runDiff(t, strings.Replace(patch, "-- \n2.39.5\n", "", 1), "--arch", "x86", "--patch", "-", old); status != exitFindings || functions(doc.New) != "car_park" {
		t.Errorf("a patch with options: status %d, %s: new %s", status, errs, functions(doc.New))
	}
	strict := newTree(t, with(twoOrders, ".klockscan.yaml", "options:\n  scope: [arch/x86/kvm]\n  fail-on: [none]\n")).path
	if status, doc, errs := runDiff(t, "", "--arch", "x86", strict, old); status != exitClean || len(doc.Unchanged) != 2 {
		t.Errorf("options of the old tree: status %d, %s: new %s", status, errs, functions(doc.New))
	}
}

// TestDiffRuleOfOneTree: a rule may be about a lock that a patch brings.
func TestDiffRuleOfOneTree(t *testing.T) {
	rules := filepath.Join(t.TempDir(), "r.yaml")
	if err := os.WriteFile(rules, []byte("rules:\n  - {outer: [car->boot], inner: [car->gate]}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	old := newTree(t, twoOrders).path
	boot := strings.Replace(twoLocks, "struct mutex hood;", "struct mutex hood; struct mutex boot;", 1)
	now := newTree(t, with(twoOrders, "virt/kvm/car.c", boot)).path
	if status, _, errs := runDiff(t, "", "--arch", "x86", "--rules", rules, old, now); status != exitClean {
		t.Errorf("status %d, %s", status, errs)
	}
	if status, _, _ := runDiff(t, "", "--arch", "x86", "--rules", rules, old, old); status != exitUsage {
		t.Errorf("a lock that neither tree has: status %d", status)
	}
}

// TestDiffLacksObject: a repository that is not whole is no clean bill.
func TestDiffLacksObject(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skipf("no git: %v", err)
	}
	repo := newTree(t, twoOrders).path
	git := gitRepo(t, repo)
	hash := strings.TrimSpace(git("rev-parse", "HEAD:virt/kvm/car.c"))
	if err := os.Remove(filepath.Join(repo, ".git/objects", hash[:2], hash[2:])); err != nil {
		t.Fatal(err)
	}
	if status, _, errs := runDiff(t, "", "--arch", "x86", "--git", repo, "HEAD", "HEAD"); status != exitFailure || !strings.Contains(errs, "lacks an object") {
		t.Errorf("status %d, %s", status, errs)
	}
}
