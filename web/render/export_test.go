package render_test

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"keydesk/web/render"
)

type line struct {
	Name string `json:"name"`
}

// export sends rows of one cell as a file.
func export(t *testing.T, format string, names ...string) (*render.Export, *httptest.ResponseRecorder) {
	t.Helper()
	rec := httptest.NewRecorder()
	x, err := render.NewExport(echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/", nil), rec), "keys", format, "name")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := x.Row(func() []string { return []string{name} }, func() any { return line{name} }); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	return x, rec
}

// What spreadsheets would run, they show; and every cell is read back as one cell, whatever is in it.
func TestCellsOfACSVAreText(t *testing.T) {
	names := []string{"plain", "a,b", "two\nlines", `a "quoted" one`, "Ключ ✓", "=1+1", "+1", "-1", "@x", "\tx", "\rx", "|x", "%x", "=cmd|'/c calc'!A1", "a=b"}
	_, rec := export(t, render.CSV, names...)
	got, err := csv.NewReader(strings.NewReader(rec.Body.String())).ReadAll()
	if err != nil || len(got) != len(names)+1 || got[0][0] != "name" {
		t.Fatalf("%v in %q", err, rec.Body)
	}
	for i, name := range names {
		cell := got[i+1][0]
		if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@\t\r\n|%") {
			t.Errorf("the cell %q would be taken for a formula", cell)
		}
		if strings.TrimPrefix(cell, "'") != name {
			t.Errorf("%q came back as %q", name, cell)
		}
	}
	if kind := rec.Header().Get("Content-Type"); kind != "text/csv; charset=utf-8; header=present" {
		t.Errorf("Content-Type %q", kind)
	}
}

func TestJSONIsAnObjectALine(t *testing.T) {
	names := []string{"=1+1", "two\nlines", `<script> & "quotes"`}
	x, rec := export(t, render.JSON, names...)
	lines := strings.Split(strings.TrimSuffix(rec.Body.String(), "\n"), "\n")
	var got []string
	for _, text := range lines {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%v in %q", err, text)
		}
		got = append(got, l.Name)
	}
	if !reflect.DeepEqual(got, names) || x.Rows != int64(len(names)) || strings.Contains(rec.Body.String(), `\u003c`) {
		t.Errorf("%d rows: %q", x.Rows, rec.Body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/x-ndjson", "Content-Disposition": `attachment; filename="keys.jsonl"`, "Cache-Control": "no-store",
	} {
		if rec.Header().Get(name) != want {
			t.Errorf("%s: %q, want %q", name, rec.Header().Get(name), want)
		}
	}
}

func TestTheSumIsOfWhatWasSent(t *testing.T) {
	for _, format := range []string{render.CSV, render.JSON} {
		x, rec := export(t, format, "a", "=b", strings.Repeat("long ", 50_000))
		sum := sha256.Sum256(rec.Body.Bytes())
		if x.SHA256() != hex.EncodeToString(sum[:]) || x.Rows != 3 {
			t.Errorf("%s: %d rows, sum %s of %d bytes", format, x.Rows, x.SHA256(), rec.Body.Len())
		}
	}
}

// gone is a reader that leaves after so many bytes.
type gone struct {
	http.ResponseWriter
	left int
	sent []byte
}

var errGone = errors.New("the reader is gone")

func (g *gone) Write(b []byte) (int, error) {
	if g.left -= len(b); g.left < 0 {
		return 0, errGone
	}
	g.sent = append(g.sent, b...)
	return len(b), nil
}

// A reader that leaves ends the file within a buffer, and the sum says what it had.
func TestAReaderThatLeavesEndsTheFile(t *testing.T) {
	for _, format := range []string{render.CSV, render.JSON} {
		g := &gone{ResponseWriter: httptest.NewRecorder(), left: 200_000}
		x, err := render.NewExport(echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/", nil), g), "keys", format, "name")
		if err != nil {
			t.Fatal(err)
		}
		row := strings.Repeat("x", 1000)
		for err == nil && x.Rows < 10_000 {
			err = x.Row(func() []string { return []string{row} }, func() any { return line{row} })
		}
		sum := sha256.Sum256(g.sent)
		if !errors.Is(err, errGone) || x.Rows > 400 || x.SHA256() != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: %v after %d rows, %d bytes", format, err, x.Rows, len(g.sent))
		}
	}
}
