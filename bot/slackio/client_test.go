package slackio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestMessages(t *testing.T) {
	a := newAPI(t, map[string]any{
		"chat.postMessage":   `{"ok":true,"channel":"C1","ts":"1.5"}`,
		"chat.update":        `{"ok":true}`,
		"chat.postEphemeral": `{"ok":true,"message_ts":"1.6"}`,
		"chat.getPermalink":  `{"ok":true,"permalink":"https://acme.slack.com/archives/C1/p15"}`,
	})
	c := a.client(t)
	blocks := json.RawMessage(`[{"type":"divider"}]`)
	cases := []struct {
		name   string
		call   func() error
		method string
		want   string
	}{
		{"plain", func() error {
			_, err := c.PostMessage(t.Context(), Post{Channel: "C1", Text: "a&amp;b", Broadcast: true})
			return err
		},
			"chat.postMessage", "channel=C1 text=a&amp;b unfurl_links=false unfurl_media=false"},
		{"rich", func() error {
			_, err := c.PostMessage(t.Context(), Post{Channel: "C1", ThreadTS: "1.0", Text: "t", Blocks: blocks, Broadcast: true,
				Metadata: Metadata{EventType: "e", Payload: map[string]string{"op": "o1"}}})
			return err
		}, "chat.postMessage", `blocks=[{"type":"divider"}] channel=C1 metadata={"event_payload":{"op":"o1"},"event_type":"e"} reply_broadcast=true text=t thread_ts=1.0 unfurl_links=false unfurl_media=false`},
		{"edit", func() error {
			return c.UpdateMessage(t.Context(), Edit{Channel: "C1", TS: "1.5", Text: "t", Blocks: blocks})
		},
			"chat.update", `blocks=[{"type":"divider"}] channel=C1 text=t ts=1.5`},
		{"edit to text", func() error { return c.UpdateMessage(t.Context(), Edit{Channel: "C1", TS: "1.5", Text: "t"}) },
			"chat.update", `blocks=[] channel=C1 text=t ts=1.5`},
		{"ephemeral", func() error {
			return c.PostEphemeral(t.Context(), Ephemeral{Channel: "C1", User: "U1", ThreadTS: "1.0", Text: "t"})
		},
			"chat.postEphemeral", `channel=C1 text=t thread_ts=1.0 user=U1`},
		{"permalink", func() error {
			link, err := c.Permalink(t.Context(), "C1", "1.5")
			if link != "https://acme.slack.com/archives/C1/p15" {
				t.Errorf("got link %q", link)
			}
			return err
		}, "chat.getPermalink", `channel=C1 message_ts=1.5`},
	}
	for _, c := range cases {
		if err := c.call(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := a.last(t); got.method != c.method || got.flat() != c.want {
			t.Errorf("%s: called %s with %s, want %s with %s", c.name, got.method, got.flat(), c.method, c.want)
		}
	}
}

// flat is the arguments in one line, without the token.
func (c called) flat() string {
	var flat []string
	for key, values := range c.args {
		if key != "token" {
			flat = append(flat, key+"="+strings.Join(values, ","))
		}
	}
	slices.Sort(flat)
	return strings.Join(flat, " ")
}

func TestAlreadySo(t *testing.T) {
	ctx := context.Background()
	cases := []struct {
		method, code string
		call         func(c *Client) error
		want         string
	}{
		{"pins.add", "already_pinned", func(c *Client) error { return c.AddPin(ctx, "C1", "1.5") }, "channel=C1 timestamp=1.5"},
		{"reactions.add", "already_reacted", func(c *Client) error { return c.AddReaction(ctx, "C1", "1.5", "eyes") }, "channel=C1 name=eyes timestamp=1.5"},
		{"reactions.remove", "no_reaction", func(c *Client) error { return c.RemoveReaction(ctx, "C1", "1.5", "eyes") }, "channel=C1 name=eyes timestamp=1.5"},
		{"conversations.join", "already_in_channel", func(c *Client) error { _, err := c.JoinChannel(ctx, "C1"); return err }, "channel=C1"},
		{"chat.delete", "message_not_found", func(c *Client) error { return c.DeleteMessage(ctx, "C1", "1.5") }, "channel=C1 ts=1.5"},
	}
	for _, tc := range cases {
		code := tc.code
		a := newAPI(t, map[string]any{tc.method: func(w http.ResponseWriter, _ called) {
			if code == "" {
				fmt.Fprint(w, `{"ok":true}`)
				return
			}
			fmt.Fprintf(w, `{"ok":false,"error":%q}`, code)
		}})
		c := a.client(t)
		if err := tc.call(c); err != nil {
			t.Errorf("%s answering %s: %v, want success", tc.method, code, err)
		}
		if got := a.last(t); got.flat() != tc.want {
			t.Errorf("%s: called with %s, want %s", tc.method, got.flat(), tc.want)
		}
		code = ""
		if err := tc.call(c); err != nil {
			t.Errorf("%s: %v", tc.method, err)
		}
		code = "channel_not_found"
		if f := Classify(tc.method, tc.call(c)); f.Code != code {
			t.Errorf("%s answering %s: %+v", tc.method, code, f)
		}
	}
}

func TestRespondURL(t *testing.T) {
	var status int
	var body string
	a := newAPI(t, map[string]any{"/hooks/1": func(w http.ResponseWriter, _ called) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}})
	c := a.client(t)
	cases := []struct {
		status int
		body   string
		class  Class
		code   string
	}{
		{200, "ok", "", ""},
		{200, `{"ok":true}`, "", ""},
		{200, `{"ok":false,"error":"expired_url"}`, Adapt, "expired_url"},
		{200, `{"ok":false,"error":"no_text"}`, Adapt, "no_text"},
		{404, `{"ok":false,"error":"used_url"}`, Adapt, "used_url"},
		{404, `Expired url`, Adapt, "expired_url"},
		{404, `<html>`, Adapt, "http_404"},
		{200, `<html>`, Unknown, "undecodable"},
		{200, `{"ok":false}`, Unknown, "undecodable"},
		{404, `used_url`, Adapt, "used_url"},
		{200, `Expired url`, Adapt, "expired_url"},
		{403, `channel_is_archived`, Adapt, "channel_is_archived"},
		{500, ``, Unknown, "http_500"},
		{429, ``, RateLimited, "ratelimited"},
	}
	for _, tc := range cases {
		status, body = tc.status, tc.body
		err := c.RespondURL(t.Context(), a.URL+"/hooks/1", Response{Text: "x", ReplaceOriginal: true})
		if f := Classify("response_url", err); f.Class != tc.class || f.Code != tc.code {
			t.Errorf("%d %s: got %s (%s), want %s (%s)", tc.status, tc.body, f.Class, f.Code, tc.class, tc.code)
		}
	}
	got := a.last(t)
	if got.body != `{"text":"x","replace_original":true}` || got.header.Get("Authorization") != "" || !strings.HasPrefix(got.header.Get("Content-Type"), "application/json") {
		t.Errorf("posted %s with headers %v, want no token", got.body, got.header)
	}
}

func TestRespondURLTrustsSlackOnly(t *testing.T) {
	c := newAPI(t, nil).client(t)
	for _, bad := range []string{"https://evil.example/x", "http://hooks.slack.com/x", "https://slack.com.evil.example/", "https://hooks.slack.com:8443/x",
		"https://u@hooks.slack.com/", "http://169.254.169.254/", "", "::", "file:///etc/passwd", "https://evilslack.com/"} {
		err := c.RespondURL(t.Context(), bad, Response{Text: "x"})
		if f := Classify("response_url", err); f.Code != "refused_here" {
			t.Errorf("RespondURL(%q): %v, want a refusal", bad, err)
		}
	}
	for _, good := range []string{"https://hooks.slack.com/commands/T1/1/x", "https://files.slack.com/upload/v1/x", "https://hooks.slack-gov.com/x"} {
		if err := c.trusts(good); err != nil {
			t.Errorf("%s is refused: %v", good, err)
		}
	}
}

func TestViews(t *testing.T) {
	ok := `{"ok":true,"view":{"id":"V1","hash":"h2","blocks":[{"type":"from_the_future","x":1}]}}`
	a := newAPI(t, map[string]any{"views.open": ok, "views.publish": ok})
	c, view := a.client(t), json.RawMessage(`{"type":"modal"}`)
	for _, tc := range []struct {
		call func() (View, error)
		want string
	}{
		{func() (View, error) { return c.OpenView(t.Context(), "1.2", view) }, `views.open {"trigger_id":"1.2","view":{"type":"modal"}}`},
		{func() (View, error) { return c.PublishHome(t.Context(), "U1", "", view) }, `views.publish {"user_id":"U1","view":{"type":"modal"}}`},
	} {
		v, err := tc.call()
		if got := a.last(t); err != nil || v != (View{ID: "V1", Hash: "h2"}) || got.method+" "+got.body != tc.want {
			t.Errorf("%s %s: %+v, %v, want %s", got.method, got.body, v, err, tc.want)
		}
	}
	_, err := c.OpenView(t.Context(), "1.2", json.RawMessage(`{"broken`))
	if f := Classify("views.open", err); f.Class != Invalid || f.Code != "refused_here" {
		t.Errorf("a broken view is %+v", f)
	}
}

func TestPagesWaitWhenTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		limited := &CallError{Status: 429, Code: "ratelimited", RetryAfter: 20 * time.Second, Sent: true}
		began := time.Now()
		err := allPages(t.Context(), "users.list", 10, func(cursor string) (string, error) {
			if asked++; asked == 2 {
				return "", limited
			}
			if asked == 4 {
				return "", nil
			}
			return fmt.Sprint("p", asked), nil
		})
		if err != nil || asked != 4 || time.Since(began) != 20*time.Second {
			t.Errorf("%v after %d pages in %v", err, asked, time.Since(began))
		}
		asked = 0
		err = allPages(t.Context(), "users.list", 10, func(string) (string, error) { asked++; return "", limited })
		if f := Classify("users.list", err); f.Class != RateLimited || asked != 4 {
			t.Errorf("got %+v after asking %d times, want it to give up after three waits", f, asked)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := allPages(ctx, "users.list", 10, func(string) (string, error) { return "", limited }); err == nil || ctx.Err() == nil {
			t.Errorf("got %v, want it to end with its context", err)
		}
		if err := allPages(t.Context(), "users.list", 10, func(string) (string, error) { return "again", nil }); err == nil {
			t.Error("endless pages end without an error")
		}
	})
}

func TestBookmarks(t *testing.T) {
	a := newAPI(t, map[string]any{
		"bookmarks.list": `{"ok":true,"bookmarks":[{"id":"Bk1","title":"t","link":"https://example.com","emoji":":fire:","entity_id":null}]}`,
		"bookmarks.add":  `{"ok":true,"bookmark":{"id":"Bk2","title":"t","link":"https://example.com"}}`,
	})
	c := a.client(t)
	if got, err := c.Bookmarks(t.Context(), "C1"); err != nil || !slices.Equal(got, []Bookmark{{ID: "Bk1", Title: "t", Link: "https://example.com", Emoji: ":fire:"}}) {
		t.Errorf("Bookmarks: %+v, %v", got, err)
	}
	added, err := c.AddBookmark(t.Context(), "C1", Bookmark{Title: "t", Link: "https://example.com"})
	if err != nil || added.ID != "Bk2" || a.last(t).flat() != "channel_id=C1 link=https://example.com title=t type=link" {
		t.Errorf("AddBookmark: %+v, %v, %s", added, err, a.last(t).flat())
	}
}

func TestUploadFile(t *testing.T) {
	failAt := ""
	step := func(name, body string) func(http.ResponseWriter, called) {
		return func(w http.ResponseWriter, _ called) {
			if failAt == name {
				w.WriteHeader(500)
				return
			}
			fmt.Fprint(w, body)
		}
	}
	answers := map[string]any{
		"/upload/1":                    step("bytes", "OK - 5"),
		"files.completeUploadExternal": step("complete", `{"ok":true,"files":[{"id":"F1","title":"t"}]}`),
		"files.info":                   `{"ok":true,"file":{"id":"F1","name":"n","title":"t","shares":{"public":{"C1":[{"ts":"1.5"}]}}}}`,
	}
	a := newAPI(t, answers)
	answers["files.getUploadURLExternal"] = step("slot", `{"ok":true,"upload_url":"`+a.URL+`/upload/1","file_id":"F1"}`)
	c := a.client(t)
	up := Upload{Channel: "C1", ThreadTS: "1.0", Filename: "pm.md", Comment: "the draft", Content: []byte("hello")}
	id, err := c.UploadFile(t.Context(), up)
	if err != nil || id != "F1" || len(a.calls) != 3 {
		t.Fatalf("UploadFile: %q, %v, %d calls", id, err, len(a.calls))
	}
	if got := a.calls[0].flat(); got != "filename=pm.md length=5" {
		t.Errorf("asked with %s", got)
	}
	if got := a.calls[1]; got.body != "hello" || got.header.Get("Authorization") != "" {
		t.Errorf("uploaded %q with headers %v, want no token", got.body, got.header)
	}
	if got := a.calls[2].flat(); got != `channel_id=C1 files=[{"id":"F1","title":"pm.md"}] initial_comment=the draft thread_ts=1.0` {
		t.Errorf("completed with %s", got)
	}
	for fail, want := range map[string]struct {
		class Class
		id    string
	}{"slot": {Retry, ""}, "bytes": {Retry, ""}, "complete": {Unknown, "F1"}} {
		failAt = fail
		id, err := c.UploadFile(t.Context(), up)
		if f := Classify("files.completeUploadExternal", err); f.Class != want.class || id != want.id {
			t.Errorf("failing at %s: %q, %+v, want %+v", fail, id, f, want)
		}
	}
	if _, err := c.UploadFile(t.Context(), Upload{Channel: "C1", Filename: "x"}); err == nil {
		t.Error("an empty file is uploaded")
	}
	failAt = ""
	answers["files.getUploadURLExternal"] = `{"ok":true,"upload_url":"https://evil.example/","file_id":"F1"}`
	if _, err := c.UploadFile(t.Context(), up); Classify("upload", err).Code != "refused_here" {
		t.Errorf("uploading elsewhere: %v", err)
	}
	if f, err := c.FileInfo(t.Context(), "F1"); err != nil || f.Title != "t" || !slices.Equal(f.Shares, []Posted{{Channel: "C1", TS: "1.5"}}) {
		t.Errorf("FileInfo: %+v, %v", f, err)
	}
}

// TestOddFields holds that one field of a new form hides nothing else.
func TestOddFields(t *testing.T) {
	a := newAPI(t, map[string]any{
		"conversations.history": `{"ok":true,"messages":[{"ts":"1.0","user":{"id":"U1"},"files":"none","edited":true,"metadata":{"event_payload":{"op":"o1"}},"text":"hi"},{"ts":"2.0"}]}`,
		"conversations.info":    `{"ok":true,"channel":{"id":"C1","topic":"flat","created":"never","name":"inc-1"}}`,
		"users.info":            `{"ok":true,"user":{"id":"U1","is_bot":"no","profile":{"email":5,"real_name":"Dev One"},"deleted":true}}`,
		"usergroups.list":       `{"ok":true,"usergroups":[{"id":"S1","date_delete":"0","users":["U1"],"handle":"oncall"}]}`,
	})
	c, ctx := a.client(t), t.Context()
	if p, err := c.History(ctx, "C1", HistoryQuery{}); err != nil || len(p.Messages) != 2 || p.Messages[0].Payload[OpKey] != "o1" || p.Messages[0].Text != "hi" {
		t.Errorf("History: %+v, %v", p, err)
	}
	if ch, err := c.ChannelInfo(ctx, "C1"); err != nil || ch.Name != "inc-1" || ch.ID != "C1" {
		t.Errorf("ChannelInfo: %+v, %v", ch, err)
	}
	if u, err := c.UserInfo(ctx, "U1"); err != nil || u.RealName != "Dev One" || !u.Deleted {
		t.Errorf("UserInfo: %+v, %v", u, err)
	}
	if g, err := c.UserGroups(ctx); err != nil || len(g) != 1 || g[0].Handle != "oncall" || len(g[0].Users) != 1 {
		t.Errorf("UserGroups: %+v, %v", g, err)
	}
}

// TestErrorsOfSlackGo holds that every method over slack-go passes on our errors, whatever slack-go would make of them.
func TestErrorsOfSlackGo(t *testing.T) {
	c := newAPI(t, nil).client(t)
	ctx := t.Context()
	for method, call := range map[string]func() error{
		"auth.test":         func() error { _, err := c.AuthTest(ctx); return err },
		"bookmarks.list":    func() error { _, err := c.Bookmarks(ctx, "C1"); return err },
		"bookmarks.add":     func() error { _, err := c.AddBookmark(ctx, "C1", Bookmark{}); return err },
		"chat.getPermalink": func() error { _, err := c.Permalink(ctx, "C1", "1"); return err },
		"pins.add":          func() error { return c.AddPin(ctx, "C1", "1") },
	} {
		call, ok := errors.AsType[*CallError](call())
		if !ok || call.Method != method || call.Code != "unknown_method" {
			t.Errorf("%s: got %+v", method, call)
		}
	}
}

// TestWhatSlackTookIsTold, and nothing that it refused.
func TestWhatSlackTookIsTold(t *testing.T) {
	sent := time.Date(2026, 3, 4, 3, 0, 0, 0, time.UTC)
	var told []string
	config := ClientConfig{Token: "xoxb-test", Now: func() time.Time { return sent }, OnPosted: func(channel string, at time.Time) {
		told = append(told, channel+" "+at.Format(time.TimeOnly))
	}}
	for _, answer := range []string{`{"ok":true,"channel":"D7","ts":"1.5"}`, `{"ok":false,"error":"channel_not_found"}`} {
		a := newAPI(t, map[string]any{"chat.postMessage": answer})
		config.APIURL, config.HTTPClient = a.URL+"/api", a.Client()
		c, err := NewClient(config)
		if err != nil {
			t.Fatal(err)
		}
		c.PostMessage(t.Context(), Post{Channel: "U1", Text: "t"})
	}
	if len(told) != 1 || told[0] != "D7 03:00:00" {
		t.Errorf("told %v, want the one that was posted, where Slack put it", told)
	}
}
