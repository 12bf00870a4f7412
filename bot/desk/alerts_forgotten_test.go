package desk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

// forgets runs a test in a house whose policy for the service disks asks again after an hour.
func forgets(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	inHouse(t, `
  - name: forgetful
    ack_timeout: 1h
    steps:
      - {notify: ["person:sre1"], wait: 5m}
routes:
  - {match: {job: disks}, escalation: forgetful}
`, test)
}

func disks(key string) alert.Signal { return firing(key, labelled("job", "disks")) }

func (h *house) acknowledge(who, id string) desk.Answer {
	h.t.Helper()
	a, err := h.desk.AcknowledgeAlert(h.t.Context(), in(who, ""), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

// Whoever acknowledges an alert that the page of another counts, and forgets it, is asked
// again like anybody else, and so is whoever is on call.
func TestAnAcknowledgementOfACountedAlertTimesOut(t *testing.T) {
	forgets(t, func(t *testing.T, h *house) {
		for n := range 8 {
			h.hear(disks(fmt.Sprint(n)))
		}
		h.pass(2 * time.Second)
		want(t, "the page of the sixth", h.alert("ALERT-6").Page, "PAGE-5")
		for n := range 3 { // one by one
			a := h.acknowledge("dev1", fmt.Sprintf("ALERT-%d", 6+n))
			want(t, "what it came to", fmt.Sprint(a.Text[len(a.Text)-1]), "dev1 acknowledged it")
			want(t, "its page", a.Page, fmt.Sprintf("PAGE-%d", 6+n))
		}
		wantList(t, "pages of others", h.openPages(), "PAGE-1 ALERT-1 [sre1]", "PAGE-2 ALERT-2 [sre1]", "PAGE-3 ALERT-3 [sre1]", "PAGE-4 ALERT-4 [sre1]", "PAGE-5 ALERT-5 [sre1]")
		want(t, "the page of the sixth", h.page("PAGE-6").Status, paging.Acknowledged)
		for n := range 5 {
			h.acknowledge("sre1", fmt.Sprintf("ALERT-%d", 1+n))
			h.hear(disksCleared(fmt.Sprint(n)))
		}
		h.restart()
		h.pass(59 * time.Minute)
		wantList(t, "pages before the hour is over", h.openPages())
		h.hear(disksCleared("7"))
		h.pass(time.Minute)
		wantList(t, "pages when it is", h.openPages(), "PAGE-6 ALERT-6 [sre1 dev1]", "PAGE-7 ALERT-7 [sre1 dev1]")
		if a := h.alert("ALERT-6").Acknowledged; a != nil {
			t.Errorf("it is still acknowledged: %+v", a)
		}
		want(t, "what happened", h.happened("ALERT-6"), "opened unfolded paged acknowledged page_resumed")
	})
}

func disksCleared(key string) alert.Signal {
	s := disks(key)
	s.Status = alert.Resolved
	return s
}

// Whoever acknowledges an alert that is silenced is not asked when the silence is over, but
// when their acknowledgement is: it counts from then.
func TestAnAcknowledgementOfASilencedAlertTimesOut(t *testing.T) {
	for name, end := range map[string]func(h *house){
		"its time is over": func(h *house) { h.pass(2 * time.Hour) },
		"it is ended": func(h *house) {
			if _, _, err := h.desk.Unsilence(h.t.Context(), in("sre1", ""), "SIL-1"); err != nil {
				h.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			forgets(t, func(t *testing.T, h *house) {
				id := h.one(disks("a"))
				if _, err := h.desk.SilenceAlert(t.Context(), in("dev2", ""), id, time.Now().Add(2*time.Hour), "known"); err != nil {
					t.Fatal(err)
				}
				h.acknowledge("dev1", id)
				wantList(t, "pages while it is silenced", h.openPages())
				h.restart()
				end(h)
				wantList(t, "pages when the silence is over", h.openPages())
				want(t, "who has it", h.alert(id).Acknowledged.By, "dev1")
				want(t, "its page", h.page(h.alert(id).Page).Status, paging.Acknowledged)
				h.pass(time.Hour)
				wantList(t, "pages an hour later", h.openPages(), "PAGE-2 "+id+" [sre1 dev1]")
				h.hear(disksCleared("a"))
				wantList(t, "pages when it is over", h.openPages())
			})
		})
	}
}

// The same of one that waits because somebody answered the page before.
func TestAnAcknowledgementOfAWaitingAlertTimesOut(t *testing.T) {
	inHouse(t, `
  - name: forgetful
    ack_timeout: 1h
    steps:
      - {notify: ["person:sre1"], wait: 5m}
routes:
  - {match: {job: disks}, escalation: forgetful, group_by: [job], group_window: 6h}
`, func(t *testing.T, h *house) {
		id := h.one(disks("a"))
		h.acknowledge("sre1", id)
		h.hear(disksCleared("a"), disks("a"))
		want(t, "it waits", h.alert(id).Page, "")
		h.acknowledge("dev1", id)
		h.pass(59 * time.Minute)
		wantList(t, "pages before the hour is over", h.openPages())
		h.pass(time.Minute)
		wantList(t, "pages when it is", h.openPages(), "PAGE-2 "+id+" [sre1 dev1]")
	})
}
