package lockflow

import (
	"cmp"
	"maps"
	"slices"

	"klockscan/cparse"
)

// Bindings is a Binder that remembers its answers, so that they can be given
// again without the program. It is not safe for concurrent use.
type Bindings struct {
	arch   string
	inner  Binder // nil: there are the remembered answers only
	names  map[bindKey]bindAnswer
	hints  map[string]string // Suggest
	missed bool
}

// A bindKey is a question: how a name binds depends on the file of its rule.
type bindKey struct{ name, file string }

type bindAnswer struct {
	classes []Class
	note    string
}

// NewBindings remembers what a binder answers.
func NewBindings(b Binder) *Bindings {
	return &Bindings{arch: b.Arch(), inner: b, names: map[bindKey]bindAnswer{}, hints: map[string]string{}}
}

// Arch is the architecture of the program.
func (b *Bindings) Arch() string { return b.arch }

// Missed reports whether a question had no remembered answer: what was bound is
// then not to be used.
func (b *Bindings) Missed() bool { return b.missed }

// BindName is the remembered answer, or that of the program.
func (b *Bindings) BindName(name string, rule *Rule) ([]Class, string) {
	key := bindKey{name, rule.File}
	a, ok := b.names[key]
	switch {
	case ok:
	case b.inner != nil:
		a.classes, a.note = b.inner.BindName(name, rule)
		b.names[key] = a
	default:
		b.missed = true
	}
	return slices.Clone(a.classes), a.note
}

// Suggest is likewise for Suggester.
func (b *Bindings) Suggest(name string) string {
	hint, ok := b.hints[name]
	if ok {
		return hint
	}
	if b.inner == nil {
		b.missed = true
		return ""
	}
	if s, ok := b.inner.(Suggester); ok {
		hint = s.Suggest(name)
	}
	b.hints[name] = hint
	return hint
}

// Encode writes the answers for a cache.
func (b *Bindings) Encode(e *cparse.Encoder) {
	w := resultWriter{e: e}
	e.String(b.arch)
	keys := slices.SortedFunc(maps.Keys(b.names), func(x, y bindKey) int {
		return cmp.Or(cmp.Compare(x.name, y.name), cmp.Compare(x.file, y.file))
	})
	e.Int(len(keys))
	for _, k := range keys {
		e.String(k.name)
		e.String(k.file)
		a := b.names[k]
		e.Int(len(a.classes))
		for _, c := range a.classes {
			w.class(c)
		}
		e.String(a.note)
	}
	e.Int(len(b.hints))
	for _, name := range slices.Sorted(maps.Keys(b.hints)) {
		e.String(name)
		e.String(b.hints[name])
	}
}

// DecodeBindings reads what Encode wrote.
func DecodeBindings(d *cparse.Decoder) (*Bindings, error) {
	r := resultReader{d: d}
	b := &Bindings{arch: d.String(), names: map[bindKey]bindAnswer{}, hints: map[string]string{}}
	for range d.Len() {
		k := bindKey{d.String(), d.String()}
		b.names[k] = bindAnswer{r.classes(), d.String()}
	}
	for range d.Len() {
		name := d.String()
		b.hints[name] = d.String()
	}
	return b, d.Err()
}
