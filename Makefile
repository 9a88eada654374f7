# Every command a person types.  The work is done by deploy/native/; `make help` prints this list.
NATIVE := deploy/native/start

.DEFAULT_GOAL := help
.PHONY: help demo up stop status logs reset test bench lint format lock

help: ## print this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

demo: ## set up what is missing, start everything, open the demo franchise; prints addresses and accounts
	@$(NATIVE) demo

up: ## the platform without demo data
	@$(NATIVE) up

stop: ## stop it
	@$(NATIVE) stop

status: ## what runs
	@$(NATIVE) status

logs: ## follow the logs
	@$(NATIVE) logs

reset: ## forget all local data (asks first)
	@$(NATIVE) reset

test: ## set up what is missing and run every check and test
	@$(NATIVE) test

bench: ## the benchmarks
	@$(NATIVE) bench

lint: ## the checks of make test that need no servers
	@$(NATIVE) lint

format: ## lay out Python and SQL
	@$(NATIVE) format

lock: ## make the lock files again
	@$(NATIVE) lock
