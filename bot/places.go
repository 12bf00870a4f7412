package bot

import (
	"context"
	"fmt"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/storage"
)

// places know which incident people talk about, by where they do.
type places struct {
	desk   *desk.Desk
	store  storage.Store
	client *slackio.Client
}

// mostLive is how many incidents are looked through for a thread.
const mostLive = 1000

// here is the incident that people talk about in a place: the one whose channel it
// is, or below whose announcement the thread is.
func (p *places) here(ctx context.Context, channel, thread string) (incident.Incident, bool, error) {
	if i, ok, err := p.desk.InChannel(ctx, channel); err != nil || ok || thread == "" {
		return i, ok, err
	}
	below, err := p.announced(ctx, channel)
	if err != nil {
		return incident.Incident{}, false, err
	}
	for _, a := range below {
		if a.ts == thread {
			return a.incident, true, nil
		}
	}
	return incident.Incident{}, false, nil
}

// announcement is the message that announces an incident.
type announcement struct {
	incident incident.Incident
	ts       string
}

// announced are the incidents announced in a channel that are not closed.
func (p *places) announced(ctx context.Context, channel string) ([]announcement, error) {
	live, err := p.desk.Live(ctx, mostLive)
	if err != nil {
		return nil, err
	}
	var out []announcement
	for _, i := range live {
		r, err := announcedAt(ctx, p.store, i.ID)
		if err != nil {
			return nil, err
		}
		if r.Channel == channel && r.TS != "" {
			out = append(out, announcement{i, r.TS})
		}
	}
	return out, nil
}

// announcedAt is where an incident is announced; without a TS it is not yet.
func announcedAt(ctx context.Context, store storage.Store, id string) (receipt, error) {
	kept, err := store.Receipt(ctx, "announce/"+id)
	if err != nil {
		return receipt{}, fmt.Errorf("read where %s is announced: %w", id, err)
	}
	return readReceipt(kept), nil
}

// holds is the incident on whose timeline a message may stand: the one whose channel
// it is in, or below whose announcement it is, which is where people go on while nobody
// knows yet that the channel is gone. Slack does not always say in which thread a message
// is; it is asked only where incidents are announced.
func (p *places) holds(ctx context.Context, channel, ts, thread string) (incident.Incident, bool, error) {
	if i, ok, err := p.desk.InChannel(ctx, channel); err != nil || ok {
		return i, ok, err
	}
	all, err := p.announced(ctx, channel)
	if err != nil {
		return incident.Incident{}, false, err
	}
	asked := thread != ""
	for _, a := range all {
		if _, known := a.incident.Pins[incident.PinKey(channel, ts)]; known {
			return a.incident, true, nil
		}
		if !asked {
			if thread, err = p.threadOf(ctx, channel, ts); err != nil {
				return incident.Incident{}, false, err
			}
			asked = true
		}
		if thread == a.ts && ts != a.ts {
			return a.incident, true, nil
		}
	}
	return incident.Incident{}, false, nil
}

// threadOf is the thread in which a message is; empty when it is in none, or cannot be
// read. An error is worth another attempt.
func (p *places) threadOf(ctx context.Context, channel, ts string) (string, error) {
	m, err := p.client.Message(ctx, channel, ts)
	if err == nil {
		return m.ThreadTS, nil
	}
	if passes(slackio.Classify("conversations.history", err)) {
		return "", fmt.Errorf("look for the thread of message %s: %w", ts, err)
	}
	return "", nil
}
