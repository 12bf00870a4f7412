package postmortem

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/watchbill/watchbill/incident"
)

// voice says how people are written, in what Watchbill says and in what people wrote.
type voice struct {
	names   incident.Names
	aliases map[string]string
	byRole  bool
	known   *regexp.Regexp // forms of names to be replaced in texts; nil: none
	person  map[string]string
}

func newVoice(f Facts) voice {
	v := voice{names: f.Names, aliases: f.Aliases, byRole: f.Names == nil}
	if v.byRole {
		roles := rolesOf(f)
		v.names = func(person string) string {
			if place, ok := strings.CutPrefix(person, "channel:"); ok {
				return "#" + place
			}
			if r, ok := roles[person]; ok {
				return r
			}
			return "someone"
		}
		v.known, v.person = forms(roles, f.Aliases)
	}
	return v
}

// rolesOf names everybody in the record by what they were in it. Who led comes
// first, then who declared; the rest are numbered as they appear.
func rolesOf(f Facts) map[string]string {
	roles := map[string]string{"": "Watchbill"}
	var leads, rest []string
	add := func(to *[]string, person string) {
		if person != "" && !strings.HasPrefix(person, "channel:") && !slices.Contains(*to, person) {
			*to = append(*to, person)
		}
	}
	for _, e := range f.Events {
		if e.Kind == incident.LeadSet {
			add(&leads, e.Person)
		}
	}
	number(roles, "incident commander", leads)
	if e, ok := declaration(f.Events); ok && roles[e.By.Person] == "" {
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

// forms collects how texts may name people, longest first. A form that could be
// an ordinary word counts only with an @ before it.
func forms(roles, aliases map[string]string) (*regexp.Regexp, map[string]string) {
	person := map[string]string{}
	for p := range roles {
		if p != "" {
			person[strings.ToLower(p)] = p
		}
	}
	for form, p := range aliases {
		if form != "" {
			person[strings.ToLower(form)] = p
		}
	}
	var all []string
	for form := range person {
		q := regexp.QuoteMeta(form)
		if strings.IndexFunc(form, func(r rune) bool { return !unicode.IsLetter(r) }) < 0 {
			q = "@" + q
		} else {
			q = "@?" + q
		}
		all = append(all, q)
	}
	if len(all) == 0 {
		return nil, nil
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return regexp.MustCompile("(?i)(?:" + strings.Join(all, "|") + ")"), person
}

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
	if v.known == nil {
		return s
	}
	var b strings.Builder
	last := 0
	for _, m := range v.known.FindAllStringIndex(s, -1) {
		before, _ := utf8.DecodeLastRuneInString(s[:m[0]])
		after, _ := utf8.DecodeRuneInString(s[m[1]:])
		if word(before) || word(after) {
			continue
		}
		form := strings.ToLower(strings.TrimPrefix(s[m[0]:m[1]], "@"))
		b.WriteString(s[last:m[0]] + v.names(v.person[form]))
		last = m[1]
	}
	return b.String() + s[last:]
}

func word(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_')
}
