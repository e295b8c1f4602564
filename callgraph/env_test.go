package callgraph

import (
	"maps"
	"slices"
	"testing"
	"testing/fstest"

	"klockscan/cparse"
)

// testEnv is the environment of a source text on an architecture.
func testEnv(t *testing.T, archName, kconfig, src string) *env {
	t.Helper()
	a, err := archByName(archName)
	if err != nil {
		t.Fatal(err)
	}
	tree := fstest.MapFS{"drv/Kconfig": {Data: []byte(kconfig)}}
	e := &env{arch: a, kconfig: readKconfig(tree, []string{"drv/sub"})}
	e.setMacros(newMacroNames().table([]*cparse.File{cparse.Parse("drv/a.c", []byte(src))}))
	return e
}

func TestConditions(t *testing.T) {
	const kconfig = "config DARK\n\tbool\nconfig LIT\n\tbool \"Lit\"\n\tdefault y\n\nconfig TEXT\n\tstring\n\tdefault \"x\"\n"
	const src = "int first;\n#define LEVEL 3\n#define EMPTY\n#define HEX 0x10UL\n#ifndef DEFAULTED\n#define DEFAULTED 1\n#endif\n#define call(x) (x)\n"
	for cond, want := range map[string]cparse.Tri{
		// Options: the table, Kconfig, and on where nothing is said.
		"defined(CONFIG_X86)": cparse.True, "defined(CONFIG_ARM64)": cparse.False, "IS_ENABLED(CONFIG_X86)": cparse.True,
		"defined(CONFIG_DARK)": cparse.False, "IS_ENABLED(CONFIG_DARK)": cparse.False, "defined(CONFIG_LIT)": cparse.True,
		"defined(CONFIG_TEXT)": cparse.True, "defined(CONFIG_NEVER_HEARD_OF)": cparse.True, "defined(CONFIG_LIT_MODULE)": cparse.False,
		"defined(CONFIG_NEVER_HEARD_OF_MODULE)": cparse.False, "CONFIG_X86_64": cparse.True, "CONFIG_X86_32": cparse.False,
		// Other names: defined if a file defines them, and not as a default of their own.
		"defined(LEVEL)": cparse.True, "defined(EMPTY)": cparse.True, "defined(NOT_THERE)": cparse.False, "defined(DEFAULTED)": cparse.False,
		"LEVEL == 3": cparse.True, "LEVEL > 3": cparse.False, "HEX == 16": cparse.True, "LEVEL >= 2 && defined(CONFIG_X86)": cparse.True,
		// Three-valued: what cannot be known stays open, unless one side settles it.
		"call(LEVEL)": cparse.Unknown, "call(LEVEL) && 0": cparse.False, "call(LEVEL) || 1": cparse.True, "(": cparse.Unknown,
		"0": cparse.False, "1": cparse.True, "!defined(CONFIG_ARM64)": cparse.True, "defined CONFIG_X86": cparse.True,
		"defined(__KERNEL__)": cparse.True, "defined(__ASSEMBLY__)": cparse.False,
	} {
		e := testEnv(t, "x86", kconfig, src)
		if got := (&cparse.Cond{Text: cond}).Eval(e); got != want {
			t.Errorf("%s: got %d, want %d", cond, got, want)
		}
		if got := e.holds(&cparse.Cond{Text: cond}); got != (want != cparse.False) {
			t.Errorf("holds(%s) is %v", cond, got)
		}
	}
	if e := testEnv(t, "arm64", "", ""); e.holds(&cparse.Cond{Text: "CONFIG_X86"}) || !e.holds(&cparse.Cond{Text: "CONFIG_ARM64"}) || !e.holds(nil) {
		t.Error("arm64 is taken for x86")
	}
}

// TestKconfig: only an option that is declared, has no prompt and no default,
// and is selected by nobody, is known to be off.
func TestKconfig(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                     nil,
		"config A\n\tbool\n":                   {"A"},
		"config A\n\tdef_bool y\n":             nil,
		"config A\n\ttristate \"Ask\"\n":       nil,
		"config A\n\tbool\n\tprompt \"Ask\"\n": nil,
		"config A\n\tbool\n\tdefault B\n":      nil,
		"config A\n\tbool\nconfig B\n\tbool \"B\"\n\tselect A\n":                nil,
		"config A\n\tbool\nconfig B\n\tbool \"B\"\n\timply A if C\n":            nil,
		"config A\n\tbool\nmenuconfig B\n\tint\n":                               {"A", "B"},
		"config A\n\tbool\nconfig A\n\tdefault y\n":                             nil,
		"config A\n\tdefault y\n\tbool\nconfig A\n\tbool\n":                     nil,
		"config\n\tbool\n\x00\xff select\nselect\nimply\nconfig A B\n\tstring":  {"A"},
		"config A\n\tbool\n\thelp\n\t  select this\n\nconfig B\n\tbool \"B\"\n": {"A"},
	} {
		got := readKconfig(fstest.MapFS{"drv/Kconfig": {Data: []byte(text)}}, []string{"drv", "drv"})
		if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, want) {
			t.Errorf("%q: off are %q, want %q", text, names, want)
		}
	}
}

// TestKconfigAbove: the Kconfig files of the directories above count too.
func TestKconfigAbove(t *testing.T) {
	tree := fstest.MapFS{
		"drv/net/Kconfig": {Data: []byte("config LOW\n\tbool\nconfig PICKED\n\tbool\n")},
		"drv/Kconfig":     {Data: []byte("config TOP\n\tbool \"Top\"\n\tselect PICKED\n")},
		"other/Kconfig":   {Data: []byte("config FAR\n\tbool\n")},
	}
	if got := slices.Sorted(maps.Keys(readKconfig(tree, []string{"drv/net/"}))); !slices.Equal(got, []string{"LOW"}) {
		t.Errorf("off are %q, want LOW", got)
	}
}

func TestArches(t *testing.T) {
	if got := Arches(); !slices.Contains(got, "x86") || !slices.Contains(got, "arm64") {
		t.Errorf("architectures %q", got)
	}
	if _, err := archByName("vax"); err == nil {
		t.Error("vax is known")
	}
	for _, name := range Arches() {
		a, err := archByName(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range Arches() {
			option := map[string]string{"x86": "CONFIG_X86", "arm64": "CONFIG_ARM64"}[other]
			if v, ok := a.settled(option); option != "" && (!ok || (v == cparse.True) != (other == name)) {
				t.Errorf("%s on %s is %v, %v", option, name, v, ok)
			}
		}
	}
}

func TestMechanisms(t *testing.T) {
	rows, err := parseMechanisms(mechanismsText)
	if err != nil || len(rows) == 0 {
		t.Fatal(len(rows), err)
	}
	for _, bad := range []string{"async f 1 work", "async f 1 # no kind", "async f one work # no number", "slot-set f 0 x # no number",
		"inert f 1 # too many", "unknown f 1 # no such action",
		"value f # no argument", "value f 0 twice # no such word", "member a b # no kind", "request f # too few", "async"} {
		if _, err := parseMechanisms(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	for _, good := range []string{"", "# only a comment", "\n\n", "inert f # why", "async f 1 work # why\nasync f 2 work # why",
		"value f 0 # why", "value f 0 deref # why", "member a b work # why"} {
		if _, err := parseMechanisms(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}
