package reports

import (
	"fmt"
	"strings"
)

// The kinds of notification: what a reader of the results must know of the run.
const (
	noteCut     = iota // results that a limit left out
	noteRead           // what was read of an architecture
	noteLost           // a file that was not read
	noteProblem        // a region that was not understood
	noteLimit          // a limit that the analysis hit
	noteHidden         // findings that are not shown, by wish
	noteStale          // a suppression that silences nothing
	noteMore           // notifications that are left out
)

// noteKinds is the id and the meaning of each, in the order of the constants.
var noteKinds = [...][2]string{
	noteCut:     {"results-left-out", "Results were left out, because a log may not be larger."},
	noteRead:    {"read", "What was read of an architecture, and how much was not understood."},
	noteLost:    {"file-not-read", "A file was not read at all; what it does is not known."},
	noteProblem: {"region-not-understood", "A region of a file was not understood; what it does is not known."},
	noteLimit:   {"limit", "A limit of the analysis was hit; there may be more to find."},
	noteHidden:  {"findings-not-shown", "Findings are not shown, because they are less certain than was asked for, or silenced by a rules file."},
	noteStale:   {"stale-suppression", "A row of a rules file silences nothing any more."},
	noteMore:    {"notifications-left-out", "Notifications were left out, because they are too many."},
}

// noteHelp goes for all kinds: code scanning demands a help text of each.
const noteHelp = "What was not read and not understood is counted with every run. `klockscan check -v` lists all of it."

func noteDescriptors() []sarifDescriptor {
	out := make([]sarifDescriptor, len(noteKinds))
	for i, k := range noteKinds {
		out[i] = sarifDescriptor{ID: k[0], ShortDescription: sarifMessage{Text: k[1]}, FullDescription: sarifMessage{Text: k[1]},
			Help: sarifMessage{Text: strings.ReplaceAll(noteHelp, "`", ""), Markdown: noteHelp}}
	}
	return out
}

// notes collects notifications until one of their limits is reached.
type notes struct {
	s    *sarifWriter
	list []sarifNotification
	left int
}

func (n *notes) add(kind int, level, text string, at ...sarifLocation) {
	note := sarifNotification{Descriptor: sarifReference{noteKinds[kind][0], kind}, Level: level,
		Message: sarifMessage{Text: period(plainText(text))}, Locations: at}
	line := n.s.encode(note)
	if len(n.list) >= maxNotes || len(line) > maxResultBytes || n.s.size.add(line) > maxZippedNotes {
		n.left++
		return
	}
	n.list = append(n.list, note)
}

// notifications says what the results rest on, the weightiest first: what was
// cut, counted, not read and not understood. It is never a failure of the run:
// that a tree has files which cannot be read is a result.
func (s *sarifWriter) notifications(bag sarifRunBag) []sarifNotification {
	n := &notes{s: s}
	if bag.LeftOut != "" {
		n.add(noteCut, "warning", bag.LeftOut)
	}
	n.hidden(s.doc)
	for _, r := range s.doc.Head.Read {
		n.add(noteRead, "note", readWords(r))
		for _, name := range sortedKeys(r.Limits) {
			n.add(noteLimit, "warning", fmt.Sprintf("%s: the limit of %s was hit %s", r.Arch, name, plural(r.Limits[name], "time")))
		}
	}
	for _, stale := range s.doc.Stale {
		n.add(noteStale, "warning", "stale suppression, nothing is found any more: "+stale)
	}
	for _, l := range s.doc.Head.NotRead {
		n.add(noteLost, "warning", "not read: "+l.File+": "+l.Reason, s.located(l.File, 0, "")...)
	}
	for _, p := range s.doc.Head.Problems {
		n.add(noteProblem, "note", strings.TrimSuffix("not understood: "+p.Reason+": "+p.Text, ": "), s.located(p.File, p.Line, p.Function)...)
	}
	if n.left > 0 {
		n.list = append(n.list, sarifNotification{Descriptor: sarifReference{noteKinds[noteMore][0], noteMore}, Level: "warning",
			Message: sarifMessage{Text: plural(n.left, "further notification") + " left out."}})
	}
	return n.list
}

func (n *notes) hidden(c Check) {
	for _, h := range c.Hidden {
		are := agree(h.Findings, "is", "are")
		n.add(noteHidden, "note", fmt.Sprintf("%s that %s %s %s not shown (--confidence %s)", plural(h.Findings, "finding"),
			are, adjective(h.Confidence), are, h.Confidence))
	}
	if c.Suppressed > 0 {
		n.add(noteHidden, "note", plural(c.Suppressed, "finding")+" suppressed by a rules file")
	}
}

// located is a place as a list, empty for none.
func (s *sarifWriter) located(file string, line int, function string) []sarifLocation {
	if file == "" && function == "" {
		return nil
	}
	return []sarifLocation{s.location(file, line, function)}
}
