package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

func pageVerbs() []verb[*talk] {
	return []verb[*talk]{
		{"list", "[--incident INC-1] [--person PERSON]", "incident person", 0, 0, listPages},
		{"show", "PAGE-1", "", 1, 1, showPage},
		{"ack", "PAGE-1 [--as PERSON]", "as", 1, 1, answerPage("acknowledge")},
		{"escalate", "PAGE-1 [--as PERSON]", "as", 1, 1, answerPage("escalate")},
		{"decline", "PAGE-1 [--as PERSON]", "as", 1, 1, answerPage("decline")},
		{"handover", "PAGE-1 PERSON [--as PERSON]", "as", 2, 2, handOverPage},
		{"snooze", "PAGE-1 DURATION [--as PERSON]", "as", 2, 2, snoozePage},
		{"resolve", "PAGE-1 [TEXT] [--as PERSON]", "as", 1, -1, resolvePage},
	}
}

func pageCalls(ctx context.Context, e env, args []string) error {
	return speak(ctx, e, "page", pageVerbs(), args)
}

// pageView is one page.
type pageView struct {
	ID, Subject, Status, Policy string
	By                          string
	Step                        int
	Spent                       bool
	Opened, Due                 time.Time
	HeldUntil                   time.Time `json:"held_until"`
	Owner                       string
	Snoozed                     bool
	Reason                      string
	Urgency                     string
	AnsweredBy                  string `json:"answered_by"`
	Answered                    time.Time
	Folded                      int
	FoldedLast                  string `json:"folded_last"`
	Spared                      []struct{ Who, On string }
	Notices                     []struct {
		To, Method, Fate, Why string
		At                    time.Time
		Paused, Waits         bool
	}
	Planned []struct {
		To, Method string
		At         time.Time
	}
	History []struct {
		At   time.Time
		Text string
	}
}

// state is how a page stands.
func (p pageView) state() string {
	s := p.Status
	switch {
	case p.Snoozed:
		s = "snoozed by " + p.Owner
	case p.Status == "open" && p.Reason == "handover":
		s += ", handed over to " + p.Owner
	case p.Status == "open" && p.Spent:
		s += ", nobody else is left to ask"
	case p.Owner != "":
		s += " by " + p.Owner
	}
	switch {
	case p.Due.IsZero():
	case p.Status == "open":
		s += ", next " + stamp(p.Due)
	default:
		s += ", comes again " + stamp(p.Due)
	}
	return s
}

// rows writes a page and its notices.
func (p pageView) rows(row func(name, value string)) {
	at := fmt.Sprintf("policy %s, step %d", p.Policy, p.Step)
	switch {
	case p.Spent:
		at = "policy " + p.Policy + ", all steps were tried"
	case p.Step == 0:
		at = "policy " + p.Policy
	}
	row(p.ID, p.state()+" · "+at)
	for _, n := range p.Notices {
		why := because(n.Why, n.Paused)
		switch {
		case n.Waits:
			why = ": waits until " + n.Method + " works again"
		case n.Fate == "intended" && p.Status != "open":
			why = ", and not sent any more"
		}
		row("", fmt.Sprintf("%s %s to %s by %s%s", stamp(n.At), n.Fate, n.To, n.Method, why))
	}
	for _, q := range p.Planned {
		row("", fmt.Sprintf("%s planned to %s by %s", stamp(q.At), q.To, q.Method))
	}
	for _, s := range p.Spared {
		row("", fmt.Sprintf("%s is not told, with enough unanswered pages: %s counts it", s.Who, s.On))
	}
}

// because is why a message did not reach anybody.
func because(why string, paused bool) string {
	switch {
	case why != "":
		return ": " + why
	case paused:
		return ", notifications paused"
	}
	return ""
}

func listPages(ctx context.Context, e env, q *talk) error {
	v := url.Values{"limit": {"1000"}}
	if q.incident != "" {
		v.Set("incident", numbered("INC-", q.incident))
	}
	if q.person != "" {
		v.Set("person", q.person)
	}
	nothing := "No page is open. `watchbill page list --incident INC-1` shows all of an incident."
	return listing[pageView]{"/v1/pages?" + v.Encode(), "ID\tABOUT\tOPENED (UTC)\tLAST SENT TO\tSTATUS", nothing, func(p pageView) string {
		var to []string
		for _, o := range slices.Backward(p.Notices) {
			if len(to) < 3 && !slices.Contains(to, o.To) {
				to = append(to, o.To)
			}
		}
		return fmt.Sprintf("%s\t%s\t%s\t%s\t%s", p.ID, p.Subject, p.Opened.UTC().Format("2006-01-02 15:04"), printable(strings.Join(to, ", ")), printable(p.state()))
	}}.print(ctx, e, q.open, q.json)
}

func showPage(ctx context.Context, e env, q *talk) error {
	a, err := q.open(e)
	if err != nil {
		return err
	}
	defer a.close()
	body, err := a.get(ctx, "/v1/pages/"+numbered("PAGE-", q.args[0]))
	if err != nil {
		return err
	}
	if q.json {
		return line(e.stdout, json.RawMessage(strings.TrimSpace(string(body))))
	}
	var p pageView
	if err := json.Unmarshal(body, &p); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	w := tabwriter.NewWriter(e.stdout, 0, 8, 2, ' ', 0)
	row := func(name, value string) { fact(w, name, value) }
	p.rows(row)
	row("about", p.Subject)
	row("opened", stamp(p.Opened))
	if p.By != "" {
		row("asked for by", named(p.By))
	}
	switch {
	case !p.HeldUntil.IsZero():
		row("urgency", "low: quiet hours hold it back until "+stamp(p.HeldUntil))
	case p.Urgency == "low":
		row("urgency", "low: quiet hours hold it back")
	}
	if p.AnsweredBy != "" {
		row("answered", stamp(p.Answered)+" by "+named(p.AnsweredBy))
	}
	if p.Folded > 0 {
		row("stands for", fmt.Sprintf("%d more, the last of them %s", p.Folded, p.FoldedLast))
	}
	head := "history"
	for _, h := range p.History {
		row(head, stamp(h.At)+"  "+h.Text)
		head = ""
	}
	return w.Flush()
}

// answerPage is a verb that answers a page; an incident is its newest open page.
func answerPage(verb string) func(context.Context, env, *talk) error {
	return func(ctx context.Context, e env, q *talk) error {
		return q.change(ctx, e, "/v1/pages/"+numbered("PAGE-", q.args[0])+"/"+verb, struct{}{})
	}
}

func handOverPage(ctx context.Context, e env, q *talk) error {
	return q.change(ctx, e, "/v1/pages/"+numbered("PAGE-", q.args[0])+"/handover", map[string]string{"to": q.args[1]})
}

func snoozePage(ctx context.Context, e env, q *talk) error {
	return q.change(ctx, e, "/v1/pages/"+numbered("PAGE-", q.args[0])+"/snooze", map[string]string{"for": q.args[1]})
}

// resolvePage ends a page with what ended it.
func resolvePage(ctx context.Context, e env, q *talk) error {
	text, err := q.words(e, 1)
	if err != nil {
		return err
	}
	return q.change(ctx, e, "/v1/pages/"+numbered("PAGE-", q.args[0])+"/resolve", map[string]string{"text": text})
}

// named is somebody as people read it.
func named(person string) string {
	if token, ok := strings.CutPrefix(person, "token:"); ok {
		return "API token " + token
	}
	return person
}
