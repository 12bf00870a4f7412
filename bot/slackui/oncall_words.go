package slackui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

// The messages below tell people what concerns them on the schedules. To is who
// reads it; empty means the schedule's channel.

// Handover is what a handoff message tells.
type Handover struct {
	Schedule string
	To       string
	Handoff  oncall.Handoff
	// Since is when the shift began that ends, Next when the next handoff is (zero:
	// not known).
	Since, Next time.Time
	Missed      int
	Late        bool
	// Open are the incidents that go on, Pages the pages that wait for an answer or come
	// again, Over what was closed or resolved in the shift.
	Open  []incident.Incident
	Pages []paging.Page
	Over  []incident.Incident
	// Alerts are the first that fire, Firing is how many do; Silenced fire and page
	// nobody.
	Alerts   []alert.Alert
	Firing   int
	Silenced []alert.Alert
	// Ended are the alerts that ended in the shift, in this order; EndedMore says that
	// there may be more.
	Ended     []alert.Alert
	EndedMore bool
}

// MaxHanded is how many of each kind a handoff lists.
const MaxHanded = 8

// HandoffMessage tells who hands over to whom, and what is handed over.
func HandoffMessage(h Handover, s Scene) Message {
	name := line(h.Schedule, 60)
	head := s.handoffHead(h, name)
	if h.Late {
		head += "\n_This comes late: the handoff was " + when(h.Handoff.At) + ", while Watchbill was not running._"
	}
	if h.Missed > 0 {
		head += fmt.Sprintf("\n_%s before it went untold._", count(h.Missed, "handoff", "handoffs"))
	}
	if !h.Next.IsZero() {
		head += "\n*Next handoff:* " + when(h.Next)
	}
	blocks := []slack.Block{section(head)}
	part := func(title string, lines []string, none string) {
		if len(lines) == 0 && none != "" {
			lines = []string{none}
		}
		if len(lines) > 0 {
			blocks = append(blocks, paged(append([]string{"*" + title + "*"}, lines...))...)
		}
	}
	part("Open incidents", handed(h.Open, len(h.Open), handedIncident), "None.")
	part("Open pages", handed(h.Pages, len(h.Pages), s.handedPage), "")
	part("Open alerts", handed(h.Alerts, h.Firing, s.handedAlert), "")
	part("Silenced alerts", handed(h.Silenced, len(h.Silenced), handedSilence), "")
	part("Over since "+when(h.Since), append(handed(h.Over, len(h.Over), handedIncident), s.handedEnded(h)...), "Nothing: it was quiet.")
	return Message{Text: s.handoffText(h, name), Blocks: blocks}
}

// handed is a line for each of the first, and how many there are besides.
func handed[T any](list []T, all int, one func(T) string) []string {
	var lines []string
	for _, v := range list[:min(len(list), MaxHanded)] {
		lines = append(lines, one(v))
	}
	if more := all - len(lines); more > 0 && len(lines) > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return lines
}

func handedIncident(i incident.Incident) string {
	return marker(i) + " *" + line(i.ID, 20) + "* " + i.Severity.String() + " · " + statusWord(i) + " · " + line(i.Title, 120)
}

func (s Scene) handedPage(p paging.Page) string {
	l := "*" + line(p.ID, 20) + "* for " + line(p.Subject, 20)
	if p.Facts.Severity != "" {
		l += ", " + line(p.Facts.Severity, 20)
	}
	switch {
	case p.Status == paging.Open:
		l += ", unanswered since " + when(p.Opened)
	case p.Snoozed:
		l += ", snoozed by " + s.plain(p.Owner) + " until " + when(p.Until)
	default:
		l += ", " + s.plain(p.Owner) + " has it"
		if !p.Until.IsZero() {
			l += "; it comes again " + when(p.Until)
		}
	}
	if p.Folded > 0 {
		l += ", and " + count(p.Folded, "other", "others")
	}
	return l
}

func (s Scene) handedAlert(a alert.Alert) string {
	shown := Alert{Alert: a}
	return markerOf(shown.about()) + " *" + line(a.ID, 20) + "* " + line(levelled(string(a.Severity), a.Title), 120) + " · " + s.stands(shown)
}

// handedSilence is an alert that fires in silence, and when that ends.
func handedSilence(a alert.Alert) string {
	l := "*" + line(a.ID, 20) + "* " + line(a.Title, 120)
	if a.Hush != nil {
		l += ", silent until " + when(a.Hush.Until)
		if a.Hush.Window != "" {
			l += " by the maintenance window " + line(a.Hush.Window, 60)
		}
	}
	return l
}

// handedEnded are the alerts of the shift that paged, the newest first, and how many
// others ended.
func (s Scene) handedEnded(h Handover) []string {
	var told []alert.Alert
	for _, a := range slices.Backward(h.Ended) {
		if a.Page != "" && !a.Folded {
			told = append(told, a)
		}
	}
	lines := handed(told, len(told), s.handedAlertOver)
	if others := len(h.Ended) - len(told); others > 0 || h.EndedMore {
		text := count(others, "alert", "alerts") + " without a page of its own"
		if others != 1 {
			text = count(others, "alert", "alerts") + " without pages of their own"
		}
		if h.EndedMore {
			text += "; there were more than can be listed"
		}
		lines = append(lines, text)
	}
	return lines
}

func (s Scene) handedAlertOver(a alert.Alert) string {
	l := "✅ *" + line(a.ID, 20) + "* " + line(levelled(string(a.Severity), a.Title), 120)
	switch {
	case a.Incident != "":
		return l + " · " + line(a.Incident, 20)
	case a.Acknowledged != nil && a.Acknowledged.By != "":
		return l + " · " + s.plain(a.Acknowledged.By) + " had it"
	}
	return l + " · nobody answered its page"
}

func (s Scene) handoffHead(h Handover, name string) string {
	switch {
	case h.To != "" && slices.Contains(h.Handoff.In, h.To):
		from := ""
		if len(h.Handoff.Out) > 0 {
			from = " You take over from " + s.plains(h.Handoff.Out) + "."
		}
		return "*You are on call for " + name + " now.*" + from
	case h.To != "":
		to := "Nobody comes on call."
		if len(h.Handoff.In) > 0 {
			to = "You hand over to " + s.plains(h.Handoff.In) + "."
		}
		return "*You are off call for " + name + ".* " + to
	case len(h.Handoff.On) == 0:
		return "*Handoff of " + name + "*: nobody is on call now. " + s.plains(h.Handoff.Out) + " went off."
	case len(h.Handoff.Out) == 0:
		return "*Handoff of " + name + "*: " + s.plains(h.Handoff.On) + " " + isAre(len(h.Handoff.On)) + " on call now."
	}
	return "*Handoff of " + name + "*: " + s.plains(h.Handoff.On) + " " + isAre(len(h.Handoff.On)) + " on call now, after " + s.plains(h.Handoff.Out) + "."
}

func (s Scene) handoffText(h Handover, name string) string {
	text := "On call for " + name + " now: " + s.plains(h.Handoff.On)
	switch {
	case h.To != "" && slices.Contains(h.Handoff.In, h.To):
		text = "You are on call for " + name + " now"
	case h.To != "":
		text = "You are off call for " + name
	}
	if h.Late {
		text += " (told late)"
	}
	var open []string
	for _, k := range []struct {
		n         int
		one, many string
	}{{len(h.Open), "incident", "incidents"}, {len(h.Pages), "page", "pages"}, {h.Firing, "alert", "alerts"}} {
		if k.n > 0 {
			open = append(open, count(k.n, k.one, k.many))
		}
	}
	if len(open) > 0 {
		text += ". Open: " + strings.Join(open, ", ")
	}
	return text + "."
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// ReminderMessage reminds a person of a shift that begins.
func ReminderMessage(schedule string, at time.Time, late bool, s Scene) Message {
	text := "You come on call for *" + line(schedule, 60) + "* " + when(at) + "."
	if late {
		text += " _This reminder comes late: Watchbill was not running._"
	}
	return Message{Text: text, Blocks: []slack.Block{section(text), small("Cannot make it? `" + s.oncallCommand() + " cover me` asks the others. `" +
		s.oncallCommand() + " remind off` stops these messages.")}}
}

// OverrideMessage tells a person what overrides change for them; ended says that
// they were taken back.
func OverrideMessage(schedule, to, by string, list []oncall.StoredOverride, ended bool, s Scene) Message {
	who := "A change of the configuration"
	if by != "" {
		who = s.plain(by)
	}
	var lines []string
	for _, o := range list {
		times := overrideTimes(o)
		var l string
		switch {
		case ended:
			l = "took back an override of *" + line(schedule, 60) + "*, " + times + ": the rotation holds again"
		case to == o.Person && o.Replaces != "" && o.Replaces == by:
			l = "put you on call for *" + line(schedule, 60) + "* in their place, " + times
		case to == o.Person && o.Replaces != "":
			l = "put you on call for *" + line(schedule, 60) + "* in the place of " + s.plain(o.Replaces) + ", " + times
		case to == o.Person:
			l = "put you on call for *" + line(schedule, 60) + "* as well, " + times
		case o.Person == "":
			l = "took you off call for *" + line(schedule, 60) + "*, " + times + ": nobody comes instead"
		default:
			l = "put " + s.plain(o.Person) + " on call for *" + line(schedule, 60) + "* in your place, " + times
		}
		if len(lines) < 10 {
			lines = append(lines, who+" "+l+".")
		}
	}
	m := Message{Text: lines[0], Blocks: []slack.Block{section(lines...)}}
	if !ended && len(list) == 1 {
		m.Blocks = append(m.Blocks, small("Not agreed? `"+s.oncallCommand()+" undo "+line(list[0].ID, 20)+" "+line(schedule, 60)+"` takes it back."))
	}
	return m
}

// overrideTimes are the times of an override in the reader's zone.
func overrideTimes(o oncall.StoredOverride) string {
	if times, ok := instants(o.From, o.To); ok {
		return times
	}
	return line(o.From, 40) + " to " + line(o.To, 40) + " (" + line(o.Zone, 40) + ")"
}

// instants are two times that were written in RFC 3339, in the reader's zone.
func instants(from, to string) (string, bool) {
	a, err := time.Parse(time.RFC3339Nano, from)
	b, bad := time.Parse(time.RFC3339Nano, to)
	if err != nil || bad != nil {
		return "", false
	}
	return period(a, b), true
}

// RequestMessage shows a request to somebody who can answer it, as it stands.
func RequestMessage(schedule, to string, q oncall.Request, s Scene) Message {
	value := aim(q.ID, schedule)
	head := s.requestLine(schedule, q)
	blocks := []slack.Block{section(head)}
	if q.Note != "" {
		blocks = append(blocks, section(quote(q.Note, 500)))
	}
	switch {
	case q.Status != oncall.RequestOpen:
		blocks = append(blocks, section(s.requestEnd(q, to)))
	case q.Kind == oncall.SwapRequest:
		blocks = append(blocks, row(primary(button(RosterAccept, value, "Accept")), button(RosterRefuse, value, "Decline"))...)
	default:
		blocks = append(blocks, row(primary(button(RosterTake, value, "Take it")))...)
		blocks = append(blocks, small("The first who takes it has it."))
	}
	text := head
	if q.Status != oncall.RequestOpen {
		text = s.requestEnd(q, to)
	}
	return Message{Text: text, Blocks: blocks}
}

func (s Scene) requestLine(schedule string, q oncall.Request) string {
	name := "*" + line(schedule, 60) + "*"
	if q.Kind == oncall.SwapRequest && q.OtherFrom != nil && q.OtherTo != nil {
		return s.plain(q.Person) + " offers to swap on " + name + ": they take yours of " + period(*q.OtherFrom, *q.OtherTo) +
			", you take theirs of " + period(q.From, q.To) + "."
	}
	return s.plain(q.Person) + " asks for cover on " + name + ", " + period(q.From, q.To) + "."
}

func (s Scene) requestEnd(q oncall.Request, to string) string {
	swap := q.Kind == oncall.SwapRequest
	switch {
	case swap && q.Status == oncall.RequestTaken && q.TakenBy == to:
		return ":white_check_mark: You agreed."
	case swap && q.Status == oncall.RequestTaken:
		return ":white_check_mark: " + s.plain(q.TakenBy) + " agreed."
	case swap && q.Status == oncall.RequestExpired:
		return s.plain(q.Other) + " did not answer in time."
	}
	switch q.Status {
	case oncall.RequestTaken:
		if q.TakenBy == to {
			return ":white_check_mark: You took it."
		}
		return ":white_check_mark: " + s.plain(q.TakenBy) + " took it."
	case oncall.RequestWithdrawn:
		return s.plain(q.Person) + " withdrew it."
	case oncall.RequestDeclined:
		return s.plain(q.Other) + " declined it."
	}
	return "Nobody took it in time."
}

// ClosedMessage tells one of those whom a request concerns how it ended.
func ClosedMessage(schedule, to, by string, q oncall.Request, s Scene) Message {
	name, times := line(schedule, 60), period(q.From, q.To)
	swap := q.Kind == oncall.SwapRequest
	var text string
	switch {
	case q.Status == oncall.RequestTaken && swap && to == q.Person:
		text = s.plain(q.Other) + " agreed to the swap on *" + name + "*: they take " + times + ", you take " + other(q) + "."
	case q.Status == oncall.RequestTaken && swap:
		text = "The swap on *" + name + "* holds: you take " + times + ", " + s.plain(q.Person) + " takes " + other(q) + "."
	case q.Status == oncall.RequestTaken && to == q.Person:
		text = s.plain(q.TakenBy) + " covers your time on call for *" + name + "*, " + times + "."
	case q.Status == oncall.RequestTaken:
		text = "You cover " + s.plain(q.Person) + " on *" + name + "*, " + times + ". Thank you."
	case q.Status == oncall.RequestDeclined && to == q.Person:
		text = s.plain(orElse(by, q.Other)) + " declined the swap on *" + name + "*: your shift of " + times + " stays yours."
	case q.Status == oncall.RequestDeclined:
		text = s.plain(orElse(by, q.Other)) + " declined the swap that " + s.plain(q.Person) + " offered you on *" + name + "*: everything stays as it is."
	case q.Status == oncall.RequestWithdrawn && q.TakenBy == "":
		what := "request for cover"
		if swap {
			what = "offer to swap"
		}
		text = s.plain(orElse(by, q.Person)) + " withdrew the " + what + " on *" + name + "*, " + times + ": everything stays as it is."
	case q.Status == oncall.RequestWithdrawn:
		text = s.plain(orElse(by, q.Person)) + " withdrew " + line(q.ID, 20) + " on *" + name + "*, " + times + ": the rotation holds again."
	case swap && to == q.Person:
		text = s.plain(q.Other) + " did not answer about the swap on *" + name + "*: your shift of " + times + " stays yours. Talk to them, or to your team lead, if you cannot make it."
	case to == q.Person:
		text = "Nobody took your time on call for *" + name + "*, " + times + ": it stays yours. Talk to your team lead if you cannot make it."
	default:
		text = s.plain(q.Person) + "'s request on *" + name + "*, " + times + ", ran out."
	}
	return short(text)
}

// RemovedMessage tells that a schedule is no more.
func RemovedMessage(schedule, by string, s Scene) Message {
	who := "Somebody"
	if by != "" {
		who = s.plain(by)
	}
	return short(who + " removed the schedule *" + line(schedule, 60) + "*: nobody is on call for it any more.")
}

func other(q oncall.Request) string {
	if q.OtherFrom == nil || q.OtherTo == nil {
		return ""
	}
	return period(*q.OtherFrom, *q.OtherTo)
}

// WatchMessage tells what the watchman saw ahead on a schedule.
func WatchMessage(schedule string, lines []string, s Scene) Message {
	head := "*The schedule " + line(schedule, 60) + " needs care*"
	const most = 15
	var shown []string
	for _, l := range lines[:min(len(lines), most)] {
		shown = append(shown, "• "+line(l, 300))
	}
	if more := len(lines) - most; more > 0 {
		shown = append(shown, fmt.Sprintf("and %d more: `%s gaps %s`", more, s.oncallCommand(), line(schedule, 60)))
	}
	blocks := append([]slack.Block{section(head)}, paged(shown)...)
	return Message{Text: head + ": " + line(lines[0], 300), Blocks: blocks}
}

// HintMessage tells an admin what keeps Watchbill from its work.
func HintMessage(text string, s Scene) Message { return short(s.escapedMessage(text)) }

// ShadowCopy shows somebody who learns what the one they follow was paged for.
func ShadowCopy(p paging.Page, a paging.About, with string, s Scene) Message {
	head := ":eyes: " + s.plain(with) + ", whom you shadow, was paged: " + named(a)
	return Message{Text: head, Blocks: []slack.Block{section(head, s.placeLine(a.Place)), small("This is your copy of " + line(p.ID, 20) + ". Nobody waits for your answer.")}}
}

// MentorCall asks a mentor to join the one who leads in their place and has not
// answered.
func MentorCall(p paging.Page, a paging.About, learner string, s Scene) Message {
	head := markerOf(a) + " " + named(a) + ": " + s.plain(learner) + ", behind whom you stand, has not answered " + line(p.ID, 20) + ". Please join."
	value := p.ID + "|" + strconv.Itoa(p.Turn)
	blocks := []slack.Block{section(head, s.placeLine(a.Place))}
	blocks = append(blocks, row(primary(button(PageAck, value, "Acknowledge")))...)
	return Message{Text: head, Blocks: blocks}
}

// named names what a page is about in one line.
func named(a paging.About) string {
	return "*" + line(a.ID, 20) + "* " + levelled(line(a.Level, 20), line(a.Title, incident.MaxTitle))
}
