package store

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
)

// channel is where Postgres tells of a commit with changes that gates must know.
const channel = "keydesk_changes"

const (
	listenAgain = time.Second      // between tries to get a connection; doubled up to listenQuiet
	listenProof = 3 * time.Second  // how long a notification may take that proves that they arrive
	listenQuiet = 30 * time.Second // after so long without one the connection is asked whether it lives
)

// Listen calls heard after each commit with changes that gates must know, of any process, until the context ends; of some
// commits in a row perhaps once. It is a hint that makes changes faster: what is missed, a poll finds. On SQLite, where the
// processes of one machine poll a file, it returns at once.
func (s *Store) Listen(ctx context.Context, log *slog.Logger, heard func()) {
	if s.dialect != Postgres {
		return
	}
	again := listenAgain
	for ctx.Err() == nil {
		err := s.listen(ctx, log, func() { again = listenAgain; heard() })
		if ctx.Err() == nil && again == listenAgain { // the first failure in a row
			log.WarnContext(ctx, warning(err), slog.Any("err", err))
		}
		select {
		case <-ctx.Done():
		case <-time.After(again):
		}
		again = min(2*again, listenQuiet)
	}
}

// errDeaf says that a connection takes LISTEN, and delivers nothing.
var errDeaf = errors.New("no notification came back")

func warning(err error) string {
	if errors.Is(err, errDeaf) {
		return "notifications of changes do not arrive, as through a pooler in transaction mode; the poll carries the changes"
	}
	return "the connection that hears of changes is lost; the poll carries them until there is another"
}

// listen holds one connection until it fails.
func (s *Store) listen(ctx context.Context, log *slog.Logger, heard func()) error {
	conn, err := pgx.ConnectConfig(ctx, s.settings.Copy())
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), listenAgain)
		defer cancel()
		_ = conn.Close(closing)
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	if err := s.proveListening(ctx, conn, log); err != nil {
		return err
	}
	for {
		heard() // the first time, for what was missed
		if err := wait(ctx, conn); err != nil {
			return err
		}
	}
}

// wait returns with the next notification. A connection that is silent for long is asked whether it lives.
func wait(ctx context.Context, conn *pgx.Conn) error {
	for {
		quiet, cancel := context.WithTimeout(ctx, listenQuiet)
		_, err := conn.WaitForNotification(quiet)
		cancel()
		if err == nil || ctx.Err() != nil || quiet.Err() == nil {
			return err
		}
		asked, cancel := context.WithTimeout(ctx, patience)
		err = conn.Ping(asked)
		cancel()
		if err != nil {
			return err
		}
	}
}

// proveListening sends a notification over another connection and waits for it. A pooler that lends connections by the
// transaction, such as pgbouncer, takes LISTEN and delivers nothing.
func (s *Store) proveListening(ctx context.Context, conn *pgx.Conn, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, listenProof)
	defer cancel()
	mark, err := s.mark()
	if err != nil {
		return err
	}
	if err := translate(s.pools.hot.WithContext(ctx).Exec(`SELECT pg_notify(?, ?)`, channel, mark).Error); err != nil {
		return err
	}
	for {
		told, err := conn.WaitForNotification(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			return errDeaf
		}
		if err != nil {
			return err
		}
		if told.Payload == mark {
			log.DebugContext(ctx, "notifications of changes arrive")
			return nil
		}
	}
}

func (s *Store) mark() (string, error) {
	var raw [8]byte
	_, err := io.ReadFull(s.rand, raw[:])
	return hex.EncodeToString(raw[:]), err
}
