// Growth measures how the cost of a check grows with what is analysed, and writes
// that part of docs/performance.md.
//
//	go run ./cmd/growth -tree DIR
//
// DIR is a whole kernel tree. Each scope is checked by a process of its own, one
// after the other. Exit status: 0 done, 3 failure.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"klockscan/reports"
)

// scopes are what is checked, from small to large.
var scopes = []string{"kernel/locking", "kvm", "kernel", "mm", "fs", "fs,mm,net"}

func main() {
	tree := flag.String("tree", "", "a whole kernel tree")
	only := flag.String("scopes", strings.Join(scopes, " "), "the scopes, separated by blanks")
	out := flag.String("o", "docs/performance.md", "the document")
	keep := flag.String("keep", "", "a directory for the results, as JSON")
	flag.Parse()
	if err := run(context.Background(), *tree, strings.Fields(*only), *out, *keep); err != nil {
		fmt.Fprintln(os.Stderr, "growth:", err)
		os.Exit(3)
	}
}

// run builds the program, measures it and writes the document.
func run(ctx context.Context, tree string, scopes []string, out, keep string) error {
	dir, err := os.MkdirTemp("", "growth")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	bin := filepath.Join(dir, "klockscan")
	if text, err := exec.CommandContext(ctx, "go", "build", "-o", bin, "./cmd/klockscan").CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w: %s", err, text)
	}
	var rows []row
	for _, s := range scopes {
		r, text, err := measure(ctx, bin, tree, s)
		if err != nil {
			return fmt.Errorf("scope %s: %w", s, err)
		}
		if keep != "" {
			if err := os.WriteFile(filepath.Join(keep, strings.ReplaceAll(s, "/", "_")+".json"), text, 0o666); err != nil {
				return err
			}
		}
		fmt.Fprintf(os.Stderr, "%s: %.1f s\n", s, r.wall.Seconds())
		rows = append(rows, r)
		var b bytes.Buffer
		write(&b, rows, runtime.NumCPU())
		if err := replacePart(out, b.Bytes()); err != nil { // what is measured is kept
			return err
		}
	}
	return nil
}

// The part of the document that is written by the program stands between these.
var partBegin, partEnd = []byte("<!-- growth -->\n"), []byte("<!-- end of growth -->\n")

// replacePart replaces the part of a document.
func replacePart(name string, part []byte) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(text, partBegin)
	_, after, ok2 := bytes.Cut(rest, partEnd)
	if !ok || !ok2 {
		return fmt.Errorf("%s: no lines %s and %s", name, bytes.TrimSpace(partBegin), bytes.TrimSpace(partEnd))
	}
	return os.WriteFile(name, slices.Concat(before, partBegin, part, partEnd, after), 0o666)
}

// A row is what one scope takes.
type row struct {
	scope     string
	kernel    string
	read      reports.Read
	findings  int
	wall, cpu time.Duration
	peak      int64 // bytes
}

// measure checks one scope on x86, and returns the result too.
func measure(ctx context.Context, bin, tree, scope string) (row, []byte, error) {
	cmd := exec.CommandContext(ctx, bin, "check", "--no-cache", "--arch", "x86", "--scope", scope, "--format", "json", tree)
	began := time.Now()
	text, err := cmd.Output()
	var status *exec.ExitError
	if err != nil && (!errors.As(err, &status) || status.ExitCode() != 1) {
		return row{}, nil, err
	}
	r := row{scope: scope, wall: time.Since(began), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.peak = u.Maxrss << 10
	}
	var result struct {
		Head     reports.Head      `json:"head"`
		Findings []json.RawMessage `json:"findings"`
	}
	if err := json.Unmarshal(text, &result); err != nil {
		return row{}, nil, err
	}
	if len(result.Head.Read) != 1 {
		return row{}, nil, errors.New("the result says nothing of what was read")
	}
	r.kernel, r.read, r.findings = result.Head.Kernel, result.Head.Read[0], len(result.Findings)
	return r, text, nil
}

// write prints the document.
func write(w io.Writer, rows []row, cpus int) {
	fmt.Fprint(w, "\n")
	if len(rows) > 0 {
		fmt.Fprintf(w, "`check --arch x86 --scope SCOPE`, cold, Linux %s, %d processors.\n\n", rows[0].kernel, cpus)
	}
	fmt.Fprintln(w, "| scope | files | MB | functions | call edges | wall s | CPU s | peak MB | CPU ms a function | KB a function | findings |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|---|---|")
	for _, r := range rows {
		n := float64(max(r.read.Functions, 1))
		fmt.Fprintf(w, "| %s | %d | %.1f | %d | %d | %.1f | %.1f | %d | %.1f | %.0f | %d |\n", r.scope, r.read.Files, float64(r.read.Bytes)/1e6,
			r.read.Functions, r.read.Edges, r.wall.Seconds(), r.cpu.Seconds(), r.peak>>20, r.cpu.Seconds()*1000/n, float64(r.peak>>10)/n, r.findings)
	}
	fmt.Fprintln(w, "\nLimits that were hit, which each result names:")
	fmt.Fprintln(w)
	for _, r := range rows {
		var hits []string
		for _, name := range slices.Sorted(maps.Keys(r.read.Limits)) {
			hits = append(hits, fmt.Sprintf("%s %d", name, r.read.Limits[name]))
		}
		if hits == nil {
			hits = []string{"none"}
		}
		fmt.Fprintf(w, "- %s: %s\n", r.scope, strings.Join(hits, ", "))
	}
}
