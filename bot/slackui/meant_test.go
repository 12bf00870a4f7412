package slackui

import "testing"

func TestMeant(t *testing.T) {
	for wire, want := range map[string]string{
		"udpate rolled back":          "update rolled back",
		"INC-3 updat  rolled  back":   "update  rolled  back",
		"timelin":                     "timeline",
		"tiemline":                    "timeline",
		"declair checkout is down":    "",
		"declate checkout is down":    "declare checkout is down",
		"resolvee":                    "resolve",
		"Lsit":                        "list",
		"checkout is down":            "",
		"lad @dev1":                   "",
		"“udpate” rolled back":        "",
		"":                            "",
		"INC-3":                       "",
		"update rolled back":          "",
		"чекаут":                      "",
		"pagepagepagepagepage is odd": "",
	} {
		if _, got, ok := meant(wire); got != want || ok != (want != "") {
			t.Errorf("meant(%q) = %q, %v, want %q", wire, got, ok, want)
		}
	}
}
