package storage

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"time"
)

// Seal gives the events their sequence numbers, salts and hashes, following the
// event base with chain hash head (nil for a new record), and returns the new
// head. A hash covers the one before it, the sequence, kind and times, and the
// salted digest of the payload: a payload can be erased, and the chain still
// verifies.
func Seal(base uint64, head []byte, events []Event) []byte {
	for i := range events {
		e := &events[i]
		base++
		e.Seq = base
		e.At, e.Recorded = Time(e.At), Time(e.Recorded)
		e.Salt = make([]byte, 16)
		rand.Read(e.Salt) // never fails: crypto/rand aborts the program instead
		e.Hash = chainHash(head, e)
		head = e.Hash
	}
	return head
}

// CheckChain verifies the events of a record from the first one on and returns
// the head they lead to.
func CheckChain(base uint64, head []byte, events []Event) ([]byte, error) {
	for i := range events {
		e := &events[i]
		base++
		if e.Seq != base {
			return nil, fmt.Errorf("event %d stands where %d belongs", e.Seq, base)
		}
		if e.Digest != nil && len(e.Salt)+len(e.Body) > 0 {
			return nil, fmt.Errorf("event %d has a payload, and says that it was erased: it was altered", e.Seq)
		}
		if string(chainHash(head, e)) != string(e.Hash) {
			return nil, fmt.Errorf("event %d does not match its hash: it or an earlier one was altered", e.Seq)
		}
		head = e.Hash
	}
	return head, nil
}

// Time is the one place where times take the form in which they are stored: UTC,
// truncated to the microsecond, without a monotonic reading.
func Time(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

func digest(e *Event) []byte {
	if e.Digest != nil {
		return e.Digest
	}
	h := sha256.New()
	h.Write(e.Salt)
	h.Write(e.Body)
	return h.Sum(nil)
}

func chainHash(prev []byte, e *Event) []byte {
	h := sha256.New()
	writeField(h, prev)
	var b [24]byte
	binary.BigEndian.PutUint64(b[:8], e.Seq)
	binary.BigEndian.PutUint64(b[8:16], uint64(e.At.UnixMicro()))
	binary.BigEndian.PutUint64(b[16:], uint64(e.Recorded.UnixMicro()))
	h.Write(b[:])
	writeField(h, []byte(e.Kind))
	writeField(h, digest(e))
	return h.Sum(nil)
}

// writeField writes a length before the bytes, so that two fields cannot be cut
// differently and hash the same.
func writeField(h hash.Hash, b []byte) {
	var n [4]byte
	binary.BigEndian.PutUint32(n[:], uint32(len(b)))
	h.Write(n[:])
	h.Write(b)
}
