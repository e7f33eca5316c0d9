package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"syscall"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/secret"
	"keydesk/models/verify"
	"keydesk/web/gate"
)

func serveEcho(in io.Reader, out io.Writer) error {
	e := echo.New()
	e.GET("/gate/check", func(c echo.Context) error { return c.NoContent(http.StatusNoContent) })
	return serve(bareServer(e), in, out, nil)
}

// serveHeaders answers 204 with headers as long as the gate's.
func serveHeaders(in io.Reader, out io.Writer) error {
	same := map[string][]string{
		"Cache-Control": {"no-store"}, "Keydesk-Key-Id": {"aje00000000000000000"}, "Keydesk-Scope": {"yc.postbox.send"},
		"Keydesk-Service-Account-Id": {"aja00000000000000000"}, "Keydesk-Folder-Id": {"b1g00000000000000000"},
	}
	return serve(bareServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		maps.Copy(w.Header(), same)
		w.WriteHeader(http.StatusNoContent)
	})), in, out, nil)
}

// bareServer is net/http with the gate's deadlines.
func bareServer(h http.Handler) server { return gate.NewHTTPServer(h, slog.New(slog.DiscardHandler)) }

func serveGate(in io.Reader, out io.Writer) error {
	return loaded(in, out, func(h *gate.Handlers) server { return gate.NewServer(h, slog.New(slog.DiscardHandler)) })
}

func serveFullGate(in io.Reader, out io.Writer) error {
	return loaded(in, out, func(h *gate.Handlers) server { return bareServer(h) })
}

// loaded serves a gate that has loaded the keys.
func loaded(in io.Reader, out io.Writer, on func(*gate.Handlers) server) error {
	peppers, err := secret.NewPeppers(1, map[int][]byte{1: make([]byte, 32)})
	if err != nil {
		return err
	}
	keys, began := source{peppers}, time.Now()
	if _, _, err := keys.Load(context.Background(), forgotten); err != nil {
		return err
	}
	making, empty, began := time.Since(began), heapInUse(), time.Now()
	g, err := verify.New(verify.Config{ID: "gat00000000000000000", Name: "bench", Source: keys, Peppers: peppers, Now: time.Now})
	if err != nil {
		return err
	}
	go g.Run(context.Background())
	for !g.Ready() {
		time.Sleep(time.Millisecond)
	}
	facts := map[string]float64{"making": making.Seconds(), "loading": (time.Since(began) - making).Seconds(), "heap": heapInUse() - empty}
	return serve(on(gate.New(gate.Config{Gate: g, Now: time.Now})), in, out, facts)
}

func heapInUse() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// forgotten takes what a gate would load, and keeps nothing.
var forgotten = models.Loaded{
	Catalogue: func(models.OwnCatalogue) error { return nil },
	Account:   func(models.GateAccount) error { return nil },
	Key:       func(models.GateKey) error { return nil },
	Gateway:   func(models.Gateway) error { return nil },
}

type server interface{ Serve(net.Listener) error }

// serve prints its address, then what each line that comes in asks for, until none does: one of the facts, or its CPU time
// in µs.
func serve(s server, in io.Reader, out io.Writer, facts map[string]float64) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if path := os.Getenv("KEYDESK_BENCH_PROFILE"); path != "" {
		f, err := os.Create(path + "." + strings.ReplaceAll(os.Getenv("KEYDESK_BENCH_ROLE"), "/", "-"))
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	go func() { _ = s.Serve(listener) }()
	_, _ = fmt.Fprintln(out, listener.Addr())
	for lines := bufio.NewScanner(in); lines.Scan(); {
		if fact, ok := facts[lines.Text()]; ok {
			_, _ = fmt.Fprintln(out, fact)
			continue
		}
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			return err
		}
		_, _ = fmt.Fprintln(out, (u.Utime.Nano()+u.Stime.Nano())/1000)
	}
	return nil
}

// keys draws the same secrets in every process.
func keys(each func(i int, s secret.Secret) error) error {
	r := rand.NewChaCha8([32]byte{1})
	for i := range keyCount() {
		s, err := secret.New(r)
		if err != nil {
			return err
		}
		if err := each(i, s); err != nil {
			return err
		}
	}
	return nil
}

// source stands for a database that holds the keys and takes every batch at once: what it costs is not the gate's.
type source struct{ peppers *secret.Peppers }

var head = models.Change{Revision: 1, Token: "bench"}

func (source) Beat(_ context.Context, own models.Gate) (models.Gate, error) {
	own.SeenAt = time.Now()
	return own, nil
}

func (s source) Load(_ context.Context, into models.Loaded) (models.Change, time.Time, error) {
	if err := into.Catalogue(models.OwnCatalogue{BuiltIn: true}); err != nil {
		return head, time.Time{}, err
	}
	accounts := max(1, keyCount()/100)
	for i := range accounts {
		_ = into.Account(models.GateAccount{ID: fmt.Sprintf("aja%017d", i), FolderID: "b1g00000000000000000", Roles: []string{"postbox.sender"}})
	}
	err := keys(func(i int, plain secret.Secret) error {
		digest, _ := s.peppers.Digest(1, plain.Sum())
		return into.Key(models.GateKey{
			ID: fmt.Sprintf("aje%017d", i), AccountID: fmt.Sprintf("aja%017d", i%accounts), Scopes: []string{"yc.postbox.send"}, UsedBefore: true,
			Secrets: []models.GateSecret{{ID: fmt.Sprintf("sec%017d", i), Digest: digest, PepperVersion: 1}},
		})
	})
	return head, time.Now(), err
}

func (source) Feed(context.Context, int64) (models.Feed, error) {
	return models.Feed{From: head, Last: head, Now: time.Now()}, nil
}
func (source) Flush(context.Context, models.Flush) error { return nil }
func (source) Leave(context.Context, string) error       { return nil }
