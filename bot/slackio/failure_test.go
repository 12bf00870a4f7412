package slackio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
)

// codes lists, by class, every error code of Slack's that the bot can meet.
var codes = map[Class]string{
	Retry: `internal_error fatal_error service_unavailable request_timeout team_added_to_org canvas_editing_locked
		fetch_members_failed update_failed`,
	RateLimited: `ratelimited rate_limited message_limit_exceeded`,
	Already: `already_in_channel already_archived not_archived already_pinned no_pin already_reacted no_reaction
		cant_invite_self channel_canvas_already_exists free_team_canvas_tab_already_exists`,
	Gone: `user_not_found users_not_found user_disabled user_not_visible cannot_dm_bot user_is_restricted cant_invite
		ura_max_channels org_user_not_in_team no_external_invite_permission`,
	Fatal: `not_authed invalid_auth account_inactive token_revoked token_expired no_permission missing_scope
		not_allowed_token_type org_login_required ekm_access_denied access_denied accesslimited team_access_not_granted
		two_factor_setup_required forbidden_team insecure_request user_removed_from_team team_disabled link_disabled
		team_not_found plan_upgrade_required paid_teams_only permission_denied not_enabled file_uploads_disabled
		storage_limit_reached canvas_disabled_user_team free_teams_cannot_create_standalone_canvases
		team_tier_cannot_create_channel_canvases`,
	Invalid: `deprecated_endpoint method_deprecated unknown_method invalid_arguments invalid_arg_name invalid_array_arg
		invalid_charset invalid_form_data invalid_post_type missing_post_type a_code_nobody_has_seen`,
	Adapt: `channel_not_found not_in_channel is_archived no_text invalid_blocks invalid_blocks_format msg_blocks_too_long
		msg_too_long too_many_attachments attachment_payload_limit_exceeded markdown_text_conflict
		invalid_metadata_format invalid_metadata_schema metadata_too_large metadata_must_be_sent_from_app
		cannot_reply_to_message restricted_action restricted_action_read_only_channel
		restricted_action_thread_only_channel restricted_action_non_threadable_channel
		restricted_action_thread_locked messages_tab_disabled duplicate_channel_not_found
		duplicate_message_not_found message_not_found cant_update_message edit_window_closed is_inactive block_mismatch
		streaming_state_conflict cant_broadcast_message no_dual_broadcast_content_update cant_delete_message
		user_not_in_channel time_in_past time_too_far invalid_time restricted_too_many invalid_channel invalid_cursor
		invalid_scheduled_message_id name_taken invalid_name invalid_name_maxlength invalid_name_punctuation
		invalid_name_required invalid_name_specials no_channel cannot_create_channel no_user cant_kick_self
		cant_kick_from_general method_not_supported_for_channel_type too_many_members last_member cant_leave_general
		cant_archive_general not_authorized too_long invalid_limit invalid_types invalid_ts_oldest invalid_ts_latest
		thread_not_found users_list_not_supplied too_many_users not_enough_users limit_required bot_not_found
		handle_already_exists name_already_exists bad_handle name_too_long description_too_long no_such_subteam
		failed_for_some_users subteam_max_users_exceeded too_many_linked_channels no_users_provided invalid_users
		too_many_pins not_pinnable no_item_specified no_item bad_timestamp too_many_emoji too_many_reactions
		thread_locked not_reactable invalid_link too_many_bookmarks invalid_bookmark_type not_found expired_trigger_id
		exchanged_trigger_id invalid_trigger_id trigger_expired trigger_exchanged duplicate_external_id view_too_large
		push_limit_reached hash_conflict file_upload_size_restricted snippet_too_large file_type_not_allowed
		file_not_found posting_to_channel_denied canvas_creation_failed canvas_not_found canvas_editing_failed
		canvas_too_large expired_url used_url invalid_payload channel_is_archived only_one_table_allowed
		invalid_attachments`,
}

func TestClassifyCodes(t *testing.T) {
	seen := map[string]Class{}
	for class, list := range codes {
		for _, code := range strings.Fields(list) {
			if other, twice := seen[code]; twice {
				t.Errorf("%s is listed as %s and as %s", code, class, other)
			}
			seen[code] = class
			answer := &CallError{Method: "conversations.info", Status: 200, Code: code, Sent: true}
			if got := Classify("conversations.info", fmt.Errorf("read channel: %w", answer)); got.Class != class || got.Code != code {
				t.Errorf("Classify(%s) is %s (%s), want %s", code, got.Class, got.Code, class)
			}
			if got := Classify("conversations.info", slack.SlackErrorResponse{Err: code}); got.Class != class || got.Code != code {
				t.Errorf("Classify(slack-go's %s) is %s (%s), want %s", code, got.Class, got.Code, class)
			}
		}
	}
}

func TestClassifyByMethod(t *testing.T) {
	cases := []struct {
		method, code string
		messages     []string
		want         Class
	}{
		{"chat.postMessage", "internal_error", nil, Unknown},
		{"chat.postMessage", "fatal_error", nil, Unknown},
		{"chat.postEphemeral", "service_unavailable", nil, Unknown},
		{"conversations.create", "internal_error", nil, Unknown},
		{"bookmarks.add", "request_timeout", nil, Unknown},
		{"files.completeUploadExternal", "internal_error", nil, Unknown},
		{"views.open", "internal_error", nil, Unknown},
		{"usergroups.create", "internal_error", nil, Unknown},
		{"response_url", "internal_error", nil, Unknown},
		{"chat.update", "internal_error", nil, Retry},
		{"chat.delete", "internal_error", nil, Retry},
		{"pins.add", "internal_error", nil, Retry},
		{"conversations.invite", "fatal_error", nil, Retry},
		{"views.publish", "internal_error", nil, Retry},
		{"usergroups.users.update", "internal_error", nil, Retry},
		{"chat.postMessage", "ratelimited", nil, RateLimited},
		{"chat.postMessage", "msg_too_long", nil, Adapt},
		{"chat.delete", "message_not_found", nil, Already},
		{"chat.update", "message_not_found", nil, Adapt},
		{"bookmarks.remove", "not_found", nil, Already},
		{"views.update", "not_found", nil, Adapt},
		{"conversations.leave", "not_in_channel", nil, Already},
		{"conversations.kick", "not_in_channel", nil, Already},
		{"conversations.setTopic", "user_is_restricted", nil, Adapt},
		{"conversations.invite", "user_is_restricted", nil, Gone},
		{"views.open", "invalid_arguments", []string{"[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"}, Adapt},
		{"views.publish", "invalid_arguments", []string{"[ERROR] missing required field: user_id"}, Invalid},
		{"chat.postMessage", "invalid_arguments", []string{"[json-pointer:/view/title/text]"}, Invalid},
		{"response_url", "cancelled_by_moonlight", nil, Adapt},
		{"response_url", "token_revoked", nil, Adapt},
	}
	for _, c := range cases {
		err := &CallError{Method: c.method, Status: 200, Code: c.code, Messages: c.messages, Sent: true}
		if got := Classify(c.method, err).Class; got != c.want {
			t.Errorf("Classify(%s, %s) is %s, want %s", c.method, c.code, got, c.want)
		}
	}
}

func TestClassifyStatus(t *testing.T) {
	cases := []struct {
		status   int
		method   string
		want     Class
		wantCode string
	}{
		{500, "conversations.info", Retry, "http_500"},
		{500, "chat.postMessage", Unknown, "http_500"},
		{502, "chat.postMessage", Unknown, "http_502"},
		{503, "chat.update", Retry, "http_503"},
		{504, "conversations.create", Unknown, "http_504"},
		{408, "chat.postMessage", Unknown, "http_408"},
		{409, "apps.connections.open", Retry, "http_409"},
		{429, "chat.postMessage", RateLimited, "ratelimited"},
		{429, "response_url", RateLimited, "ratelimited"},
		{302, "chat.postMessage", Fatal, "http_302"},
		{401, "chat.postMessage", Fatal, "http_401"},
		{403, "chat.postMessage", Fatal, "http_403"},
		{404, "apps.connections.open", Fatal, "http_404"},
		{407, "chat.postMessage", Fatal, "http_407"},
		{413, "chat.postMessage", Adapt, "http_413"},
		{400, "chat.postMessage", Invalid, "http_400"},
		{404, "response_url", Adapt, "http_404"},
		{410, "response_url", Adapt, "http_410"},
		{500, "response_url", Unknown, "http_500"},
	}
	for _, c := range cases {
		for name, err := range map[string]error{
			"ours":       &CallError{Status: c.status, Code: statusCode(c.status), Sent: true},
			"slack-go's": slack.StatusCodeError{Code: c.status},
		} {
			if got := Classify(c.method, err); got.Class != c.want || got.Code != c.wantCode {
				t.Errorf("Classify(%s, %s %d) is %s (%s), want %s (%s)", c.method, name, c.status, got.Class, got.Code, c.want, c.wantCode)
			}
		}
	}
}

func TestClassifyNetwork(t *testing.T) {
	dns := &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "slack.test"}}
	cases := []struct {
		name        string
		err         error
		write, read Class
		wantCode    string
	}{
		{"dns, not sent", netError(dns, false), Retry, Retry, "dns"},
		{"refused, not sent", netError(&net.OpError{Op: "dial", Err: errors.New("connection refused")}, false), Retry, Retry, "dial"},
		{"cancelled, not sent", netError(context.Canceled, false), Retry, Retry, "canceled"},
		{"cancelled, sent", netError(context.Canceled, true), Unknown, Retry, "canceled"},
		{"timeout, sent", netError(context.DeadlineExceeded, true), Unknown, Retry, "timeout"},
		{"ended, sent", netError(io.ErrUnexpectedEOF, true), Unknown, Retry, "broken"},
		{"plain error", io.EOF, Unknown, Retry, "broken"},
		{"plain dns", dns, Unknown, Retry, "dns"},
		{"plain timeout", fmt.Errorf("x: %w", context.DeadlineExceeded), Unknown, Retry, "timeout"},
		{"undecodable", unreadable("", errors.New("unknown error structure")), Unknown, Invalid, "undecodable"},
		{"refused here", refuse("", errors.New("bad")), Invalid, Invalid, "refused_here"},
	}
	for _, c := range cases {
		if got := Classify("chat.postMessage", c.err); got.Class != c.write || got.Code != c.wantCode {
			t.Errorf("%s: a write is %s (%s), want %s (%s)", c.name, got.Class, got.Code, c.write, c.wantCode)
		}
		if got := Classify("conversations.info", c.err); got.Class != c.read {
			t.Errorf("%s: a read is %s, want %s", c.name, got.Class, c.read)
		}
	}
}

func TestClassifyRateLimits(t *testing.T) {
	cases := []struct {
		name string
		err  error
		want time.Duration
	}{
		{"with Retry-After", &CallError{Status: 429, Code: "ratelimited", RetryAfter: 17 * time.Second, Sent: true}, 17 * time.Second},
		{"slack-go's, with Retry-After", &slack.RateLimitedError{RetryAfter: 17 * time.Second}, 17 * time.Second},
		{"without Retry-After", &CallError{Status: 429, Code: "ratelimited", Sent: true}, time.Second},
		{"slack-go's, without Retry-After", slack.StatusCodeError{Code: 429}, time.Second},
		{"in an answer with status 200", &CallError{Status: 200, Code: "ratelimited", Sent: true}, time.Second},
		{"slack-go's, with status 200", slack.SlackErrorResponse{Err: "ratelimited"}, time.Second},
		{"Retry-After 0", &slack.RateLimitedError{}, time.Second},
		{"the workspace sends too much", &CallError{Status: 200, Code: "message_limit_exceeded", Sent: true}, time.Minute},
	}
	for _, c := range cases {
		got := Classify("chat.postMessage", c.err)
		if got.Class != RateLimited || got.RetryAfter != c.want {
			t.Errorf("%s: %s after %v, want %s after %v", c.name, got.Class, got.RetryAfter, RateLimited, c.want)
		}
	}
}

func TestClassifyDetails(t *testing.T) {
	if f := Classify("auth.test", nil); !f.OK() || f.Class != "" {
		t.Errorf("Classify of no error is %+v", f)
	}
	f := Classify("pins.add", &CallError{Method: "pins.add", Status: 200, Code: "missing_scope", Needed: "pins:write", Provided: "chat:write", Sent: true})
	if f.Needed != "pins:write" || f.Provided != "chat:write" || f.OK() ||
		f.Detail != "call pins.add: missing_scope (needs pins:write, has chat:write)" {
		t.Errorf("got %+v", f)
	}
	if f := Classify("pins.add", slack.SlackErrorResponse{Err: "missing_scope", Needed: "pins:write", Provided: "x"}); f.Needed != "pins:write" || f.Provided != "x" {
		t.Errorf("got %+v", f)
	}
	if f := Classify("pins.add", fmt.Errorf("pin it: %w", &CallError{Method: "pins.add", Code: codeDial, Messages: []string{"one", "two"}, Err: io.EOF})); f.Detail != "pin it: call pins.add: dial: one; two: EOF" {
		t.Errorf("got %+v", f)
	}
	step := &CallError{Method: "files.getUploadURLExternal", Status: 500, Code: "http_500", Sent: true}
	if f := Classify("files.completeUploadExternal", step); f.Class != Retry || f.Method != step.Method {
		t.Errorf("the failure of an earlier step is %+v", f)
	}
	if f := Classify("pins.add", &CallError{Status: 200, Code: "already_pinned", Sent: true}); !f.OK() {
		t.Errorf("%+v is not OK", f)
	}
}
