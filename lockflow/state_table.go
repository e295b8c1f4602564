package lockflow

import "encoding/binary"

// A record is a row of bytes that one value is written to: integers of variable
// length, one after the other.
type record []byte

func (r *record) uint(n int)   { *r = binary.AppendUvarint(*r, uint64(n)) }
func (r *record) int(n int64)  { *r = binary.AppendVarint(*r, n) }
func (r *record) byte(b uint8) { *r = append(*r, b) }

// bits writes up to eight truth values.
func (r *record) bits(all ...bool) {
	var b uint8
	for i, on := range all {
		if on {
			b |= 1 << i
		}
	}
	r.byte(b)
}

// A tableWriter is records that are found by their numbers, from 1: 0 is the value
// that is not there.
type tableWriter struct {
	all  record
	ends []int
}

// add ends the record that was appended to all, and returns its number.
func (t *tableWriter) add() int {
	t.ends = append(t.ends, len(t.all))
	return len(t.ends)
}

// appendTo writes the table.
func (t *tableWriter) appendTo(out *record) {
	out.uint(len(t.ends))
	from := 0
	for _, end := range t.ends {
		out.uint(end - from)
		from = end
	}
	*out = append(*out, t.all...)
}

// A cursor reads a record. Beyond its end there is nothing but zeros, and bad is set.
type cursor struct {
	rest []byte
	bad  bool
}

func (c *cursor) uint() int {
	n, size := binary.Uvarint(c.rest)
	if size <= 0 || n > 1<<40 {
		c.rest, c.bad = nil, true
		return 0
	}
	c.rest = c.rest[size:]
	return int(n)
}

func (c *cursor) int() int64 {
	n, size := binary.Varint(c.rest)
	if size <= 0 {
		c.rest, c.bad = nil, true
		return 0
	}
	c.rest = c.rest[size:]
	return n
}

func (c *cursor) byte() uint8 {
	if len(c.rest) == 0 {
		c.bad = true
		return 0
	}
	b := c.rest[0]
	c.rest = c.rest[1:]
	return b
}

// len reads the length of a list, each of whose elements takes a byte at least.
func (c *cursor) len() int {
	n := c.uint()
	if n > len(c.rest) {
		c.rest, c.bad = nil, true
		return 0
	}
	return n
}

// bits reads truth values that bits wrote.
func (c *cursor) bits(all ...*bool) {
	b := c.byte()
	for i := range all {
		*all[i] = b>>i&1 != 0
	}
}

// A tableReader is what a tableWriter wrote.
type tableReader struct {
	all  []byte
	ends []int32
}

// table reads a table.
func (c *cursor) table() tableReader {
	t := tableReader{ends: make([]int32, c.len())}
	end := 0
	for i := range t.ends {
		end += c.uint()
		if end > len(c.rest) {
			c.rest, c.bad = nil, true
			return tableReader{}
		}
		t.ends[i] = int32(end)
	}
	t.all, c.rest = c.rest[:end:end], c.rest[end:]
	return t
}

// len is the number of records.
func (t *tableReader) len() int { return len(t.ends) }

// at is the record of a number; one that is bad if there is none.
func (t *tableReader) at(n int) cursor {
	if n < 1 || n > len(t.ends) {
		return cursor{bad: true}
	}
	from := int32(0)
	if n > 1 {
		from = t.ends[n-2]
	}
	return cursor{rest: t.all[from:t.ends[n-1]]}
}
