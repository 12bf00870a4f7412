package slackui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/incident"
)

// maxLines is how many lines one page of a timeline shows.
const maxLines = 25

// TimelineOf answers with one page of a timeline, the newest last. The lines are
// those of incident.Timeline named by Scene.Names. before is the Seq of the line
// that the page ends before; zero: the newest page.
func TimelineOf(i incident.Incident, lines []incident.Line, before uint64, s Scene) Message {
	if len(lines) == 0 {
		return short("The timeline of " + line(i.ID, 20) + " is empty.")
	}
	end := len(lines)
	if n := slices.IndexFunc(lines, func(l incident.Line) bool { return l.Seq == before }); before != 0 && n >= 0 {
		end = n
	}
	if end == 0 {
		return short("That is the beginning of " + line(i.ID, 20) + ": nothing stands before it.")
	}
	begin, rendered := s.fit(lines[:end])
	head := fmt.Sprintf("*%s* · lines %d to %d of %d", line(i.ID, 20), begin+1, end, len(lines))
	blocks := []slack.Block{section(head)}
	blocks = append(blocks, paged(rendered)...)
	var earlier, newest *slack.ButtonBlockElement
	if begin > 0 {
		earlier = button(TimelineEarlier, i.ID+"|"+strconv.FormatUint(lines[begin].Seq, 10), "Earlier")
	}
	if end < len(lines) {
		newest = button(TimelineNewest, i.ID, "Newest")
	}
	blocks = append(blocks, row(earlier, newest)...)
	text := fmt.Sprintf("Timeline of %s, %d lines.", s.inShortID(i), len(lines))
	return Message{Text: text, Blocks: blocks}
}

func (s Scene) inShortID(i incident.Incident) string {
	return line(i.ID, 20) + ": " + line(i.Title, incident.MaxTitle)
}

// fit renders as many of the last lines as a message takes, with a date wherever
// the day changes, and says where they begin.
func (s Scene) fit(lines []incident.Line) (begin int, rendered []string) {
	size := 0
	begin = len(lines)
	for begin > 0 && len(lines)-begin < maxLines {
		text := s.timelineLine(lines[begin-1])
		if size += utf8.RuneCountInString(text) + 40; size > maxList && begin < len(lines) {
			break
		}
		rendered = append([]string{text}, rendered...)
		begin--
	}
	day, zone := "", time.UTC
	if s.Zone != nil {
		zone = s.Zone
	}
	for n := range rendered {
		if d := lines[begin+n].At.In(zone).Format(time.DateOnly); d != day {
			rendered[n] = "*" + fmt.Sprintf("<!date^%d^{date_short}|%s>", lines[begin+n].At.Unix(), d) + "*\n" + rendered[n]
			day = d
		}
	}
	return begin, rendered
}

func (s Scene) timelineLine(l incident.Line) string {
	var b strings.Builder
	b.WriteString(clockTime(l.At) + " " + s.told(l.Kind, line(l.Text, maxReason)))
	if l.Quote != "" {
		b.WriteString(": “" + line(l.Quote, maxGlimpse) + "”")
	}
	if webAddress(l.Link) {
		b.WriteString(" " + link(l.Link, "open"))
	}
	switch was := l.Was; {
	case len(was) > 0 && l.Quote == "":
		b.WriteString(" (it said: “" + line(was[len(was)-1], maxGlimpse) + "”)")
	case len(was) > 0:
		b.WriteString(" (edited; earlier: “" + line(l.Was[0], 100) + "”)")
	}
	if l.Withdrawn {
		b.WriteString(" (taken back)")
	}
	if l.Late() {
		b.WriteString(" (written down at " + around(l.At, l.Recorded) + ")")
	}
	return b.String()
}
