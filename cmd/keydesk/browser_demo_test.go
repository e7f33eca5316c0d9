package main

import (
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestDemoStory is the two-minute story, as whoever tries the demo lives it: the link on the terminal, then its people one
// after another, each with what is theirs to do.
func TestDemoStory(t *testing.T) {
	s := demoPlace(t).serve("--demo")
	b := browse(t)
	b.open(s.console + s.demoLink())
	b.heading("Service accounts")
	b.shows("Demo.", "nothing here is kept")
	b.follow("storefront")
	b.seesDatesMove("Shop, production")
	b.makesAKeyAndUsesIt(s)

	b.becomes("Reviewer", mei)
	b.findsWhatNobodyUses()

	b.becomes("Responder", sam)
	b.revokesALeakedSecret(s)

	b.becomes("Administrator", olga)
	b.follow("Audit log")
	b.follow("Verify from the start")
	b.shows("Verified from the start up to event")
	b.follow("Sign out")
	b.heading("Sign in")
	b.shows("The link on the demo's terminal signs you in.")
	b.open(s.console + s.demoLink())
	b.heading("Service accounts")
}

// makesAKeyAndUsesIt: two scopes are chosen, the line that the page offers is run, and the page knows of it.
func (b *tab) makesAKeyAndUsesIt(s *server) {
	b.t.Helper()
	b.follow("Create API key")
	b.fill("Description", "Made in the story")
	b.tick("orders.read")
	b.tick("catalog.read")
	b.follow("Create key")
	b.issuedSecret("Key created: Made in the story")
	line := eval[string](b, `document.getElementById("ready-curl").textContent`)
	if got := b.runs(line); !strings.Contains(got, " 204 ") {
		b.t.Errorf("the line on the page is answered %s", got)
	}
	b.done("Made in the story")
	b.shows("just now")
	refused := b.runs(regexp.MustCompile(`scope=[^']+`).ReplaceAllString(line, "scope=invoices.read"))
	if !strings.Contains(refused, " 403 ") || !strings.Contains(refused, `error="insufficient_scope", scope="invoices.read"`) {
		b.t.Errorf("another scope is answered %s", refused)
	}
	b.shows("insufficient scope", "invoices.read")
}

// runs runs a line that a page or the terminal offers, as it stands.
func (b *tab) runs(line string) string {
	b.t.Helper()
	out, err := exec.CommandContext(b.t.Context(), "sh", "-c", line+" -s").CombinedOutput()
	if err != nil {
		b.t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// findsWhatNobodyUses: the reviewer opens the tab, looks at a key that may do more than it does, and takes the file.
func (b *tab) findsWhatNobodyUses() {
	b.t.Helper()
	b.follow("Keys")
	b.heading("Keys")
	b.open(eval[string](b, `[...document.querySelectorAll("a")].find((a) => a.textContent.includes("Unused 30 days")).href`))
	b.shows("Invoices, old cluster")
	file := eval[string](b, `fetch([...document.querySelectorAll("a")].find((a) => a.textContent.includes("Export CSV")).href).then((r) => r.text())`)
	if lines := strings.Split(strings.TrimSpace(file), "\n"); len(lines) < 3 || !strings.Contains(file, "Invoices, old cluster") || strings.Contains(file, "Shop, production") {
		b.t.Errorf("the file has %d lines: %.300s", len(lines), file)
	}
	for _, action := range []string{"Disable", "Revoke"} {
		if b.offers(action) {
			b.t.Errorf("a reviewer is offered %q", action)
		}
	}
	b.follow("Invoices, old cluster")
	granted := `[...document.querySelectorAll("table")].find((t) => t.innerText.includes("Granted")).tBodies[0].rows`
	rows := eval[[]string](b, `[...`+granted+`].map((r) => r.innerText.replace(/\s+/g, " "))`)
	unused := 0
	for _, row := range rows {
		if strings.Contains(row, "Never used") {
			unused++
		}
	}
	if len(rows) != 5 || unused != 4 || !strings.Contains(rows[0], "not used in 30 days") {
		b.t.Errorf("of five granted scopes four were never used; the page says %q", rows)
	}
}

// revokesALeakedSecret: found by what leaked, two clicks, the proof, and the count of refusals that climbs because its
// program asks on.
func (b *tab) revokesALeakedSecret(s *server) {
	b.t.Helper()
	leaked := regexp.MustCompile(`Api-Key (keydesk_\w+)`).FindStringSubmatch(s.said.String())
	b.fill("Find a key", leaked[1])
	b.follow("Find")
	b.shows("This is the secret of the key below", "Shop, production")
	if strings.Contains(b.text(), "The secret itself was sent") {
		b.t.Error("the secret left the browser")
	}
	b.press("Revoke Shop, production")
	b.until(`document.querySelector("dialog[open] form button")`)
	b.follow("Revoke")
	b.shows("Confirmed by 1 of 1 gate")
	refused := js(`Number(/refused since then (\d+)/.exec(words(document.body))[1])`)
	b.until(refused + ` >= 1`)
	was := eval[int](b, refused)
	b.until(refused + ` > ` + strconv.Itoa(was))
}

// seesDatesMove waits until the time of the last use in the row or panel of that title is a later one, without a reload.
func (b *tab) seesDatesMove(title string) {
	b.t.Helper()
	date := js(`[...document.querySelectorAll("section.panel, tbody tr")].find((e) => words(e).startsWith($)).querySelector("time.since").dateTime`, title)
	_ = eval[any](b, `window.here = true`)
	was := eval[string](b, date)
	b.until(date + ` > ` + quoted(was))
	if !eval[bool](b, `window.here === true`) {
		b.t.Error("the page was loaded anew")
	}
}

// becomes switches to another of the demo's people.
func (b *tab) becomes(access, person string) {
	b.t.Helper()
	b.follow(access)
	if got := eval[string](b, js(`words(document.querySelector(".who-name"))`)); got != person {
		b.t.Fatalf("as the %s, the page says that %q is signed in, want %q", access, got, person)
	}
	b.until(js(`controls($)[0].getAttribute("aria-pressed") === "true"`, access))
}
