package httpd

import (
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot/desk"
)

// API is what can be asked and changed from outside Slack: on a Unix socket that only
// its owner can open, and on the network by whoever shows a token.
type API struct {
	Desk    *desk.Desk
	Version string
	// Feeds are the calendars at private addresses; nil: there are none.
	Feeds *Feeds
	// Samples are what integrations sent that could not be read; nil: nothing is kept.
	Samples *Samples
	// Health is nil where no bot runs.
	Health func() Health
	// Observe is told of every request of the network to a route: its name, the status,
	// how long it took; nil: nobody.
	Observe func(route string, status int, took time.Duration)
	Log     zerolog.Logger
}

// routes are all that the API does.
func (a API) routes() []route {
	list := []route{
		question("listIncidents", "/v1/incidents", "Incidents that are not closed, oldest first. With `all=true`, or `status=closed`, newest first.", a.incidents,
			param{"all", "also those that are closed", "boolean"}, param{"status", "only those that are open, resolved or closed", "string"},
			param{"service", "only those of this service", "string"}, param{"severity", "only those of this severity, such as SEV2", "string"},
			param{"since", "only those that were declared then or later", "date-time"}, param{"after", "only what follows this incident in the list, to go on where an answer ended", "string"}, limitParam),
		command("declareIncident", "/v1/incidents", "Declare an incident. Whoever is on call commands it, and is paged.", a.declare).creates(),
		question("showIncident", "/v1/incidents/{id}", "One incident with its pages.", a.incident),
		question("listTimeline", "/v1/incidents/{id}/timeline", "What happened, by the time at which it did.", a.timeline),
		document("showPostmortem", "/v1/incidents/{id}/postmortem", "The postmortem draft, written anew from the record.", []string{"text/markdown", "application/json", "text/html"}, a.postmortem,
			param{"format", "markdown (the default), json or html", "string"}),
		command("updateIncident", "/v1/incidents/{id}/update", "Tell everybody who follows it how it stands.", a.update),
		command("noteIncident", "/v1/incidents/{id}/note", "Put a line on its timeline, now or earlier; its channel is told.", a.note),
		command("leadIncident", "/v1/incidents/{id}/lead", "Name its commander; nobody named is who asks.", a.lead),
		command("rateIncident", "/v1/incidents/{id}/severity", "Change its severity.", a.severity),
		command("resolveIncident", "/v1/incidents/{id}/resolve", "Say that users are no longer affected. Its pages end.", a.resolve),
		command("reopenIncident", "/v1/incidents/{id}/reopen", "Take a resolved or closed incident up again.", a.reopen),
		command("closeIncident", "/v1/incidents/{id}/close", "End the work on it. Its pages end, and the postmortem draft follows.", a.close),
		command("pageForIncident", "/v1/incidents/{id}/page", "Page people about it until somebody answers.", a.page),
		command("acknowledgeIncident", "/v1/incidents/{id}/acknowledge", "Answer its newest open page.", a.acknowledge),
		command("escalateIncident", "/v1/incidents/{id}/escalate", "Take the next step of its newest open page at once.", a.escalate),
		question("listPages", "/v1/pages", "Pages that nobody has answered, oldest first. With `incident` also the others of that one.", a.pages,
			param{"incident", "only those about this incident", "string"}, param{"status", "open, acknowledged or ended", "string"},
			param{"person", "only those that were sent to this person", "string"}, limitParam),
		question("showPage", "/v1/pages/{id}", "One page with everybody it was sent to.", a.showPage),
		command("acknowledgePage", "/v1/pages/{id}/acknowledge", "Answer it. The paging stops; who answers first leads unless somebody has answered before.", a.acknowledge),
		command("escalatePage", "/v1/pages/{id}/escalate", "Take its next step at once.", a.escalate),
		command("declinePage", "/v1/pages/{id}/decline", "Say that you cannot take it.", a.decline),
		command("handOverPage", "/v1/pages/{id}/handover", "Give it to a person, who is paged. Without an answer whoever is on call is.", a.handOver),
		command("snoozePage", "/v1/pages/{id}/snooze", "Acknowledge it for a time. Then whoever is on call is paged.", a.snooze),
		command("resolvePage", "/v1/pages/{id}/resolve", "End it. A page about an incident ends with that instead.", a.endPage),
		question("listAlerts", "/v1/alerts", "Alerts that are open, the worst first. With `all=true` also those that ended within 24 hours.", a.alerts,
			param{"all", "also those that ended within 24 hours", "boolean"}, param{"service", "only those of this service", "string"}, limitParam),
		question("showAlert", "/v1/alerts/{id}", "One alert with its members.", a.alert),
		question("listAlertTimeline", "/v1/alerts/{id}/timeline", "What happened to it.", a.alertTimeline),
		command("acknowledgeAlert", "/v1/alerts/{id}/acknowledge", "Say that you have it. Its page ends for everybody.", a.acknowledgeAlert),
		command("silenceAlert", "/v1/alerts/{id}/silence", "Keep it, and what follows in its group, from paging for a time.", a.silenceAlert),
		command("noteNotActionable", "/v1/alerts/{id}/not-actionable", "Say that there is nothing to do about it. It pages nobody any more while it goes on.", a.noise),
		command("closeAlert", "/v1/alerts/{id}/close", "End it by hand, where its source never does. What is reported next opens another.", a.closeAlert),
		request("closeAlertsFrom", "/v1/integrations/{id}/close-alerts", "End all open alerts that came by an integration which the configuration does not have any more: nothing resolves them.", Writes, a.closeGone).unkeyed(),
		command("declareFromAlert", "/v1/alerts/{id}/declare", "Declare an incident for it, which pages instead.", a.declareFromAlert).creates(),
		question("listSilences", "/v1/silences", "Silences that are in force. With `all=true` also those that are over.", a.silences, param{"all", "also those that are over", "boolean"}),
		request("silence", "/v1/silences", "Keep what matches from paging for a time, what fires and what will.", Writes, a.silence),
		request("endSilence", "/v1/silences/{id}/end", "End a silence before its time. What it kept and still fires pages.", Writes, a.endSilence),
		question("listFailed", "/v1/effects", "Deliveries that were given up.", a.effects, param{"incident", "only those of this incident", "string"}).needs(Owns),
		request("retryDelivery", "/v1/effects/{id}/retry", "Try a delivery again that was given up.", Owns, a.retry).unkeyed(),
		question("listRejected", "/v1/hooks/rejected", "What webhooks sent that could not be read.", a.rejected).needs(Owns),
		question("verify", "/v1/verify", "Check everything that is stored.", asked(a.Desk.Verify)).needs(Owns),
		question("health", "/v1/health", "Whether Watchbill does its work.", a.health),
		request("planSchedules", "/v1/oncall/plan", "What a file of schedules would change for people. Changes nothing.", Owns, a.planFile).unkeyed().upTo(maxFile),
		request("applySchedules", "/v1/oncall/apply", "Put a file's schedules in force: all of them, or none.", Owns, a.applyFile).upTo(maxFile),
		request("changeSchedule", "/v1/oncall/changes", "Change who is on call: an override, cover, a swap, time off, a shadow; or take one back.", Writes, a.change),
		question("listScheduleChanges", "/v1/oncall/changes", "What stands beside the rotations and is not over, each with its id.", a.standing, param{"schedule", "only this one; default: all", "string"}),
		request("calendarFeed", "/v1/oncall/feeds", "The private address of a calendar feed.", Owns, a.feed).unkeyed(),
	}
	list = append(list, a.schedules().routes()...)
	list = append(list, question("openapi", openAPIPath, "The OpenAPI document of all this.", func(*call) (map[string]any, error) { return openAPI(list, a.Version), nil }))
	return list
}

var limitParam = param{"limit", "how many at most, from 1 to 10000", "integer"}

// Handler serves everything to the owner of the process, over a socket that nobody else
// can open.
func (a API) Handler() http.Handler {
	return secure(mux(a.routes(), a.owner, nil))
}

// Network serves everything under /v1 to whoever shows one of the tokens.
func (a API) Network(tokens []Token) http.Handler {
	d := &door{api: a, tokens: tokens, limits: make([]limit, len(tokens)), room: make(chan struct{}, manyAtOnce)}
	return secure(mux(a.routes(), d.enter, a.Observe))
}
