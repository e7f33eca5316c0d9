package manage_test

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store/storetest"
)

func TestAnAuthorizedKeyIsAPairOfWhichHalfIsKept(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("robot")
		for algorithm, bits := range map[string]int{models.RSA2048: 2048, models.RSA4096: 4096} {
			made := must(b.CreateAuthorizedKey(t.Context(), operator, manage.NewAuthorizedKey{AccountID: a.ID, Description: "ci", Algorithm: algorithm}))(t)
			block, _ := pem.Decode([]byte(made.Key.PublicKey))
			public := must(x509.ParsePKIXPublicKey(block.Bytes))(t).(*rsa.PublicKey)
			if public.N.BitLen() != bits || !private(t, made).PublicKey.Equal(public) {
				t.Errorf("%s: %d bits, or the halves are no pair", algorithm, public.N.BitLen())
			}
			kept := must(b.AuthorizedKey(t.Context(), reviewer, made.Key.ID))(t)
			if kept != made.Key || kept.FolderID != a.FolderID || kept.CreatedBy != operator.Name {
				t.Errorf("kept %+v, made %+v", kept, made.Key)
			}
			if e := b.lastEvent(); e.Action != "authorized_key.create" || e.ObjectID != made.Key.ID || e.AccountID != a.ID || e.FolderID != a.FolderID {
				t.Errorf("%+v", e)
			}
		}
		_, err := b.CreateAuthorizedKey(t.Context(), operator, manage.NewAuthorizedKey{AccountID: a.ID, Algorithm: "RSA_1024"})
		wantField(t, err, "key_algorithm")
		_, err = b.CreateAuthorizedKey(t.Context(), operator, manage.NewAuthorizedKey{AccountID: a.ID, Algorithm: models.RSA2048, Description: strings.Repeat("x", 257)})
		wantField(t, err, "description")
	})
}

func TestAuthorizedKeysOfAnAccount(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		a := b.account("robot")
		var ids []string
		for range 3 {
			b.pass(1e9)
			ids = append([]string{b.pair(a).Key.ID}, ids...)
		}
		b.pair(b.account("other"))
		var got []string
		for at := (models.Cursor{}); ; {
			page := must(b.AuthorizedKeys(ctx, reviewer, a.ID, at, 2))(t)
			for _, k := range page.Rows {
				got = append(got, k.ID)
			}
			if at = page.Next; !page.More {
				break
			}
		}
		if !slices.Equal(got, ids) {
			t.Errorf("%v, want the newest first: %v", got, ids)
		}
		name := "of the pipeline"
		k := must(b.DescribeAuthorizedKey(ctx, operator, ids[0], &name))(t)
		if kept := must(b.AuthorizedKey(ctx, operator, ids[0]))(t); kept.Description != name || k != kept {
			t.Errorf("%+v, kept %+v", k, kept)
		}
		if k := must(b.DescribeAuthorizedKey(ctx, operator, ids[0], nil))(t); k.Description != name {
			t.Errorf("nothing was to change: %+v", k)
		}
		for _, by := range []models.Actor{reviewer, responder} {
			_, err := b.DescribeAuthorizedKey(ctx, by, ids[0], &name)
			wantCode(t, err, models.Forbidden)
			wantCode(t, b.DeleteAuthorizedKey(ctx, by, ids[0]), models.Forbidden)
			_, err = b.CreateAuthorizedKey(ctx, by, manage.NewAuthorizedKey{AccountID: a.ID, Algorithm: models.RSA2048})
			wantCode(t, err, models.Forbidden)
		}
		if err := b.DeleteAuthorizedKey(ctx, operator, ids[0]); err != nil {
			t.Fatal(err)
		}
		wantCode(t, b.DeleteAuthorizedKey(ctx, operator, ids[0]), models.NotFound)
		if _, err := b.EraseAccount(ctx, operator, a.ID); err != nil {
			t.Fatal(err)
		}
		if e := b.lastEvent(); !strings.Contains(e.After, `"deleted_authorized_keys":2`) {
			t.Errorf("the event of the account's end says %s", e.After)
		}
		for _, id := range ids {
			_, err := b.AuthorizedKey(ctx, admin, id)
			wantCode(t, err, models.NotFound)
		}
	})
}

// TestAKeyPairIsDrawnForNobodyWhoMayNotHaveIt: it keeps a processor busy, so whoever may not is told before.
func TestAKeyPairIsDrawnForNobodyWhoMayNotHaveIt(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("robot", models.RoleAdmin)
		b.Rand = nil // whoever draws panics
		for name, by := range map[string]models.Actor{"a reviewer": reviewer, "a stranger": stranger, "who may less than the account": operator} {
			_, err := b.CreateAuthorizedKey(t.Context(), by, manage.NewAuthorizedKey{AccountID: a.ID, Algorithm: models.RSA4096})
			if code := models.CodeOf(err); code != models.Forbidden && code != models.NotFound {
				t.Errorf("%s: %v", name, err)
			}
			if e := b.lastEvent(); e.Action != "authorized_key.create" || e.Result != models.EventRefused || e.ObjectID != "" {
				t.Errorf("%s: %s", name, fmt.Sprintf("%+v", e))
			}
		}
	})
}

// waiting is randomness that does not come until it is let go.
type waiting struct {
	io.Reader
	asked chan struct{}
	until chan struct{}
}

func (h waiting) Read(p []byte) (int, error) {
	select {
	case h.asked <- struct{}{}:
	default:
	}
	<-h.until
	return h.Reader.Read(p)
}

// TestKeyPairsAreDrawnInTurn: they keep processors busy for seconds, which have keys to check as well. Who waits for too long
// is told that nothing was made.
func TestKeyPairsAreDrawnInTurn(t *testing.T) {
	b := newBench(t, storetest.New(t))
	a := b.account("robot")
	free := max(1, runtime.GOMAXPROCS(0)/2)
	h := waiting{b.Rand, make(chan struct{}, free), make(chan struct{})}
	b.Rand = h
	in := manage.NewAuthorizedKey{AccountID: a.ID, Algorithm: models.RSA2048}
	var others sync.WaitGroup
	for range free {
		others.Go(func() {
			if _, err := b.CreateAuthorizedKey(t.Context(), admin, in); err != nil {
				t.Errorf("in turn: %v", err)
			}
		})
	}
	for range free {
		<-h.asked
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := b.CreateAuthorizedKey(ctx, admin, in); models.ReasonOf(err) != "drawing_busy" || models.CodeOf(err) != models.Unavailable {
		t.Errorf("while all turns are taken: %v", err)
	}
	close(h.until)
	others.Wait()
	b.must(b.CreateAuthorizedKey(t.Context(), admin, in))
}
