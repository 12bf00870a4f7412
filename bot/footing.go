package bot

import (
	"cmp"
	"sync"

	"github.com/watchbill/watchbill/bot/slackio"
)

// footing is how the app stands in the workspace, as Slack told last. Its zero value
// knows nothing; it is safe for concurrent use.
type footing struct {
	mu       sync.Mutex
	identity slackio.Identity
	lacking  []string // scopes
	blind    bool     // the app may not read the workspace's people
	removed  string   // what Slack said when it took the app's rights away; empty: it did not
	news     string   // the id of the incidents channel; empty: it is to be looked for
}

func (f *footing) self() slackio.Identity {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.identity
}

// is keeps who the app is, and which of the scopes that it wants it lacks.
func (f *footing) is(id slackio.Identity, lacking []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.identity, f.lacking = id, lacking
}

// meet is told by an event who the app is, which matters until Slack has said more: what
// it does itself is told as what people do.
func (f *footing) meet(user string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.identity.UserID = cmp.Or(f.identity.UserID, user)
}

// mayNotRead says whether the app lacks the scope to read the workspace's people.
func (f *footing) mayNotRead() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.blind
}

func (f *footing) blinded(blind bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.blind = blind
}

// lose keeps what Slack said when it took the app's rights away.
func (f *footing) lose(why string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.removed = why
}

// newsChannel is the id of the incidents channel; empty: it is not known.
func (f *footing) newsChannel() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.news
}

// tellIn keeps the id of the incidents channel; with an empty one it is looked for again.
func (f *footing) tellIn(channel string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.news = channel
}

// notes are what is wrong with it, for health. Rights that were taken away count while
// something waits for Slack: they may have been given back.
func (f *footing) notes(waits bool) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var notes []string
	if f.removed != "" && waits {
		notes = append(notes, f.removed)
	}
	for _, s := range f.lacking {
		notes = append(notes, "the app lacks the scope "+s)
	}
	return notes
}
