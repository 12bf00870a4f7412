package postmortem

import "time"

// Source says who fills a section.
type Source string

// The sources of a section, as the markers in the Markdown name them.
const (
	Generated Source = "A"   // from the record; written again until published
	Human     Source = "P"   // by people; never overwritten
	Proposed  Source = "A+P" // facts and proposals first, then what people write
)

// Section is one section of the document.
type Section struct {
	ID     string  `json:"id"`
	Title  string  `json:"title"`
	Source Source  `json:"source"`
	Blocks []Block `json:"blocks,omitempty"`
	// Prompts are the questions a person answers here.
	Prompts []string `json:"prompts,omitempty"`
}

// Block is a paragraph, or a table if it has a head.
type Block struct {
	Text  []Run      `json:"text,omitempty"`
	Head  []string   `json:"head,omitempty"`
	Rows  [][]Cell   `json:"rows,omitempty"`
	Style BlockStyle `json:"style,omitempty"`
}

// Cell is one cell of a table.
type Cell []Run

// BlockStyle says what a paragraph is.
type BlockStyle string

// The styles of a paragraph; none is an ordinary one.
const (
	NoData      BlockStyle = "no_data"     // says what is not known
	Unconfirmed BlockStyle = "unconfirmed" // proposed, for a person to confirm
	Item        BlockStyle = "item"        // one item of a list
)

// Run is a piece of text in one form.
type Run struct {
	Text   string `json:"text"`
	Quote  bool   `json:"quote,omitempty"`  // somebody wrote it
	Struck bool   `json:"struck,omitempty"` // it was taken back
	URL    string `json:"url,omitempty"`    // it leads there
}

// Interval is a span between two events, by the name that says which.
type Interval struct {
	Name string `json:"name"`
	// Seconds is its length; nil: unknown.
	Seconds *float64 `json:"seconds"`
	// From and To are the sequences of the events it lies between; 0: there is none.
	From uint64 `json:"from,omitempty"`
	To   uint64 `json:"to,omitempty"`
	// Why says why it is unknown.
	Why string `json:"why,omitempty"`
}

// Title is the interval's name for people.
func (i Interval) Title() string { return intervalTitle(i.Name) }

// Length is the interval's length for people ("1h30m"); empty: unknown.
func (i Interval) Length() string {
	if i.Seconds == nil {
		return ""
	}
	return span(i.duration())
}

// duration is the interval's length; it is only asked of known ones.
func (i Interval) duration() time.Duration {
	return time.Duration(*i.Seconds * float64(time.Second)).Round(time.Microsecond)
}
