package notify

import (
	"errors"
	"net/url"
	"strconv"
)

// CallbackKind says what came back from a provider.
type CallbackKind string

// The kinds.
const (
	SMSReply      CallbackKind = "sms_reply"      // somebody sent an SMS: answer with SMSTwiML
	CallKeys      CallbackKind = "call_keys"      // somebody pressed keys in a call: answer with VoiceTwiML or VoiceMenuTwiML
	MessageStatus CallbackKind = "message_status" // what became of a message: answer with an empty 200 or 204
	CallStatus    CallbackKind = "call_status"    // what became of a call: as MessageStatus
)

// Delivery says how far a message or call got.
type Delivery string

// The stages.
const (
	Underway  Delivery = "underway"  // Twilio or the carrier has it
	Delivered Delivery = "delivered" // the phone has it, or the call was picked up, by somebody or by a mailbox
	Failed    Delivery = "failed"    // it will not arrive
)

// Callback is one request of Twilio's.
type Callback struct {
	Kind  CallbackKind
	Cause string // identity: the same again is a repetition
	ID    string // of the message or call, as in Result.ID; of an SMSReply, of the reply
	From  string // who replied, in E.164; empty unless Kind is SMSReply
	Phone string // the person's number, in E.164

	Page    string // that the message was about; of an SMSReply, what it names, if it does
	Attempt string // Message.Key of the attempt; empty with SMSReply

	Reply Reply // of SMSReply and CallKeys
	// Of MessageStatus and CallStatus: how far it got; Status in Twilio's words; with Failed, as in a Result.
	Delivery Delivery
	Status   string
	Fault    Fault
	Code     string
	Reason   string
}

// deliveries are the statuses of Twilio's messages and calls.
var deliveries = map[string]Delivery{
	"accepted": Underway, "scheduled": Underway, "queued": Underway, "sending": Underway, "sent": Underway,
	"delivered": Delivered, "read": Delivered, "partially_delivered": Delivered, "undelivered": Failed, "failed": Failed, "canceled": Failed,

	"initiated": Underway, "ringing": Underway, "in-progress": Delivered, "answered": Delivered, "completed": Delivered,
	"busy": Failed, "no-answer": Failed,
}

// callEnds are the reasons of calls that failed, which have no codes.
var callEnds = map[string]string{
	"busy":      "The line was busy, or the call was declined.",
	"no-answer": "Nobody picked up.",
	"canceled":  "The call was cancelled before it was picked up.",
	"failed":    "The call did not get through. Check the number.",
}

// DecodeTwilio reads a request of Twilio's that is known to be genuine: its query, and the fields of its form.
func DecodeTwilio(query, form url.Values) (Callback, error) {
	field := func(key string) string { return line(form.Get(key), 64) }
	c := Callback{Page: line(query.Get("page"), 32), Attempt: line(query.Get("attempt"), 200)}
	message, call := field("MessageSid"), field("CallSid")
	switch {
	case form.Has("MessageStatus") && hasPrefix(message, []string{"SM", "MM"}):
		c.Kind, c.ID, c.Phone, c.Status = MessageStatus, message, field("To"), field("MessageStatus")
	case form.Has("Body") && hasPrefix(message, []string{"SM", "MM"}):
		reply := DecodeReply(form.Get("Body"))
		if t := field("OptOutType"); t != "" { // with Twilio's advanced opt-out, which may have other words
			reply = Reply{Verb: map[string]Verb{"STOP": OptOut, "START": OptIn, "HELP": AskHelp}[t]}
		}
		from := field("From")
		return Callback{Kind: SMSReply, Cause: "twilio " + message, ID: message, From: from, Phone: from, Page: reply.Page, Reply: reply}, nil
	case form.Has("Digits") && hasPrefix(call, []string{"CA"}):
		c.Kind, c.ID, c.Phone, c.Reply = CallKeys, call, field("To"), DecodeDigits(form.Get("Digits"))
		c.Cause = "twilio " + call + " keys " + field("Digits")
		return c, nil
	case form.Has("CallStatus") && hasPrefix(call, []string{"CA"}):
		c.Kind, c.ID, c.Phone, c.Status = CallStatus, call, field("To"), field("CallStatus")
	default:
		return Callback{}, errors.New("it is neither a reply nor a status")
	}
	c.Cause = "twilio " + c.ID + " " + c.Status
	c.Delivery = deliveries[c.Status]
	if c.Delivery == "" {
		c.Delivery = Underway // a status that is not known ends nothing
	}
	if c.Delivery == Failed {
		c.fail(field("ErrorCode"))
	}
	return c, nil
}

// fail says why a message or call failed, by Twilio's error code if there is one.
func (c *Callback) fail(code string) {
	c.Fault, c.Code, c.Reason = Provider, c.Status, "The message was not delivered."
	if c.Kind == CallStatus {
		c.Reason = callEnds[c.Status]
		if c.Status != "failed" {
			c.Fault = Address
		}
	}
	if n, err := strconv.Atoi(code); err == nil && n > 0 {
		c.Code = strconv.Itoa(n)
		if v, ok := twilioCodes[n]; ok {
			c.Fault, c.Reason = v.fault, v.reason
		}
	}
}
