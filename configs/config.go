package configs

import (
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/alert"
	"github.com/watchbill/watchbill/oncall/paging"
)

// Config is the configuration file, with the defaults filled in. It is read-only
// after it was loaded, and safe for concurrent use. Lists are sorted by name.
type Config struct {
	Slack    Slack     `json:"slack"`
	HTTP     HTTP      `json:"http"`
	Data     Data      `json:"data"`
	Log      Log       `json:"log"`
	Admins   []string  `json:"admins,omitempty"` // names of people, or Slack ids
	People   []Person  `json:"people,omitempty"`
	Teams    []Team    `json:"teams,omitempty"`
	Services []Service `json:"services,omitempty"`
	// DefaultEscalation names the policy for incidents and alerts without a
	// service, and for services without one of their own.
	DefaultEscalation string            `json:"default_escalation,omitempty"`
	Schedules         []oncall.Schedule `json:"schedules,omitempty"`
	Escalations       []paging.Policy   `json:"escalations,omitempty"`
	// Integrations are the webhooks by which monitoring reports; Routes say where
	// their alerts go, in this order, and Maintenance when they page nobody.
	Integrations []Integration       `json:"integrations,omitempty"`
	Routes       []alert.Route       `json:"routes,omitempty"`
	Maintenance  []alert.Maintenance `json:"maintenance,omitempty"`
	API          API                 `json:"api"`
	Notify       Notify              `json:"notify,omitzero"`
	DeadMan      DeadMan             `json:"dead_man,omitzero"`

	// Warnings are what the operator should look at; the file is in force all
	// the same.
	Warnings Problems `json:"-"`

	plans   map[string]*oncall.Plan // by schedule
	paths   map[string]string       // of the schedules, by name in lower case
	where   func(path string) string
	uses    []use
	router  *alert.Router
	mappers map[string]*alert.Mapper // by integration
}

// Use is one thing of the file that refers to another.
type Use struct {
	By    string // "service checkout"
	Place string // "watchbill.yaml:12"
}

// use is what refers to a schedule.
type use struct {
	schedule string
	Use
}

// Slack is how Watchbill appears in Slack.
type Slack struct {
	// IncidentsChannel is where incidents are announced: a name or an id.
	IncidentsChannel string `json:"incidents_channel,omitempty"`
	// ChannelPrefix begins the name of every incident's channel.
	ChannelPrefix string `json:"channel_prefix,omitempty"`
	// AppName and BotName are what the manifest calls the app and its user.
	AppName  string   `json:"app_name,omitempty"`
	BotName  string   `json:"bot_name,omitempty"`
	Commands Commands `json:"commands"`
	// TimelineReactions are the emoji that put a message on the timeline,
	// without colons.
	TimelineReactions []string `json:"timeline_reactions,omitempty"`
}

// Commands are the slash commands; the first of each list is the one that
// answers mention, the others are aliases.
type Commands struct {
	Incident []string `json:"incident,omitempty"`
	OnCall   []string `json:"oncall,omitempty"`
}

// HTTP is what needs links from outside.
type HTTP struct {
	// PublicURL is the address under which others reach Watchbill, without a
	// slash at its end; empty: it has none.
	PublicURL string `json:"public_url,omitempty"`
}

// Data is where records are kept.
type Data struct {
	// Directory holds the data file; WATCHBILL_DATA goes before it.
	Directory string `json:"directory,omitempty"`
}

// Log is how Watchbill logs, to standard error.
type Log struct {
	Level  string `json:"level,omitempty"`  // debug | info | warn | error
	Format string `json:"format,omitempty"` // auto | json | text; auto is text on a terminal
}

// Person is somebody who may be on call, lead or be paged.
type Person struct {
	Name     string `json:"name"`
	Slack    string `json:"slack,omitempty"` // member id such as U0DEV1
	Email    string `json:"email,omitempty"`
	TimeZone string `json:"time_zone,omitempty"` // IANA name; empty: what Slack's profile says
	Phone    string `json:"phone,omitempty"`     // E.164, for SMS and calls
	Ntfy     string `json:"ntfy,omitempty"`      // topic
	Webhook  string `json:"webhook,omitempty"`   // address of their own
	// Contact are the ways in which pages reach them, in order. None: Slack at once,
	// and the others only when Slack cannot be reached or fails.
	Contact []paging.Contact `json:"contact,omitempty"`
	// QuietHours are when pages of low urgency wait, in their zone.
	QuietHours []oncall.Window `json:"quiet_hours,omitempty"`
}

// The kinds of team.
const (
	KindDev   = "dev"
	KindSRE   = "sre"
	KindOther = "other"
)

// Team is a group of people.
type Team struct {
	Name   string   `json:"name"`
	Kind   string   `json:"kind,omitempty"` // dev | sre | other
	People []string `json:"people,omitempty"`
	Leads  []string `json:"leads,omitempty"`
}

// Service is something that can break and somebody owns.
type Service struct {
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Owner       string   `json:"owner,omitempty"`      // the team that builds it
	SRE         string   `json:"sre,omitempty"`        // the team that runs it
	Schedule    string   `json:"schedule,omitempty"`   // whose on-call leads its incidents
	Escalation  string   `json:"escalation,omitempty"` // the policy that is paged
	Channel     string   `json:"channel,omitempty"`    // where its alerts are posted
	Runbook     string   `json:"runbook,omitempty"`    // link
	Dashboards  []string `json:"dashboards,omitempty"` // links
}

// defaults are the values of an empty file.
func defaults() *Config {
	return &Config{
		Slack: Slack{
			IncidentsChannel:  "incidents",
			ChannelPrefix:     "inc-",
			AppName:           "Watchbill",
			BotName:           "watchbill",
			Commands:          Commands{Incident: []string{"/inc", "/incident"}, OnCall: []string{"/oncall"}},
			TimelineReactions: []string{"pushpin"},
		},
		Log: Log{Level: "info", Format: "auto"},
	}
}
