package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// twilioAPI is where Twilio's REST API is.
const twilioAPI = "https://api.twilio.com"

// Facts of Twilio's that a page depends on.
const (
	smsValidity = "1800" // seconds after which a text that still waits at Twilio is dropped: it would only confuse by then
	ringTime    = "40"   // seconds that a phone rings
)

// TwilioConfig sets up SMS and calls through Twilio.
type TwilioConfig struct {
	AccountSID string // "AC" and 32 hexadecimal digits
	Token      string // the account's auth token
	From       string // for SMS: a number in E.164, a short code, a name of up to 11 letters and digits, or a messaging service ("MG…")
	VoiceFrom  string // for calls: a number in E.164; empty: From
	// CallbackURL is where Twilio reaches a TwilioHook, without a query. Empty: texts do not offer to reply, calls have no
	// menu, and what becomes of a message at Twilio is not learned.
	CallbackURL string
	Segments    int    // that an SMS may take: 1 or 2; 0 is 2
	API         string // instead of https://api.twilio.com, for tests
	Guard       *Guard
}

var (
	e164       = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	accountSID = regexp.MustCompile(`^AC[0-9a-fA-F]{32}$`)
	serviceSID = regexp.MustCompile(`^MG[0-9a-fA-F]{32}$`)
	shortCode  = regexp.MustCompile(`^[0-9]{3,8}$`)
	senderName = regexp.MustCompile(`^[A-Za-z0-9 ]{0,10}[A-Za-z][A-Za-z0-9 ]{0,10}$`)
)

type twilio struct {
	TwilioConfig
	method Method
}

func (c TwilioConfig) check() (TwilioConfig, error) {
	if !accountSID.MatchString(c.AccountSID) {
		return c, errors.New("read twilio account_sid: it is not AC and 32 hexadecimal digits")
	}
	if c.Token == "" {
		return c, errors.New("read twilio token: it is missing")
	}
	if c.Segments == 0 {
		c.Segments = 2
	}
	if c.Segments < 1 || c.Segments > 2 {
		return c, fmt.Errorf("read twilio segments: %d is neither 1 nor 2", c.Segments)
	}
	if c.CallbackURL != "" {
		u, err := httpURL(c.CallbackURL)
		if err != nil {
			return c, fmt.Errorf("read twilio callback url: %w", err)
		}
		if u.RawQuery != "" || len(c.CallbackURL) > 500 {
			return c, errors.New("read twilio callback url: it has a query, or more than 500 characters")
		}
	}
	if c.API == "" {
		c.API = twilioAPI
	}
	return c, nil
}

// NewTwilioSMS is a sender of SMS.
func NewTwilioSMS(c TwilioConfig) (Sender, error) {
	c, err := c.check()
	if err != nil {
		return nil, err
	}
	if !e164.MatchString(c.From) && !shortCode.MatchString(c.From) && !serviceSID.MatchString(c.From) && (len(c.From) > 11 || !senderName.MatchString(c.From)) {
		return nil, fmt.Errorf("read twilio from %q: it is no number as in +15005550006, no short code, no name of up to 11 letters, and no messaging service", c.From)
	}
	return twilio{c, SMS}, nil
}

// NewTwilioVoice is a sender of calls.
func NewTwilioVoice(c TwilioConfig) (Sender, error) {
	c, err := c.check()
	if err != nil {
		return nil, err
	}
	if c.VoiceFrom == "" {
		c.VoiceFrom = c.From
	}
	if !e164.MatchString(c.VoiceFrom) {
		return nil, fmt.Errorf("read twilio voice_from %q: calls need a number as in +15005550006", c.VoiceFrom)
	}
	return twilio{c, Voice}, nil
}

// Method implements Sender.
func (t twilio) Method() Method { return t.method }

// Provider implements Sender.
func (twilio) Provider() string { return "twilio" }

// Send implements Sender.
func (t twilio) Send(ctx context.Context, to To, m Message) Result {
	if !e164.MatchString(to.Address) {
		return dead(Address, codeAddress, "The phone number is not in the international form, as in +4915112345678.").of("twilio", "")
	}
	resource, form, sid := "Messages.json", t.smsForm(to, m), []string{"SM", "MM"}
	if t.method == Voice {
		resource, form, sid = "Calls.json", t.callForm(to, m), []string{"CA"}
	}
	target := t.API + "/2010-04-01/Accounts/" + t.AccountSID + "/" + resource
	header := t.header()
	header.Set("Content-Type", "application/x-www-form-urlencoded")
	a := exchange(ctx, t.Guard.Client(), http.MethodPost, target, header, strings.NewReader(form.Encode()))
	if a.err != nil {
		return a.failure().of("twilio", "")
	}
	r, detail := a.twilio(sid)
	return r.of("twilio", hideNumber(detail, to.Address))
}

// header says who asks.
func (t twilio) header() http.Header {
	basic := http.Request{Header: http.Header{"Accept": {"application/json"}}}
	basic.SetBasicAuth(t.AccountSID, t.Token)
	return basic.Header
}

func (t twilio) smsForm(to To, m Message) url.Values {
	replies := t.CallbackURL != "" && (e164.MatchString(t.From) || shortCode.MatchString(t.From) || serviceSID.MatchString(t.From))
	form := url.Values{"To": {to.Address}, "Body": {smsText(m, t.Segments, replies)}, "ValidityPeriod": {smsValidity}}
	if serviceSID.MatchString(t.From) {
		form.Set("MessagingServiceSid", t.From)
	} else {
		form.Set("From", t.From)
	}
	if u := t.callback(m); u != "" {
		form.Set("StatusCallback", u)
	}
	return form
}

func (t twilio) callForm(to To, m Message) url.Values {
	form := url.Values{"To": {to.Address}, "From": {t.VoiceFrom}, "Twiml": {callTwiML(m, t.callback(m))}, "Timeout": {ringTime}}
	if u := t.callback(m); u != "" {
		form.Set("StatusCallback", u)
		form["StatusCallbackEvent"] = []string{"answered", "completed"}
	}
	return form
}

// callback is where Twilio says what becomes of m. It names the page and the attempt, so that an attempt of which the
// answer was lost is found again. Whoever knows it can do nothing with it: callbacks are signed.
func (t twilio) callback(m Message) string {
	if t.CallbackURL == "" {
		return ""
	}
	return t.CallbackURL + "?" + url.Values{"page": {m.page()}, "attempt": {cut(line(m.Key, 200), 200)}}.Encode()
}

// twilioAnswer is what Twilio answers: a created message or call, or an error.
type twilioAnswer struct {
	SID       string `json:"sid"`
	ErrorCode int    `json:"error_code"` // of a created message; null while all is well
	Code      int    `json:"code"`       // of an error
	Message   string `json:"message"`
}

// twilio is the result of an answer; the resource that was asked for has an id with one of the beginnings of sid.
func (a answer) twilio(sid []string) (r Result, detail string) {
	var said twilioAnswer
	err := json.Unmarshal(a.body, &said)
	switch {
	case a.status == http.StatusCreated && err == nil && said.ErrorCode == 0 && hasPrefix(said.SID, sid):
		return sent(said.SID), ""
	case a.status == http.StatusCreated && err == nil && said.ErrorCode != 0:
		return twilioRefusal(said.ErrorCode, a), said.Message
	case a.status >= 200 && a.status < 300:
		// Whatever this was, it was not Twilio creating what was asked for.
		return unknown(codeForeign, fmt.Sprintf("What answered (HTTP %d) is not Twilio. Check that nothing stands in between.", a.status)), ""
	case err == nil && said.Code != 0:
		return twilioRefusal(said.Code, a), said.Message
	}
	return a.byStatus("Twilio"), ""
}

func hasPrefix(s string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

// twilioRefusal is the result of one of Twilio's error codes. One that is not listed is judged by the HTTP status.
func twilioRefusal(code int, a answer) Result {
	name := strconv.Itoa(code)
	v, known := twilioCodes[code]
	switch {
	case !known:
		r := a.byStatus("Twilio")
		r.Code = name
		return r
	case v.class == Retry:
		return retry(max(a.after(), v.after), v.fault, name, v.reason)
	}
	return dead(v.fault, name, v.reason)
}
