package lockflow

import (
	"maps"
	"slices"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// Encode writes a result for a cache. g is the graph that was analysed.
func (r *Result) Encode(e *cparse.Encoder, g *callgraph.Graph) {
	w := resultWriter{e, g}
	e.String(r.Arch)
	e.Int(len(r.Pairs))
	for i := range r.Pairs {
		p := &r.Pairs[i]
		w.lock(&p.Outer)
		w.lock(&p.Inner)
		e.Int(int(p.Confidence))
		e.Int(int(p.Same))
		w.steps(p.Chain)
		e.Strings(p.Assumed)
		e.Int(len(p.Also))
		for _, c := range p.Also {
			w.class(c)
		}
		e.Int(int(p.Func))
	}
	e.Int(len(r.Findings))
	for i := range r.Findings {
		w.finding(&r.Findings[i])
	}
	e.Int(len(r.Acquisitions))
	for i := range r.Acquisitions {
		a := &r.Acquisitions[i]
		w.lock(&a.Lock)
		e.Int(int(a.Func))
		w.chain(a.Down)
	}
	w.stats(&r.Stats)
}

// DecodeResult reads what Encode wrote; g is the graph, which may be decoded too.
func DecodeResult(d *cparse.Decoder, g *callgraph.Graph) (*Result, error) {
	rd := resultReader{d, g}
	r := &Result{Arch: d.String()}
	r.Pairs = make([]Pair, d.Len())
	for i := range r.Pairs {
		r.Pairs[i] = Pair{Outer: rd.lock(), Inner: rd.lock(), Confidence: Confidence(d.Int()), Same: SameObject(d.Int()),
			Chain: rd.steps(), Assumed: d.Strings(), Also: rd.classes(), Func: rd.function()}
	}
	r.Findings = make([]Finding, d.Len())
	for i := range r.Findings {
		r.Findings[i] = rd.finding()
	}
	r.Acquisitions = make([]Acquisition, d.Len())
	for i := range r.Acquisitions {
		r.Acquisitions[i] = Acquisition{Lock: rd.lock(), Func: rd.function(), Down: rd.chain()}
	}
	r.Stats = rd.stats()
	return r, d.Err()
}

type resultWriter struct {
	e *cparse.Encoder
	g *callgraph.Graph
}

type resultReader struct {
	d *cparse.Decoder
	g *callgraph.Graph
}

func (w resultWriter) class(c Class) {
	w.e.String(c.Owner)
	w.e.String(c.Path)
	w.e.String(c.File)
}

func (r resultReader) class() Class { return Class{r.d.String(), r.d.String(), r.d.String()} }

func (r resultReader) classes() []Class {
	n := r.d.Len()
	if n == 0 {
		return nil
	}
	out := make([]Class, n)
	for i := range out {
		out[i] = r.class()
	}
	return out
}

func (w resultWriter) lock(l *Lock) {
	w.class(l.Class)
	w.e.String(l.Name)
	w.e.Int(int(l.Mode))
	w.e.Bool(l.Try)
	w.e.String(l.Function)
	w.e.String(l.File)
	w.e.Int(l.Line)
}

func (r resultReader) lock() Lock {
	d := r.d
	return Lock{Class: r.class(), Name: d.String(), Mode: Mode(d.Int()), Try: d.Bool(), Function: d.String(), File: d.String(), Line: d.Int()}
}

func (w resultWriter) lockOrNil(l *Lock) {
	w.e.Bool(l != nil)
	if l != nil {
		w.lock(l)
	}
}

func (r resultReader) lockOrNil() *Lock {
	if !r.d.Bool() {
		return nil
	}
	l := r.lock()
	return &l
}

func (w resultWriter) steps(chain []ChainStep) {
	w.e.Int(len(chain))
	for _, s := range chain {
		w.e.String(s.Function)
		w.e.String(s.File)
		w.e.Int(s.Line)
		w.e.String(s.Edge)
	}
}

func (r resultReader) steps() []ChainStep {
	n := r.d.Len()
	if n == 0 {
		return nil
	}
	out := make([]ChainStep, n)
	for i := range out {
		out[i] = ChainStep{r.d.String(), r.d.String(), r.d.Int(), r.d.String()}
	}
	return out
}

// finding writes a finding of the analysis, which has no rule.
func (w resultWriter) finding(f *Finding) {
	e := w.e
	for _, s := range []string{string(f.Kind), f.Arch, f.Fingerprint, f.Function, f.File, f.Message} {
		e.String(s)
	}
	e.Int(int(f.Confidence))
	e.Int(f.Line)
	w.lockOrNil(f.Outer)
	w.lockOrNil(f.Inner)
	w.steps(f.Chain)
	w.steps(f.Reverse)
	e.Strings(f.Assumed)
}

func (r resultReader) finding() Finding {
	d := r.d
	return Finding{Kind: Kind(d.String()), Arch: d.String(), Fingerprint: d.String(), Function: d.String(), File: d.String(), Message: d.String(),
		Confidence: Confidence(d.Int()), Line: d.Int(), Outer: r.lockOrNil(), Inner: r.lockOrNil(),
		Chain: r.steps(), Reverse: r.steps(), Assumed: d.Strings()}
}

func (r resultReader) function() callgraph.FuncID {
	return callgraph.FuncID(r.d.Index(len(r.g.Prog.Funcs)))
}

// chain writes a chain of the graph: each edge as its number.
func (w resultWriter) chain(c callgraph.Chain) {
	w.e.Int(len(c))
	for i, s := range c {
		w.e.Int(int(s.Func))
		if i > 0 {
			w.e.Int(w.g.EdgeNumber(s.Edge))
		}
	}
}

func (r resultReader) chain() callgraph.Chain {
	out := make(callgraph.Chain, r.d.Len())
	for i := range out {
		out[i].Func = r.function()
		if i == 0 {
			continue
		}
		if at := r.d.Index(len(r.g.Edges)); r.d.Err() == nil {
			out[i].Edge = &r.g.Edges[at]
		}
	}
	return out
}

func (w resultWriter) stats(s *Stats) {
	w.e.Int(s.Functions)
	w.e.Int(s.Acquisitions)
	w.e.Int(s.UnknownLocks)
	w.e.Strings(s.Unknown)
	w.e.Int(len(s.Limits))
	for _, name := range slices.Sorted(maps.Keys(s.Limits)) {
		w.e.String(name)
		w.e.Int(s.Limits[name])
	}
}

func (r resultReader) stats() Stats {
	s := Stats{Functions: r.d.Int(), Acquisitions: r.d.Int(), UnknownLocks: r.d.Int(), Unknown: r.d.Strings(), Limits: map[string]int{}}
	for range r.d.Len() {
		name := r.d.String()
		s.Limits[name] = r.d.Int()
	}
	return s
}
