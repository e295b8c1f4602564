package cmd

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// cars is findings in two directories.
var cars = with(twoOrders, "drivers/car/car.c", strings.ReplaceAll(twoLocks, "car_open", "car_drive"),
	"drivers/car/gone.c", strings.ReplaceAll(twoLocks, "car_open", "car_crash"))

// TestBaselineElsewhere: a row is gone only if the check looked where it lies.
func TestBaselineElsewhere(t *testing.T) {
	known := filepath.Join(t.TempDir(), "known.json")
	if status, _, errs := runOn(t, cars, "baseline", "write", "-q", "--scope", "kvm,drivers/car", "-o", known); status != exitClean {
		t.Fatal(errs)
	}
	mended := with(cars, "virt/kvm/other.c", "int nothing;\n", "drivers/car/car.c", "int nothing;\n")
	delete(mended, "drivers/car/gone.c")
	gone := func(args ...string) string {
		t.Helper()
		_, out, errs := runOn(t, mended, append([]string{"check", "--format", "json", "--baseline", known}, args...)...)
		if out == "" {
			t.Fatal(errs)
		}
		var names []string
		for _, row := range readCheck(t, out).Gone {
			_, row, _ = strings.Cut(row, " in ")
			name, _, _ := strings.Cut(row, " ")
			names = append(names, name+row[strings.LastIndex(row, " "):])
		}
		return strings.Join(slices.Sorted(slices.Values(names)), ", ")
	}
	every := "car_again arm64, car_again x86, car_crash arm64, car_crash x86, car_drive arm64, car_drive x86"
	all := map[string]string{
		"--scope kvm,drivers/car":            every,
		"--scope drivers/car,kvm":            every,
		"--scope kvm":                        "car_again arm64, car_again x86, car_crash arm64, car_crash x86",
		"--scope drivers/car --arch x86":     "car_crash x86, car_drive x86",
		"--scope kvm,drivers/car --arch x86": "car_again x86, car_crash x86, car_drive x86",
		"--scope arch/x86/kvm --arch x86":    "car_crash x86",
		"--scope all --arch x86":             "car_again x86, car_crash x86, car_drive x86",
	}
	for args, want := range all {
		if got := gone(strings.Fields(args)...); got != want {
			t.Errorf("%s: gone %s, want %s", args, got, want)
		}
	}
	if root := (&scope{dirs: []string{"."}}); !root.holds("virt/kvm/car.c", []string{"x86"}) {
		t.Error("the root does not hold a file of the tree")
	}
	var old map[string]any
	if err := json.Unmarshal([]byte(readFile(t, known)), &old); err != nil || old["scope"] == nil {
		t.Fatalf("%v: scope %v", err, old["scope"])
	}
	delete(old, "scope") // as older versions wrote it
	text, err := json.Marshal(old)
	if err == nil {
		err = os.WriteFile(known, text, 0o666)
	}
	if got := gone("--scope", "kvm"); err != nil || got != all["--scope kvm"] {
		t.Errorf("%v: an old baseline: gone %s", err, got)
	}
}

// TestBaselineTwinElsewhere: the row of a file that was not looked at is not taken for
// one that moved.
func TestBaselineTwinElsewhere(t *testing.T) {
	known := filepath.Join(t.TempDir(), "known.json")
	one := with(twins, "virt/kvm/car.c", "int nothing;\n", "virt/kvm/other.c", "int nothing;\n", "drivers/car/car.c", staticLocks)
	if status, _, errs := runOn(t, one, "baseline", "write", "-q", "--scope", "drivers/car,kvm", "--arch", "x86", "-o", known); status != exitClean {
		t.Fatal(errs)
	}
	doc := x86Findings(t, with(one, "virt/kvm/car.c", staticLocks), "--baseline", known)
	if len(doc.Findings) != 2 || len(doc.Gone) != 0 {
		t.Errorf("new %s, gone %q", files(doc.Findings), doc.Gone)
	}
}

// TestSuppressionElsewhere: a suppression is stale only if the check could have found
// what it is about.
func TestSuppressionElsewhere(t *testing.T) {
	for row, want := range map[string]string{ // the architectures of a check, and whether it says that the row is stale
		"{kind: leak, function: car_open, reason: old}":                           "x86,arm64",
		"{kind: leak, function: car_open, arch: x86, reason: old}":                "x86,arm64 x86",
		"{kind: leak, function: car_open, arch: arm64, reason: old}":              "x86,arm64 arm64",
		"{kind: leak, function: car_open, file: virt/kvm/car.c, reason: old}":     "x86,arm64",
		"{kind: leak, function: car_open, file: drivers/car/car.c, reason: old}":  "",
		"{kind: leak, function: car_open, file: drivers/car/none.c, reason: old}": "x86,arm64",
		"{kind: order, function: car_open, reason: it is used}":                   "",
		"{kind: order, function: car_open, arch: arm64, reason: it is used}":      "",
	} {
		tree := with(cars, ".klockscan.yaml", "suppress:\n  - "+row+"\n")
		var got []string
		for _, arches := range []string{"x86,arm64", "x86", "arm64"} {
			_, out, errs := runOn(t, tree, "check", "--format", "json", "--arch", arches)
			if out == "" {
				t.Fatal(errs)
			}
			if len(readCheck(t, out).Stale) > 0 {
				got = append(got, arches)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: stale for %q, want %q", row, got, want)
		}
	}
}

// TestBaselineOfWholeTree: a baseline may be of the whole tree.
func TestBaselineOfWholeTree(t *testing.T) {
	smallUnits(t)
	known := filepath.Join(t.TempDir(), "known.json")
	if status, _, errs := runOn(t, cars, "baseline", "write", "-q", "--scope", "all", "--arch", "x86", "-o", known); status != exitClean {
		t.Fatalf("status %d: %s", status, errs)
	}
	if doc := x86Findings(t, cars, "--scope", "all", "--baseline", known); doc.Known != 2 || len(doc.Findings)+len(doc.Gone) != 0 {
		t.Errorf("%d known, gone %q, new %s", doc.Known, doc.Gone, files(doc.Findings))
	}
}
