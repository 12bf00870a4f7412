package slacksim

import "net/http"

// page serves the browser's view of the workspace.
func (s *Server) page() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "slacksim: use /sim/api/state?user=ID", http.StatusNotFound)
	})
}
