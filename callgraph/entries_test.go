package callgraph

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"klockscan/cparse"
)

func TestEntryTableIsChecked(t *testing.T) {
	if _, err := parseEntries("entries.txt", entriesText); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{
		"member struct x.y", "member struct x.y kind", "async work # reason", "magic x kind # reason", "macro m one kind # reason",
		"macro m -1 kind # reason", "name x kind #  ", "name x a # r\nname x b # r",
	} {
		if rows, err := parseEntries("entries.txt", bad); err == nil {
			t.Errorf("%q is accepted as %v", bad, rows)
		}
	}
}

// bothWays runs a test on a graph as it was built and as it is read from a cache.
func bothWays(t *testing.T, g *Graph, test func(*testing.T, *Graph)) {
	t.Run("built", func(t *testing.T) { test(t, g) })
	t.Run("decoded", func(t *testing.T) {
		text := encoded(g)
		copied, err := DecodeGraph(cparse.NewDecoder(text), g.Prog.entryTable)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(encoded(copied), text) {
			t.Error("the decoded graph is encoded to something else")
		}
		test(t, copied)
	})
}

func encoded(g *Graph) []byte {
	e := cparse.NewEncoder()
	g.Encode(e)
	return e.Bytes()
}

// TestDecodeSpoiledGraph: what was cut short or changed is an error or another
// graph, and never a crash.
func TestDecodeSpoiledGraph(t *testing.T) {
	g, _ := buildFixture(t, "cases.txtar", "cases")
	text := encoded(g)
	rnd := rand.New(rand.NewSource(1))
	for i := range 2000 {
		spoiled := slices.Clone(text[:len(text)-rnd.Intn(len(text))*(i%2)])
		for range 1 + i%3 {
			if len(spoiled) > 0 {
				spoiled[rnd.Intn(len(spoiled))] ^= byte(1 << rnd.Intn(8))
			}
		}
		if g, err := DecodeGraph(cparse.NewDecoder(spoiled), DefaultEntries()); err == nil {
			for id := range g.Prog.Funcs {
				g.Prog.caseBody(FuncID(id))
			}
		}
	}
}

// buildFixture builds the x86 graph of an archive in testdata, and returns one
// of its files as lines.
func buildFixture(t *testing.T, name, section string) (*Graph, []string) {
	t.Helper()
	data, err := fs.ReadFile(testdata, "testdata/"+name)
	if err != nil {
		t.Fatal(err)
	}
	tree, _ := readTree(txtar.Parse(data))
	p, err := Load(context.Background(), tree, Options{Arch: "x86", Dirs: []string{"drv"}})
	if err != nil {
		t.Fatal(err)
	}
	return Build(p), strings.Split(strings.TrimSuffix(string(tree[section].Data), "\n"), "\n")
}

func TestEntries(t *testing.T) {
	g, want := buildFixture(t, "entries.txtar", "entries")
	bothWays(t, g, func(t *testing.T, g *Graph) { checkEntries(t, g, want) })
}

func checkEntries(t *testing.T, g *Graph, want []string) {
	var got []string
	for _, e := range g.Entries() {
		got = append(got, fmt.Sprintf("%s: %s: %s", g.Prog.Funcs[e.Func].Name, e.Kind, e.Via))
		if (e.Kind == "") != (e.Place.Path == "") {
			t.Errorf("%s: place %v", got[len(got)-1], e.Place)
		}
	}
	for i := range got {
		got[i] = strings.TrimSuffix(got[i], " ")
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestEntriesTo: chains end at entry points, and no chain goes back out through
// the table that makes one.
func TestEntriesTo(t *testing.T) {
	g, _ := buildFixture(t, "entries.txtar", "entries")
	bothWays(t, g, checkEntriesTo)
}

func checkEntriesTo(t *testing.T, g *Graph) {
	show := func(name string, allow Allow) []string {
		var out []string
		for _, r := range g.EntriesTo(g.Prog.Find(name), allow) {
			out = append(out, r.Kind+": "+g.text(r.Chain))
		}
		return out
	}
	for _, test := range []struct {
		name  string
		allow Allow
		want  []string
	}{
		{"drain", Allow{}, []string{"file operation: drv_release direct drain", "file operation: drv_poll direct drain"}},
		{"port_send", Allow{}, []string{": drv_open direct drv_shared ops port_send"}},
		{"port_send", Allow{Weakest: Macro}, nil},
		{"drv_work", Allow{}, []string{"work item: drv_work"}},
		{"drv_work", Allow{Async: true}, []string{"work item: drv_work", ": drv_open direct drv_shared async drv_work"}},
		{"drv_extra", Allow{}, []string{"exported symbol: drv_extra"}},
		{"vfs_poll", Allow{}, []string{"system call: __do_sys_poll direct vfs_poll"}},
	} {
		if got := show(test.name, test.allow); !slices.Equal(got, test.want) {
			t.Errorf("%s %+v: got %q, want %q", test.name, test.allow, got, test.want)
		}
	}
	// All but the system call, whose chain would go through the table that makes
	// drv_poll an entry point.
	if helper := show("helper", Allow{}); len(helper) != len(g.Entries())-1 {
		t.Errorf("all entry points but one reach helper: got %q", helper)
	}
}

func TestCases(t *testing.T) {
	g, want := buildFixture(t, "cases.txtar", "cases")
	bothWays(t, g, func(t *testing.T, g *Graph) { checkCases(t, g, want) })
}

func checkCases(t *testing.T, g *Graph, want []string) {
	for _, line := range want {
		name, labels, _ := strings.Cut(line, ":")
		all := g.EntriesTo(g.Prog.Find(name), Allow{})
		if len(all) != 1 || g.Prog.Funcs[all[0].Func].Name != "drv_ioctl" {
			t.Fatalf("%s: %d entry points", name, len(all))
		}
		if got := strings.Join(all[0].Cases.Labels, " "); got != strings.TrimSpace(labels) || len(got) > 0 && all[0].Cases.Otherwise {
			t.Errorf("%s: %+v, want %s", name, all[0].Cases, labels)
		}
	}
}
