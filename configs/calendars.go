package configs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// Limits on calendars: the bytes that are read in all, and the entries of one.
const (
	maxCalendarBytes   = 3 * oncall.MaxCalendar
	maxCalendarEntries = 1000
)

// calendarFile is a calendar that was read, or could not be.
type calendarFile struct {
	path string
	data *oncall.CalendarData
	err  error
}

// calendars puts what the calendars of a schedule hold among its holidays and its time
// off. What is read begins with a calendar year and ends with one, so that the same
// files mean the same schedule from one start to the next: holidays from last year on,
// which burden looks back at, time off from this year on. Calendars that could not be
// read stay named.
func (k *checker) calendars(at string, s *oncall.Schedule) {
	if s.Calendars == nil {
		return
	}
	at += ".calendars"
	year := func(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }
	this := k.now.UTC().Year()
	names := k.config.CalendarNames()
	var unread oncall.Calendars
	s.Holidays, s.TimeOff = slices.Clone(s.Holidays), slices.Clone(s.TimeOff)
	for i, name := range s.Calendars.Holidays {
		path := fmt.Sprintf("%s.holidays[%d]", at, i)
		if f := k.calendar(path, name, oncall.ReadCalendarInput{From: year(this - 1), To: year(this + 3), Zones: k.zones}); f != nil {
			k.addHolidays(path, f, s)
		} else {
			unread.Holidays = append(unread.Holidays, name)
		}
	}
	for i, name := range s.Calendars.TimeOff {
		path := fmt.Sprintf("%s.time_off[%d]", at, i)
		if f := k.calendar(path, name, oncall.ReadCalendarInput{From: year(this), To: year(this + 3), TimeZone: s.TimeZone, People: names, Zones: k.zones}); f != nil {
			k.addTimeOff(path, f, s)
		} else {
			unread.TimeOff = append(unread.TimeOff, name)
		}
	}
	s.Calendars = nil
	if len(unread.Holidays)+len(unread.TimeOff) > 0 {
		s.Calendars = &unread
	}
}

// addHolidays adds the days that the file itself does not name.
func (k *checker) addHolidays(path string, f *calendarFile, s *oncall.Schedule) {
	last := ""
	for _, h := range f.data.Holidays() {
		if h.Days > 366 {
			k.warn(path, "", "%s: %q of %s lasts longer than a year, and is left out", f.path, clip(h.Name, 60), h.Date)
			continue
		}
		last = max(last, h.Date)
		if !slices.ContainsFunc(s.Holidays, func(o oncall.Holiday) bool { return o.Date == h.Date && max(o.Days, 1) == max(h.Days, 1) }) {
			s.Holidays = append(s.Holidays, h)
		}
	}
	switch today := k.now.UTC().Format(time.DateOnly); {
	case last == "":
		k.warn(path, "holidays are events that last whole days", "%s has no holidays from %d to %d", f.path, k.now.UTC().Year()-1, k.now.UTC().Year()+2)
	case last < today:
		k.warn(path, "put this year's calendar there", "the holidays in %s end on %s", f.path, last)
	}
}

func (k *checker) addTimeOff(path string, f *calendarFile, s *oncall.Schedule) {
	off := f.data.TimeOff("")
	if len(off) == 0 {
		k.warn(path, "an event names a person by its summary or by who attends it", "%s has no time off of anybody here from %d to %d", f.path, k.now.UTC().Year(), k.now.UTC().Year()+2)
	}
	for _, o := range off {
		if !slices.ContainsFunc(s.TimeOff, func(t oncall.TimeOff) bool { return t.Person == o.Person && t.From == o.From && t.To == o.To }) {
			s.TimeOff = append(s.TimeOff, o)
		}
	}
}

// calendar reads the calendar that the value at a path names; nil when that was
// reported instead.
func (k *checker) calendar(path, name string, in oncall.ReadCalendarInput) *calendarFile {
	if name == "" {
		k.unread(path, "name an iCalendar file, such as holidays.ics", "the name of a calendar is missing")
		return nil
	}
	file := name
	if !filepath.IsAbs(name) {
		file = filepath.Join(filepath.Dir(k.file), name)
	}
	key := strings.Join([]string{file, in.TimeZone, in.From.Format(time.DateOnly)}, "\n")
	f, known := k.read[key]
	if !known {
		f = &calendarFile{path: file}
		f.data, f.err = k.readCalendar(file, in)
		k.read[key] = f
	}
	var refused *oncall.CalendarProblem
	switch {
	case errors.As(f.err, &refused):
		if !known {
			k.add(Problem{File: file, Line: refused.Line, Path: path, Message: "the calendar cannot be read: " + refused.Message, Suggestion: "mend it, or take it out of " + k.where(path), Warning: k.lenient})
		}
	case f.err != nil:
		k.unread(path, "name an iCalendar file, as seen from the directory of this one", "%v", f.err)
	case len(f.data.Entries) > maxCalendarEntries:
		k.unread(path, "export a calendar with fewer", "%s has %d entries from %d on, and at most %d count", file, len(f.data.Entries), in.From.Year(), maxCalendarEntries)
	default:
		for n := 0; !known && n < len(f.data.Warnings); n++ {
			k.add(Problem{File: file, Line: f.data.Warnings[n].Line, Path: path, Message: f.data.Warnings[n].Message, Warning: true})
		}
		return f
	}
	return nil
}

// unread reports a calendar that does not count.
func (k *checker) unread(path, suggestion, format string, args ...any) {
	k.checked(Problem{Path: path, Message: fmt.Sprintf(format, args...), Suggestion: suggestion, Warning: k.lenient})
}

// readCalendar reads a file up to the size from which a calendar is refused. Only a
// regular file is opened: a pipe would hold up the start.
func (k *checker) readCalendar(path string, in oncall.ReadCalendarInput) (*oncall.CalendarData, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open calendar: there is no file %s", path)
	}
	if err != nil {
		return nil, fmt.Errorf("open calendar: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("open calendar: %s is not a file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open calendar: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, oncall.MaxCalendar))
	if err != nil {
		return nil, fmt.Errorf("read calendar %s: %w", path, err)
	}
	if k.calendarBytes += len(data); len(data) < oncall.MaxCalendar && k.calendarBytes > maxCalendarBytes {
		return nil, fmt.Errorf("read calendar %s: the calendars have more than %d MB in all", path, maxCalendarBytes/1_000_000)
	}
	return oncall.ReadCalendar(data, in)
}

// CalendarNames are the ways in which calendars name people, in lower case: their names
// and e-mail addresses. Without people it is nil, and names are taken as they are.
func (c *Config) CalendarNames() map[string]string {
	if len(c.People) == 0 {
		return nil
	}
	out := map[string]string{}
	for _, p := range c.People {
		out[strings.ToLower(p.Name)] = p.Name
		if p.Email != "" {
			out[strings.ToLower(p.Email)] = p.Name
		}
	}
	return out
}
