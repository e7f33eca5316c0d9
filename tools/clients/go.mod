module keydesk/tools/clients

go 1.26.7

ignore ./node/node_modules // some npm packages have Go files in them

require (
	github.com/google/go-cmp v0.7.0 // differences of messages, field by field
	github.com/hashicorp/hcl/v2 v2.25.0 // reads the configuration for Terraform in the README
	github.com/yandex-cloud/go-genproto v0.137.0 // the API's messages, of the same version as the product's
	github.com/yandex-cloud/go-sdk v0.32.0 // under test; later ones do not compile with the messages that SDK v2 takes
	github.com/yandex-cloud/go-sdk/v2 v2.189.0 // under test
	github.com/zclconf/go-cty v1.19.0 // the values of that configuration
	golang.org/x/net v0.46.0 // counts the pings on an idle connection
	google.golang.org/grpc v1.74.0-dev // as SDK v2 pins it
	google.golang.org/protobuf v1.36.6 // messages
)

require (
	github.com/agext/levenshtein v1.2.1 // indirect
	github.com/apparentlymart/go-textseg/v15 v15.0.0 // indirect
	github.com/apparentlymart/go-textseg/v17 v17.0.1 // indirect
	github.com/ghodss/yaml v1.0.0 // indirect
	github.com/golang-jwt/jwt/v4 v4.5.2 // indirect
	github.com/golang/protobuf v1.5.4 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/hashicorp/errwrap v1.0.0 // indirect
	github.com/hashicorp/go-cleanhttp v0.5.2 // indirect
	github.com/hashicorp/go-multierror v1.1.1 // indirect
	github.com/hashicorp/go-retryablehttp v0.7.7 // indirect
	github.com/mitchellh/go-wordwrap v1.0.1 // indirect
	github.com/pkg/errors v0.9.1 // indirect
	go.uber.org/multierr v1.10.0 // indirect
	go.uber.org/zap v1.27.0 // indirect
	golang.org/x/mod v0.29.0 // indirect
	golang.org/x/sync v0.18.0 // indirect
	golang.org/x/sys v0.38.0 // indirect
	golang.org/x/text v0.31.0 // indirect
	golang.org/x/tools v0.38.0 // indirect
	google.golang.org/genproto v0.0.0-20240903143218-8af14fe29dc1 // indirect
	google.golang.org/genproto/googleapis/api v0.0.0-20250528174236-200df99c418a // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20250707201910-8d1bb00bc6a7 // indirect
	gopkg.in/yaml.v2 v2.4.0 // indirect
)
