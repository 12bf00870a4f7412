package paging

import "time"

// About is what a page is about, as its messages say it on every medium. Texts are
// plain, of any length, and may hold anything: whoever shows them escapes and cuts.
type About struct {
	ID      string // "INC-42", "ALERT-7", "TEST-3"
	Title   string
	Level   string // "SEV2", "critical"; empty: it has none
	Rank    int    // how bad it is, from 1, the worst, to 4; 0: not said
	Service string
	// State is how it stands, as people say it: "open", "open again", "resolved".
	State string
	// Over says that nobody needs to answer for it any more.
	Over  bool
	Since time.Time
	// Lead is who is in command; empty: nobody, or nobody needs to be.
	Lead string
	// Update is the last word on how it stands.
	Update *Word
	// Details are what else is worth knowing, in the order of reading.
	Details []Detail
	Links   []Link
	Place   Place
}

// Word is what somebody said.
type Word struct {
	Text, By string
	At       time.Time
}

// Detail is one thing worth knowing: "Fired", "14 times".
type Detail struct{ Name, Text string }

// Link is a labelled address.
type Link struct{ Text, URL string }

// Place is where it is worked on in Slack.
type Place struct {
	State   PlaceState
	Channel string // Slack's id, when there is one
	Name    string // the channel's name, without #
	Link    string // the message there that it is about, if any
}

// PlaceState says what kind of place it is.
type PlaceState string

// The states of a place.
const (
	NoPlace      PlaceState = ""        // none, and none is to come
	PlacePending PlaceState = "pending" // its channel is being opened
	PlaceChannel PlaceState = "channel" // a channel
	PlaceThread  PlaceState = "thread"  // the thread of its announcement
)
