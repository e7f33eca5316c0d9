package console

import (
	"testing"

	"keydesk/models"
)

func TestExportsOfOnePerson(t *testing.T) {
	var e exports
	enter := func(id string) (leave func()) {
		t.Helper()
		leave, err := e.enter(id)
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		return leave
	}
	first, second, other := enter("olga"), enter("olga"), enter("ivan")
	if _, err := e.enter("olga"); models.CodeOf(err) != models.TooMany {
		t.Errorf("a third file of one person: %v", err)
	}
	first()
	third := enter("olga")
	for _, leave := range []func(){second, third, other} {
		leave()
	}
	if len(e.by) != 0 {
		t.Errorf("counted after all have ended: %v", e.by)
	}
}
