package callgraph

import (
	"encoding/binary"
	"slices"

	"klockscan/cparse"
)

// surroundings is what the files of a program are to each other.
type surroundings struct {
	files     int       // that were read whole; the rest was read for its stores
	names     nameIndex // which files define a name
	generated nameIndex // in which macros at file scope generate one
	sees      []bitset
	detached  map[int32]bool
	traces    map[string]bool
	templates map[int32][]int32
	xHeaders  bitset
	source    func(path string) ([]byte, error)
}

// encodeAround writes the surroundings of the files of a program.
func (p *Program) encodeAround(e *cparse.Encoder) {
	s := p.syms
	xHeaders := newBitset(len(s.files))
	var names, generated nameNotes
	for i, f := range s.files {
		names.noteAll(f, int32(i))
		for _, m := range f.Macros {
			names.note(defMacro, m.Name, int32(i))
		}
		for _, c := range f.Enums {
			names.note(defEnum, c.Name, int32(i))
		}
		if isXHeader(f) {
			xHeaders.set(int32(i))
		}
	}
	for _, a := range s.adopted {
		generated.noteAll(a.what, a.file)
	}
	names.encode(e)
	generated.encode(e)
	for _, b := range s.sees {
		b.encode(e)
	}
	xHeaders.encode(e)
	detached := newBitset(len(s.files))
	for i, is := range s.detached {
		if is {
			detached.set(i)
		}
	}
	detached.encode(e)
	e.Strings(sortedKeys(s.traces))
	e.Int(len(s.templates))
	for _, at := range sortedNumbers(s.templates) {
		e.Int(int(at))
		e.Int(len(s.templates[at]))
		for _, by := range s.templates[at] {
			e.Int(int(by))
		}
	}
}

// noteAll notes what a file, or a text, defines, apart from macros and enumerators.
func (n *nameNotes) noteAll(f *cparse.File, file int32) {
	for _, fn := range f.Funcs {
		n.note(defFunc, fn.Name, file)
	}
	for _, fn := range f.Protos {
		n.note(defProto, fn.Name, file)
	}
	for _, st := range f.Structs {
		n.note(defStruct, st.Tag, file)
	}
	for i := range f.Typedefs {
		n.note(defTypedef, f.Typedefs[i].Name, file)
	}
	for _, g := range f.Globals {
		n.note(defGlobal, g.Name, file)
	}
}

// decodeAround reads the surroundings of so many files; false if it is something else.
func decodeAround(d *cparse.Decoder, files, whole int) (*surroundings, bool) {
	a := &surroundings{files: whole, sees: make([]bitset, files), detached: map[int32]bool{}, traces: map[string]bool{}, templates: map[int32][]int32{}}
	var ok, too bool
	a.names, ok = decodeNames(d, files)
	a.generated, too = decodeNames(d, files)
	for i := range a.sees {
		a.sees[i] = decodeBits(d)
	}
	a.xHeaders = decodeBits(d)
	detached := decodeBits(d)
	for i := range int32(files) {
		if detached.has(i) {
			a.detached[i] = true
		}
	}
	for _, name := range d.Strings() {
		a.traces[name] = true
	}
	for range d.Len() {
		at := int32(d.Index(files))
		by := make([]int32, d.Len())
		for i := range by {
			by[i] = int32(d.Index(files))
		}
		a.templates[at] = by
	}
	return a, ok && too && d.Err() == nil
}

func (b bitset) encode(e *cparse.Encoder) {
	text := make([]byte, 0, 8*len(b))
	for _, w := range b {
		text = binary.LittleEndian.AppendUint64(text, w)
	}
	e.Raw(text)
}

func decodeBits(d *cparse.Decoder) bitset {
	text := d.Raw()
	b := make(bitset, len(text)/8)
	for i := range b {
		b[i] = binary.LittleEndian.Uint64(text[8*i:])
	}
	return b
}

func sortedNumbers[V any](m map[int32]V) []int32 {
	out := make([]int32, 0, len(m))
	for n := range m {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}
