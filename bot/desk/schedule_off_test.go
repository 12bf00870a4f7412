package desk_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/paging"
)

const twoRotas = rota + `
  - name: search
    time_zone: UTC
    layers:
      - name: all
        rotation: {type: weekly, start: "2026-01-05T09:00:00", people: [dev1, dev2]}
`

func TestTimeOffIsNotedEverywhereAndTakenBackEverywhere(t *testing.T) {
	o := newOffice(t, twoRotas, "2026-01-06T12:00:00Z")
	ctx := context.Background()
	off := oncall.TimeOff{Person: "dev1", From: "2026-02-01", To: "2026-02-03"}
	standing := func(want string) {
		t.Helper()
		var got []string
		for _, name := range []string{"checkout", "search"} {
			r, err := o.desk.Schedule(ctx, name)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range r.Standing(o.now()) {
				got = append(got, name+" "+s.ID)
			}
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("standing: %v, want %s", got, want)
		}
	}
	in := slackUser("dev1")
	in.Cause = "trigger:1"
	for range 2 {
		a, err := o.desk.NoteTimeOff(ctx, in, "", off)
		if err != nil || len(a) != 2 || a[0].Schedule != "checkout" || a[1].Schedule != "search" {
			t.Fatalf("noted: %+v, %v", a, err)
		}
	}
	standing("checkout T1, search T1")
	other := off
	other.From = "2026-02-02"
	if a, err := o.desk.NoteTimeOff(ctx, slackUser("dev1"), "SEARCH", other); err != nil || len(a) != 1 {
		t.Fatalf("noted on one: %+v, %v", a, err)
	}
	standing("checkout T1, search T1, search T2")
	for by, want := range map[string]bool{"dev2": false, "sre1": false} {
		_, err := o.desk.TakeBackTimeOff(ctx, slackUser(by), "checkout", "t1")
		if _, code, _ := desk.Refusal(err); (code == incident.Forbidden) == want {
			t.Errorf("taken back by %s: %v", by, err)
		}
	}
	standing("checkout T1, search T1, search T2")
	if a, err := o.desk.TakeBackTimeOff(ctx, slackUser("lead1"), "search", "t1"); err != nil || len(a) != 2 || !a[1].Changed {
		t.Fatalf("taken back: %+v, %v", a, err)
	}
	again := slackUser("dev1") // the same once more gets the same answer
	again.Cause = "trigger:2"
	if _, err := o.desk.NoteTimeOff(ctx, slackUser("dev1"), "checkout", off); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if a, err := o.desk.TakeBackTimeOff(ctx, again, "checkout", "T2"); err != nil || len(a) != 1 {
			t.Fatalf("taken back: %+v, %v", a, err)
		}
	}
	standing("search T2")
	for _, schedule := range []string{"search", "none"} {
		if _, err := o.desk.TakeBackTimeOff(ctx, slackUser("dev1"), schedule, "T1"); err == nil {
			t.Errorf("taken back twice on %s", schedule)
		}
	}
	if _, err := o.desk.NoteTimeOff(ctx, slackUser("lead1"), "", oncall.TimeOff{Person: "lead1", From: "2026-02-01", To: "2026-02-03"}); err == nil {
		t.Error("who stands nowhere is noted as away")
	}
	// One schedule that refuses keeps all from changing.
	if _, err := o.desk.NoteTimeOff(ctx, slackUser("sre1"), "", oncall.TimeOff{Person: "dev1", From: "2026-03-01", To: "2026-03-03"}); err == nil {
		t.Error("noted for another without a right to")
	}
	standing("search T2")
}

// TestARemovedScheduleIsToldOnceToEverybody and not piece by piece.
func TestARemovedScheduleIsToldOnceToEverybody(t *testing.T) {
	o := newOffice(t, twoRotas, "2026-01-06T12:00:00Z")
	ctx := context.Background()
	s := oncall.Schedule{Name: "lab", TimeZone: "UTC", UserGroup: "@oncall-lab", Layers: []oncall.Layer{{Rotation: oncall.Rotation{Type: "daily", Start: "2026-01-05T09:00:00", People: []string{"dev1", "sre1"}}}}}
	apply := func() {
		t.Helper()
		if _, err := o.desk.ApplySchedules(ctx, desk.In{}, []oncall.Schedule{s}, true); err != nil {
			t.Fatal(err)
		}
	}
	apply()
	for _, c := range []oncall.Command{
		oncall.AddOverride{By: oncall.Actor{Name: "lead1"}, Override: oncall.Override{From: "2026-01-10T09:00:00Z", To: "2026-01-11T09:00:00Z", Person: "dev2"}},
		oncall.RequestCover{By: oncall.Actor{Name: "lead1", Admin: true}, Person: "dev1", From: instant(t, "2026-01-07T09:00:00Z"), To: instant(t, "2026-01-08T09:00:00Z")},
	} {
		if _, err := o.desk.ChangeSchedule(ctx, slackUser("lead1"), "lab", c); err != nil {
			t.Fatal(err)
		}
	}
	_, last := o.words(0)
	if err := o.desk.MayRemove(ctx, slackUser("dev1"), "lab"); err == nil {
		t.Error("anybody may remove it")
	}
	if err := o.desk.MayRemove(ctx, slackUser("lead1"), "lab"); err != nil {
		t.Error(err)
	}
	if _, err := o.desk.ChangeSchedule(ctx, slackUser("lead1"), "lab", oncall.RemoveSchedule{}); err != nil {
		t.Fatal(err)
	}
	got, last := o.words(last)
	want := []string{`removed to "" late=false missed=0`, `removed to "dev1" late=false missed=0`, `removed to "sre1" late=false missed=0`}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("told %q, want %q", got, want)
	}
	o.pass("2026-01-20T12:00:00Z")
	got, last = o.words(last)
	for _, w := range got {
		if strings.Contains(w, "lab") {
			t.Errorf("told after the removal: %s", w)
		}
	}
	// It comes back with another user group: whoever stays in the old one is named.
	apply()
	s.UserGroup = "oncall-other"
	apply()
	all, err := o.store.Effects(ctx, last, 0)
	if err != nil {
		t.Fatal(err)
	}
	hints := 0
	for _, e := range all {
		if e.Kind == desk.HintKind && strings.Contains(string(e.Body), "no longer names the user group @oncall-lab") {
			hints++
		}
	}
	if hints != 1 {
		t.Errorf("%d hints about the old user group, want one", hints)
	}
}

func TestTheFairestTakerCanBeReached(t *testing.T) {
	o := newOffice(t, twoRotas, "2026-01-06T12:00:00Z")
	from, to := instant(t, "2026-01-07T10:00:00Z"), instant(t, "2026-01-07T12:00:00Z") // sre1's day; dev1 is on call for search
	suggest := func() string {
		t.Helper()
		takers, err := o.desk.Takers(context.Background(), "Checkout")
		if err != nil {
			t.Fatal(err)
		}
		taker, _ := takers.Fairest(from, to, "sre1")
		return taker.Person
	}
	if got := suggest(); got != "dev2" {
		t.Errorf("suggested %q, want dev2: dev1 is on call elsewhere", got)
	}
	o.desk.People.LearnOne(desk.User{ID: "U0DEV2", Name: "dev2", Deleted: true})
	if got := suggest(); got != "" {
		t.Errorf("suggested %q, who has left", got)
	}
	if _, err := o.desk.Takers(context.Background(), "none"); err == nil {
		t.Error("no schedule is no error")
	}
}

// TestWhoHasAnotherWayCanBeReached without an account in Slack.
func TestWhoHasAnotherWayCanBeReached(t *testing.T) {
	config := strings.Replace(rota, "admins:", "  - {name: ghost}\n  - {name: phone, email: phone@example.com}\nadmins:", 1) + "notify: {email: {from: watchbill@example.com, smtp: smtp.example.com:587}}\n"
	o := newOffice(t, config, "2026-01-06T12:00:00Z")
	if got := o.desk.Unreachable("ghost"); !strings.Contains(got, "no other way") {
		t.Errorf("ghost %q, want that there is no way", got)
	}
	if got := o.desk.Unreachable("phone"); got != "" {
		t.Errorf("phone %q, who can be reached by e-mail", got)
	}
	a, err := o.desk.Declare(context.Background(), in("dev1", ""), desk.Declaration{Title: "search is slow", Severity: 4})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.desk.Page(context.Background(), in("dev1", ""), a.Incident, []paging.Target{"person:phone"}); err != nil {
		t.Error(err)
	}
	if _, err := o.desk.Page(context.Background(), in("dev1", ""), a.Incident, []paging.Target{"person:ghost"}); err == nil || !strings.Contains(err.Error(), "ghost has no account") {
		t.Errorf("a page of ghost: %v, want that it would not reach them", err)
	}
	lead := func(person string) []string {
		t.Helper()
		led, err := o.desk.Change(context.Background(), in("dev1", ""), a.Incident, incident.SetLead{By: in("dev1", "").By, Person: person})
		if err != nil || !led.Changed {
			t.Errorf("%s leads: %+v (%v)", person, led, err)
		}
		return led.Text
	}
	wantStrings(t, "who names phone to lead is told", lead("phone"))
	wantStrings(t, "who names ghost to lead is told", lead("ghost"),
		"Tell ghost yourself that they lead: ghost has no account in Slack that Watchbill knows and no other way to be paged: add `slack:` or `email:` under `people:`.")
}

// TestTimeOffThatIsNotConfirmedYet is told to nobody as noted.
func TestTimeOffThatIsNotConfirmedYet(t *testing.T) {
	inShopOf(t, twoRotas, func(t *testing.T, s *shop) {
		if _, err := s.desk.StartSchedules(t.Context()); err != nil {
			t.Fatal(err)
		}
		release := s.hold()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		noted, err := s.desk.NoteTimeOff(ctx, slackUser("dev1"), "", oncall.TimeOff{Person: "dev1", From: "2026-02-01", To: "2026-02-03"})
		var pending *desk.PendingError
		if !errors.As(err, &pending) || noted != nil {
			t.Errorf("got %+v and %v, want nothing but that it is pending", noted, err)
		}
		release()
		if pending == nil {
			return
		}
		if r := <-pending.Done; r.Err != nil || len(r.Answer.Spans) != 2 {
			t.Errorf("the outcome is %+v and %v", r.Answer, r.Err)
		}
	})
}
