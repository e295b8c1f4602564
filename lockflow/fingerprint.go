package lockflow

import (
	"crypto/sha256"
	"encoding/hex"
)

// fingerprint is the identity of a finding across trees: the first 16 hex
// digits of the SHA-256 of its parts. The parts are what survives when lines
// shift: kind, architecture, classes, functions; never a line number. Each part
// is closed by a NUL, which no name contains, so that ("ab", "c") and
// ("a", "bc") differ.
func fingerprint(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// String is the class as reports write it: "struct kvm.slots_lock", "kvm_lock".
// A static variable's file is left out: it is told by the place of the finding.
func (c Class) String() string {
	if c.Owner == "" {
		return c.Path
	}
	return c.Owner + "." + c.Path
}
