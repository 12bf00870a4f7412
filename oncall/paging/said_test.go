package paging_test

import (
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/oncall/paging"
)

func TestHowAPageStands(t *testing.T) {
	at := time.Date(2026, 3, 4, 3, 7, 0, 0, time.UTC)
	answered := paging.Page{ID: "PAGE-7", Status: paging.Acknowledged, Owner: "sre1", AnsweredBy: "sre1", Answered: at}
	for _, c := range []struct {
		name           string
		change         func(p *paging.Page)
		stands, thanks string // of dev1
	}{
		{"answered by another", func(*paging.Page) {}, "SRE1 answered at 03:07 UTC.", "Recorded, and PAGE-7 is not yours: SRE1 answered at 03:07 UTC."},
		{"answered", func(p *paging.Page) { p.Owner, p.AnsweredBy = "dev1", "dev1" }, "DEV1 answered at 03:07 UTC.", "Recorded: PAGE-7 is yours. Nobody is paged any more."},
		{"handed over and answered", func(p *paging.Page) { p.Owner = "dev1" }, "DEV1 has it.", "Recorded: PAGE-7 is yours. Nobody is paged any more."},
		{"snoozed", func(p *paging.Page) { p.Snoozed, p.Until = true, at.Add(time.Hour) }, "SRE1 has snoozed it until 04:07 UTC.", "Recorded, and PAGE-7 is not yours: SRE1 has snoozed it until 04:07 UTC."},
		{"over", func(p *paging.Page) { p.Status = paging.Ended }, "It is over: nobody needs to answer any more.", "PAGE-7: It is over: nobody needs to answer any more. Thank you all the same."},
		{"open", func(p *paging.Page) { *p = paging.Page{ID: "PAGE-7", Status: paging.Open} }, "Nobody has answered yet.", ""},
		{"come again", func(p *paging.Page) { p.Status = paging.Open }, "It has come again, and nobody has answered since.", ""},
		{"handed over", func(p *paging.Page) { p.Status, p.Reason = paging.Open, paging.ByHandOver }, "It was handed over to SRE1, who has not answered yet.", ""},
	} {
		p := answered
		c.change(&p)
		if got := p.Stands(strings.ToUpper); got != c.stands {
			t.Errorf("%s: it stands: %q, want %q", c.name, got, c.stands)
		}
		if got := p.Thanks("dev1", strings.ToUpper); c.thanks != "" && got != c.thanks {
			t.Errorf("%s: thanks: %q, want %q", c.name, got, c.thanks)
		}
	}
}
