package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Limits of an ntfy server as it comes: docs.ntfy.sh/publish/#limitations, and twice the message for publishing as JSON.
const (
	ntfyMessage = 4096 // bytes; a longer one becomes an attachment that nobody opens at night
	ntfyJSON    = 2 * ntfyMessage
	ntfyText    = 3000 // characters that are tried at first
)

// AnswerForm is what a button of a push posts to Message.Link: the form of the page's own button to acknowledge.
const AnswerForm = "answer=acknowledge"

// NtfyConfig sets up push through an ntfy server.
type NtfyConfig struct {
	Server string // its URL: https://ntfy.sh, or that of one of your own
	Token  string // an access token that may publish; empty: none
	Guard  *Guard
}

type ntfy struct {
	NtfyConfig
}

var ntfyTopic = regexp.MustCompile(`^[-_A-Za-z0-9]{1,64}$`)

// NewNtfy is a sender of push messages.
func NewNtfy(c NtfyConfig) (Sender, error) {
	u, err := httpURL(c.Server)
	if err != nil {
		return nil, fmt.Errorf("read ntfy server: %w", err)
	}
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return nil, errors.New("read ntfy server: it has a path; the topic belongs to the person")
	}
	if strings.ContainsFunc(c.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("read ntfy token: it has a space, or a character that no token has")
	}
	c.Server = u.Scheme + "://" + u.Host + "/"
	return ntfy{c}, nil
}

// Method implements Sender.
func (ntfy) Method() Method { return Push }

// Provider implements Sender.
func (ntfy) Provider() string { return "ntfy" }

// ntfyPublish is a message to publish: docs.ntfy.sh/publish/#publish-as-json.
type ntfyPublish struct {
	Topic    string       `json:"topic"`
	Title    string       `json:"title"`
	Message  string       `json:"message"`
	Priority int          `json:"priority"` // 1 (min) to 5 (max)
	Tags     []string     `json:"tags"`     // names of emojis become emojis
	Click    string       `json:"click,omitempty"`
	Actions  []ntfyAction `json:"actions,omitempty"` // at most three
}

type ntfyAction struct {
	Action  string            `json:"action"`
	Label   string            `json:"label"`
	URL     string            `json:"url"`
	Method  string            `json:"method,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body,omitempty"`
	Clear   bool              `json:"clear,omitempty"`
}

// Send implements Sender.
func (n ntfy) Send(ctx context.Context, to To, m Message) Result {
	if !ntfyTopic.MatchString(to.Address) {
		return dead(Address, codeAddress, "The ntfy topic has other characters than letters, digits, - and _, or more than 64.").of("ntfy", "")
	}
	header := n.header()
	header.Set("Content-Type", "application/json")
	a := exchange(ctx, n.Guard.Client(), http.MethodPost, n.Server, header, bytes.NewReader(ntfyBody(to.Address, m)))
	if a.err != nil {
		return a.failure().of("ntfy", "")
	}
	r, detail := a.ntfy(to.Address)
	return r.of("ntfy", hide(hide(detail, n.Token, "(token)"), to.Address, "(address)")) // on a public server, who knows the topic reads it
}

// header says who asks.
func (n ntfy) header() http.Header {
	header := http.Header{}
	if n.Token != "" {
		header.Set("Authorization", "Bearer "+n.Token)
	}
	return header
}

// ntfyBody is m as JSON, cut until the server takes it.
func ntfyBody(topic string, m Message) []byte {
	p := ntfyPublish{Topic: topic, Title: m.marked(m.headline()), Priority: 5, Tags: []string{"rotating_light"}}
	if !m.urgent() {
		p.Priority, p.Tags = 3, []string{"bell"}
	}
	tail := ""
	if link := m.link(); link != "" {
		p.Click = link
		p.Actions = []ntfyAction{
			{Action: "http", Label: "Acknowledge", URL: link, Method: http.MethodPost, Body: AnswerForm, Clear: true,
				Headers: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}},
			{Action: "view", Label: "Open", URL: link},
		}
	} else {
		tail = "\n\n" + m.answer()
	}
	for limit := ntfyText; ; limit = limit * 3 / 4 {
		p.Message = lines(m.long(), limit) + tail
		var b bytes.Buffer
		out := json.NewEncoder(&b)
		out.SetEscapeHTML(false) // it would cost six bytes for one
		// Texts are valid UTF-8 and nothing else in p can fail to encode.
		_ = out.Encode(p)
		if len(p.Message) < ntfyMessage && b.Len() < ntfyJSON || limit < 64 {
			return bytes.TrimRight(b.Bytes(), "\n")
		}
	}
}

// ntfyAnswer is a published message, or an error: code, http and error in the server's words. The API's description has
// error_code and message for the same.
type ntfyAnswer struct {
	ID        string          `json:"id"`
	Event     string          `json:"event"`
	Topic     string          `json:"topic"`
	Code      int             `json:"code"`
	ErrorCode int             `json:"error_code"`
	Error     string          `json:"error"`
	Message   json.RawMessage `json:"message"`
}

func (a answer) ntfy(topic string) (r Result, detail string) {
	var said ntfyAnswer
	err := json.Unmarshal(a.body, &said)
	code := max(said.Code, said.ErrorCode)
	switch {
	case a.status == http.StatusOK && err == nil && said.Event == "message" && said.ID != "" && said.Topic == topic:
		return sent(said.ID), ""
	case a.status >= 200 && a.status < 300:
		return unknown(codeForeign, fmt.Sprintf("What answered (HTTP %d) is not ntfy. Check the server's URL.", a.status)), ""
	case err == nil && code != 0:
		return a.ntfyRefusal(code), said.Error
	}
	return a.byStatus("The ntfy server"), said.Error
}

// ntfyRefusal is the result of an error code of an ntfy server (its server/errors.go).
func (a answer) ntfyRefusal(code int) Result {
	name := strconv.Itoa(code)
	switch code {
	case 40009, 40010:
		return dead(Address, name, "The ntfy server does not take this topic. Choose another.")
	case 40101:
		return dead(Setup, name, "The ntfy server refuses the token. Check it.")
	case 40301:
		return dead(Setup, name, "The ntfy server's token may not publish to this topic. Give it the right to.")
	case 41301, 41303:
		return dead(Request, name, "The message is too long for the ntfy server.")
	case 42901:
		return retry(max(a.after(), 5*time.Second), Provider, name, "The ntfy server gets too many requests from here.") // one is granted every 5 s
	case 42905, 42908:
		return unavailable(max(a.after(), 15*time.Minute), name, "The ntfy server takes no more messages today: the daily quota is used up. Use a server of your own, or an account.")
	case 42909:
		return dead(Setup, name, "The ntfy server has seen too many wrong tokens from here. Check the token.")
	case 50701:
		return dead(Address, name, "Nobody is subscribed to this ntfy topic.")
	}
	r := a.byStatus("The ntfy server")
	r.Code = name
	return r
}
