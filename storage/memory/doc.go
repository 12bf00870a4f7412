// Package memory is a store in memory. It keeps every promise of the storage
// contract but durability, and it can be told to fail in the ways that real
// stores fail, so that what is built on a store can be tested against them.
package memory
