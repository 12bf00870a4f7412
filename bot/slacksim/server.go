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
	config Config
	mux    *http.ServeMux
	mint   *mint

	closing   chan struct{}
	closeOnce sync.Once
	running   sync.WaitGroup

	mu      mutex // of all below
	http    *http.Server
	exposed bool // listens for other machines too

	agenda  *agenda
	journal *journal
	faults  *faults
	gateway *gateway
	grants  *grants

	app  *installation
	team *team
	*directory
	events        *events
	chat          *chat
	conversations *conversations
	people        *people
	files         *fileStore
	clients       *clients
	responses     *responses
	interactions  *interactions
	web           *webAPI
}

// mutex is the one behind which the whole workspace lives.
type mutex struct{ sync.Mutex }

// hold runs f with the mutex held, and lets go of it even if f panics.
func (mu *mutex) hold(f func()) {
	mu.Lock()
	defer mu.Unlock()
	f()
}

// team is the workspace as its members name and reach it.
type team struct {
	name, domain string
	base         string // the address, without a slash at the end
	paid         bool   // has the features of paid plans
}

// New makes a workspace. It fails if the manifest is one Slack would refuse.
func New(config Config) (*Server, error) {
	config = config.withDefaults()
	m, err := parseManifest(config.Manifest)
	if err != nil {
		return nil, err
	}
	random := func(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(config.Seed, stream)) }
	s := &Server{
		config: config, mux: http.NewServeMux(), closing: make(chan struct{}),
		mint:   &mint{now: config.Now, ids: config.FirstID, rand: random(3)},
		agenda: newAgenda(config.Now), journal: &journal{},
		app: newInstallation(config, m), team: &team{name: config.Team, domain: domain(config.Team), paid: !config.FreePlan},
		directory: &directory{channels: channels{names: map[string]string{}, dms: map[string]string{}}},
	}
	s.faults = &faults{now: config.Now, journal: s.journal, chance: random(2)}
	s.grants = &grants{now: config.Now, mint: s.mint, agenda: s.agenda, triggers: map[string]*trigger{}, hooks: map[string]*hook{}}
	s.gateway = &gateway{
		ack: config.Ack, delays: retryDelays(config), routing: random(1), now: config.Now, log: config.Logger,
		mint: s.mint, agenda: s.agenda, journal: s.journal, faults: s.faults,
		tickets: map[string]time.Time{}, outstanding: map[string]*envelope{}, sent: recent[*Envelope]{keep: config.KeepCalls},
	}
	s.assemble()
	s.routes()
	s.furnish()
	s.running.Add(1)
	go s.runAgenda()
	return s, nil
}

// assemble gives each part of the workspace what it needs of the others.
func (s *Server) assemble() {
	config := s.config
	s.events = &events{app: s.app, gateway: s.gateway, mint: s.mint, now: config.Now, log: config.Logger}
	s.chat = &chat{app: s.app, users: &s.users, team: s.team, events: s.events, mint: s.mint, journal: s.journal, now: config.Now}
	s.conversations = &conversations{directory: s.directory, app: s.app, chat: s.chat, events: s.events, mint: s.mint, journal: s.journal, now: config.Now}
	s.people = &people{users: &s.users, app: s.app, events: s.events, mint: s.mint, journal: s.journal, now: config.Now}
	s.files = &fileStore{channels: &s.channels, team: s.team, chat: s.chat, events: s.events, journal: s.journal}
	s.clients = &clients{
		byUser: map[string]*client{}, keep: config.KeepCalls, app: s.app, chat: s.chat, mint: s.mint, journal: s.journal,
		views: &views{mint: s.mint, byID: map[string]*view{}, external: map[string]*view{}},
	}
	s.responses = &responses{
		app: s.app, team: s.team, channels: &s.channels, grants: s.grants, chat: s.chat, clients: s.clients, mint: s.mint, journal: s.journal, now: config.Now,
	}
	s.interactions = &interactions{
		directory: s.directory, app: s.app, team: s.team, gateway: s.gateway, grants: s.grants, responses: s.responses, clients: s.clients,
		mint: s.mint, log: config.Logger,
	}
}

// furnish adds what every workspace has: Slackbot, the app's bot user and #general.
func (s *Server) furnish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.people.add(User{ID: slackbotID, Name: "slackbot", RealName: "Slackbot", TZ: "America/Los_Angeles"})
	name := s.app.manifest.Features.BotUser.DisplayName
	if name == "" {
		name = s.app.manifest.Display.Name
	}
	s.people.add(User{ID: s.app.user, Name: botHandle(name), RealName: s.app.manifest.Display.Name, DisplayName: name, IsBot: true, TZ: "America/Los_Angeles"})
	general := s.conversations.add(publicChannel, "general", slackbotID)
	general.general = true
}

// routes opens the doors: for the app, and for people.
func (s *Server) routes() {
	config := s.config
	door := &socketDoor{
		app: s.app, team: s.team, gateway: s.gateway, faults: s.faults, agenda: s.agenda, mint: s.mint, ping: config.Ping, linger: config.Linger,
		running: &s.running, mu: &s.mu,
	}
	rates := &rates{on: config.RateLimits, now: config.Now, buckets: map[string]*bucket{}}
	s.web = &webAPI{
		methods: s.methods(door, rates), app: s.app, files: s.files, responses: s.responses, rates: rates, faults: s.faults,
		calls: recent[Call]{keep: config.KeepCalls}, journal: s.journal, mint: s.mint, now: config.Now, log: config.Logger, closing: s.closing, mu: &s.mu,
	}
	s.mux.HandleFunc("/api/{method}", s.web.serveAPI)
	s.mux.HandleFunc("GET /link/", door.serve)
	s.mux.HandleFunc("POST /upload/{ticket}", s.web.serveUpload)
	s.mux.HandleFunc("GET /files/{id}/{name}", s.web.serveDownload)
	s.mux.HandleFunc("POST /hooks/{kind}/{team}/{id}/{secret}", s.web.serveHook)
	s.mux.HandleFunc("GET /archives/{channel}/{message}", servePermalink)
	people := &control{s, &snapshots{
		directory: s.directory, app: s.app, team: s.team, clients: s.clients, files: s.files, gateway: s.gateway, faults: s.faults, journal: s.journal, now: s.now,
	}}
	s.mux.Handle("/sim/api/", people.local(people.handler()))
	s.mux.Handle("/", people.local(page()))
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
	if s.http != nil {
		s.mu.Unlock()
		return "", errors.Join(errors.New("start slacksim: it is running already"), listener.Close())
	}
	s.team.base, s.exposed = base, exposed
	s.http = &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second}
	server := s.http
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
		if s.team.base == "" {
			s.team.base = "http://" + r.Host
		}
		down, now := s.faults.down, s.now()
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
		server := s.http
		for _, socket := range s.gateway.sockets {
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
func (s *Server) BotUserID() string { return s.app.user }

func (s *Server) now() time.Time { return s.config.Now() }

const (
	slackbotID = "USLACKBOT"
	botID      = "B01SIM"
	appID      = "A01SIM"
	teamID     = "T0SIM"
)
