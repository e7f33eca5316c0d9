// Command keydesk is the console for service accounts and their scoped API keys, and the gate that makes the keys work.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"keydesk/models"
)

// version is set by the linker for a release.
var version = "dev"

// Exit statuses of every command.
const (
	exitDone    = 0
	exitRefused = 1
	exitUsage   = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], stdio{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(status)
}

// stdio is where a command reads and writes.
type stdio struct {
	In       io.Reader
	Out, Err io.Writer
}

// run parses and carries out one command, and gives the process's exit status.
func run(ctx context.Context, args []string, std stdio) int {
	var c cli
	if err := secretsFromFiles(); err != nil {
		return fail(std, err)
	}
	exited := -1
	parser, err := kong.New(&c,
		kong.Name("keydesk"),
		kong.Description("Service accounts, their scoped API keys, and the gate that checks them."),
		kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Writers(std.Out, std.Err),
		kong.Exit(func(code int) { exited = code }),
		kong.Vars{"version": version},
	)
	if err != nil {
		return fail(std, err)
	}
	kctx, err := parser.Parse(args)
	if exited >= 0 { // --help
		return exited
	}
	if err != nil {
		_, _ = fmt.Fprintf(std.Err, "keydesk: %v\nTry: keydesk%s --help\n", err, wanted(err))
		return exitUsage
	}
	kctx.BindTo(ctx, (*context.Context)(nil))
	kctx.Bind(std, &c.Settings)
	if err := kctx.Run(); err != nil {
		return fail(std, err)
	}
	return exitDone
}

// wanted is the command that was called wrongly, as its help is asked for.
func wanted(err error) string {
	var parse *kong.ParseError
	if !errors.As(err, &parse) || parse.Context == nil {
		return ""
	}
	path := ""
	for _, p := range parse.Context.Path {
		if p.Command != nil && p.Command != parse.Context.Model.DefaultCmd {
			path += " " + p.Command.Name
		}
	}
	return path
}

// usageError is a mistake in how a command was called.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

// plain is an error for the one at the terminal: a refusal's own words, each once, without what caused it in the database.
func plain(err error) string {
	var e *models.Error
	if !errors.As(err, &e) || e.Code == models.Internal || e.Code == models.Unavailable {
		return err.Error()
	}
	words := e.Text
	if len(e.Fields) > 0 {
		var lines []string
		for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
			lines = append(lines, strings.TrimPrefix(name+": "+e.Fields[name], ": "))
		}
		words = strings.Join(lines, "\n  ")
	}
	return strings.Replace(err.Error(), e.Error(), words, 1)
}

func fail(std stdio, err error) int {
	_, _ = fmt.Fprintf(std.Err, "keydesk: %s\n", plain(err))
	var usage usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitRefused
}
