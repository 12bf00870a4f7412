package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// GatewayConfig sets up an SMS gateway that is reached by one HTTP request. URL, Body and the values of Headers hold
// placeholders:
//
//	{to}     the number in E.164
//	{digits} the same without the plus
//	{text}   the SMS
//	{id}     Message.Key, the same when the same attempt is repeated
//	{token}  Token
//
// A value is escaped for where it stands: for the query or path in URL, and in Body for its content type, which is JSON,
// a form or XML; as it is in plain text.
type GatewayConfig struct {
	URL      string
	Method   string // empty: POST
	Headers  map[string]string
	Body     string
	Token    string
	Expect   string // what the body of a 2xx answer must contain, for gateways that refuse with 200; empty: nothing
	Segments int    // that an SMS may take: 1 or 2; 0 is 2
	Guard    *Guard
}

type gateway struct {
	GatewayConfig
	kind string // the media type of Body
}

var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

// placeholders are the values of one request.
type placeholders struct{ to, text, id, token string }

func (p placeholders) value(name string) (string, bool) {
	switch name {
	case "{to}":
		return p.to, true
	case "{digits}":
		return strings.TrimPrefix(p.to, "+"), true
	case "{text}":
		return p.text, true
	case "{id}":
		return p.id, true
	case "{token}":
		return p.token, true
	}
	return "", false
}

// fill replaces the placeholders of text by their escaped values.
func (p placeholders) fill(text string, escape func(string) string) string {
	return placeholder.ReplaceAllStringFunc(text, func(name string) string {
		v, ok := p.value(name)
		if !ok {
			return name
		}
		return escape(v)
	})
}

// NewGateway is a sender of SMS by a gateway.
func NewGateway(c GatewayConfig) (Sender, error) {
	if c.Method == "" {
		c.Method = http.MethodPost
	}
	if c.Segments == 0 {
		c.Segments = 2
	}
	g := gateway{GatewayConfig: c, kind: "text/plain"}
	switch c.Method {
	case http.MethodGet, http.MethodPost, http.MethodPut:
	default:
		return nil, fmt.Errorf("read sms_gateway method %q: it is none of GET, POST, PUT", c.Method)
	}
	switch {
	case c.Segments < 1 || c.Segments > 2:
		return nil, fmt.Errorf("read sms_gateway segments: %d is neither 1 nor 2", c.Segments)
	case c.Method == http.MethodGet && c.Body != "":
		return nil, errors.New("read sms_gateway body: a GET has none")
	case !strings.Contains(c.URL+c.Body, "{text}") || !strings.Contains(c.URL+c.Body, "{to}") && !strings.Contains(c.URL+c.Body, "{digits}"):
		return nil, errors.New("read sms_gateway: neither url nor body holds {text} and {to}")
	case strings.Contains(c.URL+c.Body+strings.Join(mapValues(c.Headers), ""), "{token}") != (c.Token != ""):
		return nil, errors.New("read sms_gateway: {token} and a token go together")
	}
	for _, text := range append(mapValues(c.Headers), c.URL, c.Body) {
		for _, name := range placeholder.FindAllString(text, -1) {
			if _, ok := (placeholders{}).value(name); !ok {
				return nil, fmt.Errorf("read sms_gateway: there is no placeholder %s; there are {to}, {digits}, {text}, {id}, {token}", name)
			}
		}
	}
	if err := g.tryOut(); err != nil {
		return nil, err
	}
	return g, nil
}

func mapValues(m map[string]string) []string {
	var values []string
	for _, v := range m {
		values = append(values, v)
	}
	return values
}

// tryOut fills the templates with text that breaks what is not escaped, and reads the results.
func (g *gateway) tryOut() error {
	nasty := placeholders{to: "+15005550006", text: "a\"b\\c&d=e<f>'g\nh{to}%;é", id: "a/b?c&d", token: g.Token}
	address, err := httpURL(g.address(nasty))
	if err != nil {
		return fmt.Errorf("read sms_gateway url: %w", err)
	}
	host := strings.TrimPrefix(strings.TrimPrefix(g.URL, "https://"), "http://")
	if end := strings.IndexAny(host+"/", "/?"); placeholder.MatchString(host[:min(end, len(host))]) {
		return errors.New("read sms_gateway url: a placeholder cannot choose the host")
	}
	if _, err := url.ParseQuery(address.RawQuery); err != nil {
		return errors.New("read sms_gateway url: its query cannot be read")
	}
	header := g.header(nasty)
	for k, values := range header {
		if strings.ContainsAny(k+values[0], "\r\n\x00") || k == "" || strings.ContainsAny(k, " :") {
			return fmt.Errorf("read sms_gateway headers: %q cannot be a header", k)
		}
		if k == "Host" || k == "Content-Length" || k == "Transfer-Encoding" {
			return fmt.Errorf("read sms_gateway headers: %s is not set by hand", k)
		}
	}
	if g.kind, err = bodyKind(header.Get("Content-Type"), g.Body); err != nil {
		return err
	}
	return readable(g.kind, g.body(nasty))
}

// bodyKind is the media type of a body, guessed if no header says it.
func bodyKind(declared, body string) (string, error) {
	kind, _, _ := strings.Cut(declared, ";")
	body = placeholder.ReplaceAllString(strings.TrimSpace(body), "")
	switch kind = strings.ToLower(strings.TrimSpace(kind)); {
	case kind == "" && (strings.HasPrefix(body, "{") || strings.HasPrefix(body, "[")):
		return "application/json", nil
	case kind == "" && strings.HasPrefix(body, "<"):
		return "text/xml", nil
	case kind == "":
		return "application/x-www-form-urlencoded", nil
	case slices.Contains([]string{"application/json", "application/x-www-form-urlencoded", "application/xml", "text/xml", "text/plain"}, kind):
		return kind, nil
	}
	return "", fmt.Errorf("read sms_gateway headers: Watchbill cannot fill a body of type %q; it can JSON, a form, XML and plain text", kind)
}

// readable reports whether a filled body is what its type says.
func readable(kind, body string) error {
	switch kind {
	case "application/json":
		if !json.Valid([]byte(body)) {
			return errors.New("read sms_gateway body: it is no JSON once filled; placeholders stand in quotes, as in {\"to\": \"{to}\"}")
		}
	case "application/xml", "text/xml":
		for in := xml.NewDecoder(strings.NewReader(body)); ; {
			if _, err := in.Token(); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return errors.New("read sms_gateway body: it is no XML once filled")
			}
		}
	case "application/x-www-form-urlencoded":
		if _, err := url.ParseQuery(body); err != nil {
			return errors.New("read sms_gateway body: it is no form once filled, as in to={to}&text={text}")
		}
	}
	return nil
}

func (g gateway) address(p placeholders) string {
	path, query, ok := strings.Cut(g.URL, "?")
	path = p.fill(path, url.PathEscape)
	if !ok {
		return path
	}
	return path + "?" + p.fill(query, url.QueryEscape)
}

func (g gateway) header(p placeholders) http.Header {
	h := http.Header{}
	for k, v := range g.Headers {
		h.Set(k, p.fill(v, func(s string) string { return line(s, 4096) }))
	}
	if g.Body != "" && h.Get("Content-Type") == "" && g.kind != "text/plain" {
		h.Set("Content-Type", g.kind)
	}
	return h
}

func (g gateway) body(p placeholders) string {
	return p.fill(g.Body, func(s string) string {
		switch g.kind {
		case "application/json":
			quoted, _ := json.Marshal(s) // a string cannot fail
			return string(quoted[1 : len(quoted)-1])
		case "application/xml", "text/xml":
			return escaped(s)
		case "application/x-www-form-urlencoded":
			return url.QueryEscape(s)
		}
		return s
	})
}

// Method implements Sender.
func (gateway) Method() Method { return SMS }

// Provider implements Sender.
func (gateway) Provider() string { return "sms_gateway" }

// Send implements Sender.
func (g gateway) Send(ctx context.Context, to To, m Message) Result {
	if !e164.MatchString(to.Address) {
		return dead(Address, codeAddress, "The phone number is not in the international form, as in +4915112345678.").of("sms_gateway", "")
	}
	p := placeholders{to: to.Address, text: smsText(m, g.Segments, false), id: line(m.Key, 200), token: g.Token}
	var body io.Reader
	if g.Body != "" {
		body = strings.NewReader(g.body(p))
	}
	a := exchange(ctx, g.Guard.Client(), g.GatewayConfig.Method, g.address(p), g.header(p), body)
	switch {
	case a.err != nil:
		return a.failure().of("sms_gateway", "")
	case a.status >= 200 && a.status < 300 && g.Expect == "" && isWebPage(a.body):
		return unknown(codeForeign, fmt.Sprintf("The SMS gateway answered %d with a web page, such as a login is. Check its URL, or set expect to the text that means success.", a.status)).of("sms_gateway", "")
	case a.status >= 200 && a.status < 300 && bytes.Contains(a.body, []byte(g.Expect)):
		return sent("").of("sms_gateway", "")
	case a.status >= 200 && a.status < 300:
		r := dead(Setup, "unexpected", fmt.Sprintf("The SMS gateway answered %d without the text that means success.", a.status))
		return r.of("sms_gateway", g.detail(a, to))
	}
	return a.byStatus("The SMS gateway").of("sms_gateway", g.detail(a, to))
}

// isWebPage reports whether body is a page for people, whatever its type is said to be.
func isWebPage(body []byte) bool {
	head := bytes.ToLower(bytes.TrimSpace(body[:min(len(body), 512)]))
	return bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html"))
}

// detail is what the gateway said, without what it may have repeated of the request.
func (g gateway) detail(a answer, to To) string {
	return hide(hideNumber(string(a.body), to.Address), g.Token, "(token)")
}
