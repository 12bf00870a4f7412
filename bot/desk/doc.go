// Package desk holds the use cases: one command, one commit, then the answer. It
// is the only room that decodes records, and the place where rights and
// visibility are checked.
//
// # The way of a command
//
// A method of [Desk] such as [Desk.Change] makes a job and waits in a lane (lane.go):
// commands on one incident and its pages are in one, so are all those on alerts, and
// those on schedules. Jobs that wait are decided one after another on one unit
// (unit.go): the records that they read (held.go), as they stand after what was decided
// before, and the effects that they owe. What follows from an event for other records
// is decided in the same unit (follow.go). serve.go stores it in one commit, or decides
// again. A refusal rewinds the unit to before its job.
//
// # Where things are
//
// What has fields of its own is a part that Desk embeds, and says what it knows.
//
//   - desk.go: Desk, what a command comes with and what it answers; codec.go: how each
//     kind of record is kept, and what a record is found by; query.go: questions.
//   - incidents.go, pages.go: what people ask of them; subject.go: what pages are about;
//     page_open.go: whom a page goes to; notices.go: the messages that show it;
//     names.go, people.go, contact.go, readiness.go: who is meant, and how they are reached.
//   - alert_hear.go: how a signal comes to its alert; alert_page.go: how an alert comes to
//     its page; alert_index.go: what is kept in memory of open alerts, in parts. Beside
//     each part stands what a unit has of it that is not stored yet: seats, cards
//     (alert_storm.go), pages, incidents, hushes. alert_run.go: what is done each second.
//   - schedule_unit.go: how a schedule changes; schedule_clock.go: what falls due on it;
//     schedule_words.go: what people are told; schedule_plans.go: who is on call.
//   - deliver.go: what deliveries find out; witness.go: what the auditor believes instead.
package desk
