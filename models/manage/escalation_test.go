package manage_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// gang is whom an attacker acts as: themselves, and every account that they got the token or a key pair of.
type gang struct {
	*bench
	r       *rand.Rand
	folders []string
	all     []models.Account
	persons []models.Actor
	members []models.Actor // whose grants are read anew before each act
	first   map[string]bool
	log     []string
}

var managingRoles = []string{
	models.RoleViewer, models.RoleAuditor, models.RoleEditor, models.RoleAdmin, models.RoleAPIKeyAdmin, models.RoleAuthorizedKeys,
	models.RoleKeyAdmin, models.RoleAccountAdmin, models.RoleTokenCreator, "postbox.sender",
}

var everyPermission = func() (all []models.Permission) {
	for _, role := range append(slices.Clone(managingRoles), models.AccessNames...) {
		for _, p := range append(models.Manages(role), models.PeopleManage, models.SettingsManage, models.GatewaysManage, models.FoldersCreate, models.AuditView) {
			if !slices.Contains(all, p) {
				all = append(all, p)
			}
		}
	}
	return all
}()

// power is all that an actor may, where: in the folders, and on each account that was there at the start.
func (g *gang) power(a models.Actor) map[string]bool {
	may := map[string]bool{}
	for _, p := range everyPermission {
		for _, f := range g.folders {
			may[string(p)+" in "+f] = a.May(p, f)
		}
		for _, on := range g.all {
			may[string(p)+" on "+on.Name] = a.MayOn(p, on.FolderID, on.ID)
		}
	}
	return may
}

// now is a member with what they hold now.
func (g *gang) now(a models.Actor) models.Actor {
	g.t.Helper()
	var grants []models.Grant
	err := g.Store.Read(g.t.Context(), func(tx *store.Tx) (err error) {
		grants, err = tx.GrantsOf(a.Type, a.ID)
		if err == nil && a.Type == models.ActorPerson {
			p, err := tx.Person(a.ID)
			grants = append(grants, p.Grants()...)
			return err
		}
		return err
	})
	if err != nil {
		g.t.Fatal(err)
	}
	a.Grants, a.Method = grants, models.MethodToken
	return a
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func (g *gang) join(id string) {
	if !slices.ContainsFunc(g.members, func(m models.Actor) bool { return m.ID == id }) {
		g.members = append(g.members, models.Actor{Type: models.ActorAccount, ID: id, Name: id})
	}
}

// act lets one of them try something at random, and reports what it was and whether it went through.
func (g *gang) act() (string, error) {
	ctx, by := g.t.Context(), g.now(pick(g.r, g.members))
	on, other, role, folder := pick(g.r, g.all), pick(g.r, g.all), pick(g.r, managingRoles), pick(g.r, g.folders)
	subject := models.Binding{Role: role, SubjectType: models.ActorAccount, SubjectID: other.ID}
	if g.r.IntN(4) == 0 {
		subject.SubjectType, subject.SubjectID = models.ActorPerson, pick(g.r, g.persons).ID
	}
	deltas := manage.TheseDeltas([]models.BindingDelta{{Binding: subject, Remove: g.r.IntN(6) == 0}})
	if g.r.IntN(8) == 0 {
		deltas = manage.TheseBindings([]models.Binding{subject})
	}
	switch g.r.IntN(8) {
	case 0:
		made, err := g.Impersonate(ctx, by, on.ID)
		if err == nil && made.Token != "" {
			g.join(on.ID)
		}
		return fmt.Sprintf("%s impersonates %s", by.ID, on.Name), err
	case 1:
		_, err := g.CreateAuthorizedKey(ctx, by, manage.NewAuthorizedKey{AccountID: on.ID, Algorithm: models.RSA2048})
		if err == nil {
			g.join(on.ID)
		}
		return fmt.Sprintf("%s makes a key pair of %s", by.ID, on.Name), err
	case 2:
		_, _, err := g.BindInFolder(ctx, by, folder, deltas)
		return fmt.Sprintf("%s binds %+v in %s", by.ID, subject, folder), err
	case 3:
		_, _, err := g.BindOnAccount(ctx, by, on.ID, deltas)
		return fmt.Sprintf("%s binds %+v on %s", by.ID, subject, on.Name), err
	case 4:
		a, _, err := g.CreateAccount(ctx, by, manage.NewAccount{Name: fmt.Sprintf("made-%d", len(g.log)), FolderID: folder, Roles: []string{role}})
		if err == nil {
			g.all = append(g.all, a)
		}
		return fmt.Sprintf("%s makes an account with %s in %s", by.ID, role, folder), err
	case 5:
		a, err := g.Account(ctx, by, on.ID)
		if err == nil {
			_, _, err = g.UpdateAccount(ctx, by, on.ID, manage.AccountEdit{Name: a.Name, Owner: a.Owner, Roles: []string{role}})
		}
		return fmt.Sprintf("%s edits %s to have %s", by.ID, on.Name, role), err
	case 6:
		k, err := g.CreateKey(ctx, by, manage.NewKey{AccountID: on.ID, Scopes: []string{"yc.postbox.send"}, AddRoles: []string{role}, Via: manage.ViaAPI})
		if err == nil {
			_, _, err = g.UpdateKey(ctx, by, k.Key.ID, manage.KeyEdit{Scopes: []string{"yc.monitoring.read"}, AddRoles: []string{models.RoleAdmin}})
		}
		return fmt.Sprintf("%s makes a key of %s and adds %s", by.ID, on.Name, role), err
	}
	_, err := g.CreateFolder(ctx, by, manage.NewFolder{Name: fmt.Sprintf("made-%d", len(g.log))})
	return by.ID + " makes a folder", err
}

// TestNobodyGetsMoreThanTheyHave: an attacker with any roles, in a folder or on accounts, tries at random what gives rights:
// roles, key pairs, tokens, bindings, accounts. Whatever goes through, none of those whom they then act as may more than they
// might at the start.
func TestNobodyGetsMoreThanTheyHave(t *testing.T) {
	went := 0
	for seed := range uint64(24) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { went += attack(t, seed) })
	}
	if went < 100 {
		t.Errorf("only %d acts went through: this proves little", went)
	}
}

func attack(t *testing.T, seed uint64) (went int) {
	g := &gang{bench: newBench(t, storetest.New(t)), r: rand.New(rand.NewPCG(seed, 1))}
	g.folders = []string{defaultFolder, g.folder("second").ID}
	for i, f := range []string{g.folders[0], g.folders[0], g.folders[0], g.folders[1]} {
		var roles []string
		if i > 0 {
			roles = []string{pick(g.r, managingRoles)}
		}
		g.all = append(g.all, g.accountIn(f, fmt.Sprintf("account-%d", i), roles...))
	}
	g.persons = []models.Actor{g.user("nobody@example.com")}
	self := models.Actor{Type: models.ActorAccount, ID: g.all[0].ID}
	switch seed % 4 {
	case 0, 1: // holds roles on accounts alone
		g.grant(g.all[1+g.r.IntN(3)], pick(g.r, managingRoles), self)
		g.grant(g.all[1+g.r.IntN(3)], []string{models.RoleEditor, models.RoleAdmin}[seed%4], self)
		g.grant(g.all[0], pick(g.r, managingRoles), self)
	case 2:
		g.deltas(pick(g.r, g.folders), give(pick(g.r, managingRoles), g.all[0]), g.BindInFolder)
		g.grant(g.all[1+g.r.IntN(3)], pick(g.r, managingRoles), self)
	case 3:
		self = g.user("attacker@example.com", pick(g.r, models.AccessNames[1:]))
	}
	g.members = []models.Actor{self}
	g.first = g.power(g.now(self))
	held := append([]models.Account(nil), g.all...)
	for range 120 {
		what, err := g.act()
		if code := models.CodeOf(err); err != nil && code == models.Internal {
			t.Fatalf("%s: %v", what, err)
		}
		if err != nil {
			continue
		}
		went++
		g.log = append(g.log, what)
		for _, m := range append([]models.Actor{g.persons[0]}, g.members...) {
			have := g.power(g.now(m))
			for right, has := range have {
				if has && !g.first[right] && g.old(right, held) {
					t.Fatalf("seed %d: %s has %q, after\n%v", seed, m.ID, right, g.log)
				}
			}
		}
	}
	return went
}

// old reports whether a right is about what was there at the start: who makes an account may manage it.
func (g *gang) old(right string, held []models.Account) bool {
	for _, a := range g.all[len(held):] {
		if strings.HasSuffix(right, " on "+a.Name) {
			return false
		}
	}
	return true
}
