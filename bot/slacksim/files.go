package slacksim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxFile    = 1 << 30
	maxSnippet = 1 << 20
	// maxStored is a limit of the simulator, not of Slack: files live in memory.
	maxStored = 64 << 20
)

// file is an uploaded file, or one whose bytes are still to come.
type file struct {
	id, name, title, user string
	ticket                string
	length                int64
	created               int64
	content               []byte
	received              bool
	shared                bool
	alt                   string
	channels              []string
	shares                map[string][]string // channel -> ts
}

// File is an uploaded file with its content.
type File struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Title    string   `json:"title"`
	User     string   `json:"user"`
	Mimetype string   `json:"mimetype"`
	Size     int      `json:"size"`
	Created  int64    `json:"created"` // Unix seconds
	URL      string   `json:"url"`     // on the page's own origin, without a token
	Channels []string `json:"channels"`
	Content  []byte   `json:"-"`
}

// filesAPI are the files methods.
type filesAPI struct {
	*sight
	team    *team
	files   *fileStore
	async   time.Duration // after which a file is shared; 0: at once
	agenda  *agenda
	mint    *mint
	events  *events
	journal *journal
	now     func() time.Time
}

func (a *filesAPI) getUploadURL(c *call) (object, error) {
	length, err := strconv.ParseInt(c.str("length"), 10, 64)
	switch {
	case err != nil || length <= 0:
		return nil, failArguments("invalid value for field: length")
	case length > maxFile:
		return nil, fail("file_upload_size_restricted")
	case c.str("snippet_type") != "" && length > maxSnippet:
		return nil, fail("snippet_too_large")
	case len([]rune(c.str("alt_txt"))) > 1000:
		return nil, fail("alt_txt_too_large")
	}
	f := &file{
		id: a.mint.id("F"), name: path.Base(c.str("filename")), user: a.app.user, ticket: a.mint.secret(), length: length,
		created: a.now().Unix(), alt: c.str("alt_txt"), shares: map[string][]string{},
	}
	a.files.put(f.id, f)
	return object{"upload_url": a.team.base + "/upload/" + f.ticket, "file_id": f.id}, nil
}

// fileStore keeps the files of the workspace and shows them in channels. It belongs to the
// server's mutex.
type fileStore struct {
	table[*file]
	channels *channels
	team     *team
	chat     *chat
	events   *events
	journal  *journal
}

func (a *webAPI) serveUpload(w http.ResponseWriter, r *http.Request) {
	c := &call{method: "upload", args: map[string]string{}}
	data, err := uploaded(w, r)
	if err != nil {
		http.Error(w, "the upload could not be read", http.StatusBadRequest)
		return
	}
	stored := false
	if !a.through(w, r, c, func() (code string) {
		stored = a.files.receive(r.PathValue("ticket"), data)
		return map[bool]string{true: "", false: "not_found"}[stored]
	}) {
		return
	}
	if !stored {
		http.Error(w, "unknown upload, or not the announced length", http.StatusBadRequest)
		return
	}
	//nolint:errcheck // a client that has gone away is its own problem
	fmt.Fprintf(w, "OK - %d", len(data))
}

// uploaded reads the bytes of a raw body or of the first file of a form.
func uploaded(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxStored)
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "multipart/form-data" {
		return io.ReadAll(r.Body)
	}
	reader, err := r.MultipartReader()
	if err != nil {
		return nil, err
	}
	for {
		part, err := reader.NextPart()
		if err != nil {
			return nil, err
		}
		if part.FileName() != "" || part.FormName() == "file" {
			return io.ReadAll(part)
		}
	}
}

func (s *fileStore) receive(ticket string, data []byte) bool {
	for f := range s.all() {
		if f.ticket == ticket && int64(len(data)) == f.length {
			f.content, f.received = data, true
			return true
		}
	}
	return false
}

func (a *filesAPI) completeUpload(c *call) (object, error) {
	var wanted []struct {
		ID    string `json:"id"`
		Title string `json:"title"`
	}
	if json.Unmarshal([]byte(c.str("files")), &wanted) != nil || len(wanted) == 0 {
		return nil, failArguments("must provide an array of files [json-pointer:/files]")
	}
	var files []*file
	for _, w := range wanted {
		f := a.files.get(w.ID)
		if f == nil || !f.received {
			return nil, fail("file_not_found")
		}
		files = append(files, f)
	}
	targets, d, err := a.targets(c)
	if err != nil {
		return nil, err
	}
	reply := []object{}
	for i, f := range files {
		f.title = cmp.Or(wanted[i].Title, f.name)
		f.shared = true
		reply = append(reply, object{"id": f.id, "title": f.title})
	}
	share := func() { a.files.share(a.app.user, files, targets, d) }
	if a.async > 0 {
		a.agenda.after(a.async, share)
		return object{"files": reply}, nil
	}
	share()
	for i, f := range files {
		reply[i] = a.files.object(f)
	}
	return object{"files": reply}, nil
}

func (a *filesAPI) targets(c *call) ([]*conversation, draft, error) {
	ids := c.list("channels")
	if id := c.str("channel_id"); id != "" {
		ids = append(ids, id)
	}
	d := draft{text: c.str("initial_comment"), threadTS: c.str("thread_ts")}
	var err error
	if c.raw("blocks") != nil && d.text != "" {
		return nil, d, failArguments("initial_comment and blocks cannot be used together")
	}
	if d.blocks, _, err = readBlocks(c.raw("blocks"), a.mint); err != nil {
		return nil, d, err
	}
	if d.threadTS != "" && len(ids) > 1 {
		return nil, d, failArguments("thread_ts can be used with one channel only")
	}
	var targets []*conversation
	for _, id := range slices.Compact(ids) {
		ch := a.channels.get(id)
		switch {
		case ch == nil || !a.visible(ch):
			return nil, d, fail("channel_not_found")
		case ch.archived:
			return nil, d, fail("is_archived")
		case !ch.isMember[a.app.user]:
			return nil, d, fail("not_in_channel")
		case d.threadTS != "" && ch.byTS[d.threadTS] == nil:
			return nil, d, fail("invalid_thread_ts")
		}
		targets = append(targets, ch)
	}
	return targets, d, nil
}

// share posts files to channels and returns the ts of the last message.
func (s *fileStore) share(actor string, files []*file, targets []*conversation, d draft) (ts string) {
	for _, ch := range targets {
		for _, f := range files {
			f.channels = append(f.channels, ch.id)
		}
		d.subtype, d.files = "file_share", nil
		for _, f := range files {
			d.files = append(d.files, s.object(f))
		}
		m, err := s.chat.post(ch, actor, d)
		if err != nil {
			continue
		}
		ts = m.TS
		for _, f := range files {
			f.shares[ch.id] = append(f.shares[ch.id], m.TS)
			s.events.emit(event{name: "file_shared", body: object{
				"type": "file_shared", "file_id": f.id, "user_id": f.user, "file": object{"id": f.id}, "channel_id": ch.id,
			}})
		}
	}
	for _, f := range files {
		s.journal.note(Change{Kind: "file", User: f.user, TS: f.id})
	}
	return ts
}

func (f *file) mimetype() string {
	if kind := mime.TypeByExtension(path.Ext(f.name)); kind != "" {
		return strings.Split(kind, ";")[0]
	}
	if strings.HasSuffix(f.name, ".md") {
		return "text/markdown"
	}
	return "text/plain"
}

func (s *fileStore) url(f *file) string {
	return s.team.base + "/files/" + f.id + "/" + urlName(f.name)
}

func urlName(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_' {
			return r
		}
		return '_'
	}, name)
}

func (s *fileStore) object(f *file) object {
	public, private := object{}, object{}
	for id, all := range f.shares {
		list := []object{}
		for _, ts := range all {
			list = append(list, object{"ts": ts, "reply_users": []string{}, "reply_count": 0})
		}
		if ch := s.channels.get(id); ch != nil && ch.kind == publicChannel {
			public[id] = list
		} else {
			private[id] = list
		}
	}
	shares := object{}
	if len(public) > 0 {
		shares["public"] = public
	}
	if len(private) > 0 {
		shares["private"] = private
	}
	return object{
		"id": f.id, "created": f.created, "timestamp": f.created, "name": f.name, "title": cmp.Or(f.title, f.name), "mimetype": f.mimetype(),
		"filetype": strings.TrimPrefix(path.Ext(f.name), "."), "user": f.user, "size": len(f.content), "mode": "hosted", "is_external": false,
		"is_public": len(public) > 0, "url_private": s.url(f), "url_private_download": s.url(f), "permalink": s.url(f),
		"channels": append([]string{}, f.channels...), "groups": []string{}, "ims": []string{}, "shares": shares, "alt_txt": f.alt,
	}
}

func (a *filesAPI) file(c *call) (*file, error) {
	f := a.files.get(c.str("file"))
	if f == nil || !f.shared {
		return nil, fail("file_not_found")
	}
	return f, nil
}

func (a *filesAPI) info(c *call, f *file) (object, error) {
	return object{"file": a.files.object(f), "comments": []object{}, "response_metadata": nextCursor("")}, nil
}

func (a *filesAPI) list(c *call) (object, error) {
	found := []object{}
	for f := range a.files.all() {
		if id := c.str("channel"); f.shared && (id == "" || slices.Contains(f.channels, id)) {
			found = append(found, a.files.object(f))
		}
	}
	return object{"files": found, "paging": object{"count": 100, "total": len(found), "page": 1, "pages": 1}}, nil
}

func (a *filesAPI) delete(c *call, f *file) (object, error) {
	if f.user != a.app.user {
		return nil, fail("cant_delete_file")
	}
	a.files.remove(f.id)
	a.events.emit(event{name: "file_deleted", body: object{"type": "file_deleted", "file_id": f.id}})
	a.journal.note(Change{Kind: "file", TS: f.id})
	return nil, nil
}

// serveDownload answers without a valid token as Slack does: with a login page
// and status 200.
func (a *webAPI) serveDownload(w http.ResponseWriter, r *http.Request) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	a.mu.Lock()
	f := a.files.get(r.PathValue("id"))
	allowed := !a.app.bot.revoked && a.app.scopes["files:read"] && a.app.bot.is(token)
	a.mu.Unlock()
	switch {
	case !allowed:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		//nolint:errcheck // a client that has gone away is its own problem
		io.WriteString(w, "<!DOCTYPE html><title>Sign in</title><p>Sign in to see this file.</p>")
	case f == nil || !f.shared:
		http.NotFound(w, r)
	default:
		sendFile(w, f)
	}
}

func sendFile(w http.ResponseWriter, f *file) {
	w.Header().Set("Content-Type", f.mimetype())
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.name}))
	//nolint:errcheck // a client that has gone away is its own problem
	w.Write(f.content)
}

// Files returns the shared files, oldest first.
func (s *Server) Files() []File {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []File{}
	for f := range s.files.all() {
		if f.shared {
			found = append(found, f.export())
		}
	}
	return found
}

func (f *file) export() File {
	return File{
		ID: f.id, Name: f.name, Title: cmp.Or(f.title, f.name), User: f.user, Mimetype: f.mimetype(), Size: len(f.content), Created: f.created,
		URL: "/sim/api/files/" + f.id, Channels: slices.Clone(f.channels), Content: f.content,
	}
}
