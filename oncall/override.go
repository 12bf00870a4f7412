package oncall

import "time"

// override is a compiled [Override]; one made or taken back midway only for its part.
type override struct {
	from, to         instant
	person, replaces string
	swap             string
	why              string
}

// shadow is a compiled [Shadow].
type shadow struct {
	from, to     instant
	person, with string
	reverse      bool
	joinAfter    time.Duration
	why          string
}

// absence is a compiled [TimeOff].
type absence struct {
	from, to instant
	person   string
}

// active appends the overrides in force at t, in the order they were made.
func (p *Plan) active(dst []int, t instant) []int {
	for i := range p.overrides {
		if o := &p.overrides[i]; o.from <= t && t < o.to {
			dst = append(dst, i)
		}
	}
	return dst
}

// override applies the overrides in force to the people the layers gave, each on
// the result of those before it.
func (p *Plan) override(posts []post, active []int) []post {
	for len(active) > 0 {
		n := 1
		if swap := p.overrides[active[0]].swap; swap != "" {
			for n < len(active) && p.overrides[active[n]].swap == swap {
				n++
			}
		}
		if n > 1 {
			posts = p.exchange(posts, active[:n])
		} else {
			posts = p.apply(posts, active[0])
		}
		active = active[n:]
	}
	return posts
}

func (p *Plan) apply(posts []post, i int) []post {
	o := &p.overrides[i]
	if o.replaces == "" {
		if !seated(posts, o.person) {
			posts = append(posts, post{person: o.person, layer: -1, override: i, shadow: -1, kind: Overriding})
		}
		return posts
	}
	for j := range posts {
		if posts[j].person != o.replaces {
			continue
		}
		if o.person == o.replaces {
			return posts
		}
		if o.person == "" || seated(posts, o.person) {
			return append(posts[:j], posts[j+1:]...)
		}
		posts[j].person, posts[j].override, posts[j].kind = o.person, i, Overriding
		return posts
	}
	return posts
}

// exchange applies the legs of one swap at once: who is replaced is decided before
// anybody has moved.
func (p *Plan) exchange(posts []post, legs []int) []post {
	var buffer [8]post
	before := append(buffer[:0], posts...)
	posts = posts[:0]
	for _, q := range before {
		for _, i := range legs {
			if o := &p.overrides[i]; o.replaces == q.person && o.person != q.person {
				q.person, q.override, q.kind = o.person, i, Overriding
				break
			}
		}
		if q.person != "" && !seated(posts, q.person) {
			posts = append(posts, q)
		}
	}
	return posts
}

// shadow adds those who learn at t, and moves mentors behind those who lead.
func (p *Plan) shadow(posts []post, t instant) []post {
	if len(p.shadows) == 0 {
		return posts
	}
	covering := len(posts)
	for i := range p.shadows {
		s := &p.shadows[i]
		if t < s.from || t >= s.to || seated(posts, s.person) {
			continue
		}
		for j := 0; j < covering; j++ {
			q := &posts[j]
			if q.person != s.with {
				continue
			}
			behind := *q
			behind.shadow = i
			if s.reverse {
				q.person, q.kind, q.shadow = s.person, Primary, i
				behind.kind = ReverseShadow
			} else {
				behind.person, behind.kind, behind.override = s.person, Shadowing, -1
			}
			posts = append(posts, behind)
			break
		}
	}
	return posts
}
