package httpd

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	g "maragu.dev/gomponents"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
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
	// Zone is the time zone of a person; UTC where it is not known.
	Zone func(person string) *time.Location
	Now  func() time.Time

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
	Named(said string) (string, error)
	HandOver(ctx context.Context, in desk.In, page, to string) (desk.Answer, error)
	EndPage(ctx context.Context, in desk.In, page, why string) (desk.Answer, error)
	Change(ctx context.Context, in desk.In, id string, c incident.Command) (desk.Answer, error)
	// Around are the people to whom a page might be handed over, likely ones first, and
	// whether somebody is in the configuration still.
	Around(p paging.Page, but string) []string
	Listed(person string) bool
}

// linkLife is how long after a notice went out its link still answers the page; later
// it only shows it.
const linkLife = 7 * 24 * time.Hour

// UsualSnooze is for how long a page is snoozed by who does not say for how long.
const UsualSnooze = 30 * time.Minute

// The answers to a page, as forms name them and as Answered says what they did.
const (
	Acknowledge = "acknowledge"
	Escalate    = "escalate"
	Decline     = "decline"
	Snooze      = "snooze"
	HandOver    = "handover"
	Resolve     = "resolve"
)

// snoozes are the times that the page behind a link offers.
var snoozes = []snoozeTime{{"15m", "15 minutes"}, {"30m", "30 minutes"}, {"1h", "1 hour"}, {"2h", "2 hours"}, {"4h", "4 hours"}, {"8h", "8 hours"}, {"1d", "1 day"}}

type snoozeTime struct{ Value, Label string }

// LinkSecretFile is the name of the file with the secret from which links are made.
const LinkSecretFile = "links.secret"

const linkMAC = 16 // bytes: what nobody can guess

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
	path := filepath.Join(l.Directory, LinkSecretFile)
	secret, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		secret = make([]byte, secretSize)
		if _, err := rand.Read(secret); err != nil {
			return nil, fmt.Errorf("make the secret of links: %w", err)
		}
		if err := putFile(l.Directory, LinkSecretFile, secret); err != nil {
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
	Page   paging.Page
	About  paging.About
	Person string
	Zone   *time.Location // the person's
	// Open, Taken and Theirs say what is offered: all answers; to take what is snoozed;
	// what whose it is can do with it.
	Open, Taken, Theirs bool
	Status              string // how the page stands, in a sentence
	Done                string // what the press of a button did, or why it did nothing
	Failed              bool
	Turn                int
	Declined            bool
	Near                []string // to whom it might be handed over
	Snoozes             []snoozeTime
	Ends                string // what Resolve ends: the incident, or the page itself
	Ending              bool   // it is the incident
	To, Text            string // what was typed in a form that failed
	MaxText             int
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
	if n, _ = p.Notice(number); n.To.Person == "" {
		l.gone(w)
		return v, n, false
	}
	return l.view(p, about, n), n, true
}

func (l *Links) view(p paging.Page, about paging.About, n paging.Notice) linkView {
	person := n.To.Person
	zone := l.Zone(person)
	v := linkView{Page: p, About: about, Person: person, Turn: p.Turn, Declined: n.Decline, Zone: zone, Status: p.Stands(plainName, zone), Snoozes: snoozes, Ends: p.ID, MaxText: incident.MaxText}
	if v.Ending = strings.HasPrefix(p.Subject, "INC-"); v.Ending {
		v.Ends = p.Subject
	}
	switch {
	case p.Status == paging.Ended:
	case l.old(n):
		if p.Status == paging.Open {
			v.Status = "This link is too old to answer with. Use that of the newest message, or answer in Slack, or in a shell with watchbill page ack " + p.ID + "."
		}
	case !l.Desk.Listed(person):
		v.Status += " You are not in the configuration any more: this link only shows the page."
	default:
		v.Open = p.Status == paging.Open
		v.Taken = p.Snoozed
		v.Theirs = p.Status == paging.Acknowledged && p.Owner == person
		if !v.Open && !v.Taken && !v.Theirs {
			v.Status += " There is nothing for you to do."
		}
		if v.Open || v.Theirs {
			v.Near = l.Desk.Around(p, person)
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
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	v, n, ok := l.notice(w, r)
	if !ok {
		return
	}
	switch {
	case l.old(n):
		l.render(w, http.StatusGone, v)
		return
	case !l.Desk.Listed(n.To.Person):
		l.render(w, http.StatusForbidden, v)
		return
	}
	in := desk.In{By: incident.Actor{Person: n.To.Person, Via: viaOf(n.Method)}}
	what := r.PostFormValue("answer")
	did, err := l.put(r, in, v, what)
	status, done := l.answered(what, n.To.Person, did, err)
	if p, about, _, err := l.Desk.PageShown(r.Context(), v.Page.ID); err == nil {
		if now, ok := p.Notice(n.N); ok {
			v = l.view(p, about, now)
		}
	}
	if v.Done, v.Failed = done, err != nil; v.Failed { // nothing they typed is lost
		v.To, v.Text = incident.Clip(r.PostFormValue("to"), 100), r.PostFormValue("text")
	}
	l.render(w, status, v)
}

// put does what a form says with the page in view.
func (l *Links) put(r *http.Request, in desk.In, v linkView, what string) (desk.Answer, error) {
	ctx, page := r.Context(), v.Page.ID
	switch what {
	case Acknowledge:
		return l.Desk.Acknowledge(ctx, in, page)
	case Escalate:
		turn, err := strconv.Atoi(r.PostFormValue("turn"))
		if err != nil || turn < 0 {
			return desk.Answer{}, invalid("The form did not say which step it showed, and nothing was done. Press again.")
		}
		return l.Desk.Escalate(ctx, in, page, turn)
	case Decline:
		return l.Desk.Decline(ctx, in, page)
	case Snooze:
		wait := UsualSnooze
		if said := r.PostFormValue("for"); said != "" {
			var err error
			if wait, err = oncall.ParseDuration(said); err != nil {
				return desk.Answer{}, invalid("%q is no time to snooze for. Choose one of those that are offered.", incident.Clip(said, 20))
			}
		}
		return l.Desk.Snooze(ctx, in, page, wait)
	case HandOver:
		said := strings.TrimSpace(r.PostFormValue("to"))
		if said == "" {
			return desk.Answer{}, invalid("Say to whom to hand %s over: a name, as Slack or the configuration has it.", page)
		}
		to, err := l.Desk.Named(said)
		if err != nil {
			return desk.Answer{}, err
		}
		return l.Desk.HandOver(ctx, in, page, to)
	case Resolve:
		if v.Ending && v.Page.Status == paging.Ended && !v.About.Over {
			return desk.Answer{}, &desk.Error{Code: incident.Conflict, Message: fmt.Sprintf("%s was opened again after %s was over, and was not resolved. Use the link of its newest page.", v.Ends, page)}
		}
		if v.Ending {
			return l.Desk.Change(ctx, in, v.Ends, incident.Resolve{By: in.By, Text: r.PostFormValue("text")})
		}
		return l.Desk.EndPage(ctx, in, page, r.PostFormValue("text"))
	}
	return desk.Answer{}, invalid("That is no answer: press one of the buttons.")
}

// answered is the sentence that says what became of an answer.
func (l *Links) answered(what, person string, did desk.Answer, err error) (status int, sentence string) {
	if err != nil {
		if text, code, ok := desk.Refusal(err); ok {
			return statusOf(code), Outside(text)
		}
		return http.StatusServiceUnavailable, "It was not recorded: press again, or answer in Slack."
	}
	return http.StatusOK, Answered(what, person, did, plainName, l.Now().In(l.Zone(person)))
}

// Answered is the sentence that says what an answer of a person to a page, or with
// Resolve to its incident, did. Now is in their zone, in which it tells times.
func Answered(what, person string, did desk.Answer, name func(person string) string, now time.Time) string {
	p, open := did.Paged, did.Now.OpenPages()
	switch {
	case what == Acknowledge && p.Status == paging.Ended && len(open) > 0:
		next := open[len(open)-1]
		return fmt.Sprintf("%s is over, but %s is open again and nobody has answered %s. Answer that one.", p.ID, did.Incident, next)
	case what == Acknowledge:
		return p.Thanks(person, name, now.Location())
	case what == Resolve && p.ID == "":
		return strings.Join(append([]string{"Recorded: " + did.Incident + " is resolved, and its pages have ended."}, did.Text...), " ")
	case what == Resolve && !did.Changed:
		return p.ID + " is over already: nobody needs to answer it any more."
	case what == Resolve && did.Alert != "":
		return "Recorded: " + p.ID + " has ended, and " + did.Alert + " is closed."
	case what == Resolve:
		return "Recorded: " + p.ID + " has ended."
	case !did.Changed:
		return p.ID + " had gone on before: nothing had to change."
	case what == Snooze:
		return "Recorded: " + p.ID + " is yours until " + oncall.FormatTime(now, p.Until.In(now.Location())) + ". Then whoever is on call is paged."
	case what == HandOver && p.Reason == paging.ByHandOver:
		return "Recorded: " + p.ID + " is handed over to " + name(p.Owner) + ", who is paged. Without an answer whoever is on call is."
	case what == HandOver:
		return "Recorded, but " + name(p.Owner) + " cannot be reached: whoever is on call is paged for " + p.ID + "."
	case what == Escalate:
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
	writePage(w, http.StatusNotFound, cutLink())
}

func (l *Links) render(w http.ResponseWriter, status int, v linkView) {
	writePage(w, status, v.page())
}

// writePage answers with a page that loads nothing and tells nobody where it was.
func writePage(w http.ResponseWriter, status int, page g.Node) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	if err := page.Render(w); err != nil { // whoever asked has gone
		return
	}
}
