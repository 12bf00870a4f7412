package slacksim

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/mail"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// stateKey is the field in which the state of an element stands, and whether
// it is a list. Elements without state have none.
func stateKey(kind string) (key string, list bool) {
	switch kind {
	case "plain_text_input", "email_text_input", "url_text_input", "number_input":
		return "value", false
	case "static_select", "external_select", "radio_buttons":
		return "selected_option", false
	case "multi_static_select", "multi_external_select", "checkboxes":
		return "selected_options", true
	case "users_select":
		return "selected_user", false
	case "multi_users_select":
		return "selected_users", true
	case "conversations_select":
		return "selected_conversation", false
	case "multi_conversations_select":
		return "selected_conversations", true
	case "channels_select":
		return "selected_channel", false
	case "multi_channels_select":
		return "selected_channels", true
	case "datepicker":
		return "selected_date", false
	case "timepicker":
		return "selected_time", false
	case "datetimepicker":
		return "selected_date_time", false
	case "rich_text_input":
		return "rich_text_value", false
	case "file_input":
		return "files", true
	}
	return "", false
}

func text(node map[string]any, key string) string {
	s, _ := node[key].(string)
	return s
}

// initialState is what an untouched element holds.
func initialState(element map[string]any) object {
	kind := text(element, "type")
	key, list := stateKey(kind)
	if key == "" {
		return nil
	}
	initial := strings.Replace(key, "selected_", "initial_", 1)
	switch key {
	case "value", "rich_text_value":
		initial = "initial_value"
	}
	value := element[initial]
	if value == nil && list {
		value = []any{}
	}
	return object{"type": kind, key: value}
}

// unwrap takes the plain value out of a state such as {"type":"static_select",
// "selected_option":{"value":"1"}}, so that both can be entered.
func unwrap(value any) any {
	state, ok := value.(map[string]any)
	if !ok || state["type"] == nil {
		return value
	}
	key, _ := stateKey(text(state, "type"))
	if key == "" || key == "rich_text_value" {
		return state[key]
	}
	switch v := state[key].(type) {
	case map[string]any:
		return v["value"]
	case []any:
		list := []any{}
		for _, item := range v {
			if option, ok := item.(map[string]any); ok {
				item = option["value"]
			}
			list = append(list, item)
		}
		return list
	default:
		return v
	}
}

// inputState turns what a person entered into an element's state. Values are a
// string, a list of strings, a number (datetimepicker), nil to clear, or the
// state itself.
// suggested are the options an external select has loaded.
func inputState(element map[string]any, value any, suggested []object) (object, error) {
	kind := text(element, "type")
	key, list := stateKey(kind)
	if key == "" {
		return nil, fmt.Errorf("a %s holds no value", kind)
	}
	value = unwrap(value)
	if value == nil {
		if list {
			return object{"type": kind, key: []any{}}, nil
		}
		return object{"type": kind, key: nil}, nil
	}
	switch {
	case strings.HasPrefix(key, "selected_option"):
		return optionState(element, value, suggested)
	case list:
		items, err := words(value)
		if err == nil {
			err = tooMany(element, len(items))
		}
		return object{"type": kind, key: items}, err
	case key == "selected_date_time":
		seconds, err := number(value)
		return object{"type": kind, key: seconds}, err
	case key == "rich_text_value":
		return object{"type": kind, key: value}, nil
	}
	word, ok := value.(string)
	if !ok {
		return nil, fmt.Errorf("a %s takes one text, not %T", kind, value)
	}
	if word == "" {
		return object{"type": kind, key: nil}, nil
	}
	return object{"type": kind, key: word}, checkWord(kind, word)
}

// enters is what a person's client lets them enter: options that were loaded, and people
// and channels that there are.
func (p *Person) enters(block string, element map[string]any, value any) (object, error) {
	s := p.server
	state, err := inputState(element, value, s.clients.of(p.id).suggested[block+"/"+text(element, "action_id")])
	if err != nil {
		return nil, err
	}
	kind := text(element, "type")
	key, _ := stateKey(kind)
	if state[key] == nil {
		return state, nil
	}
	what := strings.TrimSuffix(strings.TrimPrefix(key, "selected_"), "s")
	if what != "user" && what != "channel" && what != "conversation" {
		return state, nil
	}
	ids, err := words(state[key])
	for _, id := range ids {
		if there := what == "user" && s.users.get(id) != nil || what != "user" && s.channels.get(id) != nil; !there {
			return nil, fmt.Errorf("a %s does not list %q", kind, id)
		}
	}
	return state, err
}

func checkWord(kind, word string) error {
	var err error
	switch kind {
	case "datepicker":
		_, err = time.Parse(time.DateOnly, word)
	case "timepicker":
		_, err = time.Parse("15:04", word)
	}
	if err != nil {
		return fmt.Errorf("a %s does not take %q", kind, word)
	}
	return nil
}

// optionState is the state of a menu of options, an overflow menu included.
func optionState(element map[string]any, value any, suggested []object) (object, error) {
	kind := text(element, "type")
	key, list := stateKey(kind)
	if kind == "overflow" {
		key = "selected_option" // of the action: the menu itself keeps no state
	}
	wanted, err := words(value)
	if err != nil {
		return nil, err
	}
	choices := optionsOf(element)
	for _, o := range suggested {
		choices = append(choices, o)
	}
	chosen := []any{}
	for _, want := range wanted {
		i := slices.IndexFunc(choices, func(o map[string]any) bool { return text(o, "value") == want })
		if i < 0 {
			return nil, fmt.Errorf("%s %q has no option %q", kind, text(element, "action_id"), want)
		}
		chosen = append(chosen, choices[i])
	}
	if list {
		return object{"type": kind, key: chosen}, tooMany(element, len(chosen))
	}
	if len(chosen) != 1 {
		return nil, fmt.Errorf("%s %q takes one option", kind, text(element, "action_id"))
	}
	return object{"type": kind, key: chosen[0]}, nil
}

// tooMany refuses more choices than an element takes.
func tooMany(element map[string]any, n int) error {
	if most, ok := element["max_selected_items"].(float64); ok && n > int(most) {
		return fmt.Errorf("%s %q takes at most %d", text(element, "type"), text(element, "action_id"), int(most))
	}
	return nil
}

// optionsOf lists the options of an element, those in groups included.
func optionsOf(element map[string]any) []map[string]any {
	var found []map[string]any
	add := func(v any) {
		list, _ := v.([]any)
		for _, o := range list {
			if m, ok := o.(map[string]any); ok {
				found = append(found, m)
			}
		}
	}
	add(element["options"])
	groups, _ := element["option_groups"].([]any)
	for _, g := range groups {
		if m, ok := g.(map[string]any); ok {
			add(m["options"])
		}
	}
	return found
}

func words(value any) ([]string, error) {
	switch v := value.(type) {
	case string:
		return []string{v}, nil
	case []string:
		return v, nil
	case []any:
		list := []string{}
		for _, item := range v {
			word, ok := item.(string)
			if !ok {
				return nil, fmt.Errorf("a list of texts cannot hold %T", item)
			}
			list = append(list, word)
		}
		return list, nil
	}
	return nil, fmt.Errorf("a text or a list of texts is wanted, not %T", value)
}

func number(value any) (int64, error) {
	switch v := value.(type) {
	case int:
		return int64(v), nil
	case int64:
		return v, nil
	case float64:
		return int64(v), nil
	case time.Time:
		return v.Unix(), nil
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		if err == nil {
			return n, nil
		}
	}
	return 0, errors.New("a time in Unix seconds is wanted")
}

// complaint is what Slack's client says about an input before it submits, or "".
func complaint(block, element map[string]any, state object) string {
	key, list := stateKey(text(element, "type"))
	value := state[key]
	empty := value == nil || value == ""
	if list {
		empty = empty || reflect.ValueOf(value).Len() == 0
	}
	optional, _ := block["optional"].(bool)
	if empty {
		if optional {
			return ""
		}
		return "Please complete this required field."
	}
	word, _ := value.(string)
	length := utf8.RuneCountInString(word)
	if least, ok := element["min_length"].(float64); ok && length < int(least) {
		return fmt.Sprintf("Please enter at least %d characters.", int(least))
	}
	limit := 3000.0
	if most, ok := element["max_length"].(float64); ok {
		limit = most
	}
	if key == "value" && length > int(limit) {
		return fmt.Sprintf("Please enter at most %d characters.", int(limit))
	}
	return formatComplaint(element, word)
}

func formatComplaint(element map[string]any, word string) string {
	switch text(element, "type") {
	case "email_text_input":
		if a, err := mail.ParseAddress(word); err != nil || a.Address != word {
			return "Please enter a valid email address."
		}
	case "url_text_input":
		if u, err := url.Parse(word); err != nil || u.Scheme == "" || u.Host == "" {
			return "Please enter a valid URL."
		}
	case "number_input":
		return numberComplaint(element, word)
	}
	return ""
}

func numberComplaint(element map[string]any, word string) string {
	n, err := strconv.ParseFloat(word, 64)
	decimal, _ := element["is_decimal_allowed"].(bool)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) || !decimal && n != float64(int64(n)) {
		return "Please enter a valid number."
	}
	if least, err := strconv.ParseFloat(text(element, "min_value"), 64); err == nil && n < least {
		return "Please enter a number of at least " + text(element, "min_value") + "."
	}
	if most, err := strconv.ParseFloat(text(element, "max_value"), 64); err == nil && n > most {
		return "Please enter a number of at most " + text(element, "max_value") + "."
	}
	return ""
}

// states collects the state of all elements in blocks: block_id, action_id, state.
func states(blocks []object, entered map[string]object) map[string]map[string]object {
	all := map[string]map[string]object{}
	for _, b := range blocks {
		id, _ := b["block_id"].(string)
		for _, e := range elements(b) {
			state := initialState(e)
			if state == nil {
				continue
			}
			action := text(e, "action_id")
			if changed, ok := entered[id+"/"+action]; ok {
				state = changed
			}
			if all[id] == nil {
				all[id] = map[string]object{}
			}
			all[id][action] = state
		}
	}
	return all
}

// find locates an element by action_id, "block_id/action_id" or, for inputs,
// the block_id.
func find(blocks []object, key string) (block object, element map[string]any, err error) {
	wantBlock, wantAction, both := strings.Cut(key, "/")
	for _, b := range blocks {
		id, _ := b["block_id"].(string)
		for _, e := range elements(b) {
			action := text(e, "action_id")
			switch {
			case action == key, both && id == wantBlock && action == wantAction, id == key && b["type"] == "input":
				if block != nil {
					return nil, nil, fmt.Errorf("%q is ambiguous here: write block_id/action_id", key)
				}
				block, element = b, e
			}
		}
	}
	if block == nil {
		return nil, nil, fmt.Errorf("there is no %q here", key)
	}
	return block, element, nil
}

func decodeBlocks(raw json.RawMessage) []object {
	var blocks []object
	if raw == nil || json.Unmarshal(raw, &blocks) != nil {
		return nil
	}
	return blocks
}
