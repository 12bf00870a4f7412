// Package paging is escalation: who must be told, in which order, until somebody
// answers. A page follows the policy it was opened with, one step after the
// other; its record has a due time as long as nobody has answered.
//
// It is pure. Who is on call, and how people are reached, are questions it asks
// through the World inside a command, at the moment of notifying.
package paging
