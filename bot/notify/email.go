package notify

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// EmailTLS is how the connection to the mail server is encrypted.
type EmailTLS string

// The ways. Without encryption a mail goes only into a network that the operator allows, and a password never.
const (
	TLSAuto     EmailTLS = ""         // TLSImplicit on port 465, else TLSStart; into allowed networks without, if the server has none
	TLSStart    EmailTLS = "starttls" // the server must offer STARTTLS
	TLSImplicit EmailTLS = "tls"      // TLS from the first byte
	TLSNone     EmailTLS = "none"     // none
)

// goodbye is how long a server may take to end the conversation.
const goodbye = time.Second

// EmailConfig sets up e-mail.
type EmailConfig struct {
	SMTP     string // host:port
	TLS      EmailTLS
	From     string // an address, or "Name <address>"
	User     string // empty: no login
	Password string
	Guard    *Guard
	Now      func() time.Time // nil is time.Now
}

type email struct {
	EmailConfig
	host string
	from *netmail.Address
}

// NewEmail is a sender of e-mail by SMTP. Each mail has a connection of its own.
func NewEmail(c EmailConfig) (Sender, error) {
	host, port, err := net.SplitHostPort(c.SMTP)
	if n, perr := strconv.Atoi(port); err != nil || host == "" || perr != nil || n < 1 || n > 65535 {
		return nil, fmt.Errorf("read mail server %q: it is not host:port, as in smtp.example.com:587", c.SMTP)
	}
	from, err := netmail.ParseAddress(c.From)
	if err != nil {
		return nil, fmt.Errorf("read sender of e-mail %q: it is no address", c.From)
	}
	if from.Name == "" {
		from.Name = "Watchbill"
	}
	switch c.TLS {
	case TLSAuto:
		if port == "465" {
			c.TLS = TLSImplicit
		}
	case TLSStart, TLSImplicit:
	case TLSNone:
		if c.User != "" {
			return nil, errors.New("read mail server: a password is not sent without TLS; leave out the user, or use starttls")
		}
	default:
		return nil, fmt.Errorf("read mail server: tls %q is none of starttls, tls, none", c.TLS)
	}
	if (c.User == "") != (c.Password == "") {
		return nil, errors.New("read mail server: user and password go together")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return email{EmailConfig: c, host: host, from: from}, nil
}

// Method implements Sender.
func (email) Method() Method { return Email }

// Provider implements Sender.
func (email) Provider() string { return "smtp" }

// Send implements Sender.
func (e email) Send(ctx context.Context, to To, m Message) Result {
	msg, err := e.compose(to, m)
	if err != nil {
		return dead(Address, codeAddress, "The e-mail address is not one: check it.").of("smtp", "")
	}
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	r, detail := e.deliver(ctx, msg)
	if ctx.Err() != nil && (r.Code == codeBroken || r.Code == codeDial || r.Code == codeTimeout) {
		// The connection was cut by us, whatever the error looks like.
		r = connection(ctx.Err(), r.Class == Unknown)
	}
	return r.of("smtp", hide(detail, to.Address, "(address)"))
}

// deliver hands msg to the server.
func (e email) deliver(ctx context.Context, msg *mail.Msg) (r Result, detail string) {
	conn, policy, err := e.dial(ctx)
	if err != nil {
		return connection(err, false), ""
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()

	client, session, err := e.greet(ctx, conn, policy)
	if err != nil {
		return greeted(err)
	}
	if takes, _ := session.Extension("SMTPUTF8"); !takes { // RFC 6531: such a server is sent nothing but ASCII
		switch {
		case !inASCII(e.from.Address):
			return dead(Setup, "smtp_ascii", "The mail server takes no letters but ASCII in the sender. Check notify.email.from; a domain can be written as xn--…."), ""
		case !inASCII(msg.GetTo()[0].Address):
			return dead(Address, "smtp_ascii", "The mail server takes no letters but ASCII in the e-mail address. Use another one; a domain can be written as xn--…."), ""
		}
	}
	if err := client.SendWithSMTPClient(session, msg); err != nil {
		return handedOver(err)
	}
	end(conn, client, session) // the mail is theirs, whether they hear the goodbye or not
	return sent(strings.Trim(msg.GetMessageID(), "<>")), ""
}

// greet goes as far as a mail can be handed over: encrypted, and logged in.
func (e email) greet(ctx context.Context, conn net.Conn, policy mail.TLSPolicy) (*mail.Client, *smtp.Client, error) {
	options := []mail.Option{
		mail.WithDialContextFunc(func(context.Context, string, string) (net.Conn, error) { return conn, nil }),
		mail.WithTLSPolicy(policy), mail.WithTLSConfig(e.tls()), mail.WithTimeout(Timeout + time.Second), mail.WithoutNoop(), mail.WithoutRset(),
	}
	if e.User != "" {
		options = append(options, mail.WithUsername(e.User), mail.WithPassword(e.Password),
			mail.WithOpportunisticSMTPAuth(mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthPlain, mail.SMTPAuthLogin, mail.SMTPAuthCramMD5))
	}
	client, err := mail.NewClient(e.host, options...)
	if err != nil {
		return nil, nil, &unfitError{err}
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	return client, session, err
}

// unfitError says that the settings of a mail server do not fit together.
type unfitError struct{ error }

// end says goodbye, as far as the server listens.
func end(conn net.Conn, client *mail.Client, session *smtp.Client) {
	_ = conn.SetDeadline(time.Now().Add(goodbye))
	_ = client.CloseWithSMTPClient(session)
}

func inASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

func (e email) tls() *tls.Config {
	return &tls.Config{ServerName: e.host, MinVersion: tls.VersionTLS12, RootCAs: e.Guard.roots}
}

// dial connects through the guard. Nothing done on the connection outlasts ctx.
func (e email) dial(ctx context.Context) (net.Conn, mail.TLSPolicy, error) {
	raw, err := e.Guard.DialContext(ctx, "tcp", e.SMTP)
	if err != nil {
		return nil, 0, err
	}
	end, _ := ctx.Deadline()
	conn := net.Conn(&bounded{Conn: raw, end: end.Add(time.Second), left: maxBody}) // when ctx ends, deliver cuts it
	if e.TLS == TLSImplicit {
		secure := tls.Client(conn, e.tls())
		if err := secure.HandshakeContext(ctx); err != nil {
			raw.Close()
			return nil, 0, err
		}
		// The policy does nothing on a connection that is encrypted already.
		return secure, mail.TLSOpportunistic, nil
	}
	at, err := netip.ParseAddrPort(raw.RemoteAddr().String())
	allowed := err == nil && e.Guard.Allows(at.Addr())
	switch {
	case e.TLS == TLSNone && allowed:
		return conn, mail.NoTLS, nil
	case e.TLS == TLSNone:
		raw.Close()
		return nil, 0, &BlockedError{Addr: at.Addr().Unmap(), Plain: true}
	case e.TLS == TLSAuto && allowed && e.User == "":
		return conn, mail.TLSOpportunistic, nil
	}
	return conn, mail.TLSMandatory, nil
}

// errEndless says that a server does not stop talking.
var errEndless = errors.New("the mail server's answers do not end")

// bounded is a connection whose deadlines never lie behind end, and on which hardly more comes than left: a line of an answer
// may be of any length, and an answer of any number of lines. One goroutine reads.
type bounded struct {
	net.Conn
	end  time.Time
	left int // in bytes
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errEndless
	}
	n, err := b.Conn.Read(p)
	b.left -= n
	return n, err
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errEndless // it does not listen
	}
	return b.Conn.Write(p)
}

func (b *bounded) sooner(t time.Time) time.Time {
	if t.IsZero() || t.After(b.end) {
		return b.end
	}
	return t
}

func (b *bounded) SetDeadline(t time.Time) error      { return b.Conn.SetDeadline(b.sooner(t)) }
func (b *bounded) SetReadDeadline(t time.Time) error  { return b.Conn.SetReadDeadline(b.sooner(t)) }
func (b *bounded) SetWriteDeadline(t time.Time) error { return b.Conn.SetWriteDeadline(b.sooner(t)) }

// compose writes m as a mail to to.
func (e email) compose(to To, m Message) (*mail.Msg, error) {
	address, err := netmail.ParseAddress(to.Address)
	if err != nil || len(to.Address) > 320 || strings.ContainsFunc(to.Address, isHostile) {
		return nil, errors.New("no address")
	}
	address.Name = line(to.Name, 100)
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	msg.FromMailAddress(e.from)
	msg.ToMailAddress(address)
	msg.SetDateWithValue(e.Now())
	msg.Subject(m.marked(m.headline()))
	_, domain, _ := strings.Cut(e.from.Address, "@")
	msg.SetMessageIDWithValue(messageID(m.Key, domain))
	// All mails of one page are one conversation.
	msg.SetGenHeader(mail.HeaderReferences, "<"+messageID(m.page(), domain)+">")
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader(mail.HeaderXAutoResponseSuppress, "All")
	if m.urgent() {
		msg.SetImportance(mail.ImportanceHigh)
	}
	plain, html, err := mailText(m)
	if err != nil {
		return nil, err
	}
	msg.SetBodyString(mail.TypeTextPlain, plain)
	msg.AddAlternativeString(mail.TypeTextHTML, html)
	return msg, nil
}

// messageID is the same for the same key, and says nothing about it.
func messageID(key, domain string) string {
	sum := sha256.Sum256([]byte(key))
	return "watchbill." + hex.EncodeToString(sum[:16]) + "@" + domain
}
