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
	return u.wishes.read(u.work, wishShape, person)
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
		return Answer{Changed: true}, u.schedules.wishes.replace(&u.work, wishMade, person, Wish{Person: person, Remind: choice})
	}})
	return err
}
