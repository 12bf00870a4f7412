package httpd

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
)

// The changes that can be asked of a schedule.
const (
	ChangeOverride = "override"
	ChangeCover    = "cover"
	ChangeTake     = "take" // a request for cover
	ChangeSwap     = "swap"
	ChangeAccept   = "accept"  // a swap
	ChangeDecline  = "decline" // a swap
	ChangeOff      = "off"
	ChangeShadow   = "shadow"
	ChangeGraduate = "graduate"
	ChangeUndo     = "undo"   // what has an id
	ChangeRemove   = "remove" // the schedule itself
)

var changes = []string{ChangeOverride, ChangeCover, ChangeTake, ChangeSwap, ChangeAccept, ChangeDecline, ChangeOff, ChangeShadow, ChangeGraduate, ChangeUndo, ChangeRemove}

// timed are the changes of a time.
var timed = []string{ChangeOverride, ChangeCover, ChangeSwap, ChangeOff}

// Change is one change of a schedule.
type Change struct {
	Do        string `json:"do" about:"override, cover, take (a request for cover), swap, accept or decline (a swap), off, shadow, graduate, undo, or remove (the schedule)"`
	Schedule  string `json:"schedule,omitempty" about:"default: the one that has the id, the only one there is, or for time off every one that the person stands on"`
	Person    string `json:"person,omitempty" about:"who comes on call, is covered, takes or offers a shift, is away or learns; default: who asks"`
	Replaces  string `json:"replaces,omitempty" about:"in whose place an override puts the person"`
	With      string `json:"with,omitempty" about:"whose shift a swap wants, or beside whom a shadow learns"`
	From      string `json:"from,omitempty" about:"RFC 3339, or a wall time or a date in the schedule's zone, as are the other times"`
	To        string `json:"to,omitempty" about:"the end"`
	TheirFrom string `json:"their_from,omitempty" about:"the beginning of what a swap wants in return"`
	TheirTo   string `json:"their_to,omitempty" about:"the end of it"`
	JoinAfter string `json:"join_after,omitempty" about:"when the mentor behind a learner joins, such as 10m"`
	Note      string `json:"note,omitempty" about:"why"`
	ID        string `json:"id,omitempty" about:"of what is answered or undone: O3, R3, T3 or S3"`
}

// Changed is what a change did.
type Changed struct {
	Schedule string   `json:"schedule"`
	Changed  bool     `json:"changed"`
	IDs      []string `json:"ids"` // of what was made, to undo it
	Text     []string `json:"text"`
	Warnings []string `json:"warnings"`
	// Fairest is who would take the time over fairest, where somebody is looked for.
	Fairest *oncall.Taker `json:"fairest,omitempty"`
}

func (a API) change(r *call, c Change) ([]Changed, error) {
	switch {
	case !slices.Contains(changes, c.Do):
		return nil, invalid("%q in do is no change: it is one of %s.", incident.Clip(c.Do, 60), strings.Join(changes, ", "))
	case slices.Contains(timed, c.Do) && (c.From == "" || c.To == ""):
		return nil, invalid("Say from when to when with from and to.")
	case c.Do == ChangeSwap && (c.TheirFrom == "" || c.TheirTo == ""):
		return nil, invalid("Say for which time in return with their_from and their_to.")
	}
	in, err := r.in()
	if err != nil {
		return nil, err
	}
	if again, repeated, err := a.Desk.ScheduleRepeated(r.Context(), in); err != nil || repeated {
		return a.changedByAll(again), err
	}
	m := asking{API: a, Schedules: a.schedules(), ctx: r.Context(), in: in, Change: c}
	m.zones = oncall.NewZones(nil)
	if r.owner && r.Header.Get(AsHeader) == "" || in.By.Machine() {
		m.nobody = true
	}
	if c.Do == ChangeOff || c.Do == ChangeUndo && strings.HasPrefix(strings.ToUpper(c.ID), "T") {
		return m.timeOff()
	}
	return m.schedule()
}

// asking is one change on its way, of somebody who asks.
type asking struct {
	API
	Schedules
	Change
	ctx context.Context
	in  desk.In
	// nobody says that who asks is nobody who could be on call: a user of the system or
	// a token.
	nobody bool
}

// by is who asks, as one who changes a person's time.
func (a asking) by(p *oncall.Plan, person string) oncall.Actor {
	return a.Desk.OncallActor(a.in.By, p.Name(), person)
}

// person is whom a change is about, else who asks.
func (a asking) person() (string, error) {
	switch {
	case a.Person != "":
		return a.Known(a.Person)
	case a.nobody:
		return "", invalid("Say whom it is about: name a person.")
	}
	return a.in.By.Person, nil
}

func (a asking) schedule() ([]Changed, error) {
	p, err := a.one()
	if err != nil {
		return nil, err
	}
	command, err := a.command(p)
	if err != nil {
		return nil, err
	}
	switch k := command.(type) {
	case oncall.AddOverride:
		if a.in.Advice.Warnings = a.Desk.Doubts(p.Name(), k.Override); len(a.in.Advice.Warnings) > 0 {
			a.in.Advice.Fairest = a.fairestFor(a.ctx, p, k.Override)
		}
	case oncall.RequestCover:
		a.in.Advice.Fairest = a.fairestFor(a.ctx, p, oncall.Override{From: stamp(k.From), To: stamp(k.To), Replaces: k.Person})
	}
	answer, err := a.Desk.ChangeSchedule(a.ctx, a.in, p.Name(), command)
	if err != nil {
		return nil, err
	}
	return []Changed{a.changedBy(answer)}, nil
}

// fairestFor is who takes the time of an override over fairest; nil if nobody can.
func (a API) fairestFor(ctx context.Context, p *oncall.Plan, o oncall.Override) *oncall.Taker {
	from, err1 := time.Parse(time.RFC3339Nano, o.From)
	to, err2 := time.Parse(time.RFC3339Nano, o.To)
	takers, err := a.Desk.Takers(ctx, p.Name())
	if err != nil || err1 != nil || err2 != nil {
		return nil // a suggestion more or less
	}
	if t, ok := takers.Fairest(from, to, o.Replaces, o.Person); ok {
		return &t
	}
	return nil
}

// timeOff notes time off, or takes it back, on all schedules that it concerns.
func (a asking) timeOff() ([]Changed, error) {
	var answers []desk.ScheduleAnswer
	if a.Do == ChangeUndo {
		p, err := a.one()
		if err != nil {
			return nil, err
		}
		if answers, err = a.Desk.TakeBackTimeOff(a.ctx, a.in, p.Name(), a.ID); err != nil {
			return nil, err
		}
	} else {
		person, err := a.person()
		if err != nil {
			return nil, err
		}
		off := oncall.TimeOff{Person: person, From: a.From, To: a.To, Note: incident.Clip(a.Note, 500)}
		if answers, err = a.Desk.NoteTimeOff(a.ctx, a.in, a.Change.Schedule, off); err != nil {
			return nil, err
		}
	}
	return a.changedByAll(answers), nil
}

func (a API) changedByAll(answers []desk.ScheduleAnswer) []Changed {
	out := make([]Changed, len(answers))
	for n, answer := range answers {
		out[n] = a.changedBy(answer)
	}
	return out
}

func (a API) changedBy(answer desk.ScheduleAnswer) Changed {
	out := Changed{Schedule: answer.Schedule, Changed: answer.Changed, IDs: []string{}, Text: []string{},
		Warnings: append([]string{}, answer.Advice.Warnings...), Fairest: answer.Advice.Fairest}
	zone := time.UTC
	if p := a.Desk.SchedulePlan(answer.Schedule); p != nil {
		zone = p.Location()
	}
	for _, e := range answer.Events {
		if text := e.Sentence(zone); text != "" {
			out.Text = append(out.Text, text)
		}
		out.IDs = append(out.IDs, made(e)...)
	}
	return out
}

// made are the ids of what an event brought.
func made(e oncall.Event) []string {
	var ids []string
	for _, o := range e.Overrides {
		ids = append(ids, o.ID)
	}
	if e.TimeOff != nil {
		ids = append(ids, e.TimeOff.ID)
	}
	if e.Shadow != nil {
		ids = append(ids, e.Shadow.ID)
	}
	if e.Request != nil && e.Request.Status == oncall.RequestOpen {
		ids = append(ids, e.Request.ID)
	}
	return ids
}

// one is the schedule of a change: the one that is named, else the only one that has
// what is undone or answered, else the only one there is.
func (a asking) one() (*oncall.Plan, error) {
	if a.Do == ChangeUndo && !changeID.MatchString(a.ID) {
		return nil, errUndo
	}
	var having []string
	if a.Change.Schedule == "" && a.ID != "" {
		var err error
		if having, err = a.Having(a.ctx, a.ID); err != nil {
			return nil, err
		}
		if len(having) == 0 && len(a.Rota.ScheduleNames()) > 1 {
			return nil, &oncall.Error{Code: oncall.CodeNotFound, Message: "There is no " + incident.Clip(a.ID, 20) + " that is not over on any schedule. `watchbill oncall changes` lists what there is."}
		}
	}
	return a.called(a.Change.Schedule, having)
}

// called is the schedule of a name; without one the only one of those that fit, or of
// all when none does.
func (s Schedules) called(name string, fit []string) (*oncall.Plan, error) {
	if len(fit) == 0 {
		fit = s.Rota.ScheduleNames()
	}
	if name == "" && len(fit) == 1 {
		name = fit[0]
	}
	if name == "" {
		return nil, invalid("Say which schedule you mean. There are: %s.", incident.Clip(strings.Join(fit, ", "), 500))
	}
	if p := s.Rota.SchedulePlan(name); p != nil {
		return p, nil
	}
	return nil, s.unknown(name)
}

// command is what a change asks of the engine.
func (a asking) command(p *oncall.Plan) (oncall.Command, error) {
	switch a.Do {
	case ChangeRemove:
		return oncall.RemoveSchedule{}, nil
	case ChangeUndo:
		return a.undoing(p)
	case ChangeTake, ChangeAccept, ChangeDecline:
		return a.answering(p)
	case ChangeShadow, ChangeGraduate:
		return a.learning(p)
	case ChangeOverride, ChangeCover, ChangeSwap:
		return a.arranging(p)
	}
	return nil, invalid("%q is no change.", incident.Clip(a.Do, 60))
}

// undoing takes back what an id names: its letter says what that is.
func (a asking) undoing(p *oncall.Plan) (oncall.Command, error) {
	switch id := strings.ToUpper(a.ID); {
	case strings.HasPrefix(id, "O"):
		return oncall.RemoveOverride{By: a.by(p, ""), ID: id}, nil
	case strings.HasPrefix(id, "R"):
		q, err := a.asked(p)
		return oncall.WithdrawRequest{By: a.by(p, q.Person), ID: id}, err
	case strings.HasPrefix(id, "S"):
		return oncall.EndShadow{By: a.by(p, ""), ID: id}, nil
	}
	return nil, errUndo
}

// changeID is what an override, a request, time off or a shadow is called.
var changeID = regexp.MustCompile(`^(?i)[orst][0-9]+$`)

var errUndo = invalid("Say what to take back by its id: an override such as O3, a request R3, time off T3, a shadow S3.")

// asked is the request that an id names; the zero one if there is none.
func (a asking) asked(p *oncall.Plan) (oncall.Request, error) {
	r, err := a.Desk.Schedule(a.ctx, p.Name())
	if err != nil {
		return oncall.Request{}, err
	}
	at := slices.IndexFunc(r.Requests, func(q oncall.Request) bool { return strings.EqualFold(q.ID, a.ID) })
	if at < 0 {
		return oncall.Request{}, nil
	}
	return r.Requests[at], nil
}

// answering answers a request: cover is taken by a person, a swap is answered for the
// one who was asked.
func (a asking) answering(p *oncall.Plan) (oncall.Command, error) {
	if a.ID == "" {
		return nil, invalid("Say which request, by its id such as R3.")
	}
	if a.Do == ChangeTake {
		person, err := a.person()
		return oncall.AcceptCover{By: a.by(p, person), Person: person, ID: a.ID}, err
	}
	q, err := a.asked(p)
	if a.Do == ChangeAccept {
		return oncall.AcceptSwap{By: a.by(p, q.Other), ID: a.ID}, err
	}
	return oncall.DeclineSwap{By: a.by(p, q.Other), ID: a.ID}, err
}

// learning begins a shadow, or takes a learner a step on.
func (a asking) learning(p *oncall.Plan) (oncall.Command, error) {
	person, err := a.person()
	if err != nil {
		return nil, err
	}
	if a.Do == ChangeGraduate {
		return oncall.Graduate{By: a.by(p, person), Person: person, JoinAfter: a.JoinAfter}, nil
	}
	with, err := a.Known(a.With)
	if err != nil {
		return nil, err
	}
	if with == "" {
		return nil, invalid("Say beside whom %s learns.", person)
	}
	sh := oncall.Shadow{Person: person, With: with}
	for _, end := range []struct {
		text string
		to   *string
	}{{a.From, &sh.From}, {a.To, &sh.To}} {
		if end.text == "" {
			continue
		}
		at, err := a.instant(end.text, p)
		if err != nil {
			return nil, err
		}
		*end.to = stamp(at)
	}
	return oncall.SetShadow{By: a.by(p, person), Shadow: sh}, nil
}

// arranging puts somebody on call, or asks others to take time over.
func (a asking) arranging(p *oncall.Plan) (oncall.Command, error) {
	from, to, err := a.stretch(a.From, a.To, p)
	if err != nil {
		return nil, err
	}
	person, err := a.person()
	if err != nil {
		return nil, err
	}
	switch a.Do {
	case ChangeOverride:
		replaces, err := a.Known(a.Replaces)
		if err != nil {
			return nil, err
		}
		return oncall.AddOverride{By: a.by(p, replaces), Override: oncall.Override{From: stamp(from), To: stamp(to), Person: person, Replaces: replaces, Note: incident.Clip(a.Note, 500)}}, nil
	case ChangeCover:
		return oncall.RequestCover{By: a.by(p, person), Person: person, From: from, To: to, Note: a.Note}, nil
	}
	with, err := a.Known(a.With)
	if err != nil {
		return nil, err
	}
	theirFrom, theirTo, err := a.stretch(a.TheirFrom, a.TheirTo, p)
	if err != nil {
		return nil, err
	}
	return oncall.ProposeSwap{By: a.by(p, person), Person: person, From: from, To: to, Other: with, OtherFrom: theirFrom, OtherTo: theirTo, Note: a.Note}, nil
}

// stretch reads a range of a change, in the zone of its schedule.
func (s Schedules) stretch(from, to string, p *oncall.Plan) (a, b time.Time, err error) {
	if a, err = s.instant(from, p); err != nil {
		return a, b, err
	}
	if b, err = s.instant(to, p); err != nil {
		return a, b, err
	}
	if !a.Before(b) {
		return a, b, invalid("The end %s is not after the start %s: swap them.", to, from)
	}
	return a, b, nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// Standing is one thing that stands beside the rotations of a schedule.
type Standing struct {
	Schedule string `json:"schedule"`
	oncall.Standing
}

// standing lists what people and files put beside the rotations and is not over.
func (a API) standing(r *call) ([]Standing, error) {
	name := r.URL.Query().Get("schedule")
	all, err := a.Desk.Schedules(r.Context())
	if err != nil {
		return nil, err
	}
	if name != "" && !slices.ContainsFunc(all, func(rec oncall.Record) bool { return strings.EqualFold(rec.Name, name) }) {
		return nil, a.schedules().unknown(name)
	}
	out := []Standing{}
	for _, rec := range all {
		if name == "" || strings.EqualFold(rec.Name, name) {
			for _, s := range rec.Standing(a.Desk.Now()) {
				out = append(out, Standing{rec.Name, s})
			}
		}
	}
	return out, nil
}
