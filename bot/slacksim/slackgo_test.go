package slacksim

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"
)

// second is slack-go against the simulator: a client written by others.
func second(a *app) *slack.Client {
	return slack.New(a.server.BotToken(), slack.OptionAppLevelToken(a.server.AppToken()), slack.OptionAPIURL(a.base+"/api/"))
}

func TestSlackGoCalls(t *testing.T) {
	a := start(t, Config{})
	api := second(a)
	ctx := within(t)
	auth, err := api.AuthTestContext(ctx)
	if err != nil || auth.UserID != a.server.BotUserID() {
		t.Fatalf("auth.test: %+v, %v", auth, err)
	}
	ch, err := api.CreateConversationContext(ctx, slack.CreateConversationParams{ChannelName: "inc-1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := api.CreateConversationContext(ctx, slack.CreateConversationParams{ChannelName: "inc-1"}); err == nil || err.Error() != "name_taken" {
		t.Errorf("second create: %v", err)
	}
	if _, err := api.InviteUsersToConversationContext(ctx, ch.ID, "U0DEV1"); err != nil {
		t.Error(err)
	}
	if _, err := api.SetTopicOfConversationContext(ctx, ch.ID, "SEV1"); err != nil {
		t.Error(err)
	}
	metadata := slack.SlackMetadata{EventType: "op", EventPayload: map[string]any{"id": "7"}}
	_, ts, err := api.PostMessageContext(ctx, ch.ID, slack.MsgOptionText("card", false), slack.MsgOptionMetadata(metadata),
		slack.MsgOptionBlocks(slack.NewSectionBlock(slack.NewTextBlockObject("mrkdwn", "*card*", false, false), nil, nil)))
	if err != nil {
		t.Fatal(err)
	}
	history, err := api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{ChannelID: ch.ID, IncludeAllMetadata: true})
	if err != nil || len(history.Messages) == 0 || history.Messages[0].Metadata.EventPayload["id"] != "7" {
		t.Errorf("history: %+v, %v", history, err)
	}
	item := slack.NewRefToMessage(ch.ID, ts)
	if err := errors.Join(api.AddPinContext(ctx, ch.ID, item), api.AddReactionContext(ctx, "eyes", item)); err != nil {
		t.Error(err)
	}
	if pins, _, err := api.ListPinsContext(ctx, ch.ID); err != nil || len(pins) != 1 || pins[0].Message.Timestamp != ts {
		t.Errorf("pins: %v, %v", pins, err)
	}
	if _, err := api.AddBookmarkContext(ctx, ch.ID, slack.AddBookmarkParameters{Title: "T", Type: "link", Link: "https://example.com"}); err != nil {
		t.Error(err)
	}
	if _, err := api.UploadFileContext(ctx, slack.UploadFileParameters{Filename: "a.md", Content: "# A", FileSize: 3, Channel: ch.ID}); err != nil {
		t.Error(err)
	}
	if link, err := api.GetPermalinkContext(ctx, &slack.PermalinkParameters{Channel: ch.ID, Ts: ts}); err != nil || link == "" {
		t.Errorf("permalink: %q, %v", link, err)
	}
	if users, err := api.GetUsersContext(ctx); err != nil || len(users) != 5 {
		t.Errorf("users: %d, %v", len(users), err)
	}
	if dnd, err := api.GetDNDInfoContext(ctx, ptr("U0DEV1")); err != nil || dnd.Enabled {
		t.Errorf("dnd: %+v, %v", dnd, err)
	}
}

func ptr[T any](v T) *T { return &v }

func TestSlackGoErrors(t *testing.T) {
	a := start(t, Config{})
	api := second(a)
	a.server.Inject(Fault{Method: "auth.test", Kind: RateLimit, RetryAfter: 7, Times: 1})
	var limited *slack.RateLimitedError
	if _, err := api.AuthTestContext(within(t)); !errors.As(err, &limited) || limited.RetryAfter != 7*time.Second {
		t.Errorf("rate limit: %v", err)
	}
	a.server.Inject(Fault{Method: "auth.test", Kind: HTTP500, Times: 1})
	var status slack.StatusCodeError
	if _, err := api.AuthTestContext(within(t)); !errors.As(err, &status) || status.Code != 500 {
		t.Errorf("server error: %v", err)
	}
	_, _, err := api.PostMessageContext(within(t), "ops", slack.MsgOptionBlocks(slack.NewHeaderBlock(slack.NewTextBlockObject("plain_text", "", false, false))))
	var refused slack.SlackErrorResponse
	if !errors.As(err, &refused) || refused.Err != "invalid_blocks" || len(refused.ResponseMetadata.Messages) == 0 {
		t.Errorf("bad blocks: %#v", err)
	}
	a.server.Inject(Fault{Method: "chat.postMessage", Kind: DropAfter, Times: 1})
	if _, _, err := api.PostMessageContext(within(t), "ops", slack.MsgOptionText("ambiguous", false)); err == nil {
		t.Error("a dropped answer gave no error")
	}
	if n := len(a.server.Messages("ops")); n != 1 {
		t.Errorf("%d messages, want the one whose answer was dropped", n)
	}
}

func TestSlackGoSocketMode(t *testing.T) {
	a := start(t, Config{Ping: 10 * time.Millisecond})
	api := second(a)
	sm := socketmode.New(api)
	ctx, stop := context.WithCancel(within(t))
	done := make(chan error, 1)
	go func() { done <- sm.RunContext(ctx) }()
	mentioned := make(chan string, 1)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case e := <-sm.Events:
				if e.Request == nil || e.Type == socketmode.EventTypeHello {
					continue
				}
				var payload []any
				if command, ok := e.Data.(slack.SlashCommand); ok {
					payload = append(payload, map[string]string{"text": "got " + command.Text})
				}
				if err := sm.Ack(*e.Request, payload...); err != nil {
					t.Error(err)
				}
				if outer, ok := e.Data.(slackevents.EventsAPIEvent); ok {
					if m, ok := outer.InnerEvent.Data.(*slackevents.AppMentionEvent); ok {
						mentioned <- m.Text
					}
				}
			}
		}
	}()
	if err := a.server.Wait(ctx, func() bool { return a.server.Sockets() == 1 }); err != nil {
		t.Fatal(err)
	}
	got, err := a.server.As("dev1").Slash(ctx, "ops", "/inc", "it")
	if err != nil || got.Text() != "got it" {
		t.Errorf("slash: %+v, %v", got, err)
	}
	if _, err := a.server.As("dev1").Type("ops", "@simbot hi"); err != nil {
		t.Fatal(err)
	}
	select {
	case text := <-mentioned:
		if text != "<@U0BOT> hi" {
			t.Errorf("mention = %q", text)
		}
	case <-ctx.Done():
		t.Error("the mention did not come")
	}
	a.server.Disconnect("refresh_requested")
	if err := a.server.Wait(ctx, func() bool { return len(a.server.Calls("apps.connections.open")) == 2 && a.server.Sockets() == 1 }); err != nil {
		t.Errorf("reconnect: %v", err)
	}
	stop()
	<-done
}

func BenchmarkPostMessage(b *testing.B) {
	s, err := New(Config{})
	if err != nil {
		b.Fatal(err)
	}
	base, err := s.Start("127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	s.AddChannel("ops", false, s.BotUserID())
	api := slack.New(s.BotToken(), slack.OptionAPIURL(base+"/api/"))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, _, err := api.PostMessage("ops", slack.MsgOptionText("x", false)); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}
