package gittree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

// A repo is a repository for one test.
type repo struct {
	t   *testing.T
	dir string
}

func newRepo(t *testing.T, files map[string]string) *repo {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git: there is nothing to read with")
	}
	r := &repo{t, t.TempDir()}
	r.git("init", "-q")
	r.put(files)
	return r
}

func (r *repo) git(args ...string) string {
	r.t.Helper()
	c := exec.Command("git", append([]string{"-C", r.dir, "-c", "user.name=A", "-c", "user.email=a@b", "-c", "protocol.file.allow=always"}, args...)...)
	out, err := c.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// put writes files and commits them; a text "-> x" makes a link to x.
func (r *repo) put(files map[string]string) {
	r.t.Helper()
	for name, text := range files {
		at := filepath.Join(r.dir, name)
		err := os.MkdirAll(filepath.Dir(at), 0o777)
		if target, ok := strings.CutPrefix(text, "-> "); ok {
			err = errors.Join(err, os.Symlink(target, at))
		} else {
			err = errors.Join(err, os.WriteFile(at, []byte(text), 0o666))
		}
		if err != nil {
			r.t.Fatal(err)
		}
	}
	r.git("add", "-A", ".")
	r.git("commit", "-q", "-m", "commit")
}

func (r *repo) open(rev string) *FS {
	r.t.Helper()
	f, err := Open(context.Background(), r.dir, rev)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { f.Close() })
	return f
}

var small = map[string]string{"Makefile": "VERSION = 1\n", "virt/kvm/a.c": "a\n", "virt/kvm/b c.h": "", "virt/ä/\"q\"\t.c": "q", "z": strings.Repeat("z\x00\n", 50_000)}

func TestFS(t *testing.T) {
	r := newRepo(t, small)
	f := r.open("HEAD")
	names := slices.Sorted(maps.Keys(small))
	if err := fstest.TestFS(f, names...); err != nil {
		t.Error(err)
	}
	for name, want := range small {
		text, err := fs.ReadFile(f, name)
		info, serr := fs.Stat(f, name)
		if err != nil || serr != nil || string(text) != want || info.Size() != int64(len(want)) {
			t.Errorf("%s: %.20q, %v, %v", name, text, err, serr)
		}
	}
	if f.Commit() != r.git("rev-parse", "HEAD") || f.Tree() != r.git("rev-parse", "HEAD^{tree}") {
		t.Errorf("commit %s, tree %s", f.Commit(), f.Tree())
	}
	if hash, ok := f.Blob("virt/kvm/a.c"); !ok || hash != r.git("rev-parse", "HEAD:virt/kvm/a.c") {
		t.Errorf("blob %s", hash)
	}
	for _, name := range []string{"none.c", "virt", "virt/kvm/a.c/x", "../x", "/x", ""} {
		if text, err := f.ReadFile(name); err == nil {
			t.Errorf("ReadFile(%s): %.20q", name, text)
		}
	}
	if f.Err() != nil {
		t.Error(f.Err())
	}
}

// What is committed is read, not what lies there, by any name of the commit and from
// a bare repository too.
func TestRevisions(t *testing.T) {
	r := newRepo(t, map[string]string{"a.c": "old\n"})
	r.git("tag", "-a", "-m", "tag", "v1")
	r.put(map[string]string{"a.c": "new\n", "sub/b.c": "b\n"})
	if err := os.WriteFile(filepath.Join(r.dir, "a.c"), []byte("dirty\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	bare := &repo{t, t.TempDir()}
	bare.git("clone", "-q", "--bare", r.dir, ".")
	below := &repo{t, filepath.Join(r.dir, "sub")}
	for _, in := range []*repo{r, bare, below} {
		for rev, want := range map[string]string{"HEAD": "new\n", "HEAD~1": "old\n", "v1": "old\n", "v1^{tree}^{}": "", ":/comm": "new\n", r.git("rev-parse", "--short", "HEAD"): "new\n"} {
			f, err := Open(context.Background(), in.dir, rev)
			if err != nil {
				if want != "" {
					t.Errorf("%s: %v", rev, err)
				}
				continue
			}
			if text, err := f.ReadFile("a.c"); err != nil || string(text) != want {
				t.Errorf("%s: %q, %v", rev, text, err)
			}
			f.Close()
		}
	}
}

func TestErrors(t *testing.T) {
	r := newRepo(t, small)
	empty := t.TempDir()
	t.Setenv("GIT_CEILING_DIRECTORIES", filepath.Dir(empty))
	for _, tt := range []struct{ dir, rev, want string }{
		{r.dir, "nosuch", `revision "nosuch" of ` + r.dir + ": git rev-parse: fatal: Needed a single revision"},
		{r.dir, "", "fatal"},
		{r.dir, "--upload-pack=x", "fatal"},
		{r.dir, "--all", "fatal"},
		{r.dir, "-h", "fatal"},
		{r.dir, "HEAD\x00", "NUL"},
		{r.dir, "HEAD:virt", "fatal"},
		{r.dir, "HEAD..HEAD", "fatal"},
		{r.dir, "^HEAD", "does not name one commit"},
		{empty, "HEAD", "not a git repository"},
		{filepath.Join(empty, "none"), "HEAD", "No such file or directory"},
	} {
		f, err := Open(context.Background(), tt.dir, tt.rev)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s %q: %v, want %q", tt.dir, tt.rev, err, tt.want)
		}
		if err == nil {
			f.Close()
		}
	}
	t.Setenv("PATH", empty)
	if _, err := Open(context.Background(), r.dir, "HEAD"); err == nil || !strings.Contains(err.Error(), "there is no git") {
		t.Errorf("without git: %v", err)
	}
}

// The environment of a hook, a replaced object and the configuration of the
// repository change nothing, and nothing of it is run.
func TestNoSurprises(t *testing.T) {
	r := newRepo(t, small)
	other := newRepo(t, map[string]string{"Makefile": "other\n"})
	trap := filepath.Join(t.TempDir(), "ran")
	script := filepath.Join(t.TempDir(), "trap")
	if err := os.WriteFile(script, []byte("#!/bin/sh\ntouch '"+trap+"'\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "filter.x.smudge", "diff.x.textconv", "core.askPass"} {
		r.git("config", key, script)
	}
	evil := r.git("hash-object", "-w", script)
	r.git("replace", r.git("rev-parse", "HEAD:Makefile"), evil)
	t.Setenv("GIT_DIR", filepath.Join(other.dir, ".git"))
	t.Setenv("GIT_TRACE", "1")
	f := r.open("HEAD")
	if text, err := f.ReadFile("Makefile"); err != nil || string(text) != small["Makefile"] {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := os.Stat(trap); err == nil {
		t.Error("a command of the configuration was run")
	}
}

func TestLinks(t *testing.T) {
	r := newRepo(t, map[string]string{
		"a/in.c": "in", "a/sub/x.h": "x", "a/fine.c": "-> in.c", "a/dir": "-> sub", "deep/er/up.h": "-> ../../a/dir/x.h", "a/dot": "-> ././/sub/../sub/",
		"a/abs.c": "-> /etc/passwd", "a/rel.c": "-> ../../etc/passwd", "a/loop.c": "-> loop.c", "a/l1": "-> l2", "a/l2": "-> l1", "a/nothing.c": "-> nowhere", "a/top": "-> ..",
	})
	f := r.open("HEAD")
	for name, want := range map[string]string{
		"a/fine.c": "in", "a/dir/x.h": "x", "deep/er/up.h": "x", "a/dot/x.h": "x", "a/top/a/top/a/in.c": "in",
		"a/abs.c": "", "a/rel.c": "", "a/loop.c": "", "a/l1": "", "a/l1/x": "", "a/nothing.c": "", "a/fine.c/x": "", "a/dir": "",
	} {
		text, err := f.ReadFile(name)
		if string(text) != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", name, text, err)
		}
		// A directory answers the same.
		root, err := os.OpenRoot(r.dir)
		if err != nil {
			t.Fatal(err)
		}
		if there, derr := fs.ReadFile(root.FS(), name); string(there) != string(text) {
			t.Errorf("%s: %q, in the directory %q, %v", name, text, there, derr)
		}
		root.Close()
	}
	if _, err := f.Stat("a/nothing.c"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("link to nothing: %v", err)
	}
	if info, err := f.Lstat("a/nothing.c"); err != nil || info.Mode().Type() != fs.ModeSymlink {
		t.Errorf("Lstat: %v, %v", info, err)
	}
	if to, err := f.ReadLink("a/dir"); err != nil || to != "sub" {
		t.Errorf("ReadLink: %q, %v", to, err)
	}
	if entries, err := f.ReadDir("a/dir"); err != nil || len(entries) != 1 || entries[0].Name() != "x.h" {
		t.Errorf("ReadDir over a link: %v, %v", entries, err)
	}
	if _, ok := f.Blob("a/fine.c"); ok {
		t.Error("a link has a blob")
	}
	if f.Err() != nil {
		t.Error(f.Err())
	}
}

// TestHostileNames: what git ls-tree may say of a tree that was made by hand.
func TestHostileNames(t *testing.T) {
	f := &FS{files: map[string]*blob{}, dirs: map[string][]fs.DirEntry{".": nil}}
	hash := strings.Repeat("0", 40)
	for _, line := range []string{
		"100644 blob " + hash + "       1\ta/x.c", "100644 blob " + hash + " 1\ta/x.c", "100644 blob " + hash + " 1\ta/x.c/y", "100644 blob " + hash + " 1\ta",
		"100644 blob " + hash + " 1\t../out.c", "100644 blob " + hash + " 1\t/abs.c", "100644 blob " + hash + " 1\ta//b.c", "100644 blob " + hash + " 1\t.",
		"160000 commit " + hash + "       -\tmodule", "100644 blob " + hash + " -\tsizeless", "nonsense", "", "x blob y z\tq",
	} {
		f.add(line)
	}
	if got := fmt.Sprint(slices.Sorted(maps.Keys(f.files)), slices.Sorted(maps.Keys(f.dirs)), len(f.dirs["."])); got != "[a/x.c] [. a] 1" {
		t.Errorf("got %s", got)
	}
}

func TestTooLarge(t *testing.T) {
	r := newRepo(t, map[string]string{"big.c": strings.Repeat("0123456789abcdef", (MaxFile+16)/16), "a.c": "a"})
	f := r.open("HEAD")
	if _, err := f.ReadFile("big.c"); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v", err)
	}
	if text, err := f.ReadFile("a.c"); err != nil || string(text) != "a" || f.Err() != nil {
		t.Errorf("then %q, %v, %v", text, err, f.Err())
	}
}

// Many read at once, into memory that they bring.
func TestConcurrent(t *testing.T) {
	files := map[string]string{}
	rnd := rand.New(rand.NewSource(1))
	for i := range 300 {
		files[fmt.Sprintf("d%d/f%d.c", i%7, i)] = strings.Repeat(fmt.Sprintln(i), rnd.Intn(3000))
	}
	f := newRepo(t, files).open("HEAD")
	names := slices.Sorted(maps.Keys(files))
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			var buf []byte
			for i := range names {
				name := names[(i*7+w*31)%len(names)]
				text, err := f.ReadInto(name, buf)
				if err != nil || string(text) != files[name] {
					t.Errorf("%s: %d bytes, %v", name, len(text), err)
					return
				}
				buf = text
			}
		})
	}
	wg.Wait()
}

// Whoever reads while the tree is closed, or after that, gets an error and no half
// file; nobody waits for ever.
func TestClose(t *testing.T) {
	f := newRepo(t, small).open("HEAD")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				text, err := f.ReadFile("z")
				if err != nil {
					if !errors.Is(err, fs.ErrClosed) {
						t.Error(err)
					}
					return
				}
				if len(text) != len(small["z"]) {
					t.Errorf("%d bytes", len(text))
				}
			}
		})
	}
	f.Close()
	wg.Wait()
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func TestGitEnds(t *testing.T) {
	r := newRepo(t, small)
	f := r.open("HEAD")
	if _, err := f.ReadFile("z"); err != nil {
		t.Fatal(err)
	}
	for range processes { // it is one of them that runs
		p := <-f.pool.readers
		if p.cmd != nil {
			_ = p.cmd.Process.Kill()
		}
		f.pool.readers <- p
	}
	var err error
	for range processes {
		if _, rerr := f.ReadFile("z"); rerr != nil {
			err = rerr
		}
	}
	if err == nil || !strings.Contains(err.Error(), "git cat-file") || f.Err() == nil {
		t.Errorf("got %v, then %v", err, f.Err())
	}
	if _, err := f.ReadFile("Makefile"); err == nil {
		t.Error("another process reads on")
	}
	if _, err := f.Stat("Makefile"); err != nil {
		t.Error(err)
	}
}

func TestCancelled(t *testing.T) {
	r := newRepo(t, small)
	ctx, cancel := context.WithCancel(context.Background())
	f, err := Open(ctx, r.dir, "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.ReadFile("z"); err != nil {
		t.Fatal(err)
	}
	cancel()
	for range 2 * processes {
		if _, err = f.ReadFile("z"); err != nil {
			break
		}
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := Open(ctx, r.dir, "HEAD"); !errors.Is(err, context.Canceled) {
		t.Errorf("opened: %v", err)
	}
}

// A partial clone and a damaged repository lack objects: that is an error, and
// nothing is fetched.
func TestLacking(t *testing.T) {
	r := newRepo(t, small)
	r.git("config", "uploadpack.allowFilter", "true")
	part := &repo{t, t.TempDir()}
	part.git("clone", "-q", "--bare", "--filter=blob:none", "file://"+r.dir, ".")
	part.git("config", "protocol.file.allow", "always")
	if f, err := Open(context.Background(), part.dir, "HEAD"); err == nil {
		if _, err = f.ReadFile("Makefile"); err == nil || f.Err() == nil {
			t.Errorf("a partial clone is read: %v, %v", err, f.Err())
		}
		f.Close()
	}
	f := r.open("HEAD")
	hash, _ := f.Blob("Makefile")
	if err := os.Remove(filepath.Join(r.dir, ".git/objects", hash[:2], hash[2:])); err != nil {
		t.Fatal(err)
	}
	if _, err := f.ReadFile("Makefile"); !errors.Is(err, errLacks) || !errors.Is(f.Err(), errLacks) {
		t.Errorf("got %v, %v", err, f.Err())
	}
}

// BenchmarkRead reads every C source of a repository, KLOCKSCAN_BENCH_REPO.
func BenchmarkRead(b *testing.B) {
	dir := os.Getenv("KLOCKSCAN_BENCH_REPO")
	if dir == "" {
		b.Skip("KLOCKSCAN_BENCH_REPO names no repository")
	}
	for b.Loop() {
		f, err := Open(context.Background(), dir, "HEAD")
		if err != nil {
			b.Fatal(err)
		}
		var names []string
		for _, name := range slices.Sorted(maps.Keys(f.files)) {
			if strings.HasSuffix(name, ".c") || strings.HasSuffix(name, ".h") {
				names = append(names, name)
			}
		}
		var wg sync.WaitGroup
		var sizes [processes]int64
		for w := range processes {
			wg.Go(func() {
				var buf []byte
				for i := w; i < len(names); i += processes {
					text, err := f.ReadInto(names[i], buf)
					if err != nil {
						b.Error(err)
					}
					sizes[w] += int64(len(text))
					buf = text
				}
			})
		}
		wg.Wait()
		f.Close()
		b.ReportMetric(float64(len(names)), "files")
		b.SetBytes(sizes[0] + sizes[1])
	}
}
