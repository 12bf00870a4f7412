package httpd

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
)

// Token lets a client use the API on the network.
type Token struct {
	Name   string
	Rights Rights
	// As is the person it speaks for; empty: nobody; Anybody: whom each request names.
	As string
	// Digests are those of the tokens that are taken, several while one is replaced.
	Digests [][sha256.Size]byte
}

// Anybody as the As of a token: each request names the person it speaks for.
const Anybody = "*"

// The rates of one token: so many requests each second for long, and so many at once.
const (
	tokenRate  = 100
	tokenBurst = 200
)

// limit is a rate as the time at which all that was let in will have been paid for.
type limit struct {
	mu   sync.Mutex
	paid time.Time
}

// spend says how long to wait before one more is let in; zero: it is let in.
func (l *limit) spend(now time.Time) time.Duration {
	const each = time.Second / tokenRate
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.paid.Before(now) {
		l.paid = now
	}
	if wait := l.paid.Sub(now) + each - tokenBurst*each; wait > 0 {
		return wait
	}
	l.paid = l.paid.Add(each)
	return 0
}

// manyAtOnce is how many requests of the network are served at the same time.
const manyAtOnce = 64

// door is the gate on the network.
type door struct {
	api    API
	tokens []Token
	limits []limit
	room   chan struct{}
}

// enter lets in whoever shows a token. Those who show none, and those who show one
// that is not taken, are told the same, and it takes the same time.
func (d *door) enter(r *http.Request) (caller, error) {
	n := d.find(bearer(r))
	if n < 0 {
		return caller{}, errNoToken
	}
	t := d.tokens[n]
	if wait := d.limits[n].spend(d.api.Desk.Now()); wait > 0 {
		return caller{}, &busyError{status: http.StatusTooManyRequests, wait: wait, message: "That is more than " + strconv.Itoa(tokenRate) + " requests a second with one token. Ask more slowly."}
	}
	select {
	case d.room <- struct{}{}:
	default:
		return caller{}, &busyError{status: http.StatusServiceUnavailable, wait: again, message: "Too many requests are being served. Ask again in a moment."}
	}
	return caller{id: "token:" + t.Name, rights: t.Rights, leave: func() { <-d.room }, failed: d.failed, who: func(r *http.Request) (incident.Actor, error) { return d.actor(t, r) }}, nil
}

// failed notes what a client is not told.
func (d *door) failed(route string, err error) {
	d.api.Log.Error().Str("route", route).Err(err).Msg("API")
}

// bearer is the token that a request shows (RFC 6750, 2.1).
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

func (d *door) find(token string) int {
	given := sha256.Sum256([]byte(token))
	found := -1
	for n, t := range d.tokens {
		for _, digest := range t.Digests {
			if subtle.ConstantTimeCompare(given[:], digest[:]) == 1 {
				found = n
			}
		}
	}
	return found
}

// actor is who a request with a token speaks for.
func (d *door) actor(t Token, r *http.Request) (incident.Actor, error) {
	by := incident.Actor{Person: t.As, Via: incident.ViaAPI(t.Name)}
	said := r.Header.Get(AsHeader)
	if said == "" {
		if t.As == "" || t.As == Anybody {
			by.Person = incident.TokenPrefix + t.Name
		}
		return by, nil
	}
	if t.As == "" {
		return by, &desk.Error{Code: incident.Forbidden, Message: "The API token " + t.Name + " speaks for nobody. Leave the name away, or give the token `as:` in the configuration: a person, or \"*\" for whom each request names."}
	}
	person, err := d.api.Desk.Named(said)
	if err == nil && t.As != Anybody && person != t.As {
		err = &desk.Error{Code: incident.Forbidden, Message: "The API token " + t.Name + " speaks for " + t.As + " and for nobody else."}
	}
	by.Person = person
	return by, err
}
