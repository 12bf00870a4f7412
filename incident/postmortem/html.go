package postmortem

import (
	"bytes"
	"fmt"
	"strconv"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

// HTML writes the draft as one page that needs nothing from outside: no script,
// no image, no font. Its policy forbids all of them, also to what a browser adds.
func (d Draft) HTML() ([]byte, error) {
	var b bytes.Buffer
	if err := d.page().Render(&b); err != nil {
		return nil, fmt.Errorf("write draft of %s as HTML: %w", d.ID, err)
	}
	return b.Bytes(), nil
}

const (
	pagePolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
	pageStyle  = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h2 { margin-top: 2rem; border-bottom: 1px solid #8886; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { border: 1px solid #8886; padding: .3rem .5rem; text-align: left; vertical-align: top; }
q { white-space: pre-line; }
s { opacity: .75; }
.no_data, .prompt { opacity: .75; font-style: italic; }
.prompt { border-left: 4px solid #8886; padding-left: 1rem; min-height: 4rem; }
.unconfirmed::before { content: "Unconfirmed: "; opacity: .75; }
@media (min-width: 48rem) {
td:first-child { white-space: nowrap; }
}
@media (max-width: 47.99rem) {
table { display: block; overflow-x: auto; }
th, td { min-width: 3.5rem; overflow-wrap: break-word; }
}
@media print {
:root { color-scheme: light; }
body { font-size: 10pt; margin: 0; max-width: none; color: #000; }
h2 { break-after: avoid; }
tr, .prompt { break-inside: avoid; }
thead { display: table-header-group; }
a { color: inherit; text-decoration: none; }
}
`
)

// line ends a line of the file, for those who read it as text.
var line = g.Raw("\n")

// cleaned is text from anybody, escaped.
func cleaned(s string) g.Node { return g.Text(clean(s)) }

func (d *Draft) page() g.Node {
	title := d.ID + ": " + d.Title
	var sections g.Group
	for i := range d.Sections {
		sections = append(sections, d.Sections[i].html(), line)
	}
	footer := "Written by Watchbill " + clean(d.Version) + ", " + stamp(d.Written) + " UTC, revision " + strconv.FormatUint(d.Revision, 10)
	if d.ChainHead != "" {
		footer += ", chain " + d.ChainHead
	}
	return g.Group{h.Doctype(h.HTML(h.Lang("en"), line,
		h.Head(line, h.Meta(h.Charset("utf-8")), line,
			h.Meta(g.Attr("http-equiv", "Content-Security-Policy"), h.Content(pagePolicy)), line,
			h.Meta(h.Name("referrer"), h.Content("no-referrer")), line,
			h.Meta(h.Name("viewport"), h.Content("width=device-width, initial-scale=1")), line,
			h.TitleEl(cleaned(title)), line, h.StyleEl(g.Raw(pageStyle)), line), line,
		h.Body(line, h.H1(cleaned(title)), line, sections, h.Footer(h.P(g.Text(footer))), line), line)), line}
}

func (s *Section) html() g.Node {
	out := g.Group{line, h.H2(cleaned(s.Title)), line}
	for i := range s.Blocks {
		out = append(out, s.Blocks[i].html(), line)
	}
	for _, p := range s.Prompts {
		out = append(out, h.P(h.Class("prompt"), cleaned(p)), line)
	}
	return h.Section(h.ID(s.ID), out)
}

func (b *Block) html() g.Node {
	if len(b.Head) == 0 {
		return h.P(g.If(b.Style != "", h.Class(string(b.Style))), htmlRuns(b.Text))
	}
	var head, rows g.Group
	for _, name := range b.Head {
		head = append(head, h.Th(cleaned(name)))
	}
	for _, row := range b.Rows {
		var cells g.Group
		for _, cell := range row {
			cells = append(cells, h.Td(htmlRuns(cell)))
		}
		rows = append(rows, h.Tr(cells), line)
	}
	return h.Table(line, h.THead(h.Tr(head)), line, h.TBody(line, rows), line)
}

func htmlRuns(all []Run) g.Node {
	var out g.Group
	for _, r := range all {
		out = append(out, r.html(), g.Text(" "))
	}
	return out
}

func (r *Run) html() g.Node {
	n := cleaned(r.Text)
	if r.Quote {
		n = h.Q(n)
	}
	if to := safeURL(r.URL); to != "" {
		n = h.A(h.Rel("noopener noreferrer"), h.Href(to), n)
	}
	if r.Struck {
		n = h.S(n)
	}
	return n
}
