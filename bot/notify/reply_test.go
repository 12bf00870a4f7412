package notify

import (
	"strings"
	"testing"
)

func TestReplies(t *testing.T) {
	for text, want := range map[string]Reply{
		"1": {Acknowledge, ""}, "ack": {Acknowledge, ""}, "ACK": {Acknowledge, ""}, "Yes": {Acknowledge, ""}, " yes.\n": {Acknowledge, ""},
		"Ok!": {Acknowledge, ""}, "1.": {Acknowledge, ""}, "👍": {Acknowledge, ""}, "on it": {Acknowledge, ""}, "acknowledge": {Acknowledge, ""},
		"2": {Escalate, ""}, "escalate": {Escalate, ""}, "Esc": {Escalate, ""},
		"3": {Decline, ""}, "no": {Decline, ""}, "can’t": {Decline, ""}, "I can't": {Decline, ""}, "busy": {Decline, ""},
		"STOP": {OptOut, ""}, "Unsubscribe": {OptOut, ""}, "start": {OptIn, ""}, "HELP": {AskHelp, ""}, "?": {AskHelp, ""},

		"1 7": {Acknowledge, "PAGE-7"}, "ack 7": {Acknowledge, "PAGE-7"}, "ack page 7": {Acknowledge, "PAGE-7"}, "ACK PAGE-7": {Acknowledge, "PAGE-7"},
		"2 #12": {Escalate, "PAGE-12"}, "no page-123456789": {Decline, "PAGE-123456789"}, "page-7 ack": {Acknowledge, "PAGE-7"}, "PAGE-7: yes": {Acknowledge, "PAGE-7"},

		"": {}, "17": {}, "11": {}, "12": {}, "0": {}, "4": {}, "1 2 3": {}, "7 1": {}, "ack ack": {}, "1 0": {}, "1 07": {}, "1 -": {},
		"yes but I am on a train": {}, "not now": {}, "no problem": {}, "1 for the money": {}, "stop 7": {}, "help 7": {}, "page-7": {}, "page-7 x": {},
		"Liked “PAGE-7: checkout is down”": {}, "1 1234567890": {}, "1\u202E": {Acknowledge, ""}, "\x00": {}, "\xff": {},
		strings.Repeat("1", 1<<20): {}, "1" + strings.Repeat(" ", 1<<20): {},
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
	for _, s := range []string{"1", "ack page-7", "page-7 ack", "STOP", "\u202E1", "can’t"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := DecodeReply(s)
		if r.Page != "" && (r.Verb != Acknowledge && r.Verb != Escalate && r.Verb != Decline || !strings.HasPrefix(r.Page, "PAGE-")) {
			t.Fatalf("%q: %+v", s, r)
		}
		if again := DecodeReply(strings.ToUpper(s)); r.Verb != "" && strings.EqualFold(strings.ToUpper(s), s) && again != r {
			t.Fatalf("%q: %+v, in capitals %+v", s, r, again)
		}
		if d := DecodeDigits(s); d.Page != "" {
			t.Fatalf("%q: %+v", s, d)
		}
	})
}
