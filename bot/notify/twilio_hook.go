package notify

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// TwilioSignature is the value of X-Twilio-Signature for a request of Twilio's: twilio.com/docs/usage/webhooks/webhooks-security.
// address is the full URL as Twilio called it, with its query; form are the fields of a POST. Of a field that comes several
// times each value counts once, in order, as in Twilio's own libraries.
func TwilioSignature(token, address string, form url.Values) string {
	mac := hmac.New(sha1.New, []byte(token))
	io.WriteString(mac, address)
	keys := make([]string, 0, len(form))
	for k := range form {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		values := slices.Clone(form[k])
		slices.Sort(values)
		for _, v := range slices.Compact(values) {
			io.WriteString(mac, k+v)
		}
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// VerifyTwilio reports whether signature is that of a request of Twilio's, made with one of tokens. The address's port may
// have been counted or not: Twilio is not consistent in it.
func VerifyTwilio(tokens []string, address string, form url.Values, signature string) bool {
	good := 0
	for _, token := range tokens {
		if token == "" {
			continue
		}
		for _, a := range portVariants(address) {
			good |= subtle.ConstantTimeCompare([]byte(signature), []byte(TwilioSignature(token, a, form)))
		}
	}
	return good == 1
}

// portVariants are address, and address with or without its port.
func portVariants(address string) []string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return []string{address}
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	host, path := rest[:end], rest[end:]
	colon := strings.LastIndex(host, ":")
	if colon > strings.LastIndex(host, "]") {
		return []string{address, scheme + "://" + host[:colon] + path}
	}
	port := ":443"
	if scheme == "http" {
		port = ":80"
	}
	return []string{address, scheme + "://" + host + port + path}
}

// maxHook is the largest callback that is read, in bytes.
const maxHook = 64 << 10

// TwilioHook takes Twilio's requests: replies, keys pressed, what became of messages and calls.
type TwilioHook struct {
	AccountSID string
	Tokens     []string // auth tokens: the primary one, and the secondary one while it changes
	URL        string   // as TwilioConfig.CallbackURL: what Twilio calls, whatever a proxy makes of it
}

// HookError is a request that is not one of Twilio's, or none that is understood. Its text is for the operator; the answer
// should have only the status.
type HookError struct {
	Status int
	Reason string
}

// Error says what is wrong.
func (e *HookError) Error() string { return "read callback of twilio: " + e.Reason }

// Read checks and decodes a request. Its error is a *HookError.
func (h TwilioHook) Read(r *http.Request) (Callback, error) {
	refuse := func(status int, format string, args ...any) (Callback, error) {
		return Callback{}, &HookError{Status: status, Reason: fmt.Sprintf(format, args...)}
	}
	if r.Method != http.MethodPost {
		return refuse(http.StatusMethodNotAllowed, "it came by %.10q; set the webhook to HTTP POST", r.Method)
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return refuse(http.StatusUnsupportedMediaType, "it is no form")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxHook+1))
	if err != nil {
		return refuse(http.StatusBadRequest, "its body broke off")
	}
	if len(body) > maxHook {
		return refuse(http.StatusRequestEntityTooLarge, "it has more than %d bytes", maxHook)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return refuse(http.StatusBadRequest, "its form cannot be read")
	}
	address := h.URL
	if r.URL.RawQuery != "" {
		address += "?" + r.URL.RawQuery
	}
	if !VerifyTwilio(h.Tokens, address, form, r.Header.Get("X-Twilio-Signature")) {
		if rule := r.Header.Get("X-Twilio-Webhooks-Signature-Settings"); rule != "" {
			return refuse(http.StatusForbidden, "a webhooks rule signs it with another key; remove the rule for this URL at Twilio")
		}
		return refuse(http.StatusForbidden, "its signature does not fit; check the auth token, and that the URL at Twilio is exactly %s", h.URL)
	}
	if got := form.Get("AccountSid"); got != h.AccountSID {
		return refuse(http.StatusForbidden, "it is of another account")
	}
	c, err := DecodeTwilio(r.URL.Query(), form)
	if err != nil {
		return refuse(http.StatusBadRequest, "%v", err)
	}
	return c, nil
}
