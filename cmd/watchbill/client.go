package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/storage/bolt"
)

// asker asks the running bot through its socket, or the data file of one that is
// stopped.
type asker struct {
	do    func(*http.Request) (*http.Response, error)
	close func() error
}

// ask finds the bot of a data directory. Only to change something the data file of a
// stopped one is opened for writing.
func ask(settings configs.Settings, c *configs.Config, change bool) (*asker, error) {
	directory := settings.DataDirectory(c)
	socket := filepath.Join(directory, bot.SocketName)
	if conn, err := net.DialTimeout("unix", socket, time.Second); err == nil {
		conn.Close()
		transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		}}
		client := &http.Client{Transport: transport, Timeout: 2 * time.Minute}
		return &asker{do: client.Do, close: func() error { transport.CloseIdleConnections(); return nil }}, nil
	}
	path := filepath.Join(directory, dataFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no data file %s: `watchbill serve` makes it; if yours is elsewhere, name its directory with --data or WATCHBILL_DATA", path)
	}
	store, err := bolt.Open(path, bolt.Options{ReadOnly: !change})
	if err != nil {
		return nil, err
	}
	return askHandler(bot.Offline(store, c, directory, versionText()), store.Close), nil
}

// askHandler asks a handler in this process.
func askHandler(handler http.Handler, close func() error) *asker {
	return &asker{close: close, do: func(r *http.Request) (*http.Response, error) {
		w := &recorder{header: http.Header{}, status: http.StatusOK}
		handler.ServeHTTP(w, r)
		return &http.Response{StatusCode: w.status, Status: http.StatusText(w.status), Header: w.header, Body: io.NopCloser(&w.body)}, nil
	}}
}

// recorder takes the answer of a handler in this process.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

// get reads one answer. What the bot refuses is an error with its sentence.
func (a *asker) get(ctx context.Context, path string) ([]byte, error) {
	return a.request(ctx, http.MethodGet, path, nil)
}

// post asks for a change, described by a value in JSON.
func (a *asker) post(ctx context.Context, path string, v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", path, err)
	}
	return a.request(ctx, http.MethodPost, path, bytes.NewReader(body))
}

func (a *asker) request(ctx context.Context, method, path string, body io.Reader) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://watchbill"+path, body)
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", path, err)
	}
	return a.answer(r)
}

func (a *asker) answer(r *http.Request) ([]byte, error) {
	res, err := a.do(r)
	if err != nil {
		return nil, fmt.Errorf("ask the running bot: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 256<<20))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if res.StatusCode == http.StatusOK {
		return body, nil
	}
	var p struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &p) == nil && p.Error.Message != "" {
		return nil, &refusal{message: p.Error.Message, invalid: res.StatusCode == http.StatusBadRequest}
	}
	return nil, fmt.Errorf("the bot answered %s", res.Status)
}

// refusal is what the bot answers instead, in a sentence for people.
type refusal struct {
	message string
	invalid bool // what was asked makes no sense as it stands
}

func (r *refusal) Error() string { return r.message }

// list reads a list and calls each with every entry and its JSON.
func list[T any](ctx context.Context, a *asker, path string, each func(T, json.RawMessage) error) error {
	body, err := a.get(ctx, path)
	if err != nil {
		return err
	}
	return eachOf(body, each)
}

func eachOf[T any](body []byte, each func(T, json.RawMessage) error) error {
	var raw []json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	for _, r := range raw {
		var v T
		if err := json.Unmarshal(r, &v); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		if err := each(v, r); err != nil {
			return err
		}
	}
	return nil
}
