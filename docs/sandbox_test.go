package docs_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"klockscan/cmd"
)

// TestMain lets the test's own program be klockscan for the commands that it runs.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"klockscan": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		os.Exit(cmd.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}})
}

// A sandbox is the directory of a reader who follows a document: a copy of
// fixtures/tree and of the examples, and what his commands made before. What a
// block names beyond is put there for that block: linux and linux-6.12 are kernel
// trees, but linux is a small git repository for a block of git or make.
type sandbox struct {
	dir, cache string
}

func newSandbox(t *testing.T, cache string) *sandbox {
	t.Helper()
	box := &sandbox{dir: t.TempDir(), cache: cache}
	for _, dir := range []string{"fixtures/tree", "examples"} {
		if err := os.CopyFS(filepath.Join(box.dir, dir), os.DirFS(filepath.Join("..", dir))); err != nil {
			t.Fatal(err)
		}
	}
	return box
}

// mark begins the line that tells the exit status of a command of a block.
const mark = "\x1e"

// run runs the steps of a block in one shell, so that cd and $? are what a reader
// has, and compares what they show. A command of klockscan may end with findings;
// any other status than 0 is a fault.
func (box *sandbox) run(t *testing.T, all []step, compare bool) {
	t.Helper()
	var script strings.Builder
	for _, s := range all {
		script.WriteString(s.command + "status=$?; printf '\\036%s\\n' \"$status\"; (exit \"$status\")\n")
	}
	box.provide(t, script.String())
	_, out := box.sh(t, script.String())
	parts := regexp.MustCompile(mark+`(\d+)\n`).FindAllStringSubmatchIndex(out, -1)
	if len(parts) != len(all) {
		t.Fatalf("%d of %d commands came to an end:\n%s", len(parts), len(all), out)
	}
	from := 0
	for i, at := range parts {
		s, got := all[i], out[from:at[0]]
		from = at[1]
		status, _ := strconv.Atoi(out[at[2]:at[3]])
		if status > 1 || status == 1 && !strings.Contains(s.command, "klockscan") {
			t.Errorf("exit status %d: %s%s", status, s.command, got)
		} else if compare && !shows(s.shown, got) {
			t.Errorf("%sprints\n%s\nthe document shows\n%s", s.command, shortened(got), s.shown)
		}
	}
}

// shortened is the begin of a long output.
func shortened(out string) string {
	const most = 20_000
	if len(out) > most {
		return out[:most] + "\n(and more)"
	}
	return out
}

// provide puts there what the commands name, or skips the test.
func (box *sandbox) provide(t *testing.T, script string) {
	t.Helper()
	linux := filepath.Join(box.dir, "linux")
	if err := os.RemoveAll(linux); err != nil { // a link, or the repository of an earlier block
		t.Fatal(err)
	}
	names := func(word string) bool {
		return regexp.MustCompile(`(?m)(^|[\s=/'"])` + regexp.QuoteMeta(word) + `($|[\s/'"])`).MatchString(script)
	}
	if names("linux") && (names("git") || names("--git") || names("make")) {
		history(t, linux)
		return
	}
	for name, version := range map[string]string{"linux": "7.2", "linux-6.12": "6.12"} {
		if !names(name) {
			continue
		}
		at := filepath.Join(box.dir, name)
		_ = os.Remove(at)
		if err := os.Symlink(kernelTree(t, version), at); err != nil {
			t.Fatal(err)
		}
	}
}

// kernelTree is the tree of a version: the one that KLOCKSCAN_KERNEL names, or one
// beside it. Without it the test is skipped.
func kernelTree(t *testing.T, version string) string {
	t.Helper()
	named := os.Getenv("KLOCKSCAN_KERNEL")
	if named == "" {
		t.Skip("KLOCKSCAN_KERNEL does not name a kernel tree")
	}
	major, minor, _ := strings.Cut(version, ".")
	makefile := regexp.MustCompile(`(?m)^VERSION = ` + major + `\nPATCHLEVEL = ` + minor + `$`)
	for _, tree := range []string{named, filepath.Join(filepath.Dir(named), "linux-source-"+version)} {
		if src, err := os.ReadFile(filepath.Join(tree, "Makefile")); err == nil && makefile.Match(src) {
			return tree
		}
	}
	t.Skipf("neither %s nor linux-source-%s beside it is Linux %s, which the document shows", named, version, version)
	return ""
}

// sh runs a script in the sandbox, or in the repository if it builds the program,
// and gives its status and all that it wrote.
func (box *sandbox) sh(t *testing.T, script string) (int, string) {
	t.Helper()
	dir := box.dir
	if strings.HasPrefix(script, "go ") {
		dir = ".."
	}
	return shell(t, dir, box.cache, script)
}

// shell runs a script in a directory, with an environment that no setting of the
// user has a part in.
func shell(t *testing.T, dir, cache, script string) (int, string) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	defer stop()
	c := exec.CommandContext(ctx, "sh", "-c", "exec 2>&1\n"+script)
	c.Dir, c.Env = dir, environment(cache)
	var out bytes.Buffer
	c.Stdout = &out
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	return c.ProcessState.ExitCode(), out.String()
}

// environment is ours without what would change what klockscan and git do.
func environment(cache string) []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "KLOCKSCAN_") && !strings.HasPrefix(v, "GIT_") && !strings.HasPrefix(v, "GITHUB_") {
			env = append(env, v)
		}
	}
	return append(env, "KLOCKSCAN_CACHE="+cache, "GOBIN="+cache+"-bin", "LC_ALL=C.UTF-8",
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=A Developer", "GIT_AUTHOR_EMAIL=developer@example.org",
		"GIT_COMMITTER_NAME=A Developer", "GIT_COMMITTER_EMAIL=developer@example.org")
}
