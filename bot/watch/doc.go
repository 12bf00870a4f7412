// Package watch is time: whatever is due gets its command, and an auditor
// re-derives what must be true.
//
// No due time lives in a goroutine. A record's due time is found in the store, so
// that a restart, a suspended machine or a step of the clock cannot lose one.
package watch
