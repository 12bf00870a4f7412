package main

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/storagetest"
)

// shell is a bot in this process, served as `serve` does, whose clock and Slack's the
// test moves, and a shell beside it.
type shell struct {
	*world
	ahead   atomic.Int64 // of the real clock
	address string
	env     map[string]string
	bot     *bot.Bot
	end     func()
}

func (s *shell) now() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }

// pass makes time pass for the bot and for Slack.
func (s *shell) pass(d time.Duration) {
	s.ahead.Add(int64(d))
	s.sim.Wake()
}

const shellTokens = `
api:
  tokens:
    - {name: laptop, token_env: T_LAPTOP, rights: write, as: dev1}
    - {name: deploys, token_env: T_DEPLOYS, rights: write}
    - {name: wallboard, token_env: T_WALLBOARD}
    - {name: glass, token_env: T_GLASS, rights: write, as: "*"}
`

// newShell serves; with down, Slack cannot be reached from before the start.
func newShell(t *testing.T, down bool, config string) *shell {
	t.Helper()
	s := &shell{}
	s.world = newWorld(t, 2*time.Minute, slacksim.Config{Now: s.now})
	s.sim.Down(down)
	c, err := configs.Parse([]byte(config+shellTokens), "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s.env = map[string]string{}
	for _, v := range s.world.env {
		name, value, _ := strings.Cut(v, "=")
		s.env[name] = value
	}
	for _, name := range []string{"LAPTOP", "DEPLOYS", "WALLBOARD", "GLASS"} {
		s.env["T_"+name] = "the token of " + name
	}
	settings, err := configs.FromEnv(s.getenv)
	if err != nil {
		t.Fatal(err)
	}
	digests, err := c.APIDigests(s.getenv)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(s.ctx)
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- runBot(ctx, house{settings: settings, config: c, digests: digests, directory: settings.Directory, now: s.now,
			log: zerolog.New(zerolog.SyncWriter(s.logs)).Level(zerolog.WarnLevel),
			started: func(b *bot.Bot, address string) {
				s.bot, s.address = b, address
				close(ready)
			}})
	}()
	select {
	case <-ready:
	case err := <-ended:
		t.Fatal(err)
	}
	s.end = func() {
		t.Helper()
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the bot ended with: %v", err)
		}
		ended <- nil
	}
	t.Cleanup(s.end)
	return s
}

func (s *shell) getenv(name string) string { return s.env[name] }

// run runs a command line and returns its status and what it printed.
func (s *shell) run(args ...string) (int, string) {
	s.t.Helper()
	var out bytes.Buffer
	status := run(s.ctx, args, s.getenv, strings.NewReader("from standard input"), &out, &out)
	return status, out.String()
}

// does wants a command line to succeed and to print something.
func (s *shell) does(want string, args ...string) {
	s.t.Helper()
	if status, out := s.run(args...); status != exitDone || !strings.Contains(out, want) {
		s.t.Errorf("watchbill %s: status %d, and it printed\n%s\nwant %s", strings.Join(args, " "), status, out, want)
	}
}

// refuses wants a command line to fail with a status and a reason.
func (s *shell) refuses(status int, want string, args ...string) {
	s.t.Helper()
	if got, out := s.run(args...); got != status || !strings.Contains(out, want) {
		s.t.Errorf("watchbill %s: status %d, and it printed\n%s\nwant %d and %s", strings.Join(args, " "), got, out, status, want)
	}
}

// post posts to the API on the network, with a token.
func (s *shell) post(token, path, body, want string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.ctx, http.MethodPost, s.address+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer the token of "+token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode > 201 || !strings.Contains(string(answer), want) {
		s.t.Errorf("POST %s: got %s %s %v, want %s", path, res.Status, answer, err, want)
	}
}

// until waits for something that need not show in Slack.
func (s *shell) until(what string, done func() bool) {
	s.t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for !done() {
		select {
		case <-look.C:
		case <-s.ctx.Done():
			s.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// drained waits until nothing is owed any more, and checks the store at the end.
func (s *shell) drained() {
	s.t.Helper()
	store := s.bot.Desk().Store
	s.until("drained queues", func() bool {
		pending, err := store.Effects(context.WithoutCancel(s.ctx), 0, 1000, storage.Pending)
		return err == nil && len(pending) == 0
	})
	storagetest.Check(s.t, store, desk.Folds())
	dead, err := store.Effects(s.ctx, 0, 1000, storage.Dead)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range dead {
		s.t.Errorf("given up: %s: %s", e.Target, e.Note)
	}
}

// told are the messages of the bot in a channel that tell what happened: neither the
// card, nor Slack's own about the channel.
func (s *shell) told(channel string) []string {
	s.t.Helper()
	var out []string
	for _, m := range s.sim.Messages(channel) {
		if strings.HasPrefix(operation(m), "post/") {
			out = append(out, m.AllText())
		}
	}
	return out
}

// inOrder wants all of the texts in one, in order and once.
func inOrder(t *testing.T, text string, want ...string) {
	t.Helper()
	last := -1
	for _, w := range want {
		at := strings.Index(text, w)
		if at <= last || strings.Count(text, w) != 1 {
			t.Errorf("%q is missing, there twice or out of order in:\n%s", w, text)
		}
		last = at
	}
}

// TestAnIncidentWithoutSlack: Slack cannot be reached from before the start. An
// incident is declared, led, updated, acknowledged and resolved in a shell and over
// HTTP. Then Slack is back: the channel is opened, and one message tells it all.
func TestAnIncidentWithoutSlack(t *testing.T) {
	t.Parallel()
	s := newShell(t, true, processConfig)
	s.does("INC-1: PAGE-1 went to sre1", "incident", "declare", "checkout returns 503", "--sev", "2", "--service", "checkout", "--as", "dev1")
	s.does("INC-1  SEV2      open", "incident", "list")
	s.does("#inc-1-checkout-returns-503 (not opened yet)", "incident", "show", "INC-1")
	s.does("PAGE-1  INC-1", "page", "list", "--person", "sre1")
	s.pass(20 * time.Second)
	s.until("the next step", func() bool { _, out := s.run("page", "show", "PAGE-1"); return strings.Contains(out, "to sre2") })
	s.until("the page to say why nobody was reached", func() bool {
		_, out := s.run("page", "show", "PAGE-1")
		return strings.Contains(out, "intended to sre2 by slack: waits until slack works again") && strings.Contains(out, "slack does not work: what waits for it goes other ways too")
	})
	s.post("DEPLOYS", "/v1/pages/PAGE-1/escalate", "", "PAGE-1 has reached nobody: slack does not work")
	s.does("INC-1: sre1 (by CLI) acknowledged PAGE-1 and takes command", "page", "ack", "INC-1", "--as", "sre1")
	s.post("LAPTOP", "/v1/incidents/INC-1/update", `{"text": "payments fail in eu-west"}`, "dev1 (by API token laptop) posted an update")
	s.pass(time.Minute)
	s.does("INC-1: dev2 (by CLI) noted", "incident", "note", "INC-1", "--at", "-15m", "deploy 4711 went out", "--as", "dev2")
	s.does("changed the severity from SEV2 to SEV1", "incident", "sev", "1", "1", "all", "customers", "--as", "sre1")
	s.does("sre1 (by CLI) named dev2 incident commander", "incident", "lead", "INC-1", "dev2", "my", "shift", "ends", "--as", "sre1")
	s.post("DEPLOYS", "/v1/incidents/INC-1/update", `{"text": "4712 is rolled out"}`, "API token deploys posted an update")
	s.pass(10 * time.Minute)
	s.does("INC-1: dev2 (by CLI) resolved the incident", "incident", "resolve", "INC-1", "rolled back", "--as", "dev2")
	if n := len(s.sim.Channels()); n != 2 {
		t.Fatalf("there are %d channels while Slack cannot be reached", n)
	}

	s.sim.Down(false)
	s.pass(11 * time.Second)
	var room slacksim.Channel
	s.wait("the channel", func() bool { room, _ = s.sim.Channel("inc-1-checkout-returns-503"); return room.ID != "" })
	s.drained()
	told := s.told(room.ID)
	if len(told) != 1 {
		t.Fatalf("%d messages tell what happened, want one:\n%s", len(told), strings.Join(told, "\n---\n"))
	}
	inOrder(t, told[0], "INC-1 SEV1 resolved: ", " events", "While Slack could not be reached", "API token deploys escalated PAGE-1", "sre1 (by CLI) acknowledged PAGE-1 and takes command", "dev1 (by API token laptop): payments fail in eu-west",
		"SEV1 now*, was SEV2, by sre1 (by CLI): all customers", "named dev2 incident commander", "*Update* by API token deploys: 4712 is rolled out", "*Resolved* by dev2 (by CLI): rolled back")
	if strings.Contains(told[0], "an unknown time") {
		t.Errorf("it does not say since when:\n%s", told[0])
	}
	s.onceEach()
	if n := len(s.sim.Pins(room.ID)); n != 1 {
		t.Errorf("%d messages are pinned, want the card", n)
	}
	for _, user := range []string{"U0SRE1", "U0SRE2"} {
		if dms := s.sim.DMs(user); len(dms) > 0 {
			t.Errorf("%s was paged after it was answered: %s", user, dms[0].Text)
		}
	}
	for _, want := range []string{"SEV1", "esolved", "4712 is rolled out"} {
		card := s.sim.Messages(room.ID)
		if !slices.ContainsFunc(card, func(m slacksim.Message) bool {
			return strings.HasPrefix(operation(m), "card/") && strings.Contains(m.AllText(), want)
		}) {
			t.Errorf("the card does not say %q", want)
		}
	}
	s.does("deploy 4711 went out", "incident", "timeline", "INC-1")
	s.does("named dev2 incident commander: my shift ends", "incident", "timeline", "INC-1")
	s.does("INC-1: dev2 (by CLI) closed the incident", "incident", "close", "INC-1", "--as", "dev2")
	s.does("resolved the incident", "postmortem", "show", "INC-1")
}

// TestSlackGoesAwayInTheMiddle: what happens meanwhile is told in the channel that is
// there, once and in order; a page that nobody has answered goes out.
func TestSlackGoesAwayInTheMiddle(t *testing.T) {
	t.Parallel()
	s := newShell(t, false, processConfig)
	s.wait("the bot", func() bool { return s.sim.Sockets() == 2 })
	if r, err := s.sim.As("U0DEV1").Slash(s.ctx, "general", "/inc", "declare checkout returns 503 --sev 2 --service checkout"); err != nil || r.Error != "" {
		t.Fatal(err, r.Error)
	}
	var room slacksim.Channel
	s.wait("the channel with its card", func() bool {
		room, _ = s.sim.Channel("inc-1-checkout-returns-503")
		return room.ID != "" && len(s.sim.Pins(room.ID)) == 1
	})
	s.drained()
	before := len(s.told(room.ID))
	s.sim.Down(true)
	s.does("posted an update", "incident", "update", "INC-1", "first", "--as", "dev1")
	s.does("escalated PAGE-1", "page", "escalate", "PAGE-1", "--as", "dev1")
	s.does("acknowledged PAGE-1", "page", "ack", "PAGE-1", "--as", "sre2")
	s.does("PAGE-2 went to dev2", "incident", "page", "INC-1", "@dev2", "--as", "sre2")
	s.does("posted an update", "incident", "update", "INC-1", "second", "--as", "dev1")
	s.pass(3 * time.Minute)
	s.does("posted an update", "incident", "update", "INC-1", "third", "--as", "dev1")
	s.sim.Down(false)
	s.pass(11 * time.Second)
	s.drained()
	told := s.told(room.ID)[before:]
	if len(told) != 1 {
		t.Fatalf("%d messages tell what happened, want one:\n%s", len(told), strings.Join(told, "\n---\n"))
	}
	inOrder(t, told[0], "first", "escalated PAGE-1", "sre2 (by CLI) acknowledged PAGE-1", "second", "third")
	if dms := s.sim.DMs("U0DEV2"); len(dms) != 1 || !strings.Contains(string(dms[0].Blocks), "page.ack") {
		t.Errorf("dev2 has %d messages, want the page that is open", len(dms))
	}
	if dms := s.sim.DMs("U0SRE1"); len(dms) != 1 || strings.Contains(string(dms[0].Blocks), "page.ack") {
		t.Errorf("the page that sre1 has still asks for an answer")
	}
	if dms := s.sim.DMs("U0SRE2"); len(dms) != 0 {
		t.Errorf("sre2 was paged after the answer: %s", dms[0].Text)
	}
	s.onceEach()
}

// TestPeopleWhomOnlySlackKnows: whose Slack user is found by name or e-mail address is
// paged and invited when Slack is back, and not taken for somebody who cannot be
// reached because Slack's people are not read yet.
func TestPeopleWhomOnlySlackKnows(t *testing.T) {
	t.Parallel()
	s := newShell(t, true, regexp.MustCompile(`, slack: U0[A-Z0-9]+`).ReplaceAllString(processConfig, ""))
	s.does("PAGE-1 went to sre1", "incident", "declare", "checkout is down", "--service", "checkout", "--as", "dev1")
	s.sim.Down(false)
	s.pass(11 * time.Second)
	s.wait("the page", func() bool { return len(s.sim.DMs("U0SRE1")) == 1 })
	s.does("sre1 (by CLI) acknowledged PAGE-1", "page", "ack", "PAGE-1", "--as", "sre1")
	s.drained()
	room, _ := s.sim.Channel("inc-1-checkout-is-down")
	for _, user := range []string{"U0DEV1", "U0SRE1"} {
		if !slices.Contains(room.Members, user) {
			t.Errorf("%s was not invited", user)
		}
	}
	if _, out := s.run("incident", "timeline", "INC-1"); strings.Contains(out, "could not reach") {
		t.Errorf("somebody is said not to be reachable:\n%s", out)
	}
}

// TestPeopleWhomNobodyMayRead: without the scope to read Slack's people nobody waits for
// them; who is not known cannot be reached, and the next step is taken.
func TestPeopleWhomNobodyMayRead(t *testing.T) {
	t.Parallel()
	s := newShell(t, true, regexp.MustCompile(`(name: sre1), slack: U0SRE1`).ReplaceAllString(processConfig, "$1"))
	s.sim.RemoveScopes("users:read", "users:read.email")
	s.does("PAGE-1 went to sre1", "incident", "declare", "checkout is down", "--service", "checkout", "--as", "dev1")
	s.sim.Down(false)
	s.until("the failure", func() bool {
		_, out := s.run("incident", "timeline", "INC-1")
		return strings.Contains(out, "PAGE-1 could not reach sre1: no Slack user is known for this person")
	})
	s.wait("the next step", func() bool { return len(s.sim.DMs("U0SRE2")) == 1 })
}

// TestTheCommandLine: what it prints, and its exit status, on the machine of the bot and
// on another one.
func TestTheCommandLine(t *testing.T) {
	s := newShell(t, true, processConfig)
	remote := func(token string) map[string]string {
		env := maps.Clone(s.env)
		env["WATCHBILL_DATA"], env["WATCHBILL_CONFIG"] = filepath.Join(s.dir, "nowhere"), ""
		env["WATCHBILL_URL"], env["WATCHBILL_TOKEN"] = s.address+"/", token
		return env
	}
	here := s.env
	s.does(`{"incident":"INC-1","page":"PAGE-1","changed":true,"text":["dev1 (by CLI) declared SEV3: search is slow`, "incident", "declare", "search", "is", "slow", "--service", "checkout", "--as", "dev1", "--json")
	s.does("you did that a moment ago, so it was not done twice; --again does it once more\nINC-1 is open as SEV3: “search is slow”.\n", "incident", "declare", "search is slow", "--as", "dev1")
	s.does("To make it SEV1: `watchbill incident sev INC-1 1`.\n", "incident", "declare", "search is slow", "--sev", "1", "--as", "dev1")
	s.does("INC-2: PAGE-2 went to sre1", "incident", "declare", "search is slow", "--service", "checkout", "--lead", "dev2", "--as", "dev1", "--again")
	s.does("INC-2: dev1 (by CLI) posted an update", "incident", "update", "INC-2", "-", "--as", "dev1")
	s.does("from standard input", "incident", "timeline", "2")
	s.does("posted an update", "incident", "update", "2", "--as", "dev1", "--", "--no-cache", "was", "it")
	s.does("--no-cache was it", "incident", "timeline", "INC-2")
	s.does("(by CLI) noted", "incident", "note", "INC-2", "as whoever this is")
	s.does("INC-2: it stands so already", "incident", "sev", "INC-2", "3")
	s.does(`"status":"open"`, "page", "show", "1", "--json")
	s.does(`{"id":"PAGE-1"`, "page", "list", "--incident", "1", "--json")
	s.does("INC-1: sre1 (by CLI) cannot take PAGE-1", "page", "decline", "PAGE-1", "--as", "sre1")
	s.does("SEV3 to SEV4", "incident", "sev", "INC-2", "4", "-")
	s.does("SEV3 to SEV4: from standard input", "incident", "timeline", "INC-2")
	s.does("posted an update", "incident", "update", "INC-2", "first\nsecond\tpart", "--as", "dev1")
	s.does("dev1: first\n             second part\n", "incident", "show", "INC-2")

	s.refuses(exitUsage, "there is no \"frobnicate\"", "incident", "frobnicate")
	s.refuses(exitUsage, "declare needs more", "incident", "declare")
	s.refuses(exitUsage, "update needs more", "incident", "update", "INC-1")
	s.refuses(exitUsage, "close does not take --lead", "incident", "close", "INC-1", "--lead", "dev1")
	s.refuses(exitUsage, "\"INC-2\" is not expected after close", "incident", "close", "INC-1", "INC-2")
	s.refuses(exitUsage, "\"soon\" is not a time: write --at -15m", "incident", "note", "INC-1", "--at", "soon", "x")
	s.refuses(exitUsage, "there is no flag --frobnicate\nusage: watchbill page list [--incident INC-1] [--person PERSON] [--json]\n", "page", "list", "--frobnicate")
	s.refuses(exitUsage, "there is no flag -15m: a time follows its flag, as in --at -15m", "incident", "note", "INC-1", "-15m", "x")
	s.refuses(exitFailed, "I know nobody called nobody", "page", "list", "--person", "nobody")
	s.refuses(exitFailed, "PAGE-1 is a page, not an incident. `watchbill incident list`", "incident", "show", "PAGE-1")
	s.refuses(exitFailed, "INC-1 is an incident, not a page. `watchbill incident show INC-1`", "page", "show", "INC-1")
	s.refuses(exitFailed, "INC-1 is an incident, not an alert. `watchbill alert list`", "alert", "show", "INC-1")
	s.refuses(exitUsage, "say what to do: list, show, ack, escalate, decline", "page")
	s.refuses(exitFailed, "There is no INC-9. `watchbill incident list` shows", "incident", "update", "INC-9", "x")
	s.refuses(exitUsage, "\"\" is no incident: name one as INC-1", "incident", "show", "")
	s.refuses(exitUsage, "\"..\" is no incident: name one as INC-1; `watchbill incident list` shows those that are open\nusage: watchbill incident close INC-1 [--as PERSON] [--json]\n", "incident", "close", "..")
	s.refuses(exitFailed, "I know nobody called dev1\ufffd", "incident", "note", "INC-1", "x", "--as", "dev1\n")
	for _, args := range [][]string{{"sev", "INC-1", "critical"}, {"sev", "INC-1", "9"}, {"declare", "x", "--sev", "9", "--as", "dev1"}, {"declare", "x", "--sev", "0", "--as", "dev1"}} {
		s.refuses(exitUsage, "Severities are", append([]string{"incident"}, args...)...)
	}
	s.refuses(exitUsage, "is one of SEV1", "incident", "list", "--sev", "9")
	s.refuses(exitUsage, "is one of open", "incident", "list", "--status", "over")
	s.refuses(exitUsage, "An incident needs a title that says what is broken: for example `watchbill incident declare checkout returns 503`.\nusage: watchbill incident declare TITLE", "incident", "declare", " ", "--as", "dev1")
	s.refuses(exitUsage, "An update needs its text", "incident", "update", "INC-1", " ", "--as", "dev1")
	s.refuses(exitUsage, "cannot lie in the future", "incident", "note", "INC-1", "--at", "2099-01-01T00:00:00Z", "x", "--as", "dev1")
	s.refuses(exitUsage, "is not the number of a delivery", "incident", "retry", "x")
	s.refuses(exitFailed, "I know nobody called nobody", "incident", "update", "INC-1", "x", "--as", "nobody")
	s.refuses(exitFailed, "Say who you are with `--as`", "page", "ack", "PAGE-1")
	s.refuses(exitFailed, "INC-1 is open: there is nothing to reopen", "incident", "reopen", "INC-1", "why", "--as", "dev1")
	s.refuses(exitUsage, "--url asks a bot on another machine", "incident", "list", "--url", s.address, "--data", "x")
	s.refuses(exitUsage, "such as https://watchbill.example.com", "incident", "list", "--url", "watchbill.example.com")
	s.refuses(exitFailed, "set WATCHBILL_TOKEN", "incident", "list", "--url", s.address)

	s.env = remote("the token of LAPTOP")
	s.does("INC-1  SEV3", "incident", "list")
	s.does("INC-1: dev1 (by API token laptop) posted an update", "incident", "update", "INC-1", "from afar")
	s.does("INC-1: dev1 (by API token laptop) acknowledged PAGE-1", "page", "ack", "PAGE-1", "--as", "dev1")
	s.does("checkout: sre1", "oncall", "who")
	s.refuses(exitFailed, "The API token laptop speaks for dev1 and for nobody else.", "page", "ack", "PAGE-1", "--as", "sre1")
	s.refuses(exitFailed, "This token has the rights `write`, and this needs `admin`", "incident", "failed")
	s.refuses(exitFailed, "this needs `admin`", "verify")
	s.env = remote("the token of WALLBOARD")
	s.does("INC-1  SEV3", "incident", "list")
	s.refuses(exitFailed, "This token has the rights `read`, and this needs `write`", "incident", "declare", "x")
	s.env = remote("the token of GLASS")
	s.does("INC-1: sre1 (by API token glass) posted an update", "incident", "update", "INC-1", "broken glass", "--as", "sre1")
	s.env = remote("another token")
	s.refuses(exitFailed, "Show a token that is taken here", "incident", "list")
	s.env["WATCHBILL_URL"] = s.address + "/elsewhere"
	s.refuses(exitFailed, "there is no API at that address", "incident", "list")
	s.env["WATCHBILL_URL"] = "http://127.0.0.1:1"
	s.refuses(exitFailed, "ask the running bot: dial tcp 127.0.0.1:1", "incident", "list")

	s.env = here
	s.end()
	s.refuses(exitFailed, "start it with `watchbill serve`, and ask again", "incident", "update", "INC-1", "x")
	s.refuses(exitFailed, "only a running one can do that", "page", "ack", "PAGE-1", "--as", "sre1")
	s.does("INC-1  SEV3", "incident", "list")
	s.does("PAGE-2  INC-2", "page", "list")
	s.does("broken glass", "incident", "timeline", "INC-1")
}

// TestServeNeedsItsTokens: a token that the configuration names and the environment does
// not hold is told at the start, and not by refused requests at night.
func TestServeNeedsItsTokens(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "watchbill.yaml")
	if err := os.WriteFile(file, []byte("api: {tokens: [{name: ci, token_env: CI_TOKEN}, {name: cd, token_env: CD_TOKEN}]}"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SLACK_API_URL": "http://127.0.0.1:1/", "WATCHBILL_CONFIG": file, "WATCHBILL_DATA": dir, "CI_TOKEN": "hunter2"}
	var out bytes.Buffer
	status := run(t.Context(), []string{"serve"}, func(name string) string { return env[name] }, strings.NewReader(""), &out, &out)
	for _, want := range []string{"API token ci: CI_TOKEN is too short to be safe", "API token cd: CD_TOKEN is not set: set it, or CD_TOKEN_FILE"} {
		if status != exitFailed || !strings.Contains(out.String(), want) || strings.Contains(out.String(), "hunter2") {
			t.Errorf("status %d, and it printed\n%s\nwant %s", status, out.String(), want)
		}
	}
}
