// Package httpd is what Watchbill says over HTTP: its health, metrics and calendar
// feeds, and the API, by which incidents, pages and schedules are asked about and
// changed from outside Slack. The command line uses the API over a Unix socket, others
// over the network with tokens. One list of routes serves both and describes them in an
// OpenAPI document: see [API]. Questions about the schedules of a file alone are answered
// by the same handlers, in the process that asks.
package httpd
