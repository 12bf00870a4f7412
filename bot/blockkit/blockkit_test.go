package blockkit

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestMessageRules(t *testing.T) {
	text := func(s string) string { return `{"type":"section","text":` + plain(s) + `}` }
	two := func(more string) string { return actionsOf(button("a", more) + "," + button("b", more)) }
	for _, tt := range []struct{ name, blocks, want string }{
		{"empty list", ``, ""},
		{"null block", `null`, "/blocks/0 must provide an object"},
		{"no type", `{}`, "/blocks/0 missing required field: type"},
		{"type is a number", `{"type":1}`, "/blocks/0/type must provide a string"},
		{"unknown block", `{"type":"sektion"}`, "/blocks/0/type unsupported type: sektion"},
		{"section without text", `{"type":"section"}`, "/blocks/0 missing required field: text"},
		{"section text is a string", `{"type":"section","text":"x"}`, "/blocks/0/text must provide an object"},
		{"section with fields only", `{"type":"section","fields":[` + plain("f") + `]}`, ""},
		{"text of an odd type", `{"type":"section","text":{"type":"html","text":"x"}}`, "/blocks/0/text/type must be a valid enum value"},
		{"text is a number", `{"type":"section","text":{"type":"mrkdwn","text":7}}`, "/blocks/0/text/text must provide a string"},
		{"emoji is a string", `{"type":"header","text":{"type":"plain_text","text":"x","emoji":"yes"}}`, "/blocks/0/text/emoji must provide a boolean"},
		{"mrkdwn header", `{"type":"header","text":{"type":"mrkdwn","text":"x"}}`, "/blocks/0/text/type must be a valid enum value"},
		{"same block_id twice", `{"type":"divider","block_id":"a"},{"type":"divider","block_id":"a"}`, `/blocks/1/block_id block_id "a" already exists`},
		{"same action_id in a block", two(`,"action_id":"x"`), `/blocks/0/elements/1/action_id action_id "x" already exists for another element`},
		{"same action_id in two blocks", actionsOf(button("a", `,"action_id":"x"`)) + "," + actionsOf(button("a", `,"action_id":"x"`)), ""},
		{"no action_id twice", two(``), ""},
		{"button style", actionsOf(button("a", `,"style":"default"`)), "/blocks/0/elements/0/style must be a valid enum value"},
		{"input in a section", sectionWith(`{"type":"plain_text_input"}`), "/blocks/0/accessory/type unsupported type: plain_text_input"},
		{"button in an input", inputOf(button("b", "")), "/blocks/0/element/type unsupported type: button"},
		{"image in actions", actionsOf(`{"type":"image","image_url":"u","alt_text":"a"}`), "/blocks/0/elements/0/type unsupported type: image"},
		{"input in a message", inputOf(`{"type":"plain_text_input"}`), ""},
		{"file input in a message", inputOf(`{"type":"file_input"}`), "/blocks/0/element/type unsupported type: file_input"},
		{"date and time in a section", sectionWith(`{"type":"datetimepicker"}`), "/blocks/0/accessory/type unsupported type: datetimepicker"},
		{"date and time in actions", actionsOf(`{"type":"datetimepicker"}`), ""},
		{"image without alt_text", sectionWith(`{"type":"image","image_url":"u"}`), "/blocks/0/accessory missing required field: alt_text"},
		{"image without source", `{"type":"image","alt_text":"a"}`, "/blocks/0 missing required field: image_url"},
		{"image from a file", `{"type":"image","alt_text":"a","slack_file":{"id":"F1"}}`, ""},
		{"image with two sources", `{"type":"image","alt_text":"a","image_url":"u","slack_file":{"id":"F1"}}`, "/blocks/0 must provide only one of: image_url, slack_file"},
		{"context with a button", `{"type":"context","elements":[` + button("b", "") + `]}`, "/blocks/0/elements/0/type unsupported type: button"},
		{"context with an image", `{"type":"context","elements":[{"type":"image","image_url":"u","alt_text":"a"},{"type":"mrkdwn","text":"x"}]}`, ""},
		{"options and groups", sectionWith(`{"type":"static_select","options":[` + options(1) + `],"option_groups":[{"label":` + plain("g") + `,"options":[` + options(1) + `]}]}`), "/blocks/0/accessory must provide only one of: options, option_groups"},
		{"select without options", sectionWith(`{"type":"static_select"}`), "/blocks/0/accessory missing required field: options"},
		{"initial option", sectionWith(`{"type":"static_select","initial_option":` + option("o", "1") + `,"options":[` + options(2) + `]}`), ""},
		{"foreign initial option", sectionWith(`{"type":"static_select","initial_option":` + option("o", "2") + `,"options":[` + options(2) + `]}`), "/blocks/0/accessory/initial_option must match one of the provided options"},
		{"foreign initial options", sectionWith(`{"type":"checkboxes","initial_options":[` + option("o", "1") + `,` + option("p", "1") + `],"options":[` + options(2) + `]}`), "/blocks/0/accessory/initial_options/1 must match one of the provided options"},
		{"initial option in a group", sectionWith(`{"type":"static_select","initial_option":` + option("o", "0") + `,"option_groups":[{"label":` + plain("g") + `,"options":[` + options(1) + `]}]}`), ""},
		{"url on a select option", sectionWith(`{"type":"static_select","options":[{"text":` + plain("o") + `,"value":"v","url":"u"}]}`), "/blocks/0/accessory/options/0/url invalid additional property: url"},
		{"mrkdwn select option", sectionWith(`{"type":"static_select","options":[{"text":{"type":"mrkdwn","text":"o"},"value":"v"}]}`), "/blocks/0/accessory/options/0/text/type must be a valid enum value"},
		{"mrkdwn radio option", sectionWith(`{"type":"radio_buttons","options":[{"text":{"type":"mrkdwn","text":"o"},"value":"v"}]}`), ""},
		{"confirm without deny", actionsOf(button("b", `,"confirm":{"title":`+plain("t")+`,"text":`+plain("x")+`,"confirm":`+plain("y")+`}`)), "/blocks/0/elements/0/confirm missing required field: deny"},
		{"context actions", `{"type":"context_actions","elements":[{"type":"feedback_buttons","positive_button":{"text":` + plain("+") + `,"value":"p"},"negative_button":{"text":` + plain("-") + `,"value":"n"}}]}`, ""},
		{"two tables", `{"type":"table","rows":[[]]},{"type":"table","rows":[[]]}`, "/blocks/1 only_one_table_allowed"},
		{"large table", `{"type":"table","rows":[[{"type":"raw_text","text":"` + letters(5001) + `"},{"type":"raw_text","text":"` + letters(5000) + `"}]]}`, "/blocks/0/rows must be less than 10001 characters"},
		{"full table", `{"type":"table","rows":[[{"type":"raw_text","text":"` + letters(5000) + `"},{"type":"raw_text","text":"` + letters(5000) + `"}]]}`, ""},
		{"empty cell", `{"type":"table","rows":[[{"type":"raw_text","text":""}]]}`, "/blocks/0/rows/0/0/text must be more than 0 characters"},
		{"null column setting", `{"type":"table","column_settings":[null],"rows":[[]]}`, ""},
		{"markdown in all", `{"type":"markdown","text":"` + letters(6000) + `"},{"type":"markdown","text":"` + letters(6001) + `"}`, "/blocks/1/text must be less than 12001 characters in all markdown blocks together"},
		{"two markdown blocks", `{"type":"markdown","text":"` + letters(6000) + `"},{"type":"markdown","text":"` + letters(6000) + `"}`, ""},
		{"file", `{"type":"file","external_id":"e","source":"remote"}`, ""},
		{"file from elsewhere", `{"type":"file","external_id":"e","source":"local"}`, "/blocks/0/source must be a valid enum value"},
		{"response_url in a message", sectionWith(`{"type":"conversations_select","response_url_enabled":true}`), "/blocks/0/accessory/response_url_enabled response_url_enabled is only allowed in input blocks of modals"},
		{"filter", sectionWith(`{"type":"conversations_select","filter":{"include":["public","secret"]}}`), "/blocks/0/accessory/filter/include/1 must be a valid enum value"},
		{"empty initial user", sectionWith(`{"type":"users_select","initial_user":""}`), "/blocks/0/accessory/initial_user must be more than 0 characters"},
		{"initial users", sectionWith(`{"type":"multi_users_select","initial_users":["U1",""]}`), "/blocks/0/accessory/initial_users/1 must provide a string"},
		{"rich text part", `{"type":"rich_text","elements":[{"type":"rich_text_table","elements":[]}]}`, "/blocks/0/elements/0/type unsupported type: rich_text_table"},
		{"rich text leaf", `{"type":"rich_text","elements":[{"type":"rich_text_quote","elements":[{"type":"html"}]}]}`, "/blocks/0/elements/0/elements/0/type unsupported type: html"},
		{"rich text empty", `{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":""}]}]}`, "/blocks/0/elements/0/elements/0/text must be more than 0 characters"},
		{"rich text style", `{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"x","style":{"bold":"yes"}}]}]}`, "/blocks/0/elements/0/elements/0/style/bold must provide a boolean"},
		{"rich text list of text", `{"type":"rich_text","elements":[{"type":"rich_text_list","style":"ordered","elements":[{"type":"text","text":"x"}]}]}`, "/blocks/0/elements/0/elements/0/type unsupported type: text"},
		{"rich text broadcast", `{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"broadcast","range":"all"}]}]}`, "/blocks/0/elements/0/elements/0/range must be a valid enum value"},
		{"rich text date", `{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"date","format":"{date}"}]}]}`, "/blocks/0/elements/0/elements/0 missing required field: timestamp"},
		{"all kinds of rich text", `{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"emoji","name":"fire"},{"type":"user","user_id":"U1"},{"type":"usergroup","usergroup_id":"S1"},{"type":"channel","channel_id":"C1"},{"type":"color","value":"#fff"},{"type":"date","timestamp":1700000000,"format":"{date}"}]},{"type":"rich_text_preformatted","border":0,"elements":[{"type":"text","text":"x"}]}]}`, ""},
		{"plain good", text("x"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			compare(t, asMessage(tt.blocks), tt.want)
		})
	}
}

func compare(t *testing.T, got []Problem, want string) {
	t.Helper()
	var lines []string
	for _, p := range got {
		lines = append(lines, p.Pointer+" "+p.Message)
	}
	if g := strings.Join(lines, "\n"); g != want {
		t.Errorf("got  %q\nwant %q", g, want)
	}
}

func TestElementsForTyping(t *testing.T) {
	at := "/blocks/0/element"
	for _, tt := range []struct{ name, element, want string }{
		{"date", `{"type":"datepicker","initial_date":"2026-02-28"}`, ""},
		{"no such date", `{"type":"datepicker","initial_date":"2026-02-29"}`, at + "/initial_date must be a valid date in the format YYYY-MM-DD"},
		{"short date", `{"type":"datepicker","initial_date":"2026-2-1"}`, at + "/initial_date must be a valid date in the format YYYY-MM-DD"},
		{"time", `{"type":"timepicker","initial_time":"00:59","timezone":"Europe/Berlin"}`, ""},
		{"no such time", `{"type":"timepicker","initial_time":"24:00"}`, at + "/initial_time must be a valid time in the format HH:mm"},
		{"short time", `{"type":"timepicker","initial_time":"9:00"}`, at + "/initial_time must be a valid time in the format HH:mm"},
		{"placeholder of date and time", `{"type":"datetimepicker","placeholder":` + plain("x") + `}`, at + "/placeholder invalid additional property: placeholder"},
		{"lengths crossed", `{"type":"plain_text_input","min_length":5,"max_length":4}`, at + "/min_length must be less than or equal to max_length"},
		{"lengths equal", `{"type":"plain_text_input","min_length":5,"max_length":5}`, ""},
		{"dispatch", `{"type":"plain_text_input","dispatch_action_config":{"trigger_actions_on":["on_enter_pressed","on_character_entered"]}}`, ""},
		{"dispatch on blur", `{"type":"plain_text_input","dispatch_action_config":{"trigger_actions_on":["on_blur"]}}`, at + "/dispatch_action_config/trigger_actions_on/0 must be a valid enum value"},
		{"number", `{"type":"number_input","is_decimal_allowed":false,"min_value":"1","max_value":"10","initial_value":"10"}`, ""},
		{"number without kind", `{"type":"number_input"}`, at + " missing required field: is_decimal_allowed"},
		{"number as a number", `{"type":"number_input","is_decimal_allowed":true,"min_value":1}`, at + "/min_value must provide a string"},
		{"no number", `{"type":"number_input","is_decimal_allowed":true,"min_value":"ten"}`, at + "/min_value must be a valid number"},
		{"hexadecimal", `{"type":"number_input","is_decimal_allowed":true,"min_value":"0x10"}`, at + "/min_value must be a valid number"},
		{"decimal", `{"type":"number_input","is_decimal_allowed":false,"initial_value":"1.5"}`, at + "/initial_value must be a whole number"},
		{"bounds crossed", `{"type":"number_input","is_decimal_allowed":true,"min_value":"2","max_value":"1"}`, at + "/min_value must be less than or equal to max_value"},
		{"outside", `{"type":"number_input","is_decimal_allowed":true,"min_value":"2","initial_value":"1.9"}`, at + "/initial_value must be between min_value and max_value"},
		{"mail", `{"type":"email_text_input"}`, ""},
		{"url", `{"type":"url_text_input"}`, ""},
		{"rich text", `{"type":"rich_text_input","initial_value":{"type":"rich_text","elements":[]}}`, ""},
		{"file", `{"type":"file_input","filetypes":["md"]}`, ""},
		{"file type", `{"type":"file_input","filetypes":[""]}`, at + "/filetypes/0 must provide a string"},
		{"response_url", `{"type":"channels_select","response_url_enabled":true}`, ""},
		{"response_url of many", `{"type":"multi_channels_select","response_url_enabled":true}`, at + "/response_url_enabled response_url_enabled is only allowed in input blocks of modals"},
		{"external initial", `{"type":"external_select","initial_option":{"text":` + plain("x") + `}}`, at + "/initial_option missing required field: value"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			compare(t, asModal(inputOf(tt.element)), tt.want)
		})
	}
}

func TestViewRules(t *testing.T) {
	title := `"title":` + plain("T")
	input := inputOf(`{"type":"plain_text_input","focus_on_load":true}`)
	long := func(n int) string { return `"` + letters(n) + `"` }
	for _, tt := range []struct{ name, view, want string }{
		{"nothing", `null`, " must provide an object"},
		{"no JSON", `{`, " must provide an object"},
		{"empty", `{}`, " missing required field: type\n missing required field: title\n missing required field: blocks"},
		{"unknown type", `{"type":"page",` + title + `,"blocks":[]}`, "/type must be a valid enum value"},
		{"modal", `{"type":"modal",` + title + `,"blocks":[]}`, ""},
		{"blocks are an object", `{"type":"modal",` + title + `,"blocks":{}}`, "/blocks must provide an array"},
		{"title at the limit", `{"type":"modal","title":` + plain(letters(24)) + `,"submit":` + plain(letters(24)) + `,"close":` + plain(letters(24)) + `,"blocks":[]}`, ""},
		{"title too long", `{"type":"modal","title":` + plain(letters(25)) + `,"blocks":[]}`, "/title/text must be less than 25 characters"},
		{"submit too long", `{"type":"modal",` + title + `,"submit":` + plain(letters(25)) + `,"blocks":[]}`, "/submit/text must be less than 25 characters"},
		{"close too long", `{"type":"modal",` + title + `,"close":` + plain(letters(25)) + `,"blocks":[]}`, "/close/text must be less than 25 characters"},
		{"ids at the limit", `{"type":"modal",` + title + `,"callback_id":` + long(255) + `,"external_id":` + long(255) + `,"private_metadata":` + long(3000) + `,"blocks":[]}`, ""},
		{"callback_id", `{"type":"modal",` + title + `,"callback_id":` + long(256) + `,"blocks":[]}`, "/callback_id must be less than 256 characters"},
		{"external_id", `{"type":"modal",` + title + `,"external_id":` + long(256) + `,"blocks":[]}`, "/external_id must be less than 256 characters"},
		{"private_metadata", `{"type":"modal",` + title + `,"private_metadata":` + long(3001) + `,"blocks":[]}`, "/private_metadata must be less than 3001 characters"},
		{"flag", `{"type":"modal",` + title + `,"notify_on_close":"yes","blocks":[]}`, "/notify_on_close must provide a boolean"},
		{"input without submit", `{"type":"modal",` + title + `,"blocks":[` + input + `]}`, " missing required field: submit"},
		{"two with focus", `{"type":"home","blocks":[` + input + `,` + input + `]}`, "/blocks/1/element/focus_on_load only one element can have focus_on_load set to true"},
		{"home", `{"type":"home","blocks":[` + input + `]}`, ""},
		{"home with a title", `{"type":"home",` + title + `,"blocks":[]}`, "/title invalid additional property: title"},
		{"home with date and time", `{"type":"home","blocks":[` + actionsOf(`{"type":"datetimepicker"}`) + `]}`, "/blocks/0/elements/0/type unsupported type: datetimepicker"},
		{"home with files", `{"type":"home","blocks":[` + inputOf(`{"type":"file_input"}`) + `]}`, "/blocks/0/element/type unsupported type: file_input"},
		{"markdown in a modal", `{"type":"modal",` + title + `,"blocks":[{"type":"markdown","text":"x"}]}`, "/blocks/0/type unsupported type: markdown"},
		{"table in a home", `{"type":"home","blocks":[{"type":"table","rows":[[]]}]}`, "/blocks/0/type unsupported type: table"},
		{"large modal", `{"type":"modal",` + title + `,"blocks":[]` + strings.Repeat(" ", MaxViewBytes) + `}`, " must be less than 250001 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			compare(t, View(json.RawMessage(tt.view)), tt.want)
		})
	}
}

func TestMessageIsNoArray(t *testing.T) {
	for _, in := range []string{``, `{}`, `"x"`, `[`, `[] []`} {
		wantOne(t, Message(json.RawMessage(in)), "/blocks", "must provide an array")
	}
	if got := Message(json.RawMessage(`null`)); got != nil {
		t.Errorf("null: got %v, want none: the field counts as absent", got)
	}
}

func TestProblemsAreBounded(t *testing.T) {
	fields := repeat(10, func(int) string { return "1" })
	blocks := repeat(50, func(int) string { return `{"type":"section","fields":[` + fields + `]}` })
	if got := len(asMessage(blocks)); got != maxProblems {
		t.Errorf("got %d problems, want %d", got, maxProblems)
	}
}

func TestLength(t *testing.T) {
	blocks := `[{"type":"section","text":{"type":"mrkdwn","text":"a&amp;é"},"fields":[{"type":"plain_text","text":"xy"}]},
		{"type":"image","image_url":"https://example.com/long","alt_text":"pic"},
		{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"1234"}]}]}]`
	if got, want := Length(json.RawMessage(blocks)), 7+2+3+4; got != want {
		t.Errorf("Length = %d, want %d", got, want)
	}
	if got := Length(json.RawMessage(`[{`)); got != 0 {
		t.Errorf("Length of broken JSON = %d, want 0", got)
	}
}

func TestProblemString(t *testing.T) {
	got := fmt.Sprint(Problem{Pointer: "/blocks/0/text/text", Message: "must be less than 3001 characters"})
	if want := "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte(`[` + sectionWith(`{"type":"static_select","initial_option":`+option("o", "1")+`,"options":[`+options(2)+`]}`) + `]`))
	f.Add([]byte(`[` + inputOf(`{"type":"number_input","is_decimal_allowed":false,"min_value":"1e99"}`) + `]`))
	f.Add([]byte(`[{"type":"table","rows":[[{"type":"rich_text","elements":[null]}]]},{"type":"actions","elements":[1,{}]}]`))
	f.Add([]byte(`[{"type":"rich_text","elements":[{"type":"rich_text_list","style":"bullet","elements":[{"type":"rich_text_section","elements":[{"type":"date"}]}]}]}]`))
	f.Add([]byte(`{"type":"modal","title":[],"blocks":[{"type":"input","element":{"type":"file_input","filetypes":[1]}}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, p := range Message(raw) {
			if p.Message == "" || !strings.HasPrefix(p.Pointer, "/blocks") {
				t.Fatalf("problem without pointer or message: %+v", p)
			}
		}
		View(raw)
		if Length(raw) < 0 {
			t.Fatal("negative length")
		}
	})
}
