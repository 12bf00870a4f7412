package alert

import "fmt"

// Code classes an error for those who show or transport it.
type Code string

// The codes of an Error.
const (
	// Invalid: what was sent or asked makes no sense as it stands.
	Invalid Code = "invalid"
	// TooLarge: it is larger than what is read.
	TooLarge Code = "too_large"
	// NotFound: what was named does not exist.
	NotFound Code = "not_found"
	// Conflict: it makes sense, but not in the state the alert is in.
	Conflict Code = "conflict"
)

// Error is a refusal. Message is one or two whole sentences for whoever sent or
// asked: what is wrong, where, and what to do next.
type Error struct {
	Code    Code
	Message string
}

func (e *Error) Error() string { return e.Message }

func refuse(c Code, format string, args ...any) error {
	return &Error{c, fmt.Sprintf(format, args...)}
}
