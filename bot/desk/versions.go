package desk

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/storage"
)

// versions are records as they were decoded or committed last, so that the commands
// and queries on a busy incident do not decode it again and again. The chain hash
// names the version: one that was replaced, by whomever, is not taken for the
// record. What is kept is shared and must not be changed; Apply copies.
type versions struct {
	mu sync.Mutex
	by map[storage.Ref]version
}

// version is one version of a record.
type version struct {
	seq    uint64
	head   []byte
	record any
	// said is what people typed last on an incident, oldest first, once it is heard.
	said  []saying
	heard bool
}

// mostKnown bounds how many records are kept: more than are busy at a time.
const mostKnown = 256

// at returns the version of a record with this chain hash, if it is the one that
// is known.
func (k *versions) at(ref storage.Ref, head []byte) (version, bool) {
	if len(head) == 0 {
		return version{}, false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	v, ok := k.by[ref]
	return v, ok && bytes.Equal(v.head, head)
}

// keep remembers a version unless one is known that is as new. It takes the place of
// any other record when there are many.
func (k *versions) keep(ref storage.Ref, v version) {
	k.mu.Lock()
	defer k.mu.Unlock()
	had, ok := k.by[ref]
	if ok && (had.seq > v.seq || had.seq == v.seq && !v.heard) {
		return
	}
	if !ok && len(k.by) >= mostKnown {
		for other := range k.by {
			delete(k.by, other)
			break
		}
	}
	k.by[ref] = v
}

// decode reads a record, or takes what is known of this version; keep it if it is
// likely to be asked for again.
func decode[T any](d *Desk, rec storage.Record, keep bool) (T, error) {
	if v, ok := d.versions.at(rec.Ref, rec.Head); ok {
		if r, ok := v.record.(T); ok {
			return r, nil
		}
	}
	var r T
	if err := json.Unmarshal(rec.Body, &r); err != nil {
		return r, fmt.Errorf("decode %s: %w", rec.Ref, err)
	}
	if keep {
		d.versions.keep(rec.Ref, version{seq: rec.Seq, head: rec.Head, record: r})
	}
	return r, nil
}

// saying is what somebody typed on an incident: a note or an update.
type saying struct {
	hash [16]byte // of its kind, who said it, and the text
	at   time.Time
}

func sayingOf(kind incident.Kind, by, text string, at time.Time) saying {
	sum := sha256.Sum256([]byte(string(kind) + "\x00" + by + "\x00" + strings.TrimSpace(text)))
	return saying{hash: [16]byte(sum[:]), at: at}
}

// again says whether s repeats what the same person has just said.
func (s saying) again(earlier []saying) bool {
	return slices.ContainsFunc(earlier, func(e saying) bool { return e.hash == s.hash && s.at.Sub(e.at).Abs() < RepeatWithin })
}

// mostSaid is how many are looked at: people retype what they said last.
const mostSaid = 20

// heard returns what was said last on an incident as it stands in the unit, oldest
// first.
func (u *unit) heard(id string) ([]saying, error) {
	h := u.recall(id)
	if !h.heard {
		said, err := u.saidBefore(id, h)
		if err != nil {
			return nil, err
		}
		h.said, h.heard = append(said, h.said...), true
	}
	u.incidents[id] = h
	return h.said, nil
}

// recall adds to an incident of the unit what is known to have been said before.
func (u *unit) recall(id string) held[incident.Incident] {
	h := u.incidents[id]
	if h.heard {
		return h
	}
	if v, ok := u.d.versions.at(ref(id), h.head); h.base == 0 || ok && v.heard {
		h.said, h.heard = slices.Concat(v.said, h.said), true
	}
	return h
}

// saidBefore reads what was said on an incident before the unit.
func (u *unit) saidBefore(id string, h held[incident.Incident]) ([]saying, error) {
	after := h.base - min(h.base, mostSaid)
	stored, err := u.d.Store.Events(u.ctx, ref(id), after, mostSaid)
	if err != nil {
		return nil, fmt.Errorf("read events of %s: %w", id, err)
	}
	var said []saying
	for _, s := range stored {
		e, err := decodeIncidentEvent(s)
		if err != nil {
			return nil, err
		}
		if typed(e.Kind) {
			said = append(said, sayingOf(e.Kind, e.By.Person, e.Text, e.Recorded))
		}
	}
	return said, nil
}

// typed says whether an event of this kind is what a person typed, and might type
// again.
func typed(k incident.Kind) bool { return k == incident.Noted || k == incident.Updated }

// learn keeps what the unit has committed.
func (u *unit) learn() {
	for id := range u.incidents {
		if h := u.recall(id); len(h.events) > 0 {
			last := h.said[max(0, len(h.said)-mostSaid):]
			u.d.versions.keep(ref(id), version{seq: h.seq, head: h.events[len(h.events)-1].Hash, record: h.record, said: last, heard: h.heard})
		}
	}
	for id, h := range u.pages {
		if len(h.events) > 0 {
			u.d.versions.keep(storage.Ref{Kind: PageKind, ID: id}, version{seq: h.seq, head: h.events[len(h.events)-1].Hash, record: h.record})
		}
	}
}
