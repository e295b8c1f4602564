package cmd

import (
	"bytes"
	"context"
	"encoding/gob"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"klockscan/callgraph"
	"klockscan/cmd/store"
	"klockscan/lockflow"
	"klockscan/reports"
)

// What a unit adds to the result is kept, not its graph. It was made from what the
// unit read, which its ledger tells, and from what the other sources of the tree
// answered to its searches: as long as they would answer the same, they may change.

// A unitPart is what a unit adds to the result.
type unitPart struct {
	Sources store.Key // the list of the sources that answered
	Arches  []archPart
}

// An archPart is that of one architecture.
type archPart struct {
	Read       reports.Read
	Files      []string // that were read whole
	Sizes      []int64  // of these, in bytes
	Unexpanded []string
	Lost       []reports.Lost
	Problems   []reports.Problem
	Own        []ownRule
	Findings   []reports.Finding // sorted
	Searches   []*callgraph.Search
}

// An ownRule is what became of a rule of the user's.
type ownRule struct {
	File         string
	Line, Column int
	Text, Status string
}

// newArchPart takes from a check what is needed of it later.
func newArchPart(p checkPart, c *code, own []*lockflow.Rule) archPart {
	out := archPart{Read: focusRead(c, p.read), Lost: p.lost, Problems: p.problems, Unexpanded: c.prog.Stats.Unexpanded,
		Findings: p.findings, Searches: c.prog.Searches}
	for _, f := range c.prog.Files[:c.prog.Stats.Files] {
		out.Files, out.Sizes = append(out.Files, f.Path), append(out.Sizes, int64(f.Size))
	}
	for _, r := range p.rules {
		if slices.ContainsFunc(own, func(o *lockflow.Rule) bool { return o.File == r.File }) {
			out.Own = append(out.Own, ownRule{r.File, r.Line, r.Column, r.Text, r.Status})
		}
	}
	return out
}

// focusRead counts what lies in the unit: what it shares with others, they count.
func focusRead(c *code, r reports.Read) reports.Read {
	r.Functions, r.Edges, r.Unresolved = 0, 0, 0
	inside := func(id callgraph.FuncID) int {
		if c.prog.Funcs[id].Focus {
			return 1
		}
		return 0
	}
	for _, f := range c.prog.Funcs {
		r.Functions += inside(f.ID)
	}
	for i := range c.graph.Edges {
		r.Edges += inside(c.graph.Edges[i].Caller)
	}
	for i := range c.graph.Unresolved {
		r.Unresolved += inside(c.graph.Unresolved[i].Caller)
	}
	return r
}

// bound is the user's rules as the unit's code binds them.
func (a *archPart) bound() boundRules {
	b := boundRules{arch: a.Read.Arch}
	for _, o := range a.Own {
		b.rules = append(b.rules, &lockflow.Rule{File: o.File, Line: o.Line, Column: o.Column, Text: o.Text, Status: o.Status})
	}
	return b
}

// trim drops what is not needed any more once the part is kept: how to ask again,
// and what is only shown of findings that are not. Of equal texts one is left: there
// are hundreds of thousands in the findings of a kernel.
func (w *whole) trim(p *unitPart) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range p.Arches {
		a := &p.Arches[i]
		a.Searches = nil
		w.texts.share(a.Files)
		for k := range a.Findings {
			f := &a.Findings[k]
			if !w.shows(*f) {
				f.Chain, f.Reverse, f.Rule, f.Assumed, f.Message = nil, nil, nil, nil, ""
				if len(w.set.suppress) == 0 {
					f.Kind, f.Function, f.File, f.Outer, f.Inner = "", "", "", nil, nil
				}
			}
			w.texts.shareFinding(f)
		}
	}
}

// texts is one copy of each text.
type texts map[string]string

func (t texts) one(s *string) {
	if known, ok := t[*s]; ok {
		*s = known
		return
	}
	t[*s] = *s
}

func (t texts) share(list []string) {
	for i := range list {
		t.one(&list[i])
	}
}

func (t texts) shareFinding(f *reports.Finding) {
	for _, s := range []*string{&f.Kind, &f.Arch, &f.Confidence, &f.Function, &f.File} {
		t.one(s)
	}
	for _, l := range []*reports.Lock{f.Outer, f.Inner} {
		if l != nil {
			for _, s := range []*string{&l.Class, &l.Name, &l.Mode, &l.Function, &l.File} {
				t.one(s)
			}
		}
	}
	for _, chain := range [][]reports.Step{f.Chain, f.Reverse} {
		for i := range chain {
			for _, s := range []*string{&chain[i].Function, &chain[i].File, &chain[i].Edge, &chain[i].Via} {
				t.one(s)
			}
		}
	}
	t.share(f.Assumed)
}

// decodePart is the part that was encoded by gob, nil if it is none.
func decodePart(text []byte) *unitPart {
	var p unitPart
	if gob.NewDecoder(bytes.NewReader(text)).Decode(&p) != nil {
		return nil
	}
	for i := range p.Arches {
		for k := range p.Arches[i].Findings {
			if f := &p.Arches[i].Findings[k]; f.Chain == nil {
				f.Chain = []reports.Step{} // gob has no empty lists
			}
		}
	}
	return &p
}

// partMemo is the memo of a unit.
func (w *whole) partMemo(i int) *memo {
	u := w.units[i]
	return w.newMemo("unit", strings.Join(u.arches, "\n"), strings.Join(u.scope.dirs, "\n"), strings.Join(u.scope.alone, "\n"),
		strings.Join(u.scope.docs, "\n"), w.set.tables())
}

// keepPart keeps the part of a unit that was made from these trees. What this run
// goes on with is what the next one will get from the cache: names in the part that
// was worked out would hold the texts of the files that they are cut from.
func (w *whole) keepPart(i int, p *unitPart, trees []*tree) {
	var list []byte
	if w.store != nil {
		list = w.sources.encode(w.library)
		p.Sources = store.KeyOf("sources", string(list))
	}
	var text bytes.Buffer
	if err := gob.NewEncoder(&text).Encode(p); err != nil {
		w.parts[i] = p // cannot be: no field is of a kind that gob does not know
		return
	}
	w.parts[i] = decodePart(text.Bytes())
	if w.store != nil && (w.store.Has(p.Sources) || w.store.Put(p.Sources, list) == nil) {
		w.partMemo(i).keep(text.Bytes(), trees)
	}
}

// recallParts takes from the cache the parts of units for which the tree would
// answer as it did.
func (w *whole) recallParts(ctx context.Context) {
	if w.store == nil {
		return
	}
	_ = callgraph.Parallel(ctx, len(w.units), func(i int) {
		view := w.tree.view()
		w.partMemo(i).recallIf(func(text []byte) bool {
			p := decodePart(text)
			if p == nil || !w.sources.answer(w, p, view) {
				return false
			}
			w.trim(p)
			w.parts[i] = p
			return true
		}, view)
	})
	w.sources.note(w.tree)
}

// A sourceList is the sources of a tree that searches look through: stamps, and
// digests so far as they are known. It is safe for concurrent use.
type sourceList struct {
	mu      sync.Mutex
	sources map[string]fact
	since   map[store.Key]*changes // by earlier list
}

// changes is what has changed since a list was made.
type changes struct {
	once  sync.Once
	known bool // the list is there
	texts map[string][]byte
}

func newSourceList(s *survey) *sourceList {
	l := &sourceList{sources: map[string]fact{}, since: map[store.Key]*changes{}}
	for name, f := range s.files {
		if strings.HasSuffix(name, ".c") {
			l.sources[name] = fact{kind: isRead, stamp: f.stamp}
		}
	}
	return l
}

// note enters the sources in the ledger of a tree: a result depends on them all,
// whether they were looked through in this run or not.
func (l *sourceList) note(t *tree) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, f := range l.sources {
		t.note(name, f)
	}
}

// encode is the list in bytes, with the digests of what a library has read.
func (l *sourceList) encode(b *callgraph.Library) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, f := range l.sources {
		if sum, ok := b.Sum(name); ok && f.sum == (digest{}) {
			f.sum = sum
			l.sources[name] = f
		}
	}
	return encodeFacts(l.sources)
}

// answer reports whether the sources would answer the searches of a part as they
// did; what the unit has read itself its ledger has compared.
func (l *sourceList) answer(w *whole, p *unitPart, view *tree) bool {
	since, ok := l.changesSince(w, p.Sources)
	if !ok || len(since) == 0 {
		return ok
	}
	for i := range p.Arches {
		questions, ok := callgraph.Questions(p.Arches[i].Searches)
		if !ok {
			return false
		}
		for _, name := range sortedKeys(since) {
			if f, ok := view.ledger.fact(name); ok && f.kind == isRead {
				continue
			}
			if !callgraph.Unchanged(questions, name, since[name]) {
				return false
			}
		}
	}
	return true
}

// changesSince is the sources that are not as in an earlier list, with their texts:
// none of those that are gone.
func (l *sourceList) changesSince(w *whole, list store.Key) (map[string][]byte, bool) {
	l.mu.Lock()
	if l.since[list] == nil {
		l.since[list] = &changes{}
	}
	c := l.since[list]
	l.mu.Unlock()
	c.once.Do(func() {
		text, ok := w.store.Get(list)
		if !ok {
			return
		}
		claims, err := decodeLedger(text)
		if err == nil {
			c.texts, c.known = l.compare(w.tree, claims), true
		}
	})
	return c.texts, c.known
}

// compare finds out what has changed, by stamp and then by content, and takes over
// the digests of what has not.
func (l *sourceList) compare(t *tree, claims []claim) map[string][]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	changed := map[string][]byte{}
	old := map[string]bool{}
	for _, c := range claims {
		old[c.name] = true
		now, ok := l.sources[c.name]
		if !ok {
			changed[c.name] = nil
			continue
		}
		if now.stamp == (stamp{}) || now.stamp != c.stamp {
			text, _ := fs.ReadFile(t.fsys, c.name)
			if c.sum == (digest{}) || digestOf(text) != c.sum {
				changed[c.name] = text
				continue
			}
		}
		now.sum = c.sum
		l.sources[c.name] = now
	}
	for name := range l.sources {
		if !old[name] {
			text, _ := fs.ReadFile(t.fsys, name)
			changed[name] = text
		}
	}
	return changed
}
