package desk

import (
	"context"
	"slices"
	"time"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/storage"
)

// WishKind is the kind of the records of what people wish for themselves.
const WishKind = "person.wish"

// The reminders that a person can choose.
const (
	RemindBoth = "both" // a day and an hour ahead; so it is until a person says else
	RemindDay  = "1d"
	RemindHour = "1h"
	RemindOff  = "off"
)

// Wish is what one person wishes.
type Wish struct {
	Person string `json:"person"`
	Remind string `json:"remind"`
}

// wishMade is the one kind of event of a wish: it holds the wish after it.
const wishMade = "wish_made"

func wishRef(person string) storage.Ref { return storage.Ref{Kind: WishKind, ID: person} }

// wants says whether the person wants to be reminded so far ahead.
func (w Wish) wants(ahead time.Duration) bool {
	switch w.Remind {
	case RemindOff:
		return false
	case RemindDay:
		return ahead == dayAhead
	case RemindHour:
		return ahead == hourAhead
	}
	return true
}

func (u *scheduleUnit) wish(person string) (Wish, error) {
	if h, ok := u.wishes[person]; ok {
		return h.record, nil
	}
	h, err := load[Wish](u.work, wishRef(person), false)
	if err != nil {
		return Wish{}, err
	}
	set(&u.wishes, person, h)
	return h.record, nil
}

// setWish records a wish that was read before.
func (u *scheduleUnit) setWish(w Wish) error {
	h := u.wishes[w.Person]
	h.seq++
	h.record = w
	stored, err := storedEvent(wishMade, u.at, u.at, w)
	if err != nil {
		return err
	}
	h.events = append(slices.Clip(h.events), stored)
	set(&u.wishes, w.Person, h)
	return nil
}

// Remind sets when a person is reminded of their shifts.
func (x *schedules) Remind(ctx context.Context, in In, choice string) error {
	if !slices.Contains([]string{RemindBoth, RemindDay, RemindHour, RemindOff}, choice) {
		return refuse(incident.Invalid, "Say when to remind you: `/oncall remind 1d`, `1h`, `both` or `off`.")
	}
	person := in.By.Person
	_, err := x.lanes.do(ctx, scheduleLane, &job{cause: in.Cause, asked: in.Asked, run: func(u *unit) (Answer, error) {
		w, err := u.schedules.wish(person)
		if err != nil || w.Remind == choice {
			return Answer{}, err
		}
		return Answer{Changed: true}, u.schedules.setWish(Wish{Person: person, Remind: choice})
	}})
	return err
}
