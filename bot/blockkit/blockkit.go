package blockkit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

const (
	// MaxMessageBlocks is the number of blocks one message may carry.
	MaxMessageBlocks = 50
	// MaxViewBlocks is the number of blocks one modal or Home view may carry.
	MaxViewBlocks = 100
	// MaxViewBytes is the size of a modal view as JSON above which Slack
	// answers view_too_large.
	MaxViewBytes = 250_000
	// SafeLength is the Length up to which a message is known to be accepted.
	SafeLength = 9_000
	// MaxLength is the Length above which a message must be expected to be
	// refused with msg_blocks_too_long. Slack publishes no number; 9,597
	// characters have been seen accepted and 11,341 refused.
	MaxLength = 11_000

	maxProblems = 100
	maxID       = 255
	maxURL      = 3000
	maxText     = 3000
)

// Problem is one reason why Slack would refuse the blocks or the view.
type Problem struct {
	// Pointer is the JSON pointer (RFC 6901) of the offending value, such as
	// "/blocks/0/text/text". For a missing field it names the object that
	// lacks it. Pointers into a view are relative to the view; Slack itself
	// puts "/view" in front.
	Pointer string
	// Message says what is wrong in Slack's wording, without the pointer.
	Message string
}

// String returns the problem the way Slack writes it in an error's list.
func (p Problem) String() string {
	return p.Message + " [json-pointer:" + p.Pointer + "]"
}

// Message judges the blocks of a message, a JSON array. It returns nil when
// Slack would accept them, otherwise at most 100 problems in document order.
// The undocumented limit on the sum of all texts is not part of it; compare
// Length with MaxLength.
func Message(blocks json.RawMessage) []Problem {
	value, ok := decode(blocks)
	if !ok {
		return []Problem{{Pointer: "/blocks", Message: "must provide an array"}}
	}
	return Decoded(value)
}

// Decoded is Message for blocks that were decoded already, with
// json.Decoder.UseNumber.
func Decoded(blocks any) []Problem {
	c := newChecker(message)
	c.blocks(blocks, "/blocks", MaxMessageBlocks)
	return c.problems
}

// Length counts the characters (Unicode code points) in blocks that fall under
// Slack's undocumented limit on the whole of a message: every text that is
// shown or spoken, escape sequences counted as they are written. Blocks that
// are no valid JSON count as 0.
func Length(blocks json.RawMessage) int {
	value, ok := decode(blocks)
	if !ok {
		return 0
	}
	return length(value)
}

func length(value any) int {
	n := 0
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			n += length(item)
		}
	case object:
		for key, item := range v {
			s, isString := item.(string)
			switch {
			case !isString:
				n += length(item)
			case key == "text" || key == "alt_text" || key == "fallback":
				n += utf8.RuneCountInString(s)
			}
		}
	}
	return n
}

type object = map[string]any

// surface is a place where blocks appear.
type surface int

const (
	message surface = iota
	modal
	home
)

// checker collects problems during one walk over one message or view.
type checker struct {
	surface  surface
	problems []Problem
	blockIDs map[string]bool
	// actionIDs holds those of the block being checked.
	actionIDs map[string]bool
	inputs    int
	focused   int
	tables    int
	markdown  int
}

func newChecker(s surface) *checker {
	return &checker{surface: s, blockIDs: map[string]bool{}}
}

func (c *checker) add(ptr, format string, args ...any) {
	if len(c.problems) < maxProblems {
		c.problems = append(c.problems, Problem{Pointer: ptr, Message: fmt.Sprintf(format, args...)})
	}
}

func decode(raw json.RawMessage) (any, bool) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil || decoder.More() {
		return nil, false
	}
	return value, true
}

func (c *checker) asObject(value any, ptr string) (object, bool) {
	o, ok := value.(object)
	if !ok {
		c.add(ptr, "must provide an object")
	}
	return o, ok
}

// list returns the array at key, which must hold lowest to highest items;
// highest 0 means no upper limit. A missing array is reported when required.
func (c *checker) list(o object, ptr, key string, lowest, highest int, required bool) []any {
	value, ok := c.field(o, ptr, key, required)
	if !ok {
		return nil
	}
	items, ok := value.([]any)
	at := ptr + "/" + key
	if !ok {
		c.add(at, "must provide an array")
		return nil
	}
	if len(items) < lowest {
		c.add(at, "no fewer than %d items allowed", lowest)
	}
	if highest > 0 && len(items) > highest {
		c.add(at, "no more than %d items allowed", highest)
		return items[:highest]
	}
	return items
}

// field returns the value at key; JSON null counts as absent, as in Slack.
func (c *checker) field(o object, ptr, key string, required bool) (any, bool) {
	value := o[key]
	if value == nil {
		if required {
			c.add(ptr, "missing required field: %s", key)
		}
		return nil, false
	}
	return value, true
}

func (c *checker) child(o object, ptr, key string, required bool) (object, string, bool) {
	at := ptr + "/" + key
	value, ok := c.field(o, ptr, key, required)
	if !ok {
		return nil, at, false
	}
	inner, ok := c.asObject(value, at)
	return inner, at, ok
}

// text returns the string at key, which must have lowest to highest characters.
func (c *checker) text(o object, ptr, key string, lowest, highest int, required bool) string {
	value, ok := c.field(o, ptr, key, required)
	if !ok {
		return ""
	}
	s, ok := value.(string)
	at := ptr + "/" + key
	if !ok {
		c.add(at, "must provide a string")
		return ""
	}
	n := utf8.RuneCountInString(s)
	if n < lowest {
		c.add(at, "must be more than %d characters", lowest-1)
	}
	if n > highest {
		c.add(at, "must be less than %d characters", highest+1)
	}
	return s
}

func (c *checker) boolean(o object, ptr, key string, required bool) {
	value, ok := c.field(o, ptr, key, required)
	if !ok {
		return
	}
	if _, ok := value.(bool); !ok {
		c.add(ptr+"/"+key, "must provide a boolean")
	}
}

// integer returns the whole number at key and whether a valid one is there.
func (c *checker) integer(o object, ptr, key string, lowest, highest int64) (int64, bool) {
	value, ok := c.field(o, ptr, key, false)
	if !ok {
		return 0, false
	}
	at := ptr + "/" + key
	number, _ := value.(json.Number)
	n, err := strconv.ParseInt(number.String(), 10, 64)
	switch {
	case err != nil:
		c.add(at, "must provide an integer")
	case n < lowest:
		c.add(at, "must be greater than or equal to %d", lowest)
	case n > highest:
		c.add(at, "must be less than or equal to %d", highest)
	default:
		return n, true
	}
	return 0, false
}

// choice checks a string that must be one of the values.
func (c *checker) choice(o object, ptr, key string, required bool, values ...string) {
	value, ok := c.field(o, ptr, key, required)
	if !ok {
		return
	}
	if text, _ := value.(string); !slices.Contains(values, text) {
		c.add(ptr+"/"+key, "must be a valid enum value")
	}
}

func index(ptr string, i int) string {
	return ptr + "/" + strconv.Itoa(i)
}
