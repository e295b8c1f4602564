package lockflow

import (
	_ "embed"
	"strings"
	"sync"

	"klockscan/cparse"
)

//go:embed locktypes.txt
var lockTypesText string

// A waiting is what a task does that has to wait for a lock.
type waiting uint8

const (
	waitsUnknown waiting = iota
	waitsSleeping
	waitsSpinning
	waitsForReaders // nobody waits for the lock, but for its readers
)

// lockTypes is the types of locktypes.txt, spelled as declarations spell them, with
// what who waits for one does.
var lockTypes = sync.OnceValue(func() map[string]waiting {
	words := map[string]waiting{"sleep": waitsSleeping, "spin": waitsSpinning, "read": waitsForReaders}
	types := map[string]waiting{}
	for line := range strings.Lines(lockTypesText) {
		row, _, _ := strings.Cut(line, "#")
		if fields := strings.Fields(row); len(fields) > 1 {
			types[strings.Join(fields[:len(fields)-1], " ")] = words[fields[len(fields)-1]]
		}
	}
	return types
})

// typeName is the spelling of a type under the arrays around it; "" for
// pointers and everything without a name.
func typeName(t *cparse.Type) string {
	for range maxListNames {
		switch {
		case t == nil:
			return ""
		case t.Kind == cparse.TArray:
			t = t.Elem
		case t.Kind == cparse.TNamed:
			return t.Name
		case t.Kind == cparse.TStruct:
			if t.Name == "" && t.Def != nil {
				return "struct " + t.Def.Name
			}
			return "struct " + t.Name
		default:
			return ""
		}
	}
	return ""
}
