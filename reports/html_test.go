package reports

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const testLink = "https://source.example/linux/v{kernel}/source/{file}#L{line}"

// htmlSample is the stored document with a lock order and sources: an order of
// each style, and lines around two places of the first finding.
func htmlSample(t *testing.T) Check {
	c := stored[Check](t, "check.json")
	name := func(text, class string) []Name { return []Name{{Text: text, Classes: []string{class}}} }
	gate, wheel, door := name("car->gate", "struct car.gate"), name("car->wheel", "struct car.wheel"), name("car->door", "struct car.door")
	lock := func(class, name string) Lock {
		return Lock{Class: class, Name: name, Mode: "write", Function: "drive", File: "virt/car.c", Line: 12}
	}
	pair := func(outer, inner Lock, confidence string) Pair {
		return Pair{Arch: "x86", Outer: outer, Inner: inner, Confidence: confidence, Assumed: []string{"the car moves"},
			Chain: []Step{{Function: "drive", File: "virt/car.c", Line: 10}, {Function: "turn", File: "virt/car.c", Line: 14, Edge: "direct"}}}
	}
	c.LockOrder = LockOrder{
		Rules: []Rule{
			{Kind: "order", File: "Documentation/car.rst", Line: 7, Text: "car->gate is taken outside car->wheel", Outer: gate, Inner: wheel},
			{Kind: "order", File: "Documentation/car.rst", Line: 9, Text: "car->wheel is taken outside car->door", Outer: wheel, Inner: door},
			{Kind: "leaf", File: "Documentation/car.rst", Line: 11, Text: "car->door is a leaf", Outer: door, Remark: &Rule{Text: "or so"}},
		},
		Pairs: []Pair{
			pair(lock("struct car.wheel", "car->wheel"), lock("struct car.door", "car->door"), "possible"),
			pair(lock("struct car.wheel", "car->wheel"), lock("struct car.door", "car->door"), "certain"),
			pair(lock("struct car.wheel", "car->wheel"), lock("car_list_lock", "car_list_lock"), "likely"),
		},
	}
	c.Sources = []Excerpt{
		{File: "virt/car.c", Line: 8, Text: []string{"int drive(void)", "{", "\tturn();", "\tstop(); // </script>", "}"}},
		{File: "virt/gate.c", Line: 28, Text: []string{"a", "b", "c", "\tmutex_lock(&car->gate);", "d", "e", "f"}},
	}
	return c
}

func writtenHTML(t *testing.T, c Check, o HTMLOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.WriteHTML(&b, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// element is the text inside the only element that begins with the tag.
func element(t *testing.T, page, open, end string) string {
	t.Helper()
	if strings.Count(page, open) != 1 {
		t.Fatalf("%d times %s", strings.Count(page, open), open)
	}
	_, rest, _ := strings.Cut(page, open)
	inside, _, found := strings.Cut(rest, end)
	if !found {
		t.Fatalf("%s has no %s", open, end)
	}
	return inside
}

// dataOf reads the data of a page back.
func dataOf(t *testing.T, page string) htmlData {
	t.Helper()
	var d htmlData
	if err := json.Unmarshal([]byte(element(t, page, `<script type="application/json" id="data">`, "</script>")), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

var elementTag = regexp.MustCompile(`<(script|style)[^>]*>`)

// TestHTMLPolicyNamesItsScriptAndStyle: the hashes are those of what stands in
// the page, and nothing else is let in.
func TestHTMLPolicyNamesItsScriptAndStyle(t *testing.T) {
	page := writtenHTML(t, htmlSample(t), HTMLOptions{Link: testLink})
	policy := html.UnescapeString(element(t, page, `<meta http-equiv="Content-Security-Policy" content="`, `">`))
	for directive, tag := range map[string]string{"script-src": "script", "style-src": "style"} {
		sum := sha256.Sum256([]byte(element(t, page, "<"+tag+">", "</"+tag+">")))
		want := directive + " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
		if !slices.Contains(strings.Split(policy, "; "), want) {
			t.Errorf("the policy %q lacks %q", policy, want)
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	if tags := elementTag.FindAllString(page, -1); len(tags) != 3 {
		t.Errorf("scripts and styles: %q", tags)
	}
}

// TestHTMLAsksForNothing: no attribute loads anything, none holds script or
// style, and the script makes no markup and no requests.
func TestHTMLAsksForNothing(t *testing.T) {
	page := writtenHTML(t, htmlSample(t), HTMLOptions{Link: testLink})
	script := element(t, page, "<script>", "</script>")
	outside := strings.Replace(page, script, "", 1)
	for _, pattern := range []string{`(?i)\ssrc(set)?\s*=`, `(?i)<(link|img|iframe|object|embed|base|form action)\b`, `(?i)\son[a-z]+\s*=\s*"`,
		`(?i)\sstyle\s*="`, `(?i)@import`, `(?i)href="[^#]`, `(?i)javascript:`} {
		if found := regexp.MustCompile(pattern).FindString(outside); found != "" {
			t.Errorf("%s finds %q in the page", pattern, found)
		}
	}
	for _, pattern := range []string{`\beval\b`, `new Function`, `innerHTML`, `outerHTML`, `insertAdjacentHTML`, `document\.write`, `\bfetch\b`, `XMLHttpRequest`,
		`sendBeacon`, `WebSocket`, `importScripts`, `\bimport\b`} {
		if found := regexp.MustCompile(pattern).FindString(script); found != "" {
			t.Errorf("the script has %q", found)
		}
	}
}

// TestHTMLHasTheWholeDocument reads the data back: every string of a finding, a
// rule, a pair and the head is there, or in the summary.
func TestHTMLHasTheWholeDocument(t *testing.T) {
	c := htmlSample(t)
	c.Suppressed, c.Stale = 3, []string{".klockscan.yaml:9: not any more"}
	c.Findings[0].Reverse = []Step{{Function: "the_other_way", File: "virt/back.c", Line: 77}}
	page := writtenHTML(t, c, HTMLOptions{})
	d := dataOf(t, page)
	for _, want := range []string{"0011223344556677", "8899aabbccddeeff", "aaaa", "123", "another", "the_other_way", "virt/back.c", "struct car_ops.turn",
		"the last reference is dropped", "an older rule", "park() holds car_list_lock", "car->door is a leaf", "or so", "the car moves",
		"virt/huge.c", "larger than the size limit", "x y z"} {
		if !slices.Contains(d.Strings, want) {
			t.Errorf("%q is not in the data", want)
		}
	}
	if len(d.Places) != 2 || len(d.Places[0].Ways) != 2 || len(d.Places[0].Arches) != 2 || len(d.Places[0].Prints) != 3 {
		t.Errorf("places %+v", d.Places)
	}
	for _, want := range []string{"4 findings in 2 places", "9.4.2", "1 file not read", "2 regions not understood", "1 call of unknown target",
		"1 lock of unknown class", "a limit of the analysis hit 4 times", "4 findings more that are possible", "3 findings suppressed",
		".klockscan.yaml:9: not any more", "virt/a.c:9: *p", "limit hit: states", "likely and surer"} {
		if !strings.Contains(html.UnescapeString(page), want) {
			t.Errorf("%q is not in the page", want)
		}
	}
}

// TestHTMLOrderStyles: each order has the style of what is known about it.
func TestHTMLOrderStyles(t *testing.T) {
	c := htmlSample(t)
	styles := map[string]string{}
	for _, o := range newOrders(c, fold(c.Findings), orderStyles(c.LockPicture())) {
		styles[o.outer+">"+o.inner] = o.style.String()
	}
	want := map[string]string{
		"struct car.wheel>struct car.gate": "contradicted", "struct car.gate>struct car.wheel": "documented",
		"struct car.wheel>struct car.door": "both", "struct car.wheel>car_list_lock": "observed",
	}
	if fmt.Sprint(styles) != fmt.Sprint(want) {
		t.Errorf("styles %v, want %v", styles, want)
	}
	svg, err := orderSVG(c.LockPicture())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range sortedOf(want) {
		outer, inner, _ := strings.Cut(id, ">")
		tag := fmt.Sprintf(`<g class="arrow %s" data-id="%s&gt;%s" data-from="%s" data-to="%s"`, want[id], outer, inner, outer, inner)
		if !strings.Contains(svg, tag) || !strings.Contains(svg, `<g class="box" data-id="`+inner+`">`) {
			t.Errorf("%s is not in %s", tag, svg)
		}
	}
	if err := wellFormed(svg); err != nil {
		t.Errorf("%v: %s", err, svg)
	}
}

func sortedOf(m map[string]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func wellFormed(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// hostilePage has the name wherever a name can be.
func hostilePage(name string) Check {
	lock := Lock{Class: name + "1", Name: name, Mode: name, Function: name, File: name, Line: 1}
	inner := lock
	inner.Class = name + "2"
	rule := Rule{Kind: name, Arch: name, File: name, Line: 1, Text: name, Status: name,
		Outer: []Name{{Text: name, Classes: []string{lock.Class}}}, Inner: []Name{{Text: name, Classes: []string{inner.Class}}}}
	order := rule
	order.Kind = "order"
	chain := []Step{hostileStep(name), hostileStep(name)}
	f := Finding{Kind: name, Arch: name, Confidence: name, Fingerprint: name, Function: name, File: name, Line: 1, Message: name,
		Outer: &lock, Inner: &inner, Rule: &rule, Chain: chain, Reverse: chain, Assumed: []string{name}}
	g := f
	g.Kind = "order"
	return Check{
		Head: Head{Tool: name, Version: name, Kernel: name, Arches: []string{name}, Scope: []string{name}, Confidence: name,
			Read:    []Read{{Arch: name, Problems: 1, Unknown: []string{name}, Limits: map[string]int{name: 1}}},
			NotRead: []Lost{{name, name}}, Problems: []Problem{{name, 1, name, name, name}}},
		Findings: []Finding{f, g}, Hidden: []Hidden{{name, 1}}, Stale: []string{name},
		LockOrder: LockOrder{Rules: []Rule{order}, Pairs: []Pair{{Arch: name, Outer: lock, Inner: inner, Confidence: name, Chain: chain}}},
		Sources:   []Excerpt{{File: name, Line: 1, Text: []string{name}}},
	}
}

var tagName = regexp.MustCompile(`</?[a-zA-Z!][a-zA-Z0-9]*`)

// TestHTMLHostileNames: whatever the names, the page has the tags that it has
// with a plain name, and every byte of it can be printed.
func TestHTMLHostileNames(t *testing.T) {
	shape := func(name string) string {
		page := writtenHTML(t, hostilePage(name), HTMLOptions{Link: testLink})
		dataOf(t, page)
		for _, r := range page {
			if r != '\n' && clean(string(r)) != string(r) {
				t.Errorf("%q: the page has %U", name, r)
			}
		}
		// How a picture is laid out depends on how long its labels are: of it the
		// tags count, and not how many.
		before, rest, _ := strings.Cut(page, "<svg")
		picture, after, found := strings.Cut(rest, "</svg>")
		if !found {
			t.Fatalf("%q: no picture", name)
		}
		drawn := tagName.FindAllString(picture, -1)
		slices.Sort(drawn)
		for _, tag := range slices.Compact(drawn) {
			if !slices.Contains([]string{"g", "path", "rect", "text", "title", "tspan"}, strings.TrimPrefix(strings.TrimPrefix(tag, "<"), "/")) {
				t.Errorf("%q makes %s in the picture", name, tag)
			}
		}
		return strings.Join(tagName.FindAllString(before+after, -1), " ")
	}
	want := shape("plain")
	for _, name := range append([]string{"</script><script>alert(1)</script>", "<!--<script>", "-->", "\u2028\u2029", "{{.Data}}", "${x}`", "' onload='x"}, hostile...) {
		if name == "" { // there are fewer sentences then
			writtenHTML(t, hostilePage(name), HTMLOptions{})
			continue
		}
		if got := shape(name); got != want {
			t.Errorf("%q changes the tags of the page", name)
		}
	}
}

// TestHTMLOfAlmostNothing: a document may lack anything.
func TestHTMLOfAlmostNothing(t *testing.T) {
	for i, c := range []Check{
		{}, {Findings: []Finding{{}}}, {Findings: []Finding{{Kind: "requires"}, {Kind: "assert"}, {Kind: "order"}, {Kind: "rules"}}},
		{LockOrder: LockOrder{Rules: []Rule{{Kind: "order"}}, Pairs: []Pair{{}}}, Sources: []Excerpt{{}}},
		{Head: Head{Read: []Read{{}}}},
	} {
		page := writtenHTML(t, c, HTMLOptions{})
		dataOf(t, page)
		if i == 0 && !strings.Contains(page, "what was read is not recorded") {
			t.Error("an empty document seems complete")
		}
	}
}

func TestHTMLIsTheSameTwice(t *testing.T) {
	c := htmlStress(300, 60)
	if writtenHTML(t, c, HTMLOptions{}) != writtenHTML(t, c, HTMLOptions{}) {
		t.Error("two pages of one document differ")
	}
}

// TestHTMLDrawsWhatIsWrongFirst: of many locks those of contradicted orders are
// in the picture.
func TestHTMLDrawsWhatIsWrongFirst(t *testing.T) {
	c := htmlStress(5, 2000)
	svg, err := orderSVG(c.LockPicture())
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(svg, `class="box"`); n == 0 || n > mostLocks {
		t.Errorf("%d boxes, want at most %d", n, mostLocks)
	}
	for _, f := range c.Findings {
		if f.Kind == "order" && !strings.Contains(svg, fmt.Sprintf(`data-id="%s&gt;%s"`, f.Outer.Class, f.Inner.Class)) {
			t.Errorf("%s > %s is not drawn", f.Outer.Class, f.Inner.Class)
		}
	}
}

// TestHTMLPictureIsBounded: however much is wrong, the picture can be moved.
func TestHTMLPictureIsBounded(t *testing.T) {
	p := htmlStress(5000, 2000).LockPicture()
	q := pagePicture(p)
	if len(q.Boxes) != mostWrong || len(p.smaller(mostLocks).Boxes) <= mostWrong {
		t.Errorf("%d boxes of %d", len(q.Boxes), len(p.smaller(mostLocks).Boxes))
	}
	for _, a := range q.Arrows {
		if a.Style == Contradicted {
			return
		}
	}
	t.Error("nothing that is wrong is drawn")
}

func TestCheckLink(t *testing.T) {
	for _, good := range []string{"", testLink, "http://localhost:8080/{version}/{file}?l={line}", "https://x.example/{file}"} {
		if err := CheckLink(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"javascript:alert('{file}')", "JavaScript:alert(1)//{file}", "data:text/html,{file}", "file:///{file}", "//x.example/{file}",
		"{file}", "https://{file}/", "https://x.example", "https:///{file}", "https://u@x.example/{file}", "https://x.example/{files}", "https://x.example/{file",
		"https://x.example/{file} x", "https:x/{file}", " https://x.example/{file}", "https://x.example\\{file}", "https://x.example/\n{file}", "http{line}://x.example/{file}"} {
		if CheckLink(bad) == nil {
			t.Errorf("%q is let through", bad)
		}
		var b bytes.Buffer
		if (Check{}).WriteHTML(&b, HTMLOptions{Link: bad}) == nil || b.Len() > 0 {
			t.Errorf("%q: a page is written", bad)
		}
	}
}

// htmlStress is a document as large as that of a whole kernel.
func htmlStress(findings, locks int) Check {
	c := Check{Head: Head{Kernel: "9.4.2", Arches: []string{"x86", "arm64"}, Read: []Read{{Arch: "x86", Problems: 3000}}}}
	class := func(i int) string { return fmt.Sprintf("struct owner%d.lock%d", i%locks%97, i%locks) }
	lock := func(i int) *Lock {
		return &Lock{Class: class(i), Name: fmt.Sprintf("o->lock%d", i%locks), Mode: "write", Function: fmt.Sprintf("take%d", i), File: fmt.Sprintf("fs/d%d/f.c", i%300), Line: i}
	}
	chain := func(i int) []Step {
		steps := []Step{{Function: fmt.Sprintf("entry%d", i%200), File: fmt.Sprintf("fs/d%d/f.c", i%300), Line: 10}}
		for j := range 3 + i%20 {
			steps = append(steps, Step{Function: fmt.Sprintf("function_%d", (i*7+j)%5000), File: fmt.Sprintf("mm/d%d/g.c", (i+j)%200), Line: j*31 + 5, Edge: "direct"})
		}
		return steps
	}
	kinds := []string{"atomic-sleep", "leak", "order", "self-deadlock", "assert"}
	for i := range findings {
		c.Findings = append(c.Findings, Finding{Kind: kinds[i%len(kinds)], Arch: c.Head.Arches[i%2], Confidence: confidences[i%4], Fingerprint: fmt.Sprintf("%016x", i),
			Function: fmt.Sprintf("take%d", i), File: fmt.Sprintf("fs/d%d/f.c", i%300), Line: i, Message: fmt.Sprintf("take%d takes %s with %s held", i, class(i+1), class(i)),
			Outer: lock(i), Inner: lock(i + 1), Chain: chain(i)})
	}
	for i := range locks * 3 {
		c.LockOrder.Pairs = append(c.LockOrder.Pairs, Pair{Arch: "x86", Outer: *lock(i), Inner: *lock(i*i%locks + 1), Confidence: "likely", Chain: chain(i)})
	}
	for i := range 3000 {
		c.Head.Problems = append(c.Head.Problems, Problem{File: fmt.Sprintf("fs/d%d/f.c", i%300), Line: i, Reason: "syntax"})
	}
	return c
}
