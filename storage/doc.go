// Package storage is the contract between Watchbill and whatever keeps its data.
//
// A store keeps records. A record is the current truth about one thing (an
// incident, a page, a schedule); its events are what happened to it, in order,
// and are the timeline that people read. A change to a record is stored by one
// Commit together with its events, the effects it owes to the outside world,
// its due time and the causes it answers: all of it or nothing, and durable
// when Commit returns.
//
// Engines live in the packages below this one. Each passes the conformance
// suite in storagetest, and none leaks a transaction.
package storage
