package slacksim

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/blockkit"
)

const (
	maxView      = 250_000 // bytes of JSON
	maxStack     = 3
	triggerLife  = 3 * time.Second
	troubleModal = "We had some trouble connecting. Try again?"
)

// view is a modal or a Home tab.
type view struct {
	id, user       string
	kind           string
	callbackID     string
	metadata       string
	externalID     string
	hash           string
	root, previous string
	title          any
	submit         any
	closeText      any
	blocks         []object
	clearOnClose   bool
	notifyOnClose  bool
	entered        map[string]object // "block/action" -> state
	problems       map[string]string // block -> complaint, as the person sees it
	trouble        string
	busy           bool
	origin         string // channel the modal was opened from, if any
}

// trigger is the right to open one modal within three seconds.
type trigger struct {
	user, channel string
	expires       time.Time
	used          bool
	view          string // the view it came from, if any
}

func (s *Server) newTrigger(user, channel, fromView string) string {
	id := strconv.FormatInt(s.now().UnixMilli(), 10) + "." + strconv.FormatUint(s.jobSeq, 10) + "." + s.secret()
	s.triggers[id] = &trigger{user: user, channel: channel, expires: s.now().Add(triggerLife), view: fromView}
	s.forgetLater()
	return id
}

// forgetLater has triggers and response URLs dropped some time after they expire.
func (s *Server) forgetLater() {
	if s.forgetting {
		return
	}
	s.forgetting = true
	s.after(time.Minute, func() {
		now := s.now()
		maps.DeleteFunc(s.triggers, func(_ string, t *trigger) bool { return now.Sub(t.expires) > time.Minute })
		maps.DeleteFunc(s.hooks, func(_ string, h *hook) bool { return now.Sub(h.expires) > hookLife })
		s.forgetting = false
		if len(s.triggers)+len(s.hooks) > 0 {
			s.forgetLater()
		}
	})
}

func (s *Server) takeTrigger(c *call) (*trigger, error) {
	id := actorOr(c.str("trigger_id"), c.str("interactivity_pointer"))
	if id == "" {
		return nil, failArguments("missing required field: trigger_id")
	}
	t := s.triggers[id]
	switch {
	case t == nil:
		return nil, fail("invalid_trigger_id")
	case t.used:
		return nil, fail("exchanged_trigger_id")
	case s.now().After(t.expires):
		return nil, fail("expired_trigger_id")
	}
	return t, nil
}

// readView validates the view argument of a method.
func (s *Server) readView(raw json.RawMessage, kinds ...string) (*view, error) {
	if len(raw) > maxView {
		return nil, fail("view_too_large")
	}
	var shape struct {
		Type            string   `json:"type"`
		CallbackID      string   `json:"callback_id"`
		PrivateMetadata string   `json:"private_metadata"`
		ExternalID      string   `json:"external_id"`
		Title           any      `json:"title"`
		Submit          any      `json:"submit"`
		Close           any      `json:"close"`
		Blocks          []object `json:"blocks"`
		ClearOnClose    bool     `json:"clear_on_close"`
		NotifyOnClose   bool     `json:"notify_on_close"`
	}
	if err := json.Unmarshal(raw, &shape); err != nil {
		return nil, failArguments("failed to match all allowed schemas [json-pointer:/view]")
	}
	if err := failBlocks("invalid_arguments", "/view", blockkit.View(raw)); err != nil {
		return nil, err
	}
	fits := false
	for _, kind := range kinds {
		fits = fits || kind == shape.Type
	}
	if !fits {
		return nil, failArguments("invalid view type " + shape.Type + " [json-pointer:/view/type]")
	}
	s.fillIDs(shape.Blocks)
	return &view{
		kind: shape.Type, callbackID: shape.CallbackID, metadata: shape.PrivateMetadata, externalID: shape.ExternalID, title: shape.Title,
		submit: shape.Submit, closeText: shape.Close, blocks: shape.Blocks, clearOnClose: shape.ClearOnClose, notifyOnClose: shape.NotifyOnClose,
		entered: map[string]object{}, problems: map[string]string{},
	}, nil
}

func (s *Server) newHash() string { return fmt.Sprintf("%d.%s", s.now().Unix(), s.shortID()) }

// viewObject is a view as the Web API and the payloads show it.
func (s *Server) viewObject(v *view) object {
	var previous any
	if v.previous != "" {
		previous = v.previous
	}
	blocks := v.blocks
	if blocks == nil {
		blocks = []object{}
	}
	return object{
		"id": v.id, "team_id": s.team.ID, "type": v.kind, "callback_id": v.callbackID, "private_metadata": v.metadata, "external_id": v.externalID,
		"hash": v.hash, "title": v.title, "submit": v.submit, "close": v.closeText, "blocks": blocks, "clear_on_close": v.clearOnClose,
		"notify_on_close": v.notifyOnClose, "root_view_id": v.root, "previous_view_id": previous, "app_id": appID, "bot_id": botID,
		"app_installed_team_id": s.team.ID, "state": object{"values": states(v.blocks, v.entered)},
	}
}

// place registers a new view.
func (s *Server) place(v *view, user string) error {
	if v.externalID != "" && s.external[v.externalID] != nil {
		return fail("duplicate_external_id")
	}
	v.id, v.user, v.hash = s.newID("V"), user, s.newHash()
	s.views[v.id] = v
	if v.externalID != "" {
		s.external[v.externalID] = v
	}
	return nil
}

func (s *Server) forget(v *view) {
	delete(s.views, v.id)
	if s.external[v.externalID] == v {
		delete(s.external, v.externalID)
	}
}

func viewsOpen(s *Server, c *call) (object, error) {
	t, err := s.takeTrigger(c)
	if err != nil {
		return nil, err
	}
	v, err := s.readView(c.raw("view"), "modal")
	if err != nil {
		return nil, err
	}
	if err := s.place(v, t.user); err != nil {
		return nil, err
	}
	t.used = true
	for _, old := range s.stacks[t.user] {
		s.forget(old)
	}
	v.root, v.origin = v.id, t.channel
	s.defaultConversations(v)
	s.stacks[t.user] = []*view{v}
	s.noteView(v)
	return object{"view": s.viewObject(v)}, nil
}

// defaultConversations fills selects that start at the conversation the modal
// was opened from.
func (s *Server) defaultConversations(v *view) {
	for _, b := range v.blocks {
		for _, e := range elements(b) {
			if on, _ := e["default_to_current_conversation"].(bool); on && v.origin != "" && e["initial_conversation"] == nil {
				e["initial_conversation"] = v.origin
			}
		}
	}
}

func (s *Server) noteView(v *view) { s.note(Change{Kind: "view", User: v.user}) }

func viewsPush(s *Server, c *call) (object, error) {
	t, err := s.takeTrigger(c)
	if err != nil {
		return nil, err
	}
	v, err := s.readView(c.raw("view"), "modal")
	if err != nil {
		return nil, err
	}
	if err := s.push(v, t.user); err != nil {
		return nil, err
	}
	t.used = true
	return object{"view": s.viewObject(v)}, nil
}

func (s *Server) push(v *view, user string) error {
	stack := s.stacks[user]
	if len(stack) == 0 {
		return fail("not_found")
	}
	if len(stack) >= maxStack {
		return fail("push_limit_reached")
	}
	if err := s.place(v, user); err != nil {
		return err
	}
	top := stack[len(stack)-1]
	v.root, v.previous, v.origin = stack[0].id, top.id, top.origin
	s.defaultConversations(v)
	s.stacks[user] = append(stack, v)
	s.noteView(v)
	return nil
}

func viewsUpdate(s *Server, c *call) (object, error) {
	old := s.views[c.str("view_id")]
	if id := c.str("external_id"); old == nil && id != "" {
		old = s.external[id]
	}
	if old == nil {
		return nil, fail("not_found")
	}
	if hash := c.str("hash"); hash != "" && hash != old.hash {
		return nil, fail("hash_conflict")
	}
	v, err := s.readView(c.raw("view"), old.kind)
	if err != nil {
		return nil, err
	}
	if err := s.replace(old, v); err != nil {
		return nil, err
	}
	return object{"view": s.viewObject(old)}, nil
}

// replace gives a view new content. Input stays where block and action ids stay.
func (s *Server) replace(old, v *view) error {
	if v.externalID != old.externalID && v.externalID != "" && s.external[v.externalID] != nil {
		return fail("duplicate_external_id")
	}
	if s.external[old.externalID] == old {
		delete(s.external, old.externalID)
	}
	kept := map[string]object{}
	for block, actions := range states(v.blocks, nil) {
		for action, state := range actions {
			key := block + "/" + action
			if entered, ok := old.entered[key]; ok && entered["type"] == state["type"] {
				kept[key] = entered
			}
		}
	}
	v.id, v.user, v.root, v.previous, v.origin, v.entered, v.hash = old.id, old.user, old.root, old.previous, old.origin, kept, s.newHash()
	s.defaultConversations(v)
	*old = *v
	if old.externalID != "" {
		s.external[old.externalID] = old
	}
	s.noteView(old)
	return nil
}

func viewsPublish(s *Server, c *call) (object, error) {
	if !s.manifest.Features.AppHome.HomeTab {
		return nil, fail("not_enabled")
	}
	u := s.users[c.str("user_id")]
	if u == nil || u.IsBot {
		return nil, failArguments("invalid `user_id`")
	}
	v, err := s.readView(c.raw("view"), "home")
	if err != nil {
		return nil, err
	}
	old := s.homes[u.ID]
	if hash := c.str("hash"); hash != "" && (old == nil || hash != old.hash) {
		return nil, fail("hash_conflict")
	}
	if old != nil {
		err = s.replace(old, v)
		v = old
	} else if err = s.place(v, u.ID); err == nil {
		v.root = v.id
		s.homes[u.ID] = v
	}
	if err != nil {
		return nil, err
	}
	s.note(Change{Kind: "home", User: u.ID})
	return object{"view": s.viewObject(v)}, nil
}

// View is a modal or Home tab as a person sees it.
type View struct {
	ID              string            `json:"id"`
	Type            string            `json:"type"` // "modal" or "home"
	CallbackID      string            `json:"callback_id"`
	PrivateMetadata string            `json:"private_metadata"`
	ExternalID      string            `json:"external_id"`
	Hash            string            `json:"hash"`
	Title           string            `json:"title"`
	Submit          string            `json:"submit"` // "" without a submit button
	Close           string            `json:"close"`
	Blocks          json.RawMessage   `json:"blocks"`
	State           json.RawMessage   `json:"state"`   // block_id -> action_id -> state, as in payloads
	Errors          map[string]string `json:"errors"`  // block_id -> red text under the input
	Trouble         string            `json:"trouble"` // banner of the modal, "" when all is well
	Busy            bool              `json:"busy"`    // submitted, waiting for the app
}

func (s *Server) exportView(v *view) View {
	plain := func(t any) string {
		m, _ := t.(map[string]any)
		return text(m, "text")
	}
	blocks, err := json.Marshal(v.blocks)
	if err != nil || v.blocks == nil {
		blocks = []byte("[]")
	}
	state, err := json.Marshal(states(v.blocks, v.entered))
	if err != nil {
		state = []byte("{}")
	}
	return View{
		ID: v.id, Type: v.kind, CallbackID: v.callbackID, PrivateMetadata: v.metadata, ExternalID: v.externalID, Hash: v.hash,
		Title: plain(v.title), Submit: plain(v.submit), Close: plain(v.closeText), Blocks: blocks, State: state,
		Errors: maps.Clone(v.problems), Trouble: v.trouble, Busy: v.busy,
	}
}

// Home returns the Home tab published for a user; ok is false if there is none.
func (s *Server) Home(user string) (home View, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.homes[user]
	if v == nil {
		return View{}, false
	}
	return s.exportView(v), true
}

// Find returns the block with an id, or nil.
func (v View) Find(blockID string) map[string]any {
	for _, b := range decodeBlocks(v.Blocks) {
		if id, _ := b["block_id"].(string); id == blockID {
			return b
		}
	}
	return nil
}

// Contains reports whether a text stands anywhere in the view.
func (v View) Contains(part string) bool {
	return strings.Contains(v.Title, part) || strings.Contains(string(v.Blocks), part)
}
