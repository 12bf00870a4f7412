package httpd

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
)

// Problem is the body of every answer that is not a success.
type Problem struct {
	Error Refusal `json:"error"`
}

// Refusal says why something was not done, and what to do next.
type Refusal struct {
	Code    incident.Code `json:"code"`
	Message string        `json:"message"`
}

func fail(w http.ResponseWriter, status int, code incident.Code, message string) {
	write(w, status, Problem{Refusal{code, Outside(message)}})
}

// errNoToken is the answer to whoever shows no token, or one that is not taken.
var errNoToken = errors.New("no token")

// busyError is the answer to what comes too fast.
type busyError struct {
	status  int
	wait    time.Duration
	message string
}

func (e *busyError) Error() string { return e.message }

// again is when to ask again after a command that was not recorded.
const again = time.Second

// refuse answers with an error: a refusal with its text, anything else with its cause
// to the owner of the process, and to others without: told is false then.
func refuse(w http.ResponseWriter, err error, owner bool) (told bool) {
	var pending *desk.PendingError
	var busy *busyError
	var large *http.MaxBytesError
	text, code, ok := desk.Refusal(err)
	switch {
	case ok:
		fail(w, statusOf(code), code, text)
	case errors.Is(err, errNoToken):
		w.Header().Set("WWW-Authenticate", `Bearer realm="watchbill"`)
		fail(w, http.StatusUnauthorized, "unauthorized", "Show a token that is taken here: the header Authorization with Bearer and the token.")
	case errors.As(err, &busy):
		retryAfter(w, busy.wait)
		fail(w, busy.status, "too_fast", busy.message)
	case errors.As(err, &large):
		fail(w, http.StatusRequestEntityTooLarge, "too_large", "What is asked for is too large: "+strconv.FormatInt(large.Limit, 10)+" bytes is the most.")
	case errors.Is(err, desk.ErrNotRecorded):
		retryAfter(w, again)
		fail(w, http.StatusServiceUnavailable, "not_recorded", "It took too long and nothing was changed. Ask again.")
	case errors.As(err, &pending):
		retryAfter(w, again)
		fail(w, http.StatusServiceUnavailable, "pending", "It is still being written. Ask again with the same "+KeyHeader+", and you learn whether it was done.")
	case errors.Is(err, desk.ErrFull):
		retryAfter(w, time.Minute)
		fail(w, http.StatusServiceUnavailable, "not_recorded", "Not recorded: the disk of Watchbill is full, and only what is open already goes on. Tell whoever runs it to make room.")
	case owner:
		fail(w, http.StatusInternalServerError, "internal", "The store could not do it: "+err.Error()+".")
	default:
		fail(w, http.StatusInternalServerError, "internal", "Something went wrong inside Watchbill. Its log says what.")
		return
	}
	return true
}

func retryAfter(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
}

// statusOf is the status of a refusal.
func statusOf(code incident.Code) int {
	switch code {
	case incident.NotFound:
		return http.StatusNotFound
	case incident.Conflict:
		return http.StatusConflict
	case incident.Forbidden:
		return http.StatusForbidden
	case desk.KeyReused:
		return http.StatusUnprocessableEntity
	}
	return http.StatusBadRequest
}
