// Accuracy measures the call graph on real kernels and writes docs/accuracy.md.
//
//	go run ./cmd/accuracy -kernels DIR -truth FILE          write the document
//	go run ./cmd/accuracy -kernels DIR -truth FILE -check   compare it with what would be written
//	go run ./cmd/accuracy -kernels DIR -truth FILE -beyond  measure the other subsystems anew, too
//
// DIR holds linux-source-7.2, and linux-source-6.12 for -beyond. FILE is gcc's
// call graph of KVM on x86 (rows kind, file, caller, callee, packed with gzip):
// call and macro are its calls, ref the addresses it takes, fun what is defined.
//
// What people judged is read from docs/accuracy:
//
//	causes.tsv  why an edge is missing, or is not in gcc's graph
//	sample.tsv  the verdicts on the sample of resolved indirect calls
//	beyond.tsv  figures of trees that are too large to be measured each time
//
// A difference without a cause, a cause without a difference, and a sampled call
// without a verdict are errors: the document says everything or is not written.
// Exit status: 0 done, 1 the document is out of date or incomplete, 3 failure.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"klockscan/cmd"
)

// errStale says that the document is not what would be written.
var errStale = errors.New("the document is not what this command writes: run it without -check")

func main() {
	var p places
	check := flag.Bool("check", false, "compare the document instead of writing it")
	again := flag.Bool("beyond", false, "measure the trees of beyond.tsv anew")
	flag.StringVar(&p.kernels, "kernels", "", "directory that holds linux-source-7.2")
	flag.StringVar(&p.truth, "truth", "", "gcc's call graph of KVM on x86")
	flag.StringVar(&p.judged, "judged", "docs/accuracy", "directory of what people judged")
	flag.StringVar(&p.document, "o", "docs/accuracy.md", "the document")
	flag.Parse()
	if err := run(context.Background(), p, *check, *again); err != nil {
		fmt.Fprintln(os.Stderr, "accuracy:", err)
		var gaps *incomplete
		if errors.Is(err, errStale) || errors.As(err, &gaps) {
			os.Exit(1)
		}
		os.Exit(3)
	}
}

// places is where everything lies.
type places struct {
	kernels, truth, judged, document string
}

func (p places) kernel(version string) string {
	return filepath.Join(p.kernels, "linux-source-"+version)
}

// run measures, and writes or checks the document.
func run(ctx context.Context, p places, check, again bool) error {
	d, err := measure(ctx, p, again)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	d.write(&b)
	if err := d.gaps(); err != nil {
		return err
	}
	if !check {
		return os.WriteFile(p.document, b.Bytes(), 0o666)
	}
	old, err := os.ReadFile(p.document)
	if err != nil {
		return err
	}
	if !bytes.Equal(old, b.Bytes()) {
		return errStale
	}
	return nil
}

// klockscan runs one command and returns what it prints.
func klockscan(ctx context.Context, args ...string) ([]byte, error) {
	var out, errs bytes.Buffer
	if status := cmd.Run(ctx, args, nil, &out, &errs); status != 0 {
		return nil, fmt.Errorf("klockscan %q: exit status %d: %s", args, status, bytes.TrimSpace(errs.Bytes()))
	}
	return out.Bytes(), nil
}
