package alert

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// quoted reads text in quotes. The bytes are valid until the body is read.
func (r *reader) quoted() []byte {
	start := r.at + 1
	for i := start; i < len(r.data); i++ {
		switch c := r.data[i]; {
		case c == '"':
			r.at = i + 1
			return r.data[start:i]
		case c == '\\' || c < ' ' || c >= 0x80:
			return r.unquote(start - 1)
		}
	}
	r.at = len(r.data)
	r.syntax("")
	return nil
}

// unquote reads text that is not plain. What is unusual is left to the library.
func (r *reader) unquote(start int) []byte {
	text := make([]byte, 0, 2*(r.at-start)+64)
	usual := true
	for i := start + 1; i < len(r.data); i++ {
		switch c := r.data[i]; c {
		case '"':
			r.at = i + 1
			if usual && utf8.Valid(text) {
				return text
			}
			return r.library(r.data[start:r.at])
		case '\\':
			i++
			plain, n := unescape(r.data[i:])
			text = append(text, plain)
			usual, i = usual && n > 0, i+max(n, 1)-1
		default:
			text = append(text, c)
			usual = usual && c >= ' '
		}
	}
	r.at = len(r.data)
	r.syntax("")
	return nil
}

// library reads text in quotes.
func (r *reader) library(quoted []byte) []byte {
	var text string
	if err := json.Unmarshal(quoted, &text); err != nil {
		r.at -= len(quoted)
		r.syntax("a text is not written as JSON writes it")
		return nil
	}
	return []byte(text)
}

// unescape reads what follows a backslash when it stands for one ASCII character, and
// how many bytes that were; 0 when it does not.
func unescape(data []byte) (plain byte, n int) {
	switch {
	case len(data) == 0:
		return 0, 0
	case data[0] != 'u':
		at := strings.IndexByte(`"\/bfnrt`, data[0])
		if at < 0 {
			return 0, 0
		}
		return "\"\\/\b\f\n\r\t"[at], 1
	case len(data) < 5 || data[1] != '0' || data[2] != '0':
		return 0, 0
	}
	code, err := strconv.ParseUint(string(data[3:5]), 16, 8)
	if err != nil || code >= utf8.RuneSelf {
		return 0, 0
	}
	return byte(code), 5
}

// text reads text; null is empty.
func (r *reader) text() string {
	switch {
	case r.next() == '"':
		return intern(r.quoted())
	case !r.null():
		r.wrong("text")
	}
	return ""
}

// scalar reads text, or a number, true or false as they are written; null is empty.
func (r *reader) scalar() string {
	switch c := r.next(); {
	case c == '"':
		return intern(r.quoted())
	case c == '{' || c == '[':
		r.wrong("text")
		return ""
	case r.null():
		return ""
	}
	return string(r.raw())
}

// number reads a whole number; null is 0.
func (r *reader) number() int {
	if r.null() {
		return 0
	}
	var n int
	if r.kind() != "a number" {
		r.wrong("a number")
	} else if err := json.Unmarshal(r.raw(), &n); err != nil && r.err == nil {
		r.err = &Error{Code: Invalid, Message: " must be a whole number."}
		r.at = len(r.data)
	}
	return n
}

// texts reads an object by value, each by the function.
func (r *reader) texts(value func() string) map[string]string {
	var out map[string]string
	r.object(func(key []byte) {
		if out == nil {
			out = make(map[string]string, 8)
		}
		out[intern(key)] = value()
	})
	return out
}

// any reads a value of any kind, as [json.Unmarshal] does with numbers as they are
// written.
func (r *reader) any() any {
	switch r.next() {
	case '{':
		object := map[string]any{}
		r.object(func(key []byte) { object[intern(key)] = r.any() })
		return object
	case '[':
		list := []any{}
		r.list(func(int) { list = append(list, r.any()) })
		return list
	case '"':
		return intern(r.quoted())
	case 't', 'f':
		return string(r.raw()) == "true"
	}
	if r.null() {
		return nil
	}
	return json.Number(r.raw())
}

// raw passes any value and returns it as it is written.
func (r *reader) raw() []byte {
	start := r.at
	r.skip()
	if r.err != nil {
		return nil
	}
	end := r.at
	for end > start && (r.data[end-1] == ' ' || r.data[end-1] == '\t' || r.data[end-1] == '\n' || r.data[end-1] == '\r') {
		end--
	}
	return r.data[start:end]
}

// skip passes any value.
func (r *reader) skip() {
	switch r.kind() {
	case "text":
		r.quoted()
	case "an object":
		r.object(func([]byte) { r.skip() })
	case "a list":
		r.list(func(int) { r.skip() })
	case "null":
		r.word("null")
	case "true or false":
		if r.next() == 't' {
			r.word("true")
		} else {
			r.word("false")
		}
	case "a number":
		r.numeral()
	default:
		r.syntax("a value is expected")
	}
}

// numeral passes a number.
func (r *reader) numeral() {
	r.pass('-')
	switch c := r.next(); {
	case c == '0':
		r.at++
	case !r.digits():
		r.syntax("a digit is expected")
		return
	}
	if r.pass('.') && !r.digits() {
		r.syntax("a digit is expected")
		return
	}
	if r.pass('e') || r.pass('E') {
		_ = r.pass('+') || r.pass('-')
		if !r.digits() {
			r.syntax("a digit is expected")
		}
	}
}

func (r *reader) pass(c byte) bool {
	if r.next() != c {
		return false
	}
	r.at++
	return true
}

func (r *reader) digits() bool {
	start := r.at
	for r.next() >= '0' && r.next() <= '9' {
		r.at++
	}
	return r.at > start
}

// intern is the text of the bytes; words that come all the time are not made anew.
func intern(text []byte) string {
	if len(text) <= len("environment") {
		if w, ok := common[string(text)]; ok {
			return w
		}
	}
	return string(text)
}

var common = func() map[string]string {
	words := map[string]string{}
	for _, w := range []string{"", "alertname", "service", "severity", "job", "instance", "namespace", "cluster", "env", "environment", "pod", "node", "host", "region", "team",
		"critical", "warning", "error", "info", "firing", "resolved", "prod", "summary", "description", "runbook_url", "message", "title"} {
		words[w] = w
	}
	return words
}()
