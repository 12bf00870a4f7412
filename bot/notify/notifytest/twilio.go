package notifytest

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// Twilio is Twilio's REST API for messages and calls, version 2010-04-01, and the callbacks it makes.
type Twilio struct {
	provider
	SID, Token string
	Status     string // of the account; empty: active

	messages []TwilioMessage
	calls    []TwilioCall
}

// TwilioMessage is a message that was created.
type TwilioMessage struct{ SID, From, To, Body, StatusCallback string }

// TwilioCall is a call that was created.
type TwilioCall struct {
	SID, From, To, TwiML, StatusCallback string
	Events                               []string // that StatusCallback is called for
	Action                               string   // where the keys pressed go; empty without a menu
	Said                                 string   // all the words
}

// NewTwilio starts an API with one account.
func NewTwilio(t testing.TB) *Twilio {
	w := &Twilio{SID: "AC" + random(16), Token: random(16)}
	w.start(t, 1<<20, w.take)
	w.document = twilioError
	return w
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// Messages are those created, in order.
func (w *Twilio) Messages() []TwilioMessage {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.messages)
}

// Calls are those created, in order.
func (w *Twilio) Calls() []TwilioCall {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.calls)
}

// twilioError is an error in the shape that Twilio documents (twilio.com/docs/usage/twilios-response).
func twilioError(status, code int) string {
	text, _ := json.Marshal(map[string]any{
		"code": code, "message": fmt.Sprintf("a documented text for %d", code), "status": status,
		"more_info": "https://www.twilio.com/docs/errors/" + strconv.Itoa(code),
	})
	return string(text)
}

func refusal(status, code int) reply {
	return reply{status: status, kind: "application/json", body: twilioError(status, code)}
}

var (
	phone      = regexp.MustCompile(`^\+[1-9]\d{6,14}$`)
	phoneOrSub = regexp.MustCompile(`^(\+[1-9]\d{6,14}|\d{3,8}|[A-Za-z0-9 ]{1,11})$`)
	messaging  = []string{"To", "From", "MessagingServiceSid", "Body", "StatusCallback", "ValidityPeriod"}
	calling    = []string{"To", "From", "Twiml", "Url", "Timeout", "StatusCallback", "StatusCallbackEvent"}
)

func (w *Twilio) take(r *http.Request, body []byte) reply {
	user, password, _ := r.BasicAuth()
	if user != w.SID || password != w.Token {
		return refusal(http.StatusUnauthorized, 20003)
	}
	if r.Method == http.MethodGet && r.URL.Path == "/2010-04-01/Accounts/"+w.SID+".json" { // twilio.com/docs/iam/api/account#fetch-an-account-resource
		text, _ := json.Marshal(map[string]any{"sid": w.SID, "status": cmp.Or(w.Status, "active"), "type": "Full", "friendly_name": "Watchbill"})
		return reply{status: http.StatusOK, kind: "application/json", body: string(text)}
	}
	resource, ok := strings.CutPrefix(r.URL.Path, "/2010-04-01/Accounts/"+w.SID+"/")
	if !ok || r.Method != http.MethodPost {
		return refusal(http.StatusNotFound, 20404)
	}
	if r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		w.wrong("twilio: content type %q", r.Header.Get("Content-Type"))
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || r.URL.RawQuery != "" {
		w.wrong("twilio: form %q, query %q: %v", body, r.URL.RawQuery, err)
	}
	if u := form.Get("StatusCallback"); u != "" {
		if parsed, err := url.Parse(u); err != nil || parsed.Host == "" || !strings.HasPrefix(parsed.Scheme, "http") {
			return refusal(http.StatusBadRequest, 21609)
		}
	}
	switch resource {
	case "Messages.json":
		return w.message(form)
	case "Calls.json":
		return w.call(form)
	}
	return refusal(http.StatusNotFound, 20404)
}

// known reports parameters that Twilio does not document.
func (w *Twilio) known(form url.Values, keys []string) {
	for k := range form {
		if !slices.Contains(keys, k) {
			w.wrong("twilio: parameter %q is not documented", k)
		}
	}
}

func (w *Twilio) message(form url.Values) reply {
	w.known(form, messaging)
	to, from, service, body := form.Get("To"), form.Get("From"), form.Get("MessagingServiceSid"), form.Get("Body")
	validity, err := strconv.Atoi(form.Get("ValidityPeriod"))
	switch {
	case to == "":
		return refusal(http.StatusBadRequest, 21604)
	case !phone.MatchString(to):
		return refusal(http.StatusBadRequest, 21211)
	case from == "" && service == "":
		return refusal(http.StatusBadRequest, 21603)
	case from != "" && !phoneOrSub.MatchString(from):
		return refusal(http.StatusBadRequest, 21212)
	case from == to:
		return refusal(http.StatusBadRequest, 21266)
	case body == "":
		return refusal(http.StatusBadRequest, 21602)
	case utf8.RuneCountInString(body) > 1600:
		return refusal(http.StatusBadRequest, 21617)
	case form.Has("ValidityPeriod") && (err != nil || validity < 1 || validity > 36_000):
		w.wrong("twilio: validity %q", form.Get("ValidityPeriod"))
	}
	m := TwilioMessage{SID: "SM" + random(16), From: from + service, To: to, Body: body, StatusCallback: form.Get("StatusCallback")}
	w.mu.Lock()
	w.messages = append(w.messages, m)
	w.mu.Unlock()
	return w.created("Messages", map[string]any{
		"sid": m.SID, "to": to, "from": from, "messaging_service_sid": nil, "body": body, "status": "queued", "num_segments": "1",
		"num_media": "0", "direction": "outbound-api", "price": nil, "price_unit": "USD", "error_code": nil, "error_message": nil, "date_sent": nil,
	})
}

func (w *Twilio) call(form url.Values) reply {
	w.known(form, calling)
	to, from, twiml := form.Get("To"), form.Get("From"), form.Get("Twiml")
	timeout, err := strconv.Atoi(form.Get("Timeout"))
	switch {
	case to == "":
		return refusal(http.StatusBadRequest, 21201)
	case !phone.MatchString(to):
		return refusal(http.StatusBadRequest, 21211)
	case from == "":
		return refusal(http.StatusBadRequest, 21213)
	case !phone.MatchString(from):
		return refusal(http.StatusBadRequest, 21212)
	case twiml == "" && form.Get("Url") == "":
		return refusal(http.StatusBadRequest, 21205)
	case utf8.RuneCountInString(twiml) > 4000:
		return refusal(http.StatusBadRequest, 32018)
	case form.Has("Timeout") && (err != nil || timeout < 1 || timeout > 600):
		return refusal(http.StatusBadRequest, 21208)
	}
	for _, e := range form["StatusCallbackEvent"] {
		if !slices.Contains([]string{"initiated", "ringing", "answered", "completed"}, e) {
			w.wrong("twilio: event %q", e)
		}
	}
	action, said, err := ReadTwiML([]byte(twiml))
	if err != nil {
		w.wrong("twilio: %v in %s", err, twiml)
		return refusal(http.StatusBadRequest, 12100)
	}
	c := TwilioCall{SID: "CA" + random(16), From: from, To: to, TwiML: twiml, StatusCallback: form.Get("StatusCallback"), Events: form["StatusCallbackEvent"], Action: action, Said: said}
	w.mu.Lock()
	w.calls = append(w.calls, c)
	w.mu.Unlock()
	return w.created("Calls", map[string]any{
		"sid": c.SID, "to": to, "from": from, "status": "queued", "direction": "outbound-api", "answered_by": nil, "duration": nil, "price": nil,
	})
}

func (w *Twilio) created(resource string, fields map[string]any) reply {
	fields["account_sid"], fields["api_version"] = w.SID, "2010-04-01"
	fields["uri"] = fmt.Sprintf("/2010-04-01/Accounts/%s/%s/%s.json", w.SID, resource, fields["sid"])
	text, _ := json.Marshal(fields)
	return reply{status: http.StatusCreated, kind: "application/json", body: string(text)}
}

// twiml is what Twilio takes of TwiML: the verbs used here, with their documented attributes.
var twiml = map[string][]string{
	"Response": {},
	"Say":      {"voice", "loop", "language"},
	"Gather":   {"action", "finishOnKey", "input", "method", "numDigits", "timeout", "actionOnEmptyResult"},
	"Message":  {"to", "from", "action", "method", "statusCallback"},
	"Hangup":   {}, "Pause": {"length"}, "Redirect": {"method"},
}

// ReadTwiML checks TwiML against what Twilio documents. said are its words; action is where a Gather sends the keys, "."
// for the present address, empty without one.
func ReadTwiML(text []byte) (action, said string, err error) {
	var path, words []string
	for in := xml.NewDecoder(strings.NewReader(string(text))); ; {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			return action, strings.Join(words, " "), nil
		} else if err != nil {
			return "", "", err
		}
		switch e := token.(type) {
		case xml.StartElement:
			name := e.Name.Local
			attributes, known := twiml[name]
			if !known || (len(path) == 0) != (name == "Response") || len(path) > 1 && !(path[1] == "Gather" && (name == "Say" || name == "Pause")) {
				return "", "", fmt.Errorf("<%s> below %v", name, path)
			}
			path = append(path, name)
			if name == "Gather" {
				action = "."
			}
			for _, a := range e.Attr {
				if !slices.Contains(attributes, a.Name.Local) {
					return "", "", fmt.Errorf("%s of <%s>", a.Name.Local, name)
				}
				if a.Name.Local == "action" {
					action = a.Value
				}
			}
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			if t := strings.TrimSpace(string(e)); t != "" {
				words = append(words, t)
			}
		}
	}
}

// Request is a callback as Twilio makes it, signed.
func (w *Twilio) Request(address string, form url.Values) *http.Request {
	form.Set("AccountSid", w.SID)
	form.Set("ApiVersion", "2010-04-01")
	r, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	r.Header.Set("User-Agent", "TwilioProxy/1.1")
	r.Header.Set("I-Twilio-Idempotency-Token", random(16))
	r.Header.Set("X-Twilio-Signature", w.sign(address, form))
	return r
}

func (w *Twilio) sign(address string, form url.Values) string {
	var pairs []string
	for k := range form {
		pairs = append(pairs, k+form.Get(k))
	}
	sort.Strings(pairs)
	mac := hmac.New(sha1.New, []byte(w.Token))
	mac.Write([]byte(address + strings.Join(pairs, "")))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// ReplyRequest is the request for an SMS that somebody sends to Watchbill's number.
func (w *Twilio) ReplyRequest(address, from, to, body string) *http.Request {
	sid := "SM" + random(16)
	return w.Request(address, url.Values{
		"MessageSid": {sid}, "SmsSid": {sid}, "SmsMessageSid": {sid}, "SmsStatus": {"received"}, "From": {from}, "To": {to}, "Body": {body},
		"NumMedia": {"0"}, "NumSegments": {"1"}, "FromCountry": {"DE"}, "ToCountry": {"US"},
	})
}

// KeysRequest is the request for keys that somebody presses in a call.
func (w *Twilio) KeysRequest(c TwilioCall, digits string) *http.Request {
	return w.Request(c.Action, url.Values{
		"CallSid": {c.SID}, "From": {c.From}, "To": {c.To}, "Caller": {c.From}, "Called": {c.To}, "CallStatus": {"in-progress"},
		"Direction": {"outbound-api"}, "Digits": {digits}, "msg": {"Gather End"}, "FinishedOnKey": {""},
	})
}

// MessageStatusRequest is the request that tells what became of a message; code 0 is none.
func (w *Twilio) MessageStatusRequest(m TwilioMessage, status string, code int) *http.Request {
	form := url.Values{"MessageSid": {m.SID}, "SmsSid": {m.SID}, "MessageStatus": {status}, "SmsStatus": {status}, "From": {m.From}, "To": {m.To}}
	if code != 0 {
		form.Set("ErrorCode", strconv.Itoa(code))
	}
	return w.Request(m.StatusCallback, form)
}

// CallStatusRequest is the request that tells what became of a call.
func (w *Twilio) CallStatusRequest(c TwilioCall, status string) *http.Request {
	return w.Request(c.StatusCallback, url.Values{
		"CallSid": {c.SID}, "From": {c.From}, "To": {c.To}, "CallStatus": {status}, "Direction": {"outbound-api"},
		"CallbackSource": {"call-progress-events"}, "SequenceNumber": {"0"}, "Timestamp": {"Mon, 05 Jan 2026 03:00:00 +0000"},
	})
}
