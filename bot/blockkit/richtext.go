package blockkit

import (
	"encoding/json"
	"math"
	"unicode/utf8"
)

func (c *checker) richText(o object, ptr string) {
	for i, item := range c.list(o, ptr, "elements", 0, 0, true) {
		at := index(ptr+"/elements", i)
		part, ok := c.asObject(item, at)
		if !ok {
			continue
		}
		switch kind := c.kind(part, at); kind {
		case "":
		case "rich_text_list":
			c.richTextList(part, at)
		case "rich_text_section", "rich_text_preformatted", "rich_text_quote":
			c.integer(part, at, "border", 0, 1)
			c.richTextParts(part, at)
		default:
			c.add(at+"/type", "unsupported type: %s", kind)
		}
	}
}

func (c *checker) richTextList(o object, ptr string) {
	c.choice(o, ptr, "style", true, "bullet", "ordered")
	c.integer(o, ptr, "indent", 0, 8)
	c.integer(o, ptr, "offset", 0, math.MaxInt32)
	c.integer(o, ptr, "border", 0, 1)
	for i, item := range c.list(o, ptr, "elements", 0, 0, true) {
		at := index(ptr+"/elements", i)
		section, ok := c.asObject(item, at)
		if !ok {
			continue
		}
		if kind := c.kind(section, at); kind != "" && kind != "rich_text_section" {
			c.add(at+"/type", "unsupported type: %s", kind)
			continue
		}
		c.richTextParts(section, at)
	}
}

func (c *checker) richTextParts(o object, ptr string) {
	for i, item := range c.list(o, ptr, "elements", 0, 0, true) {
		at := index(ptr+"/elements", i)
		if part, ok := c.asObject(item, at); ok {
			c.richTextPart(part, at)
		}
	}
}

func (c *checker) richTextPart(o object, ptr string) {
	switch kind := c.kind(o, ptr); kind {
	case "":
		return
	case "text":
		c.text(o, ptr, "text", 1, math.MaxInt32, true)
	case "link":
		c.text(o, ptr, "url", 1, maxURL, true)
		c.text(o, ptr, "text", 0, math.MaxInt32, false)
	case "emoji":
		c.text(o, ptr, "name", 1, maxID, true)
	case "user":
		c.text(o, ptr, "user_id", 1, maxID, true)
	case "usergroup":
		c.text(o, ptr, "usergroup_id", 1, maxID, true)
	case "channel":
		c.text(o, ptr, "channel_id", 1, maxID, true)
	case "broadcast":
		c.choice(o, ptr, "range", true, "here", "channel", "everyone")
	case "date":
		c.field(o, ptr, "timestamp", true)
		c.integer(o, ptr, "timestamp", math.MinInt64, math.MaxInt64)
		c.text(o, ptr, "format", 1, maxText, true)
		c.text(o, ptr, "fallback", 0, maxText, false)
		c.text(o, ptr, "url", 1, maxURL, false)
	case "color":
		c.text(o, ptr, "value", 1, maxID, true)
	default:
		c.add(ptr+"/type", "unsupported type: %s", kind)
		return
	}
	if style, at, ok := c.child(o, ptr, "style", false); ok {
		for _, key := range []string{"bold", "italic", "strike", "code"} {
			c.boolean(style, at, key, false)
		}
	}
}

const (
	maxTableRows    = 100
	maxTableColumns = 20
	maxTableText    = 10_000
)

func (c *checker) table(b object, ptr string) {
	c.tables++
	if c.tables > 1 {
		c.add(ptr, "only_one_table_allowed")
		return
	}
	for i, value := range c.list(b, ptr, "column_settings", 0, maxTableColumns, false) {
		at := index(ptr+"/column_settings", i)
		if value == nil {
			continue
		}
		if settings, ok := c.asObject(value, at); ok {
			c.choice(settings, at, "align", false, "left", "center", "right")
			c.boolean(settings, at, "is_wrapped", false)
		}
	}
	total := 0
	for i, value := range c.list(b, ptr, "rows", 1, maxTableRows, true) {
		at := index(ptr+"/rows", i)
		row, ok := value.([]any)
		if !ok {
			c.add(at, "must provide an array")
			continue
		}
		if len(row) > maxTableColumns {
			c.add(at, "no more than %d items allowed", maxTableColumns)
			row = row[:maxTableColumns]
		}
		for j, cell := range row {
			total += c.cell(cell, index(at, j))
		}
	}
	if total > maxTableText {
		c.add(ptr+"/rows", "must be less than %d characters", maxTableText+1)
	}
}

// cell checks one cell and returns the characters it adds to the table.
func (c *checker) cell(value any, ptr string) int {
	o, ok := c.asObject(value, ptr)
	if !ok {
		return 0
	}
	switch kind := c.kind(o, ptr); kind {
	case "raw_text":
		return utf8.RuneCountInString(c.text(o, ptr, "text", 1, math.MaxInt32, true))
	case "raw_number":
		number, _ := c.field(o, ptr, "value", true)
		if n, ok := number.(json.Number); ok {
			return len(n)
		}
		if number != nil {
			c.add(ptr+"/value", "must provide a number")
		}
	case "rich_text":
		c.richText(o, ptr)
		return length(o)
	case "":
	default:
		c.add(ptr+"/type", "unsupported type: %s", kind)
	}
	return 0
}
