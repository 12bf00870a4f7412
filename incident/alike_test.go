package incident

import (
	"strings"
	"testing"
	"time"
)

func TestAlike(t *testing.T) {
	for _, tt := range []struct {
		a, b  string // titles, and behind a bar the service
		apart time.Duration
		want  bool
	}{
		{"checkout returns 503", "Checkout  returns 503", 9 * time.Hour, true},
		{"checkout returns 503", "checkout is returning 503s", 9 * time.Hour, true},
		{"checkout returns 503 in eu-west for all customers", "checkout 503", time.Minute, true},
		{"checkout is down", "checkout errors", time.Minute, true},
		{"payments fail", "payment errors in Europe", time.Minute, true},
		{"checkout is down", "search is down", time.Minute, false},
		{"disk full on db-1", "disk full on web-7", time.Minute, false},
		{"search is slow", "seats are gone", time.Minute, false},
		{"outage", "problem", time.Minute, false},
		{"outage", "Outage", time.Minute, true},
		{"Чекаут не работает", "чекаут сломан", time.Minute, false},
		{"結帳掛了", "結帳掛了", time.Minute, true},
		{"checkout returns 503|checkout", "basket is empty|checkout", time.Hour, true},
		{"checkout returns 503|checkout", "basket is empty|checkout", time.Hour + time.Minute, false},
		{"checkout returns 503|checkout", "503 from checkout|checkout", 9 * time.Hour, true},
		{"api returns 503|checkout", "api returns 500 and 503|search", time.Minute, false},
		{"api returns 503|checkout", "api returns 503|search", time.Minute, true},
		{"api returns 503|checkout", "api 503", time.Minute, true},
	} {
		a, b := titled(tt.a), titled(tt.b)
		b.Declared = a.Declared.Add(tt.apart)
		if Alike(a, b) != tt.want || Alike(b, a) != tt.want {
			t.Errorf("%q and %q, %v apart: alike %v and %v, want %v", tt.a, tt.b, tt.apart, Alike(a, b), Alike(b, a), tt.want)
		}
	}
}

func titled(text string) Incident {
	title, service, _ := strings.Cut(text, "|")
	return Incident{Title: title, Service: service, Declared: noon}
}
