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

// journal numbers the changes of the workspace from 1 and keeps the latest of them.
// It belongs to the server's mutex.
type journal struct {
	seq  uint64
	kept [keptChanges]Change
	wake chan struct{} // closed at the next change; nil: nobody waits
}

// note records a change and wakes everybody who waits for one.
func (j *journal) note(c Change) {
	j.seq++
	c.Seq = j.seq
	j.kept[j.seq%keptChanges] = c
	if j.wake != nil {
		close(j.wake)
		j.wake = nil
	}
}

// message records that a message is new or looks different.
func (j *journal) message(m *Message) {
	shown := m.clone()
	j.note(Change{Kind: "message", Channel: m.Channel, TS: m.TS, User: m.User, Message: &shown})
}

// whisper is message for one that only this person sees.
func (j *journal) whisper(user string, m *Message) {
	shown := m.clone()
	j.note(Change{Kind: "ephemeral", Channel: m.Channel, TS: m.TS, User: user, Message: &shown})
}

// next is closed at the next change.
func (j *journal) next() <-chan struct{} {
	if j.wake == nil {
		j.wake = make(chan struct{})
	}
	return j.wake
}

// after returns the changes after number seq, and whether older ones than those
// returned are not kept any more.
func (j *journal) after(seq uint64) (changes []Change, lost bool) {
	if seq > j.seq {
		return nil, true
	}
	first := seq + 1
	if j.seq >= keptChanges && first <= j.seq-keptChanges {
		first, lost = j.seq-keptChanges+1, true
	}
	for n := first; n <= j.seq; n++ {
		changes = append(changes, j.kept[n%keptChanges])
	}
	return changes, lost
}

// recent keeps the latest things of a kind: at least keep of them, at most twice as
// many.
type recent[T any] struct {
	keep int
	all  []T
}

func (r *recent[T]) add(item T) {
	r.all = append(r.all, item)
	if len(r.all) >= 2*r.keep {
		r.all = append([]T(nil), r.all[len(r.all)-r.keep:]...)
	}
}

// Seq is the number of the latest change.
func (s *Server) Seq() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.journal.seq
}

// ChangesAfter returns the changes after number seq, a channel that is closed
// at the next change, and whether older ones than those returned were lost,
// in which case the reader should read the whole state again.
func (s *Server) ChangesAfter(seq uint64) (changes []Change, next <-chan struct{}, lost bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	changes, lost = s.journal.after(seq)
	return changes, s.journal.next(), lost
}

// Wait returns when done reports true; done is asked again after every change
// of the workspace. It may call any exported method. The error is ctx's.
func (s *Server) Wait(ctx context.Context, done func() bool) error {
	for {
		s.mu.Lock()
		next := s.journal.next()
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
