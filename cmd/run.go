// Package cmd is the command line of klockscan: it turns arguments into calls
// of cparse, callgraph, lockflow and reports, and one error into one exit
// status. Streams are parameters, so that tests run commands in the process.
//
// What the command line knows of kernel trees (architectures, scopes, where
// documents lie) is data in scopes.yaml; the examples of the help texts are in
// examples.yaml, and a test runs them.
//
// # Exit statuses
//
//	0  clean: nothing found, or the question is answered
//	1  findings; chain: there is no chain
//	2  wrong usage: unknown flag, architecture, function or scope, bad rules file
//	3  the work could not be done, or a check found nothing but could not read
//	   every file of its scope
//
// # Limits
//
// A tree is a directory, the tree of a commit, or one of these with patches laid
// over it. Links are followed inside it only; files that are too large, binary or no
// regular files are left out and named in every report.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"klockscan/reports"
)

// The exit statuses.
const (
	exitClean    = 0
	exitFindings = 1
	exitUsage    = 2
	exitFailure  = 3
)

// A statusError is an error with the exit status that it leads to.
type statusError struct {
	status int
	err    error
}

func (e *statusError) Error() string { return e.err.Error() }

// Unwrap is the error without its status.
func (e *statusError) Unwrap() error { return e.err }

// errFindings ends a command that did its work and has something to say by its
// exit status; nothing is printed for it.
var errFindings = &statusError{exitFindings, errors.New("findings")}

func usagef(format string, args ...any) error {
	return &statusError{exitUsage, fmt.Errorf(format, args...)}
}

func failf(format string, args ...any) error {
	return &statusError{exitFailure, fmt.Errorf(format, args...)}
}

// streams is what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// Run executes one command line (without the program's name) and returns the
// exit status. When ctx is done it returns soon, with no half-written file left;
// work may then still go on behind it, so the program should end.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	status := make(chan int, 1)
	go func() { status <- run(ctx, args, streams{stdin, stdout, stderr}, makeCode, true) }()
	select {
	case s := <-status:
		return s
	case <-ctx.Done():
	}
	select {
	case s := <-status: // it noticed itself
		return s
	case <-time.After(grace):
	}
	unfinished.remove()
	fmt.Fprintln(stderr, "klockscan: interrupted")
	return exitFailure
}

// grace is how long an interrupted command may take to end by itself.
const grace = 200 * time.Millisecond

// run is Run with a maker of one's own, and without the user's cache if caches
// is false.
func run(ctx context.Context, args []string, s streams, make maker, caches bool) int {
	root := newRoot(s, make, caches)
	root.SetArgs(args)
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitClean
	}
	var known *statusError
	if !errors.As(err, &known) { // cobra's own: unknown command, flag, number of arguments
		known = &statusError{exitUsage, err}
	}
	if known != errFindings {
		fmt.Fprintln(s.err, "klockscan: "+oneLine(err.Error()))
	}
	return known.status
}

// oneLine keeps a message on one line, whatever names it quotes.
func oneLine(s string) string {
	return reports.Clean(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }), "; "))
}
