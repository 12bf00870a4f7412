package blockkit

import "unicode/utf8"

func (c *checker) blocks(value any, ptr string, highest int) {
	items, ok := value.([]any)
	if !ok {
		if value != nil {
			c.add(ptr, "must provide an array")
		}
		return
	}
	if len(items) > highest {
		c.add(ptr, "no more than %d items allowed", highest)
		items = items[:highest]
	}
	for i, item := range items {
		at := index(ptr, i)
		if b, ok := c.asObject(item, at); ok {
			c.block(b, at)
		}
	}
}

func (c *checker) block(b object, ptr string) {
	c.actionIDs = map[string]bool{}
	if id := c.text(b, ptr, "block_id", 0, maxID, false); id != "" {
		if c.blockIDs[id] {
			c.add(ptr+"/block_id", "block_id %q already exists", id)
		}
		c.blockIDs[id] = true
	}
	kind := c.kind(b, ptr)
	if kind == "" {
		return
	}
	if !c.appears(kind) {
		c.add(ptr+"/type", "unsupported type: %s", kind)
		return
	}
	switch kind {
	case "section":
		c.section(b, ptr)
	case "header":
		c.textObject(b, ptr, "text", plainText, 150, true)
		c.integer(b, ptr, "level", 1, 4)
	case "context":
		c.context(b, ptr)
	case "actions":
		c.elements(b, ptr, inActions, 25)
	case "context_actions":
		c.elements(b, ptr, inContextActions, 5)
	case "image":
		c.image(b, ptr)
		c.textObject(b, ptr, "title", plainText, 2000, false)
	case "input":
		c.input(b, ptr)
	case "rich_text":
		c.richText(b, ptr)
	case "markdown":
		c.markdownBlock(b, ptr)
	case "table":
		c.table(b, ptr)
	case "video":
		c.video(b, ptr)
	case "file":
		c.text(b, ptr, "external_id", 1, maxID, true)
		c.choice(b, ptr, "source", true, "remote")
	case "call":
		c.text(b, ptr, "call_id", 1, maxID, true)
	}
}

// kind returns the type of a block, an element or a rich text part, or ""
// after reporting that there is none.
func (c *checker) kind(o object, ptr string) string {
	value, ok := c.field(o, ptr, "type", true)
	if !ok {
		return ""
	}
	kind, ok := value.(string)
	switch {
	case !ok:
		c.add(ptr+"/type", "must provide a string")
	case kind == "":
		c.add(ptr+"/type", "unsupported type: ")
	}
	return kind
}

// appears reports whether a block type is known and allowed on the surface.
func (c *checker) appears(kind string) bool {
	switch kind {
	case "section", "header", "context", "actions", "divider", "image", "input", "rich_text", "video":
		return true
	case "context_actions", "markdown", "table", "file", "call":
		return c.surface == message
	}
	return false
}

func (c *checker) section(b object, ptr string) {
	c.textObject(b, ptr, "text", anyText, maxText, b["fields"] == nil)
	for i, field := range c.list(b, ptr, "fields", 1, 10, false) {
		c.textValue(field, index(ptr+"/fields", i), anyText, 2000)
	}
	c.boolean(b, ptr, "expand", false)
	if accessory, at, ok := c.child(b, ptr, "accessory", false); ok {
		c.element(accessory, at, inSection)
	}
}

func (c *checker) context(b object, ptr string) {
	for i, item := range c.list(b, ptr, "elements", 1, 10, true) {
		at := index(ptr+"/elements", i)
		o, ok := c.asObject(item, at)
		if !ok {
			continue
		}
		switch kind := c.kind(o, at); kind {
		case "":
		case "image":
			c.image(o, at)
		case "mrkdwn", "plain_text":
			c.textValue(o, at, anyText, maxText)
		default:
			c.add(at+"/type", "unsupported type: %s", kind)
		}
	}
}

func (c *checker) elements(b object, ptr string, where place, highest int) {
	for i, item := range c.list(b, ptr, "elements", 1, highest, true) {
		at := index(ptr+"/elements", i)
		if o, ok := c.asObject(item, at); ok {
			c.element(o, at, where)
		}
	}
}

// image checks what the image block and the image element share.
func (c *checker) image(o object, ptr string) {
	c.text(o, ptr, "alt_text", 1, 2000, true)
	file, at, ok := c.child(o, ptr, "slack_file", false)
	if !ok {
		c.text(o, ptr, "image_url", 1, maxURL, true)
		return
	}
	if o["image_url"] != nil {
		c.add(ptr, "must provide only one of: image_url, slack_file")
	}
	c.text(file, at, "id", 1, maxID, file["url"] == nil)
	c.text(file, at, "url", 1, maxURL, false)
}

func (c *checker) input(b object, ptr string) {
	c.inputs++
	c.textObject(b, ptr, "label", plainText, 2000, true)
	c.textObject(b, ptr, "hint", plainText, 2000, false)
	c.boolean(b, ptr, "optional", false)
	c.boolean(b, ptr, "dispatch_action", false)
	if element, at, ok := c.child(b, ptr, "element", true); ok {
		c.element(element, at, inInput)
	}
}

func (c *checker) markdownBlock(b object, ptr string) {
	s := c.text(b, ptr, "text", 1, 12_000, true)
	before := c.markdown
	c.markdown += utf8.RuneCountInString(s)
	if before > 0 && before <= 12_000 && c.markdown > 12_000 {
		c.add(ptr+"/text", "must be less than 12001 characters in all markdown blocks together")
	}
}

func (c *checker) video(b object, ptr string) {
	c.textObject(b, ptr, "title", plainText, 199, true)
	c.textObject(b, ptr, "description", plainText, 200, false)
	c.text(b, ptr, "alt_text", 1, 2000, true)
	c.text(b, ptr, "video_url", 1, maxURL, true)
	c.text(b, ptr, "thumbnail_url", 1, maxURL, true)
	c.text(b, ptr, "title_url", 1, maxURL, false)
	c.text(b, ptr, "author_name", 1, 49, false)
	c.text(b, ptr, "provider_name", 0, maxText, false)
	c.text(b, ptr, "provider_icon_url", 1, maxURL, false)
}
