package httpd

import (
	"context"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/watchbill/watchbill/bot/desk"
	"github.com/watchbill/watchbill/incident"
)

// Rights are what somebody may do over the API, each with those before it.
type Rights int

// The rights.
const (
	Reads  Rights = iota + 1 // ask
	Writes                   // change incidents, pages and their own time on call
	Owns                     // what the owner of the process may do
)

func (r Rights) String() string { return [...]string{"none", "read", "write", "admin"}[r] }

// route is one thing that the API does: what serves it, and what describes it. Both
// the server and the OpenAPI document are made of the same list.
type route struct {
	name    string // unique; what generated clients call it
	method  string
	path    string // may hold {id}
	summary string
	rights  Rights
	query   []param
	in, out reflect.Type // bodies in JSON; nil: none
	kinds   []string     // media types of an answer that is not JSON
	created bool         // it may answer 201
	keyed   bool         // it takes an Idempotency-Key
	most    int64        // bytes of the body
	within  time.Duration
	run     func(r route, w http.ResponseWriter, c *call) error
}

// param is something that a question may say in its query.
type param struct {
	name, about string
	kind        string // string, integer, boolean, date-time or strings
}

const (
	maxQuestion = 4 << 10  // bytes of the body of a question, which has none
	maxCommand  = 64 << 10 // bytes of the body of a command: texts have 4,000 characters
	askTime     = time.Minute
	commandTime = 5 * time.Second
)

// question is a route that changes nothing.
func question[Out any](name, path, summary string, f func(*call) (Out, error), query ...param) route {
	return route{name: name, method: http.MethodGet, path: path, summary: summary, rights: Reads, query: query, out: reflect.TypeFor[Out](), most: maxQuestion, within: askTime,
		run: func(_ route, w http.ResponseWriter, c *call) error {
			v, err := f(c)
			if err == nil {
				write(w, http.StatusOK, v)
			}
			return err
		}}
}

// asked is a question that needs nothing of its request.
func asked[Out any](f func(context.Context) (Out, error)) func(*call) (Out, error) {
	return func(c *call) (Out, error) { return f(c.Context()) }
}

// document is a route whose answer is no JSON, or not always.
func document(name, path, summary string, kinds []string, f func(*call) (kind string, body []byte, err error), query ...param) route {
	return route{name: name, method: http.MethodGet, path: path, summary: summary, rights: Reads, query: query, kinds: kinds, most: maxQuestion, within: askTime,
		run: func(_ route, w http.ResponseWriter, c *call) error {
			kind, body, err := f(c)
			if err == nil {
				w.Header().Set("Content-Type", kind)
				w.Write(body)
			}
			return err
		}}
}

// request is a route with a body and an answer of its own kind.
func request[In, Out any](name, path, summary string, rights Rights, f func(*call, In) (Out, error)) route {
	return route{name: name, method: http.MethodPost, path: path, summary: summary, rights: rights, in: reflect.TypeFor[In](), out: reflect.TypeFor[Out](),
		keyed: true, most: maxCommand, within: commandTime,
		run: func(_ route, w http.ResponseWriter, c *call) error {
			var in In
			if err := c.decode(&in); err != nil {
				return err
			}
			v, err := f(c, in)
			if err == nil {
				write(w, http.StatusOK, v)
			}
			return err
		}}
}

// command is a route that changes an incident or a page.
func command[In any](name, path, summary string, f func(*call, desk.In, In) (desk.Answer, error)) route {
	r := request(name, path, summary, Writes, func(*call, In) (Outcome, error) { return Outcome{}, nil })
	r.run = func(r route, w http.ResponseWriter, c *call) error {
		var body In
		if err := c.decode(&body); err != nil {
			return err
		}
		in, err := c.in()
		if err != nil {
			return err
		}
		a, err := f(c, in, body)
		if err != nil {
			return err
		}
		status := http.StatusOK
		if r.created && a.Changed && !a.Exists {
			status = http.StatusCreated
			w.Header().Set("Location", "/v1/incidents/"+a.Incident)
		}
		if a.Repeated {
			w.Header().Set("Idempotent-Replayed", "true")
		}
		write(w, status, outcome(a))
		return nil
	}
	return r
}

func (r route) needs(rights Rights) route { r.rights = rights; return r }

// unkeyed says that asking twice is harmless without a key, and none is kept.
func (r route) unkeyed() route { r.keyed = false; return r }

func (r route) creates() route { r.created = true; return r }

func (r route) upTo(bytes int64) route { r.most, r.within = bytes, askTime; return r }

// asks checks the query of a request against what the route knows.
func (r route) asks(query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return unreadable("its query is not encoded as it must be: %s", incident.Clip(err.Error(), 100))
	}
	for name, list := range values {
		n := slices.IndexFunc(r.query, func(p param) bool { return p.name == name })
		switch {
		case n < 0 && len(r.query) == 0:
			return invalid("This takes no query, and there is %q.", incident.Clip(name, 60))
		case n < 0:
			return invalid("There is no %q to ask by; there are: %s.", incident.Clip(name, 60), strings.Join(r.params(), ", "))
		case len(list) > 1 && r.query[n].kind != "strings":
			return invalid("Say %s once.", name)
		case r.query[n].kind == "boolean" && list[0] != "true" && list[0] != "false":
			return invalid("%s is true or false.", name)
		}
	}
	return nil
}

// params are the names of what a query may say.
func (r route) params() []string {
	var names []string
	for _, p := range r.query {
		names = append(names, p.name)
	}
	return names
}

// mux serves routes to those whom the gate lets in.
func mux(routes []route, enter gate, observe func(route string, status int, took time.Duration)) *http.ServeMux {
	m := http.NewServeMux()
	methods := map[string][]string{}
	for _, r := range routes {
		m.Handle(r.method+" "+r.path, observed(r.name, serve(r, enter), observe))
		methods[r.path] = append(methods[r.path], r.method)
	}
	for path, list := range methods {
		m.Handle(path, otherwise(enter, func(w http.ResponseWriter, _ *http.Request) {
			otherMethod(w, slices.Sorted(slices.Values(list)))
		}))
	}
	m.Handle("/", otherwise(enter, nothingHere))
	return m
}

// otherwise answers what is no route; whoever the gate does not let in learns nothing.
func otherwise(enter gate, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := enter(r)
		if err != nil {
			refuse(w, err, false)
			return
		}
		defer who.leave()
		next(w, r)
	})
}

func nothingHere(w http.ResponseWriter, r *http.Request) {
	fail(w, http.StatusNotFound, incident.NotFound, "There is nothing at "+incident.Clip(r.URL.Path, 100)+".")
}

// observed tells how each request was answered.
func observed(name string, next http.Handler, observe func(string, int, time.Duration)) http.Handler {
	if observe == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		s := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(s, r)
		observe(name, s.status, time.Since(began))
	})
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (s *statusWriter) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}
