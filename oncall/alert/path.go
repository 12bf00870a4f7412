package alert

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// expression is a way to text in a JSON document: a path, or text with paths in braces.
type expression struct{ parts []part }

// part is literal text, or a path when steps is not nil.
type part struct {
	literal string
	steps   []step
	whole   bool // from the whole document, not from the entry
}

// step is a key of an object, or with key nil an index of a list; negative ones count
// from its end.
type step struct {
	key   *string
	index int
}

// maxExpression is the longest expression, in bytes.
const maxExpression = 500

// parseExpression reads "$.a.b[0]['odd key']", where $ is the entry and $$ the whole
// document, or text such as "{$.host} is down".
func parseExpression(text string) (expression, error) {
	if len(text) > maxExpression {
		return expression{}, fmt.Errorf("it has more than %d characters", maxExpression)
	}
	text = strings.ToValidUTF8(text, "\ufffd")
	if strings.HasPrefix(text, "$") {
		p, err := parsePath(text)
		return expression{[]part{p}}, err
	}
	var e expression
	for rest := text; rest != ""; {
		before, after, found := strings.Cut(rest, "{$")
		if before != "" {
			e.parts = append(e.parts, part{literal: before})
		}
		if !found {
			break
		}
		path, tail, closed := strings.Cut(after, "}")
		if !closed {
			return e, errors.New("a brace is not closed")
		}
		p, err := parsePath("$" + path)
		if err != nil {
			return e, err
		}
		e.parts, rest = append(e.parts, p), tail
	}
	return e, nil
}

func parsePath(text string) (part, error) {
	rest, ok := strings.CutPrefix(text, "$")
	if !ok {
		return part{}, errors.New(`a path begins with "$"`)
	}
	p := part{steps: []step{}}
	rest, p.whole = strings.CutPrefix(rest, "$")
	for rest != "" {
		var s step
		var err error
		switch rest[0] {
		case '.':
			s, rest, err = parseName(rest[1:])
		case '[':
			s, rest, err = parseBracket(rest[1:])
		default:
			err = fmt.Errorf("%q is not expected", cut(rest, 20))
		}
		if err != nil {
			return p, err
		}
		p.steps = append(p.steps, s)
	}
	return p, nil
}

func parseName(text string) (step, string, error) {
	end := strings.IndexAny(text, ".[")
	if end < 0 {
		end = len(text)
	}
	name := text[:end]
	if name == "" || strings.ContainsAny(name, "]{}*?@()") {
		return step{}, "", fmt.Errorf("a name is expected after the dot, not %q", cut(text, 20))
	}
	return step{key: &name}, text[end:], nil
}

func parseBracket(text string) (step, string, error) {
	if text != "" && (text[0] == '\'' || text[0] == '"') {
		name, rest, ok := strings.Cut(text[1:], text[:1]+"]")
		if !ok {
			return step{}, "", errors.New("a bracket is not closed")
		}
		return step{key: &name}, rest, nil
	}
	number, rest, ok := strings.Cut(text, "]")
	if !ok {
		return step{}, "", errors.New("a bracket is not closed")
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		return step{}, "", fmt.Errorf("%q is not an index: write [0], or ['name']", cut(number, 20))
	}
	return step{index: n}, rest, nil
}

// document is what expressions look into.
type document struct{ whole, entry any }

// text is what the expression gives; empty when one of its paths leads nowhere.
func (e expression) text(d document) string {
	var b strings.Builder
	for _, p := range e.parts {
		if p.steps == nil {
			b.WriteString(p.literal)
			continue
		}
		text := textOf(p.value(d))
		if text == "" {
			return ""
		}
		b.WriteString(text)
	}
	return b.String()
}

// value is what the path leads to; nil when it leads nowhere.
func (p part) value(d document) any {
	at := d.entry
	if p.whole {
		at = d.whole
	}
	for _, s := range p.steps {
		switch v := at.(type) {
		case map[string]any:
			if s.key == nil {
				return nil
			}
			at = v[*s.key]
		case []any:
			i := s.index
			if i < 0 {
				i += len(v)
			}
			if s.key != nil || i < 0 || i >= len(v) {
				return nil
			}
			at = v[i]
		default:
			return nil
		}
	}
	return at
}

// textOf is a JSON value as people read it: text without its quotes, anything else as
// JSON writes it, and null empty.
func textOf(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	var b strings.Builder
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false)
	if out.Encode(value) != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}
