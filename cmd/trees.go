package cmd

import (
	"context"
	"encoding/hex"
	"fmt"
	"io/fs"

	"klockscan/callgraph"
	"klockscan/cmd/gittree"
	"klockscan/cmd/overlay"
)

// Two kinds of trees are no directories. What the tree of a commit answers follows
// from its hash: nothing of it needs to be noted or compared. What patches over a
// tree answer follows from what they make of it, which is in their id, and from what
// the tree below answers about all other paths, which that one notes.

// openRevision opens the tree of a commit and returns its version. It ends with ctx.
func openRevision(ctx context.Context, repo, rev string) (*tree, string, error) {
	g, err := gittree.Open(ctx, repo, rev)
	if err != nil {
		return nil, "", failf("cannot read the tree: %w", err)
	}
	t := &tree{fsys: g, id: "git tree " + g.Tree(), ledger: newLedger(), lost: map[string]string{}, git: g}
	version, ok := t.kernelVersion()
	if err := t.failure(); err != nil {
		g.Close()
		return nil, "", failf("cannot read the tree: %w", err)
	}
	if !ok {
		g.Close()
		return nil, "", failf("revision %q of %s is not a Linux kernel source tree: no Makefile that states VERSION and PATCHLEVEL", rev, repo)
	}
	return t, version, nil
}

// openOverlay lays patches over a tree, which must stay open and answer as it does,
// and returns the version of what comes out.
func openOverlay(base *tree, patches ...overlay.Patch) (*tree, string, error) {
	below := base.view()
	below.lost = map[string]string{} // what only the patched code asks for, base has not lost
	over, err := overlay.New(below, patches...)
	if err != nil {
		return nil, "", failf("cannot apply the patches: %w", err)
	}
	sum := over.Digest()
	t := &tree{id: fmt.Sprintf("patches %s over %s", hex.EncodeToString(sum[:]), base.id), lost: map[string]string{}, remembers: base.remembers}
	t.lieOn(below, over)
	version, ok := t.kernelVersion()
	if !ok {
		return nil, "", failf("the patches leave no Makefile that states VERSION and PATCHLEVEL")
	}
	return t, version, nil
}

// lieOn makes t the patches over a view, whose ledger it has.
func (t *tree) lieOn(below *tree, over *overlay.FS) {
	below.remembers = t.remembers
	t.base, t.over = below, over.On(below)
	t.fsys, t.ledger = t.over, below.ledger
}

// below is the tree under the patches if it answers about a path, else nil.
func (t *tree) below(name string) *tree {
	if t.base == nil || t.over.Touches(name) {
		return nil
	}
	return t.base
}

// follows reports whether what the tree itself answers follows from its id.
func (t *tree) follows() bool { return t.git != nil || t.base != nil }

// failure is why what was worked out on the tree is not to be trusted, nil if it is.
func (t *tree) failure() error {
	switch {
	case t.git != nil:
		return t.git.Err()
	case t.base != nil:
		return t.base.failure()
	}
	return nil
}

// readHeld is ReadFileTo of a tree that is no directory.
func (t *tree) readHeld(name string, buf []byte, most int64) ([]byte, error) {
	if b := t.below(name); b != nil {
		return b.ReadFileTo(name, buf, most)
	}
	info, err := fs.Stat(t.fsys, name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: %w", name, errNotRegular)
	case info.Size() > most:
		return nil, fmt.Errorf("%s: %w", name, callgraph.ErrTooLarge)
	}
	var text []byte
	if t.git != nil {
		text, err = t.git.ReadInto(name, buf)
	} else {
		text, err = fs.ReadFile(t.fsys, name)
	}
	if err != nil {
		return nil, t.refuse("read", name, err)
	}
	return text, nil
}

// Lstat is that of [fs.ReadLinkFS], for patches: nothing of it is noted, they are
// applied each time.
func (t *tree) Lstat(name string) (fs.FileInfo, error) { return fs.Lstat(t.fsys, name) }

// ReadLink is that of [fs.ReadLinkFS].
func (t *tree) ReadLink(name string) (string, error) { return fs.ReadLink(t.fsys, name) }

// sameAs tells the paths of files that two trees have in common, without reading
// any; nil if nothing is known of them.
func (t *tree) sameAs(o *tree) func(path string) bool {
	t, o = t.top(), o.top()
	switch {
	case t.git != nil && o.git != nil:
		return func(path string) bool {
			a, ok := t.git.Blob(path)
			b, also := o.git.Blob(path)
			return ok && also && a == b
		}
	case t == o:
		return func(string) bool { return true }
	case o.base != nil && t.base != nil && t.base.top() == o.base.top():
		return func(path string) bool { return !t.over.Touches(path) && !o.over.Touches(path) }
	case t.base != nil && t.base.top() == o:
		return func(path string) bool { return !t.over.Touches(path) }
	case o.base != nil:
		if o.base.top() == t {
			return func(path string) bool { return !o.over.Touches(path) }
		}
	}
	return nil
}

// beside is a session with the same options on another tree, which is its own from
// now on. It shares the store, and the files that were parsed as far as the trees
// have them in common.
func (s *session) beside(t *tree, kernel string) (*session, error) {
	t.remembers = s.store != nil
	if t.base != nil {
		t.base.remembers = t.remembers
	}
	out, err := s.options.openOn(s.streams, s.table, t, kernel)
	if err != nil {
		return nil, err
	}
	out.store, out.make, out.watch, out.progress, out.most = s.store, s.make, s.watch, s.progress, s.most
	if same := t.sameAs(s.tree); same != nil {
		out.cache = s.cache.For(t, same)
	}
	return out, nil
}
