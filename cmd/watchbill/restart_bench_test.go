package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall/paging"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/bolt"
)

var history = flag.Int("history", 2000, "incidents in the store of BenchmarkRestart, of 40 events each; one in a hundred is open")

// BenchmarkRestart measures a life after SIGKILL on a large store: until /readyz
// answers, until the first overdue page is sent, and the memory it takes then.
// With -cold the file is dropped from the page cache first.
func BenchmarkRestart(b *testing.B) {
	for _, cold := range []bool{false, true} {
		b.Run(fmt.Sprintf("incidents=%d/cold=%v", *history, cold), func(b *testing.B) { benchRestart(b, cold) })
	}
}

func benchRestart(b *testing.B, cold bool) {
	w := newWorld(b, time.Hour, slacksim.Config{})
	path := filepath.Join(w.dir, "data", dataFile)
	fillStore(b, path, *history, true)
	var ready, paged, anon float64
	for range b.N {
		if cold {
			if out, err := exec.Command("dd", "of="+path, "oflag=nocache", "conv=notrunc,fdatasync", "count=0").CombinedOutput(); err != nil {
				b.Fatalf("drop the file from the page cache: %v %s", err, out)
			}
		}
		before := len(w.sim.Calls("chat.postMessage"))
		started := time.Now()
		w.start()
		address := w.address()
		for {
			res, err := http.Get(address + "/readyz")
			if err == nil {
				io.Copy(io.Discard, res.Body)
				res.Body.Close()
				if res.StatusCode == http.StatusOK {
					break
				}
			}
		}
		ready += float64(time.Since(started).Microseconds()) / 1000
		up := time.Now()
		w.wait("an overdue page", func() bool { return len(w.sim.Calls("chat.postMessage")) > before })
		paged += float64(time.Since(up).Microseconds()) / 1000
		w.pass(10 * time.Second) // the first audit reads all that is open
		anon += rssAnon(b, w.proc.Process.Pid)
		w.kill(syscall.SIGKILL)
	}
	n := float64(b.N)
	b.ReportMetric(ready/n, "ready-ms")
	b.ReportMetric(paged/n, "page-after-ready-ms")
	b.ReportMetric(anon/n, "RssAnon-MiB")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkCommandOnHistory measures a slash command to its acknowledgement, one
// at a time, on an empty store and on the large one.
func BenchmarkCommandOnHistory(b *testing.B) {
	for _, incidents := range []int{0, *history} {
		b.Run(fmt.Sprintf("incidents=%d", incidents), func(b *testing.B) {
			w := newWorld(b, time.Hour, slacksim.Config{})
			if incidents > 0 {
				fillStore(b, filepath.Join(w.dir, "data", dataFile), incidents, true)
			}
			w.start()
			w.wait("the bot", func() bool { return w.sim.Sockets() == 2 })
			dev := w.sim.As("U0DEV1")
			r, err := dev.Slash(w.ctx, "general", "/inc", "declare something new --sev 4")
			if err != nil || r.Error != "" {
				b.Fatal(err, r.Error)
			}
			id := regexp.MustCompile(`INC-\d+`).FindString(r.Text())
			var took []time.Duration
			b.ResetTimer()
			for n := range b.N {
				began := time.Now()
				r, err := dev.Slash(w.ctx, "general", "/inc", fmt.Sprintf("%s note this is note %d", id, n))
				if err != nil || r.Error != "" || !strings.Contains(r.Text(), "Noted") {
					b.Fatalf("note %d: %v %s %s", n, err, r.Error, r.Text())
				}
				took = append(took, time.Since(began))
			}
			b.StopTimer()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			w.kill(syscall.SIGKILL)
		})
	}
}

// BenchmarkIdle measures what a bot takes that has nothing to do, after a minute: with
// nothing stored, and with a history of which a hundredth is open.
func BenchmarkIdle(b *testing.B) {
	for _, incidents := range []int{0, *history} {
		b.Run(fmt.Sprintf("incidents=%d", incidents), func(b *testing.B) {
			w := newWorld(b, time.Hour, slacksim.Config{})
			if incidents > 0 {
				fillStore(b, filepath.Join(w.dir, "data", dataFile), incidents, false)
			}
			w.start()
			w.wait("the bot", func() bool { return w.sim.Sockets() == 2 })
			w.pass(15 * time.Second)
			before, started := cpuTime(b, w.proc.Process.Pid), time.Now()
			w.pass(45 * time.Second)
			b.ReportMetric(100*(cpuTime(b, w.proc.Process.Pid)-before)/time.Since(started).Seconds(), "cpu-%")
			b.ReportMetric(rssAnon(b, w.proc.Process.Pid), "RssAnon-MiB")
			b.ReportMetric(0, "ns/op")
			w.kill(syscall.SIGKILL)
		})
	}
}

// pass lets a process be for so long.
func (w *world) pass(d time.Duration) {
	select {
	case <-time.After(d):
	case <-w.ctx.Done():
	}
}

var listening = regexp.MustCompile(`"http":"([0-9.:]+)"`)

// address is where the present life serves its health.
func (w *world) address() string {
	for {
		said := w.logs.String()
		found := listening.FindAllStringSubmatch(said, -1)
		lives := strings.Count(said, "watchbill runs")
		if w.lives == lives && lives > 0 {
			return "http://" + found[len(found)-1][1]
		}
		select {
		case <-time.After(time.Millisecond):
		case <-w.ctx.Done():
			w.t.Fatal("the bot never said where it listens")
		}
	}
}

// rssAnon is the anonymous memory of a process in MiB: what the file's own pages
// in the cache are not.
func rssAnon(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				b.Fatal(err)
			}
			return kib / 1024
		}
	}
	b.Fatal("the kernel does not tell RssAnon")
	return 0
}

// cpuTime is the processor time a process has used, in seconds.
func cpuTime(b *testing.B, pid int) float64 {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	f := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	var ticks float64
	for _, n := range []int{11, 12} {
		v, err := strconv.ParseFloat(f[n], 64)
		if err != nil {
			b.Fatal(err)
		}
		ticks += v
	}
	return ticks / 100
}

// BenchmarkUpgrade measures the start on a data file of an older release, whose records are
// all found by one entry less than this one wants.
func BenchmarkUpgrade(b *testing.B) {
	path := filepath.Join(b.TempDir(), dataFile)
	fillStore(b, path, *history, true)
	shape := bot.Shape()
	for kind, fold := range shape.Folds {
		shape.Folds[kind] = func(events []storage.Event) ([]byte, time.Time, []storage.Entry, error) {
			body, due, index, err := fold(events)
			return body, due, append(index, storage.Entry{Index: "events", Key: fmt.Sprint(len(events))}), err
		}
	}
	for b.Loop() {
		shape.Number++
		s, err := bolt.Open(path, bolt.Options{Shape: shape})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// fillStore makes a data file with n incidents of 40 events; every hundredth is
// open, and if paged has a page that is overdue.
func fillStore(b *testing.B, path string, n int, paged bool) {
	b.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		b.Fatal(err)
	}
	s, err := bolt.Open(path, bolt.Options{Shape: bot.Shape()})
	if err != nil {
		b.Fatal(err)
	}
	rows := []storage.Portable{{Format: storage.Format}}
	at, pages := 0, 0
	err = s.Load(b.Context(), func() (storage.Portable, error) {
		for len(rows) == 0 {
			switch {
			case at == n:
				rows = append(rows, storage.Portable{Number: &storage.NumberOf{Kind: "INC", Last: uint64(n)}}, storage.Portable{Number: &storage.NumberOf{Kind: "PAGE", Last: uint64(pages)}},
					storage.Portable{Last: &storage.Last{}})
			case at > n:
				return storage.Portable{}, io.EOF
			default:
				page := ""
				if paged && at%100 == 0 {
					pages++
					page = fmt.Sprintf("PAGE-%d", pages)
				}
				rows = append(rows, pastIncident(b, at+1, at%100 == 0, page)...)
			}
			at++
		}
		row := rows[0]
		rows = rows[1:]
		return row, nil
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

// pastIncident is an incident with 40 events, as a dump holds it, and its page, if it is
// open and has one.
func pastIncident(b *testing.B, n int, open bool, page string) []storage.Portable {
	b.Helper()
	began := time.Now().Add(-time.Duration(n) * time.Minute)
	id := fmt.Sprintf("INC-%d", n)
	by := incident.Actor{Person: "dev1", Via: "slack"}
	commands := []incident.Command{
		incident.Declare{By: by, ID: id, Title: fmt.Sprintf("incident number %d of a long history", n), Severity: 3, Service: "checkout", Channel: fmt.Sprintf("inc-%d-history", n)},
		incident.SetLead{Person: "sre1", Answered: true},
		incident.OpenRoom{Channel: fmt.Sprintf("C%08d", n), Name: fmt.Sprintf("inc-%d-history", n)},
	}
	for len(commands) < 37 {
		commands = append(commands, incident.Note{By: by, Text: fmt.Sprintf("note %d: the graphs show what they show, and somebody wrote it down", len(commands))})
	}
	var pages []storage.Portable
	if open {
		commands = append(commands, incident.Note{By: by, Text: "still open"}, incident.Note{By: by, Text: "still looking"}, incident.Note{By: by, Text: "still at it"})
	} else {
		commands = append(commands, incident.Update{By: by, Text: "back to normal"}, incident.Resolve{By: by}, incident.Close{By: by})
	}
	switch {
	case open && page == "": // as declaring it would say
		commands[len(commands)-1] = incident.RecordUnpaged{Why: "nobody is on call for checkout"}
	case page != "":
		commands[len(commands)-1] = incident.RecordPaged{Page: page, Whom: []string{"sre1"}, Step: 1}
		pages = overduePage(b, page, id, began)
	}
	var i incident.Incident
	var events []storage.Event
	for k, c := range commands {
		when := storage.Time(began.Add(time.Duration(k) * time.Second))
		decided, err := incident.Decide(i, c, when)
		if err != nil {
			b.Fatal(err)
		}
		for _, e := range decided {
			e.Seq = uint64(len(events) + 1)
			i = incident.Apply(i, e)
			events = append(events, storedAs(b, string(e.Kind), when, e))
		}
	}
	return append(dumped(b, storage.Ref{Kind: desk.IncidentKind, ID: id}, i, events, time.Time{}, desk.IncidentIndex(i)), pages...)
}

func overduePage(b *testing.B, id, subject string, began time.Time) []storage.Portable {
	b.Helper()
	when := storage.Time(began)
	policy := paging.Policy{Name: "checkout", Steps: []paging.Step{{Notify: []paging.Target{"person:sre1"}, Wait: time.Minute}}}
	decided, err := paging.Decide(paging.Page{}, paging.Begin{ID: id, Subject: subject, Policy: policy,
		World: paging.World{Resolve: func(paging.Target) []paging.Recipient { return []paging.Recipient{{Person: "sre1"}} }}}, when)
	if err != nil {
		b.Fatal(err)
	}
	var p paging.Page
	var events []storage.Event
	for _, e := range decided {
		e.Due = storage.Time(e.Due)
		p = paging.Apply(p, e)
		events = append(events, storedAs(b, string(e.Kind), when, e))
	}
	return dumped(b, storage.Ref{Kind: desk.PageKind, ID: id}, p, events, p.Due, desk.PageIndex(p))
}

func storedAs(b *testing.B, kind string, at time.Time, payload any) storage.Event {
	b.Helper()
	body, err := json.Marshal(payload)
	if err != nil {
		b.Fatal(err)
	}
	return storage.Event{Kind: kind, At: at, Recorded: at, Body: body}
}

func dumped(b *testing.B, ref storage.Ref, record any, events []storage.Event, due time.Time, index []storage.Entry) []storage.Portable {
	b.Helper()
	body, err := json.Marshal(record)
	if err != nil {
		b.Fatal(err)
	}
	head := storage.Seal(0, nil, events)
	return []storage.Portable{
		{Record: &storage.Record{Ref: ref, Seq: uint64(len(events)), Head: head, Due: due, Index: index, Body: body}},
		{Events: &storage.EventsOf{Ref: ref, Events: events}},
	}
}
