package notify

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

func TestSMSSizes(t *testing.T) {
	for _, c := range []struct {
		text string
		want SMSSize
	}{
		{"", SMSSize{GSM7, 0, 0}},
		{strings.Repeat("a", 160), SMSSize{GSM7, 160, 1}},
		{strings.Repeat("a", 161), SMSSize{GSM7, 161, 2}},
		{strings.Repeat("a", 306), SMSSize{GSM7, 306, 2}},
		{strings.Repeat("a", 307), SMSSize{GSM7, 307, 3}},
		{strings.Repeat("€", 80), SMSSize{GSM7, 160, 1}},
		{strings.Repeat("€", 81), SMSSize{GSM7, 162, 2}},
		{strings.Repeat("€", 153), SMSSize{GSM7, 306, 3}}, // 76 pairs in each of two leave one over
		{"a" + strings.Repeat("€", 152), SMSSize{GSM7, 305, 2}},
		{strings.Repeat("ж", 70), SMSSize{UCS2, 70, 1}},
		{strings.Repeat("ж", 71), SMSSize{UCS2, 71, 2}},
		{strings.Repeat("ж", 134), SMSSize{UCS2, 134, 2}},
		{strings.Repeat("ж", 135), SMSSize{UCS2, 135, 3}},
		{strings.Repeat("🔥", 35), SMSSize{UCS2, 70, 1}},
		{strings.Repeat("🔥", 67), SMSSize{UCS2, 134, 3}}, // 33 pairs in each of two leave one over
		{"ä{€}\nÅ", SMSSize{GSM7, 9, 1}},
		{"ê", SMSSize{UCS2, 1, 1}},
	} {
		if got := MeasureSMS(c.text); got != c.want {
			t.Errorf("%.20q…: %+v, want %+v", c.text, got, c.want)
		}
	}
	if n := utf8.RuneCountInString(gsmBasic); n != 127 { // 128 without the escape
		t.Errorf("the alphabet has %d characters", n)
	}
}

// TestSMSSizesAgreeWithAnotherWay: segments as they are cut on the air, one by one.
func TestSMSSizesAgreeWithAnotherWay(t *testing.T) {
	alphabet := []rune("abc €{}äжê🔥\n")
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		text := make([]rune, rng.IntN(400))
		gsm := rng.IntN(2) == 0
		for n := range text {
			text[n] = alphabet[rng.IntN(len(alphabet))]
			if gsm && !strings.ContainsRune(gsmBasic+gsmExtended, text[n]) {
				text[n] = 'x'
			}
		}
		if got, want := MeasureSMS(string(text)).Segments, onAir(string(text)); got != want {
			t.Fatalf("%q: %d segments, want %d", string(text), got, want)
		}
	}
}

func onAir(text string) int {
	var pieces []int // how many units each character takes
	total, one, each := 0, 160, 153
	for _, r := range text {
		if !strings.ContainsRune(gsmBasic+gsmExtended, r) {
			one, each = 70, 67
		}
	}
	for _, r := range text {
		n := 1
		if each == 67 {
			n = len(utf16.Encode([]rune{r}))
		} else if strings.ContainsRune(gsmExtended, r) {
			n = 2
		}
		pieces, total = append(pieces, n), total+n
	}
	if total <= one {
		return min(total, 1)
	}
	segments := 0
	for len(pieces) > 0 {
		room := each
		for len(pieces) > 0 && pieces[0] <= room {
			room -= pieces[0]
			pieces = pieces[1:]
		}
		segments++
	}
	return segments
}

func TestSMSTexts(t *testing.T) {
	link := "https://wb.example.com/a/PAGE-7/0123456789abcdef"
	for _, c := range []struct {
		name     string
		m        Message
		segments int
		replies  bool
		want     string
	}{
		{"all there is", Message{Page: "PAGE-7", Short: "checkout is down", Link: link}, 2, true,
			"checkout is down PAGE-7: Reply 1 ack, 2 escalate, 3 can't. " + link},
		{"no way back", Message{Page: "PAGE-7", Short: "checkout is down", Link: link}, 2, false,
			"checkout is down PAGE-7: Ack: " + link},
		{"no link", Message{Page: "PAGE-7", Short: "checkout is down"}, 2, false,
			"checkout is down Acknowledge PAGE-7 in Slack."},
		{"again", Message{Page: "PAGE-7", Short: "checkout is down", Repeat: true}, 2, true,
			"REPEAT checkout is down PAGE-7: Reply 1 ack, 2 escalate, 3 can't."},
		{"typography is not worth it", Message{Page: "PAGE-7", Short: "“checkout” – it’s ≥ 5…"}, 2, true,
			"\"checkout\" - it's >= 5... PAGE-7: Reply 1 ack, 2 escalate, 3 can't."},
		{"a long text is cut, and nothing of the rest", Message{Page: "PAGE-7", Short: strings.Repeat("checkout ", 40)}, 1, true,
			"checkout checkout checkout checkout checkout checkout checkout checkout checkout checkout checkout checkout checkou... PAGE-7: Reply 1 ack, 2 escalate, 3 can't."},
		{"pictures go where they cost", Message{Page: "PAGE-7", Short: "🔥🔥 " + strings.Repeat("x", 100)}, 1, true,
			strings.Repeat("x", 100) + " PAGE-7: Reply 1 ack, 2 escalate, 3 can't."},
		{"pictures stay where they do not", Message{Page: "PAGE-7", Short: "🔥 db"}, 1, true,
			"🔥 db PAGE-7: Reply 1 ack, 2 escalate, 3 can't."},
		{"a link that leaves no room goes", Message{Page: "PAGE-7", Short: "down", Link: "https://wb.example.com/" + strings.Repeat("x", 300)}, 2, false,
			"down Acknowledge PAGE-7 in Slack."},
		{"a line break is no second text", Message{Page: "PAGE-7", Short: "down\r\n\r\nReply 9 to win"}, 2, false,
			"down Reply 9 to win Acknowledge PAGE-7 in Slack."},
	} {
		if got := smsText(c.m, c.segments, c.replies); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

func FuzzSMSText(f *testing.F) {
	f.Add("PAGE-7", "checkout is down", "", "https://wb.example.com/a", 2, true, true)
	f.Add("PAGE-7", strings.Repeat("ж", 500), "", "", 1, true, false)
	f.Add("PAGE-7", strings.Repeat("€{", 500), strings.Repeat("answer ", 100), "", 1, false, false)
	f.Add(strings.Repeat("🔥", 99), strings.Repeat("🔥", 500), strings.Repeat("🔥", 200), "", 1, true, false)
	f.Fuzz(func(t *testing.T, page, short, answer, link string, segments int, repeat, replies bool) {
		segments = 1 + int(uint(segments)%2)
		m := Message{Page: page, Short: short, Answer: answer, Link: link, Repeat: repeat}
		got := smsText(m, segments, replies)
		size := MeasureSMS(got)
		// Only the fixed parts, with a page and an answer in pictures, can need more.
		fixed := MeasureSMS(m.marked("") + strings.TrimLeft(plainer.Replace(m.smsTail(segments, replies)), " "))
		if size.Segments > max(segments, fixed.Segments) {
			t.Fatalf("%d segments: %q", size.Segments, got)
		}
		if strings.ContainsFunc(got, isHostile) || !utf8.ValidString(got) {
			t.Fatalf("%q", got)
		}
		if !strings.Contains(got, plainer.Replace(m.page())) || replies && !strings.Contains(got, "Reply 1 ack") {
			t.Fatalf("%q does not say which page it is and how to answer", got)
		}
	})
}
