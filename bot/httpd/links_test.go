package httpd

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// pager answers for one page, PAGE-7, that was sent to dev1 by SMS.
type pager struct {
	page  paging.Page
	calls []string
	err   error
	left  bool
}

func (p *pager) PageShown(_ context.Context, id string) (paging.Page, paging.About, uint64, error) {
	if id != p.page.ID {
		return paging.Page{}, paging.About{}, 0, &desk.Error{Code: "not_found", Message: "There is no " + id + "."}
	}
	return p.page, paging.About{ID: "INC-4", Title: `<script>alert(1)</script> & "503"`, Level: "SEV2", Service: "checkout", State: "open again", Lead: "sre1", Since: p.page.Opened,
		Update: &paging.Word{Text: "rolling <back>", By: "sre1", At: p.page.Opened}, Details: []paging.Detail{{Name: "Fired", Text: "14 times"}},
		Links: []paging.Link{{Text: "Graph", URL: "javascript:alert(1)"}, {Text: "Nowhere", URL: "https://a b/%zz"}, {Text: "Runbook", URL: "https://wiki.example.com/a"}}}, 1, nil
}

func (p *pager) did(what string, in desk.In) (desk.Answer, error) {
	p.calls = append(p.calls, what+" by "+in.By.Person+" via "+in.By.Via)
	if p.err == nil && what == "acknowledge" {
		if p.page.Status == paging.Open {
			p.page.Status, p.page.Owner, p.page.AnsweredBy, p.page.Answered = paging.Acknowledged, in.By.Person, in.By.Person, p.page.Opened.Add(time.Minute)
		}
	}
	return desk.Answer{Page: p.page.ID, Paged: p.page, Changed: true}, p.err
}

func (p *pager) Acknowledge(_ context.Context, in desk.In, _ string) (desk.Answer, error) {
	return p.did("acknowledge", in)
}

func (p *pager) Escalate(_ context.Context, in desk.In, _ string, turn int) (desk.Answer, error) {
	if turn != p.page.Turn {
		return desk.Answer{Page: p.page.ID, Paged: p.page}, nil
	}
	return p.did("escalate", in)
}

func (p *pager) Decline(_ context.Context, in desk.In, _ string) (desk.Answer, error) {
	return p.did("decline", in)
}

func (p *pager) Snooze(_ context.Context, in desk.In, _ string, wait time.Duration) (desk.Answer, error) {
	a, err := p.did("snooze for "+wait.String(), in)
	p.page.Status, p.page.Owner, p.page.Snoozed, p.page.Until = paging.Acknowledged, in.By.Person, true, p.page.Opened.Add(wait)
	a.Paged = p.page
	return a, err
}

func (p *pager) Named(said string) (string, error) {
	if said != "Dev 2" && said != "dev2" {
		return "", &desk.Error{Code: "not_found", Message: "I know nobody called " + said + "."}
	}
	return "dev2", nil
}

func (p *pager) HandOver(_ context.Context, in desk.In, _, to string) (desk.Answer, error) {
	a, err := p.did("hand over to "+to, in)
	if err == nil {
		p.page.Status, p.page.Owner, p.page.Reason, p.page.Snoozed = paging.Open, to, paging.ByHandOver, false
	}
	a.Paged = p.page
	return a, err
}

func (p *pager) EndPage(_ context.Context, in desk.In, _, why string) (desk.Answer, error) {
	a, err := p.did("end with "+why, in)
	a.Alert = p.page.Subject
	return a, err
}

func (p *pager) Change(_ context.Context, in desk.In, id string, c incident.Command) (desk.Answer, error) {
	r := c.(incident.Resolve)
	_, err := p.did("resolve "+id+" with "+r.Text+" by "+r.By.Person, in)
	return desk.Answer{Incident: id, Changed: true}, err
}

func (p *pager) Around(paging.Page, string) []string { return []string{"dev2", "sre1"} }
func (p *pager) Listed(string) bool                  { return !p.left }

type linkTest struct {
	*testing.T
	links *Links
	pager *pager
	mux   *http.ServeMux
	now   time.Time
}

func newLinks(t *testing.T) *linkTest {
	began := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	x := &linkTest{T: t, now: began.Add(time.Minute), mux: http.NewServeMux(), pager: &pager{page: paging.Page{ID: "PAGE-7", Subject: "INC-4", Status: paging.Open, Opened: began, Turn: 2,
		Notices: []paging.Notice{{N: 1, To: paging.Recipient{Channel: "ops"}}, {N: 3, To: paging.Recipient{Person: "dev1"}, Method: paging.SMS, At: began}}}}}
	x.links = &Links{Directory: t.TempDir(), PublicURL: "https://watchbill.example.com", Desk: x.pager, Zone: func(string) *time.Location { return time.FixedZone("CET", 3600) },
		Now: func() time.Time { return x.now }}
	x.links.register(x.mux)
	return x
}

func (x *linkTest) url(notice int) string {
	x.Helper()
	address, err := x.links.URL("PAGE-7", notice)
	if err != nil {
		x.Fatal(err)
	}
	return strings.TrimPrefix(address, "https://watchbill.example.com")
}

func (x *linkTest) ask(method, path, form string) (int, string) {
	r := httptest.NewRequest(method, path, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	x.mux.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestALinkShowsAndAnswersItsPage(t *testing.T) {
	x := newLinks(t)
	address := x.url(3)
	for range 3 { // a mail scanner
		if code, body := x.ask("GET", address, ""); code != 200 || !strings.Contains(body, "Nobody has answered yet") || !strings.Contains(body, "You answer as dev1") {
			t.Fatalf("got %d %s", code, body)
		}
	}
	if len(x.pager.calls) > 0 {
		t.Fatalf("reading the link did %q", x.pager.calls)
	}
	_, body := x.ask("GET", address, "")
	for _, shown := range []string{"SEV2 · ", "PAGE-7</b> for INC-4 (open again), service checkout, since 2026-03-04 13:00 CET. In command: sre1.", "Last update, 2026-03-04 13:00 CET, by sre1: rolling &lt;back&gt;",
		"<li>Fired: 14 times</li>", `<a rel="noreferrer" href="https://wiki.example.com/a">Runbook</a>`, `name="turn" value="2"`, `value="acknowledge"`, `value="escalate"`, `value="decline"`, `<option value="2h">`} {
		if !strings.Contains(body, shown) {
			t.Errorf("it does not show %q:\n%s", shown, body)
		}
	}
	for _, hidden := range []string{"Nowhere", "Graph", `role="status"`, "<details open"} {
		if strings.Contains(body, hidden) {
			t.Errorf("it shows %q:\n%s", hidden, body)
		}
	}
	code, body := x.ask("POST", address, "answer=acknowledge")
	if code != 200 || !strings.Contains(body, `class="said" role="status"`) || !strings.Contains(body, "PAGE-7 is yours") || !strings.Contains(body, "since 2026-03-04 13:00 CET") || !strings.Contains(body, "dev1 answered at 13:01 CET") || strings.Contains(body, "value=\"acknowledge\"") {
		t.Errorf("got %d %s", code, body)
	}
	if got := strings.Join(x.pager.calls, ", "); got != "acknowledge by dev1 via sms" {
		t.Errorf("the desk was asked to %q", got)
	}
}

func TestButtonsOfALink(t *testing.T) {
	x := newLinks(t)
	if _, body := x.ask("POST", x.url(3), "answer=escalate&turn=1"); !strings.Contains(body, "had gone on before") { // another press was faster
		t.Errorf("the press that came second was told %s", body)
	}
	for _, turn := range []string{"", "&turn=", "&turn=x", "&turn=-1", "&turn=99999999999999999999"} { // what was seen guards against a second press
		if code, body := x.ask("POST", x.url(3), "answer=escalate"+turn); code != 400 || !strings.Contains(body, "nothing was done") {
			t.Errorf("a form with %q got %d %s", turn, code, body)
		}
	}
	x.ask("POST", x.url(3), "answer=escalate&turn=2")
	if code, _ := x.ask("POST", x.url(3), "answer=escalate&turn=0"); code != 200 {
		t.Errorf("the turn before the first step got %d", code)
	}
	x.ask("POST", x.url(3), "answer=decline")
	x.pager.page.Notices[1].Decline, x.pager.page.Notices[1].Method = true, "" // by Slack
	if _, body := x.ask("POST", x.url(3), "answer=acknowledge"); strings.Contains(body, `value="decline"`) {
		t.Errorf("who has declined can decline again:\n%s", body)
	}
	if code, _ := x.ask("POST", x.url(3), "answer=reboot"); code != 400 {
		t.Errorf("an unknown answer got %d, want 400", code)
	}
	if code, _ := x.ask("POST", x.url(3), "answer="+strings.Repeat("x", 1<<20)); code != 400 {
		t.Errorf("a form of a megabyte got %d, want 400", code)
	}
	if got, want := strings.Join(x.pager.calls, ", "), "escalate by dev1 via sms, decline by dev1 via sms, acknowledge by dev1 via slack"; got != want {
		t.Errorf("the desk was asked to %q, want %q", got, want)
	}
}

func TestARefusalIsShown(t *testing.T) {
	x := newLinks(t)
	x.pager.err = &desk.Error{Code: "conflict", Message: "PAGE-7 has ended: nobody needs to answer it any more."}
	if code, body := x.ask("POST", x.url(3), "answer=acknowledge"); code != 409 || !strings.Contains(body, "PAGE-7 has ended") || !strings.Contains(body, `class="said no"`) {
		t.Errorf("got %d %s", code, body)
	}
	x.pager.err = desk.ErrNotRecorded
	if code, body := x.ask("POST", x.url(3), "answer=acknowledge"); code != 503 || !strings.Contains(body, "It was not recorded") {
		t.Errorf("got %d %s", code, body)
	}
}

func TestForgedLinksLookLikeNothing(t *testing.T) {
	x := newLinks(t)
	token := strings.TrimPrefix(x.url(3), "/p/")
	parts := strings.Split(token, ".")
	for _, forged := range []string{"x", token + "a", token[:len(token)-1], "PAGE-8." + parts[1] + "." + parts[2], "PAGE-7.1." + parts[2], "PAGE-7..", strings.Repeat("a.", 500),
		strings.TrimPrefix(x.url(9), "/p/"), strings.TrimPrefix(x.url(1), "/p/")} {
		for _, method := range []string{"GET", "POST"} {
			if code, body := x.ask(method, "/p/"+url.PathEscape(forged), "answer=acknowledge"); code != 404 || strings.Contains(body, "503") || !strings.Contains(body, "color-scheme") || !strings.Contains(body, "open it from the message again") {
				t.Errorf("%s %.40s got %d %.80s", method, forged, code, body)
			}
		}
	}
	x.pager.page.ID = "PAGE-8" // that of the link is not there
	if code, body := x.ask("GET", x.url(3), ""); code != 404 || !strings.Contains(body, "open it from the message again") {
		t.Errorf("a page that is not there got %d %.80s", code, body)
	}
	if len(x.pager.calls) > 0 {
		t.Errorf("forged links did %q", x.pager.calls)
	}
}

func TestAnOldLinkOnlyShows(t *testing.T) {
	x := newLinks(t)
	x.now = x.now.Add(linkLife + time.Hour)
	if code, body := x.ask("POST", x.url(3), "answer=acknowledge"); code != 410 || !strings.Contains(body, "too old") || strings.Contains(body, "<button") || strings.Contains(body, "`") || strings.Contains(body, "You answer as") {
		t.Errorf("got %d %s", code, body)
	}
	if len(x.pager.calls) > 0 {
		t.Errorf("an old link did %q", x.pager.calls)
	}
}

// A page that was put off for a week comes again with a link that answers it.
func TestALinkIsAsOldAsItsNotice(t *testing.T) {
	x := newLinks(t)
	x.now = x.now.Add(linkLife + time.Hour)
	x.pager.page.Notices[1].At = x.now.Add(-time.Minute)
	if code, body := x.ask("POST", x.url(3), "answer=acknowledge"); code != 200 || !strings.Contains(body, "PAGE-7 is yours") {
		t.Errorf("got %d %s", code, body)
	}
}

// Snoozing is offered before the answer and after it, to whose page it is.
func TestALinkSnoozes(t *testing.T) {
	x := newLinks(t)
	offers := func() bool { _, body := x.ask("GET", x.url(3), ""); return strings.Contains(body, `value="snooze"`) }
	if !offers() {
		t.Error("an open page offers no snooze")
	}
	if _, body := x.ask("POST", x.url(3), "answer=acknowledge"); !strings.Contains(body, `value="snooze"`) || strings.Contains(body, `value="acknowledge"`) {
		t.Errorf("after the answer it offers:\n%s", body)
	}
	if code, body := x.ask("POST", x.url(3), "answer=snooze"); code != 200 || !strings.Contains(body, "is yours until 13:30 CET") || !strings.Contains(body, `value="acknowledge"`) || strings.Contains(body, `value="escalate"`) || strings.Contains(body, `value="decline"`) || !strings.Contains(body, `<option value="sre1">`) {
		t.Errorf("got %d %s", code, body)
	}
	x.pager.page.Snoozed, x.pager.page.Owner = false, "sre1"
	if offers() {
		t.Error("the page of somebody else offers a snooze")
	}
	if got, want := strings.Join(x.pager.calls, ", "), "acknowledge by dev1 via sms, snooze for 30m0s by dev1 via sms"; got != want {
		t.Errorf("the desk was asked to %q, want %q", got, want)
	}
}

// How long to snooze is chosen; what cannot be read changes nothing.
func TestALinkSnoozesForAsLongAsChosen(t *testing.T) {
	x := newLinks(t)
	if code, body := x.ask("POST", x.url(3), "answer=snooze&for=soon"); code != 400 || !strings.Contains(body, "is no time to snooze for") {
		t.Errorf("got %d %s", code, body)
	}
	if code, body := x.ask("POST", x.url(3), "answer=snooze&for=2h"); code != 200 || !strings.Contains(body, "is yours until 15:00 CET") {
		t.Errorf("got %d %s", code, body)
	}
	if code, body := x.ask("POST", x.url(3), "answer=snooze&for=1d"); code != 200 || !strings.Contains(body, "is yours until 2026-03-05 13:00 CET. Then") {
		t.Errorf("got %d %s", code, body)
	}
	if got, want := strings.Join(x.pager.calls, ", "), "snooze for 2h0m0s by dev1 via sms, snooze for 24h0m0s by dev1 via sms"; got != want {
		t.Errorf("the desk was asked to %q, want %q", got, want)
	}
}

// A page is handed over by name. A name that nobody has is shown again, to be mended.
func TestALinkHandsOver(t *testing.T) {
	x := newLinks(t)
	if _, body := x.ask("GET", x.url(3), ""); !strings.Contains(body, `<option value="sre1">`) || strings.Contains(body, "<details open") {
		t.Errorf("it offers nobody, or is unfolded:\n%s", body)
	}
	for form, want := range map[string]string{"answer=handover": "Say to whom", "answer=handover&to=+": "Say to whom"} {
		if code, body := x.ask("POST", x.url(3), form); code != 400 || !strings.Contains(body, want) {
			t.Errorf("%s got %d %s", form, code, body)
		}
	}
	if code, body := x.ask("POST", x.url(3), "answer=handover&to="+url.QueryEscape(`"dve2`)); code != 404 || !strings.Contains(body, `value="&#34;dve2"`) || !strings.Contains(body, "<details open") {
		t.Errorf("a wrong name got %d %s", code, body)
	}
	code, body := x.ask("POST", x.url(3), "answer=handover&to=Dev+2")
	if code != 200 || !strings.Contains(body, "handed over to dev2, who is paged") || !strings.Contains(body, "dev2, who has not answered yet") {
		t.Errorf("got %d %s", code, body)
	}
	if got, want := strings.Join(x.pager.calls, ", "), "hand over to dev2 by dev1 via sms"; got != want {
		t.Errorf("the desk was asked to %q, want %q", got, want)
	}
}

// What resolving ends is said on the button: the incident of a page, or the page.
func TestALinkResolves(t *testing.T) {
	x := newLinks(t)
	if _, body := x.ask("GET", x.url(3), ""); !strings.Contains(body, ">Resolve INC-4</button>") || !strings.Contains(body, "all its pages end") {
		t.Errorf("it offers:\n%s", body)
	}
	if code, body := x.ask("POST", x.url(3), "answer=resolve&text=rolled+back"); code != 200 || !strings.Contains(body, "INC-4 is resolved") {
		t.Errorf("got %d %s", code, body)
	}
	x.pager.page.Subject = "ALERT-9"
	if _, body := x.ask("GET", x.url(3), ""); !strings.Contains(body, ">Resolve PAGE-7</button>") || !strings.Contains(body, "Nothing is left to do") {
		t.Errorf("it offers:\n%s", body)
	}
	if code, body := x.ask("POST", x.url(3), "answer=resolve"); code != 200 || !strings.Contains(body, "PAGE-7 has ended, and ALERT-9 is closed") {
		t.Errorf("got %d %s", code, body)
	}
	if got, want := strings.Join(x.pager.calls, ", "), "resolve INC-4 with rolled back by dev1 by dev1 via sms, end with  by dev1 via sms"; got != want {
		t.Errorf("the desk was asked to %q, want %q", got, want)
	}
	x.pager.err = &desk.Error{Code: "conflict", Message: "Not now: `/inc resolve INC-4`."}
	if code, body := x.ask("POST", x.url(3), "answer=resolve&text=<b>rolled"); code != 409 || !strings.Contains(body, "&lt;b&gt;rolled</textarea>") || strings.Count(body, "<details open") != 1 || !strings.Contains(body, "watchbill incident resolve INC-4") {
		t.Errorf("a refusal got %d %s", code, body)
	}
}

// TestALinkOfBeforeItWasOpenedAgain neither resolves the incident anew nor leaves whoever
// answers in the belief that nobody waits.
func TestALinkOfBeforeItWasOpenedAgain(t *testing.T) {
	x := newLinks(t)
	x.pager.page.Status = paging.Ended
	if code, body := x.ask("POST", x.url(3), "answer=resolve&text=rolled+back"); code != 409 || !strings.Contains(body, "INC-4 was opened again after PAGE-7 was over") || len(x.pager.calls) > 0 {
		t.Errorf("got %d %s, and the desk was asked to %q", code, body, x.pager.calls)
	}
}

// TestWhatBecameOfAnAnswer is said in one sentence, and never more than is so.
func TestWhatBecameOfAnAnswer(t *testing.T) {
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	more := incident.Incident{ID: "INC-4", Pages: []incident.PageState{{ID: "PAGE-7"}, {ID: "PAGE-8", Open: true}}}
	over := paging.Page{ID: "PAGE-7", Status: paging.Ended}
	mine := paging.Page{ID: "PAGE-7", Status: paging.Acknowledged, Owner: "dev1"}
	passed := paging.Page{ID: "PAGE-7", Status: paging.Open, Owner: "dev2", Reason: paging.ByHandOver}
	stranded := paging.Page{ID: "PAGE-7", Status: paging.Open, Owner: "dev2"}
	for _, c := range []struct {
		what string
		did  desk.Answer
		want string
	}{
		{Acknowledge, desk.Answer{Incident: "INC-4", Paged: over, Now: more}, "PAGE-7 is over, but INC-4 is open again and nobody has answered PAGE-8. Answer that one."},
		{Acknowledge, desk.Answer{Incident: "INC-4", Paged: mine, Now: more}, "Recorded: PAGE-7 is yours. Nobody is paged any more."},
		{Acknowledge, desk.Answer{Incident: "INC-4", Paged: over}, "PAGE-7: It is over: nobody needs to answer any more. Thank you all the same."},
		{Resolve, desk.Answer{Incident: "INC-4", Text: []string{"One more thing."}}, "Recorded: INC-4 is resolved, and its pages have ended. One more thing."},
		{Resolve, desk.Answer{Paged: over}, "PAGE-7 is over already: nobody needs to answer it any more."},
		{Resolve, desk.Answer{Paged: over, Changed: true, Alert: "ALERT-9"}, "Recorded: PAGE-7 has ended, and ALERT-9 is closed."},
		{Resolve, desk.Answer{Paged: over, Changed: true}, "Recorded: PAGE-7 has ended."},
		{Escalate, desk.Answer{Paged: stranded}, "PAGE-7 had gone on before: nothing had to change."},
		{Escalate, desk.Answer{Paged: stranded, Changed: true}, "Recorded: PAGE-7 goes to the next step."},
		{HandOver, desk.Answer{Paged: passed, Changed: true}, "Recorded: PAGE-7 is handed over to dev2, who is paged. Without an answer whoever is on call is."},
		{HandOver, desk.Answer{Paged: stranded, Changed: true}, "Recorded, but dev2 cannot be reached: whoever is on call is paged for PAGE-7."},
		{Decline, desk.Answer{Paged: stranded, Changed: true}, "Recorded: you cannot take PAGE-7; it goes on without you."},
	} {
		if got := Answered(c.what, "dev1", c.did, plainName, now); got != c.want {
			t.Errorf("%s of %s: it says %q, want %q", c.what, c.did.Paged.Status, got, c.want)
		}
	}
}

// Who has left answers nothing, whatever links they have kept.
func TestALinkOfSomebodyWhoHasLeftOnlyShows(t *testing.T) {
	x := newLinks(t)
	x.pager.left = true
	if code, body := x.ask("GET", x.url(3), ""); code != 200 || !strings.Contains(body, "not in the configuration any more") || strings.Contains(body, "<button") {
		t.Errorf("it shows %d %s", code, body)
	}
	for _, what := range []string{"acknowledge", "escalate", "decline", "snooze", "handover&to=dev2", "resolve"} {
		if code, body := x.ask("POST", x.url(3), "answer="+what); code != 403 {
			t.Errorf("%s got %d %s", what, code, body)
		}
	}
	if len(x.pager.calls) > 0 {
		t.Errorf("the link did %q", x.pager.calls)
	}
}

// Whoever answers second, or too late, is not told that it is theirs.
func TestALinkTellsWhoAnsweredBefore(t *testing.T) {
	x := newLinks(t)
	x.pager.page.Status, x.pager.page.Owner, x.pager.page.AnsweredBy, x.pager.page.Answered = paging.Acknowledged, "sre1", "sre1", x.now
	if code, body := x.ask("POST", x.url(3), "answer=acknowledge"); code != 200 || !strings.Contains(body, "is not yours: sre1 answered at 13:01 CET") || strings.Contains(body, "is yours") ||
		!strings.Contains(body, "There is nothing for you to do") || strings.Contains(body, "You answer as") {
		t.Errorf("the second got %d %s", code, body)
	}
	x.pager.page.Status = paging.Ended
	if code, body := x.ask("POST", x.url(3), "answer=acknowledge"); code != 200 || !strings.Contains(body, "It is over") || strings.Contains(body, "is yours") {
		t.Errorf("the last got %d %s", code, body)
	}
}

func TestTextsOfALinkAreInert(t *testing.T) {
	x := newLinks(t)
	_, body := x.ask("GET", x.url(3), "")
	if strings.Contains(body, "<script>") || strings.Contains(body, "javascript:") {
		t.Errorf("what came from outside is live:\n%s", body)
	}
	if _, body = x.ask("POST", x.url(3), "answer=handover&to=a%E2%80%AEb%E2%81%A6c%00d"); !strings.Contains(body, "abcd") || strings.ContainsAny(body[:strings.Index(body, "<input")], "\u202e\u2066\x00") {
		t.Errorf("a name steers how the page is read:\n%s", body)
	}
}

// TestLinksOutliveARestart: the secret is kept, and only its owner can read it.
func TestLinksOutliveARestart(t *testing.T) {
	x := newLinks(t)
	address := x.url(3)
	again := &Links{Directory: x.links.Directory, PublicURL: x.links.PublicURL, Desk: x.pager, Now: x.links.Now}
	if page, n, ok := again.open(strings.TrimPrefix(address, "/p/")); !ok || page != "PAGE-7" || n != 3 {
		t.Errorf("got %s %d %v", page, n, ok)
	}
	file, err := filepath.Glob(filepath.Join(x.links.Directory, "*"))
	if err != nil || len(file) != 1 {
		t.Fatalf("got %q %v, want the secret alone", file, err)
	}
	if none, err := (&Links{Directory: t.TempDir()}).URL("PAGE-7", 1); none != "" || err != nil {
		t.Errorf("without a public address: got %q %v", none, err)
	}
}
