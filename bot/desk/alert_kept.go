package desk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/storage"
)

// KeptKind is the kind of the effect that tells a channel what a silence or a
// maintenance window kept from paging there, once it is over. Its body is a Kept.
const KeptKind = "slack.kept"

// Kept is what a silence or a maintenance window kept from paging in one channel.
type Kept struct {
	Channel string `json:"channel"`
	// Silence is the id of the silence, Window the name of the maintenance.
	Silence string `json:"silence,omitempty"`
	Window  string `json:"window,omitempty"`
	// What it silenced, as people write it; By, Why and EndedBy as they said.
	What    string    `json:"what,omitempty"`
	By      string    `json:"by,omitempty"`
	Why     string    `json:"why,omitempty"`
	EndedBy string    `json:"ended_by,omitempty"`
	From    time.Time `json:"from,omitzero"`
	Until   time.Time `json:"until"`
	// Told is when it was noticed that it is over: later, if nothing ran.
	Told time.Time `json:"told"`
	// Total and Firing count the alerts, Signals what their sources reported of them.
	Total   int     `json:"total"`
	Firing  int     `json:"firing"`
	Signals int     `json:"signals"`
	Topics  []Topic `json:"topics"` // the most frequent first
	Others  int     `json:"others,omitempty"`
}

// ReadKept reads the body of a KeptKind effect.
func ReadKept(body []byte) (Kept, error) { return readBody[Kept](body) }

// recallFor is how far back maintenance is looked for whose end nobody was told of,
// because nothing ran.
const recallFor = 3 * 24 * time.Hour

// recallWindows remembers the maintenance that has kept alerts which are over by now:
// the others say it themselves.
func (d *Desk) recallWindows(ctx context.Context) error {
	since := storage.Time(d.Now()).Add(-recallFor)
	for _, on := range d.Settings.Router().On(since) {
		if on.From.Before(since) {
			since = on.From
		}
	}
	return d.eachOver(ctx, since, func(a *alert.Alert) {
		d.alerts.mu.Lock()
		defer d.alerts.mu.Unlock()
		d.alerts.hushes.learnAlert(a)
	})
}

// tellKept wakes what a silence still keeps that was ended, and tells channels what was
// suppressed there by whatever is over since.
func (d *Desk) tellKept(ctx context.Context) error {
	d.alerts.mu.RLock()
	silences, windows := d.alerts.hushes.finished(d.Now())
	d.alerts.mu.RUnlock()
	for _, s := range silences {
		if s.EndedBy != "" { // whoever ended it may have been cut off before all that fires was woken
			if _, err := d.wakeSilenced(ctx, s.ID, incident.Actor{Person: s.EndedBy}); err != nil {
				return err
			}
		}
		k := Kept{Silence: s.ID, What: s.Text(), By: s.By, Why: s.Why, EndedBy: s.EndedBy, From: s.Made, Until: s.Until}
		if err := d.tellKeptBy(ctx, k, windowKey{}); err != nil {
			return err
		}
	}
	for _, w := range windows {
		k := Kept{Window: w.name, Until: time.UnixMicro(w.until).UTC()}
		for _, on := range d.Settings.Router().On(k.Until.Add(-time.Microsecond)) {
			if on.Name == w.name {
				k.What, k.From = on.What, on.From
			}
		}
		if err := d.tellKeptBy(ctx, k, w); err != nil {
			return err
		}
	}
	return nil
}

// tellKeptBy owes each channel what was suppressed there, once.
func (d *Desk) tellKeptBy(ctx context.Context, k Kept, window windowKey) error {
	list, err := d.keptBy(ctx, k)
	if err != nil {
		return err
	}
	_, err = d.onAlerts(ctx, In{}, func(u *unit) (Answer, error) {
		for _, c := range list {
			if err := u.oweKept(c); err != nil {
				return Answer{}, err
			}
		}
		if k.Silence == "" {
			u.alerts.hushes.told = append(u.alerts.hushes.told, window)
			return Answer{}, nil
		}
		s, err := u.silence(k.Silence)
		if err != nil || s.Told {
			return Answer{}, err
		}
		s.Told = true
		return Answer{}, u.setSilence(silenceTold, s)
	})
	return err
}

// keptIn is what is told to one channel, and the first of the alerts.
type keptIn struct {
	Kept
	first string
}

// keptBy counts, for each channel, the alerts that a silence or a maintenance window
// has kept from paging.
func (d *Desk) keptBy(ctx context.Context, k Kept) ([]keptIn, error) {
	key := hushKey(&alert.Hush{Silence: k.Silence, Window: k.Window, Until: k.Until})
	by := map[string]*keptIn{}
	topics := map[string]map[topicKey]*Topic{}
	count := func(a *alert.Alert) {
		if a.Channel == "" || hushKey(a.Hush) != key && hushKey(a.Hushed) != key {
			return
		}
		c := by[a.Channel]
		if c == nil {
			c = &keptIn{Kept: k, first: a.ID}
			c.Channel = a.Channel
			by[a.Channel], topics[a.Channel] = c, map[topicKey]*Topic{}
		}
		c.Total++
		c.Signals += a.Suppressed
		t := topicIn(topics[a.Channel], a)
		t.Total++
		if a.State == alert.StateOpen {
			c.Firing++
			t.Firing++
		}
	}
	for _, id := range d.knownAlerts(func(s *standing) bool { return s.hush == key || s.before == key }) {
		a, err := d.Alert(ctx, id)
		if err != nil {
			return nil, err
		}
		if a.State == alert.StateOpen { // else it is among those that are over
			count(&a)
		}
	}
	from := k.From
	if from.IsZero() { // the configuration knows the window no more
		from = k.Until.Add(-recallFor)
	}
	if err := d.eachOver(ctx, from, count); err != nil {
		return nil, err
	}
	var out []keptIn
	for _, name := range slices.Sorted(maps.Keys(by)) {
		c := by[name]
		c.Topics, c.Others = frequent(topics[name])
		out = append(out, *c)
	}
	return out, nil
}

// eachOver calls f with the alerts that ended since a time.
func (d *Desk) eachOver(ctx context.Context, since time.Time, f func(*alert.Alert)) error {
	const atOnce = 1000
	for after := endKey(since, ""); ; {
		rows, err := d.Store.List(ctx, indexAlertsOver, "", after, atOnce)
		if err != nil {
			return fmt.Errorf("list alerts: %w", err)
		}
		alerts, err := decodeMany[alert.Alert](rows)
		if err != nil {
			return err
		}
		for n := range alerts {
			f(&alerts[n])
		}
		if len(rows) < atOnce {
			return nil
		}
		after = rows[len(rows)-1].Key
	}
}

// oweKept owes a channel what was suppressed there, unless it was told before.
func (u *unit) oweKept(k keptIn) error {
	what := k.Silence
	if what == "" {
		what = fmt.Sprintf("%s@%d", k.Window, k.Until.Unix())
	}
	k.Told = u.at
	return u.oweOnce("kept/"+what+"/"+k.Channel, KeptKind, k.Channel, k.first, k.Kept)
}

// applySilences silences the open alerts that silences cover which were stored while
// that could not be done: in another life of the process, or after a slow commit.
func (d *Desk) applySilences(ctx context.Context) error {
	for _, id := range look(d.alerts, d.alerts.hushes.toApply) {
		if _, err := d.applySilence(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// applySilence silences the open alerts that a silence covers, as long as it holds, and
// counts them.
func (d *Desk) applySilence(ctx context.Context, id string) (int, error) {
	n, err := d.eachKnown(ctx, func(*standing) bool { return true }, func(u *unit, h *heldAlert) (bool, error) { return u.silenceIfCovered(h, id) })
	if err != nil {
		return n, err
	}
	d.alerts.mu.Lock()
	defer d.alerts.mu.Unlock()
	delete(d.alerts.hushes.unapplied, id)
	return n, nil
}
