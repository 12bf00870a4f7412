package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/storage/bolt"
)

// helped is what a command line with --help prints.
func helped(t *testing.T, args ...string) string {
	t.Helper()
	var out strings.Builder
	none := func(string) string { return "" }
	if status := run(t.Context(), append(args, "--help"), none, strings.NewReader(""), &out, io.Discard); status != exitDone {
		t.Fatalf("%q --help: exit status %d", args, status)
	}
	return out.String()
}

// TestHelpExplainsEveryFlag: each flag of each usage has one meaning there, and only
// they have.
func TestHelpExplainsEveryFlag(t *testing.T) {
	line := regexp.MustCompile(`(?m)^  (--[a-z-]+)( [A-Z0-9:-]+)? {2,}\S`)
	check := func(args ...string) {
		usage, flags := helped(t, args...), []string{}
		for _, found := range line.FindAllStringSubmatch(usage, -1) {
			flags = append(flags, found[1])
		}
		same(t, "flags that the help of "+strings.Join(args, " ")+" explains", flags, flagNames.FindAllString(strings.SplitN(usage, "\n", 2)[0], -1))
	}
	for _, c := range commands() {
		for _, use := range strings.Split(c.name+" "+c.usage, usageNext) {
			if strings.Contains(c.usage, usageNext) {
				check(strings.Fields(use)[:2]...)
			} else {
				check(c.name)
			}
		}
	}
}

func TestHelpOfOneVerbIsAboutIt(t *testing.T) {
	got := helped(t, "incident", "note")
	if !strings.HasPrefix(got, "watchbill incident note INC-1 [--at TIME] TEXT") || strings.Contains(got, "incident list") || strings.Contains(got, "oncall who") {
		t.Errorf("help of one verb:\n%s", got)
	}
	whole := helped(t, "incident")
	for _, want := range []string{"incident list", "incident retry", "list: only those of this severity", "declare: how bad it is", "`watchbill incident list --help`"} {
		if !strings.Contains(whole, want) {
			t.Errorf("the help lacks %q:\n%s", want, whole)
		}
	}
	if got := helped(t, "doctor"); strings.Contains(got, " \n") || !strings.Contains(got, "--data DIR") {
		t.Errorf("help of doctor:\n%s", got)
	}
}

// TestWhatIsWrongStaysInSight: under it stand at most a few lines.
func TestWhatIsWrongStaysInSight(t *testing.T) {
	none := func(string) string { return "" }
	for _, c := range commands() {
		for _, args := range [][]string{{c.name, "frobnicate", "it"}, {c.name, "--frobnicate"}, {c.name, "--json=maybe"}} {
			var out bytes.Buffer
			status := run(t.Context(), args, none, strings.NewReader(""), &out, &out)
			if lines := strings.Count(out.String(), "\n"); status != exitUsage || lines > 1+mostUses || !strings.Contains(out.String(), "watchbill "+c.name) || strings.Contains(out.String(), " -json") {
				t.Errorf("%s: status %d, %d lines:\n%s", args, status, lines, out.String())
			}
		}
	}
}

// TestWhatCannotBePrintedIsSaid: a report on a full disk is none.
func TestWhatCannotBePrintedIsSaid(t *testing.T) {
	none := func(string) string { return "" }
	for _, args := range [][]string{{"help"}, {"version"}, {"manifest"}, {"config", "check"}, {"incident", "--help"}} {
		var errs bytes.Buffer
		if status := run(t.Context(), args, none, strings.NewReader(""), full{}, &errs); status != exitFailed || !strings.Contains(errs.String(), "no space left") {
			t.Errorf("%s: status %d, and it said %q", args, status, errs.String())
		}
	}
}

// full is a disk on which nothing has room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// TestWithoutAFile: as JSON there is nothing that is wrong with it.
func TestWithoutAFile(t *testing.T) {
	var out, errs bytes.Buffer
	none := func(string) string { return "" }
	if status := run(t.Context(), []string{"config", "check", "--json"}, none, strings.NewReader(""), &out, &errs); status != exitDone || out.String()+errs.String() != "" {
		t.Errorf("status %d, and it printed %q and %q", status, out.String(), errs.String())
	}
}

// TestFilesToPasteAsJSON: one object on a line each, with the same in it.
func TestFilesToPasteAsJSON(t *testing.T) {
	for command, want := range map[string]string{"manifest --json": `{"command": "/inc"`, "config example --json": `"default_escalation": "`} {
		var out, errs bytes.Buffer
		if status := run(t.Context(), strings.Fields(command), func(string) string { return "" }, strings.NewReader(""), &out, &errs); status != exitDone {
			t.Errorf("%s: status %d, %s", command, status, errs.String())
		}
		if one := strings.TrimSuffix(out.String(), "\n"); !json.Valid(out.Bytes()) || strings.Contains(one, "\n") || !strings.Contains(one, want) {
			t.Errorf("%s: %s", command, out.String())
		}
	}
}

func TestConfigCheckCountsInEnglish(t *testing.T) {
	file := filepath.Join(t.TempDir(), "w.yaml")
	if err := os.WriteFile(file, []byte("people: [{name: dev1, slack: U0DEV1}]\nescalations: [{name: all, steps: [{notify: [\"person:dev1\"], wait: 5m}]}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	none := func(string) string { return "" }
	if status := run(t.Context(), []string{"config", "check", file}, none, strings.NewReader(""), &out, io.Discard); status != exitDone {
		t.Fatalf("exit status %d: %s", status, out.String())
	}
	if want := "in order: 1 person, 0 teams, 0 services, 0 schedules, 1 escalation policy, 0 integrations, 0 routes."; !strings.Contains(out.String(), want) {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

// TestConfigCheckTriesTheWaysToPeople: what is in order is what starts.
func TestConfigCheckTriesTheWaysToPeople(t *testing.T) {
	file := filepath.Join(t.TempDir(), "w.yaml")
	none := func(string) string { return "" }
	for config, wants := range map[string][]string{
		"notify: {sms_gateway: {url: 'https://sms.example.com/send', body: '{\"to\": {to}, \"text\": {text}}'}, ntfy: {server: 'https://ntfy.sh/pages'}}\n": {":1:67: read sms_gateway body: it is no JSON once filled", ":1:115: read ntfy server: it has a path; the topic belongs to the person"},
		"notify: {sms_gateway: {url: 'https://sms.example.com/send?to={to}&text={texts}', body: '{text}'}}\n":                                               {":1:23: read sms_gateway: there is no placeholder {texts}"},
		"notify: {sms_gateway: {url: 'https://sms.example.com/send?to={to}&text={text}&key={token}', method: GET, token_env: KEY}}\n":                       nil,
	} {
		if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		status := run(t.Context(), []string{"config", "check", file}, none, strings.NewReader(""), &out, io.Discard)
		if want := map[bool]int{true: exitDone, false: exitFailed}[wants == nil]; status != want || strings.Contains(out.String(), "is in order") != (wants == nil) {
			t.Errorf("%s: exit status %d, %s", config, status, out.String())
		}
		for _, want := range wants {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: %q is missing in %s", config, want, out.String())
			}
		}
	}
}

// TestTheExampleIsPrinted as it is, to begin with.
func TestTheExampleIsPrinted(t *testing.T) {
	var out bytes.Buffer
	status := run(t.Context(), []string{"config", "example"}, func(string) string { return "" }, strings.NewReader(""), &out, io.Discard)
	if status != exitDone || !bytes.Equal(out.Bytes(), configs.Example()) {
		t.Errorf("config example ended with %d and printed %d bytes", status, out.Len())
	}
}

// TestTheDoctorMakesNoDirectory: whoever asks may not be the user who runs the bot.
func TestTheDoctorMakesNoDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "data")
	env := func(name string) string { return map[string]string{"WATCHBILL_DATA": dir}[name] }
	for _, want := range []string{dir + " is not there yet, and can be made.", dir + " can be written. It has no data file yet."} {
		var out bytes.Buffer
		run(t.Context(), []string{"doctor"}, env, strings.NewReader(""), &out, io.Discard)
		if !strings.Contains(out.String(), want) {
			t.Errorf("it printed\n%s\nwant %s", out.String(), want)
		}
		if _, err := os.Stat(filepath.Dir(dir)); !os.IsNotExist(err) && strings.Contains(want, "not there") {
			t.Errorf("the doctor has made the directory: %v", err)
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTheDoctorLooksOn: one mistake does not hide the next.
func TestTheDoctorLooksOn(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	good := file("good.yaml", "people: [{name: dev1, slack: U0DEV1}]\napi: {tokens: [{name: laptop, token_env: LAPTOP}]}\n")
	wrong := file("wrong.yaml", "people: [{nam: dev1}]\n")
	foreign := file("watchbill.db", "somebody else's\n")
	vars := map[string]string{"WATCHBILL_DATA": dir, "WATCHBILL_HTTP": taken.Addr().String(), "SLACK_BOT_TOKEN": "xoxp-of-a-user", "SLACK_API_URL": "http://127.0.0.1:1/"}
	for config, wants := range map[string][]string{
		good: {"configuration: " + good + " has 1 warning.", "config check " + good, "secrets: read the tokens of the API: API token laptop"},
		wrong: {"WRONG    configuration: " + wrong + " has 1 error; the first: " + wrong + `:1:11: unknown key "nam" in an entry of people; did you mean "name"?`,
			"config check " + wrong},
		filepath.Join(good, "unread.yaml"): {"let the user who runs this read it"},
		filepath.Join(dir, "none.yaml"):    {"configuration: open configuration: there is no file"},
	} {
		var out bytes.Buffer
		status := run(t.Context(), []string{"doctor", "--config", config}, func(name string) string { return vars[name] }, strings.NewReader(""), &out, &out)
		if status != exitFailed {
			t.Errorf("%s: exit status %d", config, status)
		}
		for _, want := range append(wants, "environment: read environment: SLACK_BOT_TOKEN is not the right token", "data directory: open "+foreign, "HTTP: listen tcp", "time zones: ", "bot: None is running") {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: no word of %q in\n%s", config, want, out.String())
			}
		}
	}
	var out bytes.Buffer
	vars["WATCHBILL_DATA"], vars["SLACK_BOT_TOKEN"], vars["SLACK_APP_TOKEN"] = t.TempDir(), "xoxb-1-2-3", "xapp-1-2-3"
	run(t.Context(), []string{"serve"}, func(name string) string { return vars[name] }, strings.NewReader(""), &out, &out)
	if !strings.Contains(out.String(), "set WATCHBILL_HTTP to another host:port") {
		t.Errorf("serve on an address in use says no next step:\n%s", out.String())
	}
}

// TestWhoAnswersNeedsNoTokens: what is wrong with those keeps serve from its start, and
// nobody from a page.
func TestWhoAnswersNeedsNoTokens(t *testing.T) {
	data := t.TempDir()
	store, err := bolt.Open(filepath.Join(data, dataFile), bolt.Options{Shape: bot.Shape()})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	vars := map[string]string{"WATCHBILL_DATA": data, "SLACK_BOT_TOKEN_FILE": "/root/only", "WATCHBILL_HTTP": "nowhere"}
	for command, want := range map[string]int{"page list": exitDone, "manifest": exitDone, "serve": exitFailed} {
		var out bytes.Buffer
		if status := run(t.Context(), strings.Fields(command), func(name string) string { return vars[name] }, strings.NewReader(""), &out, &out); status != want {
			t.Errorf("%s: exit status %d: %s", command, status, out.String())
		}
	}
}

// TestASeverityThatIsNoneIsMisuse, whether or not a bot runs that could say so.
func TestASeverityThatIsNoneIsMisuse(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{{"incident", "declare", "x", "--sev", "9"}, {"incident", "sev", "INC-1", "9"}, {"incident", "sev", "INC-1", ""}, {"alert", "declare", "ALERT-1", "--sev", "9"}} {
		var out, errs strings.Builder
		status := run(t.Context(), append(args, "--data", dir), func(string) string { return "" }, strings.NewReader(""), &out, &errs)
		if status != exitUsage || !strings.Contains(errs.String(), "Severities are 1 (worst) to 4.") {
			t.Errorf("%q: exit status %d, %s", args, status, errs.String())
		}
	}
}
