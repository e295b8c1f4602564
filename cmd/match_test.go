package cmd

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"klockscan/reports"
)

// staticLocks is a file with a static function that takes the locks in the wrong
// order, and keeps one of them.
var staticLocks = strings.Replace(twoLocks, "void car_open", "static void car_open", 1) + `
static int car_keep(struct car *car, int x)
{
	mutex_lock(&car->gate);
	if (x)
		return x;
	mutex_unlock(&car->gate);
	return 0;
}
`

// twins is two static functions of one name, in two files.
var twins = with(twoOrders, "virt/kvm/car.c", staticLocks, "virt/kvm/other.c", staticLocks)

// files is where findings are.
func files(findings []reports.Finding) string {
	var out []string
	for _, f := range findings {
		out = append(out, f.Function+" "+f.File)
	}
	return strings.Join(out, ", ")
}

// x86Findings is what a check of x86 finds.
func x86Findings(t *testing.T, tree map[string]string, args ...string) reports.Check {
	t.Helper()
	_, out, errs := runOn(t, tree, append([]string{"check", "--format", "json", "--arch", "x86", "--no-cache"}, args...)...)
	if out == "" {
		t.Fatal(errs)
	}
	return readCheck(t, out)
}

const bothTwins = "car_open virt/kvm/car.c, car_keep virt/kvm/car.c, car_open virt/kvm/other.c, car_keep virt/kvm/other.c"

// TestTwins: functions of one name in two files have findings of their own.
func TestTwins(t *testing.T) {
	doc := x86Findings(t, twins)
	if got := files(doc.Findings); got != bothTwins {
		t.Fatalf("found %s", got)
	}
	if doc.Findings[0].Fingerprint != doc.Findings[2].Fingerprint {
		t.Error("the file is part of the fingerprint")
	}
	smallUnits(t)
	if got := files(x86Findings(t, twins, "--scope", "all").Findings); got != bothTwins {
		t.Errorf("in units: found %s", got)
	}
}

// TestHeaderOnce: what lies in a header that several files include is one finding.
func TestHeaderOnce(t *testing.T) {
	header := strings.ReplaceAll(strings.Replace(staticLocks, "static void", "static inline void", 1), "static int", "static inline int")
	use := "#include \"car.h\"\nvoid NAME(struct car *car) { car_open(car); car_keep(car, 1); }\n"
	tree := with(twoOrders, "virt/kvm/car.h", "#ifndef CAR_H\n#define CAR_H\n"+header+"#endif\n",
		"virt/kvm/car.c", strings.Replace(use, "NAME", "car_one", 1), "virt/kvm/other.c", strings.Replace(use, "NAME", "car_two", 1))
	seen := map[string]bool{}
	for _, f := range x86Findings(t, tree, "--confidence", "guess").Findings {
		key := f.Kind + " " + f.Fingerprint + " " + f.File
		if f.File == "virt/kvm/car.h" && seen[key] {
			t.Errorf("twice: %s %s", key, f.Message)
		}
		seen[key] = true
	}
	if len(seen) == 0 {
		t.Error("nothing was found")
	}
}

// TestDiffOfTwins: the second function of a name is new, a moved file is not.
func TestDiffOfTwins(t *testing.T) {
	one := with(twins, "virt/kvm/other.c", "int nothing;\n")
	moved := with(one, "virt/kvm/car.c", "int nothing;\n", "virt/kvm/moved.c", staticLocks)
	three := with(twins, "virt/kvm/car.c", "int nothing;\n", "virt/kvm/moved.c", staticLocks, "virt/kvm/third.c", staticLocks)
	for _, c := range []struct {
		what                  string
		old, now              map[string]string
		added, fixed, remains string
	}{
		{"a second one", one, twins, "car_open virt/kvm/other.c, car_keep virt/kvm/other.c", "", "car_open virt/kvm/car.c, car_keep virt/kvm/car.c"},
		{"mended", twins, one, "", "car_open virt/kvm/other.c, car_keep virt/kvm/other.c", "car_open virt/kvm/car.c, car_keep virt/kvm/car.c"},
		{"moved", one, moved, "", "", "car_open virt/kvm/moved.c, car_keep virt/kvm/moved.c"},
		{"two and three", twins, three, "car_open virt/kvm/third.c, car_keep virt/kvm/third.c", "",
			"car_open virt/kvm/moved.c, car_keep virt/kvm/moved.c, car_open virt/kvm/other.c, car_keep virt/kvm/other.c"},
	} {
		_, doc, errs := runDiff(t, "", "--arch", "x86", "--no-cache", newTree(t, c.old).path, newTree(t, c.now).path)
		if files(doc.New) != c.added || files(doc.Fixed) != c.fixed || files(doc.Unchanged) != c.remains {
			t.Errorf("%s: %s: new %s; fixed %s; unchanged %s", c.what, errs, files(doc.New), files(doc.Fixed), files(doc.Unchanged))
		}
	}
}

// TestDiffOfHiddenTwin: a twin that is not certain enough to be shown takes nobody's place.
func TestDiffOfHiddenTwin(t *testing.T) {
	at := func(file, confidence string) reports.Finding {
		return reports.Finding{Fingerprint: "a", File: file, Confidence: confidence}
	}
	shown, hidden := at("a.c", "likely"), at("h.c", "possible")
	moved := at("b.c", "likely")
	added, fixed, unchanged := reports.CompareFindings([]reports.Finding{shown}, []reports.Finding{moved},
		[]reports.Finding{hidden, shown}, []reports.Finding{hidden, moved})
	if len(added) != 0 || len(fixed) != 0 || files(unchanged) != " b.c" {
		t.Errorf("moved: new %v, fixed %v, unchanged %v", added, fixed, unchanged)
	}
	surer := at("h.c", "likely")
	added, fixed, _ = reports.CompareFindings([]reports.Finding{shown}, []reports.Finding{surer}, []reports.Finding{shown, hidden}, []reports.Finding{surer})
	if files(added) != " h.c" || files(fixed) != " a.c" {
		t.Errorf("another one became likely: new %v, fixed %v", added, fixed)
	}
}

// TestBaselineOfTwins: a baseline knows functions of one name apart by their files,
// and a file that was renamed again.
func TestBaselineOfTwins(t *testing.T) {
	known := filepath.Join(t.TempDir(), "known.json")
	one := with(twins, "virt/kvm/other.c", "int nothing;\n")
	write := func(tree map[string]string, rows int) reports.Baseline {
		t.Helper()
		if status, _, errs := runOn(t, tree, "baseline", "write", "-q", "--arch", "x86", "-o", known); status != exitClean {
			t.Fatal(errs)
		}
		var base reports.Baseline
		if err := json.Unmarshal([]byte(readFile(t, known)), &base); err != nil || len(base.Known) != rows {
			t.Fatalf("%v: %+v", err, base)
		}
		return base
	}
	write(one, 2)
	if got := files(x86Findings(t, twins, "--baseline", known).Findings); got != "car_open virt/kvm/other.c, car_keep virt/kvm/other.c" {
		t.Errorf("new: %s", got)
	}
	doc := x86Findings(t, with(one, "virt/kvm/car.c", "int nothing;\n", "virt/kvm/moved.c", staticLocks), "--baseline", known)
	if len(doc.Findings) != 0 || doc.Known != 2 || len(doc.Gone) != 0 {
		t.Errorf("moved: %s new, %d known, gone %q", files(doc.Findings), doc.Known, doc.Gone)
	}
	base := write(twins, 4)
	if doc := x86Findings(t, one, "--baseline", known); doc.Known != 2 || len(doc.Gone) != 2 || !strings.Contains(doc.Gone[0], "virt/kvm/other.c") {
		t.Errorf("one is mended: %d known, gone %q", doc.Known, doc.Gone)
	}
	base.Known = append(base.Known, base.Known[0])
	text, err := json.Marshal(base)
	if err == nil {
		err = os.WriteFile(known, text, 0o666)
	}
	if status, _, errs := runOn(t, twins, "check", "--baseline", known); err != nil || status != exitUsage {
		t.Errorf("%v: the same row twice: status %d, %s", err, status, errs)
	}
}

// TestSuppressedTwin: a fingerprint silences one finding, that of the file if it names one.
func TestSuppressedTwin(t *testing.T) {
	print := x86Findings(t, twins).Findings[0].Fingerprint
	for row, want := range map[string]string{
		"{fingerprint: " + print + ", file: virt/kvm/other.c, reason: test}":                   "car_open virt/kvm/car.c",
		"{fingerprint: " + print + ", file: virt/kvm/before.c, reason: it was renamed}":        "car_open virt/kvm/other.c",
		"{fingerprint: " + print + ", reason: test}":                                           "car_open virt/kvm/other.c",
		"{kind: order, function: car_open, file: virt/kvm/car.c, reason: test}":                "car_open virt/kvm/other.c",
		"{kind: order, function: car_open, reason: test}":                                      "",
		"{fingerprint: " + print + ", kind: leak, reason: no finding is both}":                 "car_open virt/kvm/car.c, car_open virt/kvm/other.c",
		"{fingerprint: " + print + ", reason: a}\n  - {fingerprint: " + print + ", reason: b}": "",
	} {
		doc := x86Findings(t, with(twins, ".klockscan.yaml", "suppress:\n  - "+row+"\n"))
		var order []reports.Finding
		for _, f := range doc.Findings {
			if f.Kind == "order" {
				order = append(order, f)
			}
		}
		if got := files(order); got != want || doc.Suppressed != 2-len(order) {
			t.Errorf("%s: %d suppressed, left %s, want %s", row, doc.Suppressed, got, want)
		}
	}
}
