package web_test

import (
	"regexp"
	"strings"
	"testing"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// ticked are the scopes that a page has selected.
func (p page) ticked() string {
	var all []string
	for _, m := range regexp.MustCompile(`name="scopes" value="([^"]+)"[^>]*? checked`).FindAllStringSubmatch(p.text, -1) {
		all = append(all, m[1])
	}
	return strings.Join(all, " ")
}

func TestScopesStartFromWhereOneAsks(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		b := app.as(models.Operator)
		a, other := app.account("billing-worker", "orders.user"), app.account("legacy-import", "orders.user")
		k, foreign := app.key(a, "prod"), app.key(other, "elsewhere")
		plain := b.get(newKeyPath(a))
		plain.want(t, 200, "Start from:", "API defaults", "Copy of prod "+k.Key.Mask(), "?from="+k.Key.ID)
		if plain.ticked() != "" || plain.says("elsewhere") {
			t.Errorf("nothing is preselected unless asked for; selected: %q", plain.ticked())
		}
		if got := b.get(newKeyPath(a) + "?from=" + k.Key.ID); got.ticked() != "orders.read" || !strings.Contains(got.text, `from=`+k.Key.ID+`" aria-current`) {
			t.Errorf("a copy selects %q", got.ticked())
		}
		if got := b.get(newKeyPath(a) + "?from=defaults"); len(strings.Fields(got.ticked())) != 10 {
			t.Errorf("the defaults select %q", got.ticked())
		}
		for _, from := range []string{foreign.Key.ID, "aje00000000000000000", "everything"} {
			b.get(newKeyPath(a)+"?from="+from).want(t, 404)
		}
		form := newKeyForm(plain.field("form_id"))
		form["scopes"], form["expires"] = []string{"orders.write"}, nil
		back := b.post(newKeyPath(a), form)
		back.want(t, 422, "Start from:")
		if back.ticked() != "orders.write" || strings.Contains(back.text, `aria-current="true"`) {
			t.Errorf("a form that comes back selects %q", back.ticked())
		}
	})
}
