# Keydesk. `make test` is the one command: it installs what this machine lacks, and runs every check there is.

SHELL         := /bin/bash
.SHELLFLAGS   := -euo pipefail -c
.DEFAULT_GOAL := build

# The product is built without cgo: one static binary. The race detector alone needs a C compiler.
export CGO_ENABLED := 0
# Only what go.mod pins is built, whatever a developer's own environment says.
export GOFLAGS     := -mod=readonly

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LINT    := go tool -modfile=tools/go.mod golangci-lint

# Rooms in which goroutines meet: their tests run under the race detector first. It allocates by itself, so tests that
# count allocations (named …Allocate…), and those whose point is how much there is, one goroutine after another, and which take
# minutes under it, are left to the plain run, which leaves out nothing.
RACE_LEAVES := Allocate|TestHostileTextInEveryForm|TestNobodySeesWhatWouldRefuseThem|TestTenThousandKeys|TestTabsListWhatTheRulesSay|TestTabsAreReadByIndex|TestRecentUseIsBounded|TestAVeryLargeAccount|TestStandingKeysAreReadByIndex|TestSearchFilters|TestUrgencyIsTheSameForFewKeys|TestNobodyGetsMoreThanTheyHave|TestManyBindings|TestWhatIsInAFolderWhereOneMayNothingIsNotThere
# The store and the gate are run on both databases, what is above them on Postgres: see models/store/storetest.
RACE_BOTH ?= ./models/store ./models/verify
RACE      ?= $(filter-out keydesk/models/store keydesk/models/verify,$(shell go list ./models/... ./web/...))

.PHONY: build run test test-fast install check generated lint tidy race tests generate assets third-party bench docker

## build: the binary, ./keydesk
build:
	go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o keydesk ./cmd/keydesk

## run: Keydesk on this machine, with its data in keydesk-data
run: build
	./keydesk serve

## test: everything that a change must pass, on a fresh machine as on this one
test: install check race tests

## test-fast: the tests of the rooms, without browsers, gateways and lint
test-fast:
	go test -short $$(go list ./... | grep -v /cmd/)

install:
	tools/install.sh

check: generated tidy lint

# Generated code is committed; this fails when it is not what its sources give.
generated:
	tools/generated.sh
	go run -C tools ./thirdparty -check

tidy:
	go mod tidy -diff
	go mod tidy -C tools/clients -diff
	go mod verify

lint:
	go build ./...
	go vet ./...
	go vet -C tools ./thirdparty
	go vet -C tools/monitoring .
	go vet -C tools/clients ./...
	go test -C tools ./thirdparty
	$(LINT) run --allow-serial-runners
	cd tools/clients && go tool -modfile=../go.mod golangci-lint run --allow-serial-runners ./...

race:
	CGO_ENABLED=1 go test -race -short -skip '$(RACE_LEAVES)' -timeout 10m $(RACE_BOTH)
	KEYDESK_TEST_RACE=1 CGO_ENABLED=1 go test -race -short -skip '$(RACE_LEAVES)' -timeout 10m $(RACE)

# The published clients are run beside the rest: most of their time they let a connection lie idle. They never come from the
# cache, which does not see that they run the program. The whole is said last, so that the closing lines are those of go test.
tests:
	said=$$(mktemp); trap 'rm -f "$$said"' EXIT; \
	go test -C tools/clients -count=1 ./... >"$$said" 2>&1 & clients=$$!; \
	result=0; go test -timeout 20m ./... || result=$$?; \
	wait $$clients || result=$$?; \
	cat "$$said"; exit $$result

## generate: views from their templates
generate:
	go tool templ generate

## assets: copies fonts, icons and htmx from their npm packages into static
assets:
	tools/assets.sh

## third-party: writes THIRD_PARTY.md anew
third-party:
	go run -C tools ./thirdparty

## bench: every benchmark, each with its baseline in the same run
bench:
	go test -run '^$$' -bench . -benchmem ./...

## docker: the image
docker:
	docker build --build-arg VERSION=$(VERSION) -t keydesk:$(VERSION) .
