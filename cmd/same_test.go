package cmd

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math/rand"
	"os"
	"runtime"
	"testing"

	"klockscan/reports"
)

// shuffled is a file system that lists directories in random order.
type shuffled struct {
	fs.FS
	rnd *rand.Rand
}

func (s shuffled) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(s.FS, name)
	s.rnd.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
	return entries, err
}

func (s shuffled) Stat(name string) (fs.FileInfo, error) { return fs.Stat(s.FS, name) }
func (s shuffled) ReadFile(name string) ([]byte, error)  { return fs.ReadFile(s.FS, name) }

// documents runs the stages over a tree and returns every document as JSON.
func documents(t *testing.T, dir string, seed int64) []byte {
	t.Helper()
	table, err := loadScopes(scopesText)
	if err != nil {
		t.Fatal(err)
	}
	o := &options{arches: []string{"x86"}, scope: []string{table.Default}, confidence: "guess"}
	s, err := o.open(streams{err: &bytes.Buffer{}}, table, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if seed != 0 {
		s.tree.fsys = shuffled{s.tree.fsys, rand.New(rand.NewSource(seed))}
	}
	codes, err := s.analyse(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	var parts []checkPart
	for _, c := range codes {
		parts = append(parts, s.checkOne(c))
	}
	check, err1 := s.check(parts)
	rules, err2 := s.rules(codes)
	audit, err3 := s.audit(codes)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	for _, doc := range []any{check, s.order(codes, "", ""), rules, audit.Audit, s.edges(codes, edgeFlags{}), s.edges(codes, edgeFlags{unresolved: true}),
		s.edges(codes, edgeFlags{indirect: true}), s.edgeSummary(codes)} {
		if err := reports.WriteJSON(&b, doc); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// TestSameBytes: the order of files and the number of processors do not show in
// any document. KLOCKSCAN_KERNEL makes it run on a real tree too.
func TestSameBytes(t *testing.T) {
	trees := []string{"../fixtures/tree"}
	if kernel := os.Getenv("KLOCKSCAN_KERNEL"); kernel != "" && !testing.Short() {
		trees = append(trees, kernel)
	}
	for _, dir := range trees {
		want := documents(t, dir, 0)
		if len(want) < 1000 {
			t.Fatalf("%s: only %d bytes of documents", dir, len(want))
		}
		for seed, procs := range []int{1, 4} {
			old := runtime.GOMAXPROCS(procs)
			got := documents(t, dir, int64(seed+1))
			runtime.GOMAXPROCS(old)
			if !bytes.Equal(got, want) {
				at := 0
				for at < min(len(got), len(want)) && got[at] == want[at] {
					at++
				}
				lo := max(0, at-200)
				t.Errorf("%s: with %d processors and shuffled files the documents differ:\n%s\nwant\n%s", dir, procs,
					got[lo:min(len(got), at+200)], want[lo:min(len(want), at+200)])
			}
		}
	}
}
