package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

// cli is every command. Flags and environment variables are the same settings.
type cli struct {
	Settings

	Serve       serveCmd       `cmd:"" default:"withargs" help:"Run the console and a gate (the default)."`
	Gate        gateCmd        `cmd:"" help:"Run a gate alone, on Postgres: as many as are needed, beside those who ask them."`
	Migrate     migrateCmd     `cmd:"" help:"Bring the database's schema up to date."`
	Healthcheck healthcheckCmd `cmd:"" help:"Ask a running Keydesk whether it is ready; for containers."`
	Version     versionCmd     `cmd:"" help:"Print the version."`
	User        userCmd        `cmd:"" help:"People who sign in to the console."`
	Account     accountCmd     `cmd:"" help:"Service accounts."`
	Key         keyCmd         `cmd:"" help:"API keys."`
	Gateway     gatewayCmd     `cmd:"" help:"Credentials of gateways that ask a gate beyond loopback."`
	Token       tokenCmd       `cmd:"" help:"IAM tokens, for the management API."`
	Policy      policyCmd      `cmd:"" help:"How long new keys may live."`
	Audit       auditCmd       `cmd:"" help:"The audit log."`
	Restore     restoreCmd     `cmd:"" help:"A database that was restored from a backup."`
	Pepper      pepperCmd      `cmd:"" help:"The key outside the database under which secrets are digested."`
}

// Settings are shared by every command.
type Settings struct {
	Database     string `help:"sqlite:PATH or postgres://… (default: sqlite:<data-dir>/keydesk.db). KEYDESK_DATABASE_FILE names a file that holds it." env:"KEYDESK_DATABASE" placeholder:"URL"`
	DataDir      string `help:"Where the SQLite database, the pepper, the audit log's signing key and the revocation journal are." default:"keydesk-data" env:"KEYDESK_DATA_DIR" type:"path"`
	PepperFile   string `help:"The pepper's file (default: <data-dir>/pepper.json). All processes of one database use the same." env:"KEYDESK_PEPPER_FILE" placeholder:"FILE" type:"path"`
	TokenKeyFile string `help:"The file of the keys that sign IAM tokens (default: token.json beside the pepper). All processes of one database use the same." env:"KEYDESK_TOKEN_KEY_FILE" placeholder:"FILE" type:"path"`
	LogLevel     string `help:"debug, info, warn or error." enum:"debug,info,warn,error" default:"info" env:"KEYDESK_LOG_LEVEL"`
	LogFormat    string `help:"text or json, on stderr." enum:"text,json" default:"text" env:"KEYDESK_LOG_FORMAT"`
}

// dataDir is the default of Settings.DataDir.
const dataDir = "keydesk-data"

const (
	databaseFile  = "keydesk.db"
	pepperFile    = "pepper.json"
	tokenKeyFile  = "token.json"
	auditKeyFile  = "audit.key"
	auditHeadFile = "audit.head"
	servicesFile  = "services.yaml"
)

func (s Settings) databaseURL() string {
	if s.Database != "" {
		return s.Database
	}
	return "sqlite:" + filepath.Join(s.DataDir, databaseFile)
}

func (s Settings) pepperPath() string {
	if s.PepperFile != "" {
		return s.PepperFile
	}
	return filepath.Join(s.DataDir, pepperFile)
}

// tokenKeyPath is beside the pepper: both are keys that must not be in the database or its backups.
func (s Settings) tokenKeyPath() string {
	if s.TokenKeyFile != "" {
		return s.TokenKeyFile
	}
	return filepath.Join(filepath.Dir(s.pepperPath()), tokenKeyFile)
}

// logger writes to stderr: stdout belongs to what a command answers.
func (s Settings) logger(std stdio) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(s.LogLevel)) // kong checked it
	opt := &slog.HandlerOptions{Level: level}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(std.Err, opt))
	}
	return slog.New(slog.NewTextHandler(std.Err, opt))
}

// secretsFromFiles reads KEYDESK_DATABASE_FILE, for secrets that are mounted as files.
func secretsFromFiles() error {
	const name = "KEYDESK_DATABASE"
	path := os.Getenv(name + "_FILE")
	if path == "" || os.Getenv(name) != "" {
		return nil
	}
	b, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return fmt.Errorf("%s_FILE: %w", name, err)
	}
	return os.Setenv(name, strings.TrimSpace(string(b)))
}
