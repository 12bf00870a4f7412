package httpd

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// API answers what the command line asks. It is served on a Unix socket that only
// its owner can open.
type API struct {
	Desk    *desk.Desk
	Version string
	// Feeds are the calendars at private addresses; nil: there are none.
	Feeds *Feeds
	// Health is nil where no bot runs.
	Health func() Health
}

// Handler serves the API under /v1.
func (a API) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/incidents", a.incidents)
	mux.HandleFunc("GET /v1/incidents/{id}", a.incident)
	mux.HandleFunc("GET /v1/incidents/{id}/timeline", a.timeline)
	mux.HandleFunc("GET /v1/incidents/{id}/postmortem", a.postmortem)
	mux.HandleFunc("GET /v1/effects", a.effects)
	mux.HandleFunc("POST /v1/effects/{id}/retry", a.retry)
	mux.HandleFunc("GET /v1/verify", a.verify)
	mux.HandleFunc("GET /v1/health", a.health)
	mux.HandleFunc("POST /v1/oncall/plan", a.planFile)
	mux.HandleFunc("POST /v1/oncall/apply", a.applyFile)
	mux.HandleFunc("POST /v1/oncall/changes", a.change)
	mux.HandleFunc("POST /v1/oncall/feeds", a.feed)
	a.schedules().register(mux)
	mux.HandleFunc("/", nothingHere)
	return secure(mux, maxChange)
}

// problem is the body of every answer that is not a success.
type problem struct {
	Error struct {
		Code    incident.Code `json:"code"`
		Message string        `json:"message"`
	} `json:"error"`
}

func fail(w http.ResponseWriter, status int, code incident.Code, message string) {
	var p problem
	p.Error.Code, p.Error.Message = code, message
	write(w, status, p)
}

// refuse answers with an error: a refusal with its text, anything else with its
// cause, for whoever asks here owns the process.
func refuse(w http.ResponseWriter, err error) {
	var pending *desk.PendingError
	text, code, ok := desk.Refusal(err)
	switch {
	case ok:
		fail(w, statusOf(code), code, text)
	case errors.Is(err, desk.ErrNotRecorded):
		fail(w, http.StatusServiceUnavailable, "not_recorded", "It took too long and nothing was changed. Ask again.")
	case errors.As(err, &pending):
		fail(w, http.StatusServiceUnavailable, "pending", "It is still being written. Look whether it was done before you ask again.")
	default:
		fail(w, http.StatusInternalServerError, "internal", "The store could not do it: "+err.Error()+".")
	}
}

// statusOf is the status of a refusal.
func statusOf(code incident.Code) int {
	switch code {
	case incident.NotFound:
		return http.StatusNotFound
	case incident.Conflict:
		return http.StatusConflict
	case incident.Forbidden:
		return http.StatusForbidden
	}
	return http.StatusBadRequest
}

// Summary is an incident in a list.
type Summary struct {
	ID       string    `json:"id"`
	Title    string    `json:"title"`
	Severity string    `json:"severity"`
	Status   string    `json:"status"`
	Service  string    `json:"service,omitempty"`
	Lead     string    `json:"lead,omitempty"`
	Answered bool      `json:"answered"`
	Declared time.Time `json:"declared"`
	Resolved time.Time `json:"resolved,omitzero"`
	Closed   time.Time `json:"closed,omitzero"`
	Channel  string    `json:"channel,omitempty"`
}

func summary(i incident.Incident) Summary {
	return Summary{ID: i.ID, Title: i.Title, Severity: i.Severity.String(), Status: string(i.Status), Service: i.Service, Lead: i.Lead, Answered: i.Answered,
		Declared: i.Declared, Resolved: i.Resolved, Closed: i.Closed, Channel: i.Room.Name}
}

func (a API) incidents(w http.ResponseWriter, r *http.Request) {
	limit, ok := number(w, r, "limit", 50, 10_000)
	if !ok {
		return
	}
	find := a.Desk.Live
	if r.URL.Query().Get("all") == "true" {
		find = a.Desk.Latest
	}
	list, err := find(r.Context(), limit)
	if err != nil {
		refuse(w, err)
		return
	}
	out := make([]Summary, len(list))
	for n, i := range list {
		out[n] = summary(i)
	}
	write(w, http.StatusOK, out)
}

// Detail is one incident with its pages.
type Detail struct {
	Summary
	Reporter string            `json:"reporter"`
	Update   *incident.Said    `json:"update,omitempty"`
	Unpaged  string            `json:"unpaged,omitempty"`
	Room     incident.Room     `json:"room"`
	Pages    []PageView        `json:"pages"`
	Draft    string            `json:"draft,omitempty"`
	Failed   map[string]string `json:"failed,omitempty"` // deliveries that were given up, and why
}

// PageView is one page of an incident.
type PageView struct {
	ID         string    `json:"id"`
	Status     string    `json:"status"`
	Policy     string    `json:"policy"`
	Step       int       `json:"step"` // from 1
	Spent      bool      `json:"spent"`
	Due        time.Time `json:"due,omitzero"`
	AnsweredBy string    `json:"answered_by,omitempty"`
	Answered   time.Time `json:"answered,omitzero"`
	Notices    []Notice  `json:"notices"`
}

// Notice is one message of a page.
type Notice struct {
	To     string    `json:"to"`
	At     time.Time `json:"at"`
	Fate   string    `json:"fate"`
	Paused bool      `json:"paused,omitempty"`
}

func (a API) incident(w http.ResponseWriter, r *http.Request) {
	i, err := a.Desk.Incident(r.Context(), r.PathValue("id"))
	if err != nil {
		refuse(w, err)
		return
	}
	pages, err := a.Desk.PagesOf(r.Context(), i.ID)
	if err != nil {
		refuse(w, err)
		return
	}
	d := Detail{Summary: summary(i), Reporter: i.Reporter.Person, Update: i.Update, Unpaged: i.Unpaged, Room: i.Room, Draft: i.Draft, Pages: []PageView{}}
	for _, p := range pages {
		d.Pages = append(d.Pages, pageView(p))
	}
	dead, err := a.Desk.Dead(r.Context(), i.ID)
	if err != nil {
		refuse(w, err)
		return
	}
	for _, e := range dead {
		if d.Failed == nil {
			d.Failed = map[string]string{}
		}
		d.Failed[fmt.Sprintf("%d %s", e.ID, e.Target)] = e.Note
	}
	write(w, http.StatusOK, d)
}

func pageView(p paging.Page) PageView {
	v := PageView{ID: p.ID, Status: string(p.Status), Policy: p.Policy.Name, Step: p.Step + 1, Spent: p.Spent, Due: p.Due, AnsweredBy: p.AnsweredBy, Answered: p.Answered}
	for _, n := range p.Notices {
		v.Notices = append(v.Notices, Notice{To: n.To.String(), At: n.At, Fate: string(n.Fate), Paused: n.Paused})
	}
	return v
}

// Line is one line of a timeline.
type Line struct {
	Seq       uint64    `json:"seq"`
	At        time.Time `json:"at"`
	Recorded  time.Time `json:"recorded"`
	Kind      string    `json:"kind"`
	By        string    `json:"by,omitempty"`
	Via       string    `json:"via,omitempty"`
	Text      string    `json:"text"`
	Quote     string    `json:"quote,omitempty"`
	Link      string    `json:"link,omitempty"`
	Withdrawn bool      `json:"withdrawn,omitempty"`
}

func (a API) timeline(w http.ResponseWriter, r *http.Request) {
	events, err := a.Desk.Events(r.Context(), r.PathValue("id"))
	if err != nil {
		refuse(w, err)
		return
	}
	out := []Line{}
	for _, l := range incident.Timeline(events, incident.PlainNames) {
		out = append(out, Line{Seq: l.Seq, At: l.At, Recorded: l.Recorded, Kind: string(l.Kind), By: l.By.Person, Via: l.By.Via, Text: l.Text, Quote: l.Quote,
			Link: l.Link, Withdrawn: l.Withdrawn})
	}
	write(w, http.StatusOK, out)
}

func (a API) postmortem(w http.ResponseWriter, r *http.Request) {
	draft, err := a.Desk.Draft(r.Context(), r.PathValue("id"), a.Version)
	if err != nil {
		refuse(w, err)
		return
	}
	var body []byte
	kind := "text/markdown; charset=utf-8"
	switch r.URL.Query().Get("format") {
	case "", "markdown":
		body = draft.Markdown()
	case "json":
		kind = "application/json"
		body, err = draft.JSON()
	case "html":
		kind = "text/html; charset=utf-8"
		body, err = draft.HTML()
	default:
		fail(w, http.StatusBadRequest, incident.Invalid, "The format is one of markdown, json and html.")
		return
	}
	if err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Write(body)
}

func (a API) effects(w http.ResponseWriter, r *http.Request) {
	list, err := a.Desk.Dead(r.Context(), r.URL.Query().Get("incident"))
	if err != nil {
		refuse(w, err)
		return
	}
	out := []Delivery{}
	for _, e := range list {
		out = append(out, Delivery{ID: e.ID, Target: e.Target, Record: e.Record.ID, Attempts: e.Attempts, Created: e.Created, GivenUp: e.Settled, Why: e.Note})
	}
	write(w, http.StatusOK, out)
}

// Delivery is one that was given up.
type Delivery struct {
	ID       uint64    `json:"id"`
	Target   string    `json:"target"`
	Record   string    `json:"record"`
	Attempts int       `json:"attempts"`
	Created  time.Time `json:"created"`
	GivenUp  time.Time `json:"given_up"`
	Why      string    `json:"why"`
}

func (a API) retry(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	if err != nil {
		fail(w, http.StatusBadRequest, incident.Invalid, "A delivery is named by its number.")
		return
	}
	if err := a.Desk.Retry(r.Context(), id); err != nil {
		refuse(w, err)
		return
	}
	write(w, http.StatusOK, map[string]uint64{"retried": id})
}

func (a API) verify(w http.ResponseWriter, r *http.Request) {
	report, err := a.Desk.Verify(r.Context())
	if err != nil {
		refuse(w, err)
		return
	}
	write(w, http.StatusOK, report)
}

func (a API) health(w http.ResponseWriter, r *http.Request) {
	if a.Health == nil {
		write(w, http.StatusOK, Health{Version: a.Version, Notes: []string{"no bot is running on this data directory"}})
		return
	}
	write(w, http.StatusOK, a.Health())
}

func number(w http.ResponseWriter, r *http.Request, name string, otherwise, most int) (int, bool) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return otherwise, true
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		fail(w, http.StatusBadRequest, incident.Invalid, fmt.Sprintf("%s is a number from 1 to %d.", name, most))
		return 0, false
	}
	return n, true
}
