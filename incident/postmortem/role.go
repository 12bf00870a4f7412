package postmortem

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/watchbill/watchbill/incident"
)

// voice says how people are written, in what Watchbill says and in what people wrote.
type voice struct {
	names   incident.Names
	aliases map[string]string
	byRole  bool
	forms   forms // names to be replaced in texts
}

func newVoice(f Facts) voice {
	v := voice{names: f.Names, aliases: f.Aliases, byRole: f.Names == nil}
	if v.byRole {
		roles := rolesOf(f)
		v.names = func(person string) string {
			if place, ok := strings.CutPrefix(person, "channel:"); ok {
				return "#" + place
			}
			if token, ok := strings.CutPrefix(person, incident.TokenPrefix); ok {
				return incident.TokenName(token)
			}
			if r, ok := roles[person]; ok {
				return r
			}
			return "someone"
		}
		v.forms = formsOf(roles, f.Aliases)
	}
	return v
}

// rolesOf names everybody in the record by what they were in it. Who led comes
// first, then who declared; the rest are numbered as they appear.
func rolesOf(f Facts) map[string]string {
	roles := map[string]string{"": "Watchbill"}
	var leads, rest []string
	add := func(to *[]string, person string) {
		if person != "" && !strings.HasPrefix(person, "channel:") && !strings.HasPrefix(person, incident.TokenPrefix) && !slices.Contains(*to, person) {
			*to = append(*to, person)
		}
	}
	for _, e := range f.Events {
		if e.Kind == incident.LeadSet {
			add(&leads, e.Person)
		}
	}
	number(roles, "incident commander", leads)
	if e, ok := declaration(f.Events); ok && roles[e.By.Person] == "" && !e.By.Machine() {
		roles[e.By.Person] = "reporter"
	}
	for _, e := range f.Events {
		for _, p := range append([]string{e.By.Person, e.Person, e.Author}, e.Whom...) {
			add(&rest, p)
		}
	}
	for _, p := range f.Pages {
		add(&rest, p.AnsweredBy)
		for _, n := range p.Notices {
			add(&rest, n.To)
		}
	}
	for _, p := range rest {
		if appID.MatchString(p) {
			roles[p] = "an app"
		}
	}
	rest = slices.DeleteFunc(rest, func(p string) bool { return roles[p] != "" })
	number(roles, "responder", rest)
	return roles
}

func number(roles map[string]string, role string, people []string) {
	for n, p := range people {
		roles[p] = role
		if len(people) > 1 {
			roles[p] += " " + strconv.Itoa(n+1)
		}
	}
}

// form is one way in which texts write a person.
type form struct {
	text   string // in lower case
	person string
	bare   bool // it is a name also without an @ before it
}

// forms are those to look for.
type forms struct {
	by      map[string]form  // their texts
	lengths map[string][]int // how many runes those have that begin with a word, longest first
}

// formsOf collects how texts may name people. A form that may be an ordinary word, or is the handle of
// somebody who took no part, counts only with an @ before it.
func formsOf(roles, aliases map[string]string) forms {
	var all []form
	add := func(text, person string) {
		text = strings.TrimLeftFunc(text, func(r rune) bool { return !word(r) })
		if text == "" {
			return
		}
		odd := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsLetter(r) }) >= 0
		unlike := strings.ContainsAny(text, " @") || slackID.MatchString(text)
		all = append(all, form{lower(text), person, odd && (unlike || roles[person] != "")})
	}
	for p := range roles {
		add(p, p)
	}
	for text, p := range aliases {
		add(text, p)
	}
	slices.SortFunc(all, func(a, b form) int { // of two people with one name, the one who took part
		return cmp.Or(cmp.Compare(a.text, b.text), cmp.Compare(min(len(roles[b.person]), 1), min(len(roles[a.person]), 1)), cmp.Compare(a.person, b.person))
	})
	out := forms{map[string]form{}, map[string][]int{}}
	for _, f := range all {
		if _, ok := out.by[f.text]; ok {
			continue
		}
		out.by[f.text] = f
		r := []rune(f.text)
		first := string(r[:wordEnd(r, 0)])
		if !slices.Contains(out.lengths[first], len(r)) {
			out.lengths[first] = append(out.lengths[first], len(r))
		}
	}
	for _, l := range out.lengths {
		slices.SortFunc(l, func(a, b int) int { return cmp.Compare(b, a) })
	}
	return out
}

// The forms of Slack's ids of users and of apps' bots.
var (
	slackID = regexp.MustCompile(`^[UW][A-Z0-9]*[0-9][A-Z0-9]*$`)
	appID   = regexp.MustCompile(`^B[A-Z0-9]{6,}$`)
)

var (
	mention = regexp.MustCompile(`<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>`)
	address = regexp.MustCompile(`[\pL\pN._%+\-]+@[\pL\pN\-]+(?:\.[\pL\pN\-]+)+`)
)

// text is what somebody wrote, cleaned, and without names if people are written
// by role.
func (v voice) text(s string) string {
	s = mention.ReplaceAllStringFunc(clean(s), func(m string) string {
		id := mention.FindStringSubmatch(m)[1]
		return "@" + v.names(cmp.Or(v.aliases[id], id))
	})
	if !v.byRole {
		return s
	}
	s = v.withoutNames(s)
	return address.ReplaceAllString(s, "(e-mail address)")
}

// withoutNames puts roles where the text names people it knows.
func (v voice) withoutNames(s string) string {
	r := []rune(s)
	var b strings.Builder
	for n := 0; n < len(r); {
		if n == 0 || !word(r[n-1]) {
			at := n
			if r[n] == '@' {
				at++
			}
			if length, person := v.named(r, at, at > n); length > 0 {
				b.WriteString(v.names(person))
				n = at + length
				continue
			}
		}
		b.WriteRune(r[n])
		n++
	}
	return b.String()
}

// named finds the person that the text names at n, and how long that name is.
func (v voice) named(r []rune, n int, at bool) (length int, person string) {
	for _, length := range v.forms.lengths[lower(string(r[n:wordEnd(r, n)]))] {
		end := n + length
		if end > len(r) || end < len(r) && word(r[end]) && word(r[end-1]) {
			continue
		}
		if f, ok := v.forms.by[lower(string(r[n:end]))]; ok && (at || f.bare) {
			return length, f.person
		}
	}
	return 0, ""
}

func wordEnd(r []rune, n int) int {
	for n < len(r) && word(r[n]) {
		n++
	}
	return n
}

// lower is s in lower case, rune by rune, so that its length in runes stays.
func lower(s string) string { return strings.Map(unicode.ToLower, s) }

func word(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }
