package storagetest

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/watchbill/watchbill/storage"
)

func indexCases() []testCase {
	unique := func(key string) []storage.Entry { return []storage.Entry{{Index: "name", Key: key, Unique: true}} }
	plain := func(key string) []storage.Entry { return []storage.Entry{{Index: "name", Key: key}} }
	return []testCase{
		{"a unique entry is held by one record", func(s *suite) {
			a := s.make("T-1", Step{Text: "a", Index: unique("k")})
			s.refuse(storage.ErrTaken, Next(fresh("T-2"), start(), Step{Text: "b", Index: unique("k")}))
			s.refuse(storage.ErrTaken, Next(fresh("T-2"), start(), Step{Text: "b", Index: plain("k")}))
			s.commit(Next(a, start(), Step{Text: "keeps it", Index: unique("k")}))
			s.make("T-2", Step{Text: "b", Index: unique("k2")})
			s.make("T-3", Step{Text: "c", Index: []storage.Entry{{Index: "other", Key: "k", Unique: true}}})
		}},
		{"an entry that others hold cannot become unique", func(s *suite) {
			a := s.make("T-1", Step{Text: "a", Index: plain("k")})
			s.make("T-2", Step{Text: "b", Index: plain("k")})
			s.refuse(storage.ErrTaken, Next(a, start(), Step{Text: "mine", Index: unique("k")}))
		}},
		{"an entry that is let go is free", func(s *suite) {
			a := s.make("T-1", Step{Text: "a", Index: unique("k")})
			s.commit(Next(a, start(), Step{Text: "without"}))
			s.make("T-2", Step{Text: "b", Index: unique("k")})
			s.refuse(storage.ErrTaken, Next(s.get("T-1"), start(), Step{Text: "back", Index: unique("k")}))
		}},
		{"an entry moves between records in one commit, in either order", func(s *suite) {
			s.make("T-1", Step{Text: "a", Index: unique("k")})
			s.make("T-2", Step{Text: "b"})
			s.commit(Next(s.get("T-1"), start(), Step{Text: "lets go"}), Next(s.get("T-2"), start(), Step{Text: "takes", Index: unique("k")}))
			s.commit(Next(s.get("T-1"), start(), Step{Text: "takes", Index: unique("k")}), Next(s.get("T-2"), start(), Step{Text: "lets go"}))
			s.keys("name", "k T-1")
			swapA := Next(s.get("T-1"), start(), Step{Text: "x", Index: unique("l")})
			swapB := Next(s.get("T-2"), start(), Step{Text: "y", Index: unique("k")})
			s.commit(swapA, swapB)
			s.keys("name", "k T-2", "l T-1")
		}},
		{"two records of one commit cannot take one entry", func(s *suite) {
			s.refuse(storage.ErrTaken, Next(fresh("T-1"), start(), Step{Text: "a", Index: unique("k")}), Next(fresh("T-2"), start(), Step{Text: "b", Index: unique("k")}))
			s.refuse(storage.ErrTaken, Next(fresh("T-1"), start(), Step{Text: "a", Index: plain("k")}), Next(fresh("T-2"), start(), Step{Text: "b", Index: unique("k")}))
			s.make("T-1", Step{Text: "a", Index: unique("k")})
			keeps := Next(s.get("T-1"), start(), Step{Text: "keeps", Index: unique("k")})
			s.refuse(storage.ErrTaken, keeps, Next(fresh("T-2"), start(), Step{Text: "b", Index: unique("k")}))
			s.refuse(storage.ErrTaken, Next(fresh("T-2"), start(), Step{Text: "b", Index: unique("k")}), keeps)
		}},
		{"of many at once that take one entry, one wins", func(s *suite) {
			won := s.race(16, func(i int) storage.Change {
				return Next(fresh(fmt.Sprintf("T-%d", i)), start(), Step{Text: "mine", Index: unique("k")})
			}, func(err error) bool { return errors.Is(err, storage.ErrTaken) })
			s.keys("name", fmt.Sprintf("k T-%d", won[0]))
		}},
		{"a list goes by rising key, from a prefix and after a key", func(s *suite) {
			for i, key := range []string{"b/2", "a/10", "a/9", "b/1", "a", "c"} {
				s.make(fmt.Sprintf("T-%d", i), Step{Text: "x", Index: plain(key)})
			}
			s.make("T-9", Step{Text: "x", Index: []storage.Entry{{Index: "nam", Key: "e"}, {Index: "names", Key: "b"}}})
			for _, c := range []struct {
				prefix, after string
				limit         int
				want          string
			}{
				{"", "", 0, "[a a/10 a/9 b/1 b/2 c]"},
				{"", "", 2, "[a a/10]"},
				{"", "a/10", 2, "[a/9 b/1]"},
				{"", "a/1", 1, "[a/10]"},
				{"a/", "", 0, "[a/10 a/9]"},
				{"a/", "a/10", 0, "[a/9]"},
				{"a/", "A", 0, "[a/10 a/9]"},
				{"a/", "b", 0, "[]"},
				{"b/2", "", 0, "[b/2]"},
				{"", "c", 0, "[]"},
				{"z", "", 0, "[]"},
			} {
				rows, err := s.store.List(s.Context(), "name", c.prefix, c.after, c.limit)
				s.equal("error", err, nil)
				keys := []string{}
				for _, r := range rows {
					keys = append(keys, r.Key)
				}
				s.equal(fmt.Sprintf("list %q after %q limit %d", c.prefix, c.after, c.limit), keys, c.want)
			}
		}},
		{"records that share a key come by id, each under all its keys", func(s *suite) {
			s.make("T-2", Step{Text: "x", Index: append(plain("k"), plain("l")...)})
			s.make("T-10", Step{Text: "x", Index: plain("k")})
			s.keys("name", "k T-10", "k T-2", "l T-2")
			s.commit(Next(s.get("T-2"), start(), Step{Text: "y", Index: plain("l")}))
			s.keys("name", "k T-10", "l T-2")
			rows, err := s.store.List(s.Context(), "name", "l", "", 0)
			s.equal("error", err, nil)
			s.equal("listed record", line(s.T, rows[0].Record), line(s.T, s.get("T-2")))
		}},
	}
}

// keys compares an index with "key id" rows.
func (s *suite) keys(index string, want ...string) {
	s.Helper()
	rows, err := s.store.List(s.Context(), index, "", "", 0)
	if err != nil {
		s.Fatalf("list %s: %v", index, err)
	}
	got := []string{}
	for _, r := range rows {
		got = append(got, r.Key+" "+r.ID)
	}
	s.equal("index "+index, strings.Join(got, ", "), strings.Join(want, ", "))
}

func readCases() []testCase {
	return []testCase{
		{"what is not there", func(s *suite) {
			s.missing("T-1")
			events, err := s.store.Events(s.Context(), ref("T-1"), 0, 0)
			s.equal("events", words(len(events), err), "0 <nil>")
			receipt, err := s.store.Receipt(s.Context(), "card/1")
			s.equal("receipt", words(receipt == nil, err), "true <nil>")
			due, err := s.store.Due(s.Context(), start(), 0)
			s.equal("due", words(len(due), err), "0 <nil>")
		}},
		{"events in pages", func(s *suite) {
			s.commit(Next(fresh("T-1"), start(), Step{Text: "1"}, Step{Text: "2"}, Step{Text: "3"}))
			s.commit(Next(s.get("T-1"), start(), Step{Text: "4"}))
			s.commit(Next(s.get("T-1"), start(), Step{Text: "5"}, Step{Text: "6"}))
			for _, id := range []string{"T-0", "T-10", "T-2", "U-1"} {
				s.make(id, Step{Text: "neighbour"})
			}
			for after := range uint64(8) {
				for limit := range 8 {
					events, err := s.store.Events(s.Context(), ref("T-1"), after, limit)
					s.equal("error", err, nil)
					got := []uint64{}
					for _, e := range events {
						got = append(got, e.Seq)
					}
					want := []uint64{}
					for seq := after + 1; seq <= 6 && (limit == 0 || len(want) < limit); seq++ {
						want = append(want, seq)
					}
					s.equal(fmt.Sprintf("events after %d limit %d", after, limit), got, want)
				}
			}
			events, err := s.store.Events(s.Context(), ref("T-1"), math.MaxUint64, 0)
			s.equal("events after the last possible", words(len(events), err), "0 <nil>")
		}},
		{"changes in the order in which they happened", func(s *suite) {
			s.make("T-1", Step{Text: "1"})
			s.commit(storage.Change{Put: []storage.Effect{edge("post/1", "room")}})
			s.commit(Next(s.get("T-1"), start(), Step{Text: "2"}), Next(fresh("T-2"), start(), Step{Text: "1"}, Step{Text: "2"}))
			s.make("T-3", Step{Text: "1"})
			all, err := s.store.Changed(s.Context(), 0, 0)
			s.equal("error", err, nil)
			got := ""
			for i, c := range all {
				if i > 0 && c.Position <= all[i-1].Position {
					s.Errorf("position %d follows %d", c.Position, all[i-1].Position)
				}
				for _, m := range c.Changed {
					got += fmt.Sprintf("%s %d-%d, ", m.ID, m.From, m.To)
				}
				got += "; "
			}
			s.equal("changed", got, "T-1 0-1, ; T-1 1-2, T-2 0-2, ; T-3 0-1, ; ")
			for i := range all {
				rest, err := s.store.Changed(s.Context(), all[i].Position, 1)
				s.equal("error", err, nil)
				s.equal("page", line(s.T, append([]storage.Commit{}, rest...)), line(s.T, append([]storage.Commit{}, all[i+1:min(i+2, len(all))]...)))
			}
		}},
		{"due records, the earliest first", func(s *suite) {
			at := func(m int) time.Time { return start().Add(time.Duration(m) * time.Minute) }
			old := time.Date(1969, 7, 20, 0, 0, 0, 0, time.UTC)
			s.make("T-1", Step{Text: "x", Due: at(3)})
			s.make("T-2", Step{Text: "x", Due: at(1)})
			s.make("T-3", Step{Text: "x"})
			s.make("T-4", Step{Text: "x", Due: at(2)})
			s.make("T-5", Step{Text: "x", Due: old})
			s.due(at(2), 0, "T-5 T-2 T-4")
			s.due(at(2).Add(-time.Microsecond), 0, "T-5 T-2")
			s.due(at(9), 2, "T-5 T-2")
			s.due(at(9), 5, "T-5 T-2 T-4 T-1")
			s.commit(Next(s.get("T-5"), start(), Step{Text: "never"}))
			s.commit(Next(s.get("T-2"), start(), Step{Text: "later", Due: at(5)}))
			s.commit(Next(s.get("T-4"), start(), Step{Text: "the same", Due: at(2)}))
			s.due(at(9), 0, "T-4 T-1 T-2")
			if s.reopen() {
				s.due(at(9), 0, "T-4 T-1 T-2")
			}
		}},
		{"numbers rise and are not given again", func(s *suite) {
			for want := range uint64(3) {
				s.number("INC", want+1)
			}
			s.number("PAGE", 1)
			s.make("T-1", Step{Text: "uses them"})
			if s.reopen() {
				s.number("INC", 4)
				s.number("PAGE", 2)
			}
		}},
	}
}

func (s *suite) number(kind string, want uint64) {
	s.Helper()
	n, err := s.store.Number(s.Context(), kind)
	if err != nil {
		s.Fatalf("number: %v", err)
	}
	s.equal("number of "+kind, n, want)
}

func (s *suite) due(until time.Time, limit int, want string) {
	s.Helper()
	rows, err := s.store.Due(s.Context(), until, limit)
	if err != nil {
		s.Fatalf("due: %v", err)
	}
	ids := []string{}
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	s.equal("due", strings.Join(ids, " "), want)
}
