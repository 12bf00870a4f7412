package httpd

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"
)

// schema is a JSON Schema (2020-12, as OpenAPI 3.1 has it).
type schema = map[string]any

// schemas are the named ones, by name.
type schemas map[string]schema

// schemaOf describes how encoding/json writes a type. Structs are put among the named
// schemas, if there are any, and referred to.
func schemaOf(t reflect.Type, named schemas) schema {
	if special, ok := specialSchema(t, named); ok {
		return special
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem(), named)
	case reflect.String:
		return schema{"type": "string"}
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return schema{"type": "number"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return schema{"type": "integer"}
	case reflect.Slice, reflect.Array:
		return schema{"type": "array", "items": schemaOf(t.Elem(), named)}
	case reflect.Map:
		return schema{"type": "object", "additionalProperties": schemaOf(t.Elem(), named)}
	case reflect.Struct:
		if named == nil {
			return schema{"type": "object"}
		}
		return named.refer(t)
	}
	return schema{} // anything
}

// specialSchema describes the types that write themselves.
func specialSchema(t reflect.Type, named schemas) (schema, bool) {
	switch t {
	case reflect.TypeFor[time.Time]():
		return schema{"type": "string", "format": "date-time"}, true
	case reflect.TypeFor[time.Duration]():
		return schema{"type": "integer", "description": "nanoseconds"}, true
	case reflect.TypeFor[json.RawMessage]():
		return schema{}, true
	case reflect.TypeFor[Severity]():
		return schema{"type": []string{"string", "integer"}, "examples": []any{"SEV2", 2}}, true
	case reflect.TypeFor[Carried]():
		return schema{"anyOf": []schema{schemaOf(reflect.TypeOf(Carried{}.person), named), schemaOf(reflect.TypeOf(Carried{}.pool), named)}}, true
	}
	return nil, false
}

// refer names a struct, and gives the reference to it.
func (s schemas) refer(t reflect.Type) schema {
	name := schemaName(t)
	if _, known := s[name]; !known {
		s[name] = nil // it may refer to itself
		properties, required := schema{}, []string{}
		for _, f := range jsonFields(t) {
			property := schemaOf(f.kind, s)
			if f.about != "" { // somebody asks so
				property["description"] = f.about
				if f.optional {
					property["type"] = slices.Concat(kinds(property), []string{"null"})
				}
			}
			properties[f.name] = property
			if !f.optional {
				required = append(required, f.name)
			}
		}
		s[name] = schema{"type": "object", "properties": properties, "additionalProperties": false}
		if len(required) > 0 {
			s[name]["required"] = required
		}
	}
	return schema{"$ref": "#/components/schemas/" + name}
}

// kinds are the types of what a schema describes.
func kinds(s schema) []string {
	if one, ok := s["type"].(string); ok {
		return []string{one}
	}
	return s["type"].([]string)
}

// schemaName is the type's name, after its package unless that is this one.
func schemaName(t reflect.Type) string {
	pkg, name, ok := strings.Cut(t.String(), ".")
	if !ok || pkg == "httpd" {
		return t.Name()
	}
	return strings.ToUpper(pkg[:1]) + pkg[1:] + name
}

// jsonField is a field as encoding/json writes it.
type jsonField struct {
	name     string
	kind     reflect.Type
	optional bool   // it may be left out
	about    string // what it is, from the tag of that name: those of requests have one
}

// jsonFields are the fields of a struct; those of what it embeds are its own;
// no type has none.
func jsonFields(t reflect.Type) []jsonField {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	var out []jsonField
	for n := range t.NumField() {
		f := t.Field(n)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
		case f.Anonymous && name == "":
			out = append(out, jsonFields(f.Type)...)
		case f.IsExported():
			if name == "" {
				name = f.Name
			}
			out = append(out, jsonField{name, f.Type, strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero"), f.Tag.Get("about")})
		}
	}
	return out
}

// fieldsOf are the names of the fields that a body may have.
func fieldsOf(t reflect.Type) []string {
	out := []string{}
	for _, f := range jsonFields(t) {
		out = append(out, f.name)
	}
	if len(out) == 0 {
		return []string{"none"}
	}
	return out
}

// timesOf are the names of the fields that hold a time.
func timesOf(t reflect.Type) []string {
	var out []string
	for _, f := range jsonFields(t) {
		if kind := f.kind; kind == reflect.TypeFor[time.Time]() || kind == reflect.TypeFor[*time.Time]() {
			out = append(out, f.name)
		}
	}
	return out
}
