package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
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
	if len(args) > 0 {
		if _, err := flags("version", args, nil); err != nil {
			return err
		}
		return misuse("%q is not expected here", args[0])
	}
	fmt.Fprintf(e.stdout, "watchbill %s (%s %s/%s)\ntime zones: %s\n", versionText(), runtime.Version(), runtime.GOOS, runtime.GOARCH, zoneData(e.getenv))
	return nil
}
