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

// ViewUpdate is the whole new content of a view, named by ID or ExternalID.
type ViewUpdate struct {
	ID         string
	ExternalID string
	Hash       string // refuse with hash_conflict if the view has another one by now; "" for the last write wins
	View       json.RawMessage
}

// viewAnswer is an answer that holds one view.
type viewAnswer struct {
	View View `json:"view"`
}

// OpenView opens a modal. The trigger lives three seconds and serves once.
func (c *Client) OpenView(ctx context.Context, triggerID string, view json.RawMessage) (View, error) {
	return c.view(ctx, "views.open", map[string]any{"trigger_id": triggerID, "view": view})
}

// PushView puts a modal on top of the one the trigger came from; three are the most.
func (c *Client) PushView(ctx context.Context, triggerID string, view json.RawMessage) (View, error) {
	return c.view(ctx, "views.push", map[string]any{"trigger_id": triggerID, "view": view})
}

// UpdateView replaces a modal that is open. A closed one is the code not_found.
func (c *Client) UpdateView(ctx context.Context, u ViewUpdate) (View, error) {
	args := map[string]any{"view": u.View}
	putIf(args, "view_id", u.ID)
	if u.ID == "" {
		putIf(args, "external_id", u.ExternalID)
	}
	putIf(args, "hash", u.Hash)
	return c.view(ctx, "views.update", args)
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
