package slacksim

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"
)

// mint makes what must be new: ids, time stamps and secrets. It has a mutex of its
// own, because answers are read as messages without the server's.
type mint struct {
	now func() time.Time

	mu   sync.Mutex
	ids  uint64
	last int64      // the latest time stamp, in microseconds
	rand *rand.Rand // of secrets and short ids
}

// number is one that no object of the workspace has.
func (m *mint) number() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ids++
	return m.ids
}

// id is a number as Slack's ids look, such as C00000001A.
func (m *mint) id(prefix string) string {
	n := strconv.FormatUint(m.number(), 36)
	return prefix + strings.Repeat("0", max(8-len(n), 0)) + strings.ToUpper(n)
}

// ts is the next message time stamp: the present in microseconds, and always later
// than the one before.
func (m *mint) ts() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = max(m.now().UnixMicro(), m.last+1)
	return formatTS(m.last)
}

func formatTS(us int64) string {
	fraction := strconv.FormatInt(us%1_000_000, 10)
	for len(fraction) < 6 {
		fraction = "0" + fraction
	}
	return strconv.FormatInt(us/1_000_000, 10) + "." + fraction
}

func (m *mint) random() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rand.Uint64()
}

// secret is an unguessable-looking part of an address or id.
func (m *mint) secret() string {
	return strconv.FormatUint(m.random(), 36) + strconv.FormatUint(m.random(), 36)
}

// short is an id such as Slack gives to blocks that have none.
func (m *mint) short() string {
	const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	b, n := make([]byte, 5), m.random()
	for i := range b {
		b[i] = alphabet[n%uint64(len(alphabet))]
		n /= uint64(len(alphabet))
	}
	return string(b)
}

// hash is a new version of a view.
func (m *mint) hash() string { return strconv.FormatInt(m.now().Unix(), 10) + "." + m.short() }

func (m *mint) uuid() string {
	var id [16]byte
	binary.BigEndian.PutUint64(id[:], m.random())
	binary.BigEndian.PutUint64(id[8:], m.random())
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	var text [36]byte
	hex.Encode(text[:], id[:4])
	hex.Encode(text[9:], id[4:6])
	hex.Encode(text[14:], id[6:8])
	hex.Encode(text[19:], id[8:10])
	hex.Encode(text[24:], id[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}
