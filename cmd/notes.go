package cmd

// view is the tree with a ledger of its own, which the tree's ledger contains.
func (t *tree) view() *tree {
	v := &tree{root: t.root, fsys: t.fsys, path: t.path, id: t.id, ledger: newLedger(), parent: t, git: t.git, remembers: t.remembers}
	if t.base != nil {
		v.lieOn(t.base.view(), t.over)
	}
	return v
}

// note enters an answer in the ledgers.
func (t *tree) note(name string, f fact) {
	if b := t.below(name); b != nil {
		b.note(name, f)
		return
	}
	if t.follows() {
		return
	}
	for ; t != nil; t = t.parent {
		t.ledger.note(name, f)
	}
}

// noteRead enters the content of a file.
func (t *tree) noteRead(name string, s stamp, text []byte) {
	if t.follows() {
		return
	}
	f := fact{kind: isRead, stamp: s}
	if old, ok := t.top().ledger.fact(name); ok && old.stamp == s && s != (stamp{}) && old.sum != (digest{}) {
		f.sum = old.sum // another architecture has read it
	} else if t.remembers {
		f.sum = digestOf(text)
	}
	t.note(name, f)
}

// top is the tree that a view is of.
func (t *tree) top() *tree {
	for t.parent != nil {
		t = t.parent
	}
	return t
}

// noteLost enters that something could not be read: whether that is still so
// cannot be seen from outside.
func (t *tree) noteLost() {
	if t.follows() {
		return
	}
	for ; t != nil; t = t.parent {
		t.ledger.noteLost()
	}
}

// asked enters in the ledgers of a view what the tree was asked for on behalf of
// others too.
func (t *tree) asked(name string) {
	if b := t.below(name); b != nil {
		b.asked(name)
		return
	}
	if t.follows() {
		return
	}
	f, ok := t.top().ledger.fact(name)
	for ; t.parent != nil; t = t.parent {
		if ok {
			t.ledger.note(name, f)
		} else {
			t.ledger.noteLost()
		}
	}
}
