package bot_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/bot/watch/watchtest"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
)

// pipes is a listener without a network, so that a bot and its Slack live in a bubble of
// their own time, with the time limits that they have in life.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once

	mu   sync.Mutex
	ends []net.Conn
}

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipes) Close() error { l.once.Do(func() { close(l.closed) }); return nil }

// cut ends every connection there was.
func (l *pipes) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.ends {
		c.Close()
	}
}

func (l *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

func (l *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, a := net.Pipe()
	b, far := net.Pipe()
	l.mu.Lock()
	l.ends = append(l.ends, near, a, b, far)
	l.mu.Unlock()
	pump(a, b)
	pump(b, a)
	select {
	case l.conns <- far:
		return near, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "dial", Err: net.ErrClosed}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// pump carries bytes to a pipe from another, and holds those that are not read yet, as a
// network does.
func pump(to, from net.Conn) {
	held := make(chan []byte, 1000)
	go func() {
		defer close(held)
		for {
			part := make([]byte, 4096)
			n, err := from.Read(part)
			if n > 0 {
				held <- part[:n]
			}
			if err != nil {
				return
			}
		}
	}()
	go func() {
		for part := range held {
			if _, err := to.Write(part); err != nil {
				from.Close()
			}
		}
		to.Close()
	}()
}

// bubble is a bot with its Slack in a bubble. sre1 is paged in Slack, and by push only in
// the worst case.
type bubble struct {
	t        *testing.T
	sim      *slacksim.Server
	client   *http.Client
	settings *configs.Config
	store    storage.Store
	dir      string
	log      zerolog.Logger
	bot      *bot.Bot
	stop     func()
	ended    chan error
}

const bubbleConfig = `
people:
  - {name: dev1, slack: U0DEV1}
  - {name: sre1, slack: U0SRE1, ntfy: watchbill-sre1, contact: [{method: slack}, {method: push, after: 20m}]}
  - {name: sre2, slack: U0SRE2}
services:
  - {name: checkout, escalation: checkout}
escalations:
  - name: checkout
    steps: [{notify: ["person:sre1"], wait: 30m}, {notify: ["person:sre2"], wait: 5m}]
notify:
  ntfy: {server: "https://127.0.0.1:9"}
`

func inBubble(t *testing.T, test func(t *testing.T, b *bubble)) {
	inBubbleOf(t, func(*bubble) string { return bubbleConfig }, test)
}

// inBubbleOf is inBubble with another configuration, which is asked for when the workspace
// is there and the bot is not.
func inBubbleOf(t *testing.T, config func(b *bubble) string, test func(t *testing.T, b *bubble)) {
	synctest.Test(t, func(t *testing.T) {
		sim, err := slacksim.New(slacksim.Config{Manifest: configs.Manifest(nil)})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, u := range []slacksim.User{{ID: "U0DEV1", Name: "dev1"}, {ID: "U0SRE1", Name: "sre1"}, {ID: "U0SRE2", Name: "sre2"}} {
			ids = append(ids, sim.AddUser(u).ID)
		}
		sim.AddChannel("incidents", false, ids...)
		listener := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
		served := &http.Server{Handler: sim.Handler()}
		ended := make(chan error, 1)
		go func() { ended <- served.Serve(listener) }()
		transport := &http.Transport{DialContext: listener.dial}
		b := &bubble{t: t, sim: sim, client: &http.Client{Transport: transport}, store: memory.New(), dir: t.TempDir(),
			log: zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel)}
		if b.settings, err = configs.Parse([]byte(config(b)), "test.yaml"); err != nil {
			t.Fatal(err)
		}
		b.start()
		defer func() {
			b.halt()
			transport.CloseIdleConnections()
			sim.Close()
			served.Close()
			listener.cut()
			if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
				t.Errorf("Slack ended with: %v", err)
			}
		}()
		b.pass(10 * time.Second)
		if n := sim.Sockets(); n != 2 {
			t.Fatalf("%d sockets are open", n)
		}
		test(t, b)
	})
}

// start starts the bot, or its next life.
func (b *bubble) start() {
	b.t.Helper()
	var err error
	b.bot, err = bot.New(bot.Config{Settings: b.settings, Store: b.store, BotToken: configs.Secret(b.sim.BotToken()), AppToken: configs.Secret(b.sim.AppToken()), Directory: b.dir,
		SlackAPI: "http://slack.test/api/", HTTPClient: b.client, Version: "test", Log: b.log})
	if err != nil {
		b.t.Fatal(err)
	}
	var ctx context.Context
	ctx, b.stop = context.WithCancel(b.t.Context())
	ended := make(chan error, 1)
	b.ended = ended
	go func(bot *bot.Bot) { ended <- bot.Run(ctx) }(b.bot)
}

// halt ends the bot as whoever runs it does.
func (b *bubble) halt() {
	b.t.Helper()
	b.stop()
	if err := <-b.ended; err != nil {
		b.t.Errorf("the bot ended with: %v", err)
	}
}

// call calls a method of Slack as the bot may.
func (b *bubble) call(method string, args url.Values, answer any) {
	b.t.Helper()
	args.Set("token", b.sim.BotToken())
	res, err := b.client.PostForm("http://slack.test/api/"+method, args)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(answer); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bubble) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (b *bubble) declare(title string) {
	b.t.Helper()
	if _, err := b.bot.Desk().Declare(b.t.Context(), desk.In{By: incident.Actor{Person: "dev1", Via: "cli"}}, desk.Declaration{Title: title, Severity: 2, Service: "checkout"}); err != nil {
		b.t.Fatal(err)
	}
}

// pushed waits until a page goes by push too, and says how long that took.
func (b *bubble) pushed(page string) time.Duration {
	b.t.Helper()
	for began := time.Now(); time.Since(began) < time.Minute; b.pass(100 * time.Millisecond) {
		p, err := b.bot.Desk().PageOf(b.t.Context(), page)
		if err != nil {
			b.t.Fatal(err)
		}
		if slices.ContainsFunc(p.Notices, func(n paging.Notice) bool { return n.Way() == paging.Push }) {
			return time.Since(began)
		}
	}
	b.t.Fatalf("%s does not go by push within a minute", page)
	return 0
}

// says says whether health has a note with some words.
func (b *bubble) says(words string) bool {
	return strings.Contains(strings.Join(b.bot.Health().Notes, " "), words)
}

// TestACallThatHangsIsCutOff: Slack takes every call and answers none. With the limits of
// life, whoever is to be paged then is told in their next way within 20 seconds.
func TestACallThatHangsIsCutOff(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.sim.Inject(slacksim.Fault{Method: "*", Kind: slacksim.Hang, Delay: 24 * time.Hour})
		b.declare("checkout is down")
		if took := b.pushed("PAGE-1"); took > 20*time.Second {
			t.Errorf("it went by push after %v", took)
		}
		b.sim.ClearFaults()
	})
}

// TestHalfOpenSocketsAreReplaced: the connections are up, nothing comes by them, and calls
// are answered. Within 20 seconds there are others by which people are heard.
func TestHalfOpenSocketsAreReplaced(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.declare("checkout is down")
		b.pass(3 * time.Second) // between two pings
		opened := len(b.sim.Calls("apps.connections.open"))
		b.sim.Ghost(0)
		b.pass(20 * time.Second)
		if n := len(b.sim.Calls("apps.connections.open")) - opened; n != 2 {
			t.Errorf("%d sockets were asked for, want 2", n)
		}
		for range 20 { // Slack still believes in the dead ones, and gives them their share
			if answer, err := b.sim.As("U0SRE1").Slash(t.Context(), "general", "/inc", "ack INC-1"); err == nil && answer.Error == "" {
				break
			}
		}
		if p, err := b.bot.Desk().PageOf(t.Context(), "PAGE-1"); err != nil || p.AnsweredBy != "sre1" {
			t.Errorf("answered by %q (%v)", p.AnsweredBy, err)
		}
		if b.says("brought nothing") {
			t.Error("dead sockets are taken for a Slack that is deaf")
		}
	})
}

// TestSlackTakesAllAndBringsNothing: every call is answered with ok, the sockets answer
// pings, and no event comes. Within 20 seconds whoever was told in Slack is told in their
// next way too, health says so, and the sockets are replaced. When something is heard
// again, all is well.
func TestSlackTakesAllAndBringsNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.declare("checkout is down") // whose messages are heard
		b.pass(time.Minute)
		if answer, err := b.sim.As("U0SRE1").Slash(t.Context(), "general", "/inc", "ack INC-1"); err != nil || answer.Error != "" {
			t.Fatalf("/inc ack: %v %s", err, answer.Error)
		}
		b.pass(time.Minute)
		end := b.sim.InjectEnvelopes(slacksim.EnvelopeFault{Kind: slacksim.Late, Delay: 24 * time.Hour})
		b.pass(time.Hour)
		if b.bot.Desk().Deaf(paging.Slack) || b.says("brought nothing") {
			t.Error("a workspace that is quiet is taken for one that is deaf")
		}
		opened := len(b.sim.Calls("apps.connections.open"))
		b.declare("search is down")
		if took := b.pushed("PAGE-2"); took > 20*time.Second {
			t.Errorf("it went by push after %v", took)
		}
		if !b.says("Slack takes messages and has brought nothing since") || !b.bot.Health().Ready {
			t.Errorf("health says %+v", b.bot.Health())
		}
		p, err := b.bot.Desk().PageOf(t.Context(), "PAGE-2")
		if err != nil || p.Step != 0 || len(b.sim.DMs("U0SRE1")) < 2 {
			t.Errorf("the page is at step %d (%v): whoever was told in Slack may still see it", p.Step, err)
		}
		b.pass(5 * time.Second)
		if n := len(b.sim.Calls("apps.connections.open")) - opened; n != 2 {
			t.Errorf("%d sockets were asked for, want 2", n)
		}
		end()
		if answer, err := b.sim.As("U0DEV1").Slash(t.Context(), "general", "/inc", "list"); err != nil || answer.Error != "" {
			t.Fatalf("/inc list: %v %s", err, answer.Error)
		}
		b.pass(2 * time.Second)
		if b.bot.Desk().Deaf(paging.Slack) || b.says("brought nothing") {
			t.Errorf("it is heard again, and health says %+v", b.bot.Health())
		}
	})
}

// deafen has Slack take every call from now on and bring no event, for a bot whose messages
// were heard before.
func (b *bubble) deafen() (end func()) {
	b.t.Helper()
	b.declare("what is heard")
	b.pass(time.Minute)
	if answer, err := b.sim.As("U0SRE2").Slash(b.t.Context(), "general", "/inc", "resolve INC-1 it was nothing"); err != nil || answer.Error != "" {
		b.t.Fatalf("/inc resolve: %v %s", err, answer.Error)
	}
	b.pass(time.Minute)
	return b.sim.InjectEnvelopes(slacksim.EnvelopeFault{Kind: slacksim.Late, Delay: 24 * time.Hour})
}

const slackAloneConfig = `
http: {public_url: "https://watchbill.example.com"}
people:
  - {name: dev1, slack: U0DEV1}
  - {name: sre1, slack: U0SRE1}
  - {name: sre2, slack: U0SRE2}
services:
  - {name: checkout, escalation: checkout}
escalations:
  - name: checkout
    steps: [{notify: ["person:sre1"], wait: 5m}, {notify: ["person:sre2", "channel:incidents"], wait: 5m}]
`

const deafWords = "Buttons and commands in Slack do not work at the moment"

// TestWhoeverHasSlackAloneIsPagedWhileItIsDeaf: by Slack, which takes the message. It says
// how to answer, the policy goes on with its waits, and the auditor finds nothing wrong. When
// Slack is heard again the messages do not say so any more.
func TestWhoeverHasSlackAloneIsPagedWhileItIsDeaf(t *testing.T) {
	inBubbleOf(t, func(*bubble) string { return slackAloneConfig }, func(t *testing.T, b *bubble) {
		end := b.deafen()
		before := len(b.sim.DMs("U0SRE1"))
		b.declare("checkout is down")
		b.pass(2 * time.Second)
		dms := b.sim.DMs("U0SRE1")
		if len(dms) != before+1 || strings.Contains(string(dms[before].Blocks), deafWords) {
			t.Fatalf("at first %d messages came", len(dms)-before)
		}
		b.pass(28 * time.Second)
		first := b.sim.DMs("U0SRE1")[before]
		for _, words := range []string{deafWords, "watchbill page ack PAGE-2", "https://watchbill.example.com/p/PAGE-2."} {
			if !strings.Contains(string(first.Blocks), words) {
				t.Errorf("the message does not say %q: %s", words, first.Blocks)
			}
		}
		if strings.Contains(string(first.Blocks), "/v1/pages") {
			t.Error("it names the API, which has no tokens")
		}
		p, err := b.bot.Desk().PageOf(t.Context(), "PAGE-2")
		if err != nil || p.Step != 0 {
			t.Fatalf("after half a minute the page is at step %d (%v), and its policy says 5 minutes", p.Step, err)
		}
		others := len(b.sim.DMs("U0SRE2"))
		b.pass(4*time.Minute + 31*time.Second)
		second := b.sim.DMs("U0SRE2")[others:]
		if len(second) != 1 || !strings.Contains(string(second[0].Blocks), deafWords) || !strings.Contains(second[0].Text, "Slack's buttons do not work") {
			t.Fatalf("the next step sent %+v", second)
		}
		incidents, _ := b.sim.Channel("incidents")
		told := slices.ContainsFunc(b.sim.Messages(incidents.ID), func(m slacksim.Message) bool {
			return strings.Contains(string(m.Blocks), deafWords) && strings.Contains(string(m.Blocks), "watchbill page ack PAGE-2") && !strings.Contains(string(m.Blocks), "/p/PAGE-2.")
		})
		if !told {
			t.Error("the message to the channel does not say how to answer, or has somebody's link")
		}
		if h := b.bot.Health(); !h.Ready {
			t.Errorf("the auditor says %v", h.Problems)
		}
		room, _ := b.sim.Channel("inc-2-checkout-is-down")
		ts, err := b.sim.As("U0DEV1").Type(room.ID, "what nobody heard")
		if err == nil {
			err = b.sim.As("U0DEV1").React(room.ID, ts, "pushpin")
		}
		if err != nil {
			t.Fatal(err)
		}
		b.pass(time.Minute)
		end()
		if answer, err := b.sim.As("U0DEV1").Slash(t.Context(), "general", "/inc", "list"); err != nil || answer.Error != "" {
			t.Fatalf("/inc list: %v %s", err, answer.Error)
		}
		b.pass(10 * time.Second)
		if got := timeline(t.Context(), t, b.bot, "INC-2"); !strings.Contains(got, "Watchbill heard nothing from Slack for 6m") || !strings.Contains(got, "what nobody heard") {
			t.Errorf("the timeline does not say what was missed, and when:\n%s", got)
		}
		for _, m := range append(b.sim.DMs("U0SRE1"), b.sim.DMs("U0SRE2")...) {
			if strings.Contains(string(m.Blocks), deafWords) {
				t.Errorf("it is heard again, and a message says %s", m.Blocks)
			}
		}
		watchtest.Check(t, b.bot.Desk())
	})
}

// TestALifeThatBeginsWhileSlackIsDeaf finds that out by its first page, as one that heard
// before: it knows that echoes come.
func TestALifeThatBeginsWhileSlackIsDeaf(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		end := b.deafen()
		b.halt()
		b.start()
		b.pass(time.Minute)
		if b.bot.Desk().Deaf(paging.Slack) {
			t.Error("a start at which nothing happens is taken for deafness")
		}
		b.declare("checkout is down")
		if took := b.pushed("PAGE-2"); took > 20*time.Second {
			t.Errorf("it went by push after %v", took)
		}
		b.halt() // and the next hears: what the last has said of its messages is true no more
		end()
		b.start()
		b.pass(10 * time.Second)
		if answer, err := b.sim.As("U0DEV1").Slash(t.Context(), "general", "/inc", "list"); err != nil || answer.Error != "" {
			t.Fatalf("/inc list: %v %s", err, answer.Error)
		}
		b.pass(10 * time.Second)
		for _, m := range b.sim.DMs("U0SRE1") {
			if strings.Contains(string(m.Blocks), deafWords) {
				t.Errorf("Slack is heard, and a message says %s", m.Blocks)
			}
		}
	})
}

const repeatedConfig = `
people:
  - {name: dev1, slack: U0DEV1}
  - {name: sre1, slack: U0SRE1}
  - {name: sre2, slack: U0SRE2}
services:
  - {name: checkout, escalation: checkout}
escalations:
  - name: checkout
    steps: [{notify: ["person:sre1"], wait: 1m}]
    repeat: 9
`

// TestWhatNeverLeftIsNotRepeated: the first message that arrives says that it comes again
// only where one before it may have left.
func TestWhatNeverLeftIsNotRepeated(t *testing.T) {
	post := func(c slacksim.Call) bool { return c.Method == "chat.postMessage" && c.Args["channel"] == "U0SRE1" }
	for name, c := range map[string]struct {
		fault   slacksim.Fault
		history bool   // Slack can be asked what arrived
		want    []bool // of the first messages
	}{
		"refused":                       {slacksim.Fault{Kind: slacksim.ErrorCode, Code: "account_inactive"}, true, []bool{false}},
		"limited":                       {slacksim.Fault{Kind: slacksim.RateLimit, RetryAfter: 30}, true, []bool{false}},
		"broken off before it was done": {slacksim.Fault{Kind: slacksim.DropBefore, Times: 1}, true, []bool{false}},
		"and nobody can look":           {slacksim.Fault{Kind: slacksim.DropBefore, Times: 1}, false, []bool{true}},
		"done, and the answer was lost": {slacksim.Fault{Kind: slacksim.DropAfter, Times: 1}, true, []bool{false, true}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubbleOf(t, func(*bubble) string { return repeatedConfig }, func(t *testing.T, b *bubble) {
				c.fault.Method, c.fault.Match = "*", post
				b.sim.Inject(c.fault)
				if c.fault.Times == 1 { // and then nothing is taken
					b.sim.Inject(slacksim.Fault{Method: "*", Match: post, Kind: slacksim.ErrorCode, Code: "account_inactive"})
				}
				if !c.history {
					b.sim.Inject(slacksim.Fault{Method: "conversations.history", Kind: slacksim.ErrorCode, Code: "missing_scope"})
				}
				b.declare("checkout is down")
				b.pass(3*time.Minute + 10*time.Second)
				b.sim.ClearFaults()
				b.pass(45 * time.Second)
				p, err := b.bot.Desk().PageOf(t.Context(), "PAGE-1")
				if mine := slices.DeleteFunc(slices.Clone(p.Notices), func(n paging.Notice) bool { return n.To.Person != "sre1" }); err != nil || len(mine) < 3 {
					t.Fatalf("%d notices (%v), want some", len(mine), err)
				}
				var got []bool
				for _, m := range b.sim.DMs("U0SRE1") {
					got = append(got, strings.HasPrefix(m.Text, "REPEAT"))
				}
				if len(got) < len(c.want) || !slices.Equal(got[:len(c.want)], c.want) {
					t.Errorf("messages that say REPEAT: %v, want %v", got, c.want)
				}
				for _, n := range p.Notices {
					if n.Fate == paging.Intended {
						t.Errorf("notice %d is said to be on its way", n.N)
					}
				}
				watchtest.Check(t, b.bot.Desk())
			})
		})
	}
}

// TestAPageThatSlackTookWithoutSockets goes by push too when no socket can be had: nobody
// who presses its button would be heard.
func TestAPageThatSlackTookWithoutSockets(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.sim.RefuseSockets(slacksim.RefuseDial)
		b.sim.CutSockets(slacksim.CutNow)
		b.pass(3 * time.Second)
		b.declare("checkout is down")
		b.pass(time.Second)
		if n := len(b.sim.DMs("U0SRE1")); n != 1 {
			t.Fatalf("%d messages in Slack", n)
		}
		if took := b.pushed("PAGE-1"); took > 16*time.Second {
			t.Errorf("it went by push after %v", took)
		}
		if p, err := b.bot.Desk().PageOf(t.Context(), "PAGE-1"); err != nil || p.Step != 0 {
			t.Errorf("the page is at step %d (%v)", p.Step, err)
		}
	})
}

// TestUserGroupsThatCannotBeRead at the start are read again soon: a page to a group must
// not find nobody in it for hours.
func TestUserGroupsThatCannotBeRead(t *testing.T) {
	inBubbleOf(t, func(b *bubble) string {
		var made struct {
			OK        bool
			Error     string
			Usergroup struct{ ID string }
		}
		b.call("usergroups.create", url.Values{"name": {"night"}, "handle": {"night"}}, &made)
		b.call("usergroups.users.update", url.Values{"usergroup": {made.Usergroup.ID}, "users": {"U0SRE2"}}, &made)
		if !made.OK {
			b.t.Fatalf("make a user group: %s", made.Error)
		}
		b.pass(time.Hour) // until Slack has given up telling the app of it
		b.sim.Inject(slacksim.Fault{Method: "usergroups.list", Kind: slacksim.HTTP500, Times: 2})
		return strings.Replace(bubbleConfig, "person:sre1", "group:"+made.Usergroup.ID, 1)
	}, func(t *testing.T, b *bubble) {
		b.pass(time.Minute)
		b.declare("checkout is down")
		p, err := b.bot.Desk().PageOf(t.Context(), "PAGE-1")
		if err != nil || p.Step != 0 || len(p.Notices) != 1 || p.Notices[0].To.Person != "sre2" {
			t.Errorf("at step %d the page tells %+v (%v), want sre2 at the first", p.Step, p.Notices, err)
		}
	})
}
