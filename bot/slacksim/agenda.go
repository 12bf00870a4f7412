package slacksim

import (
	"cmp"
	"container/heap"
	"time"
)

// job is something that happens at a time of Config.Now.
type job struct {
	when  time.Time
	seq   uint64
	index int // in the heap; -1: it is not there any more
	run   func()
}

type jobs []*job

func (a jobs) Len() int { return len(a) }
func (a jobs) Less(i, j int) bool {
	return cmp.Or(a[i].when.Compare(a[j].when), cmp.Compare(a[i].seq, a[j].seq)) < 0
}
func (a jobs) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].index, a[j].index = i, j
}
func (a *jobs) Push(x any) {
	j := x.(*job)
	j.index = len(*a)
	*a = append(*a, j)
}
func (a *jobs) Pop() any {
	old := *a
	j := old[len(old)-1]
	old[len(old)-1] = nil
	*a = old[:len(old)-1]
	j.index = -1
	return j
}

// agenda is what happens later, in order of time and then of asking. It belongs to the
// server's mutex, and so does what its jobs do.
type agenda struct {
	now    func() time.Time
	jobs   jobs
	seq    uint64
	kicked chan struct{} // of length 1: look at the clock again
}

func newAgenda(now func() time.Time) *agenda {
	return &agenda{now: now, kicked: make(chan struct{}, 1)}
}

// after has f run once d has passed on Config.Now.
func (a *agenda) after(d time.Duration, f func()) *job {
	a.seq++
	j := &job{when: a.now().Add(d), seq: a.seq, run: f}
	heap.Push(&a.jobs, j)
	if j.index == 0 {
		a.kick()
	}
	return j
}

// cancel takes a job away that has not run; nil is none.
func (a *agenda) cancel(j *job) {
	if j != nil && j.index >= 0 {
		heap.Remove(&a.jobs, j.index)
	}
}

// kick makes the agenda look at the clock again. It needs no mutex.
func (a *agenda) kick() {
	select {
	case a.kicked <- struct{}{}:
	default:
	}
}

// runDue runs what is due now and says how long until the next job.
func (a *agenda) runDue() time.Duration {
	for len(a.jobs) > 0 {
		wait := a.jobs[0].when.Sub(a.now())
		if wait > 0 {
			return wait
		}
		heap.Pop(&a.jobs).(*job).run()
	}
	return time.Hour
}

// Wake runs what has become due. It is only needed after a stepped Config.Now
// has moved; with a real clock the agenda wakes by itself.
func (s *Server) Wake() {
	s.mu.hold(func() { s.agenda.runDue() })
	s.agenda.kick()
}

// runAgenda is the goroutine behind the agenda. It takes the mutex itself.
func (s *Server) runAgenda() {
	defer s.running.Done()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		var wait time.Duration
		s.mu.hold(func() { wait = s.agenda.runDue() })
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-s.agenda.kicked:
		case <-s.closing:
			return
		}
	}
}
