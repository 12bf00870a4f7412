package desk

import (
	"context"
	"encoding/json"
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
