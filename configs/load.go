package configs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/paging"
)

// Load reads and checks the file at path, with the calendars that it names; an empty
// path is an empty file, for which everything has a default. Getenv tells whether the environment variables that the
// file names are set; nil leaves that unchecked. The error is [Problems] when the
// file could be read and is wrong. Warnings are in the configuration.
func Load(path string, getenv func(string) string) (*Config, error) {
	return loadFile(path, getenv, false)
}

// LoadToRun is [Load] for a bot, which must start without a calendar rather than not at
// all: that one cannot be read is a warning, and its schedule still names it in
// Calendars.
func LoadToRun(path string, getenv func(string) string) (*Config, error) {
	return loadFile(path, getenv, true)
}

// ParseToRun is [LoadToRun] for what a file said at another time; calendars are looked for
// beside that.
func ParseToRun(data []byte, path string, getenv func(string) string) (*Config, error) {
	return parse(data, path, getenv, true, time.Now())
}

func loadFile(path string, getenv func(string) string, lenient bool) (*Config, error) {
	if path == "" {
		return Parse(nil, "")
	}
	data, err := ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parse(data, path, getenv, lenient, time.Now())
}

// DirectoryIn is the data directory that the file at path names, also where the file is
// wrong elsewhere; empty: it names none, or cannot be read so far.
func DirectoryIn(path string) string {
	text, err := ReadFile(path)
	if err != nil {
		return ""
	}
	var section strings.Builder
	inside := false
	for line := range strings.Lines(strings.TrimPrefix(string(text), "\ufeff")) {
		if !strings.ContainsAny(line[:1], " \t\r\n#") {
			inside = strings.HasPrefix(line, "data:")
		}
		if inside {
			section.WriteString(line)
		}
	}
	c, err := Parse([]byte(section.String()), path)
	if err != nil {
		return ""
	}
	return c.Data.Directory
}

// Parse is [Load] for a file that was read already; name stands for it in problems, and
// calendars are looked for beside it.
func Parse(data []byte, name string) (*Config, error) {
	return parse(data, name, nil, false, time.Now())
}

// ReadFile is what the file at path says, as far as a configuration is read: one byte more
// than [MaxSize] at most.
func ReadFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open configuration: there is no file %s; correct its name, in WATCHBILL_CONFIG or where you typed it, or name none to run with the defaults", path)
	}
	if err != nil {
		return nil, fmt.Errorf("open configuration: %w; let the user who runs this read it, or name another file, in WATCHBILL_CONFIG or where you typed it", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read configuration %s: %w; name a file, in WATCHBILL_CONFIG or where you typed it", path, err)
	}
	return data, nil
}

func parse(data []byte, name string, getenv func(string) string, lenient bool, now time.Time) (*Config, error) {
	if name == "" {
		name = "configuration"
	}
	r := newReport(name)
	c := &Config{}
	if root := parseDocument(data, r); root != nil {
		decode(root, r, c)
	}
	if !r.unfolds {
		c.fill()
		k := &checker{report: r, config: c, getenv: getenv, now: now, zones: oncall.NewZones(nil), read: map[string]*calendarFile{}, lenient: lenient}
		k.check()
	}
	problems := r.done()
	if len(problems.Errors()) > 0 {
		return nil, problems
	}
	c.Warnings = problems
	c.sort()
	return c, nil
}

// fill puts the defaults where the file says nothing.
func (c *Config) fill() {
	d := defaults()
	or := func(value *string, otherwise string) {
		if *value == "" {
			*value = otherwise
		}
	}
	list := func(value *[]string, otherwise []string) {
		if *value == nil {
			*value = otherwise
		}
	}
	or(&c.Slack.IncidentsChannel, d.Slack.IncidentsChannel)
	or(&c.Slack.ChannelPrefix, d.Slack.ChannelPrefix)
	or(&c.Slack.AppName, d.Slack.AppName)
	or(&c.Slack.BotName, d.Slack.BotName)
	list(&c.Slack.Commands.Incident, d.Slack.Commands.Incident)
	list(&c.Slack.Commands.OnCall, d.Slack.Commands.OnCall)
	list(&c.Slack.TimelineReactions, d.Slack.TimelineReactions)
	or(&c.Log.Level, d.Log.Level)
	or(&c.Log.Format, d.Log.Format)
	c.Slack.IncidentsChannel = strings.TrimPrefix(c.Slack.IncidentsChannel, "#")
	c.HTTP.PublicURL = strings.TrimRight(c.HTTP.PublicURL, "/")
	for i := range c.Teams {
		or(&c.Teams[i].Kind, KindOther)
	}
	for i := range c.API.Tokens {
		or(&c.API.Tokens[i].Rights, RightsRead)
	}
	for i := range c.Services {
		c.Services[i].Channel = strings.TrimPrefix(c.Services[i].Channel, "#")
	}
	for i := range c.Routes {
		c.Routes[i].Channel = strings.TrimPrefix(c.Routes[i].Channel, "#")
	}
}

func (c *Config) sort() {
	slices.SortFunc(c.People, func(a, b Person) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(c.Teams, func(a, b Team) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(c.Services, func(a, b Service) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(c.Schedules, func(a, b oncall.Schedule) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(c.Escalations, func(a, b paging.Policy) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(c.Integrations, func(a, b Integration) int { return strings.Compare(a.Name, b.Name) })
}
