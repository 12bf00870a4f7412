package paging

import (
	"strings"
	"testing"
)

func TestEveryEventHasASentence(t *testing.T) {
	names := func(person string) string { return strings.ToUpper(person) }
	var p Page
	var got []string
	for _, e := range everyKind() {
		p = Apply(p, e)
		got = append(got, p.Sentence(e, names))
	}
	p = Apply(p, Event{Kind: "renamed_later"})
	got = append(got, p.Sentence(Event{Kind: "renamed_later"}, names), p.Sentence(Event{Kind: NoticeSent, Notice: 99}, names),
		p.Sentence(Event{Kind: Stepped}, names), p.Sentence(Event{Kind: Contacted}, names), p.Sentence(Event{Kind: Stepped, Reason: ByFloor, Calls: []Call{{Recipient: Recipient{Person: "lead1"}}}}, names))
	want := strings.Split(strings.TrimSpace(`
PAGE-7 was opened for INC-42, asked for by DEV1
A step of PAGE-7 was skipped: nobody is on call
PAGE-7 went to SRE2 and channel:ops
The message to SRE2 by sms was sent
The message to SRE2 by sms has arrived
PAGE-7 could not reach channel:ops: deactivated
SRE2 by sms has notifications paused
PAGE-7 went to SRE2; DEV1 is on duty no more, and left in peace; DEV2 was not told, with enough unanswered pages: PAGE-6 counts it; channel:dev was not told, with enough unanswered pages: PAGE-6 counts it
slack does not work: what PAGE-7 tells by it comes when it does
SRE2 cannot take PAGE-7
The escalation policy of PAGE-7 has nobody left: it comes again and again until somebody answers
LEAD1 escalated PAGE-7
PAGE-7 is about SEV1 now
DEV1 acknowledged PAGE-7
SRE2 acknowledged PAGE-7 too
SRE2 acknowledged PAGE-7 again
DEV1 handed PAGE-7 over to SRE2
PAGE-7 went to SRE2
SRE2 snoozed PAGE-7 until 2026-03-04 13:00 UTC
PAGE-7 comes again: SRE2 had snoozed it until now
PAGE-7 comes again: SRE2 acknowledged it, and it did not end in time
PAGE-7 stands for 12 more, the last of them ALERT-9
DEV1 ended PAGE-7: the incident is over
renamed_later
The message to notice 99 was sent
PAGE-7 reaches nobody: neither its escalation policy nor what is told when nobody is left stands for anybody
PAGE-7 plans whom it tells anew
PAGE-7 went to LEAD1, because nobody else is left to ask
`), "\n")
	if len(got) != len(want) {
		t.Fatalf("%d sentences, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
	for n := range got {
		if got[n] != want[n] {
			t.Errorf("got  %s\nwant %s", got[n], want[n])
		}
	}
}
