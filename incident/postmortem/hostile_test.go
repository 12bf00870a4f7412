package postmortem

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	yamlpkg "github.com/goccy/go-yaml"
	"github.com/watchbill/watchbill/incident"
)

var (
	markers = regexp.MustCompile(`<!--(?:A|P|A\+P)-->$`)
	ours    = regexp.MustCompile(`\[message\]\((https?://[^\s()<>|\\]+)\)`)
	bare    = regexp.MustCompile(`(?i)(?:[a-z]://|\bwww\.|mailto:[^\s])`)
)

// inert says what in the Markdown could be read as more than the draft's own
// markup; "": nothing.
func inert(d Draft) string {
	_, body, ok := strings.Cut(strings.TrimPrefix(string(d.Markdown()), "---\n"), "\n---\n")
	if !ok {
		return "there is no front matter"
	}
	headings, columns := 0, 0
	for _, l := range strings.Split(body, "\n") {
		switch {
		case l == "", l == "<!--P-->":
			columns = 0
			continue
		case strings.HasPrefix(l, "# "), strings.HasPrefix(l, "## "):
			headings++
			l = markers.ReplaceAllString(l, "")
		case strings.HasPrefix(l, "| "):
			plain := regexp.MustCompile(`\\.`).ReplaceAllString(l, "")
			if columns == 0 {
				columns = strings.Count(plain, "|")
			}
			if got := strings.Count(plain, "|"); got != columns {
				return "a row has another number of cells: " + l
			}
		case strings.HasPrefix(l, "- "), strings.HasPrefix(l, "> "), strings.HasPrefix(l, "*No data: "), strings.HasPrefix(l, "Unconfirmed: "):
		case strings.HasPrefix(l, "The first one is"), strings.HasPrefix(l, "It was declared"), regexp.MustCompile(`^\d+ (more|person|people)`).MatchString(l):
		default:
			return "a line that the draft does not write: " + l
		}
		l = ours.ReplaceAllString(l, "")
		if bare.MatchString(l) {
			return "an address that a reader would link: " + l
		}
		if left := regexp.MustCompile(`\\.`).ReplaceAllString(l, ""); strings.ContainsAny(left, "<[`") {
			return "markup: " + l
		}
	}
	if headings != len(d.Sections)+1 {
		return "a heading too many or too few"
	}
	return ""
}

// active says what in the HTML could act, or is not of the draft's own making.
func active(t *testing.T, page []byte) string {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(string(page)))
	dec.Strict, dec.AutoClose, dec.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	elements := strings.Fields("html head meta title style body h1 h2 section table thead tbody tr th td p q s a footer")
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return ""
		}
		if err != nil {
			return "it cannot be read: " + err.Error()
		}
		switch e := tok.(type) {
		case xml.Comment:
			return "a comment: " + string(e)
		case xml.StartElement:
			if !slices.Contains(elements, e.Name.Local) {
				return "an element " + e.Name.Local
			}
			for _, a := range e.Attr {
				n, v := a.Name.Local, a.Value
				switch {
				case slices.Contains([]string{"lang", "charset", "name", "content", "id", "class", "rel", "http-equiv"}, n):
				case n == "href" && (strings.HasPrefix(v, "https://") || strings.HasPrefix(v, "http://")):
				default:
					return "an attribute " + n + "=" + v
				}
			}
		}
	}
}

func TestHostileTextStaysText(t *testing.T) {
	d := New(hostile())
	if got := inert(d); got != "" {
		t.Error(got)
	}
	page, err := d.HTML()
	if err != nil {
		t.Fatal(err)
	}
	if got := active(t, page); got != "" {
		t.Error(got)
	}
	if !strings.Contains(string(page), "default-src &#39;none&#39;") && !strings.Contains(string(page), "default-src 'none'") {
		t.Error("the page has no policy")
	}
}

func TestTheChecksOfTheseTestsFindWhatIsActive(t *testing.T) {
	for _, p := range []string{"<p><script>x</script></p>", `<p onclick="x">a</p>`, `<a href="javascript:x">a</a>`, "<!-- x -->"} {
		if active(t, []byte(p)) == "" {
			t.Errorf("%q passes", p)
		}
	}
}

func TestLinksAreOnlyThoseOfTheWeb(t *testing.T) {
	for in, want := range map[string]string{
		"https://example.slack.com/archives/C1/p17?thread_ts=1.2&cid=C1": "https://example.slack.com/archives/C1/p17?thread_ts=1.2&cid=C1",
		"https://example.com/a(b)":                                       "https://example.com/a%28b%29",
		"javascript:alert(1)":                                            "",
		"data:text/html,x":                                               "",
		"https://user:pw@example.com/":                                   "",
		"//example.com/":                                                 "",
		"https:///x":                                                     "",
		"https://example.com/ x":                                         "https://example.com/%20x",
		"https://example.com/\">":                                        "https://example.com/%22%3E",
		"https://example.com/?a|b":                                       "",
		"":                                                               "",
	} {
		if got := safeURL(in); got != want {
			t.Errorf("safeURL(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzRendering(f *testing.F) {
	for _, s := range []string{nasty, "1. x", "- x", "# x", "=", "***", "\\", "a\\|b", "<a href=x>", "| --- |", "]( https://x.example", "WWW.x.example", "x://y",
		"\n---\n", "🎉", "שלום", "\u202e", "12345678901) x", "~~", "\xff\xfe", "http:", "- - -", "&lt;", "<!--A-->", "+", "a:b", "ｗww.x.example"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, text, name string) {
		s := &story{now: start}
		for _, e := range []incident.Event{
			{Kind: incident.Declared, ID: "INC-1", Title: text, Service: name, Severity: 1, By: incident.Actor{Person: name, Via: "slack"}},
			{Kind: incident.LeadSet, Person: name, Answered: true}, {Kind: incident.Noted, Text: text}, {Kind: incident.Paged, Page: "PAGE-1", Whom: []string{name, text}},
			{Kind: incident.PinEntered, Channel: "C1", TS: "1.000000"}, {Kind: incident.PinText, Entry: 5, Text: text, Author: name, Link: text},
			{Kind: incident.PinEdited, Entry: 5, Text: name}, {Kind: incident.PinWithdrawn, Entry: 5}, {Kind: incident.Kind(text), Text: text}, {Kind: incident.WasResolved, Text: text},
		} {
			e.Seq, e.At, e.Recorded = uint64(len(s.events)+1), start, start
			s.events, s.i = append(s.events, e), incident.Apply(s.i, e)
		}
		facts := s.facts()
		facts.Services, facts.Version = []Service{{Name: text, Owner: name, SRE: text}}, name
		facts.Pages = []PageFacts{{ID: "PAGE-1", AnsweredBy: name, Notices: []NoticeFacts{{To: text, Fate: name}}}}
		if len(name)%2 == 0 {
			facts.Names = incident.PlainNames
		}
		d := New(facts)
		if got := inert(d); got != "" {
			t.Fatal(got)
		}
		front, _, _ := strings.Cut(strings.TrimPrefix(string(d.Markdown()), "---\n"), "\n---\n")
		var meta struct {
			ID, Title, Status string
			Services          []string
		}
		if err := yamlpkg.Unmarshal([]byte(front), &meta); err != nil {
			t.Fatalf("the front matter cannot be read: %v\n%s", err, front)
		}
		if meta.ID != "INC-1" || meta.Status != "draft" || meta.Title != oneLine(d.Title) {
			t.Fatalf("the front matter says %+v, want title %q", meta, oneLine(d.Title))
		}
		page, err := d.HTML()
		if err != nil {
			t.Fatal(err)
		}
		if got := active(t, page); got != "" {
			t.Fatal(got)
		}
		if _, err := d.JSON(); err != nil {
			t.Fatal(err)
		}
	})
}
