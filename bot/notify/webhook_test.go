package notify

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/notify/notifytest"
)

const webhookSecret = "a secret of many bytes"

func page7() Message {
	return Message{
		Page: "PAGE-7", Subject: "checkout: 5xx above 5 %", Short: "checkout answers 5xx to 7 % of requests", Long: "checkout answers 5xx\nsince 03:12",
		Link: "https://watchbill.example.com/ack/PAGE-7/k3y", Key: "PAGE-7/2/dev1/webhook",
	}
}

func webhookTo(t *testing.T, r *notifytest.WebhookReceiver, secrets ...string) Sender {
	t.Helper()
	s, err := NewWebhook(WebhookConfig{URL: r.URL(), Secrets: secrets, Guard: NewGuard(notifytest.Loopback, r.Roots())})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWebhookIsSignedAndTaken(t *testing.T) {
	r := notifytest.NewWebhookReceiver(t, webhookSecret)
	m := page7()
	m.Repeat = true
	got := webhookTo(t, r, "another secret of many bytes", webhookSecret).Send(t.Context(), To{Name: "dev1"}, m)
	if !got.OK() || got.Provider != "webhook" {
		t.Fatalf("%+v", got)
	}
	d := r.Deliveries()
	if len(d) != 1 || d[0]["page"] != "PAGE-7" || d[0]["id"] != m.Key || d[0]["repeat"] != true || d[0]["link"] != m.Link ||
		d[0]["text"] != m.Long || d[0]["person"] != "dev1" || d[0]["urgency"] != "high" {
		t.Errorf("%v", d)
	}
}

func TestWebhookWithAnotherSecretIsRefused(t *testing.T) {
	r := notifytest.NewWebhookReceiver(t, webhookSecret)
	got := webhookTo(t, r, "not the secret at all").Send(t.Context(), To{}, page7())
	if got.Class != Dead || got.Fault != Address || got.Code != "http_401" {
		t.Errorf("%+v", got)
	}
}

func TestWebhookClasses(t *testing.T) {
	for _, c := range []struct {
		fault notifytest.Fault
		class Class
		after time.Duration
	}{
		{notifytest.Fault{Status: 302, Header: map[string]string{"Location": "http://127.0.0.1/"}}, Dead, 0},
		{notifytest.Fault{Status: 400}, Dead, 0},
		{notifytest.Fault{Status: 404}, Dead, 0},
		{notifytest.Fault{Status: 408}, Retry, time.Second},
		{notifytest.Fault{Status: 410}, Dead, 0},
		{notifytest.Fault{Status: 429}, Retry, time.Second},
		{notifytest.Fault{Status: 429, Header: map[string]string{"Retry-After": "7"}}, Retry, 7 * time.Second},
		{notifytest.Fault{Status: 429, Header: map[string]string{"Retry-After": "99999999999"}}, Retry, time.Hour},
		{notifytest.Fault{Status: 429, Header: map[string]string{"Retry-After": "999999"}}, Retry, time.Hour},
		{notifytest.Fault{Status: 429, Header: map[string]string{"Date": "Thu, 01 Jan 2026 00:00:00 GMT", "Retry-After": "Thu, 01 Jan 2026 00:00:30 GMT"}}, Retry, 30 * time.Second},
		{notifytest.Fault{Status: 500}, Unknown, 0},
		{notifytest.Fault{Status: 501}, Dead, 0},
		{notifytest.Fault{Status: 502}, Unknown, 0},
		{notifytest.Fault{Status: 429, Header: map[string]string{"Date": "Thu, 01 Jan 2026 00:00:00 GMT", "Retry-After": "Wed, 01 Jan 2025 00:00:00 GMT"}}, Retry, time.Second},
		{notifytest.Fault{Status: 429, Header: map[string]string{"Date": "Thu, 01 Jan 2026 00:00:00 GMT", "Retry-After": "Tue, 01 Jan 2036 00:00:00 GMT"}}, Retry, time.Hour},
		{notifytest.Fault{Status: 429, Header: map[string]string{"Retry-After": "-5"}}, Retry, time.Second},
		{notifytest.Fault{Status: 429, Header: map[string]string{"Retry-After": "soon"}}, Retry, time.Second},
		{notifytest.Fault{Status: 503, Header: map[string]string{"Date": "Thu, 01 Jan 2026 00:00:00 GMT", "Retry-After": "Wed, 01 Jan 2025 00:00:00 GMT"}}, Unavailable, 0},
		{notifytest.Fault{Status: 503, Header: map[string]string{"Retry-After": "20"}}, Unavailable, 20 * time.Second},
		{notifytest.Fault{Status: 504}, Unknown, 0},
		{notifytest.Fault{Status: 299}, Sent, 0},
		{notifytest.Fault{Drop: true}, Unknown, 0},
	} {
		r := notifytest.NewWebhookReceiver(t, webhookSecret)
		c.fault.Body = "<internal secret of the receiver>"
		r.Fail(c.fault)
		got := webhookTo(t, r, webhookSecret).Send(t.Context(), To{}, page7())
		if got.Class != c.class || got.After != c.after {
			t.Errorf("%+v: %+v", c.fault, got)
		}
		if got.Detail != "" || strings.Contains(got.Reason, "internal") {
			t.Errorf("%+v: the answer is echoed: %+v", c.fault, got)
		}
		if got.Class != Sent && (got.Reason == "" || got.Code == "" || got.Fault == "") {
			t.Errorf("%+v: %+v says too little", c.fault, got)
		}
		if r.Requests() != 1 {
			t.Errorf("%+v: %d requests", c.fault, r.Requests())
		}
	}
}

func TestWebhookAddresses(t *testing.T) {
	r := notifytest.NewWebhookReceiver(t, webhookSecret)
	s := webhookTo(t, r, webhookSecret)
	for _, address := range []string{
		"ftp://example.com", "javascript:alert(1)", "/relative", "https://", "https://user:pw@example.com/", "https://exa mple.com/", "\x00",
		"https://127.0.0.1:1\r\nX: y/", "https://example.com/#x", "http:///x", strings.Repeat("x", 1<<20),
	} {
		if got := s.Send(t.Context(), To{Address: address}, page7()); got.Class != Dead || got.Fault != Address {
			t.Errorf("%.40q: %+v", address, got)
		}
	}
	inside, err := NewWebhook(WebhookConfig{Secrets: []string{webhookSecret}, Guard: NewGuard(nil, nil)})
	if err != nil {
		t.Fatal(err)
	}
	if got := inside.Send(t.Context(), To{Address: r.URL()}, page7()); got.Class != Dead || got.Fault != Address || got.Code != codeBlocked {
		t.Errorf("inside the house: %+v", got)
	}
	r.Close()
	if got := s.Send(t.Context(), To{Address: r.URL()}, page7()); got.Class != Unavailable || got.Code != codeDial {
		t.Errorf("where nobody listens: %+v", got)
	}
}

func TestWebhookSetup(t *testing.T) {
	for _, c := range []WebhookConfig{
		{},
		{Secrets: []string{"short"}},
		{Secrets: []string{webhookSecret, ""}},
		{Secrets: []string{webhookSecret}, URL: "example.com/hook"},
	} {
		if _, err := NewWebhook(c); err == nil || strings.Contains(err.Error(), "short\"") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// TestTheDocumentedSignature: what docs/notifications.md gives receivers to try fits.
func TestTheDocumentedSignature(t *testing.T) {
	text, err := os.ReadFile("../../docs/notifications.md")
	if err != nil {
		t.Fatal(err)
	}
	header := regexp.MustCompile(`(?m)^    Watchbill-Signature: (.+)$`).FindSubmatch(text)
	if header == nil || !strings.Contains(string(text), "`"+webhookSecret+"`") || !strings.Contains(string(text), "`{\"page\":\"PAGE-7\"}`") {
		t.Fatal("there is nothing to try")
	}
	if got := SignWebhook([]string{webhookSecret}, time.Unix(1767582000, 0), []byte(`{"page":"PAGE-7"}`)); got != string(header[1]) {
		t.Errorf("got %s, want %s", got, header[1])
	}
}
