package lockflow

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"klockscan/callgraph"
)

// maxUnknown is how many unknown locks are listed; all are counted.
const maxUnknown = 50

// A reporter turns outcomes into the result.
type reporter struct {
	*analysis
	paths *prefixes
	names *lockNames
	// handed are the locks that a function leaves held and a caller releases.
	handed map[handOver]bool
}

// result assembles what the functions contributed.
func (a *analysis) result() *Result {
	r := &reporter{analysis: a, paths: a.entryPaths(), names: &lockNames{count: map[classID]map[string]int{}}, handed: map[handOver]bool{}}
	res := &Result{Arch: a.prog.Arch, Stats: Stats{Functions: len(a.prog.Funcs), Limits: map[string]int{}}}
	for id, o := range a.outcomes {
		if o == nil {
			continue
		}
		res.Stats.Acquisitions += o.acquired
		res.Stats.UnknownLocks += len(o.unknown)
		for i := range o.unknown[:min(maxUnknown-len(res.Stats.Unknown), len(o.unknown))] {
			res.Stats.Unknown = append(res.Stats.Unknown, o.unknown[i].text(a.prog.Funcs[id]))
		}
		for name, n := range o.limits {
			res.Stats.Limits[name] += n
		}
		r.noteNames(callgraph.FuncID(id))
		maps.Copy(r.handed, o.handed)
	}
	for id, o := range a.outcomes {
		if o == nil {
			continue
		}
		f := a.prog.Funcs[id]
		for i := range o.pairs {
			if p := &o.pairs[i]; p.h.flags&heldPseudo == 0 && p.ev.kind != evSleep {
				res.Pairs = append(res.Pairs, r.pair(f, p))
			}
		}
		res.Findings = append(res.Findings, r.semantic(f, o)...)
	}
	res.Findings = append(res.Findings, r.openNeeds()...)
	res.Findings = append(res.Findings, r.lostBetween()...)
	res.Acquisitions = r.acquisitions()
	slices.SortStableFunc(res.Pairs, comparePairs)
	res.Findings = uniqueFindings(res.Findings)
	return res
}

// noteNames counts how a function spells the locks that it takes itself.
func (r *reporter) noteNames(id callgraph.FuncID) {
	for _, n := range r.spellings(id) {
		r.names.note(n.cls, n.name)
	}
}

// comparePairs orders the pairs of a result; the most certain of equals first.
func comparePairs(a, b Pair) int {
	return cmp.Or(compareLock(a.Outer, b.Outer), compareLock(a.Inner, b.Inner), -cmp.Compare(a.Confidence, b.Confidence),
		cmp.Compare(a.Func, b.Func), cmp.Compare(a.Same, b.Same))
}

// pair is a pair in the words of the result.
func (r *reporter) pair(f *callgraph.Func, p *pairRec) Pair {
	return Pair{
		Outer: r.lock(p.h.from, p.h.cls, p.h.mode), Inner: r.lock(p.ev, p.ev.ref.cls, p.ev.mode),
		Confidence: p.conf, Same: p.same, Chain: r.paths.chain(f.ID, p.ev), Assumed: p.ev.assume.texts(),
		Also: plainClasses(p.also), Func: f.ID,
	}
}

// lock describes where a lock is taken, or waited for.
func (r *reporter) lock(e *event, cls classID, m Mode) Lock {
	l := Lock{Class: cls.class(), Mode: m, Try: e.try, Function: e.fn.Name, File: e.fn.Path, Line: int(e.pos.Line)}
	switch {
	case e.kind == evSleep:
		l.Name = e.prim.Name + "()"
	case e.kind == evWait:
		l.Name = fmt.Sprintf("%s(%s)", e.prim.Name, r.names.name(cls))
	case m == ReadRec:
		l.Name = r.names.name(cls) + " (read)"
	default:
		l.Name = r.names.name(cls)
	}
	return l
}

// uniqueFindings sorts the findings and keeps the best of each fingerprint in each
// file: two static functions of one name are told apart by nothing else. What lies in
// a header is one finding whatever includes it, as it is one function.
func uniqueFindings(fs []Finding) []Finding {
	slices.SortStableFunc(fs, func(a, b Finding) int {
		return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Fingerprint, b.Fingerprint), strings.Compare(a.File, b.File),
			-cmp.Compare(a.Confidence, b.Confidence), cmp.Compare(len(a.Chain), len(b.Chain)), cmp.Compare(a.Line, b.Line))
	})
	fs = slices.CompactFunc(fs, func(a, b Finding) bool {
		return a.Kind == b.Kind && a.Fingerprint == b.Fingerprint && a.File == b.File
	})
	slices.SortStableFunc(fs, func(a, b Finding) int {
		return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line), strings.Compare(a.Fingerprint, b.Fingerprint))
	})
	return fs
}
