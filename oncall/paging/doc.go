// Package paging is escalation: who must be told, in which order, until somebody
// answers. A page follows the policy it was opened with, one step after the
// other; its record has a due time as long as nobody has answered.
//
// It is pure. Who is on call, and how people are reached, are questions it asks
// through the World inside a command, at the moment of notifying.
//
// answer.go has what people ask of a page, command.go what time, deliveries, media and
// the page's subject do; step.go says which step comes next, step_contact.go by which ways its people are told; event.go
// has the events and Apply, said.go their words. expect.go and claim.go derive the same
// again from the events, for the auditor, and share no rule with them.
package paging
