package slackui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/bot/blockkit"
	"github.com/watchbill/watchbill/incident"
)

// The answers below are for the person who asked, and only they see them.

// Declared answers a declaration: what was opened, who was paged, what to do. Alike are
// open incidents that may be the same outage.
func Declared(i incident.Incident, alike []incident.Incident, s Scene) Message {
	head := "*" + line(i.ID, 20) + "* is open as " + i.Severity.String() + "."
	paged := s.pagedFact(i)
	buttons := row(button(AskPage, i.ID, "Page…"))
	if len(i.Pages) > 0 {
		buttons = nil
	} else if i.Unpaged == "" {
		paged = "*Nobody was paged.*"
	} else {
		paged = "*Nobody was paged:* " + line(i.Unpaged, maxReason) // even if who declared it leads it
	}
	place := s.place(i, "you are invited to its channel as soon as it is open.")
	title := line(i.Title, 2*incident.MaxTitle)
	if strings.HasSuffix(i.Title, "…") && utf8.RuneCountInString(i.Title) > incident.MaxTitle/2 {
		title += "\nThat was too long for a title; all of it is on the timeline."
	}
	blocks := []slack.Block{section(head, title, s.service(i), "*Lead:* "+s.leadLine(i), paged, place)}
	text := line(i.ID, 20) + " is open as " + i.Severity.String() + ": " + line(i.Title, incident.MaxTitle)
	if len(alike) > 0 {
		text += "; maybe the same outage as " + listed(ids(alike), func(id string) string { return line(id, 20) })
		blocks = append(blocks, s.same(i, alike))
	}
	return Message{Text: text, Blocks: append(blocks, buttons...)}
}

// same shows what may be the same outage, and what to do then.
func (s Scene) same(i incident.Incident, alike []incident.Incident) slack.Block {
	lines := []string{"*Open already, and maybe the same outage:*"}
	for _, a := range alike {
		lines = append(lines, s.listed(a))
	}
	return section(append(lines, "If it is: go on there, and close this one with "+s.run("close "+i.ID)+".")...)
}

func ids(list []incident.Incident) []string {
	var out []string
	for _, i := range list {
		out = append(out, i.ID)
	}
	return out
}

func (s Scene) service(i incident.Incident) string {
	if i.Service == "" {
		return ""
	}
	return "*Service:* " + line(i.Service, maxService)
}

// StatusOf answers how one incident stands, with the buttons of its card.
func StatusOf(i incident.Incident, s Scene) Message {
	return s.card(i, s.place(i, "its channel is being opened."))
}

// Done confirms what a command changed; the events are those it decided. Without
// any it says that nothing had to change. What the reader's own channel is told at the same
// moment is not said twice.
func Done(i incident.Incident, events []incident.Event, s Scene) Message {
	var lines []string
	where := "" // or what else whoever asked must know
	told := false
	for _, e := range events {
		if s.Here && posted(i, e) {
			told = true
			continue
		}
		switch e.Kind {
		case incident.Invited, incident.PageEnded, incident.PinMarked, incident.RoomOpened, incident.DraftPosted:
			continue
		case incident.PageAcknowledged, incident.PageAnsweredAgain:
			if !s.Here { // whoever answers must know where to go
				where = s.place(i, "its channel is being opened.")
			}
		case incident.WasReopened:
			if !s.Here {
				where = s.place(i, "its channel is being opened.")
			}
		case incident.LeadSet:
			if e.Page != "" { // the acknowledgement says it
				continue
			}
		}
		var l string
		switch e.Kind {
		case incident.Noted:
			l = "Noted" + s.notedAt(e.At)
		case incident.PinEntered:
			l = "That message is on the timeline"
		default:
			l = strings.TrimSuffix(s.happened(e), ".")
		}
		if words := said(e); words != "" && (!s.Here || e.Kind == incident.Noted) {
			l += ": " + line(words, maxGlimpse)
		}
		if len(lines) < 10 {
			lines = append(lines, l)
		}
	}
	switch {
	case len(lines) == 0 && told:
		lines = []string{"Recorded, and told in this channel"}
	case len(lines) == 0:
		return short(line(i.ID, 20) + ": that is so already; nothing had to change.")
	}
	text := "*" + line(i.ID, 20) + "*\n" + strings.Join(lines, "\n")
	if len(lines) == 1 {
		text = "*" + line(i.ID, 20) + "* · " + lines[0]
	}
	if where != "" {
		text += "\n" + where
	}
	for _, l := range s.Also {
		text += "\n" + line(l, maxGlimpse)
	}
	return short(text)
}

// posted says whether an incident's channel is told of an event.
func posted(i incident.Incident, e incident.Event) bool {
	return slices.ContainsFunc(incident.Effects(i, e), func(f incident.Effect) bool { return f.Kind == incident.PostEvent })
}

// Led answers who would take command when somebody has it: nothing was changed.
func Led(i incident.Incident, s Scene) Message {
	return short("*" + s.plain(i.Lead) + "* was quicker and leads *" + line(i.ID, 20) + "*. To lead it all the same: " + s.run(line(i.ID, 20)+" lead me") + ".")
}

// notedAt says when a note counts, where that is not now.
func (s Scene) notedAt(at time.Time) string {
	switch age := s.Now.Sub(at).Abs(); {
	case age < time.Minute:
		return ""
	case age < 12*time.Hour:
		return " at " + clockTime(at)
	}
	return ", " + when(at)
}

// maxListed is how many incidents one list shows.
const maxListed = 20

// listed is an incident in a list.
func (s Scene) listed(i incident.Incident) string {
	where := ""
	if i.Room.State == incident.RoomOpen {
		where = "\n" + room(i.Room.Channel)
	}
	return marker(i) + " *" + line(i.ID, 20) + "* " + i.Severity.String() + " · " + line(i.Title, 120) + "\n" +
		statusWord(i) + " · lead: " + s.plainLead(i) + " · since " + when(i.Declared) + where
}

// ListOf answers which incidents are open, those from a place on; the caller gives all in
// the order in which they are shown.
func ListOf(list []incident.Incident, from int, s Scene) Message {
	if len(list) == 0 {
		return short("No incident is open. To open one: " + s.run("declare <what is broken>") + ".")
	}
	if from >= len(list) { // some were closed meanwhile
		from = 0
	}
	head := standing(list)
	var lines []string
	for _, i := range list[from:min(len(list), from+maxListed)] {
		lines = append(lines, s.listed(i))
	}
	shown, _ := fitting(lines)
	blocks := append([]slack.Block{section("*" + head + "*")}, paged(shown)...)
	next := from + len(shown)
	if len(shown) == len(list) {
		return Message{Text: head, Blocks: blocks}
	}
	blocks = append(blocks, small(fmt.Sprintf("%d to %d of %d, the worst first.", from+1, next, len(list))))
	var first, more *slack.ButtonBlockElement
	if from > 0 {
		first = button(ListFrom+"#first", "0", "From the first")
	}
	if left := len(list) - next; left > 0 {
		more = button(ListFrom, strconv.Itoa(next), fmt.Sprintf("Next %d", min(left, maxListed)))
	}
	return Message{Text: head, Blocks: append(blocks, row(more, first)...)}
}

// standing counts incidents that are open, and those that are resolved and not closed.
func standing(list []incident.Incident) string {
	resolved := 0
	for _, i := range list {
		if !i.Active() {
			resolved++
		}
	}
	switch open := len(list) - resolved; {
	case resolved == 0:
		return count(open, "incident is open.", "incidents are open.")
	case open == 0:
		return "No incident is open; " + count(resolved, "is", "are") + " resolved, but not closed."
	default:
		return count(open, "incident is open", "incidents are open") + "; " + count(resolved, "is", "are") + " resolved, but not closed."
	}
}

// plainLead is who leads, and whether they have said so, in a form that notifies nobody.
func (s Scene) plainLead(i incident.Incident) string {
	who := s.plain(i.Lead)
	switch {
	case i.Lead == "" && !i.Active():
		return "nobody"
	case i.Lead == "":
		return "nobody yet"
	case !i.Active() || i.Answered:
		return who
	case len(i.Pages) == 0:
		return who + ", not paged"
	}
	if p, _ := leadPage(i); slices.Contains(p.Declined, i.Lead) {
		return who + ", who cannot take it"
	}
	return who + ", no answer yet"
}

// OfferDeclare answers text that is no command: it may be a title. The button
// carries the text. With in.Incident set, because the text names it or was typed
// in its channel, it may also be an update.
func OfferDeclare(in Input, s Scene) Message {
	hint := "That is not a command I know. Is it an incident?"
	if in.Word != "" {
		hint = "`" + line(in.Word, 30) + "` takes no more words, so I took this for a title. Is it an incident?"
	}
	if in.Incident != "" {
		hint = "That is not a command I know. Is it an update of " + line(in.Incident, 20) + ", or a new incident?"
	}
	if verb, _, ok := meant(in.Wire); ok {
		hint = "Did you mean " + s.run(verb) + "?"
		if verb != string(Declare) {
			hint += " If not: is it an incident?"
		}
	}
	blocks := []slack.Block{section(hint, quote(in.Raw, maxQuote))}
	blocks = append(blocks, offers(in, asMeant(in), asUpdate(in))...)
	blocks = append(blocks, small("Declared as "+orSeverity(in.Severity)+" unless the text says otherwise. "+s.run("help")+" lists the commands."))
	return Message{Text: hint, Blocks: blocks}
}

// NotForGuests answers the same where a declaration would be refused; it is a plain sentence.
func NotForGuests(in Input, s Scene) string {
	what := "That is not a command I know"
	if verb, _, ok := meant(in.Wire); ok {
		what = "Did you mean `" + s.command() + " " + verb + "`? That is not a command I know"
	}
	return what + ", and guests cannot declare an incident here. If something is broken, tell a member of the workspace; `" + s.command() + " help` lists what can be typed."
}

// asMeant runs the text with the verb that it most likely begins with.
func asMeant(in Input) *slack.ButtonBlockElement {
	verb, corrected, ok := meant(in.Wire)
	value, whole := carried(corrected)
	switch {
	case !ok || !whole:
		return nil
	case in.Incident != "":
		return button(Chosen+"#meant", in.Incident+"|"+value, "Yes, "+verb)
	}
	return button(Again, value, "Yes, "+verb)
}

// asUpdate posts the text as an update of the incident it may be about.
func asUpdate(in Input) *slack.ButtonBlockElement {
	value, whole := carried(in.Wire)
	if verb, _, _ := meant(in.Wire); !whole || in.Incident == "" || verb == string(Update) {
		return nil
	}
	return button(Chosen, in.Incident+"|update "+value, "Update of "+oneLine(in.Incident, 20))
}

func orSeverity(sev incident.Severity) string {
	if sev == 0 {
		sev = incident.DefaultSeverity
	}
	return sev.String()
}

// offers are the buttons that declare the text, and leave it; instead is what it
// more likely was, the likeliest first. A text longer than a button can carry is cut there, which the
// label says.
func offers(in Input, instead ...*slack.ButtonBlockElement) []slack.Block {
	value, whole := carried(in.Wire)
	if value == "" {
		return row(button(Cancel, "", "Cancel"))
	}
	label := "Declare an incident"
	if !whole {
		label += " with its beginning"
	}
	declare := button(DeclareText, value, label)
	if verb, _, _ := meant(in.Wire); verb == string(Declare) && len(instead) > 0 && instead[0] != nil {
		declare = nil // what is meant is just that, without the mistyped word
	}
	buttons := slices.DeleteFunc(append(instead, declare), func(b *slack.ButtonBlockElement) bool { return b == nil })
	primary(buttons[0])
	return row(append(buttons, button(Cancel, "", "Cancel"))...)
}

// carried is as much of a wire text as a button can carry.
func carried(wire string) (value string, whole bool) {
	if utf8.RuneCountInString(wire) <= maxValue {
		return strings.ToValidUTF8(wire, "\uFFFD"), true
	}
	return blockkit.Truncate(strings.ToValidUTF8(wire, "\uFFFD"), maxValue), false
}

// AskClose asks whether an incident is to be closed that is not resolved.
func AskClose(i incident.Incident, s Scene) Message {
	text := "*" + line(i.ID, 20) + " is not resolved.* Closing ends all work on it, and its pages: nobody is called for it any more."
	if pages := i.OpenPages(); len(pages) > 0 {
		text += " Not answered yet: " + listed(pages, func(p string) string { return line(p, 20) }) + "."
	}
	return Message{Text: line(i.ID, 20) + " is not resolved. Close it?", Blocks: append([]slack.Block{section(text), small(s.inShortID(i))},
		row(button(Again, "close "+i.ID, "Close it").WithStyle(slack.StyleDanger), button(AskResolve, i.ID, "Resolve…"), button(Cancel, "", "Leave it"))...)}
}

// NotYet answers a verb that people know from other tools.
func NotYet(in Input) Message {
	word := line(orElse(in.Word, "that"), 30)
	instead := later[in.Word]
	text := "`" + word + "` is not here yet."
	switch {
	case strings.HasPrefix(instead, "the on-call command does it"):
		text = "`" + word + "` is about schedules: " + instead + "."
	case instead != "":
		text += " Meanwhile: " + instead + "."
	}
	blocks := []slack.Block{section(text)}
	if len(tokens(in.Wire)) > 1 {
		blocks = append(blocks, section("If it was the title of an incident:", quote(in.Raw, maxQuote)))
		blocks = append(blocks, offers(in)...)
	}
	return Message{Text: text, Blocks: blocks}
}

// Unsaid gives words back that stood beside a command and are kept nowhere.
func Unsaid(m Message, words string) Message {
	m.Blocks = append(m.Blocks, section("What you wrote beside it is not kept: only incidents have notes.", quote(words, maxQuote)))
	return m
}

// NotRecorded says that a command was not written down; what was typed comes
// back, to be sent again.
func NotRecorded(typed string) Message {
	return echo("*Not recorded.* Watchbill could not store this in time, and nothing has changed. Send it again:", typed)
}

// NotConfirmed says that it is not known yet whether a command was written down;
// the outcome follows.
func NotConfirmed(typed string) Message {
	return echo("*Not confirmed yet.* This is being stored, and the outcome follows here. Do not send it again before that:", typed)
}

// Exists shows what the same person did with the same command shortly before.
// what is a plain sentence about it; the button does it again.
func Exists(what string, in Input, s Scene) Message { return s.exists(what, in, nil) }

// DeclaredBefore is Exists for a declaration: where another severity was asked for this
// time, a button sets that.
func DeclaredBefore(what string, i incident.Incident, in Input, s Scene) Message {
	if in.Severity == 0 || in.Severity == i.Severity || !i.Active() {
		return s.exists(what, in, nil)
	}
	return s.exists(what, in, primary(button(Chosen, fmt.Sprintf("%s|sev %d", i.ID, int(in.Severity)), "Make it "+in.Severity.String())))
}

func (s Scene) exists(what string, in Input, instead *slack.ButtonBlockElement) Message {
	text := s.escapedMessage(what)
	blocks := []slack.Block{section("You did that a moment ago, so it was not done twice.", text)}
	if value, whole := carried(in.Wire); whole && value != "" {
		blocks = append(blocks, row(instead, button(Again, value, "Do it again"), button(Cancel, "", "Leave it"))...)
	} else {
		blocks = append(blocks, small("To do it again, send it once more in two minutes."))
	}
	return Message{Text: "Not done twice. " + text, Blocks: blocks}
}

// Refusal says why something was not done. message is the sentence of the error,
// plain; typed comes back, so that nothing is lost.
func Refusal(message, typed string, s Scene) Message {
	text := s.escapedMessage(message)
	return echo(text, typed)
}

func echo(text, typed string) Message {
	blocks := []slack.Block{section(text)}
	most := (blockkit.SafeLength - min(len(text), 3000)) / maxEcho
	for len(blocks) <= most && strings.TrimSpace(clean(typed)) != "" {
		var part string
		if part, typed = quotable(typed); len(blocks) == most {
			part += typed // what is left is cut where the quotation ends
		}
		blocks = append(blocks, section(quote(part, maxEcho)))
	}
	return Message{Text: text, Blocks: blocks}
}

// maxEcho is the length of each section in which a text comes back: what is too long to be
// recorded must still be there to be shortened.
const maxEcho = 2800

// quotable parts a text at a space where it is too long for one quotation.
func quotable(typed string) (part, rest string) {
	room := maxEcho - 20
	for at, r := range typed {
		room--
		switch r {
		case '&', '<', '>': // as they are escaped
			room -= 4
		case '\n':
			room -= 2
		}
		if room > 0 {
			continue
		}
		if space := strings.LastIndexAny(typed[:at], " \n"); space > at-200 {
			at = space
		}
		return typed[:at], typed[at:]
	}
	return typed, ""
}

// Asks asks which of the open incidents a command is for; each button carries
// what was typed.
func Asks(in Input, open []incident.Incident, s Scene) Message {
	const most = 5
	verb := string(in.Verb)
	if len(open) == 0 {
		return echo("No incident is open here. Name one, for example "+s.run(verb+" INC-3")+", or open one with "+s.run("declare <what is broken>")+".", in.Raw)
	}
	named := s.run(verb + " " + open[0].ID + " …")
	text := "Which incident? Press one, or name it: " + named
	if len(open) == 1 {
		text = "Do you mean the one that is open? Press it, or name it: " + named
	}
	blocks := []slack.Block{section(text)}
	value, whole := carried(in.Wire)
	var lines []string
	var buttons []*slack.ButtonBlockElement
	for n, i := range open[:min(len(open), most)] {
		lines = append(lines, marker(i)+" *"+line(i.ID, 20)+"* "+i.Severity.String()+" · "+line(i.Title, 120))
		buttons = append(buttons, button(Chosen+"#"+strconv.Itoa(n), i.ID+"|"+value, oneLine(i.ID, 30)))
	}
	if more := len(open) - most; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more: %s", more, s.run("list")))
	}
	blocks = append(blocks, section(lines...))
	if whole {
		blocks = append(blocks, row(buttons...)...)
	} else {
		blocks = append(blocks, section("Your text is too long for a button. Send it again with the incident's name:", quote(in.Raw, maxQuote)))
	}
	return Message{Text: text, Blocks: blocks}
}

// short is an answer of one paragraph.
func short(text string) Message {
	text = blockkit.Truncate(text, maxSection)
	return Message{Text: text, Blocks: []slack.Block{section(text)}}
}
