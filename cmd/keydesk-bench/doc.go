// Keydesk-bench holds the benchmark of the gate against a bare handler of echo, as a Go benchmark that starts servers and
// load in processes of their own:
//
//	go test ./cmd/keydesk-bench -run '^$' -bench Gate
//
// KEYDESK_BENCH_KEYS (100,000) and KEYDESK_BENCH_SECONDS (2, of one round) change what it does.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "The benchmark runs as: go test ./cmd/keydesk-bench -run '^$' -bench Gate")
	os.Exit(2)
}
