package slacksim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// SlashResult is what a person saw of a slash command.
type SlashResult struct {
	Error       string          // "" or Slack's word: operation_timeout, dispatch_failed, not_a_command
	Ack         json.RawMessage // what the acknowledgement carried; nil for nothing
	Message     *Message        // what the acknowledgement showed; nil for nothing
	TriggerID   string
	ResponseURL string

	answers
}

// answers gives access to what comes by the response_url of an interaction.
type answers struct {
	server *Server
	hook   *hook
}

// Responses are the messages that came by response_url so far, oldest first.
// Those that replaced an earlier one are listed beside it.
func (r answers) Responses() []Message {
	if r.hook == nil {
		return nil
	}
	r.server.mu.Lock()
	defer r.server.mu.Unlock()
	return slices.Clone(r.hook.replies)
}

// WaitResponse returns the nth message (from 0) that came by response_url.
func (r answers) WaitResponse(ctx context.Context, n int) (Message, error) {
	if r.hook == nil {
		return Message{}, errors.New("wait for a response: nothing was sent that could be answered")
	}
	err := r.server.Wait(ctx, func() bool { return len(r.Responses()) > n })
	if err != nil {
		return Message{}, err
	}
	return r.Responses()[n], nil
}

// Text is all that the command's answer says: its text and the texts of its
// blocks, or "" if nothing was shown.
func (r SlashResult) Text() string {
	if r.Message == nil {
		return ""
	}
	return r.Message.AllText()
}

// AllText is the message's text and the texts of its blocks and attachments, a
// line each, which is what assertions usually want to search.
func (m Message) AllText() string {
	lines := []string{m.Text}
	for _, raw := range []json.RawMessage{m.Blocks, m.Attachments} {
		var tree any
		if raw == nil || json.Unmarshal(raw, &tree) != nil {
			continue
		}
		lines = append(lines, texts(tree)...)
	}
	return strings.Join(lines, "\n")
}

// texts collects the texts of a tree in reading order.
func texts(node any) []string {
	var lines []string
	switch n := node.(type) {
	case map[string]any:
		if t, ok := n["text"].(string); ok {
			lines = append(lines, t)
		}
		for _, key := range []string{"text", "title", "label", "blocks", "fields", "elements", "accessory", "element", "rows", "options"} {
			if _, isText := n[key].(string); !isText && n[key] != nil {
				lines = append(lines, texts(n[key])...)
			}
		}
	case []any:
		for _, item := range n {
			lines = append(lines, texts(item)...)
		}
	}
	return lines
}

// Slash runs a slash command in a channel, and returns once the app has
// acknowledged it or Slack has given up on that. command is such as "/inc".
func (p *Person) Slash(ctx context.Context, channel, command, arguments string) (SlashResult, error) {
	return await(ctx, p, "run "+command, func() (chan SlashResult, error) { return p.beginSlash(channel, command, arguments) })
}

func (p *Person) beginSlash(channel, command, arguments string) (chan SlashResult, error) {
	s := p.server
	u, ch, err := p.in(channel)
	if err == nil {
		_, err = p.member(channel) // only members have a composer to type the command in
	}
	if err != nil {
		return nil, err
	}
	done := make(chan SlashResult, 1)
	info := s.app.command(command)
	if info == nil {
		s.clients.whisper(u.ID, ch.id, slackbotID, draft{text: command + " is not a valid command. In Slack, all messages that start with the “/” character are interpreted as commands."})
		done <- SlashResult{Error: "not_a_command"}
		return done, nil
	}
	e, result, h := s.interactions.command(u, ch, info, arguments)
	result.server = s
	e.done = func(r reply) {
		s.interactions.answered(&result, h, command, r)
		done <- result
	}
	s.gateway.dispatch(e)
	return done, nil
}

// slashPayload is what Slack sends of a command.
type slashPayload struct {
	Token       string `json:"token"`
	TeamID      string `json:"team_id"`
	TeamDomain  string `json:"team_domain"`
	ChannelID   string `json:"channel_id"`
	ChannelName string `json:"channel_name"`
	UserID      string `json:"user_id"`
	UserName    string `json:"user_name"`
	Command     string `json:"command"`
	Text        string `json:"text"`
	AppID       string `json:"api_app_id"`
	Enterprise  string `json:"is_enterprise_install"`
	ResponseURL string `json:"response_url"`
	TriggerID   string `json:"trigger_id"`
}

func (in *interactions) command(u *User, ch *conversation, info *CommandInfo, arguments string) (*envelope, SlashResult, *hook) {
	if info.ShouldEscape {
		arguments = in.typed(arguments)
	}
	h, url := in.responses.open(hook{kind: "commands", user: u.ID, channel: ch.id})
	result := SlashResult{TriggerID: in.grants.trigger(u.ID, ch.id), ResponseURL: url, answers: answers{hook: h}}
	payload, err := json.Marshal(slashPayload{
		Token: "legacy-verification-token", TeamID: teamID, TeamDomain: in.team.domain, ChannelID: ch.id, ChannelName: ch.payloadName(),
		UserID: u.ID, UserName: u.Name, Command: info.Command, Text: strings.TrimSpace(arguments), AppID: appID,
		Enterprise: "false", ResponseURL: url, TriggerID: result.TriggerID,
	})
	if err != nil {
		in.log.Error().Err(err).Msg("encode command")
	}
	return &envelope{kind: "slash_commands", inner: info.Command, payload: payload}, result, h
}

// slashAnswered shows the person what came of a command.
func (in *interactions) answered(out *SlashResult, h *hook, command string, r reply) {
	out.Error, out.Ack = r.problem, r.answer
	if r.problem != "" {
		in.clients.whisper(h.user, h.channel, slackbotID, draft{text: fmt.Sprintf("%s failed with the error %q", command, r.problem)})
		return
	}
	if r.answer == nil || r.answer[0] != '{' {
		return
	}
	if r.shown.err != nil {
		in.clients.whisper(h.user, h.channel, slackbotID, draft{text: fmt.Sprintf("%s failed with the error %q", command, code(r.shown.err))})
		out.Error = code(r.shown.err)
		return
	}
	m, err := in.responses.answer(h, r.shown.responseType, r.shown.draft)
	if err != nil {
		out.Error = code(err)
		return
	}
	h.original = m.TS
	shown := m.clone()
	out.Message = &shown
}
