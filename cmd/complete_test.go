package cmd

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// completed is what the shell is offered for the last word, without descriptions, and
// what it is to do itself (cobra's number).
func completed(t *testing.T, words ...string) (offers []string, how string) {
	t.Helper()
	var out, errs bytes.Buffer
	args := append([]string{cobra.ShellCompNoDescRequestCmd}, words...)
	if status := run(context.Background(), args, streams{nil, &out, &errs}, makeCode, false); status != exitClean {
		t.Fatalf("%q: status %d, %s", words, status, &errs)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	_, typed, isFlag := strings.Cut(words[len(words)-1], "=")
	if !isFlag {
		typed = words[len(words)-1]
	}
	for _, offered := range lines[:len(lines)-1] { // endings of files are no offers; of others a shell keeps these
		if strings.HasPrefix(offered, typed) {
			offers = append(offers, offered)
		}
	}
	return offers, lines[len(lines)-1]
}

func TestCompletion(t *testing.T) {
	tree := t.TempDir()
	for _, dir := range []string{"fs/ext4", "fs/ext2", "fs/a b", "fs/a\x1b[31m", "firmware", ".git", "mm"} {
		if err := os.MkdirAll(filepath.Join(tree, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(tree, "fs/ext.c"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/", filepath.Join(tree, "root")); err != nil {
		t.Fatal(err)
	}
	// The numbers are cobra's: what the shell does beside the offers.
	const (
		files, space, alone, endings, dirs = ":0", ":6", ":4", ":8", ":16"
	)
	kinds := append(kindNames(), allKinds, noKind)
	for _, test := range []struct {
		line string // ~: nothing typed yet
		want string
		how  string
	}{
		{"che", "check", alone},
		{"check ~", "", dirs},
		{"check linux ~", "", alone},
		{"version ~", "", alone},
		{"report ~", "json", endings},
		{"parse ~", "", files},
		{"callers ~", "", alone},
		{"callers f ~", "", dirs},
		{"chain ~", "", alone},
		{"chain a b ~", "", dirs},
		{"chain --to-lock x->y ~", "", dirs},
		{"chain --to-lock x->y from ~", "", dirs},
		{"chain --to-lock x->y from linux ~", "", alone},
		{"chain --to-lock ~", "", alone},
		{"graph ~", "around chain order", alone},
		{"graph around f ~", "", dirs},
		{"baseline write ~", "", dirs},
		{"check --arch ~", "x86 arm64", alone},
		{"check --arch x86,~", "x86,arm64", alone},
		{"check --arch=~", "x86 arm64", alone},
		{"bench --arch ~", "x86 arm64", alone},
		{"check --format ~", strings.Join(checkFormats, " "), alone},
		{"edges --format t", "text tsv", alone},
		{"bench --format ~", "text json", alone},
		{"check --confidence ~", "certain likely possible guess", alone},
		{"check --color ~", "auto always never", alone},
		{"check --fail-on ~", strings.Join(kinds, " "), alone},
		{"check --fail-on order,l", "order,leak", alone},
		{"check --fail-on order,a", "order,assert order,atomic-sleep", alone}, // all stands alone
		{"check --rules ~", "yaml yml", endings},
		{"check --baseline ~", "json", endings},
		{"check --primitives ~", "txt", endings},
		{"check --cache ~", "", dirs},
		{"audit --old ~", "", dirs},
		{"check -o ~", "", files},
		{"check -j ~", "", alone},
		{"chain --through ~", "", alone},
		{"check TREE --scope k", "kvm", space},
		{"check TREE --scope f", "firmware fs", space},
		{"check TREE --scope fs/", "fs/ext2 fs/ext4", space},
		{"check TREE --scope kvm,fs/ext4", "kvm,fs/ext4", space},
		{"check TREE --scope kvm,a", "", space}, // all stands alone
		{"check TREE --scope ../", "", space},
		{"check TREE --scope root/", "", space},
		{"check TREE --scope .g", ".git", space},
	} {
		words := strings.Fields(strings.ReplaceAll(test.line, "TREE", tree))
		for i, w := range words {
			words[i] = strings.ReplaceAll(w, "~", "")
		}
		got, how := completed(t, words...)
		want := strings.Fields(test.want)
		if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) || how != test.how {
			t.Errorf("%s: %q %s, want %q %s", test.line, got, how, want, test.how)
		}
	}
}

// TestNoCommaInDescribedOffers: cobra's script for bash drops an offer that has both
// a comma and a description.
func TestNoCommaInDescribedOffers(t *testing.T) {
	for _, typed := range []string{"", "kvm,", "kvm,virt"} {
		var out, errs bytes.Buffer
		run(context.Background(), []string{cobra.ShellCompRequestCmd, "check", "--scope", typed}, streams{nil, &out, &errs}, makeCode, false)
		for line := range strings.Lines(out.String()) {
			if word, _, described := strings.Cut(line, "\t"); described && strings.Contains(word, ",") {
				t.Errorf("%q: %q", typed, line)
			}
		}
		if described := strings.Contains(out.String(), "\t"); described != (typed == "") {
			t.Errorf("%q: %s", typed, &out)
		}
	}
}

// TestEveryWordHasAnOffer: each argument of a usage line is one that completion
// knows, and each flag with a value has an offer.
func TestEveryWordHasAnOffer(t *testing.T) {
	root := newRoot(streams{}, makeCode, false)
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for _, p := range positions(c) {
			if argumentOffers[p.word] == nil {
				t.Errorf("%s: no offer for %s", c.CommandPath(), p.word)
			}
		}
		if c.ValidArgsFunction == nil {
			t.Errorf("%s offers files for arguments", c.CommandPath())
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if _, has := c.GetFlagCompletionFunc(f.Name); !has && f.Value.Type() != "bool" {
				t.Errorf("%s: no offer for --%s", c.CommandPath(), f.Name)
			}
		})
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
}
