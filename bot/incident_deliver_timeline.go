package bot

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/courier"
	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/storage"
)

// checkMark is the reaction that says: this message is on the timeline.
const checkMark = "white_check_mark"

// deliverFetch reads the text of a message that was pinned, which completes its
// entry.
func (d *incidentDelivery) deliverFetch(ctx context.Context, j courier.Job, e incident.Event) courier.Result {
	msg, err := d.client.Message(ctx, e.Channel, e.TS)
	fill := incident.FillPin{Channel: e.Channel, TS: e.TS}
	if err != nil {
		f := slackio.Classify("conversations.history", err)
		if f.Class != slackio.Adapt && f.Class != slackio.Gone && f.Code != "missing_scope" {
			return d.slack.failed(j, "conversations.history", err).Result
		}
		fill.Gone = "Slack says " + f.Code
	} else {
		fill.Author, fill.Text, fill.AsOf = d.author(msg), d.views.asWritten(msg.Text), msg.Edited
		if link, err := d.client.Permalink(ctx, e.Channel, e.TS); err == nil {
			fill.Link = link
		}
	}
	r := courier.Result{State: storage.Done, Note: fill.Gone}
	r.Tell = desk.Outcome{Incident: fill}
	return r
}

func (d *incidentDelivery) author(m slackio.Message) string {
	if m.User == "" {
		return m.BotID
	}
	return d.people.Person(m.User)
}

// deliverMark keeps the check mark on a message true: it is there when the
// message is on the timeline, text and all.
func (d *incidentDelivery) deliverMark(ctx context.Context, j courier.Job, i incident.Incident, seq uint64, e incident.Event) courier.Result {
	pin := i.Pins[incident.PinKey(e.Channel, e.TS)]
	method := "reactions.remove"
	var err error
	if pin.Entry != 0 && pin.Fetched {
		method = "reactions.add"
		err = d.client.AddReaction(ctx, e.Channel, e.TS, checkMark)
	} else {
		err = d.client.RemoveReaction(ctx, e.Channel, e.TS, checkMark)
	}
	if err != nil {
		if r := d.slack.failed(j, method, err); r.State == storage.Pending {
			return r.Result
		}
	}
	return courier.Result{State: storage.Done, Seq: seq}
}

// deliverDraft posts the postmortem draft: a message, and the document as a file
// in its thread. One of an incident that was opened again before it went out would tell of
// an end that was none.
func (d *incidentDelivery) deliverDraft(ctx context.Context, j courier.Job, i incident.Incident, _ uint64) courier.Result {
	place, fail := d.place(ctx, i)
	if fail != nil {
		return fail.Result
	}
	draft, err := d.desk.Draft(ctx, i.ID, d.version)
	if err != nil {
		return d.slack.later(time.Second, err.Error()).Result
	}
	r := readReceipt(j.Receipt)
	if r.TS == "" && (i.Status != incident.Closed || i.Closed.After(j.Created)) {
		out := done(0, r)
		out.Note = "it was opened again: closing it owes another draft"
		return out
	}
	if r.TS == "" {
		shown := draftFor(draft)
		shown.Before = i.Draft
		m := slackui.PostmortemPost(shown)
		posted, fail := d.slack.post(ctx, j, posting{place, m, j.Target, j.Created})
		if fail != nil {
			return d.inRoom(ctx, j, i, place.Channel, fail)
		}
		r = receipt{Channel: posted.Channel, TS: posted.TS}
		return courier.Result{State: storage.Pending, At: d.now(), Untried: true, Receipt: r.bytes(), Note: "the file follows"}
	}
	file := slackio.Upload{Channel: r.Channel, ThreadTS: cmp.Or(place.TS, r.TS), Filename: strings.ToLower(i.ID) + "-postmortem.md",
		Title: i.ID + " postmortem draft", Content: draft.Markdown()}
	if fail := d.uploadDraft(ctx, j, &r, file); fail != nil {
		return fail.Result
	}
	link, err := d.client.Permalink(ctx, r.Channel, r.TS)
	if err != nil { // the announcement links it, sooner or later
		if fail := d.slack.failed(j, "chat.getPermalink", err); fail.State == storage.Pending {
			fail.Receipt = r.bytes()
			return fail.Result
		}
		link = d.views.permalink(r.Channel, r.TS)
	}
	out := done(0, r)
	out.Tell = desk.Outcome{Incident: incident.PostDraft{Link: link}}
	return out
}

// uploadDraft uploads the document unless an attempt whose answer was lost did.
// Without the right to upload, the message alone must do.
func (d *incidentDelivery) uploadDraft(ctx context.Context, j courier.Job, r *receipt, file slackio.Upload) *failure {
	if r.File != "" {
		if f, err := d.client.FileInfo(ctx, r.File); err == nil && len(f.Shares) > 0 {
			return nil
		}
	}
	id, err := d.client.UploadFile(ctx, file)
	if id != "" {
		r.File = id
	}
	if err == nil {
		return nil
	}
	f := d.slack.failed(j, "files.getUploadURLExternal", err)
	if f.State == storage.Dead {
		d.log.Warn().Str("incident", j.Record.ID).Str("why", f.Note).Msg("upload the postmortem draft")
		return nil
	}
	f.Receipt = r.bytes()
	return f
}

// deliverIncidentAlert puts an alert on the timeline of its incident.
func deliverIncidentAlert(_ context.Context, j courier.Job, told desk.IncidentAlert) courier.Result {
	return courier.Result{State: storage.Done, Tell: desk.Outcome{Incident: told.Command()}}
}
