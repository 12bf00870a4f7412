package slackio

import (
	"encoding/json"
	"net/http"
	"testing"
)

// FuzzDecodeFrame holds that no frame does harm, and that what is acknowledged is an id as it stood in the frame.
func FuzzDecodeFrame(f *testing.F) {
	f.Add([]byte(slash("e1")))
	f.Add([]byte(`{"type":"hello","num_connections":"2","connection_info":[]}`))
	f.Add([]byte(`{"payload":{"a":[},"envelope_id" : "u2"`))
	f.Add([]byte(`{"type":"events_api","envelope_id":"\u0000","payload":{},"retry_attempt":1e99}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		fr, err := decodeFrame(data)
		e := fr.envelope()
		fr.appID()
		if err == nil && e.ID == "" && fr.Type != typeHello && fr.Type != typeDisconnect {
			t.Errorf("an envelope without an id is decoded from %q", data)
		}
		ack, err := ackFrame(e.ID, e.Payload)
		if len(ack) == 0 || len(ack) >= largestFrame && len(e.ID) < largestFrame/8 || !json.Valid(ack) {
			t.Errorf("acknowledgement of %q is %q (%v)", data, ack, err)
		}
	})
}

// FuzzJudge holds that every answer is either a success or has a class.
func FuzzJudge(f *testing.F) {
	f.Add(200, []byte(`{"ok":true}`), "")
	f.Add(200, []byte(`{"ok":false,"error":"x","errors":{},"response_metadata":{"messages":["a"]}}`), "1e400")
	f.Add(429, []byte(`null`), "-1")
	f.Add(200, []byte(`Expired url`), "NaN")
	f.Fuzz(func(t *testing.T, status int, body []byte, wait string) {
		resp := &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {wait}}}
		for method, judge := range map[string]func(*http.Response, []byte) *CallError{
			"chat.postMessage": judgeAPI, responseURL: judgeResponseURL, "upload": judgePlain} {
			failed := judge(resp, body)
			if failed == nil {
				if status != http.StatusOK && method != responseURL {
					t.Errorf("%s answering %d %q is a success", method, status, body)
				}
				continue
			}
			failed.Status, failed.Sent = status, true
			got := Classify(method, failed)
			if got.Class == "" || got.Code == "" || got.RetryAfter < 0 || got.Class == RateLimited && got.RetryAfter < shortestWait {
				t.Errorf("%s answering %d %q: %+v", method, status, body, got)
			}
		}
	})
}
