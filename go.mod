module keydesk

go 1.26.0

require (
	connectrpc.com/connect v1.19.1 // what vanguard says errors with: a body that cannot be read is the request's fault, not the server's
	connectrpc.com/vanguard v0.4.0 // REST by the google.api.http annotations of the published definitions, without generating code
	github.com/a-h/templ v0.3.977 // given: typed, escaped views
	github.com/alecthomas/kong v1.17.0 // flags, environment and subcommands from one struct; no second configuration library
	github.com/chromedp/cdproto v0.159.0 // tests: the protocol types of chromedp
	github.com/chromedp/chromedp v0.23.0 // tests: drives the real Chromium from go test, without Node or a driver
	github.com/getkin/kin-openapi v0.153.0 // tests: holds the OpenAPI document to the specification 3.1, and real answers to the document; a third of the modules of libopenapi-validator
	github.com/goccy/go-yaml v1.19.2 // the services file: strict, and its errors show the line; yaml.v3 is not kept any more
	github.com/gofrs/flock v0.13.2 // one serving process a SQLite file, on every platform
	github.com/golang-jwt/jwt/v5 v5.3.1 // JWTs of service accounts (PS256), with every claim checked
	github.com/google/go-cmp v0.7.0 // tests: small readable differences
	github.com/gorilla/sessions v1.4.0 // given: sessions, over a server-side store of ours
	github.com/jackc/pgx/v5 v5.12.0 // the driver beneath gorm, which bulk paths use directly
	github.com/labstack/echo/v4 v4.16.0 // given: router and middleware of the console
	github.com/pressly/goose/v3 v3.29.0 // versioned SQL migrations for both dialects, with an advisory lock
	github.com/prometheus/client_golang v1.25.0 // the metrics that operators already collect
	github.com/valyala/fasthttp v1.78.0 // the gate's plain checks, for two thirds of the CPU of net/http; the newest, since its parser was made strict in 2026 (#2187, #2303)
	github.com/yandex-cloud/go-genproto v0.137.0 // the published definitions of yandex.cloud.iam.v1; older ones lack masked_secret and ListScopes
	golang.org/x/crypto v0.58.0 // argon2id for passwords
	golang.org/x/net v0.62.0 // names of mail domains in their one spelling (IDNA)
	golang.org/x/sync v0.24.0 // a semaphore that gives up with its request
	golang.org/x/text v0.43.0 // Unicode normalisation of mail addresses and passwords
	golang.org/x/time v0.16.0 // token buckets by address
	google.golang.org/genproto/googleapis/api v0.0.0-20261005182115-fad411399dd8 // the annotations that routes of REST are read from
	google.golang.org/genproto/googleapis/rpc v0.0.0-20261005182115-fad411399dd8 // details of errors: which field, when to try again
	google.golang.org/grpc v1.85.0 // the wire of the published clients
	google.golang.org/protobuf v1.36.12 // messages of the API, and their options
	gorm.io/driver/postgres v1.6.3 // given: gorm on Postgres
	gorm.io/driver/sqlite v1.6.0 // gorm on SQLite; the connection beneath it is modernc.org/sqlite
	gorm.io/gorm v1.31.2 // given: the tables
	modernc.org/sqlite v1.62.0 // SQLite without cgo: one static binary
)

require (
	github.com/a-h/parse v0.0.0-20250122154542-74294addb73e // indirect
	github.com/andybalholm/brotli v1.2.6 // indirect
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/cenkalti/backoff/v4 v4.3.0 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/cli/browser v1.3.0 // indirect
	github.com/dustin/go-humanize v1.1.0 // indirect
	github.com/fatih/color v1.16.0 // indirect
	github.com/fsnotify/fsnotify v1.7.0 // indirect
	github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
	github.com/go-openapi/jsonpointer v0.22.5 // indirect
	github.com/go-openapi/swag/jsonname v0.25.5 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/gorilla/securecookie v1.1.2 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/puddle/v2 v2.2.3 // indirect
	github.com/jinzhu/inflection v1.0.0 // indirect
	github.com/jinzhu/now v1.1.5 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/labstack/gommon v0.5.0 // indirect
	github.com/mattn/go-colorable v0.1.15 // indirect
	github.com/mattn/go-isatty v0.0.24 // indirect
	github.com/mattn/go-sqlite3 v1.14.22 // indirect
	github.com/mfridman/interpolate v0.0.2 // indirect
	github.com/molecule-man/go-brrr v1.3.1 // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/natefinch/atomic v1.0.1 // indirect
	github.com/ncruces/go-strftime v1.1.0 // indirect
	github.com/prometheus/client_model v0.6.3 // indirect
	github.com/prometheus/common v0.72.0 // indirect
	github.com/prometheus/procfs v0.22.0 // indirect
	github.com/remyoudompheng/bigfft v0.0.0-20230129092748-24d4a6f8daec // indirect
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // indirect
	github.com/sethvargo/go-retry v0.5.0 // indirect
	github.com/valyala/bytebufferpool v1.0.0 // indirect
	github.com/valyala/fasttemplate v1.2.2 // indirect
	go.uber.org/multierr v1.11.0 // indirect
	go.yaml.in/yaml/v4 v4.0.0 // indirect
	golang.org/x/mod v0.42.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/tools v0.52.0 // indirect
	modernc.org/libc v1.80.1 // indirect
	modernc.org/mathutil v1.7.1 // indirect
	modernc.org/memory v1.12.1 // indirect
)

tool github.com/a-h/templ/cmd/templ
