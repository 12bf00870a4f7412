package desk

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/storage"
)

// TallyKind is the kind of the effect that tells a channel, once a week, which of its
// alerts people called not actionable. Its body is a Tally.
const TallyKind = "slack.tally"

// Tally counts the alerts of one channel that people called not actionable within a
// week.
type Tally struct {
	Channel string    `json:"channel"`
	From    time.Time `json:"from"`
	Until   time.Time `json:"until"`
	Told    time.Time `json:"told"` // later than Until, if nothing ran
	Total   int       `json:"total"`
	Topics  []Topic   `json:"topics"` // the most frequent first
	Others  int       `json:"others,omitempty"`
}

// ReadTally reads the body of a TallyKind effect.
func ReadTally(body []byte) (Tally, error) { return readBody[Tally](body) }

const (
	week = 7 * 24 * time.Hour
	// tellWeeks is how many weeks are told of that ended while nothing ran.
	tellWeeks = 4
	// mostTallied bounds what is counted of one week.
	mostTallied = 10000
)

// tallyEnd is the last end of a week until now: Monday, 09:00 UTC.
func tallyEnd(now time.Time) time.Time {
	monday := time.Date(2000, time.January, 3, 9, 0, 0, 0, time.UTC)
	n := now.Sub(monday) / week
	if now.Before(monday) {
		n--
	}
	return monday.Add(n * week)
}

// tellTallies tells channels what was not actionable in the weeks that are over. What
// was told is known by the receipts of the messages.
func (d *Desk) tellTallies(ctx context.Context) error {
	last := tallyEnd(d.Now())
	if d.tallied.Equal(last) {
		return nil
	}
	for end := last.Add(-(tellWeeks - 1) * week); !end.After(last); end = end.Add(week) {
		list, err := d.tallies(ctx, end)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			continue
		}
		if _, err := d.onAlerts(ctx, In{}, func(u *unit) (Answer, error) { return Answer{}, u.oweTallies(list) }); err != nil {
			return err
		}
	}
	d.tallied = last
	return nil
}

// tallyOf is what is told to one channel, and the first of its alerts.
type tallyOf struct {
	Tally
	first string
}

// tallies counts, for each channel, what was called not actionable in the week before
// a time.
func (d *Desk) tallies(ctx context.Context, end time.Time) ([]tallyOf, error) {
	rows, err := d.Store.List(ctx, indexNoise, "", endKey(end.Add(-week), ""), mostTallied)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", indexNoise, err)
	}
	alerts, err := decodeMany[alert.Alert](rows)
	if err != nil {
		return nil, err
	}
	by := map[string]*tallyOf{}
	topics := map[string]map[topicKey]*Topic{}
	for n := range alerts {
		a := &alerts[n]
		if a.Noise == nil || a.Channel == "" || !a.Noise.At.Before(end) {
			continue
		}
		c := by[a.Channel]
		if c == nil {
			c = &tallyOf{Tally{Channel: a.Channel, From: end.Add(-week), Until: end}, a.ID}
			by[a.Channel], topics[a.Channel] = c, map[topicKey]*Topic{}
		}
		c.Total++
		about := topicKey{a.Service, cmp.Or(a.Labels["alertname"], a.Title)}
		t := topics[a.Channel][about]
		if t == nil {
			t = &Topic{Service: about.service, Title: about.title}
			topics[a.Channel][about] = t
		}
		t.Total++
	}
	var out []tallyOf
	for _, name := range slices.Sorted(maps.Keys(by)) {
		c := by[name]
		c.Topics, c.Others = frequent(topics[name])
		out = append(out, *c)
	}
	return out, nil
}

// oweTallies owes each channel its week, unless it was told before.
func (u *unit) oweTallies(list []tallyOf) error {
	for _, c := range list {
		c.Told = u.at
		target := fmt.Sprintf("tally/%d/%s", c.Until.Unix(), c.Channel)
		if err := u.oweOnce(target, TallyKind, c.Channel, c.first, c.Tally); err != nil {
			return err
		}
	}
	return nil
}

// oweOnce owes a channel a message about alerts, the first of which is named, unless
// its target was delivered before.
func (u *unit) oweOnce(target, kind, channel, first string, body any) error {
	given, err := u.d.Store.Receipt(u.ctx, target)
	if err != nil || len(given) > 0 || !u.d.Cards {
		return err
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode effect: %w", err)
	}
	u.put = append(u.put, storage.Effect{Target: target, Level: true, Kind: kind, Dest: "slack/alerts/" + channel, Class: storage.Chatter,
		Record: alertRef(first), Seq: 1, Body: encoded, Created: u.at})
	return nil
}
