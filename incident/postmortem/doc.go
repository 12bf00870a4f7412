// Package postmortem drafts the blameless postmortem of an incident: the sections
// that the record can fill are filled with facts, the others hold questions for
// people. It also lints what people then write for words that blame.
//
// It is pure. A draft never invents: every number in it is in an event or is
// derived from events by a function of this package that says how, what is not
// known says so, and no cause, factor or lesson is ever written here. People
// are written by their role unless the caller gives their names.
package postmortem
