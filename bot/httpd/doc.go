// Package httpd is what Watchbill says over HTTP: its health and metrics on the
// network, and the API that the command line uses over a Unix socket.
package httpd
