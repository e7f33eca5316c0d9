package apidocs

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	pages "keydesk/views/apidocs"
	"keydesk/web/openapi"
)

// overview is the document as its pages show it.
func overview(d *openapi.Document) pages.Overview {
	o := pages.Overview{Text: d.Info.Description}
	for _, number := range slices.Sorted(maps.Keys(d.Components.Responses)) {
		o.Statuses = append(o.Statuses, pages.Status{Number: number, Text: d.Components.Responses[number].Description})
	}
	for _, tag := range d.Tags {
		s := pages.Service{Name: tag.Name, Slug: strings.ReplaceAll(strings.ToLower(tag.Name), " ", "-"), Text: tag.Description}
		for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
			for _, m := range d.Paths[path].Methods() {
				first := len(s.Methods) - 1
				switch {
				case !slices.Contains(m.Tags, tag.Name):
				case first >= 0 && m.ID == s.Methods[first].ID+"."+strings.ToLower(m.Verb): // answered alike
					s.Methods[first].Verb += ", " + m.Verb
				default:
					s.Methods = append(s.Methods, page(d, path, m))
				}
			}
		}
		o.Services = append(o.Services, s)
	}
	return o
}

// page is a method as its page shows it.
func page(d *openapi.Document, path string, m openapi.Method) pages.Method {
	p := pages.Method{
		ID: m.ID, Verb: m.Verb, Path: path, Summary: m.Summary, Text: m.Description, Credential: credential(m.Operation), Curl: curl(path, m),
	}
	for _, given := range m.Parameters {
		if name, isRef := strings.CutPrefix(given.Ref, openapi.ParameterRef); isRef {
			given = d.Components.Parameters[name]
		}
		p.Parameters = append(p.Parameters, pages.Row{
			Name: given.Name, Where: given.In, Type: kind(d, given.Schema), Text: remark(given.Description, given.Deprecated), Required: given.Required,
		})
	}
	if m.Body != nil {
		p.Body = rows(d, m.Body.Content["application/json"].Schema, "", nil)
	}
	for _, status := range slices.Sorted(maps.Keys(m.Responses)) {
		r := m.Responses[status]
		switch {
		case r.Ref != "":
			p.Refusals = append(p.Refusals, pages.Status{Number: status})
		case status >= "400":
			p.Refusals = append(p.Refusals, pages.Status{Number: status, Text: r.Description})
		default:
			p.Answers = append(p.Answers, answer(d, status, r))
		}
	}
	return p
}

func answer(d *openapi.Document, status string, r *openapi.Response) pages.Answer {
	a := pages.Answer{Status: status, Text: r.Description}
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		a.Rows = append(a.Rows, pages.Row{Name: name, Where: "header", Type: "text", Text: r.Headers[name].Description})
	}
	for _, kind := range slices.Sorted(maps.Keys(r.Content)) {
		s := r.Content[kind].Schema
		if len(s.AllOf) == 2 { // an operation and what it is about
			a.Operation, s = true, s.AllOf[1]
		}
		a.Rows = append(a.Rows, rows(d, s, "", nil)...)
	}
	return a
}

func credential(o *openapi.Operation) string {
	if o.Security == nil {
		return "Needs an IAM token."
	}
	var ways []string
	for _, way := range *o.Security {
		ways = append(ways, strings.Join(slices.Sorted(maps.Keys(way)), " + "))
	}
	switch strings.Join(ways, ", ") {
	case "apiKey, apiKey + gateway":
		return "Needs an API key; and beyond loopback the gateway's credential, in the header Keydesk-Gateway."
	case ", gateway":
		return "Needs, beyond loopback, the service's credential in the header Keydesk-Gateway."
	}
	return "Needs no credential."
}

// resolve follows a reference to the schemas, and names it.
func resolve(d *openapi.Document, s *openapi.Schema) (to *openapi.Schema, name string) {
	if name, isRef := strings.CutPrefix(s.Ref, openapi.SchemaRef); isRef {
		return d.Components.Schemas[name], name
	}
	return s, ""
}

// rows lists the fields of a schema with those of what is in them, required ones first. above are the schemas that the
// fields stand in: one that holds itself is not followed.
func rows(d *openapi.Document, s *openapi.Schema, before string, above []string) (all []pages.Row) {
	s, name := resolve(d, s)
	if name != "" && slices.Contains(above, name) {
		return nil
	}
	above = append(slices.Clone(above), name)
	names := slices.Sorted(maps.Keys(s.Properties))
	slices.SortStableFunc(names, func(a, b string) int { return order(s, a) - order(s, b) })
	for _, field := range names {
		f := s.Properties[field]
		full := before + field
		if f.Items != nil {
			full += "[]"
		}
		all = append(all, pages.Row{Name: full, Type: kind(d, f), Text: remark(f.Description, f.Deprecated), Required: slices.Contains(s.Required, field)})
		inner := f
		if f.Items != nil {
			inner = f.Items
		}
		all = append(all, rows(d, inner, full+".", above)...)
	}
	return all
}

func order(s *openapi.Schema, field string) int {
	switch {
	case slices.Contains(s.Required, field):
		return 0
	case s.Properties[field].Deprecated:
		return 2
	}
	return 1
}

func remark(text string, deprecated bool) string {
	if deprecated {
		return strings.TrimSpace("Deprecated. " + text)
	}
	return text
}

// curl is a line that asks: with the example where there is one.
func curl(path string, m openapi.Method) string {
	line := []string{"curl"}
	if m.Verb != "GET" && (m.Verb != "POST" || m.Body == nil) {
		line = append(line, "-X "+m.Verb)
	}
	base := "$KEYDESK"
	switch {
	case slices.Contains(m.Tags, "Gate"):
		base = "$GATE"
		if m.Security != nil && len(*m.Security) > 0 && (*m.Security)[0]["apiKey"] != nil {
			line = append(line, `-H "Authorization: Api-Key $SECRET"`)
		}
	case m.Security == nil:
		line = append(line, `-H "Authorization: Bearer $IAM_TOKEN"`)
	}
	address := base + variables(path)
	if query := queryOf(m); query != "" {
		address += "?" + query
	}
	line = append(line, `"`+address+`"`)
	if m.Body != nil {
		body, err := json.Marshal(m.Body.Content["application/json"].Example)
		if err != nil {
			panic(err) // it was JSON a moment ago
		}
		line = append(line, `-H "Content-Type: application/json"`, `-d '`+string(body)+`'`)
	}
	return strings.Join(line, " ")
}

// variables writes the parameters of a path as the shell's: {apiKeyId} is $API_KEY_ID.
func variables(path string) string {
	var b strings.Builder
	for rest := path; ; {
		before, after, found := strings.Cut(rest, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, behind, _ := strings.Cut(after, "}")
		b.WriteString("${" + upper(name) + "}")
		rest = behind
	}
}

func upper(name string) string {
	var b strings.Builder
	for _, r := range name {
		if 'A' <= r && r <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToUpper(b.String())
}

// queryOf names what a list cannot do without.
func queryOf(m openapi.Method) string {
	var all []string
	for _, p := range m.Parameters {
		switch {
		case p.In != "query":
		case p.Name == "scope":
			all = append(all, "scope=orders.read")
		case p.Required, p.Name == "serviceAccountId":
			all = append(all, p.Name+"=$"+upper(p.Name))
		}
	}
	return strings.Join(all, "&")
}
