package oncall

import (
	_ "embed"
	"strings"
	_ "time/tzdata" // the last resort, so that the engine is never without zones
)

//go:embed zones.txt
var zoneList string

//go:embed windowszones.txt
var windowsList string

// windowsZones maps the names that Windows and Outlook use to IANA names (CLDR,
// windowsZones.xml).
var windowsZones = parseWindowsZones(windowsList)

func parseWindowsZones(list string) map[string]string {
	zones := map[string]string{}
	for line := range strings.Lines(list) {
		if windows, iana, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			zones[windows] = iana
		}
	}
	return zones
}

// ZoneNames lists the names of the IANA database, sorted, with the old names that
// are links. It serves suggestions; a zone missing here may still load.
func ZoneNames() []string { return strings.Fields(zoneList) }
