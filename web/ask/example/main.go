// Command example is a service that asks the gate: it lists its orders to keys with the scope orders.read, and takes new
// ones from keys with orders.write.
//
//	go run ./web/ask/example -gate http://localhost:8081
//	curl -H "Authorization: Api-Key $SECRET" http://localhost:9000/orders
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"keydesk/web/ask"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	listen := flag.String("listen", "127.0.0.1:9000", "where the service listens")
	address := flag.String("gate", "http://localhost:8081", "the gate")
	credential := flag.String("gateway-file", "", "file with this service's credential, which a gate beyond loopback demands")
	flag.Parse()

	options := ask.Options{Gate: *address}
	if *credential != "" {
		text, err := os.ReadFile(*credential)
		if err != nil {
			return err
		}
		options.Gateway = strings.TrimSpace(string(text))
	}
	gate, err := ask.New(options)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	slog.Info("the service listens", "on", "http://"+l.Addr().String(), "gate", *address)
	server := &http.Server{Handler: routes(gate), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second}
	return server.Serve(l)
}

// routes say which scope each route demands.
func routes(gate *ask.Client) http.Handler {
	all := &orders{}
	mux := http.NewServeMux()
	mux.Handle("GET /orders", gate.Require("orders.read")(http.HandlerFunc(all.list)))
	mux.Handle("POST /orders", gate.Require("orders.write")(http.HandlerFunc(all.add)))
	return mux
}

// order is what somebody ordered, and by which key.
type order struct {
	What  string `json:"what"`
	KeyID string `json:"key_id"`
}

// orders are kept in memory.
type orders struct {
	mu  sync.Mutex
	all []order
}

const (
	maxOrder  = 1 << 10 // bytes
	maxOrders = 1000
)

func (o *orders) list(w http.ResponseWriter, _ *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(append([]order{}, o.all...))
}

func (o *orders) add(w http.ResponseWriter, r *http.Request) {
	what, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxOrder))
	if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
		http.Error(w, "an order has at most 1 KiB", http.StatusRequestEntityTooLarge)
		return
	} else if err != nil {
		http.Error(w, "the order broke off", http.StatusBadRequest)
		return
	}
	who, _ := ask.CallerFrom(r.Context()) // whom Require let pass
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all[max(0, len(o.all)+1-maxOrders):], order{string(what), who.KeyID})
	w.WriteHeader(http.StatusCreated)
}
