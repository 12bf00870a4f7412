package bolt

import (
	"bytes"

	bbolt "go.etcd.io/bbolt"
)

// scan is a cursor that insists on rising keys: a damaged page that points back
// must not make a loop endless. After the last key, err says whether it was one.
type scan struct {
	*bbolt.Cursor
	last []byte
	err  error
}

func scanOf(b *bbolt.Bucket) *scan { return &scan{Cursor: b.Cursor()} }

func (s *scan) first() (k, v []byte) { return s.checked(s.Cursor.First()) }

func (s *scan) from(key []byte) (k, v []byte) { return s.checked(s.Cursor.Seek(key)) }

func (s *scan) next() (k, v []byte) { return s.checked(s.Cursor.Next()) }

func (s *scan) checked(k, v []byte) ([]byte, []byte) {
	if k != nil && s.last != nil && bytes.Compare(k, s.last) <= 0 {
		s.err = errDamaged
		return nil, nil
	}
	s.last = k
	return k, v
}

// each calls f with every key of a bucket.
func each(b *bbolt.Bucket, f func(k, v []byte) error) error {
	s := scanOf(b)
	for k, v := s.first(); k != nil; k, v = s.next() {
		if err := f(k, v); err != nil {
			return err
		}
	}
	return s.err
}
