package slacksim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// object is a JSON object on its way to the wire.
type object map[string]any

// Server is one simulated workspace with one app installed. It is safe for
// concurrent use.
type Server struct {
	config   Config
	manifest manifest
	methods  map[string]method
	mux      *http.ServeMux

	closing   chan struct{}
	closeOnce sync.Once
	kicked    chan struct{}
	running   sync.WaitGroup
	server    *http.Server

	mu         sync.Mutex
	base       string
	exposed    bool       // listens for other machines too
	routing    *rand.Rand // which socket gets an envelope
	chance     *rand.Rand // whether a fault strikes
	letters    *letters   // ids and secrets
	lastTS     int64
	ids        uint64
	seq        uint64
	changed    chan struct{} // closed at the next change; nil: nobody waits
	changes    [keptChanges]Change
	jobs       agenda
	jobSeq     uint64
	forgetting bool        // of what has expired, by a job
	profile    *BotProfile // of the app, as it was last

	team       team
	users      map[string]*User
	userOrder  []string
	channels   map[string]*conversation
	names      map[string]string // channel name -> id, archived ones included
	dms        map[string]string // member set -> id
	ephemerals map[string][]*Message
	groups     map[string]*userGroup
	groupOrder []string
	files      map[string]*file
	scheduled  map[string]*scheduledMessage
	stacks     map[string][]*view
	homes      map[string]*view
	external   map[string]*view
	views      map[string]*view
	triggers   map[string]*trigger
	hooks      map[string]*hook
	reads      map[string]map[string]string // user -> channel -> ts
	choices    map[string]map[string]object // user|channel|ts -> block/action -> state value

	scopes     map[string]bool
	scopeList  string // of scopes, made when needed
	botRevoked bool
	appRevoked bool
	paidPlan   bool

	tickets     map[string]time.Time // of sockets, with the time until which they are good
	sockets     []*socket
	socketSeq   int
	outstanding map[string]*envelope
	envelopes   []*Envelope
	calls       []Call
	buckets     map[string]*bucket

	faults    []*activeFault
	faultSeq  int
	envFaults []*activeEnvelopeFault
	held      []*envelope
	cut       Cut
	readLag   time.Duration
	refuse    Refusal
	down      bool
}

type team struct {
	ID, Name, Domain string
}

// New makes a workspace. It fails if the manifest is one Slack would refuse.
func New(config Config) (*Server, error) {
	config = config.withDefaults()
	m, err := parseManifest(config.Manifest)
	if err != nil {
		return nil, err
	}
	s := &Server{
		config: config, ids: config.FirstID, manifest: m, methods: methods(), mux: http.NewServeMux(),
		closing: make(chan struct{}), kicked: make(chan struct{}, 1),
		routing: rand.New(rand.NewPCG(config.Seed, 1)), chance: rand.New(rand.NewPCG(config.Seed, 2)), letters: &letters{rand: rand.New(rand.NewPCG(config.Seed, 3))},
		team:  team{ID: "T0SIM", Name: config.Team, Domain: domain(config.Team)},
		users: map[string]*User{}, channels: map[string]*conversation{}, names: map[string]string{}, dms: map[string]string{},
		ephemerals: map[string][]*Message{}, groups: map[string]*userGroup{}, files: map[string]*file{},
		scheduled: map[string]*scheduledMessage{}, stacks: map[string][]*view{}, homes: map[string]*view{},
		external: map[string]*view{}, views: map[string]*view{}, triggers: map[string]*trigger{}, hooks: map[string]*hook{},
		reads: map[string]map[string]string{}, choices: map[string]map[string]object{},
		scopes: map[string]bool{}, paidPlan: !config.FreePlan, tickets: map[string]time.Time{},
		outstanding: map[string]*envelope{}, buckets: map[string]*bucket{},
	}
	for _, scope := range m.OAuth.Scopes.Bot {
		s.scopes[scope] = true
	}
	s.furnish()
	s.routes()
	s.running.Add(1)
	go s.runAgenda()
	return s, nil
}

// furnish adds what every workspace has: Slackbot, the app's bot user and #general.
func (s *Server) furnish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addUser(User{ID: slackbotID, Name: "slackbot", RealName: "Slackbot", TZ: "America/Los_Angeles"})
	name := s.manifest.Features.BotUser.DisplayName
	if name == "" {
		name = s.manifest.Display.Name
	}
	s.addUser(User{ID: s.config.BotUserID, Name: botHandle(name), RealName: s.manifest.Display.Name, DisplayName: name, IsBot: true, TZ: "America/Los_Angeles"})
	general := s.newConversation(publicChannel, "general", slackbotID)
	general.general = true
}

func (s *Server) routes() {
	s.mux.HandleFunc("/api/{method}", s.serveAPI)
	s.mux.HandleFunc("GET /link/", s.serveSocket)
	s.mux.HandleFunc("POST /upload/{ticket}", s.serveUpload)
	s.mux.HandleFunc("GET /files/{id}/{name}", s.serveDownload)
	s.mux.HandleFunc("POST /hooks/{kind}/{team}/{id}/{secret}", s.serveHook)
	s.mux.HandleFunc("GET /archives/{channel}/{message}", s.servePermalink)
	s.mux.Handle("/sim/api/", s.local(s.control()))
	s.mux.Handle("/", s.local(s.page()))
}

// Start listens on addr ("127.0.0.1:0" for any free port) and serves until
// Close. baseURL has no trailing slash; the API is at baseURL + "/api/".
func (s *Server) Start(addr string) (baseURL string, err error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return "", fmt.Errorf("listen for slacksim: %w", err)
	}
	address, exposed := reachable(listener.Addr())
	base := "http://" + address
	s.mu.Lock()
	if s.server != nil {
		s.mu.Unlock()
		return "", errors.Join(errors.New("start slacksim: it is running already"), listener.Close())
	}
	s.base, s.exposed = base, exposed
	s.server = &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second}
	server := s.server
	s.mu.Unlock()
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.config.Logger.Error().Err(err).Msg("serve slacksim")
		}
	}()
	return base, nil
}

// reachable is the address by which this machine reaches a listener, and
// whether other machines may reach it too.
func reachable(addr net.Addr) (hostPort string, exposed bool) {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String(), !loopback(addr.String())
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(tcp.Port)), true
}

// Handler serves the whole workspace, for those who bring their own listener.
// The addresses it gives out then follow the Host header of the first request.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		if s.base == "" {
			s.base = "http://" + r.Host
		}
		down, now := s.down, s.now()
		s.mu.Unlock()
		if down && isSlack(r.URL.Path) {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
		s.mux.ServeHTTP(w, r)
	})
}

// Close ends every connection and stops the server.
func (s *Server) Close() error {
	var err error
	s.closeOnce.Do(func() {
		close(s.closing)
		s.mu.Lock()
		server := s.server
		for _, socket := range s.sockets {
			socket.end(closeNormal)
		}
		s.mu.Unlock()
		if server != nil {
			ctx, stop := context.WithTimeout(context.Background(), time.Second)
			defer stop()
			if server.Shutdown(ctx) != nil {
				err = server.Close()
			}
		}
		s.running.Wait()
	})
	return err
}

// BotToken is the xoxb token of the app's bot user.
func (s *Server) BotToken() string { return s.config.BotToken }

// AppToken is the xapp token with connections:write.
func (s *Server) AppToken() string { return s.config.AppToken }

// BotUserID is the user id of the app's bot.
func (s *Server) BotUserID() string { return s.config.BotUserID }

// locked runs f with the mutex held, and lets go of it even if f panics.
func (s *Server) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *Server) now() time.Time { return s.config.Now() }

const (
	slackbotID = "USLACKBOT"
	botID      = "B01SIM"
	appID      = "A01SIM"
)

// newID makes an id that no object of the workspace has, such as C00000001A.
func (s *Server) newID(prefix string) string {
	s.ids++
	n := strconv.FormatUint(s.ids, 36)
	for len(n) < 8 {
		n = "0" + n
	}
	return prefix + upper(n)
}

func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c - 32
		}
	}
	return string(b)
}

// letters is a source of ids and secrets. It has a mutex of its own.
type letters struct {
	mu   sync.Mutex
	rand *rand.Rand
}

func (l *letters) Uint64() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rand.Uint64()
}

// secret makes an unguessable-looking part of an address or id.
func (s *Server) secret() string {
	return strconv.FormatUint(s.letters.Uint64(), 36) + strconv.FormatUint(s.letters.Uint64(), 36)
}

// newTS gives the next message time stamp: the present in microseconds, and
// always later than the one before.
func (s *Server) newTS() string {
	us := s.now().UnixMicro()
	if us <= s.lastTS {
		us = s.lastTS + 1
	}
	s.lastTS = us
	return formatTS(us)
}

func formatTS(us int64) string {
	fraction := strconv.FormatInt(us%1_000_000, 10)
	for len(fraction) < 6 {
		fraction = "0" + fraction
	}
	return strconv.FormatInt(us/1_000_000, 10) + "." + fraction
}
