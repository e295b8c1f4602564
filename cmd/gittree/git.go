package gittree

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// command is a command of git on a repository, without surprises.
func command(ctx context.Context, repo string, args ...string) *exec.Cmd {
	all := append([]string{
		"--no-replace-objects", "--no-pager", "-C", repo,
		"-c", "core.hooksPath=" + os.DevNull, "-c", "core.fsmonitor=false",
	}, args...)
	c := exec.CommandContext(ctx, "git", all...)
	c.Env = append(environment(os.Environ()), "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C",
		"GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none") // what a partial clone lacks is not fetched
	c.WaitDelay = time.Second
	return c
}

// local is the variables that are about one repository: what git rev-parse
// --local-env-vars lists, but for configuration given by the user, and what makes it
// talk.
var local = []string{
	"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_CONFIG", "GIT_OBJECT_DIRECTORY", "GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE",
	"GIT_GRAFT_FILE", "GIT_INDEX_FILE", "GIT_NO_REPLACE_OBJECTS", "GIT_REPLACE_REF_BASE", "GIT_PREFIX", "GIT_SHALLOW_FILE",
	"GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_QUARANTINE_PATH",
}

func environment(all []string) []string {
	return slices.DeleteFunc(all, func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains(local, name) || strings.HasPrefix(name, "GIT_TRACE")
	})
}

// output is what a command of git says.
func output(ctx context.Context, repo string, args ...string) ([]byte, error) {
	c := command(ctx, repo, args...)
	var errs tail
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		return nil, failed(ctx, "git "+args[0], err, &errs)
	}
	return out, nil
}

// failed explains why a command of git has failed, in its own words if it had any.
func failed(ctx context.Context, what string, err error, errs *tail) error {
	words := errs.String()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return errors.New("there is no git: install it, or give a directory")
	case words != "":
		return fmt.Errorf("%s: %s", what, words)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// A tail is the first words of what a process complains about. It is safe for
// concurrent use.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// Write keeps what there is room for.
func (t *tail) Write(p []byte) (int, error) {
	const most = 1000
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p[:min(len(p), most-min(most, len(t.text)))]...)
	return len(p), nil
}

// String is the words on one line.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(strings.FieldsFunc(string(t.text), func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}

// processes is how many read at the same time: unpacking keeps one core busy each,
// and those who read have work of their own.
const processes = 2

// A pool is the processes that read objects. It is safe for concurrent use.
type pool struct {
	ctx     context.Context
	repo    string
	readers chan *reader
	closed  chan struct{}
	once    sync.Once
	mu      sync.Mutex
	broken  error
}

func newPool(ctx context.Context, repo string) *pool {
	p := &pool{ctx: ctx, repo: repo, readers: make(chan *reader, processes), closed: make(chan struct{})}
	for range processes {
		p.readers <- &reader{} // begins to run when it is needed
	}
	return p
}

func (p *pool) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.broken
}

func (p *pool) fail(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.broken == nil {
		p.broken = err
	}
	return p.broken
}

// read is the content of a blob, in buf if that is large enough.
func (p *pool) read(b *blob, buf []byte) ([]byte, error) {
	if b.size > MaxFile {
		return nil, ErrTooLarge
	}
	select {
	case <-p.closed:
		return nil, fs.ErrClosed
	default:
	}
	var r *reader
	select {
	case r = <-p.readers:
	case <-p.closed:
		return nil, fs.ErrClosed
	}
	defer func() { p.readers <- r }()
	if err := p.failure(); err != nil {
		return nil, err
	}
	if r.cmd == nil {
		if err := r.start(p.ctx, p.repo); err != nil {
			return nil, p.fail(err)
		}
	}
	text, err := r.read(b, buf)
	if err != nil {
		return nil, p.fail(r.explain(p.ctx, err))
	}
	return text, nil
}

func (p *pool) close() error {
	p.once.Do(func() {
		close(p.closed)
		for range processes {
			(<-p.readers).stop()
		}
	})
	return nil
}

// A reader is one process of git cat-file --batch.
type reader struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	errs tail
}

func (r *reader) start(ctx context.Context, repo string) error {
	c := command(ctx, repo, "cat-file", "--batch")
	c.Stderr = &r.errs
	in, err := c.StdinPipe()
	if err != nil {
		return err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return failed(ctx, "git cat-file", err, &r.errs)
	}
	r.cmd, r.in, r.out = c, in, bufio.NewReaderSize(out, 64<<10)
	return nil
}

// errLacks is that the repository is not whole.
var errLacks = errors.New("the repository lacks an object of the revision (is it a partial clone?)")

// read asks for one blob: the answer is a line with object, type and size, the
// content, and a line end.
func (r *reader) read(b *blob, buf []byte) ([]byte, error) {
	if _, err := io.WriteString(r.in, b.hash+"\n"); err != nil {
		return nil, err
	}
	line, err := r.out.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	if bytes.HasSuffix(line, []byte(" missing\n")) {
		return nil, errLacks
	}
	if want := fmt.Sprintf("%s blob %d\n", b.hash, b.size); string(line) != want {
		return nil, fmt.Errorf("unexpected answer %.80q", line)
	}
	size := int(b.size)
	buf = slices.Grow(buf[:0], size+1)[:size+1] // with the line end
	if _, err := io.ReadFull(r.out, buf); err != nil {
		return nil, err
	}
	return buf[:size], nil
}

// explain ends a process that did not answer as it should, and says why.
func (r *reader) explain(ctx context.Context, err error) error {
	if errors.Is(err, errLacks) {
		return err
	}
	if r.cmd.Process != nil {
		_ = r.cmd.Process.Kill()
	}
	r.stop()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, os.ErrClosed) || strings.Contains(err.Error(), "broken pipe") {
		err = errors.New("it ended")
	}
	return failed(ctx, "git cat-file", err, &r.errs)
}

// stop ends the process, if there is one.
func (r *reader) stop() {
	if r.cmd == nil {
		return
	}
	_ = r.in.Close()
	_ = r.cmd.Wait() // it was told to end, and how does not matter
	r.cmd = nil
}
