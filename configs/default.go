package configs

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"
)

//go:embed watchbill.example.yaml
var example []byte

//go:embed demo.yaml
var demo []byte

// Example is watchbill.example.yaml: every key, documented.
func Example() []byte { return slices.Clone(example) }

// JSON is a file of this package's, which is YAML, as one JSON object on a line: all but
// what its comments say.
func JSON(text []byte) ([]byte, error) {
	out, err := yaml.YAMLToJSON(text)
	if err != nil {
		return nil, fmt.Errorf("write as JSON: %w", err)
	}
	return out, nil
}

// Demo is the configuration of the demo workspace. Somebody is on call at every
// instant.
func Demo() []byte { return slices.Clone(demo) }
