package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/configs"
)

// players are the people of the scripted outage, by part.
type players struct {
	oncall, second, developer, helper string // Slack ids
}

// stage is where the outage is played.
type stage struct {
	ctx  context.Context // of the play
	sim  *slacksim.Server
	e    env
	hook string // address of the demo's webhook
	slow bool   // for people to watch
	room string
	players
}

// play plays a realistic outage in the workspace: slowly enough to watch it, or
// as fast as the bot works.
func (s *stage) play(ctx context.Context) error {
	limit := 10 * time.Minute
	if !s.slow {
		limit = time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	s.ctx = ctx
	if err := s.wait("the bot", func() bool { return s.sim.Sockets() > 0 }); err != nil {
		return err
	}
	s.narrate("\nAn outage begins in 15 seconds, in #svc-checkout. Open the workspace to watch it.")
	s.pause(15 * time.Second)
	for _, scene := range []func() error{s.itBreaks, s.somebodyAnswers, s.theyWork, s.itEnds} {
		if err := scene(); err != nil {
			return fmt.Errorf("play the outage: %w", err)
		}
	}
	if !s.slow {
		return s.transcript()
	}
	s.narrate("That was an outage. The workspace is yours: the postmortem draft is in the incident's channel.")
	return nil
}

// cast gives the parts to people according to who is on call today.
func cast(c *configs.Config) players {
	var p players
	sre := map[string]bool{}
	for _, t := range c.Teams {
		for _, name := range t.People {
			sre[name] = sre[name] || t.Kind == configs.KindSRE
		}
	}
	for _, d := range c.Plan("checkout").OnCall(time.Now()) {
		if person, ok := c.Person(d.Person); ok && d.Covers() {
			p.oncall = person.Slack
		}
	}
	for _, person := range c.People {
		switch {
		case person.Slack == p.oncall:
		case sre[person.Name] && p.second == "":
			p.second = person.Slack
		case !sre[person.Name] && p.developer == "":
			p.developer = person.Slack
		case p.helper == "":
			p.helper = person.Slack
		}
	}
	return p
}

func (s *stage) narrate(text string) {
	if s.slow {
		fmt.Fprintln(s.e.stdout, text)
	}
}

// pause gives a watcher time to read.
func (s *stage) pause(d time.Duration) {
	if !s.slow {
		return
	}
	select {
	case <-time.After(d):
	case <-s.ctx.Done():
	}
}

func (s *stage) wait(what string, done func() bool) error {
	ctx, cancel := context.WithTimeout(s.ctx, 30*time.Second)
	defer cancel()
	if err := s.sim.Wait(ctx, done); err != nil {
		return fmt.Errorf("wait for %s: %w", what, err)
	}
	return nil
}

// joined waits until a person is in a channel: who is paged is invited, which
// takes a moment.
func (s *stage) joined(user, channel string) error {
	return s.wait(s.name(user)+" in the channel", func() bool {
		ch, _ := s.sim.Channel(channel)
		return slices.Contains(ch.Members, user)
	})
}

func (s *stage) say(user, channel, text string) (string, error) {
	s.pause(3 * time.Second)
	if err := s.joined(user, channel); err != nil {
		return "", err
	}
	return s.sim.As(user).Type(channel, text)
}

func (s *stage) command(user, channel, text string) error {
	s.pause(4 * time.Second)
	if err := s.joined(user, channel); err != nil {
		return err
	}
	r, err := s.sim.As(user).Slash(s.ctx, channel, "/inc", text)
	if err != nil {
		return err
	}
	if r.Error != "" {
		return fmt.Errorf("/inc %s: Slack says %s", text, r.Error)
	}
	return nil
}

// press presses a button of the newest message that has it.
func (s *stage) press(user string, messages func() []slacksim.Message, action string) error {
	var found slacksim.Message
	if err := s.wait("a message with the button "+action, func() bool {
		for _, m := range slices.Backward(messages()) {
			if strings.Contains(string(m.Blocks), action) {
				found = m
				return true
			}
		}
		return false
	}); err != nil {
		return err
	}
	s.pause(4 * time.Second)
	r, err := s.sim.As(user).Click(s.ctx, found.Channel, found.TS, action)
	if err == nil && r.Error != "" {
		err = errors.New(r.Error)
	}
	return err
}

// report has monitoring report the alert with which it begins and ends.
func (s *stage) report(status string) error {
	body := `{"title": "5xx rate of checkout is 12 %", "fingerprint": "checkout-5xx", "severity": "warning", "service": "checkout", "labels": {"env": "prod", "cluster": "eu-1"},
		"url": "https://graphs.example.com/checkout", "status": "` + status + `"}`
	r, err := http.NewRequestWithContext(s.ctx, http.MethodPost, s.hook, strings.NewReader(body))
	if err != nil {
		return fmt.Errorf("report the alert: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+demoToken)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("report the alert: %w", err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusAccepted {
		return fmt.Errorf("report the alert: it was answered %s", answer.Status)
	}
	return nil
}

// shop is what is said in the channel of the service that breaks.
func (s *stage) shop() []slacksim.Message { return s.sim.Messages("svc-checkout") }

func (s *stage) itBreaks() error {
	s.narrate("Monitoring warns in #svc-checkout, and somebody there sees more than that.")
	if err := s.report("firing"); err != nil {
		return err
	}
	if err := s.wait("the alert's card", func() bool { return len(s.shop()) > 0 }); err != nil {
		return err
	}
	if _, err := s.say(s.developer, "svc-checkout", "checkout throws errors, about one in three requests. The graph jumped a minute ago"); err != nil {
		return err
	}
	if err := s.press(s.developer, s.shop, "v1.alert.declare"); err != nil {
		return err
	}
	if _, err := s.sim.As(s.developer).WaitView(s.ctx, nil); err != nil {
		return err
	}
	s.pause(4 * time.Second)
	r, err := s.sim.As(s.developer).Submit(s.ctx, map[string]any{"title": "checkout returns 503 for a third of requests", "severity": "2"})
	if err == nil && len(r.Errors) > 0 {
		err = fmt.Errorf("declare from the alert: %v", r.Errors)
	}
	if err != nil {
		return err
	}
	return s.wait("the incident's channel", func() bool {
		for _, c := range s.sim.Channels() {
			if strings.HasPrefix(c.Name, "inc-") {
				s.room = c.ID
			}
		}
		return s.room != "" && len(s.sim.Pins(s.room)) > 0
	})
}

func (s *stage) somebodyAnswers() error {
	s.narrate("The one on call is paged, and cannot take it; the next step comes at once.")
	if err := s.press(s.oncall, func() []slacksim.Message { return s.sim.DMs(s.oncall) }, "v1.page.decline"); err != nil {
		return err
	}
	if err := s.press(s.second, func() []slacksim.Message { return s.sim.DMs(s.second) }, "v1.page.ack"); err != nil {
		return err
	}
	s.narrate("An SRE acknowledges and is in command.")
	return s.wait("the commander in the channel", func() bool {
		return slices.ContainsFunc(s.sim.Channels(), func(c slacksim.Channel) bool { return c.ID == s.room && slices.Contains(c.Members, s.second) })
	})
}

func (s *stage) theyWork() error {
	s.narrate("They work on it in the incident's channel; what matters is pinned to the timeline.")
	if _, err := s.say(s.second, s.room, "error rate is 34 %, all from pods that started ten minutes ago"); err != nil {
		return err
	}
	ts, err := s.say(s.developer, s.room, "deploy 4711 has a new connection pool with a limit of 5. That is far below what we need")
	if err != nil {
		return err
	}
	s.pause(2 * time.Second)
	if err := s.sim.As(s.second).React(s.room, ts, "pushpin"); err != nil {
		return err
	}
	if err := s.wait("the check mark", func() bool {
		m, _ := s.sim.Message(s.room, ts)
		return slices.ContainsFunc(m.Reactions, func(r slacksim.Reaction) bool { return r.Name == "white_check_mark" })
	}); err != nil {
		return err
	}
	for _, c := range []struct{ user, text string }{
		{s.developer, "note -10m deploy 4711 of checkout went out"},
		{s.second, "update we roll back deploy 4711; errors should fall within five minutes"},
		{s.second, "page <@" + s.helper + ">"},
		{s.helper, "ack"},
		{s.second, "update errors are back to normal since the rollback, we watch it for a while"},
	} {
		if err := s.command(c.user, s.room, c.text); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) itEnds() error {
	s.narrate("It is over: the alert is resolved, then the incident; it is closed, and the postmortem draft is written.")
	if err := s.report("resolved"); err != nil {
		return err
	}
	if err := s.wait("the alert's card to be resolved", func() bool {
		return slices.ContainsFunc(s.shop(), func(m slacksim.Message) bool { return strings.Contains(m.Text, "is resolved") })
	}); err != nil {
		return err
	}
	if err := s.command(s.second, s.room, "resolve rolled back; no errors for ten minutes"); err != nil {
		return err
	}
	if err := s.command(s.second, s.room, "close"); err != nil {
		return err
	}
	if err := s.wait("the postmortem draft", func() bool { return len(s.sim.Files()) > 0 }); err != nil {
		return err
	}
	if err := s.wait("the announcement and the card to say that it is closed", func() bool {
		return s.says("incidents", "closed") && s.says(s.room, "closed")
	}); err != nil {
		return err
	}
	return s.wait("each page to say who answered", func() bool {
		return !slices.ContainsFunc([]string{s.oncall, s.second, s.helper}, func(user string) bool {
			return slices.ContainsFunc(s.sim.DMs(user), func(m slacksim.Message) bool { return strings.Contains(string(m.Blocks), "page.ack") })
		})
	})
}

// says reports whether a channel's message about the incident says a word of its state.
func (s *stage) says(channel, word string) bool {
	return slices.ContainsFunc(s.sim.Messages(channel), func(m slacksim.Message) bool {
		return strings.HasPrefix(m.Text, "INC-1 ") && strings.Contains(m.Text, " "+word+":")
	})
}

// transcript prints what people saw, and the postmortem draft.
func (s *stage) transcript() error {
	for _, name := range []string{"svc-checkout", "incidents"} {
		fmt.Fprintf(s.e.stdout, "#%s\n", name)
		s.print(name)
		fmt.Fprintln(s.e.stdout)
	}
	for _, u := range s.sim.Users() {
		if told := s.sim.DMs(u.ID); len(told) > 0 {
			fmt.Fprintf(s.e.stdout, "Direct messages to %s\n", s.name(u.ID))
			s.printAll(told)
			fmt.Fprintln(s.e.stdout)
		}
	}
	ch, _ := s.sim.Channel(s.room)
	fmt.Fprintf(s.e.stdout, "#%s\n", ch.Name)
	s.print(s.room)
	files := s.sim.Files()
	fmt.Fprintf(s.e.stdout, "\n%s\n\n%s\n", files[0].Name, printable(string(files[0].Content)))
	return nil
}

func (s *stage) print(channel string) { s.printAll(s.sim.Messages(channel)) }

func (s *stage) printAll(messages []slacksim.Message) {
	for _, m := range messages {
		text := strings.TrimPrefix(m.Text, "<@"+m.User+"> ") // Slack's own messages begin with who did it
		text = strings.ReplaceAll(text, "\n", "\n                  ")
		if m.BotID != "" { // its bold words
			text = strings.ReplaceAll(text, "*", "")
		}
		if text == "" && len(m.Files) > 0 {
			text = fmt.Sprintf("[file] %v", m.Files[0]["name"])
		}
		fmt.Fprintf(s.e.stdout, "  %-14s  %s\n", s.name(m.User), printable(text))
	}
}

func (s *stage) name(user string) string {
	for _, u := range s.sim.Users() {
		if u.ID == user {
			if u.RealName != "" {
				return u.RealName
			}
			return u.Name
		}
	}
	return user
}
