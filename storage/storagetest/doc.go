// Package storagetest is the conformance suite of the storage contract: every
// engine passes Run, and any two engines agree under Differential. Check is for
// the end of every test that touches a store.
package storagetest
