package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"klockscan/reports"
)

// twoOrders has car_open and a rule that it breaks.
var twoOrders = map[string]string{
	"virt/kvm/car.c":                      twoLocks,
	"Documentation/virt/kvm/locking.rst":  "Locks\n=====\n\n- car->gate is taken outside car->hood\n",
	"virt/kvm/other.c":                    strings.ReplaceAll(twoLocks, "car_open", "car_again"),
	"arch/x86/kvm/x86.c":                  "int nothing;\n",
	"arch/arm64/kvm/arm.c":                "int nothing;\n",
	"Documentation/virt/kvm/unstated.rst": "Nothing\n",
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// readCheck decodes a stored result.
func readCheck(t *testing.T, text string) reports.Check {
	t.Helper()
	var doc reports.Check
	if err := strictly([]byte(text), &doc); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return doc
}

func TestFormatOf(t *testing.T) {
	all := []string{"text", "json", "sarif", "gitlab", "markdown", "html", "dot", "svg", "tsv"}
	for name, want := range map[string]string{
		"a.json": "json", "a.sarif": "sarif", "a.sarif.json": "sarif", "dir.html/a": "", "A.HTML": "html", "x.md": "markdown",
		"gl-code-quality-report.json": "gitlab", "a.gitlab.json": "gitlab", "a.txt": "text", "a": "", "-": "", "json": "", "a.gv": "dot",
	} {
		if got := formatOf(name, all); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := formatOf("a.sarif.json", []string{"text", "json"}); got != "json" {
		t.Errorf("a command without SARIF: %q", got)
	}
}

// TestSeveralOutputs writes two files and standard output at once, cold and from
// the cache.
func TestSeveralOutputs(t *testing.T) {
	dir, cache := t.TempDir(), t.TempDir()
	tree := newTree(t, twoOrders).path
	var first string
	for range 2 {
		var out, errs bytes.Buffer
		status := Run(context.Background(), []string{"check", "--cache", cache, "--arch", "x86", "-o", filepath.Join(dir, "a.json"),
			"-o", filepath.Join(dir, "b.txt"), "-o", "-", tree}, nil, &out, &errs)
		if status != exitFindings || errs.Len() > 0 {
			t.Fatalf("status %d, %s", status, &errs)
		}
		text := readFile(t, filepath.Join(dir, "b.txt"))
		if text != out.String() || !strings.Contains(text, "car->gate") {
			t.Errorf("b.txt\n%s\nstandard output\n%s", text, &out)
		}
		doc := readFile(t, filepath.Join(dir, "a.json"))
		if first != "" && first != doc {
			t.Error("the cache gives another a.json")
		}
		first = doc
		if c := readCheck(t, doc); len(c.Findings) != 2 || len(c.LockOrder.Pairs) != 1 || len(c.LockOrder.Rules) != 1 || len(c.Sources) == 0 {
			t.Errorf("%+v", c)
		}
	}
	for _, args := range [][]string{{"-o", "x.txt", "-o", "x.txt"}, {"-o", "-", "-o", "-"}, {"-o", filepath.Join(dir, "no", "a.json")}, {"--format", "yaml"}} {
		var out, errs bytes.Buffer
		if status := Run(context.Background(), append(append([]string{"check"}, args...), tree), nil, &out, &errs); status < exitUsage {
			t.Errorf("%q: status %d", args, status)
		}
	}
}

// TestFormatOfOneFile: a format that is asked for goes before the file's name.
func TestFormatOfOneFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.txt")
	if status, _, errs := runOn(t, twoOrders, "check", "--arch", "x86", "--format", "json", "-o", name); status != exitFindings {
		t.Fatalf("status %d, %s", status, errs)
	}
	readCheck(t, readFile(t, name))
}

// TestReport renders a stored result without its tree, as the check itself did.
func TestReport(t *testing.T) {
	dir := t.TempDir()
	stored := filepath.Join(dir, "a.json")
	_, text, _ := runOn(t, twoOrders, "check", "--arch", "x86", "-v", "-o", stored, "-o", "-")
	var out, errs bytes.Buffer
	if status := Run(context.Background(), []string{"report", "-v", stored}, nil, &out, &errs); status != exitClean || out.String() != text {
		t.Errorf("status %d, %s\n%s\nwant\n%s", status, &errs, &out, text)
	}
	if !strings.Contains(text, "   32 | mutex_lock(&car->gate);") && !strings.Contains(text, "| mutex_lock(&car->gate);") {
		t.Errorf("no source lines in\n%s", text)
	}
	out.Reset()
	if status := Run(context.Background(), []string{"report", "--format", "json", "-"}, strings.NewReader(readFile(t, stored)), &out, &errs); status != exitClean || out.String() != readFile(t, stored) {
		t.Errorf("status %d, %s: JSON is not what was stored", status, &errs)
	}
	for name, text := range map[string]string{
		"empty": "", "no JSON": "findings", "another tool": `{"head": {"tool": "x", "format": 1}, "findings": []}`, "no head": `{"findings": []}`,
		"a later format": `{"head": {"tool": "klockscan", "format": 2}, "findings": []}`, "an unknown field": `{"head": {"tool": "klockscan", "format": 1}, "findings": [], "more": 1}`,
		"another document": `{"head": {"tool": "klockscan", "format": 1}, "edges": []}`, "a list": "[]", "null": "null",
	} {
		out.Reset()
		if status := Run(context.Background(), []string{"report", "-"}, strings.NewReader(text), &out, &errs); status != exitUsage || out.Len() > 0 {
			t.Errorf("%s: status %d\n%s", name, status, &out)
		}
	}
}

func TestFailOn(t *testing.T) {
	for kinds, want := range map[string]int{"all": exitFindings, "order": exitFindings, "leak,order": exitFindings, "leak": exitClean, "none": exitClean,
		"ordr": exitUsage, "all,order": exitUsage, "none,order": exitUsage} {
		status, out, errs := runOn(t, twoOrders, "check", "--arch", "x86", "--fail-on", kinds)
		if status != want {
			t.Errorf("%s: status %d, want %d; %s", kinds, status, want, errs)
		}
		if want == exitClean && !strings.Contains(out, "2 findings") {
			t.Errorf("%s: findings are not reported\n%s", kinds, out)
		}
	}
}

// TestEnvironment: a flag goes before the environment, that before the tree's file.
func TestEnvironment(t *testing.T) {
	files := map[string]string{}
	for name, text := range twoOrders {
		files[name] = text
	}
	files[".klockscan.yaml"] = "options:\n  fail-on: [none]\n  arch: [x86]\n"
	status, out, errs := runOn(t, files, "check")
	if status != exitClean || strings.Contains(out, "arm64") || !strings.Contains(out, "2 findings") {
		t.Errorf("the tree's file: status %d, %s\n%s", status, errs, out)
	}
	t.Setenv("KLOCKSCAN_FAIL_ON", "order")
	t.Setenv("KLOCKSCAN_ARCH", "x86,arm64")
	if status, out, _ = runOn(t, files, "check"); status != exitFindings || !strings.Contains(out, "arm64") {
		t.Errorf("the environment: status %d\n%s", status, out)
	}
	if status, _, _ = runOn(t, files, "check", "--fail-on", "leak"); status != exitClean {
		t.Errorf("the flag: status %d", status)
	}
	t.Setenv("KLOCKSCAN_CONFIDENCE", "sure")
	if status, _, errs = runOn(t, files, "check"); status != exitUsage || !strings.Contains(errs, "sure") {
		t.Errorf("a wrong value: status %d, %s", status, errs)
	}
	t.Setenv("KLOCKSCAN_CONFIDENCE", "")
	t.Setenv("KLOCKSCAN_VERBOSE", "perhaps")
	if status, _, errs = runOn(t, files, "check"); status != exitUsage || !strings.Contains(errs, "KLOCKSCAN_VERBOSE") {
		t.Errorf("no boolean: status %d, %s", status, errs)
	}
}

func TestOptionsOfRulesFile(t *testing.T) {
	for text, want := range map[string]string{
		"options: {fail-on: [ordr]}": "ordr", "options: {arch: [vax]}": "vax", "options: {baseline: ../x}": "beside", "options: {baseline: /x}": "beside",
		"options: {colour: red}": "colour", "options: {}": "no rules", "options: {confidence: [likely]}": "type string",
	} {
		files := map[string]string{".klockscan.yaml": text + "\n"}
		for name, text := range twoOrders {
			files[name] = text
		}
		if status, _, errs := runOn(t, files, "check"); status != exitUsage || !strings.Contains(errs, want) {
			t.Errorf("%s: status %d, %s", text, status, errs)
		}
	}
}

// TestBaseline: what was known is counted, what is new is reported, what is gone is
// named.
func TestBaseline(t *testing.T) {
	dir := t.TempDir()
	known := filepath.Join(dir, "known.json")
	if status, _, errs := runOn(t, twoOrders, "baseline", "write", "-o", known); status != exitClean {
		t.Fatalf("status %d, %s", status, errs)
	}
	var base reports.Baseline
	if err := json.Unmarshal([]byte(readFile(t, known)), &base); err != nil || len(base.Known) != 4 {
		t.Fatalf("%v: %+v", err, base)
	}
	status, out, errs := runOn(t, twoOrders, "check", "--baseline", known)
	if status != exitClean || !strings.Contains(out, "0 findings on x86 and arm64; 4 known from the baseline") {
		t.Errorf("status %d, %s\n%s", status, errs, out)
	}
	changed := map[string]string{}
	for name, text := range twoOrders {
		changed[name] = text
	}
	changed["virt/kvm/other.c"] = "\n\n" + strings.ReplaceAll(changed["virt/kvm/other.c"], "car_again", "car_third")
	status, out, _ = runOn(t, changed, "check", "--arch", "x86", "--baseline", known)
	if status != exitFindings || !strings.Contains(out, "car_third") || strings.Contains(out, "order: car_open") ||
		!strings.Contains(out, "in the baseline, found no more: ") || !strings.Contains(out, "order in car_again") {
		t.Errorf("status %d\n%s", status, out)
	}
	for name, text := range map[string]string{"no JSON": "x", "a result": `{"format":1,"tool":"klockscan","findings":[]}`, "no fingerprint": `{"format":1,"tool":"klockscan","known":[{}]}`,
		"another tool": `{"format":1,"tool":"x","known":[]}`} {
		if err := os.WriteFile(known, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if status, _, errs := runOn(t, twoOrders, "check", "--baseline", known); status != exitUsage {
			t.Errorf("%s: status %d, %s", name, status, errs)
		}
	}
}

func TestQuiet(t *testing.T) {
	_, out, _ := runOn(t, twoOrders, "check", "--arch", "x86", "-q")
	if !strings.Contains(out, "order: car_open") || strings.Contains(out, "2 findings") || strings.Contains(out, "read ") {
		t.Errorf("\n%s", out)
	}
	_, colour, _ := runOn(t, twoOrders, "check", "--arch", "x86", "-q", "--color", "always")
	if !strings.Contains(colour, "\x1b[1m") || strings.Contains(out, "\x1b[") {
		t.Errorf("--color always\n%s", colour)
	}
	if status, _, _ := runOn(t, twoOrders, "check", "--color", "red"); status != exitUsage {
		t.Errorf("--color red: status %d", status)
	}
	if status, _, _ := runOn(t, twoOrders, "check", "--jobs", "-1"); status != exitUsage {
		t.Errorf("--jobs -1: status %d", status)
	}
}

// TestReportOfEachDocument: diff and audit are written in every format, and the
// stored result gives the same again.
func TestReportOfEachDocument(t *testing.T) {
	dir := t.TempDir()
	old, now := newTree(t, with(twoOrders, "virt/kvm/car.c", "int nothing;\n")).path, newTree(t, twoOrders).path
	for name, args := range map[string][]string{"diff": {"diff", old, now}, "audit": {"audit", now}, "check": {"check", now}} {
		var outs []string
		for _, ending := range []string{"json", "txt", "sarif", "gitlab.json", "md", "html", "dot", "svg"} {
			outs = append(outs, filepath.Join(dir, name+"."+ending))
			args = append(args, "-o", outs[len(outs)-1])
		}
		var out, errs bytes.Buffer
		if status := Run(context.Background(), append(args, "--arch", "x86"), nil, &out, &errs); status != exitFindings {
			t.Fatalf("%s: status %d, %s", name, status, &errs)
		}
		for _, file := range outs {
			text := readFile(t, file)
			out.Reset()
			again := []string{"report", "--format", formatOf(file, checkFormats), outs[0]}
			if status := Run(context.Background(), again, nil, &out, &errs); status != exitClean || out.String() != text {
				t.Errorf("%s: status %d, %s: is not written again from %s", file, status, &errs, outs[0])
			}
			if !strings.Contains(text, "car_open") && !strings.HasSuffix(file, ".dot") && !strings.HasSuffix(file, ".svg") {
				t.Errorf("%s lacks the finding", file)
			}
		}
	}
}

// TestAuditOfCircle: rules that contradict each other are a finding of the other formats.
func TestAuditOfCircle(t *testing.T) {
	files := with(twoOrders, ".klockscan.yaml", "rules:\n  - {outer: [car->hood], inner: [car->gate]}\n")
	_, checked, _ := runOn(t, files, "check", "--arch", "x86", "--format", "gitlab")
	status, audited, errs := runOn(t, files, "audit", "--arch", "x86", "--format", "gitlab")
	if status != exitFindings || !strings.Contains(audited, "the rules contradict each other") || audited != checked {
		t.Errorf("status %d, %s: audit\n%s\ncheck\n%s", status, errs, audited, checked)
	}
	if _, text, _ := runOn(t, files, "check", "--arch", "x86"); !strings.Contains(text, "why:   certain: it is said by the text alone") {
		t.Errorf("\n%s", text)
	}
}

// TestEndingOfAnotherFormat: a name that promises what the command does not write
// is refused before the work, unless --format says what is meant.
func TestEndingOfAnotherFormat(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.html")
	if status, _, errs := runOn(t, twoOrders, "order", "-o", name); status != exitUsage || !strings.Contains(errs, "does not write html") {
		t.Errorf("status %d, %s", status, errs)
	}
	if status, _, errs := runOn(t, twoOrders, "order", "--format", "text", "-o", name); status != exitClean || !strings.Contains(readFile(t, name), "car->hood") {
		t.Errorf("with --format: status %d, %s", status, errs)
	}
	if status, _, errs := runOn(t, twoOrders, "audit", "--leave-out", "--format", "sarif"); status != exitUsage || !strings.Contains(errs, "not written as sarif") {
		t.Errorf("audit --leave-out: status %d, %s", status, errs)
	}
	if status, out, errs := runOn(t, twoOrders, "audit", "--leave-out", "--format", "markdown"); status != exitClean || !strings.Contains(out, "|") {
		t.Errorf("audit --leave-out as markdown: status %d, %s\n%s", status, errs, out)
	}
	if status, _, errs := runOn(t, twoOrders, "check", "--link", "javascript:alert(1)//{file}"); status != exitUsage || !strings.Contains(errs, "--link") {
		t.Errorf("--link: status %d, %s", status, errs)
	}
}

// TestNamedFileIsReadOnce: it may be a pipe, and another pipe is another question.
func TestNamedFileIsReadOnce(t *testing.T) {
	tree, cache, dir := newTree(t, twoOrders).path, t.TempDir(), t.TempDir()
	known, none := filepath.Join(dir, "known.json"), `{"format":1,"tool":"klockscan","kernel":"","known":[]}`
	if status := Run(context.Background(), []string{"baseline", "write", "-q", "-o", known, tree}, nil, io.Discard, io.Discard); status != exitClean {
		t.Fatalf("status %d", status)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skipf("no pipes: %v", err)
	}
	for _, c := range []struct {
		text string
		want int
	}{{readFile(t, known), exitClean}, {none, exitFindings}, {readFile(t, known), exitClean}} {
		go os.WriteFile(pipe, []byte(c.text), 0o600)
		var out, errs bytes.Buffer
		if status := Run(context.Background(), []string{"check", "--cache", cache, "--baseline", pipe, tree}, nil, &out, &errs); status != c.want {
			t.Errorf("status %d, want %d; %s", status, c.want, &errs)
		}
	}
}

// TestEnvironmentAndEndings: a file's ending goes before the environment, and so does
// what the command can write.
func TestEnvironmentAndEndings(t *testing.T) {
	t.Setenv("KLOCKSCAN_FORMAT", "sarif")
	name := filepath.Join(t.TempDir(), "a.txt")
	if status, _, errs := runOn(t, twoOrders, "check", "-o", name); status != exitFindings || strings.HasPrefix(readFile(t, name), "{") {
		t.Errorf("status %d, %s", status, errs)
	}
	if status, out, _ := runOn(t, twoOrders, "check"); status != exitFindings || !strings.HasPrefix(out, "{") {
		t.Errorf("status %d", status)
	}
	if status, _, errs := runOn(t, twoOrders, "order"); status != exitClean {
		t.Errorf("a command without SARIF: status %d, %s", status, errs)
	}
	if status, _, errs := runOn(t, twoOrders, "check", "--fail-on", ""); status != exitUsage {
		t.Errorf("an empty --fail-on: status %d, %s", status, errs)
	}
}

// TestBaselineOfTheTree is read as the tree is, and nowhere else.
func TestBaselineOfTheTree(t *testing.T) {
	known := filepath.Join(t.TempDir(), "known.json")
	runOn(t, twoOrders, "baseline", "write", "-q", "-o", known)
	files := with(twoOrders, ".klockscan.yaml", "options: {baseline: ci/known.json}\n", "ci/known.json", readFile(t, known))
	if status, out, errs := runOn(t, files, "check"); status != exitClean || !strings.Contains(out, "4 known") {
		t.Errorf("status %d, %s\n%s", status, errs, out)
	}
	delete(files, "ci/known.json")
	if status, _, errs := runOn(t, files, "check"); status != exitUsage || !strings.Contains(errs, "baseline") {
		t.Errorf("status %d, %s", status, errs)
	}
}
