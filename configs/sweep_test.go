package configs

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// places calls each with every value below v, its path, and a way to replace it.
func places(v any, path string, set func(any), each func(path string, v any, set func(any))) {
	if path != "" {
		each(path, v, set)
	}
	switch v := v.(type) {
	case yaml.MapSlice:
		for n := range v {
			places(v[n].Value, strings.TrimPrefix(fmt.Sprintf("%s.%v", path, v[n].Key), "."), func(to any) { v[n].Value = to }, each)
		}
	case []any:
		for n := range v {
			places(v[n], fmt.Sprintf("%s[%d]", path, n), func(to any) { v[n] = to }, each)
		}
	}
}

// TestEveryValueOfTheExampleMattersAndIsFound puts what no key takes in the place of each
// value of the example, one at a time: the error is on the line where it stands.
func TestEveryValueOfTheExampleMattersAndIsFound(t *testing.T) {
	var tree yaml.MapSlice
	if err := yaml.UnmarshalWithOptions(Example(), &tree, yaml.UseOrderedMap()); err != nil {
		t.Fatal(err)
	}
	n := 0
	places(tree, "", nil, func(path string, was any, set func(any)) {
		for _, wrong := range []any{yaml.MapSlice{{Key: "zz-marked", Value: []any{1}}}, "zz-marked"} {
			if _, text := was.(string); text && wrong == "zz-marked" {
				continue // most texts may be any
			}
			if _, list := was.([]any); list && wrong == "zz-marked" && strings.Contains(path, ".mapping.") {
				continue // one expression or a list of them
			}
			if n++; testing.Short() && n%5 != 0 {
				continue // each reads the whole file
			}
			set(wrong)
			data, err := yaml.Marshal(tree)
			set(was)
			if err != nil {
				t.Fatal(err)
			}
			before, _, _ := strings.Cut(string(data), "zz-marked")
			line := 1 + strings.Count(before, "\n")
			_, err = Parse(data, "w.yaml")
			var problems Problems
			if !errors.As(err, &problems) {
				t.Errorf("%s: %v is taken (%v)", path, wrong, err)
				continue
			}
			near := false
			for _, p := range problems.Errors() {
				near = near || p.Line >= line-1 && p.Line <= line+1
			}
			if !near {
				t.Errorf("%s: %v stands on line %d, and the error is\n%v", path, wrong, line, err)
			}
		}
	})
	if n < 300 {
		t.Errorf("only %d places", n)
	}
}
