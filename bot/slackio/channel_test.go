package slackio

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestChannels(t *testing.T) {
	full := `{"ok":true,"channel":{"id":"C1","name":"inc-1","creator":"U0","created":1700000000,"is_private":true,"is_archived":true,"is_member":true,"is_ext_shared":true,"topic":{"value":"top"},"purpose":{"value":"pur"}}}`
	a := newAPI(t, map[string]any{"conversations.create": full, "conversations.info": full, "conversations.join": full,
		"conversations.setTopic": full, "conversations.setPurpose": `{"ok":true,"purpose":"x"}`})
	c := a.client(t)
	want := Channel{ID: "C1", Name: "inc-1", Creator: "U0", Created: time.Unix(1700000000, 0).UTC(), Private: true, Archived: true, Member: true, Shared: true, Topic: "top", Purpose: "pur"}
	for _, tc := range []struct {
		call func() (Channel, error)
		want string
	}{
		{func() (Channel, error) { return c.CreateChannel(t.Context(), "inc-1", false) }, "conversations.create name=inc-1"},
		{func() (Channel, error) { return c.CreateChannel(t.Context(), "inc-1", true) }, "conversations.create is_private=true name=inc-1"},
		{func() (Channel, error) { return c.ChannelInfo(t.Context(), "C1") }, "conversations.info channel=C1"},
		{func() (Channel, error) { return c.JoinChannel(t.Context(), "C1") }, "conversations.join channel=C1"},
	} {
		ch, err := tc.call()
		if got := a.last(t); err != nil || ch != want || got.method+" "+got.flat() != tc.want {
			t.Errorf("%s %s: %+v, %v, want %s", got.method, got.flat(), ch, err, tc.want)
		}
	}
	if err := c.SetTopic(t.Context(), "C1", "a b"); err != nil || a.last(t).flat() != "channel=C1 topic=a b" {
		t.Errorf("SetTopic: %v, %s", err, a.last(t).flat())
	}
}

func TestFindChannel(t *testing.T) {
	scoped := true
	a := newAPI(t, map[string]any{"conversations.list": func(w http.ResponseWriter, c called) {
		switch {
		case !scoped && strings.Contains(c.args.Get("types"), "private"):
			fmt.Fprint(w, `{"ok":false,"error":"missing_scope","needed":"groups:read"}`)
		case c.args.Get("cursor") == "":
			fmt.Fprint(w, `{"ok":true,"channels":[{"id":"C1","name":"inc-1"}],"response_metadata":{"next_cursor":"p2"}}`)
		case c.args.Get("cursor") == "p2":
			fmt.Fprint(w, `{"ok":true,"channels":[],"response_metadata":{"next_cursor":"p3"}}`)
		default:
			fmt.Fprint(w, `{"ok":true,"channels":[{"id":"C2","name":"inc-2","is_archived":true}],"response_metadata":{"next_cursor":""}}`)
		}
	}})
	c := a.client(t)
	for range 2 {
		ch, found, err := c.FindChannel(t.Context(), "inc-2")
		if err != nil || !found || ch.ID != "C2" || !ch.Archived {
			t.Errorf("FindChannel: %+v, %v, %v", ch, found, err)
		}
		if a.last(t).args.Get("exclude_archived") != "false" || a.last(t).args.Get("limit") != "999" {
			t.Errorf("called with %s", a.last(t).flat())
		}
		scoped = false
	}
	if _, found, err := c.FindChannel(t.Context(), "inc"); err != nil || found {
		t.Errorf("FindChannel of a prefix: %v, %v", found, err)
	}
}

func TestInvite(t *testing.T) {
	var users []string
	for n := range 250 {
		users = append(users, fmt.Sprint("U", n))
	}
	var sizes []int
	a := newAPI(t, map[string]any{"conversations.invite": func(w http.ResponseWriter, c called) {
		batch := strings.Split(c.args.Get("users"), ",")
		sizes = append(sizes, len(batch))
		if c.args.Get("force") != "true" {
			t.Error("not forced")
		}
		if slices.Contains(batch, "U7") {
			fmt.Fprint(w, `{"ok":true,"channel":{"id":"C1"},"errors":[{"ok":false,"error":"user_not_found","user":"U7"},{"ok":false,"error":"already_in_channel","user":"U8"},{"ok":true,"user":"U9"}]}`)
			return
		}
		fmt.Fprint(w, `{"ok":true,"channel":{"id":"C1"}}`)
	}})
	results, err := a.client(t).Invite(t.Context(), "C1", users...)
	if err != nil || len(results) != 250 || !slices.Equal(sizes, []int{100, 100, 50}) {
		t.Fatalf("%d results, batches %v, %v", len(results), sizes, err)
	}
	for n, r := range results {
		wantClass := map[int]Class{7: Gone, 8: Already}[n]
		if r.User != users[n] || r.Failure.Class != wantClass || r.Failure.OK() != (n != 7) {
			t.Errorf("result %+v, want class %q", r, wantClass)
		}
	}
}

func TestInviteRefused(t *testing.T) {
	for _, tc := range []struct {
		body  string
		users []string
		want  string // results as user:code, or the error's code
	}{
		{`{"ok":false,"error":"cant_invite","errors":[{"ok":false,"error":"cant_invite","user":"U1"},{"ok":true,"user":"U2"}]}`, []string{"U1", "U2"}, "U1:cant_invite U2:"},
		{`{"ok":false,"error":"already_in_channel","errors":[{"ok":false,"error":"already_in_channel","user":"U1"}]}`, []string{"U1", "U2"}, "U1:already_in_channel U2:already_in_channel"},
		{`{"ok":false,"error":"already_in_channel"}`, []string{"U1"}, "U1:already_in_channel"},
		{`{"ok":false,"error":"user_not_found"}`, []string{"U1"}, "U1:user_not_found"},
		{`{"ok":false,"error":"user_not_found"}`, []string{"U1", "U2"}, "error user_not_found"},
		{`{"ok":false,"error":"not_in_channel"}`, []string{"U1"}, "error not_in_channel"},
		{`{"ok":false,"error":"internal_error"}`, []string{"U1"}, "error internal_error"},
	} {
		a := newAPI(t, map[string]any{"conversations.invite": tc.body})
		results, err := a.client(t).Invite(t.Context(), "C1", tc.users...)
		var got []string
		for _, r := range results {
			got = append(got, r.User+":"+r.Failure.Code)
		}
		if err != nil {
			got = append(got, "error "+Classify("conversations.invite", err).Code)
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%s: got %v, want %s", tc.body, got, tc.want)
		}
	}
	if results, err := newAPI(t, nil).client(t).Invite(t.Context(), "C1"); err != nil || len(results) != 0 {
		t.Errorf("inviting nobody: %v, %v", results, err)
	}
}

func TestHistory(t *testing.T) {
	body := `{"ok":true,"messages":[{"type":"message","user":"U1","bot_id":"B1","app_id":"A1","text":"a &amp; b","ts":"2.0","thread_ts":"1.0","subtype":"thread_broadcast",
		"edited":{"user":"U1","ts":"2.5"},"metadata":{"event_type":"e","event_payload":{"op":"o1","n":5,"deep":{"x":1}}},"files":[{"id":"F1"}],"reply_count":3,
		"blocks":[{"type":"from_the_future"}],"attachments":"odd"}],"has_more":true,"response_metadata":{"next_cursor":"p2"}}`
	a := newAPI(t, map[string]any{"conversations.history": body, "conversations.replies": body})
	c := a.client(t)
	page, err := c.History(t.Context(), "C1", HistoryQuery{Oldest: "1.0", Latest: "3.0", Inclusive: true, Limit: 5000, Cursor: "p1"})
	if err != nil || page.Next != "p2" || len(page.Messages) != 1 {
		t.Fatalf("History: %+v, %v", page, err)
	}
	want := Message{TS: "2.0", ThreadTS: "1.0", User: "U1", BotID: "B1", AppID: "A1", Subtype: "thread_broadcast", Text: "a &amp; b", Edited: "2.5",
		EventType: "e", Payload: map[string]string{"op": "o1"}, FileIDs: []string{"F1"}, ReplyCount: 3}
	if got := page.Messages[0]; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := a.last(t).flat(); got != "channel=C1 cursor=p1 include_all_metadata=true inclusive=true latest=3.0 limit=999 oldest=1.0" {
		t.Errorf("called with %s", got)
	}
	if _, err := c.Replies(t.Context(), "C1", "1.0", HistoryQuery{}); err != nil || a.last(t).flat() != "channel=C1 include_all_metadata=true limit=100 ts=1.0" {
		t.Errorf("Replies: %v, called with %s", err, a.last(t).flat())
	}
}

func TestFindOwn(t *testing.T) {
	pages := func(w http.ResponseWriter, c called) {
		if c.args.Get("cursor") == "" {
			fmt.Fprint(w, `{"ok":true,"messages":[{"ts":"5.0","metadata":{"event_payload":{"op":"other"}}},{"ts":"4.0","bot_id":"B666","metadata":{"event_payload":{"op":"mine"}}}],"response_metadata":{"next_cursor":"p2"}}`)
			return
		}
		fmt.Fprint(w, `{"ok":true,"messages":[{"ts":"3.0","bot_id":"B1","metadata":{"event_payload":{"op":"mine"}}}],"response_metadata":{"next_cursor":""}}`)
	}
	slackClock := time.Now().Add(time.Hour)
	a := newAPI(t, map[string]any{"conversations.history": pages, "conversations.replies": pages,
		"auth.test": func(w http.ResponseWriter, _ called) {
			w.Header().Set("Date", slackClock.UTC().Format(http.TimeFormat))
			fmt.Fprint(w, `{"ok":true,"bot_id":"B1"}`)
		}})
	c := a.client(t)
	since := time.Now()
	if at, ok, err := c.FindOwn(t.Context(), "C1", "", since, "mine"); err != nil || !ok || at.TS != "4.0" {
		t.Errorf("before AuthTest: %+v, %v, %v, want the first with our mark", at, ok, err)
	}
	if _, err := c.AuthTest(t.Context()); err != nil {
		t.Fatal(err)
	}
	if off := c.ClockOffset(); off < 59*time.Minute || off > 61*time.Minute {
		t.Errorf("clock offset %v, want an hour", off)
	}
	at, ok, err := c.FindOwn(t.Context(), "C1", "", since, "mine")
	if err != nil || !ok || at.Posted != (Posted{Channel: "C1", TS: "3.0"}) {
		t.Errorf("FindOwn: %+v, %v, %v, want the message of our bot", at, ok, err)
	}
	a.mu.Lock()
	searched := a.calls[2]
	a.mu.Unlock()
	if got := searched.args.Get("oldest"); got < tsOf(since.Add(58*time.Minute)) || got > tsOf(since.Add(60*time.Minute)) {
		t.Errorf("searched from %s, want a minute before the post by Slack's clock", got)
	}
	if at, ok, err := c.FindOwn(t.Context(), "C1", "1.0", since, "mine"); err != nil || !ok || at.TS != "3.0" || a.last(t).method != "conversations.replies" {
		t.Errorf("FindOwn in a thread: %+v, %v, %v", at, ok, err)
	}
	if _, ok, err := c.FindOwn(t.Context(), "C1", "", since, "absent"); err != nil || ok {
		t.Errorf("FindOwn of what is not there: %v, %v", ok, err)
	}
}

// TestFindOwnWhereTheThreadIsGone: Slack posts into the channel what answers a message that
// is gone, so that a reply whose answer was lost stands there.
func TestFindOwnWhereTheThreadIsGone(t *testing.T) {
	gone := "thread_not_found"
	a := newAPI(t, map[string]any{
		"conversations.replies": func(w http.ResponseWriter, _ called) { fmt.Fprintf(w, `{"ok":false,"error":%q}`, gone) },
		"conversations.history": func(w http.ResponseWriter, _ called) {
			fmt.Fprint(w, `{"ok":true,"messages":[{"ts":"3.0","bot_id":"B1","metadata":{"event_payload":{"op":"mine"}}}]}`)
		},
	})
	c := a.client(t)
	at, ok, err := c.FindOwn(t.Context(), "C1", "1.0", time.Now(), "mine")
	if err != nil || !ok || at.Posted != (Posted{Channel: "C1", TS: "3.0"}) {
		t.Errorf("FindOwn: %+v, %v, %v, want the message in the channel", at, ok, err)
	}
	if _, ok, err := c.FindOwn(t.Context(), "C1", "1.0", time.Now(), "absent"); err != nil || ok {
		t.Errorf("FindOwn of what is nowhere: %v, %v", ok, err)
	}
	gone = "channel_not_found"
	if _, _, err := c.FindOwn(t.Context(), "C1", "1.0", time.Now(), "mine"); Classify("conversations.replies", err).Code != gone {
		t.Errorf("FindOwn in a channel that is not there: %v", err)
	}
}

func TestMessageInsideThread(t *testing.T) {
	a := newAPI(t, map[string]any{
		"conversations.history": func(w http.ResponseWriter, c called) {
			if c.args.Get("oldest") == "1.0" {
				fmt.Fprint(w, `{"ok":true,"messages":[{"ts":"1.0","text":"top"}]}`)
				return
			}
			fmt.Fprint(w, `{"ok":true,"messages":[]}`)
		},
		"conversations.replies": func(w http.ResponseWriter, c called) {
			if c.args.Get("ts") == "2.0" {
				fmt.Fprint(w, `{"ok":true,"messages":[{"ts":"1.0","text":"top"},{"ts":"2.0","text":"reply"}]}`)
				return
			}
			fmt.Fprint(w, `{"ok":false,"error":"thread_not_found"}`)
		},
	})
	c := a.client(t)
	for ts, want := range map[string]string{"1.0": "top", "2.0": "reply"} {
		if m, err := c.Message(t.Context(), "C1", ts); err != nil || m.Text != want {
			t.Errorf("Message(%s): %+v, %v, want %s", ts, m, err, want)
		}
	}
	_, err := c.Message(t.Context(), "C1", "3.0")
	if f := Classify("conversations.replies", err); f.Code != "message_not_found" || f.Class != Adapt {
		t.Errorf("Message that is not there: %+v", f)
	}
}

// TestAllSince reads a channel and its threads, each reply once and no parent twice, and
// says when it gave up.
func TestAllSince(t *testing.T) {
	a := newAPI(t, map[string]any{
		"conversations.history": func(w http.ResponseWriter, c called) {
			if c.args.Get("cursor") == "" {
				fmt.Fprint(w, `{"ok":true,"messages":[{"ts":"5.0"},{"ts":"4.0","reply_count":1}],"response_metadata":{"next_cursor":"p2"}}`)
				return
			}
			fmt.Fprint(w, `{"ok":true,"messages":[{"ts":"3.0"}]}`)
		},
		"conversations.replies": `{"ok":true,"messages":[{"ts":"4.0","reply_count":1},{"ts":"4.5","thread_ts":"4.0"}]}`,
	})
	all, whole, err := a.client(t).AllSince(t.Context(), "C1", time.Unix(100, 0))
	var got []string
	for _, m := range all {
		got = append(got, m.TS)
	}
	if err != nil || !whole || fmt.Sprint(got) != "[5.0 4.0 3.0 4.5]" {
		t.Errorf("read %v, whole %v, %v", got, whole, err)
	}
	if args := a.last(t).args; args.Get("ts") != "4.0" || args.Get("oldest") == "" {
		t.Errorf("the thread was asked for with %v", args)
	}
}

// TestAllSinceGivesUp after so many pages, and after so many threads.
func TestAllSinceGivesUp(t *testing.T) {
	for _, c := range []struct {
		name  string
		pages int
		whole bool
	}{{"all that it reads", searchPages, true}, {"one page too many", searchPages + 1, false}} {
		t.Run(c.name, func(t *testing.T) {
			served := 0
			a := newAPI(t, map[string]any{"conversations.history": func(w http.ResponseWriter, _ called) {
				next := ""
				if served++; served < c.pages {
					next = "more"
				}
				fmt.Fprintf(w, `{"ok":true,"messages":[{"ts":"%d.0"}],"response_metadata":{"next_cursor":%q}}`, served, next)
			}})
			all, whole, err := a.client(t).AllSince(t.Context(), "C1", time.Now())
			if err != nil || whole != c.whole || len(all) != searchPages || a.count() != searchPages {
				t.Errorf("%d messages in %d calls, whole %v, %v; want %d, whole %v", len(all), a.count(), whole, err, searchPages, c.whole)
			}
		})
	}
	for threads, want := range map[int]bool{MostThreads: true, MostThreads + 1: false} {
		a := newAPI(t, map[string]any{
			"conversations.history": func(w http.ResponseWriter, _ called) {
				fmt.Fprint(w, `{"ok":true,"messages":[`+strings.TrimSuffix(strings.Repeat(`{"ts":"1.0","reply_count":1},`, threads), ",")+`]}`)
			},
			"conversations.replies": `{"ok":true,"messages":[{"ts":"1.0"}]}`,
		})
		if all, whole, err := a.client(t).AllSince(t.Context(), "C1", time.Now()); err != nil || whole != want || len(all) != threads || a.count() != 1+MostThreads {
			t.Errorf("%d threads: %d messages in %d calls, whole %v, %v", threads, len(all), a.count(), whole, err)
		}
	}
}
