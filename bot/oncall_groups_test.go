package bot

import (
	"testing"

	"github.com/watchbill/watchbill/bot/slackio"
)

// TestWhoseChangeOfAGroupCameLast: what events told while a change of ours was on its way
// decides whether its answer is believed.
func TestWhoseChangeOfAGroupCameLast(t *testing.T) {
	group := func(users ...string) slackio.UserGroup { return slackio.UserGroup{ID: "S1", Users: users} }
	off := slackio.UserGroup{ID: "S1", Disabled: true, Users: []string{"U1"}}
	ours := group("U1", "U2")
	for _, c := range []struct {
		name          string
		before, heard []slackio.UserGroup
		made          slackio.UserGroup
		want          bool
	}{
		{"nothing", nil, nil, ours, false},
		{"ours", nil, []slackio.UserGroup{group("U2", "U1")}, ours, false},
		{"one of before", []slackio.UserGroup{group("U9")}, nil, ours, false},
		{"another's after ours", nil, []slackio.UserGroup{ours, group("U9")}, ours, true},
		{"ours after another's", nil, []slackio.UserGroup{group("U9"), ours}, ours, false},
		{"back to what it was", []slackio.UserGroup{group("U1")}, []slackio.UserGroup{ours, group("U1")}, ours, true},
		{"another group", nil, []slackio.UserGroup{{ID: "S2", Users: []string{"U9"}}}, ours, false},
		{"it was disabled", nil, []slackio.UserGroup{off}, group("U1"), true},
		{"we disabled it", nil, []slackio.UserGroup{off}, slackio.UserGroup{ID: "S1", Disabled: true}, false},
	} {
		var k groupBook
		for _, g := range c.before {
			k.hear(g)
		}
		k.begin(c.made.ID)
		for _, g := range c.heard {
			k.hear(g)
		}
		if got := k.overtaken(c.made); got != c.want {
			t.Errorf("%s: overtaken is %v", c.name, got)
		}
	}
}
