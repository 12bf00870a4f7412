package slackui

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

// The picture's measures, in pixels.
const (
	marginX   = 16
	titleHigh = 64
	dayWide   = 136
	hoursWide = 40 * 24
	dayHigh   = 40
	laneHigh  = 22
	laneGap   = 2
	legendRow = 28
)

var (
	paper    = color.RGBA{255, 255, 255, 255}
	ink      = color.RGBA{30, 32, 38, 255}
	faint    = color.RGBA{110, 116, 128, 255}
	grid     = color.RGBA{222, 225, 230, 255}
	weekend  = color.RGBA{245, 246, 248, 255}
	missing  = color.RGBA{214, 48, 49, 255}
	nowLine  = color.RGBA{20, 20, 20, 255}
	pastel   = []color.RGBA{{144, 190, 245, 255}, {250, 196, 120, 255}, {150, 214, 160, 255}, {240, 160, 190, 255}, {190, 170, 240, 255}, {130, 214, 214, 255}, {228, 216, 120, 255}, {205, 180, 155, 255}}
	maxLanes = 4
)

// Picture draws the two weeks as a PNG: a row for each day, in the schedule's zone,
// with who is on call at which hours. Name gives a person's name as people read it.
func Picture(f Fortnight, now time.Time, name func(string) string) ([]byte, error) {
	people := whoStands(f.Shifts)
	days := daysOf(f)
	legend := (len(people) + 1) * legendRow
	if len(people) > 3 {
		legend = (len(people)/3 + 2) * legendRow
	}
	bottom := titleHigh
	for n := range days {
		days[n].top, days[n].high = bottom, dayHigh
		if lanes := lanesOf(days[n], f.Shifts); lanes > 1 {
			days[n].high = lanes*laneHigh + 8
		}
		bottom += days[n].high
	}
	p := image.NewRGBA(image.Rect(0, 0, 2*marginX+dayWide+hoursWide, bottom+legend+marginX))
	fill(p, p.Bounds(), paper)
	write(p, marginX, 12, drawable(f.Schedule+", two weeks, times in "+f.Zone.String()), ink)
	for hour := 0; hour < 24; hour += 6 {
		write(p, marginX+dayWide+hour*hoursWide/24+4, titleHigh-letterHigh-4, drawable(fmt.Sprintf("%02d:00", hour)), faint)
	}
	for _, d := range days {
		drawDay(p, d, f, now, people, name)
	}
	drawLegend(p, bottom+12, people, f, name)
	var out bytes.Buffer
	if err := png.Encode(&out, p); err != nil {
		return nil, fmt.Errorf("draw schedule %s: %w", f.Schedule, err)
	}
	return out.Bytes(), nil
}

// whoStands are the people of the shifts, by name: colours stay with people.
func whoStands(shifts []oncall.Shift) []string {
	var people []string
	for _, s := range shifts {
		if s.Covers() && !slices.Contains(people, s.Person) {
			people = append(people, s.Person)
		}
	}
	slices.Sort(people)
	return people
}

// daySpan is one day: its real beginning and end, and where its row stands.
type daySpan struct {
	from, to  time.Time
	top, high int
}

func daysOf(f Fortnight) []daySpan {
	var out []daySpan
	for at := f.From; at.Before(f.To) && len(out) < 15; {
		next := reading(wall(at.In(f.Zone).AddDate(0, 0, 1), clock{}), f.Zone)
		out = append(out, daySpan{from: at, to: next})
		at = next
	}
	return out
}

// x is where an instant of the day stands; a day of 23 or 25 hours is as wide as
// any other.
func (d daySpan) x(t time.Time) int {
	t = notBefore(d.from, sooner(d.to, t))
	return marginX + dayWide + int(int64(hoursWide)*int64(t.Sub(d.from))/int64(d.to.Sub(d.from)))
}

func sooner(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func notBefore(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func drawDay(p *image.RGBA, d daySpan, f Fortnight, now time.Time, people []string, name func(string) string) {
	day, top, bottom := d.from.In(f.Zone), d.top, d.top+d.high
	right := marginX + dayWide + hoursWide
	if w := day.Weekday(); w == time.Saturday || w == time.Sunday {
		fill(p, image.Rect(marginX, top, right, bottom), weekend)
	}
	fill(p, image.Rect(marginX, top, right, top+1), grid)
	for hour := 0; hour <= 24; hour += 6 {
		x := marginX + dayWide + hour*hoursWide/24
		fill(p, image.Rect(x, top, x+1, bottom), grid)
	}
	write(p, marginX+4, top+(d.high-letterHigh)/2, drawable(day.Format("Mon 2 Jan")), ink)
	for _, s := range f.Shifts {
		if !s.Covers() || !s.End.After(d.from) || !s.Start.Before(d.to) {
			continue
		}
		lane, lanes := laneOf(s, f.Shifts)
		high := (d.high - 6) / lanes
		r := image.Rect(d.x(s.Start)+1, top+4+lane*high, d.x(s.End)-1, top+4+(lane+1)*high-laneGap)
		fill(p, r, pastel[slices.Index(people, s.Person)%len(pastel)])
		if s.Kind == oncall.Overriding {
			fill(p, image.Rect(r.Min.X, r.Max.Y-3, r.Max.X, r.Max.Y), ink)
		}
		label(p, r, name(s.Person), ink)
	}
	for _, g := range f.Gaps {
		if g.End.After(d.from) && g.Start.Before(d.to) {
			r := image.Rect(d.x(g.Start)+1, top+4, max(d.x(g.End)-1, d.x(g.Start)+3), bottom-4)
			hatch(p, r)
			label(p, r, "nobody", missing)
		}
	}
	if !now.Before(d.from) && now.Before(d.to) {
		fill(p, image.Rect(d.x(now)-1, top, d.x(now)+1, bottom), nowLine)
	}
}

// lanesOf is how many people stand at once on a day, at most.
func lanesOf(d daySpan, all []oncall.Shift) int {
	most := 1
	for _, s := range all {
		if s.Covers() && s.End.After(d.from) && s.Start.Before(d.to) {
			_, lanes := laneOf(s, all)
			most = max(most, lanes)
		}
	}
	return most
}

// laneOf is the lane of a shift among those that overlap it, by the order in which
// they are listed.
func laneOf(s oncall.Shift, all []oncall.Shift) (lane, lanes int) {
	for _, o := range all {
		if !o.Covers() || !o.End.After(s.Start) || !o.Start.Before(s.End) {
			continue
		}
		if o == s {
			lane = lanes
		}
		lanes++
	}
	lanes = min(max(lanes, 1), maxLanes)
	return min(lane, lanes-1), lanes
}

// label writes as much of a text as fits into a box; less than three letters are
// left to the legend.
func label(p *image.RGBA, r image.Rectangle, text string, c color.Color) {
	letters := drawable(text)
	room := (r.Dx() - 8) / letterWide
	if room < 3 || r.Dy() < letterHigh-2 {
		return
	}
	write(p, r.Min.X+6, r.Min.Y+(r.Dy()-letterHigh)/2+1, letters[:min(len(letters), room)], c)
}

// hatch marks time in which nobody is on call, also for those who see no colours.
func hatch(p *image.RGBA, r image.Rectangle) {
	fill(p, r, color.RGBA{255, 236, 236, 255})
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			edge := x == r.Min.X || x == r.Max.X-1 || y == r.Min.Y || y == r.Max.Y-1
			if edge || (x+y)%10 == 0 {
				p.Set(x, y, missing)
			}
		}
	}
	fill(p, image.Rect(r.Min.X+4, r.Min.Y+6, min(r.Max.X-4, r.Min.X+6*letterWide+10), r.Max.Y-6), color.RGBA{255, 236, 236, 255})
}

func drawLegend(p *image.RGBA, top int, people []string, f Fortnight, name func(string) string) {
	const columns = 3
	wide := (dayWide + hoursWide) / columns
	for n, person := range people {
		x, y := marginX+n%columns*wide, top+n/columns*legendRow
		fill(p, image.Rect(x, y, x+20, y+20), pastel[n%len(pastel)])
		letters := drawable(name(person))
		write(p, x+28, y+3, letters[:min(len(letters), (wide-40)/letterWide)], ink)
	}
	y := top + (len(people)+columns-1)/columns*legendRow
	write(p, marginX, y+3, drawable(signs(f)), faint)
}

// signs says what the signs in the picture mean, of those that are in it.
func signs(f Fortnight) string {
	var said []string
	if slices.ContainsFunc(f.Shifts, func(s oncall.Shift) bool { return s.Kind == oncall.Overriding }) {
		said = append(said, "Black line below a name: an override.")
	}
	if len(f.Gaps) > 0 {
		said = append(said, "Hatched: nobody is on call.")
	}
	return strings.Join(said, " ")
}

// PictureText is the picture in words, for those who cannot see it.
func PictureText(f Fortnight, name func(string) string) string {
	var parts []string
	for _, s := range f.Shifts {
		if s.Covers() && len(parts) < 30 {
			parts = append(parts, fmt.Sprintf("%s from %s", name(s.Person), s.Start.UTC().Format("Mon 2 Jan 15:04")))
		}
	}
	text := "On call for " + f.Schedule + ": " + listed(parts, func(s string) string { return s })
	if len(parts) > 6 {
		text = "On call for " + f.Schedule + ", by shift: "
		for n, p := range parts {
			if n > 0 {
				text += "; "
			}
			text += p
		}
	}
	if len(f.Gaps) > 0 {
		text += fmt.Sprintf(". Nobody is on call %s", count(len(f.Gaps), "time", "times"))
	}
	return oneLine(text+". Times in UTC.", 900)
}

// TwoWeeks are the two weeks that begin with this day in a zone.
func TwoWeeks(now time.Time, loc *time.Location) (from, to time.Time) {
	day := now.In(loc)
	return reading(wall(day, clock{}), loc), reading(wall(day.AddDate(0, 0, 14), clock{}), loc)
}
