package alert

import (
	"strings"
	"testing"
	"time"
)

func TestSentences(t *testing.T) {
	hush := Hush{Silence: "SIL-3", Until: noon.Add(time.Hour)}
	window := Hush{Window: "nightly", Until: noon.Add(time.Hour)}
	for want, e := range map[string]Event{
		"it began to fire": {Kind: WasOpened, Alert: &Alert{}},
		"it began to fire, silenced by the maintenance nightly":                {Kind: WasOpened, Alert: &Alert{Hush: &window}},
		"it began to fire, silenced by SIL-3":                                  {Kind: WasOpened, Alert: &Alert{Hush: &hush}},
		"it began to fire, counted on PAGE-5":                                  {Kind: WasOpened, Alert: &Alert{Page: "PAGE-5", Folded: true}},
		"web-2 is down fires too":                                              {Kind: MemberJoined, Member: &Member{Title: "web-2 is down"}},
		"another one fires too":                                                {Kind: MemberJoined, Member: &Member{}},
		"one of them is resolved":                                              {Kind: MemberResolved},
		"reported 3 times more":                                                {Kind: WasRepeated, Counts: map[int]int{0: 2, 4: 1}},
		"it is critical now":                                                   {Kind: WasWorsened, Severity: SeverityCritical},
		"DEV1 silenced it until 2026-03-04 13:00 UTC (SIL-3): deploy":          {Kind: WasSilenced, By: "dev1", Hush: &hush, Text: "deploy"},
		"it is silenced until 2026-03-04 13:00 UTC by the maintenance nightly": {Kind: WasSilenced, Hush: &window},
		"it is not silenced any more: its time is over":                        {Kind: WasUnsilenced, Text: "its time is over"},
		"DEV1 ended its silence":                                               {Kind: WasUnsilenced, By: "dev1"},
		"DEV1 acknowledged it":                                                 {Kind: WasAcknowledged, By: "dev1"},
		"prometheus acknowledged it":                                           {Kind: WasAcknowledged, Via: "prometheus"},
		"DEV1 says that there is nothing to do about it: known":                {Kind: WasNoise, By: "dev1", Text: "known"},
		"Watchbill declared INC-3":                                             {Kind: WasDeclared, Incident: "INC-3"},
		"DEV1 closed it":                                                       {Kind: WasClosed, By: "dev1"},
		"PAGE-5 went on to step 2":                                             {Kind: PageEscalated, Page: "PAGE-5", Step: 2},
		"DEV1 snoozed PAGE-5 until 13:00 UTC":                                  {Kind: PageSnoozed, By: "dev1", Page: "PAGE-5", At: noon, Until: noon.Add(time.Hour)},
		"DEV1 snoozed PAGE-5 until 2026-03-07 12:00 UTC":                       {Kind: PageSnoozed, By: "dev1", Page: "PAGE-5", At: noon, Until: noon.Add(3 * 24 * time.Hour)},
		"nobody was paged: there is no policy":                                 {Kind: WasUnpaged, Text: "there is no policy"},
		"told by pigeon":                                                       {Kind: "told_by_pigeon"},
	} {
		if got := Sentence(e, strings.ToUpper); got != want {
			t.Errorf("%s: got %q, want %q", e.Kind, got, want)
		}
	}
}

// Every kind that is known has words of its own.
func TestEveryKindHasASentence(t *testing.T) {
	for _, k := range []Kind{WasOpened, MemberJoined, MemberFired, MemberResolved, WasResolved, WasReopened, WasRepeated, WasWorsened, WasSilenced, WasUnsilenced, WaitBegan, WaitEnded,
		WasPaged, WasFolded, WasUnpaged, PageEscalated, PageHandedOver, PageSnoozed, PageResumed, PageAnswered, PageEnded, WasAcknowledged, WasAckedAgain, WasNoise, WasDeclared, WasClosed, WasContinued, WasShown} {
		if got := Sentence(Event{Kind: k, By: "dev1", Page: "PAGE-1", Text: "why", Severity: SeverityError}, strings.ToUpper); got == strings.ReplaceAll(string(k), "_", " ") {
			t.Errorf("%s has no sentence", k)
		}
	}
}
