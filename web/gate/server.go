package gate

import (
	"log/slog"
	"net/http"
	"time"
)

// NewServer makes the gate's HTTP server with its deadlines and limits. A gateway keeps its connections longer than a
// client does, so idle ones live for two minutes.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // its texts are about connections, at a client's will
	}
}
