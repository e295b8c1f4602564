package callgraph

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// mechanisms.txt lists how functions are handed around.
//
//go:embed mechanisms.txt
var mechanismsText string

// A handOver is one row: which arguments of a call matter, and how.
type handOver struct {
	action string // slot-call, slot-set, value, async, member, request, serve, runs, queues, waits, registry, registers, dispatches, inert
	arg    int
	value  int    // slot-set: the argument with the value; runs, queues, registers: the second argument that counts
	kind   string // async, member: what runs it; dispatches: the member that is called
	deref  bool   // value: what the argument points to
}

// mechanisms is the rows by the name called.
var mechanisms = sync.OnceValue(func() map[string][]handOver {
	rows, err := parseMechanisms(mechanismsText)
	if err != nil {
		panic(err) // embedded data, covered by a test
	}
	return rows
})

func parseMechanisms(text string) (map[string][]handOver, error) {
	want := map[string]int{"slot-call": 3, "slot-set": 4, "value": 3, "async": 4, "member": 4, "request": 3, "serve": 3,
		"runs": 4, "queues": 4, "waits": 3, "registry": 2, "registers": 4, "dispatches": 4, "inert": 2}
	rows := map[string][]handOver{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		body, why, _ := strings.Cut(line, "#")
		f := strings.Fields(body)
		if len(f) == 0 {
			continue
		}
		deref := len(f) == 4 && f[0] == "value" && f[3] == "deref"
		if deref {
			f = f[:3]
		}
		if want[f[0]] != len(f) || strings.TrimSpace(why) == "" {
			return nil, fmt.Errorf("mechanisms.txt:%d: want action, name, numbers and a reason: %q", n, strings.TrimSpace(line))
		}
		h := handOver{action: f[0], deref: deref}
		if h.action == "member" {
			h.kind = f[3]
			rows[memberRow(f[1], f[2])] = append(rows[memberRow(f[1], f[2])], h)
			continue
		}
		if h.action == "registry" {
			rows[memberRow(f[1], "")] = append(rows[memberRow(f[1], "")], h)
			continue
		}
		var err error
		if len(f) > 2 {
			if h.arg, err = strconv.Atoi(f[2]); err != nil {
				return nil, fmt.Errorf("mechanisms.txt:%d: %w", n, err)
			}
		}
		switch h.action {
		case "slot-set", "runs", "queues", "registers":
			if h.value, err = strconv.Atoi(f[3]); err != nil {
				return nil, fmt.Errorf("mechanisms.txt:%d: %w", n, err)
			}
		case "async", "dispatches":
			h.kind = f[3]
		}
		rows[f[1]] = append(rows[f[1]], h)
	}
	return rows, nil
}

// memberRow is the key of a member's row; no function has such a name.
func memberRow(tag, member string) string { return tag + "." + member }

// A kindMember is a member of a struct that holds what runs as a kind.
type kindMember struct{ tag, member string }

// kindMembers is the members by the kind of async rows, in order.
var kindMembers = sync.OnceValue(func() map[string][]kindMember {
	out := map[string][]kindMember{}
	for _, key := range sortedKeys(mechanisms()) {
		for _, r := range mechanisms()[key] {
			if tag, member, ok := strings.Cut(key, "."); ok && r.action == "member" {
				out[r.kind] = append(out[r.kind], kindMember{tag, member})
			}
		}
	}
	return out
})

// hiddenNames is the macros that are not expanded because a row describes them.
func hiddenNames() map[string]bool {
	out := map[string]bool{}
	for name := range mechanisms() {
		out[name] = true
	}
	return out
}
