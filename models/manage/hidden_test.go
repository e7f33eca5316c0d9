package manage_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
)

// idTakers are the exported operations of the desk that somebody asks for, with a text, or something that holds one: an id,
// a name, a search.
func idTakers() (names []string) {
	desk := reflect.TypeFor[*manage.Desk]()
	for m := range desk.Methods() {
		in := slices.Collect(m.Type.Ins())
		if len(in) > 3 && in[2] == reflect.TypeFor[models.Actor]() && slices.ContainsFunc(in[3:], hasText) && !slices.Contains(ofTheHost, m.Name) {
			names = append(names, m.Name)
		}
	}
	return names
}

// ofTheHost are asked for by the command line alone, which may all: after a restore, and with the path of a file.
var ofTheHost = []string{"MergeJournal", "ReplacePepper"}

func hasText(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String:
		return true
	case reflect.Slice, reflect.Pointer:
		return hasText(t.Elem())
	case reflect.Struct:
		for f := range t.Fields() {
			if f.IsExported() && hasText(f.Type) {
				return true
			}
		}
	}
	return false
}

// given are the arguments that have to make sense for an operation to look at what is named.
var given = map[reflect.Type]any{
	reflect.TypeFor[manage.Stop]():            manage.Stop{Reason: models.ReasonOther},
	reflect.TypeFor[models.OperationAction](): models.OperationRevoke,
	reflect.TypeFor[models.ChangeKind]():      models.ChangeKey,
	reflect.TypeFor[time.Duration]():          time.Hour,
	reflect.TypeFor[models.Permission]():      models.KeysView,
	reflect.TypeFor[manage.Expiry]():          manage.Expiry{},
	reflect.TypeFor[models.Cursor]():          models.Cursor{},
	reflect.TypeFor[manage.Reissue]():         manage.Reissue{},
	reflect.TypeFor[map[string]string]():      map[string]string(nil),
	reflect.TypeFor[models.Restriction]():     models.Restriction{},
	reflect.TypeFor[[]models.OwnService]():    []models.OwnService(nil),
}

// argument is a value of a type in which each text is the one that is tried.
func (h *hidden) argument(t reflect.Type, text string) reflect.Value {
	if v, is := given[t]; is {
		return reflect.ValueOf(v)
	}
	v := reflect.New(t).Elem()
	switch t.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Int, reflect.Int64:
		v.SetInt(0)
	case reflect.Slice:
		if hasText(t) {
			v = reflect.Append(v, h.argument(t.Elem(), text))
		}
	case reflect.Pointer:
		if hasText(t) {
			v.Set(reflect.New(t.Elem()))
			v.Elem().Set(h.argument(t.Elem(), text))
		}
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if f.IsExported() && hasText(f.Type) && !slices.Contains(h.plain, f.Name) {
				v.Field(i).Set(h.argument(f.Type, text))
			}
		}
	case reflect.Func:
		v.Set(reflect.MakeFunc(t, func([]reflect.Value) []reflect.Value {
			h.rows++
			return []reflect.Value{reflect.Zero(reflect.TypeFor[error]())}
		}))
	}
	return v
}

// hidden is what a stranger may not learn of.
type hidden struct {
	*bench
	plain []string // fields that are no ids, nor names that anything is found by
	rows  int      // that a callback was given
}

// ask calls an operation with a text wherever it takes one, and gives all that comes back, in which the text itself is a word.
func (h *hidden) ask(name string, by models.Actor, text string) string {
	h.rows = 0
	m := reflect.ValueOf(h.Desk).MethodByName(name)
	in := []reflect.Value{reflect.ValueOf(h.t.Context()), reflect.ValueOf(by)}
	for i := 2; i < m.Type().NumIn(); i++ {
		if m.Type().IsVariadic() && i == m.Type().NumIn()-1 {
			break
		}
		in = append(in, h.argument(m.Type().In(i), text))
	}
	var said []string
	for _, v := range m.Call(in) {
		var known *models.Error
		if err, is := v.Interface().(error); is && errors.As(err, &known) { // what was meant to come back does not, then
			return strings.ReplaceAll(fmt.Sprintf("%s %s %s %v", known.Code, known.Reason, known.Text, known.Fields), text, "<it>")
		} else if is {
			return strings.ReplaceAll(err.Error(), text, "<it>")
		}
		b, err := json.Marshal(v.Interface())
		if err != nil {
			b = fmt.Appendf(nil, "%T", v.Interface())
		}
		said = append(said, string(b))
	}
	said = append(said, fmt.Sprint(h.rows, " rows"))
	return strings.ReplaceAll(strings.Join(said, "\n"), text, "<it>")
}

// TestWhatIsInAFolderWhereOneMayNothingIsNotThere: every operation that takes an id, a name or a search answers about what is
// hidden as about what does not exist. The operations are found in the code: one that is written tomorrow is asked too.
func TestWhatIsInAFolderWhereOneMayNothingIsNotThere(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		h := &hidden{bench: b, plain: []string{"Description", "Owner", "Note", "Scopes", "Roles", "AddRoles", "Via", "OneScope", "FormID", "Algorithm", "Agreed", "State", "Sort", "Tab"}}
		second := b.folder("second")
		a := b.account("hidden-account", models.RoleEditor)
		key, pair := b.key(a, "yc.postbox.send"), b.pair(a)
		by := admin
		by.Call = &models.Call{OperationID: b.id(models.PrefixCall), Answer: func(string, any) (m, r models.Message, err error) {
			return models.Message{Body: []byte{}}, models.Message{Body: []byte{}}, nil
		}}
		b.must(second3(b.ChangeKey(ctx, by, key.Key.ID, manage.KeyChange{})))
		draft := must(b.DraftOperation(ctx, admin, manage.NewOperation{Action: models.OperationRevoke, Keys: []string{key.Key.ID}}))(t)
		strangers := map[string]models.Actor{
			"an administrator of another folder": b.acting(b.accountIn(second.ID, "stranger", models.RoleAdmin)),
			"an account without a role":          b.acting(b.accountIn(second.ID, "nobody")),
			"who has a role on one account":      b.singled(second.ID),
		}
		tried := map[string]map[string]string{ // by what it is, what is there, and what is not
			"account":        {"there": a.ID, "not": b.id(models.PrefixAccount)},
			"name":           {"there": a.Name, "not": "absent-account"},
			"key":            {"there": key.Key.ID, "not": b.id(models.PrefixKey)},
			"secret":         {"there": key.Key.Secrets[0].ID, "not": b.id(models.PrefixSecret)},
			"tail":           {"there": key.Key.Secrets[0].Mask(), "not": "****000000"},
			"authorized key": {"there": pair.Key.ID, "not": b.id(models.PrefixKey)},
			"folder":         {"there": a.FolderID, "not": b.id(models.PrefixFolder)},
			"call":           {"there": by.Call.OperationID, "not": b.id(models.PrefixCall)},
			"operation":      {"there": draft.ID, "not": b.id(models.PrefixOperation)},
		}
		before := b.standings(a.ID, key.Key.ID, pair.Key.ID)
		for who, stranger := range strangers {
			for _, name := range idTakers() {
				for what, text := range tried {
					there, not := h.ask(name, stranger, text["there"]), h.ask(name, stranger, text["not"])
					if drawn.ReplaceAllString(there, "<id>") != drawn.ReplaceAllString(not, "<id>") {
						t.Errorf("%s, asked by %s for a hidden %s, says\n%s\nand of none\n%s", name, who, what, there, not)
					}
					for _, word := range []string{a.ID, a.Name, key.Key.ID, pair.Key.ID, pair.Key.PublicKey} {
						if strings.Contains(there, word) {
							t.Errorf("%s, asked by %s for a hidden %s, gives away %q: %s", name, who, what, word, there)
						}
					}
				}
			}
		}
		if after := b.standings(a.ID, key.Key.ID, pair.Key.ID); after != before {
			t.Errorf("something was changed:\n%s\nbefore\n%s", after, before)
		}
		if n := len(idTakers()); n < 60 {
			t.Errorf("only %d operations were asked", n)
		}
	})
}

// drawn is an id that an operation made.
var drawn = regexp.MustCompile(`\b(aje|opr|b1g|sec)[a-z0-9]{17}\b`)

// singled has a role on one account of the folder alone.
func (b *bench) singled(folder string) models.Actor {
	b.t.Helper()
	a, on := b.accountIn(folder, "single"), b.accountIn(folder, "single-on")
	b.grant(on, models.RoleAdmin, models.Actor{Type: models.ActorAccount, ID: a.ID})
	return b.acting(a)
}

func (b *bench) must(_ any, err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// standings is what is stored of an account, a key and an authorized key.
func (b *bench) standings(account, key, authorized string) (said string) {
	b.t.Helper()
	err := b.Store.Read(context.WithoutCancel(b.t.Context()), func(tx *store.Tx) error {
		all := models.FolderScope{All: true}
		a, err := tx.Account(all, account)
		if err != nil {
			return err
		}
		k, err := tx.Key(all, key)
		if err != nil {
			return err
		}
		p, err := tx.AuthorizedKey(all, authorized)
		if err != nil {
			return err
		}
		bound, err := tx.AccountBindings(account, models.Cursor{}, 10)
		said = fmt.Sprintf("%+v\n%+v\n%+v\n%+v", a, k, p, bound)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return said
}
