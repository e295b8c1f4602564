package lockflow

import (
	"slices"

	"klockscan/callgraph"
)

// Functions that call each other are solved in rounds, until what each tells its
// callers is what it told them before.

// maxRounds bounds the rounds over a recursive group. Two rounds carry a fact
// once around a cycle; what needs more is a lock nested in itself. Groups of more
// than manyFuncs come from calls through tables that lead from everywhere to
// everywhere, such as those of file systems, and have no third round.
const (
	maxRounds = 3
	manyFuncs = 1000
)

// solveGroup solves the functions that call each other until their summaries
// settle.
func (a *analysis) solveGroup(group []callgraph.FuncID, workers int) {
	if len(group) == 1 && !a.callsItself(group[0]) {
		a.solveFunc(group[0])
		return
	}
	rounds := maxRounds
	if len(group) > manyFuncs {
		rounds--
	}
	order := a.neighbours(group)
	if len(group) <= fewFuncs {
		workers = 1
	}
	seen := make([][]*summary, len(group))
	for round := range rounds {
		if !a.solveRound(group, order, seen, workers) {
			return
		}
		if round == rounds-1 {
			a.outcomes[group[0]].limits["rounds over a recursive group"]++
		}
	}
}

// fewFuncs is the size up to which a group is not worth being shared out.
const fewFuncs = 32

// solveRound solves the functions of a group once, in their order, and says
// whether a summary changed. seen is what each saw of its callees the last time:
// if that is all it would see again, it is left as it is.
func (a *analysis) solveRound(group []callgraph.FuncID, order ordering, seen [][]*summary, workers int) bool {
	old := make([]*summary, len(group))
	for i, f := range group {
		old[i] = a.summaries[f]
	}
	order.run(workers, func(i int32) {
		if sees := a.calleeSummaries(group[i]); seen[i] == nil || !slices.Equal(sees, seen[i]) {
			seen[i] = sees
			a.solveAgain(group[i])
		}
	})
	for i, f := range group {
		if !a.summaries[f].equal(old[i]) {
			return true
		}
	}
	return false
}

// calleeSummaries is the summaries of the functions that f may call or wait for,
// as they are now.
func (a *analysis) calleeSummaries(f callgraph.FuncID) []*summary {
	edges := a.graph.Out(f)
	out := make([]*summary, len(edges))
	for i := range edges {
		if reaches(&edges[i]) { // the others may be solved at this moment
			out[i] = a.summaries[edges[i].Callee]
		}
	}
	return out
}

// solveAgain solves a function of which there may be a summary. That stays if the
// new one says the same, so that callers see that they need not look again.
func (a *analysis) solveAgain(f callgraph.FuncID) {
	old := a.summaries[f]
	a.solveFunc(f)
	if old != nil && a.summaries[f].same(old) {
		a.summaries[f] = old
	}
}

// neighbours orders the functions of a group that call each other as they stand
// in it: whatever the number of workers, each sees the same summaries.
func (a *analysis) neighbours(group []callgraph.FuncID) ordering {
	at := make(map[callgraph.FuncID]int32, len(group))
	for i, f := range group {
		at[f] = int32(i)
	}
	followers := make([][]int32, len(group))
	for i, f := range group {
		for _, e := range a.graph.Out(f) {
			if k, ok := at[e.Callee]; ok && reaches(&e) && k != int32(i) {
				first := min(int32(i), k)
				followers[first] = append(followers[first], max(int32(i), k))
			}
		}
	}
	return after(followers)
}

// callsItself says whether a function is directly recursive.
func (a *analysis) callsItself(f callgraph.FuncID) bool {
	return slices.ContainsFunc(a.graph.Out(f), func(e callgraph.Edge) bool { return e.Callee == f && reaches(&e) })
}
