package configs

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/alert"
)

// alerts checks what is about alerts: where they come from, and where they go.
func (k *checker) alerts() {
	c := k.config
	k.integrations = k.names("integration", "integrations", len(c.Integrations), func(i int) string { return c.Integrations[i].Name })
	c.mappers = map[string]*alert.Mapper{}
	routing := map[string]string{} // the key of PagerDuty's shape finds the integration
	for i := range c.Integrations {
		in, at := &c.Integrations[i], fmt.Sprintf("integrations[%d]", i)
		k.integration(in, at)
		if in.Source == alert.SourcePagerDuty {
			k.own(routing, at, in.Name, variable{"token_env", in.TokenEnv}, variable{"previous_token_env", in.PreviousTokenEnv})
		}
	}
	for i := range c.Routes {
		k.route(&c.Routes[i], fmt.Sprintf("routes[%d]", i))
	}
	k.names("maintenance window", "maintenance", len(c.Maintenance), func(i int) string { return c.Maintenance[i].Name })
	for i := range c.Maintenance {
		k.match(fmt.Sprintf("maintenance[%d].match", i), c.Maintenance[i].Match)
	}
	problems := c.compile(k.zones)
	for _, p := range problems {
		if !k.incomplete(p.Path) {
			k.problem(p.Path, p.Suggestion, "%s", p.Message)
		}
	}
	if len(problems) > 0 {
		return
	}
	for _, p := range c.router.Unreachable() {
		if !k.incomplete("routes") {
			k.warn(p.Path, p.Suggestion, "%s", p.Message)
		}
	}
}

var (
	envName  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	pathSafe = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

func (k *checker) integration(in *Integration, at string) {
	if in.Name != "" && !pathSafe.MatchString(in.Name) && badName(in.Name) == "" {
		k.problem(at+".name", "", "the name is part of the address /hooks/%s, so it has only letters, digits, - and _", clip(in.Name, 60))
	}
	k.oneOf(at+".source", "source", in.Source, append(alert.Sources(), alert.SourceDeploys)...)
	k.secrets(in, at)
	if in.Service != "" {
		in.Service = k.refer(&k.services, at+".service", in.Service)
	}
	if _, written := k.marks[at+".mapping"]; written {
		k.mapping(in, at+".mapping")
	}
	k.heartbeat(in, at)
	if in.Source != alert.SourceDeploys && in.Service == "" && k.config.DefaultEscalation == "" && in.Name != "" && !k.incomplete(at) && !k.spoilt["default_escalation"] {
		k.warn(at, "add default_escalation: for all, or service: here", "alerts of %s that name no service page the admins and the incidents channel only: there is no default_escalation", in.Name)
	}
}

// secrets checks the names of the environment variables.
func (k *checker) secrets(in *Integration, at string) {
	suggested := variableFor("HOOK", in.Name)
	switch {
	case in.TokenEnv == "" && in.HMACEnv == "":
		k.problem(at+".token_env", "add token_env: "+suggested, "the integration has no token: anybody could raise alerts")
	case in.TokenEnv == "" && in.Source == alert.SourcePagerDuty:
		k.problem(at+".token_env", "add token_env: "+suggested, "senders in PagerDuty's shape send a token, as their routing_key")
	case in.TokenEnv == "" && in.PreviousTokenEnv != "":
		k.problem(at+".previous_token_env", "add token_env, or leave it out", "there is a previous token and no token")
	}
	k.variables(at, variable{"token_env", in.TokenEnv}, variable{"previous_token_env", in.PreviousTokenEnv}, variable{"hmac_env", in.HMACEnv})
}

// variableFor proposes the name of the variable that holds the secret of something.
func variableFor(what, name string) string {
	return "WATCHBILL_" + what + "_" + strings.ToUpper(strings.ReplaceAll(clip(name, 40), "-", "_"))
}

// variable is a key that names an environment variable, which holds a secret.
type variable struct{ key, name string }

// variables checks keys that name environment variables. That of a secret before the
// present one need not be set.
func (k *checker) variables(at string, list ...variable) {
	for _, v := range list {
		path := at + "." + v.key
		switch {
		case v.name == "":
		case !envName.MatchString(v.name):
			k.problem(path, "put the secret into the environment and its variable's name here", "%s is the name of an environment variable, never the secret itself", v.key)
		case !strings.HasPrefix(v.key, "previous_") && k.getenv != nil && k.getenv(v.name) == "" && k.getenv(v.name+"_FILE") == "":
			k.warn(path, "set it, or "+v.name+"_FILE", "the environment variable %s is not set, and without it `watchbill serve` does not start for the first time", v.name)
		}
	}
}

// own refuses tokens that another has too, where they alone say who sends: taken has who
// holds them, by their variables and, as far as the environment is known, by what is in
// these.
func (k *checker) own(taken map[string]string, at, who string, list ...variable) {
	for _, v := range list {
		if v.name == "" {
			continue
		}
		keys := []string{"$" + v.name}
		if k.getenv != nil {
			// One that cannot be read is told where it is needed.
			if secret, err := SecretFromEnv(k.getenv, v.name); err == nil && secret != "" {
				keys = append(keys, "="+secret.Reveal())
			}
		}
		for _, key := range keys {
			if other, is := taken[key]; is && other != who {
				k.problem(at+"."+v.key, "give each its own", "%s and %s have the same token, and it alone says which of them is meant", other, who)
				break
			}
			taken[key] = who
		}
	}
}

func (k *checker) mapping(in *Integration, at string) {
	if in.Source != alert.SourceGeneric {
		k.problem(at, "use source: generic, or leave mapping out", "a mapping is for generic JSON, and the source is %s", in.Source)
		return
	}
	mapper, problems := alert.NewMapper(in.Mapping)
	for _, p := range problems {
		if path := join(at, p.Path); !k.incomplete(path) {
			k.problem(path, p.Suggestion, "%s", p.Message)
		}
	}
	k.config.mappers[in.Name] = mapper
}

func (k *checker) heartbeat(in *Integration, at string) {
	_, hasEvery := k.marks[at+".every"]
	_, hasGrace := k.marks[at+".grace"]
	switch {
	case in.Source != alert.SourceHeartbeat && (hasEvery || hasGrace):
		key := "every"
		if !hasEvery {
			key = "grace"
		}
		k.problem(at+"."+key, "use source: heartbeat, or leave it out", "%s is for heartbeats, and the source is %s", key, in.Source)
		return
	case in.Source != alert.SourceHeartbeat:
		return
	case !hasEvery:
		k.problem(at+".every", "such as every: 5m", "the heartbeat does not say how often it comes")
	case in.Every < minEvery || in.Every > maxEvery:
		k.problem(at+".every", "write 10s to 31d", "a heartbeat cannot come every %s", oncall.FormatDuration(in.Every))
	}
	if !hasGrace {
		in.Grace = DefaultGrace
	}
	if in.Grace < 0 || in.Grace > maxEvery {
		k.problem(at+".grace", "write 31d or less", "a heartbeat cannot be %s late", oncall.FormatDuration(in.Grace))
	}
}

func (k *checker) route(r *alert.Route, at string) {
	for _, ref := range []struct {
		to    *names
		key   string
		value *string
	}{{&k.services, "service", &r.Service}, {&k.escalations, "escalation", &r.Escalation}} {
		if *ref.value != "" {
			*ref.value = k.refer(ref.to, at+"."+ref.key, *ref.value)
		}
	}
	k.referAll(&k.integrations, at+".integrations", r.Integrations)
	if r.Channel != "" {
		k.channel(at+".channel", r.Channel)
	}
	if why := badName(r.Name); why != "" {
		k.problem(at+".name", "", "the name %q %s", clip(r.Name, 60), why)
	}
	k.match(at+".match", r.Match)
	if r.Page != nil && *r.Page && r.Declare == 0 && r.Escalation == "" && r.Service == "" && k.config.DefaultEscalation == "" && !k.incomplete(at) && !k.spoilt["default_escalation"] {
		k.warn(at+".page", "add escalation: here, or default_escalation: for all", "it pages nobody when the alert names no service: there is no default_escalation")
	}
}

// match warns of values that are almost one that exists.
func (k *checker) match(at string, match map[string]string) {
	known := map[string][]string{
		"service": k.services.list, "integration": k.integrations.list,
		"severity": {string(alert.SeverityCritical), string(alert.SeverityError), string(alert.SeverityWarning), string(alert.SeverityInfo)},
	}
	for _, name := range slices.Sorted(maps.Keys(match)) {
		value := strings.TrimPrefix(strings.TrimPrefix(match[name], "!"), "=")
		if value == "" || value[0] == '~' || slices.ContainsFunc(known[name], func(n string) bool { return strings.EqualFold(n, value) }) {
			continue
		}
		if _, common := alert.ParseSeverity(value); name == "severity" && common {
			continue
		}
		if n := nearest(value, known[name]); n != "" {
			k.warn(at+"."+name, fmt.Sprintf("did you mean %q?", n), "there is no %s %q", name, clip(value, 60))
		}
	}
}
