package slacksim

// method is one Web API method: who may call it, how often, and what it does.
type method struct {
	app      bool // wants the app-level token
	form     bool // understands arguments in forms and queries only: a JSON body is not read
	tier     int  // calls per minute; see the tiers below
	scopes   []string
	present  []string // arguments that must be there; the method refuses empty ones itself
	required []string // arguments that must be there and say something
	run      func(*Server, *call) (object, error)
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

// methods lists every method of the workspace. Anything else is unknown_method.
func methods() map[string]method {
	write := scopes("chat:write")
	userOnly := func(*Server, *call) (object, error) { return nil, fail("not_allowed_token_type") }
	retired := func(*Server, *call) (object, error) { return nil, fail("method_deprecated") }
	return map[string]method{
		"api.test":              {tier: tier4, run: apiTest},
		"auth.test":             {tier: special, run: authTest},
		"apps.connections.open": {app: true, tier: tier3, run: connectionsOpen},
		"bots.info":             {form: true, tier: tier3, scopes: scopes("users:read"), run: botsInfo},
		"emoji.list":            {form: true, tier: tier2, scopes: scopes("emoji:read"), run: emojiList},
		"team.info":             {form: true, tier: tier3, scopes: scopes("team:read"), run: teamInfo},

		"chat.postMessage":            {tier: special, scopes: write, run: chatPostMessage},
		"chat.postEphemeral":          {tier: tier4, scopes: write, run: chatPostEphemeral},
		"chat.update":                 {tier: tier3, scopes: write, run: chatUpdate},
		"chat.delete":                 {tier: tier3, scopes: write, run: chatDelete},
		"chat.getPermalink":           {form: true, tier: special, present: args("channel", "message_ts"), run: chatGetPermalink},
		"chat.meMessage":              {tier: tier3, scopes: write, run: chatMeMessage},
		"chat.scheduleMessage":        {tier: tier3, scopes: write, run: chatScheduleMessage},
		"chat.scheduledMessages.list": {tier: tier3, run: chatScheduledList},
		"chat.deleteScheduledMessage": {tier: tier3, scopes: write, run: chatDeleteScheduled},

		"conversations.create":     {tier: tier2, scopes: manageScopes, run: conversationsCreate},
		"conversations.invite":     {tier: tier3, scopes: inviteScopes, run: conversationsInvite},
		"conversations.kick":       {tier: tier3, scopes: manageScopes, run: conversationsKick},
		"conversations.join":       {tier: tier3, scopes: scopes("channels:join"), run: conversationsJoin},
		"conversations.leave":      {tier: tier3, scopes: manageScopes, run: conversationsLeave},
		"conversations.archive":    {tier: tier2, scopes: manageScopes, run: conversationsArchive},
		"conversations.unarchive":  {tier: tier2, scopes: manageScopes, run: conversationsUnarchive},
		"conversations.rename":     {tier: tier2, scopes: manageScopes, run: conversationsRename},
		"conversations.setTopic":   {tier: tier2, scopes: topicScopes, run: conversationsSetTopic},
		"conversations.setPurpose": {tier: tier2, scopes: topicScopes, run: conversationsSetPurpose},
		"conversations.info":       {form: true, tier: tier3, scopes: readScopes, present: args("channel"), run: conversationsInfo},
		"conversations.list":       {form: true, tier: tier2, scopes: readScopes, run: conversationsList},
		"conversations.members":    {form: true, tier: tier4, scopes: readScopes, present: args("channel"), run: conversationsMembers},
		"conversations.history":    {form: true, tier: tier3, scopes: historyScopes, present: args("channel"), run: conversationsHistory},
		"conversations.replies":    {form: true, tier: tier3, scopes: historyScopes, present: args("channel", "ts"), run: conversationsReplies},
		"conversations.open":       {tier: tier3, scopes: manageScopes, run: conversationsOpen},
		"conversations.close":      {tier: tier2, scopes: manageScopes, run: conversationsClose},
		"conversations.mark":       {tier: tier3, scopes: manageScopes, run: conversationsMark},
		"users.conversations":      {form: true, tier: tier3, scopes: readScopes, run: usersConversations},

		"users.info":          {form: true, tier: tier4, scopes: scopes("users:read"), run: usersInfo},
		"users.list":          {form: true, tier: tier2, scopes: scopes("users:read"), run: usersList},
		"users.lookupByEmail": {form: true, tier: tier3, scopes: scopes("users:read.email"), run: usersLookupByEmail},
		"users.profile.get":   {form: true, tier: tier4, scopes: scopes("users.profile:read"), run: usersProfileGet},
		"users.getPresence":   {form: true, tier: tier3, scopes: scopes("users:read"), run: usersGetPresence},
		"dnd.info":            {form: true, tier: tier3, scopes: scopes("dnd:read"), run: dndInfo},
		"dnd.teamInfo":        {form: true, tier: tier2, scopes: scopes("dnd:read"), run: dndTeamInfo},

		"usergroups.list":         {form: true, tier: tier2, scopes: scopes("usergroups:read"), run: usergroupsList},
		"usergroups.create":       {tier: tier2, scopes: scopes("usergroups:write"), required: args("name"), run: usergroupsCreate},
		"usergroups.update":       {tier: tier2, scopes: scopes("usergroups:write"), required: args("usergroup"), run: usergroupsUpdate},
		"usergroups.enable":       {tier: tier2, scopes: scopes("usergroups:write"), required: args("usergroup"), run: usergroupsEnable},
		"usergroups.disable":      {tier: tier2, scopes: scopes("usergroups:write"), required: args("usergroup"), run: usergroupsDisable},
		"usergroups.users.list":   {form: true, tier: tier2, scopes: scopes("usergroups:read"), required: args("usergroup"), run: usergroupsUsersList},
		"usergroups.users.update": {tier: tier2, scopes: scopes("usergroups:write"), required: args("usergroup"), run: usergroupsUsersUpdate},

		"pins.add":         {tier: tier2, scopes: scopes("pins:write"), run: pinsAdd},
		"pins.remove":      {tier: tier2, scopes: scopes("pins:write"), run: pinsRemove},
		"pins.list":        {form: true, tier: tier2, scopes: scopes("pins:read"), run: pinsList},
		"reactions.add":    {tier: tier3, scopes: scopes("reactions:write"), run: reactionsAdd},
		"reactions.remove": {tier: tier2, scopes: scopes("reactions:write"), run: reactionsRemove},
		"reactions.get":    {form: true, tier: tier3, scopes: scopes("reactions:read"), run: reactionsGet},
		"bookmarks.add":    {tier: tier2, scopes: scopes("bookmarks:write"), required: args("channel_id", "title", "type"), run: bookmarksAdd},
		"bookmarks.edit":   {tier: tier2, scopes: scopes("bookmarks:write"), required: args("channel_id", "bookmark_id"), run: bookmarksEdit},
		"bookmarks.remove": {tier: tier2, scopes: scopes("bookmarks:write"), required: args("channel_id", "bookmark_id"), run: bookmarksRemove},
		"bookmarks.list":   {tier: tier3, scopes: scopes("bookmarks:read"), required: args("channel_id"), run: bookmarksList},

		"views.open":    {tier: tier4, required: args("view"), run: viewsOpen},
		"views.push":    {tier: tier4, required: args("view"), run: viewsPush},
		"views.update":  {tier: tier4, required: args("view"), run: viewsUpdate},
		"views.publish": {tier: tier4, required: args("user_id", "view"), run: viewsPublish},

		"files.getUploadURLExternal":   {form: true, tier: tier4, scopes: scopes("files:write"), required: args("filename", "length"), run: filesGetUploadURL},
		"files.completeUploadExternal": {tier: tier4, scopes: scopes("files:write"), required: args("files"), run: filesCompleteUpload},
		"files.info":                   {form: true, tier: tier4, scopes: scopes("files:read"), required: args("file"), run: filesInfo},
		"files.list":                   {form: true, tier: tier3, scopes: scopes("files:read"), run: filesList},
		"files.upload":                 {tier: tier2, run: retired},
		"search.messages":              {tier: tier2, run: userOnly},
		"files.delete":                 {tier: tier3, scopes: scopes("files:write"), required: args("file"), run: filesDelete},
	}
}
