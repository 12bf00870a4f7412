package httpd

// schedules are those of the desk.
func (a API) schedules() Schedules {
	return Schedules{Rota: a.Desk, Now: a.Desk.Now, Pages: a.Desk.Paged, Known: a.known, Zones: a.Desk.OwnZones}
}

// known refuses a name that the configuration does not list; no name is nobody.
func (a API) known(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	p, ok := a.Desk.Settings.Person(name)
	if !ok {
		return "", a.Desk.Settings.UnknownPerson(name)
	}
	return p.Name, nil
}
