// Package incident is what an incident is: its record, the commands that may
// change it, the events that did, and the timeline that people read.
//
// It is pure. Decide holds every rule and returns events; Apply only copies what
// an event says into the record; Effects lists what an event owes to the outside
// world. None of them reads a clock, a store or Slack: what they need to know
// comes inside the command.
//
// What people ask is in command.go and command_pin.go; what became of pages, and of
// deliveries, comes by command_page.go and command_room.go. event.go has the events and
// Apply, effect.go what they owe, timeline.go their sentences.
package incident
