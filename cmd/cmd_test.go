package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"klockscan/lockflow"
	"klockscan/reports"
)

func TestScopeTable(t *testing.T) {
	table, err := loadScopes(scopesText)
	if err != nil {
		t.Fatal(err)
	}
	if table.named(table.Default) == nil {
		t.Errorf("the default scope %q is not in the table", table.Default)
	}
	for name, text := range map[string]string{
		"no reason":   "scopes: [{name: x, dirs: []}]",
		"dir":         "scopes: [{name: x, reason: y, dirs: [{path: a}]}]",
		"unknown key": "scoops: []",
		"no YAML":     "\t{",
	} {
		if _, err := loadScopes([]byte(text)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestScopeValues(t *testing.T) {
	table, err := loadScopes([]byte("scopes: [{name: cars, reason: r, dirs: [{path: arch/$ARCH/cars, reason: r}], docs: [{path: D/c.rst, reason: r}]}]\n" +
		"documents: [{path: D/$DIR/l.rst, reason: r}]"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := table.scope([]string{"cars", "./fs/ext4/", "mm"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(s.dirs, " "), "arch/$ARCH/cars fs/ext4 mm"; got != want {
		t.Errorf("dirs %s, want %s", got, want)
	}
	if got, want := strings.Join(s.docs, " "), "D/c.rst D/fs/ext4/l.rst D/mm/l.rst"; got != want {
		t.Errorf("docs %s, want %s", got, want)
	}
	for _, bad := range []string{"", "..", "a/../../b", "/etc"} {
		if _, err := table.scope([]string{bad}); err == nil {
			t.Errorf("scope %q is accepted", bad)
		}
	}
}

// newTree makes a directory with files, and opens it.
func newTree(t *testing.T, files map[string]string) *tree {
	t.Helper()
	dir := t.TempDir()
	files["Makefile"] = "VERSION = 9\nPATCHLEVEL = 4\nSUBLEVEL = 2\nEXTRAVERSION = -rc1\nVERSION = 8\n"
	for name, text := range files {
		full := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(full), 0o777), os.WriteFile(full, []byte(text), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	tr, version, err := openTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	if version != "9.4.2-rc1" {
		t.Errorf("version %q", version)
	}
	return tr
}

func TestTreeCannotBeLeft(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret.c")
	if err := os.WriteFile(outside, []byte("secret"), 0o666); err != nil {
		t.Fatal(err)
	}
	tr := newTree(t, map[string]string{"a/in.c": "in", "a/sub/x.h": "x"})
	for link, target := range map[string]string{
		"a/abs.c": outside, "a/rel.c": "../../../../../../../../" + outside, "a/loop.c": "loop.c",
		"a/nothing.c": "nowhere", "a/fine.c": "in.c", "a/up": "..",
	} {
		if err := os.Symlink(target, filepath.Join(tr.root.Name(), link)); err != nil {
			t.Fatal(err)
		}
	}
	for name, ok := range map[string]bool{
		"a/in.c": true, "a/fine.c": true, "a/abs.c": false, "a/rel.c": false, "a/loop.c": false, "a/nothing.c": false,
		"../x": false, "/etc/passwd": false, "a": false,
	} {
		if text, err := tr.ReadFile(name); (err == nil) != ok || string(text) == "secret" {
			t.Errorf("ReadFile(%s): %q, %v", name, text, err)
		}
		if f, err := tr.Open(name); err == nil {
			text, _ := io.ReadAll(f)
			f.Close()
			if string(text) == "secret" {
				t.Errorf("Open(%s) leads out", name)
			}
		}
	}
	if got := tr.sources([]string{"a", "missing"}); !slices.Equal(got, []string{"a/in.c", "a/sub/x.h"}) {
		t.Errorf("sources %q", got)
	}
	lost := map[string]string{}
	for _, l := range tr.notRead() {
		lost[l.File] = l.Reason
	}
	for _, name := range []string{"a/abs.c", "a/rel.c", "a/loop.c", "a/nothing.c"} {
		if lost[name] == "" {
			t.Errorf("%s is not among the files not read: %v", name, lost)
		}
	}
	if lost["missing"] != "" || lost["a/in.c"] != "" {
		t.Errorf("lost without need: %v", lost)
	}
}

func TestOutputIsWholeOrOld(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "out")
	if err := os.WriteFile(name, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	err := writeOut(name, nil, func(w io.Writer) error {
		_, _ = io.WriteString(w, strings.Repeat("new", 100000))
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if text, _ := os.ReadFile(name); string(text) != "old" {
		t.Errorf("a failed write leaves %.20q", text)
	}
	if err := writeOut(name, nil, func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err }); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(name); string(text) != "new" {
		t.Errorf("got %q", text)
	}
	if info, _ := os.Stat(name); info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v", info.Mode())
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("files are left: %v", left)
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("pipe") }

func TestStatusOfFailedOutput(t *testing.T) {
	var errs bytes.Buffer
	if got := Run(context.Background(), []string{"version"}, nil, brokenPipe{}, &errs); got != exitFailure || errs.Len() == 0 {
		t.Errorf("status %d, stderr %q", got, &errs)
	}
}

func TestMessagesAreOneLine(t *testing.T) {
	var out, errs bytes.Buffer
	got := Run(context.Background(), []string{"check", "no\nsuch\x1b[31m\ntree"}, nil, &out, &errs)
	if got != exitFailure || strings.Count(errs.String(), "\n") != 1 || strings.Contains(errs.String(), "\x1b") || out.Len() > 0 {
		t.Errorf("status %d, stdout %q, stderr %q", got, &out, &errs)
	}
}

func TestInterrupted(t *testing.T) {
	afterInterrupt(t)
	tr := newTree(t, map[string]string{"virt/kvm/a.c": "int a(void) { return 0; }"})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, errs bytes.Buffer
	if got := Run(ctx, []string{"check", tr.root.Name()}, nil, &out, &errs); got != exitFailure || errs.String() != "klockscan: interrupted\n" {
		t.Errorf("status %d, stderr %q", got, &errs)
	}
}

func TestLockFilter(t *testing.T) {
	lock := lockflow.Lock{Name: "car->arch.gate", Class: lockflow.Class{Owner: "struct car_arch", Path: "gate"}}
	global := lockflow.Lock{Name: "car_lock", Class: lockflow.Class{Path: "car_lock"}}
	for _, test := range []struct {
		text string
		lock lockflow.Lock
		want bool
	}{
		{"", lock, true}, {"car->arch.gate", lock, true}, {"struct car_arch.gate", lock, true}, {"car_arch.gate", lock, true},
		{"gate", lock, true}, {"at", lock, false}, {"struct car.gate", lock, false},
		{"car_lock", global, true}, {"gate", global, false},
	} {
		if got := (lockFilter{text: test.text}).match(test.lock); got != test.want {
			t.Errorf("%q matches %s: %v", test.text, test.lock.Class, got)
		}
	}
	bound := lockFilter{text: "x->gate", classes: []lockflow.Class{lock.Class}}
	if !bound.match(lock) || bound.match(global) {
		t.Error("the classes of the name are not used")
	}
}

func TestRulesFile(t *testing.T) {
	file, places, err := decodeRules([]byte("# c\nrules:\n  - outer: [a->l]\n    inner: [b->l, c->l]\n\n  - text: a is taken outside b\n    arch: x86\n"))
	if err != nil {
		t.Fatal(err)
	}
	rows := file.Rules
	if len(rows) != 2 || places.line("rules", 0) != 3 || places.line("rules", 1) != 6 || rows[1].Arch != "x86" || len(rows[0].Inner) != 2 {
		t.Errorf("rows %+v at %v", rows, places)
	}
	for name, text := range map[string]string{
		"empty": "", "only a comment": "# x", "a list": "- a", "unknown key": "rules: [{outre: [a]}]", "wrong type": "rules: 3",
		"no rows": "rules: []", "no YAML": "rules: [", "binary": "\x00\xff",
	} {
		if file, _, err := decodeRules([]byte(text)); err == nil {
			t.Errorf("%s: accepted as %+v", name, file)
		}
	}
}

func FuzzRulesFile(f *testing.F) {
	f.Add([]byte("rules:\n  - outer: [a]\n    inner: [b]\n"))
	f.Add([]byte("rules: &a [*a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var set settings
		if err := set.add("f", text); err == nil && len(set.rules)+len(set.primitives)+len(set.entries)+len(set.suppress)+len(set.options) == 0 {
			t.Error("neither rows nor an error")
		}
	})
}

// TestEveryCommandHasAnExample also wants no example of a command that is gone.
func TestEveryCommandHasAnExample(t *testing.T) {
	var examples map[string][]string
	if err := yaml.Unmarshal(examplesText, &examples); err != nil {
		t.Fatal(err)
	}
	root := newRoot(streams{}, makeCode, false)
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if len(examples[c.CommandPath()]) == 0 {
			t.Errorf("%s has no example", c.CommandPath())
		}
		delete(examples, c.CommandPath())
		if c.Short == "" {
			t.Errorf("%s has no description", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
	for path := range examples {
		t.Errorf("examples of %q, which is no command", path)
	}
}

// A memory keeps what was analysed of one tree: each example would read it anew.
type memory struct {
	mu    sync.Mutex
	codes map[string]*code // by architecture and scope
}

func (m *memory) make(ctx context.Context, s *session, arch string, _ bool) (*code, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := fmt.Sprint(arch, " of ", s.scope.names, s.scope.dirs, s.scope.alone)
	if c := m.codes[key]; c != nil {
		return c, nil
	}
	c, err := makeCode(ctx, s, arch, true)
	if err == nil {
		m.codes[key] = c
	}
	return c, err
}

// TestExamplesWork runs every example of the help texts on a real kernel tree.
func TestExamplesWork(t *testing.T) {
	kernel := os.Getenv("KLOCKSCAN_KERNEL")
	if kernel == "" {
		t.Skip("KLOCKSCAN_KERNEL does not name a kernel tree")
	}
	if testing.Short() {
		t.Skip("reads a whole tree: not in short mode")
	}
	kernel, err := filepath.Abs(kernel)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for _, name := range []string{"linux", "linux-old"} {
		if err := os.Symlink(kernel, name); err != nil {
			t.Fatal(err)
		}
	}
	patch := "--- /dev/null\n+++ b/virt/kvm/example.c\n@@ -0,0 +1 @@\n+int example;\n"
	if err := os.WriteFile("my.patch", []byte(patch), 0o666); err != nil {
		t.Fatal(err)
	}
	var examples map[string][]string
	if err := yaml.Unmarshal(examplesText, &examples); err != nil {
		t.Fatal(err)
	}
	t.Setenv(playEnv, "1") // bench runs the program
	kept := memory{codes: map[string]*code{}}
	done := map[string]bool{}
	for _, command := range sortedKeys(examples) { // what baseline and check write is read by later ones
		for _, line := range examples[command] {
			if done[line] {
				continue
			}
			done[line] = true
			args := strings.Fields(strings.ReplaceAll(line, "'", ""))
			var out, errs bytes.Buffer
			status := run(context.Background(), args[1:], streams{nil, &out, &errs}, kept.make, false)
			if status != exitClean && (status != exitFindings || args[1] != "check") || errs.Len() > 0 {
				t.Errorf("%s: status %d, stderr %s", line, status, &errs)
			}
			if out.Len() == 0 && !slices.Contains(args, "-o") {
				t.Errorf("%s prints nothing", line)
			}
		}
	}
}

// TestLostInScope: only files of the scope spoil a clean check.
func TestLostInScope(t *testing.T) {
	s := &session{options: &options{arches: []string{"x86"}}, scope: &scope{dirs: []string{"arch/$ARCH/cars"}}}
	for file, spoils := range map[string]bool{
		"arch/x86/cars/a.c": true, "arch/x86/cars": true, "arch/arm64/cars/a.c": false, "include/a.h": false, "arch/x86/carsick.c": false,
	} {
		err := s.lostInScope(reports.Head{NotRead: []reports.Lost{{File: file, Reason: "why"}}})
		if (err != nil) != spoils {
			t.Errorf("%s: %v", file, err)
		}
	}
}

var _ fs.ReadDirFS = (*tree)(nil)
