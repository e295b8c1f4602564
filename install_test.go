package klockscan_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// command runs a program in a directory, and returns what it prints.
func command(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	c := exec.Command(name, args...)
	c.Dir, c.Env = dir, append(os.Environ(), env...)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// filesIn lists the files below a directory.
func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// needs skips a test if a program that it runs is not there.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not installed", p)
		}
	}
}

// TestInstall: make install puts what it should where distributions look for it, and
// make uninstall takes all of that away again.
func TestInstall(t *testing.T) {
	needs(t, "make", "install")
	build, dest := filepath.Join(t.TempDir(), "b"), filepath.Join(t.TempDir(), "dest dir")
	run := func(target string) string {
		return command(t, ".", nil, "make", target, "BUILD="+build, "DESTDIR="+dest, "PREFIX=/usr")
	}
	run("build")
	if again := run("install"); strings.Contains(again, "go build") {
		t.Errorf("install builds again what is there:\n%s", again)
	}
	files := filesIn(t, dest)
	for _, want := range []string{
		"usr/bin/klockscan", "usr/share/man/man1/klockscan.1", "usr/share/man/man1/klockscan-check.1", "usr/share/man/man1/klockscan-graph-chain.1",
		"usr/share/bash-completion/completions/klockscan", "usr/share/zsh/site-functions/_klockscan", "usr/share/fish/vendor_completions.d/klockscan.fish",
	} {
		if !slices.Contains(files, want) {
			t.Errorf("%s is not installed", want)
			continue
		}
		info, err := os.Stat(filepath.Join(dest, want))
		if mode := info.Mode().Perm(); err != nil || info.Size() == 0 || (mode == 0o755) != strings.HasPrefix(want, "usr/bin/") || mode&0o644 != 0o644 {
			t.Errorf("%s: %v %v", want, info.Mode(), err)
		}
	}
	if out := command(t, dest, nil, filepath.Join(dest, "usr/bin/klockscan"), "version"); !strings.HasPrefix(out, "klockscan ") {
		t.Errorf("version prints %q", out)
	}
	run("uninstall")
	if left := filesIn(t, dest); len(left) > 0 {
		t.Errorf("uninstall leaves %q", left)
	}
}

// copyTree copies what a release is made from.
func copyTree(t *testing.T, to string) {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err == nil {
		err = os.MkdirAll(to, 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name, text := e.Name(), []byte(nil)
		switch {
		case strings.HasPrefix(name, ".") || name == "build" || name == "dist" || name == "fixtures":
			continue
		case e.IsDir():
			err = os.CopyFS(filepath.Join(to, name), os.DirFS(name))
		default:
			if text, err = os.ReadFile(name); err == nil {
				err = os.WriteFile(filepath.Join(to, name), text, 0o700)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestRelease packs twice, from trees that lie in different directories: the bytes are
// the same, and all that a user needs is in the archive. It compiles everything
// anew, C too, with flags that nothing else uses: minutes, if the build cache has
// none of it.
func TestRelease(t *testing.T) {
	if os.Getenv("KLOCKSCAN_RELEASE") == "" {
		t.Skip("takes minutes: KLOCKSCAN_RELEASE is not set")
	}
	env := []string{"VERSION=9.8.7", "SOURCE_DATE_EPOCH=1700000000", "ARCHES=" + runtime.GOARCH}
	var sums []string
	var out string
	for _, name := range []string{"one", "another place"} {
		dir := filepath.Join(t.TempDir(), name)
		copyTree(t, dir)
		out = filepath.Join(dir, "out")
		command(t, dir, env, "./release.sh", out)
		sum, err := os.ReadFile(filepath.Join(out, "SHA256SUMS"))
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, string(sum))
		env = append(env, "TZ=Asia/Tokyo", "PATH="+os.Getenv("PATH")+":"+dir)
	}
	if sums[0] != sums[1] {
		t.Errorf("the bytes differ from run to run:\n%s%s", sums[0], sums[1])
	}
	command(t, out, nil, "sha256sum", "--check", "--strict", "SHA256SUMS")
	name := "klockscan-9.8.7-linux-" + runtime.GOARCH
	command(t, out, nil, "tar", "xzf", name+".tar.gz")
	files := filesIn(t, filepath.Join(out, name))
	for _, want := range []string{
		"LICENSE", "NOTICE", "THIRD_PARTY.md", "README.md", "man/man1/klockscan.1", "man/man1/klockscan-check.1", "completions/klockscan",
		"completions/_klockscan", "completions/klockscan.fish", "docs/result.schema.json", "licences/github.com/spf13/cobra/LICENSE.txt", "licences/go/LICENSE",
	} {
		if !slices.Contains(files, want) {
			t.Errorf("the archive has no %s", want)
		}
	}
	if v := command(t, out, nil, filepath.Join(out, name, "klockscan"), "version"); !strings.HasPrefix(v, "klockscan 9.8.7 (") {
		t.Errorf("version prints %q", v)
	}
	page, err := os.ReadFile(filepath.Join(out, name, "man/man1/klockscan.1"))
	if err != nil || !strings.Contains(string(page), `"2023-11-14" "klockscan 9.8.7"`) {
		t.Errorf("the page does not name date and version: %.100s %v", page, err)
	}
}
