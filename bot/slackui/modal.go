package slackui

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// The forms, by their callback ids. Like actions they keep their meaning.
const (
	declareForm = "v1.declare"
	updateForm  = "v1.update"
	noteForm    = "v1.note"
	leadForm    = "v1.lead"
	pagingForm  = "v1.page"
	resolveForm = "v1.resolve"
	reopenForm  = "v1.reopen"
)

// The blocks of the forms, each with one element of the same id.
const (
	titleField    = "title"
	severityField = "severity"
	serviceField  = "service"
	textField     = "text"
	whenField     = "when"
	personField   = "person"
	peopleField   = "people"
	targetsField  = "targets"
)

// Meta is what a form carries from where it was opened.
type Meta struct {
	Incident string `json:"incident,omitempty"`
	Page     string `json:"page,omitempty"`
	Alert    string `json:"alert,omitempty"`
	// Channel is the id of the channel in which the form was asked for.
	Channel string `json:"channel,omitempty"`
	// Reopened is how often the incident had been opened again: ResolveModal.
	Reopened int `json:"reopened,omitempty"`
}

func (m Meta) encode() string {
	raw, err := json.Marshal(m)
	if err != nil || len(raw) > 3000 {
		return ""
	}
	return string(raw)
}

// maxTyped is Slack's limit for what a text field holds.
const maxTyped = 3000

func form(callback, title, submit string, m Meta, blocks ...slack.Block) slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: callback, PrivateMetadata: m.encode(),
		Title: plainText(oneLine(title, 24)), Submit: plainText(submit), Close: plainText("Cancel"),
		Blocks: slack.Blocks{BlockSet: blocks},
	}
}

// InsteadOf is what to type instead of filling in a form that could not be opened,
// as plain text. id is the incident or the alert that it is about, if any.
func InsteadOf(v slack.ModalViewRequest, id string, s Scene) string {
	if typed := insteadOfAlert(v.CallbackID, id); typed != "" {
		return s.command() + " " + typed
	}
	if typed := insteadOfPage(v); typed != "" {
		return s.command() + " " + typed
	}
	arguments := map[string]string{
		declareForm: "declare checkout returns 503 --sev 2", updateForm: "update <text>", noteForm: "note <text>", leadForm: "lead @name",
		pagingForm: "page @name", resolveForm: "resolve <what ended it>", reopenForm: "reopen <why>",
	}[v.CallbackID]
	switch {
	case arguments == "":
		return s.oncallCommand() + " help"
	case id != "":
		arguments = id + " " + arguments
	}
	return s.command() + " " + arguments
}

func field(id, label, hint, value string, lines bool) *slack.InputBlock {
	element := slack.NewPlainTextInputBlockElement(nil, id)
	element.Multiline = lines
	element.MaxLength = maxTyped
	element.InitialValue = incident.Clip(clean(value), maxTyped)
	return slack.NewInputBlock(id, plainText(label), hinted(hint), element)
}

// hinted is what stands below an input; empty: nothing does.
func hinted(hint string) *slack.TextBlockObject {
	if hint == "" {
		return nil
	}
	return plainText(hint)
}

// DeclareModal asks for a new incident. What was typed is filled in; a severity
// of zero is the default one.
func DeclareModal(in Input, m Meta, s Scene) slack.ModalViewRequest {
	chosen := in.Severity
	if chosen == 0 {
		chosen = incident.DefaultSeverity
	}
	var options []*slack.OptionBlockObject
	for _, sev := range []incident.Severity{1, 2, 3, 4} {
		options = append(options, slack.NewOptionBlockObject(strconv.Itoa(int(sev)), plainText(sev.String()+" · "+meaning(sev)), nil))
	}
	severity := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, severityField, options...)
	severity.InitialOption = options[chosen-1]
	title := field(titleField, "What is broken?", "For example: checkout returns 503", strings.Join(strings.Fields(in.Text), " "), false)
	return form(declareForm, "Declare an incident", "Declare", m, title,
		slack.NewInputBlock(severityField, plainText("How bad is it?"), nil, severity),
		serviceInput(in.Service, s.Services))
}

func meaning(sev incident.Severity) string {
	switch sev {
	case 1:
		return "most users cannot work"
	case 2:
		return "many users are affected"
	case 3:
		return "some users are affected"
	}
	return "no user notices yet; pages nobody"
}

// Bounds of a menu: Slack takes 100 options, or 100 groups of them, and 250 KB.
const (
	maxOptions      = 100
	maxAllOptions   = 800
	maxOptionLength = 75
)

// serviceInput is a menu of the services, or a field where a menu cannot hold
// them.
func serviceInput(chosen string, services []string) slack.Block {
	fits := len(services) > 0 && len(services) <= maxAllOptions
	for _, name := range services {
		fits = fits && name != "" && utf8.RuneCountInString(name) <= maxOptionLength && oneLine(name, maxOptionLength) == name
	}
	if !fits || chosen != "" && !slices.Contains(services, chosen) {
		return field(serviceField, "Which service?", "Its on-call people are paged. Leave it empty if you do not know.", chosen, false).WithOptional(true)
	}
	menu := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plainText("A service"), serviceField)
	var all []*slack.OptionBlockObject
	for _, name := range services {
		o := slack.NewOptionBlockObject(name, plainText(name), nil)
		all = append(all, o)
		if name == chosen {
			menu.InitialOption = o
		}
	}
	offer(menu, all)
	return slack.NewInputBlock(serviceField, plainText("Which service?"), plainText("Its on-call people are paged. Leave it empty if you do not know."), menu).WithOptional(true)
}

// offer fills a menu, in groups where Slack does not take so many options.
func offer(menu *slack.SelectBlockElement, all []*slack.OptionBlockObject) {
	if len(all) <= maxOptions {
		menu.Options = all
		return
	}
	for part := range slices.Chunk(all, maxOptions) {
		label := incident.Clip(part[0].Text.Text, 30) + " to " + incident.Clip(part[len(part)-1].Text.Text, 30)
		menu.OptionGroups = append(menu.OptionGroups, slack.NewOptionGroupBlockElement(plainText(label), part...))
	}
}

// UpdateModal asks for a status update.
func UpdateModal(i incident.Incident, typed string, m Meta) slack.ModalViewRequest {
	m.Incident = i.ID
	return form(updateForm, i.ID+": update", "Post", m, about(i),
		field(textField, "How does it stand?", "What is known, what is being done, when to expect the next word.", typed, true))
}

// NoteModal asks for a line on the timeline. at is the time that was typed, zero if none
// was; it stands there as a wall time of the scene's zone, which does not move on while the
// form is open.
func NoteModal(i incident.Incident, at time.Time, m Meta, s Scene) slack.ModalViewRequest {
	m.Incident = i.ID
	when := ""
	if !at.IsZero() {
		when = writeTime(at, s.Now, s.Zone)
	}
	return form(noteForm, i.ID+": note", "Write down", m, about(i),
		field(textField, "What happened?", "", "", true),
		field(whenField, "When?", "-15m, 14:05 or yesterday 14:05; empty is now.", when, false).WithOptional(true))
}

// LeadModal asks who shall be incident commander.
func LeadModal(i incident.Incident, m Meta) slack.ModalViewRequest {
	m.Incident = i.ID
	menu := slack.NewOptionsSelectBlockElement(slack.OptTypeUser, plainText("A person"), personField)
	return form(leadForm, i.ID+": who leads", "Set", m, about(i),
		slack.NewInputBlock(personField, plainText("Incident commander"), plainText("They are mentioned and asked into the channel. That pages nobody: Page… does."), menu))
}

// PageModal asks whom to page: people, or schedules and teams that are given.
func PageModal(i incident.Incident, targets []paging.Target, m Meta) slack.ModalViewRequest {
	m.Incident = i.ID
	people := slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeUser, plainText("People"), peopleField)
	blocks := []slack.Block{about(i),
		slack.NewInputBlock(peopleField, plainText("People"), nil, people).WithOptional(true)}
	var options []*slack.OptionBlockObject
	for _, t := range targets {
		kind, name := t.Split()
		value, label := string(t), oneLine(kind+" "+name, maxOptionLength)
		if label != "" && utf8.RuneCountInString(value) <= maxOptionLength && len(options) < maxOptions {
			options = append(options, slack.NewOptionBlockObject(value, plainText(label), nil))
		}
	}
	if len(options) > 0 {
		menu := slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeStatic, plainText("Schedules and teams"), targetsField, options...)
		blocks = append(blocks, slack.NewInputBlock(targetsField, plainText("Schedules and teams"), plainText("Whoever is on call at this moment is paged."), menu).WithOptional(true))
	}
	return form(pagingForm, i.ID+": page", "Page", m, blocks...)
}

// ResolveModal asks for a last word.
func ResolveModal(i incident.Incident, m Meta) slack.ModalViewRequest {
	m.Incident, m.Reopened = i.ID, i.Reopened
	return form(resolveForm, i.ID+": resolve", "Resolve", m, about(i),
		field(textField, "What ended it?", "Nobody is paged for it any more. It can be reopened.", "", true).WithOptional(true))
}

// ReopenModal asks why an incident is taken up again.
func ReopenModal(i incident.Incident, m Meta) slack.ModalViewRequest {
	m.Incident = i.ID
	hint := "Whoever led it and whoever is on call are paged, as when it was declared."
	switch {
	case !i.Severity.Pages():
		hint = "Nobody is paged by that: it is a " + i.Severity.String() + "."
	case i.Status == incident.Closed:
		hint = "Whoever is on call is paged, as when it was declared."
	}
	return form(reopenForm, i.ID+": reopen", "Reopen", m, about(i),
		field(textField, "Why is it opened again?", hint, "", true))
}

func about(i incident.Incident) slack.Block {
	return section(marker(i) + " " + i.Severity.String() + " · " + facts(i) + "\n" + line(i.Title, 2*incident.MaxTitle))
}

// Outdated replaces a form whose incident has changed meanwhile so that it cannot
// be done any more; message says why, and what was typed stays to be copied.
func Outdated(i incident.Incident, message, typed string, s Scene) slack.ModalViewRequest {
	if message == "" {
		message = fmt.Sprintf("%s was %s while you were writing. Nothing was changed.", i.ID, i.Status)
	}
	var blocks []slack.Block
	if i.Severity != 0 { // zero: the incident is not known
		blocks = append(blocks, about(i))
	}
	blocks = append(blocks, section(s.escapedMessage(message)))
	if strings.TrimSpace(clean(typed)) != "" {
		blocks = append(blocks, section("You wrote:", quote(typed, maxSection-20)))
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: plainText(oneLine(i.ID, 24)), Close: plainText("Close"),
		Blocks: slack.Blocks{BlockSet: blocks},
	}
}
