package bot

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/configs"
)

// front is where people type and press: it turns that into commands of the desk.
type front struct {
	settings   *configs.Config
	desk       *desk.Desk
	people     *desk.Directory
	workspace  *workspace
	client     *slackio.Client
	footing    *footing
	views      *views
	reply      *replies
	places     *places
	alerts     *alertFront
	oncall     *oncallFront
	home       *home
	afterwards *afterwards
	version    string
	log        zerolog.Logger
	now        func() time.Time
}

type slashPayload struct {
	TeamID      string `json:"team_id"`
	ChannelID   string `json:"channel_id"`
	UserID      string `json:"user_id"`
	Command     string `json:"command"`
	Text        string `json:"text"`
	ResponseURL string `json:"response_url"`
	TriggerID   string `json:"trigger_id"`
}

func (f *front) slash(ctx context.Context, e slackio.Envelope) json.RawMessage {
	var p slashPayload
	if err := json.Unmarshal(e.Payload, &p); err != nil {
		f.log.Warn().Err(err).Msg("decode slash command")
		return nil
	}
	p.Text = f.named(ctx, p.Text)
	r := request{by: f.workspace.actor(ctx, p.UserID), user: p.UserID, cause: "trigger:" + p.TeamID + ":" + p.TriggerID, channel: p.ChannelID,
		trigger: p.TriggerID, respond: p.ResponseURL, typed: strings.TrimSpace(p.Command + " " + p.Text)}
	zone := f.people.Zone(r.by.Person)
	if slices.ContainsFunc(f.settings.Slack.Commands.OnCall, func(c string) bool { return strings.EqualFold(c, p.Command) }) {
		r.input = slackui.ParseOncall(p.Text, f.now(), zone)
	} else {
		r.input = f.understood(p.Text, zone)
	}
	if m := f.run(ctx, r); m != nil {
		return ephemeral(*m)
	}
	return nil
}

// run does what a person asks for, and gives the message that only they see; nil:
// they see something else, such as a form.
func (f *front) run(ctx context.Context, r request) *slackui.Message {
	m, err := f.dispatch(ctx, r)
	if err == nil {
		return m
	}
	return f.reply.explain(r, err)
}
