package views_test

import (
	"time"

	"keydesk/models"
	"keydesk/views/keys"
	"keydesk/views/operations"
	"keydesk/views/ui"
)

func operation() models.Operation {
	return models.Operation{
		ID: "opre3vb0q1s2d4f5g6h7", Action: models.OperationRevoke, State: models.OperationRunning, Reason: models.ReasonUnused, Note: "Review of November.",
		Actor:     models.OperationActor{Type: models.ActorPerson, ID: "bfb1", Name: "olga@example.com"},
		CreatedAt: now.Add(-2 * time.Minute), StartedAt: now.Add(-10 * time.Second), Total: 2006, Found: 2000, Duplicates: 3, Done: 1200, Already: 12, Refused: 6,
	}
}

func operationRows() []operations.Row {
	used, unused, long := key(), key(), hostileKey()
	used.State, unused.ID, unused.Description = models.KeyRevoked, "ajeq7vb0q1s2d4f5g6h7", ""
	return []operations.Row{
		{Given: used.ID, State: models.ItemDone, At: now, Key: used, LastUsed: sighting()},
		{Given: unused.ID, State: models.ItemWaiting, Key: unused},
		{Given: unused.ID, State: models.ItemAlready, At: now, Key: used},
		{Given: long.ID, State: models.ItemRefused, Reason: "held_by_another", At: now, Key: long, LastUsed: keys.Sighting{At: now.Add(-2 * day), Scope: longWord, Address: "2001:db8:1234:5678:9abc:def0:1234:5678", Agent: longAgent}},
		{Given: unused.ID, State: models.ItemFailed, Reason: "internal", At: now, Key: unused},
		{Given: "aje00000000000000000", State: models.ItemRefused, Reason: models.ItemNotFound, At: now},
		{Given: markup + longWord, State: models.ItemRefused, Reason: models.ItemMalformed, At: now},
		{Given: "(a secret)", State: models.ItemRefused, Reason: models.ItemMalformed, At: now},
	}
}

func operationSamples() []sample {
	running, c := operation(), confirmed()
	draft := running
	draft.State, draft.Done, draft.Already, draft.Found = models.OperationDraft, 0, 0, 37
	draft.Total = 43
	asked := operations.DraftPage{
		Now: now, Op: draft, Revoked: 2, Expired: 1, Disabled: 3, Used: 12, Accounts: 9, Typed: "37", Rows: operationRows(),
		Shares: []operations.Share{{ID: "a", Name: "billing-worker", Keys: 20}, {ID: "b", Name: longName, Keys: 11}},
		Form:   ui.RestrictionForm{Reasons: models.Reasons, Reason: models.ReasonLeaked},
	}
	wrong := asked
	wrong.Op.Action, wrong.Typed, wrong.Confirm, wrong.Shares, wrong.Accounts, wrong.Used = models.OperationDisable, longName, markup, asked.Shares[1:], 1, 0
	wrong.Form = restriction(models.ReasonUnused)
	wrong.Form.Problems = models.Fields{"confirm": "Type " + longName + ", exactly, to confirm", "until": "This is in the past: choose a later time"}
	none := operations.DraftPage{Now: now, Op: draft, Rows: operationRows()[5:]}
	none.Op.Found, none.Op.Total = 0, 3
	none.Op.Refused = 2
	all := operations.Page{Now: now, Op: running, Rows: operationRows(), Can: operations.Can{Cancel: true, Retry: true, Export: true}, Self: operations.Path(running.ID), Pager: ui.PagerProps{Next: "/operations/x?page=y", PrevLabel: "Later", NextLabel: "Earlier"}}
	done, stopped, empty := all, all, all
	done.Op.State, done.Op.EndedAt, done.Op.Done, done.Op.Already, done.Op.Refused, done.Confirmation = models.OperationDone, now, 2006, 0, 0, &c
	stopped.Op.State, stopped.Op.StopReason, stopped.Op.EndedAt, stopped.Op.Failed, stopped.Op.Note, stopped.Op.Actor.Name = models.OperationCancelled, models.StopActorDisabled, now, 4, markup+longWord, longMail
	stopped.Op.RetryOf = "opre3vb0q1s2d4f5g6h8"
	pending := unconfirmed()
	stopped.Confirmation = &pending
	empty.State, empty.Rows, empty.Pager, empty.Op.CancelAt, empty.Op.CancelBy = models.ItemFailed, nil, ui.PagerProps{}, now, longMail
	list := operations.ListPage{Now: now, Rows: []models.Operation{draft, running, done.Op, stopped.Op}, Can: operations.Can{New: true}, Pager: all.Pager}
	form := operations.Form{Action: operations.ActionRevoke, MayDisable: true, MayRevoke: true, Most: 20000}
	bad := form
	bad.Action, bad.IDs, bad.Problems = "", markup, models.Fields{"action": "Choose what to do: disable or revoke", "ids": "Select at least one key, or enter the ID of one"}
	return []sample{
		{"operations", operations.List(page(), list)},
		{"operations-empty", operations.List(page(), operations.ListPage{Now: now, Can: operations.Can{New: true}})},
		{"operation-new", operations.New(page(), form)},
		{"operation-new-problems", operations.New(page(), bad)},
		{"operation-draft", operations.Draft(page(), asked)},
		{"operation-draft-problems", operations.Draft(page(), wrong)},
		{"operation-draft-nothing", operations.Draft(page(), none)},
		{"operation-running", operations.Detail(page(), all)},
		{"operation-done", operations.Detail(page(), done)},
		{"operation-stopped", operations.Detail(page(), stopped)},
		{"operation-cancelling", operations.Detail(page(), empty)},
	}
}
