package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/storage/bolt"
)

// examine looks at everything that the bot needs, as far as the environment and the
// configuration can be read: one mistake must not hide the next.
func examine(ctx context.Context, e env, c common) []bot.Check {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	settings, err := configs.FromEnv(e.getenv)
	settings.Directory = cmp.Or(c.data, settings.Directory)
	var checks []bot.Check
	if err != nil {
		checks = append(checks, bot.Check{What: "environment", Found: sentence(err.Error()), Mend: "Set these variables anew. What is wrong with them is left out below."})
	}
	file := cmp.Or(c.config, settings.ConfigFile)
	cfg, wrong := configuration(e, file)
	directory := settings.DataDirectory(cfg)
	transport, foreign := running(directory)
	runs := transport != nil
	checks = append(checks, checkConfig(file, cfg, wrong), checkData(directory, runs), bot.ExamineZones(e.getenv))
	if settings.HTTP != "" && !runs {
		checks = append(checks, checkHTTP(settings.HTTP))
	}
	b := bot.Config{BotToken: settings.BotToken, AppToken: settings.AppToken, SlackAPI: settings.SlackAPI, Version: versionText(),
		Secret: func(name string) (configs.Secret, error) { return configs.SecretFromEnv(e.getenv, name) }}
	if wrong == nil {
		b.Settings = cfg
		checks = append(checks, checkSecrets(cfg, e.getenv)...)
		checks = append(checks, bot.ExamineWays(ctx, b)...)
	}
	switch missing := settings.NeedSlack(); {
	case missing == nil:
		checks = append(checks, bot.ExamineSlack(ctx, b)...)
	case err == nil: // else that says it
		checks = append(checks, bot.Check{What: "Slack", Found: "No tokens are given.", Mend: sentence(missing.Error())})
	}
	if foreign != nil {
		return append(checks, bot.Check{What: "bot", Found: "Whether one is running is not this user's to know.", Mend: sentence(foreign.Error())})
	}
	return append(checks, checkBot(ctx, transport)...)
}

// checkConfig judges the file as serve does.
func checkConfig(file string, c *configs.Config, wrong error) bot.Check {
	k := bot.Check{What: "configuration", OK: wrong == nil, Found: file + " is in order."}
	var problems configs.Problems
	switch {
	case errors.As(wrong, &problems):
		first := problems.Errors()[0]
		k.Found = fmt.Sprintf("%s has %s; the first: %s", file, some(len(problems.Errors()), "error", "errors"), sentence(first.String()))
		k.Mend = "`watchbill config check " + file + "` shows what is wrong and how to mend it. What the file decides is left out below."
	case wrong != nil:
		k.Found, k.Mend = sentence(wrong.Error()), "Name the file with --config or WATCHBILL_CONFIG, and let this user read it."
	case file == "":
		k.Found = "No file is named: the defaults are in force."
	case len(c.Warnings) > 0:
		k.Found = fmt.Sprintf("%s has %s.", file, some(len(c.Warnings), "warning", "warnings"))
		k.Mend = "`watchbill config check " + file + "` shows what to look at."
	}
	return k
}

// sentence is a text with an end.
func sentence(text string) string {
	if strings.HasSuffix(text, "?") || strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

// checkSecrets says which secrets of the configuration keep the bot from its first start, and
// a later one from being whole.
func checkSecrets(c *configs.Config, getenv func(string) string) []bot.Check {
	_, tokens := c.APIDigests(getenv)
	_, hooks := c.Credentials(getenv)
	var checks []bot.Check
	for _, err := range []error{tokens, hooks} {
		if err != nil {
			checks = append(checks, bot.Check{What: "secrets", Found: sentence(err.Error()), Mend: bot.LacksSecret})
		}
	}
	return checks
}

// checkHTTP says whether health, webhooks and the API can be served. No bot runs.
func checkHTTP(address string) bot.Check {
	k := bot.Check{What: "HTTP", OK: true, Found: address + " is free."}
	l, err := net.Listen("tcp", address)
	if err != nil {
		k.OK, k.Found, k.Mend = false, sentence(err.Error()), "Stop what listens there, or name another address with WATCHBILL_HTTP."
		return k
	}
	l.Close()
	return k
}

// checkData says whether the data directory can be written, and the file in it read. It
// makes none: whoever looks may be another user than the one who runs the bot.
func checkData(directory string, runs bool) bot.Check {
	k := bot.Check{What: "data directory"}
	there := directory
	for there != filepath.Dir(there) {
		if _, err := os.Stat(there); !errors.Is(err, os.ErrNotExist) {
			break
		}
		there = filepath.Dir(there)
	}
	f, err := os.CreateTemp(there, ".doctor-*")
	if err != nil {
		var path *os.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		k.Found, k.Mend = fmt.Sprintf("%s cannot be written: %s: %v.", directory, there, err), "Ask as the user who runs the bot, with `sudo -u`; or let this user write there, or name another directory with WATCHBILL_DATA."
		return k
	}
	f.Close()
	os.Remove(f.Name())
	k.OK, k.Found = true, directory+" can be written."
	path := filepath.Join(directory, dataFile)
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	switch {
	case err == nil:
		file.Close()
	case there != directory:
		k.Found = directory + " is not there yet, and can be made."
		return k
	case errors.Is(err, os.ErrNotExist):
		k.Found += " It has no data file yet."
		return k
	default:
		k.OK, k.Found, k.Mend = false, sentence(err.Error()), "Give the file to the user who runs the bot: `chown`."
		return k
	}
	if runs {
		return k
	}
	store, err := bolt.Open(path, bolt.Options{ReadOnly: true, Shape: bot.Shape()})
	if errors.Is(err, bolt.ErrOlder) {
		k.Found += " An older release wrote its data file: the bot brings it up to date when it starts."
		return k
	}
	if err != nil {
		k.OK, k.Found, k.Mend = false, sentence(err.Error()), "If it is not Watchbill's, name another directory with WATCHBILL_DATA. If it is damaged, keep it, and go back to a backup."
		return k
	}
	store.Close()
	return k
}

// checkBot says how the bot does that runs on the data directory, if one does.
func checkBot(ctx context.Context, transport *http.Transport) []bot.Check {
	if transport == nil {
		return []bot.Check{{What: "bot", OK: true, Found: "None is running on this data directory."}}
	}
	a := askServer(transport, localBase)
	defer a.close()
	var h struct{ Problems, Notes []string }
	body, err := a.get(ctx, "/v1/health")
	if err == nil {
		err = json.Unmarshal(body, &h)
	}
	if err != nil {
		return []bot.Check{{What: "bot", Found: "The one that is running does not say how it does: " + err.Error() + ".", Mend: "Look into its log."}}
	}
	var out []bot.Check
	for _, p := range h.Problems {
		out = append(out, bot.Check{What: "bot", Found: p, Mend: "Look into its log, and into docs/metrics.md for what the auditor looks for."})
	}
	for _, n := range h.Notes {
		out = append(out, bot.Check{What: "bot", Optional: true, Found: n})
	}
	if len(out) == 0 {
		out = append(out, bot.Check{What: "bot", OK: true, Found: "The one that is running does its work."})
	}
	return out
}
