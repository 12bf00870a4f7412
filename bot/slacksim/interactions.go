package slacksim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/rs/zerolog"
)

// ActionResult is what came of pressing or choosing something.
type ActionResult struct {
	// Error is "" or the reason why Slack shows a warning sign beside the
	// control: operation_timeout or dispatch_failed.
	Error       string
	TriggerID   string
	ResponseURL string // "" outside messages
	answers
}

// place is where an element stands: a message, the person's open modal or Home.
type place struct {
	channel, ts string
	home        bool
}

// surface is a place with what was found there.
type surface struct {
	place
	ch        *conversation
	message   *Message
	view      *view
	blocks    []object
	stale     []object // what stood there until a moment ago
	entered   map[string]object
	ephemeral bool
}

// surface finds a place as the person sees it.
func (p *Person) surface(at place) (*surface, error) {
	s := p.server
	if at.home {
		v := s.clients.of(p.id).home
		if v == nil {
			return nil, errors.New("there is no Home tab yet")
		}
		return &surface{place: at, view: v, blocks: v.blocks, entered: v.entered}, nil
	}
	if at.channel == "" {
		v := s.clients.of(p.id).top()
		if v == nil {
			return nil, errors.New("no modal is open")
		}
		return &surface{place: at, view: v, blocks: v.blocks, entered: v.entered}, nil
	}
	_, ch, err := p.in(at.channel)
	if err != nil {
		return nil, err
	}
	at.channel = ch.id
	found := &surface{place: at, ch: ch, message: ch.byTS[at.ts]}
	if found.message == nil {
		found.message = s.clients.of(p.id).ephemeral(ch.id, at.ts)
		found.ephemeral = found.message != nil
	}
	if found.message == nil {
		return nil, fmt.Errorf("there is no message %s in %s", at.ts, at.channel)
	}
	found.blocks = found.message.layout()
	found.stale = found.message.stale(s.now())
	found.entered = s.clients.of(p.id).entered(ch.id, at.ts)
	return found, nil
}

// Click presses a button in a message. actionID may be "block_id/action_id";
// value picks among several buttons with the same action id.
func (p *Person) Click(ctx context.Context, channel, ts, actionID string, value ...string) (ActionResult, error) {
	return p.press(ctx, place{channel: channel, ts: ts}, actionID, value)
}

// ClickView presses a button in the person's open modal.
func (p *Person) ClickView(ctx context.Context, actionID string, value ...string) (ActionResult, error) {
	return p.press(ctx, place{}, actionID, value)
}

// ClickHome presses a button on the app's Home tab.
func (p *Person) ClickHome(ctx context.Context, actionID string, value ...string) (ActionResult, error) {
	return p.press(ctx, place{home: true}, actionID, value)
}

// Choose picks in a select, date picker, checkbox group or overflow menu of a
// message. value is a string, a list of strings, or a number for a
// datetimepicker; nil clears.
func (p *Person) Choose(ctx context.Context, channel, ts, actionID string, value any) (ActionResult, error) {
	return p.choose(ctx, place{channel: channel, ts: ts}, actionID, value)
}

// ChooseView is Choose in the person's open modal.
func (p *Person) ChooseView(ctx context.Context, actionID string, value any) (ActionResult, error) {
	return p.choose(ctx, place{}, actionID, value)
}

// ChooseHome is Choose on the app's Home tab.
func (p *Person) ChooseHome(ctx context.Context, actionID string, value any) (ActionResult, error) {
	return p.choose(ctx, place{home: true}, actionID, value)
}

func (p *Person) press(ctx context.Context, at place, key string, value []string) (ActionResult, error) {
	return p.act(ctx, at, func(on *surface) (object, error) {
		for _, b := range slices.Concat(on.blocks, on.stale) {
			for _, e := range elements(b) {
				named := text(e, "action_id") == key || fmt.Sprint(b["block_id"])+"/"+text(e, "action_id") == key
				if !named || len(value) > 0 && text(e, "value") != value[0] {
					continue
				}
				if !slices.Contains([]string{"button", "workflow_button", "icon_button"}, text(e, "type")) {
					return nil, fmt.Errorf("%q is a %s, not a button", key, text(e, "type"))
				}
				action := object{"type": e["type"], "action_id": e["action_id"], "block_id": b["block_id"], "text": e["text"]}
				for _, field := range []string{"value", "style"} {
					if e[field] != nil {
						action[field] = e[field]
					}
				}
				return action, nil
			}
		}
		return nil, fmt.Errorf("there is no button %q here", key)
	})
}

func (p *Person) choose(ctx context.Context, at place, key string, value any) (ActionResult, error) {
	return p.act(ctx, at, func(on *surface) (object, error) {
		block, element, err := find(on.blocks, key)
		if was, gone, found := find(on.stale, key); err != nil && found == nil {
			block, element, err = was, gone, nil
		}
		if err != nil {
			return nil, err
		}
		action := object{"type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"]}
		if text(element, "type") == "overflow" {
			state, err := optionState(element, value, nil)
			if err != nil {
				return nil, err
			}
			maps.Copy(action, state)
			return action, nil
		}
		id, _ := block["block_id"].(string)
		state, err := p.enters(id, element, value)
		if err != nil {
			return nil, err
		}
		on.entered[id+"/"+text(element, "action_id")] = state
		maps.Copy(action, state)
		if dispatches, _ := block["dispatch_action"].(bool); block["type"] == "input" && !dispatches {
			return nil, nil
		}
		return action, nil
	})
}

// act builds an action with the mutex held, sends it and waits for the
// acknowledgement. A nil action changes only what the person's client shows.
func (p *Person) act(ctx context.Context, at place, build func(*surface) (object, error)) (ActionResult, error) {
	var result ActionResult
	problem, err := await(ctx, p, "act", func() (done chan string, err error) {
		result, done, err = p.begin(at, build)
		return done, err
	})
	result.Error = problem
	return result, err
}

func (p *Person) begin(at place, build func(*surface) (object, error)) (ActionResult, chan string, error) {
	s := p.server
	result := ActionResult{answers: answers{server: s}}
	u, err := p.user()
	if err != nil {
		return result, nil, err
	}
	on, err := p.surface(at)
	if err != nil {
		return result, nil, err
	}
	action, err := build(on)
	if err != nil {
		return result, nil, err
	}
	s.clients.noteSurface(p.id, on)
	if action == nil {
		return result, nil, nil
	}
	action["action_ts"] = s.mint.ts()
	payload := s.interactions.payload("block_actions", u)
	payload["actions"] = []object{action}
	s.interactions.describe(payload, on, u, &result)
	return result, s.interactions.send("block_actions", payload), nil
}

// interactions sends what people do with the app to it, and shows them what it answers.
// It belongs to the server's mutex.
type interactions struct {
	*directory
	app       *installation
	team      *team
	gateway   *gateway
	grants    *grants
	responses *responses
	clients   *clients
	mint      *mint
	log       zerolog.Logger
}

// describe adds to a block_actions payload where it happened.
func (in *interactions) describe(payload object, on *surface, u *User, result *ActionResult) {
	if on.view != nil {
		result.TriggerID = in.grants.trigger(u.ID, on.view.origin)
		payload["trigger_id"] = result.TriggerID
		payload["container"] = object{"type": "view", "view_id": on.view.id}
		payload["view"] = on.view.object()
		return
	}
	result.TriggerID = in.grants.trigger(u.ID, on.ch.id)
	container := object{"type": "message", "message_ts": on.ts, "channel_id": on.ch.id, "is_ephemeral": on.ephemeral}
	if on.message.ThreadTS != "" {
		container["thread_ts"] = on.message.ThreadTS
	}
	h, url := in.responses.open(hook{kind: "actions", user: u.ID, channel: on.ch.id, original: on.ts})
	result.ResponseURL, result.hook = url, h
	payload["trigger_id"], payload["container"], payload["response_url"] = result.TriggerID, container, url
	payload["channel"] = object{"id": on.ch.id, "name": on.ch.payloadName()}
	payload["state"] = object{"values": states(on.blocks, on.entered)}
	if !on.ephemeral {
		payload["message"] = on.message.clone()
	}
}

// interaction is what all interactive payloads have in common.
func (in *interactions) payload(kind string, u *User) object {
	return object{
		"type": kind, "token": "legacy-verification-token", "api_app_id": appID, "team": object{"id": teamID, "domain": in.team.domain},
		"user":       object{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": teamID},
		"enterprise": nil, "is_enterprise_install": false,
	}
}

// sendInteraction dispatches a payload whose acknowledgement carries nothing.
func (in *interactions) send(kind string, payload object) chan string {
	done := make(chan string, 1)
	in.dispatch(kind, payload, func(r reply) { done <- r.problem })
	return done
}

func (in *interactions) dispatch(kind string, payload object, done func(reply)) {
	raw, err := json.Marshal(payload)
	if err != nil || !in.app.manifest.Settings.Interactivity.Enabled {
		done(reply{problem: "dispatch_failed"})
		return
	}
	in.gateway.dispatch(&envelope{kind: "interactive", inner: kind, payload: raw, done: done})
}

// Shortcut runs a global shortcut from the lightning menu.
func (p *Person) Shortcut(ctx context.Context, callbackID string) (ActionResult, error) {
	return p.shortcut(ctx, "global", callbackID, nil)
}

// MessageAction runs a message shortcut on a message.
func (p *Person) MessageAction(ctx context.Context, channel, ts, callbackID string) (ActionResult, error) {
	return p.shortcut(ctx, "message", callbackID, &place{channel: channel, ts: ts})
}

func (p *Person) shortcut(ctx context.Context, kind, callbackID string, at *place) (ActionResult, error) {
	var result ActionResult
	problem, err := await(ctx, p, "run shortcut "+callbackID, func() (done chan string, err error) {
		result, done, err = p.beginShortcut(kind, callbackID, at)
		return done, err
	})
	result.Error = problem
	return result, err
}

func (p *Person) beginShortcut(kind, callbackID string, at *place) (ActionResult, chan string, error) {
	s := p.server
	result := ActionResult{answers: answers{server: s}}
	u, err := p.user()
	if err != nil {
		return result, nil, err
	}
	if !s.app.offers(kind, callbackID) {
		return result, nil, fmt.Errorf("the manifest has no %s shortcut of that name", kind)
	}
	if at == nil {
		payload := s.interactions.payload("shortcut", u)
		result.TriggerID = s.grants.trigger(u.ID, "")
		payload["callback_id"], payload["trigger_id"], payload["action_ts"] = callbackID, result.TriggerID, s.mint.ts()
		return result, s.interactions.send("shortcut", payload), nil
	}
	on, err := p.surface(*at)
	if err != nil {
		return result, nil, err
	}
	if on.ephemeral {
		return result, nil, errors.New("a message only you can see has no message shortcuts")
	}
	payload := s.interactions.payload("message_action", u)
	s.interactions.describe(payload, on, u, &result)
	delete(payload, "container")
	delete(payload, "state")
	payload["callback_id"], payload["action_ts"], payload["message_ts"] = callbackID, s.mint.ts(), on.ts
	return result, s.interactions.send("message_action", payload), nil
}
