package cparse

import "strings"

// Members of structs that macros declare:
//
//	DECLARE_BITMAP(bits, 64);      →  unsigned long bits[1]    ;
//	struct_group(g, int a; int b;);→                int a; int b;
//	VENDOR_RESERVED(1)             →
//
// A table knows the macros that matter; the others are taken for padding.

// member handles a macro invocation where a member begins, from token i to its
// parenthesis close.
func (w *walker) member(i, close int) int {
	t := &w.toks[i]
	if p := w.at(i + 2); p.is('*') || p.is('^') {
		return i // type (*name)(…)
	}
	form := w.words.forms[w.str(t)]
	args := w.arguments(i+1, close)
	switch {
	case form.form == "group" && form.name < len(args):
		return w.members(i, args[form.name].Start)
	case form.form == "field" && form.name < len(args):
		w.field(form, args, t.start, w.toks[close].end)
		return close
	}
	next := w.at(close + 1)
	if next.plain() && !next.line || next.is('*') {
		// A type: MACRO(x) name;
		end := w.toks[close].end
		w.setType(t.start, w.orig(t.start, end))
		w.putName(t.start, end)
		return close
	}
	end := close
	if next.is('[') && next.match > 0 {
		end = int(next.match)
	}
	if w.at(end + 1).is(';') {
		end++
	}
	w.blank(t.start, w.toks[end].end)
	w.top().start = true
	return end
}

// members opens a macro that encloses members: what stands before the members
// is blanked, and they become members of the struct around it.
func (w *walker) members(i int, from uint32) int {
	open := i + 1
	w.blank(w.toks[i].start, from)
	w.frames = append(w.frames, frame{open: int32(open), ctx: inStruct, members: true, start: true})
	for open++; open < len(w.toks) && w.toks[open].start < from; open++ {
	}
	return open - 1
}

// field rewrites lo..hi, the invocation of a macro that declares one member.
func (w *walker) field(form macroForm, args []span, lo, hi uint32) {
	arg := func(n int) string {
		if n < 0 || n >= len(args) {
			return ""
		}
		return strings.Join(strings.Fields(string(w.text[args[n].Start:args[n].End])), " ")
	}
	typ, name := form.text, arg(form.name)
	if form.typ >= 0 {
		typ = arg(form.typ)
	}
	tail := strings.Trim(form.tail, "-")
	if tail == "[n]" {
		tail = "[1]"
	}
	for _, s := range []string{typ + " " + name + tail, typ + " " + name, "int " + name, "int _"} {
		if w.put(lo, hi, s) {
			return
		}
	}
}

// bitField blanks a bit field without a name, whose colon is token i: the
// grammar wants one.
func (w *walker) bitField(i int) int {
	prev, before := w.at(i-1), w.at(i-2)
	first := before.is(';') || before.is('{') || before.is('}') || before.kind == tokNone
	typed := prev.kind == tokWord && (prev.cls.isDecl() || prev.plain() && first)
	if !typed && !prev.is(',') {
		return i
	}
	end := i
	for end < len(w.toks) && !w.toks[end].is(',') && !w.toks[end].is(';') {
		end++
	}
	from := w.toks[i].start
	if prev.is(',') && w.text[prev.start] == ',' {
		from = prev.start
	} else if w.at(end).is(',') {
		end++
	}
	w.blank(from, w.toks[end-1].end)
	return end - 1
}
