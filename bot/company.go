package bot

import (
	"fmt"
	"sync"
	"time"

	"github.com/watchbill/watchbill/bot/slackio"
)

// company notices that another process has sockets of the same app. Slack brings each thing
// that people do to one socket of all, by chance: what the other one gets is lost here.
// Slack counts sockets when one is opened, and for a while counts those of a process that
// was killed. So they are opened anew to be counted again before it is believed.
type company struct {
	mu      sync.Mutex
	counted time.Time // when somebody was counted; zero: nobody is
	counts  int       // how often since
	others  int       // the sockets of others, once that is believed
}

const (
	// ghostsGone is when Slack no longer counts the sockets of a process that was killed.
	ghostsGone = 90 * time.Second
	// countAgain is how often it is looked whether the other one is still there.
	countAgain = 10 * time.Minute
	// believedAt is how many counts in a row are believed, the first included.
	believedAt = 2
)

// judge says whether the sockets are to be opened anew now, to be counted. It is asked every
// second.
func (c *company) judge(now time.Time, s slackio.SocketState) (count bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	wait := ghostsGone
	if c.others > 0 {
		wait = countAgain
	}
	switch {
	case s.Others == 0:
		c.counted, c.counts, c.others = time.Time{}, 0, 0
	case c.counted.IsZero():
		c.counted = now
	case now.Sub(c.counted) >= wait:
		c.counted = now
		if c.counts++; c.counts >= believedAt {
			c.others = s.Others
		}
		return true
	}
	return false
}

// present is how many sockets are those of others.
func (c *company) present() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.others
}

// note says what to do about it; empty: there is nobody.
func (c *company) note() string {
	n := c.present()
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("Slack counts %d more sockets of this app than are ours: another process uses the same app-level token. "+
		"Slack brings each command and each button to one of them by chance, and what the other one gets does nothing here. Stop it, or give it an app of its own", n)
}
