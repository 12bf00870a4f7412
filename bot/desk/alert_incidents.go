package desk

import (
	"maps"
	"slices"

	"github.com/watchbill/watchbill/oncall/alert"
)

// mostEntries is how many alerts of one incident are told on its timeline; what comes
// after them is listed with the incident's alerts only.
const mostEntries = 20

// incidentKey is what the alerts of one incident that a route opened have in common.
type incidentKey struct{ route, service string }

// alertIncidents are those that alerts belong to.
type alertIncidents struct {
	belonging map[string]map[string]bool // the open alerts of each
	opened    map[incidentKey]string     // those that routes opened last
	told      map[string]int             // how much of their alerts their timelines were told
}

// learn follows which open alerts belong to which incident, and which of those a route
// opened.
func (x *alertIncidents) learn(was, s *standing, a *alert.Alert) {
	if was == nil && a.Incident != "" && a.Declare > 0 {
		x.opened[incidentKey{a.Route, a.Service}] = a.Incident
	}
	if was != nil && was.incident != "" {
		delete(x.belonging[was.incident], was.id)
	}
	if s.incident == "" {
		return
	}
	if !s.open {
		if delete(x.belonging[s.incident], s.id); len(x.belonging[s.incident]) == 0 {
			delete(x.belonging, s.incident)
		}
		return
	}
	if x.belonging[s.incident] == nil {
		x.belonging[s.incident] = map[string]bool{}
	}
	x.belonging[s.incident][s.id] = true
}

// prune forgets how much the timelines were told of incidents that no alert belongs to
// any more, nor comes to.
func (x *alertIncidents) prune() {
	comes := map[string]bool{}
	for _, id := range x.opened {
		comes[id] = true
	}
	maps.DeleteFunc(x.told, func(id string, _ int) bool { return !comes[id] && len(x.belonging[id]) == 0 })
}

// withAlerts are those that have open alerts.
func (x *alertIncidents) withAlerts() []string { return slices.Sorted(maps.Keys(x.belonging)) }

// unitIncidents are the incidents that routes open in a unit, and what timelines are told of
// alerts: never of more than mostEntries, with those that they were told of before.
type unitIncidents struct {
	stored *alertIncidents
	opened map[incidentKey]string
	told   map[string]int
}

func (i *unitIncidents) clone() unitIncidents {
	return unitIncidents{i.stored, maps.Clone(i.opened), maps.Clone(i.told)}
}

// of is the incident that a route opened last for a service; empty: none.
func (i *unitIncidents) of(k incidentKey) string {
	if id := i.opened[k]; id != "" {
		return id
	}
	return i.stored.opened[k]
}

// tell says whether the timeline of an incident has room for one more entry, and takes it.
func (i *unitIncidents) tell(id string) bool {
	if i.stored.told[id]+i.told[id] >= mostEntries {
		return false
	}
	set(&i.told, id, i.told[id]+1)
	return true
}

// learn makes the index know them.
func (i *unitIncidents) learn() {
	maps.Copy(i.stored.opened, i.opened)
	for id, n := range i.told {
		i.stored.told[id] += n
	}
}
