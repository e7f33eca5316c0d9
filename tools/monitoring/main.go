// Command monitoring checks what Keydesk ships for Prometheus and Grafana, with Prometheus's own parsers: alert rules, and
// every query of a dashboard. It prints each metric that they ask for, with its file, so that a test can look for it in what
// a running Keydesk exports.
//
//	go run -C tools/monitoring . FILE…
//
// It is a module of its own: Prometheus is large, and nothing of it is linked into the product.
package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	var problems []error
	for _, file := range os.Args[1:] {
		metrics, err := check(file)
		if err != nil {
			problems = append(problems, err)
		}
		for _, m := range metrics {
			fmt.Println(filepath.Base(file), m)
		}
	}
	if err := errors.Join(problems...); err != nil || len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "monitoring:", err)
		os.Exit(1)
	}
}

// check parses a file by its kind and gives the names of the metrics that it asks for.
func check(file string) ([]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var queries []string
	switch filepath.Ext(file) {
	case ".yaml", ".yml":
		queries, err = rules(text)
	case ".json":
		queries, err = dashboard(text)
	default:
		err = errors.New("is neither rules (.yaml) nor a dashboard (.json)")
	}
	found := map[string]bool{}
	if err == nil && len(queries) == 0 {
		err = errors.New("has no query: it is not what it is taken for")
	}
	for _, q := range queries {
		err = errors.Join(err, asked(q, found))
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", file, err)
	}
	return slices.Sorted(maps.Keys(found)), err
}
