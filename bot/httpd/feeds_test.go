package httpd

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/watchbill/watchbill/oncall"
)

// bill is schedules that a test can change.
type bill map[string]*oncall.Plan

func (b bill) ScheduleNames() []string {
	var names []string
	for name := range b {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (b bill) SchedulePlan(name string) *oncall.Plan {
	for n, p := range b {
		if strings.EqualFold(n, name) {
			return p
		}
	}
	return nil
}

func (b bill) History(_ context.Context, name string, _ time.Time) (*oncall.Plan, error) {
	return b.SchedulePlan(name), nil
}

func (b bill) set(t testing.TB, name string, overrides []oncall.Override, people ...string) {
	t.Helper()
	p, err := oncall.Compile(oncall.Schedule{Name: name, TimeZone: "Europe/Berlin", Overrides: overrides,
		Layers: []oncall.Layer{{Name: "always", Rotation: oncall.Rotation{Type: oncall.Weekly, Start: "2026-01-05T09:00:00", People: people}}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b[name] = p
}

type calendars struct {
	*testing.T
	feeds *Feeds
	bill  bill
	now   time.Time
	http  http.Handler
}

func newCalendars(t *testing.T) *calendars {
	c := &calendars{T: t, bill: bill{}, now: time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)}
	c.bill.set(t, "checkout", nil, "dev1", "sre1")
	c.bill.set(t, "search", nil, "sre1", "dev2")
	c.open(filepath.Join(t.TempDir(), "calendars"))
	return c
}

// open starts the server anew on a directory.
func (c *calendars) open(directory string) {
	c.feeds = &Feeds{Directory: directory, PublicURL: "https://watchbill.example.com", Rota: c.bill, Now: func() time.Time { return c.now }}
	c.http = Public(prometheus.NewRegistry(), func() Health { return Health{} }, Served{Feeds: c.feeds})
}

func (c *calendars) url(kind, name string, revoke bool) string {
	c.Helper()
	url, err := c.feeds.URL(kind, name, revoke)
	if err != nil {
		c.Fatal(err)
	}
	return url
}

func (c *calendars) get(url, etag string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, strings.TrimPrefix(url, "https://watchbill.example.com"), nil)
	if etag != "" {
		r.Header.Set("If-None-Match", etag)
	}
	c.http.ServeHTTP(w, r)
	return w
}

func (c *calendars) read(text string) []oncall.Entry {
	c.Helper()
	got, err := oncall.ReadCalendar([]byte(text), oncall.ReadCalendarInput{From: c.now.AddDate(-1, 0, 0), To: c.now.AddDate(1, 0, 0)})
	if err != nil || len(got.Warnings) > 0 {
		c.Fatal(err, got)
	}
	return got.Entries
}

func TestFeedHoldsTheShifts(t *testing.T) {
	c := newCalendars(t)
	w := c.get(c.url(PersonFeed, "sre1", false), "")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/calendar; charset=utf-8" || w.Header().Get("Cache-Control") != "private, max-age=300" {
		t.Fatalf("got %d %v", w.Code, w.Header())
	}
	var schedules []string
	first, last := c.now, c.now
	for _, e := range c.read(w.Body.String()) {
		if e.Person != "sre1" {
			t.Errorf("the feed of sre1 holds a shift of %s", e.Person)
		}
		schedules = append(schedules, e.Schedule)
		first, last = min64(first, e.Start), max64(last, e.End)
	}
	slices.Sort(schedules)
	if got, want := slices.Compact(schedules), []string{"checkout", "search"}; !slices.Equal(got, want) {
		t.Errorf("got shifts of %v, want %v", got, want)
	}
	if back, ahead := c.now.Sub(first).Hours()/24, last.Sub(c.now).Hours()/24; back < 15 || back > 22 || ahead < 180 || ahead > 187 {
		t.Errorf("the feed reaches %.1f days back and %.1f ahead, want 15 and 180 and the rest of a shift", back, ahead)
	}
	if regexp.MustCompile(`DT(START|END)[^\r]*[^Z]\r`).MatchString(w.Body.String()) {
		t.Error("a time is not in UTC")
	}
}

func min64(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func max64(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func TestFeedAddresses(t *testing.T) {
	c := newCalendars(t)
	dev1, dev2, checkout := c.url(PersonFeed, "dev1", false), c.url(PersonFeed, "dev2", false), c.url(ScheduleFeed, "checkout", false)
	if dev1 == dev2 || !regexp.MustCompile(`^https://watchbill\.example\.com/calendar/[A-Za-z0-9_-]{43}\.ics$`).MatchString(dev1) {
		t.Errorf("got addresses %s and %s", dev1, dev2)
	}
	if again := c.url(PersonFeed, "DEV1", false); again != dev1 {
		t.Errorf("the address moved to %s", again)
	}
	c.open(c.feeds.Directory) // a restart
	for _, url := range []string{dev1, dev2, checkout} {
		if w := c.get(url, ""); w.Code != http.StatusOK {
			t.Errorf("after a restart got %d", w.Code)
		}
	}
	next := c.url(PersonFeed, "dev1", true)
	if next == dev1 || c.get(dev1, "").Code != http.StatusNotFound || c.get(next, "").Code != http.StatusOK || c.get(dev2, "").Code != http.StatusOK {
		t.Error("revoking one address must end it, begin another and leave the others")
	}
	c.open(c.feeds.Directory)
	if c.get(dev1, "").Code != http.StatusNotFound || c.get(next, "").Code != http.StatusOK {
		t.Error("a restart forgets what was revoked")
	}
	other := newCalendars(t)
	if other.url(PersonFeed, "dev1", false) == dev1 {
		t.Error("two houses have the same address: it can be guessed")
	}
}

func TestFeedsGiveNoHints(t *testing.T) {
	c := newCalendars(t)
	url := c.url(PersonFeed, "dev1", false)
	want := c.get("/calendar/none.ics", "")
	if want.Code != http.StatusNotFound {
		t.Fatalf("got %d", want.Code)
	}
	for _, path := range []string{strings.TrimSuffix(url, ".ics"), url[:len(url)-5] + ".ics", strings.ToUpper(url), "/calendar/.ics", "/calendar/secret", "/calendar/secret.ics",
		"/calendar/..%2fsecret", "/calendar/" + strings.Repeat("A", 5000) + ".ics"} {
		if w := c.get(path, ""); w.Code != http.StatusNotFound || w.Body.String() != want.Body.String() || w.Header().Get("ETag") != "" {
			t.Errorf("%s: got %d %q", path, w.Code, w.Body.String())
		}
	}
	empty := &calendars{T: t, bill: bill{}}
	empty.open(filepath.Join(t.TempDir(), "calendars"))
	if w := empty.get(url, ""); w.Code != http.StatusNotFound {
		t.Errorf("without feeds got %d", w.Code)
	}
	if _, err := os.Stat(empty.feeds.Directory); err == nil {
		t.Error("asking for a feed makes a directory")
	}
	info, err := os.Stat(filepath.Join(c.feeds.Directory, "secret"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the secret is open to others: %v %v", info.Mode(), err)
	}
}

func TestFeedsNeedAnAddress(t *testing.T) {
	c := newCalendars(t)
	url := c.url(PersonFeed, "dev1", false)
	c.feeds.PublicURL = ""
	c.http = Public(prometheus.NewRegistry(), func() Health { return Health{} }, Served{Feeds: c.feeds})
	if w := c.get(url, ""); w.Code != http.StatusNotFound {
		t.Errorf("got %d", w.Code)
	}
	for _, f := range []*Feeds{nil, c.feeds} {
		if _, err := f.URL(PersonFeed, "dev1", false); err == nil || !strings.Contains(err.Error(), "http.public_url") {
			t.Errorf("got %v", err)
		}
	}
}

func TestFeedSaysWhatChanged(t *testing.T) {
	c := newCalendars(t)
	url := c.url(ScheduleFeed, "checkout", false)
	first := c.get(url, "")
	tag := first.Header().Get("ETag")
	c.now = c.now.Add(time.Hour)
	if w := c.get(url, tag); tag == "" || w.Code != http.StatusNotModified || w.Body.Len() > 0 {
		t.Fatalf("nothing changed and got %d with tag %q", w.Code, w.Header().Get("ETag"))
	}
	// The week of 30 March goes to sre2.
	c.bill.set(t, "checkout", []oncall.Override{{From: "2026-03-30T09:00:00", To: "2026-04-06T09:00:00", Person: "sre2", Replaces: "dev1"}}, "dev1", "sre1")
	c.open(c.feeds.Directory) // what was published outlives a restart
	second := c.get(url, tag)
	if second.Code != http.StatusOK || second.Header().Get("ETag") == tag {
		t.Fatalf("a shift changed and got %d with the same tag", second.Code)
	}
	uid := func(text, summary string) string {
		for _, event := range strings.Split(text, "BEGIN:VEVENT") {
			if strings.Contains(event, "DTSTART:20260330T070000Z") && strings.Contains(event, "SUMMARY:"+summary) {
				return regexp.MustCompile(`UID:(\S+)`).FindString(event) + regexp.MustCompile(`STATUS:\S+`).FindString(event) + regexp.MustCompile(`SEQUENCE:\S+`).FindString(event)
			}
		}
		return ""
	}
	before, after := uid(first.Body.String(), "dev1"), uid(second.Body.String(), "dev1")
	if before == "" || strings.Replace(before, "CONFIRMEDSEQUENCE:0", "CANCELLEDSEQUENCE:1", 1) != after {
		t.Errorf("the shift of dev1 was %q and is %q, want it cancelled under its own UID", before, after)
	}
	if got := uid(second.Body.String(), "sre2"); !strings.Contains(got, "CONFIRMED") {
		t.Errorf("the shift of sre2 is %q", got)
	}
	delete(c.bill, "checkout")
	if entries := c.read(c.get(url, "").Body.String()); len(entries) != 0 {
		t.Errorf("a schedule that is gone has %d shifts", len(entries))
	}
}
