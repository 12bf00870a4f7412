// Package oncall knows who stands watch at any instant, and why.
//
// A [Schedule] is what people write: a time zone, ordered layers, overrides,
// shadows, time off and holidays. [Compile] turns it into a [Plan], which every
// reader asks: paging, previews, chat, calendars, gaps and burden. A [Record] is
// what is stored: the versions a schedule has had and every change people made,
// so that "who was on call then" is answered from what was true then.
//
// # Two kinds of time
//
// An instant is a point on the world's line of time. A reading is what a clock on
// a wall shows. Handoffs and windows are readings; they become instants by one
// rule: a reading means the first instant at which that zone's clock shows that
// reading or a later one. A reading that is skipped happens at the end of the
// gap, one that is shown twice at its first occurrence. time.Date is never used
// for this: which side it picks depends on the side of Greenwich.
//
// The rule is evaluated backwards. The high water of a zone at an instant is the
// latest reading its clock has shown so far; the boundary of a reading r has
// passed exactly when the high water has reached r. So all calendar arithmetic
// happens on readings, in closed form, and nothing costs more for being far away.
//
// All intervals are half-open. Everything here is pure: the time is an argument,
// and the only thing read from outside is time-zone data.
package oncall
