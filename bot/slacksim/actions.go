package slacksim

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// actionInput is the body of POST /sim/api/ACTION. Every action reads "user"
// (an id or handle) and the fields listed beside it in actions.
type actionInput struct {
	User       string         `json:"user"`
	Channel    string         `json:"channel"` // an id or name; "" with view or home
	TS         string         `json:"ts"`
	ThreadTS   string         `json:"thread_ts"`
	Text       string         `json:"text"`
	Broadcast  bool           `json:"broadcast"`
	Command    string         `json:"command"`
	View       bool           `json:"view"` // the element stands in the person's open modal
	Home       bool           `json:"home"` // the element stands on the Home tab
	BlockID    string         `json:"block_id"`
	ActionID   string         `json:"action_id"`
	Value      any            `json:"value"`
	Values     map[string]any `json:"values"`
	Query      string         `json:"query"`
	Name       string         `json:"name"`
	CallbackID string         `json:"callback_id"`
	Users      []string       `json:"users"`
	Content    string         `json:"content"`
	Target     string         `json:"target"`
	Private    bool           `json:"private"`
	All        bool           `json:"all"`
	On         *bool          `json:"on"`
	Tab        string         `json:"tab"`
	Minutes    int            `json:"minutes"`
	ID         int            `json:"id"`
	How        string         `json:"how"`
	Count      int            `json:"count"`
	// The rest describes faults; see Fault and EnvelopeFault.
	Method      string  `json:"method"`
	Kind        string  `json:"kind"`
	Type        string  `json:"type"`
	Inner       string  `json:"inner"`
	Times       int     `json:"times"`
	Skip        int     `json:"skip"`
	Probability float64 `json:"probability"`
	Delay       string  `json:"delay"` // as in "30s"
	RetryAfter  int     `json:"retry_after"`
	Code        string  `json:"code"`
	After       bool    `json:"after"`
}

type action func(context.Context, *Server, *Person, actionInput) (object, error)

func (in actionInput) place() place {
	if in.View {
		return place{}
	}
	return place{channel: in.Channel, ts: in.TS, home: in.Home}
}

func (in actionInput) element() string {
	if in.BlockID == "" {
		return in.ActionID
	}
	return in.BlockID + "/" + in.ActionID
}

// entered flattens {"block":{"action":value}} into {"block/action":value}; flat
// keys stay as they are.
func (in actionInput) entered() map[string]any {
	flat := map[string]any{}
	for key, value := range in.Values {
		inner, nested := value.(map[string]any)
		if _, isState := inner["type"].(string); !nested || isState {
			flat[key] = value
			continue
		}
		for action, v := range inner {
			flat[key+"/"+action] = v
		}
	}
	return flat
}

// simple makes an action of a step that answers nothing.
func simple(step func(*Person, actionInput) error) action {
	return func(_ context.Context, _ *Server, p *Person, in actionInput) (object, error) { return nil, step(p, in) }
}

// actions are the verbs of the control API, with the fields they read and, after
// ->, what the answer carries beside "ok". "problem" is "" or Slack's own word
// for what went wrong with the app: operation_timeout or dispatch_failed.
func actions() map[string]action {
	return map[string]action{
		"type":    typeAction,                                                                                  // channel text [thread_ts] [broadcast] -> ts
		"edit":    simple(func(p *Person, in actionInput) error { return p.Edit(in.Channel, in.TS, in.Text) }), // channel ts text
		"delete":  simple(func(p *Person, in actionInput) error { return p.Delete(in.Channel, in.TS) }),        // channel ts (an ephemeral's too)
		"slash":   slashAction,                                                                                 // channel command text -> problem, message or null
		"press":   pressAction,                                                                                 // channel+ts | view | home, [block_id] action_id [value] -> problem
		"choose":  chooseAction,                                                                                // like press, value = string | [string] | number | state | null -> problem
		"fill":    simple(func(p *Person, in actionInput) error { return p.Fill(in.entered()) }),               // values {block:{action:value or state}}
		"submit":  submitAction,                                                                                // values -> errors {block:text}, trouble
		"close":   simple(func(p *Person, in actionInput) error { return p.CloseView(in.All) }),                // [all]
		"suggest": suggestAction,                                                                               // like press, query -> options [{text,value}], problem

		"react":   simple(func(p *Person, in actionInput) error { return p.React(in.Channel, in.TS, in.Name) }),   // channel ts name
		"unreact": simple(func(p *Person, in actionInput) error { return p.Unreact(in.Channel, in.TS, in.Name) }), // channel ts name
		"pin":     simple(func(p *Person, in actionInput) error { return p.Pin(in.Channel, in.TS) }),              // channel ts
		"unpin":   simple(func(p *Person, in actionInput) error { return p.Unpin(in.Channel, in.TS) }),            // channel ts
		"read":    simple(func(p *Person, in actionInput) error { return p.Read(in.Channel, in.TS) }),             // channel [ts]
		"home":    simple(func(p *Person, in actionInput) error { return p.OpenHome(in.Tab) }),                    // [tab]

		"shortcut":       shortcutAction,      // callback_id -> problem
		"message_action": messageActionAction, // channel ts callback_id -> problem
		"share":          shareAction,         // channel name content [text] -> ts
		"open_dm":        openDMAction,        // users -> channel (id)
		"create_channel": createChannelAction, // name [private] -> channel (id)
		"join":           simple(func(p *Person, in actionInput) error { return p.Join(in.Channel) }),
		"leave":          simple(func(p *Person, in actionInput) error { return p.Leave(in.Channel) }),
		"invite":         simple(func(p *Person, in actionInput) error { return p.Invite(in.Channel, in.Users...) }), // channel users
		"kick":           simple(func(p *Person, in actionInput) error { return p.Kick(in.Channel, in.Target) }),     // channel target
		"archive":        simple(func(p *Person, in actionInput) error { return p.Archive(in.Channel) }),
		"unarchive":      simple(func(p *Person, in actionInput) error { return p.Unarchive(in.Channel) }),
		"make_private":   simple(func(p *Person, in actionInput) error { return p.MakePrivate(in.Channel) }),         // channel
		"rename":         simple(func(p *Person, in actionInput) error { return p.Rename(in.Channel, in.Name) }),     // channel name
		"topic":          simple(func(p *Person, in actionInput) error { return p.SetTopic(in.Channel, in.Text) }),   // channel text
		"purpose":        simple(func(p *Person, in actionInput) error { return p.SetPurpose(in.Channel, in.Text) }), // channel text
		"delete_channel": simple(func(p *Person, in actionInput) error { return p.DeleteChannel(in.Channel) }),       // channel
		"dnd":            dndAction,                                                                                  // target minutes (0 ends the pause)
		"deactivate":     deactivateAction,                                                                           // target [on, default true]
		"inject":         injectAction,                                                                               // name method kind times skip probability delay retry_after code after -> id
		"inject_events":  injectEventsAction,                                                                         // name kind type inner times probability delay -> id
		"clear":          clearAction,                                                                                // id | name | all
		"down":           downAction,                                                                                 // on
		"sockets":        socketsAction,                                                                              // how: cut, cut_before_delivery, cut_after_delivery, cut_after_ack, ghost (count), warning,
		// refresh_requested, link_disabled, too_many_websockets, refuse_open, refuse_dial, refuse_too_many, allow
		"tokens": tokensAction, // on: false revokes, true restores; name "", "bot" or "app"
	}
}

func typeAction(_ context.Context, _ *Server, p *Person, in actionInput) (object, error) {
	ts, err := p.say(in.Channel, in.Text, in.ThreadTS, in.Broadcast)
	return object{"ts": ts}, err
}

func slashAction(ctx context.Context, _ *Server, p *Person, in actionInput) (object, error) {
	r, err := p.Slash(ctx, in.Channel, in.Command, in.Text)
	return object{"problem": r.Error, "message": r.Message}, err
}

func pressAction(ctx context.Context, _ *Server, p *Person, in actionInput) (object, error) {
	var value []string
	if v, ok := in.Value.(string); ok && v != "" {
		value = []string{v}
	}
	if err := p.enter(in); err != nil {
		return nil, err
	}
	r, err := p.press(ctx, in.place(), in.element(), value)
	return object{"problem": r.Error}, err
}

func chooseAction(ctx context.Context, _ *Server, p *Person, in actionInput) (object, error) {
	if err := p.enter(in); err != nil {
		return nil, err
	}
	r, err := p.choose(ctx, in.place(), in.element(), in.Value)
	return object{"problem": r.Error}, err
}

// enter takes over what the page has typed into a modal before a button in it
// is pressed.
func (p *Person) enter(in actionInput) error {
	if !in.View || len(in.Values) == 0 {
		return nil
	}
	return p.Fill(in.entered())
}

func submitAction(ctx context.Context, _ *Server, p *Person, in actionInput) (object, error) {
	r, err := p.Submit(ctx, in.entered())
	return object{"errors": r.Errors, "trouble": r.Trouble}, err
}

func suggestAction(ctx context.Context, _ *Server, p *Person, in actionInput) (object, error) {
	r, err := p.suggest(ctx, in.place(), in.element(), in.Query)
	return object{"options": last(r.Options, len(r.Options)), "problem": r.Error}, err
}

func shortcutAction(ctx context.Context, _ *Server, p *Person, in actionInput) (object, error) {
	r, err := p.Shortcut(ctx, in.CallbackID)
	return object{"problem": r.Error}, err
}

func messageActionAction(ctx context.Context, _ *Server, p *Person, in actionInput) (object, error) {
	r, err := p.MessageAction(ctx, in.Channel, in.TS, in.CallbackID)
	return object{"problem": r.Error}, err
}

func shareAction(_ context.Context, _ *Server, p *Person, in actionInput) (object, error) {
	ts, err := p.Share(in.Channel, in.Name, []byte(in.Content), in.Text)
	return object{"ts": ts}, err
}

func openDMAction(_ context.Context, _ *Server, p *Person, in actionInput) (object, error) {
	ch, err := p.OpenDM(in.Users...)
	return object{"channel": ch.ID}, err
}

func createChannelAction(_ context.Context, _ *Server, p *Person, in actionInput) (object, error) {
	ch, err := p.CreateChannel(in.Name, in.Private)
	return object{"channel": ch.ID}, err
}

func dndAction(_ context.Context, s *Server, _ *Person, in actionInput) (object, error) {
	until := time.Time{}
	if in.Minutes > 0 {
		until = s.now().Add(time.Duration(in.Minutes) * time.Minute)
	}
	return nil, s.SetDND(in.Target, until)
}

func (in actionInput) on() bool { return in.On == nil || *in.On }

func deactivateAction(_ context.Context, s *Server, _ *Person, in actionInput) (object, error) {
	return nil, s.UpdateUser(in.Target, func(u *User) { u.Deleted = in.on() })
}

func (in actionInput) delay() (time.Duration, error) {
	if in.Delay == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(in.Delay)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("delay %q is not a duration such as 30s", in.Delay)
	}
	return d, nil
}

func injectAction(_ context.Context, s *Server, _ *Person, in actionInput) (object, error) {
	delay, err := in.delay()
	if err != nil {
		return nil, err
	}
	switch FaultKind(in.Kind) {
	case Delay, RateLimit, HTTP500, InternalError, FatalError, DropBefore, DropAfter, ErrorCode, Hang:
	default:
		return nil, fmt.Errorf("there is no fault %q", in.Kind)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return object{"id": s.faults.add(Fault{
		Name: in.Name, Method: in.Method, Kind: FaultKind(in.Kind), Times: in.Times, Skip: in.Skip, Probability: in.Probability, Delay: delay,
		RetryAfter: in.RetryAfter, Code: in.Code, After: in.After,
	})}, nil
}

func injectEventsAction(_ context.Context, s *Server, _ *Person, in actionInput) (object, error) {
	delay, err := in.delay()
	if err != nil {
		return nil, err
	}
	switch EnvelopeFaultKind(in.Kind) {
	case Duplicate, Late, Reorder, Lose:
	default:
		return nil, fmt.Errorf("there is no fault %q of deliveries", in.Kind)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return object{"id": s.faults.addEnvelope(EnvelopeFault{
		Name: in.Name, Kind: EnvelopeFaultKind(in.Kind), Type: in.Type, Inner: in.Inner, Times: in.Times, Probability: in.Probability, Delay: delay,
	})}, nil
}

func clearAction(_ context.Context, s *Server, _ *Person, in actionInput) (object, error) {
	switch {
	case in.All:
		s.ClearFaults()
	case in.Name != "":
		s.mu.hold(func() { s.faults.removeNamed(in.Name) })
	case in.ID != 0:
		s.mu.hold(func() { s.faults.remove(in.ID) })
	default:
		return nil, errors.New("say which fault: id, name or all")
	}
	return nil, nil
}

func downAction(_ context.Context, s *Server, _ *Person, in actionInput) (object, error) {
	s.Down(in.on())
	return nil, nil
}

func socketsAction(_ context.Context, s *Server, _ *Person, in actionInput) (object, error) {
	switch in.How {
	case "cut":
		s.CutSockets(CutNow)
	case "cut_before_delivery", "cut_after_delivery", "cut_after_ack":
		s.CutSockets(Cut(in.How[len("cut_"):]))
	case "ghost":
		s.Ghost(in.Count)
	case "warning", "refresh_requested", "link_disabled", "too_many_websockets":
		s.Disconnect(in.How)
	case "refuse_open", "refuse_dial", "refuse_too_many":
		s.RefuseSockets(Refusal(in.How[len("refuse_"):]))
	case "allow":
		s.RefuseSockets(RefuseNothing)
	default:
		return nil, fmt.Errorf("sockets cannot do %q", in.How)
	}
	return nil, nil
}

func tokensAction(_ context.Context, s *Server, _ *Person, in actionInput) (object, error) {
	var which []string
	if in.Name != "" {
		which = []string{in.Name}
	}
	if in.on() {
		s.RestoreTokens(which...)
	} else {
		s.RevokeTokens(which...)
	}
	return nil, nil
}
