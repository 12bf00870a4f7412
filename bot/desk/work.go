package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/watchbill/watchbill/storage"
)

// work is what the parts of a unit share: when they decide, what they read, and what
// they owe.
type work struct {
	ctx      context.Context
	at       time.Time // the one time of all that is decided here
	store    storage.Store
	versions *versions
	put      []storage.Effect
}

// load reads a record; keep it if it is likely to be asked for again.
func load[T any](w *work, ref storage.Ref, keep bool) (held[T], error) {
	var h held[T]
	rec, err := w.store.Get(w.ctx, ref)
	if errors.Is(err, storage.ErrNotFound) {
		return h, nil
	}
	if err != nil {
		return h, fmt.Errorf("read %s: %w", ref, err)
	}
	if h.record, err = decode[T](w.versions, rec, keep); err != nil {
		return h, err
	}
	h.base, h.seq, h.head = rec.Seq, rec.Seq, rec.Head
	return h, nil
}

// Hint is something an admin should know once: the body of a HintKind effect.
type Hint struct {
	Key  string `json:"key"`
	Text string `json:"text"`
}

// hint owes the hint unless it was given before.
func (w *work) hint(ref storage.Ref, h Hint) error {
	target := "hint/" + h.Key
	given, err := w.store.Receipt(w.ctx, target)
	if err != nil || len(given) > 0 {
		return err
	}
	body, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("encode effect: %w", err)
	}
	w.put = append(w.put, storage.Effect{Target: target, Level: true, Kind: HintKind, Dest: "slack/hint", Class: storage.Chatter,
		Record: ref, Seq: 1, Body: body, Created: w.at})
	return nil
}
