package cmd

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"klockscan/callgraph"
	"klockscan/lockflow"
)

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
		if !f.IsExported() {
			continue // no part of JSON
		}
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
