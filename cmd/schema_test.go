package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"klockscan/reports"
)

const resultSchema = "../docs/result.schema.json"

// schemaDocuments is the documents that the schema is about, by definition. One
// more is a line here, a line in oneOf, and its definitions.
var schemaDocuments = map[string]reflect.Type{
	"check": reflect.TypeFor[reports.Check](),
	"audit": reflect.TypeFor[reports.Audit](),
	"diff":  reflect.TypeFor[reports.Diff](),
}

// compileSchema compiles the schema, which must itself be one of its draft.
func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(resultSchema)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, text []byte) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

// ruleCircle states one order in both ways, and an order that the tree breaks.
const ruleCircle = `rules:
  - {outer: [car->gate], inner: [car->hood]}
  - {outer: [car->hood], inner: [car->gate]}
suppress:
  - {kind: leak, function: car_open, reason: long gone}
`

// TestResultsFitTheSchema: what the commands write is what the schema says.
func TestResultsFitTheSchema(t *testing.T) {
	s := compileSchema(t)
	fixtures := "../fixtures/tree"
	small := newTree(t, map[string]string{"virt/kvm/car.c": twoLocks, ".klockscan.yaml": ruleCircle}).root.Name()
	empty := newTree(t, map[string]string{"virt/kvm/a.c": "int a(void) { return 0; }"}).root.Name()
	trees := []string{fixtures, empty, small}
	commands := [][]string{
		{"check", "--confidence", "guess"}, {"check", "--scope", "all"}, {"check", "-v", "--confidence", "certain"},
		{"audit", "--confidence", "guess"}, {"audit", "--old", empty}, {"audit", "--old", fixtures}, {"diff", fixtures}, {"diff", "--confidence", "guess", empty}, {"diff", "--patch", "../examples/sample.patch", "--confidence", "guess", fixtures},
	}
	for _, tree := range trees {
		for _, c := range commands {
			args := append(slices.Clone(c), "--format", "json")
			if !slices.Contains(c, "--patch") {
				args = append(args, tree)
			}
			var out, errs bytes.Buffer
			if status := run(context.Background(), args, streams{nil, &out, &errs}, makeCode, false); status > exitFindings {
				t.Fatalf("%q: status %d, %s", args, status, &errs)
			}
			if err := validate(t, s, out.Bytes()); err != nil {
				t.Errorf("%q: %v", args, err)
			}
		}
	}
}

// TestStoredResultsFitTheSchema: likewise the documents that the writers are tested
// with; those that are no results are refused.
func TestStoredResultsFitTheSchema(t *testing.T) {
	s := compileSchema(t)
	files, err := filepath.Glob("../reports/testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	fit := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var doc any // other formats are JSON too
		if err := json.Unmarshal(text, &doc); err != nil {
			t.Fatal(err)
		}
		object, _ := doc.(map[string]any)
		is := object["findings"] != nil || object["undocumented"] != nil
		switch err := validate(t, s, text); {
		case !is && err == nil:
			t.Errorf("%s is none of the documents, and is accepted", file)
		case is:
			fit++
			if err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
	if fit == 0 {
		t.Error("no stored document is a result")
	}
}

// TestSchemaRefusesBrokenResults changes a good document in one place at a time.
func TestSchemaRefusesBrokenResults(t *testing.T) {
	s := compileSchema(t)
	good, err := os.ReadFile("../reports/testdata/check.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := validate(t, s, good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(doc, finding map[string]any){
		"no head":            func(doc, _ map[string]any) { delete(doc, "head") },
		"other tool":         func(doc, _ map[string]any) { doc["head"].(map[string]any)["tool"] = "sparse" },
		"other format":       func(doc, _ map[string]any) { doc["head"].(map[string]any)["format"] = 2 },
		"null findings":      func(doc, _ map[string]any) { doc["findings"] = nil },
		"unknown key":        func(doc, _ map[string]any) { doc["finding"] = 1 },
		"of two documents":   func(doc, _ map[string]any) { doc["undocumented"] = []any{} },
		"unknown kind":       func(_, f map[string]any) { f["kind"] = "disorder" },
		"unknown confidence": func(_, f map[string]any) { f["confidence"] = "sure" },
		"line in words":      func(_, f map[string]any) { f["line"] = "15" },
		"negative line":      func(_, f map[string]any) { f["line"] = -1 },
		"no fingerprint":     func(_, f map[string]any) { f["fingerprint"] = "" },
		"no chain":           func(_, f map[string]any) { delete(f, "chain") },
		"unknown mode":       func(_, f map[string]any) { f["outer"].(map[string]any)["mode"] = "exclusive" },
		"unknown edge":       func(_, f map[string]any) { f["chain"].([]any)[0].(map[string]any)["edge"] = "jump" },
		"unknown in a step":  func(_, f map[string]any) { f["chain"].([]any)[0].(map[string]any)["column"] = 1 },
		"unknown rule":       func(_, f map[string]any) { f["rule"].(map[string]any)["kind"] = "advice" },
	} {
		var doc map[string]any
		if err := json.Unmarshal(good, &doc); err != nil {
			t.Fatal(err)
		}
		spoil(doc, doc["findings"].([]any)[0].(map[string]any))
		text, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		if validate(t, s, text) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
