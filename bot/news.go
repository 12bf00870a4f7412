package bot

import (
	"context"
	"errors"
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

func (n *news) findFor(ctx context.Context, j courier.Job) (string, *failure) {
	news, err := n.find(ctx)
	if err != nil {
		return "", &failure{Result: n.failed(j, err)}
	}
	return news, nil
}

// find returns the id of the incidents channel: the bot joins it, or creates
// it when there is none of its name.
func (n *news) find(ctx context.Context) (string, error) {
	if id := n.footing.newsChannel(); id != "" {
		return id, nil
	}
	name := strings.TrimPrefix(n.settings.Slack.IncidentsChannel, "#")
	ch := slackio.Channel{ID: name}
	if !channelID(name) {
		found, ok, err := n.client.FindChannel(ctx, name)
		if err != nil {
			return "", fmt.Errorf("find channel #%s: %w", name, err)
		}
		if !ok {
			if found, err = n.client.CreateChannel(ctx, name, false); err != nil {
				return "", fmt.Errorf("create channel #%s: %w", name, err)
			}
		}
		ch = found
	}
	if !ch.Member {
		_, err := n.client.JoinChannel(ctx, ch.ID)
		switch f := slackio.Classify("conversations.join", err); {
		case err == nil, f.Class == slackio.Already:
		case passes(f): // who is no member may post, and hears of no pin
			return "", fmt.Errorf("join channel #%s: %w", name, err)
		default:
			n.log.Warn().Err(err).Str("channel", name).Msg("join the incidents channel")
		}
	}
	n.footing.tellIn(ch.ID)
	return ch.ID, nil
}

func channelID(s string) bool {
	return len(s) > 7 && (s[0] == 'C' || s[0] == 'G') && strings.ToUpper(s) == s && !strings.Contains(s, "-")
}

// failed is the result of an attempt for which the incidents channel could
// not be found.
func (n *news) failed(j courier.Job, err error) courier.Result {
	var call *slackio.CallError
	method := "conversations.list"
	if errors.As(err, &call) {
		method = call.Method
	}
	r := n.slack.failed(j, method, err).Result
	if r.State == storage.Dead { // a later attempt may find it: somebody may create it or invite the bot
		r.State, r.At = storage.Pending, n.now().Add(30*time.Second)
	}
	return r
}

// show keeps a message in the incidents channel true. When the channel it is in is
// gone and there is another, it is posted there.
func (n *news) show(ctx context.Context, j courier.Job, seq uint64, m slackui.Message, since time.Time) courier.Result {
	var place slackio.Posted
	kept := readReceipt(j.Receipt)
	if kept.TS == "" {
		news, err := n.find(ctx)
		if err != nil {
			return n.failed(j, err)
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
