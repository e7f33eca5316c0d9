package clients

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/yandex-cloud/go-genproto/yandex/cloud/access"
	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

// plan is everything that the configuration in the README makes, as the provider keeps it.
type plan struct {
	account, ci       accountState
	key, withDefaults keyState
	members           []string
	role              string
}

// TestTerraformCalls applies what the README's configuration says, plans again, changes, and destroys it: call by call as the
// provider does.
func TestTerraformCalls(t *testing.T) {
	t.Parallel()
	d := serve(t, withTLS...).desk
	p := configure(t, d)
	p.called("configure", "ApiEndpointService/List")
	made := p.apply(readConfiguration(t), d)
	p.stays(made)
	p.works(made, d)
	made = p.change(made)
	p.stays(made)
	p.refuses(made)
	p.destroy(made)
}

// called checks the calls that something took.
func (p *provider) called(what string, want ...string) {
	p.t.Helper()
	if diff := cmp.Diff(want, p.made()); diff != "" {
		p.t.Errorf("%s takes other calls (-want +got):\n%s", what, diff)
	}
}

func (p *provider) apply(c configuration, d desk) plan {
	p.t.Helper()
	of := func(kind, name string) map[string]any { return c.resource(p.t, kind, name) }
	text := func(r map[string]any, attribute string) string { s, _ := r[attribute].(string); return s }

	reports, ci := of("yandex_iam_service_account", "reports"), of("yandex_iam_service_account", "ci")
	made := plan{account: p.createAccount(d.Folder, text(reports, "name"), text(reports, "description"))}
	p.called("making an account", "ServiceAccountService/Create", "ServiceAccountService/Get")
	made.ci = p.createAccount(d.Folder, text(ci, "name"), text(ci, "description"))
	p.called("making another", "ServiceAccountService/Create", "ServiceAccountService/Get")

	key := of("yandex_iam_service_account_api_key", "reports")
	scopes, _ := key["scopes"].([]string)
	made.key = p.createKey(&iam.CreateApiKeyRequest{
		ServiceAccountId: made.account.id, Description: text(key, "description"), Scopes: scopes, ExpiresAt: expires(p.t, text(key, "expires_at")),
	})
	p.called("making a key", "ApiKeyService/Create", "ApiKeyService/Get")
	if len(scopes) < 2 || slices.IsSorted(scopes) {
		p.t.Errorf("the README's scopes %v are in the alphabet's order: that shows nothing about the order of the answer", scopes)
	}
	made.withDefaults = p.createKey(&iam.CreateApiKeyRequest{ServiceAccountId: made.account.id})
	p.called("making a key without scopes", "ApiKeyService/Create", "ApiKeyService/Get")

	member := of("yandex_iam_service_account_iam_member", "ci")
	made.role = text(member, "role")
	made.members = p.changeMember(access.AccessBindingAction_ADD, made.account.id, made.role, "serviceAccount:"+made.ci.id)
	p.called("binding a role", "ServiceAccountService/ListAccessBindings", "ServiceAccountService/UpdateAccessBindings", "ServiceAccountService/ListAccessBindings")

	p.same("the account", made.account, accountState{
		id: made.account.id, createdAt: made.account.createdAt, folder: d.Folder, name: text(reports, "name"), description: text(reports, "description"),
	})
	p.same("the key", made.key, keyState{
		id: made.key.id, createdAt: made.key.createdAt, secret: made.key.secret, account: made.account.id,
		description: text(key, "description"), scopes: scopes, expiresAt: text(key, "expires_at"), // which are compared as they are written
	})
	p.same("the key without scopes", made.withDefaults, keyState{
		id: made.withDefaults.id, createdAt: made.withDefaults.createdAt, secret: made.withDefaults.secret, account: made.account.id, scopes: defaultScopes,
	})
	p.same("the members", made.members, []string{made.role + " serviceAccount:" + made.ci.id})
	return made
}

// same compares what is kept with what is configured: a difference would be one that every plan shows again.
func (p *provider) same(what string, got, want any) {
	p.t.Helper()
	all := cmp.Exporter(func(reflect.Type) bool { return true })
	if diff := cmp.Diff(want, got, all); diff != "" {
		p.t.Errorf("%s drifts (-configured +kept):\n%s", what, diff)
	}
}

// stays refreshes everything and expects an empty plan.
func (p *provider) stays(made plan) {
	p.t.Helper()
	for _, want := range []accountState{made.account, made.ci} {
		now, _ := p.readAccount(want.id)
		p.same("an account", now, want)
	}
	for _, want := range []keyState{made.key, made.withDefaults} {
		now, _ := p.readKey(want.id)
		now.secret = want.secret // which the provider keeps, and the API does not tell again
		p.same("a key", now, want)
	}
	p.same("the members", p.bindings(made.account.id), made.members)
	p.called("a refresh", "ServiceAccountService/Get", "ServiceAccountService/Get", "ApiKeyService/Get", "ApiKeyService/Get", "ServiceAccountService/ListAccessBindings")
}

// works uses both secrets, as far as the account's roles permit: it has none here, and the gate says so and not another thing.
func (p *provider) works(made plan, d desk) {
	p.t.Helper()
	for _, secret := range []string{made.key.secret, made.withDefaults.secret} {
		if got := d.opens(secret, translates); got != 403 {
			p.t.Errorf("the gate answers %d, want 403", got)
		}
	}
	d.carriesTheChip(p.t, made.withDefaults.id)
	p.made()
}

func (p *provider) change(made plan) plan {
	p.t.Helper()
	old := made
	labels := map[string]string{"team": "billing"}
	made.account = p.updateAccount(&iam.UpdateServiceAccountRequest{
		ServiceAccountId: old.account.id, Name: "invoice-reader", Description: "Reads invoices", Labels: labels,
	}, "description", "labels", "name")
	p.called("changing an account", "ServiceAccountService/Update", "ServiceAccountService/Get")
	want := old.account
	want.name, want.description, want.labels = "invoice-reader", "Reads invoices", labels
	p.same("the changed account", made.account, want)

	made.key = p.updateKey(&iam.UpdateApiKeyRequest{
		ApiKeyId: old.key.id, Scopes: []string{searches, translates}, ExpiresAt: expires(p.t, "2035-06-07T08:09:10Z"),
	}, "scopes", "expires_at")
	p.called("changing a key", "ApiKeyService/Update", "ApiKeyService/Get")
	made.key.secret = old.key.secret
	changed := old.key
	changed.scopes, changed.expiresAt = []string{searches, translates}, "2035-06-07T08:09:10Z"
	p.same("the changed key", made.key, changed)

	p.same("the data source", p.accountNamed(old.account.folder, "invoice-reader"), made.account)
	p.called("the data source", "ServiceAccountService/List", "ServiceAccountService/Get")
	return made
}

// refuses shows the two codes that the provider acts on.
func (p *provider) refuses(made plan) {
	p.t.Helper()
	_, err := p.accounts.Create(p.ctx, &iam.CreateServiceAccountRequest{FolderId: made.account.folder, Name: made.account.name})
	if status.Code(err) != codes.AlreadyExists {
		p.t.Errorf("a name that is taken: %v, want AlreadyExists", err)
	}
	_, err = p.keys.Update(p.ctx, &iam.UpdateApiKeyRequest{
		ApiKeyId: "aje00000000000000000", UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"description"}}, Description: "x",
	})
	if status.Code(err) != codes.NotFound {
		p.t.Errorf("a key that is not there: %v, want NotFound", err)
	}
	p.made()
}

// TestTerraformRepeats: the provider sends a call again, with its Idempotency-Key, where the answer was lost.
func TestTerraformRepeats(t *testing.T) {
	t.Parallel()
	d := serve(t, withTLS...).desk
	p := configure(t, d)
	inTwo := func() context.Context { return context.WithValue(p.ctx, sameKey{}, uuid()) }

	account, ctx := &iam.CreateServiceAccountRequest{FolderId: d.Folder, Name: "made-once"}, inTwo()
	first := p.wait(p.accounts.Create(ctx, account))
	second := p.wait(p.accounts.Create(ctx, account))
	if first.Id != second.Id {
		t.Errorf("the repeat began operation %s, want that of the first call, %s", second.Id, first.Id)
	}
	if _, err := p.accounts.Create(ctx, &iam.CreateServiceAccountRequest{FolderId: d.Folder, Name: "another"}); status.Code(err) != codes.Aborted {
		t.Errorf("another body under the same key: %v, want Aborted", err)
	}

	id := p.accountNamed(d.Folder, "made-once").id
	key, ctx := &iam.CreateApiKeyRequest{ServiceAccountId: id}, inTwo()
	made, err := p.keys.Create(ctx, key)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.keys.Create(ctx, key)
	if status.Code(err) != codes.AlreadyExists || !strings.Contains(status.Convert(err).Proto().String(), made.ApiKey.GetId()) {
		t.Errorf("the repeat of a key: %v, want AlreadyExists and the name of the key that is there", err)
	}
	list, err := p.keys.List(p.ctx, &iam.ListApiKeysRequest{ServiceAccountId: id})
	if err != nil || len(list.ApiKeys) != 1 {
		t.Errorf("the account has the keys %v (%v), want one", list.GetApiKeys(), err)
	}
}

func (p *provider) destroy(made plan) {
	p.t.Helper()
	left := p.changeMember(access.AccessBindingAction_REMOVE, made.account.id, made.role, "serviceAccount:"+made.ci.id)
	p.same("the members", left, []string(nil))
	p.called("taking the role back", "ServiceAccountService/ListAccessBindings", "ServiceAccountService/UpdateAccessBindings", "ServiceAccountService/ListAccessBindings")
	for _, id := range []string{made.key.id, made.withDefaults.id} {
		if _, err := p.keys.Delete(p.ctx, &iam.DeleteApiKeyRequest{ApiKeyId: id}); err != nil { // whose operation v0.219.0 does not wait for
			p.t.Error(err)
		}
		p.called("deleting a key", "ApiKeyService/Delete")
		if _, there := p.readKey(id); there {
			p.t.Error("the deleted key is still there")
		}
		p.called("reading a key", "ApiKeyService/Get")
	}
	for _, id := range []string{made.account.id, made.ci.id} {
		p.wait(p.accounts.Delete(p.ctx, &iam.DeleteServiceAccountRequest{ServiceAccountId: id}))
		p.called("deleting an account", "ServiceAccountService/Delete")
		if _, there := p.readAccount(id); there {
			p.t.Error("the deleted account is still there")
		}
		p.called("reading an account", "ServiceAccountService/Get")
	}
}
