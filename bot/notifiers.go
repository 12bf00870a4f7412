package bot

import (
	"errors"
	"fmt"

	"github.com/watchbill/watchbill/bot/notify"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/oncall/paging"
)

// TwilioPath is where Twilio calls back.
const TwilioPath = "/callbacks/twilio"

// SecretOf reads the secret that an environment variable, or the file that the same
// with _FILE names, holds; empty: there is none.
type SecretOf func(name string) (configs.Secret, error)

// secrets reads secrets and keeps all that is wrong with them.
type secrets struct {
	of   SecretOf
	errs []error
}

// read is the secret in a variable; a variable that is named must hold one.
func (s *secrets) read(what, variable string) string {
	if variable == "" || s.of == nil {
		return ""
	}
	secret, err := s.of(variable)
	if err == nil && secret == "" {
		err = fmt.Errorf("%s needs the secret in %s, which is not set: set it, or %s_FILE", what, variable, variable)
	}
	if err != nil {
		s.errs = append(s.errs, err)
	}
	return secret.Reveal()
}

// previous is the secret in a variable that may be empty.
func (s *secrets) previous(variable string) []string {
	if variable == "" || s.of == nil {
		return nil
	}
	secret, err := s.of(variable)
	if err != nil {
		s.errs = append(s.errs, err)
	}
	if secret == "" {
		return nil
	}
	return []string{secret.Reveal()}
}

// newSenders sets up the ways to people besides Slack.
func newSenders(of Config) (*notify.Senders, error) {
	c, publicURL := of.Settings.Notify, of.Settings.HTTP.PublicURL
	networks, err := c.Networks()
	if err != nil {
		return nil, err
	}
	s := secrets{of: of.Secret}
	out := notify.Config{AllowNetworks: networks, Roots: of.Roots, Now: of.Now}
	if e := c.Email; e.SMTP != "" {
		out.Email = &notify.EmailConfig{SMTP: e.SMTP, TLS: notify.EmailTLS(e.TLS), From: e.From, User: e.User, Password: s.read("notify.email", e.PasswordEnv)}
	}
	if t := c.Twilio; t.AccountSID != "" {
		out.Twilio = &notify.TwilioConfig{AccountSID: t.AccountSID, Token: s.read("notify.twilio", t.TokenEnv), From: t.From, VoiceFrom: t.VoiceFrom, API: t.API}
		if publicURL != "" {
			out.Twilio.CallbackURL = publicURL + TwilioPath
		}
	}
	if g := c.Gateway; g.URL != "" {
		out.Gateway = &notify.GatewayConfig{URL: g.URL, Method: g.Method, Headers: g.Headers, Body: g.Body, Expect: g.Expect, Token: s.read("notify.sms_gateway", g.TokenEnv)}
	}
	if n := c.Ntfy; n.Server != "" {
		out.Ntfy = &notify.NtfyConfig{Server: n.Server, Token: s.read("notify.ntfy", n.TokenEnv)}
	}
	if w := c.Webhook; w.SecretEnv != "" {
		out.Webhook = &notify.WebhookConfig{URL: w.URL, Secrets: append([]string{s.read("notify.webhook", w.SecretEnv)}, s.previous(w.PreviousSecretEnv)...)}
	}
	more := s.previous(c.Twilio.PreviousTokenEnv)
	if err := errors.Join(s.errs...); err != nil {
		return nil, fmt.Errorf("set up notify: %w", err)
	}
	senders, err := notify.New(out)
	if err != nil {
		return nil, fmt.Errorf("set up notify: %w", err)
	}
	if hook := senders.Hook(); hook != nil {
		hook.Tokens = append(hook.Tokens, more...)
	}
	return senders, nil
}

// TrySenders says what is wrong with the ways to people besides Slack, whatever their
// secrets are: with that, nothing starts. Each mistake is a line.
func TrySenders(c *configs.Config) error {
	_, err := newSenders(Config{Settings: c, Secret: func(string) (configs.Secret, error) { return "any-secret-that-is-long-enough", nil }})
	return err
}

// deadManURL is the address that is pinged while all is well; empty: none.
func deadManURL(c *configs.Config, of SecretOf) (string, error) {
	s := secrets{of: of}
	address := s.read("dead_man", c.DeadMan.URLEnv)
	if err := errors.Join(s.errs...); err != nil {
		return "", fmt.Errorf("set up dead_man: %w", err)
	}
	return address, nil
}

// methods are the ways that pages take besides Slack.
var methods = []paging.Method{paging.Email, paging.SMS, paging.Voice, paging.Push, paging.Webhook}
