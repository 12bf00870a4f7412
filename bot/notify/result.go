package notify

import "time"

// Class says what became of one attempt.
type Class string

// The classes. Their texts are stored and counted.
const (
	// Sent means the provider has taken the message. It does not mean that anybody has seen it.
	Sent Class = "sent"
	// Retry means the provider is there and did not take the message now: the same attempt may be made after After.
	Retry Class = "retry"
	// Unknown means the provider may have taken it: a repetition must say that it is one.
	Unknown Class = "unknown"
	// Dead means this message cannot go to this address like this; Reason tells a human what to repair. Go on with the
	// next method at once.
	Dead Class = "dead"
	// Unavailable means the message did not go out, because the provider is down or its breaker is open. Go on with the
	// next method at once; the provider may be asked again after After.
	Unavailable Class = "unavailable"
)

// Fault says who can repair what stood in the way.
type Fault string

// The faults; a Result that was Sent has none.
const (
	Address  Fault = "address"  // the person: their number, mailbox, topic or URL
	Setup    Fault = "setup"    // the operator: credentials, sender, account, addresses, networks. Everybody is affected
	Request  Fault = "request"  // nobody by configuration: the provider refuses what was sent
	Provider Fault = "provider" // the provider, or the network to it
)

// Result is what became of one attempt.
type Result struct {
	Class    Class
	Provider string        // as Sender.Provider
	ID       string        // the provider's name for the message, if it gave one
	After    time.Duration // with Retry and Unavailable: wait at least so long; 0: as the caller likes
	Fault    Fault         // empty with Sent
	Code     string        // for metrics, short and bounded: "21211", "http_503", "smtp_550", "dns", "timeout", "open" …
	Reason   string        // for people: what is wrong and what to do; a sentence without secrets; empty with Sent
	Detail   string        // what the provider said, cleaned and cut; never from an address that a person chose
}

// OK reports whether the provider has the message.
func (r Result) OK() bool { return r.Class == Sent }

func sent(id string) Result { return Result{Class: Sent, ID: line(id, 128)} }

func dead(fault Fault, code, reason string) Result {
	return Result{Class: Dead, Fault: fault, Code: code, Reason: reason}
}

func retry(after time.Duration, fault Fault, code, reason string) Result {
	return Result{Class: Retry, After: after, Fault: fault, Code: code, Reason: reason}
}

func unknown(code, reason string) Result {
	return Result{Class: Unknown, Fault: Provider, Code: code, Reason: reason}
}

func unavailable(after time.Duration, code, reason string) Result {
	return Result{Class: Unavailable, After: after, Fault: Provider, Code: code, Reason: reason}
}

// of is r from provider, with what it said.
func (r Result) of(provider, detail string) Result {
	r.Provider, r.Detail = provider, line(detail, maxDetail)
	return r
}
