package oncall

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// CalendarShift is a shift to be published.
type CalendarShift struct {
	Schedule string
	Shift    Shift
}

// Published remembers what a feed said about a shift, so that a later feed can say
// what changed.
type Published struct {
	UID       string    `json:"uid"`
	Start     time.Time `json:"start"`
	End       time.Time `json:"end"`
	Summary   string    `json:"summary"`
	Sequence  int       `json:"sequence"`
	Modified  time.Time `json:"modified"`
	Cancelled bool      `json:"cancelled,omitempty"`
}

// WriteCalendar writes an iCalendar feed (RFC 5545) of shifts, with times in UTC, and
// returns what to remember for the next time. UIDs stay the same while schedule,
// layer, seat, person, kind and start do; an event that changed gets a higher
// SEQUENCE, and one that vanished before its end is published as cancelled until then.
// Whole shifts (see [Plan.WholeShifts]) must be given, or their UIDs move with the
// range. Parts of a second are dropped.
func WriteCalendar(name string, shifts []CalendarShift, before []Published, now time.Time) (string, []Published) {
	now = now.UTC().Truncate(time.Second)
	w := calendarWriter{}
	w.line("BEGIN", "VCALENDAR")
	w.line("VERSION", "2.0")
	w.line("PRODID", "-//Watchbill//On-call//EN")
	w.line("CALSCALE", "GREGORIAN")
	w.line("METHOD", "PUBLISH")
	w.text("NAME", name)
	w.text("X-WR-CALNAME", name)
	w.line("REFRESH-INTERVAL;VALUE=DURATION", "PT1H")
	w.line("X-PUBLISHED-TTL", "PT1H")
	next := make([]Published, 0, len(shifts))
	known := make(map[string]Published, len(before))
	for _, p := range before {
		known[p.UID] = p
	}
	for _, s := range shifts {
		p := publish(&s, now)
		if was, ok := known[p.UID]; ok {
			p.Sequence, p.Modified = was.Sequence, was.Modified
			if was.Cancelled || !was.End.Equal(p.End) || was.Summary != p.Summary {
				p.Sequence, p.Modified = was.Sequence+1, now
			}
			delete(known, p.UID)
		}
		next = append(next, p)
		w.event(&p, &s, now)
	}
	for _, was := range before {
		if _, gone := known[was.UID]; !gone || !was.End.After(now) {
			continue
		}
		if !was.Cancelled {
			was.Cancelled, was.Sequence, was.Modified = true, was.Sequence+1, now
		}
		next = append(next, was)
		w.event(&was, nil, now)
	}
	w.line("END", "VCALENDAR")
	return w.out.String(), next
}

func publish(s *CalendarShift, now time.Time) Published {
	sh := &s.Shift
	identity := strings.Join([]string{s.Schedule, sh.Layer, fmt.Sprint(sh.Seat), sh.Person, sh.Kind, sh.Start.UTC().Format(time.RFC3339Nano)}, "\x00")
	sum := sha256.Sum256([]byte(identity))
	verb := "on call for"
	if !sh.Covers() {
		verb = strings.ReplaceAll(sh.Kind, "_", " ") + " in"
	}
	return Published{
		UID:      hex.EncodeToString(sum[:16]) + "@watchbill",
		Start:    sh.Start.UTC().Truncate(time.Second),
		End:      sh.End.UTC().Truncate(time.Second),
		Summary:  fmt.Sprintf("%s %s %s", sh.Person, verb, s.Schedule),
		Modified: now,
	}
}

type calendarWriter struct{ out strings.Builder }

func (w *calendarWriter) event(p *Published, s *CalendarShift, now time.Time) {
	status := "CONFIRMED"
	if p.Cancelled {
		status = "CANCELLED"
	}
	w.line("BEGIN", "VEVENT")
	w.line("UID", p.UID)
	w.line("DTSTAMP", utcStamp(now))
	w.line("LAST-MODIFIED", utcStamp(p.Modified))
	w.line("SEQUENCE", fmt.Sprint(p.Sequence))
	w.line("DTSTART", utcStamp(p.Start))
	w.line("DTEND", utcStamp(p.End))
	w.text("SUMMARY", p.Summary)
	if s != nil {
		w.text("DESCRIPTION", s.Shift.Why)
		w.text(propPerson, s.Shift.Person)
		w.text(propSchedule, s.Schedule)
		w.text(propKind, s.Shift.Kind)
	}
	w.line("STATUS", status)
	w.line("TRANSP", "TRANSPARENT") // being on call is not being busy
	w.line("END", "VEVENT")
}

// Our own properties let an export be read back without guessing at the summary.
const (
	propPerson   = "X-WATCHBILL-PERSON"
	propSchedule = "X-WATCHBILL-SCHEDULE"
	propKind     = "X-WATCHBILL-KIND"
)

func utcStamp(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

func (w *calendarWriter) text(name, value string) { w.line(name, escapeText(value)) }

// escapeText writes a TEXT value (RFC 5545, 3.3.11). Control characters have no place
// in one.
func escapeText(s string) string {
	var b strings.Builder
	for _, r := range strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n") {
		switch {
		case r == '\\' || r == ';' || r == ',':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n' || r == '\r':
			b.WriteString(`\n`)
		case r < ' ' && r != '\t' || r == 0x7f:
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// line writes a content line folded to 75 octets without cutting a character
// (RFC 5545, 3.1).
func (w *calendarWriter) line(name, value string) {
	rest := name + ":" + value
	for limit := 75; len(rest) > limit; limit = 74 {
		n := limit
		for !utf8.RuneStart(rest[n]) {
			n--
		}
		w.out.WriteString(rest[:n] + "\r\n ")
		rest = rest[n:]
	}
	w.out.WriteString(rest + "\r\n")
}
