package bolt

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"time"

	"github.com/watchbill/watchbill/storage"
)

// errDamaged is a value that is not what was written.
var errDamaged = errors.New("the stored bytes are damaged")

// castagnoli is read-only.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sum seals a value: it appends a checksum over its key and itself.
func sum(key, value []byte) []byte {
	return binary.BigEndian.AppendUint32(value, checksum(key, value))
}

func checksum(key, value []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, value)
}

// unsum checks and removes the checksum.
func unsum(key, value []byte) ([]byte, error) {
	n := len(value) - 4
	if n < 0 || checksum(key, value[:n]) != binary.BigEndian.Uint32(value[n:]) {
		return nil, errDamaged
	}
	return value[:n:n], nil
}

// micros is how times are stored; never is the zero time.
func micros(t time.Time) int64 { return storage.Time(t).UnixMicro() }

const never = -62135596800_000_000

func fromMicros(m int64) time.Time {
	if m == never {
		return time.Time{}
	}
	return time.UnixMicro(m).UTC()
}

// sortable maps times before 1970 below those after.
func sortable(m int64) uint64 { return uint64(m) ^ 1<<63 }

func unsortable(u uint64) int64 { return int64(u ^ 1<<63) }

func appendBytes(b, v []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(v))), v...)
}

func appendString(b []byte, v string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(v))), v...)
}

func appendInt(b []byte, v int64) []byte { return binary.BigEndian.AppendUint64(b, uint64(v)) }

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// reader takes a value apart; err stays set from the first mistake on.
type reader struct {
	b   []byte
	err error
}

func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.b, r.err = nil, errDamaged
		return nil
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.b, r.err = nil, errDamaged
		return 0
	}
	r.b = r.b[n:]
	return v
}

// count is a uvarint that says how many things follow, each at least one byte.
func (r *reader) count() int {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.b, r.err = nil, errDamaged
		return 0
	}
	return int(n)
}

func (r *reader) uint64() uint64 {
	if v := r.take(8); v != nil {
		return binary.BigEndian.Uint64(v)
	}
	return 0
}

func (r *reader) int64() int64    { return int64(r.uint64()) }
func (r *reader) time() time.Time { return fromMicros(r.int64()) }
func (r *reader) raw() []byte     { return r.take(r.uvarint()) }
func (r *reader) string() string  { return string(r.raw()) }

func (r *reader) byte() byte {
	if v := r.take(1); v != nil {
		return v[0]
	}
	return 0
}

// bytes returns a copy, nil if empty.
func (r *reader) bytes() []byte {
	v := r.raw()
	if len(v) == 0 {
		return nil
	}
	return slices.Clone(v)
}

// refKey makes ids of one kind sort by length and then by bytes: INC-9 stands
// before INC-10, so new records are appended.
func refKey(ref storage.Ref) []byte {
	b := make([]byte, 0, len(ref.Kind)+len(ref.ID)+11)
	b = append(append(b, ref.Kind...), 0)
	b = binary.BigEndian.AppendUint16(b, uint16(len(ref.ID)))
	return append(b, ref.ID...)
}

func decodeRefKey(k []byte) (storage.Ref, error) {
	kind, rest, err := cut(k)
	if err != nil || len(rest) < 2 || int(binary.BigEndian.Uint16(rest)) != len(rest)-2 {
		return storage.Ref{}, errDamaged
	}
	return storage.Ref{Kind: kind, ID: string(rest[2:])}, nil
}

// cut takes a NUL-terminated part off a key.
func cut(k []byte) (string, []byte, error) {
	i := slices.Index(k, 0)
	if i < 0 {
		return "", nil, errDamaged
	}
	return string(k[:i]), k[i+1:], nil
}

// indexPrefix is where the entries of one index with keys that begin with key
// stand; indexKey is the place of a record among them.
func indexPrefix(index, key string) []byte {
	b := make([]byte, 0, len(index)+len(key)+64)
	return append(append(append(b, index...), 0), key...)
}

func indexKey(index, key string, ref storage.Ref) []byte {
	return appendRef(append(indexPrefix(index, key), 0), ref)
}

func appendRef(b []byte, ref storage.Ref) []byte {
	return append(append(append(b, ref.Kind...), 0), ref.ID...)
}

func dueKey(due int64, ref storage.Ref) []byte {
	b := make([]byte, 0, len(ref.Kind)+len(ref.ID)+9)
	return appendRef(binary.BigEndian.AppendUint64(b, sortable(due)), ref)
}
