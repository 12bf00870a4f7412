package notify

import (
	"context"
	"net/url"
	"strings"
	"time"
)

// Timeout is how long one attempt may take, from the name lookup to the end of the answer.
const Timeout = 10 * time.Second

// Method is a way to reach a person.
type Method string

// The methods. Their texts are those by which pages and the configuration name them.
const (
	Email   Method = "email"   // an address is a mailbox: dev1@example.com
	SMS     Method = "sms"     // an address is a phone number in E.164: +4915112345678
	Voice   Method = "voice"   // as SMS
	Push    Method = "push"    // an address is an ntfy topic
	Webhook Method = "webhook" // an address is a URL
)

// Urgency says how loud a message may be, where the provider can tell.
type Urgency string

// The urgencies. An empty one is High: a page that does not say wakes.
const (
	High Urgency = "high"
	Low  Urgency = "low"
)

// Message is one page to one person, before any provider shaped it. All texts may hold anything: they are cleaned and cut
// by the sender. Subject, Short and Long may repeat each other.
type Message struct {
	Page    string  // its id, as in "PAGE-7"; people answer with it
	Subject string  // one line: what is wrong
	Short   string  // for SMS and voice: the same in a sentence; Subject if empty
	Long    string  // plain text of any length: everything worth knowing; Short if empty
	Link    string  // http or https: a GET shows the page, only a POST changes it; empty without a public URL
	Answer  string  // a sentence that says how to answer without Link; empty: in Slack
	Repeat  bool    // this person was sent this page before, or may have been
	Urgency Urgency // empty is High
	Key     string  // identity of this attempt; a repetition after Unknown carries the same one
}

// To is whom a message goes to.
type To struct {
	Address string // its form depends on the method
	Name    string // shown where the method shows names; may be empty
}

// Sender hands messages to one provider. It may be used by several goroutines at once.
type Sender interface {
	// Method is the way this sender reaches people.
	Method() Method
	// Provider names who delivers, as in "twilio", for breakers, metrics and texts.
	Provider() string
	// Send makes one attempt and returns within Timeout, or soon after ctx is done.
	Send(ctx context.Context, to To, m Message) Result
}

// link is m's link if it is one that may be shown and pressed, else "".
func (m Message) link() string {
	if len(m.Link) > maxLink || strings.ContainsFunc(m.Link, isHostile) || strings.ContainsAny(m.Link, " \"<>") {
		return ""
	}
	u, err := url.Parse(m.Link)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return m.Link
}

func (m Message) page() string { return line(m.Page, 32) }

func (m Message) subject() string {
	if s := line(m.Subject, maxSubject); s != "" {
		return s
	}
	return line(m.Short, maxSubject)
}

// headline is what is wrong and, last, the number to answer with: a lock screen shows
// the beginning.
func (m Message) headline() string { return strings.TrimSpace(m.subject() + " [" + m.page() + "]") }

func (m Message) short() string {
	if s := line(m.Short, maxShort); s != "" {
		return s
	}
	return line(m.Subject, maxShort)
}

func (m Message) long() string {
	if s := lines(m.Long, maxLong); s != "" {
		return s
	}
	return m.short()
}

// answer says how to answer where no link or menu does.
func (m Message) answer() string {
	if s := line(m.Answer, 160); s != "" {
		return s
	}
	return "Acknowledge " + m.page() + " in Slack."
}

// marked is text with the mark of a repetition before it.
func (m Message) marked(text string) string {
	if m.Repeat {
		return "REPEAT " + text
	}
	return text
}

func (m Message) urgent() bool { return m.Urgency != Low }
