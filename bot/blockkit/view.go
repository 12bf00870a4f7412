package blockkit

import "encoding/json"

// View judges a modal or Home view, a JSON object. It returns nil when Slack
// would accept it, otherwise at most 100 problems in document order.
func View(view json.RawMessage) []Problem {
	c := newChecker(modal)
	value, ok := decode(view)
	if !ok {
		c.add("", "must provide an object")
		return c.problems
	}
	o, ok := c.asObject(value, "")
	if !ok {
		return c.problems
	}
	if o["type"] == "home" {
		c.surface = home
	}
	if c.surface == modal && len(view) > MaxViewBytes {
		c.add("", "must be less than %d bytes", MaxViewBytes+1)
	}
	c.view(o)
	return c.problems
}

func (c *checker) view(o object) {
	c.choice(o, "", "type", true, "modal", "home")
	c.text(o, "", "private_metadata", 0, 3000, false)
	c.text(o, "", "callback_id", 0, maxID, false)
	c.text(o, "", "external_id", 0, maxID, false)
	if c.surface == home {
		for _, key := range []string{"title", "submit", "close"} {
			if o[key] != nil {
				c.add("/"+key, "invalid additional property: %s", key)
			}
		}
	} else {
		c.textObject(o, "", "title", plainText, 24, true)
		c.textObject(o, "", "submit", plainText, 24, false)
		c.textObject(o, "", "close", plainText, 24, false)
		for _, key := range []string{"clear_on_close", "notify_on_close", "submit_disabled"} {
			c.boolean(o, "", key, false)
		}
	}
	if value, ok := c.field(o, "", "blocks", true); ok {
		c.blocks(value, "/blocks", MaxViewBlocks)
	}
	if c.surface == modal && c.inputs > 0 && o["submit"] == nil {
		c.add("", "missing required field: submit")
	}
}
