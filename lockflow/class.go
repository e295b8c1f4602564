package lockflow

import (
	"cmp"
	"strings"
)

// known says whether the class could be told.
func (c Class) known() bool { return c.Path != "" }

// compareClass orders classes by name; static variables of one name by file.
func compareClass(a, b Class) int {
	return cmp.Or(strings.Compare(a.Owner, b.Owner), strings.Compare(a.Path, b.Path), strings.Compare(a.File, b.File))
}

// compareLock orders locks by class, mode, and then by where they are taken.
func compareLock(a, b Lock) int {
	return cmp.Or(compareClass(a.Class, b.Class), cmp.Compare(a.Mode, b.Mode),
		strings.Compare(a.Function, b.Function), strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
}

// String is the mode's name.
func (m Mode) String() string {
	names := [...]string{"none", "write", "read", "read (recursive)", "wait", "sleep", "context"}
	if int(m) < len(names) {
		return names[m]
	}
	return "none"
}

// shared says whether two holders of this mode can coexist.
func (m Mode) shared() bool { return m == Read || m == ReadRec }
