package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
)

// verb is one thing that a command with several does; Q is its command line.
type verb[Q any] struct {
	name  string
	usage string // what follows the name; without the flags of all verbs
	flags string // those it takes besides the ones of all verbs
	least int    // how many arguments it takes
	most  int    // negative: any number
	run   func(ctx context.Context, e env, q Q) error
}

// misused is misuse of this verb alone.
func (v verb[Q]) misused(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...), strings.TrimSpace(v.name+" "+v.usage) + " [--json]"}
}

// usageOf is how each verb of a command is used, one line each.
func usageOf[Q any](command string, verbs []verb[Q]) string {
	var lines []string
	for _, v := range verbs {
		lines = append(lines, strings.TrimSpace(v.name+" "+v.usage)+" [--json]")
	}
	return strings.Join(lines, usageNext+command+" ")
}

// choose finds the verb that a command line begins with, and what follows it. Flags of
// other verbs are refused.
func choose[Q any](verbs []verb[Q], rest []string, set *flag.FlagSet) (verb[Q], []string, error) {
	var v verb[Q]
	names := make([]string, len(verbs))
	for n := range verbs {
		names[n] = verbs[n].name
	}
	if len(rest) == 0 {
		return v, nil, misuse("say what to do: %s", strings.Join(names, ", "))
	}
	n := slices.Index(names, rest[0])
	if n < 0 {
		return v, nil, misuse("there is no %q: say %s", rest[0], strings.Join(names, ", "))
	}
	v = verbs[n]
	var foreign error
	set.Visit(func(f *flag.Flag) {
		if !slices.Contains(append(strings.Fields(v.flags), commonFlags...), f.Name) {
			foreign = v.misused("%s does not take --%s", v.name, f.Name)
		}
	})
	switch args := rest[1:]; {
	case foreign != nil:
		return v, nil, foreign
	case v.most >= 0 && len(args) > v.most:
		return v, nil, v.misused("%q is not expected after %s", args[v.most], v.name)
	case len(args) < v.least:
		return v, nil, v.misused("%s needs more", v.name)
	default:
		return v, args, nil
	}
}
