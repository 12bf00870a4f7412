package desk

// Unreachable says why a page would not reach a person, to stand behind their name:
// "has no account …". It is empty for those who can be reached, and while Slack's
// people are not known yet.
func (d *Desk) Unreachable(person string) string {
	if !d.People.Learned() {
		return ""
	}
	id, ok := d.People.Slack(person)
	user, known := d.People.User(id)
	switch {
	case (!ok || !known) && len(d.Settings.Reachable(person)) == 0:
		return "has no account in Slack that Watchbill knows and no other way to be paged: add `slack:` or `email:` under `people:`"
	case user.Deleted:
		return "has a deactivated account in Slack and cannot be paged: take them off the schedule"
	}
	return ""
}
