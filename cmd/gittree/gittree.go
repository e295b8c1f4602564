package gittree

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"klockscan/cmd/memfile"
)

// MaxFile is the size, in bytes, above which a file is not read.
const MaxFile = 32 << 20

// ErrTooLarge is why a file is not read.
var ErrTooLarge = fmt.Errorf("larger than %d MiB", MaxFile>>20)

// An FS is the tree of a commit. It is safe for concurrent use.
type FS struct {
	commit, tree string
	files        map[string]*blob
	dirs         map[string][]fs.DirEntry // sorted by name
	pool         *pool
	targets      sync.Map // path of a link → where it leads
}

// A blob is a file or a link.
type blob struct {
	hash string
	mode fs.FileMode
	size int64
}

func (b *blob) isLink() bool { return b.mode&fs.ModeSymlink != 0 }

const dirMode = fs.ModeDir | 0o755

// Open reads which files the tree of a revision has. The error is: there is no git,
// the directory is no repository, the revision is unknown or names no commit, as git
// says it. When ctx is done the processes of git end, and nothing more can be read.
func Open(ctx context.Context, repo, rev string) (*FS, error) {
	hash, err := revParse(ctx, repo, rev)
	if err == nil {
		hash, err = revParse(ctx, repo, hash+"^{commit}")
	}
	if err != nil {
		return nil, fmt.Errorf("revision %q of %s: %w", rev, repo, err)
	}
	f := &FS{commit: hash, files: map[string]*blob{}, dirs: map[string][]fs.DirEntry{".": nil}, pool: newPool(ctx, repo)}
	if f.tree, err = revParse(ctx, repo, hash+"^{tree}"); err != nil {
		return nil, fmt.Errorf("revision %q of %s: %w", rev, repo, err)
	}
	list, err := output(ctx, repo, "ls-tree", "-r", "-z", "-l", "--full-tree", "--end-of-options", f.tree)
	if err != nil {
		return nil, fmt.Errorf("revision %q of %s: %w", rev, repo, err)
	}
	for line := range bytes.SplitSeq(list, []byte{0}) {
		if !f.add(string(line)) {
			return nil, fmt.Errorf("revision %q of %s: %w", rev, repo, errLacks)
		}
	}
	for _, entries := range f.dirs {
		slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	}
	return f, nil
}

var objectName = regexp.MustCompile(`^[0-9a-f]{40,64}$`)

// revParse is the object that a revision names.
func revParse(ctx context.Context, repo, rev string) (string, error) {
	if strings.ContainsRune(rev, 0) {
		return "", errors.New("no revision has a NUL in it")
	}
	text, err := output(ctx, repo, "rev-parse", "--verify", "--end-of-options", rev)
	if err != nil {
		return "", err
	}
	hash := strings.TrimSpace(string(text))
	if !objectName.MatchString(hash) {
		return "", errors.New("does not name one commit")
	}
	return hash, nil
}

// add enters a line of git ls-tree: mode, type, object and size, a tab, the path. What
// has no place in a file system, a hostile tree may have it, is left out. It is false if
// git does not know the size, because the object is missing.
func (f *FS) add(line string) bool {
	head, name, _ := strings.Cut(line, "\t")
	fields := strings.Fields(head)
	if len(fields) != 4 || fields[1] != "blob" || !fs.ValidPath(name) || name == "." || f.files[name] != nil || f.isDir(name) {
		return true
	}
	mode, err := strconv.ParseUint(fields[0], 8, 32)
	size, serr := strconv.ParseInt(fields[3], 10, 64)
	if serr != nil { // git says BAD
		return false
	}
	if err != nil || !f.addDir(path.Dir(name)) {
		return true
	}
	b := &blob{fields[2], 0o644, size}
	switch {
	case mode&^0o7777 == 0o120000:
		b.mode = fs.ModeSymlink | 0o777
	case mode&0o100 != 0:
		b.mode = 0o755
	}
	f.files[name] = b
	f.list(name, memfile.Info(name, b.mode, size))
	return true
}

func (f *FS) list(name string, info fs.FileInfo) {
	dir := path.Dir(name)
	f.dirs[dir] = append(f.dirs[dir], fs.FileInfoToDirEntry(info))
}

func (f *FS) isDir(name string) bool {
	_, ok := f.dirs[name]
	return ok
}

// addDir makes a directory and those above it, and reports whether that can be.
func (f *FS) addDir(dir string) bool {
	if f.isDir(dir) {
		return true
	}
	if f.files[dir] != nil || !f.addDir(path.Dir(dir)) {
		return false
	}
	f.dirs[dir] = nil
	f.list(dir, memfile.Info(dir, dirMode, 0))
	return true
}

// Commit is the hash of the commit.
func (f *FS) Commit() string { return f.commit }

// Tree is the hash of the tree: two with one hash have the same files.
func (f *FS) Tree() string { return f.tree }

// Blob is the hash of the content of a regular file, and whether there is one at this
// path itself, not through a link.
func (f *FS) Blob(name string) (string, bool) {
	b := f.files[name]
	if b == nil || b.isLink() {
		return "", false
	}
	return b.hash, true
}

// Err is why something could not be read that the tree has: git ended, or lacks an
// object. After that the tree is not to be trusted for what else it did not give.
// Files that are too large, and links out of the tree, are none.
func (f *FS) Err() error { return f.pool.failure() }

// Close ends the processes of git. It waits for those who read.
func (f *FS) Close() error { return f.pool.close() }
