package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// Acknowledge says that the person answers the page, or with the id of an incident its
// newest open page; so do the others. An answer to a page that is over changes nothing.
func (d *Desk) Acknowledge(ctx context.Context, in In, page string) (Answer, error) {
	if err := member(in, "answer pages"); err != nil {
		return Answer{}, err
	}
	if err := d.answerable(in.By, "answers"); err != nil {
		return Answer{}, err
	}
	return d.onPage(ctx, in, page, func(*unit) paging.Command {
		return paging.Acknowledge{By: in.By.Person, Via: in.By.Via, Proof: d.proof(in.By.Person, paging.Method(in.By.Via))}
	})
}

// Escalate takes the page's next step at once. Turn is the turn the person saw;
// negative: whatever it is now.
func (d *Desk) Escalate(ctx context.Context, in In, page string, turn int) (Answer, error) {
	if err := member(in, "escalate pages"); err != nil {
		return Answer{}, err
	}
	return d.onPage(ctx, in, page, func(u *unit) paging.Command {
		return paging.Escalate{By: in.By.Person, Via: in.By.Via, Turn: turn, World: u.world()}
	})
}

// Decline says that the person cannot take the page.
func (d *Desk) Decline(ctx context.Context, in In, page string) (Answer, error) {
	if err := d.answerable(in.By, "declines"); err != nil {
		return Answer{}, err
	}
	a, err := d.onPage(ctx, in, page, func(u *unit) paging.Command {
		return paging.Decline{By: in.By.Person, Via: in.By.Via, World: u.world()}
	})
	if err == nil && !a.Changed && a.Paged.Status == paging.Open {
		a.Text = append(a.Text, a.Paged.DeclinedBefore(in.By.Person, incident.PlainNames))
	}
	return a, err
}

// HandOver gives the page to a person, who is paged.
func (d *Desk) HandOver(ctx context.Context, in In, page, to string) (Answer, error) {
	if err := member(in, "hand over pages"); err != nil {
		return Answer{}, err
	}
	if to != "" {
		if err := d.reaches(paging.Target(paging.ToPerson + ":" + to)); err != nil {
			return Answer{}, err
		}
	}
	return d.onPage(ctx, in, page, func(u *unit) paging.Command {
		return paging.HandOver{By: in.By.Person, Via: in.By.Via, To: to, World: u.world()}
	})
}

// Snooze acknowledges the page for a time. Then it begins again with its first step.
func (d *Desk) Snooze(ctx context.Context, in In, page string, wait time.Duration) (Answer, error) {
	if err := member(in, "snooze pages"); err != nil {
		return Answer{}, err
	}
	if err := d.answerable(in.By, "snoozes"); err != nil {
		return Answer{}, err
	}
	return d.onPage(ctx, in, page, func(u *unit) paging.Command {
		return paging.Snooze{By: in.By.Person, Via: in.By.Via, Until: storage.Time(u.at.Add(wait))}
	})
}

// EndPage ends a page by hand, if it is not an incident's. Why says what ended it; it may
// be empty.
func (d *Desk) EndPage(ctx context.Context, in In, page, why string) (Answer, error) {
	if err := member(in, "end pages"); err != nil {
		return Answer{}, err
	}
	if why = strings.TrimSpace(why); utf8.RuneCountInString(why) > incident.MaxText {
		return Answer{}, refuse(incident.Invalid, "That text has more than %d characters. Nothing was recorded: shorten it.", incident.MaxText)
	}
	p, err := d.PageOf(ctx, page)
	if err != nil {
		return Answer{}, err
	}
	if subjectOf(p.Subject) == (aboutIncident{}) {
		return Answer{}, refuse(incident.Conflict, "%s is about %s and ends with it: `/inc resolve %s`.", page, p.Subject, p.Subject)
	}
	return d.onPage(ctx, in, page, func(*unit) paging.Command {
		return paging.End{By: in.By.Person, Via: in.By.Via, Why: why}
	})
}

// Fire puts its due command to a record.
func (d *Desk) Fire(ctx context.Context, ref storage.Ref) error {
	if ref.Kind == ClockKind {
		if err := d.fireClock(ctx, ref.ID); err != nil {
			return fmt.Errorf("fire %s: %w", ref, err)
		}
		return nil
	}
	if ref.Kind == AlertKind {
		if err := d.fireAlert(ctx, ref.ID); err != nil {
			return fmt.Errorf("fire %s: %w", ref, err)
		}
		return nil
	}
	if ref.Kind != PageKind {
		return fmt.Errorf("fire %s: nothing of this kind falls due", ref)
	}
	_, err := d.onPage(ctx, In{}, ref.ID, func(u *unit) paging.Command {
		return paging.Tick{Turn: u.pages[ref.ID].record.Turn, World: u.world()}
	})
	if err != nil {
		return fmt.Errorf("fire %s: %w", ref, err)
	}
	return nil
}

// onPage puts a command to a page, in the lane of what the page is about. Given an
// incident it is the newest that is open when the command's turn has come.
func (d *Desk) onPage(ctx context.Context, in In, page string, command func(*unit) paging.Command) (Answer, error) {
	if strings.HasPrefix(page, "INC-") {
		if _, err := d.Incident(ctx, page); err != nil {
			return Answer{}, err
		}
		return d.do(ctx, page, &job{cause: in.Cause, asked: in.Asked, run: func(u *unit) (Answer, error) {
			i, err := u.incident(page)
			if err != nil {
				return Answer{}, err
			}
			newest, err := NewestOpenPage(i)
			if err != nil {
				return Answer{}, err
			}
			return u.answerPage(in, newest, command)
		}})
	}
	p, err := d.PageOf(ctx, page)
	if err != nil {
		return Answer{}, err
	}
	return d.do(ctx, subjectOf(p.Subject).lane(p.Subject), &job{cause: in.Cause, asked: in.Asked, run: func(u *unit) (Answer, error) {
		return u.answerPage(in, page, command)
	}})
}

// answerPage puts a command of somebody's to a page, and notes their words on its incident.
// Words that cannot be noted come back: the answer to the page counts all the same.
func (u *unit) answerPage(in In, page string, command func(*unit) paging.Command) (Answer, error) {
	told := len(u.told)
	a, err := u.changePage(page, command)
	if err != nil || in.Words == "" || a.Incident == "" {
		return a, err
	}
	note := incident.Note{By: in.By, Text: in.Words}
	if said, err := u.repeated(a.Incident, in.By.Person, note); err != nil || said && !in.Again {
		return a, err
	}
	if err = u.decideIncident(a.Incident, note); refusal(err) {
		a.Text = append(a.Text, "Your words were not noted. "+err.Error())
		return a, nil
	}
	a.Changed, a.Events, a.Now = true, u.told[told:], u.incidents[a.Incident].record
	return a, err
}

func (u *unit) changePage(page string, command func(*unit) paging.Command) (Answer, error) {
	p, err := u.page(page)
	if err != nil {
		return Answer{}, err
	}
	decided, told, before := u.decided(), len(u.told), len(u.pages[page].events)
	if err := u.decidePage(page, command(u)); err != nil {
		return Answer{}, err
	}
	h := u.pages[page]
	a := Answer{Page: page, Changed: u.decided() > decided, Paged: h.record, Events: u.told[told:]}
	if subjectOf(p.Subject) != (aboutIncident{}) { // an incident's timeline says it
		events, err := decodeAll(h.events[before:], decodePageEvent)
		if err != nil {
			return a, err
		}
		a.Text = h.record.Tell(events, Who)
	}
	err = subjectOf(p.Subject).answer(u, p, &a)
	return a, err
}

// Who names whoever has done something to a page, and how unless it was in Slack, as
// timelines of incidents do.
func Who(person, via string) string {
	by := incident.Actor{Person: person, Via: via}
	who := by.Who(incident.PlainNames)
	if door, _ := by.Door(); !by.Machine() && !slices.Contains([]string{"", "slack", "cli", "api"}, door) {
		who += " (by " + door + ")"
	}
	return who
}
