package bot

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/httpd"
	"github.com/watchbill/watchbill/bot/notify"
	"github.com/watchbill/watchbill/bot/slackui"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/storage"
)

// BesideData are the files that a copy of a data directory needs beside the data file,
// where they are there: the feeds and the secret behind their addresses, that behind links,
// and when the bot last ran, from when on a bot on the copy asks Slack what it missed.
func BesideData() []string { return []string{calendarsName, httpd.LinkSecretFile, aliveFile} }

// SocketName is the name of the Unix socket in the data directory.
const SocketName = "watchbill.sock"

// Public serves health, metrics, calendar feeds, webhooks and, if there are tokens for
// it, the API.
func (b *Bot) Public(registry *prometheus.Registry) http.Handler {
	s := httpd.Served{Feeds: b.doors.feeds, Links: b.doors.links, Hooks: b.doors.hooks}
	if len(b.doors.tokens) > 0 {
		s.API = b.api().Network(b.doors.tokens)
	}
	if b.senders.Hook() != nil {
		s.Callbacks = map[string]http.HandlerFunc{TwilioPath: b.heardFromTwilio}
	}
	return httpd.Public(registry, b.Health, s)
}

// API serves the command line.
func (b *Bot) API() http.Handler { return b.api().Handler() }

func (b *Bot) api() httpd.API {
	return httpd.API{Desk: b.desk, Version: b.version, Feeds: b.doors.feeds, Samples: b.doors.samples, Health: b.Health, Observe: b.metrics.api, Log: b.log}
}

// apiTokens are the tokens of the configuration as the API checks them.
func apiTokens(c *configs.Config, digests map[string][][sha256.Size]byte) []httpd.Token {
	rights := map[string]httpd.Rights{configs.RightsRead: httpd.Reads, configs.RightsWrite: httpd.Writes, configs.RightsAdmin: httpd.Owns}
	var out []httpd.Token
	for _, t := range c.API.Tokens {
		out = append(out, httpd.Token{Name: t.Name, Rights: rights[t.Rights], As: t.As, Digests: digests[t.Name]})
	}
	return out
}

// Offline serves the command line from a store on which no bot runs, in a data
// directory.
func Offline(store storage.Store, settings *configs.Config, directory, version string) http.Handler {
	d := desk.New(desk.Config{Store: store, Settings: settings})
	return httpd.API{Desk: d, Version: version, Feeds: newFeeds(directory, settings, d), Samples: newSamples(directory)}.Handler()
}

// auditOld is how old the last audit may be before the bot is not ready.
const auditOld = 2 * time.Minute

// Health says whether the bot does its work.
func (b *Bot) Health() httpd.Health {
	h := httpd.Health{Version: b.version}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if _, err := b.store.Get(ctx, storage.Ref{Kind: desk.IncidentKind, ID: "INC-0"}); err != nil && !errors.Is(err, storage.ErrNotFound) {
		h.Problems = append(h.Problems, "the store does not answer: "+err.Error())
	}
	if b.stale != "" {
		h.Problems = append(h.Problems, b.stale)
	}
	h.Problems = append(h.Problems, diskProblems(b.disk)...)
	found, last := b.auditor.Latest()
	if last.IsZero() {
		last = b.began // the first audit comes a moment after the start
	}
	if b.now().Sub(last) > auditOld {
		h.Problems = append(h.Problems, "the auditor has not run since "+last.UTC().Format(time.RFC3339))
	}
	for _, f := range found {
		if f.Outside() {
			h.Notes = append(h.Notes, f.Text)
		} else {
			h.Problems = append(h.Problems, f.Text)
		}
	}
	for medium, why := range b.courier.Held() {
		h.Notes = append(h.Notes, strings.TrimSuffix(medium, "/")+" cannot be reached "+why)
	}
	for _, p := range b.senders.Status(b.now()) {
		if p.State != notify.Closed {
			h.Notes = append(h.Notes, fmt.Sprintf("%s has not worked since %s: %s", p.Provider, p.Since.UTC().Format(time.RFC3339), p.Last.Reason))
		}
	}
	if since := b.ears.deaf(); !since.IsZero() {
		h.Notes = append(h.Notes, "Slack takes messages and has brought nothing since "+since.UTC().Format(time.RFC3339)+
			", not even of what Watchbill itself posts: buttons and commands in Slack are not heard, and people are paged by their other methods too; whoever has none finds in the message how to answer. "+
			"Look at Slack's status page, and whether Event Subscriptions and Socket Mode are still on for the app")
	}
	if note := b.company.note(); note != "" {
		h.Notes = append(h.Notes, note)
	}
	if s := b.sockets.State(); s.Connected < s.Wanted {
		h.Notes = append(h.Notes, fmt.Sprintf("%d of %d sockets to Slack are open", s.Connected, s.Wanted))
	}
	for _, name := range b.desk.NeverHeard() {
		h.Notes = append(h.Notes, "the heartbeat "+name+" has never come: until it comes once, its silence is no alert. Check the address and the token of its sender")
	}
	h.Notes = append(h.Notes, b.footing.notes(len(b.courier.Held()) > 0)...)
	h.Ready = len(h.Problems) == 0
	return h
}

// ErrLongPath says that the data directory can hold no socket, wherever it lies.
var ErrLongPath = errors.New("the path is too long")

// longestSocket is how long the path of a socket may be, in bytes.
const longestSocket = len(syscall.RawSockaddrUnix{}.Path) - 1

// ListenLocal opens the Unix socket in the data directory. Only its owner can use
// it; one that a killed process left behind is replaced. ErrLongPath: none can be there.
func ListenLocal(directory string) (net.Listener, error) {
	path := filepath.Join(directory, SocketName)
	if len(path) > longestSocket {
		return nil, fmt.Errorf("listen on socket %s: %w: it has %d bytes, and the system takes %d. Use a data directory with a shorter path", path, ErrLongPath, len(path), longestSocket)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("replace socket %s: %w", path, err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen on socket %s: %w", path, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, fmt.Errorf("close socket %s to others: %w", path, err)
	}
	return l, nil
}

// ServeHTTP serves until the context ends, and then gives requests under way a
// moment. What it spends on one connection, and on all of them, is bounded.
func ServeHTTP(ctx context.Context, l net.Listener, h http.Handler) error {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: httpd.RequestTime, WriteTimeout: 2 * time.Minute, IdleTimeout: time.Minute, MaxHeaderBytes: 32 << 10,
		ConnState: httpd.NewCrowd(httpd.MostConnections).Changed}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := s.Shutdown(stop); err != nil {
		s.Close()
	}
	<-ended
	return nil
}

// The headers by which the command line says who asks: a person, else the user of the
// system.
const (
	AsHeader   = httpd.AsHeader
	UserHeader = httpd.UserHeader
)

// ReadTime reads when something happened, as people type it in Slack: "-15m", "14:05",
// "yesterday 14:05", "2026-11-21 14:05" or RFC 3339, wall times in a zone. The result is
// in UTC. ok is false when the text is no time; problem is a sentence when it is one
// that did not happen.
func ReadTime(text string, now time.Time, zone *time.Location) (at time.Time, ok bool, problem string) {
	return slackui.ReadTime(text, now, zone)
}
