package notify

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func TestGuardKnowsWhatIsInside(t *testing.T) {
	for _, c := range []struct {
		addr    string
		blocked bool
	}{
		{"8.8.8.8", false}, {"34.203.254.255", false}, {"2606:4700::1111", false}, {"100.63.255.255", false},
		{"172.15.0.1", false}, {"172.32.0.1", false}, {"100.128.0.0", false}, {"223.255.255.255", false},

		{"127.0.0.1", true}, {"127.255.255.254", true}, {"::1", true}, {"0.0.0.0", true}, {"0.1.2.3", true}, {"::", true},
		{"10.0.0.1", true}, {"172.16.0.1", true}, {"172.31.255.255", true}, {"192.168.1.1", true}, {"fd00::1", true},
		{"fc00::1", true}, {"100.64.0.1", true}, {"100.127.255.255", true},
		{"169.254.0.1", true}, {"fe80::1", true}, {"fe80::1%eth0", true}, {"fec0::1", true},
		{"224.0.0.1", true}, {"ff02::1", true}, {"255.255.255.255", true}, {"240.0.0.1", true},
		{"192.0.2.1", true}, {"198.18.0.1", true}, {"198.51.100.1", true}, {"203.0.113.1", true}, {"2001:db8::1", true},

		{"169.254.169.254", true}, // AWS, Google, Azure, DigitalOcean
		{"169.254.170.2", true},   // AWS containers
		{"fd00:ec2::254", true},   // AWS by IPv6
		{"100.100.100.200", true}, // Alibaba
		{"192.0.0.192", true},     // Oracle
		{"168.63.129.16", true},   // Azure's wire server

		{"::ffff:127.0.0.1", true}, {"::ffff:10.1.2.3", true}, {"::ffff:169.254.169.254", true}, {"::ffff:8.8.8.8", false},
		{"64:ff9b::7f00:1", true}, {"64:ff9b::a9fe:a9fe", true}, {"64:ff9b::808:808", false}, {"64:ff9b:1::808:808", true},
		{"2002:7f00:1::", true}, {"2002:a9fe:a9fe::1", true}, {"2002:c0a8:101::1", true}, {"2002:808:808::1", false},
		{"::127.0.0.1", true}, {"::10.0.0.1", true}, {"2001:0:53aa:64c:0:0:0:1", true}, // IPv4-compatible, Teredo
	} {
		err := NewGuard(nil, nil).Check(netip.MustParseAddr(c.addr))
		var blocked *BlockedError
		if got := errors.As(err, &blocked); got != c.blocked {
			t.Errorf("%s: blocked %v, want %v", c.addr, got, c.blocked)
		}
	}
	if NewGuard(nil, nil).Check(netip.Addr{}) == nil {
		t.Error("no address at all is let through")
	}
}

func TestGuardAllowsWhatTheOperatorAllows(t *testing.T) {
	g := NewGuard([]netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("::ffff:192.168.0.0/120"), netip.MustParsePrefix("fd00:1::/32")}, nil)
	for _, c := range []struct {
		addr string
		ok   bool
	}{
		{"10.1.2.3", true}, {"::ffff:10.1.2.3", true}, {"64:ff9b::a01:203", true}, {"10.2.0.1", false},
		{"192.168.0.9", true}, {"192.168.1.9", false}, {"fd00:1::9", true}, {"fd00:2::9", false}, {"127.0.0.1", false},
	} {
		if got := g.Check(netip.MustParseAddr(c.addr)) == nil; got != c.ok {
			t.Errorf("%s: reached %v, want %v", c.addr, got, c.ok)
		}
		if got := g.Allows(netip.MustParseAddr(c.addr)); got != c.ok {
			t.Errorf("%s: allowed %v, want %v", c.addr, got, c.ok)
		}
	}
}

// TestGuardLooksAtTheAddressAndNotTheName: a name that was harmless when it was looked at leads nowhere inside when it is
// dialled.
func TestGuardLooksAtTheAddressAndNotTheName(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the server was reached") }))
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	resolver := &net.Resolver{PreferGo: true, Dial: answering(t, [4]byte{127, 0, 0, 1})}
	g := NewGuard(nil, nil)
	g.dial = func(ctx context.Context, d net.Dialer, network, address string) (net.Conn, error) {
		d.Resolver = resolver
		return d.DialContext(ctx, network, address)
	}
	for _, host := range []string{"rebinds.example.com", "127.0.0.1", "[::ffff:127.0.0.1]", "0.0.0.0"} {
		a := exchange(t.Context(), g.Client(), http.MethodGet, "https://"+host+":"+port+"/", http.Header{}, nil)
		if r := a.failure(); r.Class != Dead || r.Code != codeBlocked || r.Fault != Setup || a.sent || !strings.Contains(r.Reason, "is inside the house") {
			t.Errorf("%s: %+v, %v", host, r, a.err)
		}
	}
}

// answering is a name server that gives addr for every name.
func answering(t *testing.T, addr [4]byte) func(context.Context, string, string) (net.Conn, error) {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	go func() {
		buf := make([]byte, 512)
		for {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			end := 12 // the question's name begins behind the header
			for end < n && buf[end] != 0 {
				end += int(buf[end]) + 1
			}
			question := buf[12 : end+5]
			a := append([]byte{buf[0], buf[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question...)
			if question[len(question)-3] == 1 { // type A
				a[7] = 1
				a = append(a, 0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, addr[0], addr[1], addr[2], addr[3])
			}
			if _, err := pc.WriteTo(a, from); err != nil {
				return
			}
		}
	}()
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", pc.LocalAddr().String())
	}
}

func TestGuardSendsInTheClearOnlyIntoAllowedNetworks(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	defer server.Close()
	allowed := NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, nil)
	if a := exchange(t.Context(), allowed.Client(), http.MethodGet, server.URL, http.Header{}, nil); a.status != http.StatusNoContent {
		t.Errorf("into an allowed network: %+v", a)
	}
	// An address outside, which is never dialled: the guard speaks first.
	a := exchange(t.Context(), allowed.Client(), http.MethodGet, "http://192.0.66.1/", http.Header{}, nil)
	if r := a.failure(); r.Code != codeBlocked || !strings.Contains(r.Reason, "192.0.66.1 is reached without TLS") {
		t.Errorf("to the outside: %+v", r)
	}
	through := errors.New("the guard lets it through")
	allowed.dial = func(_ context.Context, d net.Dialer, network, address string) (net.Conn, error) {
		return nil, cmp.Or(d.Control(network, address, nil), through)
	}
	if a := exchange(t.Context(), allowed.Client(), http.MethodGet, "https://192.0.66.1/", http.Header{}, nil); !errors.Is(a.err, through) {
		t.Errorf("to the outside with TLS: %v", a.err)
	}
	a = exchange(t.Context(), allowed.Client(), http.MethodGet, "ftp://127.0.0.1/", http.Header{}, nil)
	if a.status != 0 || a.sent {
		t.Errorf("by FTP: %+v", a)
	}
}

func TestGuardFollowsNoRedirect(t *testing.T) {
	hits := 0
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits++
		http.Redirect(w, r, "https://169.254.169.254/latest/meta-data/", http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	g := trusting(server)
	a := exchange(t.Context(), g.Client(), http.MethodPost, server.URL, http.Header{}, strings.NewReader("x"))
	if r := a.byStatus("The server"); r.Class != Dead || r.Fault != Setup || hits != 1 {
		t.Errorf("%+v after %d requests", r, hits)
	}
}

func TestGuardReadsLittle(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 64 {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	a := exchange(t.Context(), trusting(server).Client(), http.MethodGet, server.URL, http.Header{}, nil)
	if a.status != http.StatusOK || len(a.body) != maxBody {
		t.Errorf("read %d bytes of status %d", len(a.body), a.status)
	}
}

func TestGuardTrustsNoStranger(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	g := NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, nil)
	a := exchange(t.Context(), g.Client(), http.MethodGet, server.URL, http.Header{}, nil)
	if r := a.failure(); r.Class != Unavailable || r.Code != codeTLS {
		t.Errorf("%+v: %v", r, a.err)
	}
}

func trusting(server *httptest.Server) *Guard {
	return NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs)
}
