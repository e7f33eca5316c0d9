package main

import (
	"crypto/rand"
	"net/http"
	"runtime"
	"time"

	"keydesk"
	"keydesk/models/manage"
	"keydesk/models/store"
	"keydesk/web"
	"keydesk/web/console"
	"keydesk/web/iamv1"
	"keydesk/web/session"
	"keydesk/web/signin"
)

// usesLag is how far the counting of uses is behind at most: one flush.
const usesLag = 2 * time.Second

// newConsole puts the console's server together.
func (h *host) newConsole(cfg serving, signer manage.Signer) (*http.Server, error) {
	sessions, err := session.New(h.People, session.Options{Secure: cfg.secure, Demo: cfg.demo != nil, PublicURL: cfg.publicURL, Rand: rand.Reader})
	if err != nil {
		return nil, err
	}
	pages := &console.Handler{
		Desk: h.Desk, SignIn: h.People, Now: time.Now, GateURL: "http://" + localName(cfg.gateListener.Addr().String()),
		Lag: usesLag, PublicURL: cfg.publicURL, APIEndpoint: cfg.apiEndpoint, InsecureHTTP: cfg.insecure, Demo: cfg.demo.pages(sessions), Program: console.Program{
			Version: version, Go: runtime.Version(), Database: h.databaseKind(), StartedAt: time.Now(), Licence: keydesk.Licence, ThirdParty: keydesk.ThirdParty,
		},
		Witness: func() (manage.Witness, error) { return h.witness(signer) },
	}
	api, err := iamv1.New(iamv1.Config{
		Desk: h.Desk, Count: h.People.CountCredential, Endpoint: cfg.apiEndpoint, Address: web.Address(cfg.trusted), Log: h.Log, Now: time.Now, Rand: rand.Reader,
	})
	if err != nil {
		return nil, err
	}
	return web.New(web.Config{
		Console: pages, SignIn: &signin.Handler{Service: h.People, Sessions: sessions, Page: pages.Titled}, Sessions: sessions,
		PublicURL: cfg.publicURL, Secure: cfg.secure, Trusted: cfg.trusted, Log: h.Log, Now: time.Now, Rand: rand.Reader,
		API: api,
	})
}

// databaseKind names the database by its kind alone: where it is tells of the machine.
func (h *host) databaseKind() string {
	if h.Store.Dialect() == store.SQLite {
		return "SQLite"
	}
	return "Postgres"
}
