package notify

import (
	"bufio"
	"cmp"
	"context"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/watchbill/watchbill/bot/notify/notifytest"
)

func mailer(t *testing.T, s *notifytest.SMTP, change func(*EmailConfig)) Sender {
	t.Helper()
	c := EmailConfig{SMTP: s.Addr(), From: "Pager <pager@example.com>", Guard: NewGuard(notifytest.Loopback, s.Roots()), Now: func() time.Time { return monday }}
	if change != nil {
		change(&c)
	}
	sender, err := NewEmail(c)
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

func login(c *EmailConfig) { c.User, c.Password = "pager", "correct horse" }

// parts are the decoded parts of a mail by their type.
func parts(t *testing.T, m notifytest.Mail) map[string]string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%q: %v", m.Header.Get("Content-Type"), err)
	}
	found := map[string]string{}
	for r := multipart.NewReader(strings.NewReader(m.Body), params["boundary"]); ; {
		p, err := r.NextRawPart()
		if err == io.EOF {
			return found
		} else if err != nil {
			t.Fatal(err)
		}
		var body io.Reader = p
		if p.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
			body = quotedprintable.NewReader(p)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
		found[kind] = strings.ReplaceAll(string(text), "\r\n", "\n")
	}
}

func TestEmailIsTaken(t *testing.T) {
	s := notifytest.NewSMTP(t, notifytest.SMTPOptions{User: "pager", Password: "correct horse"})
	m := page7()
	m.Repeat = true
	r := mailer(t, s, login).Send(t.Context(), To{Address: "dev1@example.com", Name: "Dev, One"}, m)
	if !r.OK() || r.Provider != "smtp" {
		t.Fatalf("%+v", r)
	}
	got := s.Mails()
	if len(got) != 1 || got[0].From != "pager@example.com" || got[0].To != "dev1@example.com" || !got[0].Encrypted || got[0].User != "pager" {
		t.Fatalf("%+v", got)
	}
	h := got[0].Header
	subject, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
	if err != nil || subject != "REPEAT checkout: 5xx above 5 % [PAGE-7]" {
		t.Errorf("%q, %v", subject, err)
	}
	for key, want := range map[string]string{
		"From": `"Pager" <pager@example.com>`, "To": `"Dev, One" <dev1@example.com>`, "Date": "Mon, 05 Jan 2026 03:00:00 +0000",
		"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", "X-Priority": "1", "Importance": "high", "Message-Id": "<" + r.ID + ">",
	} {
		if h.Get(key) != want {
			t.Errorf("%s: %q, want %q", key, h.Get(key), want)
		}
	}
	both := parts(t, got[0])
	for kind, texts := range map[string][]string{
		"text/plain": {"REPEAT. You were told", "checkout: 5xx above 5 % [PAGE-7]", "checkout answers 5xx\nsince 03:12", m.Link, "Replies to this mail are not read."},
		"text/html":  {"<strong>REPEAT.</strong>", "checkout: 5xx above 5 % [PAGE-7]", "checkout answers 5xx\nsince 03:12", `<a href="` + m.Link + `"`},
	} {
		for _, text := range texts {
			if !strings.Contains(both[kind], text) {
				t.Errorf("%s has no %q:\n%s", kind, text, both[kind])
			}
		}
	}
}

func TestEmailIsTheSameWhenRepeated(t *testing.T) {
	s := notifytest.NewSMTP(t, notifytest.SMTPOptions{})
	sender := mailer(t, s, nil)
	to := To{Address: "dev1@example.com"}
	other := page7()
	other.Key = "PAGE-7/3/dev1/email"
	a, b, c := sender.Send(t.Context(), to, page7()), sender.Send(t.Context(), to, page7()), sender.Send(t.Context(), to, other)
	if a.ID != b.ID || a.ID == c.ID || !strings.HasSuffix(a.ID, "@example.com") || strings.Contains(a.ID, "dev1") {
		t.Errorf("%q %q %q", a.ID, b.ID, c.ID)
	}
	for _, m := range s.Mails() {
		if got := m.Header.Get("References"); got != s.Mails()[0].Header.Get("References") || got == "" {
			t.Errorf("%q is no conversation", got)
		}
	}
}

func TestEmailWithoutALinkSaysHowToAnswer(t *testing.T) {
	s := notifytest.NewSMTP(t, notifytest.SMTPOptions{})
	m := page7()
	m.Link, m.Answer, m.Urgency = "", "Type /inc ack PAGE-7 in Slack.", Low
	if r := mailer(t, s, nil).Send(t.Context(), To{Address: "dev1@example.com"}, m); !r.OK() {
		t.Fatalf("%+v", r)
	}
	got := s.Mails()[0]
	for kind, text := range parts(t, got) {
		if !strings.Contains(text, m.Answer) || strings.Contains(text, "href") {
			t.Errorf("%s:\n%s", kind, text)
		}
	}
	if got.Header.Get("X-Priority") != "" {
		t.Error("low urgency shouts")
	}
}

// TestEmailHeadersCannotBeInjected: nothing in a message adds a header, a recipient or markup.
func TestEmailHeadersCannotBeInjected(t *testing.T) {
	hostile := "down\r\nBcc: evil@example.com\r\n\r\n<script>alert(1)</script><img src=x onerror=y>\u202E\x00\r\n.\r\nMAIL FROM:<x@y>"
	s := notifytest.NewSMTP(t, notifytest.SMTPOptions{})
	m := Message{Page: hostile, Subject: hostile, Short: hostile, Long: hostile + strings.Repeat(hostile, 100_000), Link: "javascript:alert(1)//\r\nX: y", Answer: hostile, Key: hostile}
	r := mailer(t, s, nil).Send(t.Context(), To{Address: "dev1@example.com", Name: hostile}, m)
	if !r.OK() {
		t.Fatalf("%+v", r)
	}
	got := s.Mails()
	if len(got) != 1 || got[0].To != "dev1@example.com" {
		t.Fatalf("%d mails: %+v", len(got), got)
	}
	for key, values := range got[0].Header {
		if key == "Bcc" || len(values) != 1 || strings.ContainsAny(strings.Join(values, ""), "\r\n") {
			t.Errorf("%s: %q", key, values)
		}
	}
	both := parts(t, got[0])
	if html := both["text/html"]; strings.Contains(html, "<script") || strings.Contains(html, "<img") || strings.Contains(html, "javascript:") || !strings.Contains(html, "&lt;script&gt;") {
		t.Errorf("%.2000s", html)
	}
	if len(got[0].Body) > 300_000 {
		t.Errorf("the mail has %d bytes", len(got[0].Body))
	}
}

func TestEmailAddresses(t *testing.T) {
	s := notifytest.NewSMTP(t, notifytest.SMTPOptions{})
	sender := mailer(t, s, nil)
	for _, address := range []string{"", "dev1", "@", "a@b@c", "dev1@example.com\r\nRCPT TO:<x@y>", "a@example.com, b@example.com", "dev1@exa\u202Emple.com", strings.Repeat("a", 1<<20) + "@example.com"} {
		if r := sender.Send(t.Context(), To{Address: address}, page7()); r.Class != Dead || r.Fault != Address {
			t.Errorf("%.40q: %+v", address, r)
		}
	}
	if s.Connections() != 0 {
		t.Errorf("%d connections", s.Connections())
	}
}

func TestEmailClasses(t *testing.T) {
	type fault = notifytest.SMTPFault
	for _, c := range []struct {
		name  string
		at    notifytest.Stage
		fault fault
		want  Class
		who   Fault
		code  string
		taken int
	}{
		{"full of connections", notifytest.AtGreeting, fault{Status: 421, Enhanced: [3]int{4, 3, 2}, Message: "too many connections"}, Unavailable, Provider, "smtp_421", 0},
		{"not for us", notifytest.AtGreeting, fault{Status: 554, Enhanced: [3]int{5, 7, 1}, Message: "no service for you"}, Dead, Setup, "smtp_554", 0},
		{"cut at the greeting", notifytest.AtGreeting, fault{Drop: true}, Unavailable, Provider, "broken", 0},
		{"login is down", notifytest.AtLogin, fault{Status: 454, Enhanced: [3]int{4, 7, 0}, Message: "temporary failure"}, Unavailable, Provider, "smtp_454", 0},
		{"password refused", notifytest.AtLogin, fault{Status: 535, Enhanced: [3]int{5, 7, 8}, Message: "no"}, Dead, Setup, "smtp_535", 0},
		{"login too weak", notifytest.AtLogin, fault{Status: 538, Enhanced: [3]int{5, 7, 11}, Message: "encryption required"}, Dead, Setup, "smtp_538", 0},
		{"login refused late", notifytest.AtSender, fault{Status: 535, Enhanced: [3]int{5, 7, 8}, Message: "no"}, Dead, Setup, "smtp_535", 0},
		{"too large for the system", notifytest.AtRcpt, fault{Status: 554, Enhanced: [3]int{5, 3, 4}, Message: "too big for it"}, Dead, Request, "smtp_554", 0},
		{"sender refused", notifytest.AtSender, fault{Status: 553, Enhanced: [3]int{5, 7, 1}, Message: "sender not owned"}, Dead, Setup, "smtp_553", 0},
		{"sender unknown", notifytest.AtSender, fault{Status: 550, Enhanced: [3]int{5, 1, 8}, Message: "bad sender"}, Dead, Setup, "smtp_550", 0},
		{"login wanted", notifytest.AtSender, fault{Status: 530, Enhanced: [3]int{5, 5, 1}, Message: "authenticate first"}, Dead, Setup, "smtp_530", 0},
		{"too large for the mailbox", notifytest.AtRcpt, fault{Status: 552, Enhanced: [3]int{5, 2, 3}, Message: "too big for it"}, Dead, Request, "smtp_552", 0},
		{"sender, later", notifytest.AtSender, fault{Status: 452, Enhanced: [3]int{4, 3, 1}, Message: "no space"}, Retry, Provider, "smtp_452", 0},
		{"no such mailbox", notifytest.AtRcpt, fault{Status: 550, Enhanced: [3]int{5, 1, 1}, Message: "user unknown"}, Dead, Address, "smtp_550", 0},
		{"no relay", notifytest.AtRcpt, fault{Status: 550, Enhanced: [3]int{5, 7, 1}, Message: "relaying denied"}, Dead, Setup, "smtp_550", 0},
		{"greylisted", notifytest.AtRcpt, fault{Status: 451, Enhanced: [3]int{4, 7, 1}, Message: "greylisted"}, Retry, Provider, "smtp_451", 0},
		{"mailbox full", notifytest.AtRcpt, fault{Status: 452, Enhanced: [3]int{4, 2, 2}, Message: "over quota"}, Retry, Provider, "smtp_452", 0},
		{"closing", notifytest.AtRcpt, fault{Status: 421, Enhanced: [3]int{4, 3, 2}, Message: "closing"}, Unavailable, Provider, "smtp_421", 0},
		{"cut before the mail", notifytest.AtRcpt, fault{Drop: true}, Unavailable, Provider, "broken", 0},
		{"too large", notifytest.AtData, fault{Status: 552, Enhanced: [3]int{5, 3, 4}, Message: "too big"}, Dead, Request, "smtp_552", 0},
		{"spam", notifytest.AtData, fault{Status: 554, Enhanced: [3]int{5, 7, 1}, Message: "spam"}, Dead, Setup, "smtp_554", 0},
		{"refused", notifytest.AtData, fault{Status: 554, Enhanced: [3]int{5, 6, 0}, Message: "no"}, Dead, Request, "smtp_554", 0},
		{"later", notifytest.AtData, fault{Status: 451, Enhanced: [3]int{4, 3, 0}, Message: "try again"}, Retry, Provider, "smtp_451", 0},
		{"taken, then cut", notifytest.AtData, fault{Drop: true}, Unknown, Provider, "broken", 1},
	} {
		s := notifytest.NewSMTP(t, notifytest.SMTPOptions{User: "pager", Password: "correct horse"})
		s.Fail(c.at, c.fault)
		if c.at == notifytest.AtGreeting && !c.fault.Drop {
			s.Fail(c.at, c.fault) // EHLO, then HELO
		}
		r := mailer(t, s, login).Send(t.Context(), To{Address: "dev1@example.com"}, page7())
		if r.Class != c.want || r.Fault != c.who || r.Code != c.code || r.Reason == "" || len(s.Mails()) != c.taken {
			t.Errorf("%s: %+v, %d mails", c.name, r, len(s.Mails()))
		}
		if says := map[string]string{"password refused": "Check user and password", "login wanted": "Set user and password", "sender unknown": "Check notify.email.from", "too large": "too large", "spam": "for its policy"}[c.name]; !strings.Contains(r.Reason, says) {
			t.Errorf("%s: %q does not say %q", c.name, r.Reason, says)
		}
		if strings.Contains(r.Reason+r.Detail, "correct horse") || strings.Contains(r.Reason+r.Detail, "dev1@") {
			t.Errorf("%s: %+v says too much", c.name, r)
		}
		if c.fault.Message != "" && !strings.Contains(r.Detail, c.fault.Message) {
			t.Errorf("%s: %q is not told", c.name, r.Detail)
		}
		// The same server works again at once: nothing sticks.
		if r := mailer(t, s, login).Send(t.Context(), To{Address: "dev1@example.com"}, page7()); !r.OK() {
			t.Errorf("%s: afterwards %+v", c.name, r)
		}
	}
}

func TestEmailEncryption(t *testing.T) {
	public := func(c *EmailConfig) { c.Guard = throughWall(c.Guard) }
	both := func(fs ...func(*EmailConfig)) func(*EmailConfig) {
		return func(c *EmailConfig) {
			for _, f := range fs {
				f(c)
			}
		}
	}
	mode := func(m EmailTLS) func(*EmailConfig) { return func(c *EmailConfig) { c.TLS = m } }
	stranger := func(c *EmailConfig) { c.Guard = NewGuard(notifytest.Loopback, nil) }
	for _, c := range []struct {
		name      string
		server    notifytest.SMTPOptions
		change    func(*EmailConfig)
		want      Class
		code      string
		encrypted bool
	}{
		{"offered", notifytest.SMTPOptions{}, nil, Sent, "", true},
		{"offered by a public server", notifytest.SMTPOptions{}, public, Sent, "", true},
		{"from the first byte", notifytest.SMTPOptions{Implicit: true}, mode(TLSImplicit), Sent, "", true},
		{"from the first byte, with login", notifytest.SMTPOptions{Implicit: true, User: "pager", Password: "correct horse"}, both(mode(TLSImplicit), login), Sent, "", true},
		{"none in the house", notifytest.SMTPOptions{Plain: true}, nil, Sent, "", false},
		{"none in the house, wanted", notifytest.SMTPOptions{Plain: true}, mode(TLSStart), Dead, "smtp_no_tls", false},
		{"none wanted in the house", notifytest.SMTPOptions{}, mode(TLSNone), Sent, "", false},
		{"none wanted outside", notifytest.SMTPOptions{Plain: true}, both(public, mode(TLSNone)), Dead, codeBlocked, false},
		{"none from a public server", notifytest.SMTPOptions{Plain: true}, public, Dead, "smtp_no_tls", false},
		{"none, with a password", notifytest.SMTPOptions{Plain: true}, login, Dead, "smtp_no_tls", false},
		{"of a stranger", notifytest.SMTPOptions{}, stranger, Unavailable, codeTLS, false},
		{"of a stranger, from the first byte", notifytest.SMTPOptions{Implicit: true}, both(stranger, mode(TLSImplicit)), Unavailable, codeTLS, false},
		{"expected and not there", notifytest.SMTPOptions{Plain: true}, mode(TLSImplicit), Unavailable, codeTLS, false},
		{"no login offered", notifytest.SMTPOptions{}, login, Dead, "smtp_no_auth", false},
	} {
		s := notifytest.NewSMTP(t, c.server)
		r := mailer(t, s, c.change).Send(t.Context(), To{Address: "dev1@example.com"}, page7())
		if r.Class != c.want || r.Code != c.code {
			t.Errorf("%s: %+v", c.name, r)
			continue
		}
		if r.OK() && s.Mails()[0].Encrypted != c.encrypted {
			t.Errorf("%s: encrypted %v", c.name, s.Mails()[0].Encrypted)
		}
	}
}

// throughWall is g where loopback looks like an address outside.
func throughWall(g *Guard) *Guard {
	dial := g.dial
	out := NewGuard(nil, g.roots)
	out.dial = func(ctx context.Context, d net.Dialer, network, address string) (net.Conn, error) {
		d.Control = nil
		conn, err := dial(ctx, d, network, address)
		if err != nil {
			return nil, err
		}
		return from{conn, &net.TCPAddr{IP: net.IPv4(8, 8, 8, 8), Port: 587}}, nil
	}
	return out
}

// from is a connection to somewhere else.
type from struct {
	net.Conn
	addr net.Addr
}

func (f from) RemoteAddr() net.Addr { return f.addr }

func TestEmailGoesThroughTheGuard(t *testing.T) {
	s := notifytest.NewSMTP(t, notifytest.SMTPOptions{})
	r := mailer(t, s, func(c *EmailConfig) { c.Guard = NewGuard(nil, s.Roots()) }).Send(t.Context(), To{Address: "dev1@example.com"}, page7())
	if r.Class != Dead || r.Code != codeBlocked || r.Fault != Setup || s.Connections() != 0 {
		t.Errorf("%+v", r)
	}
	s.Close()
	if r := mailer(t, s, nil).Send(t.Context(), To{Address: "dev1@example.com"}, page7()); r.Class != Unavailable || r.Code != codeDial {
		t.Errorf("where nobody listens: %+v", r)
	}
}

// TestEmailTimesOut: a server that falls silent holds a page for ten seconds, wherever it does, and what may have been
// taken is known to be unknown.
func TestEmailTimesOut(t *testing.T) {
	for _, c := range []struct {
		silentAt string
		want     Class
		code     string
		after    time.Duration
	}{
		{"connect", Unavailable, codeTimeout, Timeout}, {"EHLO", Unavailable, codeTimeout, Timeout}, {"MAIL", Unavailable, codeTimeout, Timeout},
		{"RCPT", Unavailable, codeTimeout, Timeout}, {"DATA", Unavailable, codeTimeout, Timeout}, {".", Unknown, codeTimeout, Timeout},
		{"QUIT", Sent, "", goodbye},
	} {
		synctest.Test(t, func(t *testing.T) {
			sender, err := NewEmail(EmailConfig{SMTP: "mail.example.com:25", From: "pager@example.com", TLS: TLSNone, Guard: scriptedMail(c.silentAt, nil)})
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			r := sender.Send(t.Context(), To{Address: "dev1@example.com"}, page7())
			if r.Class != c.want || r.Code != c.code || time.Since(began) != c.after {
				t.Errorf("silent at %s: %+v after %s", c.silentAt, r, time.Since(began))
			}
		})
	}
}

func TestEmailStopsWhenTheCallerLeaves(t *testing.T) {
	for at, want := range map[string]Class{"EHLO": Retry, "RCPT": Retry, ".": Unknown} {
		synctest.Test(t, func(t *testing.T) {
			sender, err := NewEmail(EmailConfig{SMTP: "mail.example.com:25", From: "pager@example.com", TLS: TLSNone, Guard: scriptedMail(at, nil)})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			began := time.Now()
			r := sender.Send(ctx, To{Address: "dev1@example.com"}, page7())
			if r.Class != want || r.Code != codeCanceled || time.Since(began) != time.Second {
				t.Errorf("at %s: %+v after %s", at, r, time.Since(began))
			}
		})
	}
}

// TestEmailBoundsWhatItReads: a server that does not stop talking takes neither memory nor time.
func TestEmailBoundsWhatItReads(t *testing.T) {
	endless := map[string]string{"of lines": strings.Repeat("250-x\r\n", maxBody/4), "a line": strings.Repeat("x", 2*maxBody)}
	for name, talk := range endless {
		for at, want := range map[string]Class{"connect": Unavailable, "EHLO": Unavailable, "RCPT": Unavailable, ".": Unknown} {
			synctest.Test(t, func(t *testing.T) {
				sender, err := NewEmail(EmailConfig{SMTP: "mail.example.com:25", From: "pager@example.com", TLS: TLSNone, Guard: scriptedMail("", map[string]string{at: talk})})
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				r := sender.Send(t.Context(), To{Address: "dev1@example.com"}, page7())
				if r.Class != want || time.Since(began) != 0 {
					t.Errorf("%s at %s: %+v after %s", name, at, r, time.Since(began))
				}
				if at == "connect" && (r.Code != codeForeign || len(r.Detail) > 3*maxDetail) {
					t.Errorf("%s: %+v", name, r)
				}
			})
		}
	}
}

// TestEmailAddressesInOtherLetters go only to servers that take them.
func TestEmailAddressesInOtherLetters(t *testing.T) {
	for _, c := range []struct {
		from, to, hello string
		want            Class
		who             Fault
	}{
		{"pager@example.com", "jörg@example.com", "250 fine\r\n", Dead, Address},
		{"pager@example.com", "dev1@bücher.example", "250 fine\r\n", Dead, Address},
		{"pager@bücher.example", "dev1@example.com", "250 fine\r\n", Dead, Setup},
		{"pager@bücher.example", "jörg@example.com", "250-fine\r\n250 SMTPUTF8\r\n", Sent, ""},
	} {
		sender, err := NewEmail(EmailConfig{SMTP: "mail.example.com:25", From: c.from, TLS: TLSNone, Guard: scriptedMail("", map[string]string{"EHLO": c.hello})})
		if err != nil {
			t.Fatal(err)
		}
		if r := sender.Send(t.Context(), To{Address: c.to}, page7()); r.Class != c.want || r.Fault != c.who {
			t.Errorf("from %s to %s: %+v", c.from, c.to, r)
		}
	}
}

// scriptedMail leads to a mail server without a network that falls silent at a command, and to some gives another answer
// than most servers do; "connect" is the greeting.
func scriptedMail(silentAt string, answers map[string]string) *Guard {
	g := NewGuard([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, nil)
	g.dial = func(context.Context, net.Dialer, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() {
			defer far.Close()
			if silentAt == "connect" {
				_, _ = far.Read(make([]byte, 1))
				return
			}
			_, _ = io.WriteString(far, cmp.Or(answers["connect"], "220 mail.example.com\r\n"))
			inData := false
			for in := bufio.NewScanner(far); in.Scan(); {
				command, _, _ := strings.Cut(in.Text(), " ")
				switch {
				case inData && command != ".":
				case command == silentAt:
					for in.Scan() { // until the client leaves
					}
					return
				case command == "DATA":
					inData = true
					_, _ = io.WriteString(far, "354 go on\r\n")
				default:
					inData = false
					_, _ = io.WriteString(far, cmp.Or(answers[command], "250 fine\r\n"))
				}
			}
		}()
		return from{near, &net.TCPAddr{IP: net.IPv4(10, 0, 0, 25), Port: 25}}, nil
	}
	return g
}

func TestEmailSetup(t *testing.T) {
	good := EmailConfig{SMTP: "smtp.example.com:587", From: "pager@example.com"}
	for name, change := range map[string]func(*EmailConfig){
		"no port":             func(c *EmailConfig) { c.SMTP = "smtp.example.com" },
		"no host":             func(c *EmailConfig) { c.SMTP = ":587" },
		"a port in words":     func(c *EmailConfig) { c.SMTP = "smtp.example.com:smtp" },
		"a sender in words":   func(c *EmailConfig) { c.From = "Watchbill" },
		"a sender and more":   func(c *EmailConfig) { c.From = "pager@example.com\r\nBcc: x@example.com" },
		"user, no password":   func(c *EmailConfig) { c.User = "x" },
		"password, no user":   func(c *EmailConfig) { c.Password = "x" },
		"an unknown way":      func(c *EmailConfig) { c.TLS = "ssl" },
		"a password, no TLS":  func(c *EmailConfig) { c.TLS = TLSNone; login(c) },
		"nothing but a space": func(c *EmailConfig) { c.SMTP = " " },
	} {
		c := good
		change(&c)
		if _, err := NewEmail(c); err == nil || strings.Contains(err.Error(), "correct horse") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
