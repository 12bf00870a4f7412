package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const fixture = "testdata/schedules.yaml"

// asked runs `watchbill oncall` on a command line, split at spaces, where there is
// neither a configuration nor a data file.
func asked(t testing.TB, stdin, command string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	data := t.TempDir()
	getenv := func(key string) string { return map[string]string{"WATCHBILL_DATA": data}[key] }
	status = run(t.Context(), append([]string{"oncall"}, strings.Fields(command)...), getenv, strings.NewReader(stdin), &out, &errs)
	return status, out.String(), errs.String()
}

func TestOncallOfAFile(t *testing.T) {
	tests := []struct{ command, want string }{
		// 02:30 does not exist in Berlin on that day: it is when the gap ends.
		{"who --at 2026-03-29T02:30:00 --schedule checkout --json", `{"at":"2026-03-29T01:00:00Z","schedule":"checkout","on_call":["sre2"],"why":["override: sre2 for sre1, 2026-03-29T02:30:00 to 2026-03-29T09:00:00"]}`},
		{"who --at 2026-03-29T00:59:59Z --schedule checkout --json", `{"at":"2026-03-29T00:59:59Z","schedule":"checkout","on_call":["sre1"],"why":["layer \"always\": weekly turns since 2026-01-05T09:00:00"]}`},
		{"who --at 2026-03-29T09:00:00+02:00 --schedule CHECKOUT --json", `{"at":"2026-03-29T07:00:00Z","schedule":"checkout","on_call":["sre1"],"why":["layer \"always\": weekly turns since 2026-01-05T09:00:00"]}`},
		{"who --at 2026-03-29T12:00:00Z --schedule nights --json", `{"at":"2026-03-29T12:00:00Z","schedule":"nights","on_call":[],"why":[]}`},
		// 02:30 is shown twice in Berlin on that day: it is the first time.
		{"who --at 2026-10-25T02:30:00 --at 2026-10-25T02:30", `
2026-10-25T00:30:00Z  checkout: sre1 until 2026-10-26 08:00 UTC
2026-10-25T00:30:00Z  nights: dev2 until 2026-10-25 05:00 UTC
2026-10-25T09:30:00Z  pacific: sre2 until 2026-10-26 09:30 UTC
2026-10-25T00:30:00Z  checkout: sre1 until 2026-10-26 08:00 UTC
2026-10-25T00:30:00Z  nights: dev2 until 2026-10-25 05:00 UTC
2026-10-25T09:30:00Z  pacific: sre2 until 2026-10-26 09:30 UTC`},
		{"gaps --from 2026-03-28 --to 2026-03-30 --json", `
{"schedule":"nights","start":"2026-03-28T05:00:00Z","end":"2026-03-28T21:00:00Z"}
{"schedule":"nights","start":"2026-03-29T04:00:00Z","end":"2026-03-29T20:00:00Z"}`},
		{"gaps --schedule nights --from 2026-03-28 --to 2026-03-30", `
SCHEDULE  FROM                       TO                         LENGTH
nights    Sat 2026-03-28 06:00 CET   Sat 2026-03-28 22:00 CET   16h0m0s
nights    Sun 2026-03-29 06:00 CEST  Sun 2026-03-29 22:00 CEST  16h0m0s`},
		{"gaps --schedule checkout --from 2026-03-28 --to 2026-03-30", `There are no gaps in that time: somebody is always on call.`},
		{"gaps --schedule checkout --from 2026-03-28 --to 2026-03-30 --json", ``},
		// Los Angeles: 02:30 does not exist on 8 March, so the handoff is at 03:00.
		{"shifts --schedule pacific --from 2026-03-07T02:30 --to 2026-03-09T02:30", `
SCHEDULE  FROM                      TO                        PERSON  WHY
pacific   Sat 2026-03-07 02:30 PST  Sun 2026-03-08 03:00 PDT  sre2    layer "all day": daily turns since 2026-01-05T02:30:00
pacific   Sun 2026-03-08 03:00 PDT  Mon 2026-03-09 02:30 PDT  sre1    layer "all day": daily turns since 2026-01-05T02:30:00`},
		{"shifts --schedule pacific --person sre1 --from 2026-11-01 --to 2026-11-03 --json", `{"schedule":"pacific","start":"2026-11-01T10:30:00Z","end":"2026-11-02T10:30:00Z","person":"sre1","layer":"all day","kind":"primary","why":"layer \"all day\": daily turns since 2026-01-05T02:30:00","turn":300}`},
		// The night of the clock change in Berlin has seven hours, that in autumn nine.
		{"burden --schedule nights --from 2026-03-28T12:00 --to 2026-03-29T12:00", `
PERSON  SHIFTS  HOURS  NIGHTS  NIGHT HOURS  WEEKEND HOURS  HOLIDAY HOURS  SHADOW HOURS  PAGES BY DAY  BY NIGHT
dev1    0       0      0       0            0              0              0             0             0
dev2    1       7      1       7            7              0              0             0             0
sre3    0       0      0       0            0              0              0             0             0`},
		{"simulate --schedule nights --from 2026-10-24T12:00 --to 2026-10-25T12:00", `
2026-10-24 12:00 CEST  nights  gap           nobody is on call for 10 h
2026-10-24 22:00 CEST  nights  handoff       dev2 comes on
2026-10-25 02:00 CET   nights  clock change  clocks of Europe/Berlin go from 03:00 CEST to 02:00 CET
2026-10-25 06:00 CET   nights  handoff       dev2 goes off, nobody comes on
2026-10-25 06:00 CET   nights  gap           nobody is on call for 6 h
dev1 carries 0 h in 0 shifts, 0 h at night (0 nights), 0 h at weekends, 0 h on holidays
dev2 carries 9 h in 1 shifts, 9 h at night (1 nights), 9 h at weekends, 0 h on holidays
sre3 carries 0 h in 0 shifts, 0 h at night (0 nights), 0 h at weekends, 0 h on holidays`},
	}
	for _, tt := range tests {
		t.Run(tt.command, func(t *testing.T) {
			status, got, errs := asked(t, "", tt.command+" --file "+fixture)
			if status != exitDone || errs != "" {
				t.Fatalf("exit status %d, errors %q", status, errs)
			}
			if got, want := strings.TrimSpace(got), strings.TrimSpace(tt.want); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func TestOncallRefusals(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	wrong := write("wrong.yaml", "schedules:\n  - name: checkout\n    time_zone: Europe/Berlln\n")
	none := write("none.yaml", "")
	big := write("big.ics", strings.Repeat("X", 10_000_000))
	tests := []struct {
		command string
		status  int
		want    string // in the error
	}{
		{"", exitUsage, "say what to do: who, shifts"},
		{"whom", exitUsage, `there is no "whom": say who, shifts`},
		{"who --plan", exitUsage, "who does not take --plan"},
		{"who now", exitUsage, `"now" is not expected after who`},
		{"apply", exitUsage, "apply needs more\nusage: watchbill oncall apply FILE"},
		{"who --at yesterday --file " + fixture, exitUsage, "write a time as 2026-03-29T02:30:00+02:00"},
		{"gaps --from 2026-13-01 --file " + fixture, exitUsage, "write a time as"},
		{"who --at 2026-01-01 --at-stdin --file " + fixture, exitUsage, "not both"},
		{"who --file " + fixture + " --data x", exitUsage, "--file answers from that file alone"},
		{"export --file " + fixture, exitUsage, "export --ical"},
		{"override --person dev1", exitUsage, "--from and --to"},
		{"undo", exitUsage, "undo needs more\nusage: watchbill oncall undo ID"},
		{"who --schedule chekout --file " + fixture, exitFailed, `There is no schedule "chekout". There are: checkout, nights, pacific.`},
		{"who --at-stdin --schedule chekout --file " + fixture, exitFailed, `There is no schedule "chekout".`},
		{"gaps --schedule chekout --file " + fixture, exitFailed, `There are: checkout, nights, pacific.`},
		{"gaps --from 2026-03-02 --to 2026-03-01 --file " + fixture, exitFailed, "is not after the start"},
		{"shifts --from 2026-03-02 --to 2066-03-01 --file " + fixture, exitFailed, "longer than ten years"},
		{"who --file " + wrong, exitFailed, `wrong.yaml:3:16: unknown time zone "Europe/Berlln"; did you mean Europe/Berlin?`},
		{"who --file missing.yaml", exitFailed, "there is no file missing.yaml"},
		{"apply " + none, exitFailed, "has no schedules"},
		{"apply " + fixture, exitFailed, "there is no data file"},
		{"import --ical " + big, exitFailed, "it has 10 MB or more, and that much is not read; export a shorter time"},
		{"import --ical missing.ics", exitFailed, "open calendar"},
		{"import --ical " + none, exitFailed, "the calendar cannot be read"},
		{"import --ical " + none + " --kind shifts", exitUsage, "time_off, overrides, holidays"},
	}
	for _, tt := range tests {
		t.Run(tt.command, func(t *testing.T) {
			status, out, errs := asked(t, "", tt.command)
			if status != tt.status || !strings.Contains(errs, tt.want) || out != "" {
				t.Errorf("got exit status %d, output %q, error %q, want %d and %q", status, out, errs, tt.status, tt.want)
			}
		})
	}
}

func TestOncallAtStdin(t *testing.T) {
	const n = 10_000
	var in strings.Builder
	start := time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)
	for k := range n {
		fmt.Fprintln(&in, start.Add(time.Duration(k)*time.Minute).Format(time.RFC3339))
	}
	status, out, errs := asked(t, in.String(), "who --at-stdin --json --schedule checkout --file "+fixture)
	if status != exitDone || errs != "" {
		t.Fatalf("exit status %d, errors %q", status, errs)
	}
	answers := strings.Split(strings.TrimSpace(out), "\n")
	if len(answers) != n {
		t.Fatalf("got %d answers, want %d", len(answers), n)
	}
	var w watch
	for k, people := range map[int]string{0: "sre1", 59: "sre1", 60: "sre2", 419: "sre2", 420: "sre1", n - 1: "dev1"} {
		if err := json.Unmarshal([]byte(answers[k]), &w); err != nil {
			t.Fatal(err)
		}
		if at := start.Add(time.Duration(k) * time.Minute); !w.At.Equal(at) || !slices.Equal(w.OnCall, []string{people}) {
			t.Errorf("answer %d: got %v on call at %v, want %s at %v", k, w.OnCall, w.At, people, at)
		}
	}
}

func TestOncallAtStdinGoesOnAfterABadLine(t *testing.T) {
	in := "2026-03-29T00:00:00Z\n\nsoon\n" + strings.Repeat("9", 100_000) + "\n0000-01-01T00:00:00Z\n2026-03-29T02:30:00"
	status, out, errs := asked(t, in, "who --at-stdin --json --schedule checkout --file "+fixture)
	if status != exitFailed {
		t.Errorf("got exit status %d, want %d", status, exitFailed)
	}
	if got := strings.Count(out, "\n"); got != 3 || !strings.Contains(out, `"at":"2026-03-29T01:00:00Z"`) {
		t.Errorf("got %d answers, want 3 and the last one for the end of the gap: %s", got, out)
	}
	for _, want := range []string{`line 3: "soon" is not a time`, `line 4: "999`} {
		if !strings.Contains(errs, want) {
			t.Errorf("errors %q lack %q", errs, want)
		}
	}
	if n := strings.Count(errs, "\n"); n != 2 || len(errs) > 1000 {
		t.Errorf("got %d lines of errors in %d bytes, want 2 short ones", n, len(errs))
	}
}

// TestOncallAnswersAtOnce asks a second time only after the first answer is there.
func TestOncallAnswersAtOnce(t *testing.T) {
	in, ask, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	answers, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan int, 1)
	go func() {
		args := []string{"oncall", "who", "--at-stdin", "--json", "--schedule", "checkout", "--file", fixture}
		ended <- run(t.Context(), args, func(string) string { return "" }, in, out, os.Stderr)
		out.Close()
	}()
	for range 3 {
		if _, err := fmt.Fprintln(ask, "2026-03-29T00:00:00Z"); err != nil {
			t.Fatal(err)
		}
		buffer := make([]byte, 4096)
		n, err := answers.Read(buffer)
		if err != nil || !bytes.HasSuffix(buffer[:n], []byte("}\n")) {
			t.Fatalf("got %q, %v, want one answer", buffer[:n], err)
		}
	}
	ask.Close()
	if status := <-ended; status != exitDone {
		t.Errorf("got exit status %d", status)
	}
}

func TestExportIsImportedAgain(t *testing.T) {
	_, calendar, errs := asked(t, "", "export --ical --schedule checkout --from 2026-03-23T09:00 --to 2026-04-06 --file "+fixture)
	if errs != "" {
		t.Fatal(errs)
	}
	status, out, errs := asked(t, calendar, "import --ical - --kind overrides --from 2026-03-01 --to 2026-05-01")
	want := `overrides:
  - {from: "2026-03-23T08:00:00Z", to: "2026-03-29T01:00:00Z", person: "sre1", note: "sre1 on call for checkout"}
  - {from: "2026-03-29T01:00:00Z", to: "2026-03-29T07:00:00Z", person: "sre2", note: "sre2 on call for checkout"}
  - {from: "2026-03-29T07:00:00Z", to: "2026-03-30T07:00:00Z", person: "sre1", note: "sre1 on call for checkout"}
  - {from: "2026-03-30T07:00:00Z", to: "2026-04-06T07:00:00Z", person: "dev1", note: "dev1 on call for checkout"}
`
	if status != exitDone || errs != "" || out != want {
		t.Errorf("got exit status %d, errors %q, and\n%s\nwant\n%s", status, errs, out, want)
	}
}

// TestExportAnswersLikeTheFile puts an export in the place of the layers and asks both
// at many instants.
func TestExportAnswersLikeTheFile(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"checkout", "nights", "pacific"} {
		_, calendar, errs := asked(t, "", "export --ical --schedule "+name+" --from 2026-03-01T00:00:00Z --to 2026-11-30T00:00:00Z --file "+fixture)
		_, list, more := asked(t, calendar, "import --ical - --kind overrides --from 2026-01-01 --to 2027-01-01")
		if errs+more != "" {
			t.Fatal(errs, more)
		}
		var file, in strings.Builder
		fmt.Fprintf(&file, "schedules:\n  - name: %s\n    time_zone: UTC\n", name)
		for l := range strings.Lines(list) {
			file.WriteString("    " + l)
		}
		path := filepath.Join(t.TempDir(), "again.yaml")
		if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		first := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		for range 2000 {
			fmt.Fprintln(&in, first.Add(time.Duration(random.Int64N(int64(270*24*time.Hour)))).Format(time.RFC3339))
		}
		ask := "who --at-stdin --schedule " + name + " --file "
		_, want, errs := asked(t, in.String(), ask+fixture)
		_, got, more := asked(t, in.String(), ask+path)
		if errs+more != "" || got != want || strings.Count(got, "\n") != 2000 {
			t.Errorf("%s: the export answers otherwise than the file: %s%s", name, errs, more)
		}
	}
}

func TestImportReadsWhatCanBePasted(t *testing.T) {
	calendar := strings.ReplaceAll(`BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:1
SUMMARY:Dev1: skiing\, "far" #away <b>
DTSTART:20260302T080000Z
DTEND:20260304T080000Z
END:VEVENT
BEGIN:VEVENT
UID:2
SUMMARY:Good Friday
DTSTART;VALUE=DATE:20260403
END:VEVENT
END:VCALENDAR
`, "\n", "\r\n")
	dir := t.TempDir()
	people := filepath.Join(dir, "people.yaml")
	head := "people: [{name: dev1, email: dev1@example.com}]\nschedules:\n  - name: checkout\n    time_zone: Europe/Berlin\n"
	if err := os.WriteFile(people, []byte(head), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, errs := asked(t, calendar, "import --ical - --from 2026-01-01 --to 2027-01-01 --file "+people)
	if status != exitDone || !strings.Contains(errs, `names nobody known`) {
		t.Fatalf("exit status %d, errors %q", status, errs)
	}
	for _, want := range []string{`time_off:`, `{person: "dev1", from: "2026-03-02T08:00:00Z", to: "2026-03-04T08:00:00Z", note: "Dev1: skiing, \"far\" #away <b>"}`,
		`holidays:`, `{date: "2026-04-03", name: "Good Friday"}`} {
		if !strings.Contains(out, want) {
			t.Errorf("%s\nlacks %s", out, want)
		}
	}
	var pasted strings.Builder
	pasted.WriteString(head)
	for l := range strings.Lines(out) {
		pasted.WriteString("    " + l)
	}
	if err := os.WriteFile(people, []byte(pasted.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, errs := asked(t, "", "who --file "+people); status != exitDone {
		t.Errorf("what was printed cannot be pasted: %s", errs)
	}
}

func BenchmarkAtStdin(b *testing.B) {
	var in strings.Builder
	for range b.N {
		in.WriteString("2026-03-29T01:00:00Z\n")
	}
	b.ResetTimer()
	if status, _, errs := asked(b, in.String(), "who --at-stdin --json --schedule checkout --file "+fixture); status != exitDone {
		b.Fatal(errs)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "answers/s")
}

// The file is there for its people: a calendar that it names and that is broken, perhaps
// the very one that is about to be replaced, must not stand in the way of another.
func TestImportWhileAnotherCalendarIsBroken(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "watchbill.yaml")
	text := "people: [{name: dev1}]\nschedules:\n  - {name: main, time_zone: Europe/Berlin, calendars: {time_off: [gone.ics]}}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	calendar := "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20260803\r\nDTEND;VALUE=DATE:20260805\r\nSUMMARY:dev1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	status, out, errs := asked(t, calendar, "import --ical - --kind time_off --from 2026-01-01 --to 2027-01-01 --file "+file)
	if status != exitDone || !strings.Contains(out, `person: "dev1"`) {
		t.Errorf("the import ends with %d, and says %s%s", status, out, errs)
	}
}
