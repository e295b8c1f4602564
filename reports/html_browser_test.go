package reports

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A browser is one page in a headless Chromium, and all that it complained of.
type browser struct {
	t    *testing.T
	ctx  context.Context
	url  string
	lock sync.Mutex
	bad  []string // errors of script and console, violations of the policy, requests
}

// chromium is the program to test with, or a skip with the reason.
func chromium(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: no browser is started")
	}
	if path := os.Getenv("KLOCKSCAN_CHROMIUM"); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no chromium, chromium-browser or google-chrome in PATH, and KLOCKSCAN_CHROMIUM names none")
	return ""
}

// TestBrowser does with pages what people do with them, in one browser; each
// test has a tab with storage and settings of its own.
func TestBrowser(t *testing.T) {
	program := chromium(t)
	flags := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.UserDataDir(t.TempDir()),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.WindowSize(1280, 900))
	for _, name := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync"} {
		flags = append(flags, chromedp.Flag(name, true))
	}
	allocated, stop := chromedp.NewExecAllocator(context.Background(), flags...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocated, chromedp.WithErrorf(func(string, ...any) {})) // events of a newer browser
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // starts it
		t.Fatal(err)
	}
	for _, one := range []struct {
		name string
		test func(*browser)
	}{
		{"filters", testFilters}, {"links", testLinks}, {"finding", testFinding}, {"picture moves", testPictureMoves},
		{"picture by mouse", testPictureByMouse}, {"picture by key", testPictureByKey}, {"theme", testTheme}, {"contrast", testContrast},
		{"names", testNames}, {"narrow", testNarrow}, {"print", testPrint}, {"hostile", testHostile}, {"stress", testStress},
	} {
		t.Run(one.name, func(t *testing.T) { one.test(tab(t, ctx)) })
	}
}

// tab opens an empty tab of the browser.
func tab(t *testing.T, parent context.Context) *browser {
	ctx, cancel := chromedp.NewContext(parent, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	call(b, network.Enable, network.EnableParams{})
	call(b, log.Enable, cdp.Empty{})
	call(b, runtime.Enable, cdp.Empty{})
	t.Cleanup(b.complain) // runs first: the page is still there
	return b
}

// load writes the document's page into a file and opens it.
func (b *browser) load(c Check, o HTMLOptions) {
	b.t.Helper()
	file := filepath.Join(b.t.TempDir(), "report.html")
	if err := os.WriteFile(file, []byte(writtenHTML(b.t, c, o)), 0o666); err != nil {
		b.t.Fatal(err)
	}
	b.lock.Lock()
	b.url = "file://" + file
	b.lock.Unlock()
	b.open("")
}

// listen keeps what a page that is in order never does.
func (b *browser) listen(event any) {
	bad := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		bad = "exception: " + e.ExceptionDetails.Text
	case *runtime.EventConsoleAPICalled:
		bad = "console: " + fmt.Sprint(e.Type)
	case *log.EventEntryAdded: // violations of the policy are among them
		bad = "log: " + e.Entry.Text
	case *network.EventRequestWillBeSent:
		b.lock.Lock()
		if url, _, _ := strings.Cut(e.Request.URL, "#"); url != b.url && url != "about:blank" {
			bad = "request: " + e.Request.URL
		}
		b.lock.Unlock()
	}
	if bad != "" {
		b.lock.Lock()
		b.bad = append(b.bad, bad)
		b.lock.Unlock()
	}
}

func (b *browser) complain() {
	b.lock.Lock()
	defer b.lock.Unlock()
	for _, bad := range b.bad {
		b.t.Errorf("the page complains: %s", bad)
	}
}

// call sends a command of the protocol.
func call[P, R any](b *browser, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	result, err := chromedp.Call(b.ctx, command, params)
	if err != nil {
		b.t.Fatalf("%s: %v", command.Method, err)
	}
	return result
}

// do runs actions on the page.
func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second) // an element that never comes
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// open loads the page with a fragment anew.
func (b *browser) open(fragment string) {
	b.t.Helper()
	b.do(chromedp.Navigate("about:blank"), chromedp.Navigate(b.url+fragment), chromedp.WaitReady(chromedp.CSS(`html[data-ready="yes"]`)))
}

// js is the value of an expression, as text.
func (b *browser) js(expression string) string {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[any](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return fmt.Sprint(value)
}

// want waits until an expression has a value: what follows an event may take the
// browser a moment.
func (b *browser) want(expression, value string) {
	b.t.Helper()
	got := ""
	for range 50 {
		if got = b.js(expression); got == value {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.t.Errorf("%s is %q, want %q", expression, got, value)
}

func (b *browser) click(selector string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(selector)))
}

// shot writes a picture of what is seen, for a person to look at.
func (b *browser) shot(name string) {
	b.t.Helper()
	dir := os.Getenv("KLOCKSCAN_SHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o666); err != nil {
		b.t.Fatal(err)
	}
}
