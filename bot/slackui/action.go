package slackui

import (
	"fmt"
	"strconv"
	"strings"
)

// The actions of buttons. Messages live for ever, so these names and the layouts
// of their values keep their meaning; a new layout gets a new name.
const (
	PageAck         = "page.ack"         // PAGE-7|turn
	PageEscalate    = "page.escalate"    // PAGE-7|turn
	PageDecline     = "page.decline"     // PAGE-7|turn
	PageMenu        = "page.menu"        // PAGE-7|"snooze 30m", "snooze", "handover" and "resolve" open forms
	TakeCommand     = "inc.take"         // INC-3
	AskLead         = "inc.lead"         // INC-3: opens LeadModal
	AskUpdate       = "inc.update"       // INC-3: opens UpdateModal
	AskNote         = "inc.note"         // INC-3: opens NoteModal
	AskPage         = "inc.page"         // INC-3: opens PageModal
	AskResolve      = "inc.resolve"      // INC-3: opens ResolveModal
	AskReopen       = "inc.reopen"       // INC-3: opens ReopenModal
	DoClose         = "inc.close"        // INC-3
	ShowIncident    = "inc.show"         // INC-3
	ListFrom        = "inc.list"         // how many to leave out
	TimelineEarlier = "timeline.earlier" // INC-3|seq: the lines before that one
	TimelineNewest  = "timeline.newest"  // INC-3
	DeclareText     = "declare.text"     // a text: Parse("declare " + text)
	AskDeclare      = "declare.ask"      // opens DeclareModal
	Cancel          = "cancel"           // removes the ephemeral message
	Again           = "again"            // a text: Parse(text), once more on purpose
	Chosen          = "choose"           // INC-3|text: Parse("INC-3 " + text)
	OpenLink        = "link"             // a button that only opens its address
	AlertAck        = "alert.ack"        // ALERT-7
	AskAlertDeclare = "alert.declare"    // ALERT-7: opens DeclareModal
	AskSilence      = "alert.silence"    // ALERT-7, or nothing: opens SilenceModal
	AskNoise        = "alert.noise"      // ALERT-7: opens NoiseModal
	AlertMenu       = "alert.menu"       // ALERT-7|"history", "close" opens AlertCloseModal
	EndSilence      = "silence.end"      // SIL-2
	RosterTake      = "oncall.take"      // R3|schedule
	RosterAccept    = "oncall.accept"    // R3|schedule
	RosterRefuse    = "oncall.refuse"    // R3|schedule
	RosterWithdraw  = "oncall.withdraw"  // R3|schedule
	RosterUndo      = "oncall.undo"      // O3|schedule, or any other id
	RosterRemove    = "oncall.remove"    // remove|schedule
	RosterAsk       = "oncall.ask"       // a text: ParseOncall(text), which opens a form
)

// actionPrefix is the version of the layout; ids without one are read the same.
const actionPrefix = "v1."

// maxValue is how much text a button can carry; Slack's limit is 2,000.
const maxValue = 1900

// Action is what a press of a button asks for.
type Action struct {
	Kind     string // one of the constants above
	Incident string
	Page     string
	// Turn is the step of the page that the person saw; negative: not known.
	Turn int
	// Seq is the line a page of the timeline begins before.
	Seq uint64
	// From is how many entries of a list are left out.
	From int
	// Alert and Silence name what they say.
	Alert, Silence string
	// Request and Schedule name a request of a schedule.
	Request, Schedule string
	// Text is what was typed earlier, in Slack's wire form: for Parse.
	Text string
}

// ReadAction reads the id and the value of a pressed button. An error means that
// this binary does not know the button.
func ReadAction(actionID, value string) (Action, error) {
	kind := strings.TrimPrefix(actionID, actionPrefix)
	kind, _, _ = strings.Cut(kind, "#") // several buttons of one kind in a row
	a := Action{Kind: kind, Turn: -1}
	head, tail, _ := strings.Cut(value, "|")
	ok := false
	switch kind {
	case PageAck, PageEscalate, PageDecline:
		a.Page, ok = head, strings.HasPrefix(head, "PAGE-")
		if n, err := strconv.Atoi(tail); err == nil && n >= 0 {
			a.Turn = n
		}
	case PageMenu:
		a.Page, a.Text, ok = head, tail, strings.HasPrefix(head, "PAGE-") && tail != ""
	case TakeCommand, AskLead, AskUpdate, AskNote, AskPage, AskResolve, AskReopen, DoClose, ShowIncident, TimelineNewest:
		a.Incident, ok = head, strings.HasPrefix(head, "INC-")
	case TimelineEarlier:
		a.Incident, ok = head, strings.HasPrefix(head, "INC-")
		if n, err := strconv.ParseUint(tail, 10, 64); err == nil {
			a.Seq = n
		}
	case Chosen:
		a.Incident, a.Text, ok = head, tail, strings.HasPrefix(head, "INC-")
	case ListFrom:
		n, err := strconv.Atoi(value)
		a.From, ok = max(n, 0), err == nil
	case AlertAck, AskAlertDeclare, AskNoise, AlertMenu:
		a.Alert, a.Text, ok = head, tail, strings.HasPrefix(head, "ALERT-")
	case AskSilence:
		a.Alert, ok = head, head == "" || strings.HasPrefix(head, "ALERT-")
	case EndSilence:
		a.Silence, ok = head, strings.HasPrefix(head, "SIL-")
	case DeclareText, AskDeclare, Again, RosterAsk:
		a.Text, ok = value, true
	case RosterTake, RosterAccept, RosterRefuse, RosterWithdraw, RosterUndo, RosterRemove:
		a.Request, a.Schedule, ok = head, tail, head != "" && tail != ""
	case Cancel, OpenLink:
		ok = true
	}
	if !ok {
		return a, fmt.Errorf("read action %q: value %q is not of its layout", actionID, oneLine(value, 60))
	}
	return a, nil
}
