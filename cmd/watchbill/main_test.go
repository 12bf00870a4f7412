package main

import (
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
	os.Exit(m.Run())
}
