package slackui

import (
	"strings"

	"github.com/watchbill/watchbill/oncall/paging"
)

// markerOf is the one sign that leads a page: how bad it is, at a glance.
func markerOf(a paging.About) string {
	if a.Over {
		return "✅"
	}
	return markers[a.Rank]
}

// markers are the signs by rank; what has none comes last.
var markers = map[int]string{1: "🔴", 2: "🟠", 3: "🟡", 4: "⚪", 0: "⚪"}

func levelled(level, title string) string {
	if level == "" {
		return title
	}
	return level + " · " + title
}

// aboutFacts is the line that identifies what a page is about.
func aboutFacts(a paging.About) string {
	parts := []string{"*" + line(a.ID, 20) + "*"}
	if a.State != "" {
		parts = append(parts, line(a.State, 60))
	}
	if a.Service != "" {
		parts = append(parts, "service "+line(a.Service, maxService))
	}
	return strings.Join(parts, " · ")
}

// Bounds of what a page says besides what it is for.
const (
	maxDetails = 8
	maxLinks   = 6
)

func details(a paging.About) string {
	var out []string
	for _, d := range a.Details[:min(len(a.Details), maxDetails)] {
		out = append(out, "*"+line(d.Name, maxName)+":* "+line(d.Text, maxReason))
	}
	return strings.Join(out, "\n")
}

// lookAt is what there is to look at.
func lookAt(links []paging.Link) string {
	var out []string
	for _, l := range links[:min(len(links), maxLinks)] {
		if webAddress(l.URL) {
			out = append(out, link(l.URL, l.Text))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "*Look at:* " + strings.Join(out, " · ")
}
