package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

var promQL = parser.NewParser(parser.Options{})

// rules gives the queries of a file of alert rules. Each alert has to say how bad it is, what happened, what to do, and where
// the runbook has more.
func rules(text []byte) (queries []string, err error) {
	groups, problems := rulefmt.Parse(text, false, model.UTF8Validation, promQL, slog.New(slog.DiscardHandler))
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	for _, g := range groups.Groups {
		for _, r := range g.Rules {
			queries = append(queries, r.Expr)
			for _, name := range []string{"summary", "description", "runbook_url"} {
				if r.Annotations[name] == "" {
					err = errors.Join(err, fmt.Errorf("alert %s has no %s", r.Alert, name))
				}
			}
			if r.Labels["severity"] == "" {
				err = errors.Join(err, fmt.Errorf("alert %s has no severity", r.Alert))
			}
		}
	}
	return queries, err
}

// dashboard gives the queries of a Grafana dashboard, its panels in rows included.
func dashboard(text []byte) (queries []string, err error) {
	var board any
	if err := json.Unmarshal(text, &board); err != nil {
		return nil, err
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, inside := range v {
				if q, is := inside.(string); is && name == "expr" {
					queries = append(queries, filled(q))
				}
				walk(inside)
			}
		case []any:
			for _, inside := range v {
				walk(inside)
			}
		}
	}
	walk(board)
	return queries, nil
}

var variable = regexp.MustCompile(`\$[a-z_]+`)

// filled puts something in the place of Grafana's variables, as Grafana does before it asks.
func filled(query string) string {
	query = strings.ReplaceAll(query, "$__rate_interval", "1m")
	return variable.ReplaceAllString(query, "any")
}

// asked parses a query and adds the metrics that it asks for.
func asked(query string, found map[string]bool) error {
	expr, err := promQL.ParseExpr(query)
	if err != nil {
		return fmt.Errorf("%q: %w", query, err)
	}
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		if s, is := n.(*parser.VectorSelector); is {
			for _, m := range s.LabelMatchers {
				if m.Name == labels.MetricName {
					found[m.Value] = true
				}
			}
		}
		return nil
	})
	return nil
}
