// Package desk holds the use cases: one command, one commit, then the answer. It
// is the only room that decodes records, and the place where rights and
// visibility are checked.
//
// Commands on one incident and its pages queue in a lane. Those that wait are
// decided one after another on the result in memory and stored in one commit. What
// has fields of its own is a part that Desk embeds.
package desk
