package incident

// Code classes an error for those who show or transport it.
type Code string

// The codes of an Error.
const (
	// Invalid: what was asked makes no sense as it stands.
	Invalid Code = "invalid"
	// NotFound: what was named does not exist, or not for this person.
	NotFound Code = "not_found"
	// Conflict: it makes sense, but not in the state the incident is in.
	Conflict Code = "conflict"
	// Forbidden: this person may not do it.
	Forbidden Code = "forbidden"
)

// Error is a refusal. Message is one or two whole sentences for the person who
// asked: what is wrong, and what to do next.
type Error struct {
	Code    Code
	Message string
}

func (e *Error) Error() string { return e.Message }
