package reports

import (
	"cmp"
	"slices"
)

// Tool is the name that documents give this program.
const Tool = "klockscan"

// A Baseline is the findings that were known at one time.
type Baseline struct {
	Format int      `json:"format"`
	Tool   string   `json:"tool"`
	Kernel string   `json:"kernel"`
	Scope  []string `json:"scope,omitempty"` // that was checked; older baselines do not say
	Known  []Known  `json:"known"`           // sorted by fingerprint and file, each pair once
}

// A Known is one finding of a baseline. Kind, function and message are for the reader
// of the file.
type Known struct {
	Fingerprint string `json:"fingerprint"` // depends on the architecture too
	Arch        string `json:"arch"`
	Kind        string `json:"kind"`
	File        string `json:"file"`
	Function    string `json:"function"`
	Message     string `json:"message"`
}

// NewBaseline records the findings of a check.
func NewBaseline(c Check) Baseline {
	out := Baseline{Format: Format, Tool: Tool, Kernel: c.Head.Kernel, Scope: c.Head.Scope, Known: []Known{}}
	for _, f := range c.Findings {
		out.Known = append(out.Known, Known{f.Fingerprint, f.Arch, f.Kind, f.File, f.Function, f.Message})
	}
	slices.SortStableFunc(out.Known, func(a, b Known) int {
		return cmp.Or(cmp.Compare(a.Fingerprint, b.Fingerprint), cmp.Compare(a.File, b.File))
	})
	out.Known = slices.CompactFunc(out.Known, func(a, b Known) bool { return a.Identity() == b.Identity() })
	return out
}

// Identity is what the finding is known again by.
func (k Known) Identity() Identity { return Identity{k.Fingerprint, k.File} }
