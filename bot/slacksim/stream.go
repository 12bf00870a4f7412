package slacksim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// serveStream sends changes as server-sent events:
//
//	id: 42
//	data: {"seq":42,"kind":"message","channel":"C…","ts":"…","user":"U…","message":{…}}
//
// kind "message" and "ephemeral" carry the message as it is now (new or
// changed); "message_deleted" names it by channel and ts. All other kinds say
// only what to read again: channel, user, view, home, file, usergroup, socket,
// fault, read, and "elsewhere" for what others have to read, or have read. The event "resync" (data: {"seq":N}) means that changes were
// lost and the whole state should be read. With all=1 the kinds "call" and
// "envelope" come too. A reader starts after ?after=SEQ or Last-Event-ID,
// otherwise at the present. Only what the user can see is sent.
func (ctl *control) serveStream(w http.ResponseWriter, r *http.Request) {
	out := http.NewResponseController(w)
	query := r.URL.Query()
	ctl.server.mu.Lock()
	u := ctl.server.users.find(query.Get("user"))
	seq := ctl.server.journal.seq
	ctl.server.mu.Unlock()
	if u == nil {
		refuse(w, http.StatusNotFound, "there is no such user")
		return
	}
	for _, text := range []string{query.Get("after"), r.Header.Get("Last-Event-ID")} {
		if n, err := strconv.ParseUint(text, 10, 64); err == nil {
			seq = n
		}
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	if _, err := fmt.Fprint(w, "retry: 1000\n\n"); err != nil { // milliseconds until a browser tries again
		return
	}
	heartbeat := time.NewTicker(15 * time.Second)
	defer heartbeat.Stop()
	for {
		changes, next, lost := ctl.server.ChangesAfter(seq)
		if lost {
			seq = ctl.server.Seq()
			if _, err := fmt.Fprintf(w, "id: %d\nevent: resync\ndata: {\"seq\":%d}\n\n", seq, seq); err != nil {
				return
			}
			changes = nil
		}
		for _, c := range changes {
			seq = c.Seq
			if !ctl.shows(c, u.ID, query.Get("all") == "1") {
				if c.Kind != "message" && c.Kind != "message_deleted" && c.Kind != "read" {
					continue
				}
				c = Change{Seq: c.Seq, Kind: "elsewhere"}
			}
			data, err := json.Marshal(c)
			if err != nil {
				continue
			}
			if _, err := fmt.Fprintf(w, "id: %d\ndata: %s\n\n", c.Seq, data); err != nil {
				return
			}
		}
		if out.Flush() != nil {
			return
		}
		select {
		case <-next:
		case <-heartbeat.C:
			if _, err := fmt.Fprint(w, ": still here\n\n"); err != nil {
				return
			}
		case <-r.Context().Done():
			return
		case <-ctl.server.closing:
			return
		}
	}
}

// shows reports whether a change concerns a user.
func (ctl *control) shows(c Change, user string, all bool) bool {
	switch c.Kind {
	case "call", "envelope":
		return all
	case "view", "home", "ephemeral", "read":
		return c.User == user
	case "message", "message_deleted":
		ctl.server.mu.Lock()
		defer ctl.server.mu.Unlock()
		ch := ctl.server.channels.get(c.Channel)
		return ch == nil || ctl.sees.seen(ch, user)
	}
	return true
}
