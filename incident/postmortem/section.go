package postmortem

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/watchbill/watchbill/incident"
)

// sections are all sections in their order. Those that people fill hold
// questions that ask how and what: who and why look for a culprit.
func (b builder) sections(d Draft) []Section {
	return []Section{
		b.header(d),
		{ID: "tldr", Title: "Summary", Source: Proposed, Blocks: b.proposal(d), Prompts: []string{
			"What broke for users, how long did it last, and what ended it? At most three sentences, written here: the lines above are a proposal."}},
		{ID: "impact", Title: "Impact", Source: Proposed, Blocks: []Block{nothing("when and how far users were affected is known to people only. The times of the declaration and the resolution do not stand for it.")},
			Prompts: []string{
				"What could users not do, from when until when (UTC), for each service or region?",
				"How many users, requests, accounts or tickets were affected, and what share of all? Link the measurement.",
				"How much of the error budget did it cost? When was it said in public?"}},
		{ID: "detection", Title: "Detection and response", Source: Proposed, Blocks: b.detection(d), Prompts: []string{
			"What was the first signal, and what earlier signals were there that paged nobody?",
			"What would halve the time to detect?"}},
		{ID: "people", Title: "People and roles", Source: Generated, Blocks: b.roles(d)},
		{ID: "timeline", Title: "Timeline", Source: Generated, Blocks: b.timeline()},
		{ID: "decisions", Title: "Decisions", Source: Proposed, Blocks: []Block{nothing("decisions are not recorded apart from the timeline.")}, Prompts: []string{
			"What was decided, by which role, and what other options were considered?",
			"What information was at hand at that moment, and what came of it?"}},
		{ID: "alerts_pages", Title: "Alerts, pages and acknowledgements", Source: Generated, Blocks: b.pages()},
		{ID: "comms", Title: "Communication", Source: Generated, Blocks: b.updates()},
		{ID: "changes", Title: "Changes before and during", Source: Generated, Blocks: []Block{nothing("deploys, flags and configuration changes are not in the record, unless people noted them on the timeline.")}},
		ask("contributing_factors", "Contributing factors",
			"What conditions, taken together, made this possible? List at least two, or say in one line how a single one was enough.",
			"Of what kind is each: latent defect, change, capacity, dependency, configuration, monitoring gap, process, knowledge, coordination, external?"),
		ask("mitigators", "What limited the damage", "What kept it from being worse: a control, a design, a habit, an action?"),
		ask("went_well", "What went well", "What worked as intended, and what should stay as it is?"),
		ask("difficult", "What was difficult", "What was hard to see, to reach, to decide or to coordinate, and what made it hard?"),
		ask("lucky", "Where we got lucky", "What went right by chance, and how would it have gone without that?"),
		ask("surprised", "What surprised us", "What did people expect to happen, what happened, and how did the system look to them at that moment?"),
		ask("learned", "What we learned", "What do you know now that was new to you? One line for each person, without names."),
		{ID: "backlog_check", Title: "Earlier open work", Source: Proposed, Blocks: []Block{nothing("follow-ups of earlier incidents are not linked to this one.")}, Prompts: []string{
			"What open work already covered a part of this, and what kept it open?"}},
		{ID: "similar", Title: "Similar incidents", Source: Generated, Blocks: []Block{nothing("earlier incidents were not searched.")}},
		b.followUps(),
		ask("external_message", "External message", "What do customers need to hear: what happened, what it meant for them, what is being done?"),
		{ID: "review", Title: "Review", Source: Generated, Blocks: []Block{nothing("no review was held yet: attendance by team, a sign-off of the owning team and one of SRE belong here.")}},
		b.appendix(d),
	}
}

func ask(id, title string, prompts ...string) Section {
	return Section{ID: id, Title: title, Source: Human, Prompts: prompts}
}

func (b builder) header(d Draft) Section {
	blocks := []Block{
		item("Severity at the end: %s; at its worst: %s", d.SeverityEnd, d.SeverityPeak),
		item("Incident: %s; postmortem: %s, without an owner and a facilitator yet", d.Incident, d.Status),
		item("Declared: %s; resolved: %s; closed: %s", zoned(stamp(d.Declared)), zoned(stamp(d.Resolved)), zoned(stamp(d.Closed))),
	}
	if len(d.Services) == 0 {
		blocks = append(blocks, nothing("no service was named."))
	}
	for _, s := range d.Services {
		blocks = append(blocks, item("Service: %s%s", s, b.teams(s)))
	}
	return Section{ID: "header", Title: "Facts", Source: Generated, Blocks: blocks}
}

// teams names the teams of a service.
func (b builder) teams(service string) string {
	for _, s := range b.f.Services {
		switch {
		case clean(s.Name) != service:
		case s.Owner != "" && s.SRE != "":
			return fmt.Sprintf(" (owned by %s, with %s)", clean(s.Owner), clean(s.SRE))
		case s.Owner != "":
			return fmt.Sprintf(" (owned by %s)", clean(s.Owner))
		}
	}
	return ""
}

// zoned adds the zone to a time that is known.
func zoned(stamp string) string {
	if stamp == "unknown" {
		return stamp
	}
	return stamp + " UTC"
}

func (b builder) proposal(d Draft) []Block {
	if len(d.TLDR) == 0 {
		return []Block{nothing("there is no declaration in the record.")}
	}
	out := []Block{}
	for _, s := range d.TLDR {
		p := say("%s", s)
		p.Style = Unconfirmed
		out = append(out, p)
	}
	return out
}

func (b builder) detection(d Draft) []Block {
	t := Block{Head: []string{"Interval", "Length", "From", "To"}}
	for _, i := range d.Intervals {
		length := "unknown: " + i.Why
		if i.Seconds != nil {
			length = span(i.duration())
		}
		t.Rows = append(t.Rows, []Cell{cell(i.Title()), cell(length), cell(evt(i.From)), cell(evt(i.To))})
	}
	out := []Block{t}
	switch d.DeclaredVia {
	case "":
		out = append(out, nothing("what raised the first signal is not in the record."))
	case "alert":
		out = append(out, say("It was declared from an alert (%s).", evt(d.FirstEvent)))
	default:
		if first := b.firstAlert(); first != "" {
			return append(out, say("It was declared %s (%s). The first alert of it in the record is %s.", door(d.DeclaredVia), evt(d.FirstEvent), first))
		}
		out = append(out, say("It was declared %s (%s). What raised the first signal is not in the record.", door(d.DeclaredVia), evt(d.FirstEvent)))
	}
	return out
}

// door says how a command reached Watchbill.
func door(via string) string {
	switch via {
	case "slack":
		return "in Slack"
	case "cli":
		return "on the command line"
	}
	if token, ok := strings.CutPrefix(via, incident.ViaAPI("")); ok {
		return "over HTTP with the API token " + clean(token)
	}
	return "by " + clean(via)
}

// intervalTitle is an interval's name for people.
func intervalTitle(name string) string {
	switch name {
	case pagedToAcknowledged:
		return "First page to first acknowledgement"
	case declaredToCommander:
		return "Declared until somebody took command"
	case declaredToResolved:
		return "Declared to last resolution"
	case openInAll:
		return "Open in all, without the time between a resolution and a reopening"
	case impactToDetected:
		return "Impact to detection"
	case impactToMitigated:
		return "Impact to mitigation"
	}
	return name
}

func (b builder) roles(d Draft) []Block {
	t := Block{Head: []string{"UTC", "what", "evidence"}}
	for _, e := range b.f.Events {
		if e.Kind == incident.LeadSet {
			t.Rows = append(t.Rows, []Cell{cell(stamp(e.At)), cell(b.text(incident.Sentence(e, b.names))), cell(evt(e.Seq))})
		}
	}
	counts := say("%s did something that is in the record, %s took command, and command changed hands %s.",
		times(d.People.Responders, "person", "people"), times(d.People.Commanders, "person", "people"), times(d.People.Handoffs, "time", "times"))
	if len(t.Rows) == 0 {
		return []Block{nothing("nobody was named incident commander."), counts}
	}
	return []Block{t, counts}
}

func (b builder) updates() []Block {
	t := Block{Head: []string{"UTC", "since the one before", "evidence"}}
	last := b.f.Incident.Declared
	for _, e := range b.f.Events {
		if e.Kind != incident.Updated {
			continue
		}
		gap := "unknown"
		if !last.IsZero() {
			gap = span(e.At.Sub(last))
		}
		t.Rows = append(t.Rows, []Cell{cell(stamp(e.At)), cell(gap), cell(evt(e.Seq))})
		last = e.At
	}
	promise := nothing("when the next update was promised is not recorded.")
	if len(t.Rows) == 0 {
		return []Block{nothing("no status update was posted."), promise}
	}
	return []Block{t, say("The first one is counted from the declaration. Their texts are on the timeline."), promise}
}

func (b builder) followUps() Section {
	return Section{ID: "followups", Title: "Follow-ups", Source: Proposed,
		Blocks: []Block{nothing("no follow-up is recorded yet.")},
		Prompts: []string{
			"What will be done? For each: a title that begins with a verb, its type (prevent, detect, mitigate, process, learn), an owner with a team, a priority, a due date, and how to tell that it is done.",
			"What will not be done, and what is the reason?"}}
}

func (b builder) appendix(d Draft) Section {
	blocks := []Block{
		item("Made from %s, up to %s", times(len(b.f.Events), "event", "events"), evt(d.Revision)),
		item("Written by Watchbill %s at %s", cmp.Or(d.Version, "of an unknown version"), zoned(stamp(d.Written))),
	}
	if d.ChainHead == "" {
		blocks = append(blocks, nothing("the hash of the chain's head was not given."))
	} else {
		blocks = append(blocks, item("Hash at the head of the chain of events: %s", d.ChainHead))
	}
	for _, f := range d.Flags {
		blocks = append(blocks, item("Mind: %s", flagTitle(f)))
	}
	if n := count(b.f.Events, incident.DeliveryFailed); n > 0 {
		blocks = append(blocks, item("Deliveries given up: %s", strconv.Itoa(n)))
	}
	if b.byRole {
		blocks = append(blocks, item("People are written by their role. Names that the record does not know may still stand in quotations."))
	}
	return Section{ID: "appendix", Title: "Appendix", Source: Generated, Blocks: blocks}
}

// flagTitle says what a flag means.
func flagTitle(flag string) string {
	switch flag {
	case "impact_not_recorded":
		return "when users were affected is not recorded; no interval begins there"
	case "not_closed":
		return "the incident was not closed when this was written"
	case "reopened":
		return "the incident was reopened"
	case "nobody_paged":
		return "no page was opened"
	case "page_unanswered":
		return "a page was never acknowledged"
	case "backfilled_entries":
		return "entries of the timeline were written down later than they happened"
	case "withdrawn_entries":
		return "entries of the timeline were withdrawn; they are struck through"
	case "channel_lost":
		return "the incident's channel could not be used for a time"
	case "delivery_failed":
		return "something could not be delivered"
	case "clock_went_back":
		return "a clock went back; the intervals it concerns are unknown"
	}
	return flag
}
