package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"
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
	waitTogether()
	os.Exit(m.Run())
}

// waitTogether lets more tests run at the same time than there are processors: they wait
// for processes of their own.
func waitTogether() {
	flag.Parse()
	const waiting = 8
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		if err := f.Value.Set(strconv.Itoa(waiting)); err != nil {
			panic(err)
		}
	}
}
