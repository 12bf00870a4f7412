package slacksim

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"
)

func modal(title string) object {
	return object{
		"type": "modal", "callback_id": "form", "title": plain(title), "submit": plain("Go"), "notify_on_close": true,
		"blocks": []object{
			{"type": "input", "block_id": "what", "label": plain("What"), "element": object{"type": "plain_text_input", "action_id": "text", "max_length": 10}},
			{"type": "input", "block_id": "mail", "optional": true, "label": plain("Mail"), "element": object{"type": "email_text_input", "action_id": "text"}},
			{"type": "section", "block_id": "pick", "text": plain("Pick"), "accessory": object{
				"type": "static_select", "action_id": "sev", "options": []object{{"text": plain("One"), "value": "1"}, {"text": plain("Two"), "value": "2"}},
			}},
		},
	}
}

func plain(text string) object { return object{"type": "plain_text", "text": text} }

// openModal runs /inc and opens the modal by its trigger.
func openModal(t *testing.T, a *app, view object) object {
	t.Helper()
	got, err := a.server.As("dev1").Slash(within(t), "ops", "/inc", "")
	if err != nil || got.Error != "" {
		t.Fatalf("slash: %q, %v", got.Error, err)
	}
	return a.call("views.open", object{"trigger_id": got.TriggerID, "view": view})
}

// clockwork is a clock that stands still until moved.
type clockwork struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clockwork) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clockwork) move(s *Server, d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	c.mu.Unlock()
	s.Wake()
}

func TestTriggersAreForOneUseWithinThreeSeconds(t *testing.T) {
	clock := &clockwork{now: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
	a := start(t, Config{Now: clock.Now})
	a.dial()
	first := a.ok(openModal(t, a, modal("One")))
	if get(first, "view", "state", "values", "what", "text", "type") != "plain_text_input" {
		t.Errorf("state = %v", get(first, "view", "state"))
	}
	got, err := a.server.As("dev1").Slash(within(t), "ops", "/inc", "")
	if err != nil {
		t.Fatal(err)
	}
	a.wantError(a.call("views.open", object{"trigger_id": got.TriggerID, "view": object{"type": "modal", "title": plain("A title far too long for Slack"), "blocks": []object{}}}), "invalid_arguments")
	a.ok(a.call("views.open", object{"trigger_id": got.TriggerID, "view": modal("Two")}))
	a.wantError(a.call("views.open", object{"trigger_id": got.TriggerID, "view": modal("Three")}), "exchanged_trigger_id")
	got, err = a.server.As("dev1").Slash(within(t), "ops", "/inc", "")
	if err != nil {
		t.Fatal(err)
	}
	clock.move(a.server, 3*time.Second+time.Millisecond)
	a.wantError(a.call("views.open", object{"trigger_id": got.TriggerID, "view": modal("Four")}), "expired_trigger_id")
	a.wantError(a.call("views.open", object{"trigger_id": "1.2.3", "view": modal("Five")}), "invalid_trigger_id")
}

// TestWhatHasExpiredIsForgotten, and nothing before: triggers after a minute or two,
// response URLs half an hour after they were worth nothing.
func TestWhatHasExpiredIsForgotten(t *testing.T) {
	clock := &clockwork{now: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
	a := start(t, Config{Now: clock.Now})
	a.dial()
	slash := func() SlashResult {
		t.Helper()
		got, err := a.server.As("dev1").Slash(within(t), "ops", "/inc", "")
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := slash()
	clock.move(a.server, 59*time.Second)
	second := slash()
	clock.move(a.server, time.Second) // when the first may go
	a.ok(a.call("views.open", object{"trigger_id": second.TriggerID, "view": modal("In time")}))
	clock.move(a.server, 28*time.Minute)
	if status, body := postJSON(t, first.ResponseURL, object{"text": "in time"}); status != 200 {
		t.Errorf("a response within half an hour: %d %s", status, body)
	}
	for range 40 {
		clock.move(a.server, time.Minute)
	}
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	if len(a.server.grants.triggers) > 0 || len(a.server.grants.hooks) > 0 {
		t.Errorf("%d triggers and %d response URLs are still known", len(a.server.grants.triggers), len(a.server.grants.hooks))
	}
}

func TestModalValidationAndAnswers(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	id := get(a.ok(openModal(t, a, modal("Form"))), "view", "id")
	dev := a.server.As("dev1")
	var mu sync.Mutex
	var answer any
	a.onFrame(func(f frameIn) (any, bool) {
		mu.Lock()
		defer mu.Unlock()
		if f.Payload["type"] == "view_submission" {
			return answer, true
		}
		return nil, true
	})
	say := func(payload any) { mu.Lock(); answer = payload; mu.Unlock() }
	submit := func(values map[string]any) SubmitResult {
		t.Helper()
		r, err := dev.Submit(within(t), values)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := submit(map[string]any{"mail/text": "nonsense"}); r.Errors["what"] == "" || r.Errors["mail"] == "" {
		t.Errorf("client's complaints = %v", r.Errors)
	}
	if r := submit(map[string]any{"what": "far more than ten", "mail": nil}); r.Errors["what"] == "" {
		t.Errorf("client's complaints = %v", r.Errors)
	}
	if n := len(a.server.Envelopes("interactive")); n != 0 {
		t.Fatalf("%d envelopes for refused input", n)
	}
	say(object{"response_action": "errors", "errors": object{"what": "no"}})
	if r := submit(map[string]any{"what": "fine"}); r.Errors["what"] != "no" {
		t.Errorf("app's errors = %v", r.Errors)
	}
	say(object{"response_action": "errors", "errors": object{"pick": "not an input"}})
	if r := submit(nil); r.Trouble == "" {
		t.Error("errors on a block that is no input passed")
	}
	say(object{"response_action": "push", "view": modal("Second")})
	if r := submit(nil); r.View == nil || r.View.Title != "Second" {
		t.Errorf("after push: %+v", r.View)
	}
	say(object{"response_action": "update", "view": modal("Third")})
	submit(map[string]any{"what": "kept"})
	top, _ := dev.ViewOpen()
	var state map[string]map[string]object
	if err := json.Unmarshal(top.State, &state); err != nil {
		t.Fatal(err)
	}
	if top.Title != "Third" || state["what"]["text"]["value"] != "kept" {
		t.Errorf("after update: %s %v", top.Title, state)
	}
	say(object{"response_action": "clear"})
	if r := submit(nil); r.View != nil {
		t.Errorf("after clear: %+v", r.View)
	}
	a.wantError(a.call("views.update", object{"view_id": id, "view": modal("Late")}), "not_found")
}

func TestUpdateNeedsTheRightHash(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	first := a.ok(openModal(t, a, modal("Form")))
	id, hash := get(first, "view", "id"), get(first, "view", "hash")
	a.ok(a.call("views.update", object{"view_id": id, "hash": hash, "view": modal("Next")}))
	a.wantError(a.call("views.update", object{"view_id": id, "hash": hash, "view": modal("Lost")}), "hash_conflict")
	a.ok(a.call("views.update", object{"view_id": id, "view": modal("Blind")}))
}

// TestExternalIDsAreUnique holds the ids that the app gives to views to one view of the
// workspace at a time.
func TestExternalIDsAreUnique(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	named := modal("Named")
	named["external_id"] = "declare-1"
	first := get(a.ok(openModal(t, a, named)), "view", "id")
	slash := func(user string) string {
		t.Helper()
		got, err := a.server.As(user).Slash(within(t), "ops", "/inc", "")
		if err != nil {
			t.Fatal(err)
		}
		return got.TriggerID
	}
	a.wantError(a.call("views.open", object{"trigger_id": slash("sre1"), "view": named}), "duplicate_external_id")
	other := a.ok(a.call("views.open", object{"trigger_id": slash("sre1"), "view": modal("Other")}))
	a.wantError(a.call("views.update", object{"view_id": get(other, "view", "id"), "view": named}), "duplicate_external_id")
	if got := get(a.ok(a.call("views.update", object{"external_id": "declare-1", "view": named})), "view", "id"); got != first {
		t.Errorf("updated %v by its external id, want %v", got, first)
	}
	if err := a.server.As("dev1").CloseView(true); err != nil {
		t.Fatal(err)
	}
	a.ok(a.call("views.open", object{"trigger_id": slash("sre1"), "view": named}))
}

// TestAnotherModalEndsTheOneBefore: it can be updated no more, and its external id is free.
func TestAnotherModalEndsTheOneBefore(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	named := modal("One")
	named["external_id"] = "mine"
	first := get(a.ok(openModal(t, a, named)), "view", "id")
	a.ok(openModal(t, a, modal("Two")))
	a.wantError(a.call("views.update", object{"view_id": first, "view": modal("One again")}), "not_found")
	a.ok(openModal(t, a, named))
}

func TestStackHoldsThreeViews(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	a.ok(openModal(t, a, modal("1")))
	for i := 2; i <= 4; i++ {
		got, err := a.server.As("dev1").ChooseView(within(t), "sev", "1")
		if err != nil {
			t.Fatal(err)
		}
		reply := a.call("views.push", object{"trigger_id": got.TriggerID, "view": modal("n")})
		if i < 4 {
			a.ok(reply)
			a.wantError(a.call("views.push", object{"trigger_id": got.TriggerID, "view": modal("n")}), "exchanged_trigger_id")
		} else {
			a.wantError(reply, "push_limit_reached")
		}
	}
	chosen := a.want(func(f frameIn) bool { return f.Payload["type"] == "block_actions" })
	if got := get(chosen.Payload, "actions", 0, "selected_option", "value"); got != "1" {
		t.Errorf("selected_option = %v", got)
	}
	if err := a.server.As("dev1").CloseView(true); err != nil {
		t.Fatal(err)
	}
	closed := a.want(func(f frameIn) bool { return f.Payload["type"] == "view_closed" })
	if closed.Payload["is_cleared"] != true || closed.Payload["trigger_id"] != nil {
		t.Errorf("view_closed = %v", closed.Payload)
	}
}

func TestSubmitWithoutAnswerShowsTrouble(t *testing.T) {
	a := start(t, Config{Ack: 300 * time.Millisecond})
	a.dial()
	a.ok(openModal(t, a, modal("Form")))
	a.onFrame(func(frameIn) (any, bool) { return nil, false })
	r, err := a.server.As("dev1").Submit(within(t), map[string]any{"what": "x"})
	if err != nil || r.Trouble != troubleModal || r.View == nil {
		t.Errorf("result = %+v, %v", r, err)
	}
}

func TestButtonAndResponseURL(t *testing.T) {
	clock := &clockwork{now: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
	a := start(t, Config{Now: clock.Now})
	a.dial()
	ts := a.ok(a.call("chat.postMessage", object{"channel": "ops", "text": "card", "blocks": []object{
		{"type": "actions", "block_id": "b", "elements": []object{
			{"type": "button", "action_id": "go", "text": plain("A"), "value": "a"},
			{"type": "button", "action_id": "stop", "text": plain("B"), "value": "b"},
		}},
	}}))["ts"].(string)
	got, err := a.server.As("dev1").Click(within(t), "ops", ts, "stop")
	if err != nil || got.Error != "" {
		t.Fatalf("click: %q, %v", got.Error, err)
	}
	f := a.want(func(f frameIn) bool { return f.Payload["type"] == "block_actions" })
	for _, c := range []struct {
		path []any
		want any
	}{
		{[]any{"actions", 0, "value"}, "b"}, {[]any{"actions", 0, "block_id"}, "b"}, {[]any{"container", "message_ts"}, ts},
		{[]any{"message", "text"}, "card"}, {[]any{"channel", "name"}, "ops"}, {[]any{"user", "id"}, "U0DEV1"}, {[]any{"response_url"}, got.ResponseURL},
	} {
		if value := get(f.Payload, c.path...); value != c.want {
			t.Errorf("%v = %v, want %v", c.path, value, c.want)
		}
	}
	respond := func(body object) (int, string) { return postJSON(t, got.ResponseURL, body) }
	if status, body := respond(object{"text": "only you"}); status != 200 || body != "ok" {
		t.Errorf("respond: %d %q", status, body)
	}
	if status, _ := respond(object{"text": "replaced", "replace_original": true}); status != 200 {
		t.Errorf("replace: %d", status)
	}
	if m, _ := a.server.Message("ops", ts); m.Text != "replaced" || m.Blocks != nil {
		t.Errorf("message = %+v", m)
	}
	if _, body := respond(object{}); body != `{"ok":false,"error":"no_text"}` {
		t.Errorf("nothing to say: %q", body)
	}
	for range 3 {
		respond(object{"text": "again"})
	}
	if status, body := respond(object{"text": "sixth"}); status != 404 || body != `{"ok":false,"error":"used_url"}` {
		t.Errorf("sixth use: %d %q", status, body)
	}
	next, err := a.server.As("dev1").Slash(within(t), "ops", "/inc", "")
	if err != nil {
		t.Fatal(err)
	}
	clock.move(a.server, 31*time.Minute)
	if status, body := postJSON(t, next.ResponseURL, object{"text": "late"}); status != 404 || body != `{"ok":false,"error":"expired_url"}` {
		t.Errorf("after 31 minutes: %d %q", status, body)
	}
}

func TestHome(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	dev := a.server.As("dev1")
	if err := dev.OpenHome(); err != nil {
		t.Fatal(err)
	}
	a.wantEvent("app_home_opened", func(e object) bool { return e["user"] == "U0DEV1" && e["tab"] == "home" })
	home := object{"type": "home", "blocks": []object{{"type": "actions", "elements": []object{{"type": "button", "action_id": "x", "text": plain("X")},
		{"type": "overflow", "action_id": "more", "options": []object{{"text": plain("One"), "value": "1"}, {"text": plain("Two"), "value": "2"}}}}}}}
	first := a.ok(a.call("views.publish", object{"user_id": "U0DEV1", "view": home}))
	a.wantError(a.call("views.publish", object{"user_id": "U0DEV1", "view": home, "hash": "old"}), "hash_conflict")
	a.ok(a.call("views.publish", object{"user_id": "U0DEV1", "view": home, "hash": get(first, "view", "hash")}))
	a.wantError(a.call("views.publish", object{"user_id": "U0NOBODY", "view": home}), "invalid_arguments")
	if _, err := dev.ClickHome(within(t), "x"); err != nil {
		t.Fatal(err)
	}
	clicked := a.want(func(f frameIn) bool { return f.Payload["type"] == "block_actions" })
	if get(clicked.Payload, "view", "type") != "home" || clicked.Payload["response_url"] != nil {
		t.Errorf("payload = %v", clicked.Payload)
	}
	if _, err := dev.ChooseHome(within(t), "more", "2"); err != nil {
		t.Fatal(err)
	}
	a.want(func(f frameIn) bool { return get(f.Payload, "actions", 0, "selected_option", "value") == "2" })
	if _, err := dev.ChooseHome(within(t), "more", "3"); err == nil {
		t.Error("what the menu does not offer was chosen")
	}
}

// TestInputsAreJudgedBeforeTheyAreSent: Slack's client complains under an input, and the
// app hears nothing of it.
func TestInputsAreJudgedBeforeTheyAreSent(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	dev := a.server.As("dev1")
	options := []object{{"text": plain("One"), "value": "1"}, {"text": plain("Two"), "value": "2"}}
	for _, c := range []struct {
		name    string
		element object
		value   any
		want    string // part of the complaint; "" for none
	}{
		{"nothing", object{"type": "plain_text_input"}, "", "required"},
		{"too short", object{"type": "plain_text_input", "min_length": 3}, "ab", "at least 3"},
		{"too long", object{"type": "plain_text_input"}, strings.Repeat("x", 3001), "at most 3000"},
		{"an address", object{"type": "email_text_input"}, "dev1@example.com", ""},
		{"no address", object{"type": "email_text_input"}, "dev1 at example", "email"},
		{"a link", object{"type": "url_text_input"}, "https://example.com/a", ""},
		{"no link", object{"type": "url_text_input"}, "example", "URL"},
		{"a number", object{"type": "number_input", "is_decimal_allowed": false, "min_value": "1", "max_value": "5"}, "3", ""},
		{"a fraction", object{"type": "number_input", "is_decimal_allowed": false}, "3.5", "valid number"},
		{"no number", object{"type": "number_input", "is_decimal_allowed": true}, "NaN", "valid number"},
		{"too little", object{"type": "number_input", "is_decimal_allowed": false, "min_value": "1"}, "0", "at least 1"},
		{"too much", object{"type": "number_input", "is_decimal_allowed": false, "max_value": "5"}, "6", "at most 5"},
		{"options", object{"type": "multi_static_select", "options": options}, []string{"1", "2"}, ""},
		{"no options", object{"type": "multi_static_select", "options": options}, []string{}, "required"},
		{"a box", object{"type": "checkboxes", "options": options}, []string{"2"}, ""},
		{"a person", object{"type": "users_select"}, "U0SRE1", ""},
		{"people", object{"type": "multi_users_select"}, []string{"U0SRE1", "U0DEV2"}, ""},
		{"a time", object{"type": "timepicker"}, "14:05", ""},
		{"an instant", object{"type": "datetimepicker"}, int64(1772359200), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a.t = t
			c.element["action_id"] = "it"
			a.ok(openModal(t, a, object{"type": "modal", "title": plain("Form"), "submit": plain("Go"), "blocks": []object{
				{"type": "input", "block_id": "in", "label": plain("In"), "element": c.element},
			}}))
			before := len(a.server.Envelopes("interactive"))
			r, err := dev.Submit(within(t), map[string]any{"in": c.value})
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Errors["in"]; (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
				t.Errorf("the complaint is %q, want %q", got, c.want)
			}
			if sent := len(a.server.Envelopes("interactive")) > before; sent != (c.want == "") {
				t.Errorf("it was sent: %v", sent)
			}
			if c.want != "" {
				if err := dev.CloseView(true); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	a.t = t
	a.ok(openModal(t, a, object{"type": "modal", "title": plain("Form"), "submit": plain("Go"), "blocks": []object{
		{"type": "input", "block_id": "in", "label": plain("In"), "element": object{"type": "multi_users_select", "action_id": "it", "max_selected_items": 1}},
	}}))
	for _, value := range []any{[]string{"U0NOBODY"}, []string{"U0SRE1", "U0DEV2"}, 7, []any{7}} {
		if err := dev.Fill(map[string]any{"in": value}); err == nil {
			t.Errorf("a list of people takes %v", value)
		}
	}
}

// TestModalsStandOnEachOther: what is pushed names the one below, Cancel takes the top
// away, the X all of them, and the app is told which.
func TestModalsStandOnEachOther(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	dev := a.server.As("dev1")
	if dev.CloseView(false) == nil || dev.Fill(map[string]any{"what": "x"}) == nil {
		t.Error("a modal that is not there was filled in or closed")
	}
	lonely, err := dev.Slash(within(t), "ops", "/inc", "")
	if err != nil {
		t.Fatal(err)
	}
	a.wantError(a.call("views.push", object{"trigger_id": lonely.TriggerID, "view": modal("On nothing")}), "not_found")
	a.wantError(a.call("views.push", object{"view": modal("Untriggered")}), "invalid_arguments")
	first := get(a.ok(openModal(t, a, modal("First"))), "view", "id")
	push := func(title string) object {
		t.Helper()
		got, err := dev.ChooseView(within(t), "sev", "1")
		if err != nil {
			t.Fatal(err)
		}
		return a.ok(a.call("views.push", object{"trigger_id": got.TriggerID, "view": modal(title)}))
	}
	second := push("Second")
	if get(second, "view", "previous_view_id") != first || get(second, "view", "root_view_id") != first {
		t.Errorf("pushed on %v: %v", first, second)
	}
	closed := func(all bool) frameIn {
		t.Helper()
		before := len(a.server.Envelopes("interactive"))
		if err := dev.CloseView(all); err != nil {
			t.Fatal(err)
		}
		return a.want(func(f frameIn) bool {
			return f.Payload["type"] == "view_closed" && len(a.server.Envelopes("interactive")) > before && f.Payload["is_cleared"] == all
		})
	}
	if f := closed(false); get(f.Payload, "view", "id") != get(second, "view", "id") || len(dev.Views()) != 1 {
		t.Errorf("Cancel closed %v, and %d modals are open", get(f.Payload, "view", "id"), len(dev.Views()))
	}
	push("Second again")
	if f := closed(true); get(f.Payload, "view", "id") != first || len(dev.Views()) != 0 {
		t.Errorf("X closed %v, and %d modals are open", get(f.Payload, "view", "id"), len(dev.Views()))
	}
	silent := object{"type": "modal", "title": plain("To read"), "blocks": []object{{"type": "section", "text": plain("No button")}}}
	a.ok(openModal(t, a, silent))
	if _, err := dev.Submit(within(t), nil); err == nil {
		t.Error("a modal without a button was submitted")
	}
	silent["private_metadata"] = strings.Repeat("x", maxView)
	a.wantError(openModal(t, a, silent), "view_too_large")
}

// TestModalsGiveResponseURLs for the selects that ask for them, and start where the modal
// was opened.
func TestModalsGiveResponseURLs(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	a.ok(openModal(t, a, object{"type": "modal", "title": plain("Where"), "submit": plain("Go"), "blocks": []object{
		{"type": "input", "block_id": "where", "label": plain("Where"), "element": object{
			"type": "conversations_select", "action_id": "channel", "default_to_current_conversation": true, "response_url_enabled": true}},
		{"type": "input", "block_id": "also", "optional": true, "label": plain("Also"), "element": object{"type": "conversations_select", "action_id": "channel"}},
	}}))
	if _, err := a.server.As("dev1").Submit(within(t), nil); err != nil {
		t.Fatal(err)
	}
	urls, _ := a.want(func(f frameIn) bool { return f.Payload["type"] == "view_submission" }).Payload["response_urls"].([]any)
	if len(urls) != 1 || get(urls[0], "channel_id") != a.channel("ops") || get(urls[0], "block_id") != "where" {
		t.Fatalf("response_urls = %v", urls)
	}
	if status, body := postJSON(t, get(urls[0], "response_url").(string), object{"text": "done", "response_type": "in_channel"}); status != 200 {
		t.Errorf("answered %d %s", status, body)
	}
	if all := a.server.Messages("ops"); len(all) != 1 || all[0].Text != "done" {
		t.Errorf("ops shows %+v", all)
	}
}
