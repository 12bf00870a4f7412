package bot

import (
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
func (b *Bot) deliverFetch(ctx context.Context, j courier.Job) courier.Result {
	e, err := desk.Told(j.Body)
	if err != nil {
		return dead(err.Error()).Result
	}
	msg, err := b.client.Message(ctx, e.Channel, e.TS)
	fill := incident.FillPin{Channel: e.Channel, TS: e.TS}
	if err != nil {
		f := slackio.Classify("conversations.history", err)
		if f.Class != slackio.Adapt && f.Class != slackio.Gone && f.Code != "missing_scope" {
			return b.failed(j, "conversations.history", err).Result
		}
		fill.Gone = "Slack says " + f.Code
	} else {
		fill.Author, fill.Text, fill.AsOf = b.author(msg), b.plain(msg.Text), msg.Edited
		if link, err := b.client.Permalink(ctx, e.Channel, e.TS); err == nil {
			fill.Link = link
		}
	}
	r := courier.Result{State: storage.Done, Note: fill.Gone}
	r.Tell = desk.Outcome{Incident: fill}
	return r
}

func (b *Bot) author(m slackio.Message) string {
	if m.User == "" {
		return m.BotID
	}
	return b.people.Person(m.User)
}

// plain is a message's text as its writer saw it.
func (b *Bot) plain(text string) string {
	return slackui.Decode(text, func(id string) string { return b.people.Display(b.people.Person(id)) })
}

// deliverMark keeps the check mark on a message true: it is there when the
// message is on the timeline, text and all.
func (b *Bot) deliverMark(ctx context.Context, j courier.Job) courier.Result {
	i, seq, e, fail := b.told(ctx, j)
	if fail != nil {
		return fail.Result
	}
	pin := i.Pins[incident.PinKey(e.Channel, e.TS)]
	method := "reactions.remove"
	var err error
	if pin.Entry != 0 && pin.Fetched {
		method = "reactions.add"
		err = b.client.AddReaction(ctx, e.Channel, e.TS, checkMark)
	} else {
		err = b.client.RemoveReaction(ctx, e.Channel, e.TS, checkMark)
	}
	if err != nil {
		if r := b.failed(j, method, err); r.State == storage.Pending {
			return r.Result
		}
	}
	return courier.Result{State: storage.Done, Seq: seq}
}

// deliverDraft posts the postmortem draft: a message, and the document as a file
// in its thread.
func (b *Bot) deliverDraft(ctx context.Context, j courier.Job) courier.Result {
	i, _, fail := b.record(ctx, j)
	if fail != nil {
		return fail.Result
	}
	place, fail := b.place(ctx, i)
	if fail != nil {
		return fail.Result
	}
	draft, err := b.desk.Draft(ctx, i.ID, b.version)
	if err != nil {
		return b.later(time.Second, err.Error()).Result
	}
	r := readReceipt(j.Receipt)
	if r.TS == "" {
		d := draftFor(draft)
		d.Before = i.Draft
		m := slackui.PostmortemPost(d)
		posted, fail := b.post(ctx, j, place, m, j.Target, j.Created)
		if fail != nil {
			return b.inRoom(ctx, i, place.Channel, fail)
		}
		r = receipt{Channel: posted.Channel, TS: posted.TS}
		return courier.Result{State: storage.Pending, At: b.now(), Untried: true, Receipt: r.bytes(), Note: "the file follows"}
	}
	if fail := b.uploadDraft(ctx, j, i, &r, place, draft.Markdown()); fail != nil {
		return fail.Result
	}
	link, err := b.client.Permalink(ctx, r.Channel, r.TS)
	if err != nil { // the announcement links it, sooner or later
		if fail := b.failed(j, "chat.getPermalink", err); fail.State == storage.Pending {
			fail.Receipt = r.bytes()
			return fail.Result
		}
		link = b.permalink(r.Channel, r.TS)
	}
	out := done(0, r)
	out.Tell = desk.Outcome{Incident: incident.PostDraft{Link: link}}
	return out
}

// uploadDraft uploads the document unless an attempt whose answer was lost did.
// Without the right to upload, the message alone must do.
func (b *Bot) uploadDraft(ctx context.Context, j courier.Job, i incident.Incident, r *receipt, place slackio.Posted, document []byte) *failure {
	if r.File != "" {
		if f, err := b.client.FileInfo(ctx, r.File); err == nil && len(f.Shares) > 0 {
			return nil
		}
	}
	thread := r.TS
	if place.TS != "" {
		thread = place.TS
	}
	id, err := b.client.UploadFile(ctx, slackio.Upload{Channel: r.Channel, ThreadTS: thread, Filename: strings.ToLower(i.ID) + "-postmortem.md",
		Title: i.ID + " postmortem draft", Content: document})
	if id != "" {
		r.File = id
	}
	if err == nil {
		return nil
	}
	f := b.failed(j, "files.getUploadURLExternal", err)
	if f.State == storage.Dead {
		b.log.Warn().Str("incident", i.ID).Str("why", f.Note).Msg("upload the postmortem draft")
		return nil
	}
	f.Receipt = r.bytes()
	return f
}
