package slacksim

import (
	"embed"
	"io/fs"
	"net/http"
)

// pageFiles is the page: plain HTML, CSS and JavaScript modules, served as they
// are written.
//
//go:embed page
var pageFiles embed.FS

// pagePolicy lets the page load its own files and talk to its own origin, and
// nothing else, so that markup smuggled into a message could not run or call out.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// page serves the page for people. It needs no mutex.
func page() http.Handler {
	root, err := fs.Sub(pageFiles, "page")
	if err != nil {
		panic(err) // the name is the embedded folder's: it cannot be invalid
	}
	files := http.FileServerFS(root)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", pagePolicy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cache-Control", "no-cache")
		files.ServeHTTP(w, r)
	})
}
