package slackui

import "testing"

// Whatever stands in a record, every view keeps to Slack's limits and raises no
// mention.
func FuzzViews(f *testing.F) {
	for _, text := range hostile() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := scene()
		for name, i := range hostileStates(text) {
			judge(t, name, Card(i, s))
			judge(t, name, Announcement(i, s))
			judge(t, name, PageMessage(page(), page().Notices[0], i, false, s))
		}
		hostilePosts(t, "post", text, s)
		judge(t, "refusal", Refusal(text, text, s))
		judge(t, "offer", OfferDeclare(Parse(text, noon, nil), s))
		judgeView(t, "declare", DeclareModal(Input{Text: text, Service: text}, Meta{}, s))
	})
}
