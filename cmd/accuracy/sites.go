package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"klockscan/reports"
)

// sampleSize is how many resolved call sites are judged on each architecture.
const sampleSize = 50

// seed makes another sample when it is changed.
const seed = "klockscan 1"

// A sampled is one call site of the sample.
type sampled struct {
	site reports.IndirectSite
	key  string
}

// sample draws resolved call sites of the scope: those with the smallest hash,
// so that a site that comes or goes changes one place of the sample only.
func sample(sites []reports.IndirectSite, arch string) []sampled {
	type drawn struct {
		sampled
		hash string
	}
	var all []drawn
	nth := map[string]int{}
	for _, s := range sites {
		if s.Arch != arch || !s.InScope || len(s.Targets) == 0 {
			continue
		}
		place := strings.Join([]string{s.Arch, s.File, strconv.Itoa(s.Line), s.Caller, s.Expr}, "\t")
		nth[place]++
		sum := sha256.Sum256([]byte(seed + place + strconv.Itoa(nth[place])))
		if nth[place] > 1 {
			continue // one macro called twice on a line
		}
		all = append(all, drawn{sampled{s, place + "\t" + targetNames(s)}, string(sum[:])})
	}
	slices.SortFunc(all, func(a, b drawn) int { return cmp.Compare(a.hash, b.hash) })
	out := make([]sampled, min(sampleSize, len(all)))
	for i := range out {
		out[i] = all[i].sampled
	}
	slices.SortFunc(out, func(a, b sampled) int {
		return cmp.Or(cmp.Compare(a.site.File, b.site.File), cmp.Compare(a.site.Line, b.site.Line), cmp.Compare(a.key, b.key))
	})
	return out
}

// mostNames bounds the names that are written out.
const mostNames = 8

// targetNames is the targets of a site in one cell; of many, the first, the
// number and a hash of all.
func targetNames(s reports.IndirectSite) string {
	names := make([]string, len(s.Targets))
	for i, t := range s.Targets {
		names[i] = t.Callee
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) <= mostNames {
		return strings.Join(names, ", ")
	}
	sum := sha256.Sum256([]byte(strings.Join(names, ",")))
	return fmt.Sprintf("%s, … (%d, %x)", strings.Join(names[:mostNames], ", "), len(names), sum[:4])
}

// count counts the call sites of one architecture, in the scope or elsewhere.
func count(sites []reports.IndirectSite, arch string, inScope bool) reports.SiteCount {
	var n reports.SiteCount
	for _, s := range sites {
		if s.Arch == arch && s.InScope == inScope {
			n.Add(s)
		}
	}
	return n
}

// beyondScopes is what is measured of the whole tree, on x86.
var beyondScopes = []string{"fs", "mm", "net/core", "drivers/vfio"}

// measureBeyond writes beyond.tsv anew: scope, sites, resolved, targets, and the
// same of what was read elsewhere.
func measureBeyond(ctx context.Context, tree, name string) error {
	var b strings.Builder
	b.WriteString("# Linux 6.12, x86. Written by the command accuracy with -beyond.\n" +
		"# scope, indirect call sites in it, with a target, targets together; the same three elsewhere in what was read\n")
	for _, scope := range beyondScopes {
		text, err := klockscan(ctx, "edges", "--summary", "--format", "json", "--arch", "x86", "--scope", scope, tree)
		if err != nil {
			return err
		}
		var doc reports.EdgeSummary
		if err := json.Unmarshal(text, &doc); err != nil {
			return err
		}
		in, out := doc.Arches[0].InScope, doc.Arches[0].Elsewhere
		fmt.Fprintf(&b, "%s\t%d\t%d\t%d\t%d\t%d\t%d\n", scope, in.Sites, in.Resolved, in.Targets, out.Sites, out.Resolved, out.Targets)
	}
	return os.WriteFile(name, []byte(b.String()), 0o666)
}

// readBeyond reads beyond.tsv.
func readBeyond(name string) ([]beyond, error) {
	rows, lines, err := readTable(name, 7)
	if err != nil {
		return nil, err
	}
	var out []beyond
	for i, r := range rows {
		var n [6]int
		for j := range n {
			if n[j], err = strconv.Atoi(r[j+1]); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", name, lines[i], err)
			}
		}
		out = append(out, beyond{r[0], reports.SiteCount{Sites: n[0], Resolved: n[1], Targets: n[2]},
			reports.SiteCount{Sites: n[3], Resolved: n[4], Targets: n[5]}})
	}
	return out, nil
}

// A beyond is the figures of one scope of the whole tree.
type beyond struct {
	scope         string
	in, elsewhere reports.SiteCount
}
