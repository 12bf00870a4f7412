package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// SignatureHeader is the header of an outgoing webhook that holds its time and signatures:
// "t=1767225600,v1=5257a8…", with one v1 for each secret.
const SignatureHeader = "Watchbill-Signature"

// WebhookConfig sets up outgoing webhooks.
type WebhookConfig struct {
	URL     string   // where to, for people without an address of their own; may be empty
	Secrets []string // that sign, at least 16 bytes each; several while a receiver changes from one to the next
	Guard   *Guard
	Now     func() time.Time // nil is time.Now
}

// WebhookBody is the body of an outgoing webhook.
type WebhookBody struct {
	Type    string    `json:"type"` // "page"
	ID      string    `json:"id"`   // Message.Key: the same again is a repetition of the same delivery
	Page    string    `json:"page"`
	Person  string    `json:"person,omitempty"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	Link    string    `json:"link,omitempty"` // a POST to it with answer=acknowledge acknowledges
	Repeat  bool      `json:"repeat"`
	Urgency Urgency   `json:"urgency"`
	SentAt  time.Time `json:"sent_at"` // UTC
}

type webhook struct {
	WebhookConfig
}

// NewWebhook is a sender of signed webhooks.
func NewWebhook(c WebhookConfig) (Sender, error) {
	if c.URL != "" {
		if _, err := httpURL(c.URL); err != nil {
			return nil, fmt.Errorf("read webhook url: %w", err)
		}
	}
	if len(c.Secrets) == 0 {
		return nil, errors.New("read webhook secret: it is missing; receivers know Watchbill by it")
	}
	for _, s := range c.Secrets {
		if len(s) < 16 {
			return nil, errors.New("read webhook secret: it is shorter than 16 bytes; take a random one")
		}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return webhook{c}, nil
}

// Method implements Sender.
func (webhook) Method() Method { return Webhook }

// Provider implements Sender.
func (webhook) Provider() string { return "webhook" }

// Send implements Sender.
func (w webhook) Send(ctx context.Context, to To, m Message) Result {
	target := to.Address
	if target == "" {
		target = w.URL
	}
	if _, err := httpURL(target); err != nil {
		return dead(Address, codeAddress, "The webhook's address is no URL with https: "+err.Error()+".").of("webhook", "")
	}
	now := w.Now().UTC().Truncate(time.Second)
	urgency := High
	if !m.urgent() {
		urgency = Low
	}
	body, err := json.Marshal(WebhookBody{
		Type: "page", ID: line(m.Key, 200), Page: m.page(), Person: line(to.Name, 200), Subject: m.subject(), Text: m.long(),
		Link: m.link(), Repeat: m.Repeat, Urgency: urgency, SentAt: now,
	})
	if err != nil {
		return dead(Request, "encode", "The message cannot be encoded.").of("webhook", "")
	}
	header := http.Header{"Content-Type": {"application/json"}}
	header.Set(SignatureHeader, SignWebhook(w.Secrets, now, body))
	a := exchange(ctx, w.Guard.Client(), http.MethodPost, target, header, bytes.NewReader(body))
	return a.webhook().of("webhook", "") // what an address that somebody chose says is shown to nobody
}

func (a answer) webhook() Result {
	switch {
	case a.err != nil:
		r := a.failure()
		if r.Code == codeBlocked {
			r.Fault = Address
		}
		return r
	case a.status >= 200 && a.status < 300:
		return sent("")
	}
	r := a.byStatus("The webhook's receiver")
	if r.Fault == Setup {
		r.Fault = Address
	}
	return r
}

// SignWebhook is the value of SignatureHeader for a body sent at now.
func SignWebhook(secrets []string, now time.Time, body []byte) string {
	stamp := strconv.FormatInt(now.Unix(), 10)
	parts := []string{"t=" + stamp}
	for _, s := range secrets {
		parts = append(parts, "v1="+hex.EncodeToString(webhookMAC(s, stamp, body)))
	}
	return strings.Join(parts, ",")
}

func webhookMAC(secret, stamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}

// httpURL reads an address that a request can go to. Its errors do not repeat it: it may hold a secret.
func httpURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return nil, errors.New("it is no URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("it does not begin with https://")
	case u.User != nil:
		return nil, errors.New("it holds a user or password; they would be seen in it")
	case u.Fragment != "":
		return nil, errors.New("it has a fragment")
	}
	return u, nil
}
