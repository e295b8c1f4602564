package lockflow

import (
	"math"
	"slices"
	"strconv"
)

// maxOrigins bounds what is remembered of one variable, and the variables that a
// value is traced back through.
const maxOrigins = 6

// noteOrigin remembers what a variable is given: where paths meet it may be any
// of these.
func (x *frame) noteOrigin(i int32, v value) {
	if v.kind == vPath && v.p.stable() && len(x.varFrom[i]) < maxOrigins && !slices.Contains(x.varFrom[i], v.p) {
		x.varFrom[i] = append(x.varFrom[i], v.p)
	}
}

// origins is the paths that the root of a path may have come down: an element of
// vm->list, in a loop that goes on from element to element.
func (x *frame) origins(p apath, depth int) []apath {
	i := p.idx - 1
	switch {
	case depth > maxOrigins:
		return nil
	case p.kind == rCall && p.idx < math.MinInt32/2:
		k, _ := strconv.Atoi(p.name())
		i = int32(k)
	case p.kind != rOld:
		return nil
	}
	if i < 0 || int(i) >= len(x.varFrom) {
		return nil
	}
	var out []apath
	for _, from := range x.varFrom[i] {
		if from.kind == rParam || from.kind == rGlobal {
			out = append(out, from)
		} else if from.kind == rCall && from != p {
			out = append(out, x.origins(from, depth+1)...)
		}
	}
	return out[:min(len(out), maxOrigins)]
}
