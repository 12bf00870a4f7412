package slacksim

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// tab is one page of a headless Chromium, driven over its DevTools protocol.
type tab struct {
	t    *testing.T
	conn *websocket.Conn
	id   int
	// complaints are what the page logged as errors, exceptions included.
	complaints []string
}

// openTab starts a browser of the test's own. Without Chromium the test is
// skipped, except in CI, where it must be there.
func openTab(t *testing.T, width, height int) *tab {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("chromium is not installed, and CI must run this test")
		}
		t.Skip("chromium is not installed")
	}
	profile, err := os.MkdirTemp("", "slacksim-browser-")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Minute)
	browser := exec.CommandContext(ctx, path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--remote-debugging-port=0", "--user-data-dir="+profile,
		fmt.Sprintf("--window-size=%d,%d", width, height), "about:blank")
	said, err := browser.StderrPipe()
	if err == nil {
		err = browser.Start()
	}
	if err != nil {
		stop()
		t.Fatal(err)
	}
	t.Cleanup(stop)
	page := &tab{t: t, conn: attach(t, said)}
	t.Cleanup(func() {
		//nolint:errcheck // if it cannot be told to end, it is killed with the context
		page.conn.WriteJSON(map[string]any{"id": 1 << 30, "method": "Browser.close"})
		ended := time.AfterFunc(5*time.Second, stop)
		//nolint:errcheck // it was told to end
		browser.Wait()
		ended.Stop()
		page.conn.Close()
		//nolint:errcheck // what its last child still writes is left to the machine's temporary folder
		os.RemoveAll(profile)
	})
	page.call("Runtime.enable", nil)
	page.call("Page.enable", nil)
	page.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})
	return page
}

// attach opens a page once the browser has said where it listens.
func attach(t *testing.T, said io.Reader) *websocket.Conn {
	t.Helper()
	host := ""
	lines := bufio.NewScanner(said)
	for host == "" && lines.Scan() {
		if _, rest, found := strings.Cut(lines.Text(), "DevTools listening on ws://"); found {
			host, _, _ = strings.Cut(rest, "/")
		}
	}
	if host == "" {
		t.Fatal("the browser ended before it listened")
	}
	//nolint:errcheck // what else the browser says is of no interest, but must be read
	go io.Copy(io.Discard, said)
	ask, err := http.NewRequest(http.MethodPut, "http://"+host+"/json/new?about:blank", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(ask)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var opened struct {
		Address string `json:"webSocketDebuggerUrl"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&opened); err != nil {
		t.Fatal(err)
	}
	conn, _, err := websocket.DefaultDialer.Dial(opened.Address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// patience is how long something may take to become true: on a machine with much else to
// do a page may stand still for seconds.
const patience = time.Minute

// call sends one command and waits for its answer, noting complaints on the way.
func (b *tab) call(method string, params any) json.RawMessage {
	b.t.Helper()
	b.id++
	if params == nil {
		params = struct{}{}
	}
	if err := b.conn.WriteJSON(map[string]any{"id": b.id, "method": method, "params": params}); err != nil {
		b.t.Fatal(err)
	}
	if err := b.conn.SetReadDeadline(time.Now().Add(2 * patience)); err != nil {
		b.t.Fatal(err)
	}
	for {
		var m struct {
			ID     int             `json:"id"`
			Method string          `json:"method"`
			Params json.RawMessage `json:"params"`
			Result json.RawMessage `json:"result"`
			Error  json.RawMessage `json:"error"`
		}
		if err := b.conn.ReadJSON(&m); err != nil {
			b.t.Fatalf("%s: %v", method, err)
		}
		switch {
		case m.Method == "Runtime.exceptionThrown", m.Method == "Runtime.consoleAPICalled" && strings.Contains(string(m.Params), `"type":"error"`):
			b.complaints = append(b.complaints, string(m.Params))
		case m.ID == b.id && m.Error != nil:
			b.t.Fatalf("%s: %s", method, m.Error)
		case m.ID == b.id:
			return m.Result
		}
	}
}

// eval runs an expression in the page, waits for its promise and returns its value as JSON.
func (b *tab) eval(expression string) string {
	b.t.Helper()
	raw := b.call("Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true})
	var answer struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Exception json.RawMessage `json:"exceptionDetails"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		b.t.Fatal(err)
	}
	if answer.Exception != nil {
		b.t.Fatalf("evaluate %s: %s", expression, answer.Exception)
	}
	return string(answer.Result.Value)
}

// until waits for an expression to become true, looking again at every frame of the page.
func (b *tab) until(expression string) {
	b.t.Helper()
	got := b.eval(`new Promise(resolve => {
		const end = performance.now() + ` + strconv.FormatInt(patience.Milliseconds(), 10) + `;
		(function look() {
			let ok = false;
			try { ok = Boolean(` + expression + `); } catch {}
			if (ok || performance.now() > end) return resolve(ok);
			requestAnimationFrame(look);
		})();
	})`)
	if got != "true" {
		b.t.Fatalf("never became true: %s\nthe page says:\n%s", expression, b.eval(`document.body.innerText`))
	}
}

// write types text into whatever has the focus, and key presses one key.
func (b *tab) write(text string) {
	b.t.Helper()
	b.call("Input.insertText", map[string]any{"text": text})
}

func (b *tab) key(name string) {
	b.t.Helper()
	codes := map[string]int{"Enter": 13, "Escape": 27, "ArrowDown": 40}
	event := map[string]any{"type": "keyDown", "key": name, "code": name, "windowsVirtualKeyCode": codes[name]}
	if name == "Enter" {
		event["text"] = "\r"
	}
	b.call("Input.dispatchKeyEvent", event)
	event["type"] = "keyUp"
	delete(event, "text")
	b.call("Input.dispatchKeyEvent", event)
}

// press clicks the first element that fits the selector and, if given, holds the words.
func (b *tab) press(selector, words string) {
	b.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll(%q)].find(n => n.textContent.includes(%q) || (n.getAttribute('aria-label') || '').includes(%q))`, selector, words, words)
	b.until(find)
	b.eval(find + `.click()`)
}

// hold keeps what the page reads from an address on its way until it is released.
func (b *tab) hold(part string) (release func()) {
	b.t.Helper()
	b.eval(fmt.Sprintf(`(() => {
		const real = window.fetch, free = new Promise(done => { window.letThrough = done; });
		performance.clearResourceTimings();
		window.fetch = (address, how) => String(address).includes(%q) ? free.then(() => real(address, how)) : real(address, how);
	})()`, part))
	return func() { b.eval(`window.letThrough()`) }
}
