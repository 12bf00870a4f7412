package slackui

// typos are the verbs that a mistyped word may stand for, as they are printed.
var typos = []string{"declare", "update", "lead", "page", "timeline", "note", "list", "show", "resolve", "reopen", "close", "escalate", "postmortem", "oncall", "silence", "unsilence", "help"}

// meant says which verb a text most likely begins with when its first word is one
// slip away from it, and the text with that verb instead. Short words are let be:
// too many of them are words in their own right.
func meant(wire string) (verb, corrected string, ok bool) {
	toks := tokens(wire)
	_, n := incidentAt(toks, true)
	toks = toks[n:]
	if len(toks) == 0 || toks[0].quoted {
		return "", "", false
	}
	word := []rune(toks[0].bare())
	if len(word) < 4 || len(word) > 12 {
		return "", "", false
	}
	for _, v := range typos {
		if oneSlip(word, []rune(v)) {
			return v, v + wire[toks[0].end:], true
		}
	}
	return "", "", false
}

// oneSlip says whether one letter too many, missing, wrong, or two in the wrong
// order make one word of the other.
func oneSlip(a, b []rune) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	at := 0
	for at < len(a) && a[at] == b[at] {
		at++
	}
	same := func(x, y []rune) bool { return string(x) == string(y) }
	switch len(b) - len(a) {
	case 0:
		if at == len(a) {
			return false
		}
		swapped := at+1 < len(a) && a[at] == b[at+1] && a[at+1] == b[at] && same(a[at+2:], b[at+2:])
		return swapped || same(a[at+1:], b[at+1:])
	case 1:
		return same(a[at:], b[at+1:])
	}
	return false
}
