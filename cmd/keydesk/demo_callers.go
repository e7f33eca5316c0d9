package main

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"keydesk/models/secret"
)

// caller is a program of the company that really asks the gate while the demo runs.
type caller struct {
	secret secret.Secret
	use    demoUse
}

// callers are the programs that ask. What becomes of their keys in the console is nothing to them: they ask on.
func (p *past) callers() (all []caller) {
	for _, group := range demoKeys {
		for _, k := range group {
			secrets := p.keys[k.handle()].secrets
			for _, u := range k.uses {
				if u.every == 0 {
					continue
				}
				s := secrets[len(secrets)-1]
				if u.old {
					s = secrets[max(0, len(secrets)-2)]
				}
				all = append(all, caller{s, u})
			}
		}
	}
	return all
}

// askWithin is far more than a gate on the same machine takes.
const askWithin = 3 * time.Second

// ask lets every caller ask at its own pace until the context ends. Where this is no demo nobody asks.
func (d *demo) ask(ctx context.Context, gate string) {
	if d == nil {
		return
	}
	transport := &http.Transport{MaxIdleConnsPerHost: len(d.callers)}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: askWithin}
	var asking sync.WaitGroup
	var chance demoChance
	for _, c := range d.callers {
		own := demoChance(chance.next())
		asking.Go(func() { c.run(ctx, client, gate, own) })
	}
	asking.Wait()
}

// run asks until the context ends. The first time comes sooner, so that much moves as soon as somebody looks.
func (c caller) run(ctx context.Context, client *http.Client, gate string, chance demoChance) {
	wait := time.NewTimer(chance.around(c.use.every) / 3)
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wait.C:
		}
		c.once(ctx, client, gate, c.use.hosts[chance.below(len(c.use.hosts))])
		wait.Reset(chance.around(c.use.every))
	}
}

// once asks as a gateway does that stands before the company's services and knows from which host it was asked. What the gate
// answers is the console's to show.
func (c caller) once(ctx context.Context, client *http.Client, gate, host string) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, gate+"/gate/check?scope="+url.QueryEscape(c.use.scope), nil)
	if err != nil {
		return
	}
	q.Header.Set("Authorization", "Api-Key "+c.secret.Reveal())
	q.Header.Set("X-Forwarded-For", host)
	q.Header.Set("User-Agent", c.use.agent)
	answer, err := client.Do(q)
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
}
