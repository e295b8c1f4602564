package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"klockscan/reports"
)

func TestWrite(t *testing.T) {
	rows := []row{
		{scope: "small", kernel: "6.1", read: reports.Read{Files: 2, Bytes: 3e6, Functions: 1000, Edges: 50}, wall: time.Second, cpu: 2 * time.Second, peak: 100 << 20},
		{scope: "large", kernel: "6.1", read: reports.Read{Functions: 2000, Limits: map[string]int{"b": 2, "a": 1}}, findings: 7, wall: 3 * time.Second, cpu: 4 * time.Second, peak: 200 << 20},
	}
	var b bytes.Buffer
	write(&b, rows, 2)
	for _, want := range []string{"Linux 6.1, 2 processors", "| small | 2 | 3.0 | 1000 | 50 | 1.0 | 2.0 | 100 | 2.0 | 102 | 0 |",
		"| large | 0 | 0.0 | 2000 | 0 | 3.0 | 4.0 | 200 | 2.0 | 102 | 7 |", "- small: none\n", "- large: a 1, b 2\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

func TestReplacePart(t *testing.T) {
	name := filepath.Join(t.TempDir(), "doc.md")
	for _, test := range []struct{ before, after string }{
		{"# A\n<!-- growth -->\nold\n<!-- end of growth -->\nend\n", "# A\n<!-- growth -->\nnew\n<!-- end of growth -->\nend\n"},
		{"# A\n<!-- growth -->\n", ""},
		{"", ""},
	} {
		if err := os.WriteFile(name, []byte(test.before), 0o666); err != nil {
			t.Fatal(err)
		}
		err := replacePart(name, []byte("new\n"))
		if (err == nil) != (test.after != "") {
			t.Errorf("%q: error %v", test.before, err)
		}
		if got, _ := os.ReadFile(name); err == nil && string(got) != test.after {
			t.Errorf("got %q, want %q", got, test.after)
		}
	}
}
