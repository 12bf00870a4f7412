package desk

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
)

// TestWhoMayChangeASchedule holds for every command who may give it, and that nobody else
// may: dev1, dev2 and new1 are of a team that lead2 leads; lead3 leads the owners of the
// schedule's service, lead4 its SREs; lead1 is an admin, and lead5 leads something else.
func TestWhoMayChangeASchedule(t *testing.T) {
	settings, err := configs.Parse([]byte(`
admins: [lead1]
teams:
  - {name: core, kind: dev, people: [dev1, dev2, new1], leads: [lead2]}
  - {name: owners, kind: dev, people: [own1], leads: [lead3]}
  - {name: sres, kind: sre, people: [sre1, sre2], leads: [lead4]}
  - {name: search, kind: dev, people: [other1], leads: [lead5]}
services:
  - {name: checkout, owner: owners, sre: sres, schedule: checkout}
  - {name: search, owner: search, schedule: search}
schedules:
  - {name: checkout, time_zone: UTC, layers: [{rotation: {type: weekly, start: "2026-01-05T09:00:00", people: [dev1, dev2]}}]}
  - {name: search, time_zone: UTC, layers: [{rotation: {type: weekly, start: "2026-01-05T09:00:00", people: [other1]}}]}
api:
  tokens:
    - {name: writes, token_env: A, rights: write}
    - {name: admin, token_env: B, rights: admin}
`), "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 6, 12, 0, 0, 0, time.UTC)
	shadow := func(id, with, from, to string) oncall.StoredShadow {
		return oncall.StoredShadow{Made: oncall.Made{ID: id, Zone: "UTC"}, Shadow: oncall.Shadow{Person: "new1", With: with, From: from, To: to}}
	}
	r := oncall.Record{Name: "checkout", Overrides: []oncall.StoredOverride{
		{Made: oncall.Made{ID: "O1", By: "own1"}, Override: oncall.Override{Person: "sre1", Replaces: "dev2"}},
		{Made: oncall.Made{ID: "O2", By: "own1"}, Override: oncall.Override{Person: "sre1"}},
	}, Shadows: []oncall.StoredShadow{
		shadow("S1", "dev2", "2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z"), shadow("S2", "dev1", "2026-01-06T00:00:00Z", ""),
	}}
	actors := map[string]incident.Actor{"shell": {Person: "root", Via: "cli"}, "guest": {Person: "dev1", Via: "slack", Guest: true},
		"writes": {Person: incident.TokenPrefix + "writes", Via: "api:writes"}, "admin": {Person: incident.TokenPrefix + "admin", Via: "api:admin"}}
	for _, who := range strings.Fields("dev1 dev2 new1 own1 sre1 sre2 other1 lead1 lead2 lead3 lead4 lead5") {
		actors[who] = incident.Actor{Person: who, Via: "slack"}
	}
	const owners, leads = "admin lead1 shell", "admin lead1 shell lead3 lead4"
	const all = leads + " dev1 dev2 new1 own1 sre1 sre2 other1 lead2 lead5 writes"
	override := func(person, replaces string) oncall.Command {
		return oncall.AddOverride{Override: oncall.Override{Person: person, Replaces: replaces}}
	}
	for name, tc := range map[string]struct {
		c   oncall.Command
		may string
	}{
		"give a shift away":           {override("sre2", "dev2"), leads + " lead2 dev2"},
		"come as well":                {override("sre2", ""), leads + " sre2"},
		"take an override back":       {oncall.RemoveOverride{ID: "o1"}, leads + " lead2 own1 sre1 dev2"},
		"take back who comes as well": {oncall.RemoveOverride{ID: "O2"}, leads + " own1 sre1"},
		"take back what is none":      {oncall.RemoveOverride{ID: "O9"}, all},
		"learn":                       {oncall.SetShadow{Shadow: oncall.Shadow{Person: "new1", With: "sre2"}}, leads + " lead2 new1 sre2"},
		"end a shadow":                {oncall.EndShadow{ID: "s2"}, leads + " lead2 new1 dev1"},
		"end what is none":            {oncall.EndShadow{ID: "S9"}, all},
		"graduate":                    {oncall.Graduate{Person: "new1"}, leads + " lead2 dev1"}, // no mentor of before, and not oneself
		"cover":                       {oncall.AcceptCover{ID: "R1"}, all},
		"cover by oneself":            {oncall.AcceptCover{ID: "R1", Person: "dev2"}, leads + " lead2 dev2"},
		"apply a file":                {oncall.ApplyFile{}, leads},
		"remove":                      {oncall.RemoveSchedule{}, owners},
		"swap":                        {oncall.AcceptSwap{ID: "R1"}, all}, // the schedule says whose it is
	} {
		rights := &rights{settings, NewDirectory(settings, nil, nil)}
		for who, by := range actors {
			err := rights.mayChange(by, r, tc.c, now)
			var refused *incident.Error
			if errors.As(err, &refused) && (refused.Code != incident.Forbidden || strings.Contains(refused.Message, "shifts of :")) || (err == nil) != slices.Contains(strings.Fields(tc.may), who) {
				t.Errorf("%s by %s: %v", name, who, err)
			}
		}
	}
}
