package slackio

// Class says what to do about a call that did not succeed.
type Class string

const (
	// Retry means the call did not happen, or may be repeated without harm: repeat it with backoff and jitter.
	Retry Class = "retry"
	// Unknown means a call that must not be repeated blindly may have happened: look it up first.
	Unknown Class = "unknown"
	// RateLimited means the call was refused and did not happen: repeat it after Failure.RetryAfter.
	RateLimited Class = "rate_limited"
	// Adapt means Slack refuses this request in this situation: send another one (smaller, elsewhere, another name) or
	// tell the person.
	Adapt Class = "adapt"
	// Already means the wanted state was there before the call: a success.
	Already Class = "already"
	// Gone means the person cannot be reached through Slack: skip to the next one.
	Gone Class = "gone"
	// Fatal means the token, a scope or the workspace's settings forbid the call until an administrator acts: stop using
	// it, say so through another way, and probe every minute.
	Fatal Class = "fatal"
	// Invalid means the request is malformed or the answer is unheard of: repeat it a few times, then set it aside where
	// people see it. Never drop it.
	Invalid Class = "invalid"
)

// classOf is the class of one of Slack's error codes where the method does not matter. The codes are those of Slack's
// method reference; a code that is not listed is Invalid.
func classOf(code string) Class {
	switch code {
	case "internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org",
		"canvas_editing_locked", "fetch_members_failed", "update_failed":
		return Retry

	case "ratelimited", "rate_limited", "message_limit_exceeded":
		return RateLimited

	case "already_in_channel", "already_archived", "not_archived", "already_pinned", "no_pin", "already_reacted",
		"no_reaction", "cant_invite_self", "channel_canvas_already_exists", "free_team_canvas_tab_already_exists":
		return Already

	case "user_not_found", "users_not_found", "user_disabled", "user_not_visible", "cannot_dm_bot", "user_is_restricted",
		"cant_invite", "ura_max_channels", "org_user_not_in_team", "no_external_invite_permission":
		return Gone

	case "not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired", "no_permission",
		"missing_scope", "not_allowed_token_type", "org_login_required", "ekm_access_denied", "access_denied",
		"accesslimited", "team_access_not_granted", "two_factor_setup_required", "forbidden_team", "insecure_request",
		"user_removed_from_team", "team_disabled", "link_disabled", "team_not_found":
		return Fatal
	case "plan_upgrade_required", "paid_teams_only", "permission_denied", "not_enabled", "file_uploads_disabled",
		"storage_limit_reached", "canvas_disabled_user_team", "free_teams_cannot_create_standalone_canvases",
		"team_tier_cannot_create_channel_canvases":
		return Fatal

	case "deprecated_endpoint", "method_deprecated", "unknown_method", "invalid_arguments", "invalid_arg_name",
		"invalid_array_arg", "invalid_charset", "invalid_form_data", "invalid_post_type", "missing_post_type",
		"invalid_json", "json_not_object", "missing_argument", "request_too_large":
		return Invalid
	}
	if isAdaptable(code) {
		return Adapt
	}
	return Invalid
}

// isAdaptable reports whether code refuses one request in one situation, while another request can serve.
func isAdaptable(code string) bool {
	switch code {
	// The text or the blocks.
	case "no_text", "msg_too_long", "msg_blocks_too_long", "invalid_blocks", "invalid_blocks_format", "block_mismatch",
		"too_many_attachments", "attachment_payload_limit_exceeded", "markdown_text_conflict", "invalid_attachments",
		"only_one_table_allowed", "invalid_metadata_format", "invalid_metadata_schema", "metadata_too_large",
		"metadata_must_be_sent_from_app", "no_dual_broadcast_content_update":
		return true

	// The channel, and what may be done in it.
	case "channel_not_found", "not_in_channel", "is_archived", "is_inactive", "channel_is_archived", "cannot_reply_to_message",
		"restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_only_channel",
		"restricted_action_non_threadable_channel", "restricted_action_thread_locked", "messages_tab_disabled",
		"duplicate_channel_not_found", "duplicate_message_not_found", "method_not_supported_for_channel_type",
		"too_many_members", "last_member", "cant_leave_general", "cant_archive_general", "cant_kick_self",
		"cant_kick_from_general", "not_authorized", "posting_to_channel_denied", "too_long", "thread_locked",
		"invalid_channel", "user_not_in_channel", "no_user":
		return true

	// The channel's name.
	case "name_taken", "invalid_name", "invalid_name_maxlength", "invalid_name_punctuation", "invalid_name_required",
		"invalid_name_specials", "no_channel", "cannot_create_channel":
		return true

	// A message that is not there, or not ours.
	case "message_not_found", "thread_not_found", "cant_update_message", "cant_delete_message", "edit_window_closed",
		"cant_broadcast_message", "streaming_state_conflict", "bad_timestamp", "no_item", "no_item_specified",
		"not_pinnable", "not_reactable", "too_many_pins", "too_many_emoji", "too_many_reactions",
		"invalid_ts_oldest", "invalid_ts_latest":
		return true

	// Cursors and lists.
	case "invalid_cursor", "invalid_limit", "invalid_types", "limit_required", "users_list_not_supplied",
		"too_many_users", "not_enough_users", "bot_not_found":
		return true

	// Scheduled messages.
	case "time_in_past", "time_too_far", "invalid_time", "restricted_too_many", "invalid_scheduled_message_id":
		return true

	// Views and the triggers that open them.
	case "expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id", "trigger_expired", "trigger_exchanged",
		"duplicate_external_id", "view_too_large", "push_limit_reached", "hash_conflict", "not_found":
		return true

	// Response URLs.
	case "expired_url", "used_url", "invalid_payload":
		return true

	// User groups.
	case "handle_already_exists", "name_already_exists", "bad_handle", "name_too_long", "description_too_long",
		"no_such_subteam", "failed_for_some_users", "subteam_max_users_exceeded", "too_many_linked_channels",
		"no_users_provided", "invalid_users":
		return true

	// Bookmarks, files, canvases.
	case "invalid_link", "too_many_bookmarks", "invalid_bookmark_type", "file_upload_size_restricted",
		"snippet_too_large", "file_type_not_allowed", "file_not_found", "canvas_creation_failed", "canvas_not_found",
		"canvas_editing_failed", "canvas_too_large":
		return true
	}
	return false
}

// methodClass is the class of a code that means something else for this method than in general.
func methodClass(method, code string) (Class, bool) {
	switch method + " " + code {
	case "chat.delete message_not_found", "bookmarks.remove not_found",
		"conversations.leave not_in_channel", "conversations.kick not_in_channel":
		return Already, true
	case "conversations.setTopic user_is_restricted", "conversations.setPurpose user_is_restricted":
		return Adapt, true
	}
	if method == responseURL {
		// Whatever a response URL answers, it will not take this message: it is used up or the message does not suit it.
		switch classOf(code) {
		case Invalid, Fatal:
			return Adapt, true
		}
	}
	return "", false
}

// repeatable reports whether repeating the method after it may have happened leaves Slack as one call would have.
func repeatable(method string) bool {
	switch method {
	case "chat.postMessage", "chat.postEphemeral", "chat.meMessage", "chat.scheduleMessage", responseURL,
		"conversations.create", "bookmarks.add", "files.completeUploadExternal", "views.open", "views.push",
		"usergroups.create", "canvases.create", "calls.add":
		return false
	}
	return true
}
