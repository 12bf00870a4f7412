package desk

import (
	"slices"
	"testing"

	"github.com/watchbill/watchbill/oncall/paging"
)

// TestNewestCopies: one that never arrived is not what somebody looks at, nor is an SMS.
func TestNewestCopies(t *testing.T) {
	to := func(n int, person string, by paging.Method, fate paging.Fate) paging.Notice {
		return paging.Notice{N: n, To: paging.Recipient{Person: person}, Method: by, Fate: fate}
	}
	var got []int
	for _, n := range newestCopies([]paging.Notice{
		to(1, "sre1", "", paging.Sent), to(2, "dev2", "", paging.Sent), to(3, "dev2", paging.Slack, paging.Delivered),
		to(4, "sre1", "", paging.Failed), to(5, "dev2", paging.SMS, paging.Sent), to(6, "dev3", "", ""),
	}) {
		got = append(got, n.N)
	}
	if want := []int{1, 3, 6}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
