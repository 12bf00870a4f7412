package oncall

import "fmt"

// The codes an [Error] can carry.
const (
	CodeInvalid   = "invalid"   // the request makes no sense as it stands
	CodeNotFound  = "not_found" // it names something that does not exist
	CodeConflict  = "conflict"  // it made sense, but somebody or something was first
	CodeForbidden = "forbidden" // this person may not do it
)

// Error is an answer of the core to a person: Message is a full sentence that
// says what is wrong and what to do next.
type Error struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Error returns the sentence.
func (e *Error) Error() string { return e.Message }

func errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}
