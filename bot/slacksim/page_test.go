package slacksim

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"testing"
)

// fetch reads one of the page's files as a browser would.
func fetch(t *testing.T, address string) (*http.Response, string) {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestPageIsServedUnderItsPolicy(t *testing.T) {
	a := start(t, Config{})
	for file, kind := range map[string]string{"/": "text/html", "/app.js": "text/javascript", "/frame.css": "text/css"} {
		resp, _ := fetch(t, a.base+file)
		if got := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || !strings.HasPrefix(got, kind) {
			t.Errorf("%s: status %d, type %q, want 200 and %s", file, resp.StatusCode, got, kind)
		}
		policy := resp.Header.Get("Content-Security-Policy")
		for _, rule := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'"} {
			if !strings.Contains(policy, rule) {
				t.Errorf("%s: policy %q lacks %q", file, policy, rule)
			}
		}
	}
	if resp, _ := fetch(t, a.base+"/page.go"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("a file beside the page: status %d, want 404", resp.StatusCode)
	}
}

// TestPageWritesWithLetters: the fonts of emoji hold digits and a space too, and draw them
// wide apart where none of the fonts before is installed.
func TestPageWritesWithLetters(t *testing.T) {
	for _, name := range []string{"page/frame.css", "page/content.css"} {
		sheet, err := fs.ReadFile(pageFiles, name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(string(sheet), "\n") {
			if strings.Contains(line, "Emoji\"") && !strings.HasPrefix(line, ".emoji {") && !strings.Contains(line, "src: local(") {
				t.Errorf("%s draws more than emoji with their font: %s", name, line)
			}
		}
	}
}

// The page builds nodes and sets text; whatever parses text as markup or code
// would let a message run something.
func TestPageParsesNoText(t *testing.T) {
	parsing := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|srcdoc|\beval\(|new Function|setAttribute\('on`)
	imported := regexp.MustCompile(`(?m)^import [^;]*'\./([a-z]+\.js)';`)
	err := fs.WalkDir(pageFiles, "page", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".js" && path.Ext(name) != ".html" {
			return err
		}
		text, err := fs.ReadFile(pageFiles, name)
		if err != nil {
			return err
		}
		if found := parsing.Find(text); found != nil {
			t.Errorf("%s uses %s", name, found)
		}
		for _, match := range imported.FindAllSubmatch(text, -1) {
			if _, err := fs.Stat(pageFiles, "page/"+string(match[1])); err != nil {
				t.Errorf("%s imports %s: %v", name, match[1], err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

const declareView = `{"type":"modal","callback_id":"declare","title":{"type":"plain_text","text":"Declare"},"submit":{"type":"plain_text","text":"Open it"},"blocks":[
	{"type":"input","block_id":"what","label":{"type":"plain_text","text":"What is broken?"},"element":{"type":"plain_text_input","action_id":"title"}},
	{"type":"input","block_id":"how","label":{"type":"plain_text","text":"Severity"},"element":{"type":"static_select","action_id":"sev","options":[
		{"text":{"type":"plain_text","text":"SEV1"},"value":"1"},{"text":{"type":"plain_text","text":"SEV2"},"value":"2"}]}}]}`

const hostile = `<img src=x onerror=alert(1)> *<script>alert(2)</script>*`

// refuseBad plays an app that does not take "bad" for a title.
func refuseBad(f frameIn) (payload any, ack bool) {
	if f.Payload["type"] == "view_submission" && get(f.Payload, "view", "state", "values", "what", "title", "value") == "bad" {
		return object{"response_action": "errors", "errors": object{"what": "Say what is broken."}}, true
	}
	return nil, true
}

func TestPage(t *testing.T) {
	a := start(t, Config{})
	a.dial()
	a.onFrame(refuseBad)
	ops := a.channel("ops")
	page := openTab(t, 1280, 800)
	page.call("Page.navigate", map[string]any{"url": a.base + "/#/U0DEV1/" + ops})
	page.until(`document.querySelector('.channel-name')?.textContent === 'ops'`)

	run := func(name string, step func(*testing.T)) {
		t.Run(name, func(t *testing.T) {
			page.t = t
			step(t)
		})
	}
	run("a message is typed and shown", func(t *testing.T) {
		page.until(`document.activeElement?.classList.contains('composer-field')`)
		page.write("checkout is *down*, @sre1")
		page.key("Enter")
		page.until(`[...document.querySelectorAll('.message-text')].some(n => n.textContent === 'checkout is down, @sre1' && n.querySelector('strong').textContent === 'down')`)
	})

	run("a thread tells how many replied, and who", func(t *testing.T) {
		page.press(".toolbar button", "Reply in thread")
		page.until(`document.activeElement?.closest('#panel')`)
		page.write("on it")
		page.key("Enter")
		page.until(`document.querySelector('#panel .replies-line')?.textContent === '1 reply'`)
		page.until(`document.querySelector('#panel .message:last-child .author')`) // though the same person began the thread
		page.press("#panel button", "Close")
	})

	run("markup in a message stays text", func(t *testing.T) {
		a.ok(a.call("chat.postMessage", object{"channel": ops, "text": strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(hostile)}))
		a.ok(a.call("chat.postMessage", object{"channel": ops, "text": hostile + " <javascript:alert(3)|click>", "blocks": []object{
			{"type": "header", "text": object{"type": "plain_text", "text": hostile}}, {"type": "markdown", "text": "[x](javascript:alert(4)) " + hostile},
		}}))
		page.until(`document.querySelector('.bk-header')?.textContent.includes('<img src=x')`)
		if got := page.eval(`document.querySelectorAll('.messages img, .messages script, a[href^="javascript"]').length`); got != "0" {
			t.Errorf("%s elements came from message text, want 0", got)
		}
	})

	run("a command opens a modal", func(t *testing.T) {
		page.write("/in")
		page.until(`document.querySelector('.offer')?.textContent.includes('/inc')`)
		page.key("Enter")
		page.until(`document.activeElement.value === '/inc '`)
		page.key("Enter")
		page.until(`document.activeElement.value === ''`)
		typed := a.want(func(f frameIn) bool { return f.Type == "slash_commands" })
		a.ok(a.call("views.open", object{"trigger_id": typed.Payload["trigger_id"], "view": json.RawMessage(declareView)}))
		page.until(`document.querySelector('#modal-title')?.textContent === 'Declare'`)
		release := page.hold("/sim/api/state")
		page.key("Enter")
		page.until(`document.querySelectorAll('.bk-input .error').length === 2`)
		page.eval(`document.querySelector('[data-block=how] .combo-input').focus()`)
		page.key("ArrowDown")
		page.until(`document.querySelector('[data-block=how] .combo-option.active')?.textContent === 'SEV1'`)
		release()
		page.eval(`window.held = document.querySelector('[data-block=how]')`)
		page.until(`performance.getEntriesByType('resource').filter(r => r.name.includes('/sim/api/state')).length > 0`)
		page.eval(`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))`)
		if got := page.eval(`document.querySelector('[data-block=how]') === window.held && document.activeElement.ariaExpanded`); got != `"true"` {
			t.Errorf("what the page had shown already was drawn again, over an open menu: %s", got)
		}
		page.key("ArrowDown")
		page.key("Enter")
		page.until(`document.querySelector('[data-block=how] .combo-input').value === 'SEV2'`)
		page.eval(`document.querySelector('[data-block=what] input').focus()`)
		page.write("bad")
		page.key("Enter")
		page.until(`document.querySelector('[data-block=what] .error')?.textContent === 'Say what is broken.'`)
		page.eval(`document.querySelector('[data-block=what] input').select()`)
		page.write("checkout returns 503")
		page.key("Enter")
		page.until(`!document.querySelector('dialog')`)
		sent := a.want(func(f frameIn) bool {
			return get(f.Payload, "view", "state", "values", "what", "title", "value") == "checkout returns 503"
		})
		if got := get(sent.Payload, "view", "state", "values", "how", "sev", "selected_option", "value"); got != "2" {
			t.Errorf("severity = %v, want 2", got)
		}
	})

	run("a button reaches the app", func(t *testing.T) {
		a.ok(a.call("chat.postMessage", object{"channel": ops, "text": "card", "blocks": []object{{"type": "actions", "block_id": "b", "elements": []object{
			{"type": "button", "action_id": "ack", "value": "7", "text": object{"type": "plain_text", "text": "Acknowledge"}},
		}}}}))
		page.press(".bk-button", "Acknowledge")
		pressed := a.want(func(f frameIn) bool { return f.Payload["type"] == "block_actions" })
		if got := get(pressed.Payload, "actions", 0, "value"); got != "7" {
			t.Errorf("value = %v, want 7", got)
		}
	})

	run("what is typed into a message goes with its button", func(t *testing.T) {
		a.ok(a.call("chat.postMessage", object{"channel": ops, "text": "form", "blocks": []object{
			{"type": "input", "block_id": "note", "label": object{"type": "plain_text", "text": "Note"}, "element": object{"type": "plain_text_input", "action_id": "text"}},
			{"type": "actions", "elements": []object{{"type": "button", "action_id": "save", "text": object{"type": "plain_text", "text": "Save note"}}}},
		}}))
		page.until(`document.querySelector('[data-block=note] input')`)
		page.eval(`document.querySelector('[data-block=note] input').focus()`)
		page.write("pool exhausted")
		page.press(".bk-button", "Save note")
		pressed := a.want(func(f frameIn) bool { return get(f.Payload, "actions", 0, "action_id") == "save" })
		if got := get(pressed.Payload, "state", "values", "note", "text", "value"); got != "pool exhausted" {
			t.Errorf("value = %v, want what was typed", got)
		}
	})

	run("a channel appears without a reload", func(t *testing.T) {
		id := get(a.ok(a.call("conversations.create", object{"name": "inc-1-checkout"})), "channel", "id")
		a.ok(a.call("conversations.invite", object{"channel": id, "users": "U0DEV1"}))
		a.ok(a.call("chat.postMessage", object{"channel": id, "text": "<@U0DEV1> welcome"}))
		page.until(`[...document.querySelectorAll('.side-row.unread')].some(n => n.textContent.includes('inc-1-checkout') && n.querySelector('.count'))`)
	})

	run("a permalink opens here", func(t *testing.T) {
		posted := a.ok(a.call("chat.postMessage", object{"channel": ops, "text": "the one to find"}))
		link := get(a.ok(a.form("chat.getPermalink", "channel", ops, "message_ts", posted["ts"].(string))), "permalink")
		a.ok(a.call("chat.postMessage", object{"channel": a.channel("general"), "text": fmt.Sprintf("<%s|look>", link)}))
		page.press(".side-row", "general")
		page.press(".message a", "look")
		page.until(`document.querySelector('.message.lit')?.textContent.includes('the one to find')`)
	})

	run("one can be somebody else", func(t *testing.T) {
		page.press(".who", "")
		page.until(`document.activeElement?.role === 'menuitem'`)
		page.eval(`document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 's', bubbles: true}))`)
		page.until(`document.activeElement?.textContent.includes('sre1')`) // a letter finds the next that begins so
		page.key("Enter")
		page.until(`document.querySelector('.who-text strong').textContent === 'sre1'`)
		page.until(`![...document.querySelectorAll('.side-row')].some(n => n.textContent.includes('inc-1-checkout'))`)
	})

	run("it fits a phone", func(t *testing.T) {
		page.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": true})
		page.until(`innerWidth === 400`)
		if got := page.eval(`document.documentElement.scrollWidth`); got != "400" {
			t.Errorf("the page is %s wide, want 400", got)
		}
		page.press(".only-narrow", "")
		page.until(`getComputedStyle(document.querySelector('#sidebar')).visibility === 'visible'`)
		page.press(".side-row", "ops")
		page.until(`document.querySelector('.channel-name')?.textContent === 'ops'`)
	})

	run("a long channel's name goes on in its sentence", func(t *testing.T) {
		long := get(a.ok(a.call("conversations.create", object{"name": "inc-2-checkout-returns-503-for-a-third-of-requests"})), "channel", "id")
		a.ok(a.call("conversations.invite", object{"channel": long, "users": "U0SRE1"}))
		a.ok(a.call("chat.postMessage", object{"channel": ops, "text": fmt.Sprintf("INC-2, SEV2, open, in <#%s>, led by dev1", long)}))
		name := `[...document.querySelectorAll('.message-text .mention')].find(n => n.textContent.startsWith('#inc-2'))`
		page.until(name)
		if got := page.eval(name + `.getClientRects().length > 1 && ` + name + `.getClientRects()[0].left > ` + name + `.closest('.message-text').getBoundingClientRect().left + 50`); got != "true" {
			t.Error("it stands on lines of its own")
		}
		page.eval(name + `.focus()`)
		page.key("Enter")
		page.until(`document.querySelector('.channel-name')?.textContent.startsWith('inc-2')`)
		page.press(".only-narrow", "")
		page.press(".side-row", "ops")
		page.until(`document.querySelector('.channel-name')?.textContent === 'ops'`)
	})

	run("the buttons of a page stand in one row on a phone", func(t *testing.T) {
		button := func(id, text string) object {
			return object{"type": "button", "action_id": id, "text": object{"type": "plain_text", "text": text}}
		}
		more := object{"type": "overflow", "action_id": "more", "options": []object{{"text": object{"type": "plain_text", "text": "Snooze"}, "value": "1"}}}
		a.ok(a.call("chat.postMessage", object{"channel": ops, "text": "page", "blocks": []object{{"type": "actions", "block_id": "row",
			"elements": []object{button("take", "Acknowledge"), button("on", "Escalate"), button("no", "I can't"), more}}}}))
		page.until(`document.querySelector('[data-action=more]')`)
		if got := page.eval(`new Set(['take', 'on', 'no', 'more'].map(n => document.querySelector('[data-action=' + n + ']').getBoundingClientRect().top)).size`); got != "1" {
			t.Errorf("the buttons stand in %s rows, want 1", got)
		}
	})

	run("what is new begins with its author, and goes on without", func(t *testing.T) {
		page.press(".only-narrow", "")
		page.press(".side-row", "general")
		page.until(`document.querySelector('.channel-name')?.textContent === 'general'`)
		for _, text := range []string{"first", "second", "third"} {
			a.ok(a.call("chat.postMessage", object{"channel": ops, "text": text}))
		}
		page.press(".only-narrow", "")
		page.press(".side-row", "ops")
		page.until(`document.querySelector('.new-line')`)
		got := page.eval(`[...document.querySelectorAll('.new-line ~ .message')].map(n => n.classList.contains('compact'))`)
		if !regexp.MustCompile(`^\[false(,true){2,}\]$`).MatchString(got) { // what came before may be unread too
			t.Errorf("compact: %s", got)
		}
	})

	run("a phone shows that something is unread behind its menu", func(t *testing.T) {
		for range 12 {
			a.ok(a.call("chat.postMessage", object{"channel": "U0SRE1", "text": "a page"}))
			a.ok(a.call("chat.postMessage", object{"channel": "U0DEV1", "text": "a page"}))
		}
		page.until(`document.querySelector('.only-narrow .count')?.textContent === '12'`)
		page.until(`document.querySelector('.who .count')?.textContent >= '12'`)
		if got := page.eval(`[...document.querySelectorAll('#top .count')].filter(n => n.offsetHeight > 20).length`); got != "0" {
			t.Errorf("%s counts break into two lines", got)
		}
	})

	page.t = t
	if len(page.complaints) > 0 {
		t.Errorf("the browser complains: %s", strings.Join(page.complaints, "\n"))
	}
}

func TestPageWhenTheAppIsAway(t *testing.T) {
	a := start(t, Config{})
	ops := a.channel("ops")
	page := openTab(t, 1280, 800)
	page.call("Page.navigate", map[string]any{"url": a.base + "/#/U0DEV1/" + ops})
	page.until(`document.activeElement?.classList.contains('composer-field')`)
	page.write("/inc list")
	page.key("Enter")
	page.until(`document.querySelector('.message.ephemeral')?.textContent.includes('dispatch_failed')`)
	page.press(".top-icon", "Weather")
	page.press(".switch", "Slack is down")
	page.until(`document.querySelector('.weather-now.bad')?.textContent.includes('Slack is down')`)
	page.press(".bk-button", "Clear weather")
	page.until(`document.querySelector('.weather-now')?.textContent.includes('Clear')`)
}

// TestPageOutlivesTheWorkspace: who restarts the program finds the new workspace in the
// window that is open already, without the channel that was open.
func TestPageOutlivesTheWorkspace(t *testing.T) {
	a := start(t, Config{})
	page := openTab(t, 1280, 800)
	page.call("Page.navigate", map[string]any{"url": a.base + "/"})
	page.until(`document.querySelector('.channel-name')?.textContent === 'general'`)
	if got := page.eval(`history.length`); got != "2" { // the empty tab, and this
		t.Errorf("%s places to go back to, and nothing was pressed", got)
	}
	page.press(".side-row", "ops")
	page.until(`document.querySelector('.channel-name')?.textContent === 'ops'`)
	if err := a.server.Close(); err != nil {
		t.Fatal(err)
	}
	next, err := New(Config{FirstID: 1000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { next.Close() })
	next.AddUser(User{ID: "U0DEV1", Name: "dev1"})
	if _, err := next.As("dev1").Type("general", "another day"); err != nil {
		t.Fatal(err)
	}
	if _, err := next.Start(strings.TrimPrefix(a.base, "http://")); err != nil {
		t.Fatal(err)
	}
	page.until(`document.querySelector('.channel-name')?.textContent === 'general' && document.querySelector('.messages').textContent.includes('another day')`)
	page.until(`!document.querySelector('.offline')`)
}
