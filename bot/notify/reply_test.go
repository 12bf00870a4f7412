package notify

import (
	"strings"
	"testing"
	"time"
)

func TestReplies(t *testing.T) {
	for text, want := range map[string]Reply{
		"1": {Verb: Acknowledge}, "ack": {Verb: Acknowledge}, "ACK": {Verb: Acknowledge}, "Yes": {Verb: Acknowledge}, " yes.\n": {Verb: Acknowledge},
		"Ok!": {Verb: Acknowledge}, "1.": {Verb: Acknowledge}, "👍": {Verb: Acknowledge}, "on it": {Verb: Acknowledge}, "acknowledge": {Verb: Acknowledge},
		"2": {Verb: Escalate}, "escalate": {Verb: Escalate}, "Esc": {Verb: Escalate},
		"3": {Verb: Decline}, "no": {Verb: Decline}, "can’t": {Verb: Decline}, "I can't": {Verb: Decline}, "busy": {Verb: Decline},
		"STOP": {Verb: OptOut}, "Unsubscribe": {Verb: OptOut}, "start": {Verb: OptIn}, "HELP": {Verb: AskHelp}, "?": {Verb: AskHelp},

		"1 7": {Verb: Acknowledge, Page: "PAGE-7"}, "ack 7": {Verb: Acknowledge, Page: "PAGE-7"}, "ack page 7": {Verb: Acknowledge, Page: "PAGE-7"}, "ACK PAGE-7": {Verb: Acknowledge, Page: "PAGE-7"},
		"ack: 7": {Verb: Acknowledge, Page: "PAGE-7"}, "1, page 7": {Verb: Acknowledge, Page: "PAGE-7"}, "1 ９": {Verb: Acknowledge, Page: "PAGE-9"}, "ack" + strings.Repeat(" ", 200) + "7": {Verb: Acknowledge, Page: "PAGE-7"},
		"2 #12": {Verb: Escalate, Page: "PAGE-12"}, "no page-123456789": {Verb: Decline, Page: "PAGE-123456789"}, "page-7 ack": {Verb: Acknowledge, Page: "PAGE-7"}, "PAGE-7: yes": {Verb: Acknowledge, Page: "PAGE-7"},

		"": {}, "17": {}, "11": {}, "12": {}, "0": {}, "4": {}, "1 2 3": {}, "7 1": {}, "ack ack": {}, "1 0": {}, "1 07": {}, "1 -": {},
		"yes but I am on a train": {}, "not now": {}, "3 ok": {}, "7 ack": {}, "inc-4 ack": {Verb: Acknowledge, Page: "INC-4"}, "INC 4: yes": {}, "snooze - 5": {}, "no problem": {}, "1 for the money": {}, "stop 7": {}, "help 7": {}, "page-7": {}, "page-7 x": {},
		"Liked “PAGE-7: checkout is down”": {}, "1 1234567890": {}, "1\u202E": {Verb: Acknowledge}, "\u200f1": {Verb: Acknowledge}, "1 please": {},
		"１": {Verb: Acknowledge}, "٢": {Verb: Escalate}, "۳": {Verb: Decline}, "１　ＰＡＧＥ": {}, "１ 42": {Verb: Acknowledge, Page: "PAGE-42"}, "ack ４２": {Verb: Acknowledge, Page: "PAGE-42"}, "⑴": {}, "１１": {},
		"\x00": {}, "\xff": {},
		"snooze": {Verb: Snooze}, "Snooze 2h": {Verb: Snooze, Wait: 2 * time.Hour}, "snooze 30 min.": {Verb: Snooze, Wait: 30 * time.Minute}, "snooze for 1 day": {Verb: Snooze, Wait: 24 * time.Hour},
		"snooze 30m PAGE-7": {Verb: Snooze, Page: "PAGE-7", Wait: 30 * time.Minute}, "snooze page 7 2 hours": {Verb: Snooze, Page: "PAGE-7", Wait: 2 * time.Hour},
		"snooze 7 30m": {Verb: Snooze, Page: "PAGE-7", Wait: 30 * time.Minute}, "snooze 30m 7": {Verb: Snooze, Page: "PAGE-7", Wait: 30 * time.Minute}, "SNOOZE PAGE-7": {Verb: Snooze, Page: "PAGE-7"},
		"snooze page 7": {Verb: Snooze, Page: "PAGE-7"}, "PAGE-7: snooze 45m": {Verb: Snooze, Page: "PAGE-7", Wait: 45 * time.Minute}, "snooze 0m": {},
		"snooze 30": {}, "snooze 30 please": {}, "snooze 30x": {}, "snooze until 14:00": {}, "snooze 30m PAGE-7 please": {}, "snooze 999999h": {}, "snooze -5m": {},

		"handover dev2": {Verb: HandOver, Rest: "dev2"}, "hand over to @Dev2.": {Verb: HandOver, Rest: "Dev2"}, "handover PAGE-7 to Jane Doe": {Verb: HandOver, Page: "PAGE-7", Rest: "Jane Doe"},
		"handover 7 dev2": {Verb: HandOver, Page: "PAGE-7", Rest: "dev2"}, "handover dev2 page-7": {Verb: HandOver, Page: "PAGE-7", Rest: "dev2"}, "page-7 handover dev2": {Verb: HandOver, Page: "PAGE-7", Rest: "dev2"},
		"handover": {Verb: HandOver}, "handover PAGE-7": {Verb: HandOver, Page: "PAGE-7"}, "hand": {}, "hand it over": {},

		"resolve": {Verb: Resolve}, "resolve PAGE-7": {Verb: Resolve, Page: "PAGE-7"}, "Resolved 7": {Verb: Resolve, Page: "PAGE-7"}, "resolve inc-4": {Verb: Resolve, Page: "INC-4"},
		"resolve INC 4 Rolled back 4711.": {Verb: Resolve, Page: "INC-4", Rest: "Rolled back 4711."}, "resolve 7 pods came back": {Verb: Resolve, Rest: "7 pods came back"},
		"resolve PAGE-7 " + strings.Repeat("x", 300): {Verb: Resolve, Page: "PAGE-7", Rest: strings.Repeat("x", 300)}, "ack inc-4": {Verb: Acknowledge, Page: "INC-4"},

		strings.Repeat("1", 1<<20): {}, "resolve PAGE-7 " + strings.Repeat("x", 1<<20): {}, "1" + strings.Repeat(" ", 1<<20): {},
	} {
		if got := DecodeReply(text); got != want {
			t.Errorf("%.60q: %+v, want %+v", text, got, want)
		}
	}
}

func TestDigits(t *testing.T) {
	for digits, want := range map[string]Verb{
		"1": Acknowledge, "2": Escalate, "3": Decline, "1#": Acknowledge, "2*": Escalate,
		"": "", "#": "", "0": "", "4": "", "11": "", "12": "", "9": "", "one": "", "1 2": "", "١": "", strings.Repeat("1", 1<<20): "",
	} {
		if got := DecodeDigits(digits); got.Verb != want || got.Page != "" {
			t.Errorf("%.20q: %+v, want %q", digits, got, want)
		}
	}
}

func FuzzDecodeReply(f *testing.F) {
	for _, s := range []string{"1", "ack page-7", "page-7 ack", "STOP", "snooze 30m page-7", "page-7 handover to dev2", "resolve inc-4 done", "\u202E1", "can’t"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := DecodeReply(s)
		names := map[Verb]bool{Acknowledge: true, Escalate: true, Decline: true, Snooze: true, HandOver: true, Resolve: true}
		if r.Page != "" && (!names[r.Verb] || !strings.HasPrefix(r.Page, "PAGE-") && !strings.HasPrefix(r.Page, "INC-")) ||
			r.Wait != 0 && r.Verb != Snooze || r.Wait < 0 || r.Rest != "" && r.Verb != HandOver && r.Verb != Resolve {
			t.Fatalf("%q: %+v", s, r)
		}
		again := DecodeReply(strings.ToUpper(s))
		if again.Rest = r.Rest; r.Verb != "" && strings.EqualFold(strings.ToUpper(s), s) && again != r {
			t.Fatalf("%q: %+v, in capitals %+v", s, r, again)
		}
		if d := DecodeDigits(s); d.Page != "" {
			t.Fatalf("%q: %+v", s, d)
		}
	})
}
