// Package slacksim is a Slack workspace inside the process: the Web API, socket
// mode, file transfer and response URLs over real HTTP and WebSockets, people
// who type, press and fill modals, and every way in which Slack fails.
//
// It exists so that a bot can be tried without a workspace and tested without
// a mock that agrees with everything. A bot reaches it with its ordinary client
// and one changed address. What Slack documents is enforced: scopes from the
// app manifest, one-use socket tickets, one-of-N delivery, three-second
// deadlines, retries, naming rules, Block Kit limits, error codes, and the
// events that Slack sends back for the bot's own actions. Where Slack documents
// nothing, the comment beside the rule says so.
//
// One origin serves everything:
//
//	/api/METHOD      the Web API
//	/link/           socket mode (the address comes from apps.connections.open)
//	/upload/ID       the second step of a file upload
//	/files/ID/NAME   downloads, with a bearer token
//	/hooks/…         response URLs
//	/sim/api/…       the control API: act as any user, read the state, inject faults
//	/                the page
//
// Everything a person can do in Slack works from a shell, too:
//
//	curl -s $BASE/sim/api/slash -H 'Content-Type: application/json' \
//	  -d '{"user":"dev1","channel":"ops","command":"/inc","text":"list"}'
//
// Server is the workspace and its address: it puts the parts together, and its methods
// are what tests do to Slack. The parts, each with what it needs of the others:
//
//   - the state: the directory of users, groups and channels, and for each person the
//     client that holds what only they see; the rules of conversations, chat and files;
//     the journal of what happened, the agenda of what happens later, the mint of ids
//   - what reaches the app: events and interactions, through the gateway of sockets and
//     envelopes; the grants that interactions give, and the responses they allow
//   - what the app reaches: webAPI with a type for each family of methods, each seeing
//     what the bot can see; rates and faults; the socketDoor
//   - what people reach: Person acts as one user; control and snapshots serve the page
//
// All state lives behind one mutex, Server's. Unexported methods run with it held unless
// their comment or their type's says otherwise; exported ones take it. Sockets are
// written by their own goroutines, never under the mutex.
package slacksim
