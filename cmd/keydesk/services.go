package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/goccy/go-yaml"

	"keydesk/models"
)

// readServices reads the file of the installation's own services. Where it does not exist and nobody named it, there are none.
func readServices(path string, named bool) (models.OwnCatalogue, error) {
	own := models.OwnCatalogue{BuiltIn: true}
	b, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if errors.Is(err, os.ErrNotExist) && !named {
		return own, nil
	}
	if err != nil {
		return own, fmt.Errorf("the services file: %w", err)
	}
	own.Source = "file"
	if len(bytes.TrimSpace(b)) == 0 {
		return own, nil
	}
	if err := yaml.UnmarshalWithOptions(b, &own, yaml.DisallowUnknownField()); err != nil {
		return own, fmt.Errorf("the services file %s:\n%s", within(path), yaml.FormatError(err, false, true))
	}
	return own, nil
}
