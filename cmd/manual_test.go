package cmd

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// writtenPages runs the command man, and returns the pages by name.
func writtenPages(t *testing.T) map[string]string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "new", "man1")
	var out, errs bytes.Buffer
	if status := run(context.Background(), []string{"man", dir}, streams{nil, &out, &errs}, makeCode, false); status != exitClean {
		t.Fatalf("status %d, %s", status, &errs)
	}
	pages := map[string]string{}
	for _, name := range strings.Fields(out.String()) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		pages[filepath.Base(name)] = string(text)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != len(pages) {
		t.Errorf("%d files, %d names printed, %v", len(files), len(pages), err)
	}
	return pages
}

// TestManualIsComplete: every command has a page with the sections that readers look
// for, and every flag and its variable stand there.
func TestManualIsComplete(t *testing.T) {
	t.Setenv(epochEnv, "")
	pages := writtenPages(t)
	root := newRoot(streams{}, makeCode, false)
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		page := pages[pageName(c)+".1"]
		delete(pages, pageName(c)+".1")
		want := []string{".SH NAME\n", ".SH SYNOPSIS\n", ".SH DESCRIPTION\n", ".SH OPTIONS\n", ".SH \"EXIT STATUS\"\n", ".SH EXAMPLES\n", ".SH \"SEE ALSO\"\n"}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Hidden == strings.Contains(page, "\n"+bold("--"+f.Name)) && f.Shorthand == "" {
				t.Errorf("%s: hidden and there, or neither: --%s", c.CommandPath(), f.Name)
			}
			if !f.Hidden && !slices.Contains(ownEnv, f.Name) {
				want = append(want, bold(flagVariable(f)))
			}
		})
		if c.Flags().Lookup("cache") != nil || c == root {
			want = append(want, bold(cacheEnv), ".SH FILES\n", italic("TREE/.klockscan.yaml"))
		}
		if c.Flags().Lookup("color") != nil || c == root {
			want = append(want, bold("NO_COLOR"))
		}
		for _, w := range want {
			if !strings.Contains(page, w) {
				t.Errorf("%s: the page has no %q", c.CommandPath(), w)
			}
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
	delete(pages, "klockscan-completion.1")
	for name := range pages {
		t.Errorf("%s is the page of no command", name)
	}
}

// TestManualIsReproducible: same program, same bytes; a date only if one is given.
func TestManualIsReproducible(t *testing.T) {
	t.Setenv(epochEnv, "")
	first, second := writtenPages(t), writtenPages(t)
	t.Setenv(epochEnv, "1700000000")
	dated := writtenPages(t)
	for name, text := range first {
		if second[name] != text {
			t.Errorf("%s differs from run to run", name)
		}
		if want := strings.Replace(text, `1 ""`, `1 "2023-11-14"`, 1); want == text || dated[name] != want {
			t.Errorf("%s: the date is not all that differs", name)
		}
	}
	t.Setenv(epochEnv, "yesterday")
	var out, errs bytes.Buffer
	if status := run(context.Background(), []string{"man", t.TempDir()}, streams{nil, &out, &errs}, makeCode, false); status != exitUsage || out.Len() > 0 {
		t.Errorf("status %d, %s%s", status, &out, &errs)
	}
}

// hostile is what no formatter may take for its own.
const hostile = `.TH x 'y' \fB "z" -1 ~^` + "`"

// TestRoffIsText: the only requests of a page are ours, however lines are broken.
func TestRoffIsText(t *testing.T) {
	ours := []string{"TH", "SH", "TP", "PP", "RS", "RE", "nf", "fi", "nh", "ad", "br"}
	pages := writtenPages(t)
	var r roff
	r.paragraphs(strings.Repeat(".so /etc/passwd .ex 'so \\n ", 50) + "\n\n  .ex\n  'so\n\n" + hostile + "\x1b[2J")
	r.item(escapeRoff(".ex"), ".ex")
	pages["hostile"] = r.String()
	for name, text := range pages {
		if strings.ContainsAny(text, "\x1b\t\r'") {
			t.Errorf("%s has signs that are no text", name)
		}
		for line := range strings.Lines(text) {
			if escaped := strings.Count(line, `\-`); strings.Count(line, "-") != escaped && !strings.HasPrefix(line, ".TH ") {
				t.Errorf("%s: a bare hyphen, which may become a typographic one: %q", name, line)
			}
			request, is := strings.CutPrefix(line, ".")
			if is && !slices.Contains(ours, strings.Fields(request)[0]) {
				t.Errorf("%s: request %q", name, line)
			}
		}
	}
}

// TestManualIsFormatted: groff has nothing to warn of, breaks what is not an example
// at 80 columns, and prints what was meant.
func TestManualIsFormatted(t *testing.T) {
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("groff is not installed: pages are not formatted")
	}
	format := func(name, text string) string {
		c := exec.Command(groff, "-man", "-Tutf8", "-ww", "-Kutf8", "-P-c", "-P-b", "-P-o", "-P-u")
		var out, errs bytes.Buffer
		c.Stdin, c.Stdout, c.Stderr = strings.NewReader(text), &out, &errs
		if err := c.Run(); err != nil || errs.Len() > 0 {
			t.Errorf("%s: %v %s", name, err, &errs)
		}
		return out.String()
	}
	for name, page := range writtenPages(t) {
		text, examples, _ := strings.Cut(format(name, page), "\nEXAMPLES\n")
		for line := range strings.Lines(text) {
			if utf8.RuneCountInString(strings.TrimRight(line, "\n")) > 80 {
				t.Errorf("%s: line too long: %s", name, line)
			}
		}
		if name == "klockscan-chain.1" && (!strings.Contains(examples, "chain kvm_vcpu_ioctl --to-lock 'kvm->slots_lock' linux\n") || !strings.Contains(text, "\n       -j, --jobs N\n")) {
			t.Errorf("not as it is typed:\n%s%s", text, examples)
		}
	}
	var r roff
	r.macro(`TH X 1 "" "x" "x"`)
	r.section("NAME")
	r.paragraphs(hostile)
	if text := format("hostile", r.String()); !strings.Contains(text, hostile) {
		t.Errorf("%q is printed as %s", hostile, text)
	}
}
