package slackui

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/watchbill/watchbill/incident"
	"github.com/watchbill/watchbill/oncall"
	"github.com/watchbill/watchbill/oncall/paging"
)

// Submission is a form that somebody sent.
type Submission struct {
	Input
	Meta Meta
	// Errors are what the person must change, by block id: the payload of a
	// "response_action": "errors". Nothing may be done while there are any.
	Errors map[string]string
}

// submitted is the part of a view that matters here.
type submitted struct {
	CallbackID      string `json:"callback_id"`
	PrivateMetadata string `json:"private_metadata"`
	State           struct {
		Values map[string]map[string]answer `json:"values"`
	} `json:"state"`
}

type answer struct {
	Value           string   `json:"value"`
	SelectedOption  *chosen  `json:"selected_option"`
	SelectedOptions []chosen `json:"selected_options"`
	SelectedUser    string   `json:"selected_user"`
	SelectedUsers   []string `json:"selected_users"`
	SelectedDate    string   `json:"selected_date"`
	SelectedMoment  int64    `json:"selected_date_time"`
}

type chosen struct {
	Value string `json:"value"`
}

// ReadView reads the view of a view_submission. now and zone are the reader's; a
// nil zone is UTC. An error means that this binary does not know the form.
func ReadView(view json.RawMessage, now time.Time, zone *time.Location) (Submission, error) {
	var v submitted
	if err := json.Unmarshal(view, &v); err != nil {
		return Submission{}, fmt.Errorf("read a submitted view: %w", err)
	}
	out := Submission{Input: Input{Turn: -1}}
	if v.PrivateMetadata != "" {
		if err := json.Unmarshal([]byte(v.PrivateMetadata), &out.Meta); err != nil {
			return Submission{}, fmt.Errorf("read the metadata of view %q: %w", oneLine(v.CallbackID, 60), err)
		}
	}
	out.Incident, out.Alert = out.Meta.Incident, out.Meta.Alert
	out.Text = trim(v.text(textField))
	switch v.CallbackID {
	case declareForm:
		v.declare(&out)
	case updateForm:
		out.Verb = Update
		out.require(textField, out.Text, "Write how it stands.")
	case noteForm:
		out.Verb = Note
		out.require(textField, out.Text, "Write what happened.")
		v.noteTime(&out, now, zone)
	case leadForm:
		out.Verb = Lead
		v.people(&out)
		out.require(personField, strings.Join(out.People, ""), "Choose who shall lead.")
	case pagingForm:
		out.Verb = Page
		v.targets(&out)
	case resolveForm:
		out.Verb = Resolve
	case reopenForm:
		out.Verb = Reopen
		out.require(textField, out.Text, "Say why it is opened again.")
	default:
		if v.roster(&out) || v.page(&out) || v.onAlert(&out, now) {
			out.Raw, out.Wire = out.Text, ""
			return out, nil
		}
		return Submission{}, fmt.Errorf("read a submitted view: %q is not a form of this version", oneLine(v.CallbackID, 60))
	}
	if out.Incident == "" && out.Verb != Declare {
		return Submission{}, fmt.Errorf("read the metadata of view %q: it names no incident", v.CallbackID)
	}
	out.Raw, out.Wire = out.Text, ""
	return out, nil
}

func (o *Submission) require(block, value, message string) {
	if oncall.Blank(value) {
		o.fault(block, message)
	}
}

func (o *Submission) fault(block, message string) {
	if o.Errors == nil {
		o.Errors = map[string]string{}
	}
	o.Errors[block] = message
}

// get is the answer of a block; each block has one element, whatever its id.
func (v submitted) get(block string) answer {
	for _, a := range v.State.Values[block] {
		return a
	}
	return answer{}
}

func (v submitted) text(block string) string {
	a := v.get(block)
	if a.SelectedOption != nil {
		return a.SelectedOption.Value
	}
	return a.Value
}

func (v submitted) declare(out *Submission) {
	out.Verb = Declare
	out.Text = strings.Join(strings.Fields(v.text(titleField)), " ")
	out.require(titleField, out.Text, "Say in a few words what is broken.")
	out.Service = trim(v.text(serviceField))
	if chosen := v.text(severityField); chosen != "" {
		sev, err := incident.ParseSeverity(chosen)
		if err != nil {
			out.fault(severityField, "Choose one of the severities.")
		}
		out.Severity = sev
	}
}

func (v submitted) noteTime(out *Submission, now time.Time, zone *time.Location) {
	typed := trim(v.text(whenField))
	if typed == "" {
		return
	}
	at, ok, problem := ReadTime(typed, now, zone)
	switch {
	case problem != "":
		out.fault(whenField, problem)
	case !ok:
		out.fault(whenField, "Write a time such as -15m, 14:05 or yesterday 14:05, or leave it empty for now.")
	}
	out.At = at
}

func (v submitted) people(out *Submission) {
	if id := v.get(personField).SelectedUser; id != "" {
		out.People = []string{id}
	}
}

func (v submitted) targets(out *Submission) {
	for _, id := range v.get(peopleField).SelectedUsers {
		if id != "" {
			out.Targets = append(out.Targets, paging.Target(paging.ToPerson+":"+id))
		}
	}
	for _, o := range v.get(targetsField).SelectedOptions {
		t, err := paging.ParseTarget(o.Value)
		if err != nil {
			out.fault(targetsField, "Choose from the list.")
			continue
		}
		out.Targets = append(out.Targets, t)
	}
	if len(out.Targets) == 0 {
		out.fault(peopleField, "Choose somebody to page.")
	}
}
