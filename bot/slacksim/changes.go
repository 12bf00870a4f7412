package slacksim

import (
	"context"
	"fmt"
)

// Change is one thing that happened in the workspace, in order. Message is set
// for kinds "message" and "ephemeral".
type Change struct {
	Seq     uint64   `json:"seq"`
	Kind    string   `json:"kind"` // message, message_deleted, ephemeral, channel, user, view, home, file, usergroup, socket, envelope, call, fault, read
	Channel string   `json:"channel,omitempty"`
	User    string   `json:"user,omitempty"`
	TS      string   `json:"ts,omitempty"`
	Message *Message `json:"message,omitempty"`
}

const keptChanges = 4096

// note records a change and wakes everybody who waits for one.
func (s *Server) note(c Change) {
	s.seq++
	c.Seq = s.seq
	s.changes[s.seq%keptChanges] = c
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// next is closed at the next change.
func (s *Server) next() <-chan struct{} {
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed
}

func (s *Server) noteMessage(m *Message) {
	shown := m.clone()
	s.note(Change{Kind: "message", Channel: m.Channel, TS: m.TS, User: m.User, Message: &shown})
}

// Seq is the number of the latest change.
func (s *Server) Seq() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seq
}

// ChangesAfter returns the changes after number seq, a channel that is closed
// at the next change, and whether older ones than those returned were lost,
// in which case the reader should read the whole state again.
func (s *Server) ChangesAfter(seq uint64) (changes []Change, next <-chan struct{}, lost bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if seq > s.seq {
		return nil, s.next(), true
	}
	first := seq + 1
	if s.seq >= keptChanges && first <= s.seq-keptChanges {
		first, lost = s.seq-keptChanges+1, true
	}
	for n := first; n <= s.seq; n++ {
		changes = append(changes, s.changes[n%keptChanges])
	}
	return changes, s.next(), lost
}

// Wait returns when done reports true; done is asked again after every change
// of the workspace. It may call any exported method. The error is ctx's.
func (s *Server) Wait(ctx context.Context, done func() bool) error {
	for {
		s.mu.Lock()
		next := s.next()
		s.mu.Unlock()
		if done() {
			return nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return fmt.Errorf("wait for the workspace: %w", ctx.Err())
		}
	}
}

// OnChange calls f for every change from now on, in order, on one goroutine of
// its own, until cancel is called or the server is closed. A reader that falls
// far behind misses changes and sees a gap in Seq.
func (s *Server) OnChange(f func(Change)) (cancel func()) {
	ctx, stop := context.WithCancel(context.Background())
	seq := s.Seq()
	go func() {
		for {
			changes, next, _ := s.ChangesAfter(seq)
			for _, c := range changes {
				if ctx.Err() != nil {
					return
				}
				f(c)
				seq = c.Seq
			}
			select {
			case <-next:
			case <-ctx.Done():
				return
			case <-s.closing:
				return
			}
		}
	}()
	return stop
}
