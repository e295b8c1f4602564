package reports

import (
	"slices"
	"strings"

	"klockscan/lockflow"
)

// mostNamedCalls is how many resolved calls a reason names.
const mostNamedCalls = 3

// Believed says in words why a finding has its confidence.
func (f Finding) Believed() string {
	if f.Kind == string(lockflow.KindRules) {
		return f.Confidence + ": it is said by the text alone"
	}
	var through []string // calls that are not written as such, each once
	for _, s := range slices.Concat(f.Chain, f.Reverse) {
		if how := strings.TrimSpace(s.Edge + " " + s.Via); s.Edge != "" && s.Edge != "direct" && s.Edge != "macro" && !slices.Contains(through, how) {
			through = append(through, how)
		}
	}
	var why []string
	switch {
	case len(through) > mostNamedCalls:
		why = append(why, "calls were resolved: "+strings.Join(through[:mostNamedCalls], ", ")+", …")
	case len(through) > 0:
		why = append(why, "calls were resolved: "+strings.Join(through, ", "))
	case len(f.Chain) > 1:
		why = append(why, "every call is written in the source")
	}
	switch {
	case len(f.Assumed) > 0:
		why = append(why, "it assumes what is named below")
	case f.Confidence == "possible":
		why = append(why, "what happens far below, or to objects that may be two, is believed less")
	case f.Confidence == "guess":
		why = append(why, "a call was guessed by its type")
	}
	if len(why) == 0 {
		why = append(why, "both are in one function")
	}
	return f.Confidence + ": " + strings.Join(why, "; ")
}
