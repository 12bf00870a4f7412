package slacksim

import (
	"cmp"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// historyAPI are the conversations methods that only read.
type historyAPI struct {
	*sight
	conversations *conversations
	faults        *faults
	now           func() time.Time
}

func (a *historyAPI) info(c *call, ch *conversation) (object, error) {
	return object{"channel": a.conversations.object(ch, c.flag("include_num_members"))}, nil
}

// listed returns the channels of the asked kinds in the order of their ids.
func (a *historyAPI) listed(c *call, keep func(*conversation) bool) (object, error) {
	kinds := map[string]channelKind{}
	for kind, said := range kindTerms {
		kinds[said.listed] = kind
	}
	types := c.list("types")
	if len(types) == 0 {
		types = []string{"public_channel"}
	}
	var wanted []channelKind
	for _, t := range types {
		kind, ok := kinds[t]
		if !ok {
			return nil, fail("invalid_types")
		}
		wanted = append(wanted, kind)
		if err := a.app.need(kindTerms[kind].family + ":read"); err != nil {
			return nil, err
		}
	}
	var found []*conversation
	for _, id := range slices.Sorted(slices.Values(a.channels.order)) {
		ch := a.channels.get(id)
		if slices.Contains(wanted, ch.kind) && a.visible(ch) && keep(ch) && (!ch.archived || !c.flag("exclude_archived")) {
			found = append(found, ch)
		}
	}
	if limit, err := strconv.Atoi(c.str("limit")); err == nil && limit >= 1000 {
		return nil, fail("invalid_limit")
	}
	from, to, next, err := c.page(len(found), 100, 999)
	if err != nil {
		return nil, err
	}
	channels := []object{}
	for _, ch := range found[from:to] {
		channels = append(channels, a.conversations.object(ch, true))
	}
	return object{"channels": channels, "response_metadata": nextCursor(next)}, nil
}

func (a *historyAPI) list(c *call) (object, error) {
	return a.listed(c, func(*conversation) bool { return true })
}

func (a *historyAPI) listOf(c *call) (object, error) {
	user := cmp.Or(c.str("user"), a.app.user)
	if a.users.get(user) == nil {
		return nil, fail("user_not_found")
	}
	return a.listed(c, func(ch *conversation) bool { return ch.isMember[user] })
}

func (a *historyAPI) members(c *call, ch *conversation) (object, error) {
	from, to, next, err := c.page(len(ch.members), 100, 1000)
	if err != nil {
		return nil, err
	}
	return object{"members": append([]string{}, ch.members[from:to]...), "response_metadata": nextCursor(next)}, nil
}

var tsShape = regexp.MustCompile(`^\d{1,12}(\.\d{1,6})?$`)

// bounds are the oldest and latest arguments in a form that compares as text.
type bounds struct {
	oldest, latest string
	inclusive      bool
	before         string // where the page before ended; "" for the first
}

func readBounds(c *call) (bounds, error) {
	b := bounds{inclusive: c.flag("inclusive")}
	for _, side := range []struct {
		name string
		at   *string
	}{{"oldest", &b.oldest}, {"latest", &b.latest}} {
		text := c.str(side.name)
		if text == "" || text == "0" || text == "now" {
			continue
		}
		if !tsShape.MatchString(text) {
			return b, fail("invalid_ts_" + side.name)
		}
		*side.at = padTS(text)
	}
	return b, nil
}

// padTS makes time stamps comparable as text.
func padTS(ts string) string {
	seconds, fraction, _ := strings.Cut(ts, ".")
	return strings.Repeat("0", max(12-len(seconds), 0)) + seconds + "." + fraction + strings.Repeat("0", max(6-len(fraction), 0))
}

func (b bounds) hold(ts string) bool {
	ts = padTS(ts)
	if b.before != "" && ts >= b.before {
		return false
	}
	if b.inclusive && (ts == b.oldest || ts == b.latest) {
		return true
	}
	return (b.oldest == "" || ts > b.oldest) && (b.latest == "" || ts < b.latest)
}

// shown is a message as reading methods return it.
func shown(m *Message, c *call) Message {
	copied := m.clone()
	if !c.flag("include_all_metadata") {
		copied.Metadata = withoutPayload(copied.Metadata)
	}
	return copied
}

func (a *historyAPI) readable(c *call) (*conversation, error) {
	ch, err := a.channel(historyScope)(c)
	if err == nil && !ch.isMember[a.app.user] {
		err = fail("not_in_channel")
	}
	return ch, err
}

func (a *historyAPI) history(c *call, ch *conversation) (object, error) {
	b, err := readBounds(c)
	if err != nil {
		return nil, err
	}
	// The cursor carries the last time stamp shown, so pages stay right while
	// new messages arrive.
	if cursor := c.str("cursor"); cursor != "" {
		ts, err := parseCursor(cursor)
		if err != nil || !tsShape.MatchString(ts) {
			return nil, fail("invalid_cursor")
		}
		b.before = padTS(ts)
	}
	limit, err := c.limit(100, 999)
	if err != nil {
		return nil, err
	}
	end := len(ch.messages)
	if last := cmp.Or(b.before, b.latest); last != "" {
		end = sort.Search(len(ch.messages), func(i int) bool { return padTS(ch.messages[i].TS) > last })
	}
	messages, more := []Message{}, false
	for i := end - 1; i >= 0 && !more; i-- {
		m := ch.messages[i]
		if b.oldest != "" && padTS(m.TS) < b.oldest {
			break
		}
		if !m.inChannel() || !b.hold(m.TS) || a.fresh(m) {
			continue
		}
		if more = len(messages) == limit; !more {
			messages = append(messages, shown(m, c))
		}
	}
	reply := object{"messages": messages, "has_more": more, "pin_count": len(ch.pins), "channel_actions_ts": nil, "channel_actions_count": 0}
	if more {
		reply["response_metadata"] = nextCursor(formatCursor(messages[len(messages)-1].TS))
	}
	return reply, nil
}

func (a *historyAPI) replies(c *call, ch *conversation) (object, error) {
	m := ch.byTS[c.str("ts")]
	if m == nil {
		return nil, fail("thread_not_found")
	}
	parent := m
	if m.IsReply() {
		if parent = ch.byTS[m.ThreadTS]; parent == nil {
			return nil, fail("thread_not_found")
		}
	}
	b, err := readBounds(c)
	if err != nil {
		return nil, err
	}
	var fitting []*Message
	for _, r := range ch.replies[parent.TS] {
		if b.hold(r.TS) && !a.fresh(r) {
			fitting = append(fitting, r)
		}
	}
	from, to, next, err := c.page(len(fitting), 1000, 1000)
	if err != nil {
		return nil, err
	}
	messages := []Message{shown(parent, c)}
	for _, r := range fitting[from:to] {
		messages = append(messages, shown(r, c))
	}
	return object{"messages": messages, "has_more": next != "", "response_metadata": nextCursor(next)}, nil
}

// fresh reports whether reads do not show a message yet.
func (a *historyAPI) fresh(m *Message) bool {
	lag := a.faults.readLag
	return lag > 0 && padTS(m.TS) > padTS(formatTS(a.now().Add(-lag).UnixMicro()))
}
