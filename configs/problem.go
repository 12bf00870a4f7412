package configs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing wrong with a configuration file.
type Problem struct {
	File       string `json:"file"`           // the configuration, or a calendar that it names
	Line       int    `json:"line"`           // from 1; 0 means the file as a whole
	Column     int    `json:"column"`         // from 1, in characters; 0 means the line as a whole
	Path       string `json:"path,omitempty"` // such as "services[0].owner"
	Message    string `json:"message"`
	Suggestion string `json:"suggestion,omitempty"`
	Warning    bool   `json:"warning,omitempty"` // the file can be used all the same
}

// String is the problem in one line, as compilers write it.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	if p.Column > 0 {
		fmt.Fprintf(&b, ":%d", p.Column)
	}
	b.WriteString(": ")
	if p.Warning {
		b.WriteString("warning: ")
	}
	b.WriteString(p.Message)
	if p.Suggestion != "" {
		b.WriteString("; " + p.Suggestion)
	}
	return b.String()
}

// Problems are all that is wrong with a file, in the order of its lines.
type Problems []Problem

// Error lists the problems, one per line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Errors are the problems for which the file is refused.
func (ps Problems) Errors() Problems {
	return slices.DeleteFunc(slices.Clone(ps), func(p Problem) bool { return p.Warning })
}

// Warnings are the problems with which the file is in force.
func (ps Problems) Warnings() Problems {
	return slices.DeleteFunc(slices.Clone(ps), func(p Problem) bool { return !p.Warning })
}

// sort orders by line, and puts what is about other files behind.
func (ps Problems) sort(file string) {
	other := func(p Problem) string {
		if p.File == file {
			return ""
		}
		return p.File
	}
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(other(a), other(b)), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// maxProblems is how many errors of one file are reported, and how many warnings.
const maxProblems = 100

// report collects problems and knows where in the file each path stands.
type report struct {
	file     string
	problems Problems
	errors   int // all there are, reported or not
	warnings int // likewise
	marks    map[string]mark
	spoilt   map[string]bool // paths that were not read: their values mean nothing
	partial  map[string]bool // paths with a spoilt one at or below them
	unfolds  bool            // into more than is read: nothing about the file means anything
}

// mark is a place in the file.
type mark struct{ line, column int }

func newReport(file string) *report {
	return &report{file: file, marks: map[string]mark{}, spoilt: map[string]bool{}, partial: map[string]bool{}}
}

func (r *report) at(m mark, path, suggestion, format string, args ...any) {
	r.add(Problem{Line: m.line, Column: m.column, Path: path, Message: fmt.Sprintf(format, args...), Suggestion: suggestion})
}

// problem reports what is wrong with the value at a path, unless the value could not
// be read and that was said already.
func (r *report) problem(path, suggestion, format string, args ...any) {
	r.checked(Problem{Path: path, Message: fmt.Sprintf(format, args...), Suggestion: suggestion})
}

func (r *report) warn(path, suggestion, format string, args ...any) {
	r.checked(Problem{Path: path, Message: fmt.Sprintf(format, args...), Suggestion: suggestion, Warning: true})
}

func (r *report) checked(p Problem) {
	for at := p.Path; at != ""; at = parent(at) {
		if r.spoilt[at] {
			return
		}
	}
	m := r.place(p.Path)
	p.Line, p.Column = m.line, m.column
	r.add(p)
}

func (r *report) add(p Problem) {
	count := &r.errors
	if p.Warning {
		count = &r.warnings
	}
	if *count++; *count > maxProblems {
		return
	}
	p.File = cmp.Or(p.File, r.file)
	p.Path, p.Message, p.Suggestion = withoutTokens(p.Path), withoutTokens(p.Message), withoutTokens(p.Suggestion)
	r.problems = append(r.problems, p)
}

// place is where the path stands, or the nearest thing around it.
func (r *report) place(path string) mark {
	for at := path; at != ""; at = parent(at) {
		if m, ok := r.marks[at]; ok {
			return m
		}
	}
	return mark{}
}

// where is the place of a path as "watchbill.yaml:12".
func (r *report) where(path string) string {
	if m := r.place(path); m.line > 0 {
		return fmt.Sprintf("%s:%d", r.file, m.line)
	}
	return r.file
}

// spoil marks a path as not read.
func (r *report) spoil(path string) {
	r.spoilt[path] = true
	for at := path; at != "" && !r.partial[at]; at = parent(at) {
		r.partial[at] = true
	}
}

// incomplete says whether something at or below the path could not be read.
func (r *report) incomplete(path string) bool { return r.partial[path] }

// full says whether further errors are only counted.
func (r *report) full() bool { return r.errors >= maxProblems }

// done returns the problems in order.
func (r *report) done() Problems {
	r.problems.sort(r.file)
	if more := r.errors - maxProblems; more > 0 {
		r.problems = append(r.problems, Problem{File: r.file, Message: fmt.Sprintf("%d more errors are not shown", more), Suggestion: "mend these first"})
	}
	if more := r.warnings - maxProblems; more > 0 {
		r.problems = append(r.problems, Problem{File: r.file, Message: fmt.Sprintf("%d more warnings are not shown", more), Warning: true})
	}
	return r.problems
}

// parent is the path without its last step.
func parent(path string) string {
	return path[:max(strings.LastIndexAny(path, ".["), 0)]
}

func join(path, key string) string {
	if path == "" || key == "" {
		return path + key
	}
	return path + "." + key
}
