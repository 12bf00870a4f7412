// Package bolt is the default storage engine: one file of go.etcd.io/bbolt and
// one goroutine that writes to it.
//
// Callers encode what they want stored and queue it. The writer opens a
// transaction for the first that waits, takes what else is queued without
// waiting for more, checks each against memory and the transaction, puts those
// that hold, commits once and answers all: the time of one sync is the window in
// which the next group gathers.
//
// The buckets, with keys whose parts are length-prefixed or end with a NUL byte,
// and numbers big-endian so that they sort:
//
//	records   kind, id                  → the record with its index entries
//	events    kind, id, first sequence  → the events of one change
//	index     index, key, kind, id      → whether the entry is unique
//	due       time, kind, id            → nothing
//	unsettled effect ID                 → effects that are pending
//	settled   effect ID                 → the others, until they are swept
//	settledat time, effect ID           → nothing
//	receipts  target                    → what delivery keeps about it
//	commits   position                  → what moved, and the causes
//	numbers   kind                      → the last number given
//	meta      format, shape of the records, what was swept
//
// Values carry a checksum over their key and themselves, because bbolt checks
// only its meta pages. In memory are the queues of unsettled effects, the hashes
// of live causes and the last numbers; a start reads only what these need.
//
// A failed commit may still have happened. The engine then closes and reopens
// the file, reads its memory anew, and answers storage.ErrUnknown; if the file
// cannot be reopened the store is broken for good. Commit is the only way in for
// writes, so that a log with a single sync can be put in front of bbolt without
// a change for callers.
package bolt
