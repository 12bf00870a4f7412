package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/notify"
	"github.com/watchbill/watchbill/bot/slackui"
)

// TestDocsAnswersHold holds the tables of docs/paging.md and docs/notifications.md that
// say from where a page can be answered to what is understood there. The columns are the
// answers, in the order of want.
func TestDocsAnswersHold(t *testing.T) {
	want := []struct {
		slack slackui.Verb
		reply notify.Verb
		shell string
		path  string
	}{
		{slackui.Ack, notify.Acknowledge, "ack", "acknowledge"},
		{slackui.Escalate, notify.Escalate, "escalate", "escalate"},
		{slackui.Decline, notify.Decline, "decline", "decline"},
		{slackui.Snooze, notify.Snooze, "snooze", "snooze"},
		{slackui.HandOver, notify.HandOver, "handover", "handover"},
		{slackui.Resolve, notify.Resolve, "resolve", "resolve"},
	}
	api := page(t, "docs/api.md")
	verbs := pageVerbs()
	checked := 0
	for n, w := range want {
		for _, say := range cells(t, "docs/paging.md", "| `/inc`, a mention", n) {
			if in := slackui.Parse(strings.TrimPrefix(say, "/inc "), time.Time{}, nil); in.Verb != w.slack || in.Page != "PAGE-7" || in.Problem != "" {
				t.Errorf("%q is %+v", say, in)
			}
			checked++
		}
		replies := append(cells(t, "docs/paging.md", "| A reply to an SMS", n), cells(t, "docs/notifications.md", "| SMS reply", n)...)
		for _, say := range replies {
			if r := notify.DecodeReply(say); r.Verb != w.reply {
				t.Errorf("the reply %q is %+v", say, r)
			}
			checked++
		}
		for _, key := range cells(t, "docs/paging.md", "| A key in a call", n) {
			if r := notify.DecodeDigits(key); r.Verb != w.reply {
				t.Errorf("the key %q is %+v", key, r)
			}
			checked++
		}
		for _, say := range cells(t, "docs/paging.md", "| A shell", n) {
			args := strings.Fields(strings.TrimPrefix(say, "watchbill page "))
			at := slices.IndexFunc(verbs, func(v verb[*talk]) bool { return v.name == args[0] })
			if at < 0 || args[0] != w.shell || len(args)-1 < verbs[at].least || verbs[at].most >= 0 && len(args)-1 > verbs[at].most {
				t.Errorf("%q is no command of the shell", say)
			}
			checked++
		}
		for _, path := range cells(t, "docs/paging.md", "| The [HTTP API]", n) {
			if path != w.path || !strings.Contains(api, "`POST /v1/pages/{id}/"+path+"`") {
				t.Errorf("%q is no operation of the API", path)
			}
			checked++
		}
	}
	if checked < 40 {
		t.Errorf("only %d cells were found", checked)
	}
}

// cells is what stands as code in the n-th column behind the first of a row.
func cells(t *testing.T, file, row string, n int) []string {
	t.Helper()
	for line := range strings.Lines(page(t, file)) {
		if !strings.HasPrefix(line, row) {
			continue
		}
		var out []string
		for _, m := range code.FindAllStringSubmatch(strings.Split(line, "|")[n+2], -1) {
			out = append(out, m[1])
		}
		return out
	}
	t.Fatalf("%s has no row %q", file, row)
	return nil
}

var code = regexp.MustCompile("`([^`]+)`")
