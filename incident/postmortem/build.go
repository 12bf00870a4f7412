package postmortem

import (
	"fmt"
	"slices"
	"strings"

	"github.com/watchbill/watchbill/incident"
)

// builder writes the sections from the facts.
type builder struct {
	voice
	f     Facts
	lines []incident.Line
}

func newBuilder(f Facts) builder {
	v := newVoice(f)
	return builder{voice: v, f: f, lines: incident.Timeline(f.Events, v.names)}
}

func (b builder) services() []string {
	out := []string{}
	for _, s := range b.f.Services {
		out = append(out, clean(s.Name))
	}
	if s := b.f.Incident.Service; s != "" && !slices.Contains(out, clean(s)) {
		out = append(out, clean(s))
	}
	return out
}

func (b builder) people() People {
	var p People
	var led, did []string
	for _, e := range b.f.Events {
		if who := e.By.Person; who != "" && !e.By.Machine() && !slices.Contains(did, who) {
			did = append(did, who)
		}
		if e.Kind != incident.LeadSet {
			continue
		}
		if e.Answered && !slices.Contains(led, e.Person) {
			led = append(led, e.Person)
		}
		if e.Was != "" && e.Was != e.Person {
			p.Handoffs++
		}
	}
	p.Commanders, p.Responders = len(led), len(did)
	return p
}

// tldr proposes a summary: when, what, how long. It holds no cause and no
// judgement; what people said when they resolved it is quoted.
func (b builder) tldr(d Draft) []string {
	var out []string
	if e, ok := declaration(b.f.Events); ok {
		s := fmt.Sprintf("On %s at %s UTC %s was declared: %s", e.At.UTC().Format("2006-01-02"), e.At.UTC().Format("15:04"), e.Severity, b.text(e.Title))
		if e.Service != "" {
			s += " (service " + clean(e.Service) + ")"
		}
		out = append(out, s+".")
	}
	if i := d.interval(pagedToAcknowledged); i.Seconds != nil {
		out = append(out, "The first acknowledgement came "+span(i.duration())+" after the first page.")
	}
	i := d.interval(declaredToResolved)
	if i.Seconds == nil {
		return out
	}
	s := "It was resolved " + span(i.duration()) + " after it was declared"
	for _, e := range b.f.Events {
		if e.Seq == i.To && e.Kind == incident.WasResolved && strings.TrimSpace(e.Text) != "" {
			s += ", with the words “" + oneLine(b.text(e.Text)) + "”"
		}
	}
	return append(out, s+".")
}

// interval returns the interval of that name.
func (d Draft) interval(name string) Interval {
	for _, i := range d.Intervals {
		if i.Name == name {
			return i
		}
	}
	return Interval{Name: name}
}

// evt names an event as the draft refers to it.
func evt(seq uint64) string {
	if seq == 0 {
		return "no event"
	}
	return fmt.Sprintf("evt-%d", seq)
}

func say(format string, args ...any) Block {
	return Block{Text: []Run{{Text: fmt.Sprintf(format, args...)}}}
}

func item(format string, args ...any) Block {
	b := say(format, args...)
	b.Style = Item
	return b
}

// nothing says that the record has no such facts; not that there were none.
func nothing(what string) Block {
	return Block{Text: []Run{{Text: "No data: " + what}}, Style: NoData}
}

func cell(text string) Cell { return Cell{{Text: text}} }
