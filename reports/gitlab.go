package reports

import (
	"io"
	"strings"

	"klockscan/lockflow"
)

// gitlabIssue is one entry of GitLab's code quality report.
type gitlabIssue struct {
	Description string         `json:"description"`
	CheckName   string         `json:"check_name"`
	Fingerprint string         `json:"fingerprint"`
	Severity    string         `json:"severity"`
	Location    gitlabLocation `json:"location"`
}

type gitlabLocation struct {
	Path  string      `json:"path"`
	Lines gitlabLines `json:"lines"`
}

type gitlabLines struct {
	Begin int `json:"begin"`
}

// WriteGitLab writes the findings as GitLab's code quality report: a JSON array
// with one entry a place. GitLab shows what a merge request adds or mends by
// comparing fingerprints, and drops the second entry of one fingerprint; so the
// architectures and callers of one place are one entry, and each entry has a
// fingerprint of its own (see mark). There is no room for a chain.
func (c Check) WriteGitLab(w io.Writer) error {
	issues := []gitlabIssue{} // an empty report is [], not null
	for _, p := range mark(c.Findings) {
		issues = append(issues, newGitLabIssue(p))
	}
	return WriteJSON(w, issues)
}

func newGitLabIssue(p marked) gitlabIssue {
	f := p.first
	file, line := shownAt(f)
	if file == "" {
		file = "." // the tree: an entry without a path makes GitLab refuse the report
	}
	if !isLine(int64(line)) {
		line = 1
	}
	kind := f.Kind
	if kind == "" {
		kind = otherKind
	}
	return gitlabIssue{
		Description: clean(sentence(f)) + " [" + clean(strings.Join(p.arches, " ")+", "+f.Confidence) + "]",
		CheckName:   kind,
		Fingerprint: p.id,
		Severity:    severity(f),
		Location:    gitlabLocation{Path: file, Lines: gitlabLines{Begin: line}},
	}
}

// severities is GitLab's, the worst first.
var severities = []string{"blocker", "critical", "major", "minor", "info"}

// severity follows the confidence: critical, major, minor, info. Two kinds are
// moved by one step: a lock that is taken twice hangs without the help of a
// second path, and rules that contradict each other hang nothing.
func severity(f Finding) string {
	i := certainty(f.Confidence) + 1
	switch f.Kind {
	case string(lockflow.KindSelfDeadlock):
		i--
	case string(lockflow.KindRules):
		i++
	}
	return severities[min(i, len(severities)-1)]
}
