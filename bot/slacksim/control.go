package slacksim

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// control is the control API. It takes the mutex itself.
type control struct {
	server *Server
	sees   *snapshots
}

// The control API lets the page, and people with curl, do everything that a
// Person can and see everything that tests can. All answers are JSON; errors
// are {"ok":false,"error":"a sentence"} with status 400.
//
//	GET  /sim/api/state?user=U0DEV1[&messages=200]   State; messages=0 leaves messages out
//	GET  /sim/api/messages?user=U&channel=C[&limit=200][&before=TS]   {"messages":[Message…],"has_more":bool}
//	GET  /sim/api/stream?user=U[&all=1]              server-sent events, one Change each; see serveStream
//	GET  /sim/api/files/ID                           the bytes of a file
//	GET  /sim/api/calls[?method=M][&limit=100]       {"calls":[Call…]}, newest last
//	GET  /sim/api/envelopes[?type=T][&limit=100]     {"envelopes":[Envelope…]}, newest last
//	POST /sim/api/ACTION                             a JSON object, see actions
//
// POST bodies must be application/json, and a browser's Origin must be the
// server's own, so that no other web page can act here.
func (ctl *control) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sim/api/state", ctl.serveState)
	mux.HandleFunc("GET /sim/api/messages", ctl.serveMessages)
	mux.HandleFunc("GET /sim/api/stream", ctl.serveStream)
	mux.HandleFunc("GET /sim/api/files/{id}", ctl.serveFile)
	mux.HandleFunc("GET /sim/api/calls", ctl.serveCalls)
	mux.HandleFunc("GET /sim/api/envelopes", ctl.serveEnvelopes)
	acts := actions()
	mux.HandleFunc("POST /sim/api/{action}", func(w http.ResponseWriter, r *http.Request) {
		act, known := acts[r.PathValue("action")]
		if !known {
			refuse(w, http.StatusNotFound, "there is no action "+strconv.Quote(r.PathValue("action")))
			return
		}
		ctl.serveAction(w, r, act)
	})
	return mux
}

// local keeps other web pages out: a name that resolves to this machine, or a
// form on a foreign page, must not reach the control API.
func (ctl *control) local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin := r.Header.Get("Origin"); origin != "" {
			if u, err := url.Parse(origin); err != nil || u.Host != r.Host {
				refuse(w, http.StatusForbidden, "requests from other origins are refused")
				return
			}
		}
		if !ctl.open() && !loopback(r.Host) {
			refuse(w, http.StatusForbidden, "use the address that was printed at the start")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (ctl *control) open() bool {
	ctl.server.mu.Lock()
	defer ctl.server.mu.Unlock()
	return ctl.server.exposed
}

func loopback(hostPort string) bool {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		host = hostPort
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func refuse(w http.ResponseWriter, status int, sentence string) {
	answerJSON(w, status, object{"ok": false, "error": sentence})
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	//nolint:errcheck // a client that has gone away is its own problem
	json.NewEncoder(w).Encode(v)
}

func (ctl *control) serveAction(w http.ResponseWriter, r *http.Request, act action) {
	if kind := r.Header.Get("Content-Type"); len(kind) < 16 || kind[:16] != "application/json" {
		refuse(w, http.StatusUnsupportedMediaType, "send application/json")
		return
	}
	var in actionInput
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil {
		refuse(w, http.StatusBadRequest, "read the request: "+err.Error())
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), time.Minute)
	defer cancel()
	out, err := act(ctx, ctl.server, ctl.server.As(in.User), in)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	if out == nil {
		out = object{}
	}
	out["ok"] = true
	answerJSON(w, http.StatusOK, out)
}

// count reads a number from a query.
func count(r *http.Request, name string, fallback int) int {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil || n < 0 {
		return fallback
	}
	return n
}

func last[T any](all []T, n int) []T {
	if all == nil {
		return []T{}
	}
	return all[max(0, len(all)-n):]
}

func (ctl *control) serveCalls(w http.ResponseWriter, r *http.Request) {
	answerJSON(w, http.StatusOK, object{"calls": last(ctl.server.Calls(r.URL.Query().Get("method")), count(r, "limit", 100))})
}

func (ctl *control) serveEnvelopes(w http.ResponseWriter, r *http.Request) {
	answerJSON(w, http.StatusOK, object{"envelopes": last(ctl.server.Envelopes(r.URL.Query().Get("type")), count(r, "limit", 100))})
}

func (ctl *control) serveFile(w http.ResponseWriter, r *http.Request) {
	ctl.server.mu.Lock()
	f := ctl.server.files.get(r.PathValue("id"))
	ctl.server.mu.Unlock()
	if f == nil {
		refuse(w, http.StatusNotFound, "there is no such file")
		return
	}
	sendFile(w, f)
}
