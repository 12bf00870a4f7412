package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// Command is something that is asked of an incident. The commands are the types
// in this package that have a decide method.
type Command interface {
	decide(i Incident, now time.Time) ([]Event, error)
}

// Decide returns what the command makes happen at now, or why it may not. An
// empty result without an error means that nothing changes. Refusals are *Error.
func Decide(i Incident, c Command, now time.Time) ([]Event, error) {
	events, err := c.decide(i, now)
	if err != nil {
		return nil, err
	}
	for n := range events {
		if events[n].At.IsZero() {
			events[n].At = now
		}
		events[n].Recorded = now
	}
	return events, nil
}

// maxTyped is how many characters of a title are taken: more than Slack sends.
const maxTyped = 10 * MaxText

// Declare opens a new incident. Lead and the pages come as commands of their own
// in the same commit.
type Declare struct {
	By       Actor
	ID       string
	Title    string
	Severity Severity // zero: DefaultSeverity
	Service  string
	Channel  string // the name its channel shall have
}

func (c Declare) decide(i Incident, now time.Time) ([]Event, error) {
	if i.ID != "" {
		return nil, &Error{Conflict, i.ID + " exists already."}
	}
	if err := member(c.By, "declare an incident"); err != nil {
		return nil, err
	}
	title := oneLine(c.Title)
	if oncall.Blank(title) {
		return nil, &Error{Invalid, "An incident needs a title that says what is broken: for example `/inc declare checkout returns 503`."}
	}
	if n := len([]rune(c.Title)); n > maxTyped {
		return nil, &Error{Invalid, fmt.Sprintf("That title has %d characters, and %d is the most that is kept. Nothing was declared: say what is broken in one line.", n, maxTyped)}
	}
	sev := c.Severity
	if sev == 0 {
		sev = DefaultSeverity
	}
	if sev < 1 || sev > 4 {
		return nil, &Error{Invalid, "Severities are 1 (worst) to 4."}
	}
	events := []Event{{Kind: Declared, By: c.By, ID: c.ID, Title: Clip(title, MaxTitle), Severity: sev, Service: c.Service, Name: c.Channel}}
	if len([]rune(title)) > MaxTitle { // nothing they typed is lost
		for part := range slices.Chunk([]rune(strings.TrimSpace(c.Title)), MaxText) {
			events = append(events, Event{Kind: Noted, By: c.By, Text: string(part)})
		}
	}
	return events, nil
}

// SetLead makes a person the incident commander. Answered is set when they took
// command themselves; Vacant asks for command only while nobody has taken it, and changes
// nothing otherwise; Text may say why.
type SetLead struct {
	By       Actor
	Person   string
	Answered bool
	Vacant   bool
	Text     string
}

func (c SetLead) decide(i Incident, now time.Time) ([]Event, error) {
	if err := workable(i, c.By, "change who leads"); err != nil {
		return nil, err
	}
	if c.Person == "" {
		return nil, &Error{Invalid, "Say who shall lead: for example `/inc lead @name`."}
	}
	if err := short(c.Text); err != nil {
		return nil, err
	}
	answered := c.Answered || c.Person == c.By.Person
	if i.Lead == c.Person && (i.Answered || !answered) || c.Vacant && i.Answered {
		return remark(c.By, c.Text), nil
	}
	return []Event{{Kind: LeadSet, By: c.By, Person: c.Person, Answered: answered, Was: i.Lead, Text: strings.TrimSpace(c.Text)}}, nil
}

// remark notes the reason for what is so already: nothing that was typed is lost.
func remark(by Actor, text string) []Event {
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	return []Event{{Kind: Noted, By: by, Text: text}}
}

// SetSeverity changes how bad the incident is; Text may say why.
type SetSeverity struct {
	By       Actor
	Severity Severity
	Text     string
}

func (c SetSeverity) decide(i Incident, now time.Time) ([]Event, error) {
	if err := workable(i, c.By, "change its severity"); err != nil {
		return nil, err
	}
	if c.Severity < 1 || c.Severity > 4 {
		return nil, &Error{Invalid, "Severities are 1 (worst) to 4."}
	}
	if err := short(c.Text); err != nil {
		return nil, err
	}
	if i.Severity == c.Severity {
		return remark(c.By, c.Text), nil
	}
	return answering(i, c.By, Event{Kind: SeveritySet, By: c.By, Severity: c.Severity, Was: i.Severity.String(), Text: strings.TrimSpace(c.Text)}), nil
}

// Update tells everybody who follows the incident how it stands.
type Update struct {
	By   Actor
	Text string
}

func (c Update) decide(i Incident, now time.Time) ([]Event, error) {
	if err := notClosed(i, c.By, "post an update"); err != nil {
		return nil, err
	}
	if err := says(c.Text, "An update needs its text: for example `/inc update payments are back, watching`."); err != nil {
		return nil, err
	}
	return answering(i, c.By, Event{Kind: Updated, By: c.By, Text: strings.TrimSpace(c.Text)}), nil
}

// answering adds to what somebody did that they took command, if they were named to lead
// and had not answered: nobody goes on waiting for whoever is at work.
func answering(i Incident, by Actor, e Event) []Event {
	events := []Event{e}
	if i.Active() && i.Lead != "" && i.Lead == by.Person && !i.Answered {
		events = append(events, Event{Kind: LeadSet, By: by, Person: by.Person, Answered: true, Was: i.Lead})
	}
	return events
}

// Note puts a line on the timeline, possibly at an earlier time.
type Note struct {
	By   Actor
	Text string
	At   time.Time // when it happened; zero: now
}

func (c Note) decide(i Incident, now time.Time) ([]Event, error) {
	if err := exists(i); err != nil {
		return nil, err
	}
	if err := member(c.By, "write on a timeline"); err != nil {
		return nil, err
	}
	if err := says(c.Text, "A note needs its text: for example `/inc note -15m deploy 4711 went out`."); err != nil {
		return nil, err
	}
	if c.At.After(now.Add(time.Minute)) {
		return nil, &Error{Invalid, "A note cannot lie in the future: give a time that has passed, or leave it out for now."}
	}
	if !c.At.IsZero() && c.At.Before(i.Declared.Add(-30*24*time.Hour)) {
		return nil, &Error{Invalid, fmt.Sprintf("That is more than 30 days before %s was declared. Give a time nearer to it.", i.ID)}
	}
	return []Event{{Kind: Noted, By: c.By, Text: strings.TrimSpace(c.Text), At: c.At}}, nil
}

// Resolve says that users are no longer affected and nothing more is under way. The text of
// whoever comes second is a note.
type Resolve struct {
	By   Actor
	Text string
}

func (c Resolve) decide(i Incident, now time.Time) ([]Event, error) {
	if err := notClosed(i, c.By, "resolve it"); err != nil {
		return nil, err
	}
	if err := short(c.Text); err != nil {
		return nil, err
	}
	if i.Status == Resolved {
		if note := remark(c.By, c.Text); note != nil {
			return note, nil
		}
		return nil, &Error{Conflict, fmt.Sprintf("%s is resolved already, since %s. Next: `close` it, or `reopen` it with a reason.", i.ID, clock(i.Resolved))}
	}
	return append([]Event{{Kind: WasResolved, By: c.By, Text: strings.TrimSpace(c.Text)}}, endPages(i, c.By)...), nil
}

// Reopen takes a resolved or closed incident up again. The reason of whoever comes second is
// a note.
type Reopen struct {
	By   Actor
	Text string // why
}

func (c Reopen) decide(i Incident, now time.Time) ([]Event, error) {
	if err := exists(i); err != nil {
		return nil, err
	}
	if err := member(c.By, "reopen it"); err != nil {
		return nil, err
	}
	if i.Status == Open && i.Reopened == 0 {
		return nil, &Error{Conflict, i.ID + " is open: there is nothing to reopen."}
	}
	if err := says(c.Text, "Say why it is opened again: for example `/inc reopen errors are back in eu-west`."); err != nil {
		return nil, err
	}
	if i.Status == Open {
		return remark(c.By, c.Text), nil
	}
	return []Event{{Kind: WasReopened, By: c.By, Text: strings.TrimSpace(c.Text), Was: string(i.Status), Calls: true}}, nil
}

// Recall names who shall lead an incident that was opened again. Unless Answered, they
// have to say so, also if they led it before.
type Recall struct {
	Person   string
	Answered bool
}

func (c Recall) decide(i Incident, now time.Time) ([]Event, error) {
	if c.Person == "" || c.Person == i.Lead && c.Answered == i.Answered {
		return nil, nil
	}
	return []Event{{Kind: LeadSet, Person: c.Person, Answered: c.Answered, Was: i.Lead}}, nil
}

// Close ends the work on an incident; the postmortem draft follows.
type Close struct {
	By Actor
}

func (c Close) decide(i Incident, now time.Time) ([]Event, error) {
	if err := exists(i); err != nil {
		return nil, err
	}
	if err := member(c.By, "close it"); err != nil {
		return nil, err
	}
	if i.Status == Closed {
		return nil, &Error{Conflict, fmt.Sprintf("%s is closed already, since %s. If it is back, `reopen` it with a reason.", i.ID, clock(i.Closed))}
	}
	return append([]Event{{Kind: WasClosed, By: c.By}}, endPages(i, c.By)...), nil
}

// HearAlert puts on the timeline that an alert which belongs to the incident fires, or
// is over. A closed incident does not hear of it.
type HearAlert struct {
	By    Actor // who said that it belongs to it; empty: a route
	Alert string
	Title string
	Over  bool
}

func (c HearAlert) decide(i Incident, now time.Time) ([]Event, error) {
	if err := exists(i); err != nil {
		return nil, err
	}
	if i.Status == Closed {
		return nil, nil
	}
	e := Event{Kind: AlertFired, By: c.By, Alert: c.Alert, Title: Clip(oneLine(c.Title), MaxTitle)}
	if c.Over {
		e.Kind = AlertOver
	}
	return []Event{e}, nil
}

func endPages(i Incident, by Actor) []Event {
	var events []Event
	for _, id := range i.OpenPages() {
		events = append(events, Event{Kind: PageEnded, By: by, Page: id})
	}
	return events
}

func exists(i Incident) error {
	if i.ID == "" {
		return &Error{NotFound, "There is no such incident. `/inc list` shows those that are open."}
	}
	return nil
}

// member refuses people from outside the workspace.
func member(by Actor, what string) error {
	if by.Guest {
		return &Error{Forbidden, fmt.Sprintf("Guests cannot %s here. Ask a member of the workspace to do it for you.", what)}
	}
	return nil
}

// notClosed refuses a command on an incident that is closed, and from people from
// outside.
func notClosed(i Incident, by Actor, what string) error {
	if err := exists(i); err != nil {
		return err
	}
	if i.Status == Closed {
		return &Error{Conflict, fmt.Sprintf("%s was closed %s; to %s, `reopen` it with a reason first.", i.ID, clock(i.Closed), what)}
	}
	return member(by, what)
}

// workable is notClosed for what also makes no sense once it is resolved.
func workable(i Incident, by Actor, what string) error {
	if err := notClosed(i, by, what); err != nil {
		return err
	}
	if i.Status == Resolved {
		return &Error{Conflict, fmt.Sprintf("%s was resolved %s; to %s, `reopen` it with a reason first.", i.ID, clock(i.Resolved), what)}
	}
	return nil
}

func says(text, empty string) error {
	if oncall.Blank(text) {
		return &Error{Invalid, empty}
	}
	return short(text)
}

func short(text string) error {
	if n := len([]rune(strings.TrimSpace(text))); n > MaxText {
		return &Error{Invalid, fmt.Sprintf("That text has %d characters, and %d is the most. Nothing was recorded: shorten it, or send it in parts.", n, MaxText)}
	}
	return nil
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }
