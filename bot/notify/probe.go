package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// prober is a sender whose provider can be asked whether it would take a message.
type prober interface {
	Sender
	probe(ctx context.Context) Result
}

// Probe asks each provider whether it would take a message, as far as one can be asked
// without sending any: a mail server for the login, Twilio for the account, ntfy for the
// token. Gateways and webhooks are not among them.
func (s *Senders) Probe(ctx context.Context) []Result {
	var found []Result
	for _, p := range s.probers {
		found = append(found, p.probe(ctx))
	}
	return found
}

func (e email) probe(ctx context.Context) Result {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	conn, policy, err := e.dial(ctx)
	if err != nil {
		return connection(err, false).of("smtp", "")
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	client, session, err := e.greet(ctx, conn, policy)
	if err != nil {
		r, detail := greeted(err)
		if ctx.Err() != nil {
			r = connection(ctx.Err(), false)
		}
		return r.of("smtp", detail)
	}
	end(conn, client, session)
	return sent("").of("smtp", "")
}

func (t twilio) probe(ctx context.Context) Result {
	a := exchange(ctx, t.Guard.Client(), http.MethodGet, t.API+"/2010-04-01/Accounts/"+t.AccountSID+".json", t.header(), nil)
	if a.err != nil {
		return a.failure().of("twilio", "")
	}
	var account struct{ SID, Status string }
	if a.status == http.StatusOK && json.Unmarshal(a.body, &account) == nil && account.SID == t.AccountSID {
		if account.Status != "active" {
			return dead(Setup, "account", fmt.Sprintf("The Twilio account is %s. Take it up in Twilio's console.", line(account.Status, 20))).of("twilio", "")
		}
		return sent("").of("twilio", "")
	}
	r, detail := a.twilio(nil)
	return r.of("twilio", detail)
}

func (n ntfy) probe(ctx context.Context) Result {
	path := "v1/health" // docs.ntfy.sh/config/#health-checks
	if n.Token != "" {
		path = "v1/account" // its web app's own; refuses a token that it does not know
	}
	a := exchange(ctx, n.Guard.Client(), http.MethodGet, n.Server+path, n.header(), nil)
	if a.err != nil {
		return a.failure().of("ntfy", "")
	}
	var said struct {
		Healthy  *bool
		Username *string
	}
	if a.status == http.StatusOK && json.Unmarshal(a.body, &said) == nil && (said.Healthy != nil || said.Username != nil) {
		return sent("").of("ntfy", "")
	}
	r, detail := a.ntfy("")
	return r.of("ntfy", hide(detail, n.Token, "(token)"))
}
