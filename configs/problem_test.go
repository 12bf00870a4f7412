package configs

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// monday is a Monday, 12:00 in Berlin.
var monday = time.Date(2026, 3, 2, 11, 0, 0, 0, time.UTC)

// said is what is reported about a file, errors and warnings alike, one per line
// without the file's name.
func said(t *testing.T, source string) string {
	t.Helper()
	c, err := parse([]byte(source), "f", nil, false, monday)
	var problems Problems
	switch {
	case errors.As(err, &problems):
	case err != nil:
		t.Fatalf("got %T %v, want Problems", err, err)
	default:
		problems = c.Warnings
	}
	var lines []string
	for _, p := range problems {
		if p.File != "f" {
			t.Errorf("got file %q, want f", p.File)
		}
		lines = append(lines, strings.TrimPrefix(p.String(), "f:"))
	}
	return strings.Join(lines, "\n")
}

// TestProblems reads aloud what a tired admin gets to see.
func TestProblems(t *testing.T) {
	const people = "people: [{name: dev1, slack: U0DEV1}, {name: sre1, slack: U0SRE1}]\n"
	const policy = "escalations: [{name: main, steps: [{notify: ['person:dev1'], wait: 5m}]}]\n"
	const fallback = policy + "default_escalation: main\n"
	const rota = `
schedules:
  - name: main
    time_zone: Europe/Berlin
    layers:
      - rotation: {type: weekly, start: "2026-01-05T09:00:00", people: [dev1]}
`
	tests := []struct{ name, source, want string }{
		{"empty", "", ""},
		{"comment only", "# nothing yet\n", ""},
		{"keys without values", "people:\nservices: ~\nslack: null\n", ""},

		// Keys.
		{"misspelt key", "peple: []\n",
			`1:1: unknown key "peple"; did you mean "people"?`},
		{"key of another tool", "escalation_policies: []\n",
			`1:1: unknown key "escalation_policies"; did you mean "escalations"?`},
		{"key with another separator", people + "schedules:\n  - name: main\n    time-zone: UTC\n    layers: [{rotation: {type: daily, start: '2026-01-05T09:00:00', people: [dev1]}}]\n",
			`4:5: unknown key "time-zone" in an entry of schedules; did you mean "time_zone"?`},
		{"key that is nothing", "log: {colour: true}\n",
			`1:7: unknown key "colour" in log; keys here: level, format`},
		{"key twice", "log:\n  level: info\n  level: debug\n",
			`3:3: "level" stands here twice, first on line 2; keep one of them`},
		{"secret in the file", "slack: {bot_token: xoxb-1234567890-abcdef}\n",
			`1:9: unknown key "bot_token" in slack; secrets come from the environment, such as SLACK_BOT_TOKEN or SLACK_BOT_TOKEN_FILE`},
		{"token as a value", "slack: {bot_name: xoxb-1234567890-abcdef}\n",
			`1:19: bot_name holds a Slack token: secrets do not belong into this file; take it out, revoke it, and put the new one into the environment`},

		// Types.
		{"text for a list", "admins: dev1\n",
			`1:9: admins needs a list, not the text "dev1"; write [dev1]`},
		{"names for people", "people: [dev1]\n",
			`1:10: an entry of people needs keys and values, not the text "dev1"; write {name: dev1}`},
		{"mapping for a list", "services:\n  checkout: {owner: a}\n",
			`2:3: services needs a list, not keys and values; write a list: - name: checkout, and the rest below it`},
		{"number for text", "people: [{name: 42, slack: U0DEV1}]\n",
			`1:17: name needs text, not the number 42; put quotes around it: "42"`},
		{"pair for text", people + rota + "escalations:\n  - name: main\n    steps:\n      - notify: [schedule: main]\n",
			`11:18: an entry of notify needs text, not keys and values; put quotes around it, without a space: "schedule:main"`},
		{"text for a number", people + "escalations: [{name: main, repeat: twice, steps: [{notify: ['person:dev1']}]}]\n",
			`2:36: repeat needs a whole number, not the text "twice"; write it without quotes, such as 2`},
		{"huge number", people + "escalations: [{name: main, repeat: 99999999999999999999, steps: [{notify: ['person:dev1']}]}]\n",
			`2:36: 99999999999999999999 is too large for repeat; write a small one, such as 2`},
		{"text for true", "schedules: [{name: main, time_zone: UTC, uncovered: 'on'}]\n",
			`1:53: uncovered needs true or false, not the text "on"; write true or false`},
		{"number for a duration", people + "escalations: [{name: main, steps: [{notify: ['person:dev1'], wait: 5}]}]\n",
			`2:68: wait needs a duration, not the number 5; say the unit: 5m for minutes, 5s for seconds`},
		{"contacts that come for nothing", "people:\n  - name: dev1\n    slack: U0DEV1\n    contact:\n      - {method: slack, every: 1m}\n      - {method: slack}\n      - {method: slack, after: 5m}\n",
			"6:9: warning: it is the same as entry 1, and comes twice at once\n7:9: warning: it adds nothing: entry 1 is repeated every 1m from then on"},
		{"no contact at once", "people:\n  - name: dev1\n    slack: U0DEV1\n    contact:\n      - {method: slack, after: 5m}\n",
			"5:7: warning: nothing comes at once: the first way is tried 5m after the page"},
		{"unknown severity of a condition", people + "escalations: [{name: main, steps: [{notify: ['person:dev1'], when: {severity: [SEV1, criticl]}}, {notify: ['person:dev1']}]}]\n",
			`2:86: unknown severity "criticl"; did you mean "critical"?`},
		{"unknown service of a condition", people + "escalations: [{name: main, steps: [{notify: ['person:dev1'], when: {service: [checkout]}}, {notify: ['person:dev1']}]}]\n",
			`2:79: there is no service called "checkout"; add it to services`},
		{"hours that are none", people + "escalations: [{name: main, steps: [{notify: ['person:dev1'], when: {hours: [{days: [mo], from: '9', to: '17:00'}]}}, {notify: ['person:dev1']}]}]\n",
			"2:68: the time zone is missing; say \"UTC\" if you mean it\n2:85: unknown weekday \"mo\"; did you mean mon?\n2:96: \"9\" is not a time of day; such as \"09:00\""},
		{"a condition that says nothing", people + "escalations: [{name: main, steps: [{notify: ['person:dev1'], when: {}}]}]\n",
			`2:68: the condition says nothing; add severity:, service: or hours:, or leave when: out`},
		{"a zone without hours", people + "escalations: [{name: main, steps: [{notify: ['person:dev1'], when: {severity: ['1'], time_zone: UTC}}, {notify: ['person:dev1']}]}]\n",
			`2:97: a time zone without hours says nothing; add hours: or leave it out`},
		{"only conditions", people + "escalations: [{name: main, steps: [{notify: ['person:dev1'], when: {severity: [SEV1]}}]}]\n",
			`2:15: warning: where none of its conditions holds, the escalation "main" tells those at once who are told when nobody is left; add a step without when:, or say with floor: who is told then`},
		{"an acknowledgement for no time", people + "escalations: [{name: main, ack_timeout: 10s, steps: [{notify: ['person:dev1']}]}]\n",
			`2:41: an acknowledgement cannot stand for 10s; write 1m to 7d, or leave it out`},
		{"an empty floor", people + "escalations: [{name: main, floor: [], steps: [{notify: ['person:dev1']}]}]\n",
			`2:35: the floor is empty, so that in the end nobody would be told; leave it out for the people who lead, the admins and the incidents channel`},
		{"a floor of nobody", people + "escalations: [{name: main, floor: [dev1, 'team:none'], steps: [{notify: ['person:dev1']}]}]\n",
			"2:36: \"dev1\" does not say whom to tell; did you mean \"person:dev1\"?\n2:42: there is no team called \"none\"; add it to teams"},
		{"words for a duration", people + "escalations: [{name: main, steps: [{notify: ['person:dev1'], wait: 5 minutes}]}]\n",
			`2:68: "5 minutes" is not a duration; write 30s, 5m, 2h or 3d`},
		{"empty entry", "admins:\n  - dev1\n  -\n",
			`3:3: entry 2 of admins is empty; remove the dash, or fill it in`},
		{"a list as the file", "- dev1\n",
			`1:1: the file needs keys and values, not a list; keys of it: slack, http, data, log, admins, people, teams, services, default_escalation, schedules, escalations, integrations, routes, maintenance, api, notify, dead_man`},
		{"tag", "admins: [!!str dev1]\n",
			`1:10: tags such as !!str are not used here; leave it out; quotes make a string`},

		// Syntax.
		{"tab", "slack:\n\tbot_name: x\n",
			`2:1: this is not valid YAML: found a tab, which cannot start any token; YAML is indented with spaces: replace the tab`},
		{"open bracket", "admins: [dev1\n",
			`1:9: this is not valid YAML: sequence end token ']' not found; close the bracket`},
		{"open quote", "admins: [\"dev1]\n",
			`1:10: this is not valid YAML: could not find end character of double-quoted text; close the quotes`},
		{"indentation", "people:\n  - name: dev1\n - name: dev2\n",
			`3:2: this is not valid YAML: value is not allowed in this context; it must begin in the same column as its neighbours; text with a colon needs quotes`},
		{"two documents", "admins: [dev1]\n---\nadmins: [dev2]\n",
			`3:7: the file holds more than one document; put everything into one document, without --- between`},
		{"not UTF-8", "admins:\n  - d\xffv1\n",
			`2:1: the file is not UTF-8 text; save it as UTF-8`},
		{"not text", "admins\x00",
			`1:1: the file holds bytes that are no text; is it a text file?`},
		{"alias without anchor", "admins: [*team]\n",
			`1:10: there is no anchor &team for this alias`},

		// Slack.
		{"channel name", "slack: {incidents_channel: '#Incident Room'}\n",
			`1:28: "Incident Room" cannot be a channel: it has only lower-case letters, digits, - and _; write incident-room`},
		{"channel prefix", "slack: {channel_prefix: 'INC '}\n",
			`1:25: channels cannot begin with "INC ": it has only lower-case letters, digits, - and _; write inc-`},
		{"a long prefix", "slack: {channel_prefix: " + strings.Repeat("i", 21) + "}\n", `1:25: the prefix is longer than 20 characters, so little would be left for the title`},
		{"a long name of the app", "slack: {app_name: " + strings.Repeat("W", 36) + "}\n", `1:19: Slack allows 35 characters, this name has 36`},
		{"many names of a command", "slack: {commands: {incident: [/a1, /a2, /a3, /a4, /a5, /a6, /a7, /a8, /a9, /b1, /b2]}}\n", `1:30: more than 10 names for one command`},
		{"Slack's own command", "slack: {commands: {incident: [/status]}}\n",
			`1:31: /status is one of Slack's own commands; choose another name, such as /inc`},
		{"command without slash", "slack: {commands: {oncall: [oncall]}}\n",
			`1:29: a command begins with a slash: "oncall"; write /oncall`},
		{"command in capitals", "slack: {commands: {oncall: [/OnCall]}}\n",
			`1:29: a command is written in lower case: "/OnCall"; write /oncall`},
		{"command with a space", "slack: {commands: {oncall: [/on call]}}\n",
			`1:29: "/on call" cannot be a command: it has 2 to 32 characters, no space and one slash; such as /inc`},
		{"command for two things", "slack:\n  commands:\n    incident: [/inc]\n    oncall: [/inc]\n",
			`4:14: /inc stands twice, first on line 3; remove one`},
		{"command twice by default", "slack: {commands: {oncall: [/inc]}}\n",
			`1:29: /inc stands twice: it is also one of slack.commands.incident; remove one`},
		{"no command", "slack: {commands: {incident: []}}\n",
			`1:30: there is no command left to type; name at least one command, or leave the key out`},
		{"bot name", "slack: {bot_name: Watch Bill}\n",
			`1:19: the bot's name has only lower-case letters, digits, - _ and .: "Watch Bill"; write watch-bill`},
		{"emoji", "slack: {timeline_reactions: ['📌']}\n",
			`1:30: "📌" is not the name of an emoji; write its name, such as pushpin`},

		// Settings.
		{"log level", "log: {level: verbose}\n",
			`1:14: unknown level "verbose"; use debug, info, warn or error`},
		{"public address", "http: {public_url: watchbill.example.com}\n",
			`1:20: "watchbill.example.com" is not a link; write it whole, such as https://example.com/page`},
		{"public address with a query", "http: {public_url: https://watchbill.example.com/?a=b}\n",
			`1:20: addresses are made by writing a path behind "https://watchbill.example.com/?a=b"; leave out what begins with ? or #`},

		// People.
		{"two people", "people:\n  - {name: dev1, slack: U0DEV1}\n  - {name: Dev1, slack: U0DEV2}\n",
			`3:12: there are two people called "Dev1"; the first is on line 2; rename one of them, or put them together`},
		{"no name", "people:\n  - {slack: U0DEV1}\n",
			`2:5: this person has no name; add name: to this person`},
		{"user name for member ID", "people: [{name: dev1, slack: dev1}]\n",
			`1:30: "dev1" is not a Slack member ID such as U012ABCDEF; in Slack, open the profile, then ⋮, then Copy member ID`},
		{"same member ID", "people: [{name: dev1, slack: U0DEV1}, {name: dev2, slack: U0DEV1}]\n",
			`1:59: dev1 and dev2 have the same Slack member ID; copy the right ID for each`},
		{"e-mail", "people: [{name: dev1, email: dev1 at example}]\n",
			`1:30: "dev1 at example" is not an e-mail address; such as dev1@example.com`},
		{"an e-mail address of two", "people: [{name: dev1, email: dev1@example.com}, {name: dev2, email: Dev1@Example.com}]\n",
			`1:69: dev1 and dev2 have the same e-mail address`},
		{"a long policy", people + "escalations: [{name: main, steps: [" + strings.Repeat("{notify: ['person:dev1'], wait: 5m},", maxSteps+1) + "]}]\ndefault_escalation: main\n",
			`2:35: the escalation has more than 50 steps`},
		{"the longest policy", people + "escalations: [{name: main, steps: [" + strings.Repeat("{notify: ['person:dev1'], wait: 5m},", maxSteps) + "]}]\ndefault_escalation: main\n", ``},
		{"a long command", "slack: {commands: {incident: [/" + strings.Repeat("x", maxCommand) + "]}}\n",
			`1:31: "/` + strings.Repeat("x", maxCommand) + `" cannot be a command: it has 2 to 32 characters, no space and one slash; such as /inc`},
		{"the longest command", "slack: {commands: {incident: [/" + strings.Repeat("x", maxCommand-1) + "]}}\n", ``},
		{"a dead man who never rests", "dead_man: {url_env: X_URL, every: 9s}\n",
			`1:35: every is 9s; write 10s to 24h`},
		{"a dead man who hardly rests", "dead_man: {url_env: X_URL, every: 10s}\n", ``},
		{"zone of a person", "people: [{name: dev1, slack: U0DEV1, time_zone: Berlin}]\n",
			`1:49: unknown time zone "Berlin"; did you mean Europe/Berlin?`},
		{"nothing to find them by", "people: [{name: dev1}]\n",
			`1:10: warning: dev1 can be paged only if that is their user name in Slack: there is neither a member ID nor an e-mail address; add slack: (their member ID) or email: (as in their Slack profile)`},
		{"a name that is not read", "people: [{name: [dev1], slack: U0DEV1}]\nadmins: [dev1]\n",
			`1:17: name needs text, not a list; write one text`},
		{"unknown admin", people + "admins: [dve1]\n",
			`2:10: there is no person called "dve1"; did you mean "dev1"?`},
		{"unknown member", people + "teams: [{name: dev, people: [dev1, lead1]}]\n",
			`2:36: there is no person called "lead1"; known: dev1, sre1`},
		{"kind of team", "teams: [{name: dev, kind: devs}]\n",
			`1:27: unknown kind of team "devs"; did you mean "dev"?`},

		// Services.
		{"unknown owner", people + policy + "teams: [{name: checkout-dev}]\nservices: [{name: checkout, owner: chekout-dev, escalation: main}]\n",
			`4:36: there is no team called "chekout-dev"; did you mean "checkout-dev"?`},
		{"unknown schedule", people + policy + "services: [{name: checkout, schedule: main, escalation: main}]\n",
			`3:39: there is no schedule called "main"; add it to schedules`},
		{"service nobody can type", people + policy + "default_escalation: main\nservices: [{name: check out}]\n",
			`4:19: people type the name of a service, so it has only letters, digits, - _ . and /: "check out"; write check-out`},
		{"service without escalation", "services: [{name: checkout}]\n",
			`1:12: warning: nobody is paged for incidents and alerts of checkout: it has no escalation, and there is no default_escalation; add escalation: here, or default_escalation: for all`},
		{"runbook", people + policy + "default_escalation: main\nservices: [{name: checkout, runbook: wiki/checkout}]\n",
			`4:38: "wiki/checkout" is not a link; write it whole, such as https://example.com/page`},
		{"unknown default", policy + "default_escalation: mian\n",
			`2:21: there is no escalation called "mian"; did you mean "main"?`},

		// Schedules.
		{"unknown zone", strings.Replace(rota, "Europe/Berlin", "Europe/Berln", 1),
			`4:16: unknown time zone "Europe/Berln"; did you mean Europe/Berlin?`},
		{"no zone", strings.Replace(rota, "    time_zone: Europe/Berlin\n", "", 1),
			`3:5: the time zone is missing; say "UTC" if you mean it`},
		{"person of a rotation", "people: [{name: sre1, slack: U0SRE1}]" + rota,
			`6:73: "dev1" is not among the people; add them to people`},
		{"no length", "schedules: [{name: a, time_zone: UTC, layers: [{rotation: {type: daily, length: 0, start: '2026-01-05T00:00:00', people: [dev1]}}]}]\n",
			`1:81: the length must be 1 to 10000, not 0; leave it out if you mean 1`},
		{"reversed range", rota + "    overrides: [{from: '2026-02-02T09:00:00', to: '2026-02-01T09:00:00', person: dev1}]\n",
			`7:51: the end 2026-02-01T09:00:00 is not after the start 2026-02-02T09:00:00; swap from and to`},
		{"nobody on call", "schedules:\n  - {name: main, time_zone: Europe/Berlin}\n",
			`2:5: warning: nobody is on call for "main" now, Mon 12:00 CET; add people or hours, or say uncovered: true if that is meant`},
		{"nobody on call on purpose", "schedules:\n  - {name: main, time_zone: Europe/Berlin, uncovered: true}\n", ""},

		// Escalations.
		{"no steps", "escalations: [{name: main}]\n",
			`1:15: the escalation "main" has no steps, so it would page nobody; such as steps: [{notify: ["schedule:checkout"], wait: 5m}]`},
		{"step for nobody", "escalations: [{name: main, steps: [{wait: 5m}]}]\n",
			`1:36: the step tells nobody; such as notify: ["schedule:checkout"]`},
		{"too many steps", "escalations: [{name: main, steps: [" + strings.Repeat("{notify: ['person:dev1']}, ", 51) + "]}]\n", `1:35: the escalation has more than 50 steps`},
		{"repeated for ever", "escalations: [{name: main, repeat: 101, steps: [{notify: ['person:dev1']}]}]\n", `1:36: repeat must be 0 to 100, not 101`},
		{"wait too long", "escalations: [{name: main, steps: [{notify: ['person:dev1'], wait: 8d}]}]\n", `1:68: the step waits for 8d, longer than a week; write 7d or less`},
		{"wait too short", "escalations: [{name: main, steps: [{notify: ['person:dev1'], wait: 5s}]}]\n",
			`1:68: nobody can answer within 5s; write 10s or more`},
		{"no wait", "escalations: [{name: main, steps: [{notify: ['person:dev1'], wait: 0s}]}]\n",
			`1:68: nobody can answer within 0s; write 10s or more`},
		{"target without kind", rota + "escalations: [{name: main, steps: [{notify: [main]}]}]\n",
			`7:46: "main" does not say whom to tell; did you mean "schedule:main"?`},
		{"target of no kind", "escalations: [{name: main, steps: [{notify: ['pager:main']}]}]\n",
			`1:46: "pager:main" does not say whom to tell; write schedule:, person:, team:, group: or channel: before the name`},
		{"unknown target", rota + "escalations: [{name: main, steps: [{notify: ['schedule:mian']}]}]\n",
			`7:46: there is no schedule called "mian"; did you mean "main"?`},

		// Ways to people.
		{"phone", "people: [{name: dev1, slack: U0DEV1, phone: '0170 1234567'}]\n",
			`1:45: "0170 1234567" is not a phone number; with country code and without spaces, such as +491701234567`},
		{"one phone for two", "people: [{name: dev1, slack: U0DEV1, phone: '+491701234567'}, {name: dev2, slack: U0DEV2, phone: '+491701234567'}]\n",
			`1:98: warning: dev1 and dev2 have the same phone number: what is replied by it counts for whoever of them was told last`},
		{"no address", "people: [{name: dev1, slack: U0DEV1, contact: [{method: slack}, {method: sms, after: 1m}]}]\nnotify: {twilio: {account_sid: AC1, token_env: T, from: '+15005550006'}}\n",
			`1:74: dev1 cannot be reached by sms: there is no address; add phone: to dev1`},
		{"not set up", "people: [{name: dev1, slack: U0DEV1, phone: '+491701234567', contact: [{method: voice}]}]\n",
			`1:81: nothing is set up that sends by voice; add it to notify:`},
		{"unknown method", "people: [{name: dev1, slack: U0DEV1, contact: [{method: pigeon}]}]\n",
			`1:57: unknown method "pigeon"; use slack, email, sms, voice, push or webhook`},
		{"called without a break", "people: [{name: dev1, slack: U0DEV1, contact: [{method: slack, every: 1s}]}]\n",
			`1:71: every is 1s; write 30s to 24h, or leave it out`},
		{"quiet hours", "people: [{name: dev1, slack: U0DEV1, quiet_hours: [{from: '22:00', to: '25:00'}]}]\n",
			`1:72: "25:00" is not a time of day; such as "17:00"`},
		{"the password itself", "notify: {email: {smtp: 'mail.example.com:587', from: w@example.com, password_env: 'p4ss w0rd'}}\n",
			`1:83: password_env is the name of an environment variable, never the secret itself; put the secret into the environment and its variable's name here`},
		{"half of Twilio", "notify: {twilio: {account_sid: AC1}}\n", `1:18: Twilio needs the account's auth token; add token_env: WATCHBILL_TWILIO_TOKEN
1:18: Twilio has no number to send from; add from: for SMS, voice_from: for calls`},
		{"a gateway without text", "notify: {sms_gateway: {url: 'https://sms.example.com/send?to={to}', method: GET}}\n",
			`1:23: the gateway is told nothing: neither body nor url holds {text}; put {text} and {to} into body, or into url with method: GET`},
		{"e-mail without a server", "notify: {email: {from: w@example.com}}\n", `1:17: nothing is sent by it: it has no smtp; add smtp: such as smtp.example.com:587`},
		{"push without a server", "notify: {ntfy: {token_env: NTFY}}\n", `1:16: nothing is sent by it: it has no server; add server: such as https://ntfy.sh`},
		{"a gateway without address", "notify: {sms_gateway: {body: 'to={to}&text={text}'}}\n", `1:23: nothing is sent by it: it has no url; add url: such as https://sms.example.com/send`},
		{"a mail server without a port", "notify: {email: {smtp: mail.example.com, from: w@example.com}}\n", `1:24: "mail.example.com" is not host:port; such as smtp.example.com:587`},
		{"no sender", "notify: {email: {smtp: 'mail.example.com:587'}}\n", `1:17: e-mail has no sender; add from: such as Watchbill <watchbill@example.com>`},
		{"a sender that is none", "notify: {email: {smtp: 'mail.example.com:587', from: the pager}}\n", `1:54: "the pager" is not an e-mail address; such as Watchbill <watchbill@example.com>`},
		{"encryption that is none", "notify: {email: {smtp: 'mail.example.com:587', from: w@example.com, tls: ssl}}\n", `1:74: unknown kind of encryption "ssl"; use starttls, tls or none`},
		{"a link that is none", "notify: {webhook: {url: hooks.example.com, secret_env: HOOK}}\n", `1:25: "hooks.example.com" is not a link; write it whole, such as https://example.com/page`},
		{"webhooks that nobody signs", "notify: {webhook: {url: 'https://hooks.example.com'}}\n", `1:19: webhooks are signed, and there is no secret; add secret_env: WATCHBILL_WEBHOOK_SECRET`},
		{"no account of Twilio", "notify: {twilio: {token_env: T, from: '+15005550006'}}\n", `1:18: Twilio needs the account's SID; it is on the first page of Twilio's console and begins with AC`},
		{"no ntfy topic", "people: [{name: dev1, slack: U0DEV1, ntfy: 'two words'}]\n", `1:44: "two words" is not an ntfy topic; letters, digits, - and _, at most 64`},
		{"a webhook of a person", "people: [{name: dev1, slack: U0DEV1, webhook: 'hooks.example.com/dev1'}]\n", `1:47: "hooks.example.com/dev1" is not a link; write it whole, such as https://example.com/page`},
		{"too many ways", "people: [{name: dev1, slack: U0DEV1, contact: [" + "{method: slack}, " + strings.Repeat("{method: slack, every: 24h}, ", 20) + "]}]\n", `1:47: these are more than 20 ways to one person`},
		{"a way after days", "people: [{name: dev1, slack: U0DEV1, contact: [{method: slack, after: 2d}]}]\n", `1:47: warning: nothing comes at once: the first way is tried 2d after the page
1:71: after is 2d; write 0s to 24h`},
		{"dead man without address", "dead_man: {every: 5m}\n", `1:11: the dead man's switch has no address; add url_env: WATCHBILL_DEAD_MAN_URL`},
		{"dead man in a hurry", "dead_man: {url_env: SWITCH, every: 1s}\n", `1:36: every is 1s; write 10s to 24h`},
		{"no network", "notify: {allow_networks: [10.0.0.0/33]}\n", `1:27: "10.0.0.0/33" is not a network; such as 10.0.0.0/8`},

		// Integrations.
		{"source", fallback + "integrations: [{name: prometheus, source: alertmanger, token_env: HOOK}]\n",
			`3:43: unknown source "alertmanger"; did you mean "alertmanager"?`},
		{"no token", fallback + "integrations: [{name: prometheus-1, source: alertmanager}]\n",
			`3:16: the integration has no token: anybody could raise alerts; add token_env: WATCHBILL_HOOK_PROMETHEUS_1`},
		{"the token itself", fallback + "integrations: [{name: prometheus, source: alertmanager, token_env: 's3cr3t!'}]\n",
			`3:68: token_env is the name of an environment variable, never the secret itself; put the secret into the environment and its variable's name here`},
		{"signature without token for PagerDuty", fallback + "integrations: [{name: pd, source: pagerduty, hmac_env: HOOK}]\n",
			`3:16: senders in PagerDuty's shape send a token, as their routing_key; add token_env: WATCHBILL_HOOK_PD`},
		{"previous token alone", fallback + "integrations: [{name: p, source: grafana, hmac_env: HOOK, previous_token_env: OLD}]\n",
			`3:79: there is a previous token and no token; add token_env, or leave it out`},
		{"name in an address", fallback + "integrations: [{name: my prometheus, source: grafana, token_env: HOOK}]\n",
			`3:23: the name is part of the address /hooks/my prometheus, so it has only letters, digits, - and _`},
		{"alerts for nobody", "integrations: [{name: p, source: grafana, token_env: HOOK}]\n",
			`1:16: warning: alerts of p that name no service page the admins and the incidents channel only: there is no default_escalation; add default_escalation: for all, or service: here`},
		{"mapping for another source", fallback + "integrations: [{name: p, source: grafana, token_env: HOOK, mapping: {title: x}}]\n",
			`3:69: a mapping is for generic JSON, and the source is grafana; use source: generic, or leave mapping out`},
		{"mapping without a title", fallback + "integrations: [{name: p, source: generic, token_env: HOOK, mapping: {status: $.s}}]\n",
			`3:69: the mapping does not say where the title is; such as title: "$.alert.name"`},
		{"path in a mapping", fallback + "integrations:\n  - name: p\n    source: generic\n    token_env: HOOK\n    mapping:\n      title: [$.a, '{$.b']\n      labels: {host: $..h}\n",
			"8:20: \"{$.b\" cannot be read: a brace is not closed; such as \"$.alert.name\", \"$['odd key'][0]\" or \"{$.host} is down\"\n" +
				"9:22: \"$..h\" cannot be read: a name is expected after the dot, not \".h\"; such as \"$.alert.name\", \"$['odd key'][0]\" or \"{$.host} is down\""},
		{"heartbeat without interval", fallback + "integrations: [{name: p, source: heartbeat, token_env: HOOK}]\n",
			`3:16: the heartbeat does not say how often it comes; such as every: 5m`},
		{"heartbeat too often", fallback + "integrations: [{name: p, source: heartbeat, token_env: HOOK, every: 1s}]\n",
			`3:69: a heartbeat cannot come every 1s; write 10s to 31d`},
		{"interval of another source", fallback + "integrations: [{name: p, source: generic, token_env: HOOK, grace: 1m}]\n",
			`3:67: grace is for heartbeats, and the source is generic; use source: heartbeat, or leave it out`},
		{"two integrations", fallback + "integrations:\n  - {name: p, source: generic, token_env: HOOK}\n  - {name: P, source: generic, token_env: HOOK}\n",
			`5:12: there are two integrations called "P"; the first is on line 4; rename one of them, or put them together`},

		// Routes.
		{"list for conditions", "routes: [{match: [a]}]\n", `1:18: match needs names and values, not a list; such as {severity: critical}`},
		{"number for a condition", "routes: [{match: {shard: 7}}]\n", `1:26: shard needs text, not the number 7; put quotes around it: "7"`},
		{"condition twice", "routes:\n  - match: {env: a, env: b}\n", `2:21: "env" stands here twice, first on line 2; keep one of them`},
		{"pattern", "routes:\n  - match: {env: \"~prod(\"}\n",
			"2:18: \"prod(\" is not a regular expression: missing closing ): `^(?:prod()$`; \"prod\", \"~prod|stage\" or \"!prod\""},
		{"names in a route", fallback + "services: [{name: checkout}]\nintegrations: [{name: prom, source: grafana, token_env: HOOK}]\nroutes: [{service: chekout, escalation: mian, integrations: [prm], channel: 'A B', severity: crit}]\n",
			"5:20: there is no service called \"chekout\"; did you mean \"checkout\"?\n" +
				"5:41: there is no escalation called \"mian\"; did you mean \"main\"?\n" +
				"5:62: there is no integration called \"prm\"; did you mean \"prom\"?\n" +
				"5:77: \"A B\" cannot be a channel: it has only lower-case letters, digits, - and _; write a-b\n" +
				"5:94: unknown severity \"crit\"; write critical"},
		{"severity as people write it", "routes: [{declare: SEV2}]\n", `1:20: declare needs a whole number, not the text "SEV2"; write it without quotes, such as 2`},
		{"an incident and a page", "routes: [{declare: 1, page: true}]\n", "1:29: an incident of SEV1 pages by itself, once; leave page out"},
		{"yes for true", "routes: [{page: 'yes'}]\n", `1:17: page needs true or false, not the text "yes"; write true or false`},
		{"misspelt value", fallback + "services: [{name: checkout}]\nroutes: [{match: {service: chekout, severity: critcal, env: chekout}}, {match: {service: '!chekout', severity: p1}}]\n",
			"4:28: warning: there is no service \"chekout\"; did you mean \"checkout\"?\n" +
				"4:47: warning: there is no severity \"critcal\"; did you mean \"critical\"?\n" +
				"4:90: warning: there is no service \"chekout\"; did you mean \"checkout\"?"},
		{"a route behind another", "routes:\n  - {name: all}\n  - match: {a: b}\n",
			"3:5: warning: route 2 never matches: route 1 (all) comes first and takes everything that would; move it up, or remove it"},
		{"a page for nobody", "routes: [{page: true}]\n",
			"1:17: warning: it pages nobody when the alert names no service: there is no default_escalation; add escalation: here, or default_escalation: for all"},

		// The HTTP API.
		{"rights", "api: {tokens: [{name: ci, token_env: CI_TOKEN, rights: wirte}]}\n",
			`1:56: unknown rights "wirte"; did you mean "write"?`},
		{"a token without a variable", "api: {tokens: [{name: ci-2}]}\n",
			`1:16: it names no variable that holds the token; add token_env: WATCHBILL_API_CI_2`},
		{"a token in the file", "api: {tokens: [{name: ci, token_env: 's3cr3t!'}]}\n",
			`1:38: token_env is the name of an environment variable, never the secret itself; put the secret into the environment and its variable's name here`},
		{"a token for nobody there is", "people: [{name: dev1, slack: U0DEV1}]\napi: {tokens: [{name: ci, token_env: CI_TOKEN, as: dev2}]}\n",
			`2:52: there is no person called "dev2"; did you mean "dev1"?`},
		{"a token's name", "api: {tokens: [{name: 'my ci', token_env: CI_TOKEN}]}\n",
			`1:23: the name stands on timelines and in logs, so it has only letters, digits, - and _: "my ci"; such as deploys`},
		{"tokens of one name", "api: {tokens: [{name: ci, token_env: A1}, {name: CI, token_env: A2}]}\n",
			`1:50: there are two tokens called "CI"; the first is on line 1; rename one of them, or put them together`},
		{"a person called like a token", "people: [{name: 'token:ci', slack: U0DEV1}]\n",
			`1:17: the name "token:ci" begins with token:, as API tokens do on timelines`},

		// Maintenance.
		{"maintenance for all", "maintenance: [{name: m, from: '2026-03-01T22:00:00Z', to: '2026-03-02T02:00:00Z'}]\n",
			`1:15: it would silence every alert: it says nothing about which; add match:, such as match: {service: checkout}; all are match: {title: "~.*"}`},
		{"maintenance without end", "maintenance: [{name: m, match: {a: b}, from: '2026-03-01T22:00:00Z'}]\n", "1:15: to is missing; add to"},
		{"maintenance in no zone", "maintenance: [{name: m, match: {a: b}, cron: '0 2 * * *', duration: 1h}]\n", `1:15: the time zone is missing; say "UTC" if you mean it`},
		{"maintenance by bad cron", "maintenance: [{name: m, match: {a: b}, cron: '0 2 * *', duration: 1h, time_zone: Berlin}]\n",
			"1:46: the expression \"0 2 * *\" cannot be read: expected exactly 5 fields, found 4: [0 2 * *]; five fields, such as \"0 2 * * sun\"\n" +
				`1:82: unknown time zone "Berlin"; did you mean Europe/Berlin?`},
		{"maintenance without name", "maintenance: [{match: {a: b}, from: '2026-03-01T22:00:00Z', to: '2026-03-02T02:00:00Z'}]\n",
			"1:15: this maintenance window has no name; add name: to this maintenance window"},
		{"what is not read is not judged", "maintenance: [{name: m, match: [a], from: '2026-03-01T22:00:00Z', to: '2026-03-02T02:00:00Z'}]\n",
			`1:32: match needs names and values, not a list; such as {severity: critical}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := said(t, tt.source); got != tt.want {
				t.Errorf("%s\ngot:\n%s\nwant:\n%s", tt.source, got, tt.want)
			}
		})
	}
}

// TestProblemsAtOnce checks that one mistake neither hides nor causes another.
func TestProblemsAtOnce(t *testing.T) {
	const source = `peple:
  - {name: dev1}
teams:
  - {name: checkout-dev, people: [dev1]}
services:
  - {name: checkout, owner: checkout-dev, escalation: chekout}
schedules:
  - name: checkout
    time_zone: Europe/Berln
    layers:
      - rotation: {tpye: weekly, start: "2026-01-05T09:00:00", people: [dev1, sre1]}
escalations:
  - name: checkout
    steps: [{notify: ["schedule:checkot"], wait: five}]
`
	const want = `1:1: unknown key "peple"; did you mean "people"?
6:55: there is no escalation called "chekout"; did you mean "checkout"?
9:16: unknown time zone "Europe/Berln"; did you mean Europe/Berlin?
11:20: unknown key "tpye" in rotation; did you mean "type"?
14:23: there is no schedule called "checkot"; did you mean "checkout"?
14:50: "five" is not a duration; write 30s, 5m, 2h or 3d`
	if got := said(t, source); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestProblemsAreBounded checks that many warnings do not crowd out the errors.
func TestProblemsAreBounded(t *testing.T) {
	got := strings.Split(said(t, "people:\n"+numbered(150, "  - {name: p%d}\n")+"admins:\n"+strings.Repeat("  - []\n", 150)), "\n")
	want := map[string]int{": warning: p": 100, "needs text, not a list": 100, " 50 more errors are not shown; mend these first": 1, " warning: 50 more warnings are not shown": 1}
	for text, n := range want {
		count := 0
		for _, line := range got {
			if strings.Contains(line, text) {
				count++
			}
		}
		if count != n {
			t.Errorf("got %d lines with %q, want %d", count, text, n)
		}
	}
}

func TestAnchorsAndMerges(t *testing.T) {
	const source = `
people: &p
  - {name: dev1, slack: U0DEV1}
teams:
  - &base {name: a, kind: dev, people: [dev1]}
  - {<<: *base, name: b}
`
	c, err := Parse([]byte(source), "f")
	if err != nil {
		t.Fatal(err)
	}
	b, ok := c.Team("b")
	if !ok || b.Kind != KindDev || len(b.People) != 1 {
		t.Errorf("got %+v, want the kind and the people of a", b)
	}
}
