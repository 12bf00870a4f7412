package desk

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// readAlerts reads the index from the store if that has not been done, or must be
// done again. What changes meanwhile is newer than what was read.
func (d *Desk) readAlerts(ctx context.Context) error {
	x := d.alerts
	x.mu.RLock()
	loaded := x.loaded
	x.mu.RUnlock()
	if loaded {
		return nil
	}
	x.reading.Lock()
	defer x.reading.Unlock()
	x.mu.Lock()
	if x.loaded {
		x.mu.Unlock()
		return nil
	}
	x.clear()
	x.moved = map[string]bool{}
	x.mu.Unlock()
	alerts, pages, silences, err := d.liveAlerts(ctx)
	var carded []alert.Alert
	if err == nil {
		carded, err = d.cardedAlerts(ctx, alerts)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	moved := x.moved
	x.moved = nil
	if err != nil {
		return err
	}
	now := storage.Time(d.Now())
	for n := range silences {
		if !moved[silences[n].ID] {
			x.hushes.learn(silences[n])
		}
	}
	x.learnRead(alerts, carded, moved, now)
	for n := range pages { // behind the alerts: one that has ended is known only for those that need it
		if !moved[pages[n].ID] {
			x.pages.learn(&pages[n])
		}
	}
	x.hushes.learnUnapplied(alerts, now)
	x.loaded = true
	return nil
}

// learnRead learns alerts that were read, oldest first, and among them those that only
// count on the cards of their channels; not those that moved meanwhile.
func (x *alertIndex) learnRead(alerts, carded []alert.Alert, moved map[string]bool, now time.Time) {
	card := func(before uint64) {
		for ; len(carded) > 0 && number(carded[0].ID) < before; carded = carded[1:] {
			if a := &carded[0]; !moved[a.ID] {
				x.cards.learn(nil, x.standingOf(a, nil), a)
			}
		}
	}
	for n := range alerts {
		card(number(alerts[n].ID))
		if !moved[alerts[n].ID] {
			x.learn(&alerts[n], now)
			if id := alerts[n].Incident; id != "" {
				x.incidents.told[id]++
			}
		}
	}
	card(math.MaxUint64)
}

// oldestStorm is how far back those are counted that are over, on the card of a storm
// of which others fire.
const oldestStorm = 24 * time.Hour

// cardedAlerts are those that are over and count on the cards of their channels still,
// oldest first: of the storms of which others fire, and of the last minutes.
func (d *Desk) cardedAlerts(ctx context.Context, live []alert.Alert) ([]alert.Alert, error) {
	now := storage.Time(d.Now())
	since, known := now.Add(-stormTime), map[string]bool{}
	for n := range live {
		a := &live[n]
		known[a.ID] = true
		if at := began(a.Storm); a.Storm != "" && at.Before(since) && now.Sub(at) < oldestStorm {
			since = at
		}
	}
	var out []alert.Alert
	err := d.eachOver(ctx, since, func(a *alert.Alert) {
		if !known[a.ID] && a.Channel != "" {
			out = append(out, *a)
		}
	})
	slices.SortFunc(out, func(a, b alert.Alert) int { return byNumber(a.ID, b.ID) })
	return out, err
}

// liveAlerts are the alerts that are open or may be opened again, oldest first, and
// the pages and silences that matter to them.
func (d *Desk) liveAlerts(ctx context.Context) ([]alert.Alert, []paging.Page, []alert.Silence, error) {
	alerts, err := readAll[alert.Alert](ctx, d.Store, indexAlerts, "")
	if err != nil {
		return nil, nil, nil, err
	}
	now := storage.Time(d.Now())
	if longest := d.Settings.Router().LongestWindow(); longest > 0 {
		over, err := readAll[alert.Alert](ctx, d.Store, indexAlertsOver, endKey(now.Add(-longest), ""))
		if err != nil {
			return nil, nil, nil, err
		}
		alerts = append(alerts, slices.DeleteFunc(over, func(a alert.Alert) bool { return !a.Reopens(now) })...)
		slices.SortFunc(alerts, func(a, b alert.Alert) int { return byNumber(a.ID, b.ID) })
	}
	silences, err := readAll[alert.Silence](ctx, d.Store, indexSilences, "")
	if err != nil {
		return nil, nil, nil, err
	}
	silences = slices.DeleteFunc(silences, func(s alert.Silence) bool { return s.Told })
	all, err := readAll[paging.Page](ctx, d.Store, indexOpen, "")
	if err != nil {
		return nil, nil, nil, err
	}
	pages := slices.DeleteFunc(all, func(p paging.Page) bool { return !isAlert(p.Subject) })
	known := map[string]bool{}
	for _, p := range pages {
		known[p.ID] = true
	}
	for n := range alerts {
		id := alerts[n].Page
		if id == "" || known[id] {
			continue
		}
		known[id] = true
		p, err := d.PageOf(ctx, id)
		if err != nil {
			return nil, nil, nil, err
		}
		pages = append(pages, p)
	}
	return alerts, pages, silences, nil
}

// readAll reads all records of an index, decoded by as many as there are processors.
func readAll[R any](ctx context.Context, s storage.Store, index, after string) ([]R, error) {
	const atOnce = 2000
	var out []R
	for {
		rows, err := s.List(ctx, index, "", after, atOnce)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", index, err)
		}
		records, err := decodeMany[R](rows)
		if err != nil {
			return nil, err
		}
		out = append(out, records...)
		if len(rows) < atOnce {
			return out, nil
		}
		after = rows[len(rows)-1].Key
	}
}

func decodeMany[R any](rows []storage.Row) ([]R, error) {
	out := make([]R, len(rows))
	var wg sync.WaitGroup
	var failed sync.Map
	each := max(1, (len(rows)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	for from := 0; from < len(rows); from += each {
		wg.Go(func() {
			for n := from; n < min(from+each, len(rows)); n++ {
				if err := json.Unmarshal(rows[n].Body, &out[n]); err != nil {
					failed.Store(0, fmt.Errorf("decode %s: %w", rows[n].Ref, err))
					return
				}
			}
		})
	}
	wg.Wait()
	if err, bad := failed.Load(0); bad {
		return nil, err.(error)
	}
	return out, nil
}

// The indexes of alerts. The keys of a walk are appended: never hashes, and never
// before others.
const (
	indexAlerts     = "alert.live"  // those that are open, by number
	indexAlertsOver = "alert.over"  // the others, by when they ended and by number
	indexNoise      = "alert.noise" // those that are not actionable, by when that was said and by number
	indexSilences   = "silence.all"
)

// alertEntries are the index entries of an alert.
func alertEntries(a *alert.Alert) []storage.Entry {
	at := storage.Entry{Index: indexAlerts, Key: numberKey(a.ID)}
	if a.State != alert.StateOpen {
		at = storage.Entry{Index: indexAlertsOver, Key: endKey(a.Ended, a.ID)}
	}
	if a.Noise == nil {
		return []storage.Entry{at}
	}
	return []storage.Entry{at, {Index: indexNoise, Key: endKey(a.Noise.At, a.ID)}}
}

func endKey(ended time.Time, id string) string {
	if id == "" {
		return fmt.Sprintf("%016d", max(0, ended.UnixMicro()))
	}
	return fmt.Sprintf("%016d/%s", max(0, ended.UnixMicro()), numberKey(id))
}

func numberKey(id string) string { return padded(number(id)) }

// byNumber orders ids.
func byNumber(a, b string) int { return cmp.Compare(number(a), number(b)) }
