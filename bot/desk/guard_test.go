package desk

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/memory"
	"github.com/watchbill/watchbill/storage/storagetest"
)

// TestWhatABadJobLeaves: a job that was half decided when it was refused, failed
// or panicked leaves nothing behind, and those beside it are recorded.
func TestWhatABadJobLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settings, err := configs.Parse(nil, "empty.yaml")
		if err != nil {
			t.Fatal(err)
		}
		store := memory.New()
		d := New(Config{Store: store, Settings: settings})
		in := In{By: incident.Actor{Person: "dev1"}}
		if _, err := d.Declare(t.Context(), in, Declaration{Title: "it is broken"}); err != nil {
			t.Fatal(err)
		}
		held := make(chan struct{})
		first := true
		store.Faults(func(op string, _ []storage.Change) memory.Fault {
			if op == "commit" && first {
				first = false
				return memory.Slow(held)
			}
			return memory.None()
		})
		half := func(u *unit) error {
			if err := u.decideIncident("INC-1", incident.Update{By: in.By, Text: "half"}); err != nil {
				return err
			}
			_, err := u.openPage(paging.Begin{Subject: "INC-1", Policy: paging.Direct("person:dev1")})
			return err
		}
		ends := map[string]func() error{
			"a refusal": func() error { return refuse(incident.Conflict, "No.") },
			"an error":  func() error { _, err := store.Get(t.Context(), storage.Ref{Kind: "x", ID: "y"}); return err },
			"a panic":   func() error { panic("no such thing") },
		}
		done := make(chan string, 10)
		start := func(name string, run func(u *unit) (Answer, error)) {
			go func() {
				_, err := d.do(context.Background(), "INC-1", &job{run: run})
				if err == nil {
					name += " recorded"
				}
				done <- name
			}()
			synctest.Wait()
		}
		note := func(text string) {
			start(text, func(u *unit) (Answer, error) {
				return Answer{}, u.decideIncident("INC-1", incident.Note{By: in.By, Text: text})
			})
		}
		note("before")
		for name, end := range ends {
			note("beside " + name)
			start(name, func(u *unit) (Answer, error) {
				if err := half(u); err != nil {
					return Answer{}, err
				}
				return Answer{}, end()
			})
		}
		note("after")
		close(held)
		for range 2 + 2*len(ends) {
			name := <-done
			if bad := ends[strings.TrimSuffix(name, " recorded")] != nil; bad == strings.HasSuffix(name, " recorded") {
				t.Errorf("%s", name)
			}
		}
		events, err := d.Events(t.Context(), "INC-1")
		if err != nil {
			t.Fatal(err)
		}
		notes := 0
		for _, e := range events {
			switch e.Kind {
			case incident.Noted:
				notes++
			case incident.Updated, incident.Paged:
				t.Errorf("%s was left behind", e.Kind)
			}
		}
		if notes != 2+len(ends) {
			t.Errorf("%d notes, want %d", notes, 2+len(ends))
		}
		if pages, err := d.OpenPages(t.Context(), 0); err != nil || len(pages) > 0 {
			t.Errorf("pages were left behind: %v (%v)", pages, err)
		}
		pending, err := store.Effects(t.Context(), 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range pending {
			if e.Kind == NoticeKind || strings.HasPrefix(e.Target, "post/INC-1") && strings.Contains(string(e.Body), "half") {
				t.Errorf("%s was left behind", e.Target)
			}
		}
		storagetest.Check(t, store, Folds())
	})
}

// TestLanesWithRunners: lanes go on when all who run lanes are held up, and those end when
// they are told to, but not what is under way.
func TestLanesWithRunners(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settings, err := configs.Parse(nil, "empty.yaml")
		if err != nil {
			t.Fatal(err)
		}
		d := New(Config{Store: memory.New(), Settings: settings})
		ctx, stop := context.WithCancel(t.Context())
		go d.RunLanes(ctx)
		synctest.Wait()
		const lanes = laneRunners + 10
		held, done := make(chan struct{}), make(chan error, lanes)
		var running atomic.Int64
		decide := func(*unit) (Answer, error) { running.Add(1); <-held; return Answer{}, nil }
		for n := range lanes {
			go func() {
				_, err := d.do(context.Background(), fmt.Sprint("INC-", n), &job{run: decide})
				done <- err
			}()
		}
		synctest.Wait()
		if n := running.Load(); n != lanes {
			t.Errorf("%d of %d lanes run", n, lanes)
		}
		stop()
		synctest.Wait()
		close(held)
		for range lanes {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if err := d.Drain(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := d.do(context.Background(), "INC-1", &job{run: func(*unit) (Answer, error) { return Answer{}, nil }}); err != nil {
			t.Errorf("a command after the end: %v", err)
		}
	})
}
