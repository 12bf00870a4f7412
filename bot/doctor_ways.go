package bot

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/notify"
)

// ExamineWays looks at the ways to people besides Slack, and at the address under which
// they answer. It sends nobody anything.
func ExamineWays(ctx context.Context, c Config) []Check {
	var checks []Check
	senders, err := newSenders(c)
	_, deadMan := deadManURL(c.Settings, c.Secret)
	if err != nil {
		checks = append(checks, Check{What: "notify", Found: err.Error() + ".", Mend: LacksSecret})
	}
	if deadMan != nil {
		checks = append(checks, Check{What: "dead_man", Found: deadMan.Error() + ".", Mend: LacksSecret})
	}
	if senders != nil {
		for _, r := range senders.Probe(ctx) {
			checks = append(checks, probed(r))
		}
	}
	if c.Settings.Notify.Gateway.URL != "" {
		checks = append(checks, Check{What: "notify.sms_gateway", OK: true, Found: "Whether it works only an SMS shows: `/oncall test sms` sends you one."})
	}
	if c.Settings.HTTP.PublicURL != "" {
		checks = append(checks, examinePublic(ctx, c.Settings.HTTP.PublicURL))
	}
	return checks
}

// LacksSecret is how to mend a secret that is missing.
const LacksSecret = "Until then `watchbill serve` does not start for the first time, and where it ran before goes on without it. A service manager may know more variables than this shell: then ask there."

// configured are the keys of providers in the configuration.
var configured = map[string]string{"smtp": "notify.email", "twilio": "notify.twilio", "ntfy": "notify.ntfy"}

func probed(r notify.Result) Check {
	k := Check{What: cmp.Or(configured[r.Provider], r.Provider), OK: r.OK(), Found: "It answers, and takes who Watchbill is. Whether a message arrives, `/oncall test me` shows."}
	if k.OK {
		return k
	}
	found, mend, _ := strings.Cut(r.Reason, ". ")
	k.Found, k.Mend = strings.TrimSuffix(found, ".")+".", cmp.Or(mend, "Look at its settings under `notify:`.")
	if r.Detail != "" {
		k.Found += fmt.Sprintf(" It said %q.", r.Detail)
	}
	return k
}

// examinePublic asks for the address under which others reach the bot. From here it may
// not be reached although it is from outside.
func examinePublic(ctx context.Context, public string) Check {
	k := Check{What: "http.public_url", Optional: true}
	u, err := url.Parse(public)
	if err != nil {
		k.Found, k.Mend = err.Error()+".", "Correct it in the configuration."
		return k
	}
	if at, err := netip.ParseAddr(u.Hostname()); u.Hostname() == "localhost" || err == nil && at.IsLoopback() {
		k.Found, k.Mend = public+" is this machine's own address: nobody else gets there.", "Name the address of your proxy under `http: {public_url: …}`, or leave it out."
		return k
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, public+"/p/", nil)
	if err != nil {
		k.Found, k.Mend = err.Error()+".", "Correct it in the configuration."
		return k
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	const mend = "Let your proxy pass /p/, /calendar/ and /callbacks/twilio to WATCHBILL_HTTP. If it is only this machine that does not get there, all is well."
	if err != nil {
		k.Found, k.Mend = "From here it cannot be reached: "+strings.TrimPrefix(err.Error(), "Get "+fmt.Sprintf("%q", r.URL)+": ")+".", mend
		return k
	}
	res.Body.Close()
	if res.StatusCode >= 500 || res.StatusCode >= 300 && res.StatusCode < 400 {
		k.Found, k.Mend = "It answers "+res.Status+" instead of Watchbill.", mend
		return k
	}
	k.OK, k.Found = true, "It answers."
	return k
}
