package blockkit

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// asMessage and asModal put one block on a surface; both return the problems
// and make the pointers of the tables below comparable.
func asMessage(block string) []Problem { return Message(json.RawMessage("[" + block + "]")) }

func asModal(block string) []Problem {
	return View(json.RawMessage(`{"type":"modal","title":{"type":"plain_text","text":"T"},"submit":{"type":"plain_text","text":"S"},"blocks":[` + block + `]}`))
}

func letters(n int) string { return strings.Repeat("é", n) }

func plain(s string) string { return `{"type":"plain_text","text":"` + s + `"}` }

func inputOf(element string) string {
	return `{"type":"input","label":` + plain("L") + `,"element":` + element + `}`
}

func actionsOf(elements string) string { return `{"type":"actions","elements":[` + elements + `]}` }

func sectionWith(accessory string) string {
	return `{"type":"section","text":` + plain("T") + `,"accessory":` + accessory + `}`
}

func option(text, value string) string { return `{"text":` + plain(text) + `,"value":"` + value + `"}` }

// repeat joins n results of f(0) … f(n-1) with commas.
func repeat(n int, f func(i int) string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = f(i)
	}
	return strings.Join(parts, ",")
}

func options(n int) string {
	return repeat(n, func(i int) string { return option("o", fmt.Sprint(i)) })
}

func button(text, more string) string { return `{"type":"button","text":` + plain(text) + more + `}` }

// TestLengths holds every limit on characters: at the limit the block passes,
// one more and it is refused, at the pointer, and so is the empty string where
// lowest is 1.
func TestLengths(t *testing.T) {
	message, modal := asMessage, asModal
	for _, tt := range []struct {
		name            string
		judge           func(string) []Problem
		block           string // %s is the text under test
		lowest, highest int
		pointer         string
	}{
		{"block_id", message, `{"type":"divider","block_id":"%s"}`, 0, 255, "/blocks/0/block_id"},
		{"section text", message, `{"type":"section","text":{"type":"mrkdwn","text":"%s"}}`, 1, 3000, "/blocks/0/text/text"},
		{"section field", message, `{"type":"section","fields":[{"type":"mrkdwn","text":"%s"}]}`, 1, 2000, "/blocks/0/fields/0/text"},
		{"header", message, `{"type":"header","text":{"type":"plain_text","text":"%s"}}`, 1, 150, "/blocks/0/text/text"},
		{"context text", message, `{"type":"context","elements":[{"type":"mrkdwn","text":"%s"}]}`, 1, 3000, "/blocks/0/elements/0/text"},
		{"image url", message, `{"type":"image","image_url":"%s","alt_text":"a"}`, 1, 3000, "/blocks/0/image_url"},
		{"image alt", message, `{"type":"image","image_url":"u","alt_text":"%s"}`, 1, 2000, "/blocks/0/alt_text"},
		{"image title", message, `{"type":"image","image_url":"u","alt_text":"a","title":{"type":"plain_text","text":"%s"}}`, 1, 2000, "/blocks/0/title/text"},
		{"input label", modal, `{"type":"input","label":{"type":"plain_text","text":"%s"},"element":{"type":"plain_text_input"}}`, 1, 2000, "/blocks/0/label/text"},
		{"input hint", modal, `{"type":"input","hint":{"type":"plain_text","text":"%s"},"label":{"type":"plain_text","text":"l"},"element":{"type":"plain_text_input"}}`, 1, 2000, "/blocks/0/hint/text"},
		{"markdown", message, `{"type":"markdown","text":"%s"}`, 1, 12000, "/blocks/0/text"},
		{"video title", message, `{"type":"video","title":{"type":"plain_text","text":"%s"},"alt_text":"a","video_url":"u","thumbnail_url":"t"}`, 1, 199, "/blocks/0/title/text"},
		{"video author", message, `{"type":"video","title":{"type":"plain_text","text":"t"},"author_name":"%s","alt_text":"a","video_url":"u","thumbnail_url":"t"}`, 1, 49, "/blocks/0/author_name"},
		{"action_id", message, actionsOf(`{"type":"users_select","action_id":"%s"}`), 0, 255, "/blocks/0/elements/0/action_id"},
		{"button text", message, actionsOf(button("%s", "")), 1, 75, "/blocks/0/elements/0/text/text"},
		{"button value", message, actionsOf(button("b", `,"value":"%s"`)), 0, 2000, "/blocks/0/elements/0/value"},
		{"button url", message, actionsOf(button("b", `,"url":"%s"`)), 0, 3000, "/blocks/0/elements/0/url"},
		{"button label", message, actionsOf(button("b", `,"accessibility_label":"%s"`)), 0, 75, "/blocks/0/elements/0/accessibility_label"},
		{"confirm title", message, actionsOf(button("b", `,"confirm":{"title":{"type":"plain_text","text":"%s"},"text":`+plain("x")+`,"confirm":`+plain("y")+`,"deny":`+plain("n")+`}`)), 1, 100, "/blocks/0/elements/0/confirm/title/text"},
		{"confirm text", message, actionsOf(button("b", `,"confirm":{"title":`+plain("t")+`,"text":{"type":"mrkdwn","text":"%s"},"confirm":`+plain("y")+`,"deny":`+plain("n")+`}`)), 1, 300, "/blocks/0/elements/0/confirm/text/text"},
		{"confirm yes", message, actionsOf(button("b", `,"confirm":{"title":`+plain("t")+`,"text":`+plain("x")+`,"confirm":{"type":"plain_text","text":"%s"},"deny":`+plain("n")+`}`)), 1, 30, "/blocks/0/elements/0/confirm/confirm/text"},
		{"confirm no", message, actionsOf(button("b", `,"confirm":{"title":`+plain("t")+`,"text":`+plain("x")+`,"confirm":`+plain("y")+`,"deny":{"type":"plain_text","text":"%s"}}`)), 1, 30, "/blocks/0/elements/0/confirm/deny/text"},
		{"option text", message, sectionWith(`{"type":"static_select","options":[{"text":{"type":"plain_text","text":"%s"},"value":"v"}]}`), 1, 75, "/blocks/0/accessory/options/0/text/text"},
		{"option value", message, sectionWith(`{"type":"static_select","options":[{"text":` + plain("t") + `,"value":"%s"}]}`), 1, 75, "/blocks/0/accessory/options/0/value"},
		{"option description", message, sectionWith(`{"type":"checkboxes","options":[{"text":` + plain("t") + `,"value":"v","description":{"type":"mrkdwn","text":"%s"}}]}`), 1, 75, "/blocks/0/accessory/options/0/description/text"},
		{"option url", message, sectionWith(`{"type":"overflow","options":[{"text":` + plain("t") + `,"value":"v","url":"%s"}]}`), 1, 3000, "/blocks/0/accessory/options/0/url"},
		{"group label", message, sectionWith(`{"type":"static_select","option_groups":[{"label":{"type":"plain_text","text":"%s"},"options":[` + option("t", "v") + `]}]}`), 1, 75, "/blocks/0/accessory/option_groups/0/label/text"},
		{"placeholder", message, sectionWith(`{"type":"users_select","placeholder":{"type":"plain_text","text":"%s"}}`), 1, 150, "/blocks/0/accessory/placeholder/text"},
		{"initial text", modal, inputOf(`{"type":"plain_text_input","initial_value":"%s"}`), 0, 3000, "/blocks/0/element/initial_value"},
		{"rich text link", message, `{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"link","url":"%s"}]}]}`, 1, 3000, "/blocks/0/elements/0/elements/0/url"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			put := func(n int) string { return strings.ReplaceAll(tt.block, "%s", letters(n)) }
			if got := tt.judge(put(tt.highest)); got != nil {
				t.Errorf("%d characters: got %v, want none", tt.highest, got)
			}
			wantOne(t, tt.judge(put(tt.highest+1)), tt.pointer, fmt.Sprintf("must be less than %d characters", tt.highest+1))
			if tt.lowest > 0 {
				wantOne(t, tt.judge(put(0)), tt.pointer, "must be more than 0 characters")
			}
		})
	}
}

func wantOne(t *testing.T, got []Problem, pointer, message string) {
	t.Helper()
	want := Problem{Pointer: pointer, Message: message}
	if len(got) != 1 || got[0] != want {
		t.Errorf("got %v, want only %v", got, want)
	}
}

// TestCounts holds every limit on the number of things.
func TestCounts(t *testing.T) {
	message, modal := asMessage, asModal
	for _, tt := range []struct {
		name            string
		judge           func(string) []Problem
		block           func(n int) string
		lowest, highest int
		pointer         string
	}{
		{"message blocks", message, func(n int) string {
			return repeat(n, func(int) string { return `{"type":"divider"}` })
		}, 0, 50, "/blocks"},
		{"view blocks", modal, func(n int) string {
			return repeat(n, func(int) string { return `{"type":"divider"}` })
		}, 0, 100, "/blocks"},
		{"section fields", message, func(n int) string {
			return `{"type":"section","fields":[` + repeat(n, func(int) string { return plain("f") }) + `]}`
		}, 1, 10, "/blocks/0/fields"},
		{"context elements", message, func(n int) string {
			return `{"type":"context","elements":[` + repeat(n, func(int) string { return plain("f") }) + `]}`
		}, 1, 10, "/blocks/0/elements"},
		{"actions elements", message, func(n int) string {
			return actionsOf(repeat(n, func(int) string { return button("b", "") }))
		}, 1, 25, "/blocks/0/elements"},
		{"context actions", message, func(n int) string {
			return `{"type":"context_actions","elements":[` + repeat(n, func(int) string { return `{"type":"icon_button","icon":"trash","text":` + plain("x") + `}` }) + `]}`
		}, 1, 5, "/blocks/0/elements"},
		{"static options", message, func(n int) string {
			return sectionWith(`{"type":"static_select","options":[` + options(n) + `]}`)
		}, 1, 100, "/blocks/0/accessory/options"},
		{"option groups", message, func(n int) string {
			group := func(int) string { return `{"label":` + plain("g") + `,"options":[` + options(1) + `]}` }
			return sectionWith(`{"type":"multi_static_select","option_groups":[` + repeat(n, group) + `]}`)
		}, 1, 100, "/blocks/0/accessory/option_groups"},
		{"options in a group", message, func(n int) string {
			return sectionWith(`{"type":"static_select","option_groups":[{"label":` + plain("g") + `,"options":[` + options(n) + `]}]}`)
		}, 1, 100, "/blocks/0/accessory/option_groups/0/options"},
		{"overflow", message, func(n int) string {
			return sectionWith(`{"type":"overflow","options":[` + options(n) + `]}`)
		}, 1, 5, "/blocks/0/accessory/options"},
		{"checkboxes", message, func(n int) string {
			return sectionWith(`{"type":"checkboxes","options":[` + options(n) + `]}`)
		}, 1, 10, "/blocks/0/accessory/options"},
		{"radio buttons", message, func(n int) string {
			return sectionWith(`{"type":"radio_buttons","options":[` + options(n) + `]}`)
		}, 1, 10, "/blocks/0/accessory/options"},
		{"table rows", message, func(n int) string {
			return `{"type":"table","rows":[` + repeat(n, func(int) string { return `[{"type":"raw_text","text":"x"}]` }) + `]}`
		}, 1, 100, "/blocks/0/rows"},
		{"table columns", message, func(n int) string {
			return `{"type":"table","rows":[[` + repeat(n, func(int) string { return `{"type":"raw_number","value":1}` }) + `]]}`
		}, 0, 20, "/blocks/0/rows/0"},
		{"column settings", message, func(n int) string {
			return `{"type":"table","column_settings":[` + repeat(n, func(int) string { return `{"align":"right","is_wrapped":true}` }) + `],"rows":[[]]}`
		}, 0, 20, "/blocks/0/column_settings"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.judge(tt.block(tt.highest)); got != nil {
				t.Errorf("%d items: got %v, want none", tt.highest, got)
			}
			wantOne(t, tt.judge(tt.block(tt.highest+1)), tt.pointer, fmt.Sprintf("no more than %d items allowed", tt.highest))
			if tt.lowest > 0 {
				wantOne(t, tt.judge(tt.block(tt.lowest-1)), tt.pointer, fmt.Sprintf("no fewer than %d items allowed", tt.lowest))
			}
		})
	}
}

// TestNumbers holds every bound on numbers.
func TestNumbers(t *testing.T) {
	list := func(property string) string {
		return `{"type":"rich_text","elements":[{"type":"rich_text_list","style":"bullet",` + property + `,"elements":[]}]}`
	}
	for _, tt := range []struct {
		name            string
		judge           func(string) []Problem
		block           string // %d is the number under test
		lowest, highest int64
		pointer         string
	}{
		{"header level", asMessage, `{"type":"header","text":{"type":"plain_text","text":"h"},"level":%d}`, 1, 4, "/blocks/0/level"},
		{"min_length", asModal, inputOf(`{"type":"plain_text_input","min_length":%d}`), 0, 3000, "/blocks/0/element/min_length"},
		{"max_length", asModal, inputOf(`{"type":"plain_text_input","max_length":%d}`), 1, 3000, "/blocks/0/element/max_length"},
		{"max_files", asModal, inputOf(`{"type":"file_input","max_files":%d}`), 1, 10, "/blocks/0/element/max_files"},
		{"max_selected_items", asModal, inputOf(`{"type":"multi_users_select","max_selected_items":%d}`), 1, 1_000_000, "/blocks/0/element/max_selected_items"},
		{"min_query_length", asModal, inputOf(`{"type":"external_select","min_query_length":%d}`), 0, 1_000_000, "/blocks/0/element/min_query_length"},
		{"date and time", asModal, inputOf(`{"type":"datetimepicker","initial_date_time":%d}`), 1_000_000_000, 9_999_999_999, "/blocks/0/element/initial_date_time"},
		{"list indent", asMessage, list(`"indent":%d`), 0, 8, "/blocks/0/elements/0/indent"},
		{"list border", asMessage, list(`"border":%d`), 0, 1, "/blocks/0/elements/0/border"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			put := func(n int64) string { return strings.ReplaceAll(tt.block, "%d", fmt.Sprint(n)) }
			for _, n := range []int64{tt.lowest, tt.highest} {
				if got := tt.judge(put(n)); got != nil {
					t.Errorf("%d: got %v, want none", n, got)
				}
			}
			wantOne(t, tt.judge(put(tt.lowest-1)), tt.pointer, fmt.Sprintf("must be greater than or equal to %d", tt.lowest))
			wantOne(t, tt.judge(put(tt.highest+1)), tt.pointer, fmt.Sprintf("must be less than or equal to %d", tt.highest))
			wantOne(t, tt.judge(strings.ReplaceAll(tt.block, "%d", `"x"`)), tt.pointer, "must provide an integer")
		})
	}
}

// TestEveryFieldHasItsType spoils one field after another of blocks that have all: each is
// looked at, wherever it stands.
func TestEveryFieldHasItsType(t *testing.T) {
	confirm := `"confirm":{"title":` + plain("t") + `,"text":` + plain("x") + `,"confirm":` + plain("y") + `,"deny":` + plain("n") + `,"style":"danger"}`
	feedback := `{"text":` + plain("+") + `,"value":"v","accessibility_label":"l"}`
	for _, tt := range []struct {
		judge func(string) []Problem
		block string
	}{
		{asMessage, `{"type":"section","block_id":"b","expand":true,"text":{"type":"mrkdwn","text":"x","verbatim":true},"fields":[{"type":"plain_text","text":"f","emoji":true}],"accessory":` + button("b", `,"value":"v","url":"u","style":"primary","accessibility_label":"l",`+confirm) + `}`},
		{asMessage, `{"type":"image","alt_text":"a","title":` + plain("t") + `,"slack_file":{"url":"u"}}`},
		{asMessage, `{"type":"video","title":` + plain("t") + `,"title_url":"u","description":` + plain("d") + `,"author_name":"n","provider_name":"p","provider_icon_url":"u","alt_text":"a","video_url":"u","thumbnail_url":"t"}`},
		{asMessage, `{"type":"context_actions","elements":[{"type":"feedback_buttons","positive_button":` + feedback + `,"negative_button":` + feedback + `},{"type":"icon_button","icon":"trash","text":` + plain("d") + `,"value":"v",` + confirm + `}]}`},
		{asMessage, actionsOf(`{"type":"conversations_select","placeholder":` + plain("p") + `,"initial_conversation":"C1","filter":{"include":["im"],"exclude_external_shared_channels":true,"exclude_bot_users":true},` + confirm + `},{"type":"overflow","options":[` + options(2) + `],` + confirm + `}`)},
		{asMessage, `{"type":"table","column_settings":[{"align":"left","is_wrapped":true}],"rows":[[{"type":"raw_text","text":"x"}]]}`},
		{asMessage, `{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"x","style":{"bold":true}},{"type":"link","url":"u","text":"x"},{"type":"emoji","name":"x"},{"type":"user","user_id":"U1"},{"type":"channel","channel_id":"C1"},{"type":"usergroup","usergroup_id":"S1"},{"type":"broadcast","range":"here"},{"type":"date","timestamp":1,"format":"{date}","fallback":"f","url":"u"},{"type":"color","value":"#fff"}]},{"type":"rich_text_list","style":"bullet","indent":1,"offset":1,"border":1,"elements":[]}]}`},
		{asModal, `{"type":"input","label":` + plain("l") + `,"hint":` + plain("h") + `,"optional":true,"dispatch_action":true,"element":{"type":"plain_text_input","multiline":true,"min_length":1,"max_length":9,"initial_value":"x","placeholder":` + plain("p") + `,"focus_on_load":true}}`},
		{asModal, inputOf(`{"type":"multi_conversations_select","initial_conversations":["C1"],"max_selected_items":2,"default_to_current_conversation":true}`)},
		{asModal, inputOf(`{"type":"multi_static_select","options":[` + options(2) + `],"max_selected_items":2}`)},
	} {
		if problems := tt.judge(tt.block); len(problems) > 0 {
			t.Errorf("%s: %v", tt.block, problems)
			continue
		}
		var whole any
		if err := json.Unmarshal([]byte(tt.block), &whole); err != nil {
			t.Fatal(err)
		}
		spoil(whole, func(at string) {
			spoilt, err := json.Marshal(whole)
			if err != nil {
				t.Fatal(err)
			}
			if len(tt.judge(string(spoilt))) == 0 {
				t.Errorf("%s is of another type, and that is taken: %s", at, spoilt)
			}
		})
	}
}

// spoil gives each field of v in turn a value of another type while it calls f.
func spoil(v any, f func(at string)) {
	switch v := v.(type) {
	case map[string]any:
		for key, was := range v {
			v[key] = any(7)
			if _, number := was.(float64); number {
				v[key] = "x"
			}
			f(key)
			v[key] = was
			spoil(was, f)
		}
	case []any:
		for _, each := range v {
			spoil(each, f)
		}
	}
}
