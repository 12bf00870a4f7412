package httpd

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/oncall/alert"
)

const (
	token    = "0123456789abcdef0123456789abcdef"
	oldToken = "fedcba9876543210fedcba9876543210"
	pdToken  = "pagerduty-routing-key-0001"
	hmacKey  = "a key that nobody knows, really"
)

var hookNoon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// ear hears what is taken, and may be told to fail.
type ear struct {
	mu    sync.Mutex
	heard []string
	err   error
	used  []desk.Signature
}

func (e *ear) UseSignature(s desk.Signature) { e.used = append(e.used, s) }

func (e *ear) UsedSignatures(context.Context) ([]desk.Signature, error) { return e.used, e.err }

func (e *ear) take(what, integration string, n int) (desk.Heard, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err != nil {
		return desk.Heard{}, e.err
	}
	e.heard = append(e.heard, fmt.Sprintf("%s %s %d", what, integration, n))
	return desk.Heard{Accepted: n, Alerts: []string{"ALERT-1", "ALERT-2"}[:min(n, 2)]}, nil
}

func (e *ear) Hear(_ context.Context, integration string, s []alert.Signal) (desk.Heard, error) {
	return e.take("hear", integration, len(s))
}

func (e *ear) Beat(_ context.Context, integration string, s []alert.Signal) (desk.Heard, error) {
	return e.take("beat", integration, len(s))
}

func (e *ear) Deployed(_ context.Context, list []alert.Deploy) error {
	_, err := e.take("deployed", "", len(list))
	return err
}

// porch is the hooks in front of an ear.
type porch struct {
	t       *testing.T
	ear     *ear
	now     time.Time
	hooks   *Hooks
	http    http.Handler
	samples *Samples
	seen    []string
}

func newPorch(t *testing.T) *porch {
	p := &porch{t: t, ear: &ear{}, now: hookNoon, samples: &Samples{Directory: filepath.Join(t.TempDir(), "rejected")}}
	p.hooks = NewHooks(HooksConfig{Desk: p.ear, Samples: p.samples, Now: func() time.Time { return p.now },
		Observe: func(integration string, status int, _ desk.Heard, _ time.Duration) {
			p.seen = append(p.seen, fmt.Sprintf("%s %d", integration, status))
		},
		Hooks: []Hook{
			{Name: "any", Source: alert.SourceGeneric, Tokens: []string{token, oldToken}},
			{Name: "pd", Source: alert.SourcePagerDuty, Tokens: []string{pdToken}},
			{Name: "signed", Source: alert.SourceGeneric, HMAC: hmacKey},
			{Name: "both", Source: alert.SourceGeneric, Tokens: []string{token}, HMAC: hmacKey},
			{Name: "beat", Source: alert.SourceHeartbeat, Tokens: []string{token}},
			{Name: "ci", Source: alert.SourceDeploys, Tokens: []string{token}},
		}})
	p.http = Public(prometheus.NewRegistry(), func() Health { return Health{} }, Served{Hooks: p.hooks})
	return p
}

// post is what a sender sends.
type post struct {
	path, body string
	header     map[string]string
	// size is what the sender says of the body; 0: what is true, -1: nothing.
	size int64
}

func (p *porch) send(r post) (int, string, http.Header) {
	p.t.Helper()
	q := httptest.NewRequest("POST", r.path, strings.NewReader(r.body))
	if r.size != 0 {
		q.ContentLength = r.size
	}
	for k, v := range r.header {
		q.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	p.http.ServeHTTP(w, q)
	body := w.Body.String()
	if w.Code != 404 && !json.Valid([]byte(body)) {
		p.t.Errorf("the answer is no JSON: %s", body)
	}
	return w.Code, body, w.Header()
}

func shows(token string) map[string]string {
	return map[string]string{"Authorization": "Bearer " + token}
}

func sign(at time.Time, key, body string) string {
	mac := hmac.New(sha256.New, []byte(key))
	fmt.Fprintf(mac, "%d.%s", at.Unix(), body)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}

func signed(at time.Time, body string) map[string]string {
	return map[string]string{SignatureHeader: sign(at, hmacKey, body)}
}

func with(h map[string]string, name, value string) map[string]string {
	h[name] = value
	return h
}

const one = `{"title": "disk full"}`

func event(key string) string {
	return fmt.Sprintf(`{"routing_key": %q, "event_action": "trigger", "dedup_key": "k1", "payload": {"summary": "disk full", "source": "host", "severity": "error"}}`, key)
}

func change(key string) string {
	return fmt.Sprintf(`{"routing_key": %q, "payload": {"summary": "v1.2.3", "custom_details": {"service": "checkout"}}}`, key)
}

func TestWhoMaySend(t *testing.T) {
	for name, c := range map[string]struct {
		post
		want int
	}{
		"the token":                        {post{path: "/hooks/any", body: one, header: shows(token)}, 202},
		"the token before it":              {post{path: "/hooks/any", body: one, header: shows(oldToken)}, 202},
		"in another case of the scheme":    {post{path: "/hooks/any", body: one, header: map[string]string{"Authorization": "bearer " + token}}, 202},
		"no token":                         {post{path: "/hooks/any", body: one}, 401},
		"an empty token":                   {post{path: "/hooks/any", body: one, header: shows("")}, 401},
		"a wrong token":                    {post{path: "/hooks/any", body: one, header: shows(token[1:] + "0")}, 401},
		"another integration's token":      {post{path: "/hooks/any", body: one, header: shows(pdToken)}, 401},
		"another scheme":                   {post{path: "/hooks/any", body: one, header: map[string]string{"Authorization": "Basic " + token}}, 401},
		"the token in the address":         {post{path: "/hooks/any?token=" + token, body: one}, 401},
		"an integration there is not":      {post{path: "/hooks/nothing", body: one, header: shows(token)}, 401},
		"one there is not, without token":  {post{path: "/hooks/nothing", body: one, header: shows("")}, 401},
		"another way in":                   {post{path: "/hooks/any/more", body: one, header: shows(token)}, 404},
		"a heartbeat":                      {post{path: "/hooks/beat", header: shows(token)}, 202},
		"deploys":                          {post{path: "/hooks/ci", body: `{"service": "checkout", "title": "v1"}`, header: shows(token)}, 202},
		"a routing key":                    {post{path: "/v2/enqueue", body: event(pdToken)}, 202},
		"a routing key at the hook":        {post{path: "/hooks/pd", body: event(pdToken)}, 202},
		"a token at the hook":              {post{path: "/hooks/pd", body: event("whatever"), header: shows(pdToken)}, 202},
		"a change":                         {post{path: "/v2/change/enqueue", body: change(pdToken)}, 202},
		"a change with a wrong key":        {post{path: "/v2/change/enqueue", body: change("pagerduty-routing-key-0002")}, 401},
		"a change with nobody's key":       {post{path: "/v2/change/enqueue", body: change(token)}, 401},
		"a change of nothing":              {post{path: "/v2/change/enqueue"}, 401},
		"a wrong routing key":              {post{path: "/v2/enqueue", body: event("pagerduty-routing-key-0002")}, 401},
		"no routing key":                   {post{path: "/v2/enqueue", body: `{}`}, 401},
		"a routing key that is no text":    {post{path: "/v2/enqueue", body: `{"routing_key": 7}`}, 401},
		"the token of what is no pager":    {post{path: "/v2/enqueue", body: event(token)}, 401},
		"nothing at all":                   {post{path: "/v2/enqueue"}, 401},
		"a signature":                      {post{path: "/hooks/signed", body: one, header: signed(hookNoon, one)}, 202},
		"a signature, four minutes old":    {post{path: "/hooks/signed", body: one, header: signed(hookNoon.Add(-4*time.Minute), one)}, 202},
		"a signature of a clock ahead":     {post{path: "/hooks/signed", body: one, header: signed(hookNoon.Add(4*time.Minute), one)}, 202},
		"a signature, six minutes old":     {post{path: "/hooks/signed", body: one, header: signed(hookNoon.Add(-6*time.Minute), one)}, 401},
		"a signature an hour ahead":        {post{path: "/hooks/signed", body: one, header: signed(hookNoon.Add(time.Hour), one)}, 401},
		"a signature of another body":      {post{path: "/hooks/signed", body: one, header: signed(hookNoon, one+" ")}, 401},
		"a signature of another key":       {post{path: "/hooks/signed", body: one, header: map[string]string{SignatureHeader: sign(hookNoon, "x", one)}}, 401},
		"one of two signatures":            {post{path: "/hooks/signed", body: one, header: map[string]string{SignatureHeader: sign(hookNoon, hmacKey, one) + ",v1=00"}}, 202},
		"a signature after a blank":        {post{path: "/hooks/signed", body: one, header: map[string]string{SignatureHeader: strings.Replace(sign(hookNoon, hmacKey, one), ",", ", ", 1)}}, 202},
		"more than a signature":            {post{path: "/hooks/signed", body: one, header: map[string]string{SignatureHeader: sign(hookNoon, hmacKey, one) + "zz"}}, 401},
		"no signature":                     {post{path: "/hooks/signed", body: one, header: shows(token)}, 401},
		"a signature that is none":         {post{path: "/hooks/signed", body: one, header: map[string]string{SignatureHeader: "t=now,v1=zz,,=,"}}, 401},
		"a signature without time":         {post{path: "/hooks/signed", body: one, header: map[string]string{SignatureHeader: "v1=00"}}, 401},
		"both":                             {post{path: "/hooks/both", body: one, header: with(shows(token), SignatureHeader, sign(hookNoon, hmacKey, one))}, 202},
		"the token alone, of both":         {post{path: "/hooks/both", body: one, header: shows(token)}, 401},
		"the signature alone, of both":     {post{path: "/hooks/both", body: one, header: signed(hookNoon, one)}, 401},
		"a time that no clock ever showed": {post{path: "/hooks/signed", body: one, header: map[string]string{SignatureHeader: "t=9223372036854775807,v1=00"}}, 401},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPorch(t)
			status, body, header := p.send(c.post)
			if status != c.want {
				t.Fatalf("got %d %s, want %d", status, body, c.want)
			}
			if taken := len(p.ear.heard) > 0; taken != (c.want == 202) {
				t.Errorf("answered %d, and taken: %v", status, taken)
			}
			if status == 401 {
				if want := `{"error":{"code":"unauthorized","message":"This needs a valid credential."}}` + "\n"; body != want && strings.HasPrefix(c.path, "/hooks/") {
					t.Errorf("a hint: %s", body)
				}
				if header.Get("WWW-Authenticate") != "Bearer" {
					t.Errorf("headers %v", header)
				}
			}
			if list, err := p.samples.List(); err != nil || len(list) > 0 {
				t.Errorf("%d samples are kept, %v", len(list), err)
			}
		})
	}
}

func TestWhatIsAnswered(t *testing.T) {
	p := newPorch(t)
	for _, c := range []struct {
		post
		want string
	}{
		{post{path: "/hooks/any", body: one, header: shows(token)}, `{"accepted":1,"alerts":["ALERT-1"]}`},
		{post{path: "/hooks/any", body: `[{"title": "a"}, {"title": "b"}, {"title": "c"}]`, header: shows(token)}, `{"accepted":3,"alerts":["ALERT-1","ALERT-2"]}`},
		{post{path: "/hooks/any", body: `[]`, header: shows(token)}, `{"accepted":0,"alerts":[]}`},
		{post{path: "/hooks/beat", body: `{}`, header: shows(token)}, `{"accepted":1,"alerts":["ALERT-1"]}`},
		{post{path: "/hooks/ci", body: `[{"service": "checkout", "title": "v1"}]`, header: shows(token)}, `{"accepted":1,"alerts":[]}`},
		{post{path: "/v2/enqueue", body: event(pdToken)}, `{"status":"success","message":"Event processed","dedup_key":"k1","accepted":1,"alerts":["ALERT-1"]}`},
		{post{path: "/v2/change/enqueue", body: change(pdToken)}, `{"status":"success","message":"Change event processed","accepted":1}`},
	} {
		status, body, header := p.send(c.post)
		if status != 202 || body != c.want+"\n" || header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s: got %d %s", c.path, c.body, status, body)
		}
	}
	if got, want := strings.Join(p.ear.heard, ", "), "hear any 1, hear any 3, hear any 0, beat beat 1, deployed  1, hear pd 1, deployed  1"; got != want {
		t.Errorf("heard %q, want %q", got, want)
	}
	if got, want := strings.Join(p.seen, ", "), "any 202, any 202, any 202, beat 202, ci 202, pd 202, pd 202"; got != want {
		t.Errorf("observed %q, want %q", got, want)
	}
	if len(p.ear.used) > 0 {
		t.Errorf("signatures of bodies without one are remembered: %v", p.ear.used)
	}
}

// TestRefusalsInPagerDutysShape: its clients read the status and the errors.
func TestRefusalsInPagerDutysShape(t *testing.T) {
	p := newPorch(t)
	for _, c := range []struct {
		body string
		err  error
		want int
		says string
	}{
		{`{"routing_key": "` + pdToken + `", "event_action": "trigger"}`, nil, 400, `{"status":"invalid event","message":"`},
		{event("nobody has this one"), nil, 401, `{"status":"unauthorized","message":"`},
		{event(pdToken), desk.ErrBusy, 503, `{"status":"service unavailable","message":"`},
	} {
		p.ear.err = c.err
		status, body, _ := p.send(post{path: "/v2/enqueue", body: c.body})
		var said struct {
			Message string   `json:"message"`
			Errors  []string `json:"errors"`
		}
		if err := json.Unmarshal([]byte(body), &said); err != nil || status != c.want || !strings.HasPrefix(body, c.says) || len(said.Errors) != 1 || said.Errors[0] != said.Message || said.Message == "" {
			t.Errorf("%.40s: got %d %s, want %d %s…", c.body, status, body, c.want, c.says)
		}
	}
}

func TestASignatureCountsOnce(t *testing.T) {
	p := newPorch(t)
	r := post{path: "/hooks/signed", body: one, header: signed(hookNoon, one)}
	const before = `{"title": "before"}` // what the life before has taken is known from then on
	for _, when := range []string{"what was taken before cannot be read", "it cannot be stored"} {
		p.ear.err = desk.ErrBusy
		if status, _, _ := p.send(r); status != 503 {
			t.Fatalf("%s: got %d", when, status)
		}
		p.ear.err = nil
		if status, body, _ := p.send(post{path: r.path, body: before, header: signed(hookNoon, before)}); when == "it cannot be stored" && status != 401 || when != "it cannot be stored" && status != 202 {
			t.Errorf("%s: another body got %d %s", when, status, body)
		}
	}
	if status, body, _ := p.send(r); status != 202 {
		t.Errorf("the same after it was not taken: %d %s", status, body)
	}
	for _, header := range []map[string]string{r.header, {SignatureHeader: "v1=00," + r.header[SignatureHeader]}} {
		if status, _, _ := p.send(post{path: r.path, body: one, header: header}); status != 401 {
			t.Errorf("a replay got %d", status)
		}
	}
	p.now = hookNoon.Add(4 * time.Minute)
	if status, _, _ := p.send(r); status != 401 {
		t.Errorf("a replay, later, got %d", status)
	}
	next := newPorch(t)
	next.ear = p.ear
	next.hooks.Desk, next.now, next.ear.err = p.ear, p.now, errors.New("input/output error")
	if status, _, _ := next.send(r); status != 503 {
		t.Errorf("a signature that cannot be checked got %d", status)
	}
	next.ear.err = nil
	if status, _, _ := next.send(r); status != 401 {
		t.Errorf("a replay in the next life got %d", status)
	}
	p.now = hookNoon.Add(time.Hour)
	if status, _, _ := p.send(post{path: r.path, body: one, header: signed(p.now, one)}); status != 202 || len(p.hooks.replays.until) != 1 {
		t.Errorf("an hour later %d, with %d signatures remembered", status, len(p.hooks.replays.until))
	}
}

// TestASenderThatHangsUp: what came whole is stored.
func TestASenderThatHangsUp(t *testing.T) {
	p := newPorch(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	p.hooks.Desk = patientEar{p.ear}
	q := httptest.NewRequest("POST", "/hooks/any", strings.NewReader(one)).WithContext(gone)
	q.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	if p.http.ServeHTTP(w, q); w.Code != 202 || len(p.ear.heard) != 1 {
		t.Errorf("got %d, and %q was heard", w.Code, p.ear.heard)
	}
}

// patientEar hears as long as its caller waits.
type patientEar struct{ *ear }

func (e patientEar) Hear(ctx context.Context, integration string, s []alert.Signal) (desk.Heard, error) {
	if err := ctx.Err(); err != nil {
		return desk.Heard{}, err
	}
	return e.ear.Hear(ctx, integration, s)
}

// TestALongAnswerComesWhole: there are senders that cannot read one in chunks.
func TestALongAnswerComesWhole(t *testing.T) {
	p := newPorch(t)
	p.hooks.Desk = talkativeEar{p.ear}
	s := httptest.NewServer(p.http)
	defer s.Close()
	q, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/hooks/any", strings.NewReader(one))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+token)
	resp, err := s.Client().Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || len(body) < 5000 || resp.ContentLength != int64(len(body)) {
		t.Errorf("%d bytes came, %d were announced: %v", len(body), resp.ContentLength, err)
	}
}

// talkativeEar hears of many alerts.
type talkativeEar struct{ *ear }

func (talkativeEar) Hear(context.Context, string, []alert.Signal) (desk.Heard, error) {
	return desk.Heard{Accepted: 1, Alerts: slices.Repeat([]string{"ALERT-1"}, 500)}, nil
}

func TestWhatCannotBeTakenNow(t *testing.T) {
	for name, err := range map[string]error{
		"busy": desk.ErrBusy, "not recorded": desk.ErrNotRecorded, "pending": &desk.PendingError{}, "too slow": context.DeadlineExceeded,
		"the disk is full": fmt.Errorf("commit: %w", desk.ErrFull), "the disk is ill": errors.New("input/output error"),
	} {
		p := newPorch(t)
		p.ear.err = err
		for _, r := range []post{{path: "/hooks/any", body: one, header: shows(token)}, {path: "/v2/enqueue", body: event(pdToken)}} {
			status, body, header := p.send(r)
			if status != 503 || header.Get("Retry-After") != "1" {
				t.Errorf("%s: got %d with Retry-After %q", name, status, header.Get("Retry-After"))
			}
			if says := map[string]string{"busy": "More is coming in", "the disk is full": "no space", "too slow": "in time"}[name]; !strings.Contains(body, says) {
				t.Errorf("%s: %s does not say %q", name, body, says)
			}
			if strings.Contains(body, "input/output") {
				t.Errorf("%s: the answer tells of the inside: %s", name, body)
			}
		}
	}
}

// TestCompressedHooks: nothing is unpacked, and the answer says what is wrong.
func TestCompressedHooks(t *testing.T) {
	p := newPorch(t)
	packed := shows(token)
	packed["Content-Encoding"] = "gzip"
	if status, body, _ := p.send(post{path: "/hooks/any", body: "\x1f\x8b\x08", header: packed}); status != 400 || !strings.Contains(body, "The body is compressed (gzip). Send it as it is.") {
		t.Errorf("got %d %s", status, body)
	}
}

func TestBodiesAreBounded(t *testing.T) {
	p := newPorch(t)
	pad := func(n int) string { return one + strings.Repeat(" ", n-len(one)) }
	for _, c := range []struct {
		post
		want int
	}{
		{post{body: pad(1 << 20)}, 202},
		{post{body: pad(1<<20 + 1)}, 413},
		{post{body: pad(1<<20 + 1), size: -1}, 413},
		{post{body: one, size: 1 << 40}, 413},
		{post{body: pad(1 << 20), size: -1}, 202},
		{post{body: strings.Repeat("[", 1<<20)}, 400},
		{post{body: `{"title": {"a": 1}}`}, 400},
		{post{body: `{"title"`}, 400},
		{post{body: ""}, 400},
		{post{body: "\xff\xfe"}, 400},
		{post{body: "[" + strings.TrimSuffix(strings.Repeat(`{"title":"a"},`, 10_001), ",") + "]"}, 413},
	} {
		c.path, c.header = "/hooks/any", shows(token)
		status, body, _ := p.send(c.post)
		if status != c.want {
			t.Errorf("%d bytes that begin with %.20q: got %d %s, want %d", len(c.body), c.body, status, body, c.want)
		}
		if status != 202 && !strings.Contains(body, ".") {
			t.Errorf("%.20q: the answer %s is no sentence", c.body, body)
		}
	}
	if n := p.hooks.reading.Load(); n != 0 {
		t.Errorf("%d bytes are still being read", n)
	}
	p.hooks.reading.Store(mostReading)
	if status, _, header := p.send(post{path: "/hooks/any", body: one, header: shows(token)}); status != 503 || header.Get("Retry-After") == "" {
		t.Errorf("too much at once: %d", status)
	}
}

func TestABodyThatEndsEarly(t *testing.T) {
	p := newPorch(t)
	q := httptest.NewRequest("POST", "/hooks/any", &broken{})
	q.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	p.http.ServeHTTP(w, q)
	if w.Code != 400 || !strings.Contains(w.Body.String(), "ended before") || len(p.ear.heard) > 0 {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

type broken struct{}

func (*broken) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestSamplesOfWhatCouldNotBeRead(t *testing.T) {
	p := newPorch(t)
	body := `{"title": 1, "nested": {"api_key": "sk-123456789012", "Passwd":"p\"w"}, "note": "` + token + `", "url": "https://me:secret1@host/", "h": "Bearer abcdefghijk", "` + "\x1b[31m" + `": `
	for n := range 3 {
		p.now = hookNoon.Add(time.Duration(n) * 300 * time.Millisecond)
		if status, _, _ := p.send(post{path: "/hooks/any", body: body, header: shows(token)}); status != 400 {
			t.Fatalf("got %d", status)
		}
	}
	list, err := p.samples.List()
	if err != nil || len(list) != 1 {
		t.Fatalf("%d samples are kept within a second, %v", len(list), err)
	}
	s := list[0]
	if s.Integration != "any" || s.Status != 400 || s.Size != int64(len(body)) || s.Why == "" || !s.At.Equal(hookNoon) || !strings.Contains(s.Body, `{"title": 1,`) {
		t.Errorf("kept %+v", s)
	}
	for _, secret := range []string{token, "sk-1234", `p\"w`, "secret1", "abcdefghijk"} {
		if strings.Contains(s.Body, secret) {
			t.Errorf("the sample holds %q: %s", secret, s.Body)
		}
	}
	for n := range 30 {
		p.now = hookNoon.Add(time.Duration(n+1) * time.Minute)
		p.send(post{path: "/hooks/any", body: fmt.Sprintf(`{"title": [%d`, n), header: shows(token)})
		p.send(post{path: "/v2/enqueue", body: fmt.Sprintf(`{"routing_key": %q, "n": %d}`, pdToken, n)})
	}
	if list, err = p.samples.List(); err != nil || len(list) != 2*keptSamples || !strings.Contains(list[len(list)-2].Body, "29") {
		t.Errorf("%d samples are kept, %v", len(list), err)
	}
	if strings.Contains(list[len(list)-1].Body, pdToken) {
		t.Errorf("the sample holds the routing key: %s", list[len(list)-1].Body)
	}
	entries, err := os.ReadDir(p.samples.Directory)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v, %v", e.Name(), info.Mode(), err)
		}
	}
	if err := os.WriteFile(filepath.Join(p.samples.Directory, "edited@1.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if list, err = (API{Samples: p.samples}).rejected(nil); err != nil || len(list) != 2*keptSamples {
		t.Errorf("the API lists %d, %v", len(list), err)
	}
}

// TestSamplesKeepNoValuesOfQueries: what stands behind the path of an address, whatever
// its name, and however JSON writes it; and what else is in the body stays.
func TestSamplesKeepNoValuesOfQueries(t *testing.T) {
	key := newHookKey(Hook{Name: "any"})
	for body, want := range map[string]string{
		`{"url": "https://a.example/b?sig=s3cr3t&page=2", "n": 1`:                      `{"url": "https://a.example/b?sig=<redacted>&page=<redacted>", "n": 1`,
		`{"url":"https://a.example/?a=s3cr3t\u0026X-Amz-Credential\u003ds3cr3t","n":1`: `{"url":"https://a.example/?a=<redacted>\u0026X-Amz-Credential\u003d<redacted>","n":1`,
		`see https://a.example/#access_token=s3cr3t= and /c?d (why?) a=b`:              `see https://a.example/#access_token=<redacted> and /c?d (why?) a=b`,
		`{"html": "<a href='/x?k=s3cr3t'>up</a> <https://y/?k=s3cr3t|text>`:            `{"html": "<a href='/x?k=<redacted>'>up</a> <https://y/?k=<redacted>>`,
		`code=s3cr3t&payload=%7B%22s3cr3t%22`:                                          `code=<redacted>&payload=<redacted>`,
		`{"a": "b = c", "d=": "e"`:                                                     `{"a": "b = c", "d=": "e"`,
	} {
		if got := key.redacted([]byte(body)); got != want {
			t.Errorf("of %s\n got %s\nwant %s", body, got, want)
		}
	}
}

func TestNoTokenStaysInMemory(t *testing.T) {
	p := newPorch(t)
	if dump := fmt.Sprintf("%+v %+v", p.hooks.HooksConfig.Hooks, p.hooks.keys); strings.Contains(dump, token) {
		t.Error("a token is kept")
	}
	for _, k := range p.hooks.keys {
		if dump := fmt.Sprintf("%+v", *k); strings.Contains(dump, token) || strings.Contains(dump, pdToken) {
			t.Errorf("a token is kept: %s", dump)
		}
	}
}

// TestAHookWithoutASecretTakesNothing: its senders come again, and those of others are taken.
func TestAHookWithoutASecretTakesNothing(t *testing.T) {
	p := newPorch(t)
	c := p.hooks.HooksConfig
	c.Hooks = []Hook{{Name: "any", Source: alert.SourceGeneric, Tokens: []string{token}}, {Name: "lost", Source: alert.SourceGeneric},
		{Name: "pd", Source: alert.SourcePagerDuty, Tokens: []string{pdToken}}, {Name: "pd2", Source: alert.SourcePagerDuty}}
	p.hooks = NewHooks(c)
	mux := http.NewServeMux()
	p.hooks.register(mux)
	p.http = mux
	const one = `{"title": "it burns"}`
	event := func(key string) string {
		return `{"routing_key": "` + key + `", "event_action": "trigger", "payload": {"summary": "it burns", "source": "x", "severity": "error"}}`
	}
	for name, c := range map[string]struct {
		post
		want int
	}{
		"one that has its secret":       {post{path: "/hooks/any", body: one, header: map[string]string{"Authorization": "Bearer " + token}}, 202},
		"one that has not":              {post{path: "/hooks/lost", body: one, header: map[string]string{"Authorization": "Bearer " + token}}, 503},
		"no credential":                 {post{path: "/hooks/lost", body: one}, 503},
		"no such integration":           {post{path: "/hooks/none", body: one}, 401},
		"a routing key":                 {post{path: "/v2/enqueue", body: event(pdToken)}, 202},
		"one that may be of the other":  {post{path: "/v2/enqueue", body: event("routing-key-of-the-other")}, 503},
		"by the name of the other":      {post{path: "/hooks/pd2", body: event("routing-key-of-the-other")}, 503},
		"an empty key where one is not": {post{path: "/v2/enqueue", body: event("")}, 503},
	} {
		heard := len(p.ear.heard)
		if status, body, _ := p.send(c.post); status != c.want || (len(p.ear.heard) > heard) != (c.want == 202) {
			t.Errorf("%s: got %d %s, want %d", name, status, body, c.want)
		}
	}
}
