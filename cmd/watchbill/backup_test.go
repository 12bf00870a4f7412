package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/bot/slacksim"
	"github.com/watchbill/watchbill/storage"
	"github.com/watchbill/watchbill/storage/bolt"
)

// TestBackup copies from a bot that runs, which goes on meanwhile, and from one that is
// stopped; a bot runs on the copy.
func TestBackup(t *testing.T) {
	w := newWorld(t, time.Minute, slacksim.Config{})
	data := filepath.Join(w.dir, "data")
	does := func(want string, args ...string) {
		t.Helper()
		if out, err := w.command(args...); err != nil || !strings.Contains(out, want) {
			t.Fatalf("watchbill %s: %v %q, want %q in it", strings.Join(args, " "), err, out, want)
		}
	}
	w.start()
	w.wait("the bot", func() bool { return w.sim.Sockets() == 2 })
	does("INC-1", "incident", "declare", "first", "--sev", "4")
	// The secret is mounted from elsewhere, one feed is gone before it is read, and a pipe would never end.
	mounted := filepath.Join(w.dir, "mounted")
	if err := errors.Join(os.MkdirAll(filepath.Join(data, "calendars"), 0o700), os.WriteFile(mounted, []byte("links.secret"), 0o600),
		os.Symlink(mounted, filepath.Join(data, "links.secret")), os.WriteFile(filepath.Join(data, "calendars/dev1"), []byte("calendars/dev1"), 0o600),
		os.Symlink("nowhere", filepath.Join(data, "calendars/a")), syscall.Mkfifo(filepath.Join(data, "calendars/b"), 0o600)); err != nil {
		t.Fatal(err)
	}
	first, second := filepath.Join(w.dir, "first"), filepath.Join(w.dir, "second")
	does("all is as it must be", "backup", first)
	does("INC-2", "incident", "declare", "second", "--sev", "4")
	if status := w.kill(syscall.SIGTERM); status != 0 {
		t.Fatalf("the bot ended with %d", status)
	}
	does("all is as it must be", "backup", second)
	does("Everything is as it must be", "verify", "--data", first)
	if out, err := w.command("incident", "list", "--data", first); err != nil || !strings.Contains(out, "INC-1") || strings.Contains(out, "INC-2") {
		t.Errorf("the first copy lists %q, %v", out, err)
	}
	for _, name := range []string{"calendars/dev1", "links.secret"} {
		if b, err := os.ReadFile(filepath.Join(first, name)); err != nil || string(b) != name {
			t.Errorf("the copy of %s holds %q, %v", name, b, err)
		}
	}
	err := filepath.WalkDir(first, func(path string, d os.DirEntry, err error) error {
		if info, statErr := os.Stat(path); err != nil || statErr != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others may read %s: %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.env = append(w.env, "WATCHBILL_DATA="+second)
	w.start()
	w.wait("the bot on the copy", func() bool { return w.sim.Sockets() == 2 })
	does("INC-3", "incident", "declare", "third", "--sev", "4")
}

// TestNoHalfBackup: what cannot become whole leaves nothing behind.
func TestNoHalfBackup(t *testing.T) {
	dir := t.TempDir()
	data, to := filepath.Join(dir, "data"), filepath.Join(dir, "to")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	fails := func(want string, args ...string) {
		t.Helper()
		var out, errs bytes.Buffer
		getenv := func(string) string { return "" }
		code := run(context.Background(), append([]string{"backup", "--data", data}, args...), getenv, strings.NewReader(""), &out, &errs)
		if code == 0 || !strings.Contains(errs.String(), want) {
			t.Errorf("backup %q ended with %d: %q, want %q in it", args, code, errs.String(), want)
		}
		left, err := os.ReadDir(dir)
		if err != nil || len(left) != 1 {
			t.Errorf("backup %q left %v, %v", args, left, err)
		}
	}
	fails("name the new directory")
	fails("name the new directory", to, to)
	fails("is there already", data)
	fails("make a directory for the backup", filepath.Join(to, "deeper"))
	fails("there is no data file", to)

	bots := map[string]http.HandlerFunc{
		"broke off": func(w http.ResponseWriter, _ *http.Request) {
			w.Write(make([]byte, 1<<20))
			panic(http.ErrAbortHandler)
		},
		"check the copy": func(w http.ResponseWriter, _ *http.Request) {
			w.Write([]byte("this is no database, and it is too short for one"))
		},
		"may be an older release": http.NotFound,
		"the copy has ": func(w http.ResponseWriter, r *http.Request) {
			withBackup(inconsistent(t), zerolog.Nop(), http.NotFoundHandler()).ServeHTTP(w, r)
		},
		"the store is closed": func(w http.ResponseWriter, r *http.Request) {
			s := inconsistent(t)
			s.Close()
			withBackup(s, zerolog.Nop(), http.NotFoundHandler()).ServeHTTP(w, r)
		},
	}
	for want, answer := range bots {
		l, err := net.Listen("unix", filepath.Join(data, bot.SocketName))
		if err != nil {
			t.Fatal(err)
		}
		s := &http.Server{Handler: answer}
		go s.Serve(l)
		fails(want, to)
		s.Close()
	}
}

// TestAKilledBackupIsRemovedByTheNext, and nothing else: not what is being made, and not what
// only looks like it.
func TestAKilledBackupIsRemovedByTheNext(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	slow, data, copies := filepath.Join(dir, "slow"), filepath.Join(dir, "data"), filepath.Join(dir, "copies")
	keep := []string{".a.watchbill-part-1/notes", ".b.watchbill-part-x/" + dataFile, ".c.part-3/" + dataFile, "d.watchbill-part-4/" + dataFile, ".e.watchbill-part-5"}
	for _, path := range append([]string{"../slow/x", "../data/x"}, keep...) {
		path = filepath.Join(copies, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	target := filepath.Join(dir, "target") // a symbolic link is not followed
	if err := errors.Join(os.Mkdir(target, 0o700), os.Symlink(target, filepath.Join(copies, ".g.watchbill-part-7"))); err != nil {
		t.Fatal(err)
	}
	store, err := bolt.Open(filepath.Join(data, dataFile), bolt.Options{Shape: bot.Shape()})
	if err != nil {
		t.Fatal(err)
	}
	store.Close()
	l, err := net.Listen("unix", filepath.Join(slow, bot.SocketName)) // a bot that never comes to the end
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{})
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write(make([]byte, 1<<20))
		http.NewResponseController(w).Flush()
		close(asked)
		<-r.Context().Done()
	})}
	go s.Serve(l)
	defer s.Close()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	killed := exec.Command(exe, "backup", "--data", slow, filepath.Join(copies, "killed"))
	killed.Env = []string{asBinary + "=1", "HOME=" + dir}
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	defer killed.Process.Kill()
	<-asked
	parts := func() []string {
		t.Helper()
		found, err := filepath.Glob(filepath.Join(copies, ".killed.watchbill-part-*"))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	backup := func(name string) string {
		t.Helper()
		var out, errs bytes.Buffer
		getenv := func(string) string { return "" }
		if code := run(t.Context(), []string{"backup", "--data", data, filepath.Join(copies, name)}, getenv, strings.NewReader(""), &out, &errs); code != 0 {
			t.Fatalf("backup ended with %d: %s", code, errs.String())
		}
		return errs.String()
	}
	if said := backup("meanwhile"); len(parts()) != 1 || said != "" {
		t.Errorf("while it is being made %v is there, and another says %q", parts(), said)
	}
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed.Wait()
	left := parts()
	if len(left) != 1 {
		t.Fatalf("a backup that was killed left %v", left)
	}
	if said := backup("after"); len(parts()) != 0 || !strings.Contains(said, "Removed "+left[0]) {
		t.Errorf("after the next %v is there, and it says %q", parts(), said)
	}
	for _, path := range append(keep, ".g.watchbill-part-7", "meanwhile/"+dataFile, "after/"+dataFile, "../target") {
		if _, err := os.Lstat(filepath.Join(copies, path)); err != nil {
			t.Errorf("it is gone: %v", err)
		}
	}
}

// oneConn is a listener that has one connection.
type oneConn struct{ conns chan net.Conn }

func (l oneConn) Accept() (net.Conn, error) {
	if c, ok := <-l.conns; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (l oneConn) Close() error   { return nil }
func (l oneConn) Addr() net.Addr { return &net.UnixAddr{} }

// TestASlowBackup: the times that the server gives to requests do not end a copy of a
// large file to a slow disk.
func TestASlowBackup(t *testing.T) {
	s := inconsistent(t)
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		conns := make(chan net.Conn, 1)
		conns <- far
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { bot.ServeHTTP(ctx, oneConn{conns}, withBackup(s, zerolog.Nop(), http.NotFoundHandler())) })
		defer func() { near.Close(); stop(); close(conns); running.Wait() }()
		if _, err := fmt.Fprintf(near, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", backupPath); err != nil {
			t.Fatal(err)
		}
		in := bufio.NewReaderSize(near, 16)
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		n, err := io.Copy(io.Discard, resp.Body)
		if err != nil || n < 1<<20 {
			t.Errorf("%d bytes came: %v", n, err)
		}
	})
}

// inconsistent is a store with a record of 1 MiB that its timeline does not lead to.
func inconsistent(t *testing.T) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(filepath.Join(t.TempDir(), dataFile), bolt.Options{Shape: bot.Shape()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	events := []storage.Event{{Kind: "declared", At: time.Now(), Recorded: time.Now(), Body: []byte("{}")}}
	r := storage.Record{Ref: storage.Ref{Kind: "incident", ID: "INC-1"}, Seq: 1, Head: storage.Seal(0, nil, events)}
	r.Body = fmt.Appendf(nil, `{"id":"INC-1","title":%q}`, strings.Repeat("x", 1<<20))
	if err := s.Commit(t.Context(), storage.Change{Record: &r, Events: events}); err != nil {
		t.Fatal(err)
	}
	return s
}
