package httpd

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// Links are the addresses in the notices of pages: whoever holds one sees the page
// and can answer it as the person it was sent to. Reading one changes nothing: mail
// scanners follow every link.
type Links struct {
	// Directory holds the secret from which addresses are made; it is created with
	// the first of them.
	Directory string
	PublicURL string // without a slash at its end; empty: there are no links
	Desk      Answering
	Now       func() time.Time

	mu     sync.Mutex
	secret []byte
}

// Answering are the use cases behind a link.
type Answering interface {
	PageShown(ctx context.Context, page string) (paging.Page, paging.About, uint64, error)
	Acknowledge(ctx context.Context, in desk.In, page string) (desk.Answer, error)
	Escalate(ctx context.Context, in desk.In, page string, turn int) (desk.Answer, error)
	Decline(ctx context.Context, in desk.In, page string) (desk.Answer, error)
	Snooze(ctx context.Context, in desk.In, page string, wait time.Duration) (desk.Answer, error)
}

// linkLife is how long after a notice went out its link still answers the page; later
// it only shows it.
const linkLife = 7 * 24 * time.Hour

// linkSnooze is for how long a link snoozes.
const linkSnooze = 30 * time.Minute

const (
	linkSecretFile = "links.secret"
	linkMAC        = 16 // bytes: what nobody can guess
)

// URL is the address of one notice of a page; empty when there are none.
func (l *Links) URL(page string, notice int) (string, error) {
	if l == nil || l.PublicURL == "" {
		return "", nil
	}
	token, err := l.token(page, notice)
	if err != nil {
		return "", err
	}
	return l.PublicURL + "/p/" + token, nil
}

// token names the notice and proves that we did: "PAGE-7.3.mac".
func (l *Links) token(page string, notice int) (string, error) {
	secret, err := l.key()
	if err != nil {
		return "", err
	}
	name := page + "." + strconv.Itoa(notice)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("page link\x00" + name))
	return name + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:linkMAC]), nil
}

// open returns what a token names, if it is ours.
func (l *Links) open(token string) (page string, notice int, ok bool) {
	parts := strings.Split(token, ".")
	if len(token) > 100 || len(parts) != 3 {
		return "", 0, false
	}
	notice, err := strconv.Atoi(parts[1])
	if err != nil {
		return "", 0, false
	}
	want, err := l.token(parts[0], notice)
	return parts[0], notice, err == nil && hmac.Equal([]byte(want), []byte(token))
}

func (l *Links) key() ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.secret != nil {
		return l.secret, nil
	}
	path := filepath.Join(l.Directory, linkSecretFile)
	secret, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		secret = make([]byte, secretSize)
		if _, err := rand.Read(secret); err != nil {
			return nil, fmt.Errorf("make the secret of links: %w", err)
		}
		if err := putFile(l.Directory, linkSecretFile, secret); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, fmt.Errorf("read the secret of links: %w", err)
	case len(secret) != secretSize:
		return nil, fmt.Errorf("read the secret of links: %s is damaged; remove it to begin anew, and links sent before are worth nothing", path)
	}
	l.secret = secret
	return secret, nil
}

// register serves the links, if there can be any.
func (l *Links) register(mux *http.ServeMux) {
	if l != nil && l.PublicURL != "" {
		mux.HandleFunc("GET /p/{token}", l.show)
		mux.HandleFunc("POST /p/{token}", l.answer)
	}
}

// linkView is what the page behind a link says.
type linkView struct {
	Page     paging.Page
	About    paging.About
	Person   string
	Open     bool
	Theirs   bool   // it is acknowledged by who holds the link
	Status   string // how the page stands, in a sentence
	Done     string // what the press of a button did, or why it did nothing
	Failed   bool
	Turn     int
	Declined bool
}

// notice finds what a token names. Every failure looks the same from outside.
func (l *Links) notice(w http.ResponseWriter, r *http.Request) (v linkView, n paging.Notice, ok bool) {
	page, number, ours := l.open(r.PathValue("token"))
	if !ours {
		l.gone(w)
		return v, n, false
	}
	p, about, _, err := l.Desk.PageShown(r.Context(), page)
	if err != nil {
		l.gone(w)
		return v, n, false
	}
	if n, ok = p.Notice(number); !ok || n.To.Person == "" {
		l.gone(w)
		return v, n, false
	}
	return l.view(p, about, n), n, true
}

func (l *Links) view(p paging.Page, about paging.About, n paging.Notice) linkView {
	v := linkView{Page: p, About: about, Person: n.To.Person, Turn: p.Turn, Declined: n.Decline, Status: p.Stands(plainName)}
	v.Theirs = p.Status == paging.Acknowledged && !p.Snoozed && p.Owner == n.To.Person && !l.old(n)
	if p.Status == paging.Open {
		if v.Open = !l.old(n); !v.Open {
			v.Status = "This link is too old to answer with. Use that of the newest message, or answer in Slack or with `watchbill page ack`."
		}
	}
	return v
}

// old says that the link of a notice only shows its page.
func (l *Links) old(n paging.Notice) bool { return l.Now().Sub(n.At) > linkLife }

func plainName(person string) string { return person }

func (l *Links) show(w http.ResponseWriter, r *http.Request) {
	if v, _, ok := l.notice(w, r); ok {
		l.render(w, http.StatusOK, v)
	}
}

// answer does what a button says. A form that is sent twice does it once: it names the
// turn that was seen, and the other answers repeat nothing.
func (l *Links) answer(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	v, n, ok := l.notice(w, r)
	if !ok {
		return
	}
	in := desk.In{By: incident.Actor{Person: n.To.Person, Via: viaOf(n.Method)}}
	what := r.PostFormValue("answer")
	var did desk.Answer
	var err error
	switch {
	case l.old(n):
		l.render(w, http.StatusGone, v)
		return
	case what == "acknowledge":
		did, err = l.Desk.Acknowledge(r.Context(), in, v.Page.ID)
	case what == "escalate":
		turn, convErr := strconv.Atoi(r.PostFormValue("turn"))
		if convErr != nil {
			turn = -1
		}
		did, err = l.Desk.Escalate(r.Context(), in, v.Page.ID, turn)
	case what == "decline":
		did, err = l.Desk.Decline(r.Context(), in, v.Page.ID)
	case what == "snooze":
		did, err = l.Desk.Snooze(r.Context(), in, v.Page.ID, linkSnooze)
	default:
		v.Done, v.Failed = "That is no answer: press one of the buttons.", true
		l.render(w, http.StatusBadRequest, v)
		return
	}
	status, done := answered(what, n.To.Person, did, err)
	if p, about, _, err := l.Desk.PageShown(r.Context(), v.Page.ID); err == nil {
		if now, ok := p.Notice(n.N); ok {
			v = l.view(p, about, now)
		}
	}
	v.Done, v.Failed = done, err != nil
	l.render(w, status, v)
}

// answered is the sentence that says what became of an answer.
func answered(what, person string, did desk.Answer, err error) (status int, sentence string) {
	if err != nil {
		if text, code, ok := desk.Refusal(err); ok {
			return statusOf(code), text
		}
		return http.StatusServiceUnavailable, "It was not recorded: press again, or answer in Slack."
	}
	return http.StatusOK, Answered(what, person, did, plainName)
}

// Answered is the sentence that says what an answer to a page did: "acknowledge",
// "escalate", "decline" or "snooze".
func Answered(what, person string, did desk.Answer, name func(person string) string) string {
	p := did.Paged
	switch {
	case what == "acknowledge":
		return p.Thanks(person, name)
	case !did.Changed:
		return p.ID + " had gone on before: nothing had to change."
	case what == "snooze":
		return "Recorded: " + p.ID + " is yours until " + p.Until.UTC().Format("15:04 UTC") + ". Then whoever is on call is paged."
	case what == "escalate":
		return "Recorded: " + p.ID + " goes to the next step."
	}
	return "Recorded: you cannot take " + p.ID + "; it goes on without you."
}

func viaOf(m paging.Method) string {
	if m == "" {
		return string(paging.Slack)
	}
	return string(m)
}

// gone answers whatever is no link of ours.
func (l *Links) gone(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusNotFound)
	fmt.Fprint(w, "<!doctype html><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>Watchbill</title><p>There is nothing here. The link may have been cut: open it from the message again.")
}

func (l *Links) render(w http.ResponseWriter, status int, v linkView) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	if err := linkPage.Execute(w, v); err != nil {
		fmt.Fprint(w, "The page could not be shown.")
	}
}

var linkPage = template.Must(template.New("page").Funcs(template.FuncMap{
	"utc": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") },
}).Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>{{.Page.ID}} · Watchbill</title>
<style>
body{font:17px/1.45 system-ui,sans-serif;margin:0 auto;max-width:34em;padding:1em;color:#1d1c1d;background:#fff}
h1{font-size:1.3em;margin:.4em 0;overflow-wrap:anywhere}
p,li{overflow-wrap:anywhere}
.said{padding:.7em .9em;border-radius:.5em;background:#e6f4ea}
.no{background:#fdecea}
button{font:inherit;width:100%;padding:.85em;margin:.35em 0;border-radius:.5em;border:1px solid #888;background:#fff;color:inherit}
button.yes{background:#007a5a;border-color:#007a5a;color:#fff;font-weight:600}
small{color:#616061}
@media (prefers-color-scheme:dark){body{background:#1a1d21;color:#e8e8e8}button{background:#222529}.said{background:#14361f}.no{background:#4a1f1f}small{color:#aaa}}
</style></head><body>
{{with .Done}}<p class="said{{if $.Failed}} no{{end}}" role="status">{{.}}</p>{{end}}
<h1>{{with .About.Level}}{{.}} · {{end}}{{.About.Title}}</h1>
<p><b>{{.Page.ID}}</b> for {{.About.ID}}{{with .About.State}} ({{.}}){{end}}{{with .About.Service}}, service {{.}}{{end}}, since {{utc .About.Since}}.
{{with .About.Lead}}In command: {{.}}.{{end}}</p>
{{with .About.Update}}<p>Last update, {{utc .At}}, by {{.By}}: {{.Text}}</p>{{end}}
{{with .About.Details}}<ul>{{range .}}<li>{{.Name}}: {{.Text}}</li>{{end}}</ul>{{end}}
<p><b>{{.Status}}</b></p>
{{if .Open}}<form method="post"><input type="hidden" name="turn" value="{{.Turn}}">
<button class="yes" name="answer" value="acknowledge">Acknowledge: I am on it</button>
<button name="answer" value="escalate">Escalate: page the next step now</button>
<button name="answer" value="snooze">Snooze: mine, and again in 30 minutes</button>
{{if not .Declined}}<button name="answer" value="decline">I can't: go on without me</button>{{end}}
</form>{{else if .Theirs}}<form method="post"><button name="answer" value="snooze">Snooze: again in 30 minutes</button></form>{{end}}
{{with .About.Links}}<ul>{{range .}}<li><a rel="noreferrer" href="{{.URL}}">{{.Text}}</a></li>{{end}}</ul>{{end}}
<p><small>You answer as {{.Person}}. Whoever holds this link can do the same: do not forward it.</small></p>
</body></html>
`))
