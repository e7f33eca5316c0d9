package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/goccy/go-yaml"

	"keydesk/models"
)

// readServices reads the file of the installation's own services. Where it does not exist and nobody named it, no file
// manages the catalogue.
func readServices(path string, named bool) (models.OwnCatalogue, error) {
	own := models.OwnCatalogue{BuiltIn: true}
	b, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if errors.Is(err, os.ErrNotExist) && !named {
		return own, nil
	}
	if err != nil {
		return own, fmt.Errorf("the services file: %w", err)
	}
	own.Source, own.File = models.SourceFile, shortPath(path)
	if len(bytes.TrimSpace(b)) == 0 {
		return own, nil
	}
	if err := yaml.UnmarshalWithOptions(b, &own, yaml.DisallowUnknownField()); err != nil {
		return own, fmt.Errorf("the services file %s:\n%s", within(path), yaml.FormatError(err, false, true))
	}
	return own, nil
}

// shortPath names a file by its folder and its name. Everybody who signs in may read it, and what stands before tells of
// the machine and its users.
func shortPath(path string) string {
	return filepath.ToSlash(filepath.Join(filepath.Base(filepath.Dir(path)), filepath.Base(path)))
}
