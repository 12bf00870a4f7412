package bot

import (
	"context"
	"fmt"
	"strings"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// scene is what a view of the incident must know besides the record.
func (b *Bot) scene(ctx context.Context, i incident.Incident) slackui.Scene {
	s := b.sceneOf(ctx, i.ID)
	s.Help = b.desk.Help(i.Service)
	for _, id := range b.desk.AlertIDsOf(i.ID) {
		l := paging.Link{Text: id}
		if r := b.posted(ctx, alertTarget(id)); r.TS != "" && len(s.Alerts) < shownAlerts {
			l.URL = b.permalink(r.Channel, r.TS)
		}
		s.Alerts = append(s.Alerts, l)
	}
	return s
}

// sceneOf is the scene of what has the id: an incident, or what a page is about.
func (b *Bot) sceneOf(ctx context.Context, id string) slackui.Scene {
	s := b.plainScene()
	s.NewsChannel = b.footing.newsChannel()
	if strings.HasPrefix(id, "INC-") {
		if kept, err := b.store.Receipt(ctx, "announce/"+id); err == nil {
			if r := readReceipt(kept); r.TS != "" {
				s.NewsLink = b.permalink(r.Channel, r.TS)
			}
		}
	}
	return s
}

// plainScene is a scene for views that link no announcement, which is what takes
// reading: all that answer a person.
func (b *Bot) plainScene() slackui.Scene {
	return slackui.Scene{Now: b.now(), Mention: b.mention, PlainName: b.people.Display, TeamURL: b.footing.self().URL,
		Unheard: b.ears.muted(), Command: b.settings.Slack.Commands.Incident[0], OncallCommand: b.settings.Slack.Commands.OnCall[0], Services: b.services}
}

func (b *Bot) mention(person string) string {
	if id, ok := b.people.Slack(person); ok {
		return "<@" + id + ">"
	}
	return person
}

// permalink is the address of a message, as Slack builds it.
func (b *Bot) permalink(channel, ts string) string {
	url := b.footing.self().URL
	if url == "" || channel == "" {
		return ""
	}
	digits := make([]byte, 0, len(ts))
	for n := range len(ts) {
		if ts[n] != '.' {
			digits = append(digits, ts[n])
		}
	}
	return fmt.Sprintf("%sarchives/%s/p%s", url, channel, digits)
}

// watches turns the desk's answer into what is shown.
func (b *Bot) watches(list []desk.Watch) []slackui.Watch {
	var out []slackui.Watch
	for _, w := range list {
		v := slackui.Watch{Schedule: w.Schedule, Next: w.Until, NextBy: b.takingOver(w)}
		for _, d := range w.Duties {
			v.On = append(v.On, slackui.OnDuty{Person: d.Person, Why: d.Why, Shadow: !d.Covers()})
		}
		out = append(out, v)
	}
	return out
}

// takingOver are those who are on call when a watch ends.
func (b *Bot) takingOver(w desk.Watch) []string {
	if w.Until.IsZero() {
		return nil
	}
	next, err := b.desk.OnCall(w.Schedule, w.Until)
	if err != nil || len(next) != 1 {
		return nil
	}
	var out []string
	for _, d := range next[0].Duties {
		if d.Covers() {
			out = append(out, d.Person)
		}
	}
	return out
}
