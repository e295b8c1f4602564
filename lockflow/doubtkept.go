package lockflow

import "slices"

// A pair of helpers often asks the same question of memory
//
//	if (area->file)                       if (area->file)
//		lock(&area->file->lock);              unlock(&area->file->lock);
//
// and what the first was answered is forgotten by the time of the second, for instance
// after a loop, since memory may change. A state that says yes to the first and no to
// the second holds the lock at the end. It can hardly be: that the same code asks twice
// means that the answer does not change.

// doubtKept marks the locks that a call left held on a way out for no other reason than
// an answer which the caller does not know, while on another it released them: they are
// perhaps not held (rule L12). out is the states behind the call, each by one of exits.
func doubtKept(out []*state, exits []*exit) {
	if len(out) < 2 {
		return
	}
	for i, s := range out {
		for k := range s.held {
			if h := &s.held[k]; h.flags&(heldUncertain|heldPseudo) == 0 && releasedUnknown(out, exits, i, h.ref) {
				h.flags |= heldUncertain
			}
		}
	}
}

// releasedUnknown says whether a call that left a lock held on way out i has released it
// on another, of which the returned value does not tell it.
func releasedUnknown(out []*state, exits []*exit, i int, r ref) bool {
	for j, o := range out {
		if j != i && findHeld(o.held, r) < 0 && overlap(exits[i].n, exits[j].n) && !storesTell(exits[i], exits[j]) &&
			slices.ContainsFunc(o.free.all, func(f freed) bool { return f.ref == r && !f.inner }) {
			return true
		}
	}
	return false
}
