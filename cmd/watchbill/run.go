package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/watchbill/watchbill/configs"
)

// The exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// env is what a command runs in.
type env struct {
	getenv func(string) string
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

// command is one thing that the binary can do.
type command struct {
	name  string
	usage string // what follows the name
	about string
	run   func(ctx context.Context, e env, args []string) error
}

// commands in the order in which help lists them.
func commands() []command {
	return []command{
		{"serve", "[--config FILE] [--data DIR] [--http HOST:PORT]", "run the bot against Slack", serve},
		{"demo", "[--outage [--headless]] [--data DIR] [--port N]", "run it in a simulated Slack workspace, in your browser", demo},
		{"incident", usageOf("incident", incidentVerbs()), "declare incidents, work on them, look at them", incidents},
		{"page", usageOf("page", pageVerbs()), "look at pages, and answer them", pageCalls},
		{"oncall", usageOf("oncall", oncallVerbs()), "who is on call, shifts, gaps, burden; apply a file of schedules", oncalls},
		{"postmortem", "show INC-1 [--format markdown|json|html] [--json]" + usageNext + "postmortem lint FILE [--json]", "print a postmortem draft; find words of blame in one that people have completed", postmortems},
		{"alert", usageOf("alert", alertVerbs()), "look at alerts, answer and silence them", alerts},
		{"route", "--file FILE [--integration NAME] [--at TIME] [--config FILE] [--json]", "explain where alerts in a file would go, and whom they would page", routeAlerts},
		{"config", "check [FILE] [--json]" + usageNext + "config example [--json]", "check the configuration file, or print one with every key", config},
		{"doctor", "[--config FILE] [--data DIR] [--json]", "find out what is wrong with the setup, and how to mend it", doctor},
		{"backup", "DIR [--config FILE] [--data DIR] [--json]", "copy everything into a new directory and check the copy, while the bot runs or not", backup},
		{"verify", "[--data DIR] [--json]", "check every record, timeline and index in the data file", verify},
		{"manifest", "[--config FILE] [--json]", "print the Slack app manifest to paste", manifest},
		{"version", "[--json]", "print the version", version},
	}
}

// usageError is a command line that makes no sense as it stands.
type usageError struct {
	message string
	usage   string // of the verb that it is about; empty: of the whole command
}

func (e *usageError) Error() string { return e.message }

func misuse(format string, args ...any) error {
	return &usageError{message: fmt.Sprintf(format, args...)}
}

// silent is an error whose text the command has printed already.
var errSilent = errors.New("already said")

func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	out := &printer{to: stdout}
	status := dispatch(ctx, env{getenv, stdin, out, stderr}, args)
	if out.err != nil && status == exitDone { // else it has been said
		fmt.Fprintf(stderr, "watchbill: not all could be printed: %v\n", out.err)
		return exitFailed
	}
	return status
}

// printer remembers that something could not be written: who reads a report must not take
// the beginning of it for all.
type printer struct {
	to  io.Writer
	err error
}

func (p *printer) Write(b []byte) (int, error) {
	n, err := p.to.Write(b)
	if err != nil && p.err == nil {
		p.err = err
	}
	return n, err
}

func dispatch(ctx context.Context, e env, args []string) int {
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "--help"}, args[0]) {
		if len(args) > 1 && args[0] == "help" {
			return dispatch(ctx, e, append(args[1:], "--help"))
		}
		help(e.stdout)
		if len(args) == 0 {
			return exitUsage
		}
		return exitDone
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		err := c.run(ctx, e, args[1:])
		var usage *usageError
		switch {
		case err == nil:
			return exitDone
		case errors.Is(err, flag.ErrHelp):
			c.help(e.stdout, args[1:])
			return exitDone
		case errors.As(err, &usage):
			fmt.Fprintf(e.stderr, "watchbill %s: %s\n%s\n", c.name, usage.message, c.next(usage, args[1:]))
			return exitUsage
		case !errors.Is(err, errSilent):
			fmt.Fprintf(e.stderr, "watchbill %s: %v\n", c.name, err)
		}
		return exitFailed
	}
	fmt.Fprintf(e.stderr, "watchbill: there is no command %q; `watchbill help` lists them\n", args[0])
	return exitUsage
}

// flags parses a command's flags, which may stand before and after its other
// arguments, and returns those.
func flags(name string, args []string, define func(*flag.FlagSet)) ([]string, error) {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	if define != nil {
		define(fs)
	}
	var rest []string
	for {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, misuse("%s", flagProblem(err))
		}
		read := len(args) - fs.NArg()
		if read > 0 && args[read-1] == "--" { // what follows is meant as it stands
			return append(rest, fs.Args()...), nil
		}
		if fs.NArg() == 0 {
			return rest, nil
		}
		rest = append(rest, fs.Arg(0))
		args = fs.Args()[1:]
	}
}

// flagProblem says what is wrong with a flag; the flag package's own words name
// flags with one dash, unlike the rest of Watchbill.
func flagProblem(err error) string {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		if name[0] >= '0' && name[0] <= '9' { // a time that stands alone, as it may in Slack
			return fmt.Sprintf("there is no flag -%[1]s: a time follows its flag, as in --at -%[1]s", name)
		}
		return "there is no flag --" + name
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok {
		return "--" + name + " needs its value"
	}
	text = dashed.ReplaceAllString(text, " for --$1: ")
	return strings.Replace(text, "parse error", "it is not of the kind that is needed", 1)
}

var dashed = regexp.MustCompile(` for (?:flag )?-([a-z-]+): `)

// wrongConfig says that the configuration cannot be used, and that the environment can.
type wrongConfig struct{ error }

func (w wrongConfig) Unwrap() error { return w.error }

// setup is the environment and the configuration file, as configuration reads it. What is wrong
// with tokens and addresses in the environment is left out: it matters to serve alone, and
// who answers a page must not be kept from it.
func setup(e env, file string) (configs.Settings, *configs.Config, error) {
	settings, _ := configs.FromEnv(e.getenv)
	c, err := configuration(e, cmp.Or(file, settings.ConfigFile))
	return settings, c, err
}

// configuration reads the file. With a wrongConfig there is the data directory of it,
// as far as it can be read.
func configuration(e env, file string) (*configs.Config, error) {
	c, err := configs.LoadToRun(file, e.getenv)
	if err != nil {
		return &configs.Config{Data: configs.Data{Directory: configs.DirectoryIn(file)}}, wrongConfig{err}
	}
	return c, nil
}
