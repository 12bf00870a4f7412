package desk

import (
	"slices"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// world is what a page may ask at the time of the unit.
func (u *unit) world() paging.World {
	d := u.d
	return paging.World{Resolve: d.resolve(u.at), Barred: d.barred, Unknown: d.unknown, Reach: d.contacts, Quiet: u.quiet, Floor: u.floor, Spare: u.spare, Down: d.Down, Deaf: d.Deaf, Zones: d.zones}
}

// floor is who is told when the policy of a page has nobody left: whoever answered
// the last page of the policy, those who lead the teams it concerns, the admins and
// the incidents channel. A page that a person asked for goes to that channel only, as
// long as Slack works: whoever asked is awake.
func (u *unit) floor(p paging.Page) []paging.Recipient {
	if subjectOf(p.Subject) == (aboutTest{}) {
		return nil
	}
	var people []string
	if p.By == "" || (incident.Actor{Person: p.By}).Machine() || u.d.Down(paging.Slack) {
		people = slices.Concat(u.answeredLast(p), u.d.Settings.Leads(p.Facts.Service, p.Policy), u.d.admins())
	}
	var out []paging.Recipient
	for _, name := range people {
		if r := (paging.Recipient{Person: name}); name != "" && !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	if channel := u.d.Settings.Slack.IncidentsChannel; channel != "" {
		out = append(out, paging.Recipient{Channel: channel})
	}
	return out
}

// answeredLast is whoever answered the last page of the same policy that was
// answered. A store that cannot be read keeps the others from being told no longer.
func (u *unit) answeredLast(p paging.Page) []string {
	rows, err := u.d.Store.List(u.ctx, indexAnswered, answeredKey(p.Policy.Name), "", 1)
	if err != nil {
		u.d.Log.Error().Err(err).Str("page", p.ID).Msg("look for who answered last")
		return nil
	}
	if len(rows) == 0 {
		return nil
	}
	last, err := decode[paging.Page](u.d.versions, rows[0].Record, false)
	if err != nil {
		u.d.Log.Error().Err(err).Str("page", p.ID).Msg("look for who answered last")
		return nil
	}
	return []string{last.AnsweredBy}
}
