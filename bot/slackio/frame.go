package slackio

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Types of frames that Slack sends over a socket.
const (
	typeHello       = "hello"
	typeDisconnect  = "disconnect"
	typeSlash       = "slash_commands"
	typeInteractive = "interactive"
	typeEvents      = "events_api"
)

// largestFrame is the size in bytes from which Slack drops a frame of ours or closes the socket.
const largestFrame = 20 << 10

// frame is one message of Slack's over a socket. Fields that only inform are kept raw, so that a new form of one of
// them does not make an envelope undecodable.
type frame struct {
	Type           string          `json:"type"`
	EnvelopeID     string          `json:"envelope_id"`
	Payload        json.RawMessage `json:"payload"`
	Accepts        json.RawMessage `json:"accepts_response_payload"`
	Attempt        json.RawMessage `json:"retry_attempt"`
	RetryReason    json.RawMessage `json:"retry_reason"`
	Reason         json.RawMessage `json:"reason"`
	NumConnections json.RawMessage `json:"num_connections"`
	ConnectionInfo json.RawMessage `json:"connection_info"`
}

// decodeFrame reads a frame. With an error, the frame holds the envelope's id if one can be made out.
func decodeFrame(data []byte) (frame, error) {
	var f frame
	if err := json.Unmarshal(data, &f); err != nil {
		return frame{EnvelopeID: envelopeID(data)}, fmt.Errorf("decode frame of %d bytes: %w", len(data), err)
	}
	switch f.Type {
	case typeHello, typeDisconnect:
		return f, nil
	case typeSlash, typeInteractive, typeEvents:
		if f.EnvelopeID == "" {
			return f, fmt.Errorf("decode frame of type %q: it has no envelope id", f.Type)
		}
		if !strings.HasPrefix(string(f.Payload), "{") {
			return f, fmt.Errorf("decode frame of type %q: its payload is not an object", f.Type)
		}
		return f, nil
	}
	return f, fmt.Errorf("decode frame: unknown type %q", clip(f.Type, 64))
}

// envelopeIDPattern finds the envelope's id in a frame that is not JSON as a whole.
var envelopeIDPattern = regexp.MustCompile(`"envelope_id"\s*:\s*"([A-Za-z0-9._:-]{1,128})"`)

// envelopeID makes out the envelope's id in a frame that cannot be decoded; "" if there is none.
func envelopeID(data []byte) string {
	var only struct {
		EnvelopeID string `json:"envelope_id"`
	}
	if json.Unmarshal(data, &only) == nil && only.EnvelopeID != "" {
		return only.EnvelopeID
	}
	if found := envelopeIDPattern.FindSubmatch(data); found != nil {
		return string(found[1])
	}
	return ""
}

// envelope is what the handler gets of a frame.
func (f frame) envelope() Envelope {
	return Envelope{ID: f.EnvelopeID, Type: f.Type, Payload: f.Payload, AcceptsResponse: looseText(f.Accepts) == "true",
		RetryAttempt: looseInt(f.Attempt), RetryReason: looseText(f.RetryReason)}
}

// appID is the app that a hello names.
func (f frame) appID() string {
	var info struct {
		AppID string `json:"app_id"`
	}
	if json.Unmarshal(f.ConnectionInfo, &info) != nil {
		return ""
	}
	return info.AppID
}

// looseText reads a text, or the JSON of anything else that is no object.
func looseText(raw json.RawMessage) string {
	var text string
	switch string(raw) {
	case "", "null":
		return ""
	case "true", "false":
		return string(raw)
	}
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return clip(string(raw), 64)
}

// looseInt reads a number, also one that is written as a text; 0 for anything else.
func looseInt(raw json.RawMessage) int {
	n, err := strconv.Atoi(looseText(raw))
	if err != nil {
		return 0
	}
	return n
}

// errTooLarge and errNotJSON say why an acknowledgement goes without its payload.
var (
	errTooLarge = errors.New("the acknowledgement is larger than Slack takes")
	errNotJSON  = errors.New("the acknowledgement's payload is not JSON")
)

// ackFrame is the acknowledgement of an envelope. With an error it is the one without payload.
func ackFrame(id string, payload json.RawMessage) ([]byte, error) {
	type ack struct {
		EnvelopeID string          `json:"envelope_id"`
		Payload    json.RawMessage `json:"payload,omitempty"`
	}
	full, err := json.Marshal(ack{EnvelopeID: id, Payload: payload})
	switch {
	case err != nil:
		err = errNotJSON
	case len(full) >= largestFrame:
		err = fmt.Errorf("%w: %d bytes", errTooLarge, len(full))
	default:
		return full, nil
	}
	plain, failed := json.Marshal(ack{EnvelopeID: id})
	if failed != nil {
		return nil, failed
	}
	return plain, err
}
