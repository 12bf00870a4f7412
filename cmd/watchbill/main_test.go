package main

import (
	"fmt"
	"os"
	"testing"
)

// asBinary makes the test binary behave as the watchbill binary: tests start real
// processes of it.
const asBinary = "WATCHBILL_TEST_AS_BINARY"

func TestMain(m *testing.M) {
	if os.Getenv(asBinary) != "" {
		main()
	}
	if path := os.Getenv(asBare); path != "" {
		fmt.Fprintln(os.Stderr, serveBare(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}
