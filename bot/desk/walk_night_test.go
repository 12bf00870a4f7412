package desk_test

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

// When clocks change in Berlin; in New York the second time five hours later, and the first
// time not in these days.
var (
	clocksForward = time.Date(2000, time.March, 26, 1, 0, 0, 0, time.UTC)
	clocksBack    = time.Date(2000, time.October, 29, 1, 0, 0, 0, time.UTC)
)

// berlin and newYork show what a clock on a wall there shows, as if it were in UTC.
func berlin(t time.Time) time.Time {
	if t.Before(clocksForward) || !t.Before(clocksBack) {
		return t.UTC().Add(time.Hour)
	}
	return t.UTC().Add(2 * time.Hour)
}

func newYork(t time.Time) time.Time {
	if back := clocksBack.Add(5 * time.Hour); t.After(clocksForward.Add(30*24*time.Hour)) && t.Before(back) {
		return t.UTC().Add(-4 * time.Hour)
	}
	return t.UTC().Add(-5 * time.Hour)
}

// night is what the walk knows of clocks, and of those who are told beside a page.
type night struct {
	swapped, setBack bool            // by somebody, and a clock: no more than is known then
	shadows          []oncall.Shadow // that somebody made
	copies           map[string]bool // person and page: who must get a copy, and whether they have
	loud             map[string]bool // pages that something urgent has been on
	kept             map[string]bool // silence and channel: where it must be told what was kept, and whether it was
}

func newNight() night {
	return night{copies: map[string]bool{}, loud: map[string]bool{}, kept: map[string]bool{}}
}

// window is a maintenance as the configuration has it.
type window struct {
	service string
	length  time.Duration
	began   func(now time.Time) time.Time // the last that began by now
}

var windows = []window{
	{"search", 30 * time.Minute, func(now time.Time) time.Time { return now.Truncate(4 * time.Hour) }},
	{"checkout", time.Hour, func(time.Time) time.Time { return time.Date(2000, 1, 1, 14, 0, 0, 0, time.UTC) }},
	{"vault", 45 * time.Minute, func(now time.Time) time.Time { return ago(now, berlin, 21*time.Hour) }},
	{"vault", time.Hour, func(now time.Time) time.Time { return ago(now, berlin, 2*time.Hour+30*time.Minute) }},
}

// ago is when a clock on a wall showed a time of the day last, or for the first time a later
// one: the first of two times on one day.
func ago(now time.Time, wall func(time.Time) time.Time, of time.Duration) (last time.Time) {
	for t := now.Truncate(time.Minute).Add(-25 * time.Hour); !t.After(now); t = t.Add(time.Minute) {
		before, after := wall(t.Add(-time.Minute)), wall(t)
		today := after.Truncate(24 * time.Hour).Add(of)
		if before.Before(today) && !after.Before(today) && (last.IsZero() || !wall(last).Truncate(24*time.Hour).Equal(today.Add(-of))) {
			last = t
		}
	}
	return last
}

// maintained says whether what fires is worked on, and has fired only since.
func (g *ground) maintained(f *fire) bool {
	now := g.desk.Now()
	return !g.setBack && slices.ContainsFunc(windows, func(w window) bool {
		if w.service != f.service || w.service == "vault" && g.change == len(groundChanges)-1 {
			return false
		}
		began := w.began(now)
		return f.since.After(began.Add(slack)) && now.Before(began.Add(w.length-slack))
	})
}

// asleep says whether somebody has quiet hours, and for the next minutes too.
func asleep(person string, at time.Time) bool {
	wall, from, to := berlin, 22*time.Hour, 7*time.Hour
	switch person {
	case "owl":
	case "dev1":
		wall, from, to = time.Time.UTC, 18*time.Hour, 9*time.Hour
	case "lead1":
		wall, from, to = newYork, 21*time.Hour, 8*time.Hour
	default:
		return false
	}
	return slices.IndexFunc([]time.Time{at.Add(-slack), at, at.Add(slack)}, func(t time.Time) bool {
		of := wall(t).Sub(wall(t).Truncate(24 * time.Hour))
		return of >= to && of < from
	}) < 0
}

// mayWait says whether a page need not be told yet: nothing on it is urgent, and all whom it
// is to tell sleep.
func (g *ground) mayWait(page string) bool {
	if page == "" {
		return false
	}
	p, now := g.page(page), g.desk.Now()
	urgent := func(f *fire) bool { return f.rank <= wakes }
	if p.Status != paging.Open || p.Held.Before(now.Add(-slack)) ||
		slices.ContainsFunc(g.on(page), func(on alert.Alert) bool { return slices.ContainsFunc(g.of(on.ID), urgent) }) {
		return false
	}
	return g.setBack || !slices.ContainsFunc(p.Pending, func(q paging.Pending) bool {
		return q.Turn == p.Turn && !asleep(q.To.Person, now) && p.Held.Sub(now) > time.Minute
	})
}

// mayWake holds that only what is urgent tells somebody in their quiet hours, which are no
// longer than anybody is left in peace but those of dev1.
func (g *ground) mayWake(a attempt, p paging.Page, decided time.Time) {
	if p.By != "" || len(g.of(a.Subject)) == 0 || a.To == "dev1" || !asleep(a.To, decided) || g.loud[p.ID] || g.setBack {
		return
	}
	for _, on := range g.on(p.ID) {
		for _, f := range g.of(on.ID) {
			if f.rank <= wakes {
				return
			}
		}
	}
	g.wrong("%s woke %s at %s with a warning", p.ID, a.To, clock(decided))
}

// watchman is who is on call in the rota, as far as nobody has swapped.
func watchman(at time.Time) string {
	turns := at.Sub(time.Date(1999, 12, 20, 9, 0, 0, 0, time.UTC)) / (24 * time.Hour)
	return []string{"sre1", "sre2"}[turns%2]
}

// owesCopies notes whose shadows must get a copy of what was sent.
func (g *ground) owesCopies(a attempt) {
	if g.swapped || g.setBack || g.change != 0 {
		return
	}
	for _, s := range g.shadows {
		from, _ := time.Parse(time.RFC3339, s.From)
		to, _ := time.Parse(time.RFC3339, s.To)
		in := a.At.After(from.Add(time.Minute)) && a.At.Before(to.Add(-slack))
		if s.Kind == oncall.ShadowKind && s.With == a.To && in && watchman(a.At) == a.To && watchman(a.At.Add(-time.Minute)) == a.To {
			owe(g.copies, s.Person+" a copy of "+a.Page)
		}
	}
}

// owesKept notes where it must be told that something fired while it was silenced: of what
// opens no incident.
func (g *ground) owesKept(f *fire) {
	var by []silenced
	for _, s := range g.silences {
		if g.desk.Now().Before(s.until.Add(-slack)) && s.covers(f) && g.holds(s) {
			by = append(by, s)
		}
	}
	if len(by) == 1 && f.service != "db" && f.service != "orphan" && !g.maintained(f) && f.rank <= wakes {
		owe(g.kept, by[0].id+" kept in svc-"+f.service)
	}
}

// owe notes what must be told, unless it was.
func owe(list map[string]bool, what string) {
	if !list[what] {
		list[what] = false
	}
}

// posted notes what was told beside pages.
func (g *ground) posted(kind string, body []byte) {
	switch kind {
	case desk.WordKind:
		var w desk.Word
		g.check(json.Unmarshal(body, &w))
		if w.Kind == desk.SayCopy {
			g.copies[w.To+" a copy of "+w.Page] = true
		}
	case desk.KeptKind:
		k, err := desk.ReadKept(body)
		g.check(err)
		g.kept[k.Silence+" kept in "+k.Channel] = true
	}
}

// judgeTold says what was told nobody beside pages that should have been.
func (g *ground) judgeTold() {
	for what, told := range g.copies {
		if !told {
			g.wrong("%s was never sent", what)
		}
	}
	for what, told := range g.kept {
		if !told && !g.setBack {
			g.wrong("what %s was never told", what)
		}
	}
}
