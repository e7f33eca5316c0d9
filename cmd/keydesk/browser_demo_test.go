package main

import (
	"strconv"
	"testing"
)

// TestDemoStory is the demo as whoever tries it sees it: the link on the terminal, dates that move, and its people one after
// another, each with what is theirs to do. Its parts are the acts of the two-minute story.
func TestDemoStory(t *testing.T) {
	s := demoPlace(t).serve("--demo")
	b := browse(t)
	b.open(s.console + s.demoLink())
	b.heading("Service accounts")
	b.shows("Demo.", "nothing here is kept")
	b.follow("storefront")
	b.seesDatesMove("Shop, production")
	b.follow("Shop, production")
	b.seesDatesMove("Last used")

	b.becomes("Operator", tomas)
	b.heading("Shop, production") // the page stays where everybody may look at it
	b.becomes("Reviewer", mei)
	for _, action := range []string{"Revoke", "Edit", "Reissue"} {
		if b.offers(action) {
			t.Errorf("a reviewer is offered %q", action)
		}
	}
	b.becomes("Responder", sam)
	b.revokesWhileItIsUsed()
	b.becomes("Administrator", olga)
	b.follow("Sign out")
	b.heading("Sign in")
	b.shows("The link on the demo's terminal signs you in.")
	b.open(s.console + s.demoLink())
	b.heading("Service accounts")
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

// revokesWhileItIsUsed: two clicks, the proof, and the count of refusals that climbs because its program asks on.
func (b *tab) revokesWhileItIsUsed() {
	b.t.Helper()
	b.press("Revoke")
	b.until(`document.querySelector("dialog[open] form button")`)
	b.follow("Revoke")
	b.shows("Confirmed by 1 of 1 gate")
	refused := js(`Number(/Refused since (\d+)/.exec(words(document.body))[1])`)
	b.until(refused + ` >= 1`)
	was := eval[int](b, refused)
	b.until(refused + ` > ` + strconv.Itoa(was))
}
