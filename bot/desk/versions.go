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
func decode[T any](k *versions, rec storage.Record, keep bool) (T, error) {
	if v, ok := k.at(rec.Ref, rec.Head); ok {
		if r, ok := v.record.(T); ok {
			return r, nil
		}
	}
	var r T
	if err := json.Unmarshal(rec.Body, &r); err != nil {
		return r, fmt.Errorf("decode %s: %w", rec.Ref, err)
	}
	if keep {
		k.keep(rec.Ref, version{seq: rec.Seq, head: rec.Head, record: r})
	}
	return r, nil
}

// saying is what somebody typed on an incident: a note or an update.
type saying struct {
	hash [16]byte // of its kind, who said it, and the text
	at   int64    // in Unix milliseconds
	of   int64    // the time that it is about, likewise
}

func sayingOf(kind incident.Kind, by, text string, of, at time.Time) saying {
	sum := sha256.Sum256([]byte(string(kind) + "\x00" + by + "\x00" + strings.TrimSpace(text)))
	return saying{hash: [16]byte(sum[:]), at: at.UnixMilli(), of: of.UnixMilli()}
}

// again says whether s repeats what the same person has just said, of the same time:
// "-15m" moves on until it is retyped.
func (s saying) again(earlier []saying) bool {
	near := func(a, b int64) bool { return max(a-b, b-a) < RepeatWithin.Milliseconds() }
	return slices.ContainsFunc(earlier, func(e saying) bool {
		return e.hash == s.hash && near(e.at, s.at) && near(e.of, s.of)
	})
}

// mostSaid is how many are looked at: people retype what they said last.
const mostSaid = 20

// saidBefore is what was said on an incident before the unit, oldest first.
func (u *unit) saidBefore(id string) ([]saying, error) {
	h := u.incidents[id]
	before, heard := u.heard[id]
	if heard || h.base == 0 {
		return before, nil
	}
	if v, ok := u.d.versions.at(incidentRef(id), h.head); ok && v.heard {
		set(&u.heard, id, v.said)
		return v.said, nil
	}
	after := h.base - min(h.base, mostSaid)
	stored, err := u.d.Store.Events(u.ctx, incidentRef(id), after, mostSaid)
	if err != nil {
		return nil, fmt.Errorf("read events of %s: %w", id, err)
	}
	for _, s := range stored {
		e, err := decodeIncidentEvent(s)
		if err != nil {
			return nil, err
		}
		if as, ok := typed(e); ok {
			before = append(before, sayingOf(as, e.By.Person, e.Text, e.At, e.Recorded))
		}
	}
	set(&u.heard, id, before)
	return before, nil
}

// typed is what a person typed, and might type again: as which kind of event that comes
// then. A reason does not change the same once more, and would be a note.
func typed(e incident.Event) (as incident.Kind, ok bool) {
	switch e.Kind {
	case incident.Noted, incident.Updated:
		return e.Kind, true
	case incident.SeveritySet, incident.LeadSet, incident.WasResolved, incident.WasReopened:
		return incident.Noted, e.Text != ""
	}
	return "", false
}

// learn keeps what the unit has committed.
func (u *unit) learn() {
	for id, h := range u.incidents {
		if len(h.events) > 0 {
			before, heard := u.heard[id]
			next := version{seq: h.seq, head: h.events[len(h.events)-1].Hash, record: h.record, said: before, heard: heard || h.base == 0}
			u.d.versions.succeed(incidentRef(id), h.head, next, u.said[id])
		}
	}
	for id, h := range u.pages {
		if len(h.events) > 0 {
			u.d.versions.keep(pageRef(id), version{seq: h.seq, head: h.events[len(h.events)-1].Hash, record: h.record})
		}
	}
}

// succeed keeps the version that follows the one with the chain hash head, of an
// incident on which more was said.
func (k *versions) succeed(ref storage.Ref, head []byte, next version, said []saying) {
	if v, ok := k.at(ref, head); ok && v.heard {
		next.said, next.heard = v.said, true
	}
	if next.heard {
		next.said = append(next.said, said...) // in place: a version has one successor
		next.said = next.said[max(0, len(next.said)-mostSaid):]
	}
	k.keep(ref, next)
}
