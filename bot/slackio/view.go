package slackio

import (
	"context"
	"encoding/json"
)

// View names a modal or a home tab, and the state of it that was seen last.
type View struct {
	ID   string `json:"id"`
	Hash string `json:"hash"`
}

// viewAnswer is an answer that holds one view.
type viewAnswer struct {
	View View `json:"view"`
}

// OpenView opens a modal. The trigger lives three seconds and serves once.
func (c *Client) OpenView(ctx context.Context, triggerID string, view json.RawMessage) (View, error) {
	return c.view(ctx, "views.open", map[string]any{"trigger_id": triggerID, "view": view})
}

// PublishHome replaces the home tab of one person. A hash refuses with hash_conflict if the tab has another one by now.
func (c *Client) PublishHome(ctx context.Context, user, hash string, view json.RawMessage) (View, error) {
	args := map[string]any{"user_id": user, "view": view}
	putIf(args, "hash", hash)
	return c.view(ctx, "views.publish", args)
}

// view calls a method that answers with a view.
func (c *Client) view(ctx context.Context, method string, args map[string]any) (View, error) {
	var answer viewAnswer
	err := c.json(ctx, method, args, &answer)
	return answer.View, err
}

// putIf sets an argument that has a value.
func putIf(args map[string]any, key, value string) {
	if value != "" {
		args[key] = value
	}
}
