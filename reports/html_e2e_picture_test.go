package reports

import (
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// viewBox is where the picture stands: x, y, width.
func (b *browser) viewBox() (x, y, w float64) {
	b.t.Helper()
	if _, err := fmt.Sscan(b.js(`document.querySelector("#picture svg").getAttribute("viewBox")`), &x, &y, &w); err != nil {
		b.t.Fatal(err)
	}
	return x, y, w
}

func (b *browser) part(id string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("#picture [data-id]")].find((p) => p.dataset.id === %q)`, id)
}

func middleOf(part string) string {
	return "((r) => [r.x + r.width / 2, r.y + r.height / 2])(" + part + ".getBoundingClientRect())"
}

// onLine is a point of an arrow itself; its middle may be beside it.
func onLine(part string) string {
	return "((p) => ((q) => [q.x, q.y])(p.getPointAtLength(p.getTotalLength() / 2).matrixTransform(p.getScreenCTM())))(" + part + `.querySelector("path"))`
}

func testPictureMoves(b *browser) {
	b.load(htmlSample(b.t), HTMLOptions{})
	b.open("#view=order")
	b.want(`document.querySelector("#drawn").textContent`, "4 of 4 locks are drawn, with 4 arrows for 4 orders.")
	b.js(`document.querySelector("#picture").scrollIntoView({block: "center"})`)
	cx, cy := b.point(`((r) => [r.x + 30, r.y + r.height - 30])(document.querySelector("#picture").getBoundingClientRect())`)
	x, y, w := b.viewBox()
	b.do(chromedp.DragAndDropXY(cx, cy, cx+80, cy-40))
	x2, y2, w2 := b.viewBox()
	if !(x2 < x && y2 > y && w2 == w) {
		b.t.Errorf("a drag leads from %v %v %v to %v %v %v", x, y, w, x2, y2, w2)
	}
	b.want(title, "closed") // a drag is no click
	wider := func(what string, larger bool) {
		b.t.Helper()
		_, _, w3 := b.viewBox()
		if w3 == w2 || (w3 > w2) != larger {
			b.t.Errorf("%s: the width goes from %v to %v", what, w2, w3)
		}
		w2 = w3
	}
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseWheel, cx, cy, func(p *input.DispatchMouseEventParams) { p.DeltaX, p.DeltaY = 0.01, -200 }))
	wider("wheel up", false)
	b.click("#zoom-out")
	wider("button −", true)
	b.click("#zoom-in")
	wider("button +", false)
	b.js(`document.querySelector("#picture").focus()`)
	b.keys("-")
	wider("key −", true)
	b.keys("+")
	wider("key +", false)
	x, y, _ = b.viewBox()
	b.keys(kb.ArrowRight, kb.ArrowDown)
	if x3, y3, _ := b.viewBox(); !(x3 > x && y3 > y) {
		b.t.Errorf("arrow keys lead from %v %v to %v %v", x, y, x3, y3)
	}
	b.keys("0")
	fitted := b.js(`document.querySelector("#picture svg").getAttribute("viewBox")`)
	b.click("#zoom-in")
	b.click("#zoom-fit")
	b.want(`document.querySelector("#picture svg").getAttribute("viewBox")`, fitted)
	_, _, w2 = b.viewBox()
	b.pinch(cx, cy)
	wider("two fingers", false)
}

// pinch moves two fingers apart.
func (b *browser) pinch(x, y float64) {
	b.t.Helper()
	call(b, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true})
	one, two := 1.0, 2.0
	for _, apart := range []float64{40, 60, 90, 130} {
		kind := input.DispatchTouchEventTypeTouchMove
		if apart == 40 {
			kind = input.DispatchTouchEventTypeTouchStart
		}
		call(b, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: []*input.TouchPoint{{X: x, Y: y, ID: &one}, {X: x + apart, Y: y, ID: &two}}})
	}
	call(b, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: input.DispatchTouchEventTypeTouchEnd, TouchPoints: []*input.TouchPoint{}})
}

func testPictureByMouse(b *browser) {
	b.load(htmlSample(b.t), HTMLOptions{})
	b.open("#view=order")
	b.js(`document.querySelector("#picture").scrollIntoView({block: "center"})`)
	b.clickAt(b.point(middleOf(b.part("struct car.wheel"))))
	b.want(title, "car->wheel")
	panel := `document.querySelector("#panel").textContent`
	for _, want := range []string{"struct car.wheel", "1 place with findings about it", "Taken while it is held", "car_list_lock", "Held while it is taken",
		"car->gate is taken outside car->wheel"} {
		if text := b.js(panel); !strings.Contains(text, want) {
			b.t.Errorf("%q is not in %q", want, text)
		}
	}
	b.want(hash, "#view=order&at=struct+car.wheel")
	b.clickAt(b.point(onLine(b.part("struct car.wheel>struct car.door"))))
	b.want(title, "car->wheel → car->door")
	b.want(`document.querySelectorAll("#panel .also").length`, "2")
	b.click("#panel .also") // the surest comes first
	b.want(`document.querySelector("#panel .also").textContent.includes("certain")`, "true")
	b.want(`document.querySelectorAll("#panel .chain .step").length`, "2")
	b.clickAt(b.point(onLine(b.part("struct car.wheel>struct car.gate"))))
	b.want(`document.querySelector("#panel .style").textContent`, "contradicted")
	b.click(`#panel a[href="#finding=0011223344556677"]`)
	b.want(`document.querySelectorAll(".head[aria-expanded=true]").length`, "1")
	b.do(chromedp.NavigateBack())
	b.want(title, "car->wheel → car->gate")
	b.click("#panel .close")
	b.want(title, "closed")
	b.do(chromedp.SendKeys(chromedp.CSS("#find-lock"), "door\r"))
	b.want(title, "car->door")
	b.want(`document.querySelector("#picture .chosen").dataset.id`, "struct car.door")
	b.do(chromedp.SetValue(chromedp.CSS("#order-style"), "both"))
	b.js(`document.querySelector("#order-style").dispatchEvent(new Event("change"))`)
	b.want(`document.querySelector("#order-status").textContent`, "1 of 4 orders")
	b.click("#order-rows td:nth-child(3) button")
	b.want(title, "car->wheel → car->door")
	b.js(`document.querySelector("#order-style").value = ""; document.querySelector("#order-style").dispatchEvent(new Event("change"))`)
	b.do(chromedp.SendKeys(chromedp.CSS("#order-lock"), "list"))
	b.want(`document.querySelector("#order-status").textContent`, "1 of 4 orders")
}

func testPictureByKey(b *browser) {
	b.load(htmlSample(b.t), HTMLOptions{})
	b.open("#view=order")
	b.js(`document.querySelector("#picture").focus()`)
	b.keys(kb.Tab)
	first := b.js(focused)
	if !strings.HasPrefix(first, "struct car.") {
		b.t.Fatalf("Tab leads to %q", first)
	}
	b.want(`getComputedStyle(document.activeElement.querySelector("rect")).strokeWidth`, "4px") // it is seen where one is
	b.keys(kb.ArrowRight)
	if second := b.js(focused); second == first || strings.Contains(second, ">") {
		b.t.Errorf("the arrow to the right leads from %q to %q", first, second)
	}
	for range 5 {
		if b.js(focused) == "struct car.wheel" {
			break
		}
		b.keys(kb.ArrowRight)
	}
	b.keys(kb.ArrowDown)
	arrow := b.js(focused)
	outer, inner, _ := strings.Cut(arrow, ">")
	if outer != "struct car.wheel" || inner == "" {
		b.t.Fatalf("down from the wheel leads to %q", arrow)
	}
	b.keys(kb.ArrowRight)
	if other := b.js(focused); other == arrow || !strings.HasPrefix(other, outer+">") {
		b.t.Errorf("right of %q is %q", arrow, other)
	}
	b.keys(kb.ArrowLeft, kb.Enter)
	b.want(`document.activeElement === document.querySelector("#panel h3")`, "true")
	b.keys(kb.Escape)
	b.want(title, "closed")
	b.want(focused, arrow) // back to where it was opened
	b.keys(kb.ArrowDown)
	b.want(focused, inner)
	b.keys(kb.Enter)
	b.want(hash, "#view=order&at="+strings.ReplaceAll(inner, " ", "+"))
	b.keys(kb.Escape, kb.ArrowUp)
	if up := b.js(focused); !strings.HasSuffix(up, ">"+inner) {
		b.t.Errorf("up from %q leads to %q", inner, up)
	}
}
