// Package reports turns the results of callgraph and lockflow into text, JSON,
// TSV, DOT and SVG, and findings into SARIF, GitLab's code quality report and
// markdown.
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
// and SVG quote for their syntax after that. SARIF and GitLab's report are JSON
// whose messages are text, so R1 and R2 hold for them. R4: markdown puts each word
// that means something to it into a code span. Rules R1 to R4 hold for whatever
// bytes a name has; the tests read the output back to see it.
//
// # Same document, same bytes
//
// Writers keep the order of the document and never walk a map. SARIF has the most
// certain findings first, because its readers cut off what is too much.
//
// # Limits
//
// The SVG layout is for pictures that a person looks at: a chain, a
// neighbourhood, a lock order. It draws every box and arrow of a larger one, but
// takes no care of crossings beyond a few thousand of them.
package reports
