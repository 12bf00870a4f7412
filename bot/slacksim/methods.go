package slacksim

// method is one Web API method: who may call it, how often, and what it does.
type method struct {
	app      bool // wants the app-level token
	form     bool // understands arguments in forms and queries only: a JSON body is not read
	tier     int  // calls per minute; see the tiers below
	scopes   []string
	present  []string // arguments that must be there; the method refuses empty ones itself
	required []string // arguments that must be there and say something
	run      func(*call) (object, error)
}

// Slack's rate tiers, in calls per minute and method.
const (
	tier1   = 1
	tier2   = 20
	tier3   = 50
	tier4   = 100
	special = 300
)

func scopes(names ...string) []string { return names }
func args(names ...string) []string   { return names }

// Scope sets of the conversations methods: any of them lets a call in; the kind
// of the channel decides afterwards which one is needed.
var (
	readScopes    = scopes("channels:read", "groups:read", "im:read", "mpim:read")
	historyScopes = scopes("channels:history", "groups:history", "im:history", "mpim:history")
	manageScopes  = scopes("channels:manage", "groups:write", "im:write", "mpim:write")
	inviteScopes  = scopes("channels:manage", "groups:write", "channels:write.invites", "groups:write.invites")
	topicScopes   = scopes("channels:manage", "groups:write", "im:write", "mpim:write", "channels:write.topic", "groups:write.topic")
)

// about makes a method of one that is about something which a call names.
func about[T any](find func(*call) (T, error), run func(*call, T) (object, error)) func(*call) (object, error) {
	return func(c *call) (object, error) {
		it, err := find(c)
		if err != nil {
			return nil, err
		}
		return run(c, it)
	}
}

// methods lists every method of the workspace, by families that have what they need of it.
// Anything else is unknown_method.
func (s *Server) methods(door *socketDoor, rates *rates) map[string]method {
	sight := &sight{s.directory, s.app}
	chat := &chatAPI{sight: sight, conversations: s.conversations, chat: s.chat, clients: s.clients, rates: rates, mint: s.mint}
	schedule := &scheduleAPI{chatAPI: chat, agenda: s.agenda, now: s.now, log: s.config.Logger}
	conversations := &conversationsAPI{sight, s.conversations}
	history := &historyAPI{sight, s.conversations, s.faults, s.now}
	users := &usersAPI{sight: sight, people: s.people, team: s.team, now: s.now}
	usergroups := &usergroupsAPI{directory: s.directory, app: s.app, team: s.team, events: s.events, mint: s.mint, journal: s.journal, now: s.now}
	items := &itemsAPI{sight, s.chat}
	bookmarks := &bookmarksAPI{sight: sight, mint: s.mint, journal: s.journal, now: s.now}
	files := &filesAPI{sight: sight, team: s.team, files: s.files, async: s.config.AsyncShares, agenda: s.agenda, mint: s.mint, events: s.events, journal: s.journal, now: s.now}
	views := &viewsAPI{app: s.app, users: &s.users, clients: s.clients, grants: s.grants, mint: s.mint, journal: s.journal}

	write := scopes("chat:write")
	userOnly := func(*call) (object, error) { return nil, fail("not_allowed_token_type") }
	retired := func(*call) (object, error) { return nil, fail("method_deprecated") }
	return map[string]method{
		"api.test":              {tier: tier4, run: apiTest},
		"auth.test":             {tier: special, run: users.authTest},
		"apps.connections.open": {app: true, tier: tier3, run: door.open},
		"bots.info":             {form: true, tier: tier3, scopes: scopes("users:read"), run: users.botsInfo},
		"emoji.list":            {form: true, tier: tier2, scopes: scopes("emoji:read"), run: emojiList},
		"team.info":             {form: true, tier: tier3, scopes: scopes("team:read"), run: users.teamInfo},

		"chat.postMessage":            {tier: special, scopes: write, run: chat.postMessage},
		"chat.postEphemeral":          {tier: tier4, scopes: write, run: chat.postEphemeral},
		"chat.update":                 {tier: tier3, scopes: write, run: about(sight.message("ts"), chat.update)},
		"chat.delete":                 {tier: tier3, scopes: write, run: about(sight.message("ts"), chat.delete)},
		"chat.getPermalink":           {form: true, tier: special, present: args("channel", "message_ts"), run: about(sight.message("message_ts"), chat.getPermalink)},
		"chat.meMessage":              {tier: tier3, scopes: write, run: chat.meMessage},
		"chat.scheduleMessage":        {tier: tier3, scopes: write, run: schedule.add},
		"chat.scheduledMessages.list": {tier: tier3, run: schedule.list},
		"chat.deleteScheduledMessage": {tier: tier3, scopes: write, run: schedule.remove},

		"conversations.create":     {tier: tier2, scopes: manageScopes, run: conversations.create},
		"conversations.invite":     {tier: tier3, scopes: inviteScopes, run: about(sight.managed(inviteScope), conversations.invite)},
		"conversations.kick":       {tier: tier3, scopes: manageScopes, run: about(sight.managed(manageScope), conversations.kick)},
		"conversations.join":       {tier: tier3, scopes: scopes("channels:join"), run: conversations.join},
		"conversations.leave":      {tier: tier3, scopes: manageScopes, run: about(sight.channel(manageScope), conversations.leave)},
		"conversations.archive":    {tier: tier2, scopes: manageScopes, run: about(sight.channel(manageScope), conversations.archive)},
		"conversations.unarchive":  {tier: tier2, scopes: manageScopes, run: about(sight.channel(manageScope), conversations.unarchive)},
		"conversations.rename":     {tier: tier2, scopes: manageScopes, run: about(sight.managed(manageScope), conversations.rename)},
		"conversations.setTopic":   {tier: tier2, scopes: topicScopes, run: about(conversations.noted("topic"), conversations.setTopic)},
		"conversations.setPurpose": {tier: tier2, scopes: topicScopes, run: about(conversations.noted("purpose"), conversations.setPurpose)},
		"conversations.info":       {form: true, tier: tier3, scopes: readScopes, present: args("channel"), run: about(sight.channel(readScope), history.info)},
		"conversations.list":       {form: true, tier: tier2, scopes: readScopes, run: history.list},
		"conversations.members":    {form: true, tier: tier4, scopes: readScopes, present: args("channel"), run: about(sight.channel(readScope), history.members)},
		"conversations.history":    {form: true, tier: tier3, scopes: historyScopes, present: args("channel"), run: about(history.readable, history.history)},
		"conversations.replies":    {form: true, tier: tier3, scopes: historyScopes, present: args("channel", "ts"), run: about(history.readable, history.replies)},
		"conversations.open":       {tier: tier3, scopes: manageScopes, run: conversations.open},
		"conversations.close":      {tier: tier2, scopes: manageScopes, run: about(sight.channel(manageScope), conversations.close)},
		"conversations.mark":       {tier: tier3, scopes: manageScopes, run: about(sight.channel(manageScope), conversations.mark)},
		"users.conversations":      {form: true, tier: tier3, scopes: readScopes, run: history.listOf},

		"users.info":          {form: true, tier: tier4, scopes: scopes("users:read"), run: about(sight.user(""), users.info)},
		"users.list":          {form: true, tier: tier2, scopes: scopes("users:read"), run: users.list},
		"users.lookupByEmail": {form: true, tier: tier3, scopes: scopes("users:read.email"), run: users.lookupByEmail},
		"users.profile.get":   {form: true, tier: tier4, scopes: scopes("users.profile:read"), run: about(sight.user(s.app.user), users.profile)},
		"users.getPresence":   {form: true, tier: tier3, scopes: scopes("users:read"), run: about(sight.user(""), users.presence)},
		"dnd.info":            {form: true, tier: tier3, scopes: scopes("dnd:read"), run: about(sight.user(s.app.user), users.dndInfo)},
		"dnd.teamInfo":        {form: true, tier: tier2, scopes: scopes("dnd:read"), run: users.dndTeamInfo},

		"usergroups.list":         {form: true, tier: tier2, scopes: scopes("usergroups:read"), run: usergroups.list},
		"usergroups.create":       {tier: tier2, scopes: scopes("usergroups:write"), required: args("name"), run: usergroups.create},
		"usergroups.update":       {tier: tier2, scopes: scopes("usergroups:write"), required: args("usergroup"), run: about(usergroups.group, usergroups.update)},
		"usergroups.enable":       {tier: tier2, scopes: scopes("usergroups:write"), required: args("usergroup"), run: about(usergroups.group, usergroups.enable)},
		"usergroups.disable":      {tier: tier2, scopes: scopes("usergroups:write"), required: args("usergroup"), run: about(usergroups.group, usergroups.disable)},
		"usergroups.users.list":   {form: true, tier: tier2, scopes: scopes("usergroups:read"), required: args("usergroup"), run: about(usergroups.group, usergroups.members)},
		"usergroups.users.update": {tier: tier2, scopes: scopes("usergroups:write"), required: args("usergroup"), run: about(usergroups.group, usergroups.setMembers)},

		"pins.add":         {tier: tier2, scopes: scopes("pins:write"), run: about(sight.ownItem, items.pinsAdd)},
		"pins.remove":      {tier: tier2, scopes: scopes("pins:write"), run: about(sight.ownItem, items.pinsRemove)},
		"pins.list":        {form: true, tier: tier2, scopes: scopes("pins:read"), run: items.pinsList},
		"reactions.add":    {tier: tier3, scopes: scopes("reactions:write"), run: about(sight.ownItem, items.reactionsAdd)},
		"reactions.remove": {tier: tier2, scopes: scopes("reactions:write"), run: about(sight.item, items.reactionsRemove)},
		"reactions.get":    {form: true, tier: tier3, scopes: scopes("reactions:read"), run: about(sight.item, items.reactionsGet)},
		"bookmarks.add":    {tier: tier2, scopes: scopes("bookmarks:write"), required: args("channel_id", "title", "type"), run: bookmarks.add},
		"bookmarks.edit":   {tier: tier2, scopes: scopes("bookmarks:write"), required: args("channel_id", "bookmark_id"), run: bookmarks.edit},
		"bookmarks.remove": {tier: tier2, scopes: scopes("bookmarks:write"), required: args("channel_id", "bookmark_id"), run: bookmarks.remove},
		"bookmarks.list":   {tier: tier3, scopes: scopes("bookmarks:read"), required: args("channel_id"), run: bookmarks.list},

		"views.open":    {tier: tier4, required: args("view"), run: about(views.opening, views.open)},
		"views.push":    {tier: tier4, required: args("view"), run: about(views.opening, views.push)},
		"views.update":  {tier: tier4, required: args("view"), run: views.update},
		"views.publish": {tier: tier4, required: args("user_id", "view"), run: views.publish},

		"files.getUploadURLExternal":   {form: true, tier: tier4, scopes: scopes("files:write"), required: args("filename", "length"), run: files.getUploadURL},
		"files.completeUploadExternal": {tier: tier4, scopes: scopes("files:write"), required: args("files"), run: files.completeUpload},
		"files.info":                   {form: true, tier: tier4, scopes: scopes("files:read"), required: args("file"), run: about(files.file, files.info)},
		"files.list":                   {form: true, tier: tier3, scopes: scopes("files:read"), run: files.list},
		"files.upload":                 {tier: tier2, run: retired},
		"search.messages":              {tier: tier2, run: userOnly},
		"files.delete":                 {tier: tier3, scopes: scopes("files:write"), required: args("file"), run: about(files.file, files.delete)},
	}
}
