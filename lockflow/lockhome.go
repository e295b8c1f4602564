package lockflow

import (
	"strings"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// A LockHome is where a lock class is declared.
type LockHome struct {
	File string // "" if that was not found
	Line int
	Type string // as the declaration writes it: "struct mutex"
}

// Arch is the architecture in whose directories the lock is declared; "" for
// common code.
func (h LockHome) Arch() string { return archOfPath(h.File) }

// waiting is what who must wait for the lock does.
func (h LockHome) waiting() waiting { return lockTypes()[h.Type] }

// LockHomes finds the declarations of lock classes in the files of a program.
func LockHomes(p *callgraph.Program, classes []Class) map[Class]LockHome {
	wanted := map[string]map[Class]bool{} // by struct, "" for variables
	for _, c := range classes {
		if wanted[c.Owner] == nil {
			wanted[c.Owner] = map[Class]bool{}
		}
		wanted[c.Owner][c] = true
	}
	f := homeFinder{wanted: wanted, homes: map[Class]LockHome{}}
	for _, file := range p.Files {
		f.file(file)
	}
	return f.homes
}

type homeFinder struct {
	wanted map[string]map[Class]bool
	homes  map[Class]LockHome
	path   string
}

func (f *homeFinder) file(file *cparse.File) {
	f.path = file.Path
	for _, s := range file.Structs {
		if owner := "struct " + s.Name; s.Name != "" && f.wanted[owner] != nil {
			eachMember(Class{Owner: owner}, s, 0, func(c Class, fd *cparse.Field) {
				if f.wanted[owner][c] {
					f.note(c, fd.Type, fd.Pos)
				}
			})
		}
	}
	for _, g := range file.Globals {
		c := Class{Path: g.Name}
		if g.Static {
			c.File = file.Path
		}
		if !g.Extern && f.wanted[""][c] {
			f.note(c, g.Type, g.Pos)
		}
	}
}

// eachMember yields the members of a struct and of the untagged structs in it, each
// with the class that a lock there has.
func eachMember(at Class, s *cparse.Struct, depth int, yield func(Class, *cparse.Field)) {
	if depth > maxListNames {
		return
	}
	for i := range s.Fields {
		fd := &s.Fields[i]
		inner := at
		if fd.Name != "" {
			inner.Path = strings.TrimPrefix(at.Path+"."+fd.Name, ".")
		}
		yield(inner, fd)
		if def := untagged(fd.Type); def != nil {
			eachMember(inner, def, depth+1, yield)
		}
	}
}

// note keeps the first declaration whose type is a lock's.
func (f *homeFinder) note(c Class, t *cparse.Type, pos cparse.Pos) {
	if old, ok := f.homes[c]; !ok || old.waiting() == waitsUnknown {
		f.homes[c] = LockHome{File: f.path, Line: int(pos.Line), Type: typeName(t)}
	}
}
