// Package notifytest has faithful providers for tests: they listen on loopback, check each request against what the real
// one documents, answer in its shapes, keep what they took, and fail as they are told. None of them uses code of package
// notify, so that a mistake there is seen here.
package notifytest

import (
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
)

// Loopback is the networks that a guard must allow to reach these providers.
var Loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// Fault is how a provider fails a request.
type Fault struct {
	Status int               // HTTP or SMTP status
	Code   int               // the provider's own code, where it has them; its documented body goes with it
	Header map[string]string // of an HTTP answer, such as Retry-After
	Body   string            // instead of the documented one
	Hang   bool              // the request is taken and not answered until the client leaves
	Drop   bool              // the request is done, then the connection is cut instead of an answer
}

// provider is what the HTTP providers share.
type provider struct {
	t        testing.TB
	server   *httptest.Server
	document func(status, code int) string // the documented body of an error; nil without one

	mu     sync.Mutex
	faults []Fault // for the next requests, one each
	always *Fault  // for all after them
	seen   int     // requests that came
}

// start serves handle with TLS. handle gets the body, and whether the answer is to be held back (see Fault.Drop); it
// returns what to answer.
func (p *provider) start(t testing.TB, limit int64, handle func(r *http.Request, body []byte) reply) {
	p.t = t
	p.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
		if err != nil {
			return
		}
		f := p.next()
		switch {
		case f != nil && f.Hang:
			<-r.Context().Done()
			return
		case f != nil && !f.Drop:
			p.refuse(w, *f)
			return
		}
		a := handle(r, body)
		if f != nil {
			panic(http.ErrAbortHandler)
		}
		a.write(w)
	}))
	p.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(p.server.Close)
}

type reply struct {
	status int
	kind   string
	body   string
}

func (a reply) write(w http.ResponseWriter) {
	if a.kind != "" {
		w.Header().Set("Content-Type", a.kind)
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

// next takes the fault of this request.
func (p *provider) next() *Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen++
	if len(p.faults) > 0 {
		f := p.faults[0]
		p.faults = p.faults[1:]
		return &f
	}
	return p.always
}

func (p *provider) refuse(w http.ResponseWriter, f Fault) {
	for k, v := range f.Header {
		w.Header().Set(k, v)
	}
	if f.Status == 0 {
		panic(fmt.Sprintf("notifytest: the fault %+v has no status", f))
	}
	body := f.Body
	if body == "" && p.document != nil {
		body = p.document(f.Status, f.Code)
	}
	reply{status: f.Status, kind: "application/json", body: body}.write(w)
}

// URL is the provider's address, with https.
func (p *provider) URL() string { return p.server.URL }

// Roots trusts the provider's certificate.
func (p *provider) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(p.server.Certificate())
	return pool
}

// Fail fails the next requests, one for each fault.
func (p *provider) Fail(faults ...Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, faults...)
}

// FailAll fails all requests after those of Fail, until Heal.
func (p *provider) FailAll(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.always = &f
}

// Heal ends all faults.
func (p *provider) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults, p.always = nil, nil
}

// Requests is how many requests came, failed ones included.
func (p *provider) Requests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen
}

// wrong reports a request that no provider documents.
func (p *provider) wrong(format string, args ...any) { p.t.Helper(); p.t.Errorf(format, args...) }

// Close ends the provider: nobody listens there any more.
func (p *provider) Close() { p.server.Close() }
