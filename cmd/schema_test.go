package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"klockscan/callgraph"
	"klockscan/lockflow"
	"klockscan/reports"
)

const resultSchema = "../docs/result.schema.json"

// schemaDocuments is the documents that the schema is about, by definition. One
// more is a line here, a line in oneOf, and its definitions.
var schemaDocuments = map[string]reflect.Type{
	"check": reflect.TypeFor[reports.Check](),
	"audit": reflect.TypeFor[reports.Audit](),
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
		{"audit", "--confidence", "guess"}, {"audit", "--old", empty}, {"audit", "--old", fixtures},
	}
	for _, tree := range trees {
		for _, c := range commands {
			args := append(slices.Clone(c), "--format", "json", tree)
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
		var kind struct{ Findings, Undocumented json.RawMessage }
		if err := json.Unmarshal(text, &kind); err != nil {
			t.Fatal(err)
		}
		switch err := validate(t, s, text); {
		case kind.Findings == nil && kind.Undocumented == nil && err == nil:
			t.Errorf("%s is none of the documents, and is accepted", file)
		case kind.Findings != nil || kind.Undocumented != nil:
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

// A schemaNode is the part of JSON Schema that the schema of results uses.
type schemaNode struct {
	Ref         string `json:"$ref"`
	Type        string
	Description string
	Const       any
	Enum        []string
	Required    []string
	Properties  map[string]*schemaNode
	Items       *schemaNode
	AnyOf       []*schemaNode
	OneOf       []*schemaNode
	Additional  json.RawMessage        `json:"additionalProperties"`
	Defs        map[string]*schemaNode `json:"$defs"`
}

// readSchema is the schema as text, for comparisons with the code.
func readSchema(t *testing.T) *schemaNode {
	t.Helper()
	text, err := os.ReadFile(resultSchema)
	if err != nil {
		t.Fatal(err)
	}
	var root schemaNode
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	return &root
}

// A schemaWalk compares the schema with Go types.
type schemaWalk struct {
	*testing.T
	defs map[string]*schemaNode
	seen map[string]reflect.Type // definition → the type that it describes
}

// TestSchemaHasTheFieldsOfResults: schema and Go types know the same keys, of the
// same types, and agree on which may lack. Every key is described.
func TestSchemaHasTheFieldsOfResults(t *testing.T) {
	root := readSchema(t)
	w := schemaWalk{t, root.Defs, map[string]reflect.Type{}}
	var offered []string
	for _, one := range root.OneOf {
		offered = append(offered, strings.TrimPrefix(one.Ref, "#/$defs/"))
	}
	slices.Sort(offered)
	if want := sortedKeys(schemaDocuments); !slices.Equal(offered, want) {
		t.Fatalf("documents %q, want %q", offered, want)
	}
	for _, name := range offered {
		w.value(name, schemaDocuments[name], &schemaNode{Ref: "#/$defs/" + name}, false)
	}
	for name := range root.Defs {
		if w.seen[name] == nil {
			t.Errorf("definition %s is not used", name)
		}
	}
}

// value compares one node with a type; nullable: a pointer that is null if there is
// nothing.
func (w *schemaWalk) value(path string, typ reflect.Type, n *schemaNode, nullable bool) {
	if nullable {
		if len(n.AnyOf) != 2 || n.AnyOf[1].Type != "null" {
			w.Errorf("%s may be null", path)
			return
		}
		n = n.AnyOf[0]
	}
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	for n.Ref != "" {
		name := strings.TrimPrefix(n.Ref, "#/$defs/")
		def := w.defs[name]
		if def == nil {
			w.Errorf("%s: no definition %s", path, n.Ref)
			return
		}
		if before := w.seen[name]; before != nil {
			if before != typ {
				w.Errorf("%s: %s is a %s and a %s", path, name, before, typ)
			}
			return
		}
		w.seen[name] = typ
		path, n = name, def
	}
	w.plain(path, typ, n)
}

// plain is value without references.
func (w *schemaWalk) plain(path string, typ reflect.Type, n *schemaNode) {
	want := map[reflect.Kind]string{reflect.Struct: "object", reflect.Map: "object", reflect.Slice: "array", reflect.String: "string",
		reflect.Bool: "boolean", reflect.Int: "integer", reflect.Int64: "integer"}[typ.Kind()]
	switch c := n.Const.(type) { // a literal tells its type
	case bool:
		n.Type = "boolean"
	case float64:
		n.Type = "integer"
	case string:
		n.Type = "string"
	case nil:
		if n.Enum != nil {
			n.Type = "string"
		}
	default:
		w.Errorf("%s: literal %v", path, c)
	}
	if want == "" || n.Type != want {
		w.Errorf("%s: the schema says %q, the code %s", path, n.Type, typ)
		return
	}
	switch typ.Kind() {
	case reflect.Struct:
		w.object(path, typ, n)
	case reflect.Slice:
		w.value(path+"[]", typ.Elem(), n.Items, false)
	}
}

// object compares the keys of an object with the fields of a struct.
func (w *schemaWalk) object(path string, typ reflect.Type, n *schemaNode) {
	if string(n.Additional) != "false" {
		w.Errorf("%s may have other keys", path)
	}
	var keys, required []string
	for i := range typ.NumField() {
		f := typ.Field(i)
		key, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
		always := rest == ""
		keys = append(keys, key)
		if always {
			required = append(required, key)
		}
		if p := n.Properties[key]; p != nil {
			w.described(path+"."+key, p)
			w.value(path+"."+key, f.Type, p, always && f.Type.Kind() == reflect.Pointer)
		}
	}
	slices.Sort(keys)
	if got := sortedKeys(n.Properties); !slices.Equal(got, keys) {
		w.Errorf("%s: keys %q, want %q", path, got, keys)
	}
	if slices.Sort(required); !slices.Equal(slices.Sorted(slices.Values(n.Required)), required) {
		w.Errorf("%s: required %q, want %q", path, n.Required, required)
	}
}

// described wants a description of a key, here or in its definition.
func (w *schemaWalk) described(path string, n *schemaNode) {
	def := w.defs[strings.TrimPrefix(n.Ref, "#/$defs/")]
	if n.Description == "" && (def == nil || def.Description == "") {
		w.Errorf("%s is not described", path)
	}
}

// TestSchemaHasTheNamesOfResults: the lists of names are those of the code.
func TestSchemaHasTheNamesOfResults(t *testing.T) {
	defs := readSchema(t).Defs
	var kinds []string
	for _, k := range lockflow.Kinds() {
		kinds = append(kinds, string(k))
	}
	edges := namesUntil(func(i uint8) string { return callgraph.EdgeKind(i).String() }, "bad")
	for _, test := range []struct {
		about     string
		got, want []string
	}{
		{"findings", defs["finding_kind"].Enum, kinds},
		{"confidences", defs["confidence"].Enum, confidences()},
		{"modes", defs["mode"].Enum, append(namesUntil(func(i uint8) string { return lockflow.Mode(i).String() }, "none"), "none")},
		{"edges", defs["step"].Properties["edge"].Enum, append(edges, "")},
		{"rules", defs["rule_kind"].Enum, constantsOf(t, "../lockflow/result.go", "RuleKind")},
		{"findings in the source", defs["finding_kind"].Enum, constantsOf(t, "../lockflow/result.go", "Kind")},
	} {
		got, want := slices.Sorted(slices.Values(test.got)), slices.Sorted(slices.Values(test.want))
		if len(want) < 2 || !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", test.about, got, want)
		}
	}
}

// namesUntil is the names of the values from 1, up to the one that stands for none.
func namesUntil(name func(uint8) string, none string) []string {
	var out []string
	for i := uint8(1); name(i) != none; i++ {
		out = append(out, name(i))
	}
	return out
}

// constantsOf is the values of the constants of a string type that a file declares.
func constantsOf(t *testing.T, file, typ string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if id, ok := spec.Type.(*ast.Ident); ok && id.Name == typ {
			if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
				text, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, text)
			}
		}
		return true
	})
	return out
}
