package cmd

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// playEnv makes the test binary the program itself.
const playEnv = "KLOCKSCAN_TEST_PLAY"

func TestMain(m *testing.M) {
	if os.Getenv(playEnv) != "" {
		os.Exit(Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Setenv(cacheEnv, "off") // tests that want a cache name it
	os.Exit(m.Run())
}

// A cached is a tree with a cache, and a count of how often work was done on it.
type cached struct {
	dir, cache string
	loads      int
}

func newCached(t *testing.T, files map[string]string) *cached {
	return &cached{dir: newTree(t, files).path, cache: t.TempDir()}
}

// run runs a command line on the tree, with the cache or without.
func (c *cached) run(t *testing.T, how string, args ...string) string {
	t.Helper()
	if how == "cache" {
		args = append(args, "--cache", c.cache)
	} else {
		args = append(args, "--no-cache")
	}
	var out, errs bytes.Buffer
	var loads atomic.Int64 // architectures are loaded at the same time
	status := run(context.Background(), append(args, c.dir), streams{nil, &out, &errs}, func(ctx context.Context, s *session, arch string, locks bool) (*code, error) {
		if how == "cache" {
			loads.Add(1)
		}
		return makeCode(ctx, s, arch, locks)
	}, false)
	c.loads += int(loads.Load())
	return fmt.Sprintf("%d\n%s\n%s", status, &out, &errs)
}

func (c *cached) write(t *testing.T, name, text string) {
	t.Helper()
	at := filepath.Join(c.dir, name)
	if err := os.MkdirAll(filepath.Dir(at), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

var cachedFiles = map[string]string{
	"virt/kvm/car.c":      "#include \"car.h\"\n" + twoLocks,
	"virt/kvm/Makefile":   "obj-y += car.o\n",
	"virt/kvm/Kconfig":    "config CAR\n\tbool\n",
	"kernel/road.c":       "struct car;\nvoid road(struct car *car) { }\n",
	"arch/x86/kvm/x86.c":  "void car_open(struct car *car);\nvoid road(struct car *car);\nvoid go(struct car *car) { car_open(car); road(car); }\n",
	"include/linux/car.h": "#define CAR 1\n",
}

// variants is what an edit makes of a file: the first brings it back.
func variants(name, text string) []string {
	swapped := strings.NewReplacer("hood", "gate", "gate", "hood").Replace(text) // as long as before
	return []string{text, swapped, text + "\n/* more */\n", "#ifdef CONFIG_CAR\n" + text + "\n#endif\n", text + "\nvoid more(void) { road(0); }\n", ""}
}

// TestAnswersAreTheColdOnes edits, adds, removes and brings back files, and
// compares each answer of the cache with one that is worked out anew.
func TestAnswersAreTheColdOnes(t *testing.T) {
	c := newCached(t, cachedFiles)
	rnd := rand.New(rand.NewSource(1))
	names := append(slices.Sorted(maps.Keys(cachedFiles)), "virt/kvm/car.h", "kernel/new/more.c", ".klockscan.yaml")
	commands := [][]string{
		{"check", "--confidence", "guess", "--format", "json"}, {"callers", "road"}, {"order", "-v"}, {"rules"},
	}
	steps := 200
	if testing.Short() {
		steps = 40
	}
	recalled := 0
	for step := range steps {
		name := names[rnd.Intn(len(names))]
		text := cachedFiles[name]
		var did string
		switch all := variants(name, text); {
		case name == ".klockscan.yaml":
			did = []string{"", "suppress:\n  - kind: order\n    reason: test\n"}[rnd.Intn(2)]
			c.write(t, name, did)
		case rnd.Intn(4) == 0:
			did = "remove"
			os.Remove(filepath.Join(c.dir, name))
		default:
			did = all[[]int{0, 0, 0, rnd.Intn(len(all))}[rnd.Intn(4)]]
			c.write(t, name, did)
		}
		for _, command := range commands[step%2*2:][:2] {
			before := c.loads
			got, want := c.run(t, "cache", command...), c.run(t, "cold", command...)
			if got != want {
				t.Fatalf("step %d: after %s: %q\n%v gives from the cache:\n%s\nand anew:\n%s", step, name, did, command, got, want)
			}
			if c.loads == before {
				recalled++
			}
		}
	}
	if recalled < steps/3 { // a third of the edits brings a file back
		t.Errorf("%d of %d answers came from the cache", recalled, 2*steps)
	}
}

// A change that leaves size and time of a file as they were, right after it was
// read, is seen.
func TestEditAtOnce(t *testing.T) {
	c := newCached(t, cachedFiles)
	c.run(t, "cache", "callers", "car_open")
	at := filepath.Join(c.dir, "arch/x86/kvm/x86.c")
	info, err := os.Stat(at)
	if err != nil {
		t.Fatal(err)
	}
	c.write(t, "arch/x86/kvm/x86.c", strings.Replace(cachedFiles["arch/x86/kvm/x86.c"], "go(", "ho(", 1))
	if err := os.Chtimes(at, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if got := c.run(t, "cache", "callers", "car_open"); !strings.Contains(got, "ho(") {
		t.Errorf("got\n%s", got)
	}
}

// What was only touched, or is another directory's copy, needs no work.
// TestFreshTree asks again of a tree that was written right before the first
// question: files that were only looked through are known too.
func TestFreshTree(t *testing.T) {
	files := maps.Clone(cachedFiles)
	files["drivers/other.c"] = "int unasked(void) { return 0; }\n"
	files["arch/x86/kvm/wheel.c"] = "struct wheel { void (*turn)(void); };\nvoid turn(struct wheel *w) { w->turn(); }\n" // nobody fills it
	c := newCached(t, files)
	first, second := c.run(t, "cache", "check"), c.run(t, "cache", "check")
	if first != second || c.loads != 2 {
		t.Errorf("%d loads, want 2; first\n%s\nthen\n%s", c.loads, first, second)
	}
	c.write(t, "drivers/other.c", "void unasked(struct wheel *w) { w->turn = more; }\n")
	if c.run(t, "cache", "check"); c.loads != 3 {
		t.Errorf("%d loads after an edit of what x86 looked through, want 3", c.loads)
	}
}

func TestTouched(t *testing.T) {
	c := newCached(t, cachedFiles)
	first := c.run(t, "cache", "check", "--arch", "x86")
	for name := range cachedFiles {
		later := time.Now().Add(time.Hour)
		if err := os.Chtimes(filepath.Join(c.dir, name), later, later); err != nil {
			t.Fatal(err)
		}
	}
	c.write(t, "virt/kvm/.car.c.swp", "editor")
	if again := c.run(t, "cache", "check", "--arch", "x86"); again != first || c.loads != 1 {
		t.Errorf("%d loads, want 1; first\n%s\nthen\n%s", c.loads, first, again)
	}
}

// Entries that were spoiled give the cold answer, and are mended.
func TestSpoiledCache(t *testing.T) {
	c := newCached(t, cachedFiles)
	first := c.run(t, "cache", "check")
	loads := c.loads
	for _, keep := range []int64{0, 1, 60, 100} {
		_ = filepath.WalkDir(c.cache, func(name string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				err = os.Truncate(name, keep)
			}
			return err
		})
		if again := c.run(t, "cache", "check"); again != first {
			t.Errorf("cut to %d bytes:\n%s\nwant\n%s", keep, again, first)
		}
		if got := c.loads - loads; got != 2 {
			t.Errorf("cut to %d bytes: %d loads, want one for each architecture", keep, got)
		}
		loads = c.loads
	}
}

// A file that could not be read may be readable the next time.
func TestUnreadableIsNotRemembered(t *testing.T) {
	c := newCached(t, cachedFiles)
	link := filepath.Join(c.dir, "virt/kvm/link.c")
	if err := os.Symlink("/etc/hostname", link); err != nil {
		t.Skip(err)
	}
	first, second := c.run(t, "cache", "check", "--arch", "x86"), c.run(t, "cache", "check", "--arch", "x86")
	if first != second || c.loads != 2 {
		t.Errorf("%d loads, want 2; first\n%s\nthen\n%s", c.loads, first, second)
	}
}

func TestNoCacheDirectory(t *testing.T) {
	c := newCached(t, cachedFiles)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	c.cache = filepath.Join(file, "cache")
	if got := c.run(t, "cache", "check"); !strings.HasPrefix(got, "3\n") || !strings.Contains(got, "cache directory") {
		t.Errorf("got\n%s", got)
	}
}
