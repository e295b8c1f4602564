package reports

import "slices"

// A look is how arrows of one style are drawn. Colours are of the palette of
// Okabe and Ito ("Color universal design", 2008), which people with the usual
// kinds of colour blindness tell apart; width and head differ as well.
type look struct {
	line    string  // colour
	text    string  // colour of the label, darker where the line is light
	width   float64 // in pixels
	head    string  // path of the head, whose point is at 0,0 and looks down
	open    bool    // the head is a stroke, not filled
	dotHead string  // the head's name in DOT
}

// looks are indexed by ArrowStyle.
var looks = [...]look{
	Plain:        {"#404040", "#404040", 1, "M0 0L-3.5 -8L3.5 -8z", false, "normal"},
	Documented:   {"#0072B2", "#0072B2", 4.5, "M-6 -9L0 -1L6 -9", true, "vee"},
	Observed:     {"#555555", "#404040", 1, "M0 0L-3.5 -8L3.5 -8z", false, "normal"},
	Both:         {"#009E73", "#00654A", 2.6, "M0 0L-5 -11L0 -8L5 -11z", false, "diamond"},
	Contradicted: {"#D55E00", "#A33F00", 4, "M0 0L-8 -13L8 -13zM-8 -15h16v-3h-16z", false, "normaltee"},
}

// Arrows on cycles that no finding explains.
const (
	markLine  = "#CC79A7"
	markText  = "#8F3F6F"
	markWidth = 2.0
)

// A key is a line of the legend.
type key struct {
	sample Arrow
	text   string
}

// header is the title and the caption.
func (p Picture) header() []string {
	var lines []string
	if p.Title != "" {
		lines = append(lines, label(p.Title))
	}
	for _, c := range p.Caption {
		lines = append(lines, clean(c))
	}
	return lines
}

// meanings are indexed by ArrowStyle.
var meanings = [...]string{
	Plain:        "written call",
	Documented:   "documented, not observed",
	Observed:     "observed, not documented",
	Both:         "documented and observed",
	Contradicted: "CONTRADICTED by a finding",
}

// legend is a line for each look that arrows of the picture have. Where all are
// plain there is nothing to explain.
func (p Picture) legend() []key {
	var styles [len(looks)]bool
	var dashed, dotted, mark bool
	style := Plain // of the samples below
	for _, a := range p.Arrows {
		styles[a.Style] = true
		dashed, dotted, mark = dashed || a.Dashed && !a.Dotted, dotted || a.Dotted, mark || a.Mark
		if a.Style != Plain {
			style = Observed
		}
	}
	var keys []key
	for s, used := range styles {
		if used {
			keys = append(keys, key{Arrow{Style: ArrowStyle(s)}, meanings[s]})
		}
	}
	if dashed {
		text := "through a table or pointer"
		if style != Plain {
			text = "dashed: a trylock, or not sure"
		}
		keys = append(keys, key{Arrow{Style: style, Dashed: true}, text})
	}
	if dotted {
		keys = append(keys, key{Arrow{Dotted: true}, "starts another context"})
	}
	if mark {
		text := "recursion"
		if style != Plain {
			text = "on a cycle"
		}
		keys = append(keys, key{Arrow{Style: style, Mark: true}, text})
	}
	if len(keys) == 1 && styles[Plain] {
		return nil
	}
	return keys
}

// groups is the boxes of each group that has two or more, groups in the order of
// their first boxes.
func (p Picture) groups() [][]int {
	at := map[string]int{}
	var all [][]int
	for i, b := range p.Boxes {
		if b.Group == "" {
			continue
		}
		g, ok := at[b.Group]
		if !ok {
			g = len(all)
			at[b.Group] = g
			all = append(all, nil)
		}
		all[g] = append(all[g], i)
	}
	return slices.DeleteFunc(all, func(members []int) bool { return len(members) < 2 })
}
