package paging

import (
	"slices"
	"strings"
	"time"
)

// model says by other means what a page must do: it keeps a script of the steps to
// come and, for every way to every person, when it is tried next. It knows neither
// events nor records.
type model struct {
	r       roster
	pol     Policy
	now     time.Time
	status  Status
	script  []int // the steps to come; none: the floor
	at      int   // the step told last; -1 none, the number of steps is the floor
	next    time.Time
	until   time.Time
	snoozed bool
	owner   string
	rounds  int
	plans   []plan
	tries   []try // of this turn
	spared  []string
	sent    int
	called  []string
	quiet   map[string]time.Time
	wait    time.Duration
	first   time.Time       // when the first of this turn is told, whom quiet hours hold back; zero: they do not
	asked   map[string]bool // since it began; false: and said since that they cannot
}

// cannot says whether somebody was asked, and said since that they cannot.
func (m *model) cannot(who string) bool { free, asked := m.asked[who]; return asked && !free }

// try is a way that was tried; dead: it brings no answer.
type try struct {
	n           int
	who, method string
	dead        bool
}

// plan is when a way to a person is tried next.
type plan struct {
	key   string // person/method
	at    time.Time
	every time.Duration
	step  int
	now   bool // it belongs to the present turn
}

func newModel(r roster, pol Policy, now time.Time, quiet map[string]time.Time) *model {
	m := &model{r: r, pol: pol, now: now, quiet: quiet}
	m.restart()
	m.step(nil, nil)
	return m
}

func (m *model) restart() {
	m.status, m.script, m.at, m.snoozed, m.until = Open, nil, -1, false, time.Time{}
	m.asked = map[string]bool{}
	for range m.pol.Repeat + 1 {
		for n := range m.pol.Steps {
			m.script = append(m.script, n)
		}
	}
	m.plans = nil
}

func (m *model) who(n int) []string {
	var out []string
	for _, t := range m.pol.Steps[n].Notify {
		for _, r := range m.r[t] {
			if !slices.Contains(out, r.String()) {
				out = append(out, r.String())
			}
		}
	}
	return out
}

func (m *model) step(passed, extra []string) {
	for empty := 0; len(m.script) > 0 && empty < len(m.pol.Steps); empty++ {
		n := m.script[0]
		m.script = m.script[1:]
		m.at = n
		if to := minus(m.who(n), passed); len(to) > 0 {
			m.turn(n, m.pol.Steps[n].Wait, plus(to, extra))
			return
		}
	}
	m.script, m.at = nil, len(m.pol.Steps)
	all := plus(m.floor(), extra)
	wait := min(m.pol.Steps[len(m.pol.Steps)-1].Wait, MaxFloorWait)
	if len(all) == 0 {
		wait = NobodyWait
	}
	m.turn(m.at, wait, minus(all, passed))
}

func (m *model) floor() []string {
	var all []string
	for n := len(m.pol.Steps) - 1; n >= 0 && len(all) == 0; n-- {
		all = m.who(n)
	}
	for _, r := range m.r["floor"] {
		all = plus(all, []string{r.String()})
	}
	return all
}

func (m *model) turn(step int, wait time.Duration, to []string) {
	m.wait, m.next, m.first = wait, m.now.Add(wait), time.Time{}
	m.tries, m.spared = nil, nil
	for n := range m.plans {
		m.plans[n].now = false
	}
	for _, who := range to {
		m.tell(who, step)
	}
	if m.first = m.sleeps(); !m.first.IsZero() {
		m.next = m.first.Add(wait)
	}
}

// sleeps is when the first of this turn is told, if all of it sleep until then.
func (m *model) sleeps() (first time.Time) {
	all := slices.Clone(m.spared)
	for _, p := range m.plans {
		if p.now {
			all = append(all, p.who())
			if first.IsZero() || p.at.Before(first) {
				first = p.at
			}
		}
	}
	if len(m.tries) > 0 || slices.ContainsFunc(all, func(who string) bool { return !m.quiet[who].After(m.now) }) {
		return time.Time{}
	}
	return first
}

// again begins the wait of those who slept anew, when somebody else is told first, or is by now.
func (m *model) again() {
	if first := m.sleeps(); !m.first.IsZero() && m.status == Open && !first.Equal(m.first) {
		m.first, m.next = first, later(m.now, first).Add(m.wait)
	}
}

func (m *model) tell(who string, step int) {
	if m.r.spares(who) {
		m.spared = append(m.spared, who)
		return
	}
	list := reach[who]
	if len(list) == 0 {
		list = []Contact{{Method: Slack}}
	}
	from := later(m.now, m.quiet[who])
	for _, c := range list {
		p := plan{key: who + "/" + string(c.Method), at: from.Add(c.After), every: c.Every, step: step, now: true}
		var left []plan
		for _, old := range m.plans {
			switch {
			case old.key != p.key || old.now:
				left = append(left, old)
			case old.at.Before(p.at):
				p.at = old.at
			}
		}
		m.plans = left
		if c.After == 0 && from.Equal(m.now) {
			m.call(p)
		} else {
			m.plans = append(m.plans, p)
		}
	}
}

func (m *model) call(p plan) {
	m.called = append(m.called, p.key)
	m.asked[p.who()] = true
	m.sent++
	if p.every > 0 {
		again := p
		again.at = m.now.Add(p.every)
		m.plans = append(m.plans, again)
	}
	if p.now {
		who, method, _ := strings.Cut(p.key, "/")
		m.tries = append(m.tries, try{m.sent, who, method, false})
	}
}

// fire calls what is planned and chosen, in the order of the plan.
func (m *model) fire(chosen func(plan) bool) {
	for _, p := range slices.Clone(m.plans) {
		if chosen(p) {
			m.plans = slices.Delete(m.plans, slices.Index(m.plans, p), slices.Index(m.plans, p)+1)
			m.call(p)
		}
	}
}

func (p plan) who() string    { who, _, _ := strings.Cut(p.key, "/"); return who }
func (p plan) method() string { _, method, _ := strings.Cut(p.key, "/"); return method }

// alive says whether a person of this turn may still answer.
func (m *model) alive(who string) bool {
	dead := map[string]bool{}
	for _, t := range m.tries {
		if t.who == who && !t.dead {
			return true
		}
		dead[t.who+"/"+t.method] = dead[t.who+"/"+t.method] || t.dead
	}
	return slices.ContainsFunc(m.plans, func(p plan) bool { return p.now && p.who() == who && !dead[p.key] })
}

// told are those of this turn, channels left out.
func (m *model) told() []string {
	var out []string
	for _, t := range m.tries {
		out = plus(out, []string{t.who})
	}
	return slices.DeleteFunc(out, func(who string) bool { return strings.HasPrefix(who, "channel:") })
}

// bad says that notice n, which went a way to a person, is of no use.
func (m *model) bad(n int, who, method string) {
	at := slices.IndexFunc(m.tries, func(t try) bool { return t.n == n })
	if at >= 0 {
		m.tries[at].dead = true
	}
	var first time.Time
	usable := func(p plan) bool { return p.who() == who && p.method() != method }
	for _, p := range m.plans {
		if usable(p) && (first.IsZero() || p.at.Before(first)) {
			first = p.at
		}
	}
	m.fire(func(p plan) bool { return usable(p) && p.at.Equal(first) })
	m.again()
	m.moveOn(at >= 0, "")
}

// moveOn goes on if nobody is left to wait for, without who has just said that they cannot.
func (m *model) moveOn(concerns bool, cannot string) {
	if !concerns || m.at == len(m.pol.Steps) {
		return
	}
	waits := m.told()
	for _, p := range m.plans {
		if p.now {
			waits = plus(waits, []string{p.who()})
		}
	}
	if !slices.ContainsFunc(waits, func(who string) bool { return m.alive(who) && !m.off(who) }) && len(m.spared) == 0 {
		m.step(slices.DeleteFunc(plus(m.told(), []string{cannot}), m.alive), nil)
	}
}

// off says whether somebody of this turn stands for it no more.
func (m *model) off(who string) bool {
	now := m.stands(m.at)
	return who != m.owner && len(now) > 0 && !slices.Contains(now, who)
}

// tick is what happens when something is due.
func (m *model) tick() {
	if m.status == Acknowledged {
		extra := []string{}
		if !m.snoozed {
			extra = append(extra, m.owner)
			m.rounds++
		}
		m.restart()
		m.step(nil, extra)
		return
	}
	relieved := false
	for _, p := range slices.Clone(m.plans) {
		if p.at.After(m.now) {
			continue
		}
		at := slices.Index(m.plans, p)
		m.plans = slices.Delete(m.plans, at, at+1)
		if now := m.stands(p.step); p.who() != m.owner && len(now) > 0 && !slices.Contains(now, p.who()) {
			relieved = relieved || p.now
			continue
		}
		m.call(p)
	}
	if relieved {
		for _, who := range m.stands(m.at) {
			if !slices.ContainsFunc(m.tries, func(t try) bool { return t.who == who }) && !m.planned(who) && !m.cannot(who) {
				m.tell(who, m.at)
			}
		}
	}
	m.again()
	if !m.next.After(m.now) {
		m.step(nil, nil)
	}
}

// relieve tells whoever came on duty for the step, and leaves in peace who went off.
func (m *model) relieve() {
	now := m.stands(m.at)
	if m.status != Open || len(now) == 0 {
		return
	}
	m.plans = slices.DeleteFunc(m.plans, func(p plan) bool {
		return p.now && p.who() != m.owner && !slices.Contains(now, p.who())
	})
	for _, who := range now {
		if !slices.ContainsFunc(m.tries, func(t try) bool { return t.who == who }) && !m.planned(who) && !m.cannot(who) {
			m.tell(who, m.at)
		}
	}
	m.again()
}

func (m *model) stands(step int) []string {
	switch {
	case step < 0:
		return nil
	case step < len(m.pol.Steps):
		return m.who(step)
	}
	return m.floor()
}

func (m *model) planned(who string) bool {
	return slices.Contains(m.spared, who) || slices.ContainsFunc(m.plans, func(p plan) bool { return p.now && p.who() == who })
}

func (m *model) due() time.Time {
	if m.status != Open {
		return m.until
	}
	out := m.next
	for _, p := range m.plans {
		if p.at.Before(out) {
			out = p.at
		}
	}
	return out
}

func (m *model) acknowledge(who string) {
	until := time.Time{}
	if m.pol.AckTimeout > 0 && m.rounds < MaxRepages {
		until = m.now.Add(m.pol.AckTimeout)
	}
	if m.status == Open || m.snoozed {
		m.status, m.owner, m.snoozed = Acknowledged, who, false
		m.plans = nil
	}
	m.until = until
}

func (m *model) snooze(who string, until time.Time) {
	m.status, m.owner, m.snoozed, m.until = Acknowledged, who, true, until
	m.plans = nil
}

func (m *model) handOver(to string) {
	m.restart()
	m.owner = to
	m.turn(-1, DefaultWait, []string{to})
}

func (m *model) decline(who string) {
	concerns := slices.ContainsFunc(m.plans, func(p plan) bool { return p.now && p.who() == who })
	m.plans = slices.DeleteFunc(m.plans, func(p plan) bool { return p.who() == who })
	if m.asked[who] {
		m.asked[who] = false
	}
	for n := range m.tries {
		if m.tries[n].who == who {
			m.tries[n].dead, concerns = true, true
		}
	}
	m.moveOn(concerns, who)
	m.again()
}

// plansFor says whether somebody is to be told later.
func (m *model) plansFor(who string) bool {
	return slices.ContainsFunc(m.plans, func(p plan) bool { return p.who() == who })
}

func plus(list, more []string) []string {
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

func minus(list, less []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(less, s) })
}
