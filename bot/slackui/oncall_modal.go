package slackui

import (
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/oncall"
)

// The forms of schedules, by their callback ids.
const (
	coverForm    = "v1.oncall.cover"
	swapForm     = "v1.oncall.swap"
	overrideForm = "v1.oncall.override"
	offForm      = "v1.oncall.off"
	shadowForm   = "v1.oncall.shadow"
)

// The blocks of those forms.
const (
	shiftField    = "shift"
	theirsField   = "theirs"
	scheduleField = "schedule"
	replacesField = "replaces"
	fromField     = "from"
	toField       = "to"
)

// Shift is time on call: whose, on which schedule, when.
type Shift struct {
	Schedule string
	Person   string
	From, To time.Time
	// Fairest is who would take it over fairest; empty: not known.
	Fairest string
}

// times are the shift's on the clock of a zone, its day once where it ends on it.
func (t Shift) times(zone *time.Location) string {
	from, to, end := t.From.In(zone), t.To.In(zone), "Mon 2 Jan 15:04"
	if from.Format(time.DateOnly) == to.Format(time.DateOnly) {
		end = "15:04"
	}
	return from.Format("Mon 2 Jan 15:04") + " – " + to.Format(end)
}

func (t Shift) value() string {
	times := strconv.FormatInt(t.From.Unix(), 36) + "|" + strconv.FormatInt(t.To.Unix(), 36) + "|"
	return times + handleOf(t.Schedule, maxOptionLength-len(times))
}

// maxHandle is how long a schedule's name may be to stand for itself in every menu.
const maxHandle = 50

// Handle stands for a schedule's name where only so many characters fit: the name
// itself, else a sum of it. [Unhandle] finds the name again.
func handleOf(name string, most int) string {
	if utf8.RuneCountInString(name) <= min(most, maxHandle) {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return "~" + base64.RawURLEncoding.EncodeToString(sum[:18])
}

// aim is the value of a button about one thing on a schedule.
func aim(id, schedule string) string { return oneLine(id, 20) + "|" + handleOf(schedule, maxHandle) }

// Unhandle is the one of the names that a handle stands for, else the handle itself.
func Unhandle(handle string, names []string) string {
	for _, n := range names {
		if handleOf(n, maxHandle) == handle {
			return n
		}
	}
	return handle
}

func readShift(value string) (Shift, bool) {
	parts := strings.SplitN(value, "|", 3)
	if len(parts) != 3 || parts[2] == "" {
		return Shift{}, false
	}
	from, err1 := strconv.ParseInt(parts[0], 36, 64)
	to, err2 := strconv.ParseInt(parts[1], 36, 64)
	return Shift{Schedule: parts[2], From: time.Unix(from, 0).UTC(), To: time.Unix(to, 0).UTC()}, err1 == nil && err2 == nil && from < to
}

// shiftMenu offers shifts, their times in the reader's zone. The one that covers at is
// chosen already; the zero time chooses none.
func shiftMenu(id, label, hint string, shifts []Shift, at time.Time, zone *time.Location, name func(Shift) string) slack.Block {
	menu := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plainText("A shift"), id)
	for _, t := range shifts[:min(len(shifts), maxOptions)] {
		times := " · " + t.times(zone)
		text := oneLine(name(t), maxOptionLength-utf8.RuneCountInString(times)) + times
		var fairest *slack.TextBlockObject
		if t.Fairest != "" {
			fairest = plainText(oneLine("Fairest to take it: "+t.Fairest, maxOptionLength))
		}
		menu.Options = append(menu.Options, slack.NewOptionBlockObject(t.value(), plainText(text), fairest))
		if menu.InitialOption == nil && !at.Before(t.From) && at.Before(t.To) {
			menu.InitialOption = menu.Options[len(menu.Options)-1]
		}
	}
	return slack.NewInputBlock(id, plainText(label), hinted(hint), menu)
}

// moment asks for a time; one that Slack's picker does not know (ten digits) is not filled in.
func moment(id, label string, initial time.Time) *slack.InputBlock {
	e := slack.NewDateTimePickerBlockElement(id)
	if s := initial.Unix(); s >= 1e9 && s < 1e10 {
		e.InitialDateTime = s
	}
	return slack.NewInputBlock(id, plainText(label), nil, e)
}

func userMenu(id, label, hint, initial string) *slack.InputBlock {
	menu := slack.NewOptionsSelectBlockElement(slack.OptTypeUser, plainText("A person"), id)
	menu.InitialUser = initial
	return slack.NewInputBlock(id, plainText(label), hinted(hint), menu)
}

// scheduleMenu is a menu of the schedules, or a field where a menu cannot hold them.
func scheduleMenu(names []string, chosen string) slack.Block {
	if len(names) > maxAllOptions {
		return field(scheduleField, "Schedule", "Its name", chosen, false)
	}
	menu := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plainText("A schedule"), scheduleField)
	var all []*slack.OptionBlockObject
	for _, n := range names {
		o := slack.NewOptionBlockObject(handleOf(n, maxHandle), plainText(oneLine(n, maxOptionLength)), nil)
		all = append(all, o)
		if n == chosen || len(names) == 1 {
			menu.InitialOption = o
		}
	}
	offer(menu, all)
	return slack.NewInputBlock(scheduleField, plainText("Schedule"), nil, menu)
}

// CoverModal asks which of a person's shifts others shall take, or which part.
func CoverModal(mine []Shift, zone *time.Location, m Meta) slack.ModalViewRequest {
	return form(coverForm, "Ask for cover", "Ask", m,
		shiftMenu(shiftField, "Which shift?", "", mine, time.Time{}, zone, func(t Shift) string { return t.Schedule }),
		moment(fromField, "Only from", time.Time{}).WithOptional(true),
		moment(toField, "Only to", time.Time{}).WithOptional(true),
		field(textField, "Anything they should know?", "", "", true).WithOptional(true))
}

// SwapModal asks which shift is offered for which. The one of mine that covers at is
// chosen already; the zero time chooses none.
func SwapModal(mine, theirs []Shift, at time.Time, zone *time.Location, m Meta, s Scene) slack.ModalViewRequest {
	return form(swapForm, "Swap shifts", "Propose", m,
		shiftMenu(shiftField, "You give", "", mine, at, zone, func(t Shift) string { return t.Schedule }),
		shiftMenu(theirsField, "You take", "Both must be of one schedule.", theirs, time.Time{}, zone, func(t Shift) string { return s.Names(t.Person) + ", " + t.Schedule }),
		field(textField, "Anything they should know?", "", "", true).WithOptional(true))
}

// Overriding is what the form of an override begins with.
type Overriding struct {
	Schedules []string
	Chosen    string // one of them; empty: none yet
	// Person comes on call, in the place of Replaces; Slack ids.
	Person, Replaces string
	From, To         time.Time
	// Fairest is who would take the time of the chosen schedule that begins at From, up
	// to FairTo; nil: not known.
	Fairest *oncall.Taker
	FairTo  time.Time
}

// OverrideModal asks who shall be on call for whom, and when.
func OverrideModal(o Overriding, m Meta, s Scene) slack.ModalViewRequest {
	blocks := []slack.Block{scheduleMenu(o.Schedules, o.Chosen)}
	if o.Fairest != nil {
		blocks = append(blocks, small(s.fairestLine(*o.Fairest), "That is for *"+line(o.Chosen, 60)+"*, "+period(o.From, o.FairTo)+"."))
	}
	return form(overrideForm, "Override", "Put on call", m, append(blocks,
		userMenu(personField, "Who comes on call?", "They are told.", o.Person),
		userMenu(replacesField, "In whose place?", "Leave it empty to have both on call.", o.Replaces).WithOptional(true),
		moment(fromField, "From", o.From), moment(toField, "To", o.To))...)
}

// OffModal asks when a person is away.
func OffModal(today string, m Meta) slack.ModalViewRequest {
	day := func(id, label string) slack.Block {
		e := slack.NewDatePickerBlockElement(id)
		e.InitialDate = today
		return slack.NewInputBlock(id, plainText(label), nil, e)
	}
	return form(offForm, "Time off", "Note", m, day(fromField, "First day away"), day(toField, "Last day away"),
		field(textField, "Note", "Nobody is taken off call by this: ask for cover of the shifts it meets.", "", false).WithOptional(true))
}

// ShadowModal asks whom a person learns beside.
func ShadowModal(names []string, chosen string, m Meta) slack.ModalViewRequest {
	return form(shadowForm, "Shadow", "Begin", m, scheduleMenu(names, chosen),
		userMenu(personField, "Beside whom do you learn?", "You get a copy of every page they get.", ""))
}

// roster reads the forms of schedules; ok is false for another form.
func (v submitted) roster(out *Submission) (ok bool) {
	r := Roster{Note: out.Text}
	switch v.CallbackID {
	case coverForm:
		r.Do = DoCover
		v.coverShift(&r, out)
	case swapForm:
		r.Do = DoSwap
		mine, ok := readShift(v.text(shiftField))
		theirs, ok2 := readShift(v.text(theirsField))
		switch {
		case !ok:
			out.fault(shiftField, "Choose a shift of yours.")
		case !ok2:
			out.fault(theirsField, "Choose the shift you want.")
		case mine.Schedule != theirs.Schedule:
			out.fault(theirsField, "Choose a shift of "+oneLine(mine.Schedule, 60)+": both must be of one schedule.")
		}
		r.Schedule, r.From, r.To, r.OtherFrom, r.OtherTo = mine.Schedule, mine.From, mine.To, theirs.From, theirs.To
	case overrideForm:
		r.Do, r.Schedule, r.Person, r.Other = DoOverride, v.text(scheduleField), v.get(personField).SelectedUser, v.get(replacesField).SelectedUser
		r.From, r.To = v.moment(fromField), v.moment(toField)
		out.require(personField, r.Person, "Choose somebody.")
		v.order(r, out)
	case offForm:
		r.Do, r.FromDay, r.ToDay = DoOff, v.get(fromField).SelectedDate, v.get(toField).SelectedDate
		if r.ToDay < r.FromDay {
			out.fault(toField, "The last day is before the first.")
		}
	case shadowForm:
		r.Do, r.Schedule, r.Other = DoShadow, v.text(scheduleField), v.get(personField).SelectedUser
		out.require(personField, r.Other, "Choose somebody.")
	default:
		return false
	}
	out.Verb, out.Roster = Duty, r
	return true
}

func (v submitted) coverShift(r *Roster, out *Submission) {
	shift, ok := readShift(v.text(shiftField))
	if !ok {
		out.fault(shiftField, "Choose a shift of yours.")
		return
	}
	r.Schedule, r.From, r.To = shift.Schedule, shift.From, shift.To
	if from := v.moment(fromField); !from.IsZero() {
		r.From = from
	}
	if to := v.moment(toField); !to.IsZero() {
		r.To = to
	}
	v.order(*r, out)
}

func (v submitted) order(r Roster, out *Submission) {
	switch {
	case r.From.IsZero():
		out.fault(fromField, "Choose when it begins.")
	case !r.From.Before(r.To):
		out.fault(toField, "Choose an end after the beginning.")
	}
}

func (v submitted) moment(block string) time.Time {
	if at := v.get(block).SelectedMoment; at > 0 {
		return time.Unix(at, 0).UTC()
	}
	return time.Time{}
}

// Coming turns shifts of a plan into what a form offers.
func Coming(schedule string, shifts []oncall.Shift) []Shift {
	var out []Shift
	for _, f := range shifts {
		if f.Covers() {
			out = append(out, Shift{Schedule: schedule, Person: f.Person, From: f.Start, To: f.End})
		}
	}
	return out
}
