package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// onAlerts puts a command to the lane of alerts once the index is there.
func (d *Desk) onAlerts(ctx context.Context, in In, run func(*unit) (Answer, error)) (Answer, error) {
	if err := d.readAlerts(ctx); err != nil {
		return Answer{}, err
	}
	return d.do(ctx, alertsLane, &job{cause: in.Cause, asked: in.Asked, run: func(u *unit) (Answer, error) {
		if err := d.readAlerts(u.ctx); err != nil {
			return Answer{}, err
		}
		return run(u)
	}})
}

// member refuses people from outside the workspace.
func member(in In, what string) error {
	if in.By.Guest {
		return refuse(incident.Forbidden, "Guests cannot %s here. Ask a member of the workspace to do it.", what)
	}
	return nil
}

// onAlert puts a person's command to one alert. What is to be answered besides, run adds.
func (d *Desk) onAlert(ctx context.Context, in In, id, what string, run func(*unit, *heldAlert, *Answer) error) (Answer, error) {
	if err := member(in, what); err != nil {
		return Answer{}, err
	}
	return d.onAlerts(ctx, in, func(u *unit) (Answer, error) {
		h, err := u.heldAlert(id)
		if err != nil {
			return Answer{}, err
		}
		if h.record.ID == "" {
			return Answer{}, noSuch("ALERT", id)
		}
		before, events, page := h.seq, len(h.events), h.record.Page
		a := Answer{Alert: id}
		if err := run(u, h, &a); err != nil {
			return Answer{}, err
		}
		if h.seq > before {
			if err := u.working(page, in.By.Person, in.By.Via); err != nil {
				return Answer{}, err
			}
		}
		if a.Incident != "" {
			return a, nil // it is about that
		}
		a.Page, a.Incident, a.Changed = h.record.Page, h.record.Incident, h.seq > before || a.Silence != ""
		said, err := sentences(h.events[events:])
		a.Text = append(a.Text, said...)
		return a, err
	})
}

// working has the acknowledgement of somebody who does something about an alert last from
// then on, as in an incident, if its page goes on for others.
func (u *unit) working(page, by, via string) error {
	if page == "" || by == "" {
		return nil
	}
	return u.decidePage(page, paging.Alive{By: by, Via: via})
}

// AlertSentence is what happened to an alert, with who did it as in timelines of
// incidents.
func AlertSentence(e alert.Event) string {
	by := incident.Actor{Person: e.By, Via: e.Via}
	return alert.Sentence(e, func(person string) string {
		if person == e.By {
			return by.Who(incident.PlainNames)
		}
		return incident.PlainNames(person)
	})
}

// sentences say what stored events of an alert are about; repeats are not among it.
func sentences(stored []storage.Event) ([]string, error) {
	events, err := decodeAll(stored, decodeAlertEvent)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range events {
		if e.Kind != alert.WasRepeated {
			out = append(out, AlertSentence(e))
		}
	}
	return out, nil
}

// AcknowledgeAlert says that a person answers for an alert. That answers its page too,
// if that is about this alert.
func (d *Desk) AcknowledgeAlert(ctx context.Context, in In, id string) (Answer, error) {
	if err := d.answerable(in.By, "answers"); err != nil {
		return Answer{}, err
	}
	return d.onAlert(ctx, in, id, "acknowledge alerts", func(u *unit, h *heldAlert, _ *Answer) error {
		if done, err := u.answerItsPage(h, in.By.Person, in.By.Via); done || err != nil {
			return err
		}
		if said := h.record.Acknowledged; said == nil || said.By == "" {
			if err := u.answeredPage(h, in.By.Person, in.By.Via); err != nil {
				return err
			}
		}
		return u.decideAlert(id, alert.Acknowledge{By: in.By.Person, Via: in.By.Via})
	})
}

// answerItsPage acknowledges the page of an alert, if that runs and is about it, or about the
// group that it goes on with.
func (u *unit) answerItsPage(h *heldAlert, by, via string) (done bool, err error) {
	a := &h.record
	if a.Page == "" || a.State != alert.StateOpen || a.Folded && a.Continues == "" {
		return false, nil
	}
	p, err := u.page(a.Page)
	if err != nil || p.Status == paging.Ended {
		return false, err
	}
	if a.Folded {
		first, err := u.heldAlert(p.Subject)
		if err != nil || first.record.Group != a.Group {
			return false, err
		}
	}
	before := u.pages[p.ID].seq
	if err := u.decidePage(p.ID, paging.Acknowledge{By: by, Via: via}); err != nil || !a.Folded || u.pages[p.ID].seq == before {
		return true, err
	}
	return true, u.decideAlert(a.ID, alert.RecordPage{Kind: alert.PageAnswered, By: by, Via: via, Page: p.ID})
}

// answeredPage gives an alert that somebody answers by itself a page of its own, which is
// theirs: their acknowledgement stands as long as any, and what nobody ends comes again.
func (u *unit) answeredPage(h *heldAlert, by, via string) error {
	was := h.record
	if was.State != alert.StateOpen || !was.Pages || was.InIncident() || was.Noise != nil || was.Silenced(u.at) {
		return nil
	}
	if was.Page != "" {
		if err := u.decideAlert(was.ID, alert.RecordPage{Kind: alert.WasUnfolded, Page: was.Page}); err != nil {
			return err
		}
	}
	call := u.callFor(&was)
	call.Subject, call.AnsweredBy, call.AnsweredVia = was.ID, by, via
	if _, err := u.openPage(call); err != nil {
		return err
	}
	return u.release(&was, was.ID+" was acknowledged")
}

// SilenceAlert silences the group of an alert until a time, this alert and those to
// come.
func (d *Desk) SilenceAlert(ctx context.Context, in In, id string, until time.Time, why string) (Answer, error) {
	return d.onAlert(ctx, in, id, "silence alerts", func(u *unit, h *heldAlert, a *Answer) error {
		s, err := u.makeSilence(in.By, alert.Silence{Group: h.record.Group, Title: h.record.Title, Until: until, Why: why})
		if err != nil {
			return err
		}
		a.Silence = s.ID
		if h.record.State != alert.StateOpen {
			a.Text = []string{fmt.Sprintf("it is over; what its group fires next is silenced until %s (%s)", oncall.FormatTime(time.Time{}, s.Until), s.ID)}
			return nil
		}
		return u.mute(h, alert.Mute{By: in.By.Person, Via: in.By.Via, Hush: alert.Hush{Silence: s.ID, Until: s.Until}, Why: why})
	})
}

// NotActionable says that there is nothing to do about an alert: it pages nobody any
// more while it goes on, in further alerts too.
func (d *Desk) NotActionable(ctx context.Context, in In, id, why string) (Answer, error) {
	return d.onAlert(ctx, in, id, "judge alerts", func(u *unit, h *heldAlert, _ *Answer) error {
		for {
			if err := u.decideAlert(h.record.ID, alert.NotActionable{By: in.By.Person, Via: in.By.Via, Why: why}); err != nil {
				return err
			}
			if err := u.release(&h.record, "there is nothing to do about "+id+", says "+in.By.Person); err != nil || h.record.Continued == "" {
				return err
			}
			var err error
			if h, err = u.heldAlert(h.record.Continued); err != nil {
				return err
			}
		}
	})
}

// CloseAlert ends an alert by hand while it still fires.
func (d *Desk) CloseAlert(ctx context.Context, in In, id, why string) (Answer, error) {
	return d.onAlert(ctx, in, id, "close alerts", func(u *unit, h *heldAlert, _ *Answer) error {
		return u.closeAlert(h, in.By, why)
	})
}

func (u *unit) closeAlert(h *heldAlert, by incident.Actor, why string) error {
	id := h.record.ID
	if err := u.decideAlert(id, alert.Close{By: by.Person, Via: by.Via, Why: why}); err != nil {
		return err
	}
	return u.release(&h.record, id+" was closed")
}

// fireAlert ends the silence or the wait of an alert whose time has come.
func (d *Desk) fireAlert(ctx context.Context, id string) error {
	_, err := d.onAlerts(ctx, In{}, func(u *unit) (Answer, error) {
		h, err := u.heldAlert(id)
		if err != nil || h.record.Due.IsZero() || h.record.Due.After(u.at) {
			return Answer{}, err
		}
		if h.record.Hush != nil {
			return Answer{}, u.wakeUp(h, alert.Tick{})
		}
		if err := u.decideAlert(id, alert.Tick{}); err != nil {
			return Answer{}, err
		}
		return Answer{}, u.tell(id)
	})
	return err
}
