package reports

import (
	"strings"
	"testing"
)

func lockOf(class string) *Lock {
	return &Lock{Class: class, Name: class, Mode: "write", Function: "f", File: "f.c", Line: 1}
}

func nameOf(class string) []Name { return []Name{{Text: class, Classes: []string{class}}} }

func pairOf(arch, outer, inner, confidence string, try bool) Pair {
	p := Pair{Arch: arch, Outer: *lockOf(outer), Inner: *lockOf(inner), Confidence: confidence}
	p.Inner.Try = try
	return p
}

// orderedCheck is a check with every kind of arrow.
func orderedCheck() Check {
	rule := func(kind, arch, outer, inner string) Rule {
		return Rule{Kind: kind, Arch: arch, File: "doc/locking.rst", Line: 7, Text: "text", Outer: nameOf(outer), Inner: nameOf(inner)}
	}
	against := rule("order", "", "struct car.key", "struct car.gate")
	return Check{
		Head: Head{Arches: []string{"x86", "arm64"}},
		LockOrder: LockOrder{
			Rules: []Rule{
				against, rule("order", "", "struct car.gate", "road"), rule("may-inside", "", "road", "lane"), rule("wait-under", "x86", "lane", "srcu"),
				rule("requires", "", "lane", "kerb"), rule("not-inside", "", "srcu", "never1"), rule("released", "", "never2", "srcu"),
				rule("must-not", "", "never3", "road"), rule("leaf", "", "never4", "road"), {Kind: "order"}, rule("note", "", "never5", "road"),
			},
			Pairs: []Pair{
				pairOf("x86", "struct car.key", "struct car.gate", "possible", false), pairOf("arm64", "struct car.key", "struct car.gate", "likely", false),
				pairOf("x86", "struct car.key", "road", "certain", false), pairOf("x86", "road", "tree", "certain", true),
				pairOf("x86", "tree", "leafs", "guess", false), pairOf("arm64", "tree", "leafs2", "certain", false), pairOf("arm64", "road", "leafs2", "certain", false), pairOf("arm64", "lane", "srcu", "certain", false),
			},
		},
		Findings: []Finding{
			{Kind: "order", Arch: "x86", Confidence: "certain", Outer: lockOf("struct car.gate"), Inner: lockOf("struct car.key"), Rule: &against},
			{Kind: "order", Arch: "x86", Confidence: "possible", Outer: lockOf("struct car.gate"), Inner: lockOf("struct car.key"), Rule: &against},
			{Kind: "cycle", Arch: "x86", Confidence: "possible", Outer: lockOf("hen"), Inner: lockOf("egg")},
			{Kind: "self-deadlock", Arch: "x86", Confidence: "likely", Outer: lockOf("hen"), Inner: lockOf("hen")},
			{Kind: "atomic-sleep", Arch: "x86", Confidence: "likely", Outer: lockOf("spin"), Inner: &Lock{Mode: "sleep"}},
			{Kind: "must-not", Arch: "x86", Outer: &Lock{Class: "notifier", Mode: "context"}, Inner: lockOf("spin")},
		},
	}
}

func TestLockPicture(t *testing.T) {
	p := orderedCheck().LockPicture()
	got := map[string]string{}
	for _, a := range p.Arrows {
		id := p.arrowID(a)
		if got[id] != "" {
			t.Errorf("two arrows %s", id)
		}
		got[id] = strings.TrimSpace(a.classes() + " " + a.Label)
	}
	want := map[string]string{
		"struct car.key>struct car.gate": "both",
		"struct car.gate>road":           "documented",
		"struct car.key>road":            "both x86", // by way of the gate
		"road>lane":                      "documented",
		"lane>srcu":                      "both",
		"lane>kerb":                      "documented",
		"road>tree":                      "observed dashed x86", // both exist on arm64
		"tree>leafs2":                    "observed",
		"road>leafs2":                    "observed",
		"tree>leafs":                     "observed dashed",
		"struct car.gate>struct car.key": "contradicted against locking.rst:7 (2 findings) x86",
		"hen>egg":                        "contradicted dashed both orders",
		"egg>hen":                        "contradicted dashed both orders",
		"hen>hen":                        "contradicted self-deadlock",
	}
	for id, is := range want {
		if got[id] != is {
			t.Errorf("%s is %q, want %q", id, got[id], is)
		}
	}
	for id := range got {
		if want[id] == "" {
			t.Errorf("%s is drawn: %q", id, got[id])
		}
	}
	for _, b := range p.Boxes {
		if want := strings.HasPrefix(b.ID, "struct car"); (b.Group == "struct car") != want || strings.HasPrefix(b.ID, "never") && b.Group != "" {
			t.Errorf("box %s has group %q", b.ID, b.Group)
		}
		if b.ID == "notifier" || b.ID == "" {
			t.Errorf("%q is no lock", b.ID)
		}
	}
}

// TestPicturesOfOddDocuments: nothing is taken for granted of a document.
func TestPicturesOfOddDocuments(t *testing.T) {
	lock := lockOf("a")
	for _, c := range []Check{
		{},
		{Findings: []Finding{{}, {Kind: "order"}, {Kind: "cycle", Outer: lock}, {Kind: "order", Outer: lock, Inner: lock}, {Kind: "srcu", Outer: &Lock{}, Inner: lock}}},
		{LockOrder: LockOrder{Pairs: []Pair{{}, {Arch: "none", Outer: *lock}}, Rules: []Rule{{Kind: "order", Outer: []Name{{}}, Inner: []Name{{}}}}}},
		{LockOrder: LockOrder{Rules: []Rule{{Kind: "order", Outer: nameOf(""), Inner: nameOf(".")}}}},
	} {
		for _, p := range []Picture{c.LockPicture(), c.LockPicture().Legible(), c.LockPicture().Collapsed()} {
			if svg := drawn(t, p); len(svg.boxes) != len(p.Boxes) || len(svg.arrows) != len(p.Arrows) {
				t.Errorf("%d boxes and %d arrows are drawn of %+v", len(svg.boxes), len(svg.arrows), p)
			}
		}
	}
	for _, p := range []Picture{{}, ChainPicture("", nil), ChainPicture("", [][]Step{nil, {{}}})} {
		drawn(t, p.Legible())
	}
}

// TestHostileLocks: a lock picture of hostile names has as many boxes as names.
func TestHostileLocks(t *testing.T) {
	var c Check
	for i, name := range hostile {
		c.LockOrder.Pairs = append(c.LockOrder.Pairs, pairOf(name, name, hostile[(i+3)%len(hostile)], name, false))
		c.LockOrder.Rules = append(c.LockOrder.Rules, Rule{Kind: "order", File: name, Text: name, Outer: nameOf(name), Inner: nameOf("struct " + name + "." + name)})
	}
	p := c.LockPicture().Legible()
	if svg := drawn(t, p); len(svg.boxes) != len(p.Boxes) || len(p.Boxes) != 2*len(hostile) {
		t.Errorf("%d boxes are drawn, want %d", len(svg.boxes), 2*len(hostile))
	}
	graphviz(t, p)
	graphviz(t, hostilePicture())
}
