package notifytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// SMTPOptions are how a mail server is set up. The zero value offers STARTTLS and needs no login.
type SMTPOptions struct {
	User, Password string // that a client must log in with
	Implicit       bool   // TLS from the first byte
	Plain          bool   // no TLS at all
}

// Stage is where in the course of a mail a fault stands.
type Stage string

// The stages.
const (
	AtGreeting Stage = "greeting"
	AtLogin    Stage = "login"
	AtSender   Stage = "MAIL"
	AtRcpt     Stage = "RCPT"
	AtData     Stage = "DATA" // after the mail's last byte
)

// Mail is one that was taken.
type Mail struct {
	From, To  string // of the envelope
	Header    mail.Header
	Body      string
	Encrypted bool
	User      string
}

// SMTP is a mail server: a real server library behind it.
type SMTP struct {
	t       testing.TB
	options SMTPOptions
	server  *smtp.Server
	ln      net.Listener
	cert    *x509.Certificate
	done    chan struct{}

	mu     sync.Mutex
	faults map[Stage][]SMTPFault
	mails  []Mail
	conns  int
}

// SMTPFault is how a mail server fails. The answer is Status with Enhanced and Message.
type SMTPFault struct {
	Status   int
	Enhanced [3]int
	Message  string
	Hang     bool // no answer until the client leaves
	Drop     bool // the connection is cut; AtData, the mail was taken before
}

// NewSMTP starts a mail server.
func NewSMTP(t testing.TB, o SMTPOptions) *SMTP {
	s := &SMTP{t: t, options: o, faults: map[Stage][]SMTPFault{}, done: make(chan struct{})}
	cert, leaf := certificate(t)
	s.cert = leaf
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.ln = ln
	s.server = smtp.NewServer(smtp.BackendFunc(s.session))
	s.server.Domain = "mail.example.com"
	s.server.ErrorLog = log.New(io.Discard, "", 0)
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	serve := ln
	switch {
	case o.Implicit:
		serve = tls.NewListener(ln, config)
	case !o.Plain:
		s.server.TLSConfig = config
	}
	go func() { _ = s.server.Serve(serve) }()
	t.Cleanup(func() {
		close(s.done)
		s.Close()
	})
	return s
}

// certificate is a new one for localhost.
func certificate(t testing.TB) (tls.Certificate, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, leaf
}

// Addr is the server's host:port.
func (s *SMTP) Addr() string { return s.ln.Addr().String() }

// Certificate is the server's.
func (s *SMTP) Certificate() *x509.Certificate { return s.cert }

// Roots trusts the server's certificate.
func (s *SMTP) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.cert)
	return pool
}

// Mails are those taken.
func (s *SMTP) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Connections is how many came.
func (s *SMTP) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns
}

// Fail fails the next mails that get as far as at, one for each fault.
func (s *SMTP) Fail(at Stage, faults ...SMTPFault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[at] = append(s.faults[at], faults...)
}

// Close ends the server: nobody listens there any more.
func (s *SMTP) Close() {
	_ = s.ln.Close() // the server closes it only once it serves
	_ = s.server.Close()
}

func (s *SMTP) next(at Stage) *SMTPFault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.faults[at]) == 0 {
		return nil
	}
	f := s.faults[at][0]
	s.faults[at] = s.faults[at][1:]
	return &f
}

type session struct {
	s    *SMTP
	conn *smtp.Conn
	mail Mail
}

func (s *SMTP) session(c *smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	s.conns++
	s.mu.Unlock()
	in := &session{s: s, conn: c}
	if err := in.fail(AtGreeting); err != nil {
		return nil, err
	}
	return in, nil
}

// fail does what the next fault of a stage says.
func (in *session) fail(at Stage) error {
	f := in.s.next(at)
	switch {
	case f == nil:
		return nil
	case f.Hang:
		<-in.s.done
		return io.EOF
	case f.Drop:
		_ = in.conn.Conn().Close()
		return io.EOF
	}
	return &smtp.SMTPError{Code: f.Status, EnhancedCode: smtp.EnhancedCode(f.Enhanced), Message: f.Message}
}

func (in *session) AuthMechanisms() []string {
	if in.s.options.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (in *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if _, encrypted := in.conn.TLSConnectionState(); !encrypted {
			in.s.t.Errorf("smtp: a password came in the clear")
		}
		if err := in.fail(AtLogin); err != nil {
			return err
		}
		if user != in.s.options.User || password != in.s.options.Password {
			return smtp.ErrAuthFailed
		}
		in.mail.User = user
		return nil
	}), nil
}

func (in *session) Mail(from string, _ *smtp.MailOptions) error {
	if in.s.options.User != "" && in.mail.User == "" {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	in.mail.From = from
	return in.fail(AtSender)
}

func (in *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	in.mail.To = to
	return in.fail(AtRcpt)
}

func (in *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	f := in.s.next(AtData)
	if f != nil && !f.Drop && !f.Hang {
		return &smtp.SMTPError{Code: f.Status, EnhancedCode: smtp.EnhancedCode(f.Enhanced), Message: f.Message}
	}
	m, err := mail.ReadMessage(strings.NewReader(string(raw)))
	if err != nil {
		in.s.t.Errorf("smtp: read mail: %v", err)
		return err
	}
	body, _ := io.ReadAll(m.Body)
	_, encrypted := in.conn.TLSConnectionState()
	in.mail.Header, in.mail.Body, in.mail.Encrypted = m.Header, string(body), encrypted
	in.s.mu.Lock()
	in.s.mails = append(in.s.mails, in.mail)
	in.s.mu.Unlock()
	if f != nil {
		if f.Hang {
			<-in.s.done
		}
		_ = in.conn.Conn().Close()
		return io.EOF
	}
	return nil
}

func (in *session) Reset()        { in.mail = Mail{User: in.mail.User} }
func (in *session) Logout() error { return nil }
