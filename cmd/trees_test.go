package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/aymanbagabas/go-udiff"

	"klockscan/callgraph"
	"klockscan/cmd/overlay"
	"klockscan/cmd/store"
	"klockscan/reports"
)

// A desk is where sessions on trees of all kinds are made, with one cache.
type desk struct {
	t     *testing.T
	table *scopeFile
	store *store.Store
	loads atomic.Int64 // architectures that were worked out
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	table, err := loadScopes(scopesText)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.TempDir(), cacheLimit)
	if err != nil {
		t.Fatal(err)
	}
	return &desk{t: t, table: table, store: s}
}

// session is one on a directory, with the cache or without.
func (d *desk) session(dir string, cache bool) *session {
	d.t.Helper()
	o := &options{arches: []string{"x86", "arm64"}, scope: []string{d.table.Default}, confidence: "guess"}
	s, err := o.open(streams{err: &bytes.Buffer{}}, d.table, dir)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(s.close)
	if cache {
		s.store = d.store
	}
	s.tree.remembers = cache
	s.make = func(ctx context.Context, s *session, arch string, locks bool) (*code, error) {
		d.loads.Add(1)
		return makeCode(ctx, s, arch, locks)
	}
	return s
}

// beside is a session on another tree, beside one.
func (d *desk) beside(s *session, t *tree, kernel string, err error) *session {
	d.t.Helper()
	if err == nil {
		s, err = s.beside(t, kernel)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(s.close)
	return s
}

// orders is the lock orders and files of a session's tree, and how many architectures
// were worked out for it.
func (d *desk) orders(s *session) (string, int64) {
	d.t.Helper()
	before := d.loads.Load()
	codes, err := s.askLocks(context.Background())
	if err != nil {
		return err.Error(), 0
	}
	var b bytes.Buffer
	if err := reports.WriteJSON(&b, s.order(codes, "", "")); err != nil {
		d.t.Fatal(err)
	}
	for _, c := range codes {
		for _, f := range c.prog.Funcs {
			fmt.Fprintln(&b, f.Path, f.Name)
		}
	}
	s.keepCodes()
	return b.String(), d.loads.Load() - before
}

// write puts a file into a directory, or takes it away if there is no text.
func write(t *testing.T, dir, name, text string) {
	t.Helper()
	at := filepath.Join(dir, name)
	err := os.MkdirAll(filepath.Dir(at), 0o777)
	if text == "" {
		_ = os.Remove(at)
	} else {
		err = errors.Join(err, os.WriteFile(at, []byte(text), 0o666))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func read(dir, name string) string {
	text, _ := os.ReadFile(filepath.Join(dir, name))
	return string(text)
}

// patchTo is a patch that makes of a directory what files are: no text is no file.
func patchTo(dir string, files map[string]string) overlay.Patch {
	var b strings.Builder
	for _, name := range sortedKeys(files) {
		old, a, z := read(dir, name), "a/"+name, "b/"+name
		if old == "" {
			a = "/dev/null"
		}
		if files[name] == "" {
			z = "/dev/null"
		}
		b.WriteString(udiff.Unified(a, z, old, files[name]))
	}
	return overlay.Patch{Name: "test.patch", Text: []byte(b.String())}
}

// TestOverlayIsTheTree edits a directory and lays patches over it at random: each
// answer, from the cache too, is that of a directory which is as the overlay is.
func TestOverlayIsTheTree(t *testing.T) {
	d := newDesk(t)
	base, same := newTree(t, maps.Clone(cachedFiles)).path, newTree(t, maps.Clone(cachedFiles)).path
	rnd := rand.New(rand.NewSource(1))
	names := []string{"virt/kvm/car.h", "kernel/new/more.c", "virt/kvm/new/x.c"}
	for _, name := range sortedKeys(cachedFiles) {
		if name != "Makefile" { // without it there is no tree
			names = append(names, name)
		}
	}
	some := func() (string, string) {
		name := names[rnd.Intn(len(names))]
		all := append(variants(name, cachedFiles[name]), "void x(void) { }\n")
		return name, all[rnd.Intn(len(all))]
	}
	steps, recalled := 80, 0
	if testing.Short() {
		steps = 20
	}
	var patched map[string]string
	for step := range steps {
		if name, text := some(); step%3 != 0 {
			write(t, base, name, text)
		}
		if step%4 < 2 || patched == nil {
			patched = map[string]string{}
			for range 1 + rnd.Intn(3) {
				name, text := some()
				patched[name] = text
			}
		}
		for _, name := range names {
			text, ok := patched[name]
			if !ok {
				text = read(base, name)
			}
			write(t, same, name, text)
		}
		patch := patchTo(base, patched)
		if len(patch.Text) == 0 {
			continue
		}
		s := d.session(base, true)
		if step%2 == 0 {
			d.orders(s) // files are shared
		}
		over, kernel, err := openOverlay(s.tree, patch)
		got, loads := d.orders(d.beside(s, over, kernel, err))
		want, _ := d.orders(d.session(same, false))
		if got != want {
			t.Fatalf("step %d: %q over it\ngives\n%s\nwant\n%s", step, patch.Text, got, want)
		}
		if loads == 0 {
			recalled++
		}
	}
	if recalled < steps/10 {
		t.Errorf("%d of %d answers came from the cache", recalled, steps)
	}
}

// What a result over patches rests on: what they make, and what the directory says
// about the rest.
func TestOverlayIsRecalled(t *testing.T) {
	d := newDesk(t)
	dir := newTree(t, maps.Clone(cachedFiles)).path
	swapped := variants("", cachedFiles["virt/kvm/car.c"])[1]
	patch := patchTo(dir, map[string]string{"virt/kvm/car.c": swapped})
	again := func(p overlay.Patch) int64 {
		t.Helper()
		s := d.session(dir, true)
		over, kernel, err := openOverlay(s.tree, p)
		_, loads := d.orders(d.beside(s, over, kernel, err))
		return loads
	}
	told := overlay.Patch{Name: "other name", Text: append([]byte("A message.\n\n"), patch.Text...)}
	for _, tt := range []struct {
		what string
		do   func()
		p    overlay.Patch
		want int64
	}{
		{"first", func() {}, patch, 2},
		{"again", func() {}, patch, 0},
		{"another message", func() {}, told, 0},
		{"the directory alone", func() { d.orders(d.session(dir, true)) }, patch, 0},
		{"an edit that nobody reads", func() { write(t, dir, "drivers/x.c", "int x;\n") }, patch, 0},
		{"an edit of a file that is read", func() { write(t, dir, "kernel/road.c", cachedFiles["kernel/road.c"]+"void more(void) { }\n") }, patch, 2},
		{"back", func() { write(t, dir, "kernel/road.c", cachedFiles["kernel/road.c"]) }, patch, 0},
		{"a new file in the directory", func() { write(t, dir, "virt/kvm/more.c", "void more(void) { }\n") }, patch, 2},
		{"another patch", func() {}, patchTo(dir, map[string]string{"virt/kvm/car.c": swapped + "\n/* */\n"}), 2},
	} {
		tt.do()
		if got := again(tt.p); got != tt.want {
			t.Errorf("%s: %d architectures were worked out, want %d", tt.what, got, tt.want)
		}
	}
	write(t, dir, "virt/kvm/car.c", strings.Replace(cachedFiles["virt/kvm/car.c"], "hood", "lid", -1))
	if _, _, err := openOverlay(d.session(dir, true).tree, patch); err == nil || !strings.Contains(err.Error(), "virt/kvm/car.c") {
		t.Errorf("a patch that does not apply any more: %v", err)
	}
}

// What only the patched code asks for is lost there, and not in the tree below.
func TestOverlayLoses(t *testing.T) {
	d := newDesk(t)
	dir := newTree(t, maps.Clone(cachedFiles)).path
	for link, to := range map[string]string{"virt/kvm/out.h": "/etc/passwd", "virt/kvm/gone.c": "nowhere"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	s := d.session(dir, true)
	over, kernel, err := openOverlay(s.tree, patchTo(dir, map[string]string{"virt/kvm/car.c": "#include \"out.h\"\n"}))
	o := d.beside(s, over, kernel, err)
	if _, err := over.ReadFile("virt/kvm/out.h"); err == nil {
		t.Error("a link leads out")
	}
	if got := fmt.Sprint(over.notRead()); !strings.Contains(got, "out.h") {
		t.Errorf("not read: %s", got)
	}
	if got := s.tree.notRead(); len(got) != 0 {
		t.Errorf("below, not read: %v", got)
	}
	d.orders(o)
	if _, loads := d.orders(d.beside(s, over, kernel, nil)); loads == 0 {
		t.Error("a result of files that could not be read is kept")
	}
	if _, _, err := openOverlay(s.tree, overlay.Patch{Name: "p", Text: []byte("--- a/virt/kvm/out.h\n+++ b/virt/kvm/out.h\n@@ -1 +1 @@\n-a\n+b\n")}); err == nil || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("a patch of a link: %v", err)
	}
}

// gitRepo commits a directory, and returns how to run git there.
func gitRepo(t *testing.T, dir string) func(args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git: there are no revisions to read")
	}
	git := func(args ...string) string {
		t.Helper()
		out, err := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=A", "-c", "user.email=a@b"}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q")
	git("add", "-A", ".")
	git("commit", "-q", "-m", "commit")
	return git
}

// A commit gives what its directory gives, is recalled by the hash of its tree
// wherever it lies, and patches may lie over it.
func TestRevisions(t *testing.T) {
	d := newDesk(t)
	files := maps.Clone(cachedFiles)
	files["virt/kvm/.hidden"] = "no source\n"
	dir := newTree(t, files).path
	git := gitRepo(t, dir)
	want, _ := d.orders(d.session(dir, false))
	write(t, dir, "virt/kvm/car.c", variants("", cachedFiles["virt/kvm/car.c"])[1])
	changed, _ := d.orders(d.session(dir, false))
	git("commit", "-q", "-a", "-m", "second")
	write(t, dir, "virt/kvm/car.c", "void dirty(void) { }\n")

	s := d.session(dir, true)
	open := func(repo, rev string) *session {
		t.Helper()
		r, kernel, err := openRevision(context.Background(), repo, rev)
		if kernel != "9.4.2-rc1" {
			t.Errorf("kernel %q", kernel)
		}
		return d.beside(s, r, kernel, err)
	}
	clone := t.TempDir()
	git("clone", "-q", "--bare", dir, clone)
	git("commit", "-q", "--amend", "-m", "another message")
	for i, tt := range []struct {
		repo, rev, want string
		loads           int64
	}{{dir, "HEAD~1", want, 2}, {dir, "HEAD~1", want, 0}, {dir, "HEAD", changed, 2}, {dir, "HEAD", changed, 0}, {clone, "HEAD", changed, 0}, {clone, "HEAD~1", want, 0}} {
		got, loads := d.orders(open(tt.repo, tt.rev))
		if got != tt.want || loads != tt.loads {
			t.Errorf("%d: %s: %d architectures were worked out, want %d; got\n%s\nwant\n%s", i, tt.rev, loads, tt.loads, got, tt.want)
		}
	}
	old := open(clone, "HEAD~1")
	patch := overlay.Patch{Name: "p", Text: []byte(git("diff", "HEAD~1", "HEAD") + "\n")}
	for round, loads := range []int64{2, 0} {
		over, kernel, err := openOverlay(old.tree, patch)
		if got, n := d.orders(d.beside(old, over, kernel, err)); got != changed || n != loads {
			t.Errorf("round %d: patches over a commit: %d loads, want %d; got\n%s\nwant\n%s", round, n, loads, got, changed)
		}
	}
	for rev, part := range map[string]string{"nosuch": "Needed a single revision", git("commit-tree", "-m", "x", git("rev-parse", "HEAD:virt")): "not a Linux kernel source tree"} {
		if _, _, err := openRevision(context.Background(), dir, rev); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v, want %q", rev, err, part)
		}
	}
}

// TestRevisionEnds: what was worked out while git ended is not kept.
func TestRevisionEnds(t *testing.T) {
	d := newDesk(t)
	dir := newTree(t, maps.Clone(cachedFiles)).path
	gitRepo(t, dir)
	s := d.session(dir, true)
	ctx, cancel := context.WithCancel(context.Background())
	r, kernel, err := openRevision(ctx, dir, "HEAD")
	lame := d.beside(s, r, kernel, err)
	cancel()
	got, _ := d.orders(lame)
	if r.failure() == nil {
		t.Fatalf("git was not missed:\n%s", got)
	}
	r, kernel, err = openRevision(context.Background(), dir, "HEAD")
	whole, loads := d.orders(d.beside(s, r, kernel, err))
	if want, _ := d.orders(d.session(dir, false)); whole != want || loads != 2 {
		t.Errorf("%d loads, got\n%s\nwant\n%s", loads, whole, want)
	}
}

// Answers about several trees are recalled if each is open.
func TestRecallOfTwo(t *testing.T) {
	d := newDesk(t)
	dir := newTree(t, maps.Clone(cachedFiles)).path
	gitRepo(t, dir)
	s := d.session(dir, true)
	r, kernel, err := openRevision(context.Background(), dir, "HEAD")
	other := d.beside(s, r, kernel, err)
	if _, err := s.tree.ReadFile("virt/kvm/car.c"); err != nil {
		t.Fatal(err)
	}
	ask := func() *memo { return s.newMemo("two", other.tree.id) }
	ask().keep([]byte("answer"), []*tree{s.tree, other.tree})
	if text, ok := ask().recall(s.tree, other.tree); !ok || string(text) != "answer" {
		t.Errorf("got %q, %v", text, ok)
	}
	if _, ok := ask().recall(s.tree); ok {
		t.Error("recalled though one tree is not there")
	}
	write(t, dir, "virt/kvm/car.c", "int changed;\n")
	s = d.session(dir, true)
	if _, ok := ask().recall(s.tree, other.tree); ok {
		t.Error("recalled though the directory has changed")
	}
}

// sameAs says yes only to what is the same.
func TestSameAs(t *testing.T) {
	d := newDesk(t)
	dir := newTree(t, maps.Clone(cachedFiles)).path
	git := gitRepo(t, dir)
	base := d.session(dir, false).tree
	patches := func(name string) *tree {
		over, _, err := openOverlay(base, patchTo(dir, map[string]string{name: "int patched;\n", "new.c": "int n;\n"}))
		if err != nil {
			t.Fatal(err)
		}
		return over
	}
	one, two := patches("kernel/road.c"), patches("virt/kvm/car.c")
	write(t, dir, "kernel/road.c", "int committed;\n")
	git("commit", "-qam", "second")
	write(t, dir, "kernel/road.c", cachedFiles["kernel/road.c"])
	revision := func(rev string) *tree {
		r, _, err := openRevision(context.Background(), dir, rev)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		return r
	}
	trees := []*tree{base, one, two, revision("HEAD"), revision("HEAD~1"), d.session(newTree(t, maps.Clone(cachedFiles)).path, false).tree}
	known := 0
	for _, a := range trees {
		for _, b := range trees {
			same := a.view().sameAs(b)
			if same == nil {
				continue
			}
			known++
			for name := range maps.Keys(cachedFiles) {
				x, xerr := a.ReadFile(name)
				y, yerr := b.ReadFile(name)
				if want := bytes.Equal(x, y) && xerr == nil && yerr == nil; same(name) != want {
					t.Errorf("%s and %s: %s: %v, want %v", a.id, b.id, name, same(name), want)
				}
			}
			if a != b && same("new.c") {
				t.Errorf("%s and %s: a new file is the same", a.id, b.id)
			}
		}
	}
	if known != 3*3+2*2+1 {
		t.Errorf("%d pairs of trees have known files in common", known)
	}
}

// Trees that are no directories are sound file systems with the limits of a tree.
func TestOtherTreesAsFS(t *testing.T) {
	d := newDesk(t)
	dir := newTree(t, maps.Clone(cachedFiles)).path
	gitRepo(t, dir)
	base := d.session(dir, false).tree
	over, _, err := openOverlay(base, patchTo(dir, map[string]string{"kernel/road.c": "", "virt/kvm/new/x.c": strings.Repeat("int x;\n", 200)}))
	if err != nil {
		t.Fatal(err)
	}
	rev, _, err := openRevision(context.Background(), dir, "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	defer rev.Close()
	for _, tr := range []*tree{over, over.view(), rev, rev.view()} {
		if err := fstest.TestFS(tr, "Makefile", "virt/kvm/car.c"); err != nil {
			t.Error(tr.id, err)
		}
		for _, name := range []string{"../x", "/etc/passwd", "none", "kernel/none.c"} {
			if _, err := tr.Stat(name); err == nil {
				t.Errorf("%s: %s is there", tr.id, name)
			}
		}
		if _, err := tr.ReadFileTo("virt/kvm/car.c", nil, 3); !errors.Is(err, callgraph.ErrTooLarge) {
			t.Errorf("%s: %v", tr.id, err)
		}
		if _, err := tr.ReadFileTo("virt/kvm", nil, 1<<20); !errors.Is(err, errNotRegular) {
			t.Errorf("%s: %v", tr.id, err)
		}
		for _, l := range tr.top().notRead() {
			if fs.ValidPath(l.File) {
				t.Errorf("%s: %s was not read: %s", tr.id, l.File, l.Reason)
			}
		}
	}
	if _, err := over.Stat("kernel/road.c"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("removed: %v", err)
	}
	buf := make([]byte, 0, 4<<10)
	if text, err := over.ReadFileTo("virt/kvm/new/x.c", buf, 1<<20); err != nil || len(text) != 1400 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}
