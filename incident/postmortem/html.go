package postmortem

import (
	"bytes"
	"fmt"
	"html/template"
)

// HTML writes the draft as one page that needs nothing from outside: no script,
// no image, no font. Its policy forbids all of them, also to what a browser adds.
func (d Draft) HTML() ([]byte, error) {
	var b bytes.Buffer
	if err := page.Execute(&b, d); err != nil {
		return nil, fmt.Errorf("write draft of %s as HTML: %w", d.ID, err)
	}
	return b.Bytes(), nil
}

var page = template.Must(template.New("page").Funcs(template.FuncMap{"clean": clean, "safe": safeURL, "stamp": stamp}).Parse(`
{{- define "runs"}}{{range .}}{{if .Struck}}<s>{{template "run" .}}</s>{{else}}{{template "run" .}}{{end}} {{end}}{{end}}
{{- define "run"}}{{with safe .URL}}<a rel="noopener noreferrer" href="{{.}}">{{end}}{{if .Quote}}<q>{{clean .Text}}</q>{{else}}{{clean .Text}}{{end}}{{if safe .URL}}</a>{{end}}{{end -}}
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{clean .ID}}: {{clean .Title}}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1d1c1d; }
h2 { margin-top: 2rem; border-bottom: 1px solid #ddd; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { border: 1px solid #ddd; padding: .3rem .5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
td:first-child { white-space: nowrap; }
q { white-space: pre-line; }
s { color: #616061; }
.no_data, .prompt { color: #616061; font-style: italic; }
.prompt { border-left: 4px solid #ddd; padding-left: 1rem; min-height: 4rem; }
.unconfirmed::before { content: "Unconfirmed: "; color: #616061; }
@media print {
body { font-size: 10pt; margin: 0; max-width: none; color: #000; }
h2 { break-after: avoid; }
tr, .prompt { break-inside: avoid; }
thead { display: table-header-group; }
a { color: inherit; text-decoration: none; }
}
</style>
</head>
<body>
<h1>{{clean .ID}}: {{clean .Title}}</h1>
{{- range .Sections}}
<section id="{{.ID}}">
<h2>{{clean .Title}}</h2>
{{- range .Blocks}}
{{- if .Head}}
<table>
<thead><tr>{{range .Head}}<th>{{clean .}}</th>{{end}}</tr></thead>
<tbody>
{{- range .Rows}}
<tr>{{range .}}<td>{{template "runs" .}}</td>{{end}}</tr>
{{- end}}
</tbody>
</table>
{{- else}}
<p{{with .Style}} class="{{.}}"{{end}}>{{template "runs" .Text}}</p>
{{- end}}
{{- end}}
{{- range .Prompts}}
<p class="prompt">{{clean .}}</p>
{{- end}}
</section>
{{- end}}
<footer><p>Written by Watchbill {{clean .Version}}, {{stamp .Written}} UTC, revision {{.Revision}}{{with .ChainHead}}, chain {{.}}{{end}}</p></footer>
</body>
</html>
`))
