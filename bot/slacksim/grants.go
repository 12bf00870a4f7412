package slacksim

import (
	"cmp"
	"maps"
	"strconv"
	"time"
)

const (
	triggerLife = 3 * time.Second
	hookLife    = 30 * time.Minute
	hookUses    = 5
)

// trigger is the right to open one modal within three seconds.
type trigger struct {
	user, channel string
	expires       time.Time
	used          bool
}

// hook is one response_url.
type hook struct {
	id, secret, kind string // kind "commands" or "actions"
	user, channel    string
	original         string // ts of the message it belongs to, "" if none yet
	expires          time.Time
	uses             int
	replies          []Message
}

func (h *hook) path() string { return "/hooks/" + h.kind + "/" + teamID + "/" + h.id + "/" + h.secret }

// grants are what an interaction gives to the app for a while: triggers and response
// URLs. What has expired is kept for some time, to tell it from what never was. It
// belongs to the server's mutex.
type grants struct {
	now      func() time.Time
	mint     *mint
	agenda   *agenda
	triggers map[string]*trigger
	hooks    map[string]*hook
	sweeping bool // by a job
}

func (g *grants) trigger(user, channel string) (id string) {
	id = strconv.FormatInt(g.now().UnixMilli(), 10) + "." + strconv.FormatUint(g.mint.number(), 10) + "." + g.mint.secret()
	g.triggers[id] = &trigger{user: user, channel: channel, expires: g.now().Add(triggerLife)}
	g.sweepLater()
	return id
}

// open finds the trigger that a call to open a modal brings. It is used up by whoever
// opens the modal.
func (g *grants) open(c *call) (*trigger, error) {
	id := cmp.Or(c.str("trigger_id"), c.str("interactivity_pointer"))
	if id == "" {
		return nil, failArguments("missing required field: trigger_id")
	}
	t := g.triggers[id]
	switch {
	case t == nil:
		return nil, fail("invalid_trigger_id")
	case t.used:
		return nil, fail("exchanged_trigger_id")
	case g.now().After(t.expires):
		return nil, fail("expired_trigger_id")
	}
	return t, nil
}

// hook gives a response URL its id, its secret and its time.
func (g *grants) hook(h hook) *hook {
	h.id, h.secret, h.expires = g.mint.id("H"), g.mint.secret(), g.now().Add(hookLife)
	g.hooks[h.id] = &h
	g.sweepLater()
	return &h
}

// sweepLater has triggers and response URLs dropped some time after they expire.
func (g *grants) sweepLater() {
	if g.sweeping {
		return
	}
	g.sweeping = true
	g.agenda.after(time.Minute, func() {
		now := g.now()
		maps.DeleteFunc(g.triggers, func(_ string, t *trigger) bool { return now.Sub(t.expires) > time.Minute })
		maps.DeleteFunc(g.hooks, func(_ string, h *hook) bool { return now.Sub(h.expires) > hookLife })
		g.sweeping = false
		if len(g.triggers)+len(g.hooks) > 0 {
			g.sweepLater()
		}
	})
}
