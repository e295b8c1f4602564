package reports

import (
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// testStress: a page as large as that of a whole kernel stays quick. The
// bounds are generous, for machines that do other things; the log has the times.
func testStress(b *browser) {
	begin := time.Now()
	b.load(htmlStress(5000, 2000), HTMLOptions{Link: testLink})
	b.t.Logf("written and opened: %v, %v characters", time.Since(begin).Round(time.Millisecond), b.js(`document.documentElement.outerHTML.length`))
	begin = time.Now()
	b.open("")
	b.t.Logf("opened again: %v", time.Since(begin).Round(time.Millisecond))
	timed := func(what, script string, bound float64) {
		b.t.Helper()
		ms := b.number(`(() => { const from = performance.now(); ` + script + `; document.body.offsetHeight; return performance.now() - from; })()`)
		b.t.Logf("%s: %.1f ms", what, ms)
		if ms > bound {
			b.t.Errorf("%s takes %.0f ms", what, ms)
		}
	}
	b.want(status, "5000 places")
	type_ := func(id, text string) string {
		return fmt.Sprintf(`((e) => { e.value = %q; e.dispatchEvent(new Event("input")); })(document.getElementById(%q))`, text, id)
	}
	timed("first search by text", type_("filter-q", "function_12"), 1000)
	timed("search by text", type_("filter-q", "function_123"), 250)
	timed("no search", type_("filter-q", ""), 250)
	timed("filter by file", type_("filter-file", "d17/"), 250)
	timed("no filter", type_("filter-file", ""), 250)
	timed("filter by kind", `document.querySelector("#filter-kind input").click()`, 250)
	b.want(status, "1000 of 5000 places")
	timed("filter by lock", type_("filter-lock", "lock77"), 250)
	b.click("#filter-reset")
	timed("open a finding", `document.querySelector("#list .head").click()`, 250)
	if n := b.number(rows); n > 300 {
		b.t.Errorf("%v rows are made before anybody asks for them", n)
	}
	b.js(`document.querySelector("#list-more").scrollIntoView()`)
	b.want(`document.querySelectorAll("#list > li").length > 60`, "true")
	timed("the last finding by its link", `location.hash = "#finding=0000000000001387"; dispatchEvent(new Event("hashchange"))`, 3000)
	b.want(`document.querySelectorAll("#list > li").length`, "5000")
	timed("view of the lock order", `location.hash = "#view=order"; dispatchEvent(new Event("hashchange"))`, 3000)
	b.want(`document.querySelector("#view-order").hidden`, "false")
	if text := b.js(`document.querySelector("#drawn").textContent`); !strings.Contains(text, "of 2000 locks are drawn") || !strings.Contains(text, "table below") {
		b.t.Errorf("what is drawn: %q", text)
	}
	timed("zoom", `document.querySelector("#zoom-in").click()`, 250)
	b.do(chromedp.SendKeys(chromedp.CSS("#find-lock"), "lock1999\r")) // one that is not drawn
	b.want(title, "o->lock1999")
	timed("everything on paper", `dispatchEvent(new Event("beforeprint"))`, 20000)
	b.want(`document.querySelectorAll("#printed .body").length`, "5000")
	b.want(`document.querySelectorAll("#problems > li").length`, "3000")
	b.want(`document.querySelectorAll("#order-rows > tr").length + " orders"`, b.js(`document.querySelector("#order-status").textContent`))
	timed("and back", `dispatchEvent(new Event("afterprint"))`, 5000)
}
