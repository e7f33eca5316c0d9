package views_test

import (
	"net/http"
	"sync/atomic"
	"testing"

	"keydesk/models"
	"keydesk/views/operations"

	"github.com/chromedp/chromedp"
)

// TestAnOperationKeepsItselfCurrent until it ended, and asks no more then.
func TestAnOperationKeepsItselfCurrent(t *testing.T) {
	var asked atomic.Int64
	m := operations.Page{Now: now, Op: operation(), Rows: operationRows(), Can: operations.Can{Cancel: true}, Self: operations.Path(operation().ID)}
	ended := m
	c := confirmed()
	ended.Op.State, ended.Op.Done, ended.Confirmation = models.OperationDone, 1988, &c
	base := serve(t, map[string]http.Handler{
		operations.ListPath + "/{id}": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			part := m
			part.Op.Done += 100
			if asked.Add(1) > 2 {
				part = ended
			}
			answer(operations.Progress("form-token", part))(w, r)
		}),
	})
	ctx, said := tab(t)
	do(ctx, t, chromedp.Navigate(base+"/operation-running"))
	until(ctx, t, `document.querySelector("#operation .lead").textContent.includes("1,300 of 2,000 keys revoked")`)
	until(ctx, t, `document.querySelector("#operation .banner").textContent.includes("Confirmed by 3 of 3 gates")`)
	expect(ctx, t, `String(document.querySelectorAll("[data-hx-trigger], progress, #operation .actions form").length)`, "0")
	asks := asked.Load()
	_ = eval[any](ctx, t, `new Promise((go) => setTimeout(go, 2500))`) // nothing happens: there is nothing to wait for
	if n := asked.Load(); n != asks {
		t.Errorf("it asked %d times more after the end", n-asks)
	}
	silent(t, said)
}
