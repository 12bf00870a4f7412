package blockkit

import "reflect"

// textKind says which text objects are allowed at a place.
type textKind int

const (
	plainText textKind = iota
	anyText
)

func (c *checker) textObject(o object, ptr, key string, kind textKind, highest int, required bool) {
	if value, ok := c.field(o, ptr, key, required); ok {
		c.textValue(value, ptr+"/"+key, kind, highest)
	}
}

func (c *checker) textValue(value any, ptr string, kind textKind, highest int) {
	o, ok := c.asObject(value, ptr)
	if !ok {
		return
	}
	if kind == plainText {
		c.choice(o, ptr, "type", true, "plain_text")
	} else {
		c.choice(o, ptr, "type", true, "plain_text", "mrkdwn")
	}
	c.text(o, ptr, "text", 1, highest, true)
	c.boolean(o, ptr, "emoji", false)
	c.boolean(o, ptr, "verbatim", false)
}

func (c *checker) confirm(o object, ptr string) {
	dialog, at, ok := c.child(o, ptr, "confirm", false)
	if !ok {
		return
	}
	c.textObject(dialog, at, "title", plainText, 100, true)
	c.textObject(dialog, at, "text", anyText, 300, true)
	c.textObject(dialog, at, "confirm", plainText, 30, true)
	c.textObject(dialog, at, "deny", plainText, 30, true)
	c.choice(dialog, at, "style", false, "primary", "danger")
}

// optionRule says what an option may carry, which depends on its element.
type optionRule struct {
	text textKind
	url  bool
}

func (c *checker) option(value any, ptr string, rule optionRule) {
	o, ok := c.asObject(value, ptr)
	if !ok {
		return
	}
	c.textObject(o, ptr, "text", rule.text, 75, true)
	c.text(o, ptr, "value", 1, 75, true)
	c.textObject(o, ptr, "description", rule.text, 75, false)
	if o["url"] == nil {
		return
	}
	if !rule.url {
		c.add(ptr+"/url", "invalid additional property: url")
		return
	}
	c.text(o, ptr, "url", 1, maxURL, false)
}

// options checks the list at key and returns it.
func (c *checker) options(o object, ptr, key string, highest int, rule optionRule, required bool) []any {
	items := c.list(o, ptr, key, 1, highest, required)
	for i, item := range items {
		c.option(item, index(ptr+"/"+key, i), rule)
	}
	return items
}

// optionsOrGroups checks a static menu's choices and returns all of them.
func (c *checker) optionsOrGroups(o object, ptr string) []any {
	rule := optionRule{text: plainText}
	if o["option_groups"] == nil {
		return c.options(o, ptr, "options", 100, rule, true)
	}
	if o["options"] != nil {
		c.add(ptr, "must provide only one of: options, option_groups")
	}
	var all []any
	for i, item := range c.list(o, ptr, "option_groups", 1, 100, true) {
		at := index(ptr+"/option_groups", i)
		group, ok := c.asObject(item, at)
		if !ok {
			continue
		}
		c.textObject(group, at, "label", plainText, 75, true)
		all = append(all, c.options(group, at, "options", 100, rule, true)...)
	}
	return all
}

// initialOption checks the preselected option against those on offer.
func (c *checker) initialOption(o object, ptr string, offered []any) {
	if value, ok := c.field(o, ptr, "initial_option", false); ok && !offers(offered, value) {
		c.add(ptr+"/initial_option", "must match one of the provided options")
	}
}

func (c *checker) initialOptions(o object, ptr string, offered []any) {
	for i, value := range c.list(o, ptr, "initial_options", 1, 100, false) {
		if !offers(offered, value) {
			c.add(index(ptr+"/initial_options", i), "must match one of the provided options")
		}
	}
}

// offers compares text and value; Slack fills in defaults such as "emoji" by
// itself, so those may differ.
func offers(offered []any, value any) bool {
	want, ok := value.(object)
	if !ok {
		return false
	}
	for _, item := range offered {
		o, ok := item.(object)
		if ok && reflect.DeepEqual(o["value"], want["value"]) && words(o) == words(want) {
			return true
		}
	}
	return false
}

func words(option object) string {
	text, _ := option["text"].(object)
	s, _ := text["text"].(string)
	return s
}
