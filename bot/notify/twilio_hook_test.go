package notify

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/notify/notifytest"
)

// TestTwilioSignatures: the example of Twilio's documentation, and the vectors of its own library for Go.
func TestTwilioSignatures(t *testing.T) {
	form := url.Values{"Digits": {"1234"}, "CallSid": {"CA1234567890ABCDE"}, "To": {"+18005551212"}, "Caller": {"+14158675309"}, "From": {"+14158675309"}}
	address := "https://mycompany.com/myapp.php?foo=1&bar=2"
	if got := TwilioSignature("12345", address, form); got != "RSOYDt4T1cUTdK1PDd93/VVr8B8=" {
		t.Errorf("%s", got)
	}
	with := func(old, new string) string { return strings.Replace(address, old, new, 1) }
	for _, c := range []struct {
		name, address, signature string
		ok                       bool
	}{
		{"as documented", address, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", true},
		{"a port that was not signed", with(".com", ".com:1234"), "RSOYDt4T1cUTdK1PDd93/VVr8B8=", true},
		{"the port that was signed", address, "kvajT1Ptam85bY51eRf/AJRuM3w=", true},
		{"http", with("https", "http"), "0ZXoZLH/DfblKGATFgpif+LLRf4=", true},
		{"http with a port", strings.Replace(with("https", "http"), ".com", ".com:1234", 1), "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=", true},
		{"none", address, "", false},
		{"another path", with("myapp", "yourapp"), "RSOYDt4T1cUTdK1PDd93/VVr8B8=", false},
		{"another query", with("foo=1", "foo=2"), "RSOYDt4T1cUTdK1PDd93/VVr8B8=", false},
		{"another host", with("mycompany", "yourcompany"), "RSOYDt4T1cUTdK1PDd93/VVr8B8=", false},
	} {
		if got := VerifyTwilio([]string{"12345"}, c.address, form, c.signature); got != c.ok {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if VerifyTwilio(nil, address, form, "RSOYDt4T1cUTdK1PDd93/VVr8B8=") || VerifyTwilio([]string{""}, address, form, TwilioSignature("", address, form)) {
		t.Error("without a token everything fits")
	}
	if !VerifyTwilio([]string{"the next", "12345"}, address, form, "RSOYDt4T1cUTdK1PDd93/VVr8B8=") {
		t.Error("the second token does not count")
	}
	form.Set("Digits", "1")
	if VerifyTwilio([]string{"12345"}, address, form, "RSOYDt4T1cUTdK1PDd93/VVr8B8=") {
		t.Error("another form fits")
	}
	// The same value twice counts once, and the order does not matter.
	if TwilioSignature("k", "https://x", url.Values{"a": {"2", "1", "2"}}) != TwilioSignature("k", "https://x", url.Values{"a": {"1", "2"}}) {
		t.Error("repeated fields")
	}
}

func hookOf(w *notifytest.Twilio) TwilioHook {
	return TwilioHook{AccountSID: w.SID, Tokens: []string{w.Token}, URL: hookURL}
}

func TestTwilioHookReads(t *testing.T) {
	w := notifytest.NewTwilio(t)
	sms, voice := twilioSender(t, NewTwilioSMS, twilioConfig(w)), twilioSender(t, NewTwilioVoice, twilioConfig(w))
	sms.Send(t.Context(), To{Address: dev1Phone}, page7())
	voice.Send(t.Context(), To{Address: dev1Phone}, page7())
	m, call := w.Messages()[0], w.Calls()[0]
	key := page7().Key
	status := Callback{Kind: MessageStatus, ID: m.SID, Phone: dev1Phone, Page: "PAGE-7", Attempt: key}
	ended := Callback{Kind: CallStatus, ID: call.SID, Phone: dev1Phone, Page: "PAGE-7", Attempt: key}
	keys := Callback{Kind: CallKeys, ID: call.SID, Phone: dev1Phone, Page: "PAGE-7", Attempt: key}
	with := func(c Callback, change func(*Callback)) Callback { change(&c); return c }
	for _, c := range []struct {
		name string
		r    *http.Request
		want Callback
	}{
		{"key 1", w.KeysRequest(call, "1"), with(keys, func(c *Callback) { c.Reply.Verb = Acknowledge })},
		{"key 2", w.KeysRequest(call, "2"), with(keys, func(c *Callback) { c.Reply.Verb = Escalate })},
		{"key 9", w.KeysRequest(call, "9"), keys},
		{"queued", w.MessageStatusRequest(m, "queued", 0), with(status, func(c *Callback) { c.Delivery, c.Status = Underway, "queued" })},
		{"sent", w.MessageStatusRequest(m, "sent", 0), with(status, func(c *Callback) { c.Delivery, c.Status = Underway, "sent" })},
		{"delivered", w.MessageStatusRequest(m, "delivered", 0), with(status, func(c *Callback) { c.Delivery, c.Status = Delivered, "delivered" })},
		{"undelivered", w.MessageStatusRequest(m, "undelivered", 30003), with(status, func(c *Callback) {
			c.Delivery, c.Status, c.Fault, c.Code, c.Reason = Failed, "undelivered", Address, "30003", twilioCodes[30003].reason
		})},
		{"failed for an unknown reason", w.MessageStatusRequest(m, "failed", 39999), with(status, func(c *Callback) {
			c.Delivery, c.Status, c.Fault, c.Code, c.Reason = Failed, "failed", Provider, "39999", "The message was not delivered."
		})},
		{"a status of the future", w.MessageStatusRequest(m, "teleported", 0), with(status, func(c *Callback) { c.Delivery, c.Status = Underway, "teleported" })},
		{"ringing", w.CallStatusRequest(call, "ringing"), with(ended, func(c *Callback) { c.Delivery, c.Status = Underway, "ringing" })},
		{"picked up", w.CallStatusRequest(call, "in-progress"), with(ended, func(c *Callback) { c.Delivery, c.Status = Delivered, "in-progress" })},
		{"completed", w.CallStatusRequest(call, "completed"), with(ended, func(c *Callback) { c.Delivery, c.Status = Delivered, "completed" })},
		{"busy", w.CallStatusRequest(call, "busy"), with(ended, func(c *Callback) {
			c.Delivery, c.Status, c.Fault, c.Code, c.Reason = Failed, "busy", Address, "busy", callEnds["busy"]
		})},
		{"no answer", w.CallStatusRequest(call, "no-answer"), with(ended, func(c *Callback) {
			c.Delivery, c.Status, c.Fault, c.Code, c.Reason = Failed, "no-answer", Address, "no-answer", callEnds["no-answer"]
		})},
		{"call failed", w.CallStatusRequest(call, "failed"), with(ended, func(c *Callback) {
			c.Delivery, c.Status, c.Fault, c.Code, c.Reason = Failed, "failed", Provider, "failed", callEnds["failed"]
		})},
		{"an SMS", w.ReplyRequest(hookURL, dev1Phone, ourNumber, "Ack page-12"), Callback{Kind: SMSReply, From: dev1Phone, Phone: dev1Phone, Page: "PAGE-12", Reply: Reply{Verb: Acknowledge, Page: "PAGE-12"}}},
		{"an SMS of something else", w.ReplyRequest(hookURL, dev1Phone, ourNumber, "who is this?"), Callback{Kind: SMSReply, From: dev1Phone, Phone: dev1Phone}},
		{"stop", w.ReplyRequest(hookURL, dev1Phone, ourNumber, "STOP"), Callback{Kind: SMSReply, From: dev1Phone, Phone: dev1Phone, Reply: Reply{Verb: OptOut}}},
		{"advanced opt-out", w.Request(hookURL, url.Values{"MessageSid": {"SM1"}, "From": {dev1Phone}, "To": {ourNumber}, "Body": {"Alto"}, "OptOutType": {"STOP"}}),
			Callback{Kind: SMSReply, ID: "SM1", Cause: "twilio SM1", From: dev1Phone, Phone: dev1Phone, Reply: Reply{Verb: OptOut}}},
	} {
		got, err := hookOf(w).Read(c.r)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if !strings.HasPrefix(got.Cause, "twilio "+got.ID) || got.ID == "" {
			t.Errorf("%s: cause %q", c.name, got.Cause)
		}
		got.Cause, c.want.Cause = "", ""
		if c.want.ID == "" {
			got.ID = ""
		}
		if got != c.want {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

func TestTwilioHookRefuses(t *testing.T) {
	w, stranger := notifytest.NewTwilio(t), notifytest.NewTwilio(t)
	ack := func() *http.Request { return w.ReplyRequest(hookURL, dev1Phone, ourNumber, "1") }
	changed := func(change func(*http.Request)) *http.Request { r := ack(); change(r); return r }
	huge := httptest.NewRequest(http.MethodPost, hookURL, strings.NewReader("Body="+strings.Repeat("x", maxHook)))
	huge.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range []struct {
		name   string
		r      *http.Request
		status int
	}{
		{"by GET", changed(func(r *http.Request) { r.Method = http.MethodGet }), 405},
		{"JSON", changed(func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }), 415},
		{"no type", changed(func(r *http.Request) { r.Header.Del("Content-Type") }), 415},
		{"huge", huge, 413},
		{"no form", changed(func(r *http.Request) { r.Body = http.NoBody; r.URL.RawQuery = "" }), 403},
		{"broken form", changed(func(r *http.Request) { r.Body = httptest.NewRequest("POST", "/", strings.NewReader("a=%zz")).Body }), 400},
		{"no signature", changed(func(r *http.Request) { r.Header.Del("X-Twilio-Signature") }), 403},
		{"another signature", changed(func(r *http.Request) { r.Header.Set("X-Twilio-Signature", "RSOYDt4T1cUTdK1PDd93/VVr8B8=") }), 403},
		{"a query that was not signed", changed(func(r *http.Request) { r.URL.RawQuery = "page=PAGE-8" }), 403},
		{"signed by a rule", changed(func(r *http.Request) {
			r.Header.Set("X-Twilio-Signature", "x")
			r.Header.Set("X-Twilio-Webhooks-Signature-Settings", "key=1,algorithm=HMAC_SHA256")
		}), 403},
		{"a stranger", stranger.ReplyRequest(hookURL, dev1Phone, ourNumber, "1"), 403},
		{"for another URL", w.ReplyRequest("https://watchbill.example.org/callbacks/twilio", dev1Phone, ourNumber, "1"), 403},
		{"nothing known", w.Request(hookURL, url.Values{"RecordingSid": {"RE1"}}), 400},
		{"keys of something else", w.Request(hookURL, url.Values{"CallSid": {"SM1"}, "Digits": {"1"}}), 400},
		{"a message that says nothing", w.Request(hookURL, url.Values{"MessageSid": {"SM1"}}), 400},
		{"an id of something else", w.Request(hookURL, url.Values{"MessageSid": {"CA1"}, "Body": {"1"}}), 400},
	} {
		_, err := hookOf(w).Read(c.r)
		var refused *HookError
		if !errors.As(err, &refused) || refused.Status != c.status || refused.Reason == "" {
			t.Errorf("%s: %v, want status %d", c.name, err, c.status)
		}
		if err != nil && strings.Contains(err.Error(), w.Token) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	// A token that fits, of another account with the same one.
	hook := hookOf(w)
	hook.AccountSID = "AC0123456789abcdef0123456789abcdef"
	if _, err := hook.Read(ack()); err == nil {
		t.Error("another account is heard")
	}
	// The host in the request does not count: only the URL that the operator set.
	r := changed(func(r *http.Request) { r.Host = "localhost:8080"; r.URL.Host = "localhost:8080"; r.URL.Scheme = "http" })
	if _, err := hookOf(w).Read(r); err != nil {
		t.Errorf("behind a proxy: %v", err)
	}
}

func FuzzDecodeTwilio(f *testing.F) {
	f.Add("page=PAGE-7&attempt=k", "MessageSid=SM1&MessageStatus=failed&ErrorCode=30003&To=%2B4915112345678")
	f.Add("", "MessageSid=SM1&Body=1&From=%2B4915112345678")
	f.Add("page=PAGE-7", "CallSid=CA1&Digits=1&CallStatus=in-progress")
	f.Add("page=PAGE-7", "CallSid=CA1&CallStatus=busy&ErrorCode=-1")
	f.Fuzz(func(t *testing.T, query, form string) {
		q, _ := url.ParseQuery(query)
		v, _ := url.ParseQuery(form)
		c, err := DecodeTwilio(q, v)
		if err != nil {
			return
		}
		if c.Kind == "" || c.Cause == "" || len(c.Cause) > 1000 || len(c.Attempt) > 800 || len(c.Page) > 128 || strings.ContainsFunc(c.Cause+c.Page+c.Attempt+c.From+c.Status, isHostile) {
			t.Fatalf("%+v", c)
		}
		if (c.Delivery == Failed) != (c.Reason != "") || (c.Kind == MessageStatus || c.Kind == CallStatus) != (c.Delivery != "") {
			t.Fatalf("%+v", c)
		}
	})
}

func FuzzTwilioSignature(f *testing.F) {
	f.Add("https://example.com:8443/x?y=1", "a=1&b=2", "c2ln")
	f.Add("http://[::1]:80", "", "")
	f.Fuzz(func(t *testing.T, address, form, signature string) {
		v, _ := url.ParseQuery(form)
		if VerifyTwilio([]string{"a token nobody has"}, address, v, signature) {
			t.Fatalf("%q fits", signature)
		}
		if !VerifyTwilio([]string{"a token"}, address, v, TwilioSignature("a token", address, v)) {
			t.Fatal("its own signature does not fit")
		}
	})
}

// What is too large, or comes too slowly, is refused, and holds nothing: who calls there is
// known only when the whole body was read.
func TestLargeAndSlowCallbacks(t *testing.T) {
	hook := TwilioHook{AccountSID: "AC1", Tokens: []string{"token"}, URL: "https://watchbill.example.com/callbacks/twilio"}
	read := make(chan error, 1)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := hook.Read(r)
		read <- err
		status := http.StatusOK
		if bad := new(HookError); errors.As(err, &bad) {
			status = bad.Status
		}
		w.WriteHeader(status)
	}))
	s.Config.ReadTimeout = 200 * time.Millisecond
	s.Start()
	defer s.Close()
	post := func(what string, body io.Reader, want int) {
		t.Helper()
		r, err := http.Post(s.URL, "application/x-www-form-urlencoded", body)
		if err == nil {
			defer r.Body.Close()
			if r.StatusCode != want {
				t.Errorf("%s: answered with %d, want %d", what, r.StatusCode, want)
			}
		}
		select {
		case err := <-read:
			if bad := new(HookError); !errors.As(err, &bad) || bad.Status != want {
				t.Errorf("%s: %v", what, err)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: it is still read", what)
		}
	}
	post("10 MB", bytes.NewReader(bytes.Repeat([]byte("a=b&"), 10<<20/4)), http.StatusRequestEntityTooLarge)
	post("10 MB of no known length", io.LimitReader(endless{}, 10<<20), http.StatusRequestEntityTooLarge)
	slow, end := io.Pipe()
	defer end.Close()
	go end.Write([]byte("MessageSid=SM1"))
	post("a body that does not end", slow, http.StatusBadRequest)
}

// endless is a form that never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for n := range p {
		p[n] = 'a'
	}
	return len(p), nil
}
