package lockflow

import (
	_ "embed"
	"strings"

	"klockscan/cparse"
)

//go:embed locktypes.txt
var lockTypesText string

// lockTypes is the types of locktypes.txt, spelled as declarations spell them.
func lockTypes() map[string]bool {
	types := map[string]bool{}
	for line := range strings.Lines(lockTypesText) {
		name, _, _ := strings.Cut(line, "#")
		if name = strings.TrimSpace(name); name != "" {
			types[name] = true
		}
	}
	return types
}

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
