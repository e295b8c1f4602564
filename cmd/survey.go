package cmd

import (
	"context"
	"path"
	"slices"
	"strings"

	"klockscan/callgraph"
)

// A survey is every C file and header of a tree, listed once.
type survey struct {
	files map[string]source
	dirs  map[string]*listed
}

// A source is what a survey knows of a file.
type source struct {
	size  int64 // bytes
	stamp stamp
}

// A listed is one directory of a survey.
type listed struct {
	path  string
	dirs  []string // below it, whole paths, sorted
	files []string // its own sources, whole paths, sorted
}

// newSurvey lists a tree, level by level on all cores. Hidden directories hold
// nothing of a kernel.
func newSurvey(ctx context.Context, t *tree) (*survey, error) {
	s := &survey{files: map[string]source{}, dirs: map[string]*listed{}}
	for level := []string{"."}; len(level) > 0; {
		found := make([]*listed, len(level))
		infos := make([][]source, len(level))
		list := func(i int) { found[i], infos[i] = listDir(t, level[i]) }
		if callgraph.Parallel(ctx, len(level), list) != nil {
			return nil, failf("interrupted")
		}
		level = nil
		for i, d := range found {
			s.dirs[d.path] = d
			level = append(level, d.dirs...)
			for k, name := range d.files {
				s.files[name] = infos[i][k]
			}
		}
	}
	return s, nil
}

// listDir lists one directory; what cannot be read was noted by the tree.
func listDir(t *tree, dir string) (*listed, []source) {
	d := &listed{path: dir}
	var infos []source
	entries, _ := t.ReadDir(dir)
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case e.IsDir():
			d.dirs = append(d.dirs, name)
		case e.Type().IsRegular() && isSource(name):
			if info, err := t.fastStat(name); err == nil {
				d.files, infos = append(d.files, name), append(infos, source{info.Size(), t.ledger.trust(stampOf(info))})
			}
		}
	}
	return d, infos
}

// sources is the C files of the survey, sorted.
func (s *survey) sources() []string {
	return slices.DeleteFunc(sortedKeys(s.files), func(name string) bool { return !strings.HasSuffix(name, ".c") })
}

// A unit is a part of the tree that is worked through at once.
type unit struct {
	scope  *scope
	arches []string
	title  string
}

// A division makes units of a survey.
type division struct {
	*survey
	table   *scopeFile
	arches  []string        // of the run
	ofArch  []string        // of the directories that are divided now
	away    map[string]bool // directories that are left out, or belong to a named scope
	within  map[string]bool // directories that hold such a one
	units   []unit
	run     *scope // neighbours that are joined
	runSize int64
}

// units divides a tree: the named scopes, then the rest from the top.
func (f *scopeFile) units(s *survey, arches []string) []unit {
	d := &division{survey: s, table: f, arches: arches, ofArch: arches, away: map[string]bool{}, within: map[string]bool{}}
	for i := range f.Scopes {
		d.named(&f.Scopes[i])
	}
	for _, row := range f.Whole.Without {
		d.leaveOut(row.Path)
	}
	archDir := path.Dir(f.Whole.Arch.Path)
	d.leaveOut(archDir)
	d.divide(".")
	if at := s.dirs[archDir]; at != nil {
		for _, arch := range arches {
			d.ofArch = []string{arch}
			d.add(strings.ReplaceAll(f.Whole.Arch.Path, "$ARCH", arch))
			d.flush()
		}
	}
	return d.units
}

// named makes a unit of a named scope.
func (d *division) named(n *namedScope) {
	sc := &scope{}
	sc.add(n)
	found := false
	for _, arch := range d.arches {
		for _, dir := range sc.dirs {
			dir = strings.ReplaceAll(dir, "$ARCH", arch)
			found = found || d.dirs[dir] != nil
			d.leaveOut(dir)
		}
	}
	if found {
		d.units = append(d.units, unit{scope: sc, arches: d.arches, title: n.Name})
	}
}

func (d *division) leaveOut(dir string) {
	if d.dirs[dir] == nil {
		return
	}
	d.away[dir] = true
	for dir = path.Dir(dir); !d.within[dir]; dir = path.Dir(dir) {
		d.within[dir] = true
		if dir == "." {
			return
		}
	}
}

// divide makes units of a directory: of its own files, and of what lies below it.
func (d *division) divide(dir string) {
	at := d.dirs[dir]
	if own := d.weighAll(at.files); own > 0 {
		d.join(own, func(s *scope) { s.alone = append(s.alone, dir) }, dir)
	}
	for _, sub := range at.dirs {
		d.add(sub)
	}
	d.flush()
}

// add adds a directory to the run of neighbours, whole if it is small enough.
func (d *division) add(dir string) {
	size := d.weigh(dir)
	switch {
	case d.away[dir] || size == 0:
	case float64(size) <= d.table.Whole.Megabytes.Unit*1e6 && !d.within[dir]:
		d.join(size, func(s *scope) { s.dirs = append(s.dirs, dir) }, dir)
	default:
		d.flush()
		d.divide(dir)
	}
}

// join adds a piece to the run of neighbours, or begins the next run with it.
func (d *division) join(size int64, piece func(*scope), dir string) {
	if float64(d.runSize+size) > d.table.Whole.Megabytes.Unit*1e6 {
		d.flush()
	}
	if d.run == nil {
		d.run = &scope{}
	}
	piece(d.run)
	d.run.docs = append(d.run.docs, d.table.documents(dir)...)
	d.runSize += size
}

// flush ends the run of neighbours.
func (d *division) flush() {
	if d.run != nil {
		d.units = append(d.units, unit{scope: d.run, arches: d.ofArch, title: title(d.run)})
	}
	d.run, d.runSize = nil, 0
}

// title names a unit for people.
func title(s *scope) string {
	all := slices.Clone(s.dirs)
	for _, dir := range s.alone {
		all = append(all, path.Join(dir, "*.c"))
	}
	slices.Sort(all)
	if len(all) > 2 {
		return all[0] + " to " + all[len(all)-1]
	}
	return strings.Join(all, ", ")
}

// weigh is the size of the sources of a directory and those below it that count.
func (d *division) weigh(dir string) int64 {
	at := d.dirs[dir]
	if at == nil || d.away[dir] {
		return 0
	}
	size := d.weighAll(at.files)
	for _, sub := range at.dirs {
		size += d.weigh(sub)
	}
	return size
}

func (d *division) weighAll(files []string) int64 {
	var size int64
	for _, name := range files {
		one := d.files[name].size
		if strings.HasSuffix(name, ".h") {
			one = min(one, d.table.Whole.Kilobytes.Header*1000)
		}
		size += one
	}
	return size
}
