package bot

import (
	"strings"
	"testing"
)

// TestOldZoneDataIsSaid: it is no reason not to run, but schedules may be an hour off.
func TestOldZoneDataIsSaid(t *testing.T) {
	if k := zonesCheck("/zones, release 2026f", nil); !k.OK || k.Mend != "" || k.Found != "From /zones, release 2026f." {
		t.Errorf("new data: %+v", k)
	}
	k := zonesCheck("/zones, release 2025b", []string{"Africa/Casablanca: Morocco left", "America/Havana: Cuba stays"})
	if k.OK || !k.Optional || !strings.HasSuffix(k.Mend, " Africa/Casablanca: Morocco left. America/Havana: Cuba stays.") {
		t.Errorf("old data: %+v", k)
	}
}
