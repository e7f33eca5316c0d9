package main

import (
	"context"
	"slices"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
)

// demoStory is everything that happened in the company, in no order: what was made, and what became of it.
func demoStory() []move {
	moves := slices.Clone(demoMoves)
	for _, person := range demoPeople {
		by := olga
		if person.email == olga {
			by = shell
		}
		moves = append(moves, move{at: person.joined, by: by, what: person.email + " joins", do: join(person)})
	}
	for _, a := range demoAccounts {
		moves = append(moves, move{at: a.born, by: a.by, what: a.name + " is made", do: makeAccount(a)})
	}
	for _, k := range slices.Concat(demoKeys...) {
		moves = append(moves, move{at: k.born, by: k.by, what: k.handle() + " is made", do: makeKey(k)})
	}
	for days := 85; days > 3; days -= 7 { // the reviewer looks in once a week, whatever there is to see
		moves = append(moves, move{at: day(days, 9, 5), by: mei, what: "the reviewer looks in", do: visit})
	}
	return moves
}

var demoMoves = []move{
	{at: day(120, 8, 20), by: olga, what: "the company's services", do: func(ctx context.Context, p *past, by models.Actor) error {
		_, err := p.desk.SetCatalogue(ctx, by, demoCatalogue)
		return err
	}},
	{at: day(118, 11, 30), by: olga, what: "the gateway", do: func(ctx context.Context, p *past, by models.Actor) error {
		_, _, _, err := p.desk.CreateGateway(ctx, by, manage.NewGateway{Name: "nginx in front of the shop"})
		return err
	}},
	{at: day(100, 14, 20), by: tomas, what: "a new log agent", do: revoke("log-shipper/Cluster A, Fluentd", models.ReasonSuperseded, "Vector took over.")},
	{at: day(95, 10, 41), by: shell, what: "a stranger guesses", do: guess(jonas)},
	{at: day(89, 15, 10), by: mei, what: "a reviewer tries to revoke", do: revoke("reports/Notebook of Jonas", models.ReasonUnused, ""), refused: models.Forbidden},
	{at: day(81, 11, 0), by: tomas, what: "the shop has moved", do: revoke("storefront/Shop, before the move", models.ReasonSuperseded, "Nothing asked with it for two days.")},
	{at: day(74, 10, 0), by: olga, what: "the newsletter ends", do: func(ctx context.Context, p *past, by models.Actor) error {
		_, err := p.desk.DeleteAccount(ctx, by, p.accounts["newsletter"], "newsletter", manage.Stop{Reason: models.ReasonSuperseded, Note: "The mailer sends it now."})
		return err
	}},
	{at: day(72, 16, 2).atOnce(), by: sam, what: "a scanner is lost", do: revoke("warehouse/Scanners, hall 1 (before)", models.ReasonLeaked, "A scanner was left on the tram.")},
	{at: day(58, 2, 14).atOnce(), by: sam, what: "an alarm at night", do: suspend("warehouse", models.ReasonOther, "Bookings from hall 2 at two in the morning.")},
	{at: day(58, 2, 39).atOnce(), by: sam, what: "it was the inventory", do: func(ctx context.Context, p *past, by models.Actor) error {
		_, _, err := p.desk.ReactivateAccount(ctx, by, p.accounts["warehouse"])
		return err
	}},
	{at: day(50, 9, 0), by: jonas, what: "an operator looks at people", do: func(ctx context.Context, p *past, by models.Actor) error {
		return p.people.RefusedAccess(ctx, by, models.PeopleManage)
	}, refused: models.Forbidden},
	{at: day(47, 17, 30), by: olga, what: "Jonas leaves", do: func(ctx context.Context, p *past, by models.Actor) error {
		return p.people.DisablePerson(ctx, by, jonas)
	}},
	{at: day(46, 9, 20), by: olga, what: "the reports get roles they need", do: describe("reports", "Dashboards and the data warehouse. Jonas' successor is to look through the keys.")},
	{at: day(36, 10, 12), by: tomas, what: "an expired key gets no new secret", do: reissue("storefront/Spring sale load test", 0), refused: models.Precondition},
	{at: day(30, 9, 45), by: tomas, what: "suggestions get a new secret", do: reissue("search-indexer/Query suggestions", 7*24*time.Hour)},
	{at: day(26, 11, 20), by: tomas, what: "their old one is retired early", do: retireOldest("search-indexer/Query suggestions")},
	{at: day(23, 10, 31).atOnce(), by: sam, what: "the pipeline's key leaks", do: revoke("ci-deploy/Pipeline (leaked)", models.ReasonLeaked, "Pushed to a public repository at 05:10; 203.0.113.77 pulled every image.")},
	{at: day(23, 10, 44).atOnce(), by: sam, what: "a responder tries to make a key", do: makeKey(demoKey{account: "ci-deploy", name: "Pipeline", scopes: []string{"yc.cloud-registry.artifacts.push"}}), refused: models.Forbidden},
	{at: day(20, 14, 5).atOnce(), by: tomas, what: "marketing may not read customers", do: dropRole("marketing-mailer", "customers.user")},
	{at: day(19, 9, 30), by: sam, what: "the old host is given up", do: disable("legacy-import/Cron on the old host", models.ReasonOwnerLeft, "Jonas' host. Nobody knows what it does.", 0)},
	{at: day(14, 15, 50), by: tomas, what: "a partner floods us", do: disable("partner-parcelpoint/ParcelPoint, sandbox", models.ReasonOther, "Floods the label service. ParcelPoint knows.", 0)},
	{at: day(12, 10, 30), by: tomas, what: "synonyms get a new secret", do: reissue("search-indexer/Synonyms job", 0)},
	{at: day(9, 16, 15), by: sam, what: "the pilot ends", do: suspend("speech-kiosk", models.ReasonOther, "The pilot is over. The kiosks are still plugged in.")},
	{at: day(9, 9, 40), by: tomas, what: "refunds need a person", do: narrow("support-desk/Refund tool", "orders.read")},
	{at: day(5, 13, 20), by: tomas, what: "does anybody miss the terminal", do: disable("warehouse/Returns desk, old terminal", models.ReasonUnused, "If nobody misses it by then, it goes.", 17*24*time.Hour)},
	{at: ago(45 * time.Hour), by: tomas, what: "invoices get a new secret", do: reissue("billing-worker/Invoices, production", 7*24*time.Hour)},
	{at: ago(21 * time.Hour), by: olga, what: "the shop is described", do: describe("storefront", "The shop itself: shows products and takes orders. On call: web@larkspur.example")},
}

// visit is one without a deed: what is left of it is the sign-in.
func visit(context.Context, *past, models.Actor) error { return nil }

func join(person demoPerson) deed {
	return func(ctx context.Context, p *past, by models.Actor) error {
		_, _, err := p.people.AddPerson(ctx, by, person.email, []string{person.access}, p.password)
		return err
	}
}

// guess is somebody who knows a mail address and no password, until the address is locked for a while.
func guess(email string) deed {
	return func(ctx context.Context, p *past, _ models.Actor) error {
		for range 6 {
			p.now = p.next(p.now.Add(4 * time.Second))
			_, err := p.people.SignIn(ctx, p.seats[email].meta(""), email, "let me in, please")
			if code := models.CodeOf(err); code != models.Unauthenticated && code != models.TooMany {
				return err
			}
		}
		return nil
	}
}

func makeAccount(a demoAccount) deed {
	return func(ctx context.Context, p *past, by models.Actor) error {
		in := manage.NewAccount{Name: a.name, Description: a.about, Owner: a.owner, Labels: a.labels, Roles: a.roles}
		if a.ends > 0 {
			in.ExpiresAt = p.now.AddDate(0, 0, a.ends)
		}
		made, _, err := p.desk.CreateAccount(ctx, by, in)
		if err == nil {
			p.accounts[a.name] = made.ID
		}
		return err
	}
}

func makeKey(k demoKey) deed {
	return func(ctx context.Context, p *past, by models.Actor) error {
		in := manage.NewKey{AccountID: p.accounts[k.account], Description: k.name, Scopes: k.scopes, Via: "console"}
		if by.Type == models.ActorLocal {
			in.Via = "cli"
		}
		if k.replaces != "" {
			in.Replaces = p.keys[k.account+"/"+k.replaces].id
		}
		in.Expiry = manage.Expiry{Never: k.life == never, In: time.Duration(max(k.life, 0)) * 24 * time.Hour}
		issued, err := p.desk.CreateKey(ctx, by, in)
		if err == nil {
			made := &pastKey{demoKey: k, id: issued.Key.ID}
			made.secrets = append(made.secrets, issued.Secret)
			p.keys[k.handle()] = made
		}
		return err
	}
}

func revoke(key string, reason models.Reason, note string) deed {
	return func(ctx context.Context, p *past, by models.Actor) error {
		_, _, err := p.desk.RevokeKey(ctx, by, p.keys[key].id, manage.Stop{Reason: reason, Note: note})
		return err
	}
}

// disable stops a key, for a while where that is not zero.
func disable(key string, reason models.Reason, note string, during time.Duration) deed {
	return func(ctx context.Context, p *past, by models.Actor) error {
		stop := manage.Stop{Reason: reason, Note: note}
		if during > 0 {
			stop.Until = p.now.Add(during)
		}
		_, _, err := p.desk.DisableKey(ctx, by, p.keys[key].id, stop)
		return err
	}
}

func suspend(account string, reason models.Reason, note string) deed {
	return func(ctx context.Context, p *past, by models.Actor) error {
		_, _, err := p.desk.SuspendAccount(ctx, by, p.accounts[account], manage.Stop{Reason: reason, Note: note})
		return err
	}
}

func reissue(key string, overlap time.Duration) deed {
	return func(ctx context.Context, p *past, by models.Actor) error {
		issued, err := p.desk.ReissueKey(ctx, by, p.keys[key].id, manage.Reissue{Overlap: overlap})
		if err == nil {
			p.keys[key].secrets = append(p.keys[key].secrets, issued.Secret)
		}
		return err
	}
}

func retireOldest(key string) deed {
	return func(ctx context.Context, p *past, by models.Actor) error {
		k, err := p.desk.Key(ctx, by, p.keys[key].id)
		if err != nil {
			return err
		}
		_, _, err = p.desk.RetireSecret(ctx, by, k.Key.ID, oldestSecret(k.Key).ID)
		return err
	}
}

// narrow leaves a key fewer scopes.
func narrow(key string, scopes ...string) deed {
	return func(ctx context.Context, p *past, by models.Actor) error {
		_, _, err := p.desk.UpdateKey(ctx, by, p.keys[key].id, manage.KeyEdit{Description: p.keys[key].name, Scopes: scopes})
		return err
	}
}

func describe(account, about string) deed {
	return edit(account, func(in *manage.AccountEdit) { in.Description = about })
}

func dropRole(account, role string) deed {
	return edit(account, func(in *manage.AccountEdit) {
		in.Roles = slices.DeleteFunc(in.Roles, func(r string) bool { return r == role })
	})
}

func edit(account string, change func(*manage.AccountEdit)) deed {
	return func(ctx context.Context, p *past, by models.Actor) error {
		a, err := p.desk.Account(ctx, by, p.accounts[account])
		if err != nil {
			return err
		}
		in := manage.AccountEdit{
			Version: a.Version, Name: a.Name, Description: a.Description, Owner: a.Owner, Roles: slices.Clone(a.Roles), ExpiresAt: a.ExpiresAt,
		}
		change(&in)
		_, _, err = p.desk.UpdateAccount(ctx, by, a.ID, in)
		return err
	}
}
