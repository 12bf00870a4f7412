package incident

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// Line is one entry of a timeline as people read it.
type Line struct {
	Seq      uint64
	Kind     Kind
	At       time.Time
	Recorded time.Time
	By       Actor
	// Text is a sentence without its subject's time: "dev1 declared it as SEV2".
	// Names in it are as the naming function gave them.
	Text string
	// Quote is a message or text that somebody wrote, to be shown as a quotation.
	Quote string
	// Link leads to the message; empty when it was deleted.
	Link string
	// Withdrawn says that it was taken back; it stays readable.
	Withdrawn bool
	// Was are earlier texts of Quote, oldest first.
	Was []string
	// asOf is when Slack says that the message was edited or deleted last; empty: not known.
	asOf    string
	deleted bool
}

// Late says whether the entry was written down more than a minute after it
// happened.
func (l Line) Late() bool { return l.Recorded.Sub(l.At) > time.Minute }

// Names gives the form in which a person, a channel target or "" (Watchbill) is
// written: a mention, a plain name, a role.
type Names func(person string) string

// PlainNames writes people as their names in the configuration.
func PlainNames(person string) string {
	if person == "" {
		return "Watchbill"
	}
	if token, ok := strings.CutPrefix(person, TokenPrefix); ok {
		return TokenName(token)
	}
	return strings.TrimPrefix(person, "channel:")
}

// TokenName is how an API token is written that speaks for nobody.
func TokenName(token string) string { return "API token " + token }

// Who writes who did something, and how unless it was in Slack: "dev1 (by CLI)".
func (a Actor) Who(names Names) string {
	who := names(a.Person)
	switch via, token := a.Door(); {
	case a.Machine():
	case via == "cli":
		who += " (by CLI)"
	case via == "api":
		who += " (by " + TokenName(token) + ")"
	}
	return who
}

// Timeline turns events into the lines people read, by the time at which things
// happened. Events that concern only delivery have no line.
func Timeline(events []Event, names Names) []Line {
	var lines []Line
	at := map[uint64]int{} // entry -> its line
	for _, e := range events {
		switch e.Kind {
		case PinText, PinEdited, PinDeleted, PinWithdrawn:
			if n, ok := at[e.Entry]; ok {
				amend(&lines[n], e, names)
			}
			continue
		case PinMarked, RoomOpened, RoomLeft, Invited, DraftPosted:
			continue
		case LeadSet:
			if e.Page != "" { // the acknowledgement beside it says so
				continue
			}
		}
		l := Line{Seq: e.Seq, Kind: e.Kind, At: e.At, Recorded: e.Recorded, By: e.By, Text: Sentence(e, names)}
		if quotes(e.Kind) {
			l.Quote = e.Text
		}
		at[e.Seq] = len(lines)
		lines = append(lines, l)
	}
	slices.SortStableFunc(lines, func(a, b Line) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Seq, b.Seq))
	})
	return lines
}

const deletedLater = " (deleted in Slack later)"

func amend(l *Line, e Event, names Names) {
	switch e.Kind {
	case PinText:
		if !l.deleted {
			l.Link = e.Link
		}
		if l.asOf <= e.EventTS || e.Was != "" {
			l.Quote = e.Text
		} else if e.Text != "" { // it was read before an edit that was told first
			l.Was = slices.Insert(l.Was, 0, e.Text)
		}
		l.Text = "a pinned message" // by an app, or somebody Slack does not name
		if e.Author != "" {
			l.Text = "message by " + names(e.Author)
		}
		if e.Was != "" {
			l.Text = "a pinned message whose text could not be read: " + e.Was
		} else if l.deleted {
			l.Text += deletedLater
		}
	case PinEdited:
		l.keep()
		l.Quote, l.asOf = e.Text, e.EventTS
	case PinDeleted:
		l.keep()
		l.Quote, l.Link, l.asOf, l.deleted = "", "", e.EventTS, true
		l.Text += deletedLater
	case PinWithdrawn:
		l.Withdrawn = true
	}
}

// keep puts the present text among the earlier ones; there is none before the
// message was fetched.
func (l *Line) keep() {
	if l.Quote != "" {
		l.Was = append(l.Was, l.Quote)
	}
}

func quotes(k Kind) bool {
	switch k {
	case Updated, Noted, WasResolved, WasReopened, SeveritySet, LeadSet:
		return true
	}
	return false
}

// Sentence says in one sentence what happened. The texts that people wrote are
// not in it; Timeline quotes them beside it. An unknown kind is shown by its name.
func Sentence(e Event, names Names) string {
	by := e.By.Who(names)
	switch e.Kind {
	case Declared:
		s := fmt.Sprintf("%s declared %s: %s", by, e.Severity, e.Title)
		if e.Service != "" {
			s += " (service " + e.Service + ")"
		}
		return s
	case LeadSet:
		if e.Person == e.By.Person && e.Was != "" && e.Was != e.Person {
			return by + " took command from " + names(e.Was)
		}
		if e.Person == e.By.Person {
			return by + " took command"
		}
		if e.Answered && e.By.Person == "" { // whoever declared it
			return names(e.Person) + " is incident commander"
		}
		if e.Answered {
			return names(e.Person) + " is incident commander, named by " + by
		}
		if e.By.Person == "" && e.Was == e.Person {
			return names(e.Person) + " led it before and has to answer anew"
		}
		if e.By.Person == "" {
			return names(e.Person) + " is on call and was named incident commander"
		}
		return by + " named " + names(e.Person) + " incident commander"
	case SeveritySet:
		return fmt.Sprintf("%s changed the severity from %s to %s", by, e.Was, e.Severity)
	case Updated:
		return by + " posted an update"
	case Noted:
		return by + " noted"
	case WasResolved:
		return by + " resolved the incident"
	case WasReopened:
		return by + " reopened the incident"
	case WasClosed:
		return by + " closed the incident"
	case PinEntered:
		return "a message that " + by + " pinned; its text is being fetched"
	}
	return pageSentence(e, names, by)
}

func pageSentence(e Event, names Names, by string) string {
	person := names(e.Person)
	if e.Person == e.By.Person {
		person = by
	}
	switch e.Kind {
	case Paged:
		s := fmt.Sprintf("%s went to %s", e.Page, list(e.Whom, names))
		if e.Floor {
			s += ", because nobody else is left to ask"
		}
		if e.By.Person != "" {
			s += ", asked for by " + by
		}
		return s
	case Unpaged:
		return "Nobody was paged: " + e.Text
	case PagePaused:
		return fmt.Sprintf("%s has notifications paused in Slack; %s goes on at once", person, e.Page)
	case PageFailed:
		if e.Method != "" {
			return fmt.Sprintf("%s could not reach %s by %s: %s", e.Page, person, e.Method, e.Text)
		}
		return fmt.Sprintf("%s could not reach %s: %s", e.Page, person, e.Text)
	case PageDeclined:
		return fmt.Sprintf("%s cannot take %s", person, e.Page)
	case PageEscalated:
		return fmt.Sprintf("%s escalated %s", by, e.Page)
	case PageAcknowledged:
		if e.Answered {
			return fmt.Sprintf("%s acknowledged %s and takes command", person, e.Page)
		}
		return fmt.Sprintf("%s acknowledged %s", person, e.Page)
	case PageSpent:
		return fmt.Sprintf("Nobody answers %s, and nobody else is left to ask: it comes again and again until somebody does", e.Page)
	case PageSkipped:
		return fmt.Sprintf("A step of %s was skipped: %s", e.Page, e.Text)
	case PageHandedOver:
		return fmt.Sprintf("%s handed %s over to %s", by, e.Page, names(e.Person))
	case PageSnoozed:
		return fmt.Sprintf("%s snoozed %s until %s", by, e.Page, oncall.FormatTime(e.At, e.Until))
	case PageResumed:
		if e.Text != "" {
			return fmt.Sprintf("%s comes again: %s", e.Page, e.Text)
		}
		if e.Snoozed {
			return fmt.Sprintf("%s comes again: %s had snoozed it until now", e.Page, by)
		}
		return fmt.Sprintf("%s comes again: %s acknowledged it, and it did not end in time", e.Page, by)
	case PageNobody:
		return fmt.Sprintf("%s reaches nobody: neither its escalation policy nor the last resort leads to anybody", e.Page)
	case PageAnsweredAgain:
		return fmt.Sprintf("%s acknowledged %s too", person, e.Page)
	case PageEnded:
		return e.Page + " ended"
	case RoomLost:
		return "The incident goes on in the announcement's thread: " + e.Text
	case RoomBack:
		return "The incident is back in its channel"
	case AlertFired:
		return e.Alert + " fires: " + e.Title
	case AlertOver:
		return e.Alert + " is resolved: " + e.Title
	case DeliveryFailed:
		return "Watchbill could not deliver " + e.Text
	case WasDown:
		return "Watchbill was not running for " + lasted(e) + ": what people typed to it in that time was not recorded"
	case WasCutOff:
		return "Watchbill heard nothing from Slack for " + lasted(e)
	}
	return fmt.Sprintf("%s (%s)", strings.ReplaceAll(string(e.Kind), "_", " "), by)
}

// lasted is how long something was, and when it was over.
func lasted(e Event) string {
	return oncall.FormatDuration(e.Until.Sub(e.At).Round(time.Second)) + ", until " + oncall.FormatTime(e.At, e.Until)
}

func list(who []string, names Names) string {
	if len(who) == 0 {
		return "nobody"
	}
	out := make([]string, len(who))
	for n, w := range who {
		out[n] = names(w)
	}
	if len(out) == 1 {
		return out[0]
	}
	return strings.Join(out[:len(out)-1], ", ") + " and " + out[len(out)-1]
}
