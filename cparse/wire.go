package cparse

import (
	"encoding/binary"
	"errors"
	"math"
)

// An Encoder writes values for a cache: integers of variable length, and each
// string once. Only the same program reads it again, so there is no version and
// no description of the fields.
type Encoder struct {
	body    []byte
	strings map[string]int
	texts   []string
}

// NewEncoder makes an empty encoder.
func NewEncoder() *Encoder { return &Encoder{strings: map[string]int{}} }

// Int writes an integer; small ones are short.
func (e *Encoder) Int(n int) { e.body = binary.AppendVarint(e.body, int64(n)) }

// Bool writes a truth value.
func (e *Encoder) Bool(b bool) {
	if b {
		e.body = append(e.body, 1)
	} else {
		e.body = append(e.body, 0)
	}
}

// String writes a string.
func (e *Encoder) String(s string) {
	at, ok := e.strings[s]
	if !ok {
		at = len(e.texts)
		e.strings[s] = at
		e.texts = append(e.texts, s)
	}
	e.Int(at)
}

// Strings writes a list of strings; nil and empty are one.
func (e *Encoder) Strings(list []string) {
	e.Int(len(list))
	for _, s := range list {
		e.String(s)
	}
}

// Raw writes bytes, as often as they come.
func (e *Encoder) Raw(text []byte) {
	e.Int(len(text))
	e.body = append(e.body, text...)
}

// Pos writes a place in a file.
func (e *Encoder) Pos(p Pos) {
	e.Int(int(p.Line))
	e.Int(int(p.Col))
}

// Sub writes what write writes so that a decoder can pass over it.
func (e *Encoder) Sub(write func()) {
	outer := e.body
	e.body = nil
	write()
	inner := e.body
	e.body = binary.AppendVarint(outer, int64(len(inner)))
	e.body = append(e.body, inner...)
}

// Bytes is all that was written.
func (e *Encoder) Bytes() []byte {
	out := binary.AppendVarint(nil, int64(len(e.texts)))
	for _, s := range e.texts {
		out = binary.AppendVarint(out, int64(len(s)))
	}
	for _, s := range e.texts {
		out = append(out, s...)
	}
	return append(out, e.body...)
}

// A Decoder reads what an Encoder wrote. After an error every value is zero.
type Decoder struct {
	rest  []byte
	texts []string
	err   error
}

var errEncoding = errors.New("not what was encoded")

// NewDecoder reads the strings.
func NewDecoder(text []byte) *Decoder {
	d := &Decoder{rest: text}
	lengths := make([]int, d.Len())
	total := 0
	for i := range lengths {
		lengths[i] = d.Int()
		if total += lengths[i]; lengths[i] < 0 || total > len(d.rest) {
			d.fail()
			return d
		}
	}
	if total > len(d.rest) {
		d.fail()
		return d
	}
	all := string(d.rest[:total])
	d.rest = d.rest[total:]
	d.texts = make([]string, len(lengths))
	for i, n := range lengths {
		d.texts[i], all = all[:n], all[n:]
	}
	return d
}

func (d *Decoder) fail() { d.rest, d.err = nil, errEncoding }

// Err is the first error: the text was not written by an Encoder in this order.
func (d *Decoder) Err() error { return d.err }

// Int reads an integer.
func (d *Decoder) Int() int {
	n, size := binary.Varint(d.rest)
	if size <= 0 {
		d.fail()
		return 0
	}
	d.rest = d.rest[size:]
	return int(n)
}

// Int32 reads an integer that has 32 bits.
func (d *Decoder) Int32() int32 {
	n := d.Int()
	if n < math.MinInt32 || n > math.MaxInt32 {
		d.fail()
		return 0
	}
	return int32(n)
}

// Len reads the length of a list, each of whose elements takes a byte at least.
func (d *Decoder) Len() int {
	n := d.Int()
	if n < 0 || n > len(d.rest) {
		d.fail()
		return 0
	}
	return n
}

// Index reads an integer from 0 to n-1.
func (d *Decoder) Index(n int) int {
	i := d.Int()
	if i < 0 || i >= n {
		d.fail()
		return 0
	}
	return i
}

// Bool reads a truth value.
func (d *Decoder) Bool() bool {
	if len(d.rest) == 0 {
		d.fail()
		return false
	}
	b := d.rest[0]
	d.rest = d.rest[1:]
	return b != 0
}

// String reads a string.
func (d *Decoder) String() string {
	i := d.Int()
	if i < 0 || i >= len(d.texts) {
		d.fail()
		return ""
	}
	return d.texts[i]
}

// Strings reads a list of strings, nil if it is empty.
func (d *Decoder) Strings() []string {
	n := d.Len()
	if n == 0 {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = d.String()
	}
	return list
}

// Raw reads bytes, which may be changed by nobody.
func (d *Decoder) Raw() []byte {
	n := d.Len()
	text := d.rest[:n:n]
	d.rest = d.rest[n:]
	return text
}

// Pos reads a place in a file.
func (d *Decoder) Pos() Pos { return Pos{Line: d.Int32(), Col: d.Int32()} }

// Sub is a decoder for what Encoder.Sub wrote here, which is passed over.
func (d *Decoder) Sub() *Decoder {
	n := d.Len()
	sub := &Decoder{rest: d.rest[:n:n], texts: d.texts, err: d.err}
	d.rest = d.rest[n:]
	return sub
}
