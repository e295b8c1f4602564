package lockflow

import (
	"slices"
	"strings"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// addAnnotations gives a function's first state the locks that its head says
// the callers hold (rule L10), and the context that it runs in (rule L13), and what
// another function of its table hands it (rule L13).
func (x *frame) addAnnotations(s *state) {
	for _, an := range x.ir.Annots {
		mode, ok := x.a.table.mustHold[an.Name]
		if !ok || len(an.Args) == 0 {
			continue
		}
		if e := parseLockName(an.Args[0]); e != nil {
			x.fuel = maxFuel
			p := x.addr(s, e, 0)
			if !strings.Contains(an.Args[0], "&") && !aggregate(x.typeOf(x.a.types, e)) {
				v := x.val(s, e, 0)
				if v.kind != vPath {
					continue
				}
				p = v.p
			}
			x.assertion(s, refOf(p), annotPrim, an.Pos)
			x.assert(s, refOf(p), mode, an.Pos)
		}
	}
	s.asserted = append(s.asserted, x.a.entered[x.f.ID]...)
	for _, row := range x.a.contexts[x.f.ID] {
		r := refOf(globalPath(row.Name))
		base := x.located(event{kind: evAcquire, ref: r, mode: Context, prim: assertPrim, conf: Certain, pos: x.f.Pos()})
		h := held{ref: r, mode: Context, from: &base, pos: x.f.Pos()}
		if row.Atomic {
			h.flags = heldSpin | heldPseudo
		}
		s.asserted = append(s.asserted, h)
	}
}

// declared is the summary of a function of which only a prototype was read: it releases
// the locks of its arguments that its annotations say it does (rule L6).
func (a *analysis) declared(f *callgraph.Func) *summary {
	out := exit{n: anyNum}
	x := &frame{body: newBody(f), a: a}
	defer x.free()
	for i, p := range f.IR().Params {
		x.tempType[i] = p.Type // the linker types the variables of bodies only
	}
	for _, an := range f.IR().Annots {
		if !a.table.letsGo[an.Name] || len(an.Args) == 0 {
			continue
		}
		if e := parseLockName(an.Args[0]); e != nil {
			x.fuel = maxFuel
			r := refOf(x.addr(x.entry(), e, 0))
			if r.p.kind == rParam && r.cls.known() && !out.releases(r) {
				out.rel = append(out.rel, release{ref: r, pos: an.Pos})
			}
		}
	}
	slices.SortFunc(out.rel, compareRelease)
	return &summary{exits: []exit{out}}
}

// annotPrim is the assertion that an annotation makes: it does not say in which
// mode the lock is held.
var annotPrim = &primitive{Name: "annotation", Action: actAssert, Arg: -1, Nest: -1, GFP: -1, Flags: flagAny}

// parseLockName reads the little language of annotations: names joined by ->
// and dots, with an optional &. Anything else is nil.
func parseLockName(text string) *cparse.Expr {
	text = strings.TrimPrefix(strings.TrimSpace(text), "&")
	var e *cparse.Expr
	for text != "" {
		n := 0
		for n < len(text) && isWord(text[n]) {
			n++
		}
		if n == 0 {
			return nil
		}
		name := text[:n]
		text = text[n:]
		if e == nil {
			e = &cparse.Expr{Kind: cparse.EName, Name: name}
		} else {
			e.Name = name
		}
		switch {
		case strings.HasPrefix(text, "->"):
			e, text = &cparse.Expr{Kind: cparse.EMember, Arrow: true, X: e}, text[2:]
		case strings.HasPrefix(text, "."):
			e, text = &cparse.Expr{Kind: cparse.EMember, X: e}, text[1:]
		case text != "":
			return nil
		}
	}
	if e != nil && e.Name == "" {
		return nil
	}
	return e
}

// isWord says whether c may stand in a name.
func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
