package slackui

import (
	"testing"

	"github.com/watchbill/watchbill/bot/blockkit"
)

func TestNamed(t *testing.T) {
	names := map[string]string{"U1": "Ann Lee", "U2": "<!channel> & | co\n"}
	for text, want := range map[string]string{
		"ask <@U1> and <@U1|ann>": "ask @Ann Lee and @ann",
		"<@U2> looks":             "@!channel & / co looks",
		"<@U3>":                   "@U3",
		"&lt;@U1&gt; <#C1>":       "<@U1> #C1",
	} {
		got := Decode(Named(text, func(id string) string { return orElse(names[id], id) }), nil)
		if got != want {
			t.Errorf("Named(%q) reads %q, want %q", text, got, want)
		}
		if again := Named(Named(text, func(string) string { return "x" }), func(string) string { return "y" }); blockkit.Unescape(again) != blockkit.Unescape(Named(text, func(string) string { return "x" })) {
			t.Errorf("Named names %q twice: %q", text, again)
		}
	}
}

// What is offered to be typed again must be understood: a real name of two words is not.
func TestRetyped(t *testing.T) {
	handles := map[string]string{"U1": "ann"}
	for text, want := range map[string]string{
		"shadow <@U1|Ann Lee> &amp; <@U1>": "shadow @ann & @ann",
		"ask <#C1|ops>":                    "ask #ops",
		"<@U3|x>":                          "@U3",
	} {
		if got := Retyped(text, func(id string) string { return orElse(handles[id], id) }); got != want {
			t.Errorf("Retyped(%q) is %q, want %q", text, got, want)
		}
	}
}
