package cmd

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// A progress shows on a terminal what a command that takes longer than a second
// is doing. The zero progress, and a nil one, show nothing. It is safe for
// concurrent use.
type progress struct {
	*display
	part string // of the work, "" for all of it
}

// A display is the line that a progress is shown on.
type display struct {
	w     io.Writer
	mu    sync.Mutex
	start time.Time
	last  time.Time
	shown bool
}

// within is the progress of a part of the work.
func (p *progress) within(part string) *progress {
	if p == nil {
		return nil
	}
	return &progress{p.display, part + ": "}
}

// newProgress writes to stderr only if that is a terminal.
func newProgress(stderr io.Writer) *progress {
	if !isTerminal(stderr) {
		return &progress{}
	}
	return &progress{display: &display{w: stderr, start: time.Now()}}
}

// Times of the display: nothing before patience, then a line each interval.
const (
	patience = time.Second
	interval = 100 * time.Millisecond
)

// step reports that done of total is done; total 0 means not known.
func (p *progress) step(arch, stage string, done, total int) {
	if p == nil || p.display == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if now.Sub(p.start) < patience || now.Sub(p.last) < interval {
		return
	}
	p.last, p.shown = now, true
	count := ""
	if total > 0 {
		count = fmt.Sprintf(" %d/%d", done, total)
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s%s: %s%s (%.0f s)", p.part, arch, stage, count, now.Sub(p.start).Seconds())
}

// clear removes the line.
func (p *progress) clear() {
	if p == nil || p.display == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}
