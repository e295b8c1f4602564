package callgraph

import (
	"bytes"
	"context"
	_ "embed"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strings"
	"sync"
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
		}
	}
	return p
})

func (p *searchPlan) skips(name string) bool {
	return slices.ContainsFunc(p.skip, func(s string) bool { return strings.HasPrefix(name, s) })
}

// searchDefinitions is the files that seem to define one of the names, sorted.
func (l *loader) searchDefinitions(ctx context.Context, names []string) []string {
	var paths []string
	where := plan()
	for _, dir := range where.dirs {
		if rest, ok := strings.CutPrefix(dir, "ARCH/"); ok {
			dir = path.Join(l.arch.dir, rest)
		}
		_ = fs.WalkDir(l.fsys, dir, func(p string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && path.Ext(p) == ".c" && l.files[p] == nil && !where.skips(p) {
				paths = append(paths, p)
			}
			return nil // a directory that cannot be read holds no definition
		})
	}
	sort.Strings(paths)
	wanted := map[string]bool{}
	for _, n := range names {
		wanted[n] = true
	}
	hit := make([]bool, len(paths))
	if parallel(ctx, len(paths), func(i int) {
		if src, err := readFile(l.fsys, paths[i]); err == nil {
			hit[i] = definesOne(src, wanted)
		}
	}) != nil {
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
