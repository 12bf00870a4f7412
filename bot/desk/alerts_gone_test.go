package desk_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// What came by an integration that was renamed fires for ever: it is told, and closed in one
// move, and nothing else is.
func TestAlertsOfAnIntegrationThatIsGone(t *testing.T) {
	const both = `
integrations:
  - {name: old, source: alertmanager, token_env: OLD}
  - {name: live, source: alertmanager, token_env: LIVE}
`
	inHouse(t, both, func(t *testing.T, h *house) {
		id := h.hearFrom("old", firing("a"))[0]
		h.hearFrom("old", firing("b"), firing("c"), cleared("c"))
		h.hearFrom("live", firing("a"))
		if gone := h.desk.Gone(); len(gone) > 0 {
			t.Errorf("gone: %v", gone)
		}
		_, err := h.desk.CloseGone(t.Context(), in("dev1", ""), "old", "")
		refusedAs(t, err, incident.Conflict)
		h.end()
		settings, err := configs.Parse([]byte(alertConfig+strings.Replace(both, "name: old", "name: new", 1)), "test.yaml")
		if err != nil {
			t.Fatal(err)
		}
		h.settings = settings
		h.begin()
		want(t, "gone", fmt.Sprint(h.desk.Gone()), "[{old 2}]")
		want(t, "of them that are called so", h.desk.AlertCounts().Open, 4-1)
		if f, err := h.desk.FiringOf(t.Context(), "", 10); err != nil || f.Gone != 2 {
			t.Errorf("a list counts %d, %v", f.Gone, err)
		}
		c, err := h.desk.AlertCard(t.Context(), id)
		if err != nil || len(c.Alert.Notes) != 1 || !strings.Contains(c.Alert.Notes[0], "old, which the configuration does not have any more") {
			t.Errorf("its card says %q, %v", c.Alert.Notes, err)
		}
		_, err = h.desk.CloseGone(t.Context(), guest(), "old", "")
		refusedAs(t, err, incident.Forbidden)
		_, err = h.desk.CloseGone(t.Context(), in("dev1", ""), "odl", "")
		if refusedAs(t, err, incident.NotFound); !strings.Contains(err.Error(), "old (2)") {
			t.Errorf("a slip is answered with %v", err)
		}
		if n, err := h.desk.CloseGone(t.Context(), in("dev1", ""), "old", "moved to new"); err != nil || n != 2 {
			t.Errorf("closed %d, %v", n, err)
		}
		want(t, "it was closed because", h.alert(id).Closed.Why, "moved to new")
		want(t, "its page", h.page("PAGE-1").Status, paging.Ended)
		wantList(t, "what is open", h.openPages(), "PAGE-4 ALERT-4 [sre1]")
		_, err = h.desk.CloseGone(t.Context(), in("dev1", ""), "old", "")
		refusedAs(t, err, incident.NotFound)
	})
}

// An alert whose group came by two integrations is nobody's only when both are gone.
func TestAnAlertOfTwoIntegrationsOfWhichOneIsGone(t *testing.T) {
	inHouse(t, `
integrations:
  - {name: live, source: alertmanager, token_env: LIVE}
routes:
  - {match: {job: disks}, group_by: [job]}
`, func(t *testing.T, h *house) {
		id := h.hearFrom("live", disks("a"))[0]
		wantList(t, "the same alert", h.hearFrom("old", disks("b")), id)
		want(t, "while one fires that may be resolved", len(h.desk.Gone()), 0)
		h.hearFrom("live", disksCleared("a"))
		want(t, "when only the other fires", fmt.Sprint(h.desk.Gone()), "[{old 1}]")
		if n, err := h.desk.CloseGone(t.Context(), desk.In{By: by("dev1")}, "old", ""); err != nil || n != 1 {
			t.Errorf("closed %d, %v", n, err)
		}
	})
}
