package notifytest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// Ntfy is an ntfy server, after its documentation (docs.ntfy.sh/publish/) and its server's code.
type Ntfy struct {
	provider
	Token string // that may publish; empty: everybody may

	messages []NtfyMessage
}

// NtfyMessage is a message that was published.
type NtfyMessage struct {
	ID         string       `json:"-"`
	Attachment bool         `json:"-"` // it was too long and became an attachment
	Topic      string       `json:"topic"`
	Title      string       `json:"title"`
	Message    string       `json:"message"`
	Priority   int          `json:"priority"`
	Tags       []string     `json:"tags"`
	Click      string       `json:"click"`
	Actions    []NtfyAction `json:"actions"`
}

// NtfyAction is a button of a message.
type NtfyAction struct {
	Action  string            `json:"action"`
	Label   string            `json:"label"`
	URL     string            `json:"url"`
	Method  string            `json:"method"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	Clear   bool              `json:"clear"`
}

// NewNtfy starts a server; with token, only who has it may publish.
func NewNtfy(t testing.TB, token string) *Ntfy {
	n := &Ntfy{Token: token}
	n.start(t, 1<<20, n.take)
	n.document = ntfyError
	return n
}

// Messages are those published, in order.
func (n *Ntfy) Messages() []NtfyMessage {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.messages)
}

// Press is the request that the button label of a message makes on a phone.
func (m NtfyMessage) Press(label string) (*http.Request, error) {
	for _, a := range m.Actions {
		if a.Label != label || a.Action != "http" {
			continue
		}
		method := a.Method
		if method == "" {
			method = http.MethodPost
		}
		r, err := http.NewRequest(method, a.URL, strings.NewReader(a.Body))
		if err != nil {
			return nil, err
		}
		for k, v := range a.Headers {
			r.Header.Set(k, v)
		}
		return r, nil
	}
	return nil, fmt.Errorf("there is no button %q", label)
}

func ntfyError(status, code int) string {
	text, _ := json.Marshal(map[string]any{"code": code, "http": status, "error": fmt.Sprintf("a documented text for %d", code), "link": "https://ntfy.sh/docs/publish/"})
	return string(text)
}

func ntfyRefusal(status, code int) reply {
	return reply{status: status, kind: "application/json", body: ntfyError(status, code)}
}

var (
	topic      = regexp.MustCompile(`^[-_A-Za-z0-9]{1,64}$`)
	disallowed = []string{"docs", "static", "file", "app", "metrics", "account", "settings", "signup", "login"}
)

func (n *Ntfy) take(r *http.Request, body []byte) reply {
	if r.Method == http.MethodGet && r.URL.Path == "/v1/health" { // docs.ntfy.sh/config/#health-checks
		return reply{status: http.StatusOK, kind: "application/json", body: `{"healthy":true}` + "\n"}
	}
	account := r.Method == http.MethodGet && r.URL.Path == "/v1/account" // server/server_account.go
	if !account && (r.Method != http.MethodPost || r.URL.Path != "/") {
		return ntfyRefusal(http.StatusNotFound, 40401)
	}
	if n.Token != "" {
		switch r.Header.Get("Authorization") {
		case "Bearer " + n.Token:
		case "":
			return ntfyRefusal(http.StatusForbidden, 40301)
		default:
			return ntfyRefusal(http.StatusUnauthorized, 40101)
		}
	}
	if account {
		return reply{status: http.StatusOK, kind: "application/json", body: `{"username":"pager","role":"user"}` + "\n"}
	}
	if len(body) > 2*4096 {
		return ntfyRefusal(http.StatusRequestEntityTooLarge, 41303)
	}
	var m NtfyMessage
	in := json.NewDecoder(strings.NewReader(string(body)))
	in.DisallowUnknownFields() // a real server ignores them, and so would not do what they ask
	if err := in.Decode(&m); err != nil {
		return ntfyRefusal(http.StatusBadRequest, 40017)
	}
	switch {
	case !topic.MatchString(m.Topic):
		return ntfyRefusal(http.StatusBadRequest, 40009)
	case slices.Contains(disallowed, m.Topic):
		return ntfyRefusal(http.StatusBadRequest, 40010)
	case m.Priority < 0 || m.Priority > 5:
		return ntfyRefusal(http.StatusBadRequest, 40007)
	case !m.validActions():
		return ntfyRefusal(http.StatusBadRequest, 40018)
	}
	m.ID, m.Attachment = random(6), len(m.Message) > 4096
	n.mu.Lock()
	n.messages = append(n.messages, m)
	n.mu.Unlock()
	now := time.Now().Unix()
	text, _ := json.Marshal(map[string]any{
		"id": m.ID, "time": now, "expires": now + 43_200, "event": "message", "topic": m.Topic, "title": m.Title, "message": m.Message,
		"priority": m.Priority, "tags": m.Tags,
	})
	return reply{status: http.StatusOK, kind: "application/json", body: string(text) + "\n"}
}

func (m NtfyMessage) validActions() bool {
	if len(m.Actions) > 3 {
		return false
	}
	for _, a := range m.Actions {
		u, err := url.Parse(a.URL)
		if err != nil || a.Label == "" || !slices.Contains([]string{"view", "http"}, a.Action) || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return false
		}
		if a.Action == "http" && a.Body != "" && (a.Method == http.MethodGet || a.Method == http.MethodHead) {
			return false
		}
	}
	return true
}
