package reports

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
)

// HTMLOptions is how the HTML report is written.
type HTMLOptions struct {
	// Link is where a place leads to in a source browser: an http or https URL
	// with {file}, {line} and {kernel} (or {version}, the same), as in
	// https://elixir.bootlin.com/linux/v{kernel}/source/{file}#L{line}; "" is no
	// links, and so is {kernel} if the document does not know it. CheckLink says
	// whether it is a good one.
	Link string
}

//go:embed html
var htmlFiles embed.FS

// htmlScripts is the page's script, in the order in which its parts rely on each
// other. They become one script in one scope: modules would be requests.
var htmlScripts = []string{
	"data.js", "dom.js", "source.js", "finding.js", "filter.js", "list.js",
	"orders.js", "panel.js", "map.js", "walk.js", "lost.js", "page.js",
}

// htmlPage is what the template is filled with. Script, style, data and picture
// are written as they are; all else is escaped by html/template.
type htmlPage struct {
	Policy  string
	Style   template.CSS
	Script  template.JS
	Data    template.JS
	Picture template.HTML
	Title   string
	Summary htmlSummary
}

// WriteHTML writes the document as one page that needs nothing else: no server,
// no network, no other file. It is for people who go through findings with a
// browser. The browser itself is told to run and to load nothing but what is
// written here (htmlPolicy), so that even a name that found a way out of its
// place could do nothing.
func (c Check) WriteHTML(w io.Writer, o HTMLOptions) error {
	if err := CheckLink(o.Link); err != nil {
		return err
	}
	style, script, err := htmlAssets()
	if err != nil {
		return err
	}
	order := c.LockPicture()
	data, err := newHTMLData(c, o, orderStyles(order)).encode()
	if err != nil {
		return err
	}
	picture, err := orderSVG(order)
	if err != nil {
		return err
	}
	page, err := template.ParseFS(htmlFiles, "html/page.html")
	if err != nil {
		return fmt.Errorf("page of the HTML report: %w", err)
	}
	var b bytes.Buffer // so that an error leaves no half of a page
	err = page.Execute(&b, htmlPage{
		Policy: htmlPolicy(script, style), Style: template.CSS(style), Script: template.JS(script),
		Data: template.JS(data), Picture: template.HTML(picture),
		Title: htmlTitle(c.Head), Summary: newHTMLSummary(c),
	})
	if err != nil {
		return fmt.Errorf("fill the page of the HTML report: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// htmlPolicy is the Content-Security-Policy of the page: nothing may be loaded,
// and only the one script and the one style with these hashes run. Trusted types
// take from the script itself the means to turn text into markup.
func htmlPolicy(script, style string) string {
	hash := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return strings.Join([]string{
		"default-src 'none'", "script-src " + hash(script), "style-src " + hash(style),
		"base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
	}, "; ")
}

// htmlAssets is the style and the script of the page.
func htmlAssets() (style, script string, err error) {
	text, err := htmlFiles.ReadFile("html/style.css")
	if err != nil {
		return "", "", fmt.Errorf("style of the HTML report: %w", err)
	}
	var b strings.Builder
	b.WriteString("\n\"use strict\";\n(() => {\n")
	for _, name := range htmlScripts {
		part, err := htmlFiles.ReadFile("html/js/" + name)
		if err != nil {
			return "", "", fmt.Errorf("script of the HTML report: %w", err)
		}
		b.Write(part)
	}
	b.WriteString("})();\n")
	return "\n" + string(text), b.String(), nil
}

func htmlTitle(h Head) string {
	title := "klockscan"
	if h.Kernel != "" {
		title += ": Linux " + clean(h.Kernel)
	}
	if len(h.Scope) > 0 {
		title += ", " + clean(strings.Join(h.Scope, " "))
	}
	return title
}
