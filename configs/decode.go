package configs

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/watchbill/watchbill/oncall/alert"
)

// decoder copies a YAML tree into structs and says all that does not fit. Keys are
// those of the json tags, so that a stored value and the file agree.
type decoder struct {
	*report
	anchors map[string]ast.Node
	fields  map[reflect.Type][]field
	left    int // values that may still be read
}

// field is one key of a struct.
type field struct {
	key   string
	index int
}

// decode copies the tree into *into, a struct.
func decode(root ast.Node, r *report, into any) {
	a := &anchors{report: r, byName: map[string]ast.Node{}}
	ast.Walk(a, root)
	d := &decoder{report: r, anchors: a.byName, fields: map[reflect.Type][]field{}, left: maxValues}
	d.value(root, "", reflect.ValueOf(into).Elem(), 0)
}

// refuse reports a value that cannot be read.
func (d *decoder) refuse(n ast.Node, path, suggestion, format string, args ...any) {
	d.spoil(path)
	d.at(markNode(n), path, suggestion, format, args...)
}

// resolve follows anchors and aliases to the value they stand for; nil when there
// is none.
func (d *decoder) resolve(n ast.Node, path string) ast.Node {
	for range maxDepth {
		switch v := n.(type) {
		case *ast.AnchorNode:
			n = v.Value
		case *ast.AliasNode:
			target, ok := d.anchors[v.Value.String()]
			if !ok {
				d.refuse(n, path, "", "there is no anchor &%s for this alias", clip(v.Value.String(), 40))
				return nil
			}
			n = target
		case *ast.TagNode:
			d.refuse(n, path, "leave it out; quotes make a string", "tags such as %s are not used here", clip(v.Start.Value, 40))
			return nil
		default:
			return n
		}
	}
	d.refuse(n, path, "", "this alias stands for itself")
	return nil
}

func (d *decoder) value(n ast.Node, path string, v reflect.Value, depth int) {
	m := markNode(n)
	d.marks[path] = m
	if !d.spend(n, path, 1, depth) {
		return
	}
	n = d.resolve(n, path)
	if n == nil || n.Type() == ast.NullType {
		return
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Struct:
		d.object(n, path, v, depth)
	case reflect.Slice:
		d.list(n, path, v, depth)
	case reflect.Map:
		d.mapping(n, path, v, depth)
	default:
		d.scalar(n, path, v)
	}
}

// spend takes values from what may still be read. When nothing is left it says so once,
// and the rest of the file is not looked at.
func (d *decoder) spend(n ast.Node, path string, values, depth int) bool {
	if d.unfolds {
		return false
	}
	d.left -= values
	if d.left >= 0 && depth <= maxDepth {
		return true
	}
	d.unfolds = true
	d.refuse(n, path, "does an alias stand for itself, or for far too much?", "the file unfolds into too many values")
	return false
}

func (d *decoder) object(n ast.Node, path string, v reflect.Value, depth int) {
	if _, ok := n.(ast.MapNode); !ok {
		suggestion := "keys of it: " + strings.Join(d.keys(v.Type()), ", ")
		if t, ok := text(n); ok && d.field(v.Type(), "name") >= 0 {
			suggestion = fmt.Sprintf("write {name: %s}", clip(t, 60))
		}
		d.refuse(n, path, suggestion, "%s needs keys and values, not %s", nameOf(path), kindOf(n))
		return
	}
	seen := map[string]mark{}
	d.entries(n.(ast.MapNode), path, v, seen, depth)
}

// entries copies the entries of a mapping, and of those it merges with <<; what
// stands in the mapping itself goes first.
func (d *decoder) entries(n ast.MapNode, path string, v reflect.Value, seen map[string]mark, depth int) {
	var merged []ast.Node
	var meant []string
	own := map[string]mark{}
	for each := n.MapRange(); each.Next(); {
		key, value := each.Key(), each.Value()
		if key.IsMergeKey() {
			merged = append(merged, value)
			continue
		}
		name, where := keyText(key), markOf(key.GetToken())
		if first, twice := own[name]; twice {
			d.at(where, join(path, name), "keep one of them", "%q stands here twice, first on line %d", clip(name, 60), first.line)
			continue
		}
		own[name] = where
		if _, done := seen[name]; done {
			continue
		}
		seen[name] = where
		i := d.field(v.Type(), name)
		if i < 0 {
			meant = append(meant, d.unknown(where, path, name, v.Type()))
			continue
		}
		d.value(value, join(path, name), v.Field(i), depth+1)
	}
	for _, m := range merged {
		d.merge(m, path, v, seen, depth)
	}
	for _, key := range meant {
		if _, given := seen[key]; !given && key != "" {
			d.spoil(join(path, key))
		}
	}
}

func (d *decoder) merge(n ast.Node, path string, v reflect.Value, seen map[string]mark, depth int) {
	if !d.spend(n, path, 1, depth) {
		return
	}
	switch m := d.resolve(n, path).(type) {
	case nil:
	case ast.MapNode:
		d.entries(m, path, v, seen, depth+1)
	case *ast.SequenceNode:
		for _, each := range m.Values {
			d.merge(each, path, v, seen, depth+1)
		}
	default:
		d.refuse(n, path, "write <<: *name", "only keys and values can be merged, not %s", kindOf(m))
	}
}

// unknown reports a key that does not exist, and returns the one that was probably
// meant.
func (d *decoder) unknown(where mark, path, name string, t reflect.Type) string {
	keys := d.keys(t)
	known, ok := synonyms[name]
	if !ok || d.field(t, known) < 0 {
		known = nearest(strings.NewReplacer("-", "_", " ", "_").Replace(name), keys)
	}
	suggestion := "keys here: " + strings.Join(keys, ", ")
	switch {
	case known != "":
		suggestion = fmt.Sprintf("did you mean %q?", known)
	case strings.Contains(name, "token") || strings.Contains(name, "secret") || strings.Contains(name, "password"):
		suggestion = "secrets come from the environment, such as SLACK_BOT_TOKEN or SLACK_BOT_TOKEN_FILE"
	}
	in := ""
	if path != "" {
		in = " in " + nameOf(path)
	}
	d.at(where, join(path, clip(name, 60)), suggestion, "unknown key %q%s", clip(name, 60), in)
	return known
}

// synonyms are what other tools call our keys.
var synonyms = map[string]string{
	"users": "people", "members": "people", "persons": "people", "participants": "people",
	"rotations": "layers", "rota": "schedules", "rotas": "schedules",
	"policies": "escalations", "escalation_policies": "escalations", "policy": "escalation", "escalation_policy": "escalation",
	"default_policy": "default_escalation", "targets": "notify", "timeout": "wait", "delay": "wait", "rules": "steps", "levels": "steps",
	"timezone": "time_zone", "tz": "time_zone", "timeZone": "time_zone", "slack_id": "slack", "id": "slack", "mail": "email",
	"user": "person", "until": "to", "interval": "length", "token": "token_env", "type": "source", "webhooks": "integrations", "every": "length",
}

// mapping copies a mapping whose keys are names that people choose.
func (d *decoder) mapping(n ast.Node, path string, v reflect.Value, depth int) {
	entries, ok := n.(ast.MapNode)
	if !ok {
		d.refuse(n, path, "such as {severity: critical}", "%s needs names and values, not %s", nameOf(path), kindOf(n))
		return
	}
	out := reflect.MakeMap(v.Type())
	own := map[string]mark{}
	for each := entries.MapRange(); each.Next(); {
		key := each.Key()
		name, where := keyText(key), markOf(key.GetToken())
		if first, twice := own[name]; twice {
			d.at(where, join(path, name), "keep one of them", "%q stands here twice, first on line %d", clip(name, 60), first.line)
			continue
		}
		own[name] = where
		value := reflect.New(v.Type().Elem()).Elem()
		d.value(each.Value(), join(path, name), value, depth+1)
		out.SetMapIndex(reflect.ValueOf(name), value)
	}
	v.Set(out)
}

func (d *decoder) list(n ast.Node, path string, v reflect.Value, depth int) {
	seq, ok := n.(*ast.SequenceNode)
	if _, isText := text(n); isText && v.Type() == reflect.TypeFor[alert.Expressions]() {
		v.Set(reflect.MakeSlice(v.Type(), 1, 1)) // one of them needs no brackets
		d.scalar(n, path, v.Index(0))
		return
	}
	if !ok {
		d.refuse(n, path, d.asList(n, v.Type().Elem()), "%s needs a list, not %s", nameOf(path), kindOf(n))
		return
	}
	if !d.spend(n, path, len(seq.Values), depth) {
		return
	}
	out := reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values))
	for i, each := range seq.Values {
		at := fmt.Sprintf("%s[%d]", path, i)
		if each == nil || each.Type() == ast.NullType {
			d.marks[at] = markOf(seq.Start)
			if i < len(seq.Entries) && seq.Entries[i].Start != nil {
				d.marks[at] = markOf(seq.Entries[i].Start)
			}
			d.spoil(at)
			d.at(d.marks[at], at, "remove the dash, or fill it in", "entry %d of %s is empty", i+1, nameOf(path))
			continue
		}
		d.value(each, at, out.Index(i), depth+1)
	}
	v.Set(out)
}

// asList says how to write as a list what is none.
func (d *decoder) asList(n ast.Node, entry reflect.Type) string {
	switch v := n.(type) {
	case *ast.StringNode:
		if entry.Kind() == reflect.String {
			return fmt.Sprintf("write [%s]", clip(v.Value, 60))
		}
	case *ast.MappingNode:
		if entry.Kind() == reflect.Struct && len(v.Values) > 0 && d.field(entry, "name") >= 0 && d.field(entry, keyText(v.Values[0].Key)) < 0 {
			return fmt.Sprintf("write a list: - name: %s, and the rest below it", clip(keyText(v.Values[0].Key), 60))
		}
	}
	return "begin each entry with a dash"
}

func (d *decoder) fieldsOf(t reflect.Type) []field {
	known, ok := d.fields[t]
	if ok {
		return known
	}
	for i := range t.NumField() {
		key, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if key != "" && key != "-" {
			known = append(known, field{key, i})
		}
	}
	d.fields[t] = known
	return known
}

func (d *decoder) field(t reflect.Type, key string) int {
	for _, f := range d.fieldsOf(t) {
		if f.key == key {
			return f.index
		}
	}
	return -1
}

func (d *decoder) keys(t reflect.Type) []string {
	var keys []string
	for _, f := range d.fieldsOf(t) {
		keys = append(keys, f.key)
	}
	return keys
}

func keyText(key ast.MapKeyNode) string {
	if t, ok := text(key); ok {
		return t
	}
	return key.String()
}
