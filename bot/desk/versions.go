package desk

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
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
	// said are the texts that people recorded last on an incident, oldest first, once
	// it is heard.
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

// saying is a text that somebody recorded on an incident.
type saying struct {
	kind incident.Kind
	by   string
	hash [sha256.Size]byte // of the text
	at   time.Time
}

func sayingOf(kind incident.Kind, by, text string, at time.Time) saying {
	return saying{kind: kind, by: by, hash: sha256.Sum256([]byte(strings.TrimSpace(text))), at: at}
}

// again says whether the person repeats, at the time of s, what they said.
func (s saying) again(earlier []saying) bool {
	for _, e := range earlier {
		if s.at.Sub(e.at).Abs() < RepeatWithin && e.kind == s.kind && e.by == s.by && e.hash == s.hash {
			return true
		}
	}
	return false
}

// mostSaid is how many texts are looked at: people retype what they said last.
const mostSaid = 20

// heard are the texts recorded last on an incident of this version, from the store
// if they are not known.
func (u *unit) heard(id string, h held[incident.Incident]) ([]saying, error) {
	v, ok := u.d.versions.at(ref(id), h.head)
	if ok && v.heard {
		return v.said, nil
	}
	after := h.base - min(h.base, mostSaid)
	stored, err := u.d.Store.Events(u.ctx, ref(id), after, int(h.base-after))
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
	if ok {
		v.said, v.heard = said, true
		u.d.versions.keep(ref(id), v)
	}
	return said, nil
}

// typed says whether an event of this kind is what a person typed, and might type
// again.
func typed(k incident.Kind) bool { return k == incident.Noted || k == incident.Updated }

// learn keeps what the unit has committed.
func (u *unit) learn() {
	for id, h := range u.incidents {
		if len(h.events) == 0 {
			continue
		}
		next := version{seq: h.seq, head: h.events[len(h.events)-1].Hash, record: h.record}
		if v, ok := u.d.versions.at(ref(id), h.head); h.base == 0 || ok && v.heard {
			next.said = append(v.said, h.said...) // a version has one successor: nobody else appends to it
			next.said, next.heard = next.said[max(0, len(next.said)-mostSaid):], true
		}
		u.d.versions.keep(ref(id), next)
	}
	for id, h := range u.pages {
		if len(h.events) > 0 {
			u.d.versions.keep(storage.Ref{Kind: PageKind, ID: id}, version{seq: h.seq, head: h.events[len(h.events)-1].Hash, record: h.record})
		}
	}
}
