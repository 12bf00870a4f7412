package bot

import (
	"context"
	"sync"
	"time"
)

// followTime is how long an answer that follows an acknowledgement may take.
const followTime = time.Minute

// afterwards runs what follows an acknowledgement. Nobody waits for it but the end of the
// bot, which outlives the envelope's own context.
type afterwards struct {
	running sync.WaitGroup
	life    context.Context // of all that runs
	end     context.CancelFunc
}

func newAfterwards() *afterwards {
	life, end := context.WithCancel(context.Background())
	return &afterwards{life: life, end: end}
}

// do runs something beside the caller. It is cut off after followTime, or when the bot
// stops.
func (a *afterwards) do(run func(context.Context)) {
	a.running.Go(func() {
		ctx, cancel := context.WithTimeout(a.life, followTime)
		defer cancel()
		run(ctx)
	})
}

// finish gives what still runs a moment, and cuts it off then.
func (a *afterwards) finish(moment time.Duration) {
	cut := time.AfterFunc(moment, a.end)
	defer cut.Stop()
	a.running.Wait()
}
