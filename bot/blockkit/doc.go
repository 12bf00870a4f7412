// Package blockkit holds Slack's limits on blocks and views as one validator
// that works on raw JSON, and the few text rules (escaping, cutting,
// neutralising) that every text on its way to Slack must pass.
//
// It knows nothing of the Slack client library and nothing of Watchbill: the
// same rules judge what the bot renders, in its tests, and what the simulated
// workspace accepts, at run time.
//
// Rules and wording follow Slack's Block Kit reference. Where the reference is
// silent the stricter reading is taken. Properties the validator does not know
// are ignored; block and element types it does not know are refused as
// "unsupported type", which includes some that Slack has added lately (alert,
// card, carousel, container, data_table, data_visualization, plan, task_card).
package blockkit
