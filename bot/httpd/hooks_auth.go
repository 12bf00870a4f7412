package httpd

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/oncall/alert"
)

// SignatureHeader carries the signature of a body: "t=<unix time>,v1=<hex>", where v1
// is the HMAC-SHA256 of the time as written, a dot and the body. There may be several
// v1, one for each key that the sender has.
const SignatureHeader = "X-Watchbill-Signature"

const (
	// skew is how far the time of a signature may be from now.
	skew = 5 * time.Minute
	// mostReplays is how many signatures are remembered; more than that must wait.
	mostReplays = 1_000_000
	// mostSignatures is how many v1 one header may hold.
	mostSignatures = 5
)

// hookKey is an integration with what its senders must show, as hashes.
type hookKey struct {
	Hook
	tokens [][sha256.Size]byte
}

func newHookKey(h Hook) *hookKey {
	k := &hookKey{Hook: h}
	for _, token := range h.Tokens {
		k.tokens = append(k.tokens, sha256.Sum256([]byte(token)))
	}
	k.Tokens = nil
	return k
}

// signed says whether bodies must be signed.
func (k *hookKey) signed() bool { return k.HMAC != "" }

// closed says that the secret is missing by which its senders are known.
func (k *hookKey) closed() bool { return len(k.tokens) == 0 && !k.signed() }

// routes says whether a body may carry the token as its routing key.
func (k *hookKey) routes() bool { return k.Source == alert.SourcePagerDuty }

// keyOf finds an integration by its name. One that there is not has a key that nobody
// has, so that asking for it takes as long.
func (h *Hooks) keyOf(name string) *hookKey {
	for _, k := range h.keys {
		if k.Name == name {
			return k
		}
	}
	return h.nobody
}

// routed finds the integration whose token is the routing key of an event, else one that
// is closed, of which it may be.
func (h *Hooks) routed(key string) *hookKey {
	given := sha256.Sum256([]byte(key))
	found := h.nobody
	for _, k := range h.keys {
		if k.routes() && (k.holds(given) || k.closed() && found == h.nobody) {
			found = k
		}
	}
	return found
}

// authorized says whether a request carries one of the tokens in force.
func (k *hookKey) authorized(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	has := k.has(strings.TrimSpace(token))
	return has && strings.EqualFold(scheme, "Bearer")
}

func (k *hookKey) has(token string) bool { return token != "" && k.holds(sha256.Sum256([]byte(token))) }

// holds compares with all tokens, in a time that says nothing.
func (k *hookKey) holds(given [sha256.Size]byte) bool {
	found := 0
	for n := range k.tokens {
		found |= subtle.ConstantTimeCompare(given[:], k.tokens[n][:])
	}
	return found == 1
}

// signature checks the signature of a body at now.
func (k *hookKey) signature(header string, body []byte, now time.Time) (s desk.Signature, ok bool) {
	var stamp string
	var given []string
	for part := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case name == "t" && stamp == "":
			stamp = value
		case name == "v1" && len(given) < mostSignatures:
			given = append(given, value)
		}
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	at := time.Unix(seconds, 0)
	if err != nil || now.Sub(at).Abs() > skew {
		return s, false
	}
	mac := hmac.New(sha256.New, []byte(k.HMAC))
	mac.Write([]byte(stamp))
	mac.Write([]byte{'.'})
	mac.Write(body)
	want := mac.Sum(nil)
	for _, v := range given {
		if got, err := hex.DecodeString(v); err == nil && hmac.Equal(got, want) {
			ok = true
		}
	}
	copy(s.Sum[:], want)
	s.Until = at.Add(skew + time.Second)
	return s, ok
}

// replays remembers the signatures that were taken, for as long as they would hold.
type replays struct {
	mu    sync.Mutex
	until map[[16]byte]time.Time
	next  time.Time // when the old ones are forgotten
	known bool      // those of the life before are among them
}

func newReplays() replays { return replays{until: map[[16]byte]time.Time{}} }

// remember learns once what the life before has taken.
func (h *Hooks) remember(ctx context.Context) error {
	r := &h.replays
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known {
		return nil
	}
	used, err := h.Desk.UsedSignatures(ctx)
	if err != nil {
		return err
	}
	for _, s := range used {
		r.until[s.Sum] = s.Until
	}
	r.known = true
	return nil
}

// claim takes a signature unless it was taken before. Without room it is not taken
// either.
func (r *replays) claim(s desk.Signature, now time.Time) (taken, room bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.After(r.next) {
		for sum, until := range r.until {
			if now.After(until) {
				delete(r.until, sum)
			}
		}
		r.next = now.Add(time.Minute)
	}
	if _, taken := r.until[s.Sum]; taken {
		return true, true
	}
	if len(r.until) >= mostReplays {
		return false, false
	}
	r.until[s.Sum] = s.Until
	return false, true
}

// forget gives a signature back: nothing has come of its request.
func (r *replays) forget(s desk.Signature) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.until, s.Sum)
}
