package notifytest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// WebhookReceiver takes signed webhooks as docs/notifications.md tells receivers to.
type WebhookReceiver struct {
	provider
	secret string
	got    []map[string]any
}

// NewWebhookReceiver starts a receiver that knows secret.
func NewWebhookReceiver(t testing.TB, secret string) *WebhookReceiver {
	w := &WebhookReceiver{secret: secret}
	w.start(t, 1<<20, w.take)
	return w
}

// Deliveries are the bodies taken, decoded.
func (w *WebhookReceiver) Deliveries() []map[string]any {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.got)
}

func (w *WebhookReceiver) take(r *http.Request, body []byte) reply {
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
		w.wrong("webhook: %s with %s", r.Method, r.Header.Get("Content-Type"))
	}
	if !w.signed(r.Header.Get("Watchbill-Signature"), body) {
		return reply{status: http.StatusUnauthorized}
	}
	var decoded map[string]any
	if err := json.Unmarshal(body, &decoded); err != nil {
		w.wrong("webhook: %v", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.got = append(w.got, decoded)
	return reply{status: http.StatusNoContent}
}

func (w *WebhookReceiver) signed(header string, body []byte) bool {
	fields := strings.Split(header, ",")
	stamp := strings.TrimPrefix(fields[0], "t=")
	at, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || time.Since(time.Unix(at, 0)).Abs() > 5*time.Minute {
		return false
	}
	mac := hmac.New(sha256.New, []byte(w.secret))
	mac.Write([]byte(stamp + "." + string(body)))
	want := "v1=" + hex.EncodeToString(mac.Sum(nil))
	return slices.ContainsFunc(fields[1:], func(f string) bool { return hmac.Equal([]byte(f), []byte(want)) })
}
