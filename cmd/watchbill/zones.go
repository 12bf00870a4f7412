package main

import (
	"bufio"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	_ "time/tzdata" // the last resort, for machines without time-zone data
)

// zoneData says which time-zone data is in force: the one ZONEINFO names, else the
// system's, else the copy in this binary.
func zoneData(getenv func(string) string) string {
	if path := getenv("ZONEINFO"); path != "" {
		return "ZONEINFO " + path + zoneRelease(path)
	}
	for _, dir := range []string{"/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/usr/lib/locale/TZ", "/etc/zoneinfo"} {
		if _, err := os.Stat(filepath.Join(dir, "Europe", "London")); err == nil {
			return dir + zoneRelease(dir)
		}
	}
	return "the copy in this binary (" + runtime.Version() + "); rules that changed since are not known: install tzdata or set ZONEINFO"
}

// zoneRelease is the release of the data in a directory, such as " 2026a", if it
// says so.
func zoneRelease(dir string) string {
	f, err := os.Open(filepath.Join(dir, "tzdata.zi"))
	if err != nil {
		return ""
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	if in.Scan() {
		if _, version, ok := strings.Cut(in.Text(), "version "); ok {
			return " " + version
		}
	}
	return ""
}
