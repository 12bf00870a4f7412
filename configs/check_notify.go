package configs

import (
	"fmt"
	"net"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/paging"
)

var (
	phoneNumber = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	ntfyTopic   = regexp.MustCompile(`^[-_A-Za-z0-9]{1,64}$`)
)

// Limits on the ways to a person.
const (
	maxContacts  = 20
	maxAfter     = 24 * time.Hour
	minRecall    = 30 * time.Second
	shortestName = 8 // of an ntfy topic: whoever knows it can read it
)

// notify checks how people are reached besides Slack.
func (k *checker) notify() {
	n := k.config.Notify
	if _, port, err := net.SplitHostPort(n.Email.SMTP); n.Email.SMTP != "" && (err != nil || port == "") {
		k.problem("notify.email.smtp", "such as smtp.example.com:587", "%q is not host:port", clip(n.Email.SMTP, 80))
	}
	if n.Email.SMTP != "" && n.Email.From == "" {
		k.problem("notify.email.from", "add from: such as Watchbill <watchbill@example.com>", "e-mail has no sender")
	} else if n.Email.From != "" {
		if _, err := mail.ParseAddress(n.Email.From); err != nil {
			k.problem("notify.email.from", "such as Watchbill <watchbill@example.com>", "%q is not an e-mail address", clip(n.Email.From, 80))
		}
	}
	if n.Email.TLS != "" {
		k.oneOf("notify.email.tls", "kind of encryption", n.Email.TLS, "starttls", "tls", "none")
	}
	k.twilio(n.Twilio)
	for _, l := range []struct{ path, link string }{{"notify.twilio.api", n.Twilio.API}, {"notify.sms_gateway.url", n.Gateway.URL}, {"notify.ntfy.server", n.Ntfy.Server}, {"notify.webhook.url", n.Webhook.URL}} {
		if l.link != "" {
			k.link(l.path, l.link)
		}
	}
	if n.Gateway.URL != "" && !strings.Contains(n.Gateway.URL+n.Gateway.Body, "{text}") {
		k.problem("notify.sms_gateway.body", "put {text} and {to} into body, or into url with method: GET", "the gateway is told nothing: neither body nor url holds {text}")
	}
	for _, half := range []struct {
		path, key, example string
		missing            bool
	}{
		{"notify.email", "smtp", "smtp.example.com:587", n.Email.SMTP == "" && n.Email != (NotifyEmail{})},
		{"notify.sms_gateway", "url", "https://sms.example.com/send", n.Gateway.URL == "" && n.Gateway.Method+n.Gateway.Body+n.Gateway.Expect+n.Gateway.TokenEnv != ""},
		{"notify.ntfy", "server", "https://ntfy.sh", n.Ntfy.Server == "" && n.Ntfy != (NotifyNtfy{})},
	} {
		if half.missing && !k.incomplete(half.path) {
			k.problem(half.path, "add "+half.key+": such as "+half.example, "nothing is sent by it: it has no %s", half.key)
		}
	}
	if n.Webhook.URL != "" && n.Webhook.SecretEnv == "" {
		k.problem("notify.webhook.secret_env", "add secret_env: WATCHBILL_WEBHOOK_SECRET", "webhooks are signed, and there is no secret")
	}
	k.variables("notify.email", variable{"password_env", n.Email.PasswordEnv})
	k.variables("notify.twilio", variable{"token_env", n.Twilio.TokenEnv}, variable{"previous_token_env", n.Twilio.PreviousTokenEnv})
	k.variables("notify.sms_gateway", variable{"token_env", n.Gateway.TokenEnv})
	k.variables("notify.ntfy", variable{"token_env", n.Ntfy.TokenEnv})
	k.variables("notify.webhook", variable{"secret_env", n.Webhook.SecretEnv}, variable{"previous_secret_env", n.Webhook.PreviousSecretEnv})
	for i, text := range n.AllowNetworks {
		if _, err := (Notify{AllowNetworks: []string{text}}).Networks(); err != nil {
			k.problem(fmt.Sprintf("notify.allow_networks[%d]", i), "such as 10.0.0.0/8", "%q is not a network", clip(text, 40))
		}
	}
}

// deadMan checks the switch outside.
func (k *checker) deadMan() {
	d := &k.config.DeadMan
	k.variables("dead_man", variable{"url_env", d.URLEnv})
	if d.URLEnv == "" && d.Every != 0 {
		k.problem("dead_man.url_env", "add url_env: WATCHBILL_DEAD_MAN_URL", "the dead man's switch has no address")
	}
	if d.Every == 0 {
		d.Every = time.Minute
	}
	if d.Every < 10*time.Second || d.Every > maxAfter {
		k.problem("dead_man.every", "write 10s to 24h", "every is %s", oncall.FormatDuration(d.Every))
	}
}

func (k *checker) twilio(t NotifyTwilio) {
	if t == (NotifyTwilio{}) {
		return
	}
	if t.AccountSID == "" {
		k.problem("notify.twilio.account_sid", "it is on the first page of Twilio's console and begins with AC", "Twilio needs the account's SID")
	}
	if t.TokenEnv == "" {
		k.problem("notify.twilio.token_env", "add token_env: WATCHBILL_TWILIO_TOKEN", "Twilio needs the account's auth token")
	}
	if t.From == "" && t.VoiceFrom == "" {
		k.problem("notify.twilio.from", "add from: for SMS, voice_from: for calls", "Twilio has no number to send from")
	}
}

// contacts checks the ways to one person.
func (k *checker) contacts(at string, p *Person) {
	if p.Phone != "" && !phoneNumber.MatchString(p.Phone) {
		k.problem(at+".phone", "with country code and without spaces, such as +491701234567", "%q is not a phone number", clip(p.Phone, 40))
	}
	switch {
	case p.Ntfy == "":
	case !ntfyTopic.MatchString(p.Ntfy):
		k.problem(at+".ntfy", "letters, digits, - and _, at most 64", "%q is not an ntfy topic", clip(p.Ntfy, 80))
	case len(p.Ntfy) < shortestName:
		k.warn(at+".ntfy", "choose a long one that nobody guesses", "whoever guesses the topic %q can read the pages", p.Ntfy)
	}
	if p.Webhook != "" {
		k.link(at+".webhook", p.Webhook)
	}
	if len(p.Contact) > maxContacts {
		k.problem(at+".contact", "", "these are more than %d ways to one person", maxContacts)
	}
	for i := range p.Contact {
		k.contact(fmt.Sprintf("%s.contact[%d]", at, i), p, p.Contact[i])
	}
	var odds []paging.OddContact
	if len(p.Contact) <= maxContacts { // else each would be compared with all
		odds = paging.OddContacts(p.Contact)
	}
	for _, odd := range odds {
		path := at + ".contact"
		if odd.Index >= 0 {
			path = fmt.Sprintf("%s[%d]", path, odd.Index)
		}
		if !k.incomplete(path) {
			k.warn(path, "", "%s", odd.Text)
		}
	}
	if len(p.QuietHours) > 0 {
		k.quiet(at+".quiet_hours", p)
	}
}

func (k *checker) contact(at string, p *Person, c paging.Contact) {
	if k.spoilt[at+".method"] {
		return
	}
	all := []string{string(paging.Slack), string(paging.Email), string(paging.SMS), string(paging.Voice), string(paging.Push), string(paging.Webhook)}
	k.oneOf(at+".method", "method", string(c.Method), all...)
	if !slices.Contains(all, string(c.Method)) {
		return
	}
	if c.Method != paging.Slack && k.config.addressOf(*p, c.Method) == "" {
		key := map[paging.Method]string{paging.Email: "email", paging.SMS: "phone", paging.Voice: "phone", paging.Push: "ntfy", paging.Webhook: "webhook"}[c.Method]
		k.problem(at+".method", fmt.Sprintf("add %s: to %s", key, p.Name), "%s cannot be reached by %s: there is no address", p.Name, c.Method)
	}
	if !slices.Contains(k.config.Methods(), c.Method) && !k.spoilt["notify"] {
		k.problem(at+".method", "add it to notify:", "nothing is set up that sends by %s", c.Method)
	}
	if c.After < 0 || c.After > maxAfter {
		k.problem(at+".after", "write 0s to 24h", "after is %s", oncall.FormatDuration(c.After))
	}
	if c.Every != 0 && (c.Every < minRecall || c.Every > maxAfter) {
		k.problem(at+".every", fmt.Sprintf("write %s to 24h, or leave it out", oncall.FormatDuration(minRecall)), "every is %s", oncall.FormatDuration(c.Every))
	}
}

// quiet checks quiet hours by the rule that layers of a schedule have.
func (k *checker) quiet(at string, p *Person) {
	probe := oncall.Schedule{Name: "quiet", TimeZone: "UTC", Layers: []oncall.Layer{{Name: "quiet", Hours: p.QuietHours,
		Rotation: oncall.Rotation{Type: "daily", Start: "2026-01-01T00:00:00", People: []string{"anybody"}}}}}
	for _, problem := range oncall.Validate(probe, nil, k.zones) {
		if rest, ok := strings.CutPrefix(problem.Path, "layers[0].hours"); ok {
			k.problem(at+rest, problem.Suggestion, "%s", problem.Message)
		}
	}
}
