package cmd

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"
)

// TestReportAbsurdLines: stored line numbers that no file can have break no format, and
// are not passed on.
func TestReportAbsurdLines(t *testing.T) {
	_, stored, errs := runOn(t, twoOrders, "check", "--format", "json", "--arch", "x86")
	number := regexp.MustCompile(`"line": ?[0-9]+`)
	if !number.MatchString(stored) {
		t.Fatal(errs, stored)
	}
	for _, line := range []string{"0", "-1", "-9223372036854775808", "9223372036854775807"} {
		text := number.ReplaceAllString(stored, `"line": `+line)
		for _, format := range checkFormats {
			var out, errs bytes.Buffer
			status := Run(context.Background(), []string{"report", "-v", "--format", format, "-"}, strings.NewReader(text), &out, &errs)
			if status != exitClean || len(line) > 2 && strings.Contains(out.String(), line) {
				t.Errorf("%s as %s: status %d, %s", line, format, status, &errs)
			}
		}
	}
}
