package main

// value is what a field holds.
func (b *tab) value(label string) string {
	b.t.Helper()
	return eval[string](b, js(`labels($)[0].control.value`, label))
}

// chosen are the values of the boxes and choices of a name that are ticked.
func (b *tab) chosen(name string) []string {
	b.t.Helper()
	return eval[[]string](b, js(`[...document.querySelectorAll("input:checked")].filter((e) => e.name === $).map((e) => e.value)`, name))
}

// refusedForm checks that a form came back with problems: 422, a summary that leads to each of the fields, and beside each
// field its problem, bound to the control.
func (b *tab) refusedForm(fields ...string) {
	b.t.Helper()
	if got := b.status(); got != 422 {
		b.t.Fatalf("the form is answered with %d, want 422: %s", got, b.text())
	}
	leads := eval[[]string](b, `[...document.querySelectorAll("[data-error-summary] a")].map((a) => a.hash.slice(1))`)
	if len(leads) != len(fields) {
		b.t.Errorf("the summary leads to %q, want %q", leads, fields)
	}
	for _, id := range fields {
		if wrong := eval[string](b, js(`(() => {
			const e = document.getElementById($);
			if (!e) return "no such field";
			const by = (e.getAttribute("aria-describedby") ?? "").trim().split(/\s+/).map((id) => document.getElementById(id));
			if (by.includes(null)) return "aria-describedby leads nowhere";
			if (!by.some((p) => p.matches(".problem") && seen(p) && words(p))) return "no problem beside it";
			if (!document.querySelector("[data-error-summary] a[href='#" + e.id + "']")) return "the summary does not lead to it";
			return e.matches("fieldset") || e.getAttribute("aria-invalid") === "true" ? "" : "not marked as invalid";
		})()`, id)); wrong != "" {
			b.t.Errorf("%s: %s", id, wrong)
		}
	}
}
