package bolt

import (
	"encoding/binary"
	"slices"

	"github.com/watchbill/watchbill/storage"
)

// envelope is a stored record as the writer needs it: parts of it, undecoded.
type envelope struct {
	seq   uint64
	due   int64
	index []byte
	head  []byte
	body  []byte
}

// encodeRecord takes the index entries as encodeIndex wrote them.
func encodeRecord(key []byte, r *storage.Record, index []byte) []byte {
	b := make([]byte, 0, 64+len(r.Head)+len(r.Body)+len(index))
	b = binary.BigEndian.AppendUint64(b, r.Seq)
	b = appendInt(b, micros(r.Due))
	b = appendBytes(b, index)
	b = appendBytes(b, r.Head)
	return sum(key, append(b, r.Body...))
}

func openRecord(key, value []byte) (envelope, error) {
	b, err := unsum(key, value)
	if err != nil {
		return envelope{}, err
	}
	r := reader{b: b}
	e := envelope{seq: r.uint64(), due: r.int64(), index: r.raw(), head: r.raw(), body: r.b}
	return e, r.err
}

func decodeRecord(ref storage.Ref, key, value []byte) (storage.Record, error) {
	e, err := openRecord(key, value)
	if err != nil {
		return storage.Record{}, err
	}
	index, err := decodeIndex(e.index)
	b := slices.Concat(e.head, e.body) // the file's bytes are not the caller's
	n := len(e.head)
	return storage.Record{Ref: ref, Seq: e.seq, Head: b[:n:n], Due: fromMicros(e.due), Index: index, Body: b[n:]}, err
}

func encodeIndex(entries []storage.Entry) []byte {
	n := 0
	for _, e := range entries {
		n += 5 + len(e.Index) + len(e.Key)
	}
	b := make([]byte, 0, n)
	for _, e := range entries {
		b = appendString(b, e.Index)
		b = appendString(b, e.Key)
		b = append(b, bit(e.Unique))
	}
	return b
}

func decodeIndex(b []byte) (entries []storage.Entry, err error) {
	if len(b) == 0 {
		return nil, nil
	}
	r, all := reader{b: b}, string(b)
	part := func() string {
		n := len(r.raw())
		end := len(all) - len(r.b)
		return all[end-n : end]
	}
	entries = make([]storage.Entry, 0, 4)
	for len(r.b) > 0 {
		entries = append(entries, storage.Entry{Index: part(), Key: part(), Unique: r.byte() == 1})
	}
	return entries, r.err
}

func bit(set bool) byte {
	if set {
		return 1
	}
	return 0
}

func eventsKey(record []byte, first uint64) []byte {
	return binary.BigEndian.AppendUint64(slices.Clip(record), first)
}

func encodeEvents(key []byte, events []storage.Event) []byte {
	n := 16
	for i := range events {
		e := &events[i]
		n += 32 + len(e.Kind) + len(e.Salt) + len(e.Body) + len(e.Digest) + len(e.Hash)
	}
	b := binary.AppendUvarint(make([]byte, 0, n), uint64(len(events)))
	for i := range events {
		e := &events[i]
		b = appendString(b, e.Kind)
		b = appendInt(b, micros(e.At))
		b = appendInt(b, micros(e.Recorded))
		b = appendBytes(b, e.Salt)
		b = appendBytes(b, e.Body)
		b = appendBytes(b, e.Digest)
		b = appendBytes(b, e.Hash)
	}
	return sum(key, b)
}

func decodeEvents(key, value []byte) ([]storage.Event, error) {
	b, err := unsum(key, value)
	if err != nil {
		return nil, err
	}
	seq := binary.BigEndian.Uint64(key[len(key)-8:])
	r := reader{b: b}
	events := make([]storage.Event, r.count())
	for i := range events {
		events[i] = storage.Event{
			Seq: seq + uint64(i), Kind: r.string(), At: r.time(), Recorded: r.time(),
			Salt: r.bytes(), Body: r.bytes(), Digest: r.bytes(), Hash: r.bytes(),
		}
	}
	return events, r.err
}

// The fixed head of an effect's value, which the writer changes in place.
const (
	atState    = 0
	atFlags    = 1
	atClass    = 2
	atAttempts = 3
	atSeq      = 7
	atCreated  = 15
	atBefore   = 23
	atLease    = 31
	atSettled  = 39
	headSize   = 47
)

// states is read-only; the order is what is stored.
var states = []storage.State{storage.Pending, storage.Done, storage.Dead, storage.Withdrawn, storage.Folded}

func stateCode(s storage.State) byte { return byte(slices.Index(states, s)) }

// encodeEffect leaves out the ID, which is the key, and the checksum.
func encodeEffect(e *storage.Effect) []byte {
	b := make([]byte, headSize, headSize+4+32+len(e.Target)+len(e.Kind)+len(e.Dest)+len(e.After)+len(e.Record.Kind)+len(e.Record.ID)+len(e.Note)+len(e.Body))
	b[atState] = stateCode(e.State)
	b[atFlags] = bit(e.Level)
	b[atClass] = byte(e.Class)
	binary.BigEndian.PutUint32(b[atAttempts:], uint32(e.Attempts))
	binary.BigEndian.PutUint64(b[atSeq:], e.Seq)
	setInt(b, atCreated, micros(e.Created))
	setInt(b, atBefore, micros(e.NotBefore))
	setInt(b, atLease, micros(e.LeaseUntil))
	setInt(b, atSettled, micros(e.Settled))
	for _, s := range [...]string{e.Target, e.Kind, e.Dest, e.After, e.Record.Kind, e.Record.ID, e.Note} {
		b = appendString(b, s)
	}
	return appendBytes(b, e.Body)
}

func setInt(b []byte, at int, v int64) { binary.BigEndian.PutUint64(b[at:], uint64(v)) }

func getInt(b []byte, at int) int64 { return int64(binary.BigEndian.Uint64(b[at:])) }

// decodeEffect reads an effect without its checksum.
func decodeEffect(id uint64, b []byte) (storage.Effect, error) {
	if len(b) < headSize || int(b[atState]) >= len(states) {
		return storage.Effect{}, errDamaged
	}
	r := reader{b: b[headSize:]}
	e := storage.Effect{
		ID: id, State: states[b[atState]], Level: b[atFlags] == 1, Class: storage.Class(b[atClass]),
		Attempts: int(binary.BigEndian.Uint32(b[atAttempts:])), Seq: binary.BigEndian.Uint64(b[atSeq:]),
		Created: fromMicros(getInt(b, atCreated)), NotBefore: fromMicros(getInt(b, atBefore)),
		LeaseUntil: fromMicros(getInt(b, atLease)), Settled: fromMicros(getInt(b, atSettled)),
		Target: r.string(), Kind: r.string(), Dest: r.string(), After: r.string(),
		Record: storage.Ref{Kind: r.string(), ID: r.string()}, Note: r.string(), Body: r.bytes(),
	}
	return e, r.err
}

func openEffect(key, value []byte) (storage.Effect, error) {
	b, err := unsum(key, value)
	if err != nil {
		return storage.Effect{}, err
	}
	return decodeEffect(binary.BigEndian.Uint64(key), b)
}

// commitRow is a row of the bucket commits.
type commitRow struct {
	at     int64
	causes []storage.Cause
	moved  []storage.Moved
}

// encodeCommit leaves out the position, which is the key, and the checksum.
func encodeCommit(c *commitRow) []byte {
	b := appendInt(make([]byte, 0, 64+64*len(c.causes)+64*len(c.moved)), c.at)
	b = binary.AppendUvarint(b, uint64(len(c.causes)))
	for _, cause := range c.causes {
		b = appendString(b, cause.Key)
		b = appendInt(b, micros(cause.At))
		b = appendBytes(b, cause.Answer)
	}
	b = binary.AppendUvarint(b, uint64(len(c.moved)))
	for _, m := range c.moved {
		b = appendString(b, m.Kind)
		b = appendString(b, m.ID)
		b = binary.AppendUvarint(b, m.From)
		b = binary.AppendUvarint(b, m.To)
	}
	return b
}

func openCommit(key, value []byte) (commitRow, error) {
	b, err := unsum(key, value)
	if err != nil {
		return commitRow{}, err
	}
	r := reader{b: b}
	c := commitRow{at: r.int64(), causes: make([]storage.Cause, r.count())}
	for i := range c.causes {
		c.causes[i] = storage.Cause{Key: r.string(), At: r.time(), Answer: r.bytes()}
	}
	c.moved = make([]storage.Moved, r.count())
	for i := range c.moved {
		c.moved[i] = storage.Moved{Ref: storage.Ref{Kind: r.string(), ID: r.string()}, From: r.uvarint(), To: r.uvarint()}
	}
	return c, r.err
}
