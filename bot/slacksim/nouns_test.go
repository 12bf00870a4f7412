package slacksim

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestPinsAndReactions(t *testing.T) {
	a := start(t, Config{})
	ops := a.channel("ops")
	dev := a.server.As("dev1")
	ts, err := dev.Type("ops", "evidence")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ method, want string }{
		{"pins.add", ""}, {"pins.add", "already_pinned"}, {"pins.remove", ""}, {"pins.remove", "no_pin"},
	} {
		reply := a.form(step.method, "channel", ops, "timestamp", ts)
		if step.want == "" {
			a.ok(reply)
		} else {
			a.wantError(reply, step.want)
		}
	}
	a.wantError(a.form("pins.add", "channel", ops, "timestamp", "1.000000"), "message_not_found")
	a.wantError(a.form("pins.add", "channel", ops), "no_item_specified")
	if err := dev.Pin("ops", ts); err != nil {
		t.Fatal(err)
	}
	list := a.ok(a.form("pins.list", "channel", ops))
	if get(list, "items", 0, "created_by") != "U0DEV1" || get(list, "items", 0, "message", "permalink") == nil {
		t.Errorf("pins = %v", list)
	}
	react := func(name string) object {
		return a.form("reactions.add", "channel", ops, "timestamp", ts, "name", name)
	}
	a.ok(react("eyes"))
	a.wantError(react("eyes"), "already_reacted")
	a.wantError(react(":eyes:"), "invalid_name")
	a.ok(react("thumbsup::skin-tone-3"))
	if err := dev.React("ops", ts, "eyes"); err != nil {
		t.Fatal(err)
	}
	m, _ := a.server.Message("ops", ts)
	if len(m.Reactions) != 2 || m.Reactions[0].Count != 2 || len(m.PinnedTo) != 1 {
		t.Errorf("message = %+v", m)
	}
	a.ok(a.form("reactions.remove", "channel", ops, "timestamp", ts, "name", "eyes"))
	a.wantError(a.form("reactions.remove", "channel", ops, "timestamp", ts, "name", "eyes"), "no_reaction")
	got := a.ok(a.form("reactions.get", "channel", ops, "timestamp", ts))
	if get(got, "message", "reactions", 0, "users", 0) != "U0DEV1" || get(got, "message", "permalink") == nil {
		t.Errorf("reactions = %v", got)
	}
}

// TestReactionsAreTold to the app with whose message it is, the app's own too.
func TestReactionsAreTold(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	ts, err := a.server.As("dev1").Type("ops", "evidence")
	if err != nil {
		t.Fatal(err)
	}
	about := func(user string) func(object) bool {
		return func(e object) bool {
			return e["user"] == user && e["reaction"] == "eyes" && e["item_user"] == "U0DEV1" && get(e, "item", "ts") == ts && get(e, "item", "channel") == a.channel("ops")
		}
	}
	if err := a.server.As("sre1").React("ops", ts, "eyes"); err != nil {
		t.Fatal(err)
	}
	a.wantEvent("reaction_added", about("U0SRE1"))
	if err := a.server.As("sre1").Unreact("ops", ts, "eyes"); err != nil {
		t.Fatal(err)
	}
	a.wantEvent("reaction_removed", about("U0SRE1"))
	a.ok(a.form("reactions.add", "channel", a.channel("ops"), "timestamp", ts, "name", "eyes"))
	a.wantEvent("reaction_added", about(a.server.BotUserID()))
}

// TestPinsAndReactionsHaveLimits, as Slack's have.
func TestPinsAndReactionsHaveLimits(t *testing.T) {
	a := start(t, Config{})
	dev, sre := a.server.As("dev1"), a.server.As("sre1")
	var last string
	for n := range maxPins + 1 {
		ts, err := dev.Type("ops", "evidence")
		if err != nil {
			t.Fatal(err)
		}
		if err := dev.Pin("ops", ts); (err != nil) != (n == maxPins) {
			t.Fatalf("pin %d: %v", n+1, err)
		}
		last = ts
	}
	react := func(p *Person, n int) error { return p.React("ops", last, "e"+strconv.Itoa(n)) }
	for n := range maxEmojiPerPerson + 1 {
		if err := react(dev, n); (err != nil) != (n == maxEmojiPerPerson) {
			t.Fatalf("reaction %d: %v", n+1, err)
		}
	}
	a.server.AddUser(User{ID: "U0SRE3", Name: "sre3"})
	if err := sre.Invite("ops", "U0SRE3"); err != nil {
		t.Fatal(err)
	}
	for n := range maxEmojiPerPerson {
		if err := react(sre, 100+n); err != nil {
			t.Fatal(err)
		}
	}
	others := maxEmojiPerMessage - 2*maxEmojiPerPerson
	for n := range others + 1 {
		if err := react(a.server.As("sre3"), 200+n); (err != nil) != (n == others) {
			t.Fatalf("emoji %d of the message: %v", 2*maxEmojiPerPerson+n+1, err)
		}
	}
	if err := react(a.server.As("sre3"), 0); err != nil {
		t.Errorf("an emoji that is there already: %v", err)
	}
}

func TestDeletingUnpins(t *testing.T) {
	a := start(t, Config{})
	dev := a.server.As("dev1")
	for _, replies := range []int{0, 1} {
		ts, err := dev.Type("ops", "evidence")
		if err != nil {
			t.Fatal(err)
		}
		if err := dev.Pin("ops", ts); err != nil {
			t.Fatal(err)
		}
		for range replies {
			a.ok(a.form("chat.postMessage", "channel", "ops", "text", "reply", "thread_ts", ts))
		}
		if err := dev.Delete("ops", ts); err != nil {
			t.Fatal(err)
		}
		m, there := a.server.Message("ops", ts)
		if there != (replies > 0) || there && (m.Subtype != "tombstone" || m.ReplyCount != replies || m.PinnedTo != nil) {
			t.Errorf("with %d replies: there = %t, %+v", replies, there, m)
		}
		if pins := a.server.Pins("ops"); len(pins) != 0 {
			t.Errorf("with %d replies: pins = %v", replies, pins)
		}
	}
}

func TestBookmarks(t *testing.T) {
	a := start(t, Config{})
	ops := a.channel("ops")
	add := func(link string) object {
		return a.form("bookmarks.add", "channel_id", ops, "title", "T", "type", "link", "link", link)
	}
	a.wantError(add("ftp://x"), "invalid_link")
	id := get(a.ok(add("https://example.com")), "bookmark", "id").(string)
	a.ok(add("https://example.com"))
	if n := len(a.server.Bookmarks("ops")); n != 2 {
		t.Errorf("%d bookmarks: adding twice gives two", n)
	}
	edited := a.ok(a.form("bookmarks.edit", "channel_id", ops, "bookmark_id", id, "title", "New"))
	if get(edited, "bookmark", "title") != "New" || get(edited, "bookmark", "link") != "https://example.com" {
		t.Errorf("edited = %v", edited)
	}
	a.ok(a.form("bookmarks.remove", "channel_id", ops, "bookmark_id", id))
	a.wantError(a.form("bookmarks.remove", "channel_id", ops, "bookmark_id", id), "not_found")
}

func TestUserGroups(t *testing.T) {
	a := start(t, Config{FreePlan: true})
	a.wantError(a.form("usergroups.list"), "paid_teams_only")
	a.server.SetPaidPlan(true)
	id := get(a.ok(a.form("usergroups.create", "name", "Database", "handle", "oncall-db")), "usergroup", "id").(string)
	a.wantError(a.form("usergroups.create", "name", "Other", "handle", "oncall-db"), "handle_already_exists")
	a.wantError(a.form("usergroups.create", "name", "Other", "handle", "ops"), "handle_already_exists")
	update := func(users string) object {
		return a.form("usergroups.users.update", "usergroup", id, "users", users)
	}
	a.wantError(update(""), "no_users_provided")
	a.wantError(update("U0NOBODY"), "invalid_users")
	a.ok(update("U0DEV1,U0DEV2"))
	replaced := a.ok(update("U0SRE1"))
	if get(replaced, "usergroup", "users", 0) != "U0SRE1" || get(replaced, "usergroup", "user_count") != 1.0 {
		t.Errorf("group = %v", replaced)
	}
	describe := func(field, value string) object {
		return a.form("usergroups.update", "usergroup", id, field, value)
	}
	a.ok(describe("description", strings.Repeat("é", 140)))
	a.wantError(describe("description", strings.Repeat("é", 141)), "description_too_long")
	a.ok(describe("name", strings.Repeat("é", 80)))
	a.wantError(describe("name", strings.Repeat("é", 81)), "name_too_long")
	a.ok(describe("handle", "oncall-db")) // its own
	a.wantError(describe("handle", "dev1"), "handle_already_exists")
	a.wantError(describe("handle", "Two words"), "bad_handle")
	a.ok(a.form("usergroups.disable", "usergroup", id))
	if groups := a.ok(a.form("usergroups.list"))["usergroups"].([]any); len(groups) != 0 {
		t.Errorf("groups = %v", groups)
	}
	if groups := a.ok(a.form("usergroups.list", "include_disabled", "true", "include_users", "true"))["usergroups"]; get(groups, 0, "users", 0) != "U0SRE1" {
		t.Errorf("groups = %v", groups)
	}
	a.wantError(a.form("usergroups.enable", "usergroup", "S0"), "no_such_subteam")
}

// TestUserGroupsAreTold: who came and who went, and then the group as it is.
func TestUserGroupsAreTold(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	id := get(a.ok(a.form("usergroups.create", "name", "Database", "handle", "oncall-db")), "usergroup", "id").(string)
	a.wantEvent("subteam_created", func(e object) bool { return get(e, "subteam", "id") == id })
	for _, c := range []struct {
		users          string
		added, removed int
	}{{"U0DEV1,U0DEV2,U0DEV1", 2, 0}, {"U0DEV2,U0SRE1", 1, 1}} {
		a.ok(a.form("usergroups.users.update", "usergroup", id, "users", c.users))
		e := a.wantEvent("subteam_members_changed", func(e object) bool { return e["subteam_id"] == id && e["added_users_count"] == float64(c.added) }).event()
		added, _ := e["added_users"].([]any)
		removed, _ := e["removed_users"].([]any)
		if len(added) != c.added || len(removed) != c.removed || e["removed_users_count"] != float64(c.removed) {
			t.Errorf("%s: told %v", c.users, e)
		}
		a.wantEvent("subteam_updated", func(e object) bool { return get(e, "subteam", "user_count") == 2.0 })
	}
}

func TestFilesInThreeSteps(t *testing.T) {
	a := start(t, Config{AsyncShares: 10 * time.Millisecond})
	a.dial()
	ops := a.channel("ops")
	content := []byte("# Postmortem\n")
	upload := a.ok(a.form("files.getUploadURLExternal", "filename", "pm.md", "length", strconv.Itoa(len(content))))
	link, id := upload["upload_url"].(string), upload["file_id"].(string)
	if !strings.HasPrefix(link, a.base) {
		t.Errorf("upload_url %q is not on the same origin", link)
	}
	complete := func(files string) object {
		return a.form("files.completeUploadExternal", "files", files, "channel_id", ops, "initial_comment", "see")
	}
	wanted := `[{"id":"` + id + `","title":"Postmortem"}]`
	a.wantError(complete(wanted), "file_not_found")
	if status := uploadForm(t, link, content[1:]); status != http.StatusBadRequest {
		t.Errorf("a short upload: %d", status)
	}
	if status := uploadForm(t, link, content); status != http.StatusOK {
		t.Errorf("upload: %d", status)
	}
	if reply := a.ok(complete(wanted)); get(reply, "files", 0, "shares") != nil {
		t.Errorf("shares came at once: %v", reply)
	}
	f := a.wantEvent("message", func(e object) bool { return e["subtype"] == "file_share" })
	if get(f.event(), "files", 0, "id") != id || f.event()["text"] != "see" {
		t.Errorf("event = %v", f.event())
	}
	info := a.ok(a.form("files.info", "file", id))
	if get(info, "file", "shares", "public", ops, 0, "ts") != f.event()["ts"] {
		t.Errorf("info = %v", info)
	}
	private := get(info, "file", "url_private").(string)
	if kind, _ := download(t, private, ""); !strings.HasPrefix(kind, "text/html") {
		t.Errorf("without a token: %s", kind)
	}
	if _, body := download(t, private, a.server.BotToken()); body != string(content) {
		t.Errorf("content = %q", body)
	}
	if files := a.server.Files(); len(files) != 1 || !bytes.Equal(files[0].Content, content) || files[0].Title != "Postmortem" {
		t.Errorf("files = %v", files)
	}
}

func uploadForm(t *testing.T, link string, content []byte) int {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("filename", "pm.md")
	if err != nil {
		t.Fatal(err)
	}
	part.Write(content)
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(link, form.FormDataContentType(), &body)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

func download(t *testing.T, link, token string) (kind, body string) {
	t.Helper()
	req, err := http.NewRequest("GET", link, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.Header.Get("Content-Type"), string(data)
}

func TestUsers(t *testing.T) {
	clock := &clockwork{now: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
	a := start(t, Config{Now: clock.Now})
	a.server.AddUser(User{ID: "U0LEAD", Name: "lead1", Email: "lead1@example.com", TZ: "Asia/Kolkata", Guest: true})
	info := a.ok(a.form("users.info", "user", "U0LEAD", "include_locale", "true"))
	if get(info, "user", "tz_offset") != 19800.0 || get(info, "user", "is_restricted") != true || get(info, "user", "profile", "email") != "lead1@example.com" {
		t.Errorf("user = %v", info["user"])
	}
	a.server.RemoveScopes("users:read.email")
	if info := a.ok(a.form("users.info", "user", "U0LEAD")); get(info, "user", "profile", "email") != nil {
		t.Error("the address came without its scope")
	}
	a.server.GrantScopes("users:read.email")
	a.ok(a.form("users.lookupByEmail", "email", "LEAD1@example.com"))
	a.server.Deactivate("U0LEAD")
	a.wantError(a.form("users.lookupByEmail", "email", "lead1@example.com"), "users_not_found")
	a.wantError(a.form("users.info", "user", "U0NOBODY"), "user_not_found")
	page := a.ok(a.form("users.list", "limit", "4"))
	next := get(page, "response_metadata", "next_cursor").(string)
	if rest := a.ok(a.form("users.list", "limit", "4", "cursor", next)); len(rest["members"].([]any)) != 2 {
		t.Errorf("rest = %v", rest["members"])
	}
	a.server.SetDND("U0DEV1", clock.Now().Add(time.Hour))
	if dnd := a.ok(a.form("dnd.info", "user", "U0DEV1")); dnd["dnd_enabled"] != true || dnd["next_dnd_end_ts"] != float64(clock.Now().Add(time.Hour).Unix()) {
		t.Errorf("dnd = %v", dnd)
	}
	clock.move(a.server, 2*time.Hour)
	if dnd := a.ok(a.form("dnd.info", "user", "U0DEV1")); dnd["dnd_enabled"] != false {
		t.Errorf("dnd two hours later = %v", dnd)
	}
}

func TestScheduledMessages(t *testing.T) {
	clock := &clockwork{now: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
	a := start(t, Config{Now: clock.Now})
	ops := a.channel("ops")
	at := func(d time.Duration) string { return strconv.FormatInt(clock.Now().Add(d).Unix(), 10) }
	later := func(post string, more ...string) object {
		return a.form("chat.scheduleMessage", append([]string{"channel", ops, "text", "later", "post_at", post}, more...)...)
	}
	a.wantError(later(at(-time.Minute)), "time_in_past")
	a.wantError(later(at(121*24*time.Hour)), "time_too_far")
	a.wantError(later("soon"), "invalid_time")
	a.ok(later(at(time.Hour)))
	a.ok(later(at(time.Hour), "metadata", `{"event_type":"e","event_payload":{"a":"b"}}`))
	gone := a.ok(later(at(time.Hour)))["scheduled_message_id"].(string)
	list := a.ok(a.form("chat.scheduledMessages.list", "channel", ops))["scheduled_messages"].([]any)
	if len(list) != 3 || !strings.HasPrefix(gone, "Q") {
		t.Errorf("list = %v", list)
	}
	a.ok(a.form("chat.deleteScheduledMessage", "channel", ops, "scheduled_message_id", gone))
	a.wantError(a.form("chat.deleteScheduledMessage", "channel", ops, "scheduled_message_id", gone), "invalid_scheduled_message_id")
	clock.move(a.server, time.Hour)
	if all := a.server.Messages("ops"); len(all) != 1 || all[0].Text != "later" {
		t.Errorf("messages = %v: one with metadata never posts", all)
	}
}
