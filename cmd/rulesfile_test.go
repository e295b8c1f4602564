package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// runOn runs a command line on a tree of these files, and returns what it prints.
func runOn(t *testing.T, files map[string]string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	tr := newTree(t, files)
	var out, errs bytes.Buffer
	status = Run(context.Background(), append(args, tr.root.Name()), nil, &out, &errs)
	return status, out.String(), errs.String()
}

const twoLocks = `
struct mutex { int x; };
void mutex_lock(struct mutex *m);
void mutex_unlock(struct mutex *m);
struct car { struct mutex gate; struct mutex hood; };
void car_open(struct car *car)
{
	mutex_lock(&car->hood);
	mutex_lock(&car->gate);
	mutex_unlock(&car->gate);
	mutex_unlock(&car->hood);
}
`

func TestTreeRulesFile(t *testing.T) {
	files := map[string]string{"virt/kvm/car.c": twoLocks}
	if status, out, errs := runOn(t, files, "check", "--arch", "x86"); status != exitClean {
		t.Fatalf("without rules: status %d, %s%s", status, out, errs)
	}
	files[".klockscan.yaml"] = "rules:\n  - outer: [car->gate]\n    inner: [car->hood]\n"
	status, out, _ := runOn(t, files, "check", "--arch", "x86")
	if status != exitFindings || !strings.Contains(out, ".klockscan.yaml:2") {
		t.Errorf("with the tree's rules: status %d, %s", status, out)
	}
	files[".klockscan.yaml"] += "suppress:\n  - kind: order\n    function: car_open\n    reason: a test\n  - kind: leak\n    function: car_open\n    arch: x86\n    reason: long gone\n"
	status, out, _ = runOn(t, files, "check", "--arch", "x86")
	if status != exitClean || !strings.Contains(out, "1 suppressed by a rules file") || !strings.Contains(out, ".klockscan.yaml:8:5: long gone") {
		t.Errorf("suppressed: status %d, %s", status, out)
	}
}

func TestRulesFileExtendsTables(t *testing.T) {
	files := map[string]string{
		"virt/kvm/car.c": twoLocks + `
void car_lock(struct car *car);
void car_unlock(struct car *car);
int car_leak(struct car *car, int x)
{
	mutex_lock(&car->hood);
	car_park(car);
	if (x)
		return x;
	mutex_unlock(&car->hood);
	return 0;
}
static void car_wheel(struct car *car)
{
	mutex_lock(&car->gate);
	mutex_unlock(&car->gate);
}
struct car_ops { void (*turn)(struct car *car); };
struct car_ops ops = { .turn = car_wheel };
`,
		".klockscan.yaml": `primitives:
  - name: car_park
    action: unlock
    object: "0"
    mode: write
    reason: parks, and lets go
entries:
  - member: car_ops.turn
    kind: steering
    reason: the driver calls it
`,
	}
	if status, out, errs := runOn(t, files, "callers", "--arch", "x86", "--entry", "car_wheel"); status != exitClean || !strings.Contains(out, "steering") {
		t.Errorf("status %d, %s%s", status, out, errs)
	}
}

func TestBadRulesFile(t *testing.T) {
	for text, want := range map[string]string{
		"rules:\n  - outer: [car->gate]\n    inner: [car->roof]\n":                                "mine.yaml:2:5: no lock class for car->roof",
		"rules:\n  - outer: [car->gate]\n    innner: [car->hood]\n":                               "[3:5] unknown field \"innner\"",
		"primitives:\n  - name: car_park\n    action: fly\n    reason: it does\n":                 "mine.yaml:2:5: ",
		"primitives:\n  - name: car_park\n    action: unlock\n":                                   "a primitive needs name, action and reason",
		"entries:\n  - name: car_*\n    macro: CAR\n    kind: car\n    reason: two at once\n":     "exactly one of",
		"suppress:\n  - kind: order\n    function: car_open\n":                                    "mine.yaml:2:5: a suppression needs a reason",
		"suppress:\n  - {kind: leak, function: f, arch: vax, reason: r}\n":                        "architectures are",
		"suppress:\n  - reason: everything\n":                                                     "a suppression needs a fingerprint",
		"rules:\n  - outer: [car->gate]\n    inner: [car->hood]\n    arch: x86\nsuppressed: []\n": "unknown field",
	} {
		name := filepath.Join(t.TempDir(), "mine.yaml")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		status, _, errs := runOn(t, map[string]string{"virt/kvm/car.c": twoLocks}, "check", "--arch", "x86", "--rules", name)
		if status != exitUsage || !strings.Contains(errs, want) {
			t.Errorf("%q: status %d, stderr %q, want %q", text, status, errs, want)
		}
	}
}

// TestSchemaHasAllKeys: the shipped schema and the decoder know the same keys.
func TestSchemaHasAllKeys(t *testing.T) {
	text, err := os.ReadFile("../docs/klockscan.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	type schema struct {
		Properties map[string]*schema
		Items      *schema
	}
	var s schema
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	keys := func(s *schema) []string {
		var out []string
		for k := range s.Properties {
			out = append(out, k)
		}
		slices.Sort(out)
		return out
	}
	tags := func(typ reflect.Type) []string {
		var out []string
		for i := range typ.NumField() {
			if tag := typ.Field(i).Tag.Get("yaml"); tag != "" {
				out = append(out, tag)
			}
		}
		slices.Sort(out)
		return out
	}
	file := reflect.TypeFor[rulesFile]()
	if got, want := keys(&s), tags(file); !slices.Equal(got, want) {
		t.Errorf("keys %q, want %q", got, want)
	}
	for i := range file.NumField() {
		list := file.Field(i)
		part := s.Properties[list.Tag.Get("yaml")]
		if part.Items != nil {
			part = part.Items
		}
		if got, want := keys(part), tags(list.Type.Elem()); !slices.Equal(got, want) {
			t.Errorf("%s: keys %q, want %q", list.Name, got, want)
		}
	}
}
