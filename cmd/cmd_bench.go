package cmd

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"klockscan/callgraph"
	"klockscan/cparse"
	"klockscan/reports"
)

// benchFlags is how a benchmark is run.
type benchFlags struct {
	arches, scope []string
	format        string
	runs          int
	whole         bool // of the tree only checks are measured
}

func (a *app) benchCommand() *cobra.Command {
	var f benchFlags
	c := &cobra.Command{
		Use:   "bench [TREE]",
		Short: "measure this machine: raw parse, cold, warm, one file edited",
		Long: "bench measures check on TREE, in processes of its own: cold (no cache), warm (nothing changed since), and after an\n" +
			"edit of one file, on a copy of the files that were read; and the questions chain, callers and order, warm. The\n" +
			"measure for cold is the raw parse: tree-sitter alone over the same files on all cores, trees thrown away. Runs\n" +
			"alternate, and medians are given.",
		Args: args(0, 1, "TREE alone"),
	}
	c.RunE = func(c *cobra.Command, given []string) error {
		if f.runs < 1 || f.runs > 100 {
			return usagef("--runs %d: give a number from 1 to 100", f.runs)
		}
		if f.format != "text" && f.format != "json" {
			return usagef("unknown format %q: %s writes text, json", f.format, c.CommandPath())
		}
		f.whole = slices.Contains(f.scope, a.table.Whole.Name)
		doc, err := runBench(c.Context(), &f, treeArg(given, 0))
		if err != nil {
			return err
		}
		if f.format == "json" {
			err = reports.WriteJSON(a.out, doc)
		} else {
			err = doc.WriteText(a.out, reports.Style{})
		}
		if err != nil {
			return failf("cannot write the report: %w", err)
		}
		return nil
	}
	c.Flags().StringSliceVar(&f.arches, "arch", callgraph.Arches(), "architectures to analyse")
	c.Flags().StringSliceVar(&f.scope, "scope", []string{a.table.Default}, "what to analyse: "+a.table.scopeNames()+", or directories of the tree")
	c.Flags().StringVar(&f.format, "format", "text", "output format: text, json")
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp))
	c.Flags().IntVar(&f.runs, "runs", 3, "how often each thing is measured")
	return c
}

// A bench measures one tree.
type bench struct {
	*benchFlags
	ctx  context.Context
	self string // the program
	tree string
	work string // a directory for caches and copies

	parsed []string // by the cold check
}

// runBench measures, and cleans up behind itself.
func runBench(ctx context.Context, f *benchFlags, tree string) (reports.Bench, error) {
	t, kernel, err := openTree(tree)
	if err != nil {
		return reports.Bench{}, err
	}
	defer t.Close()
	b := &bench{benchFlags: f, ctx: ctx, tree: t.path}
	if b.self, err = os.Executable(); err != nil {
		return reports.Bench{}, failf("cannot find the program: %w", err)
	}
	if b.work, err = os.MkdirTemp("", "klockscan-bench"); err != nil {
		return reports.Bench{}, failf("cannot make a directory: %w", err)
	}
	defer os.RemoveAll(b.work)
	doc := reports.Bench{Kernel: kernel, Scope: f.scope, Arches: f.arches, Processors: runtime.GOMAXPROCS(0)}
	if err := b.cold(&doc); err != nil {
		return doc, err
	}
	return doc, b.warm(&doc)
}

// A sample is one run of the program.
type sample struct {
	seconds float64
	cpu     float64
	peak    int64 // bytes
}

// run runs a command of klockscan on a tree. What it finds is no failure.
func (b *bench) run(tree string, args ...string) (sample, error) {
	args = append(args, "--arch", strings.Join(b.arches, ","), "--scope", strings.Join(b.scope, ","), "-o", filepath.Join(b.work, "out"), tree)
	c := exec.CommandContext(b.ctx, b.self, args...)
	var errs bytes.Buffer
	c.Stderr = &errs
	c.WaitDelay = time.Second
	began := time.Now()
	err := c.Run()
	took := time.Since(began)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == exitFindings {
		err = nil
	}
	if b.ctx.Err() != nil {
		return sample{}, failf("interrupted")
	}
	if err != nil {
		return sample{}, failf("%s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(errs.String()))
	}
	s := sample{seconds: took.Seconds(), peak: peakOf(c.ProcessState)}
	s.cpu = (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds()
	return s, nil
}

// cold measures the raw parse and the check without a cache, in turn.
func (b *bench) cold(doc *reports.Bench) error {
	timings := filepath.Join(b.work, "timings.json")
	check := []string{"check", "--no-cache", "--format", "json", "--timings", timings}
	if _, err := b.run(b.tree, check...); err != nil { // brings the files into memory
		return err
	}
	var times runTimes
	if err := readJSON(timings, &times); err != nil {
		return err
	}
	var result reports.Check
	if err := readJSON(filepath.Join(b.work, "out"), &result); err != nil {
		return err
	}
	doc.Counts = result.Head.Read
	doc.Parsed = len(times.Parsed)
	var raw []float64
	var colds []sample
	stages := map[string][]float64{}
	for range b.runs {
		seconds, size, err := rawParse(b.ctx, b.tree, times.Parsed)
		if err != nil {
			return err
		}
		raw, doc.Bytes = append(raw, seconds), size
		one, err := b.run(b.tree, check...)
		if err != nil {
			return err
		}
		colds = append(colds, one)
		if err := readJSON(timings, &times); err != nil {
			return err
		}
		for name, seconds := range times.sums() {
			stages[name] = append(stages[name], seconds)
		}
	}
	doc.Raw = median(raw)
	doc.Cold = median(pick(colds, func(s sample) float64 { return s.seconds }))
	doc.ColdCPU = median(pick(colds, func(s sample) float64 { return s.cpu }))
	doc.PeakMB = slices.Max(pick(colds, func(s sample) float64 { return float64(s.peak) / 1e6 }))
	doc.ColdRatio = doc.Cold / doc.Raw
	for _, name := range sortedKeys(stages) {
		doc.Stages = append(doc.Stages, reports.BenchStage{Name: name, Seconds: median(stages[name])})
	}
	b.parsed = times.Parsed
	return b.copyTree(times.Asked)
}

// warm measures what the cache answers, on the copy of the tree.
func (b *bench) warm(doc *reports.Bench) error {
	tree, cache := filepath.Join(b.work, "tree"), filepath.Join(b.work, "cache")
	if _, err := b.run(tree, "check", "--cache", cache); err != nil {
		return err
	}
	measure := func(to *float64, of func([]float64) float64, before func(int) error, args ...string) error {
		var all []float64
		for i := range b.runs {
			if err := before(i); err != nil {
				return err
			}
			s, err := b.run(tree, append(args, "--cache", cache)...)
			if err != nil {
				return err
			}
			all = append(all, s.seconds)
		}
		*to = of(all)
		return nil
	}
	nothing := func(int) error { return nil }
	focus, from, to, err := b.focusFile(tree, cache)
	if err != nil {
		return err
	}
	edit := func(i int) error { return appendFunction(filepath.Join(tree, focus), i) }
	if err := measure(&doc.Warm, median, nothing, "check"); err != nil {
		return err
	}
	slowest := slices.Max[[]float64] // the first is a new question
	for _, m := range []struct {
		to   *float64
		args []string
	}{
		{&doc.Order, []string{"order", "--format", "json"}},
		{&doc.Callers, []string{"callers", "--transitive", to}},
		{&doc.Chain, []string{"chain", "--all", "2", from, to}},
	} {
		if b.whole {
			break // a whole tree is only checked
		}
		if err := measure(m.to, slowest, nothing, m.args...); err != nil {
			return err
		}
	}
	if err := measure(&doc.Edit, median, edit, "check"); err != nil {
		return err
	}
	doc.Edited = focus
	return nil
}

// focusFile is a C file of the scope of middle size, and two functions: one of the
// file with the most calls, one of that file.
func (b *bench) focusFile(tree, cache string) (file, from, to string, err error) {
	if b.whole {
		file, err = b.middleFile(tree)
		return file, "", "", err
	}
	one := *b.benchFlags
	one.arches = one.arches[:1] // both functions are to be of one architecture
	first := *b
	first.benchFlags = &one
	if _, err := first.run(tree, "edges", "--format", "tsv", "--cache", cache); err != nil {
		return "", "", "", err
	}
	text, err := os.ReadFile(filepath.Join(b.work, "out"))
	if err != nil {
		return "", "", "", failf("cannot read a result: %w", err)
	}
	calls, callers := map[string]int{}, map[string]string{}
	for line := range strings.Lines(string(text)) {
		if f := strings.Split(line, "\t"); len(f) > 2 && strings.HasSuffix(f[0], ".c") {
			calls[f[0]]++
			callers[f[0]] = cmp.Or(callers[f[0]], f[1])
		}
	}
	files := sortedKeys(calls)
	slices.SortStableFunc(files, func(x, y string) int { return cmp.Compare(calls[x], calls[y]) })
	if len(files) == 0 {
		return "", "", "", failf("the scope has no C file with a call: nothing to edit")
	}
	file = files[len(files)/2]
	return file, callers[files[len(files)-1]], callers[file], nil
}

// middleFile is the C file of middle size among those that were parsed.
func (b *bench) middleFile(tree string) (string, error) {
	sizes := map[string]int64{}
	var files []string
	for _, name := range b.parsed {
		if !strings.HasSuffix(name, ".c") {
			continue
		}
		info, err := os.Stat(filepath.Join(tree, name))
		if err != nil {
			return "", failf("cannot read the copy: %w", err)
		}
		sizes[name], files = info.Size(), append(files, name)
	}
	if len(files) == 0 {
		return "", failf("the tree has no C file: nothing to edit")
	}
	slices.SortStableFunc(files, func(x, y string) int { return cmp.Compare(sizes[x], sizes[y]) })
	return files[len(files)/2], nil
}

// appendFunction edits a file: each edit is another.
func appendFunction(name string, i int) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err == nil {
		_, err = fmt.Fprintf(f, "\nstatic int klockscan_bench_%d(int x)\n{\n\treturn x + %d;\n}\n", i, i)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return failf("cannot edit the copy: %w", err)
	}
	return nil
}

// copyTree copies the files that a check asked for.
func (b *bench) copyTree(files []string) error {
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join(b.tree, name))
		if err != nil {
			return failf("cannot copy the tree: %w", err)
		}
		to := filepath.Join(b.work, "tree", name)
		if err = os.MkdirAll(filepath.Dir(to), 0o777); err == nil {
			err = os.WriteFile(to, text, 0o666)
		}
		if err != nil {
			return failf("cannot copy the tree: %w", err)
		}
	}
	return nil
}

// rawParse parses files with nothing but the parser, on all cores: seconds and
// bytes.
func rawParse(ctx context.Context, tree string, files []string) (float64, int64, error) {
	var size, next atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, runtime.GOMAXPROCS(0))
	began := time.Now()
	for w := range errs {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(files)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				text, err := os.ReadFile(filepath.Join(tree, files[i]))
				if err == nil {
					err = cparse.RawParse(text)
				}
				if err != nil {
					errs[w] = failf("%s: %w", files[i], unpath(err))
				}
				size.Add(int64(len(text)))
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return 0, 0, failf("interrupted")
	}
	return time.Since(began).Seconds(), size.Load(), errors.Join(errs...)
}

func readJSON(name string, to any) error {
	text, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(text, to)
	}
	if err != nil {
		return failf("cannot read a result: %w", err)
	}
	return nil
}

func pick(samples []sample, of func(sample) float64) []float64 {
	var out []float64
	for _, s := range samples {
		out = append(out, of(s))
	}
	return out
}

// median is the middle value, of an even number the lower of the two.
func median(values []float64) float64 {
	values = slices.Clone(values)
	slices.Sort(values)
	return values[(len(values)-1)/2]
}
