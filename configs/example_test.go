package configs

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/watchbill/watchbill/oncall"
)

func TestExampleLoadsWithoutWarnings(t *testing.T) {
	for _, file := range []string{"watchbill.example.yaml", "demo.yaml"} {
		c, err := Load(file, func(string) string { return "set" })
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Warnings) > 0 {
			t.Errorf("%s: got warnings, want none:\n%v", file, c.Warnings)
		}
	}
}

// optional finds keys that stand behind a sign without a space.
var optional = regexp.MustCompile(`(?m)^( *)#([a-z])`)

// TestExampleHasEveryKey fails when a key is added without documenting it.
func TestExampleHasEveryKey(t *testing.T) {
	r := newReport("example")
	var c Config
	decode(parseDocument(optional.ReplaceAll(Example(), []byte("$1$2")), r), r, &c)
	if len(r.problems) > 0 {
		t.Fatal(r.problems)
	}
	used, all := map[string]bool{}, map[string]bool{}
	keys(reflect.ValueOf(c), used, false)
	keys(reflect.ValueOf(c), all, true)
	for key := range all {
		if !used[key] {
			t.Errorf("%s stands nowhere in watchbill.example.yaml", key)
		}
	}
	if len(all) < 80 {
		t.Errorf("got %d keys, which cannot be all", len(all))
	}
}

// keys collects the keys that have a value, by the type they belong to, or all there
// are.
func keys(v reflect.Value, into map[string]bool, all bool) {
	switch v.Kind() {
	case reflect.Slice:
		if all {
			keys(reflect.New(v.Type().Elem()).Elem(), into, all)
		}
		for i := range v.Len() {
			keys(v.Index(i), into, all)
		}
	case reflect.Pointer:
		if all {
			v = reflect.New(v.Type().Elem())
		}
		if !v.IsNil() {
			keys(v.Elem(), into, all)
		}
	case reflect.Map:
		return // its keys are names that people choose
	case reflect.Struct:
		for i := range v.NumField() {
			key, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if key == "" || key == "-" || !all && v.Field(i).IsZero() {
				continue
			}
			into[fmt.Sprintf("%s.%s", v.Type().Name(), key)] = true
			keys(v.Field(i), into, all)
		}
	}
}

// TestExampleDefaults checks that what the example calls a default is one.
func TestExampleDefaults(t *testing.T) {
	c, err := Parse(Example(), "example")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Slack, defaults().Slack; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := c.Log, defaults().Log; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestDemoAlwaysHasSomebody asks every half hour for six years, clock changes
// included.
func TestDemoAlwaysHasSomebody(t *testing.T) {
	c, err := Parse(Demo(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range c.ScheduleNames() {
		plan := c.Plan(name)
		for at := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 2031; at = at.Add(30 * time.Minute) {
			if len(oncall.People(plan.OnCall(at))) == 0 {
				t.Fatalf("nobody is on call for %s at %s", name, at)
			}
		}
	}
	for _, s := range c.Services {
		if _, _, ok := c.PolicyFor(s.Name); !ok || c.Plan(s.Schedule) == nil {
			t.Errorf("service %s has no policy or no schedule", s.Name)
		}
	}
}

func TestEmbeddedFilesAreCopies(t *testing.T) {
	Example()[0] = 'X'
	Demo()[0] = 'X'
	onDisk, err := os.ReadFile("watchbill.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if string(Example()) != string(onDisk) || Demo()[0] == 'X' {
		t.Error("a caller changed the embedded file")
	}
}
