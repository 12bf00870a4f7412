package blockkit

import (
	"encoding/json"
	"math/big"
	"time"
)

// place is where in a block an element stands.
type place int

const (
	inSection place = iota
	inActions
	inContextActions
	inInput
)

// allowed reports whether an element type is known and may stand at the place
// on the surface.
func (c *checker) allowed(kind string, where place) bool {
	switch kind {
	case "static_select", "external_select", "users_select", "conversations_select", "channels_select",
		"multi_static_select", "multi_external_select", "multi_users_select", "multi_conversations_select", "multi_channels_select",
		"checkboxes", "radio_buttons", "datepicker", "timepicker":
		return where != inContextActions
	case "button", "overflow", "workflow_button":
		return where == inSection || where == inActions
	case "image":
		return where == inSection
	case "datetimepicker":
		return (where == inActions || where == inInput) && c.surface != home
	case "plain_text_input", "number_input", "email_text_input", "url_text_input":
		return where == inInput
	case "rich_text_input":
		return where == inInput || where == inActions
	case "file_input":
		return where == inInput && c.surface == modal
	case "feedback_buttons", "icon_button":
		return where == inContextActions
	}
	return false
}

func (c *checker) element(e object, ptr string, where place) {
	kind := c.kind(e, ptr)
	if kind == "" {
		return
	}
	if !c.allowed(kind, where) {
		c.add(ptr+"/type", "unsupported type: %s", kind)
		return
	}
	c.actionID(e, ptr)
	c.focus(e, ptr)
	switch kind {
	case "button":
		c.button(e, ptr)
	case "image":
		c.image(e, ptr)
	case "overflow":
		c.options(e, ptr, "options", 5, optionRule{text: plainText, url: true}, true)
		c.confirm(e, ptr)
	case "checkboxes":
		c.initialOptions(e, ptr, c.options(e, ptr, "options", 10, optionRule{text: anyText}, true))
		c.confirm(e, ptr)
	case "radio_buttons":
		c.initialOption(e, ptr, c.options(e, ptr, "options", 10, optionRule{text: anyText}, true))
		c.confirm(e, ptr)
	case "datepicker", "timepicker", "datetimepicker":
		c.picker(e, ptr, kind)
	case "plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input", "file_input":
		c.typed(e, ptr, kind)
	case "workflow_button":
		c.textObject(e, ptr, "text", plainText, 75, true)
		c.child(e, ptr, "workflow", true)
	case "feedback_buttons":
		c.feedback(e, ptr, "positive_button")
		c.feedback(e, ptr, "negative_button")
	case "icon_button":
		c.choice(e, ptr, "icon", true, "trash")
		c.textObject(e, ptr, "text", plainText, 75, true)
		c.text(e, ptr, "value", 0, 2000, false)
		c.confirm(e, ptr)
	default:
		c.menu(e, ptr, kind, where)
	}
}

func (c *checker) actionID(e object, ptr string) {
	id := c.text(e, ptr, "action_id", 0, maxID, false)
	if id == "" {
		return
	}
	if c.actionIDs[id] {
		c.add(ptr+"/action_id", "action_id %q already exists for another element", id)
	}
	c.actionIDs[id] = true
}

func (c *checker) focus(e object, ptr string) {
	c.boolean(e, ptr, "focus_on_load", false)
	if e["focus_on_load"] != true {
		return
	}
	c.focused++
	if c.focused > 1 {
		c.add(ptr+"/focus_on_load", "only one element can have focus_on_load set to true")
	}
}

func (c *checker) button(e object, ptr string) {
	c.textObject(e, ptr, "text", plainText, 75, true)
	c.text(e, ptr, "value", 0, 2000, false)
	c.text(e, ptr, "url", 0, maxURL, false)
	c.text(e, ptr, "accessibility_label", 0, 75, false)
	c.choice(e, ptr, "style", false, "primary", "danger")
	c.confirm(e, ptr)
}

func (c *checker) feedback(e object, ptr, key string) {
	if button, at, ok := c.child(e, ptr, key, true); ok {
		c.textObject(button, at, "text", plainText, 75, true)
		c.text(button, at, "value", 1, 2000, true)
		c.text(button, at, "accessibility_label", 0, 75, false)
	}
}

func (c *checker) picker(e object, ptr, kind string) {
	c.confirm(e, ptr)
	switch kind {
	case "datepicker":
		c.placeholder(e, ptr)
		c.clock(e, ptr, "initial_date", time.DateOnly, "must be a valid date in the format YYYY-MM-DD")
	case "timepicker":
		c.placeholder(e, ptr)
		c.clock(e, ptr, "initial_time", "15:04", "must be a valid time in the format HH:mm")
		c.text(e, ptr, "timezone", 1, 100, false)
	case "datetimepicker":
		if e["placeholder"] != nil {
			c.add(ptr+"/placeholder", "invalid additional property: placeholder")
		}
		c.integer(e, ptr, "initial_date_time", 1_000_000_000, 9_999_999_999)
	}
}

// clock checks a string that must read exactly as the layout writes it.
func (c *checker) clock(e object, ptr, key, layout, complaint string) {
	value, ok := c.field(e, ptr, key, false)
	if !ok {
		return
	}
	s, _ := value.(string)
	if t, err := time.Parse(layout, s); err != nil || t.Format(layout) != s {
		c.add(ptr+"/"+key, "%s", complaint)
	}
}

func (c *checker) placeholder(e object, ptr string) {
	c.textObject(e, ptr, "placeholder", plainText, 150, false)
}

// typed checks the elements into which people write or put files.
func (c *checker) typed(e object, ptr, kind string) {
	switch kind {
	case "file_input":
		c.integer(e, ptr, "max_files", 1, 10)
		for i, value := range c.list(e, ptr, "filetypes", 1, 0, false) {
			if s, ok := value.(string); !ok || s == "" {
				c.add(index(ptr+"/filetypes", i), "must provide a string")
			}
		}
		return
	case "plain_text_input":
		c.boolean(e, ptr, "multiline", false)
		c.text(e, ptr, "initial_value", 0, maxText, false)
		lowest, hasLowest := c.integer(e, ptr, "min_length", 0, 3000)
		highest, hasHighest := c.integer(e, ptr, "max_length", 1, 3000)
		if hasLowest && hasHighest && lowest > highest {
			c.add(ptr+"/min_length", "must be less than or equal to max_length")
		}
	case "number_input":
		c.numbers(e, ptr)
	case "rich_text_input":
		if initial, at, ok := c.child(e, ptr, "initial_value", false); ok {
			c.richText(initial, at)
		}
	default:
		c.text(e, ptr, "initial_value", 0, maxText, false)
	}
	c.placeholder(e, ptr)
	c.dispatch(e, ptr)
}

func (c *checker) numbers(e object, ptr string) {
	c.boolean(e, ptr, "is_decimal_allowed", true)
	lowest := c.number(e, ptr, "min_value")
	highest := c.number(e, ptr, "max_value")
	initial := c.number(e, ptr, "initial_value")
	if lowest != nil && highest != nil && lowest.Cmp(highest) > 0 {
		c.add(ptr+"/min_value", "must be less than or equal to max_value")
	}
	if initial != nil && (lowest != nil && initial.Cmp(lowest) < 0 || highest != nil && initial.Cmp(highest) > 0) {
		c.add(ptr+"/initial_value", "must be between min_value and max_value")
	}
}

// number returns the number that Slack wants written as a string, or nil.
func (c *checker) number(e object, ptr, key string) *big.Float {
	s := c.text(e, ptr, key, 1, 100, false)
	if s == "" || len(s) > 100 {
		return nil
	}
	at := ptr + "/" + key
	var n json.Number
	if err := json.Unmarshal([]byte(s), &n); err != nil || n == "" {
		c.add(at, "must be a valid number")
		return nil
	}
	value, _, err := big.ParseFloat(s, 10, 200, big.ToNearestEven)
	if err != nil {
		c.add(at, "must be a valid number")
		return nil
	}
	if e["is_decimal_allowed"] == false && !value.IsInt() {
		c.add(at, "must be a whole number")
		return nil
	}
	return value
}

func (c *checker) dispatch(e object, ptr string) {
	config, at, ok := c.child(e, ptr, "dispatch_action_config", false)
	if !ok {
		return
	}
	for i, value := range c.list(config, at, "trigger_actions_on", 1, 2, false) {
		if value != "on_enter_pressed" && value != "on_character_entered" {
			c.add(index(at+"/trigger_actions_on", i), "must be a valid enum value")
		}
	}
}
