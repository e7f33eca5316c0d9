package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"time"

	"keydesk/models/secret"
)

// load reads lines of an address, a number of connections and a pace. Without a pace (0) it keeps the connections busy for one
// round and answers how many requests were answered with 204; with so many requests a second it answers in how many µs half
// of them, and 99 of 100, were answered. It speaks HTTP by hand, so that it costs less than what it measures.
func load(in io.Reader, out io.Writer) error {
	var secrets []string
	if err := keys(func(_ int, s secret.Secret) error { secrets = append(secrets, s.Reveal()); return nil }); err != nil {
		return err
	}
	_, _ = fmt.Fprintln(out, "ready")
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var addr string
		var connections, pace int
		if _, err := fmt.Sscan(lines.Text(), &addr, &connections, &pace); err != nil {
			return err
		}
		took, err := drive(addr, secrets, connections, pace)
		switch {
		case err != nil:
			return err
		case pace == 0:
			_, _ = fmt.Fprintln(out, len(took))
		default:
			slices.Sort(took)
			_, _ = fmt.Fprintln(out, took[len(took)/2].Microseconds(), took[len(took)*99/100].Microseconds())
		}
	}
	return nil
}

func drive(addr string, secrets []string, connections, pace int) (took []time.Duration, err error) {
	var all sync.WaitGroup
	var mu sync.Mutex
	begin := time.Now()
	for c := range connections {
		all.Go(func() {
			s := schedule{begin: begin.Add(time.Duration(c) * time.Second / time.Duration(max(pace, 1))), end: begin.Add(round())}
			if pace > 0 {
				s.every = time.Duration(connections) * time.Second / time.Duration(pace)
			} else {
				s.begin = begin
			}
			list, failed := ask(addr, secrets, uint64(c), s)
			mu.Lock()
			defer mu.Unlock()
			took = append(took, list...)
			err = errors.Join(err, failed)
		})
	}
	all.Wait()
	return took, err
}

// schedule is when the requests of one connection are due; every is 0 where each follows the one before.
type schedule struct {
	begin, end time.Time
	every      time.Duration
}

// wait gives the time from which request i counts: when it was due, where the answer before was late. That a sleep takes
// too long is not the server's doing.
func (s schedule) wait(i int) time.Time {
	now, due := time.Now(), s.begin.Add(time.Duration(i)*s.every)
	if s.every == 0 {
		return now
	}
	if due.After(now) {
		time.Sleep(due.Sub(now))
		return time.Now()
	}
	return due
}

// ask sends one request after the other. Some keys are asked for far more often than others, as callers do: by Zipf's law.
// All servers get the same requests.
func ask(addr string, secrets []string, seed uint64, s schedule) (took []time.Duration, err error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	const before = "GET /gate/check?scope=yc.postbox.send HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAuthorization: Api-Key "
	request := []byte(before + secrets[0] + "\r\n\r\n")
	answer := make([]byte, 4096)
	zipf := rand.NewZipf(rand.New(rand.NewPCG(seed, 0)), 1.1, 1, uint64(len(secrets)-1))
	for from := s.wait(0); from.Before(s.end); from = s.wait(len(took)) {
		copy(request[len(before):], secrets[zipf.Uint64()])
		if _, err := c.Write(request); err != nil {
			return took, err
		}
		if err := receive(c, answer); err != nil {
			return took, err
		}
		took = append(took, time.Since(from))
	}
	return took, nil
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
