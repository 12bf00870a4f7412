package notify

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/watchbill/watchbill/bot/notify/notifytest"
)

func throughGateway(t *testing.T, g *notifytest.Gateway, c GatewayConfig) Sender {
	t.Helper()
	c.URL, c.Guard = g.URL()+c.URL, NewGuard(notifytest.Loopback, g.Roots())
	s, err := NewGateway(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// nastyPage says what breaks out of every template.
func nastyPage() Message {
	return Message{Page: "PAGE-7", Short: `a"b\c&d=e<f>'g;{to}%41 +49 {"x":1} äé`, Key: "PAGE-7/1"}
}

const nastyText = `a"b\c&d=e<f>'g;{to}%41 +49 {"x":1} äé Acknowledge PAGE-7 in Slack.`

func TestGatewayTemplates(t *testing.T) {
	for _, c := range []struct {
		name   string
		config GatewayConfig
		check  func(notifytest.GatewayRequest) bool
	}{
		{"JSON", GatewayConfig{URL: "/v1/messages", Body: `{"to": ["{to}"], "text": "{text}", "ref": "{id}"}`, Headers: map[string]string{"Authorization": "Bearer {token}"}, Token: "s3cret"},
			func(r notifytest.GatewayRequest) bool {
				var b struct {
					To        []string
					Text, Ref string
				}
				return json.Unmarshal([]byte(r.Body), &b) == nil && b.Text == nastyText && b.To[0] == dev1Phone && b.Ref == "PAGE-7/1" && r.Method == "POST" &&
					r.URL == "/v1/messages" && r.Header.Get("Content-Type") == "application/json" && r.Header.Get("Authorization") == "Bearer s3cret"
			}},
		{"a form", GatewayConfig{URL: "/send", Body: "to={digits}&text={text}"},
			func(r notifytest.GatewayRequest) bool {
				f, err := url.ParseQuery(r.Body)
				return err == nil && f.Get("text") == nastyText && f.Get("to") == dev1Phone[1:] && len(f) == 2 && r.Header.Get("Content-Type") == "application/x-www-form-urlencoded"
			}},
		{"a query", GatewayConfig{URL: "/send?to={to}&text={text}&key={token}", Method: "GET", Token: "a&b=c"},
			func(r notifytest.GatewayRequest) bool {
				u, err := url.Parse(r.URL)
				return err == nil && u.Query().Get("text") == nastyText && u.Query().Get("to") == dev1Phone && u.Query().Get("key") == "a&b=c" && len(u.Query()) == 3 && r.Method == "GET" && r.Body == "" && r.Header.Get("Content-Type") == ""
			}},
		{"plain text that looks like XML, and a header", GatewayConfig{URL: "/", Body: "<{to}> {text}", Headers: map[string]string{"Content-Type": "text/plain", "X-Text": "{text}"}},
			func(r notifytest.GatewayRequest) bool {
				return r.Body == "<"+dev1Phone+"> "+nastyText && r.Header.Get("X-Text") == line(nastyText, 4096)
			}},
		{"JSON in a character set", GatewayConfig{URL: "/", Body: `{"to": "{to}", "text": "{text}"}`, Headers: map[string]string{"Content-Type": "application/json; charset=utf-8"}},
			func(r notifytest.GatewayRequest) bool {
				return json.Valid([]byte(r.Body)) && r.Header.Get("Content-Type") == "application/json; charset=utf-8"
			}},
		{"a path", GatewayConfig{URL: "/{to}/messages", Method: "PUT", Body: "{text}", Headers: map[string]string{"content-type": "text/plain; charset=utf-8"}},
			func(r notifytest.GatewayRequest) bool {
				return r.URL == "/"+dev1Phone+"/messages" && r.Body == nastyText && r.Method == "PUT"
			}},
		{"XML", GatewayConfig{URL: "/xml", Body: "<sms><to>{to}</to><text lang=\"en\">{text}</text></sms>"},
			func(r notifytest.GatewayRequest) bool {
				var b struct {
					To   string `xml:"to"`
					Text string `xml:"text"`
				}
				return xml.Unmarshal([]byte(r.Body), &b) == nil && b.Text == nastyText && b.To == dev1Phone && r.Header.Get("Content-Type") == "text/xml"
			}},
	} {
		g := notifytest.NewGateway(t)
		r := throughGateway(t, g, c.config).Send(t.Context(), To{Address: dev1Phone}, nastyPage())
		got := g.Taken()
		if !r.OK() || r.Provider != "sms_gateway" || len(got) != 1 || !c.check(got[0]) {
			t.Errorf("%s: %+v, %+v", c.name, r, got)
		}
	}
}

func TestGatewayClasses(t *testing.T) {
	for _, c := range []struct {
		fault notifytest.Fault
		want  Class
		who   Fault
	}{
		{notifytest.Fault{Status: 301, Header: map[string]string{"Location": "/x"}}, Dead, Setup},
		{notifytest.Fault{Status: 400}, Dead, Request}, {notifytest.Fault{Status: 401}, Dead, Setup}, {notifytest.Fault{Status: 403}, Dead, Setup},
		{notifytest.Fault{Status: 404}, Dead, Setup}, {notifytest.Fault{Status: 405}, Dead, Setup}, {notifytest.Fault{Status: 422}, Dead, Request},
		{notifytest.Fault{Status: 300}, Dead, Setup}, {notifytest.Fault{Status: 407}, Dead, Setup}, {notifytest.Fault{Status: 408}, Retry, Provider},
		{notifytest.Fault{Status: 410}, Dead, Setup}, {notifytest.Fault{Status: 425}, Retry, Provider}, {notifytest.Fault{Status: 501}, Dead, Setup},
		{notifytest.Fault{Status: 505}, Dead, Setup}, {notifytest.Fault{Status: 507}, Unknown, Provider},
		{notifytest.Fault{Status: 429}, Retry, Provider}, {notifytest.Fault{Status: 500}, Unknown, Provider}, {notifytest.Fault{Status: 502}, Unknown, Provider},
		{notifytest.Fault{Status: 503}, Unavailable, Provider}, {notifytest.Fault{Status: 504}, Unknown, Provider}, {notifytest.Fault{Drop: true}, Unknown, Provider},
	} {
		g := notifytest.NewGateway(t)
		c.fault.Body = "key s3cret: cannot send to " + dev1Phone + " alias " + dev1Phone[1:] + "\r\n"
		g.Fail(c.fault)
		s := throughGateway(t, g, GatewayConfig{URL: "/?key={token}", Body: "to={to}&text={text}", Token: "s3cret"})
		r := s.Send(t.Context(), To{Address: dev1Phone}, page7())
		if r.Class != c.want || r.Fault != c.who || g.Requests() != 1 || strings.Contains(r.Detail, dev1Phone[1:]) || strings.Contains(r.Detail+r.Reason, "s3cret") {
			t.Errorf("%+v: %+v after %d requests", c.fault, r, g.Requests())
		}
		if c.fault.Status >= 400 && r.Detail != "key (token): cannot send to (address) alias (address)" {
			t.Errorf("%+v: %q", c.fault, r.Detail)
		}
	}
}

// TestGatewaySecretsStayInAnyForm: a gateway that repeats the request in its complaint repeats it as it came.
func TestGatewaySecretsStayInAnyForm(t *testing.T) {
	const token = `QQ+/="&<WW`
	g := notifytest.NewGateway(t)
	for _, c := range []GatewayConfig{
		{URL: "/?key={token}&to={to}", Body: "{text}"},
		{URL: "/{token}", Body: "to={to}&text={text}"},
		{URL: "/", Body: "to={to}&text={text}&key={token}"},
		{URL: "/", Body: `{"to": "{to}", "text": "{text}", "key": "{token}"}`},
		{URL: "/", Body: "<sms key='{token}' to='{to}'>{text}</sms>"},
		{URL: "/", Body: "to={to}&text={text}", Headers: map[string]string{"X-Key": "{token}"}},
	} {
		c.Token = token
		sender := throughGateway(t, g, c)
		sender.Send(t.Context(), To{Address: dev1Phone}, Message{Page: "PAGE-7"})
		got := g.Taken()[len(g.Taken())-1]
		g.Fail(notifytest.Fault{Status: 400, Body: got.URL + " " + got.Body + " " + got.Header.Get("X-Key")})
		r := sender.Send(t.Context(), To{Address: dev1Phone}, Message{Page: "PAGE-7"})
		if !strings.Contains(r.Detail, "(token)") || strings.Contains(r.Detail, "QQ") || strings.Contains(r.Detail, "WW") || strings.Contains(r.Detail, dev1Phone[1:]) {
			t.Errorf("%+v: %q", c, r.Detail)
		}
	}
}

func TestGatewayThatRefusesWith200(t *testing.T) {
	g := notifytest.NewGateway(t)
	s := throughGateway(t, g, GatewayConfig{URL: "/", Body: "to={to}&text={text}", Expect: "OK:"})
	g.Answer = "ERR: no credit"
	if r := s.Send(t.Context(), To{Address: dev1Phone}, page7()); r.Class != Dead || r.Fault != Setup || r.Detail != "ERR: no credit" {
		t.Errorf("%+v", r)
	}
	g.Answer = "OK: 4711"
	if r := s.Send(t.Context(), To{Address: dev1Phone}, page7()); !r.OK() {
		t.Errorf("%+v", r)
	}
}

// TestGatewayThatShowsALogin: a page for people, which comes with 200, is no SMS that was taken.
func TestGatewayThatShowsALogin(t *testing.T) {
	g := notifytest.NewGateway(t)
	for _, g.Answer = range []string{"\r\n<!DOCTYPE html><title>Log in</title>", "<HTML><title>Log in</title>"} {
		for expect, want := range map[string]Class{"": Unknown, "OK": Dead, "Log in": Sent} {
			s := throughGateway(t, g, GatewayConfig{URL: "/", Body: "to={to}&text={text}", Expect: expect})
			if r := s.Send(t.Context(), To{Address: dev1Phone}, page7()); r.Class != want || want == Unknown && !strings.Contains(r.Reason, "set expect") {
				t.Errorf("expect %q of %q: %+v", expect, g.Answer, r)
			}
		}
	}
	g.Answer = "OK <html>" // what PHP calls HTML may be anything
	if r := throughGateway(t, g, GatewayConfig{URL: "/", Body: "to={to}&text={text}"}).Send(t.Context(), To{Address: dev1Phone}, page7()); r.Class != Sent {
		t.Errorf("%+v", r)
	}
}

func TestGatewaySetup(t *testing.T) {
	for name, c := range map[string]GatewayConfig{
		"nothing":                     {},
		"no text":                     {URL: "https://gw.example.com/", Body: "to={to}"},
		"no number":                   {URL: "https://gw.example.com/", Body: "text={text}"},
		"another placeholder":         {URL: "https://gw.example.com/", Body: "to={to}&text={text}&from={from}"},
		"another in a header":         {URL: "https://gw.example.com/", Body: "to={to}&text={text}", Headers: map[string]string{"X-Key": "{key}"}},
		"a token that is not used":    {URL: "https://gw.example.com/", Body: "to={to}&text={text}", Token: "x"},
		"a token that is missing":     {URL: "https://gw.example.com/", Body: "to={to}&text={text}&key={token}"},
		"a host that is chosen":       {URL: "https://{to}.example.com/", Body: "text={text}"},
		"a host chosen before ?":      {URL: "https://{to}?x=1", Body: "text={text}"},
		"no URL":                      {URL: "gw.example.com", Body: "to={to}&text={text}"},
		"JSON without quotes":         {URL: "https://gw.example.com/", Body: `{"to": {to}, "text": "{text}"}`},
		"JSON that is none":           {URL: "https://gw.example.com/", Body: `{"to": "{to}", "text": "{text}"`},
		"XML that is none":            {URL: "https://gw.example.com/", Body: "<a><to>{to}</to>{text}"},
		"a type that cannot be":       {URL: "https://gw.example.com/", Body: "{to}{text}", Headers: map[string]string{"Content-Type": "application/msgpack"}},
		"a method that cannot be":     {URL: "https://gw.example.com/", Method: "DELETE", Body: "to={to}&text={text}"},
		"a body by GET":               {URL: "https://gw.example.com/", Method: "GET", Body: "to={to}&text={text}"},
		"a header that is none":       {URL: "https://gw.example.com/", Body: "to={to}&text={text}", Headers: map[string]string{"X Y": "1"}},
		"a header with a line break":  {URL: "https://gw.example.com/", Body: "to={to}&text={text}", Headers: map[string]string{"X\r\nY": "1"}},
		"a header of the transport's": {URL: "https://gw.example.com/", Body: "to={to}&text={text}", Headers: map[string]string{"transfer-encoding": "chunked"}},
		"a host that is set":          {URL: "https://gw.example.com/", Body: "to={to}&text={text}", Headers: map[string]string{"host": "other.example.com"}},
		"a length that is set":        {URL: "https://gw.example.com/", Body: "to={to}&text={text}", Headers: map[string]string{"Content-Length": "1"}},
		"too many segments":           {URL: "https://gw.example.com/", Body: "to={to}&text={text}", Segments: 3},
		"less than no segment":        {URL: "https://gw.example.com/", Body: "to={to}&text={text}", Segments: -1},
	} {
		if _, err := NewGateway(c); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	g := notifytest.NewGateway(t)
	s := throughGateway(t, g, GatewayConfig{URL: "/", Body: "to={to}&text={text}"})
	if r := s.Send(t.Context(), To{Address: "0151 12345678"}, page7()); r.Class != Dead || r.Fault != Address || g.Requests() != 0 {
		t.Errorf("%+v", r)
	}
}

// FuzzGatewayBody: whatever a text holds, what the gateway reads is that text.
func FuzzGatewayBody(f *testing.F) {
	f.Add("a\"b\\c&d=e<f>", "id")
	f.Add("{text}{to}{token}", "{id}")
	f.Add("\xff\x00\u2028", "\r\n")
	base := GatewayConfig{URL: "https://gw.example.com/{to}?q={text}"}
	made := map[string]gateway{}
	for kind, body := range map[string]string{"application/json": `{"t": "{text}", "i": "{id}"}`, "application/x-www-form-urlencoded": "t={text}&i={id}", "text/xml": "<m><t>{text}</t><i>{id}</i></m>"} {
		c := base
		c.Body = body
		s, err := NewGateway(c)
		if err != nil {
			f.Fatal(err)
		}
		made[kind] = s.(gateway)
	}
	f.Fuzz(func(t *testing.T, short, key string) {
		m := Message{Page: "PAGE-7", Short: short, Key: key}
		p := placeholders{to: dev1Phone, text: smsText(m, 2, false), id: line(m.Key, 200), token: "s3cret"}
		if !utf8.ValidString(p.text) {
			t.Fatalf("%q", p.text)
		}
		var fromJSON struct{ T, I string }
		if err := json.Unmarshal([]byte(made["application/json"].body(p)), &fromJSON); err != nil || fromJSON.T != p.text || fromJSON.I != p.id {
			t.Fatalf("JSON: %q %v, want %q", fromJSON, err, p.text)
		}
		form, err := url.ParseQuery(made["application/x-www-form-urlencoded"].body(p))
		if err != nil || form.Get("t") != p.text || form.Get("i") != p.id || len(form) != 2 {
			t.Fatalf("form: %q %v, want %q", form, err, p.text)
		}
		var fromXML struct {
			T string `xml:"t"`
			I string `xml:"i"`
		}
		if err := xml.Unmarshal([]byte(made["text/xml"].body(p)), &fromXML); err != nil || fromXML.T != p.text || fromXML.I != p.id {
			t.Fatalf("XML: %q %v, want %q", fromXML, err, p.text)
		}
		r, err := http.NewRequest(http.MethodGet, made["text/xml"].address(p), nil)
		if err != nil || r.URL.Host != "gw.example.com" || r.URL.Query().Get("q") != p.text || len(r.URL.Query()) != 1 {
			t.Fatalf("URL: %v %v", r.URL, err)
		}
	})
}
