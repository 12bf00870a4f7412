package slacksim

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// said are the texts of the messages in a reply, separated by spaces.
func (o object) said() string {
	var all []string
	messages, _ := o["messages"].([]any)
	for _, m := range messages {
		text, _ := get(m, "text").(string)
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

// TestBoundsOfHistory: oldest and latest are left out unless inclusive says otherwise, and
// a time stamp may be written without all of its digits.
func TestBoundsOfHistory(t *testing.T) {
	clock := &clockwork{now: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
	a := start(t, Config{Now: clock.Now})
	ops := a.channel("ops")
	ts := map[string]string{}
	for _, text := range []string{"one", "two", "three", "four"} {
		ts[text] = a.ok(a.form("chat.postMessage", "channel", ops, "text", text))["ts"].(string)
		clock.move(a.server, time.Second)
	}
	short := func(text string) string { return strings.TrimRight(strings.TrimSuffix(ts[text], "000000"), ".") }
	for _, c := range []struct {
		want string
		args []string
	}{
		{"four three two one", nil},
		{"three two", []string{"oldest", ts["one"], "latest", ts["four"]}},
		{"four three two one", []string{"oldest", ts["one"], "latest", ts["four"], "inclusive", "true"}},
		{"two", []string{"oldest", ts["two"], "latest", ts["two"], "inclusive", "1"}},
		{"four", []string{"oldest", short("three")}},
		{"four three", []string{"oldest", short("three") + ".0", "inclusive", "true"}},
		{"four three two", []string{"oldest", short("one") + ".5"}},
		{"one", []string{"latest", short("two")}},
		{"two one", []string{"latest", short("two") + ".000000", "inclusive", "true"}},
		{"four three two one", []string{"latest", "now", "oldest", "0"}},
		{"four three", []string{"limit", "2"}},
	} {
		if got := a.ok(a.form("conversations.history", append([]string{"channel", ops}, c.args...)...)).said(); got != c.want {
			t.Errorf("%q: %s, want %s", c.args, got, c.want)
		}
	}
	first := a.ok(a.form("conversations.history", "channel", ops, "limit", "2", "inclusive", "true", "oldest", ts["one"]))
	cursor := get(first, "response_metadata", "next_cursor").(string)
	if got := a.ok(a.form("conversations.history", "channel", ops, "limit", "2", "inclusive", "true", "oldest", ts["one"], "cursor", cursor)).said(); got != "two one" {
		t.Errorf("the second page says %s, want two one", got)
	}
	for _, text := range []string{"a", "b", "c"} {
		ts[text] = a.ok(a.form("chat.postMessage", "channel", ops, "text", text, "thread_ts", ts["one"]))["ts"].(string)
	}
	for _, c := range []struct {
		want string
		args []string
	}{
		{"one a b c", nil},
		{"one b", []string{"oldest", ts["a"], "latest", ts["c"]}},
		{"one a b c", []string{"oldest", ts["a"], "latest", ts["c"], "inclusive", "true"}},
	} {
		if got := a.ok(a.form("conversations.replies", append([]string{"channel", ops, "ts", ts["one"]}, c.args...)...)).said(); got != c.want {
			t.Errorf("replies %q: %s, want %s", c.args, got, c.want)
		}
	}
	page := a.ok(a.form("conversations.replies", "channel", ops, "ts", ts["b"], "limit", "2"))
	if rest := a.ok(a.form("conversations.replies", "channel", ops, "ts", ts["b"], "limit", "2", "cursor", get(page, "response_metadata", "next_cursor").(string))); page.said() != "one a b" || rest.said() != "one c" {
		t.Errorf("pages of a thread: %s, then %s; the parent comes with each", page.said(), rest.said())
	}
	a.server.SetReadLag(time.Minute)
	if got := a.ok(a.form("conversations.replies", "channel", ops, "ts", ts["one"])).said(); got != "one" {
		t.Errorf("replies that cannot be read yet: %s", got)
	}
}

// TestPagesHaveASize: a hundred without a limit, 999 at most, and no list of channels of a
// thousand.
func TestPagesHaveASize(t *testing.T) {
	a := start(t, Config{})
	ops := a.channel("ops")
	for range 1001 {
		if _, err := a.server.As("dev1").Type("ops", "x"); err != nil {
			t.Fatal(err)
		}
	}
	for limit, want := range map[string]int{"": 100, "999": 999, "1000": 999, "5000": 999} {
		if got := len(a.ok(a.form("conversations.history", "channel", ops, "limit", limit))["messages"].([]any)); got != want {
			t.Errorf("limit %q: %d messages, want %d", limit, got, want)
		}
	}
	for n := range 998 { // beside #general and #ops
		a.server.AddChannel(fmt.Sprintf("c-%d", n), false)
	}
	for limit, want := range map[string]int{"": 100, "0": 100, "1": 1, "999": 999} {
		if got := len(a.ok(a.form("conversations.list", "limit", limit))["channels"].([]any)); got != want {
			t.Errorf("limit %q: %d channels, want %d", limit, got, want)
		}
	}
	a.wantError(a.form("conversations.list", "limit", "1000"), "invalid_limit")
	a.wantError(a.form("conversations.list", "limit", "many"), "invalid_limit")
	a.wantError(a.form("conversations.history", "channel", ops, "limit", "-1"), "invalid_limit")
}

func TestPinsAreListedNewestFirst(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	ops := a.channel("ops")
	var stamps []string
	for _, text := range []string{"one", "two"} {
		ts := a.ok(a.form("chat.postMessage", "channel", ops, "text", text))["ts"].(string)
		a.ok(a.form("pins.add", "channel", ops, "timestamp", ts))
		stamps = append(stamps, ts)
	}
	list := a.ok(a.form("pins.list", "channel", ops))
	if get(list, "items", 0, "message", "text") != "two" || get(list, "items", 1, "message", "text") != "one" {
		t.Errorf("items = %v", list["items"])
	}
	if history := a.ok(a.form("conversations.history", "channel", ops)); history["pin_count"] != 2.0 {
		t.Errorf("pin_count = %v", history["pin_count"])
	}
	for i, ts := range stamps {
		seq := a.server.Seq()
		a.ok(a.form("pins.remove", "channel", ops, "timestamp", ts))
		removed := a.wantEvent("pin_removed", func(e object) bool { return get(e, "item", "message", "ts") == ts })
		if has := removed.event()["has_pins"]; has != (i == 0) {
			t.Errorf("after %d of 2 were removed, has_pins = %v", i+1, has)
		}
		told := map[string]bool{}
		changes, _, _ := a.server.ChangesAfter(seq)
		for _, c := range changes {
			told[c.Kind] = true
		}
		if !told["message"] || !told["channel"] {
			t.Errorf("the page hears %v of a pin that is gone, not of its message and channel", told)
		}
	}
	a.server.mu.hold(func() {
		seq := a.server.journal.seq
		ch := a.server.channels.get(ops)
		if err := a.server.chat.pin(ch, ch.byTS[stamps[0]], "U0DEV1"); err != nil {
			t.Fatal(err)
		}
		told := map[string]bool{}
		changes, _ := a.server.journal.after(seq)
		for _, c := range changes {
			told[c.Kind] = true
		}
		if !told["message"] || !told["channel"] {
			t.Errorf("the page hears %v of a pin, not of its message and channel", told)
		}
	})
}

// TestFramesHaveASize, and Slack's pauses are as documented where nobody sets others.
func TestFramesHaveASize(t *testing.T) {
	c := Config{}.withDefaults()
	if c.Ack != 3*time.Second || c.Ping > 10*time.Second || fmt.Sprint(c.RetryDelays) != "[0s 1m0s 5m0s]" {
		t.Errorf("defaults: ack %v, ping %v, retries %v", c.Ack, c.Ping, c.RetryDelays)
	}
	a := start(t, Config{})
	conn, _, err := websocket.DefaultDialer.Dial(a.ok(a.call("apps.connections.open", nil))["url"].(string), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ponged, closed := make(chan string, 1), make(chan error, 1)
	conn.SetPongHandler(func(text string) error { ponged <- text; return nil })
	go func() {
		for {
			if _, _, err := conn.ReadMessage(); err != nil {
				closed <- err
				return
			}
		}
	}()
	frame := func(size int) {
		t.Helper()
		if err := conn.WriteMessage(websocket.TextMessage, []byte(strings.Repeat(" ", size))); err != nil {
			t.Fatal(err)
		}
	}
	frame(20_480)
	if err := conn.WriteControl(websocket.PingMessage, []byte("behind it"), time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ponged:
	case err := <-closed:
		t.Fatalf("after a frame that is as big as one may be: %v", err)
	}
	frame(20_481)
	select {
	case err := <-closed:
		if !websocket.IsCloseError(err, websocket.CloseMessageTooBig) {
			t.Errorf("after a frame that is too big: %v", err)
		}
	case <-within(t).Done():
		t.Error("a frame that is too big was taken")
	}
}

// TestOnlyEventsComeAgain: a command or a press that nobody answered is lost.
func TestOnlyEventsComeAgain(t *testing.T) {
	clock := &clockwork{now: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
	a := start(t, Config{Now: clock.Now})
	a.dial()
	a.onFrame(func(frameIn) (any, bool) { return nil, false })
	done := make(chan string, 2)
	go func() {
		r, err := a.server.As("dev1").Slash(within(t), "ops", "/inc", "")
		done <- fmt.Sprint(r.Error, err)
	}()
	go func() {
		r, err := a.server.As("dev1").Shortcut(within(t), "global_shortcut")
		done <- fmt.Sprint(r.Error, err)
	}()
	a.want(func(f frameIn) bool { return f.Type == "slash_commands" })
	a.want(func(f frameIn) bool { return f.Type == "interactive" })
	clock.move(a.server, 3*time.Second)
	for range 2 {
		if got := <-done; got != "operation_timeout<nil>" {
			t.Errorf("the person sees %s", got)
		}
	}
	for range 12 {
		clock.move(a.server, time.Minute)
	}
	if n := len(a.server.Envelopes("")); n != 2 {
		t.Errorf("%d envelopes, want each once", n)
	}
}

// TestThreadsAreCounted on their parent, also when a reply goes.
func TestThreadsAreCounted(t *testing.T) {
	a := start(t, Config{})
	ops := a.channel("ops")
	root := a.ok(a.form("chat.postMessage", "channel", ops, "text", "root"))["ts"].(string)
	var replies []string
	for _, who := range []string{"dev1", "sre1", "dev1"} {
		ts, err := a.server.As(who).Type("ops", "reply", root)
		if err != nil {
			t.Fatal(err)
		}
		replies = append(replies, ts)
	}
	is := func(count int, latest string, users ...string) {
		t.Helper()
		m, _ := a.server.Message("ops", root)
		if m.ReplyCount != count || m.LatestReply != latest || strings.Join(m.ReplyUsers, " ") != strings.Join(users, " ") || m.ReplyUsersCount != len(users) {
			t.Errorf("parent counts %d, latest %s, users %v", m.ReplyCount, m.LatestReply, m.ReplyUsers)
		}
	}
	is(3, replies[2], "U0DEV1", "U0SRE1")
	if err := a.server.As("dev1").Delete("ops", replies[2]); err != nil {
		t.Fatal(err)
	}
	is(2, replies[1], "U0DEV1", "U0SRE1")
	if err := a.server.As("dev1").Delete("ops", replies[0]); err != nil {
		t.Fatal(err)
	}
	is(1, replies[1], "U0SRE1")
	if _, err := a.server.As("sre1").Type("ops", "one more", root); err != nil {
		t.Fatal(err)
	}
	if n := a.state("dev1").channel("ops").Unread; n != 0 {
		t.Errorf("%d unread: replies of a thread are none of the channel's", n)
	}
}

// TestMembersHaveRules: who can be invited, and who can leave.
func TestMembersHaveRules(t *testing.T) {
	a := start(t, Config{})
	ops := a.channel("ops")
	a.server.AddUser(User{ID: "U0GUEST", Name: "guest", SingleGuest: true})
	a.server.AddUser(User{ID: "U0OTHER", Name: "other", Stranger: true})
	a.server.AddChannel("home", false, "U0GUEST")
	a.wantError(a.form("conversations.invite", "channel", ops, "users", "U0GUEST"), "ura_max_channels")
	if err := a.server.As("dev1").Invite("ops", "U0GUEST"); err == nil {
		t.Error("a person invited a guest of another channel")
	}
	a.wantError(a.form("conversations.invite", "channel", ops, "users", strings.Repeat("U0DEV2,", 101)), "too_many_users")
	refused := a.form("conversations.invite", "channel", ops, "users", "U0SRE1,U0NOBODY", "force", "true")
	a.wantError(refused, "already_in_channel") // nobody is left who could come
	if get(refused, "errors", 1, "user") != "U0NOBODY" {
		t.Errorf("errors = %v", refused["errors"])
	}
	if reply := a.ok(a.form("conversations.invite", "channel", ops, "users", "U0DEV2,U0NOBODY", "force", "true")); get(reply, "errors", 0, "error") != "user_not_found" {
		t.Errorf("errors = %v", reply["errors"])
	}
	alone := get(a.ok(a.form("conversations.create", "name", "alone", "is_private", "true")), "channel", "id").(string)
	a.wantError(a.form("conversations.leave", "channel", alone), "last_member")
	renamed := a.ok(a.form("conversations.rename", "channel", ops, "name", "ops-2"))
	if names := get(renamed, "channel", "previous_names").([]any); len(names) != 1 || names[0] != "ops" {
		t.Errorf("previous_names = %v", names)
	}
	for _, m := range a.ok(a.form("users.list"))["members"].([]any) {
		if get(m, "id") == "U0OTHER" {
			t.Error("somebody of another workspace is listed")
		}
	}
	if info := a.ok(a.form("users.info", "user", "U0OTHER")); get(info, "user", "is_stranger") != true {
		t.Errorf("user = %v", info["user"])
	}
	group := get(a.ok(a.form("usergroups.create", "name", "Rota", "handle", "rota")), "usergroup", "id").(string)
	a.wantError(a.form("usergroups.users.update", "usergroup", group, "users", "U0DEV1,U0GUEST"), "failed_for_some_users")
	a.server.AddUser(User{ID: "U0ROBOT", Name: "robot", IsBot: true})
	for _, bot := range []string{slackbotID, "U0ROBOT"} {
		a.wantError(a.form("chat.postMessage", "channel", bot, "text", "hello"), "cannot_dm_bot")
	}
}

// TestFilesAreRefused where Slack would refuse them.
func TestFilesAreRefused(t *testing.T) {
	a := start(t, Config{})
	ops := a.channel("ops")
	upload := func() string {
		t.Helper()
		got := a.ok(a.form("files.getUploadURLExternal", "filename", "a.txt", "length", "2"))
		if status, _ := postJSON(t, got["upload_url"].(string), object{}); status != 200 {
			t.Fatalf("upload: %d", status)
		}
		return `[{"id":"` + got["file_id"].(string) + `"}]`
	}
	a.wantError(a.form("files.completeUploadExternal", "files", upload(), "channel_id", ops, "initial_comment", "x", "blocks", `[{"type":"divider"}]`), "invalid_arguments")
	a.wantError(a.form("files.completeUploadExternal", "files", upload(), "channel_id", ops, "thread_ts", "1.000001"), "invalid_thread_ts")
	if n := len(a.server.Messages("ops")); n != 0 {
		t.Errorf("%d messages after refusals only", n)
	}
	a.ok(a.form("files.completeUploadExternal", "files", upload(), "channel_id", ops))
	if m := a.server.Messages("ops")[0]; m.BotProfile == nil || m.User != a.server.BotUserID() {
		t.Errorf("the message of a file is not signed: %+v", m)
	}
}

// TestRetryAfterIsEnough: whoever waits for as long as the answer says gets through.
func TestRetryAfterIsEnough(t *testing.T) {
	clock := &clockwork{now: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
	a := start(t, Config{Now: clock.Now, RateLimits: true})
	for a.form("users.list")["error"] == nil {
		clock.move(a.server, 10*time.Millisecond)
	}
	wait, err := strconv.Atoi(a.form("users.list")["retry_after"].(string))
	if err != nil || wait < 1 || wait > 3 {
		t.Fatalf("retry after %d, %v; a call of tier 2 is due every three seconds", wait, err)
	}
	clock.move(a.server, time.Duration(wait)*time.Second)
	a.ok(a.form("users.list"))
}

// TestClosingModals: the app hears of it if it asked to, and one that clears closes all.
func TestClosingModals(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	dev := a.server.As("dev1")
	silent := modal("Silent")
	silent["notify_on_close"] = false
	a.ok(openModal(t, a, silent))
	if err := dev.CloseView(false); err != nil {
		t.Fatal(err)
	}
	a.ok(openModal(t, a, modal("First")))
	r, err := dev.ChooseView(within(t), "sev", "1")
	if err != nil {
		t.Fatal(err)
	}
	clears := modal("Second")
	clears["clear_on_close"] = true
	a.ok(a.call("views.push", object{"trigger_id": r.TriggerID, "view": clears}))
	if err := dev.CloseView(false); err != nil {
		t.Fatal(err)
	}
	if n := len(dev.Views()); n != 0 {
		t.Errorf("%d modals are open after one that clears was closed", n)
	}
	closed := a.want(func(f frameIn) bool { return f.Payload["type"] == "view_closed" })
	if get(closed.Payload, "view", "title", "text") != "First" || closed.Payload["is_cleared"] != true {
		t.Errorf("payload = %v", closed.Payload)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, f := range a.seen {
		if f.Payload["type"] == "view_closed" && get(f.Payload, "view", "title", "text") == "Silent" {
			t.Error("the app was told of a modal that it did not ask about")
		}
	}
}

// TestInputsOfAModal: a choice in an input is kept until it is submitted, unless the block
// dispatches; a select may begin at the conversation that one comes from; and what is
// typed stays only in an element of the same type.
func TestInputsOfAModal(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	dev := a.server.As("dev1")
	options := []object{{"text": plain("One"), "value": "1"}}
	input := func(id string, dispatch bool, element object) object {
		element["action_id"] = "a"
		return object{"type": "input", "block_id": id, "label": plain(id), "optional": true, "dispatch_action": dispatch, "element": element}
	}
	view := object{"type": "modal", "title": plain("T"), "submit": plain("Go"), "blocks": []object{
		input("quiet", false, object{"type": "static_select", "options": options}), input("loud", true, object{"type": "static_select", "options": options}),
		input("here", false, object{"type": "conversations_select", "default_to_current_conversation": true}),
		input("there", false, object{"type": "conversations_select", "default_to_current_conversation": true, "initial_conversation": a.channel("general")}),
		input("typed", false, object{"type": "plain_text_input"}),
	}}
	id := get(a.ok(openModal(t, a, view)), "view", "id")
	for _, block := range []string{"quiet", "loud"} {
		if _, err := dev.ChooseView(within(t), block+"/a", "1"); err != nil {
			t.Fatal(err)
		}
	}
	pressed := a.want(func(f frameIn) bool { return f.Payload["type"] == "block_actions" })
	if got := get(pressed.Payload, "actions", 0, "block_id"); got != "loud" {
		t.Errorf("the app was told of %v first", got)
	}
	if n := len(a.server.Envelopes("interactive")); n != 1 {
		t.Errorf("%d envelopes came of an input that dispatches and one that does not", n)
	}
	values := get(pressed.Payload, "view", "state", "values")
	if get(values, "quiet", "a", "selected_option", "value") != "1" || get(values, "here", "a", "selected_conversation") != a.channel("ops") || get(values, "there", "a", "selected_conversation") != a.channel("general") {
		t.Errorf("values = %v", values)
	}
	if err := dev.Fill(map[string]any{"typed": "dev1@example.com"}); err != nil {
		t.Fatal(err)
	}
	view["blocks"].([]object)[4] = input("typed", false, object{"type": "email_text_input"})
	updated := a.ok(a.call("views.update", object{"view_id": id, "view": view}))
	if got := get(updated, "view", "state", "values", "typed", "a", "value"); got != nil {
		t.Errorf("an element of another type begins with %v", got)
	}
	for words, good := range map[int]bool{75: true, 76: false} {
		o := map[string]any{"text": map[string]any{"type": "plain_text", "text": strings.Repeat("é", words)}, "value": "v"}
		if brokenOption(o) == good {
			t.Errorf("an option of %d characters is taken for good: %t", words, !good)
		}
	}
}

// TestWhatIsOverStaysAsItIs: in an archived channel nothing changes any more.
func TestWhatIsOverStaysAsItIs(t *testing.T) {
	clock := &clockwork{now: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
	a := start(t, Config{Now: clock.Now})
	a.dial()
	ops := a.channel("ops")
	ts := a.ok(a.form("chat.postMessage", "channel", ops, "text", "card"))["ts"].(string)
	a.ok(a.form("reactions.add", "channel", ops, "timestamp", ts, "name", "eyes"))
	pressed, err := a.server.As("dev1").Slash(within(t), "ops", "/inc", "")
	if err != nil {
		t.Fatal(err)
	}
	a.ok(a.form("chat.scheduleMessage", "channel", ops, "text", "later", "post_at", strconv.FormatInt(clock.Now().Add(time.Hour).Unix(), 10)))
	if err := a.server.As("dev1").Archive("ops"); err != nil {
		t.Fatal(err)
	}
	before := len(a.server.Messages("ops"))
	a.wantError(a.form("chat.update", "channel", ops, "ts", ts, "text", "new"), "is_inactive")
	a.wantError(a.form("reactions.remove", "channel", ops, "timestamp", ts, "name", "eyes"), "is_archived")
	if status, body := postJSON(t, pressed.ResponseURL, object{"text": "x", "response_type": "in_channel"}); !strings.Contains(body, "channel_is_archived") {
		t.Errorf("a response: %d %s", status, body)
	}
	clock.move(a.server, time.Hour)
	if n := len(a.server.Messages("ops")); n != before {
		t.Errorf("%d messages came into an archived channel", n-before)
	}
}

func TestThirtyScheduledInFiveMinutes(t *testing.T) {
	clock := &clockwork{now: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
	a := start(t, Config{Now: clock.Now})
	later := func(d time.Duration) object {
		return a.form("chat.scheduleMessage", "channel", a.channel("ops"), "text", "x", "post_at", strconv.FormatInt(clock.Now().Add(d).Unix(), 10))
	}
	for range 30 {
		a.ok(later(time.Hour))
	}
	a.wantError(later(time.Hour+4*time.Minute), "restricted_too_many")
	a.ok(later(time.Hour + 5*time.Minute))
}

// TestResponsesAndUpdates: responses have no cap on blocks, five of them count, and a text alone takes attachments
// and blocks away from a message.
func TestResponsesAndUpdates(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	ops := a.channel("ops")
	got, err := a.server.As("dev1").Slash(within(t), "ops", "/inc", "")
	if err != nil {
		t.Fatal(err)
	}
	for n := range 5 {
		if status, body := postJSON(t, got.ResponseURL, object{"text": "x", "blocks": decodeBlocks([]byte(longBlocks(5)))}); status != 200 || body != "ok" {
			t.Errorf("response %d: %d %s", n+1, status, body)
		}
	}
	if status, _ := postJSON(t, got.ResponseURL, object{"text": "x"}); status != 404 {
		t.Errorf("the sixth: %d", status)
	}
	ts := a.ok(a.form("chat.postMessage", "channel", ops, "text", "x", "attachments", `[{"text":"more"}]`, "blocks", `[{"type":"divider"}]`))["ts"].(string)
	a.ok(a.form("chat.update", "channel", ops, "ts", ts, "blocks", `[{"type":"divider"},{"type":"divider"}]`))
	if m, _ := a.server.Message("ops", ts); m.Text != "x" || m.Attachments == nil || len(decodeBlocks(m.Blocks)) != 2 {
		t.Errorf("after new blocks: %+v", m)
	}
	a.ok(a.form("chat.update", "channel", ops, "ts", ts, "text", "y"))
	if m, _ := a.server.Message("ops", ts); m.Text != "y" || m.Attachments != nil || m.Blocks != nil {
		t.Errorf("after a new text: %+v", m)
	}
}
