package web_test

import (
	"encoding/csv"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

const foldersPath = "/settings/folders"

func (a *app) folder(name string) models.Folder {
	a.t.Helper()
	return must(a.desk.CreateFolder(a.t.Context(), local, manage.NewFolder{Name: name}))(a.t)
}

// bind gives an account a role in a folder.
func (a *app) bind(f models.Folder, acct models.Account, role string) {
	a.t.Helper()
	b := models.Binding{Role: role, SubjectType: models.ActorAccount, SubjectID: acct.ID}
	_, _, err := a.desk.BindInFolder(a.t.Context(), local, f.ID, manage.TheseDeltas([]models.BindingDelta{{Binding: b}}))
	must(0, err)(a.t)
}

// TestOneFolderIsNotSpokenOf: until a second one is made, who does not make folders meets the word nowhere.
func TestOneFolderIsNotSpokenOf(t *testing.T) {
	app := start(t, storetest.New(t))
	a := app.account("billing-worker", "orders.user")
	app.key(a, "prod")
	b := app.as(models.Operator, models.Reviewer)
	pages := []string{
		"/service-accounts", "/service-accounts/new", "/service-accounts/" + a.ID, "/service-accounts/" + a.ID + "?tab=roles",
		"/service-accounts/" + a.ID + "/edit", "/keys", "/settings/gates", "/settings/about",
	}
	spoken := func(path string) bool {
		got := b.get(path)
		got.want(t, 200)
		_, main, _ := strings.Cut(got.text, "<main")
		for _, mark := range []string{`name="folder"`, "/settings/folders", "Folder<", "other folders"} {
			if strings.Contains(main, mark) {
				return true
			}
		}
		return false
	}
	for _, path := range pages {
		if spoken(path) {
			t.Errorf("%s speaks of folders, and there is one", path)
		}
	}
	app.folder("team-b")
	for _, path := range pages[:4] {
		if !spoken(path) {
			t.Errorf("%s says nothing of folders, and there are two", path)
		}
	}
	if !spoken("/keys") {
		t.Error("the keys say nothing of folders")
	}
}

func TestAFoldersLifeInForms(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		admin, b := app.as(models.Administrator), app.as(models.Operator)
		there := app.account("orders-api", "orders.user")
		b.get(foldersPath+"/new").want(t, 403)
		form := url.Values{"form_id": {admin.get(foldersPath + "/new").field("form_id")}, "name": {"Team B"}, "description": {"Orders of team B"}}
		admin.post(foldersPath+"/new", form).want(t, 422, "Up to 63 characters", "Team B")
		form.Set("name", "default")
		admin.post(foldersPath+"/new", form).want(t, 409, "There is a folder default already")
		form.Set("name", "team-b")
		made := admin.post(foldersPath+"/new", form)
		admin.follow(made).want(t, 200, "The folder is created.", "team-b", "Orders of team B", "No service account has a role here")
		admin.follow(admin.post(foldersPath+"/new", form)).want(t, 200, "This form was sent before")
		folder := strings.TrimPrefix(made.Header.Get("Location"), foldersPath+"/")
		b.get(foldersPath).want(t, 200, "default", "team-b", folder)

		account := func(folder string) url.Values {
			return url.Values{
				"form_id": {b.get("/service-accounts/new").field("form_id")}, "name": {"orders-api"}, "folder": {folder},
				"owner": {"team@example.com"}, "roles": {"orders.user"}, "expires": {"never"},
			}
		}
		b.post("/service-accounts/new", account("")).want(t, 409, "orders-api already")
		b.post("/service-accounts/new", account("b1g00000000000000000")).want(t, 422, "Choose one of the folders")
		other := b.post("/service-accounts/new", account(folder))
		b.follow(other).want(t, 200, "The service account is created.", "team-b")
		at, _, _ := strings.Cut(other.Header.Get("Location"), "?")
		k := app.key(must(app.desk.Account(t.Context(), local, strings.TrimPrefix(at, "/service-accounts/")))(t), "of team B")
		app.key(there, "of the default folder")
		for query, want := range map[string]struct{ shown, hidden string }{
			"/service-accounts?folder=" + folder:                   {at, there.ID},
			"/service-accounts?folder=" + there.FolderID:           {there.ID, at},
			"/keys?folder=" + folder:                               {k.Key.ID, "of the default folder"},
			"/keys?folder=" + there.FolderID:                       {"of the default folder", k.Key.ID},
			"/keys?folder=" + folder + "&owner=team%40example.com": {k.Key.ID, "of the default folder"},
		} {
			got := b.get(query)
			got.want(t, 200, want.shown)
			if got.says(want.hidden) {
				t.Errorf("%s shows %q", query, want.hidden)
			}
		}
		for _, file := range []string{"/keys.csv?folder=", "/service-accounts.csv?folder="} {
			rows := must(csv.NewReader(strings.NewReader(b.get(file + folder).text)).ReadAll())(t)
			last := len(rows[0]) - 2
			if !slices.Equal(rows[0][last:], []string{"folder_id", "folder"}) || len(rows) != 2 || !slices.Equal(rows[1][last:], []string{folder, "team-b"}) {
				t.Errorf("%s: %q", file, rows)
			}
		}
		b.get("/keys?account=orders-api").want(t, 422, "Several folders have an account of this name")
		b.get("/keys?account="+there.ID).want(t, 200, "of the default folder")
		if _, err := app.desk.Account(t.Context(), local, "orders-api"); models.CodeOf(err) != models.Precondition || !strings.Contains(err.Error(), "id") {
			t.Errorf("a name that two folders have: %v", err)
		}
	})
}

func TestRolesInOtherFolders(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		a := app.account("terraform", "orders.user")
		at := "/service-accounts/" + a.ID
		roles, tab := at+"/folder-roles", at+"?tab=roles"
		b, reader := app.as(models.Operator), app.as(models.Reviewer)
		b.get(roles).want(t, 404)
		f := app.folder("team-b")
		reader.get(roles).want(t, 403)
		reader.post(roles, nil).want(t, 403)
		b.get(roles).want(t, 200, "team-b")
		b.get(roles+"?folder="+a.FolderID).want(t, 404) // those are the account's own
		b.get(roles+"?folder="+f.ID).want(t, 200, "iam.serviceAccounts.apiKeyAdmin", "Through the management API")
		form := func(seen string, wanted ...string) url.Values {
			return url.Values{"folder": {f.ID}, "seen": {seen}, "roles": wanted}
		}
		b.follow(b.post(roles, form("", models.RoleEditor, models.RoleAPIKeyAdmin))).want(t, 200, "The roles in team-b are saved.", "editor", models.RoleAPIKeyAdmin)
		b.get(foldersPath+"/"+f.ID).want(t, 200, "terraform", models.RoleAPIKeyAdmin)
		b.post(roles, form("", "no.such.role")).want(t, 422, `There is no role "no.such.role"`)
		b.post(roles, form("", models.RoleAdmin)).want(t, 403, "permits more than you may")
		b.post(roles, url.Values{"folder": {a.FolderID}, "roles": {models.RoleEditor}}).want(t, 404)
		b.post(roles, url.Values{"roles": {models.RoleEditor}}).want(t, 404)
		app.bind(f, a, models.RoleViewer) // given meanwhile by somebody else: the older form does not take it
		b.follow(b.post(roles, form("editor "+models.RoleAPIKeyAdmin, models.RoleEditor))).want(t, 200)
		got := must(app.desk.FolderGrants(t.Context(), local, a.ID))(t)
		if len(got) != 2 || got[0].Role != models.RoleEditor || got[1].Role != models.RoleViewer {
			t.Errorf("the account holds %v", got)
		}
		if own := must(app.desk.Account(t.Context(), local, a.ID))(t).Roles; len(own) != 1 {
			t.Errorf("its own roles are %v", own)
		}
		reader.get(tab).want(t, 200, "Roles in other folders", "team-b")
	})
}

// TestAFoldersRolesArePagedBothWays: from the second page a link leads back, to the same rows.
func TestAFoldersRolesArePagedBothWays(t *testing.T) {
	app := start(t, storetest.New(t))
	for i := range 26 {
		app.account(fmt.Sprintf("robot-%02d", i), models.RoleViewer, models.RoleEditor)
	}
	b, at := app.as(models.Operator), foldersPath+"/"+must(app.desk.DefaultFolder(t.Context(), local))(t).ID
	way := func(p page, rel string) string {
		found := regexp.MustCompile(`rel="` + rel + `" href="([^"]+)"`).FindStringSubmatch(p.text)
		if found == nil {
			t.Fatalf("no way to the %s page:\n%s", rel, excerpt(p.text))
		}
		return html.UnescapeString(found[1])
	}
	rows := func(p page) []string {
		return regexp.MustCompile(`/service-accounts/[a-z0-9]{20}\?tab=roles`).FindAllString(p.text, -1)
	}
	first := b.get(at)
	second := b.get(way(first, "next"))
	back := b.get(way(second, "prev"))
	if len(rows(first)) != 50 || len(rows(second)) != 2 || !slices.Equal(rows(back), rows(first)) {
		t.Errorf("%d rows, then %d, and back %d", len(rows(first)), len(rows(second)), len(rows(back)))
	}
	b.get(at+"?page=x").want(t, 400)
}

func TestWhoMayManageAnAccount(t *testing.T) {
	app := start(t, storetest.New(t))
	a, manager := app.account("billing-worker", "orders.user"), app.account("terraform")
	person := app.add("dev@example.com", models.Reviewer)
	tab := "/service-accounts/" + a.ID + "?tab=roles"
	b := app.as(models.Operator)
	if b.get(tab).says("Who may manage this account") {
		t.Error("nobody does, and the page says who")
	}
	_, _, err := app.desk.BindOnAccount(t.Context(), local, a.ID, manage.TheseBindings([]models.Binding{
		{Role: models.RoleAPIKeyAdmin, SubjectType: models.ActorAccount, SubjectID: manager.ID},
		{Role: models.RoleKeyAdmin, SubjectType: models.ActorPerson, SubjectID: person.ID},
	}))
	must(0, err)(t)
	got := b.get(tab)
	got.want(t, 200, "Who may manage this account", "terraform", "dev@example.com", models.RoleKeyAdmin)
	if strings.Contains(got.text, `href="/people/`) || !strings.Contains(app.as(models.Administrator).get(tab).text, `href="/people/`+person.ID) {
		t.Error("the way to a person is for who manages people")
	}
}
