package reports

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// TestComparedIsSaid: formats that show what is new only name the trees, and say how
// much is fixed and unchanged.
func TestComparedIsSaid(t *testing.T) {
	f := Finding{Kind: "leak", Confidence: "likely", Fingerprint: "a", Function: "f", File: "f.c", Line: 1}
	d := Diff{Old: Side{Name: "v1", Commit: "0123456789abcdef0123456789abcdef01234567", Kernel: "6.1"}, To: Side{Name: "v2"},
		New: []Finding{f}, Fixed: []Finding{f, f}, Unchanged: []Finding{f, f, f}}
	want := "Only what is new is shown, from v1 (commit 0123456789ab, Linux 6.1) to v2: 1 new, 2 fixed, 3 unchanged."
	var md, page, log bytes.Buffer
	for _, err := range []error{d.Check().WriteMarkdown(&md), d.Check().WriteHTML(&page, HTMLOptions{}), d.Check().WriteSARIF(&log)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	plain := strings.Join(strings.Fields(strings.ReplaceAll(md.String(), "`", "")), " ")
	if !strings.Contains(plain, want) || !strings.Contains(page.String(), want) || !strings.Contains(log.String(), want) {
		t.Errorf("markdown\n%s", &md)
	}
	for line := range strings.Lines(md.String()) {
		if len(strings.TrimSuffix(line, "\n")) > columns {
			t.Errorf("longer than %d: %s", columns, line)
		}
	}
	md.Reset()
	if err := (Check{Findings: d.New}).WriteMarkdown(&md); err != nil || strings.Contains(md.String(), "is new") {
		t.Errorf("%v: a check\n%s", err, &md)
	}
}

// TestMarkdownFitsAComment: what is too long is cut, the least certain first.
func TestMarkdownFitsAComment(t *testing.T) {
	var c Check
	for i := range 1000 {
		c.Findings = append(c.Findings, Finding{Kind: "leak", Confidence: confidences[3-i%4], Function: fmt.Sprintf("f%d", i), File: "f.c", Line: i + 1})
		c.Head.NotRead = append(c.Head.NotRead, Lost{fmt.Sprintf("l%d.c", i), "it is locked"})
		c.Stale = append(c.Stale, fmt.Sprintf("r:%d: old", i))
	}
	c.Findings[3].Message = strings.Repeat("long ", 50_000)
	write := func() string {
		var b bytes.Buffer
		if err := c.WriteMarkdown(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	text := write()
	shown := strings.Count(text, "\n### ") - 1
	if len(text) > mostMarkdown || len(text) < mostMarkdown*9/10 || shown < 100 {
		t.Errorf("%d bytes, %d places", len(text), shown)
	}
	if !strings.Contains(text, fmt.Sprintf("%d places are not shown", 1000-shown)) || strings.Contains(text, "guess).") {
		t.Errorf("%d places, then\n%s", shown, text[len(text)-2000:])
	}
	if c.Findings = c.Findings[4:5]; strings.Contains(write(), "not shown") {
		t.Error("a short text is cut")
	}
	c.Findings = []Finding{{Message: strings.Repeat("long ", 50_000), Function: "alone"}}
	if text := write(); !strings.Contains(text, "alone()") || strings.Contains(text, "not shown") {
		t.Errorf("one long finding: %d bytes", len(text))
	}
}
