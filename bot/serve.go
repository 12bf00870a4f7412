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
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/storage"
)

// BesideData are the files that a copy of a data directory needs beside the data file,
// where they are there: the feeds and the secret behind their addresses, that behind links,
// and when the bot last ran, from when on a bot on the copy asks Slack what it missed.
func BesideData() []string { return []string{calendarsName, httpd.LinkSecretFile, aliveFile} }

// Shape is how this release keeps records: data files are opened with it, so that one of
// another release is brought up to date or refused.
func Shape() storage.Shape { return desk.Shape() }

// SocketName is the name of the Unix socket in the data directory.
const SocketName = "watchbill.sock"

// Public serves health, metrics, calendar feeds, webhooks and, if there are tokens for
// it, the API.
func (b *Bot) Public(registry *prometheus.Registry) http.Handler {
	s := httpd.Served{Feeds: b.doors.feeds, Links: b.doors.links, Hooks: b.doors.hooks, Callbacks: b.doors.called}
	if len(b.doors.tokens) > 0 {
		s.API = b.api().Network(b.doors.tokens)
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
	found, last := b.auditor.Latest()
	h := httpd.Health{Version: b.version, Problems: b.problems(last)}
	for _, f := range found {
		if f.Outside() {
			h.Notes = append(h.Notes, f.Text)
		} else {
			h.Problems = append(h.Problems, f.Text)
		}
	}
	h.Notes = append(h.Notes, b.notes()...)
	h.Ready = len(h.Problems) == 0
	return h
}

// problems are what keeps the bot from doing its work, besides what the auditor found
// when it ran last.
func (b *Bot) problems(audited time.Time) []string {
	var out []string
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if _, err := b.store.Get(ctx, storage.Ref{Kind: desk.IncidentKind, ID: "INC-0"}); err != nil && !errors.Is(err, storage.ErrNotFound) {
		out = append(out, "the store does not answer: "+err.Error())
	}
	if b.stale != "" {
		out = append(out, b.stale)
	}
	out = append(out, diskProblems(b.disk)...)
	if audited.IsZero() {
		audited = b.began // the first audit comes a moment after the start
	}
	if b.now().Sub(audited) > auditOld {
		out = append(out, "the auditor has not run since "+audited.UTC().Format(time.RFC3339))
	}
	return out
}

// notes are what is wrong outside, and what the bot does without meanwhile.
func (b *Bot) notes() []string {
	var out []string
	held := b.courier.Held()
	for medium, why := range held {
		out = append(out, strings.TrimSuffix(medium, "/")+" cannot be reached "+why)
	}
	for _, p := range b.senders.Status(b.now()) {
		if p.State != notify.Closed {
			out = append(out, fmt.Sprintf("%s has not worked since %s: %s", p.Provider, p.Since.UTC().Format(time.RFC3339), p.Last.Reason))
		}
	}
	for _, note := range []string{b.ears.note(), b.company.note()} {
		if note != "" {
			out = append(out, note)
		}
	}
	if s := b.sockets.State(); s.Connected < s.Wanted {
		out = append(out, fmt.Sprintf("%d of %d sockets to Slack are open", s.Connected, s.Wanted))
	}
	for _, name := range b.desk.NeverHeard() {
		out = append(out, "the heartbeat "+name+" has never come: until it comes once, its silence is no alert. Check the address and the token of its sender")
	}
	for _, g := range b.desk.Gone() {
		out = append(out, fmt.Sprintf("open alerts came by the integration %s, which the configuration does not have: nothing resolves them, %d in all. If it was renamed or removed for good, `watchbill alert close-from %s` closes them", g.Integration, g.Alerts, g.Integration))
	}
	return append(out, b.footing.notes(len(held) > 0)...)
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
