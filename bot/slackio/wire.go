package slackio

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// largestAnswer bounds what is read of one answer, in bytes: a page of 1,000 users stays well below.
	largestAnswer = 16 << 20
	// callTimeout bounds one call from dialling to the last byte of the answer. A Slack that takes calls and never
	// answers is found by it: whoever waits for a page by another way waits no longer than this.
	callTimeout = 10 * time.Second
)

// wire does HTTP requests for the Web API. It is the one place where an answer is read and judged: what it returns
// without an error said ok. It repeats nothing.
type wire struct {
	client *http.Client
	base   *url.URL // ends in a slash
	agent  string
	now    func() time.Time
	onCall func(method string, took time.Duration, err error)
	offset atomic.Int64 // Slack's clock minus ours, in nanoseconds, from the last answer
}

// newWire prepares the doer for the API at apiURL.
func newWire(apiURL string, client *http.Client, agent string, now func() time.Time) (*wire, error) {
	base, err := apiBase(apiURL)
	if err != nil {
		return nil, err
	}
	if now == nil {
		now = time.Now
	}
	if agent == "" {
		agent = "watchbill"
	}
	return &wire{client: patient(client), base: base, agent: agent, now: now}, nil
}

// apiBase checks the address of the Web API and gives it the trailing slash that slack-go needs.
func apiBase(apiURL string) (*url.URL, error) {
	if apiURL == "" {
		apiURL = "https://slack.com/api/"
	}
	base, err := url.Parse(apiURL)
	if err != nil {
		return nil, fmt.Errorf("read Slack's API URL %q: %w", apiURL, err)
	}
	if base.Scheme != "https" && base.Scheme != "http" || base.Host == "" {
		return nil, fmt.Errorf("read Slack's API URL %q: it must be like https://slack.com/api/", apiURL)
	}
	if base.RawQuery != "" || base.Fragment != "" || base.User != nil {
		return nil, fmt.Errorf("read Slack's API URL %q: it must not hold a user, a query or a fragment", base.Redacted())
	}
	if !strings.HasSuffix(base.Path, "/") {
		base.Path += "/"
	}
	return base, nil
}

// patient copies client, or makes one, so that it has a time limit and follows no redirect: following one would send
// a write twice, or a token elsewhere.
func patient(client *http.Client) *http.Client {
	if client == nil {
		// HTTP/1.1: a connection of HTTP/2 whose path died swallows all requests until
		// somebody notices. A dialer of our own keeps Go from asking for it.
		client = &http.Client{Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
			TLSHandshakeTimeout:   5 * time.Second,
			ResponseHeaderTimeout: callTimeout,
			MaxIdleConnsPerHost:   16,
			IdleConnTimeout:       60 * time.Second,
		}}
	}
	limited := *client
	if limited.Timeout == 0 {
		limited.Timeout = callTimeout
	}
	limited.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &limited
}

// Do sends a request of the Web API and judges its answer. It returns either an answer that said ok, its body read and
// held in memory, or a *CallError.
func (w *wire) Do(req *http.Request) (*http.Response, error) {
	return w.do(req, strings.TrimPrefix(req.URL.Path, w.base.Path), judgeAPI)
}

// do sends one request, reads the whole answer and has it judged.
func (w *wire) do(req *http.Request, method string, judge func(*http.Response, []byte) *CallError) (*http.Response, error) {
	started := time.Now()
	resp, err := w.exchange(req, judge)
	if err != nil {
		err.Method = method
	}
	if w.onCall != nil {
		var reported error
		if err != nil {
			reported = err
		}
		w.onCall(method, time.Since(started), reported)
	}
	if err != nil {
		return nil, err
	}
	return resp, nil
}

type heardKey struct{}

// Listening is ctx for calls of which it shall be known whether Slack has answered one of them, be it with a refusal: a
// gateway in front of Slack that reports its absence is no answer.
func Listening(ctx context.Context) (listening context.Context, heard func() bool) {
	var answered atomic.Bool
	return context.WithValue(ctx, heardKey{}, &answered), answered.Load
}

// exchange does the round trip.
func (w *wire) exchange(req *http.Request, judge func(*http.Response, []byte) *CallError) (*http.Response, *CallError) {
	var sent atomic.Bool
	trace := &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }}
	req = req.WithContext(httptrace.WithClientTrace(req.Context(), trace))
	req.Header.Set("User-Agent", w.agent)

	resp, err := w.client.Do(req)
	if err != nil {
		return nil, netError(err, sent.Load())
	}
	defer resp.Body.Close()
	if answered, ok := req.Context().Value(heardKey{}).(*atomic.Bool); ok && resp.StatusCode < http.StatusInternalServerError {
		answered.Store(true)
	}
	w.learnClock(resp.Header)
	body, err := io.ReadAll(io.LimitReader(resp.Body, largestAnswer+1))
	if err != nil {
		return nil, netError(err, true)
	}
	if len(body) > largestAnswer {
		return nil, &CallError{Status: resp.StatusCode, Code: codeUndecodable, Sent: true, Err: errors.New("the answer is too large")}
	}
	if failed := judge(resp, body); failed != nil {
		failed.Status, failed.Sent = resp.StatusCode, true
		return nil, failed
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// learnClock notes how far Slack's clock is from ours. The header has whole seconds, so half a second is added.
func (w *wire) learnClock(h http.Header) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return
	}
	w.offset.Store(int64(date.Add(500 * time.Millisecond).Sub(w.now())))
}

// verdict is what every answer of the Web API holds.
type verdict struct {
	OK       *bool           `json:"ok"`
	Error    string          `json:"error"`
	Needed   string          `json:"needed"`
	Provided string          `json:"provided"`
	Errors   json.RawMessage `json:"errors"`
	Metadata struct {
		Messages []string `json:"messages"`
	} `json:"response_metadata"`
}

// judgeAPI judges an answer of a Web API method.
func judgeAPI(resp *http.Response, body []byte) *CallError {
	if resp.StatusCode == http.StatusTooManyRequests {
		return &CallError{Code: "ratelimited", RetryAfter: retryAfter(resp.Header)}
	}
	var v verdict
	err := json.Unmarshal(body, &v)
	if resp.StatusCode != http.StatusOK && (err != nil || !isCode(v.Error) || resp.StatusCode >= 500) {
		return &CallError{Code: statusCode(resp.StatusCode)}
	}
	if err != nil {
		return &CallError{Code: codeUndecodable, Err: errors.New("the answer is not the JSON of Slack's API")}
	}
	if v.OK != nil && *v.OK {
		return nil
	}
	if v.OK == nil || !isCode(v.Error) {
		return &CallError{Code: codeUndecodable, Err: errors.New("the answer says neither ok nor what is wrong")}
	}
	return &CallError{Code: v.Error, Messages: v.messages(), Needed: v.Needed, Provided: v.Provided,
		RetryAfter: retryAfter(resp.Header), body: body}
}

// messages is what Slack says about the arguments, in whichever of its two places.
func (v verdict) messages() []string {
	if len(v.Metadata.Messages) > 0 {
		return v.Metadata.Messages
	}
	var plain []string
	if json.Unmarshal(v.Errors, &plain) != nil {
		return nil
	}
	return plain
}

// judgePlain judges an answer that counts by its status alone.
func judgePlain(resp *http.Response, _ []byte) *CallError {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return &CallError{Code: statusCode(resp.StatusCode), RetryAfter: retryAfter(resp.Header)}
}

// judgeResponseURL judges the answer of a response URL: "ok", {"ok":true}, or a code in either form.
func judgeResponseURL(resp *http.Response, body []byte) *CallError {
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500 {
		return judgePlain(resp, body)
	}
	var v verdict
	if json.Unmarshal(body, &v) == nil && v.OK != nil && *v.OK {
		return nil
	}
	text := strings.TrimSpace(string(body))
	if resp.StatusCode == http.StatusOK && (text == "ok" || text == "") {
		return nil
	}
	code := v.Error
	if code == "" {
		code = strings.ToLower(strings.ReplaceAll(text, " ", "_"))
	}
	switch {
	case isCode(code):
		return &CallError{Code: code, Messages: v.messages()}
	case resp.StatusCode != http.StatusOK:
		return judgePlain(resp, body)
	}
	return &CallError{Code: codeUndecodable, Err: errors.New("the answer says neither ok nor what is wrong")}
}

// isCode reports whether text looks like one of Slack's codes.
func isCode(text string) bool {
	return text != "" && len(text) <= 64 && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// clip cuts text to at most n bytes.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n], "")
}

// retryAfter reads how long Slack asks to wait; 0 when it does not say or says nonsense.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.ParseFloat(strings.TrimSpace(h.Get("Retry-After")), 64)
	if err != nil || seconds <= 0 || seconds > 86400 {
		return 0
	}
	return time.Duration(seconds * float64(time.Second))
}

// netError describes a request that got no answer. The URL that net/http puts into its errors is left out: it may be
// a secret.
func netError(err error, sent bool) *CallError {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return &CallError{Code: netCode(err), Sent: sent, Err: err}
}

// netCode names what went wrong on the network.
func netCode(err error) string {
	if isCanceled(err) {
		return codeCanceled
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return codeDNS
	}
	if isTLS(err) {
		return codeTLS
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return codeDial
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return codeTimeout
	}
	return codeBroken
}

// isTLS reports whether the other end could not be trusted or did not speak TLS.
func isTLS(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return true
	}
	_, ok := errors.AsType[x509.HostnameError](err)
	return ok
}
