package httpd

import (
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

const linkStyle = `
:root{color-scheme:light dark}
body{font:17px/1.45 system-ui,sans-serif;margin:0 auto;max-width:34em;padding:1em;color:#1d1c1d;background:#fff}
h1{font-size:1.3em;margin:.4em 0;overflow-wrap:anywhere}
p,li{overflow-wrap:anywhere}
.said{padding:.7em .9em;border-radius:.5em;background:#e6f4ea}
.no{background:#fdecea}
button{font:inherit;width:100%;padding:.85em;margin:.35em 0;border-radius:.5em;border:1px solid #888;background:#fff;color:inherit}
select,input,textarea{font:inherit;width:100%;box-sizing:border-box;padding:.6em;margin:.35em 0;color:inherit;background:inherit;border:1px solid #888;border-radius:.5em}
summary{padding:.6em 0;cursor:pointer}
button.yes{background:#007a5a;border-color:#007a5a;color:#fff;font-weight:600}
small{color:#616061}
@media (prefers-color-scheme:dark){body{background:#1a1d21;color:#e8e8e8}button{background:#222529}.said{background:#14361f}.no{background:#4a1f1f}small{color:#aaa}}
`

// text is escaped, and without what nobody sees: characters that turn the direction of
// writing would have the rest of a sentence read otherwise.
func text(s string) g.Node {
	return g.Text(strings.Map(func(r rune) rune {
		switch {
		case '\u202a' <= r && r <= '\u202e', '\u2066' <= r && r <= '\u2069', unicode.IsControl(r) && r != '\n' && r != '\t':
			return -1
		}
		return r
	}, s))
}

// page is what somebody sees who follows a link, on a phone. All texts are escaped.
func (v *linkView) page() g.Node {
	whose := "This link is " + v.Person + "'s."
	if v.Open || v.Taken || v.Theirs {
		whose = "You answer as " + v.Person + ". Whoever holds this link can do the same: do not forward it."
	}
	return phonePage(v.Page.ID+" · Watchbill",
		v.said(),
		v.about(),
		h.P(h.B(text(v.Status))),
		g.If(v.Open || v.Taken, v.answers()),
		g.If(v.Open || v.Theirs, g.Group{v.snooze(), v.handOver(), v.resolve()}),
		v.links(),
		h.P(h.Small(text(whose))))
}

// cutLink is what a link that is none of ours leads to.
func cutLink() g.Node {
	return phonePage("Watchbill", h.H1(text("There is nothing here")),
		h.P(text("The link may have been cut: open it from the message again. You can also answer in Slack, or in a shell with watchbill page ack.")))
}

func phonePage(title string, body ...g.Node) g.Node {
	return h.Doctype(h.HTML(h.Lang("en"),
		h.Head(h.Meta(h.Charset("utf-8")), h.Meta(h.Name("viewport"), h.Content("width=device-width, initial-scale=1")), h.Meta(h.Name("robots"), h.Content("noindex")),
			h.TitleEl(text(title)), h.StyleEl(g.Raw(linkStyle))),
		h.Body(body...)))
}

// said is what the press of a button did.
func (v *linkView) said() g.Node {
	if v.Done == "" {
		return nil
	}
	class := "said"
	if v.Failed {
		class = "said no"
	}
	return h.P(h.Class(class), h.Role("status"), text(v.Done))
}

// about is what the page is about, the worst first.
func (v *linkView) about() g.Node {
	a := &v.About
	what := " for " + a.ID
	if a.State != "" {
		what += " (" + a.State + ")"
	}
	if a.Service != "" {
		what += ", service " + a.Service
	}
	what += ", since " + v.clock(a.Since) + "."
	if a.Lead != "" {
		what += " In command: " + a.Lead + "."
	}
	title := a.Title
	if a.Level != "" {
		title = a.Level + " · " + title
	}
	out := g.Group{h.H1(text(title)), h.P(h.B(text(v.Page.ID)), text(what))}
	if u := a.Update; u != nil {
		out = append(out, h.P(text("Last update, "+v.clock(u.At)+", by "+u.By+": "+u.Text)))
	}
	var details g.Group
	for _, d := range a.Details {
		details = append(details, h.Li(text(d.Name+": "+d.Text)))
	}
	return append(out, g.If(len(details) > 0, h.Ul(details)))
}

func (v *linkView) clock(t time.Time) string { return t.In(v.Zone).Format("2006-01-02 15:04 MST") }

func posted(fields ...g.Node) g.Node { return h.Form(h.Method("post"), g.Group(fields)) }

// pressed is a button that gives an answer.
func pressed(answer string, content ...g.Node) g.Node {
	return h.Button(h.Name("answer"), h.Value(answer), g.Group(content))
}

func (v *linkView) answers() g.Node {
	return posted(h.Input(h.Type("hidden"), h.Name("turn"), h.Value(strconv.Itoa(v.Turn))),
		pressed(Acknowledge, h.Class("yes"), text("Acknowledge: I am on it")),
		g.If(v.Open, pressed(Escalate, text("Escalate: page the next step now"))),
		g.If(v.Open && !v.Declined, pressed(Decline, text("I can't: go on without me"))))
}

func (v *linkView) snooze() g.Node {
	var times g.Group
	for _, t := range v.Snoozes {
		times = append(times, h.Option(h.Value(t.Value), g.If(t.Value == "30m", h.Selected()), text(t.Label)))
	}
	return posted(h.Label(text("Mine, and again in "), h.Select(h.Name("for"), times)), pressed(Snooze, text("Snooze")))
}

func (v *linkView) handOver() g.Node {
	var near g.Group
	for _, person := range v.Near {
		near = append(near, h.Option(h.Value(person)))
	}
	return h.Details(g.If(v.To != "", g.Attr("open")), h.Summary(text("Hand over…")), posted(
		h.Label(text("To whom? They are paged, and it is theirs. "),
			h.Input(h.Name("to"), h.List("near"), h.Required(), h.MaxLength("100"), g.Attr("autocapitalize", "none"), h.AutoComplete("off"), h.Value(v.To))),
		h.DataList(h.ID("near"), near),
		pressed(HandOver, text("Hand "+v.Page.ID+" over"))))
}

func (v *linkView) resolve() g.Node {
	what := "Nothing is left to do: " + v.Ends + " ends for everybody."
	if v.Ending {
		what = "Users are no longer affected: " + v.Ends + " and all its pages end."
	}
	return h.Details(g.If(v.Text != "", g.Attr("open")), h.Summary(text("Resolve…")), posted(
		h.Label(text(what+" What ended it? "), h.Textarea(h.Name("text"), h.Rows("2"), h.MaxLength(strconv.Itoa(v.MaxText)), g.Text(v.Text))),
		pressed(Resolve, text("Resolve "+v.Ends))))
}

// links leads to dashboards and runbooks, and nowhere else than to the web.
func (v *linkView) links() g.Node {
	var out g.Group
	for _, l := range v.About.Links {
		if u, err := url.Parse(l.URL); err == nil && (u.Scheme == "https" || u.Scheme == "http") {
			out = append(out, h.Li(h.A(h.Rel("noreferrer"), h.Href(l.URL), text(l.Text))))
		}
	}
	return g.If(len(out) > 0, h.Ul(out))
}
