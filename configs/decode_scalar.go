package configs

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/watchbill/watchbill/oncall"
)

func (d *decoder) scalar(n ast.Node, path string, v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[time.Duration]():
		d.duration(n, path, v)
	case v.Kind() == reflect.String:
		d.str(n, path, v)
	case v.Kind() == reflect.Bool:
		b, ok := n.(*ast.BoolNode)
		if !ok {
			d.refuse(n, path, "write true or false", "%s needs true or false, not %s", nameOf(path), kindOf(n))
			return
		}
		v.SetBool(b.Value)
	case v.Kind() == reflect.Int:
		d.integer(n, path, v)
	default:
		panic(fmt.Sprintf("no way to read %s into %s", path, v.Type()))
	}
}

func (d *decoder) str(n ast.Node, path string, v reflect.Value) {
	if t, _ := text(n); tokens.MatchString(t) {
		d.refuse(n, path, "take it out, revoke it, and put the new one into the environment", "%s holds a Slack token: secrets do not belong into this file", nameOf(path))
		return
	}
	switch s := n.(type) {
	case *ast.StringNode:
		v.SetString(s.Value)
	case *ast.LiteralNode:
		v.SetString(s.Value.Value)
	default:
		suggestion := "write one text"
		if t, ok := text(n); ok {
			suggestion = fmt.Sprintf("put quotes around it: %q", clip(t, 60))
		} else if t := pair(n); t != "" {
			suggestion = fmt.Sprintf("put quotes around it, without a space: %q", clip(t, 60))
		}
		d.refuse(n, path, suggestion, "%s needs text, not %s", nameOf(path), kindOf(n))
	}
}

// pair is what somebody meant who wrote schedule: checkout where schedule:checkout is
// expected; YAML reads the first as a key and its value.
func pair(n ast.Node) string {
	m, ok := n.(*ast.MappingNode)
	if !ok || len(m.Values) != 1 {
		return ""
	}
	key, isKey := text(m.Values[0].Key)
	value, isText := text(m.Values[0].Value)
	if !isKey || !isText {
		return ""
	}
	return key + ":" + value
}

func (d *decoder) integer(n ast.Node, path string, v reflect.Value) {
	t, _ := text(n)
	whole, err := strconv.ParseInt(t, 0, 32)
	if errors.Is(err, strconv.ErrRange) {
		d.refuse(n, path, "write a small one, such as 2", "%s is too large for %s", clip(t, 40), nameOf(path))
		return
	}
	if _, ok := n.(*ast.IntegerNode); !ok || err != nil {
		d.refuse(n, path, "write it without quotes, such as 2", "%s needs a whole number, not %s", nameOf(path), kindOf(n))
		return
	}
	v.SetInt(whole)
}

func (d *decoder) duration(n ast.Node, path string, v reflect.Value) {
	t, ok := text(n)
	if _, isText := n.(*ast.StringNode); !isText {
		suggestion := "such as 5m"
		if ok && n.Type() == ast.IntegerType {
			suggestion = fmt.Sprintf("say the unit: %sm for minutes, %ss for seconds", clip(t, 20), clip(t, 20))
		}
		d.refuse(n, path, suggestion, "%s needs a duration, not %s", nameOf(path), kindOf(n))
		return
	}
	length, err := oncall.ParseDuration(t)
	if err != nil {
		d.refuse(n, path, "write 30s, 5m, 2h or 3d", "%q is not a duration", clip(t, 40))
		return
	}
	v.SetInt(int64(length))
}

// text is what stands in the file for a scalar.
func text(n ast.Node) (string, bool) {
	switch s := n.(type) {
	case *ast.StringNode:
		return s.Value, true
	case *ast.LiteralNode:
		return s.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return s.GetToken().Value, true
	}
	return "", false
}

// kindOf says in words what a value is.
func kindOf(n ast.Node) string {
	switch n := n.(type) {
	case *ast.StringNode:
		return fmt.Sprintf("the text %q", clip(n.Value, 40))
	case *ast.LiteralNode:
		return "a block of text"
	case *ast.IntegerNode, *ast.FloatNode:
		return "the number " + clip(n.GetToken().Value, 40)
	case *ast.BoolNode:
		return n.GetToken().Value
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys and values"
	}
	return "this"
}

// nameOf is the last key of a path in words a person knows.
func nameOf(path string) string {
	if path == "" {
		return "the file"
	}
	last := path[strings.LastIndexByte(path, '.')+1:]
	if key, _, entry := strings.Cut(last, "["); entry {
		return "an entry of " + key
	}
	return last
}
