package bot

import (
	"os"
	"strings"

	"github.com/watchbill/watchbill/oncall"
)

// ZoneData says which time-zone data is in force: that which ZONEINFO names, else the
// system's, else the copy in the binary. Stale are the changes of law that it does not
// know, in sentences.
func ZoneData(getenv func(string) string) (source string, stale []string) {
	z := oncall.FindZoneData(getenv, os.ReadFile)
	switch z.Source {
	case oncall.ZonesFromEmbedded:
		source = "the copy in this binary (" + z.Version + "); rules that changed since are not known: install tzdata or set ZONEINFO"
	case oncall.ZonesFromEnv:
		source = "ZONEINFO " + z.Path + ", release " + z.Version
	default:
		source = z.Path + ", release " + z.Version
	}
	return source, z.Stale
}

// ExamineZones looks at the time-zone data.
func ExamineZones(getenv func(string) string) Check { return zonesCheck(ZoneData(getenv)) }

func zonesCheck(source string, stale []string) Check {
	k := Check{What: "time zones", OK: len(stale) == 0, Optional: true, Found: "From " + source + "."}
	if !k.OK {
		k.Mend = "Update the system's tzdata, or let ZONEINFO name newer data; until then schedules in these zones are an hour off. " + strings.Join(stale, ". ") + "."
	}
	return k
}
