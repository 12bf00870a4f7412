package bot

func (b *Bot) wireFront(told *news) {
	places := &places{desk: b.desk, store: b.store, client: b.client}
	reply := &replies{desk: b.desk, client: b.client, views: b.views, afterwards: b.afterwards, log: b.log}
	alerts := &alertFront{settings: b.settings, desk: b.desk, people: b.people, views: b.views, reply: reply, now: b.now}
	oncall := &oncallFront{settings: b.settings, desk: b.desk, people: b.people, client: b.client, feeds: b.doors.feeds,
		views: b.views, reply: reply, afterwards: b.afterwards, log: b.log, now: b.now}
	home := &home{desk: b.desk, people: b.people, client: b.client, views: b.views, alerts: alerts, oncall: oncall, afterwards: b.afterwards, log: b.log, now: b.now}
	b.front = &front{settings: b.settings, desk: b.desk, people: b.people, workspace: b.workspace, client: b.client, footing: b.footing,
		views: b.views, reply: reply, places: places, alerts: alerts, oncall: oncall, home: home, afterwards: b.afterwards, version: b.version, log: b.log, now: b.now}
	b.events = &events{settings: b.settings, desk: b.desk, people: b.people, workspace: b.workspace, groups: b.groups, client: b.client, footing: b.footing, ears: b.ears,
		views: b.views, reply: reply, places: places, news: told, front: b.front, home: home, log: b.log, now: b.now}
}

func (b *Bot) delivery(slack *poster, told *news) delivery {
	d := delivery{groups: b.groups}
	d.incidents = &incidentDelivery{settings: b.settings, desk: b.desk, store: b.store, people: b.people, workspace: b.workspace, client: b.client,
		slack: slack, news: told, views: b.views, footing: b.footing, version: b.version, log: b.log, now: b.now}
	d.pages = &pageDelivery{settings: b.settings, desk: b.desk, people: b.people, workspace: b.workspace, client: b.client, sockets: b.sockets,
		slack: slack, news: told, views: b.views, senders: b.senders, notified: b.metrics.notified, links: b.doors.links, api: len(b.doors.tokens) > 0, log: b.log, now: b.now}
	d.alerts = &alertDelivery{settings: b.settings, desk: b.desk, store: b.store, client: b.client,
		slack: slack, news: told, rooms: newAlertRooms(), views: b.views, footing: b.footing, log: b.log, now: b.now}
	d.oncall = &oncallDelivery{settings: b.settings, desk: b.desk, people: b.people,
		slack: slack, news: told, pages: d.pages, views: b.views, log: b.log, now: b.now}
	return d
}
