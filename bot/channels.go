package bot

import (
	"context"
	"fmt"
	"strings"

	"github.com/watchbill/watchbill/bot/slackio"
)

// channelID says whether what names a channel is its id.
func channelID(s string) bool {
	return len(s) > 7 && (s[0] == 'C' || s[0] == 'G') && strings.ToUpper(s) == s && !strings.Contains(s, "-")
}

// enter is the channel of a name or an id, which the bot joins. Where it cannot, barred is
// Slack's code for that, and the channel has no id if there is none that the bot can see. An
// error is worth another attempt.
func (p *poster) enter(ctx context.Context, name string) (ch slackio.Channel, barred string, err error) {
	ch = slackio.Channel{ID: name}
	if !channelID(name) {
		found, ok, err := p.client.FindChannel(ctx, name)
		switch {
		case err != nil:
			return slackio.Channel{}, "", fmt.Errorf("find channel #%s: %w", name, err)
		case !ok:
			return slackio.Channel{}, "channel_not_found", nil
		case found.Archived:
			return found, "is_archived", nil
		}
		ch = found
	}
	if ch.Member {
		return ch, "", nil
	}
	_, err = p.client.JoinChannel(ctx, ch.ID)
	switch f := slackio.Classify("conversations.join", err); {
	case err == nil:
		return ch, "", nil
	case passes(f):
		return ch, "", fmt.Errorf("join channel #%s: %w", name, err)
	default:
		return ch, f.Code, nil
	}
}

// passes says of a failure that the same call may succeed soon.
func passes(f slackio.Failure) bool {
	return f.Class == slackio.Retry || f.Class == slackio.Unknown || f.Class == slackio.RateLimited
}
