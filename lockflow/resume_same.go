package lockflow

import (
	"maps"
	pathpkg "path"
	"slices"

	"klockscan/callgraph"
)

// What all functions look at must be the same in both programs, or everything would
// have to be solved again.

// sameSurvey brings the survey up to date, and says whether it tells what it told.
func (s *resumption) sameSurvey() bool {
	was, o := newSurvey(), s.old
	for i := range o.locals.len() {
		c := o.locals.at(i + 1)
		was.locals[o.text(c.uint())] = int(c.int())
		o.done(&c)
	}
	for i := range o.flags.len() {
		c := o.flags.at(i + 1)
		flag := flagBit{member: o.text(c.uint()), bit: c.int()}
		was.set[flag], was.cleared[flag] = int(c.int()), int(c.int())
		o.done(&c)
	}
	now := survey{maps.Clone(was.locals), maps.Clone(was.set), maps.Clone(was.cleared)}
	for _, f := range o.d.Gone {
		s.count(now, f, -1)
	}
	for _, f := range o.d.Changed {
		f0 := o.d.Old(f)
		if (f0 == nil) != (o.oldOf[f] == callgraph.NoFunc) {
			return false
		}
		if f0 != nil {
			s.count(now, f0, -1)
		}
		s.count(now, s.prog.Funcs[f], 1)
	}
	s.setSurvey(now)
	return !o.bad && maps.Equal(s.onStack, was.onStack()) && maps.Equal(s.oneWay, was.oneWay())
}

// A neighbour is two files, or directories, or a file and a directory that calls it, of
// which one calls the other by name. In files that are gone there is nobody to ask.
type neighbour struct {
	kind byte // 'd': directories; 'f': files; 's': a file and a directory
	two  [2]int32
}

// neighbours calls do for what an edge makes neighbours; numbers below 0 are of what is
// gone.
func neighbours(callerDir, callerFile, calleeDir, calleeFile int32, do func(neighbour)) {
	for _, n := range [...]neighbour{{'d', inOrder(callerDir, calleeDir)}, {'f', inOrder(callerFile, calleeFile)}, {'s', [2]int32{calleeFile, callerDir}}} {
		if n.two[0] >= 0 && n.two[1] >= 0 && (n.kind == 's' || n.two[0] != n.two[1]) {
			do(n)
		}
	}
}

// sameModules says whether who is whose neighbour has not changed, as far as functions
// behind calls through tables ask for it. Who calls through a table into directories that
// became neighbours, or no longer are, is to be solved again.
func (s *resumption) sameModules() bool {
	was, now := map[neighbour]bool{}, map[neighbour]bool{}
	m, o := s.modules, s.old
	for old, f := range o.newOf {
		if f != callgraph.NoFunc && !o.changed[f] {
			continue
		}
		dir, file := s.where(callgraph.FuncID(old))
		for _, c := range o.calls[old] {
			if int(c.callee) >= len(o.newOf) {
				return false
			}
			if isNamed(c.kind) {
				toDir, toFile := s.where(c.callee)
				neighbours(dir, file, toDir, toFile, func(n neighbour) { was[n] = true })
			}
		}
	}
	for f, changed := range o.changed {
		if changed {
			s.edgesMake(callgraph.FuncID(f), func(n neighbour) { now[n] = true })
		}
	}
	other := map[neighbour]bool{} // of one program only
	for n := range was {
		if !m.has(n) {
			other[n] = true
		}
	}
	for n := range now {
		if !was[n] {
			other[n] = true
		}
	}
	if len(other) == 0 {
		return true
	}
	for f, changed := range o.changed {
		if !changed {
			s.edgesMake(callgraph.FuncID(f), func(n neighbour) { delete(other, n) })
		}
	}
	return s.ask(other)
}

// isNamed says whether an edge is a call by name.
func isNamed(k callgraph.EdgeKind) bool { return k == callgraph.Direct || k == callgraph.Macro }

// where is the directory and the file of an old function.
func (s *resumption) where(old callgraph.FuncID) (dir, file int32) {
	if f := s.old.newOf[old]; f != callgraph.NoFunc {
		return s.modules.dir[f], s.modules.file[f]
	}
	path := s.old.text(s.old.pathOf[old])
	file, ok := s.modules.files[path]
	if !ok {
		file = -1
	}
	return int32(slices.Index(s.modules.dirs, pathpkg.Dir(path))), file
}

// edgesMake calls do for what the calls of a function by name make neighbours.
func (s *resumption) edgesMake(f callgraph.FuncID, do func(neighbour)) {
	m, out := s.modules, s.graph.Out(f)
	for i := range out {
		if e := &out[i]; isNamed(e.Kind) {
			neighbours(m.dir[f], m.file[f], m.dir[e.Callee], m.file[e.Callee], do)
		}
	}
}

// has says whether these are neighbours.
func (m *modules) has(n neighbour) bool {
	switch n.kind {
	case 'd':
		return m.related[n.two]
	case 'f':
		return m.knows[n.two]
	}
	return m.serves[n.two]
}

// ask finds who asks for one of these neighbours by a call through a table: for
// directories, if it leads to both; else if it chooses among many files and leads to
// one of these. False if that concerns more than who calls.
func (s *resumption) ask(about map[neighbour]bool) bool {
	edges := s.graph.Edges
	for from := 0; from < len(edges); {
		to := from + 1
		for to < len(edges) && edges[to].Caller == edges[from].Caller && edges[to].Site == edges[from].Site {
			to++
		}
		if to-from > 1 {
			dirs, others := s.siteAsks(edges[from:to], about)
			if others {
				return false
			}
			if dirs {
				s.asking = append(s.asking, edges[from].Caller)
			}
		}
		from = to
	}
	return true
}

// siteAsks says whether a call asks for neighbours among directories, and for others.
func (s *resumption) siteAsks(edges []callgraph.Edge, about map[neighbour]bool) (ofDirs, ofOthers bool) {
	dirs, files := map[int32]bool{}, map[int32]bool{}
	for i := range edges {
		dirs[s.modules.dir[edges[i].Callee]] = true
		files[s.modules.file[edges[i].Callee]] = true
	}
	wide := len(files) >= wideFiles
	for n := range about {
		switch n.kind {
		case 'd':
			ofDirs = ofDirs || dirs[n.two[0]] && dirs[n.two[1]]
		case 'f':
			ofOthers = ofOthers || wide && (files[n.two[0]] || files[n.two[1]])
		case 's':
			ofOthers = ofOthers || wide && dirs[n.two[1]]
		}
	}
	return ofDirs, ofOthers
}
