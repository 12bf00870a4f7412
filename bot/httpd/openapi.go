package httpd

import (
	"net/http"
	"reflect"
	"strconv"
	"strings"
)

// openAPIPath is where the document is served that describes the API.
const openAPIPath = "/v1/openapi.json"

// openAPI is the OpenAPI 3.1 document of routes.
func openAPI(routes []route, version string) map[string]any {
	named := schemas{}
	paths := map[string]map[string]any{}
	for _, r := range routes {
		if paths[r.path] == nil {
			paths[r.path] = map[string]any{}
		}
		paths[r.path][strings.ToLower(r.method)] = r.operation(named)
	}
	named.refer(reflect.TypeFor[Problem]())
	return map[string]any{
		"openapi": "3.1.0",
		"info": map[string]any{"title": "Watchbill", "version": version, "license": map[string]any{"name": "Apache-2.0", "identifier": "Apache-2.0"},
			"description": "Incidents, pages and schedules of Watchbill from outside Slack. Times are RFC 3339 in UTC. What is absent is not set."},
		"servers":  []any{map[string]any{"url": "/", "description": "where this document is served"}},
		"security": []any{map[string]any{"token": []string{}}},
		"paths":    paths,
		"components": map[string]any{
			"schemas":         named,
			"securitySchemes": map[string]any{"token": map[string]any{"type": "http", "scheme": "bearer", "description": "A token of `api.tokens` in the configuration."}},
		},
	}
}

// operation describes one route.
func (r route) operation(named schemas) map[string]any {
	o := map[string]any{"operationId": r.name, "summary": r.summary, "description": "Needs the rights `" + r.rights.String() + "`.", "responses": r.responses(named)}
	var params []any
	if strings.Contains(r.path, "{id}") {
		params = append(params, map[string]any{"name": "id", "in": "path", "required": true, "schema": schema{"type": "string"}, "description": "such as INC-1, PAGE-1, ALERT-1 or SIL-1; of a delivery its number"})
	}
	for _, p := range r.query {
		params = append(params, map[string]any{"name": p.name, "in": "query", "description": p.about, "schema": p.schema()})
	}
	if r.keyed {
		params = append(params, map[string]any{"name": KeyHeader, "in": "header", "schema": schema{"type": "string", "maxLength": maxKey},
			"description": "Names what is asked. The same key within 48 hours gets the same answer and changes nothing more. Default: one is made, and returned."})
	}
	if r.in != nil {
		params = append(params, map[string]any{"name": AsHeader, "in": "header", "schema": schema{"type": "string"}, "description": "The person who asks, if the token may speak for them."})
	}
	if params != nil {
		o["parameters"] = params
	}
	if r.in != nil {
		o["requestBody"] = map[string]any{"required": len(requiredOf(r.in)) > 0, "content": map[string]any{"application/json": map[string]any{"schema": schemaOf(r.in, named)}}}
	}
	return o
}

func requiredOf(t reflect.Type) []string {
	var out []string
	for _, f := range jsonFields(t) {
		if !f.optional {
			out = append(out, f.name)
		}
	}
	return out
}

func (p param) schema() schema {
	switch p.kind {
	case "date-time":
		return schema{"type": "string", "format": p.kind}
	case "strings":
		return schema{"type": "array", "items": schema{"type": "string"}}
	default:
		return schema{"type": p.kind}
	}
}

// responses are the answers of a route: its own, and the problems that any may have.
func (r route) responses(named schemas) map[string]any {
	content := map[string]any{}
	for _, kind := range r.kinds {
		content[kind] = map[string]any{"schema": schema{}}
	}
	if r.out != nil {
		content["application/json"] = map[string]any{"schema": schemaOf(r.out, named)}
	}
	headers := map[string]any{}
	if r.keyed {
		headers[KeyHeader] = map[string]any{"description": "The key of what was asked.", "schema": schema{"type": "string"}}
	}
	answer := func(about string) map[string]any {
		a := map[string]any{"description": about, "content": content}
		if len(headers) > 0 {
			a["headers"] = headers
		}
		return a
	}
	out := map[string]any{"200": answer("Done.")}
	if r.created {
		out["201"] = answer("Declared.")
	}
	problem := map[string]any{"application/json": map[string]any{"schema": named.refer(reflect.TypeFor[Problem]())}}
	for status, about := range problems {
		if r.never(status) {
			continue
		}
		out[strconv.Itoa(status)] = map[string]any{"description": about, "content": problem}
	}
	return out
}

// never says that a route does not answer with a problem that others may have.
func (r route) never(status int) bool {
	switch status {
	case http.StatusForbidden:
		return r.rights == Reads
	case http.StatusConflict:
		return r.in == nil
	case http.StatusUnprocessableEntity:
		return !r.keyed
	}
	return false
}

// problems are the answers that are no success.
var problems = map[int]string{
	http.StatusBadRequest:            "It makes no sense as it stands.",
	http.StatusUnauthorized:          "No token was shown, or one that is not taken.",
	http.StatusForbidden:             "The token, or the person, may not do that.",
	http.StatusNotFound:              "What was named does not exist.",
	http.StatusConflict:              "It makes sense, but not as things stand.",
	http.StatusRequestEntityTooLarge: "The body is too large.",
	http.StatusUnprocessableEntity:   "The key came before with another request.",
	http.StatusTooManyRequests:       "Too many requests with one token. Retry-After says when to ask again.",
	http.StatusInternalServerError:   "Something went wrong inside.",
	http.StatusServiceUnavailable:    "Not recorded, or not yet known to be. Retry-After says when to ask again, with the same key.",
}
