package callgraph

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"klockscan/cparse"
)

// Options say what to load.
type Options struct {
	Arch     string                              // a name of Arches
	Dirs     []string                            // the focus: directories of the tree, searched whole
	Alone    []string                            // further directories of the focus, without those below them
	Opaque   func(name string) bool              // macros of these names stay calls: lock primitives
	Cache    *Cache                              // parsed files, shared between programs; may be nil
	Library  *Library                            // sources that are looked through, shared between programs; nil: the tree is searched
	Asked    func(path string)                   // may be nil; called when the Cache, and not the tree, has told of a path; safe for concurrent use
	Progress func(stage string, done, total int) // may be nil; called from one goroutine at a time
	Linked   func()                              // may be nil; called when the functions are read and linked: what is left of Load keeps one core busy
	Entries  *EntryTable                         // nil: DefaultEntries
	Rounds   int                                 // how often callees outside the focus are followed into further files; 0: a default
}

// defaultRounds follows callees out of the focus into the files that define
// them, and no further: locks that matter to the focus are taken close to it.
const defaultRounds = 1

// A loader reads the files of one program.
type loader struct {
	opt      Options
	arch     *arch
	fsys     fs.FS
	incDirs  []string        // where <...> is looked up
	focus    map[string]bool // files of the focus
	files    map[string]*cparse.File
	resolved map[includeKey]string // path, "" if none
	flags    map[string][]string   // directories that Makefiles add for headers, by directory
	macros   *macroNames           // of the files that were read
	problems []FileProblem
	searches []*Search       // of the library
	early    map[string]bool // files of the first round: before definitions were searched for
	parts    map[string]part // files that were read for their stores only
}

// A part says what was read of a file that was read for its stores only.
type part struct {
	round int   // in which it was read
	at    []int // places whose surroundings were
}

// An includeKey is what the meaning of an #include depends on.
type includeKey struct {
	dir  string // of the includer, for "..."; else ""
	name string
}

// Load reads the focus, the headers that it includes and, for some rounds, the
// files that define what it calls, and links them. Its errors: an unknown
// architecture, a directory of the focus that does not exist, a cancelled ctx.
// A file that cannot be read or parsed is a problem of the result, not an error.
func Load(ctx context.Context, fsys fs.FS, opt Options) (*Program, error) {
	l, err := newLoader(fsys, opt)
	if err != nil {
		return nil, err
	}
	names, err := l.focusFiles()
	if err != nil {
		return nil, err
	}
	if err := l.loadAll(ctx, names); err != nil {
		return nil, err
	}
	p, err := l.link(ctx)
	for name, f := range l.files {
		if strings.HasPrefix(name, l.arch.dir+"/") {
			forgetBodies(f) // no other architecture asks for them
		}
	}
	return p, err
}

// newLoader is a loader that has read nothing; the error is an unknown architecture.
func newLoader(fsys fs.FS, opt Options) (*loader, error) {
	a, err := archByName(opt.Arch)
	if err != nil {
		return nil, err
	}
	if opt.Cache == nil {
		opt.Cache = NewCache(fsys)
	}
	if opt.Rounds == 0 {
		opt.Rounds = defaultRounds
	}
	return &loader{opt: opt, arch: a, fsys: fsys, focus: map[string]bool{}, files: map[string]*cparse.File{}, resolved: map[includeKey]string{},
		flags: map[string][]string{}, macros: newMacroNames(), parts: map[string]part{}}, nil
}

func forgetBodies(f *cparse.File) {
	for _, fn := range f.Funcs {
		fn.Forget()
	}
}

// focusFiles is the C files below the directories of the focus. Headers of the
// focus are read too, included or not: they hold inline functions and tables.
func (l *loader) focusFiles() ([]string, error) {
	var names []string
	add := func(p string, d fs.DirEntry) {
		if ext := path.Ext(p); (ext == ".c" || ext == ".h") && d.Type().IsRegular() {
			names = append(names, p)
			l.focus[p] = true
		}
	}
	for _, dir := range l.opt.Dirs {
		found := false
		err := fs.WalkDir(l.fsys, path.Clean(dir), func(p string, d fs.DirEntry, err error) error {
			if err != nil {
				l.problem(p, err)
				return nil
			}
			if !d.IsDir() {
				add(p, d)
				return nil
			}
			found = true
			if d.Name() == "include" {
				l.incDirs = append(l.incDirs, p)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, fmt.Errorf("%s: %w", dir, fs.ErrNotExist)
		}
	}
	for _, dir := range l.opt.Alone {
		entries, err := fs.ReadDir(l.fsys, dir)
		if err != nil {
			return nil, err
		}
		for _, d := range entries {
			add(path.Join(dir, d.Name()), d)
		}
	}
	l.incDirs = append(l.incDirs, l.arch.includes()...)
	for _, dir := range slices.Concat(l.opt.Dirs, l.opt.Alone) {
		l.incDirs = append(l.incDirs, path.Clean(dir))
	}
	return names, nil
}

func (l *loader) problem(p string, err error) {
	l.problems = append(l.problems, FileProblem{p, cparse.Problem{Pos: cparse.Pos{Line: 1, Col: 1}, Reason: reason(err)}})
}

// reason is an error without the path that the report names anyway.
func reason(err error) string {
	var pe *fs.PathError
	switch {
	case errors.As(err, &pe):
		return pe.Err.Error()
	case errors.Is(err, ErrTooLarge):
		return ErrTooLarge.Error()
	case errors.Is(err, errBinary):
		return errBinary.Error()
	}
	return err.Error()
}

// loadAll parses the named files and, wave by wave, what they include.
func (l *loader) loadAll(ctx context.Context, names []string) error {
	for len(names) > 0 {
		slices.Sort(names)
		names = slices.Compact(names)
		files, errs, err := l.parseWave(ctx, names)
		if err != nil {
			return err
		}
		var next []string
		for i, f := range files {
			if f == nil {
				l.problem(names[i], errs[i])
				continue
			}
			l.files[names[i]] = f
			for _, inc := range f.Includes {
				if p := l.resolve(names[i], inc); p != "" && l.files[p] == nil {
					next = append(next, p)
				}
			}
		}
		names = l.notLoaded(next)
	}
	return nil
}

func (l *loader) notLoaded(names []string) []string {
	return slices.DeleteFunc(names, func(p string) bool { return l.files[p] != nil })
}

// parseWave parses files on all cores; results stand in the order of names.
func (l *loader) parseWave(ctx context.Context, names []string) ([]*cparse.File, []error, error) {
	files, errs := make([]*cparse.File, len(names)), make([]error, len(names))
	var mu sync.Mutex
	done := 0
	err := Parallel(ctx, len(names), func(i int) {
		files[i], errs[i] = l.file(names[i])
		if l.opt.Progress != nil {
			mu.Lock()
			done++
			l.opt.Progress("parse", done, len(names))
			mu.Unlock()
		}
	})
	return files, errs, err
}

// Parallel calls f(0) … f(n-1) on all cores and stops early if ctx is done: its
// error is then that of ctx.
func Parallel(ctx context.Context, n int, f func(int)) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	next := 0
	take := func() int {
		mu.Lock()
		defer mu.Unlock()
		if next >= n || ctx.Err() != nil {
			return -1
		}
		next++
		return next - 1
	}
	for range min(runtime.GOMAXPROCS(0), n) {
		wg.Go(func() {
			for i := take(); i >= 0; i = take() {
				f(i)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

// resolve is the file that an #include names, or "". Files outside the tree
// and generated ones have none.
func (l *loader) resolve(from string, inc cparse.Include) string {
	if inc.Name == "" {
		return ""
	}
	key := includeKey{name: inc.Name}
	if inc.Quoted {
		key.dir = "./" + from[:strings.LastIndexByte(from, '/')+1]
	}
	if p, ok := l.resolved[key]; ok {
		return p
	}
	p := l.search(from, inc)
	l.resolved[key] = p
	return p
}

// file is the IR of a file of the tree.
func (l *loader) file(name string) (*cparse.File, error) {
	defer l.asked(name)
	return l.opt.Cache.Get(name)
}

// exists reports whether a path of the tree is a regular file.
func (l *loader) exists(name string) bool {
	defer l.asked(name)
	return l.opt.Cache.exists(name)
}

func (l *loader) asked(name string) {
	if l.opt.Asked != nil && fs.ValidPath(name) {
		l.opt.Asked(name)
	}
}

func (l *loader) search(from string, inc cparse.Include) string {
	if !fs.ValidPath(path.Clean(inc.Name)) && !strings.HasPrefix(inc.Name, "../") {
		return ""
	}
	if inc.Quoted {
		if p := path.Join(path.Dir(from), inc.Name); l.exists(p) {
			return p
		}
	}
	for _, dir := range l.incDirs {
		if p := path.Join(dir, inc.Name); l.exists(p) {
			return p
		}
	}
	if inc.Quoted {
		if p := l.searchFlags(path.Dir(from), inc.Name); p != "" {
			return p
		}
	}
	// asm/x.h that the architecture does not have is a generated wrapper.
	if rest, ok := strings.CutPrefix(inc.Name, "asm/"); ok {
		for _, dir := range []string{"include/asm-generic", "include/uapi/asm-generic"} {
			if p := path.Join(dir, rest); l.exists(p) {
				return p
			}
		}
	}
	return ""
}

// searchFlags looks where the Makefile of a directory says, or of one around it:
// objects of a directory may be built by the Makefile above.
func (l *loader) searchFlags(dir, name string) string {
	for ; dir != "."; dir = path.Dir(dir) {
		flags, ok := l.flags[dir]
		if !ok {
			flags = includeFlags(l.fsys, dir)
			l.flags[dir] = flags
		}
		for _, d := range flags {
			if p := path.Join(d, name); l.exists(p) {
				return p
			}
		}
	}
	return ""
}
