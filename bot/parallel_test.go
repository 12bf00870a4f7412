package bot_test

import (
	"flag"
	"os"
	"strconv"
	"testing"
)

// TestMain lets many tests wait at the same time: each has a workspace and a bot of its
// own, and passes most of its time with what Slack's pace of a message a second asks.
func TestMain(m *testing.M) {
	flag.Parse()
	const waiting = 16
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		if err := f.Value.Set(strconv.Itoa(waiting)); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
