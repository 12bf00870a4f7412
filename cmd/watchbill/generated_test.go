package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/bolt"
)

var lineSeed = flag.Uint64("line-seed", 1, "seed of TestGeneratedCommandLines")
var lineRounds = flag.Int("line-rounds", 4, "how often TestGeneratedCommandLines types each command")

// TestGeneratedCommandLines types every usage of every command as it stands in the help, and
// as it does not, beside a bot that runs and then on the files that it left: each ends with
// 0, 1 or 2, says on standard error what is wrong and shows no secret; with --json there is
// nothing but JSON; and what is refused changes nothing.
func TestGeneratedCommandLines(t *testing.T) {
	s := newShell(t, false, "http: {public_url: 'https://watchbill.example.com'}\n"+strings.ReplaceAll(processConfig, "wait: 10s", "wait: 1h"))
	s.env["WATCHBILL_TOKEN"] = "the token of nobody"
	s.env["SLACK_API_URL"] = "http://127.0.0.1:1/api/"
	s.does("INC-1", "incident", "declare", "checkout returns 503", "--service", "checkout", "--as", "dev1")
	for _, key := range []string{"web-1", "web-2"} {
		_, err := s.bot.Desk().Hear(s.ctx, "monitoring", []alert.Signal{{Key: key, Status: alert.Firing, Title: "disk full on " + key, Severity: alert.SeverityCritical, Service: "checkout", Count: 1}})
		if err != nil {
			t.Fatal(err)
		}
	}
	y := &typist{t: t, shell: s, rng: rand.New(rand.NewPCG(*lineSeed, 2)), dir: t.TempDir()}
	y.files()
	inside := filepath.Join(y.dir, "in", "side") // where a path leads that is not absolute
	if err := os.MkdirAll(inside, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(inside)
	y.all(func() string { return "" }) // deliveries change the store meanwhile: httpd's tests see what is refused
	s.end()
	y.all(y.dump)
}

// typist types command lines.
type typist struct {
	t     *testing.T
	shell *shell
	rng   *rand.Rand
	dir   string
	// careful is whoever types what the usage asks for.
	careful bool
}

// files writes what command lines name.
func (y *typist) files() {
	for name, text := range map[string]string{
		"good.yaml":     processConfig,
		"wrong.yaml":    "people: [{nam: dev1}]\n",
		"garbage":       "\x00\xff{]",
		"empty":         "",
		"alert.json":    `{"title": "Payments fail", "service": "checkout", "severity": "critical"}`,
		"calendar.ics":  "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20261201T090000Z\r\nDTEND:20261202T090000Z\r\nSUMMARY:dev1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
		"postmortem.md": "# INC-1\n\ndev1 carelessly broke it.\n",
	} {
		if err := os.WriteFile(filepath.Join(y.dir, name), []byte(text), 0o600); err != nil {
			y.t.Fatal(err)
		}
	}
}

// all types every usage; kept is what must stay when a command is refused.
func (y *typist) all(kept func() string) {
	for range *lineRounds {
		for _, c := range commands() {
			if c.name == "serve" || c.name == "demo" {
				continue
			}
			for _, use := range strings.Split(c.name+" "+c.usage, usageNext) {
				y.one(y.line(use), kept)
			}
		}
	}
}

var trace = regexp.MustCompile(`goroutine \d|panic:|runtime error|%!|0xc0|\.go:\d`)

// one types one command line.
func (y *typist) one(args []string, kept func() string) {
	y.t.Helper()
	var out, errs bytes.Buffer
	var stdout io.Writer = &out
	if y.rng.IntN(25) == 0 {
		stdout = full{}
	}
	before := kept()
	began := time.Now()
	status := run(y.shell.ctx, args, y.shell.getenv, strings.NewReader(y.pick("", "2026-11-21T14:05\n", "from standard input", "\x00\xff", "\n\n\n")), stdout, &errs)
	complain := func(what string) {
		y.t.Errorf("watchbill %.600q ended with %d: %s\n%.800s\nand on standard error\n%.800s", args, status, what, &out, &errs)
	}
	if took := time.Since(began); took > 20*time.Second {
		complain("it took " + took.String())
	}
	switch said := errs.String(); {
	case status < 0 || status > 2:
		complain("that is no exit status")
	case status != exitDone && !strings.HasPrefix(said, "watchbill") && !strings.Contains(said, "\nwatchbill") && args[0] != "config" && args[0] != "doctor" && args[0] != "verify" && args[0] != "postmortem":
		complain("it does not say what is wrong")
	case status == exitUsage && out.Len() > 0:
		complain("it has begun, although the usage is wrong")
	case trace.MatchString(said + out.String()):
		complain("that is for programmers")
	}
	for name, value := range y.shell.env {
		if (strings.HasPrefix(name, "T_") || strings.Contains(name, "TOKEN")) && strings.Contains(out.String()+errs.String(), value) {
			complain("it shows " + name)
		}
	}
	if asksJSON(args) && status != exitUsage {
		for l := range strings.Lines(out.String()) {
			if !json.Valid([]byte(l)) || l[0] != '{' || !strings.HasSuffix(l, "\n") {
				complain("a line is no JSON object")
				break
			}
		}
	}
	if status != exitDone && stdout == &out && kept() != before {
		complain("it changed something")
	}
}

// asksJSON says whether the flag stands there, and not as a value or as a word.
func asksJSON(args []string) bool {
	return len(args) > 0 && args[len(args)-1] == "--json"
}

// line is a command line for a usage.
func (y *typist) line(use string) []string {
	y.careful = y.rng.IntN(2) == 0
	words := strings.Fields(strings.NewReplacer("[", " [ ", "]", " ] ").Replace(use))
	var args []string
	for n := 0; n < len(words); n++ {
		w := strings.TrimSuffix(words[n], "...")
		switch {
		case w == "[":
			if y.rng.IntN(2) == 0 { // left out
				for depth := 1; depth > 0 && n+1 < len(words); {
					n++
					depth += map[string]int{"[": 1, "]": -1}[words[n]]
				}
			}
		case w == "]" || w == "" || w == "|" || w == "--json":
		case n < 2 && w == strings.ToLower(w), strings.HasPrefix(w, "--"):
			if w == "--to" || w == "--their-to" { // after what --from says
				n++
				args = append(args, w, y.time(72))
			} else if y.careful || y.rng.IntN(40) > 0 {
				args = append(args, w)
			}
		default:
			args = append(args, y.value(w))
		}
		if !y.careful && y.rng.IntN(60) == 0 {
			args = append(args, y.pick("--", "--frobnicate", "-x", "--as", "--sev=2", "--json=maybe", "--again", "--all", "--as", y.odd()))
		}
	}
	if !y.careful && y.rng.IntN(30) == 0 && len(args) > 2 { // twice
		args = append(args, args[1:]...)
	}
	if !y.careful && y.rng.IntN(10) == 0 {
		args = append(args, "--data", y.pick(filepath.Join(y.dir, "none"), "/proc", filepath.Join(y.dir, "garbage"), ""))
	}
	if strings.Contains(use, "--json") && y.rng.IntN(3) > 0 {
		args = append(args, "--json")
	}
	if len(args) == 0 {
		args = []string{"help"}
	}
	return args
}

func (y *typist) pick(from ...string) string { return from[y.rng.IntN(len(from))] }

// value is one for a word of a usage.
func (y *typist) value(word string) string {
	if !y.careful && y.rng.IntN(8) == 0 {
		return y.odd()
	}
	file := func(good string, others ...string) string {
		return filepath.Join(y.dir, y.either([]string{good}, others...))
	}
	switch kind, _, _ := strings.Cut(word, "|"); kind {
	case "INC-1", "PAGE-1", "ALERT-1", "SIL-1":
		return y.either([]string{kind, kind, strings.ToLower(kind), strings.Replace(kind, "1", "2", 1)}, "1", strings.Replace(kind, "1", "99", 1), "INC-0", "INC--1", kind+"/..", "INC-99999999999999999999999")
	case "N":
		return y.either([]string{"1", "2", "4"}, "SEV3", "0", "5", "-1", "1e3", "99999999999999999999", "²")
	case "PERSON", "P", "TARGET":
		return y.either([]string{"dev1", "dev2", "sre1", "SRE2"}, "me", "nobody", "person:dev1", "schedule:checkout", "team:sre-core", "@dev1", "<@U0DEV1>")
	case "NAME", "SERVICE":
		return y.either([]string{"checkout", "Checkout"}, "search", "env=prod", "~(")
	case "TIME":
		return y.time(24)
	case "DURATION":
		return y.either([]string{"30m", "2h", "1d"}, "8d", "0", "-1h", "1e9h", "forever", "until 14:05")
	case "FILE":
		return file("good.yaml", "wrong.yaml", "garbage", "empty", "alert.json", "postmortem.md", ".", "none")
	case "CALENDAR":
		return file("calendar.ics", "garbage", "empty", ".", "none")
	case "DIR":
		return y.either([]string{filepath.Join(y.dir, "copy"+strconv.Itoa(y.rng.Int()))}, y.dir, "/proc/x", filepath.Join(y.dir, "garbage", "x"))
	case "ID":
		return y.pick("O", "R", "T", "S") + y.pick("1", "2", "3", "9")
	case "ZONE":
		return y.either([]string{"Europe/Berlin", "UTC"}, "Mars/Base", "Local")
	case "STATUS":
		return y.either([]string{"open", "resolved", "closed"}, "gone")
	case "markdown":
		return y.either([]string{"markdown", "json", "html"}, "pdf")
	case "time_off":
		return y.either([]string{"time_off", "overrides", "holidays"}, "x")
	case "INTEGRATION":
		return "monitoring"
	}
	return y.pick("payments are down", "checkout <!channel>", word)
}

// either is one of the good, or of all unless somebody is careful.
func (y *typist) either(good []string, others ...string) string {
	if y.careful {
		return y.pick(good...)
	}
	return y.pick(append(others, good...)...)
}

// time is one some hours ahead.
func (y *typist) time(hours int) string {
	at := y.shell.now().Add(time.Duration(hours) * time.Hour).UTC()
	return y.either([]string{at.Format(time.DateOnly), at.Format("2006-01-02T15:04"), at.Format(time.RFC3339)}, "-15m", "14:05", "yesterday 14:05", "2026-03-29T02:30", "0001-01-01", "9999-12-31T23:59:59-12:00", "2026-02-30", "now", "24:00", "1700000000", at.In(time.FixedZone("", 14*3600)).Format(time.RFC3339Nano))
}

// odd is what nobody means.
func (y *typist) odd() string {
	return y.pick("", " ", "\x00", "a\nb", "é\u0301", "\u202eabc", "😀", "-", "--", "-1", "%s%n", "`x`", "*", "../../etc/passwd", "/dev/null", strings.Repeat("x", 100_000), "\xff\xfe", "$(id)", "null", "0x10")
}

// dump is everything in the data file.
func (y *typist) dump() string {
	y.t.Helper()
	store, err := bolt.Open(filepath.Join(y.shell.dir, "data", dataFile), bolt.Options{ReadOnly: true})
	if err != nil {
		y.t.Fatal(err)
	}
	defer store.Close()
	var out strings.Builder
	err = store.Dump(y.t.Context(), func(row storage.Portable) error { return json.NewEncoder(&out).Encode(row) })
	if err != nil {
		y.t.Fatal(err)
	}
	return out.String()
}
