package httpd

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"
)

// FuzzTimes asks for whatever time somebody writes: the answer is one, or a refusal.
func FuzzTimes(f *testing.F) {
	for _, text := range []string{"2026-03-29T02:30:00", "2026-03-29 02:30", "2026-03-29", "9999-12-31T23:59:59-12:00", "9999-12-31", "0001-01-01T00:00:00", "0000-01-01T00:00:00Z",
		"2026-03-29T02:30:60Z", "2026-03-29t02:30:00z", "", "now", "-1", "2026-03-29T02:30:00.123456789+23:59", "1582-10-10T00:00:00"} {
		f.Add(text, text)
	}
	f.Add("2040-01-01", "2048-12-31") // where the time package names bounds that have passed
	b := bill{}
	b.set(f, "checkout", nil, "dev1", "sre1")
	h := Schedules{Rota: b, Now: func() time.Time { return monday }}.Handler()
	f.Fuzz(func(t *testing.T, from, to string) {
		for _, path := range []string{"", "/shifts", "/gaps", "/burden", "/simulation", "/calendar"} {
			w := httptest.NewRecorder()
			q := url.Values{"at": {from, to}, "from": {from}, "to": {to}}
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/oncall"+path+"?"+q.Encode(), nil))
			if w.Code != http.StatusOK && w.Code != http.StatusBadRequest {
				t.Errorf("%s from %q to %q: got %d %s", path, from, to, w.Code, w.Body)
			}
		}
	})
}
