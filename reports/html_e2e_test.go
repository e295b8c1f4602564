package reports

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// These tests do what a person does with the page, in a browser. Each fails as
// well if the page complains or asks for anything (browser.complain).

func (b *browser) keys(keys ...string) {
	b.t.Helper()
	for _, k := range keys {
		b.do(chromedp.KeyEvent(k))
	}
}

// number is the value of an expression that is one.
func (b *browser) number(expression string) float64 {
	b.t.Helper()
	n, err := strconv.ParseFloat(b.js(expression), 64)
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return n
}

// point is where an expression of [x, y] points to on the screen.
func (b *browser) point(expression string) (x, y float64) {
	b.t.Helper()
	var at []float64
	if err := json.Unmarshal([]byte(b.js("JSON.stringify("+expression+")")), &at); err != nil || len(at) != 2 {
		b.t.Fatalf("%s: %v %v", expression, at, err)
	}
	return at[0], at[1]
}

func (b *browser) clickAt(x, y float64) {
	b.t.Helper()
	b.do(chromedp.MouseClickXY(x, y))
}

const (
	status  = `document.querySelector("#filter-status").textContent`
	rows    = `document.querySelectorAll("#list > li").length`
	hash    = `decodeURIComponent(location.hash)`
	focused = `document.activeElement.dataset.id ?? document.activeElement.id ?? ""`
	title   = `document.querySelector("#panel h3")?.textContent ?? "closed"`
)

// chip is the checkbox of a value of a facet.
func chip(facet, value string) string {
	return fmt.Sprintf(`#filter-%s input[value="%s"]`, facet, value)
}

func count(facet, value string) string {
	return fmt.Sprintf(`document.querySelector('%s').closest("label").lastElementChild.textContent`, chip(facet, value))
}

func testFilters(b *browser) {
	b.load(htmlSample(b.t), HTMLOptions{})
	b.want(status, "2 places")
	b.want(count("arch", "x86"), "1")
	b.want(count("arch", "arm64"), "2")
	b.click(chip("kind", "leak"))
	b.want(status, "1 of 2 places")
	b.want(rows, "1")
	b.want(hash, "#kind=leak")
	b.want(count("arch", "x86"), "0")   // no leak on x86
	b.want(count("kind", "order"), "1") // another kind could be chosen in addition
	b.click(chip("kind", "order"))
	b.want(status, "2 places")
	b.click(chip("conf", "certain"))
	b.want(status, "1 of 2 places")
	b.want(count("kind", "leak"), "0")
	b.click("#filter-reset")
	b.want(status, "2 places")
	b.want(hash, "#view=findings")
	b.click(chip("arch", "x86"))
	b.want(status, "1 of 2 places")
	b.click("#filter-reset")
	for _, one := range []struct{ field, text, places string }{
		{"lock", "car_list_lock", "1 of 2 places"}, {"lock", "CAR->", "1 of 2 places"}, {"lock", "no such", "0 of 2 places: nothing passes the filters."},
		{"file", "arch/arm64", "1 of 2 places"}, {"q", "turn GATE", "1 of 2 places"}, {"q", "123", "1 of 2 places"}, {"q", "another", "1 of 2 places"},
	} {
		b.click("#filter-" + one.field)
		b.do(chromedp.SendKeys(chromedp.CSS("#filter-"+one.field), one.text))
		b.want(status, one.places)
		b.click("#filter-reset")
		b.want(status, "2 places")
	}
}

// testLinks: a view can be linked, and the page comes up as it was.
func testLinks(b *browser) {
	b.load(htmlSample(b.t), HTMLOptions{Link: testLink})
	b.open("#kind=leak&conf=likely&arch=arm64&lock=car_list_lock&file=park&q=park")
	b.want(status, "1 of 2 places")
	b.want(`document.querySelector("#filter-lock").value + document.querySelector("#filter-q").value`, "car_list_lockpark")
	b.want(`document.querySelectorAll("#filters :checked").length`, "3")
	b.open("#kind=gone") // a link of another report says so, instead of showing all
	b.want(status, "0 of 2 places: nothing passes the filters.")
	b.open("#finding=8899aabbccddeeff") // the fingerprint of a finding that is folded away
	b.want(`document.querySelector(".head[aria-expanded=true] .message").textContent`, "car->gate is taken with car->wheel held")
	b.open("#finding=nothing")
	b.want(status, "2 places The finding nothing is not in this report.")
	b.click(`td[data-kind="leak"][data-conf="likely"] a`)
	b.want(hash, "#kind=leak&conf=likely")
	b.want(status, "1 of 2 places")
	b.click(`a[data-view="order"]`)
	b.want(`document.querySelector("#view-order").hidden`, "false")
	b.do(chromedp.NavigateBack())
	b.want(status, "1 of 2 places")
	b.want(`document.querySelector("#view-order").hidden`, "true")
	b.open("#view=order&at=struct+car.wheel&inner=struct+car.door")
	b.want(title, "car->wheel → car->door")
	b.open("#view=order&at=struct+car") // a struct that a picture may draw as one box
	b.want(`document.querySelectorAll("#panel li button").length`, "3")
	b.open("#view=order&at=struct+car&inner=struct+car")
	b.want(`document.querySelectorAll("#panel li button").length`, "3")
	b.click("#panel li button")
	b.want(title, "car->wheel → car->gate")
	b.open("#view=order&at=gone")
	b.want(`document.querySelector("#panel p").textContent`, "This report says nothing about it.")
}

// clipboard is what was copied; the page itself may not read it.
func (b *browser) clipboard() string {
	b.t.Helper()
	_, err := chromedp.CallBrowser(b.ctx, cdpbrowser.SetPermission, cdpbrowser.SetPermissionParams{
		Permission: &cdpbrowser.PermissionDescriptor{Name: "clipboard-read"}, Setting: cdpbrowser.PermissionSettingGranted,
		BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID})
	if err != nil {
		b.t.Fatal(err)
	}
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`navigator.clipboard.readText()`, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	return text
}

func testFinding(b *browser) {
	b.load(htmlSample(b.t), HTMLOptions{Link: testLink})
	b.click("#list .head")
	b.want(`document.querySelector("#list .head").getAttribute("aria-expanded")`, "true")
	b.want(hash, "#finding=0011223344556677")
	body := `document.querySelector("#list .body")`
	for _, want := range []string{"car->gate is taken outside car->wheel", "follows from: ", "an older rule", "held: car->wheel, write, in drive() at virt/car.c:12",
		"[ops struct car_ops.turn]", "assumed: the last reference is dropped", "8899aabbccddeeff", "also on x86: another -> turn -> take_gate"} {
		if text := b.js(body + ".textContent"); !strings.Contains(text, want) {
			b.t.Errorf("%q is not in %q", want, text)
		}
	}
	b.want(body+`.querySelector(".chain a").href`, "https://source.example/linux/v9.4.2/source/virt/car.c#L10")
	b.want(body+`.querySelector(".chain a").rel`, "noopener noreferrer")
	b.want(body+`.querySelectorAll(".source").length`, "0")
	b.click("#list .chain .step-open")
	b.want(body+`.querySelector(".source mark").textContent`, "\tturn();\n")
	b.want(body+`.querySelector(".source .here .number").textContent`, "10")
	b.want(body+`.querySelectorAll(".source .row").length`, "5") // the excerpt ends before the third line after it
	b.click("#list .chain .step-open")
	b.want(body+`.querySelector(".source").offsetParent === null`, "true")
	b.click("#list .block button[aria-pressed]")
	b.want(body+`.querySelector(".source").offsetParent === null`, "false")
	b.click("#list .also")
	b.want(body+`.querySelectorAll(".also + .opened .chain .step").length`, "3")
	b.click("#list .copy")
	b.want(`document.querySelector("#said").textContent`, "0011223344556677 is copied")
	if text := b.clipboard(); text != "0011223344556677" {
		b.t.Errorf("the clipboard has %q", text)
	}
	b.js(`document.querySelector("#list .head").focus()`)
	b.keys(kb.ArrowDown)
	b.want(`document.activeElement.textContent.includes("park() holds")`, "true")
	b.keys(kb.Enter)
	b.want(`document.activeElement.getAttribute("aria-expanded")`, "true")
	b.keys(kb.Enter, kb.ArrowUp, kb.Enter)
	b.want(`document.querySelectorAll(".head[aria-expanded=true]").length`, "0")
	b.keys(kb.Enter)
	b.click("#list .lock")
	b.want(title, "car->wheel")
}

func (b *browser) scheme(name string) {
	b.t.Helper()
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
}

func testTheme(b *browser) {
	b.load(htmlSample(b.t), HTMLOptions{})
	paper := `getComputedStyle(document.body).backgroundColor`
	const light, dark = "rgb(255, 255, 255)", "rgb(20, 23, 26)"
	b.scheme("light")
	b.want(paper, light)
	b.scheme("dark")
	b.want(paper, dark)
	b.click("#theme") // dark
	b.want(paper, dark)
	b.click("#theme") // light, whatever the system says
	b.want(paper, light)
	b.want(`document.querySelector("#theme").textContent`, "Theme: light")
	b.open("")
	b.want(paper, light) // it is remembered
	b.click("#theme")
	b.want(paper, dark)
}

// contrastScript is the least contrast between text and its background, over all
// elements that have text of their own and are shown.
const contrastScript = `(() => {
  const rgb = (c) => c.match(/[\d.]+/g).map(Number);
  const light = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, f, i) => {
    const v = c[i] / 255;
    return sum + f * (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  }, 0);
  const behind = (e) => {
    for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] !== 0) return c; }
    return [255, 255, 255];
  };
  let worst = [99, ""];
  for (const e of document.body.querySelectorAll(":not(script):not(option)")) {
    if (e.closest("svg") || ![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim() !== "") || !e.checkVisibility()) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst[0]) worst = [ratio, e.outerHTML.slice(0, 200)];
  }
  return JSON.stringify(worst);
})()`

// testContrast: text stands out as WCAG's AA demands, light and dark.
func testContrast(b *browser) {
	b.load(htmlSample(b.t), HTMLOptions{Link: testLink})
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		for _, view := range []string{"#finding=0011223344556677", "#view=order&at=struct+car.wheel&inner=struct+car.gate", "#view=read"} {
			b.open(view)
			b.js(`document.querySelector(".chain .step-open")?.click()`)
			var worst []any
			if err := json.Unmarshal([]byte(b.js(contrastScript)), &worst); err != nil {
				b.t.Fatal(err)
			}
			if ratio := worst[0].(float64); ratio < 4.5 || ratio == 99 {
				b.t.Errorf("%s %s: contrast %.2f of %v", scheme, view, ratio, worst[1])
			}
		}
	}
}

// testNames: everything that can be worked has a name that is read out,
// and no identifier is there twice.
func testNames(b *browser) {
	b.load(htmlSample(b.t), HTMLOptions{Link: testLink})
	for _, view := range []string{"#finding=0011223344556677", "#view=order&at=struct+car.wheel", "#view=read"} {
		b.open(view)
		b.want(`[...document.querySelectorAll("button, a, input, select, [role=button]")].filter((e) => e.checkVisibility() &&
			!(e.textContent.trim() || e.getAttribute("aria-label") || e.labels?.length)).map((e) => e.outerHTML).join()`, "")
		b.want(`((ids) => ids.filter((id, i) => ids.indexOf(id) !== i).join())([...document.querySelectorAll("[id]")].map((e) => e.id))`, "")
		b.want(`["header", "main", "nav"].filter((tag) => document.querySelectorAll(tag).length !== 1).join()`, "")
	}
}

func testNarrow(b *browser) {
	b.load(htmlSample(b.t), HTMLOptions{Link: testLink})
	b.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
	for _, view := range []string{"", "#finding=0011223344556677", "#view=order", "#view=order&at=struct+car.wheel", "#view=read"} {
		b.open(view)
		b.js(`document.querySelector(".chain .step-open")?.click()`)
		if w := b.number(`document.documentElement.scrollWidth`); w > 390 {
			b.t.Errorf("%s: the page is %v pixels wide", view, w)
		}
	}
	b.open("")
	b.do(chromedp.Tap(chromedp.CSS("#list .head")))
	b.want(`document.querySelectorAll(".head[aria-expanded=true]").length`, "1")
	b.open("#view=order")
	b.js(`document.querySelector("#picture").scrollIntoView({block: "center"})`)
	x, y := b.point(middleOf(b.part("struct car.wheel")))
	b.do(chromedp.TapXY(x, y))
	b.want(title, "car->wheel")
}

func testPrint(b *browser) {
	b.load(htmlSample(b.t), HTMLOptions{Link: testLink})
	b.open("#kind=order&kind=leak")
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	b.want(`document.querySelectorAll("#printed .body").length`, "2")
	b.want(`[...document.querySelectorAll("#printed .chain .step, #printed .body, #view-order svg, #view-read table")].every((e) => e.checkVisibility())`, "true")
	b.want(`document.querySelectorAll("#printed .chain .step").length`, "7") // with those of the other way
	b.want(`[...document.querySelectorAll("input, select, nav, #theme, .copy, .step-open, #list, #zoom-fit")].filter((e) => e.checkVisibility()).length`, "0")
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
	b.want(`document.querySelectorAll("#printed > *").length`, "0")
	b.want(`document.querySelector("#list").checkVisibility()`, "true")
	pdf, err := chromedp.Run(b.ctx, chromedp.PrintToPDF())
	if err != nil || len(pdf) < 1000 {
		b.t.Errorf("a PDF of %d bytes: %v", len(pdf), err)
	}
}

// testHostile: pages of hostile names run nothing, and ask for nothing.
func testHostile(b *browser) {
	for _, name := range []string{`</script><script>document.title="owned"</script>`, `"><img src=x onerror=alert(1)>`, "javascript:alert(1)", "../../x", "__proto__", "a&kind=b#c%"} {
		b.load(hostilePage(name), HTMLOptions{Link: testLink})
		b.click("#list .head")
		b.want(`document.querySelectorAll("#list .body").length`, "1")
		b.open("#view=order")
		b.click("#order-rows td:nth-child(3) button")
		b.want(`document.querySelector("#panel h3").textContent.length > 0`, "true")
		b.open("#view=read")
		b.want(`[...document.querySelectorAll("a")].filter((a) => !a.getAttribute("href").startsWith("#") && !a.href.startsWith("https://source.example/linux/v")).map((a) => a.href).join()`, "")
		b.want(`document.title.includes("owned") && document.title.length < 20`, "false")
	}
}
