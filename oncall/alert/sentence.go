package alert

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/watchbill/watchbill/oncall"
)

// Sentence says in one sentence, without its full stop, what happened to an alert.
// Names gives the name of a person as its reader knows it. An unknown kind is shown by
// its name.
func Sentence(e Event, names func(person string) string) string {
	by := names(e.By)
	if e.By == "" {
		by = orWatchbill(e.Via)
	}
	switch e.Kind {
	case WasOpened:
		if e.Alert == nil {
			return "it began to fire"
		}
		return "it began to fire" + opening(*e.Alert)
	case MemberJoined:
		return e.member("another one") + " fires too"
	case MemberFired:
		return e.member("one that was resolved") + " fires again"
	case MemberResolved:
		return e.member("one of them") + " is resolved"
	case MemberAnswered:
		return by + " acknowledged " + e.member("one of them")
	case WasResolved:
		return "all of it is resolved"
	case WasReopened:
		return "it fires again"
	case WasRepeated:
		n := 0
		for _, c := range e.Counts {
			n += c
		}
		return fmt.Sprintf("reported %s more", times(n))
	case WasWorsened:
		if e.Severity == "" {
			return "it became worse"
		}
		return "it is " + string(e.Severity) + " now"
	case WasLessened:
		return "it is " + string(cmp.Or(e.Severity, SeverityError)) + " this time"
	case WasRerouted:
		return e.rerouted()
	case WasHeeded:
		return "it is more than what there was nothing to do about"
	case WasSilenced, WasUnsilenced:
		return e.silence(by)
	case WasAcknowledged:
		return by + " acknowledged it"
	case WasAckedAgain:
		return by + " acknowledged it too"
	case WasNoise:
		return with(by+" says that there is nothing to do about it", e.Text)
	case WasDeclared:
		return by + " declared " + e.Incident
	case IncidentOver:
		if e.Until.IsZero() {
			return e.Incident + " is over, and it has begun to fire again since"
		}
		return e.Incident + " is over, and it still fires: it pages again from " + oncall.FormatTime(e.At, e.Until)
	case IncidentAgain:
		return e.Incident + " was opened again"
	case WasClosed:
		return with(by+" closed it", e.Text)
	case WasContinued:
		return "it has no room for more members; " + e.Other + " goes on with the group"
	case WasShown:
		return "its card was posted in Slack"
	}
	return e.paging(by, names)
}

// paging is an event of how people are told.
func (e Event) paging(by string, names func(string) string) string {
	switch e.Kind {
	case WaitBegan:
		return with("it does not page before "+oncall.FormatTime(e.At, e.Until), e.Text)
	case WaitEnded:
		return "it waits no longer with its page"
	case WasPaged:
		return e.Page + " was opened for it"
	case WasFolded:
		return "it is counted on " + e.Page
	case WasUnfolded:
		return with("it is counted on "+e.Page+" no more", e.Text)
	case WasUnpaged:
		return with("nobody was paged", e.Text)
	case PageEscalated:
		return fmt.Sprintf("%s went on to step %d", e.Page, e.Step)
	case PageHandedOver:
		return by + " handed " + e.Page + " over to " + names(e.Person)
	case PageSnoozed:
		return by + " snoozed " + e.Page + " until " + oncall.FormatTime(e.At, e.Until)
	case PageResumed:
		return with(e.Page+" asks again", e.Text)
	case PageAnswered:
		return by + " answered " + e.Page + ", on which it is counted"
	case PageEnded:
		return with(e.Page+" ended", e.Text)
	}
	return strings.ReplaceAll(string(e.Kind), "_", " ")
}

// opening is what held of an alert from the beginning.
func opening(a Alert) string {
	switch {
	case a.Hush != nil && a.Hush.Window != "":
		return ", silenced by the maintenance " + a.Hush.Window
	case a.Hush != nil:
		return ", silenced by " + a.Hush.Silence
	case a.Folded:
		return ", counted on " + a.Page
	}
	return ""
}

func (e Event) rerouted() string {
	switch {
	case e.Declare > 0:
		return fmt.Sprintf("as it is now, it is for an incident of SEV%d", e.Declare)
	case e.Escalation != "":
		return "as it is now, it is for the escalation " + e.Escalation
	}
	return "as it is now, no escalation is for it"
}

func (e Event) silence(by string) string {
	if e.Kind == WasUnsilenced {
		if e.By != "" {
			return with(by+" ended its silence", e.Text)
		}
		return with("it is not silenced any more", e.Text)
	}
	what := "it is silenced"
	if e.By != "" {
		what = by + " silenced it"
	}
	if e.Hush == nil {
		return with(what, e.Text)
	}
	what += " until " + onDay(e.Hush.Until)
	switch {
	case e.Hush.Window != "":
		what += " by the maintenance " + e.Hush.Window
	case e.Hush.Silence != "":
		what += " (" + e.Hush.Silence + ")"
	}
	return with(what, e.Text)
}

func (e Event) member(otherwise string) string {
	if e.Member == nil || e.Member.Title == "" {
		return otherwise
	}
	return e.Member.Title
}

func with(what, why string) string {
	if why == "" {
		return what
	}
	return what + ": " + why
}

func orWatchbill(via string) string {
	if via == "" {
		return "Watchbill"
	}
	return via
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}
