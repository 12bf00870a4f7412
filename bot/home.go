package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slackio"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

type home struct {
	desk       *desk.Desk
	people     *desk.Directory
	client     *slackio.Client
	views      *views
	alerts     *alertFront
	oncall     *oncallFront
	afterwards *afterwards
	log        zerolog.Logger
	now        func() time.Time

	mu    sync.Mutex
	shown []string // whose was published, the latest last; at most mostRedrawn
}

// redraw publishes anew what people look at: it says whether its buttons work.
func (h *home) redraw() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, user := range h.shown {
		h.refresh(user)
	}
}

// watched are the users who looked at theirs, the latest last.
func (h *home) watched() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.shown)
}

// remember puts users before those who have looked at theirs: it was in an earlier life.
func (h *home) remember(users []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	users = slices.DeleteFunc(users, func(u string) bool { return slices.Contains(h.shown, u) })
	h.shown = append(users, h.shown...)
	h.shown = h.shown[max(0, len(h.shown)-mostRedrawn):]
}

func (h *home) show(ctx context.Context, user string) error {
	h.mu.Lock()
	h.shown = append(slices.DeleteFunc(h.shown, func(u string) bool { return u == user }), user)
	h.shown = h.shown[max(0, len(h.shown)-mostRedrawn):]
	h.mu.Unlock()
	person := h.people.Person(user)
	live, err := h.desk.Worst(ctx)
	if err != nil {
		return err
	}
	pages, err := h.desk.OpenPages(ctx, 500)
	if err != nil {
		return err
	}
	d := slackui.HomeTab{Incidents: live}
	pages = worstPages(slices.DeleteFunc(pages, func(p paging.Page) bool { return !p.Told(person) }))
	if d.Pages, err = h.titled(ctx, pages); err != nil {
		return err
	}
	held, err := h.desk.PagesHeldBy(ctx, person, 50)
	if err != nil {
		return err
	}
	if d.Held, err = h.titled(ctx, held); err != nil {
		return err
	}
	if d.Alerts, err = h.alerts.concerning(ctx, person); err != nil {
		return err
	}
	now := h.now()
	d.Shifts = h.oncall.shiftsOf(person, now)
	if d.Stands, err = h.oncall.standing(ctx, func(_ string, c oncall.Standing) bool { return c.Person == person && c.Kind != oncall.OverrideChange }); err != nil {
		return err
	}
	view, err := json.Marshal(slackui.Home(d, h.views.plain()))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_, err = h.client.PublishHome(ctx, user, "", view)
	return err
}

// worstPages orders pages, which come oldest first, for somebody who looks at a few of
// them: the worst first, of a severity the newest.
func worstPages(pages []paging.Page) []paging.Page {
	rank := func(p paging.Page) int {
		if s, err := incident.ParseSeverity(p.Facts.Severity); err == nil {
			return int(s)
		}
		return alert.Severity(p.Facts.Severity).Rank()
	}
	slices.Reverse(pages)
	slices.SortStableFunc(pages, func(a, b paging.Page) int { return cmp.Compare(rank(a), rank(b)) })
	return pages
}

// titled are pages as the Home tab shows them: the first ones with what they are about.
func (h *home) titled(ctx context.Context, pages []paging.Page) ([]slackui.HomePage, error) {
	out := make([]slackui.HomePage, len(pages))
	for n, p := range pages {
		out[n].Page = p
		if n >= slackui.MaxHome {
			continue
		}
		_, about, _, err := h.desk.PageShown(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		out[n].Level, out[n].Title = about.Level, about.Title
	}
	return out, nil
}

// refresh shows on somebody's Home tab what they did there.
func (h *home) refresh(user string) {
	h.afterwards.do(func(ctx context.Context) {
		if err := h.show(ctx, user); err != nil {
			h.log.Warn().Err(err).Msg("show the Home tab anew")
		}
	})
}
