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
	plans   map[string]plan            // person/method
	tries   map[string]map[string]bool // of this turn: person -> method -> whether there is hope
	called  []string
}

type plan struct {
	at    time.Time
	every time.Duration
	step  int
	now   bool // it belongs to the present turn
}

func newModel(r roster, pol Policy, now time.Time) *model {
	m := &model{r: r, pol: pol, now: now, plans: map[string]plan{}, tries: map[string]map[string]bool{}}
	m.restart()
	m.step(nil, nil)
	return m
}

func (m *model) restart() {
	m.status, m.script, m.at, m.snoozed, m.until = Open, nil, -1, false, time.Time{}
	for range m.pol.Repeat + 1 {
		for n := range m.pol.Steps {
			m.script = append(m.script, n)
		}
	}
	clear(m.plans)
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
	var all []string
	for n := len(m.pol.Steps) - 1; n >= 0 && len(all) == 0; n-- {
		all = m.who(n)
	}
	for _, r := range m.r["floor"] {
		all = plus(all, []string{r.String()})
	}
	all = plus(all, extra)
	wait := min(m.pol.Steps[len(m.pol.Steps)-1].Wait, MaxFloorWait)
	if len(all) == 0 {
		wait = NobodyWait
	}
	m.turn(m.at, wait, minus(all, passed))
}

func (m *model) turn(step int, wait time.Duration, to []string) {
	m.next = m.now.Add(wait)
	clear(m.tries)
	for k, p := range m.plans {
		p.now = false
		m.plans[k] = p
	}
	for _, who := range to {
		m.tell(who, step)
	}
}

func (m *model) tell(who string, step int) {
	list := reach[who]
	if len(list) == 0 {
		list = []Contact{{Method: Slack}}
	}
	for _, c := range list {
		key := who + "/" + string(c.Method)
		if c.After == 0 {
			m.call(key, plan{every: c.Every, step: step, now: true})
			continue
		}
		p := plan{m.now.Add(c.After), c.Every, step, true}
		if old, ok := m.plans[key]; ok && old.at.Before(p.at) {
			p.at = old.at
		}
		m.plans[key] = p
	}
}

func (m *model) call(key string, p plan) {
	m.called = append(m.called, key)
	delete(m.plans, key)
	if p.every > 0 {
		p.at = m.now.Add(p.every)
		m.plans[key] = p
	}
	if p.now {
		who, method, _ := strings.Cut(key, "/")
		if m.tries[who] == nil {
			m.tries[who] = map[string]bool{}
		}
		m.tries[who][method] = true
	}
}

// alive says whether a person of this turn may still answer.
func (m *model) alive(who string) bool {
	for _, ok := range m.tries[who] {
		if ok {
			return true
		}
	}
	for key, p := range m.plans {
		name, method, _ := strings.Cut(key, "/")
		if ok, tried := m.tries[who][method]; name == who && p.now && (!tried || ok) {
			return true
		}
	}
	return false
}

// bad says that a way to a person of this turn, or of an earlier one, is of no use.
func (m *model) bad(who, method string, current bool) {
	if current {
		m.tries[who][method] = false
	}
	first := time.Time{}
	for key, p := range m.plans {
		name, other, _ := strings.Cut(key, "/")
		if name == who && other != method && (first.IsZero() || p.at.Before(first)) {
			first = p.at
		}
	}
	for key, p := range m.plans {
		if name, other, _ := strings.Cut(key, "/"); name == who && other != method && p.at.Equal(first) {
			m.call(key, p)
		}
	}
	m.moveOn(current)
}

func (m *model) moveOn(concerns bool) {
	if !concerns || m.at == len(m.pol.Steps) {
		return
	}
	var passed []string
	for who := range m.tries {
		if strings.HasPrefix(who, "channel:") {
			continue
		}
		if m.alive(who) {
			return
		}
		passed = append(passed, who)
	}
	for key, p := range m.plans {
		if who, _, _ := strings.Cut(key, "/"); p.now && m.alive(who) {
			return
		}
	}
	m.step(passed, nil)
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
	due := map[string]plan{}
	for key, p := range m.plans {
		if !p.at.After(m.now) {
			due[key] = p
		}
	}
	for key, p := range due {
		who, _, _ := strings.Cut(key, "/")
		if now := m.stands(p.step); who != m.owner && len(now) > 0 && !slices.Contains(now, who) {
			delete(m.plans, key)
			relieved = relieved || p.now
			continue
		}
		m.call(key, p)
	}
	if relieved {
		for _, who := range m.who(m.at) {
			if m.tries[who] == nil && !m.planned(who) {
				m.tell(who, m.at)
			}
		}
	}
	if !m.next.After(m.now) {
		m.step(nil, nil)
	}
}

func (m *model) stands(step int) []string {
	if step < 0 || step >= len(m.pol.Steps) {
		return nil
	}
	return m.who(step)
}

func (m *model) planned(who string) bool {
	for key, p := range m.plans {
		if name, _, _ := strings.Cut(key, "/"); name == who && p.now {
			return true
		}
	}
	return false
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
		clear(m.plans)
	}
	m.until = until
}

func (m *model) snooze(who string, until time.Time) {
	m.status, m.owner, m.snoozed, m.until = Acknowledged, who, true, until
	clear(m.plans)
}

func (m *model) handOver(to string) {
	m.restart()
	m.owner = to
	m.turn(-1, DefaultWait, []string{to})
}

func (m *model) decline(who string) {
	for key := range m.plans {
		if name, _, _ := strings.Cut(key, "/"); name == who {
			delete(m.plans, key)
		}
	}
	_, concerns := m.tries[who]
	for method := range m.tries[who] {
		m.tries[who][method] = false
	}
	m.moveOn(concerns)
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
