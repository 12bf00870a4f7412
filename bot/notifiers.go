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

// read is the secret in a variable, and whether it can be had: a variable that is named must
// hold one.
func (s *secrets) read(what, variable string) (secret string, ok bool) {
	if variable == "" || s.of == nil {
		return "", true
	}
	held, err := s.of(variable)
	if err == nil && held == "" {
		err = fmt.Errorf("%s needs the secret in %s, which is not set: set it, or %s_FILE", what, variable, variable)
	}
	if err != nil {
		s.errs = append(s.errs, err)
	}
	return held.Reveal(), err == nil
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

// newSenders sets up the ways to people besides Slack. With an error there may be senders all
// the same: those whose secrets could be had.
func newSenders(of Config) (*notify.Senders, error) {
	c, publicURL := of.Settings.Notify, of.Settings.HTTP.PublicURL
	networks, err := c.Networks()
	if err != nil {
		return nil, err
	}
	s := secrets{of: of.Secret}
	out := notify.Config{AllowNetworks: networks, Roots: of.Roots, Now: of.Now}
	if e := c.Email; e.SMTP != "" {
		if password, ok := s.read("notify.email", e.PasswordEnv); ok {
			out.Email = &notify.EmailConfig{SMTP: e.SMTP, TLS: notify.EmailTLS(e.TLS), From: e.From, User: e.User, Password: password}
		}
	}
	if t := c.Twilio; t.AccountSID != "" {
		if token, ok := s.read("notify.twilio", t.TokenEnv); ok {
			out.Twilio = &notify.TwilioConfig{AccountSID: t.AccountSID, Token: token, From: t.From, VoiceFrom: t.VoiceFrom, API: t.API}
			if publicURL != "" {
				out.Twilio.CallbackURL = publicURL + TwilioPath
			}
		}
	}
	if g := c.Gateway; g.URL != "" {
		if token, ok := s.read("notify.sms_gateway", g.TokenEnv); ok {
			out.Gateway = &notify.GatewayConfig{URL: g.URL, Method: g.Method, Headers: g.Headers, Body: g.Body, Expect: g.Expect, Token: token}
		}
	}
	if n := c.Ntfy; n.Server != "" {
		if token, ok := s.read("notify.ntfy", n.TokenEnv); ok {
			out.Ntfy = &notify.NtfyConfig{Server: n.Server, Token: token}
		}
	}
	if w := c.Webhook; w.SecretEnv != "" {
		if secret, ok := s.read("notify.webhook", w.SecretEnv); ok {
			out.Webhook = &notify.WebhookConfig{URL: w.URL, Secrets: append([]string{secret}, s.previous(w.PreviousSecretEnv)...)}
		}
	}
	more := s.previous(c.Twilio.PreviousTokenEnv)
	senders, err := notify.New(out)
	if err != nil {
		return nil, fmt.Errorf("set up notify: %w", errors.Join(append(s.errs, err)...))
	}
	if hook := senders.Hook(); hook != nil {
		hook.Tokens = append(hook.Tokens, more...)
	}
	if err := errors.Join(s.errs...); err != nil {
		return senders, fmt.Errorf("set up notify: %w", err)
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
	address, _ := s.read("dead_man", c.DeadMan.URLEnv)
	if err := errors.Join(s.errs...); err != nil {
		return "", fmt.Errorf("set up dead_man: %w", err)
	}
	return address, nil
}

// methods are the ways that pages take besides Slack.
var methods = []paging.Method{paging.Email, paging.SMS, paging.Voice, paging.Push, paging.Webhook}
