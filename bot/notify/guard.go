package notify

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// Bounds of an HTTP exchange.
const (
	maxBody   = 64 << 10 // bytes of an answer that are read
	maxHeader = 64 << 10
	dialTime  = 5 * time.Second
)

// inside are the networks that a message must not reach unless the operator says so: this host, its link, the house,
// clouds' metadata, and what is no unicast address. After IANA's special-purpose address registries (RFC 6890).
var inside = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
	"192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
	"224.0.0.0/4", "240.0.0.0/4",
	"168.63.129.16/32", // Azure's wire server, a public address that answers inside a machine only
	"::/128", "::1/128", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16",
	"fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)

// carrying are the IPv6 networks whose addresses hold an IPv4 address, with the byte where it begins.
var carrying = []struct {
	netip.Prefix
	at int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12}, // NAT64, RFC 6052
	{netip.MustParsePrefix("2002::/16"), 2},     // 6to4, RFC 3056
	{netip.MustParsePrefix("::/96"), 12},        // IPv4-compatible, RFC 4291
}

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for n, t := range texts {
		list[n] = netip.MustParsePrefix(t)
	}
	return list
}

// BlockedError says that an address may not be reached.
type BlockedError struct {
	Addr  netip.Addr
	Plain bool // it may be reached, but not without encryption
}

// Error says what is refused and how to allow it.
func (e *BlockedError) Error() string {
	if e.Plain {
		return fmt.Sprintf("%s is reached without TLS only if its network is in notify.allow_networks", e.Addr)
	}
	return fmt.Sprintf("%s is inside the house; add its network to notify.allow_networks to reach it", e.Addr)
}

// Guard connects to what is outside, and inside only to the networks that the operator allows. It looks at the address
// that is dialled, after the name was resolved, so no name can lead in. It uses no proxy: a proxy would resolve the name
// itself. It may be used by several goroutines at once.
type Guard struct {
	allow  []netip.Prefix
	roots  *x509.CertPool
	client *http.Client
	dial   func(context.Context, net.Dialer, string, string) (net.Conn, error) // replaced by tests
}

// NewGuard allows the networks of allow besides those outside. roots are the certificate authorities to trust; nil for
// the system's.
func NewGuard(allow []netip.Prefix, roots *x509.CertPool) *Guard {
	g := &Guard{roots: roots, dial: func(ctx context.Context, d net.Dialer, network, address string) (net.Conn, error) {
		return d.DialContext(ctx, network, address)
	}}
	for _, p := range allow {
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		g.allow = append(g.allow, p)
	}
	g.client = &http.Client{
		Transport: schemes{
			https: transport(g.DialContext, roots),
			http:  transport(g.dialPlain, roots),
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       Timeout,
	}
	return g
}

// Client is an HTTP client that goes through the guard: no redirects, Timeout in all, http only into allowed networks.
// Its callers bound what they read.
func (g *Guard) Client() *http.Client { return g.client }

// Check returns a *BlockedError if addr may not be reached.
func (g *Guard) Check(addr netip.Addr) error {
	addr = addr.Unmap().WithZone("")
	carried := embedded(addr)
	if g.allows(addr) || g.allows(carried) {
		return nil
	}
	if !addr.IsValid() || isInside(addr) || isInside(carried) {
		return &BlockedError{Addr: addr}
	}
	return nil
}

// Allows reports whether addr is in a network that the operator allows.
func (g *Guard) Allows(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	return g.allows(addr) || g.allows(embedded(addr))
}

func (g *Guard) allows(addr netip.Addr) bool {
	return slices.ContainsFunc(g.allow, func(p netip.Prefix) bool { return p.Contains(addr) })
}

func isInside(addr netip.Addr) bool {
	return slices.ContainsFunc(inside, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// embedded is the IPv4 address that addr stands for, if it does.
func embedded(addr netip.Addr) netip.Addr {
	for _, c := range carrying {
		if addr.Is6() && c.Contains(addr) {
			raw := addr.As16()
			return netip.AddrFrom4([4]byte(raw[c.at : c.at+4]))
		}
	}
	return netip.Addr{}
}

// DialContext connects to address, "host:port", through the guard.
func (g *Guard) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return g.dial(ctx, net.Dialer{Timeout: dialTime, Control: g.control(false)}, network, address)
}

func (g *Guard) dialPlain(ctx context.Context, network, address string) (net.Conn, error) {
	return g.dial(ctx, net.Dialer{Timeout: dialTime, Control: g.control(true)}, network, address)
}

// control is asked before each connection, with the address and not the name.
func (g *Guard) control(plain bool) func(string, string, syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("read address %q: %w", address, err)
		}
		if err := g.Check(at.Addr()); err != nil {
			return err
		}
		if plain && !g.Allows(at.Addr()) {
			return &BlockedError{Addr: at.Addr().Unmap(), Plain: true}
		}
		return nil
	}
}

// schemes sends a request by the transport of its scheme.
type schemes struct{ https, http http.RoundTripper }

func (s schemes) RoundTrip(r *http.Request) (*http.Response, error) {
	switch r.URL.Scheme {
	case "https":
		return s.https.RoundTrip(r)
	case "http":
		return s.http.RoundTrip(r)
	}
	return nil, errors.New("unsupported scheme")
}
