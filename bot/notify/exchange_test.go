package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"net/url"
	"testing"
)

// TestConnectionsThatFail: what may have arrived is Unknown, and what certainly did not can be tried elsewhere.
func TestConnectionsThatFail(t *testing.T) {
	slow := timeoutError{errors.New("TLS handshake timeout")} // as net/http's, which is no context's
	for _, c := range []struct {
		err  error
		sent bool
		want Class
		code string
	}{
		{context.Canceled, true, Unknown, codeCanceled}, {context.Canceled, false, Retry, codeCanceled},
		{context.DeadlineExceeded, true, Unknown, codeTimeout}, {context.DeadlineExceeded, false, Unavailable, codeTimeout},
		{&url.Error{Op: "Get", Err: slow}, true, Unknown, codeTimeout}, {&url.Error{Op: "Get", Err: slow}, false, Unavailable, codeTimeout},
		{io.ErrUnexpectedEOF, true, Unknown, codeBroken}, {io.ErrUnexpectedEOF, false, Unavailable, codeDial},
		{&net.DNSError{IsTimeout: true}, false, Unavailable, codeDNS}, {tls.AlertError(42), false, Unavailable, codeTLS},
	} {
		if r := connection(fmt.Errorf("ask: %w", c.err), c.sent); r.Class != c.want || r.Code != c.code {
			t.Errorf("%v, sent %v: %+v", c.err, c.sent, r)
		}
	}
	for _, c := range []struct {
		err  error
		want Class
		code string
	}{
		{textproto.ProtocolError("short response"), Unavailable, codeForeign}, {&net.OpError{Op: "read", Err: slow}, Unavailable, codeTimeout},
		{&net.OpError{Op: "read", Err: errors.New("connection reset by peer")}, Unavailable, codeBroken}, {net.ErrClosed, Unavailable, codeBroken},
	} {
		if r, _ := greeted(fmt.Errorf("greet: %w", c.err)); r.Class != c.want || r.Code != c.code {
			t.Errorf("%v before a mail: %+v", c.err, r)
		}
	}
}

type timeoutError struct{ error }

func (timeoutError) Timeout() bool { return true }
