package overlay

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A repo is a repository for one test.
type repo struct {
	t   *testing.T
	dir string
}

func newRepo(t *testing.T) *repo {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git: patches of the real one are not tried")
	}
	r := &repo{t, t.TempDir()}
	r.git("init", "-q")
	return r
}

func (r *repo) git(args ...string) []byte {
	r.t.Helper()
	c := exec.Command("git", append([]string{"-C", r.dir, "-c", "user.name=A", "-c", "user.email=a@b", "-c", "core.autocrlf=false", "-c", "diff.renames=copies"}, args...)...)
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		r.t.Fatalf("git %v: %v: %s", args, err, &errs)
	}
	return out
}

func (r *repo) put(name, text string) {
	r.t.Helper()
	at := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(at), 0o777); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(text), 0o666); err != nil {
		r.t.Fatal(err)
	}
}

func (r *repo) commit(message string) {
	r.t.Helper()
	r.git("add", "-A", ".")
	r.git("commit", "-q", "--allow-empty", "-m", message)
}

// files is every file and its text.
func files(t *testing.T, fsys fs.FS) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() == ".git" {
			if err == nil {
				err = fs.SkipDir
			}
			return err
		}
		text := []byte("(directory)")
		if !d.IsDir() {
			if text, err = fs.ReadFile(fsys, name); err != nil {
				return err
			}
		}
		out[name] = string(text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// edit changes files at random, with few kinds of lines, so that places are easily
// confused.
func (r *repo) edit(rnd *rand.Rand) {
	for range 1 + rnd.Intn(4) {
		name := fmt.Sprintf("d%d/f%d.c", rnd.Intn(3), rnd.Intn(4))
		at := filepath.Join(r.dir, name)
		text, _ := os.ReadFile(at)
		lines := strings.SplitAfter(string(text), "\n")
		switch rnd.Intn(8) {
		case 0:
			os.Remove(at)
			continue
		case 1: // moved
			to := fmt.Sprintf("d%d/moved%d.c", rnd.Intn(4), rnd.Intn(9))
			os.Remove(at)
			r.put(to, string(text)+"moved\n")
			continue
		case 2:
			r.put(fmt.Sprintf("new%d/x.c", rnd.Intn(3)), string(text)+"copied")
			continue
		}
		for range 1 + rnd.Intn(5) {
			i := rnd.Intn(len(lines))
			line := []string{"{\n", "}\n", "\n", "x = 1;\r\n", fmt.Sprintf("call_%d();\n", rnd.Intn(50)), "ä\xff\n"}[rnd.Intn(6)]
			switch rnd.Intn(3) {
			case 0:
				lines = append(lines[:i:i], append([]string{line}, lines[i:]...)...)
			case 1:
				lines = append(lines[:i:i], lines[i+1:]...)
			default:
				lines[i] = line
			}
			if len(lines) == 0 {
				lines = []string{""}
			}
		}
		r.put(name, strings.Join(lines, ""))
	}
}

// TestOfGit makes random trees, lets git tell how they differ, in all its ways, and
// lays that over the older.
func TestOfGit(t *testing.T) {
	r := newRepo(t)
	rnd := rand.New(rand.NewSource(1))
	for i := range 12 {
		var b strings.Builder
		for k := range 30 {
			fmt.Fprintf(&b, "call_%d();\n", rnd.Intn(50))
			if k%7 == 0 {
				b.WriteString("}\n\n{\n")
			}
		}
		r.put(fmt.Sprintf("d%d/f%d.c", i%3, i/3), b.String())
	}
	r.commit("start")
	ways := [][]string{
		{"diff", "HEAD~2"}, {"diff", "--no-prefix", "HEAD~2"}, {"diff", "-U0", "HEAD~2"}, {"diff", "-U1", "--no-renames", "HEAD~2"}, {"diff", "-W", "HEAD~2"},
		{"diff", "--patience", "--src-prefix=x/", "--dst-prefix=y/", "HEAD~2"}, {"diff", "-D", "HEAD~2"}, {"diff", "-B", "--find-copies-harder", "HEAD~2"},
		{"format-patch", "--stdout", "HEAD~2"}, {"format-patch", "--stdout", "--attach", "HEAD~2"}, {"log", "-p", "--reverse", "HEAD~2.."},
	}
	for round := range 25 {
		base := filepath.Join(t.TempDir(), "base")
		if err := os.CopyFS(base, os.DirFS(r.dir)); err != nil {
			t.Fatal(err)
		}
		for _, message := range []string{"one: ä", "two\n\nFrom here on it is better.\n\ndiff of opinions"} {
			r.edit(rnd)
			r.commit(message)
		}
		want := files(t, os.DirFS(r.dir))
		for _, way := range ways {
			text := r.git(append([]string{"--no-pager"}, way...)...)
			if len(bytes.TrimSpace(text)) == 0 {
				continue
			}
			f, err := New(os.DirFS(base), Patch{"x", text})
			if err != nil {
				if !bytes.Contains(text, []byte("\ndiff --git")) {
					continue // both commits are empty
				}
				t.Fatalf("round %d, %v: %v\n%s", round, way, err, text)
			}
			if d := difference(files(t, f), want); d != "" {
				t.Fatalf("round %d, %v: %s\n%s", round, way, d, text)
			}
		}
	}
}

// difference tells a file that is not the same in both, "" if there is none.
func difference(got, want map[string]string) string {
	for _, name := range append(sortedKeys(want), sortedKeys(got)...) {
		if got[name] != want[name] {
			return fmt.Sprintf("%s is\n%q\nwant\n%q", name, got[name], want[name])
		}
	}
	return ""
}
