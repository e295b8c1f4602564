package reports

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// What GitHub's code scanning takes: more results, locations or bytes in a file,
// and the whole file is refused. Of the locations of one result it shows fewer
// than it takes; the limits here are those of what it shows.
const (
	maxResults = 25_000
	maxSteps   = 1_000 // locations of all flows of a result
	maxRelated = 100
	maxNotes   = 1_000 // ours: beyond that nobody reads, and the counts say it all

	maxResultBytes = 1_000_000 // ours: no result that is one comes near it
	maxZipped      = 9_000_000 // of 10 MB after gzip, for results; the rest is for what follows them
	maxZippedNotes = 9_400_000
)

// sarifBase stands for the root of the tree: where that lies on a machine is
// nobody's business, and GitHub knows this name.
const sarifBase = "%SRCROOT%"

// WriteSARIF writes the findings as a SARIF 2.1.0 log, for code scanning and
// editors.
//
// A result is a place, as in the text: generic code is read once for each
// architecture, and one result for each would be shown twice at one line.
// The chains of the others are further code flows. Both ways round a cycle are
// one code flow of two threads, which is what a flow of two threads means. The
// fingerprint is that of the first finding, and also what GitHub knows an alert
// by (primaryLocationLineHash). Left out, GitHub's upload action would put a
// hash of the source line there: two findings at one line would become one
// alert. The action only warns that it would have put another one.
//
// The level says how sure the finding is: certain is an error, likely a warning,
// possible and guess are notes; rank says the same with more steps. How bad a
// deadlock would be is not graded: each of them hangs.
//
// The most certain results come first, so that what a limit cuts off is the
// least certain; the cut is a notification, and stands in the properties of the
// run. Each result is one line, written before the next is made: a log of the
// largest size needs no more memory than a small one, its size is known in time,
// and two logs can be compared with diff.
func (c Check) WriteSARIF(w io.Writer) error {
	s := &sarifWriter{w: bufio.NewWriter(w), doc: c, sources: newSourceIndex(c.Sources), size: newZipSize()}
	s.text("{\n\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\n\"version\":\"2.1.0\",\n\"runs\":[{\n\"tool\":")
	s.value(struct {
		Driver sarifDriver `json:"driver"`
	}{s.driver()})
	s.text(",\n\"originalUriBaseIds\":{\"" + sarifBase + "\":{\"description\":{\"text\":\"The root of the kernel tree.\"}}},\n\"results\":[")
	bag := s.results()
	s.text("\n],\n\"invocations\":[")
	s.value(sarifInvocation{Successful: true, Notifications: s.notifications(bag)})
	s.text("],\n\"properties\":")
	s.value(bag)
	s.text("\n}]\n}\n")
	if s.err != nil {
		return s.err
	}
	return s.w.Flush()
}

// A sarifWriter writes one log.
type sarifWriter struct {
	w       *bufio.Writer // keeps the first error of writing
	err     error         // the first of encoding
	doc     Check
	sources sourceIndex
	size    *zipSize
}

func (s *sarifWriter) text(raw string) { s.w.WriteString(raw) }

func (s *sarifWriter) value(v any) { s.w.Write(s.encode(v)) }

// encode is a value as JSON on one line, escaped as in WriteJSON (R2).
func (s *sarifWriter) encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil && s.err == nil {
		s.err = fmt.Errorf("encode %T: %w", v, err)
	}
	return escapeRunes(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// driver describes the tool and what it finds. All kinds are listed whether found
// or not: a viewer can say what was looked for, and the index of a kind is fixed.
func (s *sarifWriter) driver() sarifDriver {
	d := sarifDriver{Name: s.doc.Head.Tool, Version: s.doc.Head.Version, Notifications: noteDescriptors()}
	if d.Name == "" {
		d.Name = "klockscan"
	}
	for _, k := range kinds {
		d.Rules = append(d.Rules, k.descriptor())
	}
	if slices.ContainsFunc(s.doc.Findings, func(f Finding) bool { return kindIndex(f.Kind) == len(kinds) }) {
		d.Rules = append(d.Rules, unknownKind.descriptor())
	}
	return d
}

func (k kindInfo) descriptor() sarifDescriptor {
	return sarifDescriptor{
		ID: string(k.kind), Name: k.name,
		ShortDescription: sarifMessage{Text: k.short},
		FullDescription:  sarifMessage{Text: k.full},
		Help:             sarifMessage{Text: plainHelp(k), Markdown: markdownHelp(k)},
		Default:          &sarifLevel{"warning"},
		Properties:       &sarifRuleTags{[]string{"concurrency", "correctness", "locking"}},
	}
}

// results writes the results, the most certain first, until a limit is reached.
func (s *sarifWriter) results() sarifRunBag {
	places := mark(s.doc.Findings)
	slices.SortStableFunc(places, func(a, b marked) int {
		return certainty(a.first.Confidence) - certainty(b.first.Confidence)
	})
	h := s.doc.Head
	bag := sarifRunBag{Kernel: h.Kernel, Arches: h.Arches, Scope: h.Scope, Confidence: h.Confidence,
		Findings: len(s.doc.Findings), Places: len(places), Compared: clean(s.doc.compared)}
	for _, p := range places {
		line := s.encode(s.result(p))
		if len(line) > maxResultBytes {
			continue
		}
		if bag.Results == maxResults || s.size.add(line) > maxZipped {
			break
		}
		if bag.Results > 0 {
			s.text(",")
		}
		s.text("\n")
		s.w.Write(line)
		bag.Results++
	}
	if cut := len(places) - bag.Results; cut > 0 {
		bag.LeftOut = fmt.Sprintf("%d of %d places are left out, the least certain and what is over a megabyte alone: a log holds at most "+
			"%d results and %d MB after compression. Other formats hold them all.", cut, len(places), maxResults, maxZipped/1_000_000)
	}
	return bag
}

// A zipSize measures how large what was written is after gzip. The fastest level
// compresses least, so an upload is hardly ever larger than this says. What the
// compressor still holds back, less than 100 kB, is not counted.
type zipSize struct {
	zip   *gzip.Writer
	bytes int
}

func newZipSize() *zipSize {
	z := &zipSize{}
	z.zip, _ = gzip.NewWriterLevel(z, gzip.BestSpeed) // the only error is an unknown level
	return z
}

// Write counts what comes out of the compressor.
func (z *zipSize) Write(p []byte) (int, error) {
	z.bytes += len(p)
	return len(p), nil
}

// add is the size with one more line.
func (z *zipSize) add(line []byte) int {
	z.zip.Write(line) // a zipSize takes everything
	return z.bytes
}
