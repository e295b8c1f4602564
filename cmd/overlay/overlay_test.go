package overlay

import (
	"encoding/base64"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// numbered is a text of n lines, some of them otherwise.
func numbered(n int, other ...string) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		line := fmt.Sprintf("line %d", i)
		for k := 0; k < len(other); k += 2 {
			if line == other[k] {
				line = other[k+1]
			}
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

func newBase() fstest.MapFS {
	base := fstest.MapFS{}
	for name, text := range map[string]string{
		"Makefile": "VERSION = 1\n", "virt/kvm/a.c": numbered(20), "virt/kvm/b.c": "one\ntwo", "virt/kvm/crlf.c": "one\r\ntwo\r\nthree\r\n",
		"only/here/x.c": "x\n", "a b.c": "blank\n", "doc/logo.png": "\x00png", "virt/kvm/twice.c": numbered(10) + "mark\n" + numbered(10) + "mark\n",
	} {
		base[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	return base
}

// hunk5 changes line 5 of a.c.
const hunk5 = "@@ -2,7 +2,7 @@\n line 2\n line 3\n line 4\n-line 5\n+five\n line 6\n line 7\n line 8\n"

var tables = []struct {
	name, patch string
	changed     string            // all changed paths
	files       map[string]string // "-": it is not there
	notes       string            // part of the first note
	fails       []string          // parts of the error
}{
	{name: "git", patch: "diff --git a/virt/kvm/a.c b/virt/kvm/a.c\nindex 1..2 100644\n--- a/virt/kvm/a.c\n+++ b/virt/kvm/a.c\n" + hunk5,
		changed: "virt/kvm/a.c", files: map[string]string{"virt/kvm/a.c": numbered(20, "line 5", "five")}},
	{name: "plain, other directories", patch: "--- linux.orig/virt/kvm/a.c\t2020-01-01 00:00:00\n+++ linux/virt/kvm/a.c\t2020-01-02\n" + hunk5, changed: "virt/kvm/a.c"},
	{name: "plain, no prefix", patch: "--- virt/kvm/a.c\n+++ virt/kvm/a.c\n" + hunk5, changed: "virt/kvm/a.c"},
	{name: "git, no prefix", patch: "diff --git virt/kvm/a.c virt/kvm/a.c\n--- virt/kvm/a.c\n+++ virt/kvm/a.c\n" + hunk5, changed: "virt/kvm/a.c"},
	{name: "git, no prefix, new", patch: "diff --git virt/kvm/n.c virt/kvm/n.c\nnew file mode 100644\n--- /dev/null\n+++ virt/kvm/n.c\n@@ -0,0 +1 @@\n+n\n", changed: "virt/kvm/n.c"},
	{name: "git, no prefix, quoted", patch: "diff --git \"virt/kvm/\\303\\244.c\" \"virt/kvm/\\303\\244.c\"\nnew file mode 100644\n--- /dev/null\n+++ \"virt/kvm/\\303\\244.c\"\n@@ -0,0 +1 @@\n+n\n", changed: "virt/kvm/ä.c"},
	{name: "message before", patch: "commit 1\n\n    @@ -1 +1 @@ is no hunk\n\n@@ -1,3 +1,3 @@\n--- not\n+++ a diff\ndiff --git a/virt/kvm/a.c b/virt/kvm/a.c\n--- a/virt/kvm/a.c\n+++ b/virt/kvm/a.c\n" + hunk5, changed: "virt/kvm/a.c"},
	{name: "blanks in a name", patch: "diff --git a/a b.c b/a b.c\n--- a/a b.c\t\n+++ b/a b.c\t\n@@ -1 +1 @@\n-blank\n+blanks\n", changed: "a b.c"},
	{name: "new", patch: "diff --git a/new/dir/n.c b/new/dir/n.c\nnew file mode 100755\n--- /dev/null\n+++ b/new/dir/n.c\n@@ -0,0 +1,2 @@\n+n\n+m\n\\ No newline at end of file\n",
		changed: "new/dir/n.c", files: map[string]string{"new/dir/n.c": "n\nm"}},
	{name: "new, empty", patch: "diff --git a/n.c b/n.c\nnew file mode 100644\nindex 000..e69\n", changed: "n.c", files: map[string]string{"n.c": ""}},
	{name: "new, of diff -N", patch: "--- a/virt/n.c\n+++ b/virt/n.c\n@@ -0,0 +1 @@\n+n\n", changed: "virt/n.c"},
	{name: "deleted", patch: "diff --git a/only/here/x.c b/only/here/x.c\ndeleted file mode 100644\n--- a/only/here/x.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n",
		changed: "only/here/x.c", files: map[string]string{"only/here/x.c": "-", "only/here": "-", "only": "-"}},
	{name: "deleted, but not all", patch: "--- a/virt/kvm/a.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-line 1\n", fails: []string{"virt/kvm/a.c", "leaves something"}},
	{name: "renamed", patch: "diff --git a/virt/kvm/a.c b/arch/z.c\nsimilarity index 90%\nrename from virt/kvm/a.c\nrename to arch/z.c\n--- a/virt/kvm/a.c\n+++ b/arch/z.c\n" + hunk5,
		changed: "arch/z.c virt/kvm/a.c", files: map[string]string{"arch/z.c": numbered(20, "line 5", "five"), "virt/kvm/a.c": "-"}},
	{name: "changed places", patch: "diff --git a/virt/kvm/a.c b/virt/kvm/b.c\nsimilarity index 100%\nrename from virt/kvm/a.c\nrename to virt/kvm/b.c\n" +
		"diff --git a/virt/kvm/b.c b/virt/kvm/a.c\nsimilarity index 100%\nrename from virt/kvm/b.c\nrename to virt/kvm/a.c\n",
		changed: "virt/kvm/a.c virt/kvm/b.c", files: map[string]string{"virt/kvm/a.c": "one\ntwo", "virt/kvm/b.c": numbered(20)}},
	{name: "copied as it was", patch: "diff --git a/virt/kvm/a.c b/virt/kvm/a.c\n--- a/virt/kvm/a.c\n+++ b/virt/kvm/a.c\n" + hunk5 +
		"diff --git a/virt/kvm/a.c b/virt/kvm/c.c\nsimilarity index 100%\ncopy from virt/kvm/a.c\ncopy to virt/kvm/c.c\n",
		changed: "virt/kvm/a.c virt/kvm/c.c", files: map[string]string{"virt/kvm/c.c": numbered(20)}},
	{name: "mode", patch: "diff --git a/virt/kvm/a.c b/virt/kvm/a.c\nold mode 100644\nnew mode 100755\n", changed: ""},
	{name: "CRLF in the file", patch: "diff --git a/virt/kvm/crlf.c b/virt/kvm/crlf.c\n--- a/virt/kvm/crlf.c\n+++ b/virt/kvm/crlf.c\n@@ -1,3 +1,3 @@\n one\r\n-two\r\n+2\r\n three\r\n",
		changed: "virt/kvm/crlf.c", files: map[string]string{"virt/kvm/crlf.c": "one\r\n2\r\nthree\r\n"}},
	{name: "CRLF on the way", patch: strings.ReplaceAll("diff --git a/virt/kvm/a.c b/virt/kvm/a.c\n--- a/virt/kvm/a.c\n+++ b/virt/kvm/a.c\n"+hunk5, "\n", "\r\n"),
		changed: "virt/kvm/a.c", files: map[string]string{"virt/kvm/a.c": numbered(20, "line 5", "five")}},
	{name: "no line end before", patch: "--- a/virt/kvm/b.c\n+++ b/virt/kvm/b.c\n@@ -1,2 +1,3 @@\n one\n-two\n\\ No newline at end of file\n+two\n+three\n", files: map[string]string{"virt/kvm/b.c": "one\ntwo\nthree\n"}, changed: "virt/kvm/b.c"},
	{name: "line end forgotten", patch: "--- a/virt/kvm/b.c\n+++ b/virt/kvm/b.c\n@@ -1,2 +1,3 @@\n one\n two\n+three\n", fails: []string{"line 2", `"two"`, "without a line end"}},
	{name: "moved", patch: "--- a/virt/kvm/a.c\n+++ b/virt/kvm/a.c\n@@ -9,7 +9,7 @@ f\n line 2\n line 3\n line 4\n-line 5\n+five\n line 6\n line 7\n line 8\n" +
		"@@ -21,7 +21,7 @@ g\n line 14\n line 15\n line 16\n-line 17\n+seventeen\n line 18\n line 19\n line 20\n",
		changed: "virt/kvm/a.c", files: map[string]string{"virt/kvm/a.c": numbered(20, "line 5", "five", "line 17", "seventeen")},
		notes: `: virt/kvm/a.c: hunk "@@ -9,7 +9,7 @@ f" applied at line 2, offset -7`},
	{name: "nearest", patch: "--- a/virt/kvm/twice.c\n+++ b/virt/kvm/twice.c\n@@ -17,5 +17,5 @@\n line 8\n line 9\n-line 10\n+ten\n mark\n line 1\n", changed: "virt/kvm/twice.c",
		files: map[string]string{"virt/kvm/twice.c": numbered(10, "line 10", "ten") + "mark\n" + numbered(10) + "mark\n"}, notes: "offset -9"},
	{name: "only at the end", patch: "--- a/virt/kvm/twice.c\n+++ b/virt/kvm/twice.c\n@@ -9,3 +9,4 @@\n line 9\n line 10\n mark\n+end\n", changed: "virt/kvm/twice.c",
		files: map[string]string{"virt/kvm/twice.c": numbered(10) + "mark\n" + numbered(10) + "mark\nend\n"}, notes: "offset +11"},
	{name: "no end", patch: "--- a/virt/kvm/a.c\n+++ b/virt/kvm/a.c\n@@ -9,2 +9,3 @@\n line 9\n line 10\n+end\n", fails: []string{"end of the file", "line 11"}},
	{name: "no beginning", patch: "--- a/virt/kvm/a.c\n+++ b/virt/kvm/a.c\n@@ -1,2 +1,3 @@\n+start\n line 9\n line 10\n", fails: []string{"beginning of the file", "line 9"}},
	{name: "without context", patch: "--- a/virt/kvm/a.c\n+++ b/virt/kvm/a.c\n@@ -3,0 +4 @@\n+more\n@@ -7 +8 @@\n-line 7\n+seven\n", changed: "virt/kvm/a.c",
		files: map[string]string{"virt/kvm/a.c": numbered(20, "line 3", "line 3\nmore", "line 7", "seven")}},
	{name: "without context, elsewhere", patch: "--- a/virt/kvm/a.c\n+++ b/virt/kvm/a.c\n@@ -8 +8 @@\n-line 7\n+seven\n", fails: []string{"line 7", "without context"}},
	{name: "beyond the end", patch: "--- a/virt/kvm/a.c\n+++ b/virt/kvm/a.c\n@@ -9223372036854775807,0 +1 @@\n+seven\n", fails: []string{"the file ends"}},
	{name: "conflict", patch: "--- a/virt/kvm/a.c\n+++ b/virt/kvm/a.c\n@@ -2,3 +2,3 @@ fn\n line 2\n-line three\n+3\n line 4\n",
		fails: []string{"x.patch: virt/kvm/a.c", "@@ -2,3 +2,3 @@ fn", "in line 3", `"line three"`, `stands "line 3"`}},
	{name: "passed", patch: "--- a/virt/kvm/a.c\n+++ b/virt/kvm/a.c\n@@ -2,3 +2,3 @@\n line 2\n-line 3\n+3\n line 4\n@@ -4,2 +4,3 @@\n line 3\n+x\n line 4\n", fails: []string{"line 3", "passed"}},
	{name: "no such file", patch: "diff --git a/virt/no.c b/virt/no.c\n--- a/virt/no.c\n+++ b/virt/no.c\n" + hunk5, fails: []string{"x.patch: virt/no.c: the tree has no such file"}},
	{name: "no such file, no prefix", patch: "diff --git virt/no.c virt/no.c\n--- virt/no.c\n+++ virt/no.c\n" + hunk5, fails: []string{"x.patch: virt/no.c: the tree has no such file"}},
	{name: "a directory", patch: "diff --git a/virt/kvm b/virt/kvm\n--- a/virt/kvm\n+++ b/virt/kvm\n" + hunk5, fails: []string{"not a regular file"}},
	{name: "exists", patch: "diff --git a/virt/kvm/b.c b/virt/kvm/b.c\nnew file mode 100644\n--- /dev/null\n+++ b/virt/kvm/b.c\n@@ -0,0 +1 @@\n+n\n", fails: []string{"exists already"}},
	{name: "below a file", patch: "diff --git a/Makefile/b.c b/Makefile/b.c\nnew file mode 100644\n--- /dev/null\n+++ b/Makefile/b.c\n@@ -0,0 +1 @@\n+n\n", fails: []string{"Makefile is a file"}},
	{name: "out of the tree", patch: "diff --git a/../../etc/passwd b/../../etc/passwd\nnew file mode 100644\n--- /dev/null\n+++ b/../../etc/passwd\n@@ -0,0 +1 @@\n+n\n", fails: []string{"no path in a tree"}},
	{name: "absolute", patch: "--- /etc/passwd\n+++ /etc/passwd\n@@ -1 +1 @@\n-n\n+m\n", fails: []string{"x.patch"}},
	{name: "binary", patch: "diff --git a/doc/logo.png b/doc/logo.png\nindex 1..2 100644\nBinary files a/doc/logo.png and b/doc/logo.png differ\n", notes: "is binary, not patched"},
	{name: "binary with data", patch: "diff --git a/doc/logo.png b/doc/logo.png\nindex 1..2 100644\nGIT binary patch\nliteral 3\nKcmZQzU}6CP0{{R3\n\nliteral 0\nHcmV?d00001\n\n", notes: "is binary, not patched"},
	{name: "binary source", patch: "diff --git a/virt/kvm/a.c b/virt/kvm/a.c\nindex 1..2 100644\nBinary files a/virt/kvm/a.c and b/virt/kvm/a.c differ\n", fails: []string{"virt/kvm/a.c", "binary"}},
	{name: "link", patch: "diff --git a/l.c b/l.c\nnew file mode 120000\n--- /dev/null\n+++ b/l.c\n@@ -0,0 +1 @@\n+Makefile\n\\ No newline at end of file\n", notes: "l.c: is a symbolic link", files: map[string]string{"l.c": "-"}},
	{name: "empty", patch: " \n", fails: []string{"x.patch: the patch is empty"}},
	{name: "garbage", patch: "int main(void) { return 0; }\n", fails: []string{"x.patch: no diff in it"}},
	{name: "miscounted", patch: "--- a/virt/kvm/a.c\n+++ b/virt/kvm/a.c\n@@ -2,9 +2,7 @@\n line 2\n-line 3\n", fails: []string{"x.patch: line 3: fragment header miscounts lines"}},
	{name: "damaged", patch: "hello\n--- a/virt/kvm/a.c\n+++ b/virt/kvm/a.c\n@@ -2,9 +2,7 @@\n line 2\n-line 3\nline 4\n", fails: []string{"x.patch: line 7: invalid line"}},
	{name: "head alone", patch: "diff --git a/virt/kvm/a.c b/virt/kvm/x.c\n", fails: []string{"x.patch"}},
}

func TestPatches(t *testing.T) {
	for _, tt := range tables {
		t.Run(tt.name, func(t *testing.T) {
			f, err := New(newBase(), Patch{"x.patch", []byte(tt.patch)})
			if len(tt.fails) > 0 {
				if err == nil {
					t.Fatal("applied")
				}
				for _, part := range tt.fails {
					if !strings.Contains(err.Error(), part) {
						t.Errorf("error %q lacks %q", err, part)
					}
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(f.Changed(), " "); got != tt.changed {
				t.Errorf("changed %q, want %q", got, tt.changed)
			}
			expect(t, f, tt.files)
			notes := fmt.Sprint(f.Notes())
			if (tt.notes == "") != (len(f.Notes()) == 0) || !strings.Contains(notes, tt.notes) {
				t.Errorf("notes %s, want %q", notes, tt.notes)
			}
			sound(t, f, newBase())
		})
	}
}

func expect(t *testing.T, f *FS, files map[string]string) {
	t.Helper()
	for name, want := range files {
		text, err := fs.ReadFile(f, name)
		if _, serr := fs.Stat(f, name); (err != nil) != (want == "-") || (serr != nil) != (want == "-") || err == nil && string(text) != want {
			t.Errorf("%s is %q, %v, %v; want %q", name, text, err, serr, want)
		}
	}
}

// sound holds an overlay against the rules of file systems.
func sound(t *testing.T, f *FS, base fstest.MapFS) {
	t.Helper()
	var want []string
	for name := range base {
		if e := f.files[name]; e == nil || !e.gone {
			want = append(want, name)
		}
	}
	for name, e := range f.files {
		if !e.gone {
			want = append(want, name)
		}
	}
	if err := fstest.TestFS(f, want...); err != nil {
		t.Error(err)
	}
	if _, err := f.ReadFile("../x"); err == nil {
		t.Error("a path out of the tree is read")
	}
	for name := range f.files {
		if !f.Touches(name) {
			t.Errorf("%s is changed and not touched", name)
		}
	}
}

// mailOf is a mail with a body.
func mailOf(subject, head, body string) string {
	return "From 0123456789 Mon Sep 17 00:00:00 2001\nFrom: A <a@b>\nSubject: " + subject + "\n" + head + "\n" + body
}

func diffOf(line int, to string) string {
	return fmt.Sprintf("Message.\n---\n virt/kvm/a.c | 2 +-\n\ndiff --git a/virt/kvm/a.c b/virt/kvm/a.c\nindex 1..2 100644\n--- a/virt/kvm/a.c\n+++ b/virt/kvm/a.c\n@@ -%d,3 +%d,3 @@\n line %d\n-line %d\n+%s\n line %d\n-- \n2.39.5\n\n",
		line-1, line-1, line-1, line, to, line+1)
}

func wrapped(s string) string {
	var b strings.Builder
	for len(s) > 76 {
		b.WriteString(s[:76] + "\n")
		s = s[76:]
	}
	return b.String() + s + "\n"
}

// nested is a part of a mail in parts in parts.
func nested(deep int) string {
	if deep == 0 {
		return "--XX\n\ntext\n--XX--\n"
	}
	return fmt.Sprintf("--XX\nContent-Type: multipart/mixed; boundary=X%d\n\n%s--XX--\n", deep, strings.ReplaceAll(nested(deep-1), "XX", fmt.Sprintf("X%d", deep)))
}

func TestMails(t *testing.T) {
	printable := strings.NewReplacer("=", "=3D", "line 8", "li=\nne =38", "ä", "=C3=A4").Replace(diffOf(9, "nine = ä"))
	parts := "--XX\nContent-Type: text/plain\n\nhello\n--XX\nContent-Type: text/html\n\n<pre>" + diffOf(2, "no") + "\n--XX\nContent-Type: text/x-patch\nContent-Transfer-Encoding: base64\n\n" +
		wrapped(base64.StdEncoding.EncodeToString([]byte(diffOf(16, "sixteen")))) + "--XX--\n"
	box := mailOf("[PATCH 0/4] cover", "", "Words.\nFrom here to there.\n") +
		mailOf("[PATCH 1/4] plain", "", diffOf(5, "five")) +
		mailOf("[PATCH 2/4] =?UTF-8?q?p=C3=A4?=", "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: quoted-printable\n", printable) +
		mailOf("[PATCH 3/4] base", "Content-Transfer-Encoding: base64\n", wrapped(base64.StdEncoding.EncodeToString([]byte(diffOf(13, "thirteen"))))) +
		mailOf("[PATCH 4/4] parts", "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=XX\n", parts)
	want := numbered(20, "line 5", "five", "line 9", "nine = ä", "line 13", "thirteen", "line 16", "sixteen")
	for how, text := range map[string]string{"LF": box, "CRLF": strings.ReplaceAll(box, "\n", "\r\n")} {
		f, err := New(newBase(), Patch{"s.mbox", []byte(text)})
		if err != nil {
			t.Errorf("%s: %v", how, err)
			continue
		}
		expect(t, f, map[string]string{"virt/kvm/a.c": want})
		if got := fmt.Sprint(f.Notes()); got != `[s.mbox, mail 1 "[PATCH 0/4] cover": holds no diff, skipped]` {
			t.Errorf("%s: notes %s", how, got)
		}
	}
	_, err := New(newBase(), Patch{"s.mbox", []byte(box + mailOf("again", "", diffOf(5, "five")))})
	if err == nil || !strings.HasPrefix(err.Error(), `s.mbox, mail 6 "again": virt/kvm/a.c: hunk "@@ -4,3 +4,3 @@" does not apply: in line 5 it expects "line 5", and there stands "five"`) {
		t.Errorf("again: %v", err)
	}
	for name, bad := range map[string]string{
		"unknown transfer encoding": mailOf("x", "Content-Transfer-Encoding: uuencode\n", diffOf(5, "five")),
		"body of the mail":          mailOf("x", "Content-Transfer-Encoding: base64\n", "!!!"),
		"parts of the mail":         mailOf("x", "Content-Type: multipart/mixed; boundary=XX\n", "--XX\nnone"),
		"nested too deep":           mailOf("x", "Content-Type: multipart/mixed; boundary=XX\n", nested(20)),
		"no diff":                   mailOf("x", "", "Words.\n"),
	} {
		if _, err := New(newBase(), Patch{"bad.mbox", []byte(bad)}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("want an error with %q, got %v", name, err)
		}
	}
}

// A mail that was saved without its "From " line, and a text that only looks like one.
func TestOneMail(t *testing.T) {
	_, mail, _ := strings.Cut(mailOf("x", "", diffOf(5, "five")), "\n")
	odd := "Subject: x\nno header\n\n" + diffOf(5, "five")
	for _, text := range []string{mail, odd, "Index: virt/kvm/a.c\n=====\n" + diffOf(5, "five")} {
		f, err := New(newBase(), Patch{"x.patch", []byte(text)})
		if err != nil {
			t.Error(err)
			continue
		}
		expect(t, f, map[string]string{"virt/kvm/a.c": numbered(20, "line 5", "five")})
	}
}

// Patches build on each other; what they take back is no change.
func TestSeries(t *testing.T) {
	made := Patch{"1", []byte("--- /dev/null\n+++ b/virt/kvm/n.c\n@@ -0,0 +1 @@\n+n\n")}
	more := Patch{"2", []byte("--- a/virt/kvm/n.c\n+++ b/virt/kvm/n.c\n@@ -1 +1,2 @@\n n\n+m\n")}
	gone := Patch{"3", []byte("--- a/virt/kvm/n.c\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-n\n-m\n")}
	forth := Patch{"4", []byte(diffOf(5, "five"))}
	back := Patch{"5", []byte("--- a/virt/kvm/a.c\n+++ b/virt/kvm/a.c\n@@ -4,3 +4,3 @@\n line 4\n-five\n+line 5\n line 6\n")}
	all := []Patch{made, more, gone, forth, back}
	for n, want := range map[int]string{1: "virt/kvm/n.c", 2: "virt/kvm/n.c", 3: "", 4: "virt/kvm/a.c", 5: ""} {
		f, err := New(newBase(), all[:n]...)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(f.Changed(), " "); got != want {
			t.Errorf("after %d: changed %q, want %q", n, got, want)
		}
		none, _ := New(newBase())
		if same := f.Digest() == none.Digest(); same != (want == "") {
			t.Errorf("after %d: digest as of no patch: %v", n, same)
		}
	}
	if _, err := New(newBase(), made, gone); err == nil {
		t.Error("a deletion of another text is applied")
	}
	if _, err := New(newBase(), made, more, gone, more); err == nil || !strings.Contains(err.Error(), "an earlier diff removed the file") {
		t.Errorf("patch of a deleted file: %v", err)
	}
}

// The digest tells overlays apart that differ in anything.
func TestDigest(t *testing.T) {
	seen := map[[32]byte]string{}
	for _, tt := range tables {
		f, err := New(newBase(), Patch{"x.patch", []byte(tt.patch)})
		if err != nil {
			continue
		}
		key := fmt.Sprint(f.Changed(), tt.name == "mode")
		for _, name := range f.Changed() {
			text, _ := f.ReadFile(name)
			key += string(text)
		}
		if old, ok := seen[f.Digest()]; ok && old != key {
			t.Errorf("%s has the digest of another", tt.name)
		}
		seen[f.Digest()] = key
	}
	if len(seen) < 10 {
		t.Errorf("%d digests", len(seen))
	}
}

// A base of another kind is asked only about what the overlay does not touch.
func TestOn(t *testing.T) {
	f, err := New(newBase(), Patch{"x.patch", []byte(diffOf(5, "five"))})
	if err != nil {
		t.Fatal(err)
	}
	other := newBase()
	other["Makefile"] = &fstest.MapFile{Data: []byte("VERSION = 2\n")}
	delete(other, "virt/kvm/a.c")
	g := f.On(other)
	expect(t, g, map[string]string{"Makefile": "VERSION = 2\n", "virt/kvm/a.c": numbered(20, "line 5", "five")})
	expect(t, f, map[string]string{"Makefile": "VERSION = 1\n"})
}

func TestOccurrences(t *testing.T) {
	for _, tt := range []struct {
		lines, of string
		want      []int
	}{{"aaaa", "aa", []int{0, 1, 2}}, {"abababc", "ababc", []int{2}}, {"", "a", nil}, {"a", "", nil}, {"aab", "b", []int{2}}, {"ab", "abc", nil}} {
		if got := occurrences(strings.Split(tt.lines, ""), strings.Split(tt.of, "")); !slices.Equal(got, tt.want) {
			t.Errorf("%q in %q: %v, want %v", tt.of, tt.lines, got, tt.want)
		}
	}
	// Half a million equal lines, and a hunk that almost fits everywhere.
	if got := occurrences(make([]string, 500_000), append(make([]string, 250_000), "x")); got != nil {
		t.Errorf("found at %v", got)
	}
}
