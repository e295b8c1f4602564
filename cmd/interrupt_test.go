package cmd

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A slow stream blocks until it is let go.
type slow struct {
	writing chan bool
	let     chan bool
}

func (s slow) Write(p []byte) (int, error) {
	s.writing <- true
	<-s.let
	return len(p), nil
}

// afterInterrupt gives the tests that follow a set of files of their own: an
// interrupted command leaves it locked, because its process ends.
func afterInterrupt(t *testing.T) {
	t.Cleanup(func() { unfinished = fileSet{} })
}

// TestInterruptedWhileBusy: a command that does not notice the interrupt is left
// behind, and said to be interrupted.
func TestInterruptedWhileBusy(t *testing.T) {
	afterInterrupt(t)
	ctx, cancel := context.WithCancel(context.Background())
	out := slow{make(chan bool, 1), make(chan bool)}
	defer close(out.let)
	go func() {
		<-out.writing
		cancel()
	}()
	began := time.Now()
	var errs bytes.Buffer
	if got := Run(ctx, []string{"version"}, nil, out, &errs); got != exitFailure || errs.String() != "klockscan: interrupted\n" {
		t.Errorf("status %d, stderr %q", got, &errs)
	}
	if took := time.Since(began); took > 10*grace {
		t.Errorf("it took %v", took)
	}
}

// TestUnfinishedFiles: what is being written when a command is interrupted goes.
func TestUnfinishedFiles(t *testing.T) {
	dir := t.TempDir()
	out := slow{make(chan bool, 1), make(chan bool)}
	done := make(chan error)
	var files fileSet
	go func() {
		done <- replaceFile(filepath.Join(dir, "report"), &files, func(w io.Writer) error {
			_, _ = w.Write([]byte("half"))
			_, err := out.Write(nil)
			return err
		})
	}()
	<-out.writing
	files.remove()
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	close(out.let)
	select {
	case err := <-done:
		t.Errorf("the file was finished: %v", err)
	case <-time.After(50 * time.Millisecond): // it waits for ever
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
