package desk

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/watchbill/watchbill/storage"
)

// Signature is the signature of a request that was taken. The same may not be taken
// again until Until, after which its time is too old.
type Signature struct {
	Sum   [16]byte
	Until time.Time // to the second
}

const (
	// signatureLife is how long before its Until a signature is taken at most.
	signatureLife = 11 * time.Minute
	// mostSignatures is how many are stored in one commit.
	mostSignatures = 4096
	signatureSize  = 16 + 8
)

// signatures are those that are not stored yet. They go along with whatever is stored of
// alerts next, and by themselves within a second: what is replayed after a crash is at
// worst what was said last, and only counts. They are kept as causes, some in each, which
// are named by the minute and a number, so that they are found and swept.
type signatures struct {
	mu      sync.Mutex
	waiting []Signature
	minute  int64 // Unix time in minutes, of the next name
	next    int
}

func signatureName(minute int64, n int) string { return fmt.Sprintf("signed/%d/%d", minute, n) }

// UseSignature remembers that a signature was used: for good at most a second later.
func (d *Desk) UseSignature(s Signature) {
	b := &d.signed
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = append(b.waiting, s)
}

// UsedSignatures are those that were stored and may not be taken again yet.
func (d *Desk) UsedSignatures(ctx context.Context) ([]Signature, error) {
	now := d.Now()
	var out []Signature
	for at := now.Add(-signatureLife); !at.After(now.Add(time.Minute)); at = at.Add(time.Minute) {
		for n := 0; ; n++ {
			body, found, err := d.Store.Cause(ctx, signatureName(minuteOf(at), n))
			if err != nil {
				return nil, fmt.Errorf("read the signatures that were used: %w", err)
			}
			if !found {
				break
			}
			for part := range slices.Chunk(body, signatureSize) {
				if s := readSignature(part); s.Until.After(now) {
					out = append(out, s)
				}
			}
		}
	}
	return out, nil
}

func minuteOf(t time.Time) int64 { return t.Unix() / 60 }

func readSignature(b []byte) Signature {
	if len(b) < signatureSize {
		return Signature{}
	}
	return Signature{[16]byte(b), time.Unix(int64(binary.BigEndian.Uint64(b[16:])), 0)}
}

// wait says whether signatures wait to be stored.
func (b *signatures) wait() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waiting) > 0
}

// withSignatures has changes of the lane of alerts carry the signatures that wait, and
// says how many. Without changes they wait for others, unless the unit is to store them.
func (u *unit) withSignatures(changes []storage.Change) ([]storage.Change, int, error) {
	if len(changes) == 0 && !u.alerts.signed {
		return nil, 0, nil
	}
	cause, n, err := u.d.signed.cause(u)
	if err != nil || n == 0 {
		return changes, 0, err
	}
	if len(changes) == 0 {
		changes = []storage.Change{{Vital: true}}
	}
	changes[0].Causes = append(changes[0].Causes, cause)
	return changes, n, nil
}

// cause is what stores the first signatures that wait, and how many they are. Those that
// a commit has stored whose outcome was not known are stored twice, which does no harm.
func (b *signatures) cause(u *unit) (storage.Cause, int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.waiting) > 0 {
		if now := minuteOf(u.at); now != b.minute {
			b.minute, b.next = now, 0
		}
		name := signatureName(b.minute, b.next)
		if _, taken, err := u.d.Store.Cause(u.ctx, name); err != nil {
			return storage.Cause{}, 0, fmt.Errorf("look up signatures: %w", err)
		} else if taken { // by the life before, or by such a commit
			b.next++
			continue
		}
		n := min(len(b.waiting), mostSignatures)
		body := make([]byte, 0, n*signatureSize)
		for _, s := range b.waiting[:n] {
			body = binary.BigEndian.AppendUint64(append(body, s.Sum[:]...), uint64(s.Until.Unix()))
		}
		return storage.Cause{Key: name, Answer: body, At: u.at}, n, nil
	}
	return storage.Cause{}, 0, nil
}

// stored forgets the first n that waited.
func (b *signatures) stored(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = slices.Delete(b.waiting, 0, n)
}
