package desk

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/storage"
)

// HeartbeatKind is the kind of the records of heartbeats, one for each integration
// whose silence is an alert.
const HeartbeatKind = "heartbeat"

// Heartbeat is what is stored of one. That it beats changes nothing and is not
// stored, so that its record does not grow.
type Heartbeat struct {
	Integration string `json:"integration"`
	// First is when it was heard first: until then nobody waits for it.
	First time.Time `json:"first"`
	// Last is when it was heard last, to the hour while it beats.
	Last   time.Time `json:"last"`
	Silent bool      `json:"silent,omitempty"`
}

// The events of a heartbeat; they hold it as it is after them.
const (
	heartbeatBegan  = "heartbeat_began"
	heartbeatHeard  = "heartbeat_heard" // still, once in a while
	heartbeatSilent = "heartbeat_silent"
	heartbeatBack   = "heartbeat_back"
)

// heardEvery is how often it is stored that a heartbeat was heard.
const heardEvery = time.Hour

const indexHeartbeats = "heartbeat.all"

func heartbeatRef(name string) storage.Ref { return storage.Ref{Kind: HeartbeatKind, ID: name} }

func heartbeatIndex(h Heartbeat) []storage.Entry {
	return []storage.Entry{{Index: indexHeartbeats, Key: h.Integration}}
}

// heartbeats is when each was heard last.
type heartbeats struct {
	settings *configs.Config

	mu   sync.Mutex
	read bool
	by   map[string]*pulse
	// looked is when they were last looked at, by the wall clock; from is the time before
	// which nobody listened, because nothing ran or the machine slept.
	looked, from time.Time
}

// pulse is what is known of one heartbeat.
type pulse struct {
	stored Heartbeat
	last   time.Time
}

// deaf is how long nobody has looked when it is believed that nobody listened either.
const deaf = 30 * time.Second

// beginHeartbeats reads those that were heard before.
func (d *Desk) beginHeartbeats(ctx context.Context) error {
	all, err := readAll[Heartbeat](ctx, d.Store, indexHeartbeats, "")
	if err != nil {
		return err
	}
	d.heartbeats.begin(all, d.Now())
	return nil
}

// begin takes those that were heard before. What was missed while nothing ran is no
// silence: each gets its whole time from now.
func (b *heartbeats) begin(all []Heartbeat, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, h := range all {
		if p := b.by[h.Integration]; p == nil || p.stored.First.IsZero() {
			b.by[h.Integration] = &pulse{stored: h, last: h.Last}
		}
	}
	b.read, b.looked, b.from = true, now.Round(0), now
}

// beat notes that a heartbeat was heard, and returns what is stored of it.
func (b *heartbeats) beat(name string, now time.Time) Heartbeat {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.by[name]
	if p == nil {
		p = &pulse{}
		b.by[name] = p
	}
	p.last = now
	return p.stored
}

// learn keeps what was stored of a heartbeat.
func (b *heartbeats) learn(h Heartbeat) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.by[h.Integration]; p != nil {
		p.stored = h
	}
}

// Beat takes what a heartbeat's integration sent: that it beats, or that something
// has failed.
func (d *Desk) Beat(ctx context.Context, integration string, signals []alert.Signal) (Heard, error) {
	now := storage.Time(d.Now())
	stored := d.heartbeats.beat(integration, now)
	kind := ""
	switch {
	case stored.First.IsZero():
		kind = heartbeatBegan
	case stored.Silent:
		kind = heartbeatBack
	case now.Sub(stored.Last) >= heardEvery:
		kind = heartbeatHeard
	}
	if kind != "" {
		if err := d.changeHeartbeat(ctx, integration, kind, nil, func(h *Heartbeat) { h.Last, h.Silent = now, false }); err != nil {
			return Heard{}, err
		}
	}
	return d.Hear(ctx, integration, signals)
}

// changeHeartbeat stores a change of a heartbeat, and hears of it as a signal.
func (d *Desk) changeHeartbeat(ctx context.Context, name, kind string, signal *alert.Signal, change func(*Heartbeat)) error {
	var after Heartbeat
	_, err := d.onAlerts(ctx, In{}, func(u *unit) (Answer, error) {
		h, err := u.alerts.beats.read(&u.work, heartbeatShape, name)
		if err != nil {
			return Answer{}, err
		}
		if h.First.IsZero() {
			h.Integration, h.First = name, u.at
		}
		change(&h)
		after = h
		if err := u.alerts.beats.replace(&u.work, kind, name, h); err != nil || signal == nil {
			return Answer{}, err
		}
		_, err = u.hear(&heard{memberKey{name, signal.Key}, signal, d.Settings.Router().Route(*signal, name, u.at)})
		return Answer{}, err
	})
	if err != nil {
		return fmt.Errorf("store the heartbeat %s: %w", name, err)
	}
	d.heartbeats.learn(after)
	return nil
}

// checkHeartbeats tells of those that are silent.
func (d *Desk) checkHeartbeats(ctx context.Context) error {
	for _, i := range d.heartbeats.silent(d.Now()) {
		last := d.heartbeats.pulseOf(i.Name).last
		s := alert.Silent(i.Name, i.Every, last)
		err := d.changeHeartbeat(ctx, i.Name, heartbeatSilent, &s, func(h *Heartbeat) {
			h.Silent = true
			if last.After(h.Last) {
				h.Last = storage.Time(last)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// silent are the heartbeats that should have been heard by now, and are not known to
// be silent.
func (b *heartbeats) silent(now time.Time) []configs.Integration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Sub(b.looked).Abs() > deaf {
		b.from = now
	}
	b.looked = now.Round(0) // the other clock stands still while the machine sleeps
	var out []configs.Integration
	for _, i := range b.settings.Integrations {
		p := b.by[i.Name]
		if i.Source != alert.SourceHeartbeat || p == nil || p.stored.First.IsZero() || p.stored.Silent {
			continue
		}
		if p.last.After(now) {
			p.last = now // the clock was set back
		}
		since := p.last
		if b.from.After(since) {
			since = b.from
		}
		if now.Sub(since) > i.Every+i.Grace {
			out = append(out, i)
		}
	}
	return out
}

func (b *heartbeats) pulseOf(name string) pulse {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.by[name]; p != nil {
		return *p
	}
	return pulse{}
}

// NeverHeard names the heartbeats of the configuration that have not come once, and that
// nobody waits for until they do, sorted.
func (b *heartbeats) NeverHeard() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var names []string
	for _, i := range b.settings.Integrations {
		if p := b.by[i.Name]; b.read && i.Source == alert.SourceHeartbeat && (p == nil || p.stored.First.IsZero()) {
			names = append(names, i.Name)
		}
	}
	slices.Sort(names)
	return names
}
