package desk_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/storage"
)

const withHeartbeat = `
integrations:
  - {name: backup, source: heartbeat, token_env: HOOK_BACKUP, every: 5m, grace: 1m}
`

func (h *house) beat() {
	h.t.Helper()
	signals, err := alert.Decode(alert.SourceHeartbeat, alert.Options{Integration: "backup"}, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.desk.Beat(h.t.Context(), "backup", signals); err != nil {
		h.t.Fatal(err)
	}
}

func TestSilenceOfAHeartbeatIsAnAlert(t *testing.T) {
	inHouse(t, withHeartbeat, func(t *testing.T, h *house) {
		h.pass(time.Hour)
		wantList(t, "alerts before the first beat", h.open())
		wantList(t, "heartbeats that were never heard", h.desk.NeverHeard(), "backup")
		h.beat()
		wantList(t, "heartbeats that were never heard", h.desk.NeverHeard())
		h.fails(nil)
		for range 5 {
			h.pass(5 * time.Minute)
			h.beat()
		}
		want(t, "commits while it beats", h.count(), 0)
		h.pass(5*time.Minute + 59*time.Second)
		wantList(t, "alerts within its grace", h.open())
		h.pass(3 * time.Second)
		wantList(t, "alerts when it is silent", h.open(), "ALERT-1")
		wantList(t, "pages", h.openPages(), "PAGE-1 ALERT-1 [lead1 channel:incidents]")
		h.pass(time.Hour)
		wantList(t, "alerts while it is silent", h.open(), "ALERT-1")
		h.restart()
		wantList(t, "heartbeats that were never heard", h.desk.NeverHeard())
		h.beat()
		wantList(t, "alerts when it beats again", h.open())
		wantList(t, "pages when it beats again", h.openPages())
		h.pass(7 * time.Minute)
		wantList(t, "alerts when it is silent again", h.open(), "ALERT-2")
	})
}

func TestWhatNobodyCouldHearIsNoSilence(t *testing.T) {
	inHouse(t, withHeartbeat, func(t *testing.T, h *house) {
		h.beat()
		h.downFor(time.Hour)
		h.pass(5 * time.Minute)
		wantList(t, "alerts just after a start", h.open())
		h.pass(2 * time.Minute)
		wantList(t, "alerts when nothing came since the start", h.open(), "ALERT-1")
	})
}

func TestAHeartbeatReportsAFailure(t *testing.T) {
	inHouse(t, withHeartbeat, func(t *testing.T, h *house) {
		signals, err := alert.Decode(alert.SourceHeartbeat, alert.Options{Integration: "backup"}, []byte(`{"status": "failed"}`))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.desk.Beat(t.Context(), "backup", signals); err != nil {
			t.Fatal(err)
		}
		wantList(t, "alerts", h.open(), "ALERT-1")
		h.pass(7 * time.Minute)
		wantList(t, "alerts when it is silent besides", h.open(), "ALERT-1")
		h.beat()
		wantList(t, "alerts", h.open())
	})
}

func TestDeploysAreShownOnCards(t *testing.T) {
	inHouse(t, withHeartbeat, func(t *testing.T, h *house) {
		id := h.one(firing("a"))
		before := h.owed("alert/" + id)
		var list []alert.Deploy
		for n := range 25 {
			list = append(list, alert.Deploy{Service: "Checkout", Title: fmt.Sprintf("v%d", n), At: time.Now().Add(time.Duration(n-30) * time.Minute)})
		}
		for range 2 {
			if err := h.desk.Deployed(t.Context(), list); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.desk.Deployed(t.Context(), []alert.Deploy{{Service: "nobody knows it", Title: "v1"}}); err != nil {
			t.Fatal(err)
		}
		if rec, err := h.store.Get(t.Context(), storage.Ref{Kind: desk.DeploysKind, ID: "checkout"}); err != nil || rec.Seq != uint64(len(list)) {
			t.Errorf("%d deploys are stored, %v: those of the second time change nothing", rec.Seq, err)
		}
		var refused *alert.Error
		late := alert.Deploy{Service: "checkout", Title: "v99", At: time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)}
		if err := h.desk.Deployed(t.Context(), []alert.Deploy{late}); !errors.As(err, &refused) || !strings.Contains(refused.Message, "lies in the future") {
			t.Errorf("a deploy of the year 9999: %v", err)
		}
		card, err := h.desk.AlertCard(t.Context(), id)
		if err != nil || len(card.Deploys) != 20 || card.Deploys[0].Title != "v24" || card.Deploys[0].Service != "checkout" {
			t.Errorf("the card shows %+v, %v", card.Deploys, err)
		}
		want(t, "cards owed", h.owed("alert/"+id), before) // the same row, which was not delivered yet
	})
}
