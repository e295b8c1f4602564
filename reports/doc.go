// Package reports turns the results of callgraph and lockflow into text, JSON,
// TSV, DOT and SVG, and findings into SARIF, GitLab's code quality report, markdown
// and HTML.
//
// Every command of klockscan first makes a document: a plain struct with a Head
// that says what was read and what was not, and the records asked for. The
// writers take documents only. A document that was stored as JSON can be read
// back and written again in another format, and that is how the writers are
// tested: no C is parsed for it.
//
//	doc := reports.Check{Head: head, Findings: reports.Findings(result.Findings)}
//	err := reports.WriteJSON(w, doc)
//	err = doc.WriteText(w, reports.Style{Color: true})
//
// # Names are hostile
//
// The names in a document come from the tree. R1: text and TSV escape what is
// not printable, so that a name cannot move the cursor, begin a line or hide
// (clean.go). R2: JSON escapes it too, beyond what the format demands. R3: DOT
// and SVG quote for their syntax after that, and so does HTML, whose page is also
// told to run nothing but its own script, which makes no markup out of text
// (html.go). SARIF and GitLab's report are JSON whose messages are text, so R1 and R2
// hold for them. R4: markdown puts each word that means something to it into a code
// span. Rules R1 to R4 hold for whatever bytes a name has; the tests read the output
// back to see it.
//
// # Same document, same bytes
//
// Writers keep the order of the document and never walk a map. SARIF has the most
// certain findings first, because its readers cut off what is too much.
//
// # Pictures
//
// A Picture is boxes and arrows. Check.LockPicture makes one of the lock order,
// ChainPicture and SubgraphPicture make one of calls; Legible makes it small
// enough for a person, and its caption says what was left out or merged; WriteDOT
// and WriteSVG write it. A page that embeds an SVG finds in it
//
//	<g class="box" data-id="struct kvm.lock">
//	<g class="arrow both" data-id="A>B" data-from="A" data-to="B">
//
// where the second class of an arrow is its ArrowStyle, and dashed, dotted or mark
// may follow. What several arrows draw as one line is drawn by the first; the
// others have it, invisible, as a path of class "line shared".
//
// # Limits
//
// The layout is for pictures that a person looks at. It draws every box and arrow
// of a larger one, but takes less care of crossings beyond a few thousand spots,
// and beyond a hundred thousand bends lines run through boxes. A label for which
// there is no room beside its arrow is in the arrow's title only, unless it tells
// of a contradiction. Locks of the same class text, as static variables of one
// name in two files, are one box.
// The HTML page has all orders in a table. Its script is plain and current: a browser
// of 2024 or later.
package reports
