package slackio

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/slack-go/slack"
)

// responseURL stands for the method of a post to a response URL, which has none of its own.
const responseURL = "response_url"

const (
	// shortestWait is waited when Slack limits the rate and does not say for how long.
	shortestWait = time.Second
	// crowdedWait is waited when the workspace as a whole sends too much.
	crowdedWait = time.Minute
)

// CallError is a call to Slack that did not succeed, with every fact that was learned about it. Its text never holds a
// token or a URL.
type CallError struct {
	Method     string        // as in "chat.postMessage"; "response_url" and "upload" for the calls without a method
	Status     int           // of the HTTP answer; 0 when there was none
	Code       string        // Slack's error code, or one of ours: see the codes of Failure
	Messages   []string      // what Slack said about the arguments
	Needed     string        // scopes that are missing
	Provided   string        // scopes that the token has
	RetryAfter time.Duration // what Slack asked to wait; 0 when it did not say
	Sent       bool          // whether the request can have reached Slack
	Err        error         // what lies beneath; nil when Slack answered

	body []byte // of an answer with ok=false, for the facts only some methods give
}

// Error says which call failed and why.
func (e *CallError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "call %s: %s", e.Method, e.Code)
	if e.Needed != "" {
		fmt.Fprintf(&b, " (needs %s, has %s)", e.Needed, e.Provided)
	}
	if len(e.Messages) > 0 {
		fmt.Fprintf(&b, ": %s", strings.Join(e.Messages, "; "))
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Unwrap gives what lies beneath.
func (e *CallError) Unwrap() error { return e.Err }

// Codes that are not Slack's.
const (
	codeDNS         = "dns"          // the name does not resolve: not sent
	codeDial        = "dial"         // no connection: not sent
	codeTLS         = "tls"          // no trust: not sent
	codeTimeout     = "timeout"      // no answer in time
	codeBroken      = "broken"       // the connection ended before the answer
	codeCanceled    = "canceled"     // the caller left
	codeUndecodable = "undecodable"  // an answer that cannot be read
	codeRefused     = "refused_here" // refused by us before sending
)

// unreached says in words why there was no answer of Slack's.
var unreached = map[string]string{
	codeDNS: "its name cannot be resolved", codeDial: "there is no connection", codeTLS: "its certificate is not trusted",
	codeTimeout: "it does not answer in time", codeBroken: "the connection broke before the answer",
}

// Unreached says in words why Slack could not be reached; empty: it was.
func (f Failure) Unreached() string { return unreached[f.Code] }

// Failure says what an error means for the one who called.
type Failure struct {
	Class      Class         // "" when there was no error
	Code       string        // Slack's code; or dns, dial, tls, timeout, broken, canceled, undecodable, http_503 …
	Method     string        // that failed
	RetryAfter time.Duration // set for RateLimited, at least a second
	Needed     string        // scopes that are missing, with missing_scope
	Provided   string        // scopes the token has, with missing_scope
	Detail     string        // for people and logs; holds no secret
}

// OK reports whether nothing is left to do: there was no error, or the wanted state was there before.
func (f Failure) OK() bool { return f.Class == "" || f.Class == Already }

// Classify says what err means after a call of method; an error that knows its own method, as that of one of several
// steps, counts for that one. It understands the errors of this package and those of slack-go; a nil error gives a
// Failure with an empty Class. Any other error is treated as one that came after the request was sent, the careful
// assumption.
func Classify(method string, err error) Failure {
	if err == nil {
		return Failure{Method: method}
	}
	call := asCall(err)
	method = cmp.Or(call.Method, method)
	f := Failure{Code: call.Code, Method: method, Needed: call.Needed, Provided: call.Provided, Detail: err.Error()}
	f.Class = classify(method, call)
	if f.Class == RateLimited {
		f.RetryAfter = max(call.RetryAfter, shortestWait)
		if call.Code == "message_limit_exceeded" {
			f.RetryAfter = max(call.RetryAfter, crowdedWait)
		}
	}
	return f
}

// asCall views any error as a CallError.
func asCall(err error) *CallError {
	if call, ok := errors.AsType[*CallError](err); ok {
		return call
	}
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return &CallError{Status: http.StatusTooManyRequests, Code: "ratelimited", RetryAfter: limited.RetryAfter, Sent: true, Err: err}
	}
	if status, ok := errors.AsType[slack.StatusCodeError](err); ok {
		return &CallError{Status: status.Code, Code: statusCode(status.Code), Sent: true, Err: err}
	}
	if answer, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		return &CallError{Status: http.StatusOK, Code: answer.Err, Messages: answer.ResponseMetadata.Messages,
			Needed: answer.Needed, Provided: answer.Provided, Sent: true, Err: err}
	}
	return &CallError{Code: netCode(err), Sent: true, Err: err}
}

// classify decides the class from the facts of one call.
func classify(method string, e *CallError) Class {
	class := e.class(method)
	if class == Retry && e.Sent && !repeatable(method) {
		return Unknown
	}
	return class
}

// class is the class regardless of whether the method may be repeated.
func (e *CallError) class(method string) Class {
	switch e.Code {
	case codeDNS, codeDial, codeTLS, codeTimeout, codeBroken, codeCanceled:
		return Retry
	case codeUndecodable:
		if e.Sent && !repeatable(method) {
			return Unknown
		}
		return Invalid
	case codeRefused:
		return Invalid
	}
	if e.Status == http.StatusTooManyRequests {
		return RateLimited
	}
	if strings.HasPrefix(e.Code, "http_") {
		return classOfStatus(method, e.Status)
	}
	if class, ok := methodClass(method, e.Code); ok {
		return class
	}
	if e.Code == "invalid_arguments" && strings.HasPrefix(method, "views.") && mentionsView(e.Messages) {
		return Adapt
	}
	return classOf(e.Code)
}

// mentionsView reports whether Slack complains about the blocks of a view, which it calls invalid_arguments.
func mentionsView(messages []string) bool {
	for _, m := range messages {
		if strings.Contains(m, "json-pointer:/view") {
			return true
		}
	}
	return false
}

// classOfStatus is the class of an HTTP answer without a code of Slack's. Such an answer often comes from something
// between us and Slack.
func classOfStatus(method string, status int) Class {
	switch {
	case status >= 500, status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusConflict:
		return Retry
	case method == responseURL:
		return Adapt
	case status == http.StatusRequestEntityTooLarge:
		return Adapt
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusNotFound,
		status == http.StatusProxyAuthRequired, status >= 300 && status < 400:
		return Fatal
	}
	return Invalid
}

// statusCode is the code of an HTTP answer without one of Slack's.
func statusCode(status int) string {
	if status == http.StatusTooManyRequests {
		return "ratelimited"
	}
	return fmt.Sprintf("http_%d", status)
}

// isCanceled reports whether err says that the caller left.
func isCanceled(err error) bool { return errors.Is(err, context.Canceled) }
