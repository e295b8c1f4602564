package lockflow

// A RuleAudit turns the comparison around: what the code says about a rule.
type RuleAudit struct {
	Rule   *Rule
	Keeps  int // observed pairs that follow the rule
	Breaks int // pairs against it, trylocks and reads that cannot block left out
}

// Unexercised says that no path of the code has to do with the rule.
func (a RuleAudit) Unexercised() bool { return a.Keeps+a.Breaks == 0 }

// Audit counts, for each rule of the architecture that states an order, the
// pairs that keep it and those that break it. Pairs are counted once for each
// function that holds the outer lock. A rule is counted by what it says itself,
// not by what follows from it together with others.
func Audit(res *Result, rules []*Rule) []RuleAudit {
	var out []RuleAudit
	for _, r := range rules {
		if !r.holdsFor(res.Arch) || r.Kind == RuleNote || r.Kind == RuleLeaf {
			continue
		}
		a := RuleAudit{Rule: r}
		for i := range res.Pairs {
			a.count(&res.Pairs[i])
		}
		out = append(out, a)
	}
	return out
}

// count adds one pair. What a rule forbids counts against it one way round;
// what it allows or reports counts for it only.
func (a *RuleAudit) count(p *Pair) {
	r := a.Rule
	straight := binds(r.Outer, p.Outer.Class) && binds(r.Inner, p.Inner.Class)
	back := binds(r.Inner, p.Outer.Class) && binds(r.Outer, p.Inner.Class)
	switch r.Kind {
	case RuleOrder:
		a.add(straight, back && p.orders())
	case RuleMayInside, RuleRequires:
		a.add(straight, false)
	case RuleNotInside:
		a.add(back, straight && p.orders())
	case RuleWaitUnder:
		a.add(straight && p.Inner.Mode == Wait, back && p.Outer.Mode == ReadRec && p.orders())
	case RuleReleased:
		a.add(false, straight && p.Inner.Mode == Wait)
	case RuleMustNot:
		for _, n := range r.Outer {
			if p.Outer.Mode == Context && n.Context == contextKey(p.Outer.Class.Path) {
				a.add(false, binds(r.Inner, p.Inner.Class) && p.Inner.blocks())
			}
		}
	}
}

func (a *RuleAudit) add(keeps, breaks bool) {
	if keeps {
		a.Keeps++
	}
	if breaks {
		a.Breaks++
	}
}
