package reports

import "reflect"

// mostLines is the largest line number that is believed. What reads line numbers
// elsewhere keeps them in 32 bits.
const mostLines = 1<<31 - 1

// UnknownLines makes every line number of a stored document that no file can have 0,
// which is an unknown place: a line below 1 is refused by readers of SARIF, and one
// near the end of the integers cannot be added to. doc points to the document.
func UnknownLines(doc any) { unknownLines(reflect.ValueOf(doc)) }

func unknownLines(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			unknownLines(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			unknownLines(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			switch f := v.Field(i); {
			case !f.CanSet():
			case v.Type().Field(i).Name != "Line":
				unknownLines(f)
			case f.CanInt() && !isLine(f.Int()):
				f.SetInt(0)
			}
		}
	}
}

// isLine says whether a file can have such a line.
func isLine(n int64) bool { return n > 0 && n <= mostLines }
