// Package courier delivers effects: it leases them from the store, hands each to
// the deliverer of its kind, and settles what came of it.
//
// Delivery is at least once. Rows of one destination go out one at a time, in
// order; pages go before cards and cards before chatter. When a medium cannot be
// reached, its rows wait, one of them probing, and posts that have waited long
// fold into one.
package courier
