package notify

import (
	"context"
	"crypto/x509"
	"errors"
	"net/netip"
	"slices"
	"time"
)

// Config is every way that is set up, with its secrets as values. The Guard and Now of each part are filled in by New.
type Config struct {
	Email   *EmailConfig // nil: none; so with the others
	Twilio  *TwilioConfig
	Gateway *GatewayConfig
	Ntfy    *NtfyConfig
	Webhook *WebhookConfig

	AllowNetworks []netip.Prefix   // inside the house, that may be reached
	Roots         *x509.CertPool   // nil: the system's
	Now           func() time.Time // nil: time.Now
}

// Senders are the ways to reach people, each behind the breaker of its provider. They may be used by several goroutines at
// once.
type Senders struct {
	guard     *Guard
	now       func() time.Time
	senders   map[Method]Sender
	providers []*provider
	probers   []prober // one for each provider that can be asked
	hook      *TwilioHook
}

// provider is one provider and what goes through it.
type provider struct {
	name    string
	breaker Breaker
	methods []Method
}

// New makes the senders of c. Its error names all mistakes at once, and no secret. SMS goes through Twilio if both it and
// a gateway are set up, and through the gateway when Twilio is down.
func New(c Config) (*Senders, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &Senders{guard: NewGuard(c.AllowNetworks, c.Roots), now: c.Now, senders: map[Method]Sender{}}
	var mistakes []error
	add := func(sender Sender, err error) {
		if err != nil {
			mistakes = append(mistakes, err)
			return
		}
		s.add(sender)
	}
	if c.Email != nil {
		e := *c.Email
		e.Guard, e.Now = s.guard, c.Now
		add(NewEmail(e))
	}
	if c.Twilio != nil {
		t := *c.Twilio
		t.Guard = s.guard
		if t.From != "" || t.VoiceFrom == "" {
			add(NewTwilioSMS(t))
		}
		if t.VoiceFrom != "" || e164.MatchString(t.From) {
			add(NewTwilioVoice(t))
		}
		if t.CallbackURL != "" {
			s.hook = &TwilioHook{AccountSID: t.AccountSID, Tokens: []string{t.Token}, URL: t.CallbackURL}
		}
	}
	if c.Gateway != nil {
		g := *c.Gateway
		g.Guard = s.guard
		add(NewGateway(g))
	}
	if c.Ntfy != nil {
		n := *c.Ntfy
		n.Guard = s.guard
		add(NewNtfy(n))
	}
	if c.Webhook != nil {
		w := *c.Webhook
		w.Guard, w.Now = s.guard, c.Now
		add(NewWebhook(w))
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	return s, nil
}

// add puts sender behind its provider's breaker, and behind the sender that its method has already. Webhooks have a
// receiver for each person, and share no breaker.
func (s *Senders) add(sender Sender) {
	m := sender.Method()
	if m != Webhook {
		p := s.provider(sender.Provider())
		if can, ok := sender.(prober); ok && len(p.methods) == 0 {
			s.probers = append(s.probers, can)
		}
		p.methods = append(p.methods, m)
		sender = WithBreaker(sender, &p.breaker, s.now)
	}
	if first, ok := s.senders[m]; ok {
		sender = WithFallback(first, sender)
	}
	s.senders[m] = sender
}

func (s *Senders) provider(name string) *provider {
	for _, p := range s.providers {
		if p.name == name {
			return p
		}
	}
	p := &provider{name: name}
	s.providers = append(s.providers, p)
	return p
}

// Methods are the ways that are set up, in the order of their names.
func (s *Senders) Methods() []Method {
	var list []Method
	for m := range s.senders {
		list = append(list, m)
	}
	slices.Sort(list)
	return list
}

// howTo says what is missing for a method that is not set up.
var howTo = map[Method]string{
	Email:   "E-mail is not set up. Configure notify.email.",
	SMS:     "SMS is not set up. Configure notify.twilio or notify.sms_gateway.",
	Voice:   "Calls are not set up. Configure notify.twilio with a number in voice_from.",
	Push:    "Push is not set up. Configure notify.ntfy.",
	Webhook: "Outgoing webhooks are not set up. Configure notify.webhook.",
}

// Send makes one attempt by method.
func (s *Senders) Send(ctx context.Context, method Method, to To, m Message) Result {
	sender, ok := s.senders[method]
	if !ok {
		reason := howTo[method]
		if reason == "" {
			reason = "Watchbill knows no way to reach people called " + line(string(method), 32) + "."
		}
		return dead(Setup, "no_method", reason)
	}
	return sender.Send(ctx, to, m)
}

// Guard is what all of them go through, for other requests that the operator's settings lead out.
func (s *Senders) Guard() *Guard { return s.guard }

// Hook reads what comes back from Twilio; nil if nothing can.
func (s *Senders) Hook() *TwilioHook { return s.hook }

// Status is how a provider does.
type Status struct {
	Provider string
	Methods  []Method
	State    State
	Since    time.Time // when it stopped answering; zero when Closed
	Last     Result    // the failure last seen, however long ago; zero if there was none
}

// Status is how each provider does at now, in the order they were set up. Webhooks are not among them.
func (s *Senders) Status(now time.Time) []Status {
	var list []Status
	for _, p := range s.providers {
		state, since, last := p.breaker.State(now)
		list = append(list, Status{Provider: p.name, Methods: slices.Clone(p.methods), State: state, Since: since, Last: last})
	}
	return list
}
