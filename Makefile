# The usual targets. `.ci/run` holds what must pass before a change lands.

.PHONY: build test race lint demo ci static

VERSION ?=

build: ## bin/watchbill
	go build -ldflags "-X main.release=$(VERSION)" -o bin/watchbill ./cmd/watchbill

test:
	go test ./...

race:
	go test -race -short ./...

lint: ## gofmt, go vet, staticcheck
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo 'not formatted: run gofmt -w on these'; exit 1; }
	go vet ./...
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

demo:
	go run ./cmd/watchbill demo

ci:
	.ci/run

static: ## bin/watchbill as in the container: static, without cgo
	CGO_ENABLED=0 go build -tags nethttpomithttp2 -trimpath -ldflags "-s -w -X main.release=$(VERSION)" -o bin/watchbill ./cmd/watchbill
