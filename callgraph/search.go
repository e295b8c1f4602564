package callgraph

import (
	"bytes"
	"context"
	_ "embed"
	"io"
	"io/fs"
	"iter"
	"path"
	"slices"
	"sort"
	"strings"
	"sync"

	"klockscan/cparse"
)

// search.txt says where definitions are looked for.
//
//go:embed search.txt
var searchText string

// A searchPlan is where definitions of callees of the focus are looked for.
// Directories are looked through line by line, and only files that define a
// wanted name are parsed.
type searchPlan struct {
	dirs, skip []string
	stores     []string // searched for stores only, on behalf of calls of the focus
}

var plan = sync.OnceValue(func() searchPlan {
	var p searchPlan
	for line := range strings.Lines(searchText) {
		line, _, _ = strings.Cut(line, "#")
		switch f := strings.Fields(line); {
		case len(f) == 2 && f[0] == "dir":
			p.dirs = append(p.dirs, f[1])
		case len(f) == 2 && f[0] == "skip":
			p.skip = append(p.skip, f[1])
		case len(f) == 2 && f[0] == "stores":
			p.stores = append(p.stores, f[1])
		}
	}
	return p
})

func (p *searchPlan) skips(name string) bool {
	return slices.ContainsFunc(p.skip, func(s string) bool { return strings.HasPrefix(name, s) })
}

// searchDefinitions is the files that seem to define one of the names, sorted.
func (l *loader) searchDefinitions(ctx context.Context, names []string) []string {
	where := plan()
	paths := l.sources(where.dirs)
	paths = slices.DeleteFunc(paths, where.skips)
	wanted := map[string]bool{}
	for _, n := range names {
		wanted[n] = true
	}
	hit := make([]bool, len(paths))
	judge := func(i int, src []byte) { hit[i] = definesOne(src, wanted) }
	var err error
	if b := l.opt.Library; b != nil {
		l.searches = append(l.searches, &Search{Arch: l.arch.name, Names: names})
		words := definitionQuery(wanted)
		err = b.look(ctx, paths, func(int) *wordQuery { return words }, func(i int, src []byte) {
			if isSource(src) {
				judge(i, src)
			}
		})
	} else {
		err = Parallel(ctx, len(paths), func(i int) {
			if src, err := readFile(l.fsys, paths[i]); err == nil {
				judge(i, src)
			}
		})
	}
	if err != nil {
		return nil
	}
	var out []string
	for i, p := range paths {
		if hit[i] {
			out = append(out, p)
		}
	}
	return slices.Clip(out)
}

// sources is the C files below directories that were not read yet, sorted.
func (l *loader) sources(dirs []string) []string {
	var paths []string
	under := make([]string, len(dirs))
	for i, dir := range dirs {
		under[i] = l.arch.under(dir)
	}
	if b := l.opt.Library; b != nil {
		return slices.DeleteFunc(b.below(under), func(p string) bool { return l.files[p] != nil })
	}
	for _, dir := range under {
		_ = fs.WalkDir(l.fsys, dir, func(p string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && path.Ext(p) == ".c" && l.files[p] == nil {
				paths = append(paths, p)
			}
			return nil // a directory that cannot be read holds nothing
		})
	}
	sort.Strings(paths)
	return slices.Compact(paths)
}

// definesOne reports whether a line that starts in the first column looks like
// the head of the definition of a wanted function: NAME( without a ; at its end.
func definesOne(src []byte, wanted map[string]bool) bool {
	for len(src) > 0 {
		line := src
		if i := bytes.IndexByte(src, '\n'); i >= 0 {
			line, src = src[:i], src[i+1:]
		} else {
			src = nil
		}
		if len(line) == 0 || !isWord(line[0]) {
			continue
		}
		open := bytes.IndexByte(line, '(')
		if open <= 0 || bytes.HasSuffix(bytes.TrimSpace(line), []byte(";")) {
			continue
		}
		start := open
		for start > 0 && isWord(line[start-1]) {
			start--
		}
		if wanted[string(line[start:open])] {
			return true
		}
	}
	return false
}

func isWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// searchStores reads the files that seem to fill one of the names that are
// needed: calls of the focus look wider than others. Of each file it reads what
// stands at file scope, and those functions that matter.
func (l *loader) searchStores(ctx context.Context, s *symbols, n *needs, round int) ([]*cparse.File, error) {
	where := plan()
	near, far := l.sources(where.dirs), []string(nil)
	if n.ofFocus() {
		far = l.sources(where.stores)
	}
	paths := slices.Compact(slices.Sorted(slices.Values(slices.Concat(near, far))))
	paths = slices.DeleteFunc(paths, func(p string) bool { _, ok := s.index[p]; return ok })
	found, answers := make([]*cparse.File, len(paths)), make([]Digest, len(paths))
	ends := n.endings()
	close := func(i int) bool { _, ok := slices.BinarySearch(near, paths[i]); return ok }
	judge := func(i int, src []byte) {
		if at := n.fills(src, close(i), &ends); len(at) > 0 {
			part := thin(src, at)
			found[i] = cparse.ParseHeads(paths[i], part)
			if l.opt.Library != nil {
				answers[i] = DigestOf(part)
			}
		}
	}
	if b := l.opt.Library; b != nil {
		closer, farther := n.query(true), n.query(false)
		err := b.look(ctx, paths, func(i int) *wordQuery {
			if close(i) {
				return closer
			}
			return farther
		}, judge)
		l.noteNeeds(n, paths, answers)
		return slices.DeleteFunc(found, func(f *cparse.File) bool { return f == nil }), err
	}
	places := make([][]int, len(paths))
	err := Parallel(ctx, len(paths), func(i int) {
		buf := buffers.Get().(*bytes.Buffer)
		defer buffers.Put(buf)
		src := readInto(buf, l.fsys, paths[i])
		_, close := slices.BinarySearch(near, paths[i])
		if places[i] = n.fills(src, close, &ends); len(places[i]) > 0 {
			found[i] = l.opt.Cache.preprocessed(paths[i], string(thin(src, places[i])))
		}
	})
	for i, at := range places {
		if len(at) > 0 {
			l.parts[paths[i]] = part{round, at}
		}
	}
	return slices.DeleteFunc(found, func(f *cparse.File) bool { return f == nil }), err
}

// noteNeeds notes what the sources answered, each that did with the digest of what
// was read of it.
func (l *loader) noteNeeds(n *needs, paths []string, answers []Digest) {
	search := &Search{Arch: l.arch.name, Needs: n.save()}
	for i, sum := range answers {
		if sum != (Digest{}) {
			if search.Answers == nil {
				search.Answers = map[string]Digest{}
			}
			search.Answers[paths[i]] = sum
		}
	}
	l.searches = append(l.searches, search)
}

// ofFocus reports whether a call of the focus needs any of the names.
func (n *needs) ofFocus() bool {
	for _, m := range []map[string]*need{n.members, n.params, n.globals} {
		for _, d := range m {
			if d.focus {
				return true
			}
		}
	}
	return false
}

// buffers holds the texts of files that are only looked through: a kernel tree is
// much to throw away.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// readInto is the text of a file in a buffer; nothing if it cannot be read or is
// no C source.
func readInto(buf *bytes.Buffer, fsys fs.FS, name string) []byte {
	buf.Reset()
	f, err := fsys.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	if _, err := io.Copy(buf, io.LimitReader(f, maxFile)); err != nil {
		return nil
	}
	return buf.Bytes()
}

// endings is a set of the last two bytes of words: most words of a source are
// none that is needed, and their ends tell.
type endings [1 << 16]bool

func (n *needs) endings() (e endings) {
	for _, m := range []map[string]*need{n.members, n.params, n.globals} {
		for name := range m {
			e.add(name)
		}
	}
	return e
}

func (e *endings) add(name string) {
	last := int(name[len(name)-1])
	if len(name) > 1 {
		e[int(name[len(name)-2])<<8|last] = true
		return
	}
	for before := range 256 {
		e[before<<8|last] = true
	}
}

// fills is the places in a source that seem to fill a name: .NAME = and ->NAME =
// of a member, in a file that mentions its struct; NAME = of a variable; NAME( of
// a function with a parameter. Names that concern no call of the focus count
// only if close is set.
func (n *needs) fills(src []byte, close bool, ends *endings) []int {
	var at []int
	in := map[*need]bool{} // whether the source mentions a struct of those
	for i, c := range src {
		if c != '=' && (c != '(' || len(n.params) == 0) || i+1 == len(src) || i < 2 {
			continue
		}
		end := i
		if c == '=' {
			if src[i+1] == '=' {
				continue
			}
			for end > 0 && (src[end-1] == ' ' || src[end-1] == '\t') {
				end--
			}
		}
		start := end
		if end > 1 && ends[int(src[end-2])<<8|int(src[end-1])] {
			for start > 0 && isWord(src[start-1]) {
				start--
			}
		}
		switch {
		case start < end && start > 0 && n.wants(src, start, end, c, close, in):
			at = append(at, i)
		case c == '=' && n.lists(src, i, close):
			at = append(at, i+bytes.IndexByte(src[i:], '{')+1)
		}
	}
	return at
}

// lists reports whether the = at eq initialises a variable of a struct with a
// member that is needed, and gives the members in order: no text names them.
func (n *needs) lists(src []byte, eq int, close bool) bool {
	if !opensList(src, eq) {
		return false
	}
	for word := range lineWords(src, eq) {
		if d := n.structs[string(word)]; d != nil && (d.focus || close) {
			return true
		}
	}
	return false
}

// opensList reports whether members in order follow the = at eq.
func opensList(src []byte, eq int) bool {
	value := bytes.TrimLeft(src[eq+1:min(eq+maxBlank, len(src))], " \t\n")
	if len(value) == 0 || value[0] != '{' {
		return false
	}
	value = bytes.TrimLeft(value[1:], " \t\n{")
	return len(value) > 0 && value[0] != '.' && value[0] != '['
}

// lineWords is the words of a line up to a place on it.
func lineWords(src []byte, end int) iter.Seq[[]byte] {
	line := bytes.LastIndexByte(src[:end], '\n') + 1
	return bytes.FieldsFuncSeq(src[line:end], func(r rune) bool { return !isWord(byte(r)) })
}

// maxBlank bounds the space between a = and the members behind it.
const maxBlank = 200

// wants judges one word of a source, with the byte behind it. What it looks for in
// the whole source it keeps in in.
func (n *needs) wants(src []byte, start, end int, behind byte, close bool, in map[*need]bool) bool {
	d := n.params[string(src[start:end])]
	if behind == '=' {
		if d = n.globals[string(src[start:end])]; src[start-1] == '.' || src[start-1] == '>' {
			d = n.members[string(src[start:end])]
		}
	}
	if d == nil || !d.focus && !close {
		return false
	}
	there, known := in[d]
	if !known {
		there = d.structs == nil || slices.ContainsFunc(d.structs, func(tag string) bool { return mentions(src, tag) })
		in[d] = there
	}
	return there
}

// mentions reports whether a source has a word.
func mentions(src []byte, word string) bool {
	for at := 0; ; {
		i := bytes.Index(src[at:], []byte(word))
		if i < 0 {
			return false
		}
		at += i
		end := at + len(word)
		if (at == 0 || !isWord(src[at-1])) && (end == len(src) || !isWord(src[end])) {
			return true
		}
		at = end
	}
}

// thin empties the bodies of functions and tables in which none of the places at
// lies; lines keep their numbers. By the style of the kernel, the braces of such
// bodies end and start a line.
func thin(src []byte, at []int) []byte {
	out := make([]byte, 0, len(src)/2)
	done, pos := 0, 0 // src[:done] is in out
	for {
		i := bytes.Index(src[pos:], []byte("{\n"))
		if i < 0 {
			return append(out, src[done:]...)
		}
		open := pos + i
		pos = open + 1
		if open > 0 && src[open-1] != '\n' && !bytes.HasSuffix(src[:open], []byte("= ")) {
			continue
		}
		n := bytes.Index(src[open:], []byte("\n}"))
		if n < 0 {
			return append(out, src[done:]...)
		}
		pos = open + n + 1
		if k, _ := slices.BinarySearch(at, open); k < len(at) && at[k] < pos {
			continue
		}
		out = append(out, src[done:open+1]...)
		out = append(out, bytes.Repeat([]byte("\n"), bytes.Count(src[open:pos], []byte("\n")))...)
		done = pos
	}
}
