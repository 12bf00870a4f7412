// Command watchbill runs incident response from Slack: declaring, paging,
// timeline and postmortem, in one binary with one data file.
package main

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

func main() {
	ctx := context.Background()
	if len(os.Args) > 1 && slices.Contains(tidy, os.Args[1]) {
		var stop func()
		ctx, stop = signal.NotifyContext(ctx, endings()...)
		defer stop()
		context.AfterFunc(ctx, stop) // a second signal ends the process at once
	}
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
}

// tidy are the commands that put things in order before a signal ends them. Any other may
// wait for what nothing interrupts, such as standard input, and ends at once.
var tidy = []string{"serve", "demo", "backup"}

// endings are the signals at which the process ends in order: with those of a supervisor
// and of Ctrl-C that of a terminal that is closed, unless nohup said to live on.
func endings() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}
