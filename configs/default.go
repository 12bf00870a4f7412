package configs

import (
	_ "embed"
	"slices"
)

//go:embed watchbill.example.yaml
var example []byte

//go:embed demo.yaml
var demo []byte

// Example is watchbill.example.yaml: every key, documented.
func Example() []byte { return slices.Clone(example) }

// Demo is the configuration of the demo workspace. Somebody is on call at every
// instant.
func Demo() []byte { return slices.Clone(demo) }
