package callgraph

import (
	"encoding/binary"
	"slices"

	"klockscan/cparse"
)

// A defKind is what a name is defined as.
type defKind byte

const (
	defFunc defKind = iota + 1
	defProto
	defStruct
	defTypedef
	defGlobal
	defEnum
	defMacro
)

// A nameIndex tells which files define a name: at least those that do. It is read where
// it lies, without being decoded: names by their hashes, ascending, where the files of
// each begin, the files.
type nameIndex struct {
	hashes, starts, numbers []byte
}

// hashOf is FNV-1a.
func hashOf(as defKind, name string) uint32 {
	h := (2166136261 ^ uint32(as)) * 16777619
	for i := range len(name) {
		h = (h ^ uint32(name[i])) * 16777619
	}
	return h
}

// A nameNotes collects which file defines which name.
type nameNotes []uint64 // hash, then file

func (n *nameNotes) note(as defKind, name string, file int32) {
	*n = append(*n, uint64(hashOf(as, name))<<32|uint64(uint32(file)))
}

// encode writes the index of what was noted.
func (n nameNotes) encode(e *cparse.Encoder) {
	slices.Sort(n)
	n = slices.Compact(n)
	var hashes, starts, numbers []byte
	for i, one := range n {
		if i == 0 || n[i-1]>>32 != one>>32 {
			hashes = binary.LittleEndian.AppendUint32(hashes, uint32(one>>32))
			starts = binary.LittleEndian.AppendUint32(starts, uint32(i))
		}
		numbers = binary.LittleEndian.AppendUint32(numbers, uint32(one))
	}
	e.Raw(hashes)
	e.Raw(binary.LittleEndian.AppendUint32(starts, uint32(len(n))))
	e.Raw(numbers)
}

// decodeNames reads an index of names in so many files; false if it is none.
func decodeNames(d *cparse.Decoder, files int) (nameIndex, bool) {
	x := nameIndex{d.Raw(), d.Raw(), d.Raw()}
	if len(x.starts) != len(x.hashes)+4 || len(x.hashes)%4 != 0 {
		return x, false
	}
	for i := 0; i < len(x.starts); i += 4 {
		if uint64(binary.LittleEndian.Uint32(x.starts[i:]))*4 > uint64(len(x.numbers)) {
			return x, false
		}
	}
	for i := 0; i+4 <= len(x.numbers); i += 4 {
		if binary.LittleEndian.Uint32(x.numbers[i:]) >= uint32(files) {
			return x, false
		}
	}
	return x, true
}

// files is the files that may define a name as such, ascending.
func (x *nameIndex) files(as defKind, name string) []int32 {
	want := hashOf(as, name)
	at := func(list []byte, i int) uint32 { return binary.LittleEndian.Uint32(list[4*i:]) }
	n := len(x.hashes) / 4
	i, end := 0, n // of the first hash that is not less
	for i < end {
		if mid := (i + end) / 2; at(x.hashes, mid) < want {
			i = mid + 1
		} else {
			end = mid
		}
	}
	if i == n || at(x.hashes, i) != want {
		return nil
	}
	var out []int32
	for k := at(x.starts, i); k < at(x.starts, i+1); k++ {
		out = append(out, int32(at(x.numbers, int(k))))
	}
	return out
}
