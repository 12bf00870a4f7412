package slackui

import (
	"strings"

	"github.com/slack-go/slack"
	"github.com/watchbill/watchbill/bot/blockkit"
)

// mrkdwn is verbatim: Slack shall find no names, channels or addresses in what
// people wrote. Text objects may not be empty.
func mrkdwn(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, orElse(text, "–"), false, true)
}

func plainText(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, orElse(text, "–"), true, false)
}

// section holds lines of mrkdwn; empty ones are left out, and what is more than
// Slack takes is cut.
func section(lines ...string) slack.Block {
	return slack.NewSectionBlock(mrkdwn(joined(lines)), nil, nil)
}

// beside is a section with one element at its right.
func beside(e slack.BlockElement, lines ...string) slack.Block {
	return slack.NewSectionBlock(mrkdwn(joined(lines)), nil, slack.NewAccessory(e))
}

func small(lines ...string) slack.Block {
	return slack.NewContextBlock("", mrkdwn(joined(lines)))
}

func joined(lines []string) string {
	var kept []string
	for _, l := range lines {
		if l != "" {
			kept = append(kept, l)
		}
	}
	return blockkit.Truncate(strings.Join(kept, "\n"), maxSection)
}

func header(text string) slack.Block {
	return slack.NewHeaderBlock(plainText(oneLine(text, maxHeader)))
}

// row is one row of buttons; without buttons it is no block.
func row(buttons ...*slack.ButtonBlockElement) []slack.Block {
	var elements []slack.BlockElement
	for _, b := range buttons {
		if b != nil {
			elements = append(elements, b)
		}
	}
	if len(elements) == 0 {
		return nil
	}
	return []slack.Block{slack.NewActionBlock("", elements...)}
}

func button(action, value, label string) *slack.ButtonBlockElement {
	return slack.NewButtonBlockElement(actionPrefix+action, value, plainText(label))
}

func primary(b *slack.ButtonBlockElement) *slack.ButtonBlockElement {
	return b.WithStyle(slack.StylePrimary)
}

// asking puts a question before the button's action.
func asking(b *slack.ButtonBlockElement, title, text, yes string) *slack.ButtonBlockElement {
	return b.WithConfirm(slack.NewConfirmationBlockObject(plainText(title), plainText(text), plainText(yes), plainText("Not now")))
}
