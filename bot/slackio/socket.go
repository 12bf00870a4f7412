package slackio

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/rs/zerolog"
)

// Envelope is one thing that Slack brought over a socket.
type Envelope struct {
	ID              string          // new for each delivery, also of the same event
	Type            string          // slash_commands, interactive or events_api
	Payload         json.RawMessage // as Slack sent it
	AcceptsResponse bool            // whether a payload in the acknowledgement counts
	RetryAttempt    int             // 0 for the first delivery of an event
	RetryReason     string          // "" for the first
	Received        time.Time
}

// Handler deals with an envelope and gives the payload of its acknowledgement; nil acknowledges without one. It is
// called concurrently, by a bounded number of workers. The context ends 2.5 s after the envelope was received, in time
// for Slack's limit of 3 s; it does not end when the sockets are stopped. The same event may come more than once. An error
// says that it was not dealt with: it is answered as SocketConfig.Excuse says, and Slack sends an event again.
type Handler func(ctx context.Context, e Envelope) (ack json.RawMessage, err error)

// Trouble is something that went wrong with one envelope, for whoever owns the handler.
type Trouble struct {
	Kind     TroubleKind
	Envelope Envelope // as far as it could be read
	Err      error
}

// TroubleKind names a Trouble.
type TroubleKind string

const (
	AckTooLarge TroubleKind = "ack_too_large" // sent without its payload: Slack takes at most 20,480 bytes
	AckInvalid  TroubleKind = "ack_invalid"   // sent without its payload: that is not JSON
	AckLost     TroubleKind = "ack_lost"      // no socket took it in time
	Panicked    TroubleKind = "panicked"      // the handler panicked
	Failed      TroubleKind = "failed"        // the handler gave an error
	Overloaded  TroubleKind = "overloaded"    // the handler was not called: too much is waiting
	Expired     TroubleKind = "expired"       // the handler was not called: it waited beyond Slack's limit
	Undecodable TroubleKind = "undecodable"   // acknowledged and otherwise ignored
)

// SocketState is how the sockets stand. Zero times mean never.
type SocketState struct {
	Wanted    int       // sockets to keep open
	Connected int       // sockets that said hello and were not told to go
	LastHello time.Time // when a socket said hello last
	LastHeard time.Time // when anything came over a socket last, pings included
	LastTold  time.Time // when an envelope came last
	// Others is how many more sockets of this app Slack counted at the last hello than are ours: those of another
	// process, or ghosts of one that was killed.
	Others   int
	AppID    string   // the app the sockets belong to
	Connects int      // attempts to connect in the last minute
	Fatal    *Failure // why connecting is hopeless until an administrator acts; nil otherwise. It is tried every minute
	Problem  string   // the last failure to connect or stay connected; "" once a socket says hello
}

// SocketConfig is what Sockets need. Token and Handler are required.
type SocketConfig struct {
	Token      string       // the app-level token, xapp-…
	APIURL     string       // empty for Slack's own
	HTTPClient *http.Client // nil for one with time limits; the sockets use the dialler, proxy and TLS settings of its *http.Transport
	UserAgent  string       // empty for "watchbill"
	Count      int          // sockets to keep open, 1 to 4; 0 for 2
	Workers    int          // handlers that run at once; 0 for 64
	Queue      int          // envelopes of each sort that may wait for one; 0 for 256
	Handler    Handler
	// Excuse answers an envelope that the handler did not deal with because it Failed, Panicked or is Overloaded. With
	// acknowledge false it stays unanswered, so that Slack sends an event again and tells a person that it failed. Nil
	// tells who typed a command that nothing was recorded, and leaves the rest unanswered.
	Excuse    func(e Envelope, kind TroubleKind) (ack json.RawMessage, acknowledge bool)
	OnState   func(SocketState) // told of every change but those of LastHeard, LastTold and Connects, one at a time; must be quick
	OnTrouble func(Trouble)     // told of every trouble, concurrently; must be quick
	Logger    zerolog.Logger
	Now       func() time.Time // nil for time.Now
	Rand      func() float64   // in [0, 1), for jitter; nil for math/rand
}
