package slackui

import (
	"time"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
)

// Verb is what somebody asks for.
type Verb string

// The verbs. FreeText is text that begins with no verb; Later is a verb that
// people know from elsewhere and that is not here yet.
const (
	Empty      Verb = ""
	FreeText   Verb = "text"
	Declare    Verb = "declare"
	Lead       Verb = "lead"
	Sev        Verb = "sev"
	Update     Verb = "update"
	Note       Verb = "note"
	Timeline   Verb = "timeline"
	List       Verb = "list"
	Show       Verb = "show"
	Page       Verb = "page"
	Ack        Verb = "ack"
	Escalate   Verb = "escalate"
	Decline    Verb = "decline"
	HandOver   Verb = "handover" // of a page; of the command it is Lead
	Snooze     Verb = "snooze"
	Resolve    Verb = "resolve"
	Reopen     Verb = "reopen"
	Close      Verb = "close"
	Postmortem Verb = "postmortem"
	Oncall     Verb = "oncall"
	Duty       Verb = "duty" // a change of the schedules, or a view of one: see Roster
	Alerts     Verb = "alerts"
	Silence    Verb = "silence"
	Unsilence  Verb = "unsilence"
	Silences   Verb = "silences"
	Noise      Verb = "noise"
	Help       Verb = "help"
	Later      Verb = "later"
)

// Self stands in People for the person who types, and in Targets as "person:me".
const Self = "me"

// Input is what somebody typed, pressed or filled in, understood as far as text
// alone can tell.
type Input struct {
	Verb Verb
	// Word is the verb as it was typed, in lower case.
	Word string
	// Incident is "INC-3" when the text names one. Maybe is the same for a text
	// that begins with "#3", which may be part of the text: it counts only where
	// nothing else says which incident is meant.
	Incident string
	Maybe    string
	// Page is "PAGE-7" when the text names one; Turn is the step the person saw,
	// negative when the text cannot tell.
	Page string
	Turn int
	// Text is the title, the update, the note, the reason: what is left when
	// everything else was understood. For FreeText and Later it is the whole text,
	// for Oncall the one name when there is only one.
	// It is plain text as its writer saw it, not escaped.
	Text     string
	Severity incident.Severity // zero: not given
	Service  string
	// People are Slack user ids, names as typed without their "@", or Self.
	People []string
	// Targets are those named with a kind: "person:U1", "schedule:checkout".
	// Names are those without one, to be looked up.
	Targets []paging.Target
	Names   []string
	At      time.Time // of a note, in UTC; zero: now
	// Wait is for how long a page is snoozed; zero: not said.
	Wait time.Duration
	// Alert is "ALERT-7" and Silence "SIL-2" when the text names one. Match are the
	// conditions of a silence, Until when it ends, in UTC; zero: not said.
	Alert, Silence string
	Match          map[string]string
	Until          time.Time
	Roster         Roster // for Duty
	// Problem is a sentence about what cannot be understood; nothing may be done
	// then. It may hold what was typed and is not escaped.
	Problem string
	// Raw is the whole text, plain. Wire is the same in Slack's own form, as Parse
	// reads it: what a button carries to run it later.
	Raw  string
	Wire string
}

// verbs are all the words a command may begin with; the first word of each verb's
// own name is the one that is printed.
var verbs = map[string]Verb{
	"declare": Declare, "new": Declare, "open": Declare, "create": Declare, "trigger": Declare,
	"lead": Lead, "ic": Lead, "commander": Lead, "handoff": Lead, "hand-off": Lead, "handover": Lead, "hand-over": Lead, "assign": Lead, "take": Lead,
	"sev": Sev, "severity": Sev,
	"update": Update, "post": Update,
	"note":     Note,
	"timeline": Timeline, "events": Timeline, "history": Timeline,
	"list": List, "ls": List, "incidents": List,
	"show": Show, "status": Show, "info": Show, "this": Show, "overview": Show, "card": Show,
	"page": Page,
	"ack":  Ack, "acknowledge": Ack,
	"escalate": Escalate,
	"decline":  Decline, "can't": Decline, "cant": Decline, "cannot": Decline, "pass": Decline,
	"snooze":  Snooze,
	"resolve": Resolve, "resolved": Resolve,
	"reopen": Reopen, "re-open": Reopen,
	"close": Close, "closed": Close, "end": Close,
	"postmortem": Postmortem, "post-mortem": Postmortem, "pm": Postmortem, "retro": Postmortem, "retrospective": Postmortem,
	"oncall": Oncall, "on-call": Oncall, "who": Oncall, "whois": Oncall,
	"alerts":  Alerts,
	"silence": Silence, "mute": Silence,
	"unsilence": Unsilence, "unmute": Unsilence,
	"silences":       Silences,
	"not-actionable": Noise, "noise": Noise,
	"help": Help, "?": Help, "commands": Help, "--help": Help, "-h": Help,
}

// doubles are verbs of two words.
var doubles = map[[2]string]Verb{
	{"add", "note"}: Note, {"add", "update"}: Update, {"on", "call"}: Oncall, {"who", "is"}: Oncall, {"who's", "on"}: Oncall,
	{"take", "command"}: Lead, {"hand", "over"}: Lead, {"start", "retro"}: Postmortem, {"i", "can't"}: Decline, {"i", "cant"}: Decline,
	{"role", "lead"}: Lead, {"role", "ic"}: Lead, {"role", "commander"}: Lead, {"assign", "lead"}: Lead, {"assign", "ic"}: Lead,
	{"not", "actionable"}: Noise, {"list", "alerts"}: Alerts, {"list", "silences"}: Silences, {"end", "silence"}: Unsilence,
	{"show", "timeline"}: Timeline, {"show", "postmortem"}: Postmortem, {"update", "roles"}: Later, {"action", "items"}: Later, {"cover", "me"}: Later,
}

// later are verbs of other tools that are not here yet, with what to do meanwhile: verbs in
// that stand in backticks, without the command.
var later = map[string]string{
	"role": "the incident commander is set with `lead @name`", "roles": "the incident commander is set with `lead @name`",
	"summary": "`update` says how it stands, `show` reads it", "mitigate": "say it with `update`, and `resolve` when users are no longer affected",
	"mitigated": "say it with `update`, and `resolve` when users are no longer affected", "stable": "say it with `update`",
	"decision": "write it down with `note`", "task": "write it down with `note`", "tasks": "write them down with `note`",
	"action": "write it down with `note`", "followup": "write it down with `note`", "follow-up": "write it down with `note`",
	"followups": "write them down with `note`", "follow-ups": "write them down with `note`", "catchup": "`timeline` tells what happened",
	"cancel": "`close` it", "merge": "`close` one of them and say so with `note` in the other", "duplicate": "`close` one of them and say so with `note` in the other",
	"private": "all incidents are open to the workspace", "restrict": "all incidents are open to the workspace", "rename": "say it with `update`",
	"test": "declare a SEV4: it pages nobody", "drill": "declare a SEV4: it pages nobody", "impact": "say it with `update`",
	"cover me": "the on-call command does it, as in `/oncall cover me`", "update roles": "the incident commander is set with `lead @name`", "action items": "write them down with `note`",
	"cover": "the on-call command does it, as in `/oncall cover me`", "swap": "the on-call command does it, as in `/oncall swap @name`",
	"override": "the on-call command does it, as in `/oncall override @name`",
	"runbook":  "put its link into a `note`", "runbooks": "put their links into a `note`", "statuspage": "post there by hand, and say so with `update`",
	"edit": "`lead`, `sev` and `update` change it", "subscribe": "follow the incidents channel",
}

func single(word string) (Verb, bool) {
	if v, ok := verbs[word]; ok {
		return v, true
	}
	if _, ok := later[word]; ok {
		return Later, true
	}
	return "", false
}

func double(first, second string) (Verb, bool) {
	v, ok := doubles[[2]string{first, second}]
	return v, ok
}
