package main

import (
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/oncall/alert"
)

// signal has monitoring report something.
func (s *shell) signal(key string, status alert.Status) {
	s.t.Helper()
	_, err := s.bot.Desk().Hear(s.ctx, "json", []alert.Signal{{Key: key, Status: status, Title: "High error rate on " + key, Severity: alert.SeverityCritical, Service: "checkout",
		Labels: map[string]string{"env": "prod", "evil": "\x1b[31mred"}, Links: []alert.Link{{Kind: alert.LinkGraph, URL: "https://graphs.example.com/" + key}}, Count: 1}})
	if err != nil {
		s.t.Fatal(err)
	}
}

// TestAlertsInAShell: everything that the buttons of a card do, while Slack is down.
func TestAlertsInAShell(t *testing.T) {
	s := newShell(t, true, processConfig)
	s.does("No alert is open", "alert", "list")
	s.does("Nothing is silenced", "alert", "silences")
	s.does("No webhook has sent anything", "alert", "rejected")
	s.signal("web-1", alert.Firing)
	s.does("ALERT-1  critical  checkout", "alert", "list")
	s.does("PAGE-1, no answer yet", "alert", "list", "--service", "checkout")
	s.does("https://graphs.example.com/web-1", "alert", "show", "1")
	s.does("1 time, last ", "alert", "show", "ALERT-1")
	s.does("env=prod evil=\ufffd[31mred", "alert", "show", "ALERT-1")
	s.does(`"page":"PAGE-1"`, "alert", "show", "alert-1", "--json")
	s.does("ALERT-1: dev1 (by CLI) acknowledged it", "alert", "ack", "ALERT-1", "--as", "dev1")
	s.does("ALERT-1: it stands so already", "alert", "ack", "ALERT-1", "--as", "dev1")
	s.does("ALERT-1: dev2 (by CLI) acknowledged it too", "alert", "ack", "ALERT-1", "--as", "dev2")
	s.does("dev1 has it", "alert", "list")
	s.does("dev1 (by CLI) acknowledged it", "alert", "timeline", "ALERT-1")
	s.does("dev1 (by CLI) silenced it until", "alert", "silence", "ALERT-1", "2h", "they", "know", "--as", "dev1")
	s.does("SIL-1", "alert", "silences")
	s.does("SIL-1 is over: it silenced High error rate on web-1; of it, 1 alert fires and pages now", "alert", "unsilence", "1", "--as", "dev2")
	s.does("SIL-2 silences env=~pr.* title=~High error.* until", "alert", "silence", "title=~High error.*", "env=~pr.*", "until", "23:59", "--as", "dev1")
	s.does("they know", "alert", "silences", "--all")
	s.does("there is nothing to do about it: flaps", "alert", "noise", "ALERT-1", "flaps", "--as", "dev1")
	s.does("INC-1: ", "alert", "declare", "ALERT-1", "--sev", "2", "--as", "dev1")
	s.does("ALERT-1 fires: High error rate on web-1", "incident", "timeline", "INC-1")
	s.refuses(exitFailed, "INC-1 was declared for ALERT-1 already", "alert", "declare", "ALERT-1", "--as", "dev1")
	s.does("ALERT-1: dev1 (by CLI) closed it: gone", "alert", "close", "ALERT-1", "gone", "--as", "dev1")
	s.does("closed by dev1", "alert", "list", "--all")
	s.does("No alert is open", "alert", "list")
}

// TestAlertsRefusedInAShell: what is wrong, and what to type instead.
func TestAlertsRefusedInAShell(t *testing.T) {
	s := newShell(t, true, processConfig)
	s.signal("web-1", alert.Firing)
	s.signal("web-1", alert.Resolved)
	s.refuses(exitFailed, "There is no ALERT-9. `watchbill alert list` shows those that are open.", "alert", "ack", "ALERT-9", "--as", "dev1")
	s.refuses(exitFailed, "ALERT-1 was resolved at", "alert", "ack", "ALERT-1", "--as", "dev1")
	s.refuses(exitFailed, "I know nobody called", "alert", "ack", "ALERT-1")
	s.refuses(exitFailed, "I know no service chekout", "alert", "silence", "chekout", "2h", "--as", "dev1")
	s.refuses(exitFailed, "There is no silence SIL-9", "alert", "unsilence", "SIL-9", "--as", "dev1")
	s.refuses(exitUsage, "say what shall be silent", "alert", "silence", "checkout", "soon")
	s.refuses(exitUsage, "say for how long", "alert", "silence", "ALERT-1", "--as", "dev1")
	s.refuses(exitUsage, "regular expression", "alert", "silence", "env=~(", "2h", "--as", "dev1")
	s.refuses(exitUsage, "A silence lasts a year at most", "alert", "silence", "env=prod", "400d", "--as", "dev1")
	s.refuses(exitUsage, "list does not take --as", "alert", "list", "--as", "dev1")
	s.refuses(exitUsage, "there is no \"shout\"", "alert", "shout")
	s.refuses(exitUsage, "ack needs more", "alert", "ack")
	s.post("LAPTOP", "/v1/silences", `{"match": {"env": "prod"}, "for": "1h"}`, `"by":"dev1"`)
	status, out := s.run("alert", "silences", "--json")
	if status != exitDone || strings.Count(out, "\n") != 1 || !strings.Contains(out, `"active":true`) {
		t.Errorf("silences --json: %d %s", status, out)
	}
	s.pass(2 * time.Hour)
	s.does("Nothing is silenced", "alert", "silences")
}
