package postmortem

// Checklist is what only people can write, the most important parts first.
func (d Draft) Checklist() []string {
	return []string{
		"Summary: confirm or rewrite it",
		"Impact: from when until when, and how many were affected?",
		"Contributing factors: at least two",
		"What was difficult, and where did we get lucky?",
		"Follow-ups: each with an owner and a date",
	}
}
