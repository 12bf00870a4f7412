package paging

// Stands says in a sentence how the page stands, with names as name gives them and
// times in UTC.
func (p Page) Stands(name func(person string) string) string {
	switch {
	case p.Status == Ended:
		return "It is over: nobody needs to answer any more."
	case p.Status == Acknowledged && p.Snoozed:
		return name(p.Owner) + " has snoozed it until " + clock(p.Until) + "."
	case p.Status == Acknowledged && p.Owner == p.AnsweredBy:
		return name(p.Owner) + " answered at " + clock(p.Answered) + "."
	case p.Status == Acknowledged:
		return name(p.Owner) + " has it."
	case p.Reason == ByHandOver:
		return "It was handed over to " + name(p.Owner) + ", who has not answered yet."
	case p.AnsweredBy != "":
		return "It has come again, and nobody has answered since."
	}
	return "Nobody has answered yet."
}

// Thanks says what the acknowledgement of a person was worth to the page as it stands
// after it: it may have come after that of another, or after the end.
func (p Page) Thanks(person string, name func(person string) string) string {
	switch {
	case p.Status == Acknowledged && p.Owner == person && !p.Snoozed:
		return "Recorded: " + p.ID + " is yours. Nobody is paged any more."
	case p.Status == Acknowledged:
		return "Recorded, and " + p.ID + " is not yours: " + p.Stands(name)
	}
	return p.ID + ": " + p.Stands(name) + " Thank you all the same."
}
