package slackui

import (
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/oncall"
)

// Fortnight is two weeks of a schedule, to be shown.
type Fortnight struct {
	Schedule string
	Zone     *time.Location // the schedule's
	From, To time.Time
	Shifts   []oncall.Shift
	Gaps     []oncall.Gap
}

// mostStints is how many lines of a schedule fit on the screen of a phone.
const mostStints = 10

// FortnightText is the schedule in words, with times in the reader's zone: what fits on
// the screen of a phone, the first day in any case, and how to see what comes then.
func FortnightText(f Fortnight, s Scene) Message {
	list, then, tomorrow := f.stints(s), f.To, f.dayAfter(f.From)
	if n := mostStints + slices.IndexFunc(list[min(mostStints, len(list)):], func(t stint) bool { return !t.from.Before(tomorrow) }); n >= mostStints {
		list, then = list[:n], list[n].from
	}
	var lines []string
	for _, t := range list {
		lines = append(lines, t.line())
	}
	shown, _ := fitting(lines)
	blocks := append([]slack.Block{section("*" + line(f.Schedule, 60) + "*, from " + when(f.From))}, paged(shown)...)
	blocks = append(blocks, small("Later: `"+s.oncallCommand()+" schedule "+line(f.Schedule, 60)+" "+then.In(f.Zone).Format(time.DateOnly)+"`"))
	return Message{Text: "Two weeks of " + line(f.Schedule, 60), Blocks: blocks}
}

// stint is a time on call, or with nobody; or several at the same hours, day after day.
type stint struct {
	who      string
	from, to time.Time // of the first
	start    time.Time // of the last
	end      time.Time
}

func (t stint) line() string {
	if t.start.Equal(t.from) {
		return t.who + ": " + period(t.from, t.to)
	}
	return t.who + ": " + period(t.from, t.to) + ", daily until " + when(t.end)
}

// dayAfter is the same time of day there, a day later.
func (f Fortnight) dayAfter(t time.Time) time.Time { return t.In(f.Zone).AddDate(0, 0, 1) }

// stints are the shifts and gaps in the order of their beginnings.
func (f Fortnight) stints(s Scene) []stint {
	var all []stint
	add := func(who string, from, to time.Time) { all = append(all, stint{who, from, to, from, to}) }
	for _, t := range f.Shifts {
		who := s.plain(t.Person)
		switch {
		case !t.Covers():
			who += " (" + strings.ReplaceAll(line(t.Kind, 30), "_", " ") + ")"
		case t.Kind == oncall.Overriding:
			who += " (override)"
		}
		add(who, t.Start, t.End)
	}
	for _, g := range f.Gaps {
		add("*Nobody*", g.Start, g.End)
	}
	slices.SortStableFunc(all, func(a, b stint) int { return a.from.Compare(b.from) })
	var out []stint
	for _, t := range all {
		before := slices.IndexFunc(out, func(o stint) bool {
			return o.who == t.who && f.dayAfter(o.start).Equal(t.start) && f.dayAfter(o.end).Equal(t.end) && o.end.Before(t.start)
		})
		if before < 0 {
			out = append(out, t)
			continue
		}
		out[before].start, out[before].end = t.start, t.end
	}
	return out
}
