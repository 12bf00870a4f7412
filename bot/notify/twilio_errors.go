package notify

import "time"

// verdict is what one of a provider's error codes means.
type verdict struct {
	class  Class // Retry or Dead
	fault  Fault
	after  time.Duration
	reason string
}

// twilioCodes are those of Twilio's error and warning dictionary (twilio.com/docs/api/errors) that creating a message or a
// call can bring, and those with which a message fails later.
var twilioCodes = func() map[int]verdict {
	m := map[int]verdict{}
	add := func(v verdict, codes ...int) {
		for _, c := range codes {
			m[c] = v
		}
	}
	retried := func(after time.Duration, reason string) verdict { return verdict{Retry, Provider, after, reason} }
	by := func(fault Fault, reason string) verdict { return verdict{Dead, fault, 0, reason} }

	// The account.
	add(by(Setup, "Twilio refuses the credentials. Check account_sid and the auth token."), 20003, 20006, 20008, 20403, 20404, 70051)
	add(by(Setup, "The Twilio account is not active: it is suspended, closed or out of funds."), 10001, 20005, 30002, 90010)
	add(by(Setup, "The Twilio trial account does not allow this. Upgrade it."), 10002, 21267)
	add(by(Setup, "A Twilio trial account reaches verified numbers only. Verify this number, or upgrade."), 21219, 21608, 572002, 572005)
	add(by(Setup, "Calls are disabled for the Twilio account."), 10005)
	add(by(Setup, "The Twilio account may not reach this country. Allow it in Twilio's geographic permissions."), 21215, 21408, 13227)
	add(by(Setup, "Twilio blocks this destination for the account. See its compliance profile, or ask Twilio's support."), 21216)
	// The sender.
	add(by(Setup, "The sender is none that the Twilio account may use. Check twilio.from and twilio.voice_from."),
		21210, 21212, 21213, 21601, 21603, 21606, 21607, 21616, 21659, 21660, 21661)
	add(by(Setup, "This sender cannot reach this number. Take another kind of sender for its country."), 21612)
	add(by(Setup, "Carriers want the sender registered before they deliver. Register it at Twilio."), 30032, 30034)
	add(by(Setup, "The carrier filtered the message. Register the sender, or ask Twilio's support."), 30007)
	add(by(Setup, "Twilio refuses the callback's address. Check http.public_url."), 11100, 21205, 21609)
	// The number.
	add(by(Address, "The phone number is not valid. Check it: international form, as in +4915112345678."), 21201, 21211, 21217, 21604, 13223, 13224)
	add(by(Address, "The phone number cannot be reached. Check it."), 21214, 30005)
	add(by(Address, "The phone number is a premium or service number."), 21202)
	add(by(Address, "The phone number cannot get SMS: it is a landline or a short code."), 21265, 21614, 21635, 30006)
	add(by(Address, "The phone number is Watchbill's own."), 21266)
	add(by(Address, "The person has unsubscribed: they must send START to Watchbill's number."), 21610)
	add(by(Address, "The phone is switched off or out of reach."), 30003)
	add(by(Address, "The phone's carrier blocks the message: the number is blocked, or SMS is."), 30004)
	// The request.
	add(by(Request, "Twilio refuses the text: it is empty or too long."), 21602, 21605, 21617)
	add(by(Request, "Twilio refuses the instructions for the call."), 12100, 12200, 21208, 32018)
	// The moment.
	add(retried(time.Second, "Twilio gets too many requests at once from this account."), 20429)
	add(retried(5*time.Second, "Twilio makes no more calls at once for this account."), 10004)
	add(retried(30*time.Second, "The sender's queue at Twilio is full."), 14107, 21611)
	add(retried(0, "The message did not leave Twilio in time."), 30001)
	add(retried(0, "The carrier did not deliver the message and does not say why."), 30008, 30017, 30022, 30023, 30410)
	return m
}()
