package slackio

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"
)

func TestPeople(t *testing.T) {
	person := `{"id":"U1","team_id":"T1","name":"dev1","deleted":true,"is_bot":false,"is_owner":true,"is_ultra_restricted":true,"tz":"Europe/Berlin","real_name":"Old","profile":{"display_name":"dev one","real_name":"Dev One","email":"dev1@example.com"}}`
	a := newAPI(t, map[string]any{
		"users.info":          `{"ok":true,"user":` + person + `}`,
		"users.lookupByEmail": `{"ok":true,"user":` + person + `}`,
		"users.list": func(w http.ResponseWriter, c called) {
			if c.args.Get("cursor") == "" {
				fmt.Fprint(w, `{"ok":true,"members":[`+person+`],"response_metadata":{"next_cursor":"p2"}}`)
				return
			}
			fmt.Fprint(w, `{"ok":true,"members":[{"id":"USLACKBOT"}],"response_metadata":{"next_cursor":""}}`)
		},
		"dnd.info": `{"ok":true,"dnd_enabled":true,"next_dnd_start_ts":1000,"next_dnd_end_ts":2000}`,
	})
	c := a.client(t)
	want := User{ID: "U1", TeamID: "T1", Name: "dev1", DisplayName: "dev one", RealName: "Dev One", Email: "dev1@example.com", TZ: "Europe/Berlin", Deleted: true, Guest: true, Admin: true}
	if u, err := c.UserInfo(t.Context(), "U1"); err != nil || u != want {
		t.Errorf("UserInfo: %+v, %v", u, err)
	}
	var all []User
	if err := c.Users(t.Context(), func(u User) error { all = append(all, u); return nil }); err != nil || len(all) != 2 || all[0] != want || !all[1].Bot {
		t.Errorf("Users: %+v, %v", all, err)
	}
	if u, err := ReadUser(json.RawMessage(person)); err != nil || u != want {
		t.Errorf("ReadUser: %+v, %v", u, err)
	}
	for _, bad := range []string{`{"id":5}`, `{}`, `[]`, `{"id"`, ``} {
		if u, err := ReadUser(json.RawMessage(bad)); err == nil {
			t.Errorf("ReadUser(%s): %+v", bad, u)
		}
	}
	enough := errors.New("enough")
	if err := c.Users(t.Context(), func(User) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("Users stopped: %v", err)
	}
	d, err := c.DND(t.Context(), "U1")
	if err != nil || d.Paused(time.Unix(999, 0)) || !d.Paused(time.Unix(1000, 0)) || !d.Paused(time.Unix(1999, 0)) || d.Paused(time.Unix(2000, 0)) {
		t.Errorf("DND: %+v, %v", d, err)
	}
	snoozed := newAPI(t, map[string]any{"dnd.info": `{"ok":true,"dnd_enabled":false,"snooze_enabled":true,"snooze_endtime":2000}`})
	if d, err := snoozed.client(t).DND(t.Context(), "U1"); err != nil || !d.Paused(time.Unix(1999, 0)) || d.Paused(time.Unix(2000, 0)) {
		t.Errorf("DND by hand: %+v, %v", d, err)
	}
	if (DND{Start: time.Unix(0, 0), End: time.Unix(5000, 0)}).Paused(time.Unix(1, 0)) {
		t.Error("paused although not enabled")
	}
}

func TestUserGroups(t *testing.T) {
	a := newAPI(t, map[string]any{
		"usergroups.list":         `{"ok":true,"usergroups":[{"id":"S1","name":"On call","handle":"oncall","users":["U1"],"user_count":"1","date_delete":0},{"id":"S2","date_delete":5,"user_count":0}]}`,
		"usergroups.users.update": `{"ok":true,"usergroup":{"id":"S1","user_count":"2"}}`,
		"usergroups.users.list":   `{"ok":true,"users":["U1","U3"]}`,
		"usergroups.enable":       `{"ok":true}`,
		"usergroups.disable":      `{"ok":false,"error":"permission_denied"}`,
	})
	c := a.client(t)
	groups, err := c.UserGroups(t.Context())
	if err != nil || len(groups) != 2 || groups[0].Handle != "oncall" || groups[0].Disabled || !groups[1].Disabled || groups[0].Users[0] != "U1" {
		t.Errorf("UserGroups: %+v, %v", groups, err)
	}
	if users, err := c.UserGroupMembers(t.Context(), "S1"); err != nil || !slices.Equal(users, []string{"U1", "U3"}) || a.last(t).flat() != "include_disabled=true usergroup=S1" {
		t.Errorf("UserGroupMembers: %v, %v, %s", users, err, a.last(t).flat())
	}
	if err := c.SetUserGroup(t.Context(), "S1", "U1", "U2"); err != nil || a.last(t).flat() != "usergroup=S1 users=U1,U2" {
		t.Errorf("SetUserGroup: %v, %s", err, a.last(t).flat())
	}
	if err := c.EnableUserGroup(t.Context(), "S1"); err != nil || a.last(t).flat() != "usergroup=S1" {
		t.Errorf("EnableUserGroup: %v", err)
	}
	if f := Classify("usergroups.disable", c.DisableUserGroup(t.Context(), "S1")); f.Class != Fatal {
		t.Errorf("DisableUserGroup: %+v", f)
	}
}

func TestIdentity(t *testing.T) {
	a := newAPI(t, map[string]any{
		"auth.test": func(w http.ResponseWriter, _ called) {
			w.Header().Set("X-OAuth-Scopes", "chat:write, commands,")
			w.Header().Set("Date", "Sun, 01 Mar 2026 12:00:00 GMT")
			fmt.Fprint(w, `{"ok":true,"url":"https://acme.slack.com/","team":"Acme","user":"bot","team_id":"T1","user_id":"U0","bot_id":"B1"}`)
		},
		"bots.info": `{"ok":true,"bot":{"id":"B1","app_id":"A1","user_id":"U0","name":"watchbill"}}`,
		"apps.connections.open": func(w http.ResponseWriter, c called) {
			if c.header.Get("Authorization") != "Bearer xapp-1" {
				fmt.Fprint(w, `{"ok":false,"error":"not_allowed_token_type"}`)
				return
			}
			fmt.Fprint(w, `{"ok":true,"url":"wss://slack.test/link/?ticket=1"}`)
		},
	})
	c := a.client(t)
	id, err := c.AuthTest(t.Context())
	if err != nil || !slices.Equal(id.Scopes, []string{"chat:write", "commands"}) || !id.Date.Equal(noon) || id.Offset == 0 ||
		id.UserID != "U0" || id.BotID != "B1" || id.TeamID != "T1" || id.Team != "Acme" || id.User != "bot" || id.URL != "https://acme.slack.com/" {
		t.Errorf("AuthTest: %+v, %v", id, err)
	}
	if err := c.ConnectionsOpen(t.Context(), "xapp-1"); err != nil {
		t.Errorf("ConnectionsOpen: %v", err)
	}
	if f := Classify("apps.connections.open", c.ConnectionsOpen(t.Context(), "xoxb-1")); f.Class != Fatal {
		t.Errorf("ConnectionsOpen with the wrong token: %+v", f)
	}
}
