package configs

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/watchbill/watchbill/oncall/paging"
)

// Notify is how people are reached besides Slack; what is empty is not set up.
// Secrets are named by the environment variables that hold them.
type Notify struct {
	Email   NotifyEmail   `json:"email,omitzero"`
	Twilio  NotifyTwilio  `json:"twilio,omitzero"`
	Gateway NotifyGateway `json:"sms_gateway,omitzero"`
	Ntfy    NotifyNtfy    `json:"ntfy,omitzero"`
	Webhook NotifyWebhook `json:"webhook,omitzero"`
	// AllowNetworks are the networks inside the house that may be reached: "10.0.0.0/8".
	AllowNetworks []string `json:"allow_networks,omitempty"`
}

// NotifyEmail sends e-mail by SMTP.
type NotifyEmail struct {
	SMTP        string `json:"smtp,omitempty"` // host:port
	TLS         string `json:"tls,omitempty"`  // starttls | tls | none; empty: by the port and what the server offers
	From        string `json:"from,omitempty"`
	User        string `json:"user,omitempty"`
	PasswordEnv string `json:"password_env,omitempty"`
}

// NotifyTwilio sends SMS and calls through Twilio.
type NotifyTwilio struct {
	AccountSID       string `json:"account_sid,omitempty"`
	TokenEnv         string `json:"token_env,omitempty"`
	PreviousTokenEnv string `json:"previous_token_env,omitempty"` // still believed on callbacks while the token changes
	From             string `json:"from,omitempty"`               // for SMS
	VoiceFrom        string `json:"voice_from,omitempty"`         // for calls; empty: From, if it is a number
	API              string `json:"api,omitempty"`                // another address of the API; empty: Twilio's own
}

// NotifyGateway sends SMS through any gateway with an HTTP interface.
type NotifyGateway struct {
	URL      string            `json:"url,omitempty"`
	Method   string            `json:"method,omitempty"` // POST if empty
	Headers  map[string]string `json:"headers,omitempty"`
	Body     string            `json:"body,omitempty"`   // a template
	Expect   string            `json:"expect,omitempty"` // what the body of a success holds
	TokenEnv string            `json:"token_env,omitempty"`
}

// NotifyNtfy pushes through ntfy.
type NotifyNtfy struct {
	Server   string `json:"server,omitempty"`
	TokenEnv string `json:"token_env,omitempty"`
}

// NotifyWebhook posts signed JSON.
type NotifyWebhook struct {
	URL               string `json:"url,omitempty"` // for people without one of their own
	SecretEnv         string `json:"secret_env,omitempty"`
	PreviousSecretEnv string `json:"previous_secret_env,omitempty"`
}

// DeadMan is a switch outside that raises the alarm when Watchbill falls silent.
type DeadMan struct {
	URLEnv string        `json:"url_env,omitempty"` // the environment variable that holds its address: who knows it can keep it quiet
	Every  time.Duration `json:"every,omitempty"`   // how often it is pinged; a minute if nothing is said
}

// Methods are the methods that are set up; Slack always is.
func (c *Config) Methods() []paging.Method {
	n := c.Notify
	list := []paging.Method{paging.Slack}
	for _, m := range []struct {
		method paging.Method
		is     bool
	}{
		{paging.Push, n.Ntfy.Server != ""}, {paging.SMS, n.Twilio.From != "" || n.Gateway.URL != ""}, {paging.Voice, n.Twilio.VoiceFrom != "" || phoneNumber.MatchString(n.Twilio.From)},
		{paging.Email, n.Email.SMTP != ""}, {paging.Webhook, n.Webhook.SecretEnv != ""},
	} {
		if m.is {
			list = append(list, m.method)
		}
	}
	return list
}

// Address is where a method reaches a person; empty: nowhere. Slack's is known by
// the directory of people.
func (p Person) Address(m paging.Method) string {
	switch m {
	case paging.Email:
		return p.Email
	case paging.SMS, paging.Voice:
		return p.Phone
	case paging.Push:
		return p.Ntfy
	case paging.Webhook:
		return p.Webhook
	}
	return ""
}

// Reachable are the methods besides Slack that are set up and have an address of
// the person, in the order in which they are tried when the person has none of
// their own: quiet ones last.
func (c *Config) Reachable(person string) []paging.Method {
	p, ok := c.Person(person)
	if !ok {
		return nil
	}
	var out []paging.Method
	for _, m := range c.Methods() {
		if c.addressOf(p, m) != "" {
			out = append(out, m)
		}
	}
	return out
}

// addressOf is Address, or the webhook that serves everybody.
func (c *Config) addressOf(p Person, m paging.Method) string {
	if a := p.Address(m); a != "" || m != paging.Webhook {
		return a
	}
	return c.Notify.Webhook.URL
}

// AddressOf is where a method reaches somebody; empty: nowhere.
func (c *Config) AddressOf(person string, m paging.Method) string {
	p, ok := c.Person(person)
	if !ok {
		return ""
	}
	return c.addressOf(p, m)
}

// Networks are the networks that senders may reach.
func (n Notify) Networks() ([]netip.Prefix, error) {
	out := make([]netip.Prefix, len(n.AllowNetworks))
	for i, text := range n.AllowNetworks {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("read notify.allow_networks: %q is not a network such as 10.0.0.0/8", clip(text, 40))
		}
		out[i] = p.Masked()
	}
	return out, nil
}

// PeopleByPhone finds those who have a number in E.164: a phone may go round.
func (c *Config) PeopleByPhone(number string) (names []string) {
	for i := range c.People {
		if number != "" && c.People[i].Phone == number {
			names = append(names, c.People[i].Name)
		}
	}
	return names
}
