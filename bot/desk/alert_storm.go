package desk

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/storage"
)

const (
	// mostCards is how many alerts get a card of their own in one channel within
	// stormTime; further ones are counted on one card, until none has come for as long.
	mostCards = 10
	stormTime = 10 * time.Minute
	// mostTopics is how many different titles a storm's card tells apart.
	mostTopics = 200
	// shownTopics is how many of them it lists.
	shownTopics = 20
)

// Storm is what the card of a storm says.
type Storm struct {
	ID      string    `json:"id"`
	Channel string    `json:"channel"`
	Began   time.Time `json:"began"`
	Last    time.Time `json:"last"`   // when the last alert of it opened
	Total   int       `json:"total"`  // alerts
	Firing  int       `json:"firing"` // of them
	Topics  []Topic   `json:"topics"` // the most frequent first
	// Others counts the alerts that Topics does not.
	Others int `json:"others,omitempty"`
}

// Topic counts the alerts of one service that are of one kind.
type Topic struct {
	Service string `json:"service,omitempty"`
	Title   string `json:"title"`
	Total   int    `json:"total"`
	Firing  int    `json:"firing"`
}

// cards are those of the channels, and the storms on them by id.
type cards struct {
	channels map[string]*cardChannel
	storms   map[string]*storm
}

// cardChannel is what the index knows of the cards in one channel.
type cardChannel struct {
	opened []time.Time // when the last cards were, at most mostCards
	storm  *storm      // the last one
}

// storm are alerts of one channel that have no card of their own.
type storm struct {
	id, channel   string
	alert         string // the first of it, to which its card belongs
	began, last   time.Time
	total, firing int
	topics        map[topicKey]*Topic
	others        int
	changed       bool // since its card was owed
}

type topicKey struct{ service, title string }

// topicOf is what alerts of one service and kind are counted under.
func topicOf(a *alert.Alert) topicKey { return topicKey{a.Service, alert.Alike(alert.Name(a))} }

// topicIn is the topic that counts an alert. It has their name as far as that is the same.
func topicIn(all map[topicKey]*Topic, a *alert.Alert) *Topic {
	k, name := topicOf(a), alert.Name(a)
	t := all[k]
	switch {
	case t == nil:
		t = &Topic{Service: a.Service, Title: name}
		all[k] = t
	case t.Title != name:
		t.Title = k.title
	}
	return t
}

// on says whether a further alert is counted on it.
func (s *storm) on(now time.Time) bool { return s != nil && now.Sub(s.last) < stormTime }

// busy says whether a channel has had its share of cards.
func (c *cardChannel) busy(now time.Time, more int) bool {
	if c == nil {
		return more >= mostCards
	}
	n := more
	for _, at := range c.opened {
		if now.Sub(at) < stormTime {
			n++
		}
	}
	return n >= mostCards
}

// began is when a storm did, by its id.
func began(storm string) time.Time {
	at, err := strconv.ParseInt(storm[strings.LastIndexByte(storm, '/')+1:], 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMicro(at).UTC()
}

// learn follows what has become of an alert on the cards.
func (x *cards) learn(was, s *standing, a *alert.Alert) {
	if s.channel == "" {
		return
	}
	c := x.channels[s.channel]
	if c == nil {
		c = &cardChannel{}
		x.channels[s.channel] = c
	}
	if s.storm == "" {
		if was == nil && s.own {
			c.opened = append(c.opened, a.Opened)
			c.opened = c.opened[max(0, len(c.opened)-mostCards):]
		}
		return
	}
	st := x.storms[s.storm]
	if st == nil {
		st = &storm{id: s.storm, channel: s.channel, alert: s.id, began: began(s.storm), topics: map[topicKey]*Topic{}}
		x.storms[s.storm] = st
		if c.storm == nil || c.storm.began.Before(st.began) {
			c.storm = st
		}
	}
	total, firing := 0, 0
	if was == nil {
		total, st.last = 1, a.Opened
	}
	if was != nil && was.open {
		firing--
	}
	if s.open {
		firing++
	}
	st.count(a, total, firing)
}

func (s *storm) count(a *alert.Alert, total, firing int) {
	if total == 0 && firing == 0 {
		return
	}
	s.total += total
	s.firing += firing
	s.changed = true
	if s.topics[topicOf(a)] == nil && len(s.topics) >= mostTopics {
		s.others += total
		return
	}
	t := topicIn(s.topics, a)
	t.Total += total
	t.Firing += firing
}

// shown is the storm as its card says it.
func (s *storm) shown() Storm {
	out := Storm{ID: s.id, Channel: s.channel, Began: s.began, Last: s.last, Total: s.total, Firing: s.firing, Others: s.others}
	var rest int
	out.Topics, rest = frequent(s.topics)
	out.Others += rest
	return out
}

// frequent are the first topics, and how many alerts the others have.
func frequent(all map[topicKey]*Topic) (first []Topic, others int) {
	list := make([]Topic, 0, len(all))
	for _, t := range all {
		list = append(list, *t)
	}
	slices.SortFunc(list, func(a, b Topic) int {
		return cmp.Or(cmp.Compare(b.Firing, a.Firing), cmp.Compare(b.Total, a.Total), strings.Compare(a.Service, b.Service), strings.Compare(a.Title, b.Title))
	})
	for _, t := range list[min(shownTopics, len(list)):] {
		others += t.Total
	}
	return list[:min(shownTopics, len(list))], others
}

// prune forgets storms that are over and of which nothing fires.
func (x *cards) prune(now time.Time) {
	for id, s := range x.storms {
		if !s.on(now) && s.firing <= 0 && !s.changed {
			delete(x.storms, id)
		}
	}
	for name, c := range x.channels {
		if c.storm != nil && !c.storm.on(now) {
			c.storm = nil
		}
		if c.storm == nil && !c.busy(now, mostCards-1) {
			delete(x.channels, name)
		}
	}
}

// changed are the storms whose cards are to be owed, by id.
func (x *cards) changed() []*storm {
	var out []*storm
	for _, id := range slices.Sorted(maps.Keys(x.storms)) {
		if s := x.storms[id]; s.changed {
			out = append(out, s)
		}
	}
	return out
}

// unitCards are the cards that a unit opens and the storms that it begins: no more than
// mostCards with those that the index knows, and at most one storm in a channel.
type unitCards struct {
	stored *cards
	opened map[string]int    // cards, by channel
	begun  map[string]string // storms, by channel
	owed   []*storm          // whose cards are
}

func (c *unitCards) clone() unitCards {
	return unitCards{c.stored, maps.Clone(c.opened), maps.Clone(c.begun), slices.Clip(c.owed)}
}

// stormOf says on which storm's card an alert that opens in a channel is counted;
// empty: it gets a card of its own.
func (c *unitCards) stormOf(channel string, now time.Time) string {
	if channel == "" {
		return ""
	}
	known := c.stored.channels[channel]
	switch {
	case known != nil && known.storm.on(now):
		return known.storm.id
	case c.begun[channel] != "":
		return c.begun[channel]
	case !known.busy(now, c.opened[channel]):
		set(&c.opened, channel, c.opened[channel]+1)
		return ""
	}
	id := fmt.Sprintf("%s/%d", channel, now.UnixMicro())
	set(&c.begun, channel, id)
	return id
}

// learn notes that the cards which were owed say what they count.
func (c *unitCards) learn() {
	for _, s := range c.owed {
		s.changed = false
	}
}

// oweStorm owes the card of a storm.
func (u *unit) oweStorm(s *storm) error {
	body, err := json.Marshal(s.shown())
	if err != nil {
		return fmt.Errorf("encode effect: %w", err)
	}
	u.alerts.cards.owed = append(u.alerts.cards.owed, s)
	if !u.d.Cards {
		return nil
	}
	u.put = append(u.put, storage.Effect{Target: "storm/" + s.id, Level: true, Kind: StormCardKind, Dest: "slack/alerts/" + s.channel, Class: storage.Card,
		Record: alertRef(s.alert), Seq: uint64(u.at.UnixMicro()), Body: body, Created: u.at})
	return nil
}
