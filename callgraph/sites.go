package callgraph

import (
	"cmp"
	"slices"

	"klockscan/cparse"
)

// An IndirectSite is a call site whose callee is not named: a call through a
// member, a table, a variable, a parameter or a result.
type IndirectSite struct {
	Caller  FuncID
	Call    *cparse.Call
	Expr    string // the callee as written; for a temporary, the expression whose value it is
	Targets []Edge // what may be called; empty if Reason is set
	Reason  string // why no target is known
}

// IndirectSites lists the call sites through function pointers, by caller and
// site. Hand-over to another context (INIT_WORK) is no call through a pointer.
func (g *Graph) IndirectSites() []IndirectSite {
	open := make(map[siteKey]string, len(g.Unresolved))
	for _, u := range g.Unresolved {
		open[siteKey{u.Caller, u.Site}] = u.Reason
	}
	var sites []IndirectSite
	for _, f := range g.Prog.Funcs {
		if f.IR() == nil || f.External {
			continue
		}
		for _, c := range f.calls() {
			site := IndirectSite{Caller: f.ID, Call: c, Reason: open[siteKey{f.ID, c.Site}]}
			site.Targets = indirect(g.Targets(f.ID, c.Site))
			if site.Reason != "" || len(site.Targets) > 0 {
				site.Expr = f.calleeText(c)
				sites = append(sites, site)
			}
		}
	}
	return sites
}

// calls is the calls of a function by site; blocks are in another order.
func (f *Func) calls() []*cparse.Call {
	var calls []*cparse.Call
	for _, b := range f.Body().Blocks {
		for _, in := range b.Instrs {
			if c, ok := in.(*cparse.Call); ok {
				calls = append(calls, c)
			}
		}
	}
	slices.SortFunc(calls, func(a, b *cparse.Call) int { return cmp.Compare(a.Site, b.Site) })
	return calls
}

// indirect picks the edges of a site that come from a function pointer.
func indirect(edges []Edge) []Edge {
	var out []Edge
	for _, e := range edges {
		if e.Kind.Sync() && e.Kind > Macro {
			out = append(out, e)
		}
	}
	return out
}
