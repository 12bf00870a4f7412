package bot

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/watchbill/watchbill/bot/slackio"
)

// ears notice that Slack takes what is posted and brings nothing: no button that is
// pressed would be heard. Slack tells an app of its own messages, where it is subscribed to
// them and may read them. So silence says something only after posts to places whose
// echo was heard before, in this life or an earlier one; a workspace in which nothing
// happens is only quiet.
type ears struct {
	mu     sync.Mutex
	echoes map[string]bool // the places
	fresh  bool            // they have changed since they were written down
	began  time.Time       // when it was judged first
	echoed time.Time       // when one was heard last
	posts  []time.Time     // of those places, with nothing heard since
	ripe   bool            // they were due when judged last
	since  time.Time       // deaf, since something was heard last; zero: not
	found  time.Time       // when that was found
	renew  time.Time       // when the sockets were replaced last for it
	mute   bool            // nothing has been heard for so long that cards say so
}

const (
	// echoWithin is how long the echo of a post may take. It is longer than a dead socket
	// is taken for one that lives, which is another trouble.
	echoWithin = 18 * time.Second
	// deafPosts is how many posts without an echo are no accident.
	deafPosts = 2
	// renewEvery is how often the sockets are replaced while nothing comes.
	renewEvery = time.Minute
	mostPlaces = 1000
)

// place is a channel; all direct messages are one.
func place(channel string) string {
	if strings.HasPrefix(channel, "D") {
		return "D"
	}
	return channel
}

// posted is told of a message that Slack took, and when it was sent off.
func (e *ears) posted(channel string, sent time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.echoes[place(channel)] && len(e.posts) < mostPlaces {
		e.posts = append(e.posts, sent)
	}
}

// heard is told of a message of our own that came back.
func (e *ears) heard(channel string, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.echoed = now
	if e.echoes == nil || len(e.echoes) >= mostPlaces {
		e.echoes = map[string]bool{}
	}
	p := place(channel)
	e.fresh = e.fresh || !e.echoes[p]
	e.echoes[p] = true
}

// echoesFile, in the data directory, holds the places whose echo was heard, one a line: what
// an app is told of outlasts its process.
const echoesFile = "watchbill.echoes"

// recall reads what an earlier life has written down.
func (e *ears) recall(directory string) error {
	if directory == "" {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(directory, echoesFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.echoes == nil {
		e.echoes = map[string]bool{}
	}
	for p := range strings.FieldsSeq(string(text)) {
		if len(e.echoes) < mostPlaces {
			e.echoes[p] = true
		}
	}
	return nil
}

// record writes down what has changed.
func (e *ears) record(directory string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if directory == "" || !e.fresh {
		return nil
	}
	var text strings.Builder
	for _, p := range slices.Sorted(maps.Keys(e.echoes)) {
		text.WriteString(p + "\n")
	}
	if err := os.WriteFile(filepath.Join(directory, echoesFile), []byte(text.String()), 0o600); err != nil {
		return err
	}
	e.fresh = false
	return nil
}

// judge says since when nothing can be heard; zero: nothing speaks for that. It is asked
// every second, and believes what it sees the second time, so that a clock that jumps
// deafens nobody. What was posted while a socket was missing, or before one was opened,
// proves nothing.
func (e *ears) judge(now time.Time, s slackio.SocketState) (since time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.began.IsZero() {
		e.began = now
	}
	if !e.since.IsZero() {
		if !s.LastTold.After(e.since) {
			return e.since
		}
		if e.echoed.Before(e.found) { // what came is no echo: they do not come any more
			e.echoes, e.fresh = nil, true
		}
		e.since, e.posts, e.ripe = time.Time{}, nil, false
	}
	left := e.posts[:0]
	for _, sent := range e.posts {
		if s.Connected >= s.Wanted && sent.After(s.LastTold) && sent.After(s.LastHello) {
			left = append(left, sent)
		}
	}
	e.posts = left
	due := len(left) >= deafPosts && now.Sub(left[0]) >= echoWithin
	if due && e.ripe {
		e.since, e.found, e.renew = s.LastTold, now, time.Time{}
		if e.since.IsZero() { // nothing came in this life
			e.since = e.began
		}
	}
	e.ripe = due
	return e.since
}

// renews says whether the sockets are to be replaced now: it may be they that are deaf.
func (e *ears) renews(now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.since.IsZero() || now.Sub(e.renew) < renewEvery {
		return false
	}
	e.renew = now
	return true
}

// hush notes whether cards say that nothing is heard, and says whether that is new.
func (e *ears) hush(mute bool) (changed bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	changed = e.mute != mute
	e.mute = mute
	return changed
}

// muted says whether cards say that nothing is heard.
func (e *ears) muted() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.mute
}

// deaf is since when nothing can be heard; zero: something can.
func (e *ears) deaf() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.since
}

// note says what to do about it; empty: something can be heard.
func (e *ears) note() string {
	since := e.deaf()
	if since.IsZero() {
		return ""
	}
	return "Slack takes messages and has brought nothing since " + since.UTC().Format(time.RFC3339) +
		", not even of what Watchbill itself posts: buttons and commands in Slack are not heard, and people are paged by their other methods too; whoever has none finds in the message how to answer. " +
		"Look at Slack's status page, and whether Event Subscriptions and Socket Mode are still on for the app"
}
