package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"keydesk/models/secret"
)

// load reads "address kind" lines, keeps the connections busy for one round each, and answers how many requests were
// answered with 204. It speaks HTTP by hand, so that it costs less than what it measures.
func load(in io.Reader, out io.Writer) error {
	var secrets []string
	if err := keys(func(_ int, s secret.Secret) error { secrets = append(secrets, s.Reveal()); return nil }); err != nil {
		return err
	}
	_, _ = fmt.Fprintln(out, "ready")
	for lines := bufio.NewScanner(in); lines.Scan(); {
		addr, _, _ := strings.Cut(lines.Text(), " ")
		n, err := drive(addr, secrets)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintln(out, n)
	}
	return nil
}

func drive(addr string, secrets []string) (int64, error) {
	var answered atomic.Int64
	var all sync.WaitGroup
	failed := make(chan error, connections)
	end := time.Now().Add(round())
	for c := range connections {
		all.Go(func() {
			n, err := ask(addr, secrets, uint64(c), end)
			answered.Add(n)
			if err != nil {
				failed <- err
			}
		})
	}
	all.Wait()
	select {
	case err := <-failed:
		return 0, err
	default:
		return answered.Load(), nil
	}
}

// ask sends one request after the other. Some keys are asked for far more often than others, as callers do: by Zipf's law.
// Both servers get the same requests.
func ask(addr string, secrets []string, seed uint64, end time.Time) (n int64, err error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return 0, err
	}
	defer func() { _ = c.Close() }()
	const before = "GET /gate/check?scope=yc.postbox.send HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAuthorization: Api-Key "
	request := []byte(before + secrets[0] + "\r\n\r\n")
	answer := make([]byte, 4096)
	zipf := rand.NewZipf(rand.New(rand.NewPCG(seed, 0)), 1.1, 1, uint64(len(secrets)-1))
	for time.Now().Before(end) {
		copy(request[len(before):], secrets[zipf.Uint64()])
		if _, err := c.Write(request); err != nil {
			return n, err
		}
		if err := receive(c, answer); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// receive reads one answer without a body.
func receive(c net.Conn, into []byte) error {
	got := 0
	for !bytes.HasSuffix(into[:got], []byte("\r\n\r\n")) {
		n, err := c.Read(into[got:])
		if err != nil {
			return err
		}
		got += n
	}
	if !bytes.HasPrefix(into, []byte("HTTP/1.1 204 ")) {
		return fmt.Errorf("answer: %s", into[:got])
	}
	return nil
}
