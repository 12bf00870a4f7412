package oncall

import (
	"bytes"
	_ "embed"
	"fmt"
	"runtime"
	"strings"
	"time"
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

// The places time-zone data can come from, best first.
const (
	ZonesFromEnv      = "ZONEINFO" // the directory or zip file that ZONEINFO names
	ZonesFromSystem   = "system"   // the directory of the operating system
	ZonesFromEmbedded = "embedded" // the copy in the program, as old as the compiler
)

// ZoneData says which time-zone data answers, for doctor and version.
type ZoneData struct {
	Source  string   `json:"source"`
	Path    string   `json:"path,omitempty"`
	Version string   `json:"version"`         // such as "2026f"; the compiler's for the embedded copy; may be "unknown"
	Stale   []string `json:"stale,omitempty"` // changes of law that the data does not know, as sentences
}

// systemZones are the directories the time package looks into on Unix, in its order.
var systemZones = [...]string{"/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/usr/lib/locale/TZ", "/etc/zoneinfo"}

// FindZoneData finds which data the time package uses: what ZONEINFO names, else the
// system's, else the embedded copy. The environment and files are passed in.
func FindZoneData(getenv func(string) string, readFile func(string) ([]byte, error)) ZoneData {
	z := ZoneData{Source: ZonesFromEmbedded, Version: runtime.Version()}
	if path := getenv("ZONEINFO"); path != "" && holdsZones(path, readFile) {
		z = ZoneData{Source: ZonesFromEnv, Path: path, Version: zoneVersion(path, readFile)}
	} else {
		for _, path := range systemZones {
			if holdsZones(path, readFile) {
				z = ZoneData{Source: ZonesFromSystem, Path: path, Version: zoneVersion(path, readFile)}
				break
			}
		}
	}
	z.Stale = staleZones(NewZones(nil))
	return z
}

func holdsZones(path string, readFile func(string) ([]byte, error)) bool {
	if data, err := readFile(path + "/Etc/UTC"); err == nil {
		return bytes.HasPrefix(data, []byte("TZif"))
	}
	data, err := readFile(path)
	return err == nil && bytes.HasPrefix(data, []byte("PK"))
}

func zoneVersion(path string, readFile func(string) ([]byte, error)) string {
	for _, name := range []string{"tzdata.zi", "+VERSION", "version"} {
		data, err := readFile(path + "/" + name)
		if err != nil {
			continue
		}
		line, _, _ := strings.Cut(string(data), "\n")
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "# version"))
		if line != "" && len(line) < 20 {
			return line
		}
	}
	return "unknown"
}

// recentChanges are changes of law that tell old data from new: what the clock of the
// zone is ahead of Greenwich at an instant after the change.
var recentChanges = [...]struct {
	zone  string
	after string
	hours int64
	what  string
}{
	{"Africa/Casablanca", "2026-11-20T12:00:00Z", 0, "Morocco left UTC+1 for UTC on 20 September 2026"},
	{"America/Havana", "2027-01-15T12:00:00Z", -4, "Cuba stays on summer time in the winter of 2026"},
}

func staleZones(zones *Zones) []string {
	var out []string
	for _, change := range recentChanges {
		z, err := zones.zone(change.zone)
		at, bad := time.Parse(time.RFC3339, change.after)
		if err != nil || bad != nil {
			continue
		}
		if t := instantOf(at); int64(z.clock(t))-int64(t) != change.hours*hour {
			out = append(out, fmt.Sprintf("%s: %s, which this data does not know; it needs release 2026f or later", change.zone, change.what))
		}
	}
	return out
}
