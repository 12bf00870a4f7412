package bot

import (
	"strings"
	"testing"

	"github.com/watchbill/watchbill/oncall/paging"
)

// Who has more pages than the Home tab shows must see the worst of them.
func TestTheWorstPagesComeFirst(t *testing.T) {
	var pages []paging.Page
	for n, severity := range []string{"SEV3", "critical", "warning", "SEV1", "", "SEV1"} { // oldest first
		pages = append(pages, paging.Page{ID: string(rune('a' + n)), Facts: paging.Facts{Severity: severity}})
	}
	var got []string
	for _, p := range worstPages(pages) {
		got = append(got, p.ID)
	}
	if got, want := strings.Join(got, " "), "f d b e c a"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
