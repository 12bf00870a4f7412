package notify

import (
	"strings"
	"testing"

	"github.com/watchbill/watchbill/bot/notify/notifytest"
)

// TestProbe asks providers that are well, and that are not, in each way that an operator
// can set them up wrong. No message goes out.
func TestProbe(t *testing.T) {
	smtp := notifytest.NewSMTP(t, notifytest.SMTPOptions{User: "pager", Password: "correct horse"})
	twilio, closed := notifytest.NewTwilio(t), notifytest.NewTwilio(t)
	closed.Status = "suspended"
	push, open := notifytest.NewNtfy(t, "tk_0123456789"), notifytest.NewNtfy(t, "")
	guard := NewGuard(notifytest.Loopback, smtp.Roots())
	mail := func(change func(*EmailConfig)) Sender { return mailer(t, smtp, change) }
	sms := func(w *notifytest.Twilio, token string) Sender {
		c := twilioConfig(w)
		c.Token = token
		return twilioSender(t, NewTwilioSMS, c)
	}
	topic := func(server, token string, guard *Guard) Sender {
		s, err := NewNtfy(NtfyConfig{Server: server, Token: token, Guard: guard})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, c := range []struct {
		name   string
		sender Sender
		code   string // empty: all is well
		reason string
	}{
		{"e-mail", mail(login), "", ""},
		{"a wrong password", mail(func(c *EmailConfig) { c.User, c.Password = "pager", "wrong" }), "smtp_535", "login"},
		{"no mail server", mail(func(c *EmailConfig) { login(c); c.SMTP = "127.0.0.1:1" }), "dial", "no connection"},
		{"a mail server in the house", mail(func(c *EmailConfig) { login(c); c.Guard = NewGuard(nil, nil) }), "blocked", "notify.allow_networks"},
		{"a certificate of nobody", mail(func(c *EmailConfig) { login(c); c.Guard = NewGuard(notifytest.Loopback, nil) }), "tls", "certificate"},
		{"Twilio", sms(twilio, twilio.Token), "", ""},
		{"a wrong token of Twilio's", sms(twilio, "0123"), "20003", "account_sid"},
		{"a suspended account", sms(closed, closed.Token), "account", "is suspended"},
		{"ntfy", topic(push.URL(), push.Token, NewGuard(notifytest.Loopback, push.Roots())), "", ""},
		{"ntfy without a token", topic(open.URL(), "", NewGuard(notifytest.Loopback, open.Roots())), "", ""},
		{"a wrong token of ntfy's", topic(push.URL(), "tk_wrong", NewGuard(notifytest.Loopback, push.Roots())), "40101", "token"},
		{"ntfy at a name that is not", topic("https://ntfy.invalid", "", guard), "dns", "cannot be resolved"},
		{"what is not ntfy", topic(twilio.URL(), "", NewGuard(notifytest.Loopback, twilio.Roots())), "20003", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := c.sender.(prober).probe(t.Context())
			if r.OK() != (c.code == "") || r.Code != c.code && c.code != "20003" || !strings.Contains(r.Reason, c.reason) || r.Provider == "" {
				t.Errorf("%+v", r)
			}
		})
	}
	if n := len(smtp.Mails()) + len(twilio.Messages()) + len(push.Messages()); n != 0 {
		t.Errorf("%d messages went out", n)
	}
}

// TestProbeAsksEachProviderOnce, also where it has two ways.
func TestProbeAsksEachProviderOnce(t *testing.T) {
	w := notifytest.NewTwilio(t)
	c := twilioConfig(w)
	c.VoiceFrom = ourNumber
	s, err := New(Config{Twilio: &c, AllowNetworks: notifytest.Loopback, Roots: w.Roots()})
	if err != nil {
		t.Fatal(err)
	}
	if found := s.Probe(t.Context()); len(found) != 1 || !found[0].OK() || len(s.Methods()) != 2 {
		t.Errorf("%v: %+v", s.Methods(), found)
	}
}
