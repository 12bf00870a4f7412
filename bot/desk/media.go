package desk

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/watchbill/watchbill/oncall/paging"
)

// media are the media that do not work at the moment.
type media struct {
	mu   sync.RWMutex
	down map[paging.Method]bool
}

// Down says that a medium does not work at the moment.
func (d *Desk) Down(m paging.Method) bool {
	d.media.mu.RLock()
	defer d.media.mu.RUnlock()
	return d.media.down[m]
}

// MediumUp says that a medium works again.
func (d *Desk) MediumUp(m paging.Method) {
	d.media.mu.Lock()
	defer d.media.mu.Unlock()
	delete(d.media.down, m)
}

// MediumDown says that a medium does not work: until MediumUp, pages go by the next
// way to each person at once, and so do those that are open and wait for it. It goes
// on after a page that cannot be changed, and returns the first error. Told again it
// goes through the open pages again. Since is from when on it has taken messages and
// brought no answer; zero: it takes none.
func (d *Desk) MediumDown(ctx context.Context, m paging.Method, since time.Time) error {
	d.media.mu.Lock()
	if d.media.down == nil {
		d.media.down = map[paging.Method]bool{}
	}
	d.media.down[m] = true
	d.media.mu.Unlock()
	pages, err := d.OpenPages(ctx, mostOpenPages)
	if err != nil {
		return err
	}
	pages = slices.DeleteFunc(pages, func(p paging.Page) bool { return !p.Lost(m, since) })
	if err := d.onPages(ctx, pages, func(u *unit) paging.Command { return paging.Unreachable{Method: m, Since: since, World: u.world()} }); err != nil {
		return fmt.Errorf("go on without %s: %w", m, err)
	}
	return nil
}

const (
	// mostOpenPages is how many open pages are gone through.
	mostOpenPages = 100_000
	// pagesAside is how many pages are put a command at the same time: those of one
	// lane are stored together.
	pagesAside = 256
)

// onPages puts a command to many pages, and goes on after those that cannot be changed;
// it returns the first error.
func (d *Desk) onPages(ctx context.Context, pages []paging.Page, command func(*unit) paging.Command) error {
	var (
		all   sync.WaitGroup
		once  sync.Once
		first error
		slots = make(chan struct{}, pagesAside)
	)
	for _, p := range pages {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			if _, err := d.onPage(ctx, In{}, p.ID, command); err != nil {
				once.Do(func() { first = fmt.Errorf("%s: %w", p.ID, err) })
			}
		})
	}
	all.Wait()
	return first
}
