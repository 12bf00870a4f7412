package notify

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/watchbill/watchbill/bot/notify/notifytest"
)

const (
	ourNumber = "+15005550006"
	dev1Phone = "+4915112345678"
	hookURL   = "https://watchbill.example.com/callbacks/twilio"
)

func twilioConfig(w *notifytest.Twilio) TwilioConfig {
	return TwilioConfig{AccountSID: w.SID, Token: w.Token, From: ourNumber, CallbackURL: hookURL, API: w.URL(), Guard: NewGuard(notifytest.Loopback, w.Roots())}
}

func twilioSender(t *testing.T, make func(TwilioConfig) (Sender, error), c TwilioConfig) Sender {
	t.Helper()
	s, err := make(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTwilioSendsAnSMS(t *testing.T) {
	w := notifytest.NewTwilio(t)
	r := twilioSender(t, NewTwilioSMS, twilioConfig(w)).Send(t.Context(), To{Address: dev1Phone}, page7())
	got := w.Messages()
	if !r.OK() || r.Provider != "twilio" || len(got) != 1 || r.ID != got[0].SID {
		t.Fatalf("%+v, %+v", r, got)
	}
	want := "checkout answers 5xx to 7 % of requests PAGE-7: Reply 1 ack, 2 escalate, 3 can't. " + page7().Link
	if got[0].Body != want || got[0].From != ourNumber || got[0].To != dev1Phone {
		t.Errorf("%+v", got[0])
	}
	if got[0].StatusCallback != hookURL+"?attempt=PAGE-7%2F2%2Fdev1%2Fwebhook&page=PAGE-7" {
		t.Errorf("%q", got[0].StatusCallback)
	}
}

func TestTwilioOffersRepliesOnlyWhereTheyArrive(t *testing.T) {
	for _, c := range []struct {
		from, callback string
		replies        bool
	}{
		{ourNumber, hookURL, true}, {ourNumber, "", false}, {"Watchbill", hookURL, false}, {"12345", hookURL, true},
		{"MG0123456789abcdef0123456789abcdef", hookURL, true},
	} {
		w := notifytest.NewTwilio(t)
		config := twilioConfig(w)
		config.From, config.CallbackURL = c.from, c.callback
		m := page7()
		m.Link = ""
		if r := twilioSender(t, NewTwilioSMS, config).Send(t.Context(), To{Address: dev1Phone}, m); !r.OK() {
			t.Errorf("%+v: %+v", c, r)
			continue
		}
		got := w.Messages()[0]
		if strings.Contains(got.Body, "Reply 1") != c.replies || strings.Contains(got.Body, "in Slack") == c.replies || got.From != c.from || (got.StatusCallback != "") != (c.callback != "") {
			t.Errorf("%+v: %+v", c, got)
		}
	}
}

func TestTwilioCalls(t *testing.T) {
	w := notifytest.NewTwilio(t)
	m := page7()
	m.Repeat, m.Short = true, "checkout <5xx> & \"more\" for INC-42, see https://grafana.example.com/d/1 🔥"
	r := twilioSender(t, NewTwilioVoice, twilioConfig(w)).Send(t.Context(), To{Address: dev1Phone}, m)
	got := w.Calls()
	if !r.OK() || len(got) != 1 || r.ID != got[0].SID {
		t.Fatalf("%+v, %+v", r, got)
	}
	want := "Watchbill calling. This is a repeated call. checkout <5xx> & \"more\" for incident 42, see a link. page 7. Press 1 to acknowledge, 2 to escalate, or 3 if you can't. No key was pressed. Goodbye."
	if got[0].Said != want {
		t.Errorf("%q", got[0].Said)
	}
	if got[0].Action != hookURL+"?attempt=PAGE-7%2F2%2Fdev1%2Fwebhook&page=PAGE-7" || got[0].StatusCallback != got[0].Action || strings.Join(got[0].Events, " ") != "answered completed" {
		t.Errorf("%+v", got[0])
	}

	config := twilioConfig(w)
	config.CallbackURL, config.VoiceFrom = "", "+15005550007"
	if r := twilioSender(t, NewTwilioVoice, config).Send(t.Context(), To{Address: dev1Phone}, page7()); !r.OK() {
		t.Fatalf("%+v", r)
	}
	if got := w.Calls()[1]; got.Action != "" || got.From != "+15005550007" || !strings.HasSuffix(got.Said, "Acknowledge page 7 in Slack.") || strings.Contains(got.Said, "Press") {
		t.Errorf("%+v", got)
	}
}

func FuzzCallTwiML(f *testing.F) {
	f.Add("PAGE-7", "checkout is down", "", hookURL, true)
	f.Add("</Say><Hangup/>", "<Redirect>http://evil</Redirect>&\"'\x00\u202E", "]]>", "", false)
	f.Add("p", strings.Repeat("&", 10_000), strings.Repeat("\"", 10_000), hookURL+"?a=\"&b=<", false)
	f.Fuzz(func(t *testing.T, page, short, answer, action string, repeat bool) {
		m := Message{Page: page, Short: short, Answer: answer, Repeat: repeat}
		if !utf8.ValidString(action) || strings.ContainsFunc(action, isHostile) || len(action) > 1200 {
			action = hookURL
		}
		text := callTwiML(m, action)
		got, said, err := notifytest.ReadTwiML([]byte(text))
		if err != nil || utf8.RuneCountInString(text) > maxTwiML || got != action {
			t.Fatalf("%v, %d characters, %q: %s", err, utf8.RuneCountInString(text), got, text)
		}
		if action == "" && strings.Contains(said, "Press 1") && !strings.Contains(short+page+answer, "Press 1") {
			t.Fatalf("a menu without a way back: %s", text)
		}
		for _, other := range [][]byte{SMSTwiML(short), VoiceTwiML(short), VoiceMenuTwiML(short)} {
			if _, _, err := notifytest.ReadTwiML(other); err != nil {
				t.Fatalf("%v: %s", err, other)
			}
		}
	})
}

// TestTwilioCodes: every code that is documented for messages and calls, with the status it comes with.
func TestTwilioCodes(t *testing.T) {
	type row struct {
		status, code int
		class        Class
		fault        Fault
	}
	var rows []row
	for fault, codes := range map[Fault][]int{
		Setup: {10001, 10002, 10005, 11100, 13227, 20005, 20006, 20008, 20403, 21205, 21210, 21212, 21213, 21215, 21216, 21219, 21267, 21408, 21601,
			21603, 21606, 21607, 21608, 21609, 21612, 21616, 21659, 21660, 21661, 30002, 30007, 30032, 30034, 70051, 90010, 572002, 572005},
		Address: {13223, 13224, 21201, 21202, 21211, 21214, 21217, 21265, 21266, 21604, 21610, 21614, 21635, 30003, 30004, 30005, 30006},
		Request: {12100, 12200, 21208, 21602, 21605, 21617, 32018, 21999},
	} {
		for _, c := range codes {
			rows = append(rows, row{http.StatusBadRequest, c, Dead, fault})
		}
	}
	for _, c := range []int{10004, 14107, 21611, 30001, 30008, 30017, 30022, 30023, 30410} {
		rows = append(rows, row{http.StatusBadRequest, c, Retry, Provider})
	}
	rows = append(rows, row{401, 20003, Dead, Setup}, row{404, 20404, Dead, Setup}, row{403, 20999, Dead, Setup}, row{429, 20429, Retry, Provider},
		row{429, 99999, Retry, Provider}, row{500, 20500, Unknown, Provider}, row{502, 0, Unknown, Provider}, row{503, 20503, Unavailable, Provider}, row{504, 0, Unknown, Provider})
	listed := map[int]bool{}
	w := notifytest.NewTwilio(t)
	s := twilioSender(t, NewTwilioSMS, twilioConfig(w))
	for _, c := range rows {
		listed[c.code] = true
		w.Fail(notifytest.Fault{Status: c.status, Code: c.code})
		r := s.Send(t.Context(), To{Address: dev1Phone}, page7())
		if r.Class != c.class || r.Fault != c.fault || r.Reason == "" || r.Code == "" {
			t.Errorf("%d: %+v", c.code, r)
		}
		if c.code != 0 && !strings.Contains(r.Detail, "a documented text for") {
			t.Errorf("%d: Twilio's words are lost: %+v", c.code, r)
		}
	}
	for code := range twilioCodes {
		if !listed[code] {
			t.Errorf("%d is not tested", code)
		}
	}
	if w.Requests() != len(rows) || len(w.Messages()) != 0 {
		t.Errorf("%d requests for %d", w.Requests(), len(rows))
	}
}

func TestTwilioAnswers(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault notifytest.Fault
		want  Class
		code  string
	}{
		{"too many, with a wait", notifytest.Fault{Status: 429, Code: 20429, Header: map[string]string{"Retry-After": "9"}}, Retry, "20429"},
		{"a page of a proxy", notifytest.Fault{Status: 200, Body: "<html>Please log in</html>"}, Unknown, codeForeign},
		{"created, by nobody", notifytest.Fault{Status: 201, Body: "{}"}, Unknown, codeForeign},
		{"created, and broken off", notifytest.Fault{Status: 201, Body: `{"sid": "SM0123`}, Unknown, codeForeign},
		{"created, a call", notifytest.Fault{Status: 201, Body: `{"sid": "CA0123"}`}, Unknown, codeForeign},
		{"created, and failed", notifytest.Fault{Status: 201, Body: `{"sid": "SM0123", "status": "failed", "error_code": 30034}`}, Dead, "30034"},
		{"an error without a body", notifytest.Fault{Status: 400, Body: "no"}, Dead, "http_400"},
		{"a huge body", notifytest.Fault{Status: 400, Body: `{"code": 21211, "message": "` + strings.Repeat("x", 1<<20) + `"}`}, Dead, "http_400"},
		{"a redirect", notifytest.Fault{Status: 307, Header: map[string]string{"Location": "http://169.254.169.254/"}}, Dead, "http_307"},
		{"taken, then cut", notifytest.Fault{Drop: true}, Unknown, codeBroken},
	} {
		w := notifytest.NewTwilio(t)
		w.Fail(c.fault)
		r := twilioSender(t, NewTwilioSMS, twilioConfig(w)).Send(t.Context(), To{Address: dev1Phone}, page7())
		if r.Class != c.want || r.Code != c.code || w.Requests() != 1 || len(r.Detail) > 4*maxDetail {
			t.Errorf("%s: %+v after %d requests", c.name, r, w.Requests())
		}
		if c.fault.Header["Retry-After"] == "9" && r.After != 9*time.Second {
			t.Errorf("%s: %+v", c.name, r)
		}
		if c.fault.Drop && len(w.Messages()) != 1 {
			t.Errorf("%s: it was not taken", c.name)
		}
	}
}

func TestTwilioKeepsSecretsAndNumbers(t *testing.T) {
	w := notifytest.NewTwilio(t)
	w.Fail(notifytest.Fault{Status: 400, Body: `{"code": 21211, "message": "The 'To' number ` + dev1Phone + ` is not a valid phone number.", "status": 400}`})
	s := twilioSender(t, NewTwilioSMS, twilioConfig(w))
	r := s.Send(t.Context(), To{Address: dev1Phone}, page7())
	if r.Detail != "The 'To' number (address) is not a valid phone number." {
		t.Errorf("%+v", r)
	}
	wrong := twilioConfig(w)
	wrong.Token = "not the token"
	r = twilioSender(t, NewTwilioSMS, wrong).Send(t.Context(), To{Address: dev1Phone}, page7())
	if r.Class != Dead || r.Fault != Setup || r.Code != "20003" || strings.Contains(r.Reason+r.Detail, wrong.Token) {
		t.Errorf("%+v", r)
	}
	for _, number := range []string{"", "0151 12345678", "4915112345678", "+49151", "+49 151 12345678", "+0123456789", "+4915112345678\r\n", "whatsapp:+4915112345678", strings.Repeat("+1", 1<<20)} {
		if r := s.Send(t.Context(), To{Address: number}, page7()); r.Class != Dead || r.Fault != Address || r.Code != codeAddress {
			t.Errorf("%.40q: %+v", number, r)
		}
	}
	if w.Requests() != 2 {
		t.Errorf("%d requests", w.Requests())
	}
}

func TestTwilioSetup(t *testing.T) {
	good := TwilioConfig{AccountSID: "AC0123456789abcdef0123456789abcdef", Token: "s3cret", From: ourNumber}
	for name, change := range map[string]func(*TwilioConfig){
		"no account":           func(c *TwilioConfig) { c.AccountSID = "" },
		"an account's name":    func(c *TwilioConfig) { c.AccountSID = "AC/../x" },
		"no token":             func(c *TwilioConfig) { c.Token = "" },
		"no sender":            func(c *TwilioConfig) { c.From = "" },
		"a long name":          func(c *TwilioConfig) { c.From = "Watchbill Pager" },
		"a name with symbols":  func(c *TwilioConfig) { c.From = "W@tchbill" },
		"three segments":       func(c *TwilioConfig) { c.Segments = 3 },
		"a callback by itself": func(c *TwilioConfig) { c.CallbackURL = "/callbacks/twilio" },
		"a callback and more":  func(c *TwilioConfig) { c.CallbackURL = hookURL + "?x=1" },
	} {
		c := good
		change(&c)
		if _, err := NewTwilioSMS(c); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	good.From = "Watchbill"
	if _, err := NewTwilioVoice(good); err == nil {
		t.Error("a name calls")
	}
	if s, err := NewTwilioSMS(good); err != nil || s.Method() != SMS {
		t.Errorf("%v", err)
	}
}
