package main

import (
	"slices"
	"strings"
	"testing"
)

// TestRefusedForms: what a new key must not be comes back as it was typed, with the problem beside its field, and no key.
func TestRefusedForms(t *testing.T) {
	s := onSQLite(t).serve()
	s.account("billing-worker")
	b := s.signedIn(t)
	b.follow("billing-worker")
	b.follow("Create API key")
	form := b.address()
	long := strings.Repeat("ж", 300)
	for _, tc := range []struct {
		name   string
		forge  string // what is done to the form beside typing
		fields []string
	}{
		{"no scope", ``, []string{"f-scopes"}},
		{"an unknown scope", tickRead + `f.querySelector("input[name=scopes]:checked").value = "orders.everything"`, []string{"f-scopes"}},
		{"an expiry in the past", tickRead + `f.querySelector("input[name=expires][value=date]").checked = true; f.querySelector("input[type=date]").value = "2020-02-29"`, []string{"f-expires_date"}},
		{"no date", tickRead + `f.querySelector("input[name=expires][value=date]").checked = true`, []string{"f-expires_date"}},
		{"a lifetime that is not offered", tickRead + `f.querySelector("input[name=expires][value=never]").checked = true; f.querySelector("input[name=expires]:checked").value = "99y"`, []string{"f-expires"}},
		{"a text that is too long", tickRead + `f.querySelector("#f-description").value = "` + long + `"`, []string{"f-description"}},
		{"a text that turns around what follows it", tickRead + `f.querySelector("#f-description").value = "a\u202eb"`, []string{"f-description"}},
		{"nothing at all", `f.querySelectorAll("input[name=expires]").forEach((e) => { e.checked = false; })`, []string{"f-scopes", "f-expires"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := b.in(t)
			b.open(form)
			b.fill("Description", hostile)
			typed := eval[map[string][]string](b, js(`(() => {
				const f = document.querySelector("form.form");
				`+tc.forge+`;
				return `+sentFields+`;
			})()`))
			b.leaving(b.sendAsItIs)
			b.refusedForm(tc.fields...)
			b.summaryLeads()
			again := eval[map[string][]string](b, js(`(() => { const f = document.querySelector("form.form"); return `+sentFields+`; })()`))
			for name, values := range typed {
				if slices.Contains(values, "99y") {
					continue // no choice of the form: there is nothing to tick
				}
				if !slices.Equal(again[name], values) {
					t.Errorf("%s was sent as %q and comes back as %q", name, values, again[name])
				}
			}
		})
	}
	if ids := s.keyIDs("billing-worker"); len(ids) != 0 {
		t.Errorf("refused forms made the keys %q", ids)
	}
}

// TestForgedForms: a field that the form does not have, or has once, makes nothing, and what was typed is kept.
func TestForgedForms(t *testing.T) {
	s := onSQLite(t).serve()
	s.account("billing-worker")
	b := s.signedIn(t)
	b.follow("billing-worker")
	b.follow("Create API key")
	form := b.address()
	for name, forge := range map[string]string{
		"a forged field":     `f.insertAdjacentHTML("beforeend", "<input name=account_id value=ajex>")`,
		"a field sent twice": `f.insertAdjacentHTML("beforeend", "<input name=description value=other>")`,
	} {
		t.Run(name, func(t *testing.T) {
			b := b.in(t)
			b.open(form)
			b.tick(scopeRead)
			b.fill("Description", "as typed")
			_ = eval[any](b, js(`(() => { const f = document.querySelector("form.form"); `+forge+`; })()`))
			b.leaving(b.sendAsItIs)
			if b.status() != 422 || b.value("Description") != "as typed" || !slices.Contains(b.chosen("scopes"), scopeRead) {
				t.Errorf("answered with %d: %s", b.status(), b.text())
			}
			b.summaryLeads()
		})
	}
	if ids := s.keyIDs("billing-worker"); len(ids) != 0 {
		t.Errorf("refused forms made the keys %q", ids)
	}
}

const (
	tickRead   = `f.querySelector("input[name=scopes][value='` + scopeRead + `']").checked = true; `
	hostile    = `</textarea><script>alert(1)</script><img src=x onerror="alert(2)">"'&amp; {{7*7}} 日本 🔑`
	sentFields = `Object.fromEntries(["description", "scopes", "expires", "expires_date"].map((n) => [n, new FormData(f).getAll(n)]))`
)

// summaryLeads checks that the summary has the focus, and that each of its links leads to its field.
func (b *tab) summaryLeads() {
	b.t.Helper()
	if !eval[bool](b, `document.activeElement.matches("[data-error-summary]")`) {
		b.t.Error("the summary of the problems does not have the focus")
	}
	for i := range eval[int](b, `document.querySelectorAll("[data-error-summary] a").length`) {
		b.clickAt(`document.querySelectorAll("[data-error-summary] a")[` + string(rune('0'+i)) + `]`)
		b.until(`document.activeElement.id && location.hash === "#" + document.activeElement.id`)
		if !eval[bool](b, `(() => { const box = document.activeElement.getBoundingClientRect(); return box.top >= 0 && box.top < innerHeight; })()`) {
			b.t.Error("a link of the summary leads to what cannot be seen")
		}
	}
}

// TestHostileText: what people type is text, wherever it is shown.
func TestHostileText(t *testing.T) {
	s := onSQLite(t).serve()
	b := s.signedIn(t)
	b.firstAccount("hostile-text")
	account := b.address()
	b.follow("Create API key")
	b.fill("Description", hostile)
	b.tick(scopeRead)
	b.follow("Create key")
	b.issuedSecret("Key created: " + hostile)
	b.done(hostile)
	key := b.address()
	s.key("hostile-text", "--scope", scopeRead) // so that the page has one without a description too
	for _, place := range []string{account, key, strings.TrimSuffix(key, "?") + "/edit", strings.TrimSuffix(key, "?") + "/revoke"} {
		b.open(place)
		if eval[bool](b, `document.querySelector("img, main script") !== null`) {
			t.Errorf("%s: what was typed became markup", place)
		}
	}
	b.open(strings.TrimSuffix(key, "?") + "/revoke")
	b.fill("Note", hostile)
	b.follow("Revoke")
	b.shows(hostile)
}
