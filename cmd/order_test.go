package cmd

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

var arrowOf = regexp.MustCompile(`<g class="arrow ([a-z ]*)" data-id="([^"]*)"`)

// TestOrderPicture: the picture of the lock order has what the documents state,
// what was observed, and what is wrong, in every way to ask for it.
func TestOrderPicture(t *testing.T) {
	c := &cached{dir: "../fixtures/tree", cache: t.TempDir()}
	svg := c.run(t, "cache", "graph", "order", "--format", "svg")
	arrows := map[string]string{}
	for _, m := range arrowOf.FindAllStringSubmatch(svg, -1) {
		arrows[m[2]] = m[1]
	}
	for id, want := range map[string]string{
		"struct kvm.lock&gt;struct kvm_vcpu.mutex": "both",
		"struct kvm_vcpu.mutex&gt;struct kvm.lock": "contradicted",
		"cpu_hotplug_lock&gt;kvm_list_lock":        "documented",
	} {
		if arrows[id] != want {
			t.Errorf("%s is %q, want %q; there are %v", id, arrows[id], want, arrows)
		}
	}
	for _, same := range [][]string{{"graph", "order", "--svg"}, {"order", "--format", "svg"}} {
		if got := c.run(t, "cache", same...); got != svg {
			t.Errorf("%v draws something else", same)
		}
	}
	if one, two := c.run(t, "cache", "order", "--format", "dot"), c.run(t, "cache", "graph", "order"); one != two || !strings.Contains(one, "digraph") {
		t.Error("order --format dot and graph order differ")
	}
	if got := c.run(t, "cache", "graph", "order", "--svg", "--format", "dot"); !strings.Contains(got, "none of the others can be") {
		t.Errorf("two formats at once: %.300s", got)
	}
}

// TestOrderPictureOfALock: what was asked for is drawn alone, of the rules and
// findings, too.
func TestOrderPictureOfALock(t *testing.T) {
	c := &cached{dir: "../fixtures/tree", cache: t.TempDir()}
	svg := c.run(t, "cache", "graph", "order", "--svg", "--outer", "vcpu->mutex")
	var styles []string
	for _, m := range arrowOf.FindAllStringSubmatch(svg, -1) {
		styles = append(styles, strings.Fields(m[1])[0])
		// The order that the finding breaks belongs to it.
		if !strings.HasPrefix(m[2], "struct kvm_vcpu.mutex&gt;") && m[2] != "struct kvm.lock&gt;struct kvm_vcpu.mutex" {
			t.Errorf("%s is drawn", m[2])
		}
	}
	if !slices.Contains(styles, "contradicted") || !slices.Contains(styles, "both") && !slices.Contains(styles, "documented") {
		t.Errorf("drawn are %v", styles)
	}
}
