package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync/atomic"
	"time"
)

// Codes that are no provider's own.
const (
	codeBlocked  = "blocked"  // the guard refused the address
	codeCanceled = "canceled" // the caller gave up
	codeDNS      = "dns"      // the name does not resolve
	codeDial     = "dial"     // no connection
	codeTLS      = "tls"      // no trust
	codeTimeout  = "timeout"  // no answer in time
	codeBroken   = "broken"   // the connection ended before the answer
	codeOpen     = "open"     // the breaker is open
	codeForeign  = "foreign"  // an answer that is not the provider's
	codeAddress  = "address"  // refused here: no such address can exist
)

const userAgent = "Watchbill"

// longestAfter is the longest wait that a provider's Retry-After can ask for.
const longestAfter = time.Hour

// transport speaks HTTP/1.1: a connection of HTTP/2 whose path died swallows all requests until somebody notices.
func transport(dial func(context.Context, string, string) (net.Conn, error), roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		DialContext:            dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:    dialTime,
		MaxResponseHeaderBytes: maxHeader,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        30 * time.Second,
	}
}

// answer is what came back from an HTTP provider.
type answer struct {
	status int // 0 if there was no answer
	header http.Header
	body   []byte // at most maxBody
	err    error
	sent   bool // the request may have reached the provider
}

// exchange makes one request.
func exchange(ctx context.Context, client *http.Client, method, url string, header http.Header, body io.Reader) answer {
	var reached atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { reached.Store(true) },
	})
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return answer{err: err}
	}
	req.Header = header
	req.Header.Set("User-Agent", userAgent)
	resp, err := client.Do(req)
	if err != nil {
		return answer{err: err, sent: reached.Load()}
	}
	defer resp.Body.Close()
	// A body that breaks off is judged by what there is of it: the status has already said the most.
	read, _ := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	return answer{status: resp.StatusCode, header: resp.Header, body: read, sent: true}
}

// failure is the result of an exchange without an answer.
func (a answer) failure() Result { return connection(a.err, a.sent) }

// connection is the result of err on the way to a provider, before or after the message may have reached it.
func connection(err error, sent bool) Result {
	var (
		blocked *BlockedError
		dns     *net.DNSError
		timeout interface{ Timeout() bool }
	)
	isTimeout := errors.As(err, &timeout) && timeout.Timeout() || errors.Is(err, context.DeadlineExceeded)
	switch {
	case errors.As(err, &blocked):
		return dead(Setup, codeBlocked, "The address may not be reached: "+blocked.Error()+".")
	case errors.Is(err, context.Canceled) && sent:
		return unknown(codeCanceled, "Watchbill stopped before the provider answered.")
	case errors.Is(err, context.Canceled):
		return retry(0, Provider, codeCanceled, "Watchbill stopped before the message went out.")
	case sent && isTimeout:
		return unknown(codeTimeout, fmt.Sprintf("The provider did not answer within %s.", Timeout))
	case sent:
		return unknown(codeBroken, "The connection to the provider broke before it answered.")
	case errors.As(err, &dns):
		return unavailable(0, codeDNS, "The provider's name cannot be resolved. Check its address in the configuration, and DNS.")
	case isTrust(err):
		return unavailable(0, codeTLS, "The provider's certificate is not trusted. Check its address, the system's certificates and the clock.")
	case isTimeout:
		return unavailable(0, codeTimeout, "The provider does not take connections. Check its address, the network and firewalls.")
	}
	return unavailable(0, codeDial, "There is no connection to the provider. Check its address, the network and firewalls.")
}

func isTrust(err error) bool {
	var (
		verify *tls.CertificateVerificationError
		alert  tls.AlertError
		record tls.RecordHeaderError
	)
	return errors.As(err, &verify) || errors.As(err, &alert) || errors.As(err, &record)
}

// byStatus is the result of an HTTP answer that is no success, where only its status counts. what names who answered, as
// in "The SMS gateway".
func (a answer) byStatus(what string) Result {
	code := "http_" + strconv.Itoa(a.status)
	s := a.status
	switch {
	case s >= 300 && s < 400:
		return dead(Setup, code, what+" redirects to another address, which is not followed. Configure the final address.")
	case s == http.StatusUnauthorized || s == http.StatusForbidden || s == http.StatusProxyAuthRequired:
		return dead(Setup, code, fmt.Sprintf("%s refuses the credentials (HTTP %d). Check its token.", what, s))
	case s == http.StatusNotFound || s == http.StatusMethodNotAllowed || s == http.StatusGone:
		return dead(Setup, code, fmt.Sprintf("%s has nothing at this address (HTTP %d). Check its URL and method.", what, s))
	case s == http.StatusTooManyRequests || s == http.StatusRequestTimeout || s == http.StatusTooEarly:
		return retry(max(a.after(), time.Second), Provider, code, fmt.Sprintf("%s asks to wait (HTTP %d).", what, s))
	case s == http.StatusServiceUnavailable:
		return unavailable(a.after(), code, what+" is not available (HTTP 503).")
	case s == http.StatusNotImplemented || s == http.StatusHTTPVersionNotSupported:
		return dead(Setup, code, fmt.Sprintf("%s does not understand the request (HTTP %d). Check its URL and method.", what, s))
	case s >= 500:
		return unknown(code, fmt.Sprintf("%s failed while it worked on the message (HTTP %d).", what, s))
	case s >= 400:
		return dead(Request, code, fmt.Sprintf("%s refuses the message (HTTP %d).", what, s))
	}
	return unknown(codeForeign, fmt.Sprintf("%s gave an answer that makes no sense (HTTP %d). Check its URL.", what, s))
}

// after is how long the answer's Retry-After asks to wait; 0 if it does not.
func (a answer) after() time.Duration {
	text := a.header.Get("Retry-After")
	if n, err := strconv.Atoi(text); err == nil {
		return time.Duration(min(max(n, 0), int(longestAfter/time.Second))) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	// Against the answer's own clock, so that ours may be wrong.
	if date, err := http.ParseTime(a.header.Get("Date")); err == nil {
		return min(max(at.Sub(date), 0), longestAfter)
	}
	return 0
}
