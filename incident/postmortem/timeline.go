package postmortem

import (
	"strconv"
	"time"

	"github.com/watchbill/watchbill/incident"
)

// Gap is how long the timeline must be silent for the silence to be shown.
const Gap = 10 * time.Minute

// timeline shows every line with its evidence, and where nothing was recorded.
func (b builder) timeline() []Block {
	if len(b.lines) == 0 {
		return []Block{nothing("there are no events in the record.")}
	}
	t := Block{Head: []string{"UTC", "what", "evidence"}}
	var last time.Time
	for _, l := range b.lines {
		if silence := l.At.Sub(last); !last.IsZero() && silence >= Gap {
			t.Rows = append(t.Rows, []Cell{{}, cell("— " + span(silence) + " without an event —"), {}})
		}
		t.Rows = append(t.Rows, []Cell{cell(stamp(l.At)), b.line(l), evidence(l)})
		last = l.At
	}
	return []Block{t}
}

// line is what one line of the timeline says.
func (b builder) line(l incident.Line) Cell {
	out := Cell{{Text: b.text(l.Text), Struck: l.Withdrawn}}
	if l.Quote != "" {
		out[0].Text += ":"
		out = append(out, Run{Text: b.text(l.Quote), Quote: true, Struck: l.Withdrawn})
	}
	for _, was := range l.Was {
		out = append(out, Run{Text: "before it was edited:", Struck: l.Withdrawn}, Run{Text: b.text(was), Quote: true, Struck: l.Withdrawn})
	}
	if l.Withdrawn {
		out = append(out, Run{Text: "(withdrawn)"})
	}
	switch {
	case backfill(l):
		out = append(out, Run{Text: "(backfilled: written down " + stamp(l.Recorded) + ", " + span(l.Recorded.Sub(l.At)) + " later)"})
	case l.Late():
		out = append(out, Run{Text: "(pinned " + stamp(l.Recorded) + ")"})
	}
	return out
}

func evidence(l incident.Line) Cell {
	out := cell(evt(l.Seq))
	if u := safeURL(l.Link); u != "" {
		out = append(out, Run{Text: "message", URL: u})
	}
	return out
}

// alerts tells what monitoring reported of the incident.
func (b builder) alerts() Block {
	t := Block{Head: []string{"UTC", "alert", "evidence"}}
	for _, l := range b.lines {
		if l.Kind == incident.AlertFired || l.Kind == incident.AlertOver {
			t.Rows = append(t.Rows, []Cell{cell(stamp(l.At)), b.line(l), evidence(l)})
		}
	}
	if len(t.Rows) == 0 {
		return nothing("no alert belonged to the incident.")
	}
	return t
}

// firstAlert is the first alert of the incident on its timeline; empty: it had none.
func (b builder) firstAlert() string {
	for _, l := range b.lines {
		if l.Kind == incident.AlertFired {
			return evt(l.Seq)
		}
	}
	return ""
}

// pages tells each page and each attempt to reach somebody.
func (b builder) pages() []Block {
	out := []Block{b.alerts()}
	if len(b.f.Pages) == 0 {
		none := "nobody was paged."
		if why := b.f.Incident.Unpaged; why != "" {
			none = "nobody was paged: " + b.text(why)
		}
		return append(out, nothing(none))
	}
	all := Block{Head: []string{"Page", "opened (UTC)", "first notice", "notices", "acknowledged", "by", "after the first notice"}}
	tries := Block{Head: []string{"Page", "notice", "UTC", "to", "step", "what became of it"}}
	kept := 0
	for _, p := range b.f.Pages {
		all.Rows = append(all.Rows, b.page(p))
		for _, n := range p.Notices {
			tries.Rows = append(tries.Rows, []Cell{cell(p.ID), cell(strconv.Itoa(n.N)), cell(stamp(n.At)), cell(b.reached(n)), cell(n.Step), cell(b.fate(n))})
			kept++
		}
	}
	out = append(out, all)
	if kept > 0 {
		out = append(out, tries)
	}
	if sent := countPages(b.f).Notices; sent > kept {
		out = append(out, say("%s more were sent; the record of a page keeps the last ones only.", strconv.Itoa(sent-kept)))
	}
	return out
}

func (b builder) page(p PageFacts) []Cell {
	by, after := "nobody", "unknown"
	switch {
	case p.AnsweredBy != "":
		by = b.names(p.AnsweredBy)
	case p.Spent:
		by = "nobody; the whole policy was tried"
	}
	if d, ok := toAnswer(p); ok {
		after = span(d)
	}
	answered := "never"
	if !p.Answered.IsZero() {
		answered = stamp(p.Answered)
	}
	return []Cell{cell(p.ID), cell(stamp(p.Opened)), cell(stamp(p.FirstNotice)), cell(strconv.Itoa(p.Sent)), cell(answered), cell(by), cell(after)}
}

// reached is who was told, and how.
func (b builder) reached(n NoticeFacts) string {
	if n.Method == "" {
		return b.names(n.To)
	}
	return b.names(n.To) + " by " + n.Method
}

// fate says what became of a notice.
func (b builder) fate(n NoticeFacts) string {
	s := n.Fate
	switch {
	case s == "intended":
		s = "not known to have been sent"
	case n.Why != "":
		s += ": " + b.text(n.Why)
	}
	if n.Paused {
		s += "; notifications were paused"
	}
	if n.Declined {
		s += "; declined"
	}
	return s
}
