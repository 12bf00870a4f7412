package httpd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/oncall/alert"
)

// Hearer takes what monitoring reports. When it returns nil, all of it is stored.
type Hearer interface {
	Hear(ctx context.Context, integration string, signals []alert.Signal) (desk.Heard, error)
	Beat(ctx context.Context, integration string, signals []alert.Signal) (desk.Heard, error)
	Deployed(ctx context.Context, list []alert.Deploy) error
	// UseSignature remembers a signature that was used, over restarts too;
	// UsedSignatures are those that a life before this one has remembered.
	UseSignature(desk.Signature)
	UsedSignatures(ctx context.Context) ([]desk.Signature, error)
}

// Hook is one integration, at POST /hooks/<name>.
type Hook struct {
	Name, Source string
	Options      alert.Options
	// Tokens are the bearer tokens in force; HMAC is the key with which bodies are
	// signed. What is there must be shown. Without any, nobody can show anything: senders
	// are told to come again.
	Tokens []string
	HMAC   string
}

// HooksConfig is what hooks need.
type HooksConfig struct {
	Hooks []Hook
	Desk  Hearer
	// Samples keeps what was refused; nil: nothing is kept.
	Samples *Samples
	// Observe is told of each request: the integration is empty where it is not known.
	Observe func(integration string, status int, heard desk.Heard, took time.Duration)
	Now     func() time.Time // nil: time.Now
	Log     zerolog.Logger
}

// RequestTime is how long the server that serves hooks gives a request to arrive whole.
const RequestTime = 10 * time.Second

// Hooks are the webhooks by which monitoring reports.
type Hooks struct {
	HooksConfig
	keys    []*hookKey
	nobody  *hookKey // stands for integrations that there are not
	replays replays
	buffers sync.Pool
	reading atomic.Int64 // bytes of bodies
	unshown atomic.Int64 // those of them whose senders have shown nothing yet
}

const (
	// mostReading is how many bytes of bodies are read at the same time.
	mostReading = 64 << 20
	// mostUnshown is how many of them may be from senders who have shown no credential
	// yet: whoever can reach the port must not keep out those who may send.
	mostUnshown = mostReading / 2
	// hookTime is how long a sender waits for its alerts to be stored.
	hookTime = 8 * time.Second
	// againAfter is when a sender that was refused for want of capacity shall come
	// again, in seconds.
	againAfter = 1
)

// NewHooks makes the hooks of the integrations. Tokens are kept as hashes only.
func NewHooks(c HooksConfig) *Hooks {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Observe == nil {
		c.Observe = func(string, int, desk.Heard, time.Duration) {}
	}
	h := &Hooks{HooksConfig: c, nobody: newHookKey(Hook{Tokens: []string{""}}), replays: newReplays()}
	h.buffers.New = func() any { return new(bytes.Buffer) }
	for _, hook := range c.Hooks {
		h.keys = append(h.keys, newHookKey(hook))
	}
	for n := range h.Hooks {
		h.Hooks[n].Tokens = nil
	}
	return h
}

// register serves the hooks, if there are any.
func (h *Hooks) register(mux *http.ServeMux) {
	if h == nil {
		return
	}
	mux.HandleFunc("POST /hooks/{integration}", h.hook)
	mux.HandleFunc("POST /v2/enqueue", func(w http.ResponseWriter, r *http.Request) { h.enqueue(w, r, h.hear, writeEvent) })
	mux.HandleFunc("POST /v2/change/enqueue", func(w http.ResponseWriter, r *http.Request) { h.enqueue(w, r, h.change, writeChange) })
}

// verdict is what a request comes to.
type verdict struct {
	status int
	// why is the sentence for the sender of one that is refused.
	why   string
	heard desk.Heard
	// dedup is the key of the one event of a request in PagerDuty's shape.
	dedup string
}

// hook takes the request of an integration that the path names.
func (h *Hooks) hook(w http.ResponseWriter, r *http.Request) {
	began := h.Now()
	key := h.keyOf(r.PathValue("integration"))
	a := h.take(w, r, key, key.authorized(r))
	h.reply(w, a, writeHook)
	h.Observe(key.Name, a.status, a.heard, h.Now().Sub(began))
}

// enqueue takes an event in PagerDuty's shape: its routing key names the integration.
func (h *Hooks) enqueue(w http.ResponseWriter, r *http.Request, hear hearing, write func(verdict) []byte) {
	began := h.Now()
	key := h.nobody
	body, free, a := h.read(w, r, false)
	if body != nil {
		key = h.routed(alert.RoutingKey(body.Bytes()))
		a = h.heed(r, key, key != h.nobody, body.Bytes(), hear)
		free()
	}
	h.reply(w, a, write)
	h.Observe(key.Name, a.status, a.heard, h.Now().Sub(began))
}

// take reads the body of a request that may be made.
func (h *Hooks) take(w http.ResponseWriter, r *http.Request, key *hookKey, may bool) verdict {
	if key.closed() {
		return verdict{status: http.StatusServiceUnavailable, why: closedText}
	}
	if !may && !key.signed() && !key.routes() {
		return verdict{status: http.StatusUnauthorized}
	}
	body, free, refused := h.read(w, r, may)
	if body == nil {
		if may && refused.status == http.StatusRequestEntityTooLarge {
			h.keepStart(r, key, refused)
		}
		return refused
	}
	defer free()
	if !may && key.routes() {
		may = key.has(alert.RoutingKey(body.Bytes()))
	}
	return h.heed(r, key, may, body.Bytes(), h.hear)
}

const (
	// closedText is for whoever sends it: nobody can be known.
	closedText = "What senders have to show is missing here. Send it again later."

	busyText  = "More is coming in than can be stored. Send it again in a moment."
	largeText = "The body is larger than 1 MiB. Send the alerts in several requests."
	slowText  = "The body did not arrive within 10 seconds. Send it again."
)

// room is whether a body of a size may be read; done says that it is needed no more.
// shown: its sender has shown who they are.
func (h *Hooks) room(size int64, shown bool) (done func(), ok bool) {
	var unshown int64
	if !shown {
		unshown = size
	}
	done = func() { h.reading.Add(-size); h.unshown.Add(-unshown) }
	if all, not := h.reading.Add(size), h.unshown.Add(unshown); all > mostReading || not > mostUnshown && !shown {
		done()
		return nil, false
	}
	return done, true
}

// read reads a body of a bounded size, in the time that the server gives it; free gives
// its memory back.
func (h *Hooks) read(w http.ResponseWriter, r *http.Request, shown bool) (body *bytes.Buffer, free func(), refused verdict) {
	size := r.ContentLength
	if size > alert.MaxBody {
		return nil, nil, verdict{status: http.StatusRequestEntityTooLarge, why: largeText}
	}
	if size < 0 {
		size = alert.MaxBody
	}
	done, ok := h.room(size, shown)
	if !ok {
		return nil, nil, verdict{status: http.StatusServiceUnavailable, why: busyText}
	}
	body = h.buffers.Get().(*bytes.Buffer)
	body.Reset()
	free = func() {
		done()
		const kept = 64 << 10 // one large body must not stay in memory for ever
		if body.Cap() <= kept {
			h.buffers.Put(body)
		}
	}
	var large *http.MaxBytesError
	switch _, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, alert.MaxBody)); {
	case errors.As(err, &large):
		refused = verdict{status: http.StatusRequestEntityTooLarge, why: largeText}
	case errors.Is(err, os.ErrDeadlineExceeded):
		refused = verdict{status: http.StatusServiceUnavailable, why: slowText}
	case err != nil:
		refused = verdict{status: http.StatusBadRequest, why: "The body ended before all of it had come. Send it again."}
	default:
		return body, free, verdict{}
	}
	free()
	return nil, nil, refused
}

// hearing decodes a body and has what it says stored, whether or not its sender still waits.
type hearing func(ctx context.Context, key *hookKey, body []byte) verdict

// heed judges a body and has what it says stored.
func (h *Hooks) heed(r *http.Request, key *hookKey, may bool, body []byte, hear hearing) verdict {
	now := h.Now()
	if key.closed() {
		return verdict{status: http.StatusServiceUnavailable, why: closedText}
	}
	if !may && (len(key.tokens) > 0 || !key.signed()) {
		return verdict{status: http.StatusUnauthorized}
	}
	var s desk.Signature
	if key.signed() {
		var ok bool
		if s, ok = key.signature(r.Header.Get(SignatureHeader), body, now); !ok {
			return verdict{status: http.StatusUnauthorized}
		}
		if err := h.remember(r.Context()); err != nil {
			h.Log.Error().Err(err).Msg("check a signature")
			return verdict{status: http.StatusServiceUnavailable, why: "It could not be checked. Send it again in a moment."}
		}
		if taken, room := h.replays.claim(s, now); !room {
			return verdict{status: http.StatusServiceUnavailable, why: busyText}
		} else if taken {
			return verdict{status: http.StatusUnauthorized}
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), hookTime)
	defer cancel()
	a := hear(ctx, key, body)
	if how := compressed(r); a.status == http.StatusBadRequest && how != "" {
		a.why = "The body is compressed (" + how + "). Send it as it is."
	}
	switch {
	case !key.signed():
	case a.status >= http.StatusInternalServerError:
		h.replays.forget(s) // the sender may send the same once more
	default:
		h.Desk.UseSignature(s)
	}
	if a.status == http.StatusBadRequest || a.status == http.StatusRequestEntityTooLarge {
		h.keep(r, key, a, body, int64(len(body)))
	}
	return a
}

// hear is the hearing of what the integration's source says.
func (h *Hooks) hear(ctx context.Context, key *hookKey, body []byte) verdict {
	if key.Source == alert.SourceDeploys {
		list, err := alert.DecodeDeploys(body)
		return h.deployed(ctx, key, list, err)
	}
	signals, err := alert.Decode(key.Source, key.Options, body)
	if err != nil {
		return h.outcome(key, desk.Heard{}, 0, err)
	}
	hear := h.Desk.Hear
	if key.Source == alert.SourceHeartbeat {
		hear = h.Desk.Beat
	}
	heard, err := hear(ctx, key.Name, signals)
	a := h.outcome(key, heard, len(signals), err)
	if len(signals) == 1 {
		a.dedup = signals[0].Key
	}
	return a
}

// change is the hearing of a change event in PagerDuty's shape.
func (h *Hooks) change(ctx context.Context, key *hookKey, body []byte) verdict {
	list, err := alert.DecodeChange(key.Options, body)
	return h.deployed(ctx, key, list, err)
}

// deployed has deploys stored, if they could be read.
func (h *Hooks) deployed(ctx context.Context, key *hookKey, list []alert.Deploy, err error) verdict {
	if err == nil {
		err = h.Desk.Deployed(ctx, list)
	}
	return h.outcome(key, desk.Heard{}, len(list), err)
}

// outcome is the answer to what was decoded and stored, or not.
func (h *Hooks) outcome(key *hookKey, heard desk.Heard, n int, err error) verdict {
	var refusal *alert.Error
	var pending *desk.PendingError
	switch {
	case err == nil:
		heard.Accepted = n
		return verdict{status: http.StatusAccepted, heard: heard}
	case errors.As(err, &refusal) && refusal.Code == alert.TooLarge:
		return verdict{status: http.StatusRequestEntityTooLarge, why: refusal.Message}
	case errors.As(err, &refusal):
		return verdict{status: http.StatusBadRequest, why: refusal.Message}
	case errors.Is(err, desk.ErrBusy):
		return verdict{status: http.StatusServiceUnavailable, why: busyText}
	case errors.Is(err, desk.ErrNotRecorded), errors.As(err, &pending), errors.Is(err, context.DeadlineExceeded):
		return verdict{status: http.StatusServiceUnavailable, why: "It could not be stored in time. Send it again: what was stored is not counted twice."}
	case errors.Is(err, desk.ErrFull):
		return verdict{status: http.StatusServiceUnavailable, why: "There is no space to store it. Send it again later."}
	}
	h.Log.Error().Err(err).Str("integration", key.Name).Msg("store what monitoring reports")
	return verdict{status: http.StatusServiceUnavailable, why: "It could not be stored. Send it again: what was stored is not counted twice."}
}

// reply writes an answer in the form of the endpoint. A sender that may not send is
// told nothing else.
func (h *Hooks) reply(w http.ResponseWriter, a verdict, write func(verdict) []byte) {
	w.Header().Set("Content-Type", "application/json")
	switch a.status {
	case http.StatusUnauthorized:
		a.why = "This needs a valid credential."
		w.Header().Set("WWW-Authenticate", "Bearer")
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", strconv.Itoa(againAfter))
	}
	body := write(a)
	w.Header().Set("Content-Length", strconv.Itoa(len(body))) // else long answers come in chunks, which not every sender reads
	w.WriteHeader(a.status)
	w.Write(body)
}

// codeOf names a status in the body of an answer.
var codeOf = map[int]string{
	http.StatusBadRequest: "invalid", http.StatusUnauthorized: "unauthorized", http.StatusRequestEntityTooLarge: "too_large", http.StatusServiceUnavailable: "busy",
}

func writeHook(a verdict) []byte {
	if a.status != http.StatusAccepted {
		return fmt.Appendf(nil, "{\"error\":{\"code\":%q,\"message\":%s}}\n", codeOf[a.status], quoteJSON(a.why))
	}
	b := strconv.AppendInt([]byte(`{"accepted":`), int64(a.heard.Accepted), 10)
	return append(appendAlerts(append(b, `,"alerts":`...), a.heard.Alerts), "}\n"...)
}

// writeChange writes an answer to a change event as PagerDuty's clients expect it.
func writeChange(a verdict) []byte {
	if a.status != http.StatusAccepted {
		return writeInvalid(a)
	}
	return fmt.Appendf(nil, "{\"status\":\"success\",\"message\":\"Change event processed\",\"accepted\":%d}\n", a.heard.Accepted)
}

func writeInvalid(a verdict) []byte {
	status := "invalid event"
	if a.status != http.StatusBadRequest {
		status = strings.ToLower(http.StatusText(a.status))
	}
	return fmt.Appendf(nil, "{\"status\":%q,\"message\":%s,\"errors\":[%[2]s]}\n", status, quoteJSON(a.why))
}

// writeEvent writes an answer to an event as PagerDuty's clients expect it.
func writeEvent(a verdict) []byte {
	if a.status != http.StatusAccepted {
		return writeInvalid(a)
	}
	b := fmt.Appendf(nil, `{"status":"success","message":"Event processed","dedup_key":%s,"accepted":%d,"alerts":`, quoteJSON(a.dedup), a.heard.Accepted)
	return append(appendAlerts(b, a.heard.Alerts), "}\n"...)
}

func appendAlerts(b []byte, ids []string) []byte {
	b = append(b, '[')
	for n, id := range ids {
		if n > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), id...), '"')
	}
	return append(b, ']')
}

func quoteJSON(text string) []byte {
	b, _ := json.Marshal(text) // a string is always written
	return b
}
