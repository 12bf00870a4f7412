package slackio

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
)

// Upload is a file to put into a channel.
type Upload struct {
	Channel  string // an id; the bot must be a member
	ThreadTS string // "" for the channel itself
	Filename string
	Title    string
	Comment  string // the text of the message that shows the file; already escaped
	AltText  string // for images
	Content  []byte // not empty
}

// UploadFile uploads a file in Slack's three steps and gives its id. The first two may be repeated freely: their
// failures are of class Retry and there is no id. If the last may have shared the file, the failure is of class Unknown
// and comes with the id: see FileInfo before uploading again.
func (c *Client) UploadFile(ctx context.Context, u Upload) (string, error) {
	if len(u.Content) == 0 {
		return "", refuse("files.getUploadURLExternal", errors.New("the file is empty"))
	}
	args := url.Values{"filename": {u.Filename}, "length": {strconv.Itoa(len(u.Content))}}
	setIf(args, "alt_txt", u.AltText)
	var slot struct {
		URL string `json:"upload_url"`
		ID  string `json:"file_id"`
	}
	if err := c.form(ctx, "files.getUploadURLExternal", args, &slot); err != nil {
		return "", err
	}
	if err := c.putBytes(ctx, slot.URL, u.Content); err != nil {
		return "", err
	}
	err := c.shareFile(ctx, slot.ID, u)
	if err != nil && Classify("files.completeUploadExternal", err).Class != Unknown {
		return "", err
	}
	return slot.ID, err
}

// putBytes sends the content to the address Slack gave for it. The address is the secret: no token goes with it.
func (c *Client) putBytes(ctx context.Context, address string, content []byte) error {
	if err := c.trusts(address); err != nil {
		return refuse("upload", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(content))
	if err != nil {
		return refuse("upload", errors.New("the upload address cannot be used"))
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	_, err = c.wire.do(req, "upload", judgePlain)
	return err
}

// shareFile completes an upload and shows the file in its channel.
func (c *Client) shareFile(ctx context.Context, id string, u Upload) error {
	files, err := json.Marshal([]map[string]string{{"id": id, "title": cmp.Or(u.Title, u.Filename)}})
	if err != nil {
		return refuse("files.completeUploadExternal", err)
	}
	args := url.Values{"files": {string(files)}, "channel_id": {u.Channel}}
	setIf(args, "thread_ts", u.ThreadTS)
	setIf(args, "initial_comment", u.Comment)
	return c.form(ctx, "files.completeUploadExternal", args, nil)
}

// File is what is read of a file.
type File struct {
	ID     string
	Name   string
	Title  string
	Shares []Posted // the messages that show it; Slack fills this in a moment after the upload
}

// FileInfo reads a file (files.info).
func (c *Client) FileInfo(ctx context.Context, id string) (File, error) {
	var answer struct {
		File struct {
			ID     string `json:"id"`
			Name   string `json:"name"`
			Title  string `json:"title"`
			Shares map[string]map[string][]struct {
				TS string `json:"ts"`
			} `json:"shares"` // by "public" or "private", then by channel
		} `json:"file"`
	}
	if err := c.form(ctx, "files.info", url.Values{"file": {id}}, &answer); err != nil {
		return File{}, err
	}
	f := File{ID: answer.File.ID, Name: answer.File.Name, Title: answer.File.Title}
	for _, channels := range answer.File.Shares {
		for channel, messages := range channels {
			for _, m := range messages {
				f.Shares = append(f.Shares, Posted{Channel: channel, TS: m.TS})
			}
		}
	}
	return f, nil
}
