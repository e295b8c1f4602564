package reports

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// placeholder is what a link template may contain in braces.
var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// CheckLink says what is wrong with a template of links; "" is no links, and
// fine. Only http and https are let through: a report is passed on, and a link
// of another kind (javascript:, data:, file:) would act on who clicks it.
func CheckLink(link string) error {
	if link == "" {
		return nil
	}
	wrong := func(why string) error { return fmt.Errorf("link %s: %s", clean(link), why) }
	for _, name := range placeholder.FindAllString(link, -1) {
		if !slices.Contains([]string{"{file}", "{line}", "{kernel}", "{version}"}, name) {
			return wrong("there is no placeholder " + clean(name) + ", only {file}, {line}, {kernel} and {version}")
		}
	}
	rest := placeholder.ReplaceAllString(link, "")
	if strings.ContainsAny(rest, "{}") || strings.ContainsFunc(rest, func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' }) {
		return wrong("a brace, blank or other sign that no URL has")
	}
	u, err := url.Parse(placeholder.ReplaceAllString(link, "x"))
	if err != nil {
		return wrong("it is not a URL")
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(link[strings.Index(link, ":")+1:], "//"), "/")
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return wrong("it must begin with https:// or http://")
	case u.Host == "" || u.Opaque != "" || u.User != nil:
		return wrong("it names no host, or a user")
	case strings.Contains(host, "{"):
		return wrong("the host must not depend on a placeholder")
	case !strings.Contains(link, "{file}"):
		return wrong("{file} is missing")
	}
	return nil
}
