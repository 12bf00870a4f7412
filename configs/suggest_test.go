package configs

import "testing"

func TestNearest(t *testing.T) {
	known := []string{"search", "checkout", "checkin", "cart", "Payments"}
	tests := []struct{ word, want string }{
		{"chekout", "checkout"},
		{"CHECKOUT", "checkout"},
		{"chcekout", "checkout"}, // a swap of neighbours is one slip
		{"payment", "Payments"},
		{"cat", "cart"},
		{"checku", "checkin"}, // checkout is as near; the first in the alphabet is taken
		{"billing", ""},
		{"", ""},
		{"ch", ""},
		{"кошик", ""},
	}
	for _, tt := range tests {
		if got := nearest(tt.word, known); got != tt.want {
			t.Errorf("nearest(%q): got %q, want %q", tt.word, got, tt.want)
		}
	}
}
