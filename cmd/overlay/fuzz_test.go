package overlay

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/aymanbagabas/go-udiff"
)

// FuzzPatch: no text makes the overlay fall, and what it makes of it is a sound file
// system.
func FuzzPatch(f *testing.F) {
	for _, tt := range tables {
		f.Add([]byte(tt.patch))
	}
	f.Add([]byte(mailOf("x", "Content-Transfer-Encoding: quoted-printable\n", diffOf(5, "five"))))
	f.Add([]byte(mailOf("x", "Content-Type: multipart/mixed; boundary=XX\n", "--XX\n\n"+diffOf(5, "five")+"--XX--\n")))
	f.Fuzz(func(t *testing.T, text []byte) {
		over, err := New(newBase(), Patch{"x", text})
		if err != nil {
			return
		}
		again, err := New(newBase(), Patch{"x", text})
		if err != nil || again.Digest() != over.Digest() || fmt.Sprint(again.Notes()) != fmt.Sprint(over.Notes()) {
			t.Errorf("the second time: %v", err)
		}
		sound(t, over, newBase())
	})
}

// FuzzDiff: a diff of two texts, laid over the first, gives the second; so it does
// if lines were put before the first.
func FuzzDiff(f *testing.F) {
	f.Add("a\nb\nc\n", "a\nc\n")
	f.Add("a\nb", "a\nb\n")
	f.Add("", "x")
	f.Add(numbered(30), numbered(30, "line 9", "nine", "line 25", "x\ny"))
	f.Fuzz(func(t *testing.T, old, new string) {
		diff := udiff.Unified("a/f.c", "b/f.c", old, new)
		if diff == "" {
			return
		}
		for _, before := range []string{"", "no such line\nnor such\n"} {
			base := fstest.MapFS{"f.c": {Data: []byte(before + old), Mode: 0o644}}
			over, err := New(base, Patch{"x", []byte(diff)})
			if before != "" && err != nil {
				continue // the file begins otherwise
			}
			if err != nil {
				t.Fatalf("%v\n%s", err, diff)
			}
			text, err := over.ReadFile("f.c")
			if err != nil || before == "" && string(text) != new || !strings.HasSuffix(string(text), new) {
				t.Errorf("%q and %q: got %q, %v\n%s", before+old, new, text, err, diff)
			}
		}
	})
}
