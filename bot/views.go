package bot

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/incident/postmortem"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// views know what is shown besides the records: who is who in Slack, where something was
// posted, and whether buttons work.
type views struct {
	settings *configs.Config
	services []string // the names of the settings'
	desk     *desk.Desk
	people   *desk.Directory
	store    storage.Store
	footing  *footing
	unheard  func() bool // nothing that people press is heard
	now      func() time.Time
}

// scene is what a view of the incident must know besides the record.
func (v *views) scene(ctx context.Context, i incident.Incident) slackui.Scene {
	s := v.sceneOf(ctx, i.ID)
	s.Help = v.desk.Help(i.Service)
	for _, id := range v.desk.AlertIDsOf(i.ID) {
		l := paging.Link{Text: id}
		if r := v.posted(ctx, alertTarget(id)); r.TS != "" && len(s.Alerts) < shownAlerts {
			l.URL = v.permalink(r.Channel, r.TS)
		}
		s.Alerts = append(s.Alerts, l)
	}
	return s
}

// sceneOf is the scene of what has the id: an incident, or what a page is about.
func (v *views) sceneOf(ctx context.Context, id string) slackui.Scene {
	s := v.plain()
	s.NewsChannel = v.footing.newsChannel()
	if strings.HasPrefix(id, "INC-") {
		if r, err := announcedAt(ctx, v.store, id); err == nil && r.TS != "" {
			s.NewsLink = v.permalink(r.Channel, r.TS)
		}
	}
	return s
}

// plain is a scene for views that link no announcement, which is what takes
// reading: all that answer a person.
func (v *views) plain() slackui.Scene {
	return slackui.Scene{Now: v.now(), Mention: v.mention, PlainName: v.people.Display, TeamURL: v.footing.self().URL,
		Unheard: v.unheard(), Command: v.settings.Slack.Commands.Incident[0], OncallCommand: v.settings.Slack.Commands.OnCall[0], Services: v.services}
}

func (v *views) mention(person string) string {
	if id, ok := v.people.Slack(person); ok {
		return "<@" + id + ">"
	}
	return person
}

// permalink is the address of a message, as Slack builds it.
func (v *views) permalink(channel, ts string) string {
	url := v.footing.self().URL
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

// asWritten is a message's text as its writer saw it.
func (v *views) asWritten(text string) string {
	return slackui.Decode(text, func(id string) string { return v.people.Display(v.people.Person(id)) })
}

// draftFor is what the message in Slack shows of a draft.
func draftFor(d postmortem.Draft) slackui.Draft {
	out := slackui.Draft{Incident: d.ID, Title: d.Title, Summary: strings.Join(d.TLDR, "\n")}
	for _, m := range d.Intervals {
		out.Figures = append(out.Figures, slackui.Figure{Name: m.Title(), Value: m.Length()})
	}
	for _, text := range d.Checklist() {
		out.Asks = append(out.Asks, slackui.Ask{Text: text})
	}
	return out
}
