package cmd

import (
	"klockscan/reports"
)

// silence says which findings a row of the rules files silences, and marks the rows
// that silence one as used. A row that describes findings is about all that fit. A
// fingerprint is one finding's name: such a row silences one, that of its file if it
// names one, or else what no other row is about (reports.Recognise).
func (set *settings) silence(findings []reports.Finding) []bool {
	silent := make([]bool, len(findings))
	var rows []*suppressRow
	var named []reports.Identity
	for _, s := range set.suppress {
		if s.Fingerprint != "" {
			rows, named = append(rows, s), append(named, reports.Identity{Fingerprint: s.Fingerprint, File: s.File})
			continue
		}
		for i := range findings {
			if (s.File == "" || s.File == findings[i].File) && s.covers(&findings[i]) {
				s.used, silent[i] = true, true
			}
		}
	}
	for j, i := range reports.Recognise(named, identities(findings), func(int) bool { return true }) {
		if i >= 0 && rows[i].covers(&findings[j]) {
			rows[i].used, silent[j] = true, true
		}
	}
	return silent
}

// identities is what findings are known again by.
func identities(findings []reports.Finding) []reports.Identity {
	out := make([]reports.Identity, len(findings))
	for i, f := range findings {
		out[i] = f.Identity()
	}
	return out
}

// covers says whether a finding has what the row gives, but for the file.
func (s *suppressRow) covers(f *reports.Finding) bool {
	lock := func(want string, l *reports.Lock) bool {
		return want == "" || l != nil && (want == l.Name || want == l.Class || "struct "+want == l.Class)
	}
	return (s.Fingerprint == "" || s.Fingerprint == f.Fingerprint) && (s.Kind == "" || s.Kind == f.Kind) && (s.Arch == "" || s.Arch == f.Arch) &&
		(s.Function == "" || s.Function == f.Function) && lock(s.Outer, f.Outer) && lock(s.Inner, f.Inner)
}

// stale is the places of the suppressions that silence nothing any more, as far as
// the check can tell.
func (set *settings) stale(by *session) []string {
	var out []string
	for _, s := range set.suppress {
		if !s.used && by.lookedForAll(s) {
			out = append(out, s.place+": "+s.Reason)
		}
	}
	return out
}
