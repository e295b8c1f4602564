package cmd

import "testing"

func TestModuleVersion(t *testing.T) {
	for recorded, want := range map[string]string{
		"": nextVersion, "(devel)": nextVersion, "v1.2.3": "1.2.3", "v1.2.4-rc.1": "1.2.4-rc.1",
		"v1.2.4-0.20251123175700-81a5718abcde+dirty": "1.2.4-0.20251123175700-81a5718abcde+dirty",
		"v0.0.0-20251123175700-81a5718abcde":         nextVersion + "-20251123175700-81a5718abcde",
	} {
		if got := moduleVersion(recorded); got != want {
			t.Errorf("moduleVersion(%q) = %q, want %q", recorded, got, want)
		}
	}
}
