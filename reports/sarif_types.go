package reports

// The part of SARIF 2.1.0 that is written. Plain structs and not a library: the
// one for Go (owenrumney/go-sarif) builds the whole log in memory before a byte
// is written, so that a limit on its size can only be checked when it is too
// late; it writes an empty array for each of the thirty properties of a result
// that are not used; and it brings the packages of its tests along. What is left
// of the format is these names. They are the standard's, and so is their case.

type sarifDriver struct {
	Name          string            `json:"name"`
	Version       string            `json:"version,omitempty"`
	Rules         []sarifDescriptor `json:"rules"`
	Notifications []sarifDescriptor `json:"notifications"`
}

// sarifDescriptor describes a rule or a kind of notification.
type sarifDescriptor struct {
	ID               string         `json:"id"`
	Name             string         `json:"name,omitempty"`
	ShortDescription sarifMessage   `json:"shortDescription"`
	FullDescription  sarifMessage   `json:"fullDescription"`
	Help             sarifMessage   `json:"help"`
	Default          *sarifLevel    `json:"defaultConfiguration,omitempty"`
	Properties       *sarifRuleTags `json:"properties,omitempty"`
}

type sarifLevel struct {
	Level string `json:"level"`
}

type sarifRuleTags struct {
	Tags []string `json:"tags"`
}

type sarifMessage struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	RuleIndex int             `json:"ruleIndex"`
	Level     string          `json:"level"`
	Rank      float64         `json:"rank,omitempty"`
	Message   sarifMessage    `json:"message"`
	Locations []sarifLocation `json:"locations,omitempty"`
	Prints    sarifPrints     `json:"partialFingerprints"`
	Related   []sarifLocation `json:"relatedLocations,omitempty"`
	Flows     []sarifFlow     `json:"codeFlows,omitempty"`
	Bag       sarifBag        `json:"properties"`
}

// sarifPrints is what tells a result of this run to be one of an earlier run.
type sarifPrints struct {
	Own    string `json:"klockscan/v1"`
	GitHub string `json:"primaryLocationLineHash"`
}

// sarifBag is what SARIF has no property for.
type sarifBag struct {
	Kind         string   `json:"kind,omitempty"` // of a finding that this program does not know
	Confidence   string   `json:"confidence"`
	Arch         []string `json:"arch"`
	Assumed      []string `json:"assumed,omitempty"`
	Fingerprints []string `json:"fingerprints,omitempty"` // of all findings of the place, if they are several
	LeftOut      string   `json:"leftOut,omitempty"`      // what a limit cut off
}

type sarifLocation struct {
	ID       *int               `json:"id,omitempty"`
	Physical *sarifPhysical     `json:"physicalLocation,omitempty"`
	Logical  []sarifLogicalName `json:"logicalLocations,omitempty"`
	Message  *sarifMessage      `json:"message,omitempty"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   *sarifRegion  `json:"region,omitempty"`
}

type sarifArtifact struct {
	URI  string `json:"uri"`
	Base string `json:"uriBaseId,omitempty"`
}

type sarifRegion struct {
	StartLine int           `json:"startLine"`
	Snippet   *sarifMessage `json:"snippet,omitempty"` // an artifactContent, whose text is all that is used
}

type sarifLogicalName struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
}

type sarifFlow struct {
	Message *sarifMessage `json:"message,omitempty"`
	Threads []sarifThread `json:"threadFlows"`
}

type sarifThread struct {
	ID    string      `json:"id"`
	Steps []sarifStep `json:"locations"`
}

type sarifStep struct {
	Location   sarifLocation `json:"location"`
	Kinds      []string      `json:"kinds"`
	Nesting    int           `json:"nestingLevel"`
	Importance string        `json:"importance"`
}

type sarifInvocation struct {
	Successful    bool                `json:"executionSuccessful"`
	Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
}

type sarifNotification struct {
	Descriptor sarifReference  `json:"descriptor"`
	Level      string          `json:"level"`
	Message    sarifMessage    `json:"message"`
	Locations  []sarifLocation `json:"locations,omitempty"`
}

type sarifReference struct {
	ID    string `json:"id"`
	Index int    `json:"index"`
}

// sarifRunBag is what the run rests on, beside its notifications.
type sarifRunBag struct {
	Kernel     string   `json:"kernel,omitempty"`
	Arches     []string `json:"arches,omitempty"`
	Scope      []string `json:"scope,omitempty"`
	Confidence string   `json:"confidence,omitempty"`
	Findings   int      `json:"findings"`
	Places     int      `json:"places"`
	Compared   string   `json:"compared,omitempty"` // of a comparison, what with what
	Results    int      `json:"results"`
	LeftOut    string   `json:"leftOut,omitempty"`
}
