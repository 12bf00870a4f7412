package slacksim

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// boltApp runs boltjs/app.js, an app on Slack's own framework that knows
// nothing of this simulator, until the test ends.
func boltApp(t *testing.T) *Server {
	t.Helper()
	_, missingNode := exec.LookPath("node")
	_, missingModules := os.Stat("boltjs/node_modules/@slack/bolt")
	if missingNode != nil || missingModules != nil {
		const hint = "needs node and `npm ci` in bot/slacksim/boltjs"
		if os.Getenv("CI") != "" {
			t.Fatal(hint)
		}
		t.Skip(hint)
	}
	manifest, err := os.ReadFile("boltjs/manifest.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{Manifest: manifest})
	if err != nil {
		t.Fatal(err)
	}
	base, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.AddUser(User{ID: "U0DEV1", Name: "dev1"})
	s.AddChannel("ops", false, "U0DEV1", s.BotUserID())
	ctx, stop := context.WithCancel(context.Background())
	node := exec.CommandContext(ctx, "node", "app.js")
	node.Dir = "boltjs"
	node.Env = append(os.Environ(), "SLACK_API_URL="+base+"/api/", "SLACK_BOT_TOKEN="+s.BotToken(), "SLACK_APP_TOKEN="+s.AppToken())
	var output bytes.Buffer
	node.Stdout, node.Stderr = &output, &output
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		//nolint:errcheck // killed on purpose
		node.Wait()
		if t.Failed() {
			t.Logf("the app said:\n%s", output.String())
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestBoltForJavaScript(t *testing.T) {
	s := boltApp(t)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := s.Wait(ctx, func() bool { return s.Sockets() == 1 }); err != nil {
		t.Fatal(err)
	}
	dev := s.As("dev1")
	declare(ctx, t, s, dev)
	ts := declared(ctx, t, s)
	if _, err := dev.Click(ctx, "ops", ts, "take"); err != nil {
		t.Fatal(err)
	}
	settled := func() bool {
		m, _ := s.Message("ops", ts)
		return m.Text == "<@U0DEV1> took it" && m.Blocks == nil && len(m.Reactions) == 1 && strings.Contains(texted(s.Ephemerals("U0DEV1")), "Thank you")
	}
	if err := s.Wait(ctx, settled); err != nil {
		t.Fatalf("the button: %v; messages %v", err, s.Messages("ops"))
	}
	mentionAndHome(ctx, t, s, dev)
	if _, err := dev.Slash(ctx, "ops", "/report", ""); err != nil {
		t.Fatal(err)
	}
	uploaded := func() bool {
		files := s.Files()
		return len(files) == 1 && string(files[0].Content) == "# Report\n" && strings.Contains(texted(s.Messages("ops")), "Here it is")
	}
	if err := s.Wait(ctx, uploaded); err != nil {
		t.Fatalf("the upload: %v; calls %v", err, s.Calls(""))
	}
	for _, e := range s.Envelopes("") {
		if e.Acked.IsZero() || e.Late {
			t.Errorf("envelope %s %s was not acknowledged in time", e.Type, e.Inner)
		}
	}
}

// declare goes through the modal: the client's complaint, a suggestion, the
// app's complaint, and a submission that closes it.
func declare(ctx context.Context, t *testing.T, s *Server, dev *Person) {
	t.Helper()
	got, err := dev.Slash(ctx, "ops", "/declare", "")
	if err != nil || got.Error != "" {
		t.Fatalf("slash: %q, %v", got.Error, err)
	}
	if _, err := dev.WaitView(ctx, func(v View) bool { return v.Title == "Declare" }); err != nil {
		t.Fatal(err)
	}
	result, err := dev.Submit(ctx, map[string]any{"title": "oh"})
	if err != nil || result.Errors["severity"] == "" {
		t.Fatalf("submit without severity: %+v, %v", result, err)
	}
	offered, err := dev.Suggest(ctx, "", "", "name", "pay")
	if err != nil || len(offered.Options) != 1 || offered.Options[0].Value != "payments" {
		t.Fatalf("suggest: %+v, %v", offered, err)
	}
	result, err = dev.Submit(ctx, map[string]any{"severity": "1", "service": "payments"})
	if err != nil || result.Errors["title"] != "Say a little more." {
		t.Fatalf("submit a short title: %+v, %v", result, err)
	}
	result, err = dev.Submit(ctx, map[string]any{"title": "checkout is down"})
	if err != nil || result.View != nil {
		t.Fatalf("submit: %+v, %v", result, err)
	}
}

func declared(ctx context.Context, t *testing.T, s *Server) (ts string) {
	t.Helper()
	err := s.Wait(ctx, func() bool {
		for _, m := range s.Messages("ops") {
			if m.Text == "SEV1: checkout is down (payments)" {
				ts = m.TS
				return strings.Contains(string(m.Metadata), "U0DEV1")
			}
		}
		return false
	})
	if err != nil {
		t.Fatalf("the message: %v; messages %v", err, s.Messages("ops"))
	}
	return ts
}

func mentionAndHome(ctx context.Context, t *testing.T, s *Server, dev *Person) {
	t.Helper()
	asked, err := dev.Type("ops", "@boltproof are you there?")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(ctx, func() bool { return len(s.Thread("ops", asked)) == 2 }); err != nil {
		t.Fatalf("the mention: %v", err)
	}
	if err := dev.OpenHome(); err != nil {
		t.Fatal(err)
	}
	err = s.Wait(ctx, func() bool {
		home, ok := s.Home("U0DEV1")
		return ok && home.Contains("Welcome")
	})
	if err != nil {
		t.Fatalf("the Home tab: %v", err)
	}
}

func texted(messages []Message) string {
	var all []string
	for _, m := range messages {
		all = append(all, m.AllText())
	}
	return strings.Join(all, "\n")
}
