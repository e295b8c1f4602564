package store

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func newStore(t *testing.T, limit int64) *Store {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "cache"), limit)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, s *Store, k Key, value string) {
	t.Helper()
	if err := s.Put(k, []byte(value)); err != nil {
		t.Fatal(err)
	}
}

func files(t *testing.T, s *Store) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(s.dir, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestPutGet(t *testing.T) {
	s := newStore(t, 1<<20)
	if _, ok := s.Get(KeyOf("a")); ok {
		t.Error("an entry that was never put")
	}
	put(t, s, KeyOf("a"), "first")
	put(t, s, KeyOf("a"), "second")
	put(t, s, KeyOf("b"), "")
	for key, want := range map[string]string{"a": "second", "b": ""} {
		if got, ok := s.Get(KeyOf(key)); !ok || string(got) != want {
			t.Errorf("Get(%s) = %q, %v, want %q", key, got, ok, want)
		}
	}
	if KeyOf("a", "b") == KeyOf("ab", "") || KeyOf("a") == KeyOf("a", "") {
		t.Error("different texts have one key")
	}
}

// Every way to spoil an entry makes it none, and the next Put mends it.
func TestSpoiled(t *testing.T) {
	value := bytes.Repeat([]byte("kernel "), 1000)
	for name, spoil := range map[string]func([]byte) []byte{
		"empty":     func([]byte) []byte { return nil },
		"cut short": func(b []byte) []byte { return b[:len(b)-1] },
		"half":      func(b []byte) []byte { return b[:len(b)/2] },
		"longer":    func(b []byte) []byte { return append(b, 0) },
		"one bit":   func(b []byte) []byte { b[len(b)/2] ^= 4; return b },
		"checksum":  func(b []byte) []byte { b[len(magic)] ^= 1; return b },
		"other":     func([]byte) []byte { return seal(KeyOf("other"), value) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t, 1<<20)
			put(t, s, KeyOf("a"), string(value))
			at := s.path(KeyOf("a"))
			text, err := os.ReadFile(at)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(at, spoil(text), 0o666); err != nil {
				t.Fatal(err)
			}
			if got, ok := s.Get(KeyOf("a")); ok {
				t.Errorf("Get = %d bytes of a spoiled entry", len(got))
			}
			if names := files(t, s); len(names) > 0 {
				t.Errorf("left: %v", names)
			}
			put(t, s, KeyOf("a"), "new")
			if got, _ := s.Get(KeyOf("a")); string(got) != "new" {
				t.Errorf("after a new Put: %q", got)
			}
		})
	}
}

// A Put that cannot write leaves nothing behind.
func TestNoRoom(t *testing.T) {
	s := newStore(t, 1<<20)
	k := KeyOf("a")
	// The entry's place is taken by a directory, so the rename fails.
	if err := os.MkdirAll(filepath.Join(s.path(k), "x"), 0o777); err != nil {
		t.Fatal(err)
	}
	if s.Put(k, []byte("value")) == nil {
		t.Error("no error")
	}
	if names := files(t, s); len(names) != 1 {
		t.Errorf("left: %v", names)
	}
	if _, err := Open(filepath.Join(s.path(k), "..", "..", "pruned", "file"), 1); err != nil {
		t.Errorf("Open: %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(file, "cache"), 1); err == nil {
		t.Error("Open below a file: no error")
	}
}

func TestSeveralAtOnce(t *testing.T) {
	s := newStore(t, 1<<30)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 50 {
				key := KeyOf(fmt.Sprint(n % 5))
				if err := s.Put(key, fmt.Appendf(nil, "value %d", n%5)); err != nil {
					t.Error(err)
				}
				if got, ok := s.Get(key); !ok || string(got) != fmt.Sprintf("value %d", n%5) {
					t.Errorf("goroutine %d: %q, %v", i, got, ok)
				}
			}
		})
	}
	wg.Wait()
	if n := len(files(t, s)); n != 5 {
		t.Errorf("%d files, want 5", n)
	}
}

// Prune removes what was not used for longest, and old temporary files.
func TestPrune(t *testing.T) {
	s := newStore(t, 1<<30)
	now := time.Now()
	for i := range 10 {
		k := KeyOf(fmt.Sprint(i))
		noise := make([]byte, 1000)
		for j := range noise {
			noise[j] = byte(i*j*j + j>>3*7)
		}
		if err := s.Put(k, noise); err != nil {
			t.Fatal(err)
		}
		used := now.Add(time.Duration(i-20) * time.Hour)
		if err := os.Chtimes(s.path(k), used, used); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok := s.Get(KeyOf("0")); !ok { // used now
		t.Fatal("no entry 0")
	}
	left := s.path(KeyOf("left")) + temporary
	if err := os.MkdirAll(filepath.Dir(left), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(left, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(left, now.Add(-3*time.Hour), now.Add(-3*time.Hour)); err != nil {
		t.Fatal(err)
	}
	size := func() (n int64) {
		for _, f := range files(t, s) {
			info, err := os.Stat(f)
			if err != nil {
				t.Fatal(err)
			}
			n += info.Size()
		}
		return n
	}
	s.limit = size() / 2
	s.Prune()
	if size() > s.limit {
		t.Errorf("%d bytes after Prune, limit %d", size(), s.limit)
	}
	for key, want := range map[string]bool{"0": true, "9": true, "1": false, "2": false} {
		if _, ok := s.Get(KeyOf(key)); ok != want {
			t.Errorf("entry %s is there: %v, want %v", key, ok, want)
		}
	}
	if _, err := os.Stat(left); err == nil {
		t.Error("an old temporary file is still there")
	}
}
