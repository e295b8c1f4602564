// Package store keeps what a program worked out, in a directory, for its next
// runs: entries under keys, compressed and checked.
//
// An entry is a file that is written beside its place and renamed, so that
// processes that work at the same time see a whole entry or none. Each file
// carries a checksum of its name and content: one that was cut short, changed or
// moved is no entry, and is removed. A Put that fails (a full disk, a directory
// that cannot be written) leaves nothing behind and is only a lost chance.
// The directory is kept below a size by removing what was not used for longest.
package store

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
)

// magic begins every entry; it changes with the form of the files.
const magic = "klockscan store 1\n"

const (
	suffix     = ".z"
	temporary  = ".tmp"
	pruneAfter = 10 * time.Minute // between two looks at the size
	tooOld     = time.Hour        // of a temporary file: its process is gone
	touchAfter = time.Minute      // precision of "last used"
)

// mostPayload bounds what an entry may unpack to.
const mostPayload = 2 << 30

// A Store is a directory of entries. It is safe for concurrent use, by several
// processes too.
type Store struct {
	dir   string
	limit int64 // bytes; see Prune
}

// Open makes the directory if needed. The error is that of making it.
func Open(dir string, limit int64) (*Store, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	return &Store{dir: dir, limit: limit}, nil
}

// A Key names an entry: a digest of all that its value depends on.
type Key [sha256.Size]byte

// KeyOf is the key for some texts, in order. No two lists of texts have the same.
func KeyOf(texts ...string) Key {
	h := sha256.New()
	for _, t := range texts {
		sum := sha256.Sum256([]byte(t))
		h.Write(sum[:])
	}
	return Key(h.Sum(nil))
}

// String is the key in hexadecimal.
func (k Key) String() string { return hex.EncodeToString(k[:]) }

func (s *Store) path(k Key) string {
	name := k.String()
	return filepath.Join(s.dir, name[:2], name[2:]+suffix)
}

// Get is the value of an entry, and whether there is one.
func (s *Store) Get(k Key) ([]byte, bool) {
	name := s.path(k)
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, false
	}
	payload, ok := open(k, text)
	if !ok {
		os.Remove(name)
		return nil, false
	}
	if info, err := os.Stat(name); err == nil && time.Since(info.ModTime()) > touchAfter {
		now := time.Now()
		_ = os.Chtimes(name, now, now) // used now, for Prune
	}
	return payload, true
}

// Has reports whether there is an entry, whole or not.
func (s *Store) Has(k Key) bool {
	_, err := os.Stat(s.path(k))
	return err == nil
}

// Put makes an entry or replaces it. After an error there is the old entry or none.
func (s *Store) Put(k Key, payload []byte) error {
	name := s.path(k)
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	temp := strings.TrimSuffix(name, suffix) + "." + hex.EncodeToString(random[:]) + temporary
	err := write(temp, seal(k, payload))
	if err == nil {
		err = os.Rename(temp, name)
	}
	if err != nil {
		os.Remove(temp)
	}
	return err
}

func write(name string, text []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

var encoder = sync.OnceValue(func() *zstd.Encoder {
	e, _ := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false)) // errors are of wrong options
	return e
})

var decoder = sync.OnceValue(func() *zstd.Decoder {
	d, _ := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(mostPayload))
	return d
})

// seal is the file of an entry: the magic, a checksum, the compressed payload.
func seal(k Key, payload []byte) []byte {
	packed := encoder().EncodeAll(payload, nil)
	sum := checksum(k, packed)
	return slices.Concat([]byte(magic), sum[:], packed)
}

// open is the payload of a file, if it is whole and the entry of that key.
func open(k Key, text []byte) ([]byte, bool) {
	rest, ok := bytes.CutPrefix(text, []byte(magic))
	if !ok || len(rest) < sha256.Size {
		return nil, false
	}
	packed := rest[sha256.Size:]
	if checksum(k, packed) != [sha256.Size]byte(rest[:sha256.Size]) {
		return nil, false
	}
	payload, err := decoder().DecodeAll(packed, nil)
	return payload, err == nil
}

func checksum(k Key, packed []byte) [sha256.Size]byte {
	h := sha256.New()
	h.Write(k[:])
	h.Write(packed)
	return [sha256.Size]byte(h.Sum(nil))
}

// Prune removes the entries that were not used for longest, until the others
// are well below the limit, and what killed processes left. It looks at most
// every few minutes.
func (s *Store) Prune() {
	stamp := filepath.Join(s.dir, "pruned")
	if info, err := os.Stat(stamp); err == nil && time.Since(info.ModTime()) < pruneAfter {
		return
	}
	if os.WriteFile(stamp, nil, 0o666) != nil {
		return
	}
	now := time.Now()
	_ = os.Chtimes(stamp, now, now)
	s.prune(now)
}

func (s *Store) prune(now time.Time) {
	type entry struct {
		name string
		used time.Time
		size int64
	}
	var entries []entry
	var total int64
	_ = filepath.WalkDir(s.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // what cannot be read cannot be removed
		}
		info, err := d.Info()
		switch {
		case err != nil: // another process removed it
		case strings.HasSuffix(name, temporary) && now.Sub(info.ModTime()) > tooOld:
			os.Remove(name)
		case strings.HasSuffix(name, suffix):
			entries = append(entries, entry{name, info.ModTime(), info.Size()})
			total += info.Size()
		}
		return nil
	})
	if total <= s.limit {
		return
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Or(a.used.Compare(b.used), cmp.Compare(a.name, b.name)) })
	for _, e := range entries {
		if total <= s.limit/4*3 { // room for a while
			break
		}
		if os.Remove(e.name) == nil {
			total -= e.size
		}
	}
}

// MarshalText is String, for encoders.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText wrote; the error is of any other text.
func (k *Key) UnmarshalText(text []byte) error {
	if hex.DecodedLen(len(text)) != len(k) {
		return errors.New("store: a key of another length")
	}
	_, err := hex.Decode(k[:], text)
	return err
}
