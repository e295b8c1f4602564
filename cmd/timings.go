package cmd

import (
	"encoding/json"
	"os"
	"strings"
	"sync"
	"time"

	"klockscan/callgraph"
)

// A stopwatch measures the stages of a run, for the command bench. It is safe
// for concurrent use; a nil stopwatch measures nothing.
type stopwatch struct {
	mu     sync.Mutex
	stages []stageTime
	files  map[string]bool
}

// A stageTime is how long a stage of one architecture took. Architectures are
// worked on at the same time, so times overlap.
type stageTime struct {
	Arch    string  `json:"arch,omitempty"`
	Stage   string  `json:"stage"`
	Seconds float64 `json:"seconds"`
}

// runTimes is what a run writes for bench.
type runTimes struct {
	Stages []stageTime `json:"stages"`
	Parsed []string    `json:"parsed"` // files of all architectures, sorted
	Asked  []string    `json:"asked"`  // files that were read at all, sorted
}

// sums is the seconds of each stage of each architecture: of a whole tree, of all
// units together.
func (r *runTimes) sums() map[string]float64 {
	out := map[string]float64{}
	for _, s := range r.Stages {
		out[strings.TrimSpace(s.Arch+" "+s.Stage)] += s.Seconds
	}
	return out
}

func (o *options) newStopwatch() *stopwatch {
	if o.timings == "" {
		return nil
	}
	return &stopwatch{files: map[string]bool{}}
}

// stage starts a stage; the result ends it.
func (w *stopwatch) stage(arch, name string) (end func()) {
	if w == nil {
		return func() {}
	}
	began := time.Now()
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.stages = append(w.stages, stageTime{arch, name, time.Since(began).Seconds()})
	}
}

// loaded notes the files of a program.
func (w *stopwatch) loaded(p *callgraph.Program) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range p.Files[:p.Stats.Files] {
		w.files[f.Path] = true
	}
}

// write writes what was measured to the file of --timings.
func (w *stopwatch) write(name string, t *tree) error {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	times := runTimes{Stages: w.stages, Parsed: sortedKeys(w.files), Asked: t.ledger.filesRead()}
	text, err := json.Marshal(times)
	if err == nil {
		err = os.WriteFile(name, text, 0o666)
	}
	if err != nil {
		return failf("cannot write the timings: %w", err)
	}
	return nil
}
