package notify

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/watchbill/watchbill/bot/notify/notifytest"
)

const dev1Topic = "wb-dev1-7f3a9c"

func pusher(t *testing.T, n *notifytest.Ntfy) Sender {
	t.Helper()
	s, err := NewNtfy(NtfyConfig{Server: n.URL(), Token: n.Token, Guard: NewGuard(notifytest.Loopback, n.Roots())})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNtfyPublishes(t *testing.T) {
	n := notifytest.NewNtfy(t, "tk_0123456789")
	m := page7()
	m.Repeat = true
	r := pusher(t, n).Send(t.Context(), To{Address: dev1Topic}, m)
	got := n.Messages()
	if !r.OK() || r.Provider != "ntfy" || len(got) != 1 || r.ID != got[0].ID {
		t.Fatalf("%+v, %+v", r, got)
	}
	p := got[0]
	if p.Topic != dev1Topic || p.Title != "REPEAT checkout: 5xx above 5 % [PAGE-7]" || p.Message != m.Long || p.Priority != 5 || p.Click != m.Link || p.Tags[0] != "rotating_light" {
		t.Errorf("%+v", p)
	}
	press, err := p.Press("Acknowledge")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(press.Body)
	if press.Method != http.MethodPost || press.URL.String() != m.Link || string(body) != AnswerForm || press.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		t.Errorf("%s %s %q", press.Method, press.URL, body)
	}
	if len(p.Actions) != 2 || !p.Actions[0].Clear || p.Actions[1].Action != "view" || p.Actions[1].URL != m.Link {
		t.Errorf("%+v", p.Actions)
	}
}

func TestNtfyWithoutALink(t *testing.T) {
	n := notifytest.NewNtfy(t, "")
	m := page7()
	m.Link, m.Urgency, m.Answer = "", Low, "Type /inc ack PAGE-7 in Slack."
	if r := pusher(t, n).Send(t.Context(), To{Address: dev1Topic}, m); !r.OK() {
		t.Fatalf("%+v", r)
	}
	if p := n.Messages()[0]; p.Click != "" || len(p.Actions) != 0 || p.Priority != 3 || !strings.HasSuffix(p.Message, "\n\n"+m.Answer) {
		t.Errorf("%+v", p)
	}
}

func TestNtfyCutsWhatIsTooLong(t *testing.T) {
	n := notifytest.NewNtfy(t, "")
	s := pusher(t, n)
	for _, text := range []string{strings.Repeat("x", 10<<20), strings.Repeat("ж", 9000), strings.Repeat("🔥", 9000), strings.Repeat("\"\\", 9000), strings.Repeat("<>&\n", 9000), strings.Repeat("\x00\u202E", 9000)} {
		m := Message{Page: "PAGE-7", Subject: text, Long: text, Link: "https://wb.example.com/" + strings.Repeat("x", 900), Answer: text}
		if r := s.Send(t.Context(), To{Address: dev1Topic}, m); !r.OK() {
			t.Errorf("%.10q: %+v", text, r)
		}
		m.Link = ""
		if r := s.Send(t.Context(), To{Address: dev1Topic}, m); !r.OK() {
			t.Errorf("%.10q without a link: %+v", text, r)
		}
	}
	for _, p := range n.Messages() {
		if p.Attachment {
			t.Errorf("%.20q became an attachment", p.Message)
		}
	}
}

func TestNtfyErrors(t *testing.T) {
	for _, c := range []struct {
		status, code int
		want         Class
		fault        Fault
		after        time.Duration
	}{
		{400, 40001, Dead, Request, 0}, {400, 40007, Dead, Request, 0}, {400, 40017, Dead, Request, 0}, {400, 40018, Dead, Request, 0}, {400, 40024, Dead, Request, 0},
		{400, 40009, Dead, Address, 0}, {400, 40010, Dead, Address, 0},
		{401, 40101, Dead, Setup, 0}, {403, 40301, Dead, Setup, 0}, {404, 40401, Dead, Setup, 0},
		{413, 41301, Dead, Request, 0}, {413, 41303, Dead, Request, 0},
		{429, 42901, Retry, Provider, 5 * time.Second}, {429, 42904, Retry, Provider, time.Second}, {429, 42999, Retry, Provider, time.Second},
		{429, 42905, Unavailable, Provider, 15 * time.Minute}, {429, 42908, Unavailable, Provider, 15 * time.Minute}, {429, 42909, Dead, Setup, 0},
		{500, 50001, Unknown, Provider, 0}, {500, 50003, Unknown, Provider, 0}, {502, 0, Unknown, Provider, 0}, {503, 0, Unavailable, Provider, 0}, {507, 50701, Dead, Address, 0},
	} {
		n := notifytest.NewNtfy(t, "")
		n.Fail(notifytest.Fault{Status: c.status, Code: c.code})
		r := pusher(t, n).Send(t.Context(), To{Address: dev1Topic}, page7())
		if r.Class != c.want || r.Fault != c.fault || r.After != c.after || r.Reason == "" || r.Code == "" {
			t.Errorf("%d: %+v", c.code, r)
		}
		if !strings.Contains(r.Detail, "a documented text") {
			t.Errorf("%d: the server's words are lost: %+v", c.code, r)
		}
	}
	n := notifytest.NewNtfy(t, "")
	n.Fail(notifytest.Fault{Status: 400, Body: `{"error": "invalid_request", "error_code": 40009, "message": "Invalid topic name"}`}, // as in the API's description
		notifytest.Fault{Status: 400, Body: "{}"}, notifytest.Fault{Status: 200, Body: "<html>"}, notifytest.Fault{Status: 200, Body: `{"id": "x", "event": "message", "topic": "another"}`}, notifytest.Fault{Drop: true})
	for _, want := range []string{"40009", "http_400", codeForeign, codeForeign, codeBroken} {
		if r := pusher(t, n).Send(t.Context(), To{Address: dev1Topic}, page7()); r.Code != want || strings.Contains(r.Detail, dev1Topic) {
			t.Errorf("%+v, want %s", r, want)
		}
	}
	if len(n.Messages()) != 1 {
		t.Errorf("%d messages", len(n.Messages()))
	}
}

func TestNtfyRights(t *testing.T) {
	n := notifytest.NewNtfy(t, "tk_0123456789")
	for token, want := range map[string]string{"": "40301", "tk_wrong": "40101"} {
		s, err := NewNtfy(NtfyConfig{Server: n.URL() + "/", Token: token, Guard: NewGuard(notifytest.Loopback, n.Roots())})
		if err != nil {
			t.Fatal(err)
		}
		if r := s.Send(t.Context(), To{Address: dev1Topic}, page7()); r.Class != Dead || r.Fault != Setup || r.Code != want {
			t.Errorf("%q: %+v", token, r)
		}
	}
	seen := n.Requests()
	for _, topic := range []string{"", "a/b", "wb dev1", "../x", "ä", strings.Repeat("x", 65)} {
		if r := pusher(t, n).Send(t.Context(), To{Address: topic}, page7()); r.Class != Dead || r.Fault != Address {
			t.Errorf("%q: %+v", topic, r)
		}
	}
	if n.Requests() != seen {
		t.Error("it was asked")
	}
	for _, c := range []NtfyConfig{{Server: "ntfy.sh"}, {Server: "https://ntfy.sh/topic"}, {Server: "https://u:p@ntfy.sh"}, {Token: "tk_1\r\nX: y"}} {
		if _, err := NewNtfy(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}

func FuzzNtfyBody(f *testing.F) {
	f.Add("PAGE-7", "checkout is down", "since 03:12", "", "https://wb.example.com/a")
	f.Add("\x00", strings.Repeat("\"", 5000), strings.Repeat("\\\n", 5000), strings.Repeat("🔥", 500), "")
	f.Fuzz(func(t *testing.T, page, subject, long, answer, link string) {
		body := ntfyBody(dev1Topic, Message{Page: page, Subject: subject, Long: long, Answer: answer, Link: link})
		var p ntfyPublish
		if err := json.Unmarshal(body, &p); err != nil {
			t.Fatal(err)
		}
		if len(body) > ntfyJSON || len(p.Message) > ntfyMessage || !utf8.ValidString(p.Message) || p.Topic != dev1Topic || strings.ContainsFunc(p.Title, isHostile) {
			t.Fatalf("%d bytes, message of %d: %s", len(body), len(p.Message), body)
		}
	})
}
