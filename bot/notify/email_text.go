package notify

import (
	"html/template"
	"strings"
)

const (
	mailRepeat = "You were told of this before, or may have been."
	mailFooter = "Watchbill sent this because you are on call. Replies to this mail are not read."
)

var mailHTML = template.Must(template.New("mail").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head>
<body style="font:16px/1.4 sans-serif;color:#1a1a1a;background:#fff;margin:16px;max-width:640px">
{{if .Repeat}}<p><strong>REPEAT.</strong> {{.RepeatText}}</p>
{{end}}<h1 style="font-size:20px">{{.Page}}: {{.Subject}}</h1>
<div style="white-space:pre-wrap">{{.Text}}</div>
{{if .Link}}<p><a href="{{.Link}}" style="display:inline-block;padding:12px 20px;background:#0b5fff;color:#fff;text-decoration:none;border-radius:6px">Acknowledge…</a></p>
<p style="color:#555">The link opens a page where you acknowledge, escalate or decline.</p>
{{else}}<p><strong>{{.Answer}}</strong></p>
{{end}}<p style="color:#555;font-size:13px">{{.Footer}}</p>
</body></html>
`))

// mailText is m as plain text and as HTML.
func mailText(m Message) (plain, html string, err error) {
	var p, h strings.Builder
	if m.Repeat {
		p.WriteString("REPEAT. " + mailRepeat + "\n\n")
	}
	p.WriteString(m.page() + ": " + m.subject() + "\n\n" + m.long() + "\n\n")
	if link := m.link(); link != "" {
		p.WriteString("Acknowledge, escalate or decline:\n" + link + "\n\n")
	} else {
		p.WriteString(m.answer() + "\n\n")
	}
	p.WriteString("-- \n" + mailFooter + "\n")
	err = mailHTML.Execute(&h, struct {
		Repeat                                                bool
		RepeatText, Page, Subject, Text, Link, Answer, Footer string
	}{m.Repeat, mailRepeat, m.page(), m.subject(), m.long(), m.link(), m.answer(), mailFooter})
	return p.String(), h.String(), err
}
