package slackui

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/oncall/alert"
)

// AlertSilenced answers who silenced an alert.
func AlertSilenced(a Alert, made alert.Silence, s Scene) Message {
	text := "*" + line(a.ID, 20) + "* and the rest of its group page nobody until " + when(made.Until) + " (" + line(made.ID, 20) + "). What fires then, pages."
	if h := a.Hush; h != nil && h.Silence != made.ID && h.Until.After(made.Until) {
		text = orElse(s.by(a.Silence.By), "Something else") + " keeps *" + line(a.ID, 20) + "* silent even longer, until " + when(h.Until) + " (" + line(orElse(h.Silence, h.Window), maxName) + "). Yours is " + line(made.ID, 20) + "."
	}
	return Message{Text: text, Blocks: append([]slack.Block{section(text)}, endSilence(made)...)}
}

func (s Scene) by(person string) string {
	if person == "" {
		return ""
	}
	return s.plain(person)
}

func endSilence(made alert.Silence) []slack.Block {
	return row(button(EndSilence, made.ID, "End it"))
}

// SilenceMade answers who silenced alerts by what they have in common; n of those that
// fire are covered.
func SilenceMade(made alert.Silence, n int) Message {
	text := "*" + line(made.ID, 20) + "* silences " + silences(made) + " until " + when(made.Until) + ". "
	switch n {
	case 0:
		text += "Nothing that fires now is covered by it."
	case 1:
		text += "One alert that fires is covered by it."
	default:
		text += fmt.Sprintf("%d alerts that fire are covered by it.", n)
	}
	return Message{Text: text, Blocks: append([]slack.Block{section(text)}, endSilence(made)...)}
}

// silences is what a silence covers.
func silences(v alert.Silence) string {
	if v.Group != "" {
		return "the group of " + line(v.Text(), 150)
	}
	return typed(v.Text())
}

// typed are conditions as somebody wrote them.
func typed(what string) string {
	return "`" + strings.ReplaceAll(line(what, maxReason), "`", "'") + "`"
}

// SilenceEnded answers who ended a silence; n of the alerts that it covered fire still.
func SilenceEnded(v alert.Silence, n int) Message {
	text := "*" + line(v.ID, 20) + "* is over: it silenced " + silences(v) + ". "
	switch n {
	case 0:
		return short(text + "Nothing of it fires.")
	case 1:
		return short(text + "One alert of it still fires, and is taken up now.")
	}
	return short(text + fmt.Sprintf("%d alerts of it still fire, and are taken up now.", n))
}

// Window is a maintenance window that is on.
type Window struct {
	Name, What string
	Until      time.Time
}

// SilencesOf answers what keeps alerts from paging now.
func SilencesOf(list []alert.Silence, windows []Window, s Scene) Message {
	if len(list)+len(windows) == 0 {
		return short("Nothing is silenced. To silence something: " + s.run("silence service=checkout 2h <why>") + ".")
	}
	head := count(len(list), "silence", "silences") + " " + isAre(len(list)) + " in force"
	var lines []string
	for _, v := range list {
		l := "*" + line(v.ID, 20) + "* " + silences(v) + "\nuntil " + when(v.Until)
		if v.By != "" {
			l += ", by " + s.plain(v.By)
		}
		if v.Why != "" {
			l += ": " + line(v.Why, maxGlimpse)
		}
		lines = append(lines, l)
	}
	for _, w := range windows {
		lines = append(lines, "*Maintenance "+line(w.Name, maxName)+"* "+typed(w.What)+"\nuntil "+when(w.Until))
	}
	blocks := append([]slack.Block{section("*" + head + "*")}, listing(lines, maxListed)...)
	if len(list) > 0 {
		blocks = append(blocks, small(s.run("unsilence "+line(list[0].ID, 20))+" ends one before its time."))
	}
	return Message{Text: head + ".", Blocks: blocks}
}
