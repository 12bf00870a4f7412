package slacksim

import (
	"container/heap"
	"time"
)

// job is something that happens at a time of Config.Now.
type job struct {
	when  time.Time
	seq   uint64
	index int
	run   func()
}

type agenda []*job

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	if a[i].when.Equal(a[j].when) {
		return a[i].seq < a[j].seq
	}
	return a[i].when.Before(a[j].when)
}
func (a agenda) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].index, a[j].index = i, j
}
func (a *agenda) Push(x any) {
	j := x.(*job)
	j.index = len(*a)
	*a = append(*a, j)
}
func (a *agenda) Pop() any {
	old := *a
	j := old[len(old)-1]
	old[len(old)-1] = nil
	*a = old[:len(old)-1]
	j.index = -1
	return j
}

// after runs f, with the mutex held, once d has passed on Config.Now.
func (s *Server) after(d time.Duration, f func()) *job {
	s.jobSeq++
	j := &job{when: s.now().Add(d), seq: s.jobSeq, run: f}
	heap.Push(&s.jobs, j)
	if j.index == 0 {
		s.kick()
	}
	return j
}

func (s *Server) cancel(j *job) {
	if j != nil && j.index >= 0 {
		heap.Remove(&s.jobs, j.index)
	}
}

// kick makes the agenda look at the clock again. It needs no mutex.
func (s *Server) kick() {
	select {
	case s.kicked <- struct{}{}:
	default:
	}
}

// Wake runs what has become due. It is only needed after a stepped Config.Now
// has moved; with a real clock the agenda wakes by itself.
func (s *Server) Wake() {
	s.mu.Lock()
	s.runDue()
	s.mu.Unlock()
	s.kick()
}

// runDue runs what is due now and says how long until the next job.
func (s *Server) runDue() time.Duration {
	for len(s.jobs) > 0 {
		wait := s.jobs[0].when.Sub(s.now())
		if wait > 0 {
			return wait
		}
		heap.Pop(&s.jobs).(*job).run()
	}
	return time.Hour
}

// runAgenda is the goroutine behind after. It takes the mutex itself.
func (s *Server) runAgenda() {
	defer s.running.Done()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		s.mu.Lock()
		wait := s.runDue()
		s.mu.Unlock()
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-s.kicked:
		case <-s.closing:
			return
		}
	}
}
