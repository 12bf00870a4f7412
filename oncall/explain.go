package oncall

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Explain tells step by step how the answer at an instant comes about: what each
// layer says, the one that wins first, and what overrides and shadows make of it.
// Times are in the schedule's zone.
func (p *Plan) Explain(at time.Time) []string {
	t := instantOf(at)
	layers := p.era(t).layers
	out := []string{}
	won := false
	for i := len(layers) - 1; i >= 0; i-- {
		posts, until := layers[i].at(nil, i, t)
		switch {
		case len(posts) == 0:
			out = append(out, fmt.Sprintf("layer %q: %s", layers[i].name, p.whyNobody(&layers[i], t, until)))
		case won:
			out = append(out, fmt.Sprintf("layer %q: %s, under the layers before", layers[i].name, names(posts)))
		default:
			won = true
			out = append(out, fmt.Sprintf("%s: %s stands, turn %d%s", layers[i].why, names(posts), posts[0].turn, p.untilText(until)))
		}
	}
	if !won {
		out = append(out, "no layer has anybody")
	}
	posts := p.posts(nil, t)
	for _, i := range p.active(nil, t) {
		note := ", without effect now"
		if slices.ContainsFunc(posts, func(q post) bool { return q.override == i }) {
			note = ""
		}
		out = append(out, p.overrides[i].why+note)
	}
	for i := range p.shadows {
		for _, q := range posts {
			if q.shadow == i && q.kind != Primary {
				out = append(out, p.shadows[i].why)
			}
		}
	}
	return out
}

func names(posts []post) string {
	list := make([]string, len(posts))
	for i := range posts {
		list[i] = posts[i].person
	}
	return strings.Join(list, " and ")
}

func (p *Plan) whyNobody(l *layer, t, until instant) string {
	switch {
	case l.deal.vacant:
		return "the offset would put the same person here twice"
	case len(l.deal.pattern) == 0:
		return "the rotation is empty"
	case t >= l.end:
		return "over since " + p.clockText(l.end)
	case t < l.start:
		return "not started" + p.untilText(l.start)
	case len(l.windows) > 0:
		return "closed" + p.untilText(until)
	}
	return "nobody in its pools"
}

func (p *Plan) untilText(t instant) string {
	if t >= never {
		return ""
	}
	return " until " + p.clockText(t)
}

func (p *Plan) clockText(t instant) string {
	return t.time().In(p.zone.loc).Format("Mon 2 Jan 2006 15:04 MST")
}
