package bot

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot/courier"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/storage"
)

// news is the incidents channel: where it is, and what is told there.
type news struct {
	settings *configs.Config
	client   *slackio.Client
	slack    *poster
	footing  *footing
	log      zerolog.Logger
	now      func() time.Time
}

// find returns the id of the incidents channel: the bot joins it, or creates
// it when there is none of its name.
func (n *news) find(ctx context.Context) (string, error) {
	if id := n.footing.newsChannel(); id != "" {
		return id, nil
	}
	name := strings.TrimPrefix(n.settings.Slack.IncidentsChannel, "#")
	ch, barred, err := n.slack.enter(ctx, name)
	switch {
	case err != nil:
		return "", err
	case ch.ID == "":
		if ch, err = n.client.CreateChannel(ctx, name, false); err != nil {
			return "", fmt.Errorf("create channel #%s: %w", name, err)
		}
	case barred != "": // who is no member may post, and hears of no pin
		n.log.Warn().Str("channel", name).Str("refused", barred).Msg("join the incidents channel")
	}
	n.footing.tellIn(ch.ID)
	return ch.ID, nil
}

// findFor is find for a delivery. One that fails is tried again: somebody may create the
// channel or invite the bot.
func (n *news) findFor(ctx context.Context, j courier.Job) (string, *failure) {
	news, err := n.find(ctx)
	if err == nil {
		return news, nil
	}
	fail := n.slack.failed(j, "conversations.list", err)
	if fail.State == storage.Dead {
		fail.State, fail.At = storage.Pending, n.now().Add(30*time.Second)
	}
	return "", fail
}

// show keeps a message in the incidents channel true. When the channel it is in is
// gone and there is another, it is posted there.
func (n *news) show(ctx context.Context, j courier.Job, seq uint64, m slackui.Message, since time.Time) courier.Result {
	var place slackio.Posted
	kept := readReceipt(j.Receipt)
	if kept.TS == "" {
		news, fail := n.findFor(ctx, j)
		if fail != nil {
			return fail.Result
		}
		place.Channel = news
	}
	r, fail := n.slack.show(ctx, j, place, m, since)
	if fail == nil {
		return done(seq, r)
	}
	if _, lost := roomLost(fail); lost && kept.TS != "" {
		n.footing.tellIn("")
		if news, err := n.find(ctx); err == nil && news != kept.Channel {
			j.Receipt = nil
			if r, fail = n.slack.show(ctx, j, slackio.Posted{Channel: news}, m, since); fail == nil {
				return done(seq, r)
			}
		}
	}
	return n.refused(fail)
}

// refused keeps what the incidents channel refuses waiting: it may have been
// archived or renamed, and is looked for again.
func (n *news) refused(fail *failure) courier.Result {
	r := fail.Result
	if _, lost := roomLost(fail); lost {
		n.footing.tellIn("")
		r.State, r.At, r.Untried = storage.Pending, n.now().Add(10*time.Second), true
	}
	return r
}
