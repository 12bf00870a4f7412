package httpd

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/watchbill/watchbill/oncall/alert"
)

// Samples keeps what integrations sent that could not be read, so that an operator can
// see it: some for each integration, the newest, in files that only their owner can
// read.
type Samples struct {
	// Directory is created when the first sample is kept.
	Directory string

	mu   sync.Mutex
	last map[string]time.Time // when one of an integration was kept
}

// Rejected is a request that could not be read.
type Rejected struct {
	At          time.Time `json:"at"`
	Integration string    `json:"integration"`
	From        string    `json:"from"` // address and port
	Agent       string    `json:"agent,omitempty"`
	Status      int       `json:"status"`
	Why         string    `json:"why"`
	Size        int64     `json:"size"` // of the body in bytes; at least, where its sender did not say
	// Body is its beginning; secrets in it are replaced.
	Body string `json:"body"`
}

const (
	// keptSamples is how many there are of one integration.
	keptSamples = 20
	// sampleEvery is how often one is kept: a broken sender repeats itself.
	sampleEvery = time.Second
	// sampleSize is how much of a body is kept, in bytes.
	sampleSize = 16 << 10
)

// keepStart keeps the beginning of a body that is too large, unless its sender did not say
// so and most of it was read.
func (h *Hooks) keepStart(r *http.Request, key *hookKey, a verdict) {
	if r.ContentLength <= alert.MaxBody {
		h.keep(r, key, a, nil, alert.MaxBody+1)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, sampleSize))
	if err != nil {
		h.Log.Debug().Err(err).Str("integration", key.Name).Msg("read the beginning of a large body")
	}
	h.keep(r, key, a, body, r.ContentLength)
}

// keep keeps what an integration sent that could not be read: body is its beginning, of
// size bytes.
func (h *Hooks) keep(r *http.Request, key *hookKey, a verdict, body []byte, size int64) {
	h.Log.Warn().Str("integration", key.Name).Str("from", r.RemoteAddr).Int("status", a.status).Str("why", a.why).Msg("a webhook could not be read; `watchbill alert rejected` shows it")
	if h.Samples == nil {
		return
	}
	s := Rejected{At: h.Now().UTC().Truncate(time.Microsecond), Integration: key.Name, From: r.RemoteAddr, Agent: r.UserAgent(), Status: a.status, Why: a.why, Size: size,
		Body: key.redacted(body)}
	if err := h.Samples.keep(s); err != nil {
		h.Log.Error().Err(err).Msg("keep a sample of what could not be read")
	}
}

// secrets are what must not be kept, by the names that it has in JSON and headers.
var secrets = []*regexp.Regexp{
	regexp.MustCompile(`(?i)("[^"]*(?:token|passw|secret|api[_-]?key|apikey|authorization|credential|routing_key|private_key|signature)[^"]*"\s*:\s*)("(?:[^"\\]|\\.)*"?|[^\s,}\]]+)`),
	regexp.MustCompile(`(?i)((?:bearer|basic)\s+)([A-Za-z0-9._~+/=-]{8,})`),
	regexp.MustCompile(`(://)([^/\s"@]+)@`),
}

// A query's names say what was sent; any of its values may be a secret. A form that is
// the whole body is like one. In JSON, & and = may be written by their numbers.
var (
	query      = regexp.MustCompile(`(?:^|[?#])[^\s"'<>{}]*(?:=|\\u003[dD])[^\s"'<>]*`)
	queryValue = regexp.MustCompile(`(=|\\u003[dD]).*?(&|\\u0026|$)`)
)

const redactedText = `"<redacted>"`

// redacted is the beginning of a body as text without what looks like a secret, and
// without the integration's own.
func (k *hookKey) redacted(body []byte) string {
	text := strings.ToValidUTF8(string(body[:min(len(body), sampleSize)]), "\ufffd")
	text = query.ReplaceAllStringFunc(text, func(q string) string { return queryValue.ReplaceAllString(q, "${1}<redacted>${2}") })
	text = secrets[0].ReplaceAllString(text, "${1}"+redactedText)
	text = secrets[1].ReplaceAllString(text, "${1}<redacted>")
	text = secrets[2].ReplaceAllString(text, "${1}<redacted>@")
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r <= ' ' || strings.ContainsRune(`"'<>,;{}[]()`, r) }) {
		if utf8.RuneCountInString(word) >= 8 && (k.has(word) || word == k.HMAC) {
			text = strings.ReplaceAll(text, word, "<redacted>")
		}
	}
	return text
}

// keep writes a sample and removes the oldest ones of its integration.
func (s *Samples) keep(r Rejected) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last, ok := s.last[r.Integration]; ok && r.At.Sub(last).Abs() < sampleEvery {
		return nil
	}
	if s.last == nil {
		s.last = map[string]time.Time{}
	}
	s.last[r.Integration] = r.At
	if err := os.MkdirAll(s.Directory, 0o700); err != nil {
		return fmt.Errorf("keep a sample: %w", err)
	}
	body, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode a sample: %w", err)
	}
	prefix := url.PathEscape(r.Integration) + "@"
	if err := os.WriteFile(filepath.Join(s.Directory, fmt.Sprintf("%s%d.json", prefix, r.At.UnixMicro())), append(body, '\n'), 0o600); err != nil {
		return fmt.Errorf("keep a sample: %w", err)
	}
	names, err := s.names()
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(names, func(n string) bool { return !strings.HasPrefix(n, prefix) })
	for _, old := range names[:max(0, len(names)-keptSamples)] {
		if err := os.Remove(filepath.Join(s.Directory, old)); err != nil {
			return fmt.Errorf("remove an old sample: %w", err)
		}
	}
	return nil
}

// names are the files of the samples; those of one integration oldest first.
func (s *Samples) names() ([]string, error) {
	entries, err := os.ReadDir(s.Directory)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list samples: %w", err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".json") {
			names = append(names, e.Name())
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) })
	return names, nil
}

// List returns the samples, oldest first.
func (s *Samples) List() ([]Rejected, error) {
	if s == nil {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	names, err := s.names()
	if err != nil {
		return nil, err
	}
	out := make([]Rejected, 0, len(names))
	for _, name := range names {
		body, err := os.ReadFile(filepath.Join(s.Directory, name))
		if errors.Is(err, os.ErrNotExist) {
			continue // it was the oldest
		}
		if err != nil {
			return nil, fmt.Errorf("read a sample: %w", err)
		}
		var r Rejected
		if err := json.Unmarshal(body, &r); err != nil {
			continue // somebody edited it
		}
		out = append(out, r)
	}
	slices.SortStableFunc(out, func(a, b Rejected) int { return a.At.Compare(b.At) })
	return out, nil
}

// rejected answers the command line.
func (a API) rejected(*call) ([]Rejected, error) {
	list, err := a.Samples.List()
	if list == nil {
		list = []Rejected{}
	}
	return list, err
}
