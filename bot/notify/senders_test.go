package notify

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/watchbill/watchbill/bot/notify/notifytest"
)

func TestAllWays(t *testing.T) {
	mail, twilio, gateway := notifytest.NewSMTP(t, notifytest.SMTPOptions{}), notifytest.NewTwilio(t), notifytest.NewGateway(t)
	push, hook := notifytest.NewNtfy(t, ""), notifytest.NewWebhookReceiver(t, webhookSecret)
	roots := push.Roots() // all HTTP providers share one certificate
	roots.AddCert(mail.Certificate())
	now := monday
	s, err := New(Config{
		Email:   &EmailConfig{SMTP: mail.Addr(), From: "pager@example.com"},
		Twilio:  &TwilioConfig{AccountSID: twilio.SID, Token: twilio.Token, From: ourNumber, CallbackURL: hookURL, API: twilio.URL()},
		Gateway: &GatewayConfig{URL: gateway.URL(), Body: "to={to}&text={text}"},
		Ntfy:    &NtfyConfig{Server: push.URL()},
		Webhook: &WebhookConfig{URL: hook.URL(), Secrets: []string{webhookSecret}},

		AllowNetworks: notifytest.Loopback, Roots: roots, Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Methods(); !slices.Equal(got, []Method{Email, Push, SMS, Voice, Webhook}) {
		t.Errorf("%v", got)
	}
	to := map[Method]string{Email: "dev1@example.com", SMS: dev1Phone, Voice: dev1Phone, Push: dev1Topic}
	for _, m := range []Method{Email, SMS, Voice, Push} {
		if r := s.Send(t.Context(), m, To{Address: to[m]}, page7()); !r.OK() {
			t.Errorf("%s: %+v", m, r)
		}
	}
	if len(mail.Mails()) != 1 || len(twilio.Messages()) != 1 || len(twilio.Calls()) != 1 || len(gateway.Taken()) != 0 || len(push.Messages()) != 1 {
		t.Error("something was not sent, or by another way")
	}
	if h := s.Hook(); h == nil {
		t.Error("no hook")
	} else if c, err := h.Read(twilio.ReplyRequest(hookURL, dev1Phone, ourNumber, "1")); err != nil || c.Reply.Verb != Acknowledge {
		t.Errorf("%+v, %v", c, err)
	}
	if s.Guard().Check(netip.MustParseAddr("169.254.169.254")) == nil {
		t.Error("the guard lets everything out")
	}

	// Twilio goes down: SMS goes by the gateway, calls come back at once, and the state says so.
	twilio.FailAll(notifytest.Fault{Status: 503})
	for range breakAfter {
		if r := s.Send(t.Context(), SMS, To{Address: dev1Phone}, page7()); !r.OK() || r.Provider != "sms_gateway" {
			t.Errorf("%+v", r)
		}
	}
	seen := twilio.Requests()
	if r := s.Send(t.Context(), SMS, To{Address: dev1Phone}, page7()); !r.OK() || r.Provider != "sms_gateway" {
		t.Errorf("%+v", r)
	}
	if r := s.Send(t.Context(), Voice, To{Address: dev1Phone}, page7()); r.Class != Unavailable || r.Code != codeOpen {
		t.Errorf("%+v", r)
	}
	if twilio.Requests() != seen {
		t.Error("an open breaker asks")
	}
	var states []string
	for _, p := range s.Status(now) {
		states = append(states, p.Provider+" "+string(p.State))
	}
	if got := strings.Join(states, ", "); got != "smtp closed, twilio open, sms_gateway closed, ntfy closed" {
		t.Errorf("%s", got)
	}
	if st := s.Status(now)[1]; !st.Since.Equal(monday) || st.Last.Code != "http_503" || !slices.Equal(st.Methods, []Method{SMS, Voice}) {
		t.Errorf("%+v", st)
	}
	twilio.Heal()
	now = now.Add(firstPause)
	if r := s.Send(t.Context(), Voice, To{Address: dev1Phone}, page7()); !r.OK() || s.Status(now)[1].State != Closed {
		t.Errorf("%+v, %+v", r, s.Status(now)[1])
	}

	// One person's webhook that is down opens nothing for the others. The receiver checks the real time.
	now = time.Now()
	hook.Fail(slices.Repeat([]notifytest.Fault{{Status: 503}}, 5)...)
	for range 5 {
		s.Send(t.Context(), Webhook, To{}, page7())
	}
	if r := s.Send(t.Context(), Webhook, To{}, page7()); !r.OK() {
		t.Errorf("%+v", r)
	}
}

func TestWaysThatAreNotSetUp(t *testing.T) {
	s, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	for m, says := range map[Method]string{
		Email: "Configure notify.email.", SMS: "Configure notify.twilio", Voice: "Configure notify.twilio", Push: "Configure notify.ntfy.", Webhook: "Configure notify.webhook.",
		"pigeon\r\n": "no way to reach people called pigeon.",
	} {
		if r := s.Send(t.Context(), m, To{}, page7()); r.Class != Dead || r.Fault != Setup || r.Code != "no_method" || !strings.Contains(r.Reason, says) || strings.Contains(r.Reason, "\n") {
			t.Errorf("%q: %+v", m, r)
		}
	}
	if s.Hook() != nil || len(s.Methods()) != 0 || len(s.Status(monday)) != 0 {
		t.Error("there is something")
	}
	// A name can send SMS and cannot call; a number for calls alone sends none.
	account := TwilioConfig{AccountSID: "AC0123456789abcdef0123456789abcdef", Token: "s3cret"}
	for _, c := range []struct {
		from, voice string
		want        []Method
	}{
		{"Watchbill", "", []Method{SMS}}, {"Watchbill", ourNumber, []Method{SMS, Voice}}, {ourNumber, "", []Method{SMS, Voice}}, {"", ourNumber, []Method{Voice}},
	} {
		a := account
		a.From, a.VoiceFrom = c.from, c.voice
		s, err := New(Config{Twilio: &a})
		if err != nil || !slices.Equal(s.Methods(), c.want) {
			t.Errorf("%+v: %v, %v", c, s.Methods(), err)
		}
	}
	_, err = New(Config{Email: &EmailConfig{}, Twilio: &account, Gateway: &GatewayConfig{Token: "s3cret"}, Ntfy: &NtfyConfig{Server: "x"}, Webhook: &WebhookConfig{Secrets: []string{"s3cret"}}})
	if err == nil || strings.Count(err.Error(), "\n") != 4 || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("%v", err)
	}
}

// TestHTTPWaysTimeOut: a provider that falls silent holds a page for ten seconds, one that takes no connection for five.
func TestHTTPWaysTimeOut(t *testing.T) {
	for _, c := range []struct {
		name  string
		serve func(net.Conn) // nil: no connection comes about
		want  Class
		code  string
		after time.Duration
	}{
		{"no connection", nil, Unavailable, codeTimeout, dialTime},
		{"no answer", func(net.Conn) {}, Unknown, codeTimeout, Timeout},
		{"half a header", func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nX-Half: ") }, Unknown, codeTimeout, Timeout},
		{"an answer byte by byte", func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 500 No\r\nContent-Length: 1000\r\n\r\n")
			for range 1000 {
				time.Sleep(time.Second)
				if _, err := io.WriteString(c, "x"); err != nil {
					return
				}
			}
		}, Unknown, "http_500", Timeout},
	} {
		for name, make := range map[string]func(*Guard) (Sender, error){
			"twilio": func(g *Guard) (Sender, error) {
				return NewTwilioSMS(TwilioConfig{AccountSID: "AC0123456789abcdef0123456789abcdef", Token: "x", From: ourNumber, API: "http://twilio.example.com", Guard: g})
			},
			"ntfy": func(g *Guard) (Sender, error) {
				return NewNtfy(NtfyConfig{Server: "http://ntfy.example.com", Guard: g})
			},
			"gateway": func(g *Guard) (Sender, error) {
				return NewGateway(GatewayConfig{URL: "http://gw.example.com/", Body: "to={to}&text={text}", Guard: g})
			},
			"webhook": func(g *Guard) (Sender, error) {
				return NewWebhook(WebhookConfig{URL: "http://hook.example.com/", Secrets: []string{webhookSecret}, Guard: g})
			},
		} {
			synctest.Test(t, func(t *testing.T) {
				g := NewGuard(nil, nil)
				g.dial = silent(c.serve)
				s, err := make(g)
				if err != nil {
					t.Fatal(err)
				}
				address := map[Method]string{SMS: dev1Phone, Push: dev1Topic}[s.Method()]
				began := time.Now()
				r := s.Send(t.Context(), To{Address: address}, page7())
				if r.Class != c.want || r.Code != c.code || time.Since(began) != c.after {
					t.Errorf("%s, %s: %+v after %s", name, c.name, r, time.Since(began))
				}

				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				began = time.Now()
				if s.Send(ctx, To{Address: address}, page7()); time.Since(began) != time.Second {
					t.Errorf("%s, %s: left after %s", name, c.name, time.Since(began))
				}
				time.Sleep(dialTime) // the dial that nobody waits for any more
				g.client.CloseIdleConnections()
			})
		}
	}
}

// silent is a network of one server that reads a request and then does as serve says, without ever ending by itself.
func silent(serve func(net.Conn)) func(context.Context, net.Dialer, string, string) (net.Conn, error) {
	return func(ctx context.Context, d net.Dialer, _, _ string) (net.Conn, error) {
		if serve == nil {
			ctx, cancel := context.WithTimeout(ctx, d.Timeout)
			defer cancel()
			<-ctx.Done()
			return nil, &net.OpError{Op: "dial", Err: ctx.Err()}
		}
		near, far := net.Pipe()
		go func() {
			defer far.Close()
			if _, err := far.Read(make([]byte, 1)); err != nil {
				return
			}
			go serve(far) // once the request has begun to come
			_, _ = io.Copy(io.Discard, far)
		}()
		return near, nil
	}
}

func TestHTTPWaysStopWhenTheCallerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGuard(nil, nil)
		g.dial = silent(func(net.Conn) {})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if r := exchange(ctx, g.Client(), http.MethodPost, "http://x.example.com", http.Header{}, nil).failure(); r.Class != Unknown || r.Code != codeCanceled {
			t.Errorf("%+v", r)
		}
		g.dial = silent(nil)
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if r := exchange(ctx, g.Client(), http.MethodPost, "http://x.example.com", http.Header{}, nil).failure(); r.Class != Retry || r.Code != codeCanceled {
			t.Errorf("%+v", r)
		}
		time.Sleep(dialTime) // as above
	})
}
