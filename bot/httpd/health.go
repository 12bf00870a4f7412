package httpd

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/watchbill/watchbill/incident"
)

// Health says whether the process does its work. Slack being down does not make
// it unready: an orchestrator would kill the only pager.
type Health struct {
	Ready    bool     `json:"ready"`
	Problems []string `json:"problems,omitempty"` // why it is not ready
	// Notes are what an operator should know all the same: Slack cannot be
	// reached, scopes are missing.
	Notes   []string `json:"notes,omitempty"`
	Version string   `json:"version"`
}

// Served are what is served on the network besides health and metrics; what is nil is
// not.
type Served struct {
	Feeds *Feeds
	Links *Links
	Hooks *Hooks
	API   http.Handler
	// Callbacks are what providers of messages call, by their paths.
	Callbacks map[string]http.HandlerFunc
}

// Public is what is served on the network: /healthz, /readyz, /metrics and what else
// there is.
func Public(registry *prometheus.Registry, health func() Health, s Served) http.Handler {
	mux := http.NewServeMux()
	s.Feeds.register(mux)
	s.Links.register(mux)
	s.Hooks.register(mux)
	if s.API != nil {
		mux.Handle("/v1/", s.API)
	}
	for path, callback := range s.Callbacks {
		mux.HandleFunc("POST "+path, callback)
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Write([]byte("ok\n"))
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		h := health()
		status := http.StatusOK
		if !h.Ready {
			status = http.StatusServiceUnavailable
		}
		write(w, status, h)
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { unserved(w, r, mux) })
	return secure(mux)
}

// unserved answers what a mux serves in no way, or by another method only.
func unserved(w http.ResponseWriter, r *http.Request, mux *http.ServeMux) {
	var methods []string
	for _, m := range []string{http.MethodGet, http.MethodPost} {
		if _, pattern := mux.Handler(&http.Request{Method: m, Host: r.Host, URL: r.URL}); pattern != "/" {
			methods = append(methods, m)
		}
	}
	if len(methods) > 0 {
		otherMethod(w, methods)
		return
	}
	nothing(w)
}

// nothing is the answer wherever there is nothing, and where it must not be told whether
// there is.
func nothing(w http.ResponseWriter) {
	fail(w, http.StatusNotFound, incident.NotFound, "There is nothing here.")
}

// otherMethod says by which methods something is asked for.
func otherMethod(w http.ResponseWriter, methods []string) {
	w.Header().Set("Allow", strings.Join(methods, ", "))
	fail(w, http.StatusMethodNotAllowed, "method_not_allowed", "That can only be asked by "+strings.Join(methods, " or ")+".")
}

// secure sets the headers that every answer carries. Their values are shared: what
// changes one replaces it.
func secure(next http.Handler) http.Handler {
	noSniff, noStore := []string{"nosniff"}, []string{"no-store"}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["X-Content-Type-Options"], h["Cache-Control"] = noSniff, noStore
		next.ServeHTTP(w, r)
	})
}

func write(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, `{"error":{"code":"internal","message":"The answer could not be written."}}`, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(body, '\n'))
}
