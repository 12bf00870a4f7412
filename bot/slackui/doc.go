// Package slackui is Slack's face: what people type and press becomes an Input or
// an Action, and records become the Block Kit they see.
//
// It is pure: text in, parsed input out; record in, blocks out. It reads no clock
// and calls no one. Everything that people or monitoring wrote is neutralised,
// escaped and cut here, so that no input can raise a mention or break a limit;
// the tests put every view through blockkit.
package slackui
