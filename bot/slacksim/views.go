package slacksim

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/watchbill/watchbill/bot/blockkit"
)

const (
	maxView      = 250_000 // bytes of JSON
	maxStack     = 3
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

// readView validates the view argument of a method.
func readView(raw json.RawMessage, m *mint, kinds ...string) (*view, error) {
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
	if !slices.Contains(kinds, shape.Type) {
		return nil, failArguments("invalid view type " + shape.Type + " [json-pointer:/view/type]")
	}
	fillIDs(shape.Blocks, m)
	return &view{
		kind: shape.Type, callbackID: shape.CallbackID, metadata: shape.PrivateMetadata, externalID: shape.ExternalID, title: shape.Title,
		submit: shape.Submit, closeText: shape.Close, blocks: shape.Blocks, clearOnClose: shape.ClearOnClose, notifyOnClose: shape.NotifyOnClose,
		entered: map[string]object{}, problems: map[string]string{},
	}, nil
}

// viewObject is a view as the Web API and the payloads show it.
func (v *view) object() object {
	var previous any
	if v.previous != "" {
		previous = v.previous
	}
	blocks := v.blocks
	if blocks == nil {
		blocks = []object{}
	}
	return object{
		"id": v.id, "team_id": teamID, "type": v.kind, "callback_id": v.callbackID, "private_metadata": v.metadata, "external_id": v.externalID,
		"hash": v.hash, "title": v.title, "submit": v.submit, "close": v.closeText, "blocks": blocks, "clear_on_close": v.clearOnClose,
		"notify_on_close": v.notifyOnClose, "root_view_id": v.root, "previous_view_id": previous, "app_id": appID, "bot_id": botID,
		"app_installed_team_id": teamID, "state": object{"values": states(v.blocks, v.entered)},
	}
}

// views finds every modal that is open and every Home tab, by the ids that Slack and
// the app gave them. It belongs to the server's mutex.
type views struct {
	mint     *mint
	byID     map[string]*view
	external map[string]*view
}

// find is the view that the app means by one of both ids, or nil.
func (all *views) find(id, external string) *view {
	if v := all.byID[id]; v != nil {
		return v
	}
	return all.external[external]
}

// place registers a new view.
func (all *views) place(v *view, user string) error {
	if all.external[v.externalID] != nil {
		return fail("duplicate_external_id")
	}
	v.id, v.user, v.hash = all.mint.id("V"), user, all.mint.hash()
	all.byID[v.id] = v
	all.name(v)
	return nil
}

func (all *views) name(v *view) {
	if v.externalID != "" {
		all.external[v.externalID] = v
	}
}

func (all *views) forget(v *view) {
	delete(all.byID, v.id)
	if all.external[v.externalID] == v {
		delete(all.external, v.externalID)
	}
}

// replace gives a view new content. Input stays where block and action ids stay.
func (all *views) replace(old, v *view) error {
	if named := all.external[v.externalID]; named != nil && named != old {
		return fail("duplicate_external_id")
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
	all.forget(old)
	v.id, v.user, v.root, v.previous, v.origin, v.entered, v.hash = old.id, old.user, old.root, old.previous, old.origin, kept, all.mint.hash()
	v.defaultConversations()
	*old = *v
	all.byID[old.id] = old
	all.name(old)
	return nil
}

// viewsAPI are the views methods.
type viewsAPI struct {
	app     *installation
	users   *users
	clients *clients
	grants  *grants
	mint    *mint
	journal *journal
}

// opening is a modal, and the right to open it.
type opening struct {
	*trigger
	view *view
}

func (a *viewsAPI) opening(c *call) (opening, error) {
	t, err := a.grants.open(c)
	if err != nil {
		return opening{}, err
	}
	v, err := readView(c.raw("view"), a.mint, "modal")
	return opening{t, v}, err
}

func (a *viewsAPI) open(_ *call, o opening) (object, error) {
	v, own := o.view, a.clients.of(o.user)
	if err := a.clients.views.place(v, o.user); err != nil {
		return nil, err
	}
	o.used = true
	for _, old := range own.stack {
		a.clients.views.forget(old)
	}
	v.root, v.origin = v.id, o.channel
	v.defaultConversations()
	own.stack = []*view{v}
	a.clients.note(v)
	return object{"view": v.object()}, nil
}

// defaultConversations fills selects that start at the conversation the modal
// was opened from.
func (v *view) defaultConversations() {
	for _, b := range v.blocks {
		for _, e := range elements(b) {
			if on, _ := e["default_to_current_conversation"].(bool); on && v.origin != "" && e["initial_conversation"] == nil {
				e["initial_conversation"] = v.origin
			}
		}
	}
}

func (a *viewsAPI) push(_ *call, o opening) (object, error) {
	if err := a.clients.push(o.view, o.trigger.user); err != nil {
		return nil, err
	}
	o.used = true
	return object{"view": o.view.object()}, nil
}

func (a *viewsAPI) update(c *call) (object, error) {
	old := a.clients.views.find(c.str("view_id"), c.str("external_id"))
	if old == nil {
		return nil, fail("not_found")
	}
	if hash := c.str("hash"); hash != "" && hash != old.hash {
		return nil, fail("hash_conflict")
	}
	v, err := readView(c.raw("view"), a.mint, old.kind)
	if err != nil {
		return nil, err
	}
	if err := a.clients.replace(old, v); err != nil {
		return nil, err
	}
	return object{"view": old.object()}, nil
}

func (a *viewsAPI) publish(c *call) (object, error) {
	if !a.app.manifest.Features.AppHome.HomeTab {
		return nil, fail("not_enabled")
	}
	u := a.users.get(c.str("user_id"))
	if u == nil || u.IsBot {
		return nil, failArguments("invalid `user_id`")
	}
	v, err := readView(c.raw("view"), a.mint, "home")
	if err != nil {
		return nil, err
	}
	old := a.clients.of(u.ID).home
	if hash := c.str("hash"); hash != "" && (old == nil || hash != old.hash) {
		return nil, fail("hash_conflict")
	}
	if old != nil {
		err = a.clients.replace(old, v)
		v = old
	} else if err = a.clients.views.place(v, u.ID); err == nil {
		v.root = v.id
		a.clients.of(u.ID).home = v
	}
	if err != nil {
		return nil, err
	}
	a.journal.note(Change{Kind: "home", User: u.ID})
	return object{"view": v.object()}, nil
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

func (v *view) export() View {
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
	v := s.clients.of(user).home
	if v == nil {
		return View{}, false
	}
	return v.export(), true
}

// Contains reports whether a text stands anywhere in the view.
func (v View) Contains(part string) bool {
	return strings.Contains(v.Title, part) || strings.Contains(string(v.Blocks), part)
}

func (v *view) state() object {
	shown := toObject(v.object())
	shown["errors"], shown["trouble"], shown["busy"] = maps.Clone(v.problems), v.trouble, v.busy
	return shown
}
