// Package apidocs serves the description of the REST surface: as pages, and as an OpenAPI document for programs. The document
// is made by the package generate out of the services' descriptors and committed; a test holds the two together.
//
// Whoever reaches the console may read it, signed in or not: the API is that of published definitions and the gate's is in
// the README, so there is nothing to hide, and those who write clients often have no account on the desk. It says nothing of
// the installation.
package apidocs

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the document
	"encoding/hex"
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	pages "keydesk/views/apidocs"
	"keydesk/views/layout"
	"keydesk/web/openapi"
	"keydesk/web/render"
)

//go:embed openapi.json
var document []byte

// Handler answers the pages and the document.
type Handler struct {
	frame    func(echo.Context) layout.Page
	overview pages.Overview
	document []byte
	tag      string // of the document's bytes
}

// New reads the document. frame is what the pages stand in.
func New(frame func(echo.Context) layout.Page) *Handler {
	var d openapi.Document
	var compact bytes.Buffer
	if err := json.Unmarshal(document, &d); err != nil {
		panic(err) // it is part of the program
	}
	if err := json.Compact(&compact, document); err != nil {
		panic(err)
	}
	sum := sha256.Sum256(compact.Bytes())
	return &Handler{frame: frame, overview: overview(&d), document: compact.Bytes(), tag: `"` + hex.EncodeToString(sum[:8]) + `"`}
}

// Overview is the page with every method.
func (h *Handler) Overview(c echo.Context) error {
	return render.Page(c, http.StatusOK, pages.OverviewPage(h.frame(c), h.overview))
}

// Service is the page of one service.
func (h *Handler) Service(c echo.Context) error {
	for _, s := range h.overview.Services {
		if s.Slug == c.Param("service") {
			return render.Page(c, http.StatusOK, pages.ServicePage(h.frame(c), s, h.overview.Services))
		}
	}
	return models.NewError(models.NotFound, "not_found", "The API has no such service. Its description lists them all.")
}

// Document is the OpenAPI document.
func (h *Handler) Document(c echo.Context) error {
	header := c.Response().Header()
	header.Set("Etag", h.tag)
	header.Set(echo.HeaderCacheControl, "no-cache") // ask again, and be told that it is the same
	if c.Request().Header.Get("If-None-Match") == h.tag {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, h.document)
}
