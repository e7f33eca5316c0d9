// Keydesk-bench holds the benchmarks of whole servers. That of the gate stands against a bare handler of echo and against
// nginx, and starts servers and load in processes of their own:
//
//	KEYDESK_BENCH_KEYS=1000000 go test ./cmd/keydesk-bench -run '^$' -bench 'Gate$' -benchtime 1x -timeout 1h
//
// How long the program takes to its first answer, on both databases, tells -bench GateStart.
//
// Beside it are those of the console's pages and of its exports, on both databases:
//
//	KEYDESK_BENCH_KEYS=1000000 go test ./cmd/keydesk-bench -run '^$' -bench 'Pages/postgres|Exports/postgres' -benchtime 1x -timeout 1h
//
// KEYDESK_BENCH_KEYS (100,000 at the gate, 20,000 in the console), KEYDESK_BENCH_SECONDS (1, of one round) and
// KEYDESK_BENCH_PAGES (a part of the addresses of the pages to measure) change what they do.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "The benchmark runs as: go test ./cmd/keydesk-bench -run '^$' -bench 'Gate$'")
	os.Exit(2)
}
