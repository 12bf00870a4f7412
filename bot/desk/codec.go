package desk

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// The kinds of records.
const (
	IncidentKind = "incident"
	PageKind     = "page"
)

// The indexes of the records.
const (
	indexAll     = "incident.all"     // newest first
	indexLive    = "incident.live"    // those that are not closed, oldest first
	indexChannel = "incident.channel" // Slack channel id
	indexRetype  = "incident.retype"  // who declared what, to notice a repetition
	indexSubject = "page.subject"     // incident/page
	indexOpen    = "page.open"
	indexOpened  = "page.opened" // when it was opened, then its number
	// indexTimed are the pages that were answered and come again, indexAnswered those
	// that were answered, by policy and the newest first.
	indexTimed    = "page.timed"
	indexAnswered = "page.answered"
	// indexOwned are the pages that somebody has taken and that are not over, by whose
	// they are and their number.
	indexOwned = "page.owned"
	indexProof = "page.proof" // those whose answer proves a way to a person: person/way/newest first
)

// IncidentIndex are the index entries of an incident.
func IncidentIndex(i incident.Incident) []storage.Entry {
	n := number(i.ID)
	index := []storage.Entry{{Index: indexAll, Key: newestFirst(i.ID)}}
	if i.Status != incident.Closed {
		index = append(index, storage.Entry{Index: indexLive, Key: padded(n)})
	}
	if i.Status == incident.Open {
		index = append(index, storage.Entry{Index: indexRetype, Key: retypeKey(i.Reporter.Person, i.Title) + "/" + i.ID})
	}
	if i.Room.Channel != "" {
		index = append(index, storage.Entry{Index: indexChannel, Key: i.Room.Channel, Unique: true})
	}
	return index
}

// PageIndex are the index entries of a page.
func PageIndex(p paging.Page) []storage.Entry {
	index := []storage.Entry{{Index: indexSubject, Key: p.Subject + "/" + padded(number(p.ID))}}
	index = append(index, storage.Entry{Index: indexOpened, Key: openedKey(p.Opened) + "/" + padded(number(p.ID))})
	switch {
	case p.Status == paging.Open:
		index = append(index, storage.Entry{Index: indexOpen, Key: padded(number(p.ID))})
	case !p.Due.IsZero():
		index = append(index, storage.Entry{Index: indexTimed, Key: padded(number(p.ID))})
	}
	if p.Status == paging.Acknowledged && p.Owner != "" {
		index = append(index, storage.Entry{Index: indexOwned, Key: ownedKey(p.Owner) + padded(number(p.ID))})
	}
	if p.AnsweredBy != "" {
		index = append(index, storage.Entry{Index: indexAnswered, Key: answeredKey(p.Policy.Name) + newestFirst(p.ID)})
	}
	if p.Proof != "" {
		index = append(index, storage.Entry{Index: indexProof, Key: proofKey(p.AnsweredBy, paging.Method(p.AnsweredVia)) + newestFirst(p.ID)})
	}
	return index
}

func ownedKey(person string) string { return person + "/" }

// answeredKey begins the keys of a policy's answered pages: with what no name holds, since
// one policy may be called "db" and another "db/2".
func answeredKey(policy string) string { return policy + "\t" }

// newestFirst is a key of an id by which the newest comes first.
func newestFirst(id string) string { return padded(999_999_999_999 - number(id)) }

// padded is a number that sorts as text.
func padded(n uint64) string {
	s := strconv.FormatUint(n, 10)
	return "000000000000"[min(len(s), 12):] + s
}

// How the records of each kind are kept.
var (
	incidentShape  = shape[incident.Incident]{ref: incidentRef, index: IncidentIndex, busy: true}
	pageShape      = shape[paging.Page]{ref: pageRef, due: func(p paging.Page) time.Time { return p.Due }, index: PageIndex, busy: true}
	scheduleShape  = shape[oncall.Record]{ref: scheduleRef, index: scheduleIndex}
	clockShape     = shape[Clock]{ref: clockRef, due: func(c Clock) time.Time { return c.Due }}
	wishShape      = shape[Wish]{ref: wishRef}
	alertShape     = shape[alert.Alert]{ref: alertRef, due: func(a alert.Alert) time.Time { return a.Due }, index: func(a alert.Alert) []storage.Entry { return alertEntries(&a) }}
	silenceShape   = shape[alert.Silence]{ref: silenceRef, index: silenceIndex}
	heartbeatShape = shape[Heartbeat]{ref: heartbeatRef, index: heartbeatIndex}
	deploysShape   = shape[Deploys]{ref: deploysRef, index: deploysIndex}
)

// shapeNumber rises when events that are stored already come to another record, due time or
// index entry than in the release before, and shapeSince is the first release that has it.
const (
	shapeNumber = 1
	shapeSince  = "0.1.0"
)

// Shape is how this release keeps records, for an engine whose file another may have written.
func Shape() storage.Shape {
	return storage.Shape{Number: shapeNumber, Since: shapeSince, Folds: Folds()}
}

// Folds rebuild records from their events, for storage.Verify.
func Folds() map[string]storage.Fold {
	return map[string]storage.Fold{
		IncidentKind:  fold(incidentShape, decodeIncidentEvent, incident.Apply),
		PageKind:      fold(pageShape, decodePageEvent, paging.Apply),
		ScheduleKind:  fold(scheduleShape, decodeScheduleEvent, oncall.Apply),
		ClockKind:     fold(clockShape, decodeBody, latest),
		WishKind:      fold(wishShape, decodeBody, latest),
		AlertKind:     fold(alertShape, decodeAlertEvent, alert.Apply),
		SilenceKind:   fold(silenceShape, decodeBody, latest),
		HeartbeatKind: fold(heartbeatShape, decodeBody, latest),
		DeploysKind:   fold(deploysShape, decodeBody, Deploys.apply),
	}
}

// latest is the fold of records whose events hold the record after them.
func latest[R any](_, next R) R { return next }

func fold[R, E any](of shape[R], decode func(storage.Event) (E, error), apply func(R, E) R) storage.Fold {
	return func(events []storage.Event) ([]byte, time.Time, []storage.Entry, error) {
		var r R
		for _, s := range events {
			e, err := decode(s)
			if err != nil {
				return nil, time.Time{}, nil, err
			}
			r = apply(r, e)
		}
		body, err := json.Marshal(r)
		return body, of.dueOf(r), of.indexOf(r), err
	}
}

// decodeBody reads what an event holds: nothing, if its text was erased.
func decodeBody[E any](s storage.Event) (E, error) {
	var e E
	if s.Digest == nil {
		if err := json.Unmarshal(s.Body, &e); err != nil {
			return e, fmt.Errorf("decode event %d: %w", s.Seq, err)
		}
	}
	return e, nil
}

func decodeIncidentEvent(s storage.Event) (incident.Event, error) {
	e, err := decodeBody[incident.Event](s)
	e.Seq, e.Kind, e.At, e.Recorded = s.Seq, incident.Kind(s.Kind), s.At, s.Recorded
	return e, err
}

func decodePageEvent(s storage.Event) (paging.Event, error) {
	e, err := decodeBody[paging.Event](s)
	e.Seq, e.Kind, e.At, e.Recorded = s.Seq, paging.Kind(s.Kind), s.At, s.Recorded
	return e, err
}

// told is the form in which an edge effect carries the event it tells.
type told struct {
	Seq      uint64         `json:"seq"`
	Kind     incident.Kind  `json:"kind"`
	At       time.Time      `json:"at"`
	Recorded time.Time      `json:"recorded"`
	Event    incident.Event `json:"event"`
}

func encodeTold(e *incident.Event) ([]byte, error) {
	if e == nil {
		return nil, nil
	}
	body, err := json.Marshal(told{Seq: e.Seq, Kind: e.Kind, At: e.At, Recorded: e.Recorded, Event: *e})
	if err != nil {
		return nil, fmt.Errorf("encode effect: %w", err)
	}
	return body, nil
}

// Told reads the event that an edge effect of an incident carries.
func Told(body []byte) (incident.Event, error) {
	if len(body) == 0 {
		return incident.Event{}, errors.New("decode effect: it carries no event")
	}
	var t told
	if err := json.Unmarshal(body, &t); err != nil {
		return incident.Event{}, fmt.Errorf("decode effect: %w", err)
	}
	t.Event.Seq, t.Event.Kind, t.Event.At, t.Event.Recorded = t.Seq, t.Kind, t.At, t.Recorded
	return t.Event, nil
}

// number is the number in an id such as "INC-42"; 0 if there is none.
func number(id string) uint64 {
	n, err := strconv.ParseUint(id[strings.LastIndexByte(id, '-')+1:], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// refusal says whether an error is an answer for a person: it concerns one
// command only.
func refusal(err error) bool {
	_, _, ok := Refusal(err)
	return ok
}

// Refusal returns the text of an error that was meant for the person who asked.
func Refusal(err error) (text string, code incident.Code, ok bool) {
	var (
		a *incident.Error
		b *paging.Error
		c *Error
		d *oncall.Error
		f *alert.Error
	)
	switch {
	case errors.As(err, &a):
		return a.Message, a.Code, true
	case errors.As(err, &b):
		return b.Error(), incident.Code(b.Code), true
	case errors.As(err, &c):
		return c.Message, c.Code, true
	case errors.As(err, &d):
		return d.Message, incident.Code(d.Code), true
	case errors.As(err, &f):
		return f.Message, incident.Code(f.Code), true
	}
	return "", "", false
}
