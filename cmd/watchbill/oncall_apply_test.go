package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/storage/bolt"
)

// site is a data directory with a bot that is stopped, or whose local API is served.
type site struct {
	t   testing.TB
	dir string
}

func newSite(t testing.TB) site {
	t.Helper()
	s := site{t, t.TempDir()}
	store := s.store()
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s site) store() *bolt.Store {
	s.t.Helper()
	store, err := bolt.Open(filepath.Join(s.dir, dataFile), bolt.Options{Shape: bot.Shape()})
	if err != nil {
		s.t.Fatal(err)
	}
	return store
}

// served serves the API of the site until the test ends.
func (s site) served() {
	s.t.Helper()
	store := s.store()
	c, err := configs.Parse(nil, "")
	if err != nil {
		s.t.Fatal(err)
	}
	l, err := bot.ListenLocal(s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- bot.ServeHTTP(ctx, l, bot.Offline(store, c, s.dir, "test")) }()
	s.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			s.t.Error(err)
		}
		if err := store.Close(); err != nil {
			s.t.Error(err)
		}
	})
}

func (s site) write(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// oncall runs `watchbill oncall` on words.
func (s site) oncall(args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	getenv := func(key string) string { return map[string]string{"WATCHBILL_DATA": s.dir}[key] }
	status = run(s.t.Context(), append([]string{"oncall"}, args...), getenv, strings.NewReader(""), &out, &errs)
	return status, out.String(), errs.String()
}

// gives runs a command line that succeeds and prints what matches.
func (s site) gives(want string, args ...string) string {
	s.t.Helper()
	status, out, errs := s.oncall(args...)
	if status != exitDone || errs != "" || !regexp.MustCompile(want).MatchString(out) {
		s.t.Errorf("%s: got exit status %d, errors %q and output\n%s\nwant %s", strings.Join(args, " "), status, errs, out, want)
	}
	return out
}

// refuses runs a command line that fails with an error that matches, and returns what
// it printed before.
func (s site) refuses(want string, args ...string) string {
	s.t.Helper()
	status, out, errs := s.oncall(args...)
	if status != exitFailed || !regexp.MustCompile(want).MatchString(errs) {
		s.t.Errorf("%s: got exit status %d and error %q, want %s", strings.Join(args, " "), status, errs, want)
	}
	return out
}

func schedule(people, hours string) string {
	return `schedules:
  - name: checkout
    time_zone: Europe/Berlin
    layers:
      - name: always
        rotation: {type: daily, start: "2026-01-05T09:00:00", people: [` + people + `]}
        hours: [` + hours + `]
`
}

const always = `{from: "00:00", to: "24:00"}`

func TestApply(t *testing.T) {
	for _, running := range []bool{false, true} {
		t.Run(map[bool]string{false: "stopped", true: "running"}[running], func(t *testing.T) {
			s := newSite(t)
			if running {
				s.served()
			}
			one, two, gap := s.write("one.yaml", schedule("dev1", always)), s.write("two.yaml", schedule("dev1, dev2", always)), s.write("gap.yaml", schedule("dev1, dev2", `{from: "09:00", to: "17:00"}`))
			s.gives(`^checkout \(new\)\n  on call afterwards: dev1\n  dev1 gains \d+ nights`, "apply", one, "--plan")
			s.gives("There are no schedules", "who")
			s.gives("^checkout is applied; on call afterwards: dev1\n$", "apply", one)
			s.gives("^checkout stands as it stood\n$", "apply", one)
			s.gives("^checkout: dev1", "who")

			s.gives(`^checkout\n  on call afterwards: dev1; from .*: dev2\n  dev1 loses \d+ nights .*\n  dev2 gains \d+ nights`, "apply", two, "--plan")
			s.gives(`^\{"schedule":"checkout","new":false,"change":\{.*"person":"dev2"`, "apply", two, "--plan", "--json")
			out := s.refuses(`checkout would be refused: it would leave nobody on call; cover that, or allow gaps\nwith --allow-gaps`, "apply", gap, "--plan")
			if !strings.Contains(out, "17:00 to ") {
				t.Errorf("the plan names no gap: %s", out)
			}
			s.refuses(`would leave nobody on call: gap .* Cover it, or allow gaps.\nNothing was applied.`, "apply", gap)
			s.gives("There are no gaps", "gaps")
			s.gives("  gap .*17:00 to ", "apply", gap, "--plan", "--allow-gaps")
			s.gives("^checkout is applied; on call afterwards: .*; 6[01] gaps ahead", "apply", gap, "--allow-gaps")
			s.gives("\ncheckout .* 16h0m0s\n", "gaps")
			s.gives(`^\{"schedule":"checkout","changed":true,"afterwards":"on call afterwards: dev1; from [^"]*: dev2","gaps":\[\],"conflicts":\[\]\}\n$`, "apply", two, "--json")
		})
	}
}

// TestPlanBeforeTheFirstStart asks where no bot has run yet.
func TestPlanBeforeTheFirstStart(t *testing.T) {
	s := site{t, t.TempDir()}
	file := s.write("gap.yaml", schedule("dev1, dev2", `{from: "09:00", to: "17:00"}`)+"  - {name: empty, time_zone: UTC}\n")
	status, out, errs := s.oncall("apply", file, "--plan")
	want := `^checkout \(new\)\n  on call afterwards: (dev1|dev2|nobody)[^\n]*\n  dev1 gains \d+ stretches, [^\n]*\n  dev2 gains [^\n]*\n(  gap [^\n]*\n)*  gap [^\n]* 17:00 to [^\n]* 09:00 CE[^\n]* more times like that until [^\n]*\nempty \(new\)\n  gap from [^\n]* UTC on\n  warning: layers: the schedule has no layers, so nobody is on call\n$`
	if status != exitDone || !regexp.MustCompile(want).MatchString(out) {
		t.Errorf("got %d, %s\nwant %s", status, out, want)
	}
	if !strings.Contains(errs, "nothing is in force yet") || !strings.Contains(errs, filepath.Join(s.dir, dataFile)) {
		t.Errorf("got %q", errs)
	}
	if status, out, _ = s.oncall("apply", file, "--plan", "--json"); status != exitDone || !strings.HasPrefix(out, `{"schedule":"checkout","new":true,"change":{"schedule":"checkout",`) {
		t.Errorf("got %d, %s", status, out)
	}
	if _, err := os.Stat(filepath.Join(s.dir, dataFile)); err == nil {
		t.Error("the plan made a data file")
	}
	s.refuses("there is no data file", "apply", file)
}

func TestApplyKnowsThePeople(t *testing.T) {
	s := newSite(t)
	config := s.write("watchbill.yaml", "people: [{name: dev1, slack: U0DEV1}]\n")
	s.refuses(`^watchbill oncall: .*two.yaml:6: schedule checkout: layers\[0\].rotation.people\[0\]: "dev2" is not among the people; did you mean dev1\?`, "apply", s.write("two.yaml", schedule("dev2", always)), "--config", config)
	s.gives("checkout is applied", "apply", s.write("one.yaml", schedule("dev1", always)), "--config", config)
	s.refuses("no person called .*dev3", "override", "--person", "dev3", "--from", "2030-01-01", "--to", "2030-01-02", "--config", config)
}

func TestApplyAllOrNothing(t *testing.T) {
	s := newSite(t)
	s.gives("applied", "apply", s.write("one.yaml", schedule("dev1", always)))
	both := s.write("both.yaml", schedule("dev1", `{from: "09:00", to: "17:00"}`)+"  - name: other\n    time_zone: UTC\n    layers: [{rotation: {type: daily, start: \"2026-01-05T09:00:00\", people: [dev1]}}]\n")
	s.refuses("Nothing was applied", "apply", both)
	s.refuses("There are: checkout.", "who", "--schedule", "other")
}

func TestOverrideAddedAndRemoved(t *testing.T) {
	s := newSite(t)
	s.gives("applied", "apply", s.write("one.yaml", schedule("dev1", always)))
	from, to := time.Now().Add(24*time.Hour).UTC().Truncate(time.Second), time.Now().Add(48*time.Hour).UTC().Truncate(time.Second)
	at := []string{"--from", from.Format(time.RFC3339), "--to", to.Format(time.RFC3339)}
	out := s.gives(`^checkout: override: sre1 for dev1, .* \(O\d+\)\n$`, append([]string{"override", "--person", "sre1", "--replaces", "dev1", "--as", "lead1"}, at...)...)
	id := regexp.MustCompile(`\((O\d+)\)`).FindStringSubmatch(out)[1]
	noon := []string{"who", "--at", from.Add(time.Hour).Format(time.RFC3339), "--json"}
	s.gives(`"on_call":\["sre1"\],"why":\["override: sre1 for dev1, .*, by lead1"\]`, noon...)
	s.gives(`mind: sre2 is not on call for checkout`, append([]string{"override", "--person", "sre1", "--replaces", "sre2"}, at...)...)
	s.gives(`taken back: override `+id, "undo", id)
	s.gives(`"on_call":\["dev1"\]`, noon...)
	s.refuses(`O99`, "undo", "O99")
	s.refuses("is not after the start", "override", "--person", "sre1", "--from", "2030-01-02", "--to", "2030-01-01")
}

// stretch are the flags of a time that begins so many days from now.
func stretch(flags string, days int) []string {
	day := func(n int) string { return time.Now().UTC().AddDate(0, 0, n).Format(time.DateOnly) + "T09:00:00Z" }
	names := strings.Fields(flags)
	return []string{names[0], day(days), names[1], day(days + 1)}
}

// TestPeopleArrangeTheirTimeInAShell goes through all that can be arranged, and takes
// it back.
func TestPeopleArrangeTheirTimeInAShell(t *testing.T) {
	s := newSite(t)
	s.gives("applied", "apply", s.write("one.yaml", schedule("dev1, dev2, sre1", always)+"  - name: search\n    time_zone: UTC\n    layers: [{rotation: {type: daily, start: \"2026-01-05T09:00:00\", people: [dev1, x1]}}]\n"))
	do := func(want string, flags []string, args ...string) string {
		return s.gives(want, append(args, flags...)...)
	}
	on := func(days int) string {
		out := s.gives("on_call", "who", "--schedule", "checkout", "--json", "--at", stretch("--from --to", days)[1])
		return regexp.MustCompile(`"on_call":\["(\w+)"\]`).FindStringSubmatch(out)[1]
	}
	me, other := on(3), on(4)
	mine := stretch("--from --to", 3)
	fair := regexp.MustCompile(`^checkout: (\w+), free then, and carries least`).FindStringSubmatch(do("^checkout: ", mine, "fairest", "--schedule", "checkout", "--person", me))
	if fair == nil || fair[1] == me {
		t.Fatalf("the fairest taker of %s's day is %v", me, fair)
	}

	do(`^checkout: R1: `+me+` asks for cover .*CES?T\n  fairest to take it: `+fair[1]+`, free then`, mine, "cover", "--schedule", "checkout", "--person", me)
	s.gives(`^SCHEDULE .*\ncheckout +R1 +`+me+` asks for cover`, "changes")
	s.gives(`^\{"schedule":"checkout","id":"R1","kind":"cover","person":"`+me+`","start":"[^"]+","end":"[^"]+","text":"[^"]+","source":"chat"\}\n$`, "changes", "--schedule", "checkout", "--json")
	s.refuses("your own request", "take", "R1", "--person", me)
	s.gives("R1 is taken by "+fair[1], "take", "r1", "--person", fair[1])
	if got := on(3); got != fair[1] {
		t.Errorf("after it was taken %s is on call, want %s", got, fair[1])
	}
	s.gives("taken back: override", "undo", "R1")
	if got := on(3); got != me {
		t.Errorf("after it was taken back %s is on call, want %s", got, me)
	}

	theirs := append(mine, stretch("--their-from --their-to", 4)...)
	do(`R3: `+me+` offers .* to `+other, theirs, "swap", "--schedule", "checkout", "--person", me, "--with", other)
	s.gives("R3 is declined", "decline", "R3")
	do(`R4: `+me+` offers`, theirs, "swap", "--schedule", "checkout", "--person", me, "--with", other)
	s.gives("R4 is taken by "+other, "accept", "R4")
	if got := on(3) + " " + on(4); got != other+" "+me {
		t.Errorf("after the swap: %s, want %s %s", got, other, me)
	}

	// Dates of time off include the last day, and it holds wherever dev1 stands.
	s.gives(`^checkout: dev1 is away from 2030-01-01 to 2030-01-03 \(T7\)\nsearch: dev1 is away from 2030-01-01 to 2030-01-03 \(T1\)\n$`, "off", "--person", "dev1", "--from", "2030-01-01", "--to", "2030-01-03")
	s.gives(`^checkout: taken back: time off T7\nsearch: taken back: time off T1\n$`, "undo", "T7")
	s.refuses("no time off T7 on checkout", "undo", "T7", "--schedule", "checkout")

	s.gives(`^checkout: new1 shadows dev1 \(S8\)`, "shadow", "--person", "new1", "--with", "dev1", "--schedule", "checkout")
	s.gives(`ended: shadow S8`, "undo", "s8")
	s.gives(`new1 shadows dev1 \(S9\)`, "shadow", "--person", "new1", "--with", "dev1", "--schedule", "checkout")
	s.gives(`new1 leads in the place of dev1, who stands behind`, "graduate", "--person", "new1", "--schedule", "checkout", "--join-after", "5m")
	s.gives(`new1 joins layer always after dev1`, "graduate", "--person", "new1", "--schedule", "checkout")
	s.refuses("not shadowing anybody", "graduate", "--person", "new1", "--schedule", "checkout")
	s.refuses("Say whom it is about", append([]string{"cover", "--schedule", "checkout"}, mine...)...)
	s.refuses("by its id", "undo", "7", "--schedule", "checkout")
	s.refuses("There is no O99 that is not over on any schedule", "undo", "O99")
	s.refuses("Say which schedule you mean. There are: checkout, search.", append([]string{"cover", "--person", me}, mine...)...)
	for _, args := range [][]string{{"off"}, {"off", "--person", "dev1"}, {"override", "--from", "2030-01-01", "--to", "2030-01-02"}, {"swap", "--person", "dev1", "--from", "2030-01-01", "--to", "2030-01-02"},
		append([]string{"swap", "--person", "dev1", "--with", "dev2"}, mine...), {"shadow", "--person", "dev1"}, {"fairest"}, {"undo"}, {"remove"}} {
		if status, out, errs := s.oncall(args...); status != exitUsage || out != "" || !strings.Contains(errs, "say") && !strings.Contains(errs, "needs") {
			t.Errorf("%v: got exit status %d, output %q and error %q", args, status, out, errs)
		}
	}
}

func TestAScheduleIsRemoved(t *testing.T) {
	s := newSite(t)
	one := schedule("dev1", always)
	s.gives("applied", "apply", s.write("one.yaml", one))
	s.refuses("There are: checkout", "remove", "other")
	used := s.write("used.yaml", one+"services: [{name: shop, schedule: checkout}]\nescalations:\n  - name: shop\n    steps:\n      - {notify: [\"schedule:checkout\"]}\n")
	s.refuses(`Schedule "checkout" cannot be removed: service shop uses it \(.*used.yaml:8\) and step 1 of escalation shop uses it \(.*used.yaml:12\). Point that to another schedule`, "remove", "checkout", "--config", used)
	s.refuses(`cannot be removed: it stands in .*one.yaml:2, and the next start would bring it back`, "remove", "checkout", "--config", filepath.Join(s.dir, "one.yaml"))
	s.gives("checkout: dev1", "who")
	s.gives("^checkout: the schedule is removed: nobody is on call from now on\n$", "remove", "Checkout", "--as", "lead1")
	s.gives("There are no schedules", "who")
	s.refuses("There is no schedule", "remove", "checkout")
	s.gives("checkout is applied", "apply", filepath.Join(s.dir, "one.yaml"))
	s.gives("checkout: dev1", "who")
}

func TestFeedAddressOnTheCommandLine(t *testing.T) {
	s := newSite(t)
	s.gives("applied", "apply", s.write("one.yaml", schedule("dev1", always)))
	s.refuses("http.public_url", "feed", "--person", "dev1")
	config := s.write("watchbill.yaml", "http: {public_url: \"https://watchbill.example.com\"}\n")
	first := s.gives(`^https://watchbill\.example\.com/calendar/[\w-]{43}\.ics\n$`, "feed", "--person", "dev1", "--config", config)
	if again := s.gives("https", "feed", "--person", "dev1", "--config", config); again != first {
		t.Errorf("the address moved from %s to %s", first, again)
	}
	if next := s.gives("https", "feed", "--person", "dev1", "--revoke", "--config", config); next == first {
		t.Error("the address was not revoked")
	}
	s.gives(`^\{"schedule":"checkout","url":"https`, "feed", "--schedule", "checkout", "--json", "--config", config)
	s.refuses("There are: checkout", "feed", "--schedule", "none", "--config", config)
}

func BenchmarkAtStdinOfARunningBot(b *testing.B) {
	s := newSite(b)
	s.served()
	s.gives("applied", "apply", s.write("one.yaml", schedule("dev1", always)))
	var in strings.Builder
	for range b.N {
		in.WriteString("2026-03-29T01:00:00Z\n")
	}
	getenv := func(key string) string { return map[string]string{"WATCHBILL_DATA": s.dir}[key] }
	b.ResetTimer()
	if status := run(b.Context(), []string{"oncall", "who", "--at-stdin", "--json"}, getenv, strings.NewReader(in.String()), io.Discard, io.Discard); status != exitDone {
		b.Fatalf("exit status %d", status)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "answers/s")
}
