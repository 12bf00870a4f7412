package notify

import (
	"encoding/xml"
	"regexp"
	"strings"
	"unicode"
)

// TwiMLType is the content type of the answers to Twilio.
const TwiMLType = "text/xml; charset=utf-8"

// maxTwiML is the longest TwiML that creating a call takes, in characters: twilio.com/docs/api/errors/32018.
const maxTwiML = 4000

const (
	xmlHead  = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	pressKey = " Press 1 to acknowledge, 2 to escalate, or 3 if you can't."
	noKey    = "No key was pressed. Goodbye."
)

// callTwiML is what a call says. With action, the keys pressed are sent there.
func callTwiML(m Message, action string) string {
	text := "Watchbill calling. "
	if m.Repeat {
		text += "This is a repeated call. "
	}
	text += strings.TrimRight(spoken(m.short()), ". ") + ". " + spoken(m.page()) + "."
	if action == "" {
		return xmlHead + "<Response>" + say(text+" "+spoken(m.answer()), ` loop="3"`) + "</Response>"
	}
	return xmlHead + "<Response>" + gather(text+pressKey, ` action="`+escaped(action)+`"`) + say(noKey, "") + "</Response>"
}

// SMSTwiML answers a received SMS with a text; an empty one answers nothing.
func SMSTwiML(text string) []byte {
	if text = line(text, 300); text == "" {
		return []byte(xmlHead + "<Response></Response>")
	}
	return []byte(xmlHead + "<Response><Message>" + escaped(plainer.Replace(text)) + "</Message></Response>")
}

// VoiceTwiML answers in a call and hangs up.
func VoiceTwiML(text string) []byte {
	return []byte(xmlHead + "<Response>" + say(spoken(line(text, maxShort)), "") + "<Hangup/></Response>")
}

// VoiceMenuTwiML says text in a call and asks for a key, which is sent where the last one was.
func VoiceMenuTwiML(text string) []byte {
	return []byte(xmlHead + "<Response>" + gather(spoken(line(text, maxShort))+pressKey, "") + say(noKey, "") + "</Response>")
}

func gather(text, attributes string) string {
	return `<Gather input="dtmf" numDigits="1" timeout="10"` + attributes + ">" + say(text, ` loop="2"`) + "</Gather>"
}

func say(text, attributes string) string {
	return `<Say language="en-US"` + attributes + ">" + escaped(text) + "</Say>"
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}

var (
	webAddress = regexp.MustCompile(`(?i)\bhttps?://\S+`)
	recordID   = regexp.MustCompile(`(?i)\b(page|inc)-([0-9]{1,9})\b`)
)

// spoken is text as it is read aloud: no addresses and no pictures, ids in words.
func spoken(text string) string {
	text = webAddress.ReplaceAllString(text, "a link")
	text = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.So, unicode.Sk) {
			return -1
		}
		return r
	}, text)
	return recordID.ReplaceAllStringFunc(text, func(id string) string {
		kind, number, _ := strings.Cut(id, "-")
		if strings.EqualFold(kind, "inc") {
			return "incident " + number
		}
		return "page " + number
	})
}
