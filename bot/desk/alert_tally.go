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
	"github.com/watchbill/watchbill/oncall/paging"
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
	// tellWeeks is how many weeks are told of that ended while nothing ran.
	tellWeeks = 4
	// mostTallied bounds what is counted of one week.
	mostTallied = 10000
)

// tallyEnd is the last end of a week until now: Monday, 09:00 in a zone.
func tallyEnd(now time.Time, zone *time.Location) time.Time {
	now = now.In(zone)
	end := time.Date(now.Year(), now.Month(), now.Day()-(int(now.Weekday())+6)%7, 9, 0, 0, 0, zone)
	if now.Before(end) {
		end = end.AddDate(0, 0, -7)
	}
	return end
}

// channelZones are the zones in whose weeks channels are told, by the channels of
// services and routes. All others have the zone of the empty name.
func (d *Desk) channelZones() map[string]*time.Location {
	out := map[string]*time.Location{"": d.usualZone()}
	add := func(channel, service, escalation string) {
		if channel == "" || out[channel] != nil {
			return
		}
		if zone := d.zoneOf(service, escalation); zone != nil {
			out[channel] = zone
		}
	}
	for _, s := range d.Settings.Services {
		add(s.Channel, s.Name, "")
	}
	for _, r := range d.Settings.Routes {
		add(r.Channel, r.Service, r.Escalation)
	}
	return out
}

// zoneOf is the zone of the schedule whose people answer for a service, or of the first
// that a policy pages; nil: of none.
func (d *Desk) zoneOf(service, escalation string) *time.Location {
	s, _ := d.Settings.Service(service)
	if p := d.SchedulePlan(s.Schedule); p != nil {
		return p.Location()
	}
	policy, _ := d.Settings.Policy(cmp.Or(escalation, s.Escalation))
	for _, step := range policy.Steps {
		for _, t := range step.Notify {
			kind, name := t.Split()
			if kind != paging.ToSchedule {
				continue
			}
			if p := d.SchedulePlan(name); p != nil {
				return p.Location()
			}
		}
	}
	return nil
}

// usualZone is the zone of what belongs to no service: that of the default policy, else
// of the first schedule; UTC without any.
func (d *Desk) usualZone() *time.Location {
	if zone := d.zoneOf("", d.Settings.DefaultEscalation); zone != nil {
		return zone
	}
	for _, name := range d.ScheduleNames() {
		if p := d.SchedulePlan(name); p != nil {
			return p.Location()
		}
	}
	return time.UTC
}

// tellTallies tells channels what was not actionable in the weeks that are over, each
// when it is over there. What was told is known by the receipts of the messages.
func (d *Desk) tellTallies(ctx context.Context) error {
	now := d.Now()
	if now.Before(d.tallied) {
		return nil
	}
	of, zones := d.channelZones(), map[string]*time.Location{}
	next := now.AddDate(0, 0, 7)
	for _, zone := range of {
		zones[zone.String()] = zone
		if end := tallyEnd(now, zone).AddDate(0, 0, 7); end.Before(next) {
			next = end
		}
	}
	for _, name := range slices.Sorted(maps.Keys(zones)) {
		for n := tellWeeks - 1; n >= 0; n-- {
			end := tallyEnd(now, zones[name]).AddDate(0, 0, -7*n)
			list, err := d.tallies(ctx, end, func(channel string) bool { return cmp.Or(of[channel], of[""]).String() == name })
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
	}
	d.tallied = next
	return nil
}

// tallyOf is what is told to one channel, and the first of its alerts.
type tallyOf struct {
	Tally
	first string
	day   string // on which the week ended there: the same whatever zone the channel has later
}

// tallies counts, for each of some channels, what was called not actionable in the week
// before a time.
func (d *Desk) tallies(ctx context.Context, end time.Time, mine func(channel string) bool) ([]tallyOf, error) {
	begin := end.AddDate(0, 0, -7)
	rows, err := d.Store.List(ctx, indexNoise, "", endKey(begin, ""), mostTallied)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", indexNoise, err)
	}
	alerts, err := decodeMany[alert.Alert](rows)
	if err != nil {
		return nil, err
	}
	by := map[string]*tallyOf{}
	topics := map[string]map[topicKey]*Topic{}
	noisy := map[string]bool{}
	for n := range alerts {
		noisy[alerts[n].ID] = alerts[n].Noise != nil
	}
	for n := range alerts {
		a := &alerts[n]
		if a.Noise == nil || noisy[a.Continues] || a.Channel == "" || !a.Noise.At.Before(end) || !mine(a.Channel) {
			continue
		}
		c := by[a.Channel]
		if c == nil {
			c = &tallyOf{Tally{Channel: a.Channel, From: begin.UTC(), Until: end.UTC()}, a.ID, end.Format(time.DateOnly)}
			by[a.Channel], topics[a.Channel] = c, map[topicKey]*Topic{}
		}
		c.Total++
		topicIn(topics[a.Channel], a).Total++
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
		target := fmt.Sprintf("tally/%s/%s", c.day, c.Channel)
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
