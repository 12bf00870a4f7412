package httpd

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// described is the document that the API serves of itself, as a library that knows
// OpenAPI reads it.
func described(t *testing.T, h http.Handler) *openapi3.T {
	t.Helper()
	status, body := send(t, h, "GET", "/v1/openapi.json", "")
	if status != 200 {
		t.Fatalf("got %d %s", status, body)
	}
	doc, err := openapi3.NewLoader().LoadFromData([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestTheOpenAPIDocumentIsValid(t *testing.T) {
	doc := described(t, local(t, twoPeople))
	if err := doc.Validate(t.Context(), openapi3.IsOpenAPI31OrLater()); err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.0" || doc.Info.Version != "test" {
		t.Errorf("it says OpenAPI %s, version %s", doc.OpenAPI, doc.Info.Version)
	}
}

// TestTheOpenAPIDocumentHasEveryRoute: what is served is described, with the rights it
// needs, and what is described is served.
func TestTheOpenAPIDocumentHasEveryRoute(t *testing.T) {
	h := local(t, twoPeople)
	doc := described(t, h)
	var there, documented []string
	names := map[string]bool{}
	for _, r := range (API{}).withDesk(t).routes() {
		there = append(there, r.method+" "+r.path)
		if names[r.name] || r.summary == "" || r.run == nil || r.rights < Reads || r.within < time.Second || r.most <= 0 {
			t.Errorf("%s %s is not complete, or its name %q is not its own", r.method, r.path, r.name)
		}
		names[r.name] = true
		o := doc.Paths.Value(r.path).GetOperation(r.method)
		if o == nil || o.OperationID != r.name || !strings.Contains(o.Description, r.rights.String()) {
			t.Errorf("%s %s is described as %+v", r.method, r.path, o)
		}
	}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			documented = append(documented, method+" "+path)
			if method == "GET" {
				continue
			}
			// Whatever it answers to a body that is no object, it is not that there is nothing.
			if status, body := send(t, h, method, strings.ReplaceAll(path, "{id}", "INC-9"), "[]"); status != 400 {
				t.Errorf("%s %s answers %d %s", method, path, status, body)
			}
		}
	}
	slices.Sort(there)
	slices.Sort(documented)
	if !slices.Equal(there, documented) {
		t.Errorf("served are\n%s\ndescribed are\n%s", strings.Join(there, "\n"), strings.Join(documented, "\n"))
	}
}

// TestSchemasAreWhatIsWritten: every named schema has exactly the fields that
// encoding/json writes of its type when all of them are set, and requires those that
// it writes when none is.
func TestSchemasAreWhatIsWritten(t *testing.T) {
	doc := described(t, local(t, twoPeople))
	types := map[string]reflect.Type{}
	for _, r := range (API{}).withDesk(t).routes() {
		collect(types, r.in)
		collect(types, r.out)
	}
	collect(types, reflect.TypeFor[Problem]())
	named := slices.Sorted(maps.Keys(doc.Components.Schemas))
	if got := slices.Sorted(maps.Keys(types)); !slices.Equal(got, named) || len(named) < 20 {
		t.Fatalf("the document names %q, the routes have %q", named, got)
	}
	for name, typ := range types {
		s := doc.Components.Schemas[name].Value
		full, empty := reflect.New(typ).Elem(), reflect.New(typ).Elem()
		fill(full, 0)
		if got, want := slices.Sorted(maps.Keys(s.Properties)), written(t, full); !slices.Equal(got, want) {
			t.Errorf("%s has the fields %q, and %q is written", name, got, want)
		}
		required := slices.Clone(s.Required)
		slices.Sort(required)
		if want := written(t, empty); !slices.Equal(required, want) {
			t.Errorf("%s requires %q, and %q is always written", name, required, want)
		}
		if s.AdditionalProperties.Has == nil || *s.AdditionalProperties.Has {
			t.Errorf("%s allows other fields", name)
		}
	}
}

// withDesk is an API that only knows its routes.
func (a API) withDesk(t *testing.T) API { t.Helper(); a.Desk = newCounter(t).desk; return a }

// collect finds the structs of a type that are named schemas.
func collect(into map[string]reflect.Type, t reflect.Type) {
	if t == nil {
		return
	}
	switch t {
	case reflect.TypeFor[time.Time](), reflect.TypeFor[json.RawMessage](), reflect.TypeFor[Severity]():
		return
	case reflect.TypeFor[Carried]():
		collect(into, reflect.TypeOf(Carried{}.person))
		collect(into, reflect.TypeOf(Carried{}.pool))
		return
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		collect(into, t.Elem())
	case reflect.Struct:
		if _, known := into[schemaName(t)]; known {
			return
		}
		into[schemaName(t)] = t
		members(into, t)
	}
}

func members(into map[string]reflect.Type, t reflect.Type) {
	for n := range t.NumField() {
		f := t.Field(n)
		switch {
		case f.Tag.Get("json") == "-":
		case f.Anonymous && f.Tag.Get("json") == "":
			members(into, f.Type)
		case f.IsExported():
			collect(into, f.Type)
		}
	}
}

// fill sets everything in a value to something.
func fill(v reflect.Value, depth int) {
	if depth > 6 || !v.CanSet() {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(1)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), depth+1)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, depth+1)
		fill(value, depth+1)
		v.SetMapIndex(key, value)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(1, 0)))
			return
		}
		for n := range v.NumField() {
			fill(v.Field(n), depth+1)
		}
	}
}

func written(t *testing.T, v reflect.Value) []string {
	t.Helper()
	body, err := json.Marshal(v.Interface())
	if err != nil {
		t.Fatalf("%s: %v", v.Type(), err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		t.Fatalf("%s: %v", v.Type(), err)
	}
	return slices.Sorted(maps.Keys(fields))
}

// conformant serves next, and fails the test when an answer, or a request that is
// answered with success, is not what the document says.
func conformant(t *testing.T, next http.Handler) http.Handler {
	t.Helper()
	return conforming(t, described(t, next), next)
}

// conforming is what conformant does, by a document.
func conforming(t *testing.T, doc *openapi3.T, next http.Handler) http.Handler {
	t.Helper()
	router, err := legacy.NewRouter(doc, openapi3.IsOpenAPI31OrLater())
	if err != nil {
		t.Fatal(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		rec := httptest.NewRecorder()
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(rec, r)
		maps.Copy(w.Header(), rec.Header())
		w.WriteHeader(rec.Code)
		w.Write(rec.Body.Bytes())
		route, params, err := router.FindRoute(r)
		if err != nil {
			return // there is nothing, or not by that method
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		checkAgainst(t, r, rec, route, params)
	})
}

func checkAgainst(t *testing.T, r *http.Request, rec *httptest.ResponseRecorder, route *routers.Route, params map[string]string) {
	t.Helper()
	options := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true}
	r = r.Clone(r.Context())
	r.Header.Set("Content-Type", "application/json")
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: options}
	if rec.Code < 300 {
		if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil {
			t.Errorf("%s %s was done, and the document does not allow it: %v", r.Method, r.URL, err)
		}
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: rec.Code, Header: rec.Header(), Options: options}
	out.SetBodyBytes(rec.Body.Bytes())
	if kind := rec.Header().Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
		return // documents in words have no schema
	}
	if err := openapi3filter.ValidateResponse(r.Context(), out); err != nil {
		t.Errorf("%s %s answered %d, and the document says otherwise: %v", r.Method, r.URL, rec.Code, err)
	}
}
