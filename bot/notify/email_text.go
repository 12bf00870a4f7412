package notify

import (
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

const (
	mailRepeat = "You were told of this before, or may have been."
	mailFooter = "Watchbill sent this because you are on call. Replies to this mail are not read."
)

// mailPage is m as HTML. All texts are escaped; mail programs want each style where it
// counts.
func mailPage(m Message) g.Node {
	answer := g.Group{h.P(h.Strong(g.Text(m.answer())))}
	if link := m.link(); link != "" {
		answer = g.Group{
			h.P(h.A(h.Href(link), h.Style("display:inline-block;padding:12px 20px;background:#0b5fff;color:#fff;text-decoration:none;border-radius:6px"), g.Text("Acknowledge…"))),
			h.P(h.Style("color:#555"), g.Text("The link opens a page where you acknowledge, escalate or decline."))}
	}
	return h.Doctype(h.HTML(h.Lang("en"),
		h.Head(h.Meta(h.Charset("utf-8")), h.Meta(h.Name("viewport"), h.Content("width=device-width"))),
		h.Body(h.Style("font:16px/1.4 sans-serif;color:#1a1a1a;background:#fff;margin:16px;max-width:640px"),
			g.If(m.Repeat, h.P(h.Strong(g.Text("REPEAT.")), g.Text(" "+mailRepeat))),
			h.H1(h.Style("font-size:20px"), g.Text(m.headline())),
			h.Div(h.Style("white-space:pre-wrap"), g.Text(m.long())),
			answer,
			h.P(h.Style("color:#555;font-size:13px"), g.Text(mailFooter)))))
}

// mailText is m as plain text and as HTML.
func mailText(m Message) (plain, html string, err error) {
	var p, page strings.Builder
	if m.Repeat {
		p.WriteString("REPEAT. " + mailRepeat + "\n\n")
	}
	p.WriteString(m.headline() + "\n\n" + m.long() + "\n\n")
	if link := m.link(); link != "" {
		p.WriteString("Acknowledge, escalate or decline:\n" + link + "\n\n")
	} else {
		p.WriteString(m.answer() + "\n\n")
	}
	p.WriteString("-- \n" + mailFooter + "\n")
	err = mailPage(m).Render(&page)
	return p.String(), page.String(), err
}
