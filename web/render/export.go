package render

import (
	"bufio"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// Formats of an export.
const (
	CSV  = "csv"
	JSON = "json" // one object a line
)

const (
	exportBuffer = 64 << 10
	exportPause  = 30 * time.Second // how long a reader may take for one buffer, before it is taken for gone
)

// Export streams a list as a file: memory stays flat however long it is, and a reader who leaves ends it. It knows what it
// sent, for the event that says so.
type Export struct {
	Rows int64

	sum  hash.Hash
	to   *patientWriter
	out  *bufio.Writer
	csv  *csv.Writer
	json *json.Encoder
}

// NewExport begins the answer. name is the file's, without its ending; columns are the heading of a CSV.
func NewExport(c echo.Context, name, format string, columns ...string) (*Export, error) {
	kind := "text/csv; charset=utf-8; header=present"
	ending := ".csv"
	if format == JSON {
		kind, ending = "application/x-ndjson", ".jsonl"
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, kind)
	h.Set(echo.HeaderContentDisposition, `attachment; filename="`+name+ending+`"`)
	h.Set(echo.HeaderCacheControl, noStore)
	c.Response().WriteHeader(http.StatusOK)
	e := &Export{sum: sha256.New()}
	e.to = newPatientWriter(c.Response(), http.NewResponseController(c.Response()))
	e.out = bufio.NewWriterSize(io.MultiWriter(e.to, e.sum), exportBuffer)
	if format == JSON {
		e.json = json.NewEncoder(e.out)
		e.json.SetEscapeHTML(false)
		return e, nil
	}
	e.csv = csv.NewWriter(e.out)
	return e, e.csv.Write(columns)
}

// Row writes one row: cells of a CSV, or the object that stands for it as JSON.
func (e *Export) Row(cells func() []string, object func() any) error {
	e.Rows++
	if e.json != nil {
		return e.json.Encode(object())
	}
	row := cells()
	for i, cell := range row {
		row[i] = Cell(cell)
	}
	return e.csv.Write(row)
}

// Close sends what is left.
func (e *Export) Close() error {
	if e.csv != nil {
		e.csv.Flush()
		if err := e.csv.Error(); err != nil {
			return err
		}
	}
	return e.out.Flush()
}

// SHA256 is the sum of what was sent, in hex.
func (e *Export) SHA256() string { return hex.EncodeToString(e.sum.Sum(nil)) }

// Cell makes a text that spreadsheets would take for a formula one that they show.
func Cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n|%", rune(text[0])) {
		return "'" + text
	}
	return text
}

// patientWriter gives each buffer its own time to be read: the server's deadline is for pages. What the database takes until
// the next one is not its reader's.
type patientWriter struct {
	to    io.Writer
	watch *time.Timer
}

func newPatientWriter(to io.Writer, control *http.ResponseController) *patientWriter {
	_ = control.SetWriteDeadline(time.Time{}) // a server that knows none has none
	w := &patientWriter{to: to, watch: time.AfterFunc(exportPause, func() { _ = control.SetWriteDeadline(time.Unix(0, 1)) })}
	w.watch.Stop()
	return w
}

func (w *patientWriter) Write(b []byte) (int, error) {
	w.watch.Reset(exportPause)
	defer w.watch.Stop()
	return w.to.Write(b)
}
