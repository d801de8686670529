# stagegate: two commands do all the set-up on a fresh machine.
#
#   make demo    three stories through three accounts, on real parts
#   make test    all tests of all modules

SHELL := /bin/bash
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## install what is missing: the Pact engine, moto_server, npm packages
	@scripts/setup

demo: setup ## the main job: commit -> staging -> prod, three stories
	@go run ./internal/demo

test: setup ## all tests of all modules
	@scripts/test

build: ## the gate binary, static, in bin/
	CGO_ENABLED=0 go build -trimpath -o bin/gate ./cmd/gate

bench: ## measure beside peers; see bench/README.md
	@scripts/bench

fuzz: ## each fuzz target for 20 seconds
	@scripts/fuzz

.PHONY: help setup demo test build bench fuzz
