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

// A channel of an incident is known by its id, whatever it is called, and stays readable.
func TestRoomed(t *testing.T) {
	rooms := map[string]string{"C3": "INC-3"}
	for text, want := range map[string]string{
		"show <#C3|the-outage>":  "show <#C3|the-outage|INC-3>",
		"show <#C3|>, <#C3>":     "show <#C3||INC-3>, <#C3||INC-3>",
		"<#C9|inc-3-x> <@U1|c3>": "<#C9|inc-3-x> <@U1|c3>",
		"&lt;#C3&gt; #C3":        "&lt;#C3&gt; #C3",
	} {
		got := Roomed(text, func(channel string) string { return rooms[channel] })
		if got != want || Decode(got, nil) != Decode(text, nil) {
			t.Errorf("Roomed(%q) is %q, which reads %q", text, got, Decode(got, nil))
		}
		if again := Roomed(got, func(string) string { return "INC-9" }); want != text && again != got {
			t.Errorf("Roomed marks %q twice: %q", text, again)
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
