package slacksim

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// FaultKind is a way in which a Web API call can go wrong.
type FaultKind string

// The faults of single calls. Before means that nothing was done; after means
// that it was done and only the answer is wrong or missing.
const (
	Delay         FaultKind = "delay"          // answers Fault.Delay later, then does the call
	RateLimit     FaultKind = "rate_limit"     // HTTP 429 with Retry-After; nothing done
	HTTP500       FaultKind = "http_500"       // HTTP 500 without a body; nothing done unless After
	InternalError FaultKind = "internal_error" // ok:false internal_error; nothing done unless After
	FatalError    FaultKind = "fatal_error"    // ok:false fatal_error; nothing done unless After
	DropBefore    FaultKind = "drop_before"    // the connection ends; nothing done
	DropAfter     FaultKind = "drop_after"     // done, then the connection ends without an answer
	ErrorCode     FaultKind = "error_code"     // ok:false with Fault.Code; nothing done
	Hang          FaultKind = "hang"           // no answer until Fault.Delay is over or the client leaves; done only if After
)

// Fault makes calls fail. Every matching call meets the first fault that
// applies to it.
type Fault struct {
	Name        string        `json:"name"`   // a label to find it by; may be empty
	Method      string        `json:"method"` // such as "chat.postMessage"; "*" or "" for all
	Kind        FaultKind     `json:"kind"`
	Times       int           `json:"times"`       // how many calls it strikes; 0 means until cancelled
	Skip        int           `json:"skip"`        // matching calls that pass first
	Probability float64       `json:"probability"` // 0 means always
	Delay       time.Duration `json:"delay"`       // for Delay and Hang; nanoseconds in JSON
	RetryAfter  int           `json:"retry_after"` // seconds, for RateLimit; 0 means 1
	Code        string        `json:"code"`        // for ErrorCode
	After       bool          `json:"after"`       // strike after the call was done
	// Match narrows the fault to calls with certain arguments. It runs under
	// the server's mutex and must not call the server.
	Match func(Call) bool `json:"-"`
}

type activeFault struct {
	Fault
	id      int
	left    int
	skipped int
}

// faults is what goes wrong at Slack by hand. It belongs to the server's mutex.
type faults struct {
	now       func() time.Time
	journal   *journal
	chance    *rand.Rand // whether a fault strikes
	last      int        // the id given last
	calls     []*activeFault
	envelopes []*activeEnvelopeFault
	cut       Cut // armed for the next delivery
	refuse    Refusal
	readLag   time.Duration
	down      bool
}

func (f *faults) noted() { f.journal.note(Change{Kind: "fault"}) }

func (f *faults) add(fault Fault) (id int) {
	f.last++
	f.calls = append(f.calls, &activeFault{Fault: fault, id: f.last, left: fault.Times})
	f.noted()
	return f.last
}

func (f *faults) addEnvelope(fault EnvelopeFault) (id int) {
	f.last++
	f.envelopes = append(f.envelopes, &activeEnvelopeFault{EnvelopeFault: fault, id: f.last, left: fault.Times})
	f.noted()
	return f.last
}

func (f *faults) remove(id int) {
	f.calls = slices.DeleteFunc(f.calls, func(a *activeFault) bool { return a.id == id })
	f.envelopes = slices.DeleteFunc(f.envelopes, func(a *activeEnvelopeFault) bool { return a.id == id })
	f.noted()
}

func (f *faults) removeNamed(name string) {
	f.calls = slices.DeleteFunc(f.calls, func(a *activeFault) bool { return a.Name == name })
	f.envelopes = slices.DeleteFunc(f.envelopes, func(a *activeEnvelopeFault) bool { return a.Name == name })
	f.noted()
}

// clear ends all but the read lag.
func (f *faults) clear() {
	f.calls, f.envelopes, f.cut, f.refuse, f.down = nil, nil, CutNothing, RefuseNothing, false
	f.noted()
}

// strikes reports whether chance lets a fault with a probability strike; 0 is always.
func (f *faults) strikes(probability float64) bool {
	return probability <= 0 || f.chance.Float64() < probability
}

// take finds the fault that strikes a call, or nil.
func (f *faults) take(c *call) *activeFault {
	for _, a := range f.calls {
		if a.Method != "" && a.Method != "*" && a.Method != c.method {
			continue
		}
		if a.Match != nil && !a.Match(Call{Method: c.method, Args: c.args, At: f.now()}) {
			continue
		}
		if a.skipped < a.Skip {
			a.skipped++
			continue
		}
		if !f.strikes(a.Probability) {
			continue
		}
		if a.Times > 0 {
			if a.left--; a.left == 0 {
				f.remove(a.id)
			}
		}
		return a
	}
	return nil
}

// takeEnvelope finds the faults that strike a delivery.
func (f *faults) takeEnvelope(e *envelope) []EnvelopeFault {
	var found []EnvelopeFault
	for _, a := range slices.Clone(f.envelopes) {
		if a.Type != "" && a.Type != "*" && a.Type != e.kind || a.Inner != "" && a.Inner != e.inner || !f.strikes(a.Probability) {
			continue
		}
		if a.Times > 0 {
			if a.left--; a.left == 0 {
				f.remove(a.id)
			}
		}
		at := len(found)
		if a.Kind == Duplicate {
			at = 0 // so that its twin survives what follows
		}
		found = slices.Insert(found, at, a.EnvelopeFault)
	}
	return found
}

// takeCut says whether a delivery comes to the moment at which its socket is to be cut,
// which happens once.
func (f *faults) takeCut(moment Cut) bool {
	if f.cut != moment {
		return false
	}
	f.cut = CutNothing
	return true
}

// Inject adds a fault and returns the function that takes it away.
func (s *Server) Inject(f Fault) (cancel func()) {
	var id int
	s.mu.hold(func() { id = s.faults.add(f) })
	return func() { s.mu.hold(func() { s.faults.remove(id) }) }
}

// ClearFaults ends every injected fault, outage and refusal.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.clear()
	s.gateway.release()
}

// failBefore plays the part of a fault that comes before the call, and reports
// whether the call ends there. It runs without the mutex.
func (a *webAPI) failBefore(w http.ResponseWriter, r *http.Request, c *call, f *activeFault) bool {
	switch {
	case f.Kind == Delay || f.Kind == Hang && f.After:
		pause(r, f.Delay, a.closing)
		return false
	case f.Kind == DropAfter || f.After:
		return false
	}
	a.mu.Lock()
	a.logCall(c, string(f.Kind), f)
	a.mu.Unlock()
	if f.Kind == Hang {
		pause(r, f.Delay, a.closing)
	}
	f.spoil(w)
	return true
}

// failAfter spoils the answer of a call that was done, and reports whether it
// has answered instead. It runs without the mutex.
func failAfter(w http.ResponseWriter, f *activeFault) bool {
	if f.Kind == Delay || f.Kind != DropAfter && !f.After {
		return false
	}
	f.spoil(w)
	return true
}

// spoil answers as the fault wants it, or ends the connection.
func (f *activeFault) spoil(w http.ResponseWriter) {
	switch f.Kind {
	case RateLimit:
		w.Header().Set("Retry-After", strconv.Itoa(max(f.RetryAfter, 1)))
		respond(w, http.StatusTooManyRequests, "ratelimited")
	case HTTP500:
		w.WriteHeader(http.StatusInternalServerError)
	case ErrorCode:
		respond(w, http.StatusOK, f.Code)
	case Hang, DropBefore, DropAfter:
		panic(http.ErrAbortHandler)
	default:
		respond(w, http.StatusOK, string(f.Kind))
	}
}

func respond(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	//nolint:errcheck // a client that has gone away is its own problem
	w.Write([]byte(`{"ok":false,"error":` + strconv.Quote(code) + `}`))
}

// pause waits on the real clock, as a client's own timeout does.
func pause(r *http.Request, d time.Duration, closing <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	case <-closing:
	}
}

// EnvelopeFaultKind is a way in which a delivery can go wrong.
type EnvelopeFaultKind string

// The faults of deliveries over socket mode.
const (
	Duplicate EnvelopeFaultKind = "duplicate" // delivered twice, with two envelope ids and one event id
	Late      EnvelopeFaultKind = "late"      // delivered EnvelopeFault.Delay later
	Reorder   EnvelopeFaultKind = "reorder"   // delivered after the next one, at the latest after Delay (50 ms)
	Lose      EnvelopeFaultKind = "lose"      // never delivered; an event comes again by its retries
)

// EnvelopeFault makes deliveries fail.
type EnvelopeFault struct {
	Name        string            `json:"name"` // a label to find it by; may be empty
	Kind        EnvelopeFaultKind `json:"kind"`
	Type        string            `json:"type"`  // events_api, interactive, slash_commands; "" or "*" for all
	Inner       string            `json:"inner"` // such as "reaction_added", "block_actions" or "/inc"; "" for all
	Times       int               `json:"times"` // 0 means until cancelled
	Probability float64           `json:"probability"`
	Delay       time.Duration     `json:"delay"` // on Config.Now; nanoseconds in JSON
}

type activeEnvelopeFault struct {
	EnvelopeFault
	id, left int
}

// InjectEnvelopes adds a fault of deliveries and returns the function that
// takes it away.
func (s *Server) InjectEnvelopes(f EnvelopeFault) (cancel func()) {
	var id int
	s.mu.hold(func() { id = s.faults.addEnvelope(f) })
	return func() { s.mu.hold(func() { s.faults.remove(id) }) }
}
