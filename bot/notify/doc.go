// Package notify reaches a person other than by Slack: by e-mail, SMS, voice call, push or signed webhook.
//
// A [Sender] hands one [Message] to one provider, once, and says in its [Result] what became of it: whether the provider
// has it, whether to try again, whether it may have happened, or what a human must repair. It never repeats by itself
// and keeps nothing: what is owed, when to repeat it and what to do instead is decided by the caller.
//
// All of them go out through one [Guard], which refuses addresses inside the house unless the operator allows their
// networks, follows no redirects, reads little and waits at most [Timeout]. A [Breaker] for each provider stops asking one
// that is down.
//
// What comes back from Twilio (replies, keys pressed, what became of a message) is checked and decoded by
// [TwilioHook.Read] into a [Callback]. The rest of the package is about text: everything in a Message may come from
// monitoring or from people, and is made harmless and short enough for each way.
//
// The package imports nothing else of Watchbill. Faithful providers for tests are in notifytest.
package notify
