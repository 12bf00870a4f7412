package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/watchbill/watchbill/bot"
)

func alertVerbs() []verb[*talk] {
	return []verb[*talk]{
		{"list", "[--all] [--service NAME]", "all service", 0, 0, listAlerts},
		{"show", "ALERT-1", "", 1, 1, showAlert},
		{"timeline", "ALERT-1", "", 1, 1, alertTimeline},
		{"ack", "ALERT-1 [--as PERSON]", "as", 1, 1, onAlert("acknowledge")},
		{"declare", "ALERT-1 [TITLE] [--sev N] [--service NAME] [--lead PERSON] [--as PERSON]", "sev service lead as", 1, -1, declareFromAlert},
		{"noise", "ALERT-1 [WHY] [--as PERSON]", "as", 1, -1, onAlert("not-actionable")},
		{"close", "ALERT-1 [WHY] [--as PERSON]", "as", 1, -1, onAlert("close")},
		{"close-from", "INTEGRATION [WHY] [--as PERSON]", "as", 1, -1, closeGone},
		{"silence", "ALERT-1|SERVICE|NAME=VALUE... DURATION|until TIME [WHY] [--as PERSON]", "as", 1, -1, silence},
		{"silences", "[--all]", "all", 0, 0, listSilences},
		{"unsilence", "SIL-1 [--as PERSON]", "as", 1, 1, unsilence},
		{"rejected", "", "", 0, 0, listRejected},
	}
}

func alerts(ctx context.Context, e env, args []string) error {
	return speak(ctx, e, "alert", alertVerbs(), args)
}

// alertView is one alert.
type alertView struct {
	ID, State, Title, Description, Severity, Service, Integration, Escalation, Channel string
	Labels                                                                             map[string]string
	Links                                                                              []struct{ Kind, Text, URL string }
	Notes                                                                              []string
	Firing, Members, Count, Suppressed                                                 int
	Opened, Last, Ended, Left                                                          time.Time
	Page, Unpaged, Incident, Silence, Maintenance                                      string
	Folded                                                                             bool
	SilencedUntil                                                                      time.Time `json:"silenced_until"`
	Acknowledged                                                                       *saidView
	NotActionable                                                                      *saidView `json:"not_actionable"`
	Closed                                                                             *saidView
	List                                                                               []struct {
		Key, Title, Status string
		Since              time.Time
		Count              int
	}
	Deploys []struct {
		Title, URL, By string
		At             time.Time
	}
}

type saidView struct {
	By, Via, Why string
	At           time.Time
}

// stands says who has it, or how it stands otherwise.
func (a alertView) stands() string {
	switch {
	case a.State == "closed" && a.Closed != nil:
		return "closed by " + named(a.Closed.By)
	case a.State != "open":
		return a.State
	case a.Incident != "" && a.Left.IsZero():
		return a.Incident
	case a.Acknowledged != nil && a.Acknowledged.By == "":
		return "acknowledged in " + a.Acknowledged.Via
	case a.Acknowledged != nil:
		return named(a.Acknowledged.By) + " has it"
	case a.NotActionable != nil:
		return "not actionable, says " + named(a.NotActionable.By)
	case a.Maintenance != "":
		return "in maintenance " + a.Maintenance + " until " + stamp(a.SilencedUntil)
	case a.Silence != "":
		return "silenced by " + a.Silence + " until " + stamp(a.SilencedUntil)
	case a.Page != "" && a.Folded:
		return "counted on " + a.Page
	case a.Page != "":
		return a.Page + ", no answer yet"
	case a.Unpaged != "":
		return "nobody was paged: " + a.Unpaged
	}
	return "pages nobody"
}

func listAlerts(ctx context.Context, e env, q *talk) error {
	v := url.Values{"limit": {"10000"}}
	if q.all {
		v.Set("all", "true")
	}
	if q.service != "" {
		v.Set("service", q.service)
	}
	return listing[alertView]{"/v1/alerts?" + v.Encode(), "ID\tSEVERITY\tSERVICE\tSINCE (UTC)\tHEARD\tSTATUS\tTITLE", "No alert is open.", func(l alertView) string {
		return fmt.Sprintf("%s\t%s\t%s\t%s\t%d\t%s\t%s", l.ID, printable(l.Severity), printable(l.Service), l.Opened.UTC().Format("2006-01-02 15:04"), l.Count, printable(l.stands()), printable(l.Title))
	}}.print(ctx, e, q.open, q.json)
}

func showAlert(ctx context.Context, e env, q *talk) error {
	a, err := q.open(e)
	if err != nil {
		return err
	}
	defer a.close()
	body, err := a.get(ctx, "/v1/alerts/"+alertID(q.args[0]))
	if err != nil {
		return err
	}
	if q.json {
		return line(e.stdout, bytes.TrimSpace(body))
	}
	var l alertView
	if err := json.Unmarshal(body, &l); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	w := tabwriter.NewWriter(e.stdout, 0, 8, 2, ' ', 0)
	l.rows(func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%s\t%s\n", name, strings.ReplaceAll(printable(value), "\n", "\n\t"))
		}
	})
	return w.Flush()
}

// rows writes what there is to say of an alert.
func (a alertView) rows(row func(name, value string)) {
	row(a.ID, a.Title)
	row("status", a.stands())
	row("severity", a.Severity)
	row("service", a.Service)
	row("since", stamp(a.Opened))
	row("ended", stamp(a.Ended))
	heard := fmt.Sprintf("%s, last %s", some(a.Count, "time", "times"), stamp(a.Last))
	if a.Suppressed > 0 {
		heard += fmt.Sprintf("; %d of them silenced", a.Suppressed)
	}
	row("heard", heard)
	row("description", a.Description)
	if a.Members > 1 {
		row("fires", fmt.Sprintf("%d of %d", a.Firing, a.Members))
		for _, m := range a.List {
			title := m.Title
			if title == "" {
				title = a.Title
			}
			row("", fmt.Sprintf("%s since %s: %s", m.Status, stamp(m.Since), title))
		}
	}
	row("page", a.Page)
	row("incident", a.Incident)
	row("came by", a.Integration)
	row("card in", a.Channel)
	var labels []string
	for _, name := range slices.Sorted(maps.Keys(a.Labels)) {
		labels = append(labels, name+"="+a.Labels[name])
	}
	row("labels", strings.Join(labels, " "))
	for _, l := range a.Links {
		row(l.Kind, l.URL)
	}
	for _, d := range a.Deploys[:min(len(a.Deploys), 5)] {
		row("deployed", strings.TrimSpace(stamp(d.At)+"  "+d.Title+"  "+d.By+"  "+d.URL))
	}
	for _, n := range a.Notes {
		row("note", n)
	}
}

func alertID(text string) string { return numbered("ALERT-", text) }

func alertTimeline(ctx context.Context, e env, q *talk) error {
	a, err := q.open(e)
	if err != nil {
		return err
	}
	defer a.close()
	return list(ctx, a, "/v1/alerts/"+alertID(q.args[0])+"/timeline", func(l struct {
		At   time.Time
		Text string
	}, raw json.RawMessage) error {
		if q.json {
			return line(e.stdout, raw)
		}
		return say(e, "%s  %s", stamp(l.At), l.Text)
	})
}

// onAlert is a verb that puts something to an alert, with a reason where it takes one.
func onAlert(verb string) func(context.Context, env, *talk) error {
	return func(ctx context.Context, e env, q *talk) error {
		why, err := q.words(e, 1)
		if err != nil {
			return err
		}
		body := map[string]string{}
		if why != "" {
			body["why"] = why
		}
		return q.change(ctx, e, "/v1/alerts/"+alertID(q.args[0])+"/"+verb, body)
	}
}

// closeGone closes what came by an integration that is gone.
func closeGone(ctx context.Context, e env, q *talk) error {
	why, err := q.words(e, 1)
	if err != nil {
		return err
	}
	var closed struct{ Alerts int }
	if done, err := q.ask(ctx, e, "/v1/integrations/"+url.PathEscape(q.args[0])+"/close-alerts", map[string]string{"why": why}, &closed); done || err != nil {
		return err
	}
	return say(e, "%s closed: nothing resolved them any more", some(closed.Alerts, "alert of "+printable(q.args[0])+" is", "alerts of "+printable(q.args[0])+" are"))
}

func declareFromAlert(ctx context.Context, e env, q *talk) error {
	title, err := q.words(e, 1)
	if err != nil {
		return err
	}
	body := map[string]any{"title": title, "service": q.service, "lead": q.lead}
	if q.sev != "" {
		body["severity"] = q.sev
	}
	return q.change(ctx, e, "/v1/alerts/"+alertID(q.args[0])+"/declare", body)
}

// silence keeps an alert, or what matches, from paging.
func silence(ctx context.Context, e env, q *talk) error {
	s, problem := bot.ReadSilence(q.args, time.Now(), time.Local)
	if problem != "" {
		return misuse("%s", lowerFirst(strings.NewReplacer("`silence ", "`watchbill alert silence ").Replace(problem)))
	}
	body := map[string]any{"until": s.Until.UTC(), "why": s.Why}
	if s.Alert != "" {
		return q.change(ctx, e, "/v1/alerts/"+alertID(s.Alert)+"/silence", body)
	}
	body["match"] = s.Match
	return q.silenced(ctx, e, "/v1/silences", body, "silences")
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

func unsilence(ctx context.Context, e env, q *talk) error {
	return q.silenced(ctx, e, "/v1/silences/"+numbered("SIL-", q.args[0])+"/end", struct{}{}, "silenced")
}

// silenceView is one silence.
type silenceView struct {
	ID, Text, By, Why string
	EndedBy           string `json:"ended_by"`
	Active            bool
	Made, Until       time.Time
	Alerts            int
}

// silenced asks for a change of a silence, and says what it covers.
func (q *talk) silenced(ctx context.Context, e env, path string, body any, does string) error {
	var s silenceView
	if done, err := q.ask(ctx, e, path, body, &s); done || err != nil {
		return err
	}
	if !s.Active {
		return say(e, "%s is over: it %s %s; of it, %s", s.ID, does, s.Text, some(s.Alerts, "alert fires and pages now", "alerts fire and page now"))
	}
	return say(e, "%s %s %s until %s; it covers %s", s.ID, does, s.Text, stamp(s.Until), some(s.Alerts, "alert that fires", "alerts that fire"))
}

func listSilences(ctx context.Context, e env, q *talk) error {
	path := "/v1/silences"
	if q.all {
		path += "?all=true"
	}
	return listing[silenceView]{path, "ID\tUNTIL\tBY\tWHAT\tWHY", "Nothing is silenced.", func(s silenceView) string {
		until := stamp(s.Until)
		if s.EndedBy != "" {
			until += ", ended by " + named(s.EndedBy)
		}
		return fmt.Sprintf("%s\t%s\t%s\t%s\t%s", s.ID, printable(until), printable(named(s.By)), printable(s.Text), printable(s.Why))
	}}.print(ctx, e, q.open, q.json)
}

// listRejected shows what webhooks could not read.
func listRejected(ctx context.Context, e env, q *talk) error {
	type rejected struct {
		At                           time.Time
		Integration, From, Why, Body string
		Status, Size                 int
	}
	return listing[rejected]{"/v1/hooks/rejected", "", "No webhook has sent anything that could not be read.", func(r rejected) string {
		text := fmt.Sprintf("%s  %s  from %s, %d bytes, answered %d: %s", stamp(r.At), printable(r.Integration), printable(r.From), r.Size, r.Status, printable(r.Why))
		for line := range strings.SplitSeq(strings.TrimRight(r.Body, "\n"), "\n") {
			text += "\n    " + printable(line)
		}
		return text
	}}.print(ctx, e, q.open, q.json)
}
