package desk_test

import (
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
)

// What becomes severe after the step for that was left out is told to it at once.
func TestAStepThatWasLeftOutComesWhenTheSeverityIsWorse(t *testing.T) {
	inShopOf(t, nightConfig, func(t *testing.T, s *shop) {
		for s.page("PAGE-1").Step < 2 {
			s.tick("PAGE-1")
		}
		s.says("PAGE-1", "restated, returned, stepped dev2", func() (desk.Answer, error) {
			return s.desk.Change(t.Context(), in("dev1", ""), "INC-1", incident.SetSeverity{By: by("dev1"), Severity: 1})
		})
		if p := s.page("PAGE-1"); p.Step != 1 || time.Until(p.Next) != 5*time.Minute {
			t.Errorf("it is at step %d until %v", p.Step, p.Next)
		}
	})
}

// The messages of a page name the severity that its incident has.
func TestThePageShowsTheSeverityOfItsIncident(t *testing.T) {
	inShopOf(t, nightConfig, func(t *testing.T, s *shop) {
		before := s.effect("page/PAGE-1/1").Seq
		s.says("PAGE-1", "restated", func() (desk.Answer, error) {
			return s.desk.Change(t.Context(), in("dev1", ""), "INC-1", incident.SetSeverity{By: by("dev1"), Severity: 3})
		})
		if after := s.effect("page/PAGE-1/1").Seq; after <= before {
			t.Errorf("the message is to show sequence %d, as before", after)
		}
	})
}
