package callgraph

import (
	"sync"

	"klockscan/cparse"
)

// An unread function of a resumed program is one whose file is read when somebody asks
// for it: nearly all are.
type unread struct {
	pos  cparse.Pos // where it was, and still is
	read func() *cparse.Func
	once sync.Once
	made *cparse.Func
}

func (u *unread) head() *cparse.Func {
	u.once.Do(func() { u.made = u.read() })
	return u.made
}

// A laterBody is a body that is made when somebody asks for it.
type laterBody struct {
	s      *symbols // what names mean in it
	source func() *cparse.Func
	file   int32
	opaque func(name string) bool
	once   sync.Once
	made   expansion
}

// expanded is the body.
func (b *laterBody) expanded() *expansion {
	b.once.Do(func() { b.made = b.s.expand(b.source(), b.file, b.opaque) })
	return &b.made
}
