package notify

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
)

// greylisted is how long servers that do not know a sender want it to wait, at least.
const greylisted = time.Minute

// greeted is the result of err before a mail was begun: greeting, STARTTLS or login.
func greeted(err error) (r Result, detail string) {
	var (
		said *textproto.Error
		lost net.Error
	)
	switch {
	case errors.As(err, new(*unfitError)):
		return dead(Setup, "client", "The mail server's settings do not fit together."), err.Error()
	case errors.Is(err, errEndless) || errors.As(err, new(textproto.ProtocolError)):
		return unavailable(0, codeForeign, "What answers is no mail server, or a broken one. Check its address and port."), err.Error()
	case errors.As(err, &said):
		return refusedAtTheDoor(said), said.Error()
	case isTrust(err) || errors.As(err, &lost) && lost.Timeout():
		return connection(err, false), ""
	case lost != nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrClosedPipe):
		return unavailable(0, codeBroken, "The connection to the mail server broke before the mail went out."), ""
	case strings.Contains(err.Error(), "STARTTLS"):
		return dead(Setup, "smtp_no_tls", "The mail server offers no STARTTLS. Use its port with TLS (465), or add its network to notify.allow_networks and leave out the password."), ""
	}
	return dead(Setup, "smtp_no_auth", "The mail server offers no login that Watchbill knows. Leave out the user if it needs none."), err.Error()
}

func refusedAtTheDoor(said *textproto.Error) Result {
	code := smtpCode(said.Code)
	switch {
	case said.Code == 530 || said.Code == 534 || said.Code == 535 || said.Code == 538:
		return dead(Setup, code, fmt.Sprintf("The mail server refuses the login (%d). Check user and password.", said.Code))
	case said.Code >= 400 && said.Code < 500:
		return unavailable(0, code, fmt.Sprintf("The mail server is not available (%d).", said.Code))
	}
	return dead(Setup, code, fmt.Sprintf("The mail server refuses Watchbill (%d). Check its address, and whether it lets this host in.", said.Code))
}

// handedOver is the result of err after a mail was begun.
func handedOver(err error) (r Result, detail string) {
	var failed *mail.SendError
	if !errors.As(err, &failed) {
		return unknown(codeBroken, "The connection to the mail server broke before it answered."), ""
	}
	detail, _, _ = strings.Cut(failed.Error(), ", affected") // what follows repeats the address
	code := failed.ErrorCode()
	switch {
	case code == 0 && failed.Reason == mail.ErrSMTPDataClose:
		return unknown(codeBroken, "The connection to the mail server broke after the mail went out and before it was confirmed."), ""
	case code == 0:
		return unavailable(0, codeBroken, "The connection to the mail server broke before the mail went out."), ""
	case code == 421:
		return unavailable(0, smtpCode(code), "The mail server is closing (421)."), detail
	case code < 500:
		return retry(greylisted, Provider, smtpCode(code), fmt.Sprintf("The mail server does not take the mail now (%d).", code)), detail
	}
	return refusedMail(failed, code), detail
}

// refusedMail is a permanent refusal. Codes after RFC 5321 4.2.3, enhanced codes after RFC 3463: x.1.x is about addresses,
// x.2.x about the mailbox, x.3.4 and x.2.3 about size, x.7.x about policy and login.
func refusedMail(failed *mail.SendError, code int) Result {
	enhanced := failed.EnhancedStatusCode()
	policy := strings.HasPrefix(enhanced, "5.7.")
	switch {
	case code == 530 || code == 534 || code == 535:
		return dead(Setup, smtpCode(code), fmt.Sprintf("The mail server wants a login (%d). Set user and password.", code))
	case code == 552 || enhanced == "5.3.4" || enhanced == "5.2.3":
		return dead(Request, smtpCode(code), fmt.Sprintf("The mail is too large for the mail server (%d).", code))
	case failed.Reason == mail.ErrSMTPMailFrom:
		return dead(Setup, smtpCode(code), fmt.Sprintf("The mail server refuses the sender (%d). Check notify.email.from.", code))
	case failed.Reason == mail.ErrSMTPRcptTo && policy:
		return dead(Setup, smtpCode(code), fmt.Sprintf("The mail server does not deliver to this address for Watchbill (%d). Check that it relays for this host and login.", code))
	case failed.Reason == mail.ErrSMTPRcptTo:
		return dead(Address, smtpCode(code), fmt.Sprintf("The mail server knows no such mailbox (%d). Check the address.", code))
	case policy:
		return dead(Setup, smtpCode(code), fmt.Sprintf("The mail server refuses the mail for its policy (%d).", code))
	}
	return dead(Request, smtpCode(code), fmt.Sprintf("The mail server refuses the mail (%d).", code))
}

func smtpCode(code int) string { return fmt.Sprintf("smtp_%d", code) }
