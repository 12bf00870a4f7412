package slackui

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// pressed finds the button of that kind in the message and reads it.
func pressed(t *testing.T, m Message, kind string) (Action, bool) {
	t.Helper()
	for _, b := range m.Blocks {
		row, ok := b.(*slack.ActionBlock)
		if !ok {
			continue
		}
		for _, e := range row.Elements.ElementSet {
			button := e.(*slack.ButtonBlockElement)
			a, err := ReadAction(button.ActionID, button.Value)
			if err != nil {
				t.Fatal(err)
			}
			if a.Kind == kind {
				return a, true
			}
		}
	}
	return Action{}, false
}

func TestReadAction(t *testing.T) {
	tests := []struct {
		id, value string
		want      Action
	}{
		{"v1.page.ack", "PAGE-7|3", Action{Kind: PageAck, Page: "PAGE-7", Turn: 3}},
		{"page.ack", "PAGE-7", Action{Kind: PageAck, Page: "PAGE-7", Turn: -1}},
		{"v1.page.menu", "PAGE-7|snooze 30m", Action{Kind: PageMenu, Page: "PAGE-7", Text: "snooze 30m", Turn: -1}},
		{"v1.page.decline", "PAGE-7|x", Action{Kind: PageDecline, Page: "PAGE-7", Turn: -1}},
		{"v1.page.escalate", "PAGE-7|-5", Action{Kind: PageEscalate, Page: "PAGE-7", Turn: -1}},
		{"v1.inc.update", "INC-3", Action{Kind: AskUpdate, Incident: "INC-3", Turn: -1}},
		{"v1.timeline.earlier", "INC-3|18446744073709551615", Action{Kind: TimelineEarlier, Incident: "INC-3", Seq: 1<<64 - 1, Turn: -1}},
		{"v1.choose#4", "INC-3|update a|b", Action{Kind: Chosen, Incident: "INC-3", Text: "update a|b", Turn: -1}},
		{"v1.declare.text", "a|b", Action{Kind: DeclareText, Text: "a|b", Turn: -1}},
		{"v1.cancel", "", Action{Kind: Cancel, Turn: -1}},
	}
	for _, tt := range tests {
		got, err := ReadAction(tt.id, tt.value)
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("ReadAction(%q, %q) = %+v, %v; want %+v", tt.id, tt.value, got, err, tt.want)
		}
	}
	for _, bad := range [][2]string{{"v1.page.ack", "INC-3"}, {"v1.inc.update", ""}, {"v1.page.menu", "PAGE-7"}, {"v1.page.menu", "INC-3|snooze"}, {"v9.page.ack", "PAGE-7"}, {"", ""}, {"delete", "x"}} {
		if got, err := ReadAction(bad[0], bad[1]); err == nil {
			t.Errorf("ReadAction(%q, %q) = %+v, want an error", bad[0], bad[1], got)
		}
	}
}

// The buttons of a page carry the step that its reader saw.
func TestPageButtonsCarryTheTurn(t *testing.T) {
	p := page()
	p.Turn = 4
	a, ok := pressed(t, PageMessage(p, p.Notices[0], desk.AboutIncident(opened()), false, scene()), PageEscalate)
	if !ok || a.Page != "PAGE-7" || a.Turn != 4 {
		t.Errorf("escalate = %+v, %v", a, ok)
	}
}

// What a button carries, read later, means what was typed at first: mentions,
// entities and all.
func TestCarriedTextsReadTheSame(t *testing.T) {
	const typed = "<@U1|ann> says a &lt;b&gt; &amp;amp; c --sev 2"
	s := scene()
	offer, ok := pressed(t, OfferDeclare(Parse(typed, noon, nil), s), DeclareText)
	in := Parse("declare "+offer.Text, noon, nil)
	if want := "@ann says a <b> &amp; c"; !ok || in.Text != want || in.Severity != 2 {
		t.Errorf("declared %q as %s, want %q", in.Text, in.Severity, want)
	}
	post, ok := pressed(t, OfferDeclare(Parse("INC-3 payments are &lt;back&gt;", noon, nil), s), Chosen)
	if in = Parse(post.Incident+" "+post.Text, noon, nil); !ok || in.Verb != Update || in.Incident != "INC-3" || in.Text != "INC-3 payments are <back>" {
		t.Errorf("posted %+v", in)
	}
	first := Parse("lead <@U1|ann>", noon, nil)
	choice, ok := pressed(t, Asks(first, []incident.Incident{opened()}, s), Chosen)
	in = Parse(choice.Incident+" "+choice.Text, noon, nil)
	if !ok || in.Verb != Lead || in.Incident != "INC-3" || !reflect.DeepEqual(in.People, first.People) {
		t.Errorf("chosen %+v", in)
	}
	again, ok := pressed(t, Exists("You did.", Parse("declare x &lt;y&gt;", noon, nil), s), Again)
	if in = Parse(again.Text, noon, nil); !ok || in.Verb != Declare || in.Text != "x <y>" {
		t.Errorf("again %+v", in)
	}
}

func TestLongTextsAreNotCarriedSilently(t *testing.T) {
	s := scene()
	in := Parse("declare "+strings.Repeat("long ", 600), noon, nil)
	if _, ok := pressed(t, Exists("You did.", in, s), Again); ok {
		t.Error("a cut text is run again")
	}
	if _, ok := pressed(t, Asks(in, []incident.Incident{opened()}, s), Chosen); ok {
		t.Error("a cut text is offered to run")
	}
	m := OfferDeclare(Parse(strings.Repeat("long ", 600), noon, nil), s)
	raw, err := json.Marshal(m.Blocks)
	if err != nil || !strings.Contains(string(raw), "with its beginning") {
		t.Errorf("the offer does not say that it is cut: %s", raw)
	}
}

func TestReadView(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	view := func(form, meta, values string) json.RawMessage {
		return json.RawMessage(`{"id":"V1","callback_id":"` + form + `","private_metadata":` + meta + `,"state":{"values":` + values + `}}`)
	}
	const page7 = `"{\"page\":\"PAGE-7\",\"channel\":\"D1\"}"`
	const inc3 = `"{\"incident\":\"INC-3\",\"channel\":\"C3\"}"`
	tests := []struct {
		name   string
		view   json.RawMessage
		want   Input
		errors []string
	}{
		{"declare", view(declareForm, `""`, `{"title":{"title":{"type":"plain_text_input","value":" checkout <b>\n down "}},"severity":{"severity":{"selected_option":{"value":"2"}}},"service":{"service":{"selected_option":{"value":"checkout"}}}}`),
			Input{Verb: Declare, Text: "checkout <b> down", Severity: 2, Service: "checkout"}, nil},
		{"declare, service typed", view(declareForm, `""`, `{"title":{"title":{"value":"x"}},"service":{"service":{"type":"plain_text_input","value":" pay "}}}`),
			Input{Verb: Declare, Text: "x", Service: "pay"}, nil},
		{"declare, nothing", view(declareForm, `""`, `{"title":{"title":{"value":null}},"severity":{"severity":{"selected_option":null}}}`), Input{Verb: Declare}, []string{"title"}},
		{"declare, nothing to see", view(declareForm, `""`, `{"title":{"title":{"value":"\u200b\u3164"}}}`), Input{Verb: Declare, Text: "\u200b\u3164"}, []string{"title"}},
		{"declare, odd severity", view(declareForm, `""`, `{"title":{"title":{"value":"x"}},"severity":{"severity":{"selected_option":{"value":"9"}}}}`), Input{Verb: Declare, Text: "x"}, []string{"severity"}},
		{"update", view(updateForm, inc3, `{"text":{"text":{"value":"payments\nare back "}}}`), Input{Verb: Update, Incident: "INC-3", Text: "payments\nare back"}, nil},
		{"update, empty", view(updateForm, inc3, `{"text":{"text":{"value":" \u200b"}}}`), Input{Verb: Update, Incident: "INC-3"}, []string{"text"}},
		{"note", view(noteForm, inc3, `{"text":{"text":{"value":"deploy"}},"when":{"when":{"value":"14:05"}}}`),
			Input{Verb: Note, Incident: "INC-3", Text: "deploy", At: time.Date(2026, 11, 21, 13, 5, 0, 0, time.UTC)}, nil},
		{"note, now", view(noteForm, inc3, `{"text":{"text":{"value":"deploy"}},"when":{"when":{"value":null}}}`), Input{Verb: Note, Incident: "INC-3", Text: "deploy"}, nil},
		{"note, odd time", view(noteForm, inc3, `{"text":{"text":{"value":"deploy"}},"when":{"when":{"value":"soon"}}}`), Input{Verb: Note, Incident: "INC-3", Text: "deploy"}, []string{"when"}},
		{"lead", view(leadForm, inc3, `{"person":{"person":{"selected_user":"U2"}}}`), Input{Verb: Lead, Incident: "INC-3", People: []string{"U2"}}, nil},
		{"lead, nobody", view(leadForm, inc3, `{"person":{"person":{"selected_user":null}}}`), Input{Verb: Lead, Incident: "INC-3"}, []string{"person"}},
		{"page", view(pagingForm, inc3, `{"people":{"people":{"selected_users":["U1","U2"]}},"targets":{"targets":{"selected_options":[{"value":"schedule:checkout"}]}}}`),
			Input{Verb: Page, Incident: "INC-3", Targets: []paging.Target{"person:U1", "person:U2", "schedule:checkout"}}, nil},
		{"page, nobody", view(pagingForm, inc3, `{"people":{"people":{"selected_users":[]}}}`), Input{Verb: Page, Incident: "INC-3"}, []string{"people"}},
		{"snooze", view(snoozeForm, page7, `{"wait":{"wait":{"selected_option":{"value":"2h"}}}}`), Input{Verb: Snooze, Page: "PAGE-7", Wait: 2 * time.Hour}, nil},
		{"snooze, odd", view(snoozeForm, page7, `{"wait":{"wait":{"selected_option":{"value":"soon"}}}}`), Input{Verb: Snooze, Page: "PAGE-7"}, []string{"wait"}},
		{"hand over", view(handOverForm, page7, `{"person":{"person":{"selected_user":"U2"}}}`), Input{Verb: HandOver, Page: "PAGE-7", People: []string{"U2"}}, nil},
		{"hand over, nobody", view(handOverForm, page7, `{"person":{"person":{"selected_user":null}}}`), Input{Verb: HandOver, Page: "PAGE-7"}, []string{"person"}},
		{"resolve a page", view(endPageForm, page7, `{"text":{"text":{"value":"was a test"}}}`), Input{Verb: Resolve, Page: "PAGE-7", Text: "was a test"}, nil},
		{"resolve", view(resolveForm, inc3, `{"text":{"text":{"value":null}}}`), Input{Verb: Resolve, Incident: "INC-3"}, nil},
		{"reopen, why", view(reopenForm, inc3, `{}`), Input{Verb: Reopen, Incident: "INC-3"}, []string{"text"}},
	}
	skipped, err := ReadView(view(noteForm, inc3, `{"text":{"text":{"value":"deploy"}},"when":{"when":{"value":"2026-03-29 02:30"}}}`), noon, berlin)
	if err != nil || !strings.Contains(skipped.Errors[whenField], "the clocks went forward") {
		t.Errorf("a time that was not: %v, %v", skipped.Errors, err)
	}
	for _, tt := range tests {
		got, err := ReadView(tt.view, noon, berlin)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		tt.want.Turn, tt.want.Raw = -1, tt.want.Text
		if !reflect.DeepEqual(got.Input, tt.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", tt.name, got.Input, tt.want)
		}
		var faults []string
		for block := range got.Errors {
			faults = append(faults, block)
		}
		if !reflect.DeepEqual(faults, tt.errors) {
			t.Errorf("%s: errors %v, want %v", tt.name, got.Errors, tt.errors)
		}
	}
	for name, bad := range map[string]json.RawMessage{
		"no JSON":       json.RawMessage(`{`),
		"unknown form":  view("v1.else", inc3, `{}`),
		"no incident":   view(updateForm, `""`, `{"text":{"text":{"value":"x"}}}`),
		"no page":       view(snoozeForm, inc3, `{"wait":{"wait":{"selected_option":{"value":"2h"}}}}`),
		"odd metadata":  view(updateForm, `"{"`, `{"text":{"text":{"value":"x"}}}`),
		"odd structure": json.RawMessage(`[]`),
	} {
		if got, err := ReadView(bad, noon, nil); err == nil {
			t.Errorf("%s: %+v, want an error", name, got)
		}
	}
}

// The forms and their reading agree on callback ids, block ids and metadata.
func TestFormsAreReadBack(t *testing.T) {
	s := scene()
	m := Meta{Channel: "C3"}
	answers := map[string]any{
		titleField: map[string]any{"value": "t"}, textField: map[string]any{"value": "t"}, whenField: map[string]any{"value": "-5m"}, serviceField: map[string]any{"value": "checkout"},
		severityField: map[string]any{"selected_option": map[string]any{"value": "1"}}, personField: map[string]any{"selected_user": "U1"},
		waitField:   map[string]any{"selected_option": map[string]any{"value": "30m"}},
		peopleField: map[string]any{"selected_users": []string{"U1"}}, targetsField: map[string]any{"selected_options": []any{map[string]any{"value": "team:x"}}},
	}
	for want, form := range map[Verb]slack.ModalViewRequest{
		Declare: DeclareModal(Input{}, m, s), Update: UpdateModal(opened(), "", m), Note: NoteModal(opened(), time.Time{}, m, s), Lead: LeadModal(opened(), m),
		Snooze: SnoozeModal("PAGE-7", paging.About{}, m, s), HandOver: HandOverModal("PAGE-7", paging.About{}, m, s),
		Page: PageModal(opened(), []paging.Target{"team:x"}, m), Resolve: ResolveModal(opened(), m), Reopen: ReopenModal(opened(), m),
	} {
		values := map[string]any{}
		for _, b := range form.Blocks.BlockSet {
			if in, ok := b.(*slack.InputBlock); ok {
				if answers[in.BlockID] == nil {
					t.Errorf("%s: nobody reads %q", want, in.BlockID)
				}
				values[in.BlockID] = map[string]any{in.BlockID: answers[in.BlockID]}
			}
		}
		raw, err := json.Marshal(map[string]any{"callback_id": form.CallbackID, "private_metadata": form.PrivateMetadata, "state": map[string]any{"values": values}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := ReadView(raw, noon, nil)
		if err != nil || got.Verb != want || got.Errors != nil || got.Meta.Channel != "C3" || want != Declare && got.Incident+got.Page != map[bool]string{false: "INC-3", true: "PAGE-7"}[want == Snooze || want == HandOver] {
			t.Errorf("%s: %+v, %v", want, got, err)
		}
	}
}
