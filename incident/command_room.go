package incident

import (
	"slices"
	"time"
)

// These commands carry what became of deliveries, and of Slack, onto the incident.

// OpenRoom records the channel the incident has, or has got back.
type OpenRoom struct {
	Channel, Name string
}

func (c OpenRoom) decide(i Incident, now time.Time) ([]Event, error) {
	if i.Room.State == RoomOpen && i.Room.Channel == c.Channel && i.Room.Name == c.Name {
		return nil, nil
	}
	kind := RoomOpened
	if i.Room.State == RoomThread {
		kind = RoomBack
	}
	return []Event{{Kind: kind, Channel: c.Channel, Name: c.Name}}, nil
}

// LoseRoom records that the channel cannot be used, and why.
type LoseRoom struct {
	// Channel is the channel that was lost; empty: it never came to be.
	Channel string
	Why     string
}

func (c LoseRoom) decide(i Incident, now time.Time) ([]Event, error) {
	if i.Room.State == RoomThread || (c.Channel != "" && c.Channel != i.Room.Channel) {
		return nil, nil
	}
	return []Event{{Kind: RoomLost, Channel: i.Room.Channel, Name: i.Room.Name, Text: c.Why}}, nil
}

// LeaveRoom records that Watchbill was thrown out of the channel: it goes back, and reads
// what people did there meanwhile.
type LeaveRoom struct {
	Channel string
}

func (c LeaveRoom) decide(i Incident, now time.Time) ([]Event, error) {
	if i.Room.State != RoomOpen || c.Channel != i.Room.Channel {
		return nil, nil
	}
	return []Event{{Kind: RoomLeft, Channel: c.Channel}}, nil
}

// Invite asks people into the room; those asked before are left out.
type Invite struct {
	People []string
}

func (c Invite) decide(i Incident, now time.Time) ([]Event, error) {
	var events []Event
	for _, p := range c.People {
		if p == "" || slices.Contains(i.Invited, p) || len(i.Invited)+len(events) >= MaxInvited {
			continue
		}
		if slices.ContainsFunc(events, func(e Event) bool { return e.Person == p }) {
			continue
		}
		events = append(events, Event{Kind: Invited, Person: p})
	}
	return events, nil
}

// PostDraft records where the postmortem draft was posted.
type PostDraft struct {
	Link string
}

func (c PostDraft) decide(i Incident, now time.Time) ([]Event, error) {
	if i.Draft == c.Link {
		return nil, nil
	}
	return []Event{{Kind: DraftPosted, Link: c.Link}}, nil
}

// FailDelivery records that something owed to the incident was given up.
type FailDelivery struct {
	What string
}

func (c FailDelivery) decide(i Incident, now time.Time) ([]Event, error) {
	return []Event{{Kind: DeliveryFailed, Text: Clip(c.What, MaxText)}}, nil
}

// RecordAway records that Watchbill could not follow the incident for a while: what
// people did in Slack meanwhile is read from there.
type RecordAway struct {
	From, Until time.Time
	// Down says that Watchbill did not run; else it heard nothing from Slack.
	Down bool
}

func (c RecordAway) decide(i Incident, now time.Time) ([]Event, error) {
	if i.ID == "" || i.Status == Closed {
		return nil, nil
	}
	from := c.From
	if from.Before(i.Declared) {
		from = i.Declared
	}
	if !c.Until.After(from) {
		return nil, nil
	}
	kind := WasCutOff
	if c.Down {
		kind = WasDown
	}
	return []Event{{Kind: kind, At: from, Until: c.Until}}, nil
}
