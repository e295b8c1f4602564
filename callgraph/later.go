package callgraph

import (
	"sync"

	"klockscan/cparse"
)

// A laterBody is a body that is made when somebody asks for it.
type laterBody struct {
	s      *symbols // what names mean in it
	source *cparse.Func
	file   int32
	opaque func(name string) bool
	once   sync.Once
	made   expansion
}

// expanded is the body.
func (b *laterBody) expanded() *expansion {
	b.once.Do(func() { b.made = b.s.expand(b.source, b.file, b.opaque) })
	return &b.made
}
