package alert

import (
	"fmt"
	"strings"
)

// reader reads JSON in one pass, straight into signals. The standard library checks a
// document first and then goes by reflection, which takes three times as long; text that
// is not plain it still reads. The first thing that is wrong ends the reading; then err
// says what.
type reader struct {
	data  []byte
	at    int
	depth int
	err   *Error
	path  string // of what is wrong, such as ".alerts[2].labels"
}

// maxNesting is how deep values may lie in one another; sources need ten.
const maxNesting = 100

// parse reads a body of one value by the function.
func parse(body []byte, value func(r *reader)) error {
	if len(body) == 0 {
		return refuse(Invalid, "The body is empty. Send it as JSON.")
	}
	r := &reader{data: body}
	r.space()
	value(r)
	r.space()
	if r.err == nil && r.at < len(r.data) {
		r.syntax("something follows the end of the value")
	}
	switch {
	case r.err == nil:
		return nil
	case r.path != "":
		r.err.Message = "The field " + cut(oneLine(strings.ToValidUTF8(strings.TrimPrefix(r.path, "."), "\ufffd")), 120) + r.err.Message
	case strings.HasPrefix(r.err.Message, " "):
		r.err.Message = "The body" + r.err.Message
	}
	return r.err
}

// syntax refuses what is not JSON.
func (r *reader) syntax(what string) {
	if r.err != nil {
		return
	}
	r.err = &Error{Code: Invalid, Message: fmt.Sprintf("The body is not JSON: %s at byte %d.", what, r.at+1)}
	if r.at >= len(r.data) {
		r.err.Message = fmt.Sprintf("The JSON ends in the middle, after %d bytes.", len(r.data))
	}
	r.at = len(r.data)
}

// wrong refuses a value of the wrong kind; its path is added on the way out.
func (r *reader) wrong(wanted string) {
	if r.err != nil {
		return
	}
	if r.at >= len(r.data) || r.kind() == "" {
		r.syntax("a value is expected")
		return
	}
	r.err = &Error{Code: Invalid, Message: fmt.Sprintf(" must be %s, not %s (byte %d).", wanted, r.kind(), r.at+1)}
	r.at = len(r.data)
}

// kind says in words what begins here; empty when no value does.
func (r *reader) kind() string {
	switch c := r.next(); {
	case c == '"':
		return "text"
	case c == '{':
		return "an object"
	case c == '[':
		return "a list"
	case c == 't' || c == 'f':
		return "true or false"
	case c == 'n':
		return "null"
	case c == '-' || c >= '0' && c <= '9':
		return "a number"
	}
	return ""
}

// next is the byte that comes; 0 at the end.
func (r *reader) next() byte {
	if r.at < len(r.data) {
		return r.data[r.at]
	}
	return 0
}

func (r *reader) space() {
	for r.at < len(r.data) {
		switch r.data[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

// take passes the byte if it comes, and the space behind it.
func (r *reader) take(c byte) bool {
	if r.next() != c {
		return false
	}
	r.at++
	r.space()
	return true
}

// null passes a null if it comes.
func (r *reader) null() bool {
	if r.next() != 'n' {
		return false
	}
	r.word("null")
	return true
}

func (r *reader) word(w string) {
	if len(r.data)-r.at < len(w) {
		r.at = len(r.data)
		r.syntax("")
		return
	}
	if string(r.data[r.at:r.at+len(w)]) != w {
		r.syntax("a value is expected")
		return
	}
	r.at += len(w)
}

// deeper says whether values may still lie in one another.
func (r *reader) deeper() bool {
	if r.depth++; r.depth > maxNesting && r.err == nil {
		r.err = &Error{Code: Invalid, Message: fmt.Sprintf("The body is nested more than %d deep.", maxNesting)}
		r.at = len(r.data)
	}
	return r.err == nil
}

// object reads an object; field is called at the value of each key, in order, and must
// read it. A null is an object without keys.
func (r *reader) object(field func(key []byte)) {
	if r.null() {
		return
	}
	if r.next() != '{' {
		r.wrong("an object")
		return
	}
	if !r.deeper() {
		return
	}
	r.take('{')
	for first := true; r.err == nil && !r.take('}'); first = false {
		if !first && !r.take(',') {
			r.syntax("a comma or a closing brace is expected")
			return
		}
		if r.next() != '"' {
			r.syntax("a key in quotes is expected")
			return
		}
		key := r.quoted()
		r.space()
		if !r.take(':') {
			r.syntax("a colon is expected")
			return
		}
		field(key)
		if r.err != nil {
			r.inside("." + string(key))
			return
		}
		r.space()
	}
	r.depth--
}

// list reads a list; entry is called at each, and must read it. It says whether there
// was a list: a null is none.
func (r *reader) list(entry func(i int)) bool {
	if r.null() {
		return false
	}
	if r.next() != '[' {
		r.wrong("a list")
		return false
	}
	if !r.deeper() {
		return false
	}
	r.take('[')
	for i := 0; r.err == nil && !r.take(']'); i++ {
		if i > 0 && !r.take(',') {
			r.syntax("a comma or a closing bracket is expected")
			return false
		}
		entry(i)
		if r.err != nil {
			r.inside(fmt.Sprintf("[%d]", i))
			return false
		}
		r.space()
	}
	r.depth--
	return true
}

// inside adds a step to the path of what has the wrong kind.
func (r *reader) inside(step string) {
	if strings.HasPrefix(r.err.Message, " ") {
		r.path = step + r.path
	}
}
