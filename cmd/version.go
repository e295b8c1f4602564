package cmd

import (
	"cmp"
	"runtime/debug"
	"strings"
	"sync"
)

// nextVersion is the version that this code becomes when it is released.
const nextVersion = "0.1.0"

// release is the version of a release; release.sh sets it by the linker's -X.
var release string

// Version is the version that reports and the version command name: of a release,
// as it was built; else of the module, as go install PATH@VERSION or a build in a
// clone recorded it; else the next one.
var Version = sync.OnceValue(func() string {
	if release != "" {
		return release
	}
	module := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		module = info.Main.Version
	}
	return moduleVersion(module)
})

// moduleVersion is the version that Go recorded for the module, in our words. Where
// there is no tag yet Go begins with v0.0.0, which would be older than any release.
func moduleVersion(recorded string) string {
	if recorded == "(devel)" {
		recorded = ""
	}
	if since, untagged := strings.CutPrefix(recorded, "v0.0.0-"); untagged {
		return nextVersion + "-" + since
	}
	return cmp.Or(strings.TrimPrefix(recorded, "v"), nextVersion)
}
