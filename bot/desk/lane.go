package desk

import (
	"context"
	"crypto/rand"
	"sync"

	"github.com/watchbill/watchbill/storage"
)

// job is one command on its way through a lane.
type job struct {
	cause string
	asked string
	told  bool // the cause is the input's: it may come again
	// alerts says that its lane is that of alerts.
	alerts bool
	run    func(u *unit) (Answer, error)
	// free jobs need no cause: what they decide on says itself what is a repetition.
	// They refuse nothing, and have no answer.
	free bool
	// weight is how much is decided, for a unit that shall not grow too large; at
	// least 1.
	weight int
	// settle are outcomes of deliveries, stored together with what run decides.
	settle []storage.Settlement
	taken  bool          // under lanes.mu: it is being decided; it can no longer be withdrawn
	done   chan struct{} // closed once there is a result
	result *Result
}

// nothing is the result of jobs without an answer; it is not changed.
var nothing = &Result{}

// lane is the queue of the commands on one incident and its pages.
type lane struct {
	waiting []*job
	running bool
}

// lanes have the commands on one thing served one after another, and those on others at
// the same time.
type lanes struct {
	serve  func([]*job) // decides jobs that waited together, and stores them
	mu     sync.Mutex
	byName map[string]*lane
	busy   sync.WaitGroup
	runs   chan laneRun // to RunLanes; not buffered
}

func newLanes(serve func([]*job)) *lanes {
	return &lanes{serve: serve, byName: map[string]*lane{}, runs: make(chan laneRun)}
}

// mostJobs is how many waiting commands are stored in one commit, mostWeight how much
// they decide together; one that is heavier is stored alone.
const (
	mostJobs   = 256
	mostWeight = 1024
)

// next is how many of the jobs are stored together.
func next(jobs []*job) int {
	weight := 0
	for n, j := range jobs[:min(len(jobs), mostJobs)] {
		if weight += max(1, j.weight); n > 0 && weight > mostWeight {
			return n
		}
	}
	return min(len(jobs), mostJobs)
}

// do takes a command through its lane. When ctx ends before it was begun, it is
// withdrawn (ErrNotRecorded); when ctx ends while it is being written, the
// outcome follows (*PendingError).
func (q *lanes) do(ctx context.Context, name string, j *job) (Answer, error) {
	if j.told = j.cause != ""; !j.told {
		j.cause = "own:" + rand.Text()
	}
	j.done, j.alerts = make(chan struct{}), name == alertsLane
	q.enter(name, j)
	select {
	case <-j.done:
		return j.result.Answer, j.result.Err
	case <-ctx.Done():
	}
	if q.withdraw(name, j) {
		return Answer{}, ErrNotRecorded
	}
	select {
	case <-j.done:
		return j.result.Answer, j.result.Err
	default:
		return Answer{}, &PendingError{Done: j.later()}
	}
}

// later hands the result over when it is there.
func (j *job) later() <-chan Result {
	out := make(chan Result, 1)
	go func() {
		<-j.done
		out <- *j.result
	}()
	return out
}

func (q *lanes) enter(name string, j *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.byName[name]
	if l == nil {
		l = &lane{}
		q.byName[name] = l
	}
	l.waiting = append(l.waiting, j)
	if !l.running {
		l.running = true
		q.busy.Add(1)
		q.start(laneRun{name, l})
	}
}

// laneRun is a lane to be run.
type laneRun struct {
	name string
	*lane
}

// laneRunners is how many goroutines RunLanes keeps.
const laneRunners = 64

// RunLanes runs lanes until the context ends. There need not be anybody who does: lanes
// then run in goroutines of their own, whose stacks grow anew with each command, by being
// copied several times.
func (q *lanes) RunLanes(ctx context.Context) error {
	for range laneRunners {
		go func() {
			for {
				select {
				case r := <-q.runs:
					q.runLane(r.name, r.lane)
				case <-ctx.Done():
					return
				}
			}
		}()
	}
	<-ctx.Done() // Drain waits for what is under way
	return nil
}

func (q *lanes) start(r laneRun) {
	select {
	case q.runs <- r: // somebody waits for it
	default:
		go q.runLane(r.name, r.lane)
	}
}

func (q *lanes) withdraw(name string, j *job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if j.taken {
		return false
	}
	if l := q.byName[name]; l != nil {
		for n, w := range l.waiting {
			if w == j {
				l.waiting = append(l.waiting[:n], l.waiting[n+1:]...)
				break
			}
		}
	}
	return true
}

func (q *lanes) runLane(name string, l *lane) {
	defer q.busy.Done()
	for {
		q.mu.Lock()
		if len(l.waiting) == 0 {
			l.running = false
			delete(q.byName, name)
			q.mu.Unlock()
			return
		}
		n := next(l.waiting)
		jobs := l.waiting[:n:n]
		l.waiting = l.waiting[len(jobs):]
		for _, j := range jobs {
			j.taken = true
		}
		q.mu.Unlock()
		q.serve(jobs)
		for _, j := range jobs {
			close(j.done)
		}
	}
}

// Drain waits until no command is under way, or the context ends.
func (q *lanes) Drain(ctx context.Context) error {
	done := make(chan struct{})
	go func() { q.busy.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
