package desk_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
)

func done(l storage.Leased) []storage.Settlement {
	return []storage.Settlement{{ID: l.ID, Attempt: l.Attempts, State: storage.Done, Seq: l.Seq, At: storageNow(), Receipt: []byte(`{"channel":"C1"}`)}}
}

var room = desk.Outcome{Incident: incident.OpenRoom{Channel: "C1", Name: "inc-1"}}

// TestSettleAndOutcomeAreOneCommit: there is no moment between them.
func TestSettleAndOutcomeAreOneCommit(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		l := s.lease("room/INC-1")
		s.fails(func(n int, changes []storage.Change) memory.Fault {
			settled, moved := false, false
			for _, c := range changes {
				settled = settled || len(c.Settle) == 1
				moved = moved || c.Record != nil && c.Record.ID == "INC-1"
			}
			if !settled || !moved {
				t.Errorf("commit %d settles: %v, moves the incident: %v; want both", n, settled, moved)
			}
			if n == 1 {
				return memory.Fails(errors.New("the disk caught fire"))
			}
			return memory.None()
		})
		if err := s.desk.Settle(t.Context(), l.Effect, done(l), room); err == nil {
			t.Fatal("the first commit did not fail")
		}
		if e, i := s.effect("room/INC-1"), s.incident("INC-1"); e.State != storage.Pending || i.Room.State != incident.RoomPending {
			t.Errorf("after a failed commit the effect is %s and the room %s", e.State, i.Room.State)
		}
		if err := s.desk.Settle(t.Context(), l.Effect, done(l), room); err != nil {
			t.Fatal(err)
		}
		if e, i := s.effect("room/INC-1"), s.incident("INC-1"); e.State != storage.Done || i.Room.Channel != "C1" {
			t.Errorf("the effect is %s and the room %+v", e.State, i.Room)
		}
		if got, err := s.store.Receipt(t.Context(), "room/INC-1"); err != nil || len(got) == 0 {
			t.Errorf("the receipt is %q (%v)", got, err)
		}
		if n := s.count(); n != 2 {
			t.Errorf("%d commits, want one for each call", n)
		}
	})
}

// TestSettleWithAnUnknownOutcome is done once.
func TestSettleWithAnUnknownOutcome(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		l := s.lease("room/INC-1")
		s.fails(func(n int, _ []storage.Change) memory.Fault {
			if n == 1 {
				return memory.FailsButApplied()
			}
			return memory.None()
		})
		fail := desk.Outcome{Incident: incident.FailDelivery{What: "the channel"}}
		if err := s.desk.Settle(t.Context(), l.Effect, done(l), fail); err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, e := range s.events("INC-1") {
			if e.Kind == incident.DeliveryFailed {
				n++
			}
		}
		if n != 1 {
			t.Errorf("the outcome is on the timeline %d times, want once", n)
		}
	})
}

// TestAStaleSettlement changes nothing, and does not hurt what waits beside it.
func TestAStaleSettlement(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		l := s.lease("room/INC-1")
		late := l
		time.Sleep(leaseFor + time.Second)
		l = s.lease("room/INC-1")
		release := s.hold()
		first := s.later(func() (desk.Answer, error) { return s.note(t.Context(), s.desk, "first", "") })
		stale := s.later(func() (desk.Answer, error) {
			return desk.Answer{}, s.desk.Settle(t.Context(), late.Effect, done(late), room)
		})
		second := s.later(func() (desk.Answer, error) { return s.note(t.Context(), s.desk, "second", "") })
		release()
		if a, b := <-first, <-second; a.err != nil || b.err != nil {
			t.Errorf("the others got %v and %v", a.err, b.err)
		}
		if got := <-stale; !errors.Is(got.err, storage.ErrStale) {
			t.Errorf("got %v, want that the lease has passed on", got.err)
		}
		s.wantNotes("first", "second")
		if e, i := s.effect("room/INC-1"), s.incident("INC-1"); e.State != storage.Pending || i.Room.State != incident.RoomPending {
			t.Errorf("the effect is %s and the room %s", e.State, i.Room.State)
		}
		if err := s.desk.Settle(t.Context(), l.Effect, done(l), room); err != nil {
			t.Errorf("whoever has the lease: %v", err)
		}
	})
}

// TestARefusedOutcomeIsSettledAllTheSame: it would be refused again.
func TestARefusedOutcomeIsSettledAllTheSame(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		l := s.lease("room/INC-1")
		before := len(s.events("INC-1"))
		err := s.desk.Settle(t.Context(), l.Effect, done(l), desk.Outcome{Incident: incident.SetLead{}})
		if _, _, ok := desk.Refusal(err); !ok {
			t.Errorf("got %v, want the refusal", err)
		}
		if e := s.effect("room/INC-1"); e.State != storage.Done || len(s.events("INC-1")) != before {
			t.Errorf("the effect is %s after %d new events", e.State, len(s.events("INC-1"))-before)
		}
	})
}

// TestANoticeThatFailed brings the next step in the commit that settles it.
func TestANoticeThatFailed(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		l := s.lease("page/PAGE-1/1")
		before := len(s.events("INC-1"))
		s.fails(nil)
		settle := []storage.Settlement{{ID: l.ID, Attempt: l.Attempts, State: storage.Dead, At: storageNow(), Note: "user_not_found"}}
		report := desk.Outcome{Notice: &paging.Report{Notice: 1, Fate: paging.Failed, Why: "deactivated"}}
		if err := s.desk.Settle(t.Context(), l.Effect, settle, report); err != nil {
			t.Fatal(err)
		}
		if n := s.count(); n != 1 {
			t.Errorf("%d commits, want 1", n)
		}
		wantStrings(t, "events", s.kinds("INC-1", before), "page_failed sre1", "paged")
		if e := s.effect("page/PAGE-1/2"); e.Dest != "slack/to/dev2" || e.Class != storage.Page || e.State != storage.Pending {
			t.Errorf("the next notice is %+v", e)
		}
	})
}

// TestAPageGainsTheLink: the message that was sent before the channel was there is
// to be shown again.
func TestAPageGainsTheLink(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		now := storageNow()
		out, err := s.store.Lease(t.Context(), storage.LeaseRequest{Now: now, Until: now.Add(leaseFor)})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range out.Leased {
			outcome := map[string]desk.Outcome{"room/INC-1": room, "page/PAGE-1/1": {Notice: &paging.Report{Notice: 1, Fate: paging.Sent}}}[l.Target]
			if err := s.desk.Settle(t.Context(), l.Effect, done(l), outcome); err != nil {
				t.Fatalf("settle %s: %v", l.Target, err)
			}
			if e := s.effect("page/PAGE-1/1"); l.Target == "page/PAGE-1/1" && e.State != storage.Done {
				t.Errorf("the sent page is %s", e.State)
			}
		}
		if e := s.effect("page/PAGE-1/1"); e.State != storage.Pending || e.Class != storage.Page || e.Dest != "slack/shown/sre1" {
			t.Errorf("after the channel was opened the page is %+v", e)
		}
	})
}

// TestPagesShareTheLaneOfTheirIncident: what happens to both waits in one queue and
// is stored in one commit.
func TestPagesShareTheLaneOfTheirIncident(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		l := s.lease("page/PAGE-1/1")
		release := s.hold()
		replies := []<-chan reply{
			s.later(func() (desk.Answer, error) { return s.note(t.Context(), s.desk, "first", "") }),
			s.later(func() (desk.Answer, error) {
				return desk.Answer{}, s.desk.Settle(t.Context(), l.Effect, done(l), desk.Outcome{Notice: &paging.Report{Notice: 1, Fate: paging.Sent}})
			}),
			s.later(func() (desk.Answer, error) { return s.desk.Acknowledge(t.Context(), in("sre1", ""), "PAGE-1") }),
			s.later(func() (desk.Answer, error) { return s.note(t.Context(), s.desk, "second", "") }),
		}
		release()
		for n, r := range replies {
			if got := <-r; got.err != nil {
				t.Errorf("command %d: %v", n, got.err)
			}
		}
		if n := s.count(); n != 2 {
			t.Errorf("%d commits, want 2", n)
		}
	})
}

// TestRetry owes a dead letter again, once.
func TestRetry(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		if _, err := s.desk.Change(t.Context(), in("dev1", ""), "INC-1", incident.RecordUnpaged{Why: "for the test"}); err != nil {
			t.Fatal(err)
		}
		l := s.lease("announce/INC-1")
		settle := []storage.Settlement{{ID: l.ID, Attempt: l.Attempts, State: storage.Dead, At: storageNow(), Note: "missing_scope"}}
		if err := s.desk.Settle(t.Context(), l.Effect, settle, desk.Outcome{}); err != nil {
			t.Fatal(err)
		}
		dead, err := s.desk.Dead(t.Context(), "INC-1")
		if err != nil || len(dead) != 1 || dead[0].ID != l.ID || dead[0].Note != "missing_scope" {
			t.Fatalf("given up: %+v (%v)", dead, err)
		}
		other := s.declare("dev2", "search is down").Incident
		if dead, err := s.desk.Dead(t.Context(), other); err != nil || len(dead) != 0 {
			t.Errorf("given up of %s: %+v (%v)", other, dead, err)
		}
		if dead, err := s.desk.Dead(t.Context(), ""); err != nil || len(dead) != 1 {
			t.Errorf("given up at all: %+v (%v)", dead, err)
		}
		if _, _, ok := desk.Refusal(s.desk.Retry(t.Context(), l.ID-1)); !ok {
			t.Error("another delivery than the one that was asked for was owed again")
		}
		time.Sleep(time.Hour)
		s.fails(func(n int, _ []storage.Change) memory.Fault {
			if n == 1 {
				return memory.FailsButApplied()
			}
			return memory.None()
		})
		if err := s.desk.Retry(t.Context(), l.ID); err != nil {
			t.Fatal(err)
		}
		e := s.effect("announce/INC-1")
		if e.ID == l.ID || e.State != storage.Pending || e.Attempts != 0 || e.Note != "" || !e.Created.Equal(storageNow()) || e.Dest != l.Dest || e.Kind != l.Kind {
			t.Errorf("owed again as %+v", e)
		}
		for _, id := range []uint64{l.ID, l.ID - 1, e.ID, 0, 9999, 1 << 63} {
			if _, _, ok := desk.Refusal(s.desk.Retry(t.Context(), id)); !ok {
				t.Errorf("delivery %d was owed again", id)
			}
		}
		if got := s.effect("announce/INC-1"); got.ID != e.ID {
			t.Errorf("it is owed once more as %d", got.ID)
		}
		l = s.lease("announce/INC-1")
		if err := s.desk.Settle(t.Context(), l.Effect, done(l), desk.Outcome{}); err != nil {
			t.Errorf("settle what was owed again: %v", err)
		}
	})
}

// TestAHintIsGivenOnce, whatever finds the same out again.
func TestAHintIsGivenOnce(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		find := func() {
			t.Helper()
			owner := storage.Effect{Record: storage.Ref{Kind: desk.PageKind, ID: "PAGE-1"}}
			if err := s.desk.Settle(t.Context(), owner, nil, desk.Outcome{Hint: &desk.Hint{Key: "group/x", Text: "@x is gone"}}); err != nil {
				t.Fatal(err)
			}
		}
		find()
		l := s.lease("hint/group/x")
		if !strings.Contains(string(l.Body), "@x is gone") {
			t.Errorf("the hint is %s", l.Body)
		}
		if err := s.desk.Settle(t.Context(), l.Effect, done(l), desk.Outcome{}); err != nil {
			t.Fatal(err)
		}
		find()
		if e := s.effect("hint/group/x"); e.ID != l.ID || e.State != storage.Done {
			t.Errorf("the hint is owed again: %+v", e)
		}
	})
}

// TestPagesHeldBy are those that a person has taken, snoozed ones too, and nobody else's.
func TestPagesHeldBy(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		held := func(person string, want ...string) {
			t.Helper()
			pages, err := s.desk.PagesHeldBy(t.Context(), person, 10)
			var got []string
			for _, p := range pages {
				got = append(got, p.ID)
			}
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s holds %v, %v; want %v", person, got, err, want)
			}
		}
		held("sre1")
		if _, err := s.desk.Acknowledge(t.Context(), in("sre1", ""), "PAGE-1"); err != nil {
			t.Fatal(err)
		}
		held("sre1", "PAGE-1")
		held("sre")
		held("dev1")
		if _, err := s.desk.Acknowledge(t.Context(), in("dev1", ""), "PAGE-1"); err != nil {
			t.Fatal(err)
		}
		held("sre1", "PAGE-1") // the first stays its owner
		held("dev1")
		if _, err := s.desk.Change(t.Context(), in("dev1", ""), "INC-1", incident.Resolve{By: by("dev1")}); err != nil {
			t.Fatal(err)
		}
		held("sre1")
	})
}

// TestOldCopiesOfAPageWait: Slack takes about one edit in a second, and a page that is
// repeated has many copies. What changes is shown on the last one to each; the others lose
// their buttons when somebody has answered, after the cards.
func TestOldCopiesOfAPageWait(t *testing.T) {
	config := strings.Replace(shopConfig, `{notify: ["person:dev2"], wait: 5m}`, `{notify: ["person:dev2"], wait: 5m}`+"\n    repeat: 2", 1)
	inShopOf(t, config, func(t *testing.T, s *shop) {
		deliver := func() (page []string) {
			t.Helper()
			for {
				now := storageNow()
				out, err := s.store.Lease(t.Context(), storage.LeaseRequest{Now: now, Until: now.Add(leaseFor)})
				if err != nil {
					t.Fatal(err)
				}
				if len(out.Leased) == 0 {
					return page
				}
				for _, l := range out.Leased {
					var o desk.Outcome
					var notice int
					if n, _ := fmt.Sscanf(l.Target, "page/PAGE-1/%d", &notice); n == 1 {
						page = append(page, fmt.Sprint(notice, " ", l.Class))
						o.Notice = &paging.Report{Notice: notice, Fate: paging.Sent}
					} else if l.Target == "room/INC-1" {
						o = room
					}
					if err := s.desk.Settle(t.Context(), l.Effect, done(l), o); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		deliver()
		for range 4 { // 1, 3 and 5 to sre1, 2 and 4 to dev2
			s.tick("PAGE-1")
			deliver()
		}
		if _, err := s.desk.Change(t.Context(), in("dev1", ""), "INC-1", incident.SetSeverity{By: by("dev1"), Severity: 3}); err != nil {
			t.Fatal(err)
		}
		wantStrings(t, "shown after the severity", deliver(), fmt.Sprint("4 ", storage.Page), fmt.Sprint("5 ", storage.Page))
		if _, err := s.desk.Acknowledge(t.Context(), in("sre1", ""), "PAGE-1"); err != nil {
			t.Fatal(err)
		}
		c, o := fmt.Sprint(" ", storage.Card), fmt.Sprint(" ", storage.Chatter)
		wantStrings(t, "shown after the answer", deliver(), "5"+c, "4"+c, "3"+o, "2"+o, "1"+o)
		if _, err := s.desk.Snooze(t.Context(), in("sre1", ""), "PAGE-1", time.Hour); err != nil {
			t.Fatal(err)
		}
		deliver()
		s.tick("PAGE-1")
		wantStrings(t, "shown when it comes again", deliver(), fmt.Sprint("4 ", storage.Page), fmt.Sprint("6 ", storage.Page), "1"+o, "2"+o, "3"+o, "5"+o)
	})
}
