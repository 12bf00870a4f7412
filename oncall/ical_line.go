package oncall

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// property is one content line: NAME;PARAM=VALUE:VALUE.
type property struct {
	line   int // where it began, from 1
	name   string
	params map[string]string // by upper-case name, nil without any; several values stay joined by commas
	value  string
}

// component is what stands between BEGIN and END.
type component struct {
	line  int
	name  string
	props []property
	parts []*component
}

// get is the first property of a name, or nil.
func (c *component) get(name string) *property {
	for i := range c.props {
		if c.props[i].name == name {
			return &c.props[i]
		}
	}
	return nil
}

func (c *component) text(name string) string {
	if p := c.get(name); p != nil {
		return unescapeText(p.value)
	}
	return ""
}

// Limits on the form of a calendar: what has more of it is made to use up memory.
const (
	maxDepth = 8
	maxLines = 1_000_000
)

// parseComponents reads the tree of a calendar. Lines that are no property are left
// out with a warning; a calendar cut off in the middle is an error.
func parseComponents(data []byte, warn func(line int, format string, args ...any)) (*component, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	root := &component{}
	stack := []*component{root}
	err := unfold(data, func(line int, text string) error {
		if strings.TrimSpace(text) == "" {
			return nil
		}
		if line > maxLines {
			return refuse(line, "it has more than %d lines", maxLines)
		}
		p, err := parseProperty(line, text)
		if err != nil {
			warn(line, "%v", err)
			return nil
		}
		top := stack[len(stack)-1]
		switch p.name {
		case "BEGIN":
			if len(stack) > maxDepth {
				return refuse(line, "it is nested deeper than %d", maxDepth)
			}
			part := &component{line: line, name: strings.ToUpper(strings.TrimSpace(p.value))}
			top.parts = append(top.parts, part)
			stack = append(stack, part)
		case "END":
			if name := strings.ToUpper(strings.TrimSpace(p.value)); len(stack) == 1 || name != top.name {
				return refuse(line, "END:%s does not end what was begun last", truncate(name, 40))
			}
			stack = stack[:len(stack)-1]
		default:
			top.props = append(top.props, p)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(stack) > 1 {
		top := stack[len(stack)-1]
		return nil, refuse(top.line, "what begins here, BEGIN:%s, does not end: the file was cut off", truncate(top.name, 40))
	}
	for _, part := range root.parts {
		if part.name == "VCALENDAR" {
			return part, nil
		}
	}
	return nil, refuse(0, "it has no BEGIN:VCALENDAR: is it an iCalendar file?")
}

// unfold joins folded lines and passes each on with the number of its first line.
func unfold(data []byte, each func(line int, text string) error) error {
	var logical []byte
	first, number := 0, 0
	for len(data) > 0 {
		line := data
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			line, data = data[:i], data[i+1:]
		} else {
			data = nil
		}
		number++
		line = bytes.TrimSuffix(line, []byte("\r"))
		if number > 1 && len(line) > 0 && (line[0] == ' ' || line[0] == '\t') {
			logical = append(logical, line[1:]...)
			continue
		}
		if first > 0 {
			if err := each(first, string(logical)); err != nil {
				return err
			}
		}
		first, logical = number, append(logical[:0], line...)
	}
	if first > 0 {
		return each(first, string(logical))
	}
	return nil
}

func parseProperty(line int, text string) (property, error) {
	p := property{line: line}
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	end := strings.IndexAny(text, ";:")
	if end <= 0 {
		return p, fmt.Errorf("%q is no property", truncate(text, 40))
	}
	p.name, text = strings.ToUpper(text[:end]), text[end:]
	for text[0] == ';' {
		text = text[1:]
		name, rest, ok := strings.Cut(text, "=")
		if !ok {
			return p, fmt.Errorf("a parameter of %s has no value", truncate(p.name, 40))
		}
		value, rest, err := paramValue(rest)
		if err != nil {
			return p, fmt.Errorf("a parameter of %s %w", truncate(p.name, 40), err)
		}
		if p.params == nil {
			p.params = map[string]string{}
		}
		p.params[strings.ToUpper(name)] = value
		text = rest
	}
	p.value = text[1:]
	return p, nil
}

// paramValue reads up to the next ; or : outside quotes; the rest begins with it.
func paramValue(s string) (value, rest string, err error) {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ';' || c == ':'):
			return b.String(), s[i:], nil
		default:
			b.WriteByte(c)
		}
	}
	return "", "", errors.New("does not end")
}

func unescapeText(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if s[i] == 'n' || s[i] == 'N' {
			b.WriteByte('\n')
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
