package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/storage/bolt"
)

// asker asks the running bot through its socket or on another machine, or the data
// file of one that is stopped.
type asker struct {
	do      func(*http.Request) (*http.Response, error)
	close   func() error
	base    string // of every address
	headers map[string]string
}

// need is what a command needs of the bot.
type need int

// What commands need.
const (
	reads  need = iota // a stopped bot's data file will do
	writes             // so it will, opened for writing
	runs               // the running bot
)

// ask finds the bot of a data directory.
func ask(settings configs.Settings, c *configs.Config, need need) (*asker, error) {
	directory := settings.DataDirectory(c)
	transport, err := running(directory)
	if err != nil {
		return nil, err
	}
	if transport != nil {
		return askServer(transport, localBase), nil
	}
	if need == runs {
		return nil, fmt.Errorf("no bot is running on %s, and only a running one can do that: start it with `watchbill serve`, and ask again; if it runs elsewhere, name its directory with --data or WATCHBILL_DATA, or its address with --url", directory)
	}
	path := filepath.Join(directory, dataFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, &noDataFile{path}
	}
	store, err := bolt.Open(path, bolt.Options{ReadOnly: need == reads, Shape: bot.Shape()})
	if errors.Is(err, fs.ErrPermission) {
		return nil, othersFile(path)
	}
	if err != nil {
		return nil, err
	}
	return askHandler(bot.Offline(store, c, directory, versionText()), store.Close), nil
}

// askDespite asks the bot that runs although its configuration is wrong by now: whoever
// needs it cannot wait until that is mended.
func askDespite(e env, directory string, wrong wrongConfig) (*asker, error) {
	transport, err := running(directory)
	switch {
	case err != nil:
		return nil, err
	case transport == nil:
		return nil, wrong
	}
	fmt.Fprintf(e.stderr, "The configuration is wrong, `watchbill config check` says where. This is what the bot says that runs on %s.\n", directory)
	return askServer(transport, localBase), nil
}

// localBase stands for the bot that is reached by its socket.
const localBase = "http://watchbill"

// othersFile says that a file of the data directory is that of another user.
func othersFile(path string) error {
	return fmt.Errorf("%s is not this user's to open: ask as the user who runs the bot, with `sudo -u`", path)
}

// running is the way to the bot that runs on a data directory; nil: none does. The error
// says that this user cannot know.
func running(directory string) (*http.Transport, error) {
	socket := filepath.Join(directory, bot.SocketName)
	conn, err := net.DialTimeout("unix", socket, time.Second)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, othersFile(socket)
	case err != nil:
		return nil, nil
	}
	conn.Close()
	return &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}, nil
}

// noDataFile says that no bot has run on a data directory yet.
type noDataFile struct{ path string }

func (n *noDataFile) Error() string {
	return fmt.Sprintf("there is no data file %s: `watchbill serve` makes it; if yours is elsewhere, name its directory with --data or WATCHBILL_DATA", n.path)
}

// askServer asks a server.
func askServer(transport *http.Transport, base string) *asker {
	client := &http.Client{Transport: transport, Timeout: 2 * time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &asker{do: client.Do, base: base, close: func() error { transport.CloseIdleConnections(); return nil }}
}

// askRemote asks a bot on another machine, with a token.
func askRemote(e env, address string) (*asker, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" {
		return nil, misuse("the address of a bot is such as https://watchbill.example.com")
	}
	token, err := configs.SecretFromEnv(e.getenv, "WATCHBILL_TOKEN")
	if err != nil {
		return nil, err
	}
	if token == "" {
		return nil, fmt.Errorf("set WATCHBILL_TOKEN, or WATCHBILL_TOKEN_FILE, to a token that %s takes: whoever runs it names them under `api:` in its configuration", u.Host)
	}
	a := askServer(&http.Transport{Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: 10 * time.Second}, strings.TrimRight(address, "/"))
	a.headers = map[string]string{"Authorization": "Bearer " + token.Reveal()}
	return a, nil
}

// askHandler asks a handler in this process.
func askHandler(handler http.Handler, close func() error) *asker {
	return &asker{close: close, base: localBase, do: func(r *http.Request) (*http.Response, error) {
		w := &recorder{header: http.Header{}, status: http.StatusOK}
		if r.Body == nil {
			r.Body = http.NoBody
		}
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

// speakAs says who asks: the person named with --as; on this machine else its user.
func (a *asker) speakAs(person string) *asker {
	headers := map[string]string{}
	maps.Copy(headers, a.headers)
	if person != "" {
		headers[bot.AsHeader] = strings.Map(func(r rune) rune { // what no header may hold is nobody's name
			if unicode.IsControl(r) {
				return unicode.ReplacementChar
			}
			return r
		}, person)
	} else if _, remote := headers["Authorization"]; !remote {
		headers[bot.UserHeader] = systemUser()
	}
	a.headers = headers
	return a
}

func systemUser() string {
	u, err := user.Current()
	if err != nil {
		return "somebody"
	}
	return cmp.Or(u.Username, "somebody")
}

// get reads one answer. What the bot refuses is an error with its sentence.
func (a *asker) get(ctx context.Context, path string) ([]byte, error) {
	body, _, err := a.request(ctx, http.MethodGet, path, nil, "")
	return body, err
}

// mostAsked is how often a change is asked for that may or may not have happened: all
// have one key, so that it happens once.
const mostAsked = 4

// post asks for a change, described by a value in JSON.
func (a *asker) post(ctx context.Context, path string, v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", path, err)
	}
	key := rand.Text()
	for n := 1; ; n++ {
		answer, wait, err := a.request(ctx, http.MethodPost, path, body, key)
		if err == nil || wait == 0 || n == mostAsked {
			return answer, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, err
		}
	}
}

// patience is the longest time that is waited before a change is asked for again.
const patience = 3 * time.Second

// request asks once. With an error, wait says when the same may be asked again; zero:
// that is no use.
func (a *asker) request(ctx context.Context, method, path string, body []byte, key string) (answer []byte, wait time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, method, a.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, 0, fmt.Errorf("ask for %s: %w", path, err)
	}
	for name, value := range a.headers {
		r.Header.Set(name, value)
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := a.do(r)
	if err != nil {
		return nil, soon(err), fmt.Errorf("ask the running bot: %w", withoutAddress(err))
	}
	defer res.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(res.Body, 256<<20))
	if err != nil {
		return nil, soon(err), fmt.Errorf("read the answer: %w", err)
	}
	if res.StatusCode == http.StatusOK || res.StatusCode == http.StatusCreated {
		return answer, 0, nil
	}
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds > 0 && time.Duration(seconds)*time.Second <= patience {
		wait = time.Duration(seconds) * time.Second
	}
	return nil, wait, refused(res, answer)
}

// soon is when to ask again after a connection failed; one that took all the time
// there is would do so again.
func soon(err error) time.Duration {
	var slow net.Error
	if errors.Is(err, context.Canceled) || errors.As(err, &slow) && slow.Timeout() {
		return 0
	}
	return time.Second / 4
}

// withoutAddress is the reason alone: Go's client names the method and the address.
func withoutAddress(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// nothingHere is what a bot answers where it serves nothing.
const nothingHere = "There is nothing here."

// refused is the error of an answer that is no success.
func refused(res *http.Response, body []byte) error {
	var p struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	switch {
	case json.Unmarshal(body, &p) == nil && p.Error.Message != "" && p.Error.Message != nothingHere:
		return &refusal{message: p.Error.Message, invalid: res.StatusCode == http.StatusBadRequest}
	case res.StatusCode >= 300 && res.StatusCode < 400:
		return fmt.Errorf("the bot is not at that address: it answered %s; use the address that it leads to", res.Status)
	case res.StatusCode == http.StatusNotFound:
		return errors.New("there is no API at that address: is it the right one, and has that bot tokens under `api:` in its configuration?")
	}
	return fmt.Errorf("the bot answered %s", res.Status)
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
