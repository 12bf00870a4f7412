// Package slackio is Slack's wire: the sockets that bring what people do, the acknowledgements that go back within
// three seconds, the client of the Web API, the limits it must respect and the classes of its errors. It knows no
// incident and renders nothing.
//
// Sockets keeps several socket-mode connections open, supervised. It is our own client on gorilla/websocket and not
// slack-go's socketmode, because that one offers no handle on the socket: it cannot say goodbye with a close frame
// (Slack then routes payloads to a ghost), cannot open the successor before the old socket goes, redials without
// backoff when Slack accepts and drops, hides why Slack disconnected and never acknowledges what it cannot decode.
//
// Client calls the Web API through slack-go where slack-go passes on all that Slack says, and directly where it hides
// facts (who of many could not be invited, metadata) or decodes more strictly than is safe (messages, people, user groups).
// Both ways go through one doer, wire, which reads and judges every answer. It knows whether a request can have
// reached Slack, so that "did not happen" and "may have happened" are never confused.
//
// Classify turns any error into a Failure whose Class says what to do next. Limiter keeps calls within Slack's tiers.
package slackio
