package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/configs"
)

func doctor(ctx context.Context, e env, args []string) error {
	var c common
	rest, err := flags("doctor", args, c.defineHere)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return misuse("%q is not expected here", rest[0])
	}
	settings, cfg, err := setup(e, c.config)
	if err != nil {
		return err
	}
	if c.data != "" {
		settings.Directory = c.data
	}
	checks := []bot.Check{checkConfig(settings, cfg), checkData(settings.DataDirectory(cfg)),
		bot.ExamineZones(e.getenv)}
	if err := settings.NeedSlack(); err != nil {
		checks = append(checks, bot.Check{What: "Slack", Found: "No tokens are given.", Mend: err.Error() + "."})
	} else {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		checks = append(checks, bot.ExamineSlack(ctx, bot.Config{Settings: cfg, BotToken: settings.BotToken, AppToken: settings.AppToken,
			SlackAPI: settings.SlackAPI, Version: versionText()})...)
	}
	checks = append(checks, checkBot(ctx, settings, cfg)...)
	wrong := 0
	for _, k := range checks {
		if c.json {
			raw, err := json.Marshal(k)
			if err != nil {
				return fmt.Errorf("write the answer: %w", err)
			}
			if !k.OK && !k.Optional {
				wrong++
			}
			if err := line(e.stdout, raw); err != nil {
				return err
			}
			continue
		}
		mark := "ok     "
		if !k.OK {
			mark = "WRONG  "
			if k.Optional {
				mark = "lacking"
			} else {
				wrong++
			}
		}
		fmt.Fprintf(e.stdout, "%s  %s: %s\n", mark, k.What, printable(k.Found))
		if k.Mend != "" {
			fmt.Fprintf(e.stdout, "         → %s\n", printable(k.Mend))
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d checks failed", wrong, len(checks))
	}
	return nil
}

func checkConfig(settings configs.Settings, c *configs.Config) bot.Check {
	k := bot.Check{What: "configuration", OK: true, Found: "No file is named: the defaults are in force."}
	if settings.ConfigFile != "" {
		k.Found = settings.ConfigFile + " is in order."
	}
	if n := len(c.Warnings); n > 0 {
		k.Found = fmt.Sprintf("%s has %d warnings.", settings.ConfigFile, n)
		k.Mend = "`watchbill config check` shows them."
	}
	return k
}

// checkBot says how the bot does that runs on the data directory, if one does.
func checkBot(ctx context.Context, settings configs.Settings, c *configs.Config) []bot.Check {
	a, err := ask(settings, c, runs)
	if err != nil {
		return []bot.Check{{What: "bot", OK: true, Found: "None is running on this data directory."}}
	}
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

// checkData says whether the data directory can be written. It makes none: whoever looks
// may be another user than the one who runs the bot.
func checkData(directory string) bot.Check {
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
		k.Found, k.Mend = err.Error()+".", "Let this user write there, or name another one with WATCHBILL_DATA."
		return k
	}
	f.Close()
	os.Remove(f.Name())
	k.OK, k.Found = true, directory+" can be written."
	file, err := os.OpenFile(filepath.Join(directory, dataFile), os.O_RDWR, 0)
	switch {
	case err == nil:
		file.Close()
	case there != directory:
		k.Found = directory + " is not there yet, and can be made."
	case errors.Is(err, os.ErrNotExist):
		k.Found += " It has no data file yet."
	default:
		k.OK, k.Found, k.Mend = false, err.Error()+".", "Give the file to the user who runs the bot: `chown`."
	}
	return k
}
