package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/watchbill/watchbill/bot"
)

// release is set by the build of a release: -ldflags "-X main.release=1.2.3".
var release = ""

func versionText() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

func version(ctx context.Context, e env, args []string) error {
	var asJSON bool
	rest, err := flags("version", args, func(fs *flag.FlagSet) { fs.BoolVar(&asJSON, "json", false, "") })
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return misuse("%q is not expected here", rest[0])
	}
	zones, _ := bot.ZoneData(e.getenv)
	if asJSON {
		raw, err := json.Marshal(map[string]string{"version": versionText(), "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH, "time_zones": zones})
		if err != nil {
			return fmt.Errorf("write the answer: %w", err)
		}
		return line(e.stdout, raw)
	}
	fmt.Fprintf(e.stdout, "watchbill %s (%s %s/%s)\ntime zones: %s\n", versionText(), runtime.Version(), runtime.GOOS, runtime.GOARCH, zones)
	return nil
}
