package main

const gormHead = `import "gorm.io/gorm"
type key struct{ ID string }
type query string
var _ gorm.DB
`

const echoHead = `import "github.com/labstack/echo/v4"
func use(any) {}
`

// examples are good and bad code: want is a word of the finding, "" for good code; the room is models/store unless said.
var examples = map[string]struct{ room, code, want string }{
	"bound value":             {code: gormHead + `func f(db *gorm.DB, id string) { var k key; db.Where("id = ?", id).Order("id").First(&k) }`},
	"named constant":          {code: gormHead + `const by = "a, " + "b"; func f(db *gorm.DB) { db.Order(by) }`},
	"query":                   {code: gormHead + `func f(db *gorm.DB, q query) { db.Raw(string(q + " LIMIT ?"), 1) }`},
	"query from a table":      {code: gormHead + `var by = map[string]query{"a": "a DESC"}; func f(db *gorm.DB, s string) { db.Order(string(by[s])) }`},
	"columns":                 {code: gormHead + `func f(db *gorm.DB) { db.Select([]string{"id"}).Where(map[string]any{"id": f}) }`},
	"text in Where":           {code: gormHead + `func f(db *gorm.DB, s string) { db.Where("name = '" + s + "'") }`, want: "SQL"},
	"text in Or":              {code: gormHead + `func f(db *gorm.DB, s string) { db.Or(s) }`, want: "SQL"},
	"text in Not":             {code: gormHead + `func f(db *gorm.DB, s string) { db.Not(s) }`, want: "SQL"},
	"text in Having":          {code: gormHead + `func f(db *gorm.DB, s string) { db.Having(s) }`, want: "SQL"},
	"text in Order":           {code: gormHead + `func f(db *gorm.DB, s string) { db.Order(s + " DESC") }`, want: "SQL"},
	"text in Group":           {code: gormHead + `func f(db *gorm.DB, s string) { db.Group(s) }`, want: "SQL"},
	"text in Select":          {code: gormHead + `func f(db *gorm.DB, s string) { db.Select("id", s) }`, want: "SQL"},
	"text in Joins":           {code: gormHead + `func f(db *gorm.DB, s string) { db.Joins(s) }`, want: "SQL"},
	"text in Pluck":           {code: gormHead + `func f(db *gorm.DB, s string) { var ids []string; db.Pluck(s, &ids) }`, want: "SQL"},
	"text in Raw":             {code: gormHead + `func f(db *gorm.DB, s string) { db.Raw(s) }`, want: "SQL"},
	"text in Exec":            {code: `import "fmt";` + gormHead + `func f(db *gorm.DB, s string) { db.Exec(fmt.Sprintf("DROP TABLE %s", s)) }`, want: "SQL"},
	"text in First":           {code: gormHead + `func f(db *gorm.DB, id string) { var k key; db.First(&k, id) }`, want: "SQL"},
	"text in Find":            {code: gormHead + `func f(db *gorm.DB, id string) { var k key; db.Find(&k, id) }`, want: "SQL"},
	"text in Take":            {code: gormHead + `func f(db *gorm.DB, id string) { var k key; db.Take(&k, id) }`, want: "SQL"},
	"text in Last":            {code: gormHead + `func f(db *gorm.DB, id string) { var k key; db.Last(&k, id) }`, want: "SQL"},
	"text in Delete":          {code: gormHead + `func f(db *gorm.DB, id string) { db.Delete(&key{}, id) }`, want: "SQL"},
	"text in Expr":            {code: gormHead + `func f(s string) any { return gorm.Expr(s) }`, want: "SQL"},
	"text in a clause":        {code: `import "gorm.io/gorm/clause";` + gormHead + `func f(s string) any { return clause.Expr{SQL: s} }`, want: "SQL"},
	"a record as a condition": {code: gormHead + `func f(db *gorm.DB, id string) { db.Where(&key{ID: id}) }`, want: "SQL"},
	"something as condition":  {code: gormHead + `func f(db *gorm.DB, c any) { db.Where(c) }`, want: "SQL"},
	"a query made of text":    {code: gormHead + `func f(s string) query { return query("ORDER BY " + s) }`, want: "constants"},
	"text in database/sql":    {code: `import ("context"; "database/sql"); func f(db *sql.DB, s string) { _, _ = db.ExecContext(context.TODO(), s) }`, want: "SQL"},
	"text in QueryRow":        {code: `import "database/sql"; func f(tx *sql.Tx, s string) { tx.QueryRow("SELECT " + s) }`, want: "SQL"},
	"text in pgx":             {code: `import ("context"; "github.com/jackc/pgx/v5"); func f(c *pgx.Conn, s string) { _, _ = c.Query(context.TODO(), s) }`, want: "SQL"},
	"text in a pgx batch":     {code: `import "github.com/jackc/pgx/v5"; func f(b *pgx.Batch, s string) { b.Queue(s) }`, want: "SQL"},

	"a copy for a goroutine":     {room: "web", code: echoHead + `func f(c echo.Context) { id := c.Param("id"); go use(id) }`},
	"its own context":            {room: "web", code: echoHead + `func f() { go func(c echo.Context) { use(c) }(nil) }`},
	"context passed to go":       {room: "web", code: echoHead + `func f(c echo.Context) { go use(c) }`, want: "goroutine"},
	"context caught by go":       {room: "web", code: echoHead + `func f(c echo.Context) { go func() { use(c.Param("id")) }() }`, want: "goroutine"},
	"context's method by go":     {room: "web", code: echoHead + `func f(c echo.Context) { go c.NoContent(204) }`, want: "goroutine"},
	"context caught by a name":   {room: "web", code: echoHead + `func f(c echo.Context) { later := func() { use(c) }; go later() }`, want: "goroutine"},
	"context in a group":         {room: "web", code: `import "sync";` + echoHead + `func f(c echo.Context, g *sync.WaitGroup) { g.Go(func() { use(c) }) }`, want: "goroutine"},
	"context kept for a timer":   {room: "web", code: `import "time";` + echoHead + `func f(c echo.Context) { time.AfterFunc(1, func() { use(c) }) }`, want: "goroutine"},
	"context in a field":         {room: "web", code: echoHead + `type h struct{ c echo.Context }; func f(x h) { go use(x.c) }`, want: "goroutine"},
	"the clock in cmd":           {room: "cmd/keydesk", code: `import "time"; var now = time.Now`},
	"the clock read":             {code: `import "time"; func f() time.Time { return time.Now() }`, want: "clock"},
	"the clock as a value":       {code: `import "time"; var now = time.Now`, want: "clock"},
	"the clock since":            {code: `import "time"; func f(at time.Time) time.Duration { return time.Since(at) }`, want: "clock"},
	"randomness drawn":           {code: `import "crypto/rand"; func f() string { return rand.Text() }`, want: "randomness"},
	"randomness as a value":      {code: `import "crypto/rand"; var r = rand.Reader`, want: "randomness"},
	"weak randomness":            {room: "cmd/keydesk", code: `import "math/rand/v2"; func f() int { return rand.Int() }`, want: "predicted"},
	"markup unescaped":           {room: "views/ui", code: `import "github.com/a-h/templ"; func f(s string) any { return templ.Raw(s) }`, want: "unescaped"},
	"markup in a generated file": {room: "views/ui", code: "// Code generated by templ - DO NOT EDIT.\nimport \"github.com/a-h/templ\"; func f(s string) any { return templ.Raw(s) }", want: "unescaped"},
	"session in a cookie":        {room: "web", code: `import "github.com/gorilla/sessions"; var s = sessions.NewCookieStore()`, want: "outlives"},
	"simple protocol by gorm":    {code: `import "gorm.io/driver/postgres"; var c = postgres.Config{PreferSimpleProtocol: true}`, want: "client"},
	"simple protocol by pgx":     {code: `import "github.com/jackc/pgx/v5"; var m = pgx.QueryExecModeSimpleProtocol`, want: "client"},
	"bypass for other sites":     {room: "web", code: `import "net/http"; func f(p *http.CrossOriginProtection) { p.AddInsecureBypassPattern("/") }`, want: "other sites"},
	"client without a timeout":   {room: "cmd/keydesk", code: `import "net/http"; var c = http.DefaultClient`, want: "timeout"},
	"request without a timeout":  {room: "cmd/keydesk", code: `import "net/http"; func f() { _, _ = http.Get("http://localhost") }`, want: "timeout"},
	"a field of a like name":     {room: "web", code: `import "net/http"; func f(r *http.Request) any { return r.PostForm }`},
	"binding everything":         {room: "web", code: echoHead + `func f(c echo.Context) error { return c.Bind(nil) }`, want: "body"},
	"schema behind the back":     {code: gormHead + `func f(db *gorm.DB) { _ = db.AutoMigrate(&key{}) }`, want: "migration"},
}
