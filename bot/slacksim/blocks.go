package slacksim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/watchbill/watchbill/bot/blockkit"
)

// readBlocks validates the blocks of a message and fills in the ids that Slack
// adds. It returns nil for no blocks, and the number of characters of all texts.
func readBlocks(raw json.RawMessage, m *mint) (filled json.RawMessage, length int, err error) {
	if raw == nil {
		return nil, 0, nil
	}
	var list []any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if decoder.Decode(&list) != nil || decoder.More() {
		return nil, 0, fail("invalid_blocks_format")
	}
	blocks := make([]object, len(list))
	for i, item := range list {
		block, ok := item.(map[string]any)
		if !ok && item != nil {
			return nil, 0, fail("invalid_blocks_format")
		}
		blocks[i] = block
	}
	if len(blocks) == 0 {
		return nil, 0, nil
	}
	if err := failBlocks("invalid_blocks", "", blockkit.Decoded(list)); err != nil {
		return nil, 0, err
	}
	fillIDs(blocks, m)
	filled, err = json.Marshal(blocks)
	return filled, textLength(list), err
}

// readAttachments validates the blocks inside attachments.
func readAttachments(raw json.RawMessage, m *mint) (json.RawMessage, error) {
	if raw == nil {
		return nil, nil
	}
	var attachments []object
	if json.Unmarshal(raw, &attachments) != nil || slices.ContainsFunc(attachments, func(a object) bool { return a == nil }) {
		return nil, fail("invalid_attachments")
	}
	if len(attachments) > 100 {
		return nil, fail("too_many_attachments")
	}
	for i, a := range attachments {
		a["id"] = i + 1
		inner, ok := a["blocks"].([]any)
		if !ok || len(inner) == 0 {
			continue
		}
		text, err := json.Marshal(inner)
		if err != nil {
			return nil, fmt.Errorf("encode attachment: %w", err)
		}
		if err := failBlocks("invalid_attachments", fmt.Sprintf("/attachments/%d", i), blockkit.Message(text)); err != nil {
			return nil, err
		}
		var blocks []object
		if json.Unmarshal(text, &blocks) == nil {
			fillIDs(blocks, m)
			a["blocks"] = blocks
		}
	}
	if len(attachments) == 0 {
		return nil, nil
	}
	return json.Marshal(attachments)
}

// failBlocks words block problems as the Web API does.
func failBlocks(code, prefix string, problems []blockkit.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	short := make([]string, len(problems))
	long := make([]string, len(problems))
	for i, p := range problems {
		short[i] = fmt.Sprintf("%s [json-pointer:%s%s]", p.Message, prefix, p.Pointer)
		long[i] = "[ERROR] " + short[i]
	}
	extra := object{"response_metadata": object{"messages": long}}
	if code != "invalid_arguments" {
		extra["errors"] = short
	}
	return &apiError{code: code, extra: extra}
}

// fillIDs gives blocks and their interactive elements the ids that Slack makes
// up when the app gave none, and the defaults of text objects.
func fillIDs(blocks []object, m *mint) {
	for _, b := range blocks {
		if id, _ := b["block_id"].(string); id == "" {
			b["block_id"] = m.short()
		}
		walk(map[string]any(b), func(node map[string]any) {
			switch node["type"] {
			case "plain_text":
				if node["emoji"] == nil {
					node["emoji"] = true
				}
			case "mrkdwn":
				if node["verbatim"] == nil {
					node["verbatim"] = false
				}
			}
		})
		for _, e := range elements(b) {
			if id, _ := e["action_id"].(string); id == "" && interactive(e) {
				e["action_id"] = m.short()
			}
		}
	}
}

// walk visits every JSON object of a tree.
func walk(node any, visit func(map[string]any)) {
	switch n := node.(type) {
	case map[string]any:
		visit(n)
		for _, v := range n {
			walk(v, visit)
		}
	case object:
		walk(map[string]any(n), visit)
	case []any:
		for _, v := range n {
			walk(v, visit)
		}
	}
}

// elements lists the elements of one block that could be acted on.
func elements(block map[string]any) []map[string]any {
	var found []map[string]any
	add := func(v any) {
		if e, ok := v.(map[string]any); ok {
			found = append(found, e)
		}
	}
	add(block["accessory"])
	add(block["element"])
	if list, ok := block["elements"].([]any); ok && block["type"] != "context" && block["type"] != "rich_text" {
		for _, e := range list {
			add(e)
		}
	}
	return found
}

func interactive(element map[string]any) bool {
	kind, _ := element["type"].(string)
	return kind != "" && kind != "image" && kind != "mrkdwn" && kind != "plain_text"
}

// textLength counts the characters of all texts in a tree.
func textLength(tree any) int {
	total := 0
	walk(tree, func(node map[string]any) {
		if text, ok := node["text"].(string); ok {
			total += utf8.RuneCountInString(text)
		}
	})
	return total
}

// richText is the block that Slack's composer makes of encoded text.
func richText(text string, m *mint) json.RawMessage {
	var parts []object
	for text != "" {
		open := strings.IndexByte(text, '<')
		end := strings.IndexByte(text[max(open, 0):], '>')
		if open < 0 || end < 0 {
			parts = append(parts, object{"type": "text", "text": blockkit.Unescape(text)})
			break
		}
		if open > 0 {
			parts = append(parts, object{"type": "text", "text": blockkit.Unescape(text[:open])})
		}
		parts = append(parts, richToken(text[open+1:open+end]))
		text = text[open+end+1:]
	}
	if len(parts) == 0 {
		return nil
	}
	blocks := []object{{
		"type": "rich_text", "block_id": m.short(),
		"elements": []object{{"type": "rich_text_section", "elements": parts}},
	}}
	raw, err := json.Marshal(blocks)
	if err != nil {
		return nil
	}
	return raw
}

func richToken(token string) object {
	target, label, _ := strings.Cut(token, "|")
	switch {
	case strings.HasPrefix(target, "@"):
		return object{"type": "user", "user_id": target[1:]}
	case strings.HasPrefix(target, "#"):
		return object{"type": "channel", "channel_id": target[1:]}
	case strings.HasPrefix(target, "!subteam^"):
		return object{"type": "usergroup", "usergroup_id": strings.TrimPrefix(target, "!subteam^")}
	case strings.HasPrefix(target, "!"):
		return object{"type": "broadcast", "range": target[1:]}
	case label != "":
		return object{"type": "link", "url": target, "text": label}
	}
	return object{"type": "link", "url": target}
}
