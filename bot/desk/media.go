package desk

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/watchbill/watchbill/oncall/paging"
)

// media are those that take no messages at the moment, and those that bring no answers.
type media struct {
	mu         sync.RWMutex
	down, deaf map[paging.Method]bool
}

// set notes how a medium stands.
func (x *media) set(list *map[paging.Method]bool, m paging.Method, is bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if *list == nil {
		*list = map[paging.Method]bool{}
	}
	(*list)[m] = is
}

// Down says that a medium does not work at the moment.
func (x *media) Down(m paging.Method) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.down[m]
}

// Deaf says that a medium brings no answers at the moment, whether or not it takes
// messages.
func (x *media) Deaf(m paging.Method) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.deaf[m]
}

// MediumUp says that a medium works again.
func (x *media) MediumUp(m paging.Method) { x.set(&x.down, m, false) }

// MediumDown says that a medium does not work: until MediumUp, pages go by the next
// way to each person at once, and so do those that are open and wait for it. It goes
// on after a page that cannot be changed, and returns the first error. Told again it
// goes through the open pages again.
func (d *Desk) MediumDown(ctx context.Context, m paging.Method) error {
	d.media.set(&d.media.down, m, true)
	err := d.onOpenPages(ctx, func(p paging.Page) bool { return p.Waits(m) },
		func(u *unit) paging.Command { return paging.Unreachable{Method: m, World: u.world()} })
	if err != nil {
		return fmt.Errorf("go on without %s: %w", m, err)
	}
	return nil
}

// MediumDeaf says that a medium has brought no answer since an instant: until MediumHeard,
// pages go by the next way to each person too, at once, and so do those that are open and
// went by it since; their messages say so. For whoever has no other way nothing else
// changes. It goes on, and may be told again, as MediumDown.
func (d *Desk) MediumDeaf(ctx context.Context, m paging.Method, since time.Time) error {
	d.media.set(&d.media.deaf, m, true)
	err := d.onOpenPages(ctx, func(p paging.Page) bool { return p.Heard(m) },
		func(u *unit) paging.Command { return paging.Unheard{Method: m, Since: since, World: u.world()} })
	if err != nil {
		return fmt.Errorf("go on without answers by %s: %w", m, err)
	}
	return nil
}

// MediumHeard says that a medium brings answers again.
func (d *Desk) MediumHeard(ctx context.Context, m paging.Method) error {
	d.media.set(&d.media.deaf, m, false)
	unheard := func(n paging.Notice) bool { return n.Unheard && n.Way() == m }
	err := d.onOpenPages(ctx, func(p paging.Page) bool { return slices.ContainsFunc(p.Notices, unheard) },
		func(*unit) paging.Command { return paging.Heard{Method: m} })
	if err != nil {
		return fmt.Errorf("say that answers come by %s again: %w", m, err)
	}
	return nil
}

// onOpenPages puts a command to the open pages that it concerns.
func (d *Desk) onOpenPages(ctx context.Context, concerns func(paging.Page) bool, command func(*unit) paging.Command) error {
	pages, err := d.OpenPages(ctx, mostOpenPages)
	if err != nil {
		return err
	}
	pages = slices.DeleteFunc(pages, func(p paging.Page) bool { return !concerns(p) })
	return d.onPages(ctx, pages, func(u *unit, _ paging.Page) paging.Command { return command(u) })
}

const (
	// mostOpenPages is how many open pages are gone through.
	mostOpenPages = 100_000
	// pagesAside is how many pages are put a command at the same time: those of one
	// lane are stored together.
	pagesAside = 256
)

// onPages puts commands to many pages, and goes on after those that cannot be changed;
// it returns the first error.
func (d *Desk) onPages(ctx context.Context, pages []paging.Page, command func(*unit, paging.Page) paging.Command) error {
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
			if _, err := d.onPage(ctx, In{}, p.ID, func(u *unit) paging.Command { return command(u, p) }); err != nil {
				once.Do(func() { first = fmt.Errorf("%s: %w", p.ID, err) })
			}
		})
	}
	all.Wait()
	return first
}
