bin := .venv/bin
python := $(bin)/python
bootstrap := local/bootstrap.sh
sam := .local/env/sam/bin/sam
uv := .local/env/uv/bin/uv

# Whoever is called by make prints what it has to say, and nothing of directories.
MAKEFLAGS += --no-print-directory

export SAM_CLI_TELEMETRY := 0
# SAM alone takes 3 s longer to start when it may keep no byte code.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: ## make the Python environments from the locked requirements
	@$(bootstrap)

# exec: signals to make's child reach the program itself, which stops what it started.
options = $(if $(VARIANT),--variant '$(VARIANT)') $(if $(PREMIUMS),--premiums '$(PREMIUMS)')
.PHONY: run
run: ## start the local cloud, deploy, pay a month of premiums [VARIANT=one PREMIUMS=file ONCE=1 CONTAINERS=1]
	@$(bootstrap) && exec $(python) -m local run $(options) $(if $(ONCE),--once) $(if $(CONTAINERS),--containers)

.PHONY: pay
pay: ## pay premiums through an API that is up [VARIANT=one PREMIUMS=file ENDPOINT=url]
	@$(bootstrap) dev && exec $(python) -m local pay $(options) $(if $(ENDPOINT),--endpoint '$(ENDPOINT)')

.PHONY: token
token: ## print a bearer token of the local cloud [CUSTOMER=id]
	@$(bootstrap) dev && $(python) -m local token '$(or $(CUSTOMER),$(error whose token? make token CUSTOMER=C-10001))'

.PHONY: jwks
jwks: ## print the key set of an issuer of one's own [ISSUER_KEY=file]
	@$(bootstrap) dev && $(python) -m local jwks '$(or $(ISSUER_KEY),$(error which ISSUER_KEY? A PEM file))'

# loadfile: the tests of a file run in one worker, where they share what they break.
# The last run compares the calls that the run before it has recorded with the functions' roles.
.PHONY: test
test: test-unit ## run all tests
	@$(bootstrap) && $(python) -m pytest -n 2 --dist loadfile tests/integration tests/e2e tests/chaos
	@$(python) -m pytest tests/permissions

.PHONY: test-sam-local
test-sam-local: ## run all functions in containers, by `sam local`: needs Docker
	@$(bootstrap) && $(python) -m pytest -n 2 --dist loadfile tests/sam_local

.PHONY: test-unit
test-unit: ## run the tests that start nothing
	@$(bootstrap) dev sam localstack && $(python) -m pytest -n 2 tests/unit tests/templates

searches := tests/unit tests/e2e/contract tests/integration/properties
.PHONY: fuzz
fuzz: ## search for longer for what no test thinks of [TIMES=20]
	@$(bootstrap) && TEST_TIMES=$(or $(TIMES),20) $(python) -m pytest -n 2 --dist loadfile $(searches)

# A worker for the cells of each variant. Only a whole run makes the page.
cells = $(if $(VARIANT),tests/chaos/test_$(subst -,_,$(VARIANT)).py,tests/chaos)
.PHONY: chaos
chaos: ## break each variant in every way that there is, and count [VARIANT=one FAULT=name]
	@$(bootstrap)
	$(if $(VARIANT)$(FAULT),,@rm -rf .local/chaos)
	@CHAOS=whole $(python) -m pytest -v -n 2 --dist loadfile $(cells) $(if $(FAULT),-k '$(FAULT)]')
	$(if $(VARIANT)$(FAULT),,@PYTHONPATH=src $(python) -m tests.chaos.matrix)

.PHONY: lint
lint: ## check style, types, borders between modules, templates and scripts
	@$(bootstrap) dev sam
	$(bin)/ruff check
	$(bin)/ruff format --check
	$(bin)/mypy
	PYTHONPATH=src $(bin)/lint-imports --no-logo
	$(python) -m local.lint_templates
	for template in template-*.yaml; do $(sam) validate --lint --template-file $$template || exit; done
	$(bin)/shellcheck local/bootstrap.sh .ci/*

# LocalStack's environment has the matcher of patterns; nothing of it is started.
.PHONY: check-routes
check-routes: ## show which event reaches whom [TEMPLATE=file EVENTS=folder PARAMETERS='Channel=sns']
	@$(bootstrap) dev sam localstack && $(python) -m local.routes \
	    '$(or $(TEMPLATE),template-pubsub.yaml)' '$(or $(EVENTS),docs/events/examples)' $(PARAMETERS)

.PHONY: format
format: ## lay out the code and repair what ruff can
	@$(bootstrap) dev
	$(bin)/ruff check --fix
	$(bin)/ruff format

.PHONY: bench
bench: ## measure, with the target beside each figure [SECTIONS='load channels']
	@$(bootstrap) && $(python) -m local.bench $(SECTIONS)

.PHONY: compare
compare: ## measure all variants, and write docs/comparison [VARIANT=one PREMIUMS=number INTO=folder]
	@$(bootstrap) && exec $(python) -m comparison compare $(if $(VARIANT),--variant '$(VARIANT)') \
	    $(if $(PREMIUMS),--premiums '$(PREMIUMS)') $(if $(INTO),--into '$(INTO)')

.PHONY: page
page: ## write docs/comparison's page and tables anew from the figures there
	@$(bootstrap) dev && $(python) -m comparison.rendering

priced = $(if $(VARIANT),--variant '$(VARIANT)') $(if $(REGION),--region '$(REGION)') \
    $(if $(ARCHITECTURE),--architecture '$(ARCHITECTURE)') $(if $(BATCH),--batch '$(BATCH)') \
    $(if $(POLLS),--polls '$(POLLS)') $(if $(GATEWAY),--gateway '$(GATEWAY)') \
    $(if $(PAYMENTS),--payments '$(PAYMENTS)')
.PHONY: cost
cost: ## what a million payments cost [VARIANT=one REGION=name ARCHITECTURE=x86_64 BATCH=10 POLLS=2 GATEWAY=http PAYMENTS=number]
	@$(bootstrap) dev && $(python) -m comparison cost $(priced)

.PHONY: simulate
simulate: ## simulate a rush of payments on AWS [VARIANT=one RATE=number CAPACITY=number SECONDS=30 THROTTLE=200]
	@$(bootstrap) dev && $(python) -m comparison simulate $(if $(VARIANT),--variant '$(VARIANT)') \
	    $(if $(RATE),--rate '$(RATE)') $(if $(CAPACITY),--capacity '$(CAPACITY)') \
	    $(if $(SECONDS),--seconds '$(SECONDS)') $(if $(THROTTLE),--throttle '$(THROTTLE)')

.PHONY: openapi
openapi: ## write docs/openapi from the code
	@$(bootstrap) dev && $(python) -m local.openapi

.PHONY: event-schemas
event-schemas: ## write docs/events and the template's schemas from the contracts
	@$(bootstrap) dev && $(python) -m local.event_schemas

# Byte code beside the functions' sources, where SAM's time stamps of 1980 do not make it stale. SAM's cache does not
# know LAYER_PLATFORM: any but the default goes past it.
variants = $(shell sed -n 's/^\[\(.*\)\.build\.parameters\]$$/\1/p' samconfig.toml)
.PHONY: build
build: ## build VARIANT for AWS [LAYER_PLATFORM=x86_64-manylinux_2_28]
	@$(bootstrap) sam lambda
	$(sam) build --config-env $(or $(filter $(VARIANT),$(variants)),$(error which VARIANT? One of: $(variants))) $(if $(LAYER_PLATFORM),--no-cached)
	for function in .aws-sam/$(VARIANT)/build/*Function; do \
	    .local/env/lambda/bin/python -m compileall -q --invalidation-mode unchecked-hash \
	        -s $$function -p /var/task $$function || exit; \
	done

# On AWS, or with LOCAL=1 in the local cloud that is up.
stack = $(if $(VARIANT),--variant '$(VARIANT)') $(if $(STACK),--stack '$(STACK)') \
    $(if $(PROFILE),--profile '$(PROFILE)') $(if $(LOCAL),--local)
operate = @$(bootstrap) dev && exec $(python) -m operations
.PHONY: deploy
deploy: build ## build VARIANT and deploy it to AWS [PROFILE=name PARAMETERS='TokenIssuer=... ...' STACK=name YES=1]
	$(operate) deploy $(stack) $(if $(YES),--yes) $(PARAMETERS)

.PHONY: load
load: ## load policies into the stack of VARIANT [POLICIES=file PROFILE=name STACK=name LOCAL=1]
	$(operate) load $(stack) $(if $(POLICIES),--policies '$(POLICIES)')

.PHONY: delete
delete: ## delete the stack of VARIANT [PROFILE=name STACK=name LOCAL=1 YES=1]
	$(operate) delete $(stack) $(if $(YES),--yes)

.PHONY: logs
logs: ## show what functions log [VARIANT=one FUNCTION=name SINCE=1h TAIL=1 PROFILE=name LOCAL=1]
	$(operate) logs $(stack) $(if $(FUNCTION),--function '$(FUNCTION)') $(if $(SINCE),--since '$(SINCE)') $(if $(TAIL),--tail)

.PHONY: trace
trace: ## print the story of one payment REQUEST [VARIANT=one REQUEST=id SINCE=1d PROFILE=name LOCAL=1]
	$(operate) trace $(stack) $(if $(SINCE),--since '$(SINCE)') '$(or $(REQUEST),$(error which REQUEST? The requestId of the answer))'

.PHONY: redrive
redrive: ## send messages of dead-letter queues again [VARIANT=one QUEUE=name PROFILE=name LOCAL=1 YES=1]
	$(operate) redrive $(stack) $(if $(QUEUE),--queue '$(QUEUE)') $(if $(YES),--yes)

.PHONY: test-aws
test-aws: ## run the conformance suite against deployed stacks [STACK='one another' PROFILE=name ISSUER_KEY=file LOCAL=1 YES=1]
	$(operate) test $(stack) $(if $(YES),--yes)

.PHONY: invoke
invoke: ## call a function that is up: VARIANT=one FUNCTION=name EVENT=file [PROFILE=name]
	$(operate) invoke $(stack) --function '$(or $(FUNCTION),$(error which FUNCTION?))' --event '$(or $(EVENT),$(error which EVENT?))'

lock = $(uv) pip compile --no-config --quiet --upgrade --generate-hashes --python-version 3.13 \
    --custom-compile-command 'make lock' --group pyproject.toml:$(1) --output-file requirements/$(1).txt $(2)
deployed := layer authorizer lambda
.PHONY: lock
lock: ## lock the newest versions that pyproject.toml allows
	@$(bootstrap) uv
	$(foreach group,$(deployed) sam uv,$(call lock,$(group),--universal) &&) true
	# What the tests run with is what is deployed.
	$(call lock,dev,--universal $(deployed:%=--constraints requirements/%.txt))
	# The versions of LocalStack's release are those of one Python, hence not --universal.
	$(call lock,localstack,--constraints requirements/localstack-constraints.txt)

.PHONY: clean
clean: ## remove all state, builds and environments
	rm -rf .local .venv .aws-sam .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . \( -name __pycache__ -o -name '*.egg-info' \) -prune -exec rm -rf {} +
