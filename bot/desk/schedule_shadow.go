package desk

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// Words about pages, for those who stand beside the people paged.
const (
	SayCopy = "copy" // to a shadow: what the one they follow was paged for
	SayJoin = "join" // to a mentor: the one who leads in their place has not answered
)

// showBeside owes what the shadows and mentors of people who were just paged are
// told: a shadow a copy at once, a mentor a call to join after the time agreed. Both
// stand outside the page: nobody waits for a shadow, and no step is taken to one.
func (u *unit) showBeside(p paging.Page, e paging.Event) error {
	told, whom := map[string]bool{}, e.Whom()
	for _, name := range u.d.ScheduleNames() {
		plan := u.d.SchedulePlan(name)
		if plan == nil {
			continue
		}
		for _, duty := range plan.OnCall(u.at) {
			paged := slices.ContainsFunc(whom, func(r paging.Recipient) bool { return r.Person != "" && r.Person == duty.With })
			if duty.Covers() || !paged || told[duty.Person] {
				continue
			}
			told[duty.Person] = true
			if err := u.beside(p, name, duty); err != nil {
				return err
			}
		}
	}
	return nil
}

func (u *unit) beside(p paging.Page, schedule string, duty oncall.Duty) error {
	w := Word{Kind: SayCopy, Schedule: schedule, To: duty.Person, By: duty.With, Page: p.ID}
	due, class := u.at, storage.Card
	if duty.Kind == oncall.ReverseShadow {
		w.Kind, due, class = SayJoin, storage.Time(u.at.Add(duty.JoinAfter)), storage.Page
	}
	body, err := json.Marshal(w)
	if err != nil {
		return fmt.Errorf("encode effect: %w", err)
	}
	target := fmt.Sprintf("beside/%s/%d/%s", p.ID, p.Turn, duty.Person)
	u.put = append(u.put, storage.Effect{Target: target, Kind: WordKind, Dest: "slack/" + target, Class: class,
		Record: pageRef(p.ID), Seq: u.pages[p.ID].seq, Body: body, Created: due, NotBefore: due})
	return nil
}
