package httpd

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// Feeds are calendars at addresses that nobody can guess, one for each schedule and
// person that asked for one. What a feed said is kept in the directory, so that the
// next time it can say what changed and what was cancelled. One process at a time
// uses a directory.
type Feeds struct {
	// Directory holds the secret from which addresses are made, and a file for each
	// feed; it is created when the first feed is.
	Directory string
	PublicURL string // without a slash at its end; empty: there are no feeds
	Rota      Rota
	Now       func() time.Time

	mu     sync.Mutex
	secret []byte
	feeds  []*feed
}

// The kinds of feed.
const (
	ScheduleFeed = "schedule"
	PersonFeed   = "person"
)

// feed is a file in the directory.
type feed struct {
	Kind       string             `json:"kind"`
	Name       string             `json:"name"`
	Generation int                `json:"generation"` // rises when an address is revoked
	Published  []oncall.Published `json:"published,omitempty"`

	digest [sha256.Size]byte // of the token in force
}

// URL is the address of the feed of a schedule or a person. It stays the same until
// it is revoked; with revoke, the address until now is worth nothing, and the answer
// is the next one.
func (f *Feeds) URL(kind, name string, revoke bool) (string, error) {
	if f == nil || f.PublicURL == "" {
		return "", invalid("Calendar feeds need an address that calendars can reach: set `http.public_url` in the configuration and start again.")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.load(true); err != nil {
		return "", err
	}
	n := slices.IndexFunc(f.feeds, func(g *feed) bool { return g.Kind == kind && strings.EqualFold(g.Name, name) })
	g := &feed{Kind: kind, Name: name}
	if n >= 0 {
		g = f.feeds[n]
	}
	next := *g
	if revoke {
		next.Generation++
	}
	if n < 0 || revoke {
		if err := f.save(&next); err != nil {
			return "", err
		}
	}
	*g = next
	if n < 0 {
		f.feeds = append(f.feeds, g)
	}
	token := f.token(g)
	g.digest = sha256.Sum256([]byte(token))
	return f.PublicURL + "/calendar/" + token + ".ics", nil
}

// token is what makes the address of a feed: only who has the secret can compute it.
func (f *Feeds) token(g *feed) string {
	mac := hmac.New(sha256.New, f.secret)
	fmt.Fprintf(mac, "%s\x00%s\x00%d", g.Kind, g.Name, g.Generation)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// find compares a token with that of every feed, in a time that says nothing.
func (f *Feeds) find(token string) *feed {
	given := sha256.Sum256([]byte(token))
	var found *feed
	for _, g := range f.feeds {
		if subtle.ConstantTimeCompare(given[:], g.digest[:]) == 1 {
			found = g
		}
	}
	return found
}

// register serves the feeds, if there can be any.
func (f *Feeds) register(mux *http.ServeMux) {
	if f != nil && f.PublicURL != "" {
		mux.HandleFunc("GET /calendar/{file}", f.serve)
	}
}

// feedLife is how long a calendar may keep what it read, in the words of HTTP.
const feedLife = "private, max-age=300"

func (f *Feeds) serve(w http.ResponseWriter, r *http.Request) {
	token, ok := strings.CutSuffix(r.PathValue("file"), ".ics")
	if !ok || len(token) > 100 {
		nothing(w)
		return
	}
	text, tag, err := f.text(token)
	switch {
	case err != nil:
		http.Error(w, "The calendar cannot be read now.", http.StatusInternalServerError)
		return
	case text == "":
		nothing(w)
		return
	}
	w.Header().Set("Cache-Control", feedLife)
	w.Header().Set("ETag", tag)
	w.Header().Set("Referrer-Policy", "no-referrer")
	if slices.ContainsFunc(strings.Split(r.Header.Get("If-None-Match"), ","), func(t string) bool { return strings.TrimSpace(t) == tag }) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", calendarKind)
	w.Header().Set("Content-Disposition", `inline; filename="oncall.ics"`)
	w.Write([]byte(text))
}

// text is the calendar of a token, and a tag that stays the same while it says the
// same; empty: there is no such feed.
func (f *Feeds) text(token string) (text, tag string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.load(false); err != nil {
		return "", "", err
	}
	g := f.find(token)
	if g == nil {
		return "", "", nil
	}
	now := f.Now()
	schedule, person := g.Name, ""
	names := []string{g.Name}
	if g.Kind == PersonFeed {
		schedule, person, names = "", g.Name, f.Rota.ScheduleNames()
	}
	var shifts []oncall.CalendarShift
	for _, name := range names {
		if p := f.Rota.SchedulePlan(name); p != nil {
			shifts = append(shifts, calendarShifts(p, person, now.Add(-calendarBack), now.Add(calendarAhead))...)
		}
	}
	text, published := oncall.WriteCalendar(calendarName(schedule, person), shifts, g.Published, now)
	before, after := tagOf(g.Published), tagOf(published)
	if before != after {
		next := *g
		next.Published = published
		if err := f.save(&next); err != nil {
			return "", "", err
		}
		*g = next
	}
	return text, after, nil
}

// tagOf is weak: the calendar also says when it was written.
func tagOf(published []oncall.Published) string {
	h := sha256.New()
	for _, p := range published {
		fmt.Fprintf(h, "%s %d %d %d %t %q\n", p.UID, p.Sequence, p.Start.Unix(), p.End.Unix(), p.Cancelled, p.Summary)
	}
	return `W/"` + hex.EncodeToString(h.Sum(nil)[:16]) + `"`
}

// Feed asks for the address of the feed of a schedule or a person.
type Feed struct {
	Schedule string `json:"schedule,omitempty" about:"this, or person, is needed"`
	Person   string `json:"person,omitempty" about:"whose shifts it has"`
	Revoke   bool   `json:"revoke,omitempty" about:"the addresses given before stop working"`
}

// FeedAddress answers it.
type FeedAddress struct {
	Feed
	URL string `json:"url"`
}

func (a API) feed(_ *call, q Feed) (FeedAddress, error) {
	if (q.Person == "") == (q.Schedule == "") {
		return FeedAddress{}, invalid("Name a schedule or a person.")
	}
	kind, name := PersonFeed, ""
	var err error
	if q.Schedule != "" {
		var p *oncall.Plan
		if p, err = a.schedules().called(q.Schedule, nil); err == nil {
			kind, name = ScheduleFeed, p.Name()
			q.Schedule = name
		}
	} else {
		name, err = a.known(q.Person)
		q.Person = name
	}
	if err != nil {
		return FeedAddress{}, err
	}
	url, err := a.Feeds.URL(kind, name, q.Revoke)
	return FeedAddress{Feed: q, URL: url}, err
}
