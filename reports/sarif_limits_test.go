package reports

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// many is n findings of which every tenth is certain, the certain ones last.
func many(n int, text func(i int) string) Check {
	var c Check
	for i := range n {
		f := Finding{Kind: "leak", Confidence: "possible", Fingerprint: fmt.Sprint("f", i), File: "f.c", Line: i + 1, Message: text(i)}
		if i >= n-n/10 {
			f.Confidence = "certain"
		}
		c.Findings = append(c.Findings, f)
	}
	return c
}

// said is the text of the first notification of a kind.
func said(log sarifLog, id string) string {
	for _, n := range log.Runs[0].Invocations[0].Notifications {
		if n.Descriptor.ID == id {
			return n.Message.Text
		}
	}
	return ""
}

func TestSARIFCutsTheLeastCertain(t *testing.T) {
	doc := many(30_000, func(i int) string { return fmt.Sprint("finding ", i) })
	log, _ := sarifOf(t, doc)
	results := log.Runs[0].Results
	certain := 0
	for _, r := range results {
		if r.Bag.Confidence == "certain" {
			certain++
		}
	}
	if len(results) != maxResults || certain != 3000 || results[0].Bag.Confidence != "certain" {
		t.Errorf("%d results, %d of them certain, the first %s", len(results), certain, results[0].Bag.Confidence)
	}
	if text := said(log, "results-left-out"); !strings.HasPrefix(text, "5000 of 30000 places") || log.Runs[0].Bag.LeftOut != text {
		t.Errorf("said: %q and %q", text, log.Runs[0].Bag.LeftOut)
	}
	if log, _ := sarifOf(t, many(10, func(int) string { return "" })); said(log, "results-left-out") != "" || len(log.Runs[0].Results) != 10 {
		t.Error("a cut of nothing")
	}
}

// TestSARIFSizeIsBounded writes what hardly compresses, in results and in
// notifications, and one finding that is too large alone.
func TestSARIFSizeIsBounded(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	noise := func(n int) string {
		text := make([]byte, n)
		for i := range text {
			text[i] = byte('0' + random.IntN(64))
		}
		return string(text)
	}
	doc := many(4000, func(i int) string {
		if i == 4000-1 {
			return noise(20_000_000)
		}
		return noise(5000)
	})
	for range 2000 {
		doc.Head.NotRead = append(doc.Head.NotRead, Lost{File: noise(4000), Reason: "?"})
	}
	log, text := sarifOf(t, doc)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write(text)
	z.Close()
	results, notes := len(log.Runs[0].Results), len(log.Runs[0].Invocations[0].Notifications)
	if zipped.Len() > 10_000_000 || results < 1000 || notes < 2 {
		t.Errorf("%d bytes after compression, %d results, %d notifications", zipped.Len(), results, notes)
	}
	if said(log, "results-left-out") == "" || said(log, "notifications-left-out") == "" {
		t.Error("a cut is not said")
	}
	certain := 0
	for _, r := range log.Runs[0].Results {
		if r.Bag.Confidence == "certain" {
			certain++
		}
	}
	if certain != 399 {
		t.Errorf("%d certain results, want all but the one that is too large", certain)
	}
}

// TestSARIFResultIsBounded: a chain and a rule of any length.
func TestSARIFResultIsBounded(t *testing.T) {
	f := Finding{Kind: "rules", Fingerprint: "x", Rule: &Rule{File: "d", Line: 1}}
	for i := range 5000 {
		f.Chain = append(f.Chain, Step{Function: fmt.Sprint("f", i), File: "f.c", Line: i + 1})
		f.Rule.From = append(f.Rule.From, Rule{File: "d", Line: i + 1})
	}
	f.Reverse = f.Chain
	log, _ := sarifOf(t, Check{Findings: []Finding{f}})
	r := log.Runs[0].Results[0]
	steps := r.Flows[0].Threads[0].Steps
	if len(r.Flows) != 1 || len(r.Flows[0].Threads) != 1 || len(steps) != maxSteps || len(r.Related) != maxRelated {
		t.Errorf("%d flows, %d steps, %d related locations", len(r.Flows), len(steps), len(r.Related))
	}
	if last := steps[len(steps)-1].Location.Message.Text; last != "f4998() calls f4999()" {
		t.Errorf("the last step is %q", last)
	}
	if want := "4901 related locations, 9000 steps of its chains"; r.Bag.LeftOut != want {
		t.Errorf("said %q, want %q", r.Bag.LeftOut, want)
	}
}
