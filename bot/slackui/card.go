package slackui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// Card is the pinned message of an incident's room: what is broken, how bad it
// is, who leads and what comes next.
func Card(i incident.Incident, s Scene) Message { return s.card(i, "") }

// card is the card; place tells those outside the room where it is.
func (s Scene) card(i incident.Incident, place string) Message {
	blocks := []slack.Block{header(marker(i) + " " + i.Severity.String() + " · " + i.Title)}
	blocks = append(blocks, section(
		facts(i),
		cutTitle(i.Title),
		"*Lead:* "+s.leadLine(i),
		s.pagedFact(i),
		lifeline(i),
		s.help(i),
		s.alertsFact(i),
		place,
	))
	if i.Room.State == incident.RoomThread && place == "" {
		blocks = append(blocks, section("*Here, not in a channel:* "+line(i.Room.Why, maxReason)))
	}
	if i.Update != nil {
		blocks = append(blocks, section("*Last update* by "+s.plain(i.Update.By)+", "+when(i.Update.At)+"\n"+quote(i.Update.Text, maxCardQuote)))
	}
	blocks = append(blocks, small(s.nextStep(i)))
	buttons := cardButtons(i)
	if len(buttons) > 0 {
		buttons = append(s.deadButtons(insteadOfCard(i)), buttons...)
	}
	return Message{Text: s.inShort(i), Blocks: append(blocks, buttons...), Unheard: s.Unheard && len(buttons) > 0}
}

// insteadOfCard does in a shell what the first button of a card does.
func insteadOfCard(i incident.Incident) string {
	id := line(i.ID, 20)
	switch {
	case i.Status == incident.Resolved:
		return "incident close " + id
	case !i.Answered:
		return "incident lead " + id
	}
	return "incident update " + id + " &lt;text&gt;"
}

// help is what there is to look at while it lasts.
func (s Scene) help(i incident.Incident) string {
	if !i.Active() {
		return ""
	}
	return lookAt(s.Help)
}

// alertsFact links the alerts that belong to the incident and fire.
func (s Scene) alertsFact(i incident.Incident) string {
	const most = 5
	if !i.Active() || len(s.Alerts) == 0 {
		return ""
	}
	var out []string
	for _, l := range s.Alerts[:min(len(s.Alerts), most)] {
		out = append(out, link(l.URL, l.Text))
	}
	said := "*Alerts:* " + strings.Join(out, " · ")
	if more := len(s.Alerts) - most; more > 0 {
		said += fmt.Sprintf(" and %d more", more)
	}
	return said
}

// marker is the one sign that leads a message: how bad it is, at a glance.
func marker(i incident.Incident) string {
	return markerOf(paging.About{Rank: int(i.Severity), Over: !i.Active()})
}

// facts is the line that identifies the incident.
func facts(i incident.Incident) string {
	parts := []string{"*" + line(i.ID, 20) + "*", statusWord(i)}
	if i.Service != "" {
		parts = append(parts, "service "+line(i.Service, maxService))
	}
	return strings.Join(parts, " · ")
}

func statusWord(i incident.Incident) string {
	switch {
	case i.Status == incident.Open && i.Reopened == 1:
		return "open again"
	case i.Status == incident.Open && i.Reopened > 1:
		return fmt.Sprintf("open again, reopened %d times", i.Reopened)
	}
	return line(string(i.Status), 20)
}

// cutTitle repeats a title that the header cannot show whole.
func cutTitle(title string) string {
	if len([]rune(title)) <= maxHeader-20 {
		return ""
	}
	return line(title, 2*incident.MaxTitle)
}

// leadLine is who leads, and whether they have said so. Who is named but was never
// told by a page is not said to be paged.
func (s Scene) leadLine(i incident.Incident) string {
	if i.Lead == "" {
		return s.plainLead(i)
	}
	who := s.mention(i.Lead)
	if !i.Active() || i.Answered {
		return who
	}
	p, told := leadPage(i)
	switch only := onlyLead(i); {
	case !told:
		return who + " (named, has not answered yet)"
	case slices.Contains(p.Declined, i.Lead):
		return who + " (cannot take it)"
	case slices.Contains(p.Failed, i.Lead):
		return who + " (could not be reached)"
	case slices.Contains(p.Paused, i.Lead):
		return who + " (paged, notifications paused)"
	case only:
		return who + " (paged, no answer yet: " + line(p.ID, 20) + ")"
	}
	return who + " (paged)" // the line about the paging says that nobody has answered
}

// leadPage is the newest page that is open and has told the lead.
func leadPage(i incident.Incident) (incident.PageState, bool) {
	for _, p := range slices.Backward(i.Pages) {
		if p.Open && slices.Contains(p.Told, i.Lead) {
			return p, true
		}
	}
	return incident.PageState{}, false
}

// onlyLead says whether an incident has one open page, for which only the lead was asked:
// the line about the lead says it already.
func onlyLead(i incident.Incident) (only bool) {
	for _, p := range i.Pages {
		if !p.Open {
			continue
		}
		if only || len(p.Whom) != 1 || p.Whom[0] != i.Lead || len(p.Paused)+len(p.Failed)+len(p.Declined) > 0 {
			return false
		}
		only = true
	}
	return only
}

// pagedFact is the paging as far as people must know: only what waits for somebody,
// or that nobody was asked. The timeline has the rest.
func (s Scene) pagedFact(i incident.Incident) string {
	open := len(i.OpenPages())
	if onlyLead(i) && !i.Answered || !i.Active() {
		return ""
	}
	if open == 0 && (i.Answered || len(i.Pages) > 0) {
		return ""
	}
	if len(i.Pages) == 0 && i.Unpaged != "" {
		return "*Nobody was paged:* " + line(i.Unpaged, maxReason)
	}
	return "*Paged:* " + s.pagedLine(i)
}

// pagedLine says what the paging came to; the pages nobody answered come first.
func (s Scene) pagedLine(i incident.Incident) string {
	if len(i.Pages) == 0 {
		return "nobody"
	}
	pages := slices.Clone(i.Pages)
	slices.Reverse(pages) // the newest first
	slices.SortStableFunc(pages, func(a, b incident.PageState) int {
		switch {
		case a.Open == b.Open:
			return 0
		case a.Open:
			return -1
		}
		return 1
	})
	const most = 3
	var out []string
	for _, p := range pages[:min(len(pages), most)] {
		out = append(out, s.pageState(p))
	}
	if more := len(pages) - most; more > 0 {
		out = append(out, fmt.Sprintf("%d more", more))
	}
	return strings.Join(out, "; ")
}

func (s Scene) pageState(p incident.PageState) string {
	id := line(p.ID, 20)
	switch {
	case p.Open:
		who := listed(p.Whom, func(person string) string {
			switch {
			case slices.Contains(p.Declined, person):
				return s.mention(person) + " (cannot)"
			case slices.Contains(p.Failed, person):
				return s.mention(person) + " (could not be reached)"
			case slices.Contains(p.Paused, person):
				return s.mention(person) + " (notifications paused)"
			}
			return s.mention(person)
		})
		if len(p.Whom) == 0 {
			return id + " reaches nobody"
		}
		return id + " to " + who + ", no answer yet"
	case p.By != "" && !p.Until.IsZero():
		return id + " snoozed by " + s.plain(p.By) + " until " + around(s.Now, p.Until)
	case p.By != "":
		return id + " acknowledged by " + s.plain(p.By)
	}
	return id + " to " + s.plains(p.Whom) + ", ended"
}

func lifeline(i incident.Incident) string {
	out := "*Started:* " + when(i.Declared)
	if !i.Resolved.IsZero() {
		out += "\n*Resolved:* " + when(i.Resolved)
	}
	if !i.Closed.IsZero() {
		out += "\n*Closed:* " + when(i.Closed)
	}
	return out
}

func (s Scene) nextStep(i incident.Incident) string {
	switch {
	case i.Status == incident.Closed && i.Draft != "":
		return "Next: finish the " + link(i.Draft, "postmortem draft") + ". If it is back: " + s.run("reopen <why>") + "."
	case i.Status == incident.Closed:
		return "Next: the postmortem draft is being written. If it is back: " + s.run("reopen <why>") + "."
	case i.Status == incident.Resolved:
		return "Next: close it when nothing is left to watch; the postmortem draft follows. If it is back, reopen it."
	case i.Lead == "" && len(i.OpenPages()) == 0:
		return "Next: somebody takes command. Whoever reads this can."
	case !i.Answered:
		return "Next: whoever can help takes command, without waiting for an answer."
	case i.Update == nil:
		return "Next: tell people how it stands: " + s.run("update <text>") + "."
	}
	return "Next: another update when something changes; resolve when users are no longer affected."
}

func cardButtons(i incident.Incident) []slack.Block {
	switch i.Status {
	case incident.Closed:
		return nil
	case incident.Resolved:
		return row(
			asking(primary(button(DoClose, i.ID, "Close")), "Close "+i.ID+"?", "Work on it ends, and the postmortem draft is posted here.", "Close it"),
			button(AskReopen, i.ID, "Reopen…"))
	}
	lead := button(AskLead, i.ID, "Change lead…")
	if !i.Answered {
		lead = primary(button(TakeCommand, i.ID, "Take command"))
	}
	return row(lead,
		button(AskUpdate, i.ID, "Update…"),
		button(AskPage, i.ID, "Page…"),
		button(AskResolve, i.ID, "Resolve…"))
}

// inShort is the incident in one or two sentences, for notifications.
func (s Scene) inShort(i incident.Incident) string {
	out := line(i.ID, 20) + " " + i.Severity.String() + " " + statusWord(i) + ": " + line(i.Title, incident.MaxTitle) + "."
	if i.Status == incident.Closed {
		return out
	}
	switch {
	case i.Lead == "" && !i.Active():
		return out
	case i.Lead == "":
		return out + " Nobody leads yet."
	}
	return out + " Lead: " + s.plainLead(i) + "."
}
