// Package alert is what monitoring reports: how each source's webhook is read into
// a [Signal], and where a signal goes.
//
// [Decode] reads one source's payload; a source is one file, one line in the table
// of sources and its test data. A [Router] says by the operator's rules which
// service a signal is about, whom it pages, with which others it makes one alert,
// and whether maintenance silences it; it can explain each of that in sentences.
//
// An [Alert] is what becomes of signals: a record that commands change. [Decide]
// holds the rules and returns events, [Apply] only copies what they say. The longest of
// the rules is what a signal does to its alert: [Hear].
//
// It is pure: the time is an argument, and what comes from outside is bounded and
// mended here, but never escaped: texts are as the source wrote them, markup and
// mentions included, and whoever shows them escapes them.
package alert
