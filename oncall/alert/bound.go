package alert

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/watchbill/watchbill/oncall"
)

// note adds a sentence to the signal's notes.
func (s *Signal) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	switch {
	case slices.Contains(s.Notes, text):
	case len(s.Notes) < MaxNotes-1:
		s.Notes = append(s.Notes, text)
	case len(s.Notes) == MaxNotes-1:
		s.Notes = append(s.Notes, "More was cut or left out than is noted here.")
	}
}

// severe sets the severity from the source's word for it.
func (s *Signal) severe(word string) {
	if word == "" {
		return
	}
	known, ok := ParseSeverity(word)
	if !ok {
		s.note("The severity %q is not known; it counts as error.", cut(oneLine(word), 40))
	}
	s.Severity = known
}

// link adds a link when it is one that people can open.
func (s *Signal) link(kind LinkKind, text, address string) {
	if address = strings.TrimSpace(address); address == "" {
		return
	}
	safe, secret, why := safeURL(address)
	if secret {
		s.note("A name or password was taken out of a link.")
	}
	switch {
	case why != "":
		s.note("A link was left out: %q %s.", cut(oneLine(address), 60), why)
	case len(s.Links) == MaxLinks:
		s.note("There are more than %d links; the rest was left out.", MaxLinks)
	case !slices.ContainsFunc(s.Links, func(l Link) bool { return l.URL == safe }):
		s.Links = append(s.Links, Link{kind, cut(oneLine(text), 80), safe})
	}
}

// safeURL returns the address without credentials and with what could disturb a
// message encoded, or why it is none to show.
func safeURL(address string) (safe string, secret bool, why string) {
	scheme, rest, _ := strings.Cut(address, "://")
	if !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return "", false, "does not begin with http:// or https://"
	}
	if len(address) > MaxURL {
		return "", false, fmt.Sprintf("is longer than %d bytes", MaxURL)
	}
	host := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		host = rest[:end]
	}
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		rest, host, secret = rest[at+1:], host[at+1:], true
		address = scheme + "://" + rest
	}
	if host == "" || strings.ContainsFunc(host, disturbing) {
		return "", secret, "names no host"
	}
	if !strings.ContainsFunc(address, disturbing) {
		return address, secret, ""
	}
	var b strings.Builder
	for i := range len(address) {
		if c := address[i]; c < utf8.RuneSelf && disturbing(rune(c)) {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	if _, err := url.Parse(b.String()); err != nil {
		return "", secret, "is not a link"
	}
	return b.String(), secret, ""
}

func disturbing(r rune) bool { return r < utf8.RuneSelf && disturbs[r] }

// disturbs are the bytes that could disturb a message in an address.
var disturbs = func() (table [utf8.RuneSelf]bool) {
	for c := range table {
		table[c] = c <= ' ' || c == 0x7f || strings.ContainsRune("<>\"|\\^`", rune(c))
	}
	return table
}()

// bound brings a decoded signal within its limits; every decoder ends with it.
func (s *Signal) bound() {
	if s.Key == "" {
		s.Key = s.fingerprint()
	}
	s.Key, s.Group = shortKey(s.Key), shortKey(s.Group)
	if s.Service == "" {
		s.Service = s.Labels["service"]
	}
	s.Service = cut(oneLine(s.Service), MaxLabelName)
	if s.Title = oneLine(s.Title); oncall.Blank(s.Title) {
		s.Title = "Alert without a title"
	}
	if len(s.Title) > MaxTitle {
		s.note("The title was cut; it has %d bytes.", len(s.Title))
		s.Title = cut(s.Title, MaxTitle)
	}
	s.Description = strings.TrimSpace(manyLines(s.Description))
	if len(s.Description) > MaxDescription {
		s.note("The description was cut; it has %d bytes.", len(s.Description))
		s.Description = cut(s.Description, MaxDescription)
	}
	s.boundLabels()
	s.Count = min(max(s.Count, 1), MaxCount)
}

// first are the labels that are kept when there are too many.
var first = []string{"alertname", "service", "severity", "job", "instance", "namespace", "cluster", "env", "environment"}

func (s *Signal) boundLabels() {
	if len(s.Labels) <= MaxLabels && !s.unfitLabel() {
		return
	}
	names := make([]string, 0, len(s.Labels))
	for name := range s.Labels {
		if !slices.Contains(first, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	kept, shortened := make(map[string]string, min(len(s.Labels), MaxLabels)), 0
	for _, name := range slices.Concat(first, names) {
		value, ok := s.Labels[name]
		if !ok || len(kept) == MaxLabels {
			continue
		}
		k, v := cut(oneLine(name), MaxLabelName), cut(manyLines(value), MaxLabelValue)
		if len(name) > MaxLabelName || len(value) > MaxLabelValue {
			shortened++
		}
		kept[k] = v
	}
	if left := len(s.Labels) - len(kept); left > 0 {
		s.note("%d of %d labels were left out.", left, len(s.Labels))
	}
	if shortened > 0 {
		s.note("%d labels were cut to %d bytes.", shortened, MaxLabelValue)
	}
	s.Labels = kept
}

func (s *Signal) unfitLabel() bool {
	for name, value := range s.Labels {
		if len(name) > MaxLabelName || len(value) > MaxLabelValue || !uncontrolled(name) || !uncontrolled(value) {
			return true
		}
	}
	return false
}

// fingerprint is the identity of a signal whose source gave none: the same title,
// service and labels are the same alert, however severe it is.
func (s *Signal) fingerprint() string {
	names := make([]string, 0, len(s.Labels))
	for name := range s.Labels {
		if name != nameSeverity {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	text := appendSized(appendSized(make([]byte, 0, 512), s.Title), s.Service)
	for _, name := range names {
		text = appendSized(appendSized(text, name), s.Labels[name])
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// appendSized appends a part that cannot be taken for another: its length goes before it.
func appendSized(b []byte, part string) []byte {
	return append(append(strconv.AppendInt(b, int64(len(part)), 10), ':'), part...)
}

// shortKey keeps keys that fit, and replaces the rest of others by a hash, so that
// different ones stay different.
func shortKey(key string) string {
	if len(key) <= MaxKey && uncontrolled(key) {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return cut(oneLine(key), MaxKey-2*len(sum)-1) + "#" + hex.EncodeToString(sum[:])
}

// control says whether a character does not belong into text of one line.
func control(r rune) bool {
	return r < ' ' || r == 0x7f || r > 0x7f && unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
}

// plain says whether text has only ASCII characters that can be seen; most has.
func plain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// uncontrolled says whether text has no control characters.
func uncontrolled(text string) bool { return plain(text) || !strings.ContainsFunc(text, control) }

// oneLine replaces line breaks and control characters by spaces, and trims.
func oneLine(text string) string {
	if !uncontrolled(text) {
		text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || control(r) }), " ")
	}
	return strings.TrimSpace(text)
}

// manyLines drops control characters except line breaks and tabs.
func manyLines(text string) string {
	if uncontrolled(text) {
		return text
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r' || r == '\u2028' || r == '\u2029':
			return '\n'
		case control(r):
			return -1
		}
		return r
	}, text)
}

// cut shortens text to at most n bytes, the sign of it included.
func cut(text string, n int) string {
	const sign = "…"
	if len(text) <= n {
		return text
	}
	end := n - len(sign)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + sign
}

// timeLayouts are those seen in the wild; the second is PagerDuty's example.
var timeLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05 -0700", time.RFC1123Z, time.RFC1123}

// Times before and after these are mistakes; so is the year 1, which Go's zero time
// stands for and Alertmanager sends for "not over".
const firstYear, lastYear = 1970, 9999

// time reads a time the source wrote; what is none is noted and left out.
func (s *Signal) time(field, text string) time.Time {
	if text == "" || strings.HasPrefix(text, "0001-01-01T") {
		return time.Time{}
	}
	for _, layout := range timeLayouts {
		t, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		if t = t.UTC(); t.Year() >= firstYear && t.Year() <= lastYear {
			return t.Truncate(time.Microsecond)
		}
		break
	}
	s.note("%s was left out: %q is not a time such as 2026-03-01T09:00:00Z.", field, cut(oneLine(text), 40))
	return time.Time{}
}
