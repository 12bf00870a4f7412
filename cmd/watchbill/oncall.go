package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/configs"
)

// roster is a command line about schedules.
type roster struct {
	common
	args                   []string // what follows the verb
	schedule, person, file string
	at                     moments
	from, to               moment
	kind, zone             string
	as, replaces, note     string
	with, joinAfter        string
	theirFrom, theirTo     moment
	atStdin, ical          bool
	plan, allowGaps        bool
	revoke                 bool
}

func (q *roster) define(fs *flag.FlagSet) {
	q.common.define(fs)
	fs.StringVar(&q.schedule, "schedule", "", "")
	fs.StringVar(&q.person, "person", "", "")
	fs.StringVar(&q.file, "file", "", "")
	fs.Var(&q.at, "at", "")
	fs.BoolVar(&q.atStdin, "at-stdin", false, "")
	fs.Var(&q.from, "from", "")
	fs.Var(&q.to, "to", "")
	fs.BoolVar(&q.ical, "ical", false, "")
	fs.StringVar(&q.kind, "kind", "", "")
	fs.StringVar(&q.zone, "zone", "", "")
	fs.BoolVar(&q.plan, "plan", false, "")
	fs.BoolVar(&q.allowGaps, "allow-gaps", false, "")
	fs.StringVar(&q.as, "as", "", "")
	fs.StringVar(&q.replaces, "replaces", "", "")
	fs.StringVar(&q.note, "note", "", "")
	fs.BoolVar(&q.revoke, "revoke", false, "")
	fs.StringVar(&q.with, "with", "", "")
	fs.StringVar(&q.joinAfter, "join-after", "", "")
	fs.Var(&q.theirFrom, "their-from", "")
	fs.Var(&q.theirTo, "their-to", "")
}

func oncallVerbs() []verb[*roster] {
	return []verb[*roster]{
		{"who", "[--at TIME]... [--at-stdin] [--schedule NAME] [--file FILE]", "at at-stdin schedule file", 0, 0, whoIsOn},
		{"shifts", "[--schedule NAME] [--person P] [--from TIME] [--to TIME] [--file FILE]", "schedule person from to file", 0, 0, listShifts},
		{"gaps", "[--schedule NAME] [--from TIME] [--to TIME] [--file FILE]", "schedule from to file", 0, 0, listGaps},
		{"burden", "[--schedule NAME] [--from TIME] [--to TIME] [--file FILE]", "schedule from to file", 0, 0, listBurden},
		{"simulate", "[--schedule NAME] [--from TIME] [--to TIME] [--file FILE]", "schedule from to file", 0, 0, simulate},
		{"export", "--ical [--person P] [--schedule NAME] [--from TIME] [--to TIME] [--file FILE]", "ical person schedule from to file", 0, 0, exportCalendar},
		{"import", "--ical CALENDAR [--kind time_off|overrides|holidays] [--person P] [--zone ZONE] [--from TIME] [--to TIME] [--file FILE]", "ical kind person zone from to file", 1, 1, importCalendar},
		{"apply", "FILE [--plan] [--allow-gaps] [--as PERSON]", "plan allow-gaps as", 1, 1, applyFile},
		{"feed", "--person P | --schedule NAME [--revoke]", "person schedule revoke", 0, 0, feedAddress},
		{"changes", "[--schedule NAME]", "schedule", 0, 0, listChanges},
		{"fairest", "--from TIME --to TIME [--person P] [--schedule NAME] [--file FILE]", "from to person schedule file", 0, 0, fairest},
		{"override", "--person P [--replaces P] --from TIME --to TIME [--schedule NAME] [--note TEXT] [--as PERSON]", "person replaces from to schedule note as", 0, 0, changes("override")},
		{"cover", "--person P --from TIME --to TIME [--schedule NAME] [--note TEXT] [--as PERSON]", "person from to schedule note as", 0, 0, changes("cover")},
		{"take", "ID --person P [--schedule NAME] [--as PERSON]", "person schedule as", 1, 1, changes("take")},
		{"swap", "--person P --from TIME --to TIME --with P --their-from TIME --their-to TIME [--schedule NAME] [--note TEXT] [--as PERSON]", "person from to with their-from their-to schedule note as", 0, 0, changes("swap")},
		{"accept", "ID [--schedule NAME] [--as PERSON]", "schedule as", 1, 1, changes("accept")},
		{"decline", "ID [--schedule NAME] [--as PERSON]", "schedule as", 1, 1, changes("decline")},
		{"off", "--person P --from TIME --to TIME [--schedule NAME] [--note TEXT] [--as PERSON]", "person from to schedule note as", 0, 0, changes("off")},
		{"shadow", "--person P --with P [--from TIME] [--to TIME] [--schedule NAME] [--as PERSON]", "person with from to schedule as", 0, 0, changes("shadow")},
		{"graduate", "--person P [--join-after DURATION] [--schedule NAME] [--as PERSON]", "person join-after schedule as", 0, 0, changes("graduate")},
		{"undo", "ID [--schedule NAME] [--as PERSON]", "schedule as", 1, 1, changes("undo")},
		{"remove", "NAME [--as PERSON]", "as", 1, 1, changes("remove")},
	}
}

func oncalls(ctx context.Context, e env, args []string) error {
	q := &roster{}
	var set *flag.FlagSet
	rest, err := flags("oncall", args, func(fs *flag.FlagSet) { q.define(fs); set = fs })
	if err != nil {
		return err
	}
	v, rest, err := choose(oncallVerbs(), rest, set)
	if err != nil {
		return err
	}
	if q.file != "" && (q.config != "" || q.data != "" || q.url != "") {
		return misuse("--file answers from that file alone: leave --config, --data and --url away")
	}
	q.args = rest
	return v.run(ctx, e, q)
}

// open finds whom to ask: the schedules of a file alone, else the bot.
func (q *roster) open(e env) (*asker, error) {
	if q.file == "" {
		return q.common.open(e)
	}
	c, err := configs.Load(q.file, e.getenv)
	if err != nil {
		return nil, err
	}
	return askHandler(bot.FileAPI(c), func() error { return nil }), nil
}

// path is that of a question with what the flags say.
func (q *roster) path(of string) string {
	v := url.Values{}
	for _, f := range []struct{ name, value string }{{"schedule", q.schedule}, {"person", q.person}, {"from", string(q.from)}, {"to", string(q.to)}} {
		if f.value != "" {
			v.Set(f.name, f.value)
		}
	}
	if !q.json && (of == "/shifts" || of == "/gaps") { // which are printed by the clocks there
		v.Set("zone", "true")
	}
	return "/v1/oncall" + of + "?" + v.Encode()
}

// moment is a time as people write it: RFC 3339, or a wall time or date that is read
// in the zone of each schedule.
type moment string

func (m *moment) String() string { return string(*m) }

func (m *moment) Set(text string) error {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if _, err := time.Parse(layout, text); err == nil {
			*m = moment(text)
			return nil
		}
	}
	return errors.New("write a time as 2026-03-29T02:30:00+02:00, or as 2026-03-29T02:30:00 for the local time of the schedule")
}

// moments collects the values of a flag that may be given several times.
type moments []string

func (m *moments) String() string { return strings.Join(*m, ",") }

func (m *moments) Set(text string) error {
	var one moment
	if err := one.Set(text); err != nil {
		return err
	}
	*m = append(*m, text)
	return nil
}

// local is a time on the clock of a zone where the answer names one, else in UTC.
func local(t time.Time, zone string) string {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	return t.In(loc).Format("Mon 2006-01-02 15:04 MST")
}

// say prints a line whose parts may come from people.
func say(e env, format string, args ...any) error {
	_, err := fmt.Fprintln(e.stdout, printable(fmt.Sprintf(format, args...)))
	return err
}
