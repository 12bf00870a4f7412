package incident

import "testing"

// What has buttons is drawn anew: the card, and what tells of pages that reach nobody.
func TestRedraw(t *testing.T) {
	i := Incident{ID: "INC-3", Pages: []PageState{{ID: "PAGE-1"}, {ID: "PAGE-2", Nobody: 17}}}
	var got []string
	for _, e := range Redraw(i) {
		if !e.Level {
			t.Errorf("%s shows no record", e.Target)
		}
		got = append(got, e.Target)
	}
	if len(got) != 2 || got[0] != "card/INC-3" || got[1] != "nobody/INC-3/17" {
		t.Errorf("drawn anew are %q", got)
	}
}
