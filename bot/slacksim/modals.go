package slacksim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"
)

// SubmitResult is what a person saw after pressing a modal's submit button.
type SubmitResult struct {
	// Errors are the complaints under inputs, by block id: the client's own
	// about missing input, or the app's.
	Errors map[string]string
	// Trouble is the banner "We had some trouble connecting. Try again?",
	// shown when the app did not answer in time or answered nonsense.
	Trouble string
	// View is the modal on top afterwards; nil when none is open any more.
	View *View
}

// Views returns the person's open modals, the topmost last.
func (p *Person) Views() []View {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	var open []View
	for _, v := range p.server.clients.of(p.id).stack {
		open = append(open, v.export())
	}
	return open
}

// ViewOpen returns the topmost open modal; ok is false when none is open.
func (p *Person) ViewOpen() (top View, ok bool) {
	open := p.Views()
	if len(open) == 0 {
		return View{}, false
	}
	return open[len(open)-1], true
}

// WaitView waits for an open modal, on top, that fits; nil fits any.
func (p *Person) WaitView(ctx context.Context, fits func(View) bool) (View, error) {
	var found View
	err := p.server.Wait(ctx, func() bool {
		top, ok := p.ViewOpen()
		if ok && (fits == nil || fits(top)) {
			found = top
			return true
		}
		return false
	})
	return found, err
}

// Fill enters values into the open modal without submitting it. Keys are
// "block_id/action_id", an action id, or an input's block id. Values are as in
// Choose. Nothing is changed if one of them does not fit.
func (p *Person) Fill(values map[string]any) error {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	return p.fill(values)
}

func (p *Person) fill(values map[string]any) error {
	s := p.server
	v := s.clients.of(p.id).top()
	if v == nil {
		return fmt.Errorf("fill a modal as %s: no modal is open", p.id)
	}
	entered := map[string]object{}
	for key, value := range values {
		block, element, err := find(v.blocks, key)
		if err != nil {
			return fmt.Errorf("fill a modal as %s: %w", p.id, err)
		}
		id, _ := block["block_id"].(string)
		action := text(element, "action_id")
		state, err := p.enters(id, element, value)
		if err != nil {
			return fmt.Errorf("fill %q as %s: %w", key, p.id, err)
		}
		entered[id+"/"+action] = state
		delete(v.problems, id)
	}
	maps.Copy(v.entered, entered)
	s.clients.note(v)
	return nil
}

// Submit fills the open modal and presses its submit button. Slack's client
// complains about missing or malformed input before anything is sent.
func (p *Person) Submit(ctx context.Context, values map[string]any) (SubmitResult, error) {
	result, err := await(ctx, p, "submit a modal", func() (chan SubmitResult, error) { return p.beginSubmit(values) })
	if top, ok := p.ViewOpen(); ok {
		result.View = &top
	}
	return result, err
}

func (p *Person) beginSubmit(values map[string]any) (chan SubmitResult, error) {
	s := p.server
	u, err := p.user()
	if err != nil {
		return nil, err
	}
	if err := p.fill(values); err != nil {
		return nil, err
	}
	done := make(chan SubmitResult, 1)
	v := s.clients.of(p.id).top()
	switch {
	case v.submit == nil:
		return nil, errors.New("it has no submit button")
	case v.busy:
		return nil, errors.New("it is being submitted already")
	}
	v.trouble, v.problems = "", inputComplaints(v)
	if len(v.problems) > 0 {
		s.clients.note(v)
		done <- SubmitResult{Errors: maps.Clone(v.problems)}
		return done, nil
	}
	v.busy = true
	s.clients.note(v)
	payload := s.interactions.payload("view_submission", u)
	payload["trigger_id"] = s.grants.trigger(u.ID, v.origin)
	payload["view"] = v.object()
	payload["response_urls"] = s.interactions.responseURLs(v, u.ID)
	s.interactions.dispatch("view_submission", payload, func(r reply) {
		v.busy = false
		done <- s.interactions.settle(v, r)
		s.clients.note(v)
	})
	return done, nil
}

// inputComplaints checks all inputs of a modal as Slack's client does.
func inputComplaints(v *view) map[string]string {
	found := map[string]string{}
	all := states(v.blocks, v.entered)
	for _, b := range v.blocks {
		if b["type"] != "input" {
			continue
		}
		id, _ := b["block_id"].(string)
		for _, e := range elements(b) {
			if said := complaint(b, e, all[id][text(e, "action_id")]); said != "" {
				found[id] = said
			}
		}
	}
	return found
}

// responseURLs makes one response_url per select that asks for it.
func (in *interactions) responseURLs(v *view, user string) []object {
	urls := []object{}
	all := states(v.blocks, v.entered)
	for _, b := range v.blocks {
		id, _ := b["block_id"].(string)
		for _, e := range elements(b) {
			if on, _ := e["response_url_enabled"].(bool); !on {
				continue
			}
			action := text(e, "action_id")
			state := all[id][action]
			channel, _ := state["selected_conversation"].(string)
			if channel == "" {
				channel, _ = state["selected_channel"].(string)
			}
			if channel != "" {
				_, url := in.responses.open(hook{kind: "actions", user: user, channel: channel})
				urls = append(urls, object{"block_id": id, "action_id": action, "channel_id": channel, "response_url": url})
			}
		}
	}
	return urls
}

// settle does what the acknowledgement of a view_submission asks for.
func (in *interactions) settle(v *view, r reply) SubmitResult {
	if in.clients.views.byID[v.id] != v {
		return SubmitResult{}
	}
	trouble := func() SubmitResult {
		v.trouble = troubleModal
		return SubmitResult{Trouble: v.trouble}
	}
	if r.problem != "" {
		return trouble()
	}
	var ack struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   json.RawMessage   `json:"view"`
	}
	if r.answer != nil && json.Unmarshal(r.answer, &ack) != nil {
		return trouble()
	}
	switch ack.Action {
	case "":
		in.clients.close(v)
	case "clear":
		in.clients.clear(v.user)
	case "errors":
		if !onInputs(v, ack.Errors) {
			return trouble()
		}
		v.problems = maps.Clone(ack.Errors)
		return SubmitResult{Errors: maps.Clone(ack.Errors)}
	case "update", "push":
		next, err := readView(ack.View, in.mint, "modal")
		if err == nil && ack.Action == "push" {
			err = in.clients.push(next, v.user)
		} else if err == nil {
			err = in.clients.replace(v, next)
		}
		if err != nil {
			return trouble()
		}
	default:
		return trouble()
	}
	return SubmitResult{}
}

// onInputs reports whether there are errors and all belong to input blocks.
func onInputs(v *view, problems map[string]string) bool {
	for id, said := range problems {
		isInput := slices.ContainsFunc(v.blocks, func(b object) bool { return b["block_id"] == id && b["type"] == "input" })
		if !isInput || said == "" {
			return false
		}
	}
	return len(problems) > 0
}

// CloseView presses Cancel, or the X that closes the whole stack if all is true.
func (p *Person) CloseView(all bool) error {
	s := p.server
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := p.user()
	if err != nil {
		return fmt.Errorf("close a modal: %w", err)
	}
	v := s.clients.of(p.id).top()
	if v == nil {
		return errors.New("close a modal: no modal is open")
	}
	everything := all || v.clearOnClose
	if everything {
		v = s.clients.of(p.id).stack[0]
	}
	payload := s.interactions.payload("view_closed", u)
	payload["view"], payload["is_cleared"] = v.object(), everything
	if everything {
		s.clients.clear(p.id)
	} else {
		s.clients.close(v)
	}
	if v.notifyOnClose {
		s.interactions.send("view_closed", payload)
	}
	return nil
}

// Suggestions are the options an external select offered.
type Suggestions struct {
	Options []Option
	Error   string // operation_timeout, dispatch_failed or invalid_options when the menu stayed empty
}

// Option is one entry of a menu.
type Option struct {
	Text  string `json:"text"`
	Value string `json:"value"`
}

// Suggest types a query into an external select of a message, or of the open
// modal when channel is empty. Its options can then be chosen.
func (p *Person) Suggest(ctx context.Context, channel, ts, actionID, query string) (Suggestions, error) {
	return p.suggest(ctx, place{channel: channel, ts: ts}, actionID, query)
}

func (p *Person) suggest(ctx context.Context, at place, key, query string) (Suggestions, error) {
	return await(ctx, p, "suggest options", func() (chan Suggestions, error) { return p.beginSuggest(at, key, query) })
}

func (p *Person) beginSuggest(at place, key, query string) (chan Suggestions, error) {
	s := p.server
	u, err := p.user()
	if err != nil {
		return nil, err
	}
	on, err := p.surface(at)
	if err != nil {
		return nil, err
	}
	block, element, err := find(on.blocks, key)
	if err != nil {
		return nil, err
	}
	if kind := text(element, "type"); kind != "external_select" && kind != "multi_external_select" {
		return nil, fmt.Errorf("%q is a %s, which loads no options", key, kind)
	}
	id, _ := block["block_id"].(string)
	action := text(element, "action_id")
	payload := s.interactions.payload("block_suggestion", u)
	var unused ActionResult
	s.interactions.describe(payload, on, u, &unused)
	for _, field := range []string{"trigger_id", "response_url", "state"} {
		delete(payload, field)
	}
	payload["action_id"], payload["block_id"], payload["value"] = action, id, query
	done := make(chan Suggestions, 1)
	s.interactions.dispatch("block_suggestion", payload, func(r reply) {
		done <- s.interactions.offered(p.id, id+"/"+action, r)
	})
	return done, nil
}

// offered keeps the options of an external select for choosing.
func (in *interactions) offered(user, element string, r reply) Suggestions {
	if r.problem != "" {
		return Suggestions{Error: r.problem}
	}
	var ack map[string]any
	if r.answer == nil || json.Unmarshal(r.answer, &ack) != nil {
		return Suggestions{Error: "invalid_options"}
	}
	choices := optionsOf(ack)
	if len(choices) > 100 || ack["options"] == nil && ack["option_groups"] == nil || slices.ContainsFunc(choices, brokenOption) {
		return Suggestions{Error: "invalid_options"}
	}
	var found Suggestions
	kept := []object{}
	for _, o := range choices {
		label, _ := o["text"].(map[string]any)
		found.Options = append(found.Options, Option{Text: text(label, "text"), Value: text(o, "value")})
		kept = append(kept, o)
	}
	in.clients.of(user).suggested[element] = kept
	return found
}

// brokenOption says whether Slack takes an option for invalid: texts are plain and of at
// most 75 characters, values of at most 150.
func brokenOption(o map[string]any) bool {
	label, _ := o["text"].(map[string]any)
	words, value := utf8.RuneCountInString(text(label, "text")), utf8.RuneCountInString(text(o, "value"))
	return text(label, "type") != "plain_text" || words < 1 || words > 75 || value < 1 || value > 150
}
