package configs

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// The defaults of the environment.
const (
	DefaultSlackAPI  = "https://slack.com/api/"
	DefaultHTTP      = "127.0.0.1:8080"
	DefaultDirectory = "watchbill-data"
)

// Settings are what the environment says: secrets, and where things are.
type Settings struct {
	BotToken   Secret // SLACK_BOT_TOKEN
	AppToken   Secret // SLACK_APP_TOKEN
	SlackAPI   string // SLACK_API_URL, ends with a slash
	ConfigFile string // WATCHBILL_CONFIG; empty: no file
	Directory  string // WATCHBILL_DATA; empty: see DataDirectory
	HTTP       string // WATCHBILL_HTTP, host:port
}

// FromEnv reads the settings. A secret may be given as a file by NAME_FILE instead,
// as container platforms do. All that is wrong is one error, which never holds a
// secret; what is right is in the settings all the same.
func FromEnv(getenv func(string) string) (Settings, error) {
	e := environment{getenv: getenv}
	s := Settings{
		BotToken:   e.token("SLACK_BOT_TOKEN", "xoxb-", "the bot user's token, under OAuth & Permissions"),
		AppToken:   e.token("SLACK_APP_TOKEN", "xapp-", "the app-level token, under Basic Information"),
		SlackAPI:   e.api("SLACK_API_URL", DefaultSlackAPI),
		ConfigFile: getenv("WATCHBILL_CONFIG"),
		Directory:  getenv("WATCHBILL_DATA"),
		HTTP:       e.address("WATCHBILL_HTTP", DefaultHTTP),
	}
	if len(e.errs) > 0 {
		return s, fmt.Errorf("read environment: %w", errors.Join(e.errs...))
	}
	return s, nil
}

// SecretFromEnv reads one secret from the variable name or the file that NAME_FILE
// gives; neither is an empty secret.
func SecretFromEnv(getenv func(string) string, name string) (Secret, error) {
	value, file := getenv(name), getenv(name+"_FILE")
	switch {
	case value != "" && file != "":
		return "", fmt.Errorf("%s and %s_FILE are both set: unset one of them", name, name)
	case file == "":
		return Secret(strings.TrimSpace(value)), nil
	}
	secret, err := readSecret(file)
	if err != nil {
		return "", fmt.Errorf("%s_FILE: %w: name a file that holds nothing but the secret, and that this user can read", name, err)
	}
	return secret, nil
}

// maxSecret is more than any token needs, in bytes.
const maxSecret = 16 << 10

func readSecret(path string) (Secret, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err // names the file
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxSecret+1))
	if err != nil {
		return "", err
	}
	text := strings.TrimSpace(string(data))
	switch {
	case len(data) > maxSecret:
		return "", fmt.Errorf("%s is too large for a secret", path)
	case text == "":
		return "", fmt.Errorf("%s is empty", path)
	case strings.ContainsAny(text, "\r\n\x00"):
		return "", fmt.Errorf("%s holds more than one line", path)
	}
	return Secret(text), nil
}

// NeedSlack says what is missing to talk to Slack, and where to get it.
func (s Settings) NeedSlack() error {
	var missing []string
	if s.BotToken == "" {
		missing = append(missing, "SLACK_BOT_TOKEN (xoxb-…, in the app's settings under OAuth & Permissions)")
	}
	if s.AppToken == "" {
		missing = append(missing, "SLACK_APP_TOKEN (xapp-…, under Basic Information, App-Level Tokens, with the scope connections:write)")
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("set %s, or the same with _FILE; `watchbill manifest` prints the app to create, `watchbill demo` needs no Slack at all", strings.Join(missing, " and "))
}

// DataDirectory is where the records are: by the environment, else by the file, else
// the directory watchbill-data where the process runs.
func (s Settings) DataDirectory(c *Config) string {
	switch {
	case s.Directory != "":
		return s.Directory
	case c != nil && c.Data.Directory != "":
		return c.Data.Directory
	}
	return DefaultDirectory
}

type environment struct {
	getenv func(string) string
	errs   []error
}

func (e *environment) fail(format string, args ...any) {
	e.errs = append(e.errs, fmt.Errorf(format, args...))
}

func (e *environment) token(name, prefix, what string) Secret {
	secret, err := SecretFromEnv(e.getenv, name)
	switch {
	case err != nil:
		e.errs = append(e.errs, err)
	case secret != "" && !strings.HasPrefix(strings.TrimPrefix(string(secret), "xoxe."), prefix):
		e.fail("%s is not the right token: it must begin with %s (%s)", name, prefix, what)
	case strings.ContainsFunc(string(secret), func(r rune) bool { return r <= ' ' || r > '~' }):
		e.fail("%s holds characters that no token has: copy it again", name)
	default:
		return secret
	}
	return ""
}

func (e *environment) api(name, otherwise string) string {
	text := e.getenv(name)
	if text == "" {
		return otherwise
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" {
		e.fail("%s is not an address such as %s", name, otherwise)
		return ""
	}
	return strings.TrimRight(text, "/") + "/"
}

func (e *environment) address(name, otherwise string) string {
	text := e.getenv(name)
	if text == "" {
		return otherwise
	}
	_, port, err := net.SplitHostPort(text)
	if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || n > 65535 {
		e.fail("%s is %q; it must be host:port, such as %s or :8080", name, clip(text, 80), otherwise)
		return ""
	}
	return text
}
