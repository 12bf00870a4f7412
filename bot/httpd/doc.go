// Package httpd is what Watchbill says over HTTP: on the network its health, metrics
// and calendar feeds, over a Unix socket the API that the command line uses. Questions
// about the schedules of a file alone are answered by the same handlers, in the
// process that asks.
package httpd
