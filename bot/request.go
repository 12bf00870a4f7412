package bot

import (
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/incident"
)

// person is the one somebody named: by mention, by name, or as "me".
func (r request) person(d *desk.Desk, said string) (string, error) {
	if said == slackui.Self {
		return r.by.Person, nil
	}
	return d.Named(said)
}

// meta is what a form carries from where it was asked for.
func (r request) meta(id string) slackui.Meta { return slackui.Meta{Incident: id, Channel: r.channel} }

// request is something a person asks for in Slack.
type request struct {
	by      incident.Actor
	user    string // Slack id
	cause   string
	channel string
	thread  string // in which it was said; empty: none
	trigger string
	respond string // response URL
	input   slackui.Input
	// again: they have seen that it exists, and want it once more.
	again bool
	typed string
	// asked is when the question was put that a button answers: what was typed was typed
	// then. Zero: it answers none.
	asked time.Time
	// formed: it comes from a form that was filled in.
	formed bool
}

// meant is the time that was given, else when it was typed; zero: now.
func (r request) meant(given time.Time) time.Time {
	if given.IsZero() {
		return r.asked
	}
	return given
}

func (r request) in() desk.In { return desk.In{By: r.by, Cause: r.cause, Again: r.again} }
