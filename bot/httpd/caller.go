package httpd

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
)

// The headers by which a request says more than what it asks.
const (
	// KeyHeader names what is asked, so that it can be asked again safely.
	KeyHeader = "Idempotency-Key"
	// AsHeader is the name of the person who asks.
	AsHeader = "Watchbill-As"
	// UserHeader is the user of the system who asks on the command line, for when
	// they do not say who they are.
	UserHeader = "Watchbill-User"
)

// maxKey is the longest key, in bytes.
const maxKey = 255

// caller is who asks.
type caller struct {
	id     string // of the token, for the causes of what it asks; "cli" for the owner
	rights Rights
	owner  bool   // of the process: told what went wrong inside
	leave  func() // when the request was served
	failed func(route string, err error)
	// who says as whom a change is made.
	who func(*http.Request) (incident.Actor, error)
}

// gate says who asks; an error is the answer to those who may not.
type gate func(*http.Request) (caller, error)

// call is one request on its way through the API.
type call struct {
	*http.Request
	caller
	body []byte
	key  string
}

// serve serves a route to those whom the gate lets in.
func serve(r route, enter gate) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		who, err := enter(req)
		if err != nil {
			refuse(w, err, false)
			return
		}
		defer who.leave()
		if who.rights < r.rights {
			refuse(w, &desk.Error{Code: incident.Forbidden, Message: "This token has the rights `" + who.rights.String() + "`, and this needs `" + r.rights.String() +
				"`. Whoever runs Watchbill gives it other `rights:` in the configuration."}, false)
			return
		}
		ctx, cancel := context.WithTimeout(req.Context(), r.within)
		defer cancel()
		c := &call{Request: req.WithContext(ctx), caller: who}
		if err = c.read(w, r); err == nil {
			err = r.run(r, w, c)
		}
		if err != nil && !refuse(w, err, who.owner) {
			who.failed(r.name, err)
		}
	})
}

// read reads the key and the body, and refuses a question that asks for what there is not:
// a filter that is left out would be answered with everything.
func (c *call) read(w http.ResponseWriter, r route) (err error) {
	if err := r.asks(c.URL.RawQuery); err != nil {
		return err
	}
	for _, name := range []string{KeyHeader, AsHeader} { // one of two would be heeded, and who knows which
		if len(c.Header.Values(name)) > 1 {
			return invalid("The header %s is there twice.", name)
		}
	}
	if r.keyed {
		c.key = c.Header.Get(KeyHeader)
		switch {
		case len(c.Header.Values(KeyHeader)) == 0:
			c.key = rand.Text()
		case c.key == "" || len(c.key) > maxKey || strings.ContainsFunc(c.key, func(r rune) bool { return r <= ' ' || r > '~' }):
			return &desk.Error{Code: incident.Invalid, Message: "An " + KeyHeader + " has 1 to 255 visible characters of ASCII."}
		}
		w.Header().Set(KeyHeader, c.key)
	}
	c.body, err = readBody(w, c.Request, r.most)
	return err
}

// in is who asks a change, with the identity of what is asked.
func (c *call) in() (desk.In, error) {
	by, err := c.who(c.Request)
	if err != nil {
		return desk.In{}, err
	}
	sum := sha256.New()
	for _, part := range []string{c.Method, c.URL.Path, by.Person, string(c.body)} {
		sum.Write([]byte(part + "\x00"))
	}
	return desk.In{By: by, Cause: "api:" + c.id + ":" + c.key, Asked: hex.EncodeToString(sum.Sum(nil)[:16])}, nil
}

// owner is the gate of the socket: whoever can open it owns the process.
func (a API) owner(*http.Request) (caller, error) {
	return caller{id: "cli", rights: Owns, owner: true, leave: func() {}, who: func(r *http.Request) (incident.Actor, error) {
		if said := r.Header.Get(AsHeader); said != "" {
			person, err := a.Desk.Named(said)
			return incident.Actor{Person: person, Via: "cli"}, err
		}
		user := incident.Clip(strings.TrimSpace(r.Header.Get(UserHeader)), 80)
		if user == "" || strings.HasPrefix(user, incident.TokenPrefix) {
			return incident.Actor{}, &desk.Error{Code: incident.Invalid, Message: "Say who asks: the header " + AsHeader + " with the name of a person."}
		}
		if person, err := a.Desk.Named(user); err == nil {
			user = person
		}
		return incident.Actor{Person: user, Via: "cli"}, nil
	}}, nil
}
