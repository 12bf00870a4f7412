package blockkit

import "strings"

// menu checks the select menus, single and multi.
func (c *checker) menu(e object, ptr, kind string, where place) {
	c.placeholder(e, ptr)
	c.confirm(e, ptr)
	source, multi := strings.CutPrefix(kind, "multi_")
	source = strings.TrimSuffix(source, "_select")
	if multi {
		c.integer(e, ptr, "max_selected_items", 1, 1_000_000)
	}
	switch source {
	case "static":
		offered := c.optionsOrGroups(e, ptr)
		c.initialOption(e, ptr, offered)
		c.initialOptions(e, ptr, offered)
	case "external":
		c.integer(e, ptr, "min_query_length", 0, 1_000_000)
		c.externalInitial(e, ptr)
	case "users":
		c.initialIDs(e, ptr, "initial_user", multi)
	case "channels":
		c.initialIDs(e, ptr, "initial_channel", multi)
		c.responseURL(e, ptr, multi, where)
	case "conversations":
		c.initialIDs(e, ptr, "initial_conversation", multi)
		c.boolean(e, ptr, "default_to_current_conversation", false)
		c.responseURL(e, ptr, multi, where)
		c.filter(e, ptr)
	}
}

// externalInitial checks preselected options of a menu whose other options
// only the app knows.
func (c *checker) externalInitial(e object, ptr string) {
	rule := optionRule{text: plainText}
	if value, ok := c.field(e, ptr, "initial_option", false); ok {
		c.option(value, ptr+"/initial_option", rule)
	}
	c.options(e, ptr, "initial_options", 100, rule, false)
}

func (c *checker) initialIDs(e object, ptr, key string, multi bool) {
	if !multi {
		c.text(e, ptr, key, 1, maxID, false)
		return
	}
	key += "s"
	for i, value := range c.list(e, ptr, key, 1, 0, false) {
		if s, ok := value.(string); !ok || s == "" {
			c.add(index(ptr+"/"+key, i), "must provide a string")
		}
	}
}

// responseURL checks a flag that only single menus in a modal's inputs have.
func (c *checker) responseURL(e object, ptr string, multi bool, where place) {
	c.boolean(e, ptr, "response_url_enabled", false)
	if e["response_url_enabled"] == true && (multi || where != inInput || c.surface != modal) {
		c.add(ptr+"/response_url_enabled", "response_url_enabled is only allowed in input blocks of modals")
	}
}

func (c *checker) filter(e object, ptr string) {
	filter, at, ok := c.child(e, ptr, "filter", false)
	if !ok {
		return
	}
	for i, value := range c.list(filter, at, "include", 1, 4, false) {
		switch value {
		case "im", "mpim", "private", "public":
		default:
			c.add(index(at+"/include", i), "must be a valid enum value")
		}
	}
	c.boolean(filter, at, "exclude_bot_users", false)
	c.boolean(filter, at, "exclude_external_shared_channels", false)
}
