package oncall

// turns says which shift a reading falls into and where shifts begin.
type turns struct {
	start  reading
	step   int64 // microseconds on the calendar; 0 for months and cron
	months int64 // 0 unless the rotation is monthly
	cron   *cronClock
	length int64 // every so many firings of cron
	base   int64 // the firings up to start
}

// index is the number of the shift that a high water of h falls into; h is not
// before start.
func (c *turns) index(h reading) int64 {
	switch {
	case c.step > 0:
		return int64(h-c.start) / c.step
	case c.months > 0:
		y0, m0, _ := civil(c.start.dayOf())
		y, m, _ := civil(h.dayOf())
		k := ((y-y0)*12 + int64(m-m0)) / c.months
		if c.begins(k) > h {
			k--
		}
		return k
	}
	return (c.cron.ordinal(h) - c.base) / c.length
}

// begins is the reading at which shift k begins.
func (c *turns) begins(k int64) reading {
	switch {
	case k == 0:
		return c.start
	case c.step > 0:
		return c.start + reading(k*c.step)
	case c.months > 0:
		return c.start.addMonths(k * c.months)
	}
	return c.cron.firing(c.base + k*c.length)
}

// roster is an ordered group from which a rotation draws.
type roster struct {
	name   string
	people []string
	phase  int64 // added to every draw
	cycle  int64 // draws in one round of the pattern
}

// draw is one seat of one turn of the pattern.
type draw struct {
	roster  int
	earlier int64 // draws from the same roster earlier in the round
}

// deal says who sits in which shift.
type deal struct {
	rosters []roster
	pattern [][]draw
	offset  int64
	vacant  bool // an offset that would only repeat the same people
}

// post is one person on call, on the way to becoming a duty.
type post struct {
	person   string
	layer    int // -1 when it comes from an override alone
	turn     int64
	seat     int
	override int // -1 unless an override brought the person
	kind     string
	shadow   int // -1 unless a shadow is involved
}

// seat appends who sits in shift k. Nobody sits twice in one shift: the next in
// line comes, and if there is none the seat stays empty.
func (d *deal) seat(dst []post, layer int, k int64) []post {
	if d.vacant || len(d.pattern) == 0 {
		return dst
	}
	n := int64(len(d.pattern))
	turn := k + d.offset
	round := floorDiv(turn, n)
	first := len(dst)
	for i, seat := range d.pattern[turn-round*n] {
		r := &d.rosters[seat.roster]
		size := int64(len(r.people))
		for tries := int64(0); tries < size; tries++ {
			person := r.people[floorMod(r.phase+round*r.cycle+seat.earlier+tries, size)]
			if !seated(dst[first:], person) {
				dst = append(dst, post{person: person, layer: layer, turn: k, seat: i, override: -1, shadow: -1, kind: Primary})
				break
			}
		}
	}
	return dst
}

// covers is [Duty.Covers] for a post.
func (q *post) covers() bool { return q.kind == Primary || q.kind == Overriding }

// covering names those who cover the watch, in order; it is never nil.
func covering(posts []post) []string {
	out := []string{}
	for i := range posts {
		if posts[i].covers() {
			out = append(out, posts[i].person)
		}
	}
	return out
}

func seated(posts []post, person string) bool {
	for i := range posts {
		if posts[i].person == person {
			return true
		}
	}
	return false
}
