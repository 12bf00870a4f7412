package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// table prints what is asked of schedules.
func table[T any](ctx context.Context, e env, q *roster, l listing[T]) error {
	l.path = q.path(l.path)
	return l.print(ctx, e, q.open, q.json)
}

// period is a time about a schedule, in UTC and on the clock of its zone.
type period struct {
	Schedule, Person, Kind, Why string
	Start, End                  time.Time
	Zone                        string `json:"time_zone"`
}

func listShifts(ctx context.Context, e env, q *roster) error {
	return table(ctx, e, q, listing[period]{"/shifts", "SCHEDULE\tFROM\tTO\tPERSON\tWHY", "There are no shifts in that time.", func(s period) string {
		return strings.Join([]string{printable(s.Schedule), local(s.Start, s.Zone), local(s.End, s.Zone), printable(s.Person), printable(s.Why)}, "\t")
	}})
}

func listGaps(ctx context.Context, e env, q *roster) error {
	return table(ctx, e, q, listing[period]{"/gaps", "SCHEDULE\tFROM\tTO\tLENGTH", "There are no gaps in that time: somebody is always on call.", func(g period) string {
		return strings.Join([]string{printable(g.Schedule), local(g.Start, g.Zone), local(g.End, g.Zone), g.End.Sub(g.Start).String()}, "\t")
	}})
}

// load is what one person carries.
type load struct {
	Person        string
	Shifts        int
	Hours         float64
	Nights        int
	NightHours    float64 `json:"night_hours"`
	WeekendHours  float64 `json:"weekend_hours"`
	HolidayHours  float64 `json:"holiday_hours"`
	ShadowHours   float64 `json:"shadow_hours"`
	PagesByDay    int     `json:"pages_by_day"`
	PagesByNight  int     `json:"pages_by_night"`
	Pool          string  // of a sum over a pool
	People, Pages int
}

func listBurden(ctx context.Context, e env, q *roster) error {
	heading := "PERSON\tSHIFTS\tHOURS\tNIGHTS\tNIGHT HOURS\tWEEKEND HOURS\tHOLIDAY HOURS\tSHADOW HOURS\tPAGES BY DAY\tBY NIGHT"
	return table(ctx, e, q, listing[load]{"/burden", heading, "Nobody stands in these schedules.", func(l load) string {
		if l.Pool != "" {
			return fmt.Sprintf("pool %s (%d)\t\t%.6g\t\t%.6g\t\t\t\t%d\t", printable(l.Pool), l.People, l.Hours, l.NightHours, l.Pages)
		}
		return fmt.Sprintf("%s\t%d\t%.6g\t%d\t%.6g\t%.6g\t%.6g\t%.6g\t%d\t%d", printable(l.Person), l.Shifts, l.Hours, l.Nights, l.NightHours,
			l.WeekendHours, l.HolidayHours, l.ShadowHours, l.PagesByDay, l.PagesByNight)
	}})
}

func simulate(ctx context.Context, e env, q *roster) error {
	return table(ctx, e, q, listing[struct{ Kind, Schedule, Local, Text string }]{"/simulation", "", "Nothing happens in that time.", func(h struct{ Kind, Schedule, Local, Text string }) string {
		if h.Local == "" {
			return printable(h.Text)
		}
		return strings.Join([]string{h.Local, printable(h.Schedule), strings.ReplaceAll(h.Kind, "_", " "), printable(h.Text)}, "\t")
	}})
}
