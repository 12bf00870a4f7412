package bot

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot/courier"
	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/httpd"
	"github.com/watchbill/watchbill/bot/notify"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
)

// pageDelivery delivers the notices of pages: by Slack, and by the ways to people besides.
type pageDelivery struct {
	settings  *configs.Config
	desk      *desk.Desk
	people    *desk.Directory
	workspace *workspace
	client    *slackio.Client
	sockets   *slackio.Sockets
	slack     *poster
	news      *news
	views     *views
	senders   *notify.Senders
	notified  func(paging.Method, notify.Result)
	links     *httpd.Links // nil: there is no data directory
	api       bool         // pages can be answered by the API
	log       zerolog.Logger
	now       func() time.Time
}

// owed is a notice of a page that is owed to somebody.
type owed struct {
	page   paging.Page
	notice paging.Notice
	about  paging.About
	seq    uint64 // of the page
}

// reports is the result of an attempt with what its page must know.
func (o owed) reports(r courier.Result, report paging.Report) courier.Result {
	report.Notice = o.notice.N
	r.Tell = desk.Outcome{Notice: &report}
	return r
}

// deliverNotice makes one notice of a page show the page: it is sent while nobody
// has answered, and edited from then on. A notice whose sending may have happened
// is sent again and says so: a duplicate page is better than a missed one.
func (d *pageDelivery) deliverNotice(ctx context.Context, j courier.Job) courier.Result {
	o, fail := d.noticeOf(ctx, j)
	if fail != nil {
		return fail.Result
	}
	o.about = d.views.placed(ctx, o.about)
	scene := d.views.sceneOf(ctx, o.about.ID)
	if o.notice.Unheard {
		scene.Elsewhere = d.elsewhere(o)
	}
	message := func(resent bool) slackui.Message {
		return slackui.PageMessage(o.page, o.notice, o.about, resent, scene)
	}
	if kept := readReceipt(j.Receipt); kept.TS != "" {
		return d.editAll(ctx, j, o, kept, message(false))
	}
	if why := o.needless(); why != "" {
		kept, unsure := d.copies(ctx, j, o.notice, "")
		switch {
		case unsure != nil && unsure.State == storage.Pending && unsure.Hold == "":
			return unsure.Result
		case kept.TS == "":
			return o.unsent(why, unsure == nil)
		}
		r := d.editNotice(ctx, j, kept, o.seq, message(false))
		if r.State == storage.Done {
			r = o.reports(r, paging.Report{Fate: paging.Sent, Provider: kept.Channel + "/" + kept.TS})
		}
		return r
	}
	r := d.sendNotice(ctx, j, o, message(j.Again()))
	if d.sockets.State().Connected == 0 && !d.desk.Deaf(paging.Slack) { // it is soon found to be deaf, or well
		return r
	}
	return d.overdue(o, r)
}

// elsewhere is where a notice is answered while Slack brings nothing. The link is for the
// person alone: in a channel there is none.
func (d *pageDelivery) elsewhere(o owed) slackui.Elsewhere {
	e := slackui.Elsewhere{API: d.api}
	if o.notice.To.Person == "" {
		return e
	}
	var err error
	if e.Link, err = d.links.URL(o.page.ID, o.notice.N); err != nil {
		d.log.Error().Err(err).Msg("make the link of a page")
	}
	return e
}

func (d *pageDelivery) noticeOf(ctx context.Context, j courier.Job) (o owed, fail *failure) {
	var want desk.Notice
	if err := json.Unmarshal(j.Body, &want); err != nil {
		return o, dead("decode the notice: " + err.Error())
	}
	var err error
	if o.page, o.about, o.seq, err = d.desk.PageShown(ctx, want.Page); err != nil {
		return o, d.slack.later(time.Second, err.Error())
	}
	var ok bool
	if o.notice, ok = o.page.Notice(want.Notice); ok {
		return o, nil
	}
	const old = "later messages have taken its place"
	if len(j.Receipt) > 0 { // it was sent
		return o, &failure{Result: courier.Result{State: storage.Done, Seq: o.seq, Note: old}}
	}
	o.notice.N = want.Notice
	return o, &failure{Result: o.unsent(old+" before it was sent", !j.Again())}
}

// needless says why a notice that was not sent yet need not be sent any more; empty: it
// must be.
func (o owed) needless() string {
	n := o.notice
	later := func(o paging.Notice) bool { return o.N > n.N && o.To == n.To && o.Way() == n.Way() }
	switch {
	case o.page.Status != paging.Open:
		return "answered before it was sent"
	case n.Decline:
		return "they had said that they cannot take it before it was sent"
	case slices.ContainsFunc(o.page.Notices, later):
		return "a later message has taken its place before it was sent"
	}
	return ""
}

// unsent settles a notice that need not be sent; sure is whether it certainly never was.
// Until its page is over the record says so: a later notice is a repetition or not.
func (o owed) unsent(why string, sure bool) courier.Result {
	r := courier.Result{State: storage.Done, Seq: o.seq, Note: why}
	if o.page.Status == paging.Ended {
		return r
	}
	return o.reports(r, paging.Report{Fate: paging.Failed, Why: why, Needless: true, Unsent: sure})
}

// unreachable gives up a notice that is refused. An earlier attempt may have been taken.
func (o owed) unreachable(j courier.Job, why string) courier.Result {
	return o.reports(courier.Result{State: storage.Dead, Seq: o.seq, Note: why}, paging.Report{Fate: paging.Failed, Why: why, Unsent: !j.Again()})
}

// pagePatience is how long a page may wait to be taken before the person's next way comes:
// Slack may limit us for minutes, or fail each call, without being down, and so may any
// other provider.
const pagePatience = 10 * time.Second

// overdue reports a notice that was not taken, and is not going to be soon enough. It is
// tried again all the same. A medium that cannot be reached at all is found to be down.
func (d *pageDelivery) overdue(o owed, r courier.Result) courier.Result {
	n, next := o.notice, d.now()
	if r.At.After(next) {
		next = r.At
	}
	patience := pagePatience
	if n.Way() == paging.Slack && d.workspace.unread(n.To.Person) {
		patience = 2 * pagePatience // Slack is there again, and its people are being read
	}
	if r.State == storage.Pending && r.Hold == "" && n.Fate == paging.Intended && !n.Stuck && next.Sub(n.At) >= patience {
		r = o.reports(r, paging.Report{Fate: paging.Failed, Why: "not taken yet: " + r.Note})
	}
	return r
}

func (d *pageDelivery) editNotice(ctx context.Context, j courier.Job, kept receipt, seq uint64, m slackui.Message) courier.Result {
	r, fail := d.slack.show(ctx, held(j, kept), slackio.Posted{Channel: kept.Channel}, m, j.Created)
	r.Others = kept.Others
	for n := range r.Others {
		if fail == nil {
			r.Others[n], fail = d.slack.show(ctx, held(j, r.Others[n]), slackio.Posted{Channel: kept.Channel}, m, j.Created)
		}
	}
	if fail == nil {
		return done(seq, r)
	}
	fail.Receipt = r.bytes()        // what shows it already is not shown it again
	if fail.State == storage.Dead { // the person deleted it or left: nothing is lost
		return courier.Result{State: storage.Done, Seq: seq, Note: fail.Note}
	}
	return fail.Result
}

func held(j courier.Job, r receipt) courier.Job {
	j.Receipt = r.bytes()
	return j
}

// editAll edits a notice, and looks for copies of it that could not be looked for before.
func (d *pageDelivery) editAll(ctx context.Context, j courier.Job, o owed, kept receipt, m slackui.Message) courier.Result {
	if !kept.Unsought {
		return d.editNotice(ctx, j, kept, o.seq, m)
	}
	found, unsure := d.copies(ctx, j, o.notice, kept.TS)
	if unsure == nil {
		kept.Others, kept.Unsought = found.Others, false
	}
	r := d.editNotice(ctx, j, kept, o.seq, m)
	if unsure != nil && unsure.State == storage.Pending && r.State == storage.Done {
		unsure.Receipt = r.Receipt
		return unsure.Result
	}
	return r
}

// copies are the messages of a notice that an attempt may have left whose answer was
// lost; ts is the one that is known. They must say who answered like any other. A failure
// says that they could not be looked for.
func (d *pageDelivery) copies(ctx context.Context, j courier.Job, n paging.Notice, ts string) (r receipt, unsure *failure) {
	r.TS = ts
	if !j.Again() && ts == "" {
		return r, nil
	}
	channel, why := d.address(ctx, n.To)
	if why != "" {
		return r, dead(why)
	}
	if n.To.Person != "" {
		var err error
		if channel, err = d.client.OpenDM(ctx, channel); err != nil {
			return r, d.slack.failed(j, "conversations.open", err)
		}
	}
	all, err := d.client.OwnCopies(ctx, channel, n.At, j.Target)
	if err != nil {
		d.log.Warn().Err(err).Str("notice", j.Target).Msg("look for copies of a page")
		return r, d.slack.failed(j, "conversations.history", err)
	}
	r.Channel = channel
	for _, one := range all {
		switch {
		case one == ts:
		case r.TS == "":
			r.TS = one
		default:
			r.Others = append(r.Others, receipt{Channel: channel, TS: one})
		}
	}
	return r, nil
}

func (d *pageDelivery) sendNotice(ctx context.Context, j courier.Job, o owed, m slackui.Message) courier.Result {
	if d.workspace.unread(o.notice.To.Person) {
		return d.slack.later(time.Second, "Slack's people are not read yet").Result
	}
	to, why := d.address(ctx, o.notice.To)
	if why != "" {
		return o.unreachable(j, why)
	}
	posted, fail := d.slack.say(ctx, j, slackio.Posted{Channel: to}, m, map[string]string{slackio.OpKey: j.Target, "incident": o.about.ID})
	switch {
	case fail == nil:
	case fail.class == slackio.Gone, fail.class == slackio.Adapt:
		return o.unreachable(j, "Slack refuses it ("+fail.code+")")
	case fail.State == storage.Dead:
		return o.reports(fail.Result, paging.Report{Fate: paging.Failed, Why: fail.Note})
	default:
		return fail.Result
	}
	sent := receipt{Channel: posted.Channel, TS: posted.TS}
	if j.Again() {
		kept, unsure := d.copies(ctx, j, o.notice, posted.TS)
		sent.Others, sent.Unsought = kept.Others, unsure != nil
	}
	r := done(o.seq, sent)
	report := paging.Report{Fate: paging.Sent, Provider: posted.Channel + "/" + posted.TS}
	if o.notice.To.Person != "" {
		report.Paused = d.paused(ctx, to)
	}
	return o.reports(r, report)
}

// address is where a notice goes, or why it can go nowhere.
func (d *pageDelivery) address(ctx context.Context, to paging.Recipient) (id, why string) {
	if to.Channel != "" {
		if channelID(to.Channel) {
			return to.Channel, ""
		}
		if to.Channel == d.settings.Slack.IncidentsChannel {
			if id, err := d.news.find(ctx); err == nil {
				return id, ""
			}
		}
		return "#" + to.Channel, ""
	}
	id, ok := d.people.Slack(to.Person)
	if !ok {
		return "", "no Slack user is known for this person"
	}
	if u, ok := d.people.User(id); ok && u.Deleted {
		return "", "the Slack account is deactivated"
	}
	return id, ""
}

// dndTime bounds the question whether somebody's notifications are paused; the
// page was sent before it is asked.
const dndTime = 2 * time.Second

func (d *pageDelivery) paused(ctx context.Context, user string) bool {
	ctx, cancel := context.WithTimeout(ctx, dndTime)
	defer cancel()
	dnd, err := d.client.DND(ctx, user)
	return err == nil && dnd.Paused(d.now())
}
