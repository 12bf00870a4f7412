package postmortem

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Markdown writes the draft as Markdown with YAML front matter: the same bytes
// for the same draft. Whatever came from people is escaped. The markers
// <!--A--> (generated), <!--P--> (written by people) and <!--A+P--> say who fills
// what; in a section of both, people write below its own <!--P-->.
func (d Draft) Markdown() []byte {
	var b strings.Builder
	d.frontMatter(&b)
	fmt.Fprintf(&b, "\n# %s: %s\n", markdown(d.ID), markdown(d.Title))
	for _, s := range d.Sections {
		fmt.Fprintf(&b, "\n## %s <!--%s-->\n", markdown(s.Title), s.Source)
		for n, block := range s.Blocks {
			if n == 0 || block.Style != Item || s.Blocks[n-1].Style != Item {
				b.WriteByte('\n')
			}
			block.markdown(&b)
		}
		if len(s.Prompts) == 0 {
			continue
		}
		if s.Source == Proposed {
			b.WriteString("\n<!--P-->\n")
		}
		for _, p := range s.Prompts {
			fmt.Fprintf(&b, "\n> %s\n", markdown(p))
		}
	}
	return []byte(b.String())
}

func (d Draft) frontMatter(b *strings.Builder) {
	line := func(key, value string) { fmt.Fprintf(b, "%s: %s\n", key, value) }
	b.WriteString("---\n")
	line("id", yaml(d.ID))
	line("title", yaml(d.Title))
	line("severity_peak", yaml(d.SeverityPeak))
	line("severity_end", yaml(d.SeverityEnd))
	line("status", yaml(d.Status))
	line("incident", yaml(d.Incident))
	line("services", flow(d.Services))
	line("declared", yamlTime(d.Declared))
	line("resolved", yamlTime(d.Resolved))
	line("closed", yamlTime(d.Closed))
	line("windows", "[]")
	line("detection", fmt.Sprintf("{source: unknown, declared_via: %s, declared_by_event: %s}", yaml(d.DeclaredVia), yaml(evt(d.FirstEvent))))
	var spans []string
	for _, i := range d.Intervals {
		value := "null"
		if i.Seconds != nil {
			value = strconv.FormatFloat(*i.Seconds, 'f', -1, 64)
		}
		spans = append(spans, yaml(i.Name)+": "+value)
	}
	line("intervals", "{"+strings.Join(spans, ", ")+"}")
	line("people", fmt.Sprintf("{commanders: %d, handoffs: %d, responders: %d}", d.People.Commanders, d.People.Handoffs, d.People.Responders))
	line("pages", fmt.Sprintf("{opened: %d, acknowledged: %d, notices: %d}", d.Pages.Opened, d.Pages.Acknowledged, d.Pages.Notices))
	line("flags", flow(d.Flags))
	line("revision", strconv.FormatUint(d.Revision, 10))
	line("chain_head", yaml(d.ChainHead))
	line("version", yaml(d.Version))
	line("written", yamlTime(d.Written))
	b.WriteString("---\n")
}

func flow(list []string) string {
	out := make([]string, len(list))
	for n, s := range list {
		out[n] = yaml(s)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func yamlTime(t time.Time) string {
	if t.IsZero() {
		return "null"
	}
	return t.UTC().Format(time.RFC3339)
}

func (k Block) markdown(b *strings.Builder) {
	if len(k.Head) > 0 {
		k.table(b)
		return
	}
	text := runs(k.Text)
	switch k.Style {
	case Item:
		fmt.Fprintf(b, "- %s\n", text)
	case NoData:
		fmt.Fprintf(b, "*%s*\n", text)
	case Unconfirmed:
		fmt.Fprintf(b, "Unconfirmed: %s\n", text)
	default:
		fmt.Fprintf(b, "%s\n", text)
	}
}

func (k Block) table(b *strings.Builder) {
	row := func(cells []string) { fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | ")) }
	head := make([]string, len(k.Head))
	rule := make([]string, len(k.Head))
	for n, h := range k.Head {
		head[n], rule[n] = markdown(h), "---"
	}
	row(head)
	row(rule)
	for _, r := range k.Rows {
		cells := make([]string, len(r))
		for n, c := range r {
			cells[n] = runs(c)
		}
		row(cells)
	}
}

func runs(list []Run) string {
	var out []string
	for _, r := range list {
		s := markdown(r.Text)
		if s == "" {
			continue
		}
		if r.Quote {
			s = "“" + s + "”"
		}
		if u := safeURL(r.URL); u != "" {
			s = "[" + s + "](" + u + ")"
		}
		if r.Struck {
			s = "~~" + s + "~~"
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}
