package bot

import (
	"strings"
	"testing"

	"github.com/watchbill/watchbill/bot/notify"
)

// TestPagesAndSendersCallTheirWaysAlike: a page's method is handed to the senders as it is.
func TestPagesAndSendersCallTheirWaysAlike(t *testing.T) {
	none, err := notify.New(notify.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range methods {
		if r := none.Send(t.Context(), notify.Method(m), notify.To{}, notify.Message{}); !strings.Contains(r.Reason, "not set up") {
			t.Errorf("%s: %q", m, r.Reason)
		}
	}
}
